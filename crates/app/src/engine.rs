//! The engine: performs what approved plans say, journaled, and takes it back when asked to.
//!
//! Only one process performs effects at a time: it holds the engine lock, which is taken back when the process dies, and
//! which it may lose while it lives if the lock is a server's ([`EngineLock::lost`]). Whoever holds it first finishes what
//! was left unfinished. What comes next is decided by [`Progress`] alone, which is folded from the ledger; the engine keeps
//! no state of its own worth losing.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use reeve_authority::Level;
use reeve_care::{
    plan::{Plan, Start},
    progress::{Direction, Phase, PlanEvent, Progress, Step},
    tagger::decide,
};
use reeve_store::{EngineLock, Event, NewEntry, StoreError};
use reeve_types::{Actor, PlanId, Resource};

use crate::{App, Context, Error, action::Performer, scope::judged};

/// How many actions are chosen at a time.
const ACTIONS_AT_A_TIME: usize = 256;

/// Performs effects on behalf of whoever asked for them.
pub struct Engine<'a> {
    pub(crate) app: &'a App,
    pub(crate) context: Context,
}

/// Why the engine stopped working on a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every action came to its end.
    Finished,
    /// Every change is suspended; the plan goes on when changes are resumed.
    Suspended,
    /// The plan has nothing to be done.
    Idle,
}

impl App {
    /// Performs every plan that was left unfinished or may start at once, if no other process does so already.
    ///
    /// `watch` is told of each action's end.
    pub async fn perform_unfinished(
        &self,
        watch: &(dyn Fn(PlanId, u32, &Step) + Sync),
    ) -> Result<bool, Error> {
        let Some(lock) = self.store.try_engine_lock().await.map_err(Error::store)? else {
            return Ok(false);
        };
        while_held(&lock, self.perform_all(watch)).await
    }

    async fn perform_all(
        &self,
        watch: &(dyn Fn(PlanId, u32, &Step) + Sync),
    ) -> Result<bool, Error> {
        // While everything is suspended, there is no need to load plans to find that out.
        if self.store.suspension().await.map_err(Error::store)?.is_some() {
            return Ok(true);
        }
        let mut first_error = None;
        for plan in self.store.unfinished_plans().await.map_err(Error::store)? {
            // One plan that cannot be performed must not keep the others waiting.
            if let Err(error) = self.perform_locked(plan.id, watch).await {
                tracing::error!(plan.id = %plan.id, error.code = error.code, "not performed: {error}");
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(true), Err)
    }

    /// Performs one plan, if no other process performs plans already; `None` if one does.
    pub async fn perform(
        &self,
        plan: PlanId,
        watch: &(dyn Fn(PlanId, u32, &Step) + Sync),
    ) -> Result<Option<Stopped>, Error> {
        let Some(lock) = self.store.try_engine_lock().await.map_err(Error::store)? else {
            return Ok(None);
        };
        while_held(&lock, self.perform_locked(plan, watch)).await.map(Some)
    }

    async fn perform_locked(
        &self,
        id: PlanId,
        watch: &(dyn Fn(PlanId, u32, &Step) + Sync),
    ) -> Result<Stopped, Error> {
        let plan = self.store.plan(id).await.map_err(Error::store)?;
        let engine = Engine { app: self, context: Context::new(Actor::Reeve) };
        let mut progress = self.store.progress(id).await.map_err(Error::store)?;
        engine.work(&plan, &mut progress, watch).await
    }
}

/// Works on until it is done or the lock is lost. Where it is stopped then does not matter: whoever has the lock goes on
/// from the last record.
async fn while_held<T>(
    lock: &EngineLock,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        done = work => done,
        () = lock.lost() => Err(Error::store(StoreError::LockLost)),
    }
}

impl Engine<'_> {
    async fn work(
        &self,
        plan: &Plan,
        progress: &mut Progress,
        watch: &(dyn Fn(PlanId, u32, &Step) + Sync),
    ) -> Result<Stopped, Error> {
        if !matches!(progress.phase, Phase::Applying | Phase::Undoing) {
            return Ok(Stopped::Idle);
        }
        loop {
            if self.is_suspended().await.map_err(Error::store)? {
                return Ok(Stopped::Suspended);
            }
            let (direction, numbers) = progress.next(ACTIONS_AT_A_TIME);
            if numbers.is_empty() {
                let finished = match direction {
                    Direction::Apply => PlanEvent::ApplyFinished,
                    Direction::Undo => PlanEvent::UndoFinished,
                };
                self.append(plan.id, vec![finished]).await.map_err(Error::store)?;
                return Ok(Stopped::Finished);
            }
            let ends = self.perform_batch(plan, progress, direction, &numbers).await?;
            for (number, step) in ends {
                watch(plan.id, number, &step);
                progress
                    .record(&PlanEvent::Action { direction, number, step })
                    .map_err(Error::not_possible)?;
            }
        }
    }

    /// Performs some actions side by side and returns how each ended; those that a suspension kept back are left out.
    async fn perform_batch(
        &self,
        plan: &Plan,
        progress: &mut Progress,
        direction: Direction,
        numbers: &[u32],
    ) -> Result<BTreeMap<u32, Step>, Error> {
        let performers = numbers.iter().filter_map(|number| {
            let action = plan.action(*number)?;
            let progress = progress.action(*number)?.clone();
            Some(Performer { engine: self, plan, action, direction, progress })
        });
        let performers: Vec<Performer<'_>> = performers.collect();
        let mut under_way = stream::iter(performers)
            .map(|performer| async move {
                if self.is_suspended().await? {
                    return Ok(None);
                }
                let end = performer.perform().await?;
                Ok(Some((performer.action.number, end)))
            })
            .buffer_unordered(self.app.settings.actions_in_flight);
        let mut ends = BTreeMap::new();
        let mut seen = Vec::new();
        while let Some(end) = under_way.next().await {
            if let Some((number, end)) = end.map_err(Error::store)? {
                ends.insert(number, end.step);
                seen.extend(end.seen);
            }
        }
        self.keep(seen).await?;
        Ok(ends)
    }

    /// Keeps what resources looked like last, so that lists show what was done without another run.
    async fn keep(&self, seen: Vec<Resource>) -> Result<(), Error> {
        let judged = seen.into_iter().map(|resource| {
            let decision = decide(&self.app.profile, &resource);
            judged(resource, decision)
        });
        self.app.store.update_resources(judged.collect()).await.map_err(Error::store)
    }

    /// Whether every change is suspended: asked before each action, so that none begins after the switch was thrown.
    async fn is_suspended(&self) -> Result<bool, StoreError> {
        Ok(self.app.store.suspension().await?.is_some())
    }

    /// Why the estate does not let an action be performed on the resource as both stand now.
    pub(crate) fn forbidden(&self, performer: &Performer<'_>, now: &Resource) -> Option<String> {
        if let Some(reason) = self.app.out_of_bounds(&now.reference.scope, performer.direction) {
            return Some(reason);
        }
        // What a person asked for is theirs to answer for; what nobody was asked about needs the authority to act.
        let needed = match (&performer.plan.start, performer.direction) {
            (Start::AtOnce(_), Direction::Apply) => Level::Act,
            (Start::AtOnce(_), Direction::Undo) | (Start::OnApproval, _) => Level::Propose,
        };
        let decision = self.app.authority(&now.reference.scope.account, &now.tags);
        (decision.level < needed).then_some(decision.reason)
    }

    /// Records a step of an action; durable when it returns.
    pub(crate) async fn record(
        &self,
        performer: &Performer<'_>,
        step: Step,
    ) -> Result<(), StoreError> {
        let number = performer.action.number;
        let event = PlanEvent::Action { direction: performer.direction, number, step };
        let place = performer.place();
        let entry = NewEntry::new(
            self.context.actor.clone(),
            Event::Plan { plan: performer.plan.id, event },
        );
        self.app.store.append(vec![entry.within(place.account, place.region)]).await.map(|_| ())
    }

    async fn append(&self, plan: PlanId, events: Vec<PlanEvent>) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let entry = |event| NewEntry::new(self.context.actor.clone(), Event::Plan { plan, event });
        self.app.store.append(events.into_iter().map(entry).collect()).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use reeve_store::{DatabaseLocation, Store};
    use reeve_test_kit::PostgresServer;
    use reeve_time::Clock;

    use super::*;

    const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'reeve engine'";

    #[tokio::test]
    async fn whoever_loses_the_lock_stops_where_they_are() {
        let Some(server) = PostgresServer::shared().await else { return };
        let url = server.create_another(None).await.unwrap();
        let location: DatabaseLocation = url.parse().unwrap();
        let store = Store::open(location, Clock::system()).await.unwrap();
        let lock = store.try_engine_lock().await.unwrap().unwrap();
        let work = async {
            server.execute(END.to_owned()).await.unwrap();
            std::future::pending::<Result<(), Error>>().await
        };
        let stopped = while_held(&lock, work).await.unwrap_err();
        assert!(stopped.to_string().contains("lock was lost"), "{stopped}");
    }
}
