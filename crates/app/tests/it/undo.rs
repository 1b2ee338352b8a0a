//! What was applied is taken back.

use crate::world::{SILVER, World, apply, undo, undo_ends, detail};

#[tokio::test]
async fn debug() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = apply(&app).await;
    app.request_undo(&crate::world::ana(), &plan.id, "x").await.unwrap();
    let r = app.perform_unfinished(&|_, n, s| eprintln!("{n} {s:?}")).await;
    eprintln!("{r:?} {:?} {:?}", undo_ends(&app, &plan).await, detail(&app, &plan.id).await.summary);
}
