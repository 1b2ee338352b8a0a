//! Findings, and counts of them.

use std::collections::{BTreeMap, BTreeSet};

use reeve_model::{Object, Value};

use super::{accounts, criteria, pages};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::Action,
    services::Part,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&FINDING],
    operations: &[
        ("ListFindings", Action::Own(list)),
        ("ListFindingAggregations", Action::Own(aggregate)),
    ],
    tasks: &[],
};

/// A finding.
pub(super) static FINDING: Definition = Definition {
    resource_type: "AWS::InspectorV2::Finding",
    arn: "arn:{partition}:inspector2:{region}:{account}:finding/{id}",
    identity: &[("findingArn", Identity::Arn), ("awsAccountId", Identity::Account)],
    missing: Missing::new("ResourceNotFoundException", "The finding {id} was not found")
        .with_status(404),
    ..Definition::OF
};

static PAGES: Paging = pages(100);

fn wanted(call: &Call, world: &World) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    for place in accounts::visible(call, world) {
        let here = place.beside(&FINDING);
        for (id, finding) in world.shelf(&here) {
            let shown = place.describe(&FINDING, id, finding).into();
            if criteria::holds(call.object("filterCriteria"), &shown)? {
                all.push(shown);
            }
        }
    }
    Ok(all)
}

fn severity_rank(severity: &str) -> usize {
    let ranks = ["UNTRIAGED", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
    ranks.iter().position(|one| *one == severity).unwrap_or(0)
}

/// What a finding is sorted by: a text that sorts as its value does.
fn sort_key(finding: &Value, field: &str) -> Result<String, Failure> {
    let text =
        |path: &str| finding.path(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let time = |member: &str| {
        let at = finding.get(member).and_then(Value::as_timestamp).unwrap_or_default();
        format!("{:020}", at.as_millisecond())
    };
    Ok(match field {
        "SEVERITY" => severity_rank(&text("severity")).to_string(),
        "INSPECTOR_SCORE" => {
            let score = finding.get("inspectorScore").and_then(Value::as_f64).unwrap_or_default();
            format!("{score:05.1}")
        }
        "FIRST_OBSERVED_AT" => time("firstObservedAt"),
        "LAST_OBSERVED_AT" => time("lastObservedAt"),
        "AWS_ACCOUNT_ID" => text("awsAccountId"),
        "FINDING_TYPE" => text("type"),
        "FINDING_STATUS" => text("status"),
        "RESOURCE_TYPE" => text("resources.0.type"),
        "VULNERABILITY_ID" => text("packageVulnerabilityDetails.vulnerabilityId"),
        "VULNERABILITY_SOURCE" => text("packageVulnerabilityDetails.source"),
        "VENDOR_SEVERITY" => text("packageVulnerabilityDetails.vendorSeverity"),
        other => {
            let message = format!("the twin does not implement sorting by {other}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    })
}

fn list(call: &Call, world: &mut World) -> Answer {
    let sort = call.object("sortCriteria");
    let part = |member: &str| sort.and_then(|one| one.get(member)).and_then(Value::as_str);
    let (field, descending) = (part("field"), part("sortOrder") == Some("DESC"));
    let mut keyed = Vec::new();
    for finding in wanted(call, world)? {
        let key = field.map_or(Ok(String::new()), |field| sort_key(&finding, field))?;
        let arn = finding.text("findingArn").to_owned();
        keyed.push((key, arn, finding));
    }
    keyed.sort_by(|one, other| {
        let keys = one.0.cmp(&other.0);
        let keys = if descending { keys.reverse() } else { keys };
        keys.then_with(|| one.1.cmp(&other.1))
    });
    // A page begins after the position of the last one shown, in the order asked for.
    let items = keyed.into_iter().enumerate().map(|(at, (_, _, one))| (format!("{at:08}"), one));
    PAGES.sort(call, "findings", items.collect())
}

/// What findings are counted by: the key of the group, and what is shown of it.
fn group(finding: &Value, kind: &str) -> Result<(String, Object), Failure> {
    let text =
        |path: &str| finding.path(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let account = text("awsAccountId");
    let shown = match kind {
        "ACCOUNT" | "FINDING_TYPE" => object! {"accountId": (account.as_str())},
        "PACKAGE" => {
            let name = text("packageVulnerabilityDetails.vulnerablePackages.0.name");
            object! {"packageName": name, "accountId": (account.as_str())}
        }
        "TITLE" => object! {
            "title": (text("title")), "accountId": (account.as_str()),
            "vulnerabilityId": (text("packageVulnerabilityDetails.vulnerabilityId")),
        },
        "AMI" => object! {
            "ami": (text("resources.0.details.awsEc2Instance.imageId")), "accountId": (account.as_str()),
        },
        "AWS_EC2_INSTANCE" => object! {
            "instanceId": (text("resources.0.id")), "accountId": (account.as_str()),
            "ami": (text("resources.0.details.awsEc2Instance.imageId")),
            "operatingSystem": (text("resources.0.details.awsEc2Instance.platform")),
            "instanceTags": (finding.path("resources.0.tags").cloned().unwrap_or_else(Value::object)),
            "networkFindings": 0,
        },
        other => {
            let message = format!("the twin does not implement aggregations of type {other}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    };
    let key = shown.iter().map(|(_, value)| value.as_str().unwrap_or_default()).collect::<Vec<_>>();
    Ok((key.join("/"), shown.clone()))
}

/// What is shown of a group, how many of each severity, and the instances.
type Group = (Object, BTreeMap<&'static str, i64>, BTreeSet<String>);

fn aggregate(call: &Call, world: &mut World) -> Answer {
    let kind = call.required("aggregationType")?.to_owned();
    if call.object("aggregationRequest").is_some() {
        let message = "the twin does not implement aggregationRequest";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let accounts = call.list("accountIds");
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for finding in wanted(call, world)? {
        let text = |path: &str| finding.path(path).and_then(Value::as_str).unwrap_or_default();
        if text("status") != "ACTIVE" || !named(accounts, text("awsAccountId")) {
            continue;
        }
        let (key, shown) = group(&finding, &kind)?;
        let entry = groups.entry(key).or_insert_with(|| (shown, BTreeMap::new(), BTreeSet::new()));
        let member = match text("severity") {
            "CRITICAL" => Some("critical"),
            "HIGH" => Some("high"),
            "MEDIUM" => Some("medium"),
            _ => None,
        };
        *entry.1.entry("all").or_default() += 1;
        if let Some(member) = member {
            *entry.1.entry(member).or_default() += 1;
        }
        entry.2.insert(text("resources.0.id").to_owned());
    }
    let member = match kind.as_str() {
        "ACCOUNT" => "accountAggregation",
        "FINDING_TYPE" => "findingTypeAggregation",
        "PACKAGE" => "packageAggregation",
        "TITLE" => "titleAggregation",
        "AMI" => "amiAggregation",
        _ => "ec2InstanceAggregation",
    };
    let items = groups.into_iter().map(|(key, (mut shown, counts, instances))| {
        let count = |name: &str| counts.get(name).copied().unwrap_or(0);
        if kind == "AMI" {
            shown.insert("affectedInstances", i64::try_from(instances.len()).unwrap_or(0));
        }
        shown.insert("severityCounts", value!({
            "all": (count("all")), "medium": (count("medium")), "high": (count("high")), "critical": (count("critical")),
        }));
        (key, Value::from(Object::from_iter([(member, shown)])))
    });
    let mut answer = PAGES.sort(call, "responses", items.collect())?;
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("aggregationType", kind.as_str());
    }
    Ok(answer)
}

fn named(accounts: &[Value], account: &str) -> bool {
    accounts.is_empty()
        || accounts.iter().any(|one| one.get("value").and_then(Value::as_str) == Some(account))
}
