//! The switch that stops every change.

use reeve_store::Event;

use crate::{
    App, Context, Error,
    views::{SuspensionView, suspension},
};

impl App {
    /// Whether every change is suspended, by whom and why.
    pub async fn suspension(&self) -> Result<Option<SuspensionView>, Error> {
        let suspended = self.store.suspension().await.map_err(Error::store)?;
        Ok(suspended.map(|one| suspension(&one.by, Some(one.at), &one.reason)))
    }

    /// Stops every change. Actions that are under way come to their end; no other begins until changes are resumed.
    pub async fn suspend(&self, context: &Context, reason: &str) -> Result<(), Error> {
        if reason.trim().is_empty() {
            return Err(Error::invalid(
                "the reason is missing: everyone who is stopped is shown it",
            ));
        }
        self.append(context, Event::Suspended { reason: reason.to_owned() }).await
    }

    /// Lets changes go on.
    pub async fn resume(&self, context: &Context) -> Result<(), Error> {
        if self.suspension().await?.is_none() {
            return Ok(());
        }
        self.append(context, Event::Resumed).await
    }
}
