//! Executions that are moved on at the same time: their rows in one statement, their records in one, their ledger entries in one.
//!
//! A statement costs a hand-over to the database's thread, which takes longer than what the statement does. Many executions that
//! move in one transaction so cost little more than one.

use std::collections::HashSet;

use reeve_types::ExecutionId;
use sqlx::AssertSqlSafe;

use super::write::{Advance, Recorded, count, due, insert_records};
use crate::{
    batch::groups,
    committer::{Outcome, Writer},
    dialect::Dialect,
    error::{Doing as _, StoreError},
};

/// Moves executions, unless another worker has one or it was moved meanwhile. What waits to be taken makes one due at once.
///
/// The columns: id, worker, records seen, status, step, state, records added, ended at, whether it has ended, now, due at,
/// whether it is given back, signals taken.
const ADVANCE: &str = "UPDATE executions SET status = v.column4, step = v.column5, state = v.column6, \
            records = executions.records + v.column7, ended_at = v.column8, \
            due_at = CASE WHEN v.column9 = 1 THEN NULL \
                          WHEN EXISTS (SELECT 1 FROM execution_signals s \
                                       WHERE s.execution = executions.id AND s.number > v.column13) THEN v.column10 \
                          ELSE v.column11 END, \
            worker = CASE WHEN v.column12 = 1 THEN NULL ELSE executions.worker END, \
            leased_until = CASE WHEN v.column12 = 1 THEN NULL ELSE executions.leased_until END \
     FROM (VALUES ";

const MATCHING: &str = ") AS v \
     WHERE executions.id = v.column1 AND executions.records = v.column3 AND executions.worker = v.column2 \
     RETURNING executions.id";

/// One row's places; PostgreSQL would take numbers without their type for texts.
const ROW: &str = "(?, ?, CAST(? AS BIGINT), ?, CAST(? AS TEXT), ?, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), \
     CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))";

impl Writer<'_> {
    /// Moves executions on, those that their workers still have; what each does to others is not done here. For each whether
    /// it was moved.
    pub(crate) async fn advance_together(
        &mut self,
        advances: &[&Advance],
    ) -> Result<Vec<Result<Outcome, StoreError>>, StoreError> {
        let mut moved: HashSet<String> = HashSet::new();
        for group in groups(advances) {
            moved.extend(self.move_rows(group).await?);
        }
        let is_moved = |advance: &&&Advance| moved.contains(&advance.id.to_string());
        let ours: Vec<&Advance> = advances.iter().filter(is_moved).copied().collect();
        for advance in &ours {
            self.take_signals(advance).await?;
        }
        let records: Vec<Recorded<'_>> =
            ours.iter().flat_map(|advance| advance.recorded(self.at)).collect();
        insert_records(self.connection, &records).await?;
        let entries: Vec<_> = ours.iter().flat_map(|advance| &advance.entries).collect();
        if !entries.is_empty() {
            self.record(&entries).await?;
        }
        let answer = |advance: &&Advance| {
            if moved.contains(&advance.id.to_string()) {
                Ok(Outcome::default())
            } else {
                Err(StoreError::NotLeased { execution: advance.id })
            }
        };
        Ok(advances.iter().map(answer).collect())
    }

    /// Moves the rows of executions; the ids of those that were moved.
    async fn move_rows(&mut self, advances: &[&Advance]) -> Result<Vec<String>, StoreError> {
        let rows = vec![ROW; advances.len()].join(", ");
        let text = Dialect::of(self.connection).places(format!("{ADVANCE}{rows}{MATCHING}"));
        let mut statement = sqlx::query_scalar(AssertSqlSafe(text));
        for advance in advances {
            let standing = &advance.standing;
            statement = statement
                .bind(advance.id.to_string())
                .bind(&advance.worker)
                .bind(advance.seen())
                .bind(&standing.status)
                .bind(standing.step.as_deref())
                .bind(&standing.state)
                .bind(count(standing.records.len()))
                .bind(standing.has_ended.then_some(self.at))
                .bind(i64::from(standing.has_ended))
                .bind(self.at)
                .bind(due(standing))
                .bind(i64::from(advance.release || standing.has_ended))
                .bind(advance.taken());
        }
        statement.fetch_all(&mut *self.connection).await.doing("move executions")
    }
}

/// Whether executions can be moved together: each once.
pub(crate) fn are_different(advances: &[&Advance]) -> bool {
    let ids: HashSet<ExecutionId> = advances.iter().map(|advance| advance.id).collect();
    ids.len() == advances.len()
}
