//! The Resource Groups Tagging API: the tags of every kind of resource in a Region, through one door.
//!
//! It shows what has, or once had, tags. A resource that was never tagged is not there: whoever needs those has to ask
//! their own services.

mod compliance;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{self, Kind, tag_list},
    page::Paging,
    store::{Place, Resource},
    tagging::{self, TagErrors},
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "resourcegroupstaggingapi",
    signing_name: "tagging",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "tag",
    invalid: "InvalidParameterException",
    throttled: ("ThrottledException", 400),
    tag_errors: TagErrors::all("InvalidParameterException"),
    parts: &[&PART, &compliance::PART],
};

static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("GetResources", Action::Own(get_resources)),
        ("TagResources", Action::Own(tag_resources)),
        ("UntagResources", Action::Own(untag_resources)),
        ("GetTagKeys", Action::Own(get_tag_keys)),
        ("GetTagValues", Action::Own(get_tag_values)),
    ],
    tasks: &[],
};

const PAGES: Paging =
    Paging::of("ResourcesPerPage", "PaginationToken", (50, 100), "InvalidParameterException");

const MOST_LISTED: usize = 100;
const MOST_CHANGED: usize = 20;
const NAMES_PER_PAGE: usize = 100;

fn get_resources(call: &Call, world: &mut World) -> Answer {
    for member in ["IncludeComplianceDetails", "ExcludeCompliantResources"] {
        if call.flag(member) {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let query = Query::read(call)?;
    let arns = call.texts("ResourceARNList");
    if !arns.is_empty() {
        return named(call, world, &query, &arns);
    }
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let after = start.as_deref().and_then(|position| position.split_once(' '));
    let after = after.and_then(|(turn, id)| Some((turn.parse::<usize>().ok()?, id)));
    let mut shown = Vec::new();
    let mut last = None;
    for (turn, kind) in tagged_kinds().enumerate() {
        let from = match after {
            Some((done, _)) if turn < done => continue,
            Some((done, id)) if turn == done => Bound::Excluded(id),
            _ => Bound::Unbounded,
        };
        if !query.wants(kind) {
            continue;
        }
        for (id, resource) in
            world.store.shelf(&call.place(kind)).range::<str, _>((from, Bound::Unbounded))
        {
            if !query.holds(resource) || !query.wants_make(kind, id) {
                continue;
            }
            if shown.len() == size {
                return Ok(finish(call, shown, last));
            }
            last = Some((turn, id));
            shown.push(mapping(call.arn_of(kind, id), resource));
        }
    }
    Ok(finish(call, shown, None))
}

fn named(call: &Call, world: &World, query: &Query<'_>, arns: &[&str]) -> Answer {
    if arns.len() > MOST_LISTED || !query.is_empty() || call.input.get(PAGES.size).is_some() {
        return Err(call.invalid(format!(
            "ResourceARNList takes at most {MOST_LISTED} ARNs and no other filter"
        )));
    }
    let mut shown = Vec::new();
    for arn in arns {
        let (place, id) = parse(call, world, arn)?;
        let resource = world.store.get(&place, &id).filter(|resource| resource.ever_tagged);
        if let Some(resource) = resource {
            shown.push(mapping((*arn).to_owned(), resource));
        }
    }
    Ok(finish(call, shown, None))
}

fn mapping(arn: String, resource: &Resource) -> Value {
    Value::from_iter([("ResourceARN", Value::from(arn)), ("Tags", tag_list(&resource.tags))])
}

/// The last page has an empty token.
fn finish(call: &Call, shown: Vec<Value>, last: Option<(usize, &String)>) -> Value {
    let output = Object::from_iter([
        (PAGES.next, Value::from("")),
        ("ResourceTagMappingList", Value::List(shown)),
    ]);
    let position = last.map(|(turn, id)| format!("{turn} {id}"));
    PAGES.finish(call, output, position.as_deref())
}

fn tag_resources(call: &Call, world: &mut World) -> Answer {
    let added = tagging::mapped(call, "Tags");
    if added.is_empty() {
        return Err(call.invalid("Tags must not be empty"));
    }
    tagging::check(call, &added)?;
    change(call, world, |resource| tagging::with(call, resource, &added))
}

fn untag_resources(call: &Call, world: &mut World) -> Answer {
    let keys = call.texts("TagKeys");
    if keys.is_empty() {
        return Err(call.invalid("TagKeys must not be empty"));
    }
    change(call, world, |resource| tagging::without(call, resource, &keys))
}

/// Changes each resource by itself: those that fail are named in the answer, which is a success all the same.
fn change(
    call: &Call,
    world: &mut World,
    decide: impl Fn(&Resource) -> Result<Tags, Failure>,
) -> Answer {
    let arns = call.texts("ResourceARNList");
    if arns.is_empty() || arns.len() > MOST_CHANGED {
        return Err(call.invalid(format!("ResourceARNList takes 1 to {MOST_CHANGED} ARNs")));
    }
    let mut failed = Object::new();
    for arn in arns {
        let changed = parse(call, world, arn).and_then(|(place, id)| {
            let resource = world.store.get_mut(&place, &id).ok_or_else(|| missing(arn))?;
            let tags = decide(resource)?;
            resource.set_tags(tags);
            Ok(())
        });
        if let Err(failure) = changed {
            let entry = Object::from_iter([
                ("StatusCode", Value::Integer(failure.status.into())),
                ("ErrorCode", Value::from("InvalidParameterException")),
                ("ErrorMessage", Value::from(failure.message)),
            ]);
            failed.insert(arn, entry);
        }
    }
    Ok(Value::from_iter([("FailedResourcesMap", failed)]))
}

fn get_tag_keys(call: &Call, world: &mut World) -> Answer {
    let mut keys = BTreeSet::new();
    for tags in tag_sets(call, world) {
        keys.extend(tags.keys().map(String::as_str));
    }
    page_of_names(call, "TagKeys", &keys)
}

fn get_tag_values(call: &Call, world: &mut World) -> Answer {
    let key = call.required("Key")?;
    let values = tag_sets(call, world).filter_map(|tags| tags.get(key)).map(String::as_str);
    page_of_names(call, "TagValues", &values.collect())
}

/// The kinds that this API knows.
fn tagged_kinds() -> impl Iterator<Item = Kind> {
    kind::kinds().filter(|kind| !kind.tagging_type.is_empty())
}

fn tag_sets<'s>(call: &Call, world: &'s World) -> impl Iterator<Item = &'s Tags> {
    tagged_kinds()
        .map(|kind| call.place(kind))
        .flat_map(|place| world.store.shelf(&place).values().map(|resource| &*resource.tags))
}

fn page_of_names(call: &Call, member: &str, names: &BTreeSet<&str>) -> Answer {
    let start = PAGES.start(call)?;
    let after = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = names.range::<str, _>((after, Bound::Unbounded));
    let shown: Vec<&str> = rest.by_ref().take(NAMES_PER_PAGE).copied().collect();
    let last = shown.last().filter(|_| rest.next().is_some()).copied();
    let output = Object::from_iter([
        (PAGES.next, Value::from("")),
        (member, shown.iter().map(|name| Value::from(*name)).collect()),
    ]);
    Ok(PAGES.finish(call, output, last))
}

/// Where an ARN points: refused if into another account or Region.
fn parse(call: &Call, world: &World, arn: &str) -> Result<(Place, String), Failure> {
    let (place, id) = world.store.parse(arn).ok_or_else(|| missing(arn))?;
    if place.account != *call.account() || place.region != call.region {
        return Err(call.invalid(format!("{arn} is not in this account and Region")));
    }
    Ok((place, id))
}

fn missing(arn: &str) -> Failure {
    let message = format!("The resource {arn} does not exist or does not support tagging");
    Failure::new("InvalidParameterException", message)
}

/// Which resources are asked for.
struct Query<'c> {
    types: Vec<&'c str>,
    tags: BTreeMap<&'c str, Vec<&'c str>>,
}

impl<'c> Query<'c> {
    fn read(call: &'c Call) -> Result<Self, Failure> {
        let mut tags = BTreeMap::new();
        for filter in call.list("TagFilters") {
            let key = filter.get("Key").and_then(Value::as_str);
            let key = key.ok_or_else(|| call.invalid("A tag filter needs a Key"))?;
            let values = filter.list("Values");
            tags.insert(key, values.iter().filter_map(Value::as_str).collect());
        }
        Ok(Self { types: call.texts("ResourceTypeFilters"), tags })
    }

    fn is_empty(&self) -> bool {
        self.types.is_empty() && self.tags.is_empty()
    }

    /// A type filter names a service, a service and a type, or for load balancers their make as well.
    fn wants(&self, kind: Kind) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| names_kind(wanted, kind))
    }

    /// Whether a load balancer is of a make that was asked for.
    fn wants_make(&self, kind: Kind, id: &str) -> bool {
        let make = match id.split('/').next() {
            Some("gwy") => "gateway",
            other => other.unwrap_or_default(),
        };
        kind != &crate::services::elbv2::LOAD_BALANCER
            || self.types.is_empty()
            || self.types.iter().any(|wanted| match wanted.split_once('/') {
                Some((_, wanted_make)) => wanted_make == make,
                None => names_kind(wanted, kind),
            })
    }

    fn holds(&self, resource: &Resource) -> bool {
        resource.ever_tagged
            && self.tags.iter().all(|(key, values)| {
                let value = resource.tags.get(*key);
                value.is_some_and(|value| values.is_empty() || values.contains(&value.as_str()))
            })
    }
}

fn names_kind(wanted: &str, kind: Kind) -> bool {
    let name = kind.tagging_type;
    let service = name.split(':').next().unwrap_or(name);
    let of_make = wanted.strip_prefix(name).is_some_and(|make| make.starts_with('/'));
    match kind.resource_type {
        "AWS::S3::Bucket" if wanted == "s3:bucket" => true,
        "AWS::ElasticLoadBalancingV2::LoadBalancer" if of_make => true,
        _ => wanted == name || wanted == service,
    }
}
