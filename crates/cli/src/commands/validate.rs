//! `reeve validate`: every mistake in the estate folder, at once.

use anyhow::Result;
use serde_json::json;

use super::Globals;
use crate::{exit::Status, load::Folder};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(globals: &Globals, _: &Arguments) -> Result<Status> {
    let Folder { estate, .. } = Folder::read(&globals.folder)?;
    let regions: std::collections::BTreeSet<_> =
        estate.accounts.iter().flat_map(|account| &account.regions).collect();
    let summary = json!({
        "name": estate.name,
        "accounts": estate.accounts.len(),
        "regions": regions.len(),
        "warnings": estate.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    globals.output().show(&summary, |_| {
        format!(
            "{} is right: {} accounts, {} Regions\n",
            estate.name,
            estate.accounts.len(),
            regions.len()
        )
    })?;
    Ok(Status::Done)
}
