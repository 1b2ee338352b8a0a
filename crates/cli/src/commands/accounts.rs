//! `reeve accounts`: the accounts, what Reeve may do in each, and what is unknown.

use anyhow::Result;
use reeve_app::views::{AccountView, Page};

use super::Globals;
use crate::{exit::Status, setup, table::table};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) async fn run(globals: &Globals, _: &Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    globals.output().show(&app.accounts().await?, text)?;
    Ok(Status::Done)
}

fn text(page: &Page<AccountView>) -> String {
    let row = |account: &AccountView| {
        let authority = account.authority.iter().map(|one| format!("{} {}", one.controller, one.level));
        [
            account.id.clone(),
            account.name.clone(),
            account.regions.join(" "),
            authority.collect::<Vec<_>>().join(", "),
            account.resources.to_string(),
            account.failing.to_string(),
            account.unknown_scopes.to_string(),
            account.observed_at.map_or_else(|| "never".to_owned(), |at| at.to_string()),
        ]
    };
    let headings =
        ["account", "name", "regions", "authority", "resources", "failing", "unknown", "observed"];
    table(headings, page.items.iter().map(row), "the estate has no accounts: add some to estate.yaml")
}
