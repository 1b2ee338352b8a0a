//! Reading executions, for people.

use jiff::Timestamp;
use reeve_types::{AccountId, ExecutionId, Region};

use super::{ExecutionRecord, RunbookDocument, unreadable};
use crate::{
    Store,
    error::{Doing as _, StoreError, damaged},
    page::{Limit, Page},
};

const SUMMARY: &str = "SELECT id, runbook, digest, account, region, parent, started_by, reason, created_at, ended_at, \
            status, step FROM executions WHERE id = $1";

const PAGE: &str = "SELECT id, runbook, digest, account, region, parent, started_by, reason, created_at, ended_at, \
            status, step FROM executions \
     WHERE id < $1 AND ($2 IS NULL OR status = $2) AND ($3 IS NULL OR runbook = $3) \
     ORDER BY id DESC LIMIT $4";

const STATE: &str = "SELECT state FROM executions WHERE id = $1";

const RECORDS: &str = "SELECT number, at, kind, data FROM execution_records \
     WHERE execution = $1 AND number > $2 ORDER BY number LIMIT $3";

const RUNBOOK: &str = "SELECT format, text FROM runbooks WHERE digest = $1";

const MATCHING: &str =
    "SELECT id FROM executions WHERE id LIKE $1 ESCAPE '\\' ORDER BY id DESC LIMIT 2";

/// The latest that was begun for its own sake.
const LATEST: &str = "SELECT id FROM executions WHERE parent IS NULL ORDER BY id DESC LIMIT 1";

/// The first id that is greater than all others.
const AFTER_ALL: &str = "exec_~";

pub(super) type SummaryRow = (
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    String,
    i64,
    Option<i64>,
    String,
    Option<String>,
);

/// An execution without its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// Its id.
    pub id: ExecutionId,
    /// The name of its runbook.
    pub runbook: String,
    /// The digest of its document.
    pub digest: String,
    /// The account it runs in.
    pub account: AccountId,
    /// The Region it runs in.
    pub region: Region,
    /// The execution that waits for it.
    pub parent: Option<ExecutionId>,
    /// Who began it.
    pub started_by: String,
    /// Why.
    pub reason: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its status, in the words of the service.
    pub status: String,
    /// The step that is under way.
    pub step: Option<String>,
}

/// Which executions a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// Only those with this status.
    pub status: Option<String>,
    /// Only those of this runbook.
    pub runbook: Option<String>,
}

impl Store {
    /// An execution.
    pub async fn execution(&self, id: ExecutionId) -> Result<ExecutionSummary, StoreError> {
        let row: Option<SummaryRow> = sqlx::query_as(SUMMARY)
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await
            .doing("read an execution")?;
        row.map_or(Err(StoreError::ExecutionNotFound { text: id.to_string() }), summary)
    }

    /// The execution of an id, of the end of an id, or the latest.
    pub async fn find_execution(&self, text: &str) -> Result<ExecutionId, StoreError> {
        let not_found = || StoreError::ExecutionNotFound { text: text.to_owned() };
        if let Ok(id) = text.parse() {
            return self.execution(id).await.map(|execution| execution.id);
        }
        let found: Vec<String> = if text == "latest" {
            sqlx::query_scalar(LATEST).fetch_all(self.readers()).await.doing("find an execution")?
        } else {
            let is_part = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !is_part {
                return Err(not_found());
            }
            sqlx::query_scalar(MATCHING)
                .bind(format!("exec\\_%{}", text.to_ascii_lowercase()))
                .fetch_all(self.readers())
                .await
                .doing("find an execution")?
        };
        match found.as_slice() {
            [only] => only.parse().map_err(unreadable),
            _ => Err(not_found()),
        }
    }

    /// A page of executions, newest first: those before `before`, or the newest.
    pub async fn executions(
        &self,
        filter: &ExecutionFilter,
        before: Option<ExecutionId>,
        limit: Limit,
    ) -> Result<Page<ExecutionSummary, ExecutionId>, StoreError> {
        let rows: Vec<SummaryRow> = sqlx::query_as(PAGE)
            .bind(before.map_or_else(|| AFTER_ALL.to_owned(), |before| before.to_string()))
            .bind(filter.status.as_deref())
            .bind(filter.runbook.as_deref())
            .bind(limit.one_more())
            .fetch_all(self.readers())
            .await
            .doing("read executions")?;
        let executions = rows.into_iter().map(summary).collect::<Result<_, _>>()?;
        Ok(limit.page(executions, |execution: &ExecutionSummary| execution.id))
    }

    /// The state of an execution, as JSON.
    pub async fn execution_state(&self, id: ExecutionId) -> Result<String, StoreError> {
        let state: Option<String> = sqlx::query_scalar(STATE)
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await
            .doing("read where an execution stands")?;
        state.ok_or_else(|| StoreError::ExecutionNotFound { text: id.to_string() })
    }

    /// What happened to an execution, in order, after the record of a number.
    pub async fn execution_records(
        &self,
        id: ExecutionId,
        after: u64,
        limit: Limit,
    ) -> Result<Page<ExecutionRecord, u64>, StoreError> {
        let rows: Vec<(i64, i64, String, String)> = sqlx::query_as(RECORDS)
            .bind(id.to_string())
            .bind(i64::try_from(after).unwrap_or(i64::MAX))
            .bind(limit.one_more())
            .fetch_all(self.readers())
            .await
            .doing("read what happened to an execution")?;
        let read = |(number, at, kind, data): (i64, i64, String, String)| {
            Ok(ExecutionRecord {
                number: u64::try_from(number).map_err(unreadable)?,
                at: Timestamp::from_microsecond(at).map_err(unreadable)?,
                kind,
                data,
            })
        };
        let records = rows.into_iter().map(read).collect::<Result<_, StoreError>>()?;
        Ok(limit.page(records, |record: &ExecutionRecord| record.number))
    }

    /// A document that executions were begun with.
    pub async fn runbook_document(&self, digest: &str) -> Result<RunbookDocument, StoreError> {
        let row: Option<(String, String)> = sqlx::query_as(RUNBOOK)
            .bind(digest)
            .fetch_optional(self.readers())
            .await
            .doing("read a runbook")?;
        let (format, text) =
            row.ok_or_else(|| damaged(format!("the runbook with digest {digest} is missing")))?;
        Ok(RunbookDocument { digest: digest.to_owned(), format, text })
    }
}

pub(super) fn summary(row: SummaryRow) -> Result<ExecutionSummary, StoreError> {
    let (
        id,
        runbook,
        digest,
        account,
        region,
        parent,
        started_by,
        reason,
        created,
        ended,
        status,
        step,
    ) = row;
    let time = |at: i64| Timestamp::from_microsecond(at).map_err(unreadable);
    Ok(ExecutionSummary {
        id: id.parse().map_err(unreadable)?,
        runbook,
        digest,
        account: account.parse().map_err(unreadable)?,
        region: region.parse().map_err(unreadable)?,
        parent: parent.map(|parent| parent.parse().map_err(unreadable)).transpose()?,
        started_by,
        reason,
        created_at: time(created)?,
        ended_at: ended.map(time).transpose()?,
        status,
        step,
    })
}
