//! What workers heed before they change anything: what an execution was told, and whether every change is suspended.
//!
//! A worker looks before each change of each execution, and a look is a hand-over to the database's thread. So whoever looks first
//! looks for all who wait:
//!
//! ```text
//! wants to look ──► has the turn? ──► looks for everyone that waits by then ──► each has its answer
//! ```

use std::{
    collections::BTreeMap,
    sync::{Mutex as Brief, PoisonError},
};

use reeve_types::ExecutionId;
use sqlx::AssertSqlSafe;
use tokio::sync::{
    Mutex,
    oneshot::{self, error::TryRecvError},
};

use crate::{
    Store,
    batch::{groups, places},
    dialect::Dialect,
    error::{Doing as _, StoreError},
};

const TOLD: &str = "SELECT execution, number, data FROM execution_signals WHERE execution IN ";

/// A row of number zero if every change is suspended, then what was told.
const SUSPENDED: &str = " UNION ALL SELECT '', 0, '' WHERE \
        coalesce((SELECT max(sequence) FROM ledger WHERE kind = 'estate.suspended' AND plan_id IS NULL), 0) > \
        coalesce((SELECT max(sequence) FROM ledger WHERE kind = 'estate.resumed' AND plan_id IS NULL), 0) \
     ORDER BY 2";

/// What a worker heeds before it changes anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heeded {
    /// What the execution was told and nobody took, with numbers, in order.
    pub told: Vec<(u64, String)>,
    /// Whether every change is suspended.
    pub is_suspended: bool,
}

/// Those who wait for a look.
#[derive(Debug, Default)]
pub(crate) struct Heeding {
    waiting: Brief<Vec<(ExecutionId, oneshot::Sender<Heeded>)>>,
    turn: Mutex<()>,
}

impl Heeding {
    fn wait(&self, id: ExecutionId) -> oneshot::Receiver<Heeded> {
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((id, answer));
        answered
    }

    fn take(&self) -> Vec<(ExecutionId, oneshot::Sender<Heeded>)> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store {
    /// What an execution was told, and whether it may change anything: as it is now or later than that.
    pub async fn heeded(&self, id: ExecutionId) -> Result<Heeded, StoreError> {
        let heeding = self.heeding();
        let mut answered = heeding.wait(id);
        let turn = heeding.turn.lock().await;
        match answered.try_recv() {
            Ok(heeded) => return Ok(heeded),
            // Whoever looked for it did not come to an end.
            Err(TryRecvError::Closed) => {}
            Err(TryRecvError::Empty) => {
                let waiting = heeding.take();
                let ids: Vec<ExecutionId> = waiting.iter().map(|(id, _)| *id).collect();
                let looked = self.look(&ids).await?;
                for (waiting, answer) in waiting {
                    // Whoever stopped waiting is not told.
                    answer.send(looked.get(&waiting).cloned().unwrap_or_default()).ok();
                }
            }
        }
        drop(turn);
        match answered.try_recv() {
            Ok(heeded) => Ok(heeded),
            Err(_) => Ok(self.look(&[id]).await?.remove(&id).unwrap_or_default()),
        }
    }

    async fn look(&self, ids: &[ExecutionId]) -> Result<BTreeMap<ExecutionId, Heeded>, StoreError> {
        let mut looked = BTreeMap::new();
        let mut connection = self.readers().acquire().await.doing("look what to heed")?;
        for group in groups(ids) {
            let text = format!("{TOLD}{}{SUSPENDED}", places(group.len()));
            let text = Dialect::of(&connection).places(text);
            let mut statement = sqlx::query_as(AssertSqlSafe(text));
            for id in group {
                statement = statement.bind(id.to_string());
            }
            let rows: Vec<(String, i64, String)> =
                statement.fetch_all(&mut *connection).await.doing("look what to heed")?;
            let is_suspended = rows.first().is_some_and(|(_, number, _)| *number == 0);
            for id in group {
                looked.insert(*id, Heeded { told: Vec::new(), is_suspended });
            }
            for (execution, number, data) in rows.into_iter().filter(|(_, number, _)| *number > 0) {
                let id = execution.parse().map_err(super::unreadable)?;
                let told = &mut looked.entry(id).or_insert_with(Heeded::default).told;
                told.push((u64::try_from(number).unwrap_or_default(), data));
            }
        }
        Ok(looked)
    }
}
