//! Whose tags are not as the organization's tag policies have it: counts, and a report in a bucket.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reeve_model::{Object, Value};
use reeve_types::{AccountId, Tags};
use serde_json::Value as Json;

use super::names_kind;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    kind::Definition,
    page::Paging,
    pattern::matches,
    services::{Action, Part},
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&REPORT],
    operations: &[
        ("GetComplianceSummary", Action::Own(summary)),
        ("StartReportCreation", Action::Own(start)),
        ("DescribeReportCreation", Action::Own(describe)),
    ],
    tasks: &[("tagging:report", finish)],
};

/// The latest report of an organization; there is one at a time.
static REPORT: Definition =
    Definition { resource_type: "AWS::ResourceGroupsTaggingAPI::Report", ..Definition::OF };

const BY: &str = "tagging.amazonaws.com";
/// The one Region in which an organization is asked about.
const REGION: &str = "us-east-1";
/// How long a report takes.
const TAKES: SignedDuration = SignedDuration::from_mins(3);

static PAGES: Paging =
    Paging::of("MaxResults", "PaginationToken", (100, 1000), "PaginationTokenExpiredException");

/// What is wrong with the tags of a resource.
struct Finding {
    account: String,
    region: String,
    resource_type: &'static str,
    arn: String,
    keys: Vec<String>,
    values: Vec<String>,
}

/// Refuses all but the management account in the one Region.
fn check(call: &Call, world: &World) -> Result<(), Failure> {
    let organization = world.directory.organization.as_ref();
    let is_management = organization.is_some_and(|one| one.management == *call.account());
    if is_management && call.region.as_str() == REGION {
        return Ok(());
    }
    let message = format!(
        "This operation can be called only by the management account of an organization, in {REGION}"
    );
    Err(Failure::new("ConstraintViolationException", message))
}

/// The effective tag policy of each account that has one.
fn policies(world: &mut World, place: &Place) -> BTreeMap<AccountId, Json> {
    let organization = world.directory.organization.as_ref();
    let accounts: Vec<AccountId> =
        organization.map(|one| one.members.keys().cloned().collect()).unwrap_or_default();
    let mut policies = BTreeMap::new();
    for account in accounts {
        let input = value!({ "PolicyType": "TAG_POLICY", "TargetId": (account.as_str()) });
        let origin = Origin::at(place, BY);
        let found = world.call(&origin, "organizations", "DescribeEffectivePolicy", input);
        let content = found.ok().and_then(|found| {
            serde_json::from_str(found.path("EffectivePolicy.PolicyContent")?.as_str()?).ok()
        });
        if let Some(content) = content {
            policies.insert(account, content);
        }
    }
    policies
}

/// The keys that are not written as they should be, and those whose values are not allowed.
fn wrong(policy: &Json, tags: &Tags, only: &[&str]) -> (Vec<String>, Vec<String>) {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    let rules = policy.get("tags").and_then(Json::as_object);
    for (name, rule) in rules.into_iter().flatten() {
        let written = rule.get("tag_key").and_then(Json::as_str).unwrap_or(name);
        if !only.is_empty() && !only.iter().any(|one| one.eq_ignore_ascii_case(written)) {
            continue;
        }
        let allowed: Vec<&str> = rule
            .get("tag_value")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        for (key, value) in tags.iter().filter(|(key, _)| key.eq_ignore_ascii_case(written)) {
            if key != written {
                keys.push(key.clone());
            }
            if !allowed.is_empty() && !allowed.iter().any(|one| matches(one, value)) {
                values.push(key.clone());
            }
        }
    }
    (keys, values)
}

/// Every tagged resource of accounts with a policy whose tags are wrong.
fn findings(world: &World, policies: &BTreeMap<AccountId, Json>, only: &[&str]) -> Vec<Finding> {
    let tagged = world.store.iter().filter(|(place, _, _)| !place.kind.tagging_type.is_empty());
    tagged
        .filter_map(|(place, id, resource)| {
            let policy = policies.get(&place.account)?;
            let (keys, values) = wrong(policy, &resource.tags, only);
            (!keys.is_empty() || !values.is_empty()).then(|| Finding {
                account: place.account.to_string(),
                region: place.region.to_string(),
                resource_type: place.kind.tagging_type,
                arn: place.arn_of(place.kind, id),
                keys,
                values,
            })
        })
        .collect()
}

fn summary(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let (targets, regions) = (call.texts("TargetIdFilters"), call.texts("RegionFilters"));
    if targets.iter().any(|target| target.parse::<AccountId>().is_err()) {
        return Err(call.invalid("TargetIdFilters takes only accounts here"));
    }
    let types = call.texts("ResourceTypeFilters");
    let place = call.place(&REPORT);
    let policies = policies(world, &place);
    let found = findings(world, &policies, &call.texts("TagKeyFilters"));
    let groups = call.texts("GroupBy");
    let mut counts: BTreeMap<[String; 3], i64> = BTreeMap::new();
    if groups.is_empty() {
        counts.insert(Default::default(), 0);
    }
    for one in found {
        let is_wanted = (targets.is_empty() || targets.contains(&one.account.as_str()))
            && (regions.is_empty() || regions.contains(&one.region.as_str()))
            && (types.is_empty()
                || types.iter().any(|wanted| names_type(wanted, one.resource_type)));
        if !is_wanted {
            continue;
        }
        let by = |name: &str, text: &str| {
            if groups.contains(&name) { text.to_owned() } else { String::new() }
        };
        let key = [
            by("TARGET_ID", &one.account),
            by("REGION", &one.region),
            by("RESOURCE_TYPE", one.resource_type),
        ];
        *counts.entry(key).or_default() += 1;
    }
    let now = world.now().to_string();
    let shown = counts.into_iter().map(|(key, count)| line(&key, (count, &now))).collect();
    PAGES.slice(call, "SummaryList", shown)
}

fn names_type(wanted: &str, resource_type: &'static str) -> bool {
    let kind = crate::kind::kinds().find(|kind| kind.tagging_type == resource_type);
    kind.is_some_and(|kind| names_kind(wanted, kind))
}

fn line([account, region, kind]: &[String; 3], (count, now): (i64, &str)) -> Value {
    let mut line = object! { "LastUpdated": (now), "NonCompliantResources": (count) };
    if !account.is_empty() {
        line.insert("TargetId", account.as_str());
        line.insert("TargetIdType", "ACCOUNT");
    }
    if !region.is_empty() {
        line.insert("Region", region.as_str());
    }
    if !kind.is_empty() {
        line.insert("ResourceType", kind.as_str());
    }
    line.into()
}

fn start(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let bucket = call.required("S3Bucket")?;
    if world.store.bucket_owner(bucket).is_none() {
        return Err(call.invalid(format!("The bucket {bucket} does not exist")));
    }
    let place = call.place(&REPORT);
    if world.get(&place, "report").is_some_and(|one| one.fact("Status") == Some("RUNNING")) {
        let message = "A report is being created already";
        return Err(Failure::new("ConcurrentModificationException", message));
    }
    let now = world.now();
    let kept = object! { "Status": "RUNNING", "Bucket": (bucket), "Started": (now) };
    world.put(place.clone(), "report", Resource::new(facts(kept), std::sync::Arc::default()));
    world.schedule(now + TAKES, Task::new("tagging:report", &place, "report"));
    Ok(Value::object())
}

fn describe(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let found = world.get(&call.place(&REPORT), "report");
    let shown = found.map_or_else(
        || value!({ "Status": "NO REPORT" }),
        |found| Value::Object((*found.facts).clone()),
    );
    Ok(call.fit(shown))
}

fn finish(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let written = match world.fate(place, id, "Report") {
        Fate::Succeeds => write(world, place, id),
        Fate::Fails(reason) => Err(reason),
        Fate::Never => return,
    };
    world.change(place, id, |facts| match written {
        Ok(location) => {
            facts.insert("Status", "SUCCEEDED");
            facts.insert("S3Location", location);
        }
        Err(reason) => {
            facts.insert("Status", "FAILED");
            facts.insert("ErrorMessage", reason);
        }
    });
}

/// Writes the report, and returns where it is.
fn write(world: &mut World, place: &Place, id: &str) -> Result<String, String> {
    let policies = policies(world, place);
    let mut lines = vec![
        "ResourceArn,AccountId,Region,ResourceType,ComplianceStatus,NoncompliantKeys,KeysWithNoncompliantValues"
            .to_owned(),
    ];
    for one in findings(world, &policies, &[]) {
        let quoted = |all: &[String]| format!("\"{}\"", all.join(";").replace('"', "\"\""));
        let Finding { account, region, resource_type, arn, keys, values } = &one;
        let (keys, values) = (quoted(keys), quoted(values));
        lines.push(format!("{arn},{account},{region},{resource_type},false,{keys},{values}"));
    }
    let organization = world.directory.organization.as_ref();
    let organization = organization.map(|one| one.id.clone()).unwrap_or_default();
    let report = world.get(place, id);
    let bucket = report.and_then(|one| one.fact("Bucket")).unwrap_or_default().to_owned();
    let (account, region) =
        world.store.bucket_owner(&bucket).cloned().ok_or("The bucket does not exist")?;
    let key = format!("AwsTagPolicies/{organization}/{}/report.csv", world.now());
    let input: Object = object! {
        "Bucket": (bucket.as_str()), "Key": (key.as_str()), "ContentType": "text/csv",
        "Body": (Value::Blob((lines.join("\n") + "\n").into_bytes()))
    };
    let origin = Origin { account: &account, region: &region, by: BY };
    let answer = world.call(&origin, "s3", "PutObject", input);
    answer.map(|_| format!("s3://{bucket}/{key}")).map_err(|failure| failure.message)
}
