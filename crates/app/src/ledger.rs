//! The ledger, for reading and checking.

use reeve_store::{DatabaseLocation, LedgerFilter, Verification};

use crate::{
    App, Error, LedgerQuery,
    queries::{limit, parse_cursor},
    views::{EntryView, Page, ProblemView, VerificationView},
};

impl App {
    /// A page of the ledger, newest first.
    pub async fn ledger(&self, query: &LedgerQuery) -> Result<Page<EntryView>, Error> {
        let plan = match &query.plan {
            Some(name) => Some(self.resolve(name).await?),
            None => None,
        };
        let before = query.cursor.as_deref().map(parse_cursor::<u64>).transpose()?;
        let filter = LedgerFilter { plan, kind: query.kind.clone(), account: None };
        let page =
            self.store.ledger(&filter, before, limit(query.limit)).await.map_err(Error::store)?;
        let next = page.next.map(|sequence| sequence.to_string());
        Ok(Page { items: page.items.iter().map(entry).collect(), next })
    }

    /// Checks the whole ledger.
    pub async fn verify_ledger(&self) -> Result<VerificationView, Error> {
        verify_ledger_in(self.store.location()).await
    }
}

/// Checks the whole ledger of the records at a location, whatever else is wrong with them.
pub async fn verify_ledger_in(location: &DatabaseLocation) -> Result<VerificationView, Error> {
    let Verification { entries, head, problem } =
        reeve_store::verify_ledger(location).await.map_err(Error::verification)?;
    let problem =
        problem.map(|problem| ProblemView { sequence: problem.sequence, message: problem.message });
    Ok(VerificationView { intact: problem.is_none(), entries, head, problem })
}

fn entry(entry: &reeve_store::Entry) -> EntryView {
    EntryView {
        sequence: entry.sequence,
        at: entry.at,
        actor: entry.actor.to_string(),
        kind: entry.kind(),
        plan: entry.event.plan().map(|plan| plan.to_string()),
        action: entry.event.action_number(),
        account: entry.account.as_ref().map(ToString::to_string),
        summary: entry.summary(),
        data: serde_json::from_str(&entry.data).unwrap_or_default(),
        hash: entry.hash.clone(),
    }
}
