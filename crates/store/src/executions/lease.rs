//! Leases: which worker has which execution, and until when.

use jiff::{SignedDuration, Timestamp};
use reeve_types::{AccountId, ExecutionId, Region};

use super::unreadable;
use crate::{
    Store,
    committer::{Outcome, Work, Writer},
    error::{Doing as _, StoreError},
};

/// What is due and nobody's, oldest first.
const CLAIM: &str = "UPDATE executions SET worker = $1, leased_until = $2 \
     WHERE id IN (SELECT id FROM executions \
                  WHERE due_at <= $3 AND (worker IS NULL OR leased_until < $3) \
                  ORDER BY due_at, id LIMIT $4) \
     RETURNING id, runbook, digest, account, region, started_by, state, records";

const RENEW: &str = "UPDATE executions SET leased_until = $1 WHERE worker = $2";

const TAKEN_TEXTS: &str =
    "SELECT number, data FROM execution_signals WHERE execution = $1 ORDER BY number";

const NEXT_DUE: &str =
    "SELECT min(due_at) FROM executions WHERE due_at IS NOT NULL AND worker IS NULL";

const NEXT_LOST: &str = "SELECT min(leased_until) FROM executions WHERE worker IS NOT NULL";

type LeasedRow = (String, String, String, String, String, String, String, i64);

/// An execution that a worker has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
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
    /// Who began it.
    pub started_by: String,
    /// Its state, as JSON.
    pub state: String,
    /// How many records its journal has.
    pub records: u64,
}

/// A worker that wants something to do.
#[derive(Debug)]
pub(crate) struct Claim {
    worker: String,
    lease: SignedDuration,
    most: u32,
}

impl Store {
    /// Gives a worker executions that are due and that nobody has, `most` at most, for as long as the lease.
    pub async fn claim_executions(
        &self,
        worker: &str,
        lease: SignedDuration,
        most: u32,
    ) -> Result<Vec<Leased>, StoreError> {
        let claim = Claim { worker: worker.to_owned(), lease, most };
        Ok(self.submit(Work::Claim(claim)).await?.leased)
    }

    /// Keeps the leases of a worker that is alive.
    pub async fn renew_leases(
        &self,
        worker: &str,
        lease: SignedDuration,
    ) -> Result<(), StoreError> {
        self.submit(Work::Renew(Claim { worker: worker.to_owned(), lease, most: 0 }))
            .await
            .map(|_| ())
    }

    /// What an execution was told and nobody took, with numbers, in order.
    pub async fn told(&self, id: ExecutionId) -> Result<Vec<(u64, String)>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(TAKEN_TEXTS)
            .bind(id.to_string())
            .fetch_all(self.readers())
            .await
            .doing("read what an execution was told")?;
        Ok(rows
            .into_iter()
            .map(|(number, data)| (u64::try_from(number).unwrap_or_default(), data))
            .collect())
    }

    /// When the next execution is due that nobody has, or that nobody will have by then.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut due: Option<i64> = None;
        for statement in [NEXT_DUE, NEXT_LOST] {
            let next: Option<i64> = sqlx::query_scalar(statement)
                .fetch_one(self.readers())
                .await
                .doing("look for what is due next")?;
            due = [due, next].into_iter().flatten().min();
        }
        due.map(|due| Timestamp::from_microsecond(due).map_err(unreadable)).transpose()
    }
}

impl Writer<'_> {
    /// Gives a worker what is due.
    pub(crate) async fn claim(&mut self, claim: &Claim) -> Result<Outcome, StoreError> {
        let rows: Vec<LeasedRow> = sqlx::query_as(CLAIM)
            .bind(&claim.worker)
            .bind(self.leased_until(claim))
            .bind(self.at)
            .bind(i64::from(claim.most))
            .fetch_all(&mut *self.connection)
            .await
            .doing("lease executions")?;
        let leased = rows.into_iter().map(leased).collect::<Result<_, _>>()?;
        Ok(Outcome { leased, ..Outcome::default() })
    }

    /// Keeps the leases of a worker.
    pub(crate) async fn renew(&mut self, claim: &Claim) -> Result<(), StoreError> {
        sqlx::query(RENEW)
            .bind(self.leased_until(claim))
            .bind(&claim.worker)
            .execute(&mut *self.connection)
            .await
            .doing("keep leases")?;
        Ok(())
    }

    fn leased_until(&self, claim: &Claim) -> i64 {
        let lease = i64::try_from(claim.lease.as_micros()).unwrap_or(i64::MAX);
        self.at.saturating_add(lease)
    }
}

fn leased(row: LeasedRow) -> Result<Leased, StoreError> {
    let (id, runbook, digest, account, region, started_by, state, records) = row;
    Ok(Leased {
        id: id.parse().map_err(unreadable)?,
        runbook,
        digest,
        account: account.parse().map_err(unreadable)?,
        region: region.parse().map_err(unreadable)?,
        started_by,
        state,
        records: u64::try_from(records).map_err(unreadable)?,
    })
}
