//! The ledger: appending to the chain, and reading it.

use jiff::Timestamp;
use reeve_types::{AccountId, Actor, PlanId, Region};
use sqlx::AnyConnection;

use crate::{
    Store,
    batch::Insert,
    chain::{GENESIS, Link},
    entry::{Entry, Event, NewEntry},
    error::{Doing as _, StoreError, damaged},
    page::{Limit, Page},
    plans::like_literal,
    serialize::{read_event, write_event},
};

const HEAD: &str = "SELECT sequence, hash FROM ledger_head WHERE id = 1";

const MOVE_HEAD: &str =
    "UPDATE ledger_head SET sequence = $1, hash = $2 WHERE id = 1 AND sequence = $3";

const LAST: &str = "SELECT sequence, hash FROM ledger ORDER BY sequence DESC LIMIT 1";

const APPEND: Insert = Insert {
    head: "INSERT INTO ledger (sequence, at, actor, kind, plan_id, action_number, account, region, \
           data, previous_hash, hash) VALUES",
    columns: 11,
    tail: "",
};

pub(crate) const PAGE: &str = "SELECT sequence, at, actor, account, region, data, hash FROM ledger \
     WHERE sequence < $1 AND ($2 IS NULL OR kind = $2 OR kind LIKE $3 ESCAPE '\\') \
       AND ($4 IS NULL OR account = $4) \
     ORDER BY sequence DESC LIMIT $5";

pub(crate) const PAGE_OF_PLAN: &str = "SELECT sequence, at, actor, account, region, data, hash FROM ledger \
     WHERE plan_id = $6 AND sequence < $1 AND ($2 IS NULL OR kind = $2 OR kind LIKE $3 ESCAPE '\\') \
       AND ($4 IS NULL OR account = $4) \
     ORDER BY sequence DESC LIMIT $5";

pub(crate) const LATEST: &str = "SELECT sequence, at, actor, account, region, data, hash FROM ledger \
     WHERE plan_id IS NULL AND kind = $1 ORDER BY sequence DESC LIMIT 1";

/// The columns that an [`Entry`] is read from.
pub(crate) type EntryRow = (i64, i64, String, Option<String>, Option<String>, String, String);

/// Which entries a page of the ledger shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerFilter {
    /// Only this plan's.
    pub plan: Option<PlanId>,
    /// Only of this kind, or of the kinds beneath it: `plan` is also `plan.approved`.
    pub kind: Option<String>,
    /// Only what happened in this account.
    pub account: Option<AccountId>,
}

/// That every change is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Who did it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Appends `entries`, all or none, and returns their places once they are durable.
    ///
    /// A plan's event is refused with [`StoreError::Conflict`] if it cannot happen where the plan stands by then. A
    /// caller that stops waiting does not take its entries back.
    pub async fn append(&self, entries: Vec<NewEntry>) -> Result<Vec<u64>, StoreError> {
        let entries = entries.into_iter().map(PreparedEntry::new).collect::<Result<_, _>>()?;
        self.submit_entries(entries).await
    }

    /// A page of the ledger, newest first: entries before `before`, or the newest.
    pub async fn ledger(
        &self,
        filter: &LedgerFilter,
        before: Option<u64>,
        limit: Limit,
    ) -> Result<Page<Entry, u64>, StoreError> {
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let text = if filter.plan.is_some() { PAGE_OF_PLAN } else { PAGE };
        // One database minds the case of letters where the other does not; kinds have none.
        let kind = filter.kind.as_ref().map(|kind| kind.to_ascii_lowercase());
        let beneath = kind.as_ref().map(|kind| format!("{}.%", like_literal(kind)));
        let mut statement = sqlx::query_as(text)
            .bind(before)
            .bind(kind)
            .bind(beneath)
            .bind(filter.account.as_ref().map(AccountId::as_str))
            .bind(limit.one_more());
        if let Some(plan) = filter.plan {
            statement = statement.bind(plan.to_string());
        }
        let rows: Vec<EntryRow> =
            statement.fetch_all(self.readers()).await.doing("read the ledger")?;
        let entries = rows.into_iter().map(read_entry).collect::<Result<_, _>>()?;
        Ok(limit.page(entries, |entry: &Entry| entry.sequence))
    }

    /// The latest entry of a kind that concerns no plan, such as `run.finished` or `profile.changed`.
    pub async fn latest(&self, kind: &str) -> Result<Option<Entry>, StoreError> {
        let row: Option<EntryRow> = sqlx::query_as(LATEST)
            .bind(kind)
            .fetch_optional(self.readers())
            .await
            .doing("read the latest entry of a kind")?;
        row.map(read_entry).transpose()
    }

    /// Whether every change is suspended, and by whom.
    pub async fn suspension(&self) -> Result<Option<Suspension>, StoreError> {
        let Some(suspended) = self.latest("estate.suspended").await? else { return Ok(None) };
        let resumed = self.latest("estate.resumed").await?;
        if resumed.is_some_and(|resumed| resumed.sequence > suspended.sequence) {
            return Ok(None);
        }
        let Event::Suspended { reason } = suspended.event else { return Ok(None) };
        Ok(Some(Suspension { by: suspended.actor, at: suspended.at, reason }))
    }
}

/// A new entry whose texts are written already, so that the committer only links it.
#[derive(Debug)]
pub(crate) struct PreparedEntry {
    actor: String,
    account: Option<String>,
    region: Option<String>,
    plan_id: Option<String>,
    data: String,
    pub(crate) event: Event,
}

impl PreparedEntry {
    pub(crate) fn new(entry: NewEntry) -> Result<Self, StoreError> {
        let NewEntry { actor, event, account, region } = entry;
        let data = write_event(&event).map_err(|source| StoreError::Document {
            what: format!("the document of a `{}` event", event.kind()),
            source,
        })?;
        Ok(Self {
            actor: actor.to_string(),
            account: account.map(|account| account.as_str().to_owned()),
            region: region.map(|region| region.as_str().to_owned()),
            plan_id: event.plan().map(|plan| plan.to_string()),
            data,
            event,
        })
    }

    /// The entry in its place after `previous_hash`.
    fn link<'a>(&'a self, sequence: i64, at: i64, previous_hash: &'a str) -> Link<'a> {
        Link {
            sequence,
            at,
            actor: &self.actor,
            kind: self.event.kind(),
            plan_id: self.plan_id.as_deref(),
            action_number: self.event.action_number().map(i64::from),
            account: self.account.as_deref(),
            region: self.region.as_deref(),
            data: &self.data,
            previous_hash,
        }
    }
}

/// The end of the chain, within a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) sequence: i64,
    hash: String,
}

impl Tail {
    pub(crate) async fn read(connection: &mut AnyConnection) -> Result<Self, StoreError> {
        let row: Option<(i64, String)> = sqlx::query_as(HEAD)
            .fetch_optional(connection)
            .await
            .doing("read the ledger's head")?;
        let (sequence, hash) = row.ok_or_else(|| damaged("the ledger's head is missing"))?;
        Ok(Self { sequence, hash })
    }

    /// Links `entries` to the chain and writes them and the new head.
    pub(crate) async fn append(
        &mut self,
        connection: &mut AnyConnection,
        at: i64,
        entries: &[&PreparedEntry],
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        // Each hash is the next entry's previous one: the first is the tail's own.
        let mut hashes = vec![self.hash.clone()];
        let mut sequence = self.sequence;
        for entry in entries {
            sequence += 1;
            let previous = hashes.last().map_or(GENESIS, String::as_str);
            hashes.push(entry.link(sequence, at, previous).hash());
        }
        let links: Vec<(Link<'_>, &str)> = (self.sequence + 1..)
            .zip(entries)
            .zip(hashes.iter().zip(hashes.iter().skip(1)))
            .map(|((sequence, entry), (previous, hash))| {
                (entry.link(sequence, at, previous), hash.as_str())
            })
            .collect();
        let append = APPEND.execute(&mut *connection, &links, |statement, (link, hash)| {
            statement
                .bind(link.sequence)
                .bind(link.at)
                .bind(link.actor)
                .bind(link.kind)
                .bind(link.plan_id)
                .bind(link.action_number)
                .bind(link.account)
                .bind(link.region)
                .bind(link.data)
                .bind(link.previous_hash)
                .bind(*hash)
        });
        append.await.doing("append to the ledger")?;
        let head = hashes.pop().unwrap_or_default();
        self.move_to(connection, sequence, head).await
    }

    async fn move_to(
        &mut self,
        connection: &mut AnyConnection,
        sequence: i64,
        hash: String,
    ) -> Result<(), StoreError> {
        let moved = sqlx::query(MOVE_HEAD)
            .bind(sequence)
            .bind(hash.as_str())
            .bind(self.sequence)
            .execute(connection)
            .await
            .doing("move the ledger's head")?;
        if moved.rows_affected() != 1 {
            return Err(damaged("the ledger's head moved within a transaction"));
        }
        *self = Self { sequence, hash };
        Ok(())
    }
}

/// How the ledger's end differs from its head, if it does: the cheap part of verifying it.
pub(crate) async fn loose_end(
    connection: &mut AnyConnection,
) -> Result<Option<String>, sqlx::Error> {
    let head: Option<(i64, String)> = sqlx::query_as(HEAD).fetch_optional(&mut *connection).await?;
    let last: Option<(i64, String)> = sqlx::query_as(LAST).fetch_optional(connection).await?;
    let last = last.unwrap_or_else(|| (0, GENESIS.to_owned()));
    Ok(match head {
        None => Some("its head is missing".to_owned()),
        Some(head) if head == last => None,
        Some((head, _)) if head == last.0 => {
            Some(format!("its head and its last entry, {head}, have different hashes"))
        }
        Some((head, _)) => Some(format!("it ends at entry {}, but its head is {head}", last.0)),
    })
}

/// Reads an entry from its row.
pub(crate) fn read_entry(row: EntryRow) -> Result<Entry, StoreError> {
    let (sequence, at, actor, account, region, data, hash) = row;
    let what = || format!("entry {sequence} of the ledger");
    let event =
        read_event(&data).map_err(|source| StoreError::Document { what: what(), source })?;
    let wrong = |field: &str| damaged(format!("the {field} of {}", what()));
    let Ok(actor) = actor.parse::<Actor>();
    Ok(Entry {
        sequence: u64::try_from(sequence).map_err(|_| wrong("place"))?,
        at: timestamp(at)?,
        actor,
        event,
        account: account
            .map(|text| text.parse::<AccountId>())
            .transpose()
            .map_err(|_| wrong("account"))?,
        region: region
            .map(|text| text.parse::<Region>())
            .transpose()
            .map_err(|_| wrong("Region"))?,
        data,
        hash,
    })
}

/// Reads a stored time.
pub(crate) fn timestamp(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| damaged(format!("`{microseconds}` is not a time")))
}
