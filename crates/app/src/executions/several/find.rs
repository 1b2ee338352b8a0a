//! Finding targets: which resources there are, by what AWS tells through the runbook's own account.

use std::collections::BTreeSet;

use reeve_aws::Target;
use reeve_runbook::{
    Call, DataType, EffectError, RateControl, Runbook, Selection, Several, TargetKind, Targets,
};
use serde_json::{Map, Value, json};

use super::FleetTarget;
use crate::{App, Error};

/// A question of several pages.
struct Question {
    service: &'static str,
    operation: &'static str,
    input: Value,
    /// Where the way to the next page is given and taken.
    token: &'static str,
}

impl App {
    /// The targets in one account and Region, in order, each once.
    pub(super) async fn targets(
        &self,
        target: &Target,
        (several, runbook): (&Several, &Runbook),
    ) -> Result<Vec<FleetTarget>, EffectError> {
        let nowhere = || EffectError::new("InvalidTarget", "the execution is in no account");
        let account = target.account.clone().ok_or_else(nowhere)?;
        let of = |target_name: String, parameters: Map<String, Value>| FleetTarget {
            target: target_name,
            account: account.clone(),
            region: target.region.clone(),
            parameters,
            location: None,
        };
        let (parameter, names) = match &several.targets {
            None => return Err(EffectError::new("InvalidTarget", "no targets are named")),
            Some(Targets::Maps(maps)) => {
                let label = |map: &Map<String, Value>| {
                    let values: Vec<String> = map.values().map(reeve_runbook::render).collect();
                    values.join(", ")
                };
                return Ok(maps.iter().map(|map| of(label(map), map.clone())).collect());
            }
            Some(Targets::Values { parameter, values }) => {
                let mut seen = BTreeSet::new();
                let unique = values.iter().filter(|value| seen.insert((*value).clone()));
                (parameter, unique.cloned().collect::<Vec<_>>())
            }
            Some(Targets::Found { parameter, selection, kind }) => {
                let found = self.find(target, (selection, kind)).await?;
                (parameter, found.into_iter().collect())
            }
        };
        if names.is_empty() {
            let message = format!("no target was found in {account} {}", target.region);
            return Err(EffectError::new("NoTargets", message));
        }
        let is_list = runbook
            .parameter(parameter)
            .is_some_and(|parameter| parameter.kind.data_type == DataType::StringList);
        let with = |name: String| {
            let value = if is_list { json!([name]) } else { json!(name) };
            of(name, Map::from_iter([(parameter.clone(), value)]))
        };
        Ok(names.into_iter().map(with).collect())
    }

    /// The pairs of accounts and Regions, each with the location that it is of; one group for each location.
    pub(super) fn sites(
        &self,
        several: &Several,
    ) -> Result<(Vec<FleetTarget>, Vec<RateControl>), Error> {
        let (mut sites, mut groups) = (Vec::new(), Vec::new());
        for (place, location) in several.locations.iter().enumerate() {
            let before = sites.len();
            // A Region at a time: what breaks one place breaks it in one Region first.
            for region in &location.regions {
                for account in &location.accounts {
                    self.looks_after(account, region)?;
                    sites.push(FleetTarget {
                        target: format!("{account} {region}"),
                        account: account.clone(),
                        region: region.clone(),
                        parameters: Map::new(),
                        location: Some(place),
                    });
                }
            }
            let count = sites.len() - before;
            groups.push(RateControl::at_full_speed(count, location.concurrency, location.errors));
        }
        Ok((sites, groups))
    }

    async fn find(
        &self,
        target: &Target,
        (selection, kind): (&Selection, &TargetKind),
    ) -> Result<BTreeSet<String>, EffectError> {
        let instances = kind.is_instance() && !matches!(selection, Selection::Group(_));
        let question = match selection {
            Selection::Tag { key, values } if instances => instances_with(Some((key, values))),
            Selection::All => instances_with(None),
            Selection::Tag { key, values } => resources_with((key, values), kind),
            Selection::Group(group) => members_of(group, kind),
        };
        let mut found = BTreeSet::new();
        for page in self.pages(target, &question).await? {
            if instances {
                found.extend(texts(&page, &["Reservations", "Instances", "InstanceId"]));
                continue;
            }
            let arns = [
                texts(&page, &["ResourceTagMappingList", "ResourceARN"]),
                texts(&page, &["Resources", "Identifier", "ResourceArn"]),
            ];
            found.extend(arns.concat().iter().filter_map(|arn| kind.name_in(arn)));
        }
        Ok(found)
    }

    async fn pages(&self, target: &Target, question: &Question) -> Result<Vec<Value>, EffectError> {
        let mut input = question.input.as_object().cloned().unwrap_or_default();
        let mut pages = Vec::new();
        loop {
            let call = Call {
                service: question.service.to_owned(),
                operation: question.operation.to_owned(),
                input: input.clone(),
            };
            let page = self.perform_call(target, &call).await?;
            let next = page.get(question.token).and_then(Value::as_str).unwrap_or_default();
            let next = next.to_owned();
            pages.push(page);
            let was = input.insert(question.token.to_owned(), json!(next));
            if next.is_empty() || was == Some(json!(next)) {
                return Ok(pages);
            }
        }
    }
}

/// Instances that are not gone, with a tag or without.
fn instances_with(tag: Option<(&String, &Vec<String>)>) -> Question {
    let mut filters = vec![
        json!({"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}),
    ];
    match tag {
        Some((key, values)) if values.is_empty() => {
            filters.push(json!({"Name": "tag-key", "Values": [key]}));
        }
        Some((key, values)) => {
            filters.push(json!({"Name": format!("tag:{key}"), "Values": values}));
        }
        None => {}
    }
    Question {
        service: "ec2",
        operation: "DescribeInstances",
        input: json!({"Filters": filters}),
        token: "NextToken",
    }
}

fn resources_with((key, values): (&String, &Vec<String>), kind: &TargetKind) -> Question {
    let mut input = json!({"TagFilters": [{"Key": key, "Values": values}]});
    if let (Some(tagging_type), Some(input)) = (kind.tagging_type, input.as_object_mut()) {
        input.insert("ResourceTypeFilters".to_owned(), json!([tagging_type]));
    }
    Question {
        service: "resourcegroupstaggingapi",
        operation: "GetResources",
        input,
        token: "PaginationToken",
    }
}

fn members_of(group: &str, kind: &TargetKind) -> Question {
    let mut input = json!({"Group": group});
    if let (Some(resource_type), Some(input)) = (kind.resource_type, input.as_object_mut()) {
        let filter = json!([{"Name": "resource-type", "Values": [resource_type]}]);
        input.insert("Filters".to_owned(), filter);
    }
    Question {
        service: "resource-groups",
        operation: "ListGroupResources",
        input,
        token: "NextToken",
    }
}

/// The texts at the end of a way through lists.
fn texts(value: &Value, way: &[&str]) -> Vec<String> {
    match (value, way.split_first()) {
        (Value::Array(elements), _) => {
            elements.iter().flat_map(|element| texts(element, way)).collect()
        }
        (Value::String(text), None) => vec![text.clone()],
        (_, Some((member, rest))) => {
            value.get(*member).map(|value| texts(value, rest)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
