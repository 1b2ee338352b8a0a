//! Which targets a runbook runs for, if it is for several: written as for the AWS CLI, or shorter.

use anyhow::Result;
use reeve_app::{App, executions::SeveralRequest};
use reeve_types::{AccountId, Region};
use serde_json::{Value, json};

use crate::{exit::WrongInput, load};

/// Which targets, in which accounts and Regions, and how many at once.
#[derive(clap::Args)]
#[command(next_help_heading = "Several targets")]
pub(super) struct TargetArguments {
    /// Which resources: `tag:Env=prod,test`, `tag:Env`, `ResourceGroup=web`, `ParameterValues=i-1,i-2`, `InstanceIds=*`,
    /// `Key=tag:Env,Values=prod` or JSON.
    #[arg(long)]
    targets: Option<String>,
    /// The parameter that takes a target.
    #[arg(long, visible_alias = "target-parameter", value_name = "NAME")]
    target_parameter_name: Option<String>,
    /// Parameters for each target, as JSON: `[{"InstanceId": ["i-1"], "Size": ["8"]}]`.
    #[arg(long, value_name = "JSON")]
    target_maps: Option<String>,
    /// Accounts and Regions with limits of their own, as JSON.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["accounts", "regions"])]
    target_locations: Option<String>,
    /// Accounts, by id or name, separated by commas; `all` for every one of the estate.
    #[arg(long, value_delimiter = ',', requires = "regions")]
    accounts: Vec<String>,
    /// Regions, separated by commas.
    #[arg(long, value_delimiter = ',', requires = "accounts")]
    regions: Vec<Region>,
    /// How many targets at once, a number or a share such as 10%; 10 if nothing is said.
    #[arg(long, value_name = "NUMBER|SHARE")]
    max_concurrency: Option<String>,
    /// How many targets may fail before no further one is begun, a number or a share; 0 if nothing is said.
    #[arg(long, value_name = "NUMBER|SHARE")]
    max_errors: Option<String>,
    /// In how many pairs of `--accounts` and `--regions` at once; 1 if nothing is said.
    #[arg(long, value_name = "NUMBER|SHARE", requires = "accounts")]
    target_location_max_concurrency: Option<String>,
    /// In how many pairs it may fail before no further one is begun; 0 if nothing is said.
    #[arg(long, value_name = "NUMBER|SHARE", requires = "accounts")]
    target_location_max_errors: Option<String>,
}

impl TargetArguments {
    /// What is wanted, if anything of it is.
    pub(super) fn read(&self, app: &App) -> Result<Option<SeveralRequest>> {
        let several = SeveralRequest {
            target_parameter: self.target_parameter_name.clone(),
            targets: self.targets.as_deref().map(targets).transpose()?.unwrap_or_default(),
            target_maps: list("target-maps", self.target_maps.as_deref())?,
            target_locations: self.locations(app)?,
            max_concurrency: self.max_concurrency.clone(),
            max_errors: self.max_errors.clone(),
        };
        Ok(Some(several).filter(|several| *several != SeveralRequest::default()))
    }

    fn locations(&self, app: &App) -> Result<Vec<Value>> {
        if self.accounts.is_empty() {
            return list("target-locations", self.target_locations.as_deref());
        }
        let is_all = self.accounts.iter().any(|name| name == "all");
        let accounts: Vec<AccountId> = if is_all {
            app.estate.accounts.iter().map(|account| account.id.clone()).collect()
        } else {
            let id = |name: &String| Ok(load::account(&app.estate, name)?.id.clone());
            self.accounts.iter().map(id).collect::<Result<_>>()?
        };
        let mut location = json!({"Accounts": accounts, "Regions": self.regions});
        let limits = [
            ("TargetLocationMaxConcurrency", &self.target_location_max_concurrency),
            ("TargetLocationMaxErrors", &self.target_location_max_errors),
        ];
        for (name, limit) in limits {
            if let (Some(limit), Some(location)) = (limit, location.as_object_mut()) {
                location.insert(name.to_owned(), json!(limit));
            }
        }
        Ok(vec![location])
    }
}

/// The first account and Region of what is wanted: where the execution of the whole is.
pub(super) fn first_site(several: &SeveralRequest) -> (Option<String>, Option<Region>) {
    let first = |name: &str| {
        let location = several.target_locations.first()?;
        location.get(name)?.get(0)?.as_str().map(str::to_owned)
    };
    (first("Accounts"), first("Regions").and_then(|region| region.parse().ok()))
}

/// `Targets` as people write them.
fn targets(text: &str) -> Result<Vec<Value>> {
    if text.trim_start().starts_with(['[', '{']) {
        return list("targets", Some(text));
    }
    let (key, values) = match text.strip_prefix("Key=") {
        Some(rest) => rest.split_once(",Values=").unwrap_or((rest, "")),
        None => text.split_once('=').unwrap_or((text, "")),
    };
    let values: Vec<&str> = values.split(',').filter(|value| !value.is_empty()).collect();
    Ok(vec![json!({"Key": key, "Values": values})])
}

/// A list as JSON; one map stands for a list of one.
fn list(name: &str, text: Option<&str>) -> Result<Vec<Value>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    match serde_json::from_str(text) {
        Ok(Value::Array(list)) => Ok(list),
        Ok(map @ Value::Object(_)) => Ok(vec![map]),
        Ok(_) => Err(WrongInput::new(format!("`--{name}` is a list of maps")).into()),
        Err(wrong) => Err(WrongInput::new(format!("`--{name}` is not JSON: {wrong}")).into()),
    }
}
