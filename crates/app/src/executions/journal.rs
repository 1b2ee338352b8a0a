//! The journal of an execution, read as it is written.

use std::collections::VecDeque;

use reeve_store::{Limit, Pulse, Store};
use reeve_types::ExecutionId;
use tokio::sync::watch;

use super::{
    standing::{self, StandingView},
    view::{self, RecordView},
};
use crate::Error;

/// The journal of an execution, from a place on.
#[derive(Debug)]
pub struct Journal {
    store: Store,
    id: ExecutionId,
    /// The number of the last record that was read.
    read: u64,
    pulse: watch::Receiver<Pulse>,
    waiting: VecDeque<News>,
    told: Option<StandingView>,
    is_over: bool,
}

/// What is new about an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Something happened.
    Record(Box<RecordView>),
    /// It stands elsewhere than before.
    Standing(Box<StandingView>),
    /// It has ended, and there is nothing more to tell.
    End,
}

impl Journal {
    pub(super) fn new(
        store: Store,
        (id, read): (ExecutionId, u64),
        pulse: watch::Receiver<Pulse>,
    ) -> Self {
        Self { store, id, read, pulse, waiting: VecDeque::new(), told: None, is_over: false }
    }

    /// The execution.
    pub fn execution(&self) -> ExecutionId {
        self.id
    }

    /// Whether there is more to tell that need not be waited for.
    pub fn has_more(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What is new; waits until something is. Nothing once all was told.
    pub async fn next(&mut self) -> Result<Option<News>, Error> {
        loop {
            if let Some(news) = self.waiting.pop_front() {
                return Ok(Some(news));
            }
            if self.is_over {
                return Ok(None);
            }
            // Seen before it is read: what is written meanwhile wakes again.
            self.pulse.borrow_and_update();
            self.read().await?;
            if self.waiting.is_empty() && self.pulse.changed().await.is_err() {
                return Ok(None);
            }
        }
    }

    /// Reads what was not read yet, until there is something to tell, and where the execution stands.
    async fn read(&mut self) -> Result<(), Error> {
        loop {
            // Before its records: an execution that has ended has no more of them than are read then.
            let standing = standing::standing(&self.store, self.id).await?;
            let limit = Limit::new(Limit::MAXIMUM);
            let page = self.store.execution_records(self.id, self.read, limit).await;
            let page = page.map_err(Error::store)?;
            for record in &page.items {
                self.read = record.number;
                let shown = view::record(record)?;
                self.waiting.extend(shown.map(|shown| News::Record(Box::new(shown))));
            }
            if page.next.is_none() {
                self.stand(standing);
                return Ok(());
            }
            if !self.waiting.is_empty() {
                return Ok(());
            }
        }
    }

    fn stand(&mut self, standing: StandingView) {
        self.is_over = standing.execution.has_ended();
        if self.told.as_ref() != Some(&standing) {
            self.told = Some(standing.clone());
            self.waiting.push_back(News::Standing(Box::new(standing)));
        }
        if self.is_over {
            self.waiting.push_back(News::End);
        }
    }
}
