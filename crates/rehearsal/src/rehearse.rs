//! One rehearsal, from the account as it is to what would have become of it.

use jiff::Timestamp;
use reeve_app::{App, Context, executions::StartRequest};
use reeve_types::ExecutionId;

use crate::{
    error::RehearsalError,
    load,
    play::play,
    tell::{self, Told},
    views::RehearsalView,
    world::World,
};

/// Runs a runbook on a simulated copy of the account and Region that it is for.
///
/// The estate is only read, and nothing is recorded in it.
pub async fn rehearse(
    real: &App,
    context: &Context,
    request: &StartRequest,
) -> Result<RehearsalView, RehearsalError> {
    let world = World::open(real).await?;
    let view = rehearse_in(&world, real, (context, request)).await;
    world.close().await;
    view
}

async fn rehearse_in(
    world: &World,
    real: &App,
    (context, request): (&Context, &StartRequest),
) -> Result<RehearsalView, RehearsalError> {
    load::add_roles(&world.twin, request);
    // What is wrong with what is asked for shows here, before anything is looked at.
    let id: ExecutionId = world.app.start_execution(context, request).await?;
    let loaded = load::load(world, real, (context, request)).await?;
    let (moment, began): (_, Timestamp) = (world.twin.moment(), world.clock.now());
    let answers = play(world, id).await?;
    let told = Told { id, began, answers, world: loaded };
    tell::view(world, told, &moment).await
}
