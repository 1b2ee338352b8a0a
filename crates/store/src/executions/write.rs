//! Beginning executions, moving them on, telling them something.

use jiff::Timestamp;
use reeve_types::ExecutionId;
use sqlx::AnyConnection;

use super::{
    Along, NewExecution, NewRecord, NewUndo, RunbookDocument, Standing, along::PreparedAlong,
};
use crate::{
    Store,
    batch::Insert,
    committer::{Work, Writer},
    entry::NewEntry,
    error::{Doing as _, StoreError},
    ledger::PreparedEntry,
};

const KEEP_RUNBOOK: &str = "INSERT INTO runbooks (digest, format, text) VALUES ($1, $2, $3) \
     ON CONFLICT (digest) DO NOTHING";

const BEGIN: &str = "INSERT INTO executions (id, runbook, digest, account, region, parent, started_by, reason, \
            created_at, ended_at, status, step, state, records, due_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

const TAKE_SIGNALS: &str = "DELETE FROM execution_signals WHERE execution = $1 AND number <= $2";

const TELL: &str = "INSERT INTO execution_signals (execution, number, data) \
     SELECT $1, coalesce(max(number), 0) + 1, $2 FROM execution_signals WHERE execution = $1";

const WAKE: &str = "UPDATE executions SET due_at = $1 WHERE id = $2 AND ended_at IS NULL";

const RECORD: Insert = Insert {
    head: "INSERT INTO execution_records (execution, number, at, kind, data) VALUES",
    columns: 5,
    tail: "",
};

/// An execution that is to begin, and what the ledger says of it.
#[derive(Debug)]
pub(crate) struct Beginning {
    execution: NewExecution,
    undo: Option<NewUndo>,
    entries: Vec<PreparedEntry>,
}

/// An execution that is to be moved on.
#[derive(Debug)]
pub(crate) struct Advance {
    pub(super) id: ExecutionId,
    pub(super) worker: String,
    /// How many records the worker has seen.
    seen: u64,
    pub(super) standing: Standing,
    /// Up to which signal they were taken.
    taken: Option<u64>,
    /// Whether the lease is given back.
    pub(super) release: bool,
    pub(super) entries: Vec<PreparedEntry>,
    /// What it does to other executions.
    along: PreparedAlong,
}

/// Something that is to be told to an execution.
#[derive(Debug)]
pub(crate) struct Telling {
    id: ExecutionId,
    data: String,
    entries: Vec<PreparedEntry>,
}

/// What a worker writes about an execution that it has.
#[derive(Debug, Clone)]
pub struct Move {
    /// The execution.
    pub id: ExecutionId,
    /// The worker.
    pub worker: String,
    /// How many records it had seen.
    pub seen: u64,
    /// Where the execution stands now, and what happened.
    pub standing: Standing,
    /// The number of the last signal that was taken, if any was.
    pub taken: Option<u64>,
    /// Whether it gives the execution back.
    pub release: bool,
    /// What the ledger says of it.
    pub entries: Vec<NewEntry>,
}

impl Store {
    /// Begins an execution; durable when it returns.
    pub async fn begin_execution(
        &self,
        execution: NewExecution,
        entries: Vec<NewEntry>,
    ) -> Result<(), StoreError> {
        let beginning = Beginning::new(execution, entries)?;
        self.submit(Work::Begin(Box::new(beginning))).await?;
        self.tell_executions_moved();
        Ok(())
    }

    /// Begins an execution that takes others back; durable when it returns. [`StoreError::AlreadyUndone`] if another takes
    /// one of them back, or has.
    pub async fn begin_undo(
        &self,
        execution: NewExecution,
        undo: NewUndo,
        entries: Vec<NewEntry>,
    ) -> Result<(), StoreError> {
        let beginning = Beginning { undo: Some(undo), ..Beginning::new(execution, entries)? };
        self.submit(Work::Begin(Box::new(beginning))).await?;
        self.tell_executions_moved();
        Ok(())
    }

    /// Moves an execution on; durable when it returns. [`StoreError::NotLeased`] if another worker has it by now.
    pub async fn move_execution(&self, move_: Move) -> Result<(), StoreError> {
        self.move_execution_along(move_, Along::default()).await
    }

    /// Moves an execution on, and begins and tells others in the same transaction.
    pub async fn move_execution_along(
        &self,
        Move { id, worker, seen, standing, taken, release, entries }: Move,
        along: Along,
    ) -> Result<(), StoreError> {
        let (entries, along) = (prepared(entries)?, along.prepared()?);
        let advance = Advance { id, worker, seen, standing, taken, release, entries, along };
        self.submit(Work::Advance(Box::new(advance))).await?;
        self.tell_executions_moved();
        Ok(())
    }

    /// Keeps a document for executions that will begin; durable when it returns.
    pub async fn keep_runbook(&self, document: RunbookDocument) -> Result<(), StoreError> {
        self.submit(Work::Keep(document)).await.map(|_| ())
    }

    /// Tells an execution something, for the worker that has it or will have it; durable when it returns.
    pub async fn tell_execution(
        &self,
        id: ExecutionId,
        data: String,
        entries: Vec<NewEntry>,
    ) -> Result<(), StoreError> {
        let entries = prepared(entries)?;
        self.submit(Work::Tell(Telling { id, data, entries })).await?;
        self.tell_executions_moved();
        Ok(())
    }
}

pub(super) fn prepared(entries: Vec<NewEntry>) -> Result<Vec<PreparedEntry>, StoreError> {
    entries.into_iter().map(PreparedEntry::new).collect()
}

impl Beginning {
    pub(super) fn new(execution: NewExecution, entries: Vec<NewEntry>) -> Result<Self, StoreError> {
        Ok(Self { execution, undo: None, entries: prepared(entries)? })
    }

    /// About how many rows it writes.
    pub(crate) fn rows(&self) -> usize {
        self.execution.standing.records.len() + self.entries.len() + 2
    }
}

impl Advance {
    /// How many records its worker has seen, as the database has it.
    pub(super) fn seen(&self) -> i64 {
        i64::try_from(self.seen).unwrap_or(i64::MAX)
    }

    /// Up to which signal they were taken, as the database has it.
    pub(super) fn taken(&self) -> i64 {
        i64::try_from(self.taken.unwrap_or_default()).unwrap_or(i64::MAX)
    }

    /// What happened, with places.
    pub(super) fn recorded(&self, at: i64) -> impl Iterator<Item = Recorded<'_>> {
        recorded((self.id, self.seen(), at), &self.standing.records)
    }

    /// Whether nothing is done to others with it.
    pub(crate) fn is_alone(&self) -> bool {
        self.along.rows() == 0
    }

    /// About how many rows it writes.
    pub(crate) fn rows(&self) -> usize {
        self.standing.records.len() + self.entries.len() + self.along.rows() + 1
    }
}

impl Writer<'_> {
    /// Keeps a document, unless it is kept already.
    pub(crate) async fn keep(&mut self, document: &RunbookDocument) -> Result<(), StoreError> {
        sqlx::query(KEEP_RUNBOOK)
            .bind(&document.digest)
            .bind(&document.format)
            .bind(&document.text)
            .execute(&mut *self.connection)
            .await
            .doing("keep a runbook")
            .map(|_| ())
    }

    /// Begins an execution.
    pub(crate) async fn begin(&mut self, beginning: &Beginning) -> Result<(), StoreError> {
        let NewExecution { id, document, standing, parent, .. } = &beginning.execution;
        let execution = &beginning.execution;
        if let Some(undo) = &beginning.undo {
            self.check_undo(undo).await?;
        }
        self.keep(document).await?;
        sqlx::query(BEGIN)
            .bind(id.to_string())
            .bind(&execution.runbook)
            .bind(&document.digest)
            .bind(execution.account.as_str())
            .bind(execution.region.as_str())
            .bind(parent.map(|parent| parent.to_string()))
            .bind(execution.started_by.to_string())
            .bind(&execution.reason)
            .bind(self.at)
            .bind(standing.has_ended.then_some(self.at))
            .bind(&standing.status)
            .bind(&standing.step)
            .bind(&standing.state)
            .bind(count(standing.records.len()))
            .bind(due(standing))
            .execute(&mut *self.connection)
            .await
            .doing("begin an execution")?;
        let records: Vec<_> = recorded((*id, 0, self.at), &standing.records).collect();
        insert_records(self.connection, &records).await?;
        if let Some(undo) = &beginning.undo {
            self.note_undo(*id, undo).await?;
        }
        self.record(&beginning.entries.iter().collect::<Vec<_>>()).await
    }

    /// Moves an execution on, if its worker still has it, and does what belongs to that to others.
    pub(crate) async fn advance(&mut self, advance: &Advance) -> Result<(), StoreError> {
        let moved = self.advance_together(&[advance]).await?;
        moved.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.along(&advance.along).await
    }

    /// Takes away what an execution was told and has taken.
    pub(super) async fn take_signals(&mut self, advance: &Advance) -> Result<(), StoreError> {
        if advance.taken() == 0 {
            return Ok(());
        }
        sqlx::query(TAKE_SIGNALS)
            .bind(advance.id.to_string())
            .bind(advance.taken())
            .execute(&mut *self.connection)
            .await
            .doing("take what an execution was told")
            .map(|_| ())
    }

    /// Tells an execution something, if it has not ended.
    pub(crate) async fn tell(&mut self, telling: &Telling) -> Result<(), StoreError> {
        if !self.tell_running(telling.id, &telling.data).await? {
            return Err(StoreError::ExecutionOver { execution: telling.id });
        }
        self.record(&telling.entries.iter().collect::<Vec<_>>()).await
    }

    /// Tells an execution something, unless it has ended. Whether it has not.
    pub(super) async fn tell_running(
        &mut self,
        id: ExecutionId,
        data: &str,
    ) -> Result<bool, StoreError> {
        let woken = sqlx::query(WAKE)
            .bind(self.at)
            .bind(id.to_string())
            .execute(&mut *self.connection)
            .await
            .doing("wake an execution")?;
        if woken.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query(TELL)
            .bind(id.to_string())
            .bind(data)
            .execute(&mut *self.connection)
            .await
            .doing("tell an execution something")?;
        Ok(true)
    }
}

/// A record with its place.
#[derive(Debug)]
pub(super) struct Recorded<'r> {
    id: ExecutionId,
    number: i64,
    at: i64,
    record: &'r NewRecord,
}

/// Records with their places, behind so many that there are already.
fn recorded(
    (id, before, at): (ExecutionId, i64, i64),
    records: &[NewRecord],
) -> impl Iterator<Item = Recorded<'_>> {
    (before + 1..).zip(records).map(move |(number, record)| Recorded { id, number, at, record })
}

pub(super) fn due(standing: &Standing) -> Option<i64> {
    if standing.has_ended { None } else { standing.due_at.map(Timestamp::as_microsecond) }
}

pub(super) fn count(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}

/// Records what happened to executions.
pub(super) async fn insert_records(
    connection: &mut AnyConnection,
    records: &[Recorded<'_>],
) -> Result<(), StoreError> {
    RECORD
        .execute(connection, records, |statement, recorded| {
            let Recorded { id, number, at, record } = recorded;
            statement
                .bind(id.to_string())
                .bind(*number)
                .bind(*at)
                .bind(&record.kind)
                .bind(&record.data)
        })
        .await
        .doing("record what happened to executions")
}
