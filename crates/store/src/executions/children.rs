//! The executions that another waits for.

use reeve_types::ExecutionId;

use super::{
    ExecutionSummary,
    read::{SummaryRow, summary},
};
use crate::{
    Store,
    error::{Doing as _, StoreError},
    page::{Limit, Page},
};

const CHILDREN: &str = "SELECT id, runbook, digest, account, region, parent, started_by, reason, created_at, ended_at, \
            status, step FROM executions WHERE parent = $1 AND id > $2 ORDER BY id LIMIT $3";

impl Store {
    /// A page of the executions that another waits for, in the order of their ids, after one of them.
    pub async fn children(
        &self,
        parent: ExecutionId,
        after: Option<ExecutionId>,
        limit: Limit,
    ) -> Result<Page<ExecutionSummary, ExecutionId>, StoreError> {
        let rows: Vec<SummaryRow> = sqlx::query_as(CHILDREN)
            .bind(parent.to_string())
            .bind(after.map(|after| after.to_string()).unwrap_or_default())
            .bind(limit.one_more())
            .fetch_all(self.readers())
            .await
            .doing("read the executions that another waits for")?;
        let children = rows.into_iter().map(summary).collect::<Result<_, _>>()?;
        Ok(limit.page(children, |execution: &ExecutionSummary| execution.id))
    }
}
