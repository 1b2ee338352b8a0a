//! Where a call goes: the accounts and Regions that were asked for, and the client that reaches them.

use std::{collections::BTreeSet, str::FromStr};

use anyhow::Result;
use futures_util::{StreamExt as _, pin_mut};
use reeve_aws::{CallError, Client, FanOut, Target};
use reeve_estate::{Account, Estate};
use reeve_model::Value;
use reeve_time::Clock;
use reeve_types::{AccountId, ParseRegionError, Region};

use super::super::Globals;
use crate::{
    exit::WrongInput,
    load::{self, Folder},
    setup,
};

/// The word for all accounts, and for all Regions.
const ALL: &str = "all";

/// Where a call goes.
#[derive(clap::Args)]
pub(super) struct ScopeArguments {
    /// In these accounts of the estate, by id or name, or in `all` of them; again, or with commas, for several.
    /// Without it, with the base credentials.
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',')]
    account: Vec<String>,
    /// In these Regions, or in `all` that are enabled in each account; the account's or estate's first by default.
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    region: Vec<Regions>,
}

/// A Region, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Regions {
    All,
    One(Region),
}

/// Where a call goes, and how.
pub(super) struct Reach {
    /// What calls.
    pub(super) client: Client,
    /// The scopes, each once.
    pub(super) scopes: Vec<Target>,
    /// Accounts whose Regions could not be told: the place that was asked, and why not.
    pub(super) lost: Vec<(Target, CallError)>,
    /// More than one scope was asked for, whatever it comes to.
    pub(super) is_several: bool,
}

/// An account that is to be called.
struct Place {
    account: Option<AccountId>,
    /// The first of its Regions, if any is known.
    home: Option<Region>,
}

impl FromStr for Regions {
    type Err = ParseRegionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == ALL { Ok(Self::All) } else { text.parse().map(Self::One) }
    }
}

impl ScopeArguments {
    /// Whether more than one scope was asked for, whatever it comes to.
    pub(super) fn is_several(&self) -> bool {
        let is_all = self.account.iter().any(|account| account == ALL)
            || self.region.contains(&Regions::All);
        is_all || self.account.len() > 1 || self.region.len() > 1
    }

    /// The client and the scopes: the estate's, if there is one, and otherwise what the environment says.
    ///
    /// Where all Regions are wanted, each account is asked which are enabled there.
    pub(super) async fn reach(&self, globals: &Globals, at_once: FanOut) -> Result<Reach> {
        let clock = Clock::system();
        let (client, places) = if !has_estate(globals) && self.account.is_empty() {
            let client = setup::client_without_estate(globals, &clock)?;
            let home = client.config().home_region.clone();
            (client, vec![Place { account: None, home }])
        } else {
            let folder = Folder::read(&globals.folder)?;
            let client = setup::client(&folder.estate, &folder, globals, &clock)?;
            (client, self.places(&folder.estate)?)
        };
        let mut reach =
            Reach { client, scopes: Vec::new(), lost: Vec::new(), is_several: self.is_several() };
        for place in &places {
            for region in self.regions(place)? {
                reach.scopes.push(target(place, region));
            }
        }
        if self.region.contains(&Regions::All) {
            reach.add_enabled_regions(&places, at_once).await?;
        }
        let mut seen = BTreeSet::new();
        reach.scopes.retain(|scope| seen.insert((scope.account.clone(), scope.region.clone())));
        Ok(reach)
    }

    fn places(&self, estate: &Estate) -> Result<Vec<Place>> {
        if self.account.is_empty() {
            let home = estate.accounts.first().and_then(|account| account.regions.first());
            return Ok(vec![Place { account: None, home: home.cloned() }]);
        }
        if self.account.iter().any(|name| name == ALL) {
            return Ok(estate.accounts.iter().map(place).collect());
        }
        let find = |name: &String| Ok(place(load::account(estate, name)?));
        self.account.iter().map(find).collect()
    }

    /// The Regions that were named, or else the place's first.
    fn regions(&self, place: &Place) -> Result<Vec<Region>> {
        if self.region.is_empty() {
            let home = place.home.clone();
            let home = home
                .ok_or_else(|| WrongInput::new("no Region: give `--region` or set AWS_REGION"))?;
            return Ok(vec![home]);
        }
        let named = |regions: &Regions| match regions {
            Regions::All => None,
            Regions::One(region) => Some(region.clone()),
        };
        Ok(self.region.iter().filter_map(named).collect())
    }
}

impl Reach {
    async fn add_enabled_regions(&mut self, places: &[Place], at_once: FanOut) -> Result<()> {
        let mut asked = Vec::new();
        for place in places {
            // Every account of the ordinary partition has this Region, and it cannot be disabled.
            let fallback = || "us-east-1".parse();
            let home = place.home.clone().map_or_else(fallback, Ok)?;
            asked.push(target(place, home));
        }
        let call = ("ec2", "DescribeRegions");
        let options = FanOut { pages: false, ..at_once };
        let answers = self.client.fan_out(asked, call, &Value::object(), options);
        pin_mut!(answers);
        while let Some(answer) = answers.next().await {
            match answer.result {
                Ok(output) => {
                    let scope = |region| Target { region, ..answer.target.clone() };
                    self.scopes.extend(region_names(&output).map(scope));
                }
                Err(error) => self.lost.push((answer.target, error)),
            }
        }
        // As they come is not how people look for them.
        self.scopes.sort_by(|one, other| {
            (&one.account, &one.region).cmp(&(&other.account, &other.region))
        });
        Ok(())
    }

    /// The one scope of a call that goes nowhere else.
    pub(super) fn only_scope(&self) -> Result<&Target> {
        let first = self.scopes.first();
        first.ok_or_else(|| WrongInput::new("no Region: give `--region` or set AWS_REGION").into())
    }
}

/// Whether the folder that the command line names is an estate folder.
pub(super) fn has_estate(globals: &Globals) -> bool {
    globals.folder.join(reeve_estate::ESTATE_FILE).is_file()
}

fn place(account: &Account) -> Place {
    Place { account: Some(account.id.clone()), home: account.regions.first().cloned() }
}

fn target(place: &Place, region: Region) -> Target {
    let actor = setup::context().actor.to_string();
    Target { account: place.account.clone(), region, actor, reason: None, role: None }
}

fn region_names(output: &Value) -> impl Iterator<Item = Region> {
    let regions = output.get("Regions").map_or(&[][..], Value::as_list).iter();
    let name = |region: &Value| region.get("RegionName")?.as_str()?.parse().ok();
    regions.filter_map(name)
}
