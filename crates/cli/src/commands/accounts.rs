//! `reeve accounts`: the accounts, what Reeve may do in each, and what is unknown.

use anyhow::Result;
use reeve_app::views::{AccountView, Page};

use super::Globals;
use crate::{
    exit::Status,
    setup,
    table::{moment, table},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) async fn run(globals: &Globals, _: &Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    let page = app.accounts().await?;
    globals.output().show(&page, text)?;
    let is_known = page.items.iter().all(|account| account.unknown_scopes == 0);
    Ok(if is_known { Status::Done } else { Status::PartlyUnknown })
}

fn text(page: &Page<AccountView>) -> String {
    let row = |account: &AccountView| {
        let authority =
            account.authority.iter().map(|one| format!("{} {}", one.controller, one.level));
        [
            account.id.clone(),
            account.name.clone(),
            account.regions.join(" "),
            authority.collect::<Vec<_>>().join(", "),
            account.resources.to_string(),
            account.failing.to_string(),
            account.unknown_scopes.to_string(),
            account.observed_at.map_or_else(|| "never".to_owned(), moment),
        ]
    };
    let headings = [
        "account",
        "name",
        "regions",
        "authority",
        "resources",
        "failing",
        "unknown scopes",
        "observed",
    ];
    table(
        headings,
        page.items.iter().map(row),
        "the estate has no accounts: add some to estate.yaml",
    )
}
