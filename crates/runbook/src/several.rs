//! Several targets: which resources, in which accounts and Regions, and how many at once, as the service writes it.
//!
//! What is read here is checked as far as it can be without AWS. Which resources there are is for the shell to ask.

use reeve_types::{AccountId, Region};
use serde_json::{Map, Value};

use crate::{
    effect::Child,
    rate::{Share, ShareError},
    runbook::Runbook,
    target_kind::TargetKind,
};

/// The account and Region limits of the service, where a location says nothing.
const ONE_LOCATION: Share = Share::Number(1);
const NO_ERRORS: Share = Share::Number(0);

/// The role that the service runs as in other accounts where nothing is said. The account's own role stands for it.
pub const DEFAULT_EXECUTION_ROLE: &str = "AWS-SystemsManager-AutomationExecutionRole";

/// A runbook for several targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Several {
    /// Which targets; nothing if only accounts and Regions are several.
    pub targets: Option<Targets>,
    /// Accounts and Regions; none for the one where it is asked for.
    pub locations: Vec<Location>,
    /// How many at once.
    pub concurrency: Option<Share>,
    /// How many may fail.
    pub errors: Option<Share>,
}

/// Which targets.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// Each of these as the value of a parameter.
    Values {
        /// The parameter.
        parameter: String,
        /// The values.
        values: Vec<String>,
    },
    /// Each resource that is found.
    Found {
        /// The parameter that takes it.
        parameter: String,
        /// What is looked for.
        selection: Selection,
        /// What kind of resource, and which of its names.
        kind: TargetKind,
    },
    /// Parameters for each.
    Maps(Vec<Map<String, Value>>),
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Resources with a tag that has one of these values; with any value if there are none.
    Tag {
        /// The tag's key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// The resources of a group.
    Group(String),
    /// Every resource of the kind.
    All,
}

/// Accounts and Regions with limits of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// The Regions, each in every account.
    pub regions: Vec<Region>,
    /// In how many pairs of them at once.
    pub concurrency: Share,
    /// In how many it may fail.
    pub errors: Share,
    /// What is wanted in each.
    pub within: Child,
}

/// Targets that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(pub String);

/// A limit, if it is given.
fn limit(name: &str, text: Option<&str>) -> Result<Option<Share>, TargetError> {
    let wrong = |error: ShareError| TargetError(format!("`{name}`: {error}"));
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

fn wrong<T>(message: impl Into<String>) -> Result<T, TargetError> {
    Err(TargetError(message.into()))
}

impl Child {
    /// Whether it is for several targets, or for accounts and Regions that are named.
    pub fn is_for_several(&self) -> bool {
        !self.targets.is_empty()
            || !self.target_maps.is_empty()
            || !self.target_locations.is_empty()
    }
}

impl Several {
    /// What is wanted, if the runbook can be run so.
    pub fn read(child: &Child, runbook: &Runbook) -> Result<Self, TargetError> {
        let concurrency = limit("MaxConcurrency", child.max_concurrency.as_deref())?;
        if concurrency == Some(Share::Number(0)) || concurrency == Some(Share::Percent(0)) {
            return wrong("`MaxConcurrency` is at least 1 or 1%");
        }
        let targets = targets(child, runbook)?;
        let locations =
            child.target_locations.iter().map(|location| read_location(location, child));
        let locations = locations.collect::<Result<Vec<_>, _>>()?;
        for location in &locations {
            Self::read(&location.within, runbook)?;
        }
        Ok(Self {
            targets,
            locations,
            concurrency,
            errors: limit("MaxErrors", child.max_errors.as_deref())?,
        })
    }
}

fn targets(child: &Child, runbook: &Runbook) -> Result<Option<Targets>, TargetError> {
    match (child.targets.as_slice(), child.target_maps.as_slice()) {
        ([], []) => Ok(None),
        ([], maps) => Ok(Some(Targets::Maps(target_maps(maps, runbook)?))),
        ([_, ..], [_, ..]) => wrong("`Targets` and `TargetMaps` cannot be given together"),
        ([only], []) => {
            let Some(parameter) = &child.target_parameter else {
                return wrong(
                    "`Targets` needs `TargetParameterName`: the parameter that takes a target",
                );
            };
            selected(only, parameter, runbook).map(Some)
        }
        (_, []) => {
            wrong("only one resource group, tag or list of values can be given in `Targets`")
        }
    }
}

fn selected(target: &Value, name: &str, runbook: &Runbook) -> Result<Targets, TargetError> {
    let key = text_of(target, "Key").unwrap_or_default();
    let values = texts_of(target, "Values")?;
    let Some(parameter) = runbook.parameter(name) else {
        return wrong(format!("the runbook has no parameter `{name}` that could take a target"));
    };
    let parameter_name = name.to_owned();
    if values.is_empty() && !key.starts_with("tag:") {
        return wrong(format!("`Targets` with the key `{key}` needs `Values`"));
    }
    let is_all = values.iter().any(|value| value == "*");
    let is_instances = matches!(key.as_str(), "AWS::EC2::Instance" | "InstanceIds");
    let selection = match key.as_str() {
        "ParameterValues" => return Ok(Targets::Values { parameter: parameter_name, values }),
        "InstanceIds" if !is_all => {
            return Ok(Targets::Values { parameter: parameter_name, values });
        }
        _ if is_instances && is_all => Selection::All,
        "ResourceGroup" | "resource-groups:Name" => match <[String; 1]>::try_from(values) {
            Ok([group]) => Selection::Group(group),
            Err(_) => return wrong("only one resource group can be given at a time"),
        },
        "tag-key" => match <[String; 1]>::try_from(values) {
            Ok([key]) => Selection::Tag { key, values: Vec::new() },
            Err(_) => return wrong("only one tag can be given at a time"),
        },
        _ => match key.strip_prefix("tag:").filter(|key| !key.is_empty()) {
            Some(key) => Selection::Tag { key: key.to_owned(), values },
            None => {
                return wrong(format!(
                    "`{key}` is no key of `Targets`: it is `ParameterValues`, `tag:<key>`, `tag-key`, `ResourceGroup`, or \
                     `AWS::EC2::Instance` or `InstanceIds` with the value `*`"
                ));
            }
        },
    };
    let kind = if is_instances { Some(TargetKind::instance()) } else { TargetKind::of(parameter) };
    let Some(kind) = kind else {
        return wrong(format!(
            "parameter `{name}` does not say which resources it takes: give it a type such as `AWS::EC2::Instance::Id`, or name \
             the targets with `ParameterValues`"
        ));
    };
    Ok(Targets::Found { parameter: parameter_name, selection, kind })
}

fn target_maps(maps: &[Value], runbook: &Runbook) -> Result<Vec<Map<String, Value>>, TargetError> {
    let parameters = |map: &Value| {
        let Some(map) = map.as_object() else { return wrong("each of `TargetMaps` is a map") };
        let mut parameters = Map::new();
        for (name, values) in map {
            let Some(parameter) = runbook.parameter(name) else {
                return wrong(format!("the runbook has no parameter `{name}` of `TargetMaps`"));
            };
            let value = match values {
                Value::Array(values) if !parameter.kind.data_type.is_list() => {
                    match values.as_slice() {
                        [only] => only.clone(),
                        _ => {
                            return wrong(format!(
                                "parameter `{name}` takes one value: `TargetMaps` has {}",
                                values.len()
                            ));
                        }
                    }
                }
                other => other.clone(),
            };
            parameters.insert(name.clone(), value);
        }
        Ok(parameters)
    };
    maps.iter().map(parameters).collect()
}

const LOCATION_MEMBERS: [&str; 10] = [
    "Accounts",
    "Regions",
    "TargetLocationMaxConcurrency",
    "TargetLocationMaxErrors",
    "ExecutionRoleName",
    "ExcludeAccounts",
    "IncludeChildOrganizationUnits",
    "Targets",
    "TargetsMaxConcurrency",
    "TargetsMaxErrors",
];

fn read_location(location: &Value, child: &Child) -> Result<Location, TargetError> {
    let Some(members) = location.as_object() else {
        return wrong("each of `TargetLocations` is a map");
    };
    if let Some(name) = members.keys().find(|name| !LOCATION_MEMBERS.contains(&name.as_str())) {
        return wrong(format!("`{name}` in `TargetLocations` is not possible"));
    }
    let role = text_of(location, "ExecutionRoleName").filter(|role| !role.is_empty());
    if let Some(role) = role.filter(|role| role != DEFAULT_EXECUTION_ROLE) {
        return wrong(format!(
            "`ExecutionRoleName` is `{role}`: runbooks run as the role that the estate names for each account; leave it out"
        ));
    }
    let own_limit = |name: &str, default: Share| {
        Ok(limit(name, text_of(location, name).as_deref())?.unwrap_or(default))
    };
    let excluded = accounts(location, "ExcludeAccounts")?;
    let mut wanted = accounts(location, "Accounts")?;
    wanted.retain(|account| !excluded.contains(account));
    let regions = texts_of(location, "Regions")?;
    let region = |name: &String| {
        name.parse::<Region>().map_err(|_| TargetError(format!("`{name}` is no Region")))
    };
    let regions = regions.iter().map(region).collect::<Result<Vec<_>, _>>()?;
    if wanted.is_empty() || regions.is_empty() {
        return wrong("each of `TargetLocations` needs `Accounts` and `Regions`");
    }
    let mut within = Child { target_locations: Vec::new(), ..child.clone() };
    if let Some(Value::Array(own)) = members.get("Targets") {
        within.targets.clone_from(own);
        within.target_maps.clear();
    }
    within.max_concurrency = text_of(location, "TargetsMaxConcurrency").or(within.max_concurrency);
    within.max_errors = text_of(location, "TargetsMaxErrors").or(within.max_errors);
    Ok(Location {
        accounts: wanted,
        regions,
        concurrency: own_limit("TargetLocationMaxConcurrency", ONE_LOCATION)?,
        errors: own_limit("TargetLocationMaxErrors", NO_ERRORS)?,
        within,
    })
}

fn accounts(location: &Value, name: &str) -> Result<Vec<AccountId>, TargetError> {
    let account = |text: &String| {
        text.parse::<AccountId>().map_err(|_| {
            let is_unit = text.starts_with("ou-") || text.starts_with("r-");
            TargetError(if is_unit {
                format!("`{text}` in `{name}`: the estate knows no organizational units; name the accounts")
            } else {
                format!("`{text}` in `{name}` is no account id")
            })
        })
    };
    texts_of(location, name)?.iter().map(account).collect()
}

fn text_of(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn texts_of(value: &Value, name: &str) -> Result<Vec<String>, TargetError> {
    let text = |element: &Value| match element {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => wrong(format!("`{name}` is a list of texts")),
    };
    match value.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(elements)) => elements.iter().map(text).collect(),
        Some(single) => Ok(vec![text(single)?]),
    }
}

#[cfg(test)]
mod tests;
