//! Two workers over one database: every effect is performed by one of them.

use std::collections::BTreeMap;

use reeve_app::executions::Worker;

use super::{Outcome, begun, begun_on_postgres, execution};
use crate::{die::live_long, executions::ana, world::World};

/// Two processes, each with its own connections and its own worker, take whatever is due as fast as they can.
fn is_moved_by_two(begun: &World) {
    let expected = Outcome::of(&begun.fork());
    let world = begun.fork();
    live_long(&world, async |one| {
        let two = world.app().await;
        let workers = (Worker::new(one), Worker::new(&two));
        loop {
            futures_util::join!(workers.0.finish_what_is_due(), workers.1.finish_what_is_due());
            let detail = execution(one).await;
            if detail.execution.has_ended() {
                break;
            }
            if detail.execution.status == "Waiting" {
                let yes = (reeve_app::executions::Word::Approve, "go");
                one.tell_execution(&ana(), &detail.execution.id, yes).await.unwrap();
                continue;
            }
            let due = one.store.next_due().await.unwrap().unwrap();
            one.clock.set(one.clock.now().max(due) + jiff::SignedDuration::from_millis(1));
        }
        two.store.close().await;
    });
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for call in world.changes() {
        *made.entry(format!("{}:{} {}", call.service, call.operation, call.input)).or_default() +=
            1;
    }
    assert!(made.values().all(|times| *times == 1), "{made:#?}");
    Outcome::of(&world).assert_is(&expected, "by two workers");
}

#[test]
fn two_workers_perform_each_effect_once() {
    is_moved_by_two(&begun(World::new("")));
}

#[test]
fn two_workers_on_postgres_perform_each_effect_once() {
    let Some(begun) = begun_on_postgres() else { return };
    is_moved_by_two(&begun);
}
