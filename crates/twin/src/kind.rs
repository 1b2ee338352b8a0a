//! The kinds of resource the twin knows, as data: names, ARNs, and where a description carries its identity and tags.
//!
//! Each kind is a static of its service's file; [`Kind`] is a reference to it. A resource is stored without its id, ARN and
//! tags; [`describe`] puts them in when it is shown. So resources can share their stored facts, and no copy of an identity
//! can go stale.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use reeve_model::{Name, Object, Value};
use reeve_types::{AccountId, Region, Tags};

use crate::{
    arn_template, digest::hex_digest, failure::Failure, seed::Sample, services::parts,
    store::Resource,
};

/// A kind of resource. Ordered and compared by its resource type.
pub(crate) type Kind = &'static Definition;

/// The Region under which resources that belong to no Region are kept.
pub(crate) const HOME_REGION: &str = "us-east-1";

/// Whether a kind's resources belong to a Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Each Region has its own.
    Regional,
    /// They are the same whichever Region is called.
    Global,
}

/// What makes up a member that says which resource it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identity {
    /// The id.
    Id,
    /// The ARN.
    Arn,
    /// The account.
    Account,
    /// The Region.
    Region,
    /// The part of the id between slashes, counted from zero.
    Segment(usize),
    /// The account, a slash, and the id.
    AccountAndId,
    /// A UUID that belongs to the ARN.
    Uuid,
}

/// How a description carries tags.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TagForm {
    /// Not at all: another call returns them.
    Absent,
    /// As a list of `Key` and `Value`.
    List(&'static str),
    /// As a list of `key` and `value`.
    LowerList(&'static str),
    /// As a map.
    Map(&'static str),
    /// As Auto Scaling does, with the group and whether instances inherit them.
    Propagated(&'static str),
}

impl TagForm {
    /// The member with the tags.
    pub(crate) fn member(self) -> Option<&'static str> {
        match self {
            Self::Absent => None,
            Self::List(member)
            | Self::LowerList(member)
            | Self::Map(member)
            | Self::Propagated(member) => Some(member),
        }
    }
}

/// How a service says that there is no such resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Missing {
    code: &'static str,
    message: &'static str,
    status: u16,
}

impl Missing {
    /// An error code, and a message in which `{id}` stands for what was asked for; HTTP status 400.
    pub(crate) const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, status: 400 }
    }

    /// The same with another HTTP status.
    pub(crate) const fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The refusal.
    pub(crate) fn failure(&self, id: &str) -> Failure {
        Failure::new(self.code, self.message.replace("{id}", id)).with_status(self.status)
    }
}

/// What the twin knows about a kind.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The name in templates and profiles; one of the same form where `CloudFormation` has none.
    pub(crate) resource_type: &'static str,
    /// The name in the Resource Groups Tagging API; empty if that does not know it.
    pub(crate) tagging_type: &'static str,
    /// The ARN with `{partition}`, `{region}`, `{account}`, `{uuid}` and `{id}`.
    pub(crate) arn: &'static str,
    /// What ids begin with, such as `vol-`; empty if they are names.
    pub(crate) prefix: &'static str,
    /// The members of a description that say which resource it is.
    pub(crate) identity: &'static [(&'static str, Identity)],
    /// Where a description carries tags.
    pub(crate) tags: TagForm,
    /// Whether it belongs to a Region.
    pub(crate) scope: Scope,
    /// How its service says that there is none.
    pub(crate) missing: Missing,
    /// What an ordinary one looks like, if a scenario can make one without its API.
    pub(crate) sample: Option<fn(&Sample<'_>) -> serde_json::Value>,
    /// Puts into the description of one that was made like many others what each of them has for itself.
    pub(crate) own: Option<fn(&str, &mut Object)>,
}

impl Definition {
    /// A kind without names, from which others are made with `..Definition::OF`.
    pub(crate) const OF: Self = Self {
        resource_type: "",
        tagging_type: "",
        arn: "",
        prefix: "",
        identity: &[],
        tags: TagForm::Absent,
        scope: Scope::Regional,
        missing: Missing::new("ResourceNotFoundException", "{id} was not found"),
        sample: None,
        own: None,
    };
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.resource_type == other.resource_type
    }
}

impl Eq for Definition {}

impl PartialOrd for Definition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Definition {
    fn cmp(&self, other: &Self) -> Ordering {
        self.resource_type.cmp(other.resource_type)
    }
}

/// Every kind by resource type.
static KINDS: LazyLock<BTreeMap<&'static str, Kind>> = LazyLock::new(|| {
    parts().flat_map(|part| part.kinds).map(|kind| (kind.resource_type, *kind)).collect()
});

/// The kinds whose ARNs name a service.
static BY_SERVICE: LazyLock<HashMap<&'static str, Vec<Kind>>> = LazyLock::new(|| {
    let mut kinds: HashMap<_, Vec<_>> = HashMap::new();
    for kind in KINDS.values() {
        kinds.entry(arn_template::service(kind.arn)).or_default().push(*kind);
    }
    kinds
});

/// Every kind, in order.
pub(crate) fn kinds() -> impl Iterator<Item = Kind> {
    KINDS.values().copied()
}

/// The kind of a resource type.
pub(crate) fn named(resource_type: &str) -> Option<Kind> {
    // Templates and AMS profiles tell domains apart by engine; the store does not.
    let name = match resource_type {
        "AWS::Elasticsearch::Domain" | "AWS::OpenSearchService::Domain" => {
            "AWS::OpenSearch::Domain"
        }
        other => other,
    };
    KINDS.get(name).copied()
}

/// The kind and id in an ARN; of kinds whose ARNs look alike, the first.
pub(crate) fn parse_arn(arn: &str) -> Option<(Kind, arn_template::Parsed<'_>)> {
    parse_alike(arn).into_iter().next()
}

/// The kinds and ids that an ARN may be of: several only for kinds whose ARNs look alike, such as metric alarms and
/// composite alarms. Which of them it is, only the store knows.
pub(crate) fn parse_alike(arn: &str) -> Vec<(Kind, arn_template::Parsed<'_>)> {
    let service = arn.split(':').nth(2);
    let kinds = service.and_then(|service| BY_SERVICE.get(service)).map_or(&[][..], Vec::as_slice);
    let parse = |kind: &Kind| Some((*kind, arn_template::parse(kind.arn, arn)?));
    let mut fitting: Vec<_> = kinds.iter().filter_map(parse).collect();
    // Of several templates that fit the one that leaves the least to the id is meant.
    let meant = fitting.iter().min_by_key(|(_, parsed)| parsed.id.len());
    let template = meant.map_or("", |(kind, _)| kind.arn);
    fitting.retain(|(kind, _)| kind.arn == template);
    fitting
}

/// The kind of one service's ids that an id is of, by its prefix.
pub(crate) fn of_prefixed(kinds: impl Iterator<Item = Kind>, id: &str) -> Option<Kind> {
    let fitting = kinds.filter(|kind| !kind.prefix.is_empty() && id.starts_with(kind.prefix));
    fitting.max_by_key(|kind| kind.prefix.len())
}

impl Definition {
    /// The ARN of the resource with this id.
    pub(crate) fn arn(&self, account: &AccountId, region: &Region, id: &str) -> String {
        arn_template::fill(self.arn, account, region, id)
    }
}

/// The description of a resource as its service shows it.
pub(crate) fn describe(
    kind: Kind,
    (account, region): (&AccountId, &Region),
    id: &str,
    resource: &Resource,
) -> Object {
    let mut description = Object::clone(&resource.facts);
    if let Some(own) = kind.own {
        own(id, &mut description);
    }
    for (member, identity) in kind.identity {
        let text = match identity {
            Identity::Id => id.to_owned(),
            Identity::Arn => kind.arn(account, region, id),
            Identity::Account => account.to_string(),
            Identity::Segment(place) => id.split('/').nth(*place).unwrap_or(id).to_owned(),
            Identity::AccountAndId => format!("{account}/{id}"),
            Identity::Uuid => uuid_of(&kind.arn(account, region, id)),
            Identity::Region => region.to_string(),
        };
        description.insert(*member, text);
    }
    match kind.tags {
        TagForm::Absent => {}
        TagForm::List(member) => {
            description.insert(member, tag_list(&resource.tags));
        }
        TagForm::LowerList(member) => {
            description.insert(member, lower_tag_list(&resource.tags));
        }
        TagForm::Map(member) => {
            description.insert(member, tag_map(&resource.tags));
        }
        TagForm::Propagated(member) => {
            let tags =
                resource.tags.iter().map(|(key, value)| propagated_tag(id, key, value, resource));
            description.insert(member, tags.collect::<Value>());
        }
    }
    description
}

static KEY: LazyLock<Name> = LazyLock::new(|| Name::from("Key"));
static VALUE: LazyLock<Name> = LazyLock::new(|| Name::from("Value"));

/// One tag as `Key` and `Value`.
pub(crate) fn tag_pair(key: &str, value: &str) -> Value {
    Value::from_iter([(&*KEY, Value::from(key)), (&*VALUE, Value::from(value))])
}

/// Tags as a list of `Key` and `Value`.
pub(crate) fn tag_list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| tag_pair(key, value)).collect()
}

/// Tags as a list of `key` and `value`.
pub(crate) fn lower_tag_list(tags: &Tags) -> Value {
    let pair = |(key, value): (&String, &String)| {
        Value::from_iter([("key", Value::from(key)), ("value", Value::from(value))])
    };
    tags.iter().map(pair).collect()
}

/// Tags as a map.
pub(crate) fn tag_map(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| (key.as_str(), Value::from(value))).collect()
}

/// One tag as Auto Scaling shows it.
pub(crate) fn propagated_tag(group: &str, key: &str, value: &str, resource: &Resource) -> Value {
    Value::from_iter([
        ("ResourceId", Value::from(group)),
        ("ResourceType", Value::from("auto-scaling-group")),
        ("Key", Value::from(key)),
        ("Value", Value::from(value)),
        ("PropagateAtLaunch", Value::from(resource.propagated.contains(key))),
    ])
}

/// A UUID that always belongs to `text`.
pub(crate) fn uuid_of(text: &str) -> String {
    hyphenate(&hex_digest(text, 32))
}

/// Writes 32 digits as a UUID is written.
pub(crate) fn hyphenate(digits: &str) -> String {
    let mut uuid = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

/// Facts shared by every resource of the same make.
pub(crate) type Facts = Arc<Object>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_the_kind_and_id_it_was_made_from() {
        let account: AccountId = "111122223333".parse().unwrap();
        let region: Region = "eu-west-1".parse().unwrap();
        for kind in kinds().filter(|kind| !kind.arn.is_empty()) {
            let id = if kind.resource_type == "AWS::ElasticLoadBalancingV2::LoadBalancer" {
                "app/web/0123456789abcdef".to_owned()
            } else {
                format!("{}x-1", kind.prefix)
            };
            let arn = kind.arn(&account, &region, &id);
            let alike = parse_alike(&arn);
            assert!(alike.iter().all(|(found, _)| found.arn == kind.arn), "{arn}: {alike:?}");
            let (_, parsed) = alike.iter().find(|(found, _)| *found == kind).expect(&arn);
            assert_eq!(parsed.id, id, "{arn}");
        }
    }
}
