//! Dying at will: a process's life that ends at its n-th wait, with everything that it held in memory.

use std::{
    fs::{self, DirEntry},
    future::{Future, poll_fn},
    path::Path,
    pin::pin,
    task::Poll,
};

use reeve_app::App;
use tokio::runtime::Runtime;

use crate::world::World;

/// Which side of a wait death comes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// After asking for something: whoever was asked has not begun, or is cut short.
    Asked,
    /// When it was done, before learning of it.
    Answered,
}

/// Lives until `life` ends or comes to its `waits`-th wait; `None` if it died.
///
/// Each life has a runtime of its own. What it has begun in the background, such as a transaction, dies with it.
pub(crate) fn live<T>(
    world: &World,
    (waits, moment): (usize, Moment),
    life: impl AsyncFnOnce(&App) -> T,
) -> Option<T> {
    let runtime = runtime();
    let ended = runtime.block_on(async {
        let app = world.app().await;
        die_at(waits, moment, life(&app)).await
    });
    runtime.shutdown_background();
    until_closed(world.folder());
    ended
}

/// Waits until nothing in a folder is open any more.
///
/// A process that is killed writes nothing more. Here each of its connections to the database has a thread of its own, which
/// ends what it is doing before it sees that its life is over.
fn until_closed(folder: &Path) {
    let is_inside =
        |file: DirEntry| fs::read_link(file.path()).is_ok_and(|to| to.starts_with(folder));
    // Where the system does not tell which files are open, nothing is waited for.
    while fs::read_dir("/proc/self/fd")
        .is_ok_and(|mut open| open.any(|file| file.is_ok_and(is_inside)))
    {
        std::thread::yield_now();
    }
}

/// Lives to the end.
pub(crate) fn live_long<T>(world: &World, life: impl AsyncFnOnce(&App) -> T) -> T {
    runtime().block_on(async {
        let app = world.app().await;
        let ended = life(&app).await;
        app.store.close().await;
        ended
    })
}

/// Drops `future` at its `waits`-th wait.
async fn die_at<F: Future>(waits: usize, moment: Moment, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut waited = 0;
    // How often whoever was asked is given a turn before the end.
    let mut turns = if moment == Moment::Asked { waits % 4 } else { 0 };
    poll_fn(|context| {
        if waited < waits {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            waited += 1;
            if waited < waits || moment == Moment::Answered {
                return Poll::Pending;
            }
        }
        if turns == 0 {
            return Poll::Ready(None);
        }
        turns -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
