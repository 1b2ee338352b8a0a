//! `reeve twin load`: a simulated copy of the estate, to rehearse on.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::Result;
use futures_util::{StreamExt as _, stream};
use reeve_app::observe::{Descriptions, Observer};
use reeve_inventory::{Definition, Place, definitions};
use reeve_rehearsal::adopted;
use reeve_time::Clock;
use reeve_twin::{ScenarioAccount, Twin, open};
use reeve_types::{Region, Unknown};

use super::{Globals, save};
use crate::{exit::Status, load::Folder, output::say, progress, setup, text::count};

/// How many types of how many Regions are looked at at once.
const IN_FLIGHT: usize = 32;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "estate.twin")]
    out: PathBuf,
    /// Makes what the twin makes up repeatable.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let folder = Folder::read(&globals.folder)?;
    let clock = Clock::system();
    let client = setup::client(&folder.estate, &folder, globals, &clock)?;
    let observer = Observer { client, actor: "reeve".to_owned() };
    let twin = Twin::new(clock, arguments.seed);
    open_accounts(&twin, &folder);
    let scopes = scopes(&folder);
    let bar = progress::bar(u64::try_from(scopes.len()).unwrap_or(u64::MAX), "looking");
    let looker = &observer;
    let mut looks = stream::iter(scopes)
        .map(|(definition, place)| async move {
            let described = looker.descriptions(definition, &place).await;
            (definition, place, described)
        })
        .buffer_unordered(IN_FLIGHT);
    let mut loaded = Loaded::default();
    while let Some((definition, place, described)) = looks.next().await {
        loaded.take(&twin, definition, &place, described);
        bar.inc(1);
    }
    bar.finish_and_clear();
    save(&twin, &arguments.out)?;
    loaded.show(globals, &arguments.out)
}

/// The accounts of the estate, with a role each that its first account may assume.
fn open_accounts(twin: &Twin, folder: &Folder) {
    let accounts: Vec<ScenarioAccount> = folder
        .estate
        .accounts
        .iter()
        .map(|account| ScenarioAccount {
            id: account.id.clone(),
            name: account.name.clone(),
            unit: None,
        })
        .collect();
    let mut regions: Vec<Region> =
        folder.estate.accounts.iter().flat_map(|account| account.regions.clone()).collect();
    regions.sort();
    regions.dedup();
    open(twin, &accounts, &regions);
}

/// Every type that Reeve knows, in every Region of every account: a rehearsal may be about any.
fn scopes(folder: &Folder) -> Vec<(&'static Definition, Place)> {
    let mut scopes = Vec::new();
    for definition in definitions().iter() {
        for account in &folder.estate.accounts {
            for region in &account.regions {
                let place = Place { account: account.id.clone(), region: region.clone() };
                scopes.push((definition, place));
            }
        }
    }
    scopes
}

/// What came of looking.
#[derive(Default)]
struct Loaded {
    /// How many resources of each type.
    types: BTreeMap<String, usize>,
    unknown: Vec<String>,
}

impl Loaded {
    fn take(
        &mut self,
        twin: &Twin,
        definition: &Definition,
        place: &Place,
        described: Result<Descriptions, Unknown>,
    ) {
        let resource_type = definition.resource_type();
        let descriptions = match described {
            Ok(descriptions) => descriptions,
            Err(unknown) => {
                let Place { account, region } = place;
                self.unknown.push(format!("{resource_type} in {account} {region}: {unknown}"));
                return;
            }
        };
        for (reference, unknown) in descriptions.unknown {
            self.unknown.push(format!("{}: {unknown}", reference.arn));
        }
        for (resource, description) in descriptions.known {
            let arn = resource.reference.arn.clone();
            match twin.adopt(adopted(resource, description)) {
                Ok(()) => *self.types.entry(resource_type.to_string()).or_default() += 1,
                Err(error) => self.unknown.push(format!("{arn}: {error}")),
            }
        }
    }

    fn show(&self, globals: &Globals, file: &std::path::Path) -> Result<Status> {
        let resources: usize = self.types.values().sum();
        for unknown in &self.unknown {
            say(&format!("unknown: {unknown}"));
        }
        globals.output().show(
            &serde_json::json!({
                "file": file,
                "resources": resources,
                "types": self.types,
                "unknown": self.unknown,
            }),
            |_| {
                let what = count(resources, "resource");
                let file = file.display();
                format!("{what} in {file}; serve it with `reeve twin --snapshot {file}`\n")
            },
        )?;
        Ok(if self.unknown.is_empty() { Status::Done } else { Status::PartlyUnknown })
    }
}
