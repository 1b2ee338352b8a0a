//! Whether executions moved: all that is looked at for those who watch some.

use reeve_types::ExecutionId;

use super::unreadable;
use crate::{
    Store, batch,
    error::{Doing as _, StoreError},
};

pub(crate) const PULSES: &str = "SELECT id, records, ended_at FROM executions WHERE id IN ";

/// How far an execution has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Pulse {
    /// How many records its journal has.
    pub records: u64,
    /// Whether it has ended.
    pub has_ended: bool,
}

impl Store {
    /// How far executions have come; those that do not exist are left out.
    pub async fn execution_pulses(
        &self,
        ids: &[ExecutionId],
    ) -> Result<Vec<(ExecutionId, Pulse)>, StoreError> {
        const DOING: &str = "look how far executions have come";
        let mut connection = self.readers().acquire().await.doing(DOING)?;
        let mut pulses = Vec::with_capacity(ids.len());
        for group in batch::groups(ids) {
            let mut statement = sqlx::query_as(batch::list(&connection, PULSES, group.len()));
            for id in group {
                statement = statement.bind(id.to_string());
            }
            let rows: Vec<(String, i64, Option<i64>)> =
                statement.fetch_all(&mut *connection).await.doing(DOING)?;
            for (id, records, ended_at) in rows {
                let records = u64::try_from(records).map_err(unreadable)?;
                let pulse = Pulse { records, has_ended: ended_at.is_some() };
                pulses.push((id.parse().map_err(unreadable)?, pulse));
            }
        }
        Ok(pulses)
    }
}
