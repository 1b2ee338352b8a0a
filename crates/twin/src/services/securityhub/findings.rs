//! Findings: imported, looked for, worked on, with the history of who changed what.

use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region};

use super::{
    automation, filters,
    hub::{self, PAGES, required},
    insights::{AGGREGATOR, linked},
    members::visible,
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Missing},
    services::{Action, Part, guardduty::criteria},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&FINDING],
    operations: &[
        ("BatchImportFindings", Action::Own(batch_import)),
        ("GetFindings", Action::Own(get)),
        ("BatchUpdateFindings", Action::Own(batch_update)),
        ("GetFindingHistory", Action::Own(history)),
    ],
    tasks: &[],
};

/// A finding, by product and id.
pub(crate) static FINDING: Definition = Definition {
    resource_type: "AWS::SecurityHub::Finding",
    arn: "arn:{partition}:securityhub:{region}:{account}:finding/{id}",
    missing: Missing::new("ResourceNotFoundException", "The finding {id} was not found"),
    ..Definition::OF
};

/// How many changes of a finding are remembered.
const LONGEST_HISTORY: usize = 100;

/// Takes a finding that an AWS service sends, in the Security Finding Format. Nothing happens where the hub is off.
pub(crate) fn import(
    world: &mut World,
    (account, region): (&AccountId, &Region),
    finding: Object,
) -> Option<String> {
    let place = Place { account: account.clone(), region: region.clone(), kind: &FINDING };
    hub::is_on(world, &place).then(|| store(world, &place, finding))
}

/// Puts a finding into the world that a scenario describes: `type`, `title`, and if wanted `severity` (a label), `resource`,
/// `resourceType`, `description`, `product`, or any member of the Security Finding Format under its own name.
pub(crate) fn inject(
    world: &mut World,
    (account, region): (&AccountId, &Region),
    said: &Value,
) -> Result<String, Failure> {
    let place = Place { account: account.clone(), region: region.clone(), kind: &FINDING };
    if !hub::is_on(world, &place) {
        return Err(hub::HUB.missing.failure(hub::DEFAULT));
    }
    let text = |member: &str| said.get(member).and_then(Value::as_str);
    let (now, partition) = (world.now().to_string(), region.partition());
    let product = text("product").map_or_else(|| format!("{account}/default"), str::to_owned);
    let title = text("title").or_else(|| text("type")).unwrap_or("Finding");
    let label = text("severity").unwrap_or("MEDIUM").to_uppercase();
    let resource =
        text("resource").map_or_else(|| format!("AWS::::Account:{account}"), str::to_owned);
    let mut finding = object! {
        "SchemaVersion": "2018-10-08",
        "Id": (world.uuid()),
        "ProductArn": (format!("arn:{partition}:securityhub:{region}::product/{product}")),
        "GeneratorId": (text("type").unwrap_or("scenario")),
        "AwsAccountId": (account.as_str()),
        "Types": [(text("type").unwrap_or("Software and Configuration Checks"))],
        "CreatedAt": (now.as_str()),
        "UpdatedAt": (now.as_str()),
        "Severity": { "Label": (label) },
        "Title": (title),
        "Description": (text("description").unwrap_or(title)),
        "Resources": [{
            "Type": (text("resourceType").unwrap_or("Other")),
            "Id": (resource),
            "Partition": (partition.as_str()),
            "Region": (region.as_str())
        }]
    };
    for (name, value) in said.as_object().into_iter().flat_map(Object::iter) {
        if name.starts_with(char::is_uppercase) {
            finding.insert(name, value.clone());
        }
    }
    Ok(store(world, &place, finding))
}

/// The key of a finding.
fn key(product: &str, id: &str) -> String {
    format!("{product} {id}")
}

fn text<'f>(finding: &'f Object, member: &str) -> &'f str {
    finding.text(member)
}

/// The label of a normalized severity.
fn label(normalized: i64) -> &'static str {
    match normalized {
        90.. => "CRITICAL",
        70.. => "HIGH",
        40.. => "MEDIUM",
        1.. => "LOW",
        _ => "INFORMATIONAL",
    }
}

fn normalized(label: &str) -> i64 {
    match label {
        "CRITICAL" => 90,
        "HIGH" => 70,
        "MEDIUM" => 40,
        "LOW" => 1,
        _ => 0,
    }
}

/// What Security Hub adds to what it is sent.
fn completed(mut finding: Object, place: &Place) -> Object {
    let sent = finding.get("Severity").cloned().unwrap_or_else(Value::object);
    let label = match (
        sent.get("Label").and_then(Value::as_str),
        sent.get("Normalized").and_then(Value::as_i64),
    ) {
        (Some(label), _) => label.to_owned(),
        (None, Some(number)) => label(number).to_owned(),
        (None, None) => "INFORMATIONAL".to_owned(),
    };
    let mut severity = sent.as_object().cloned().unwrap_or_default();
    severity.insert("Normalized", normalized(&label));
    severity.insert("Label", label.as_str());
    let provider = object! {
        "Severity": { "Label": (label.as_str()) },
        "Types": (finding.get("Types").cloned().unwrap_or_else(|| Value::List(Vec::new())))
    };
    finding.insert("Severity", severity);
    for (member, usual) in [
        ("RecordState", Value::from("ACTIVE")),
        ("Workflow", value!({ "Status": "NEW" })),
        ("WorkflowState", Value::from("NEW")),
        ("Region", Value::from(place.region.as_str())),
        ("FindingProviderFields", provider.into()),
    ] {
        if !finding.contains(member) {
            finding.insert(member, usual);
        }
    }
    finding
}

/// Stores a finding, new or again; what a customer set stays as it was set.
fn store(world: &mut World, place: &Place, finding: Object) -> String {
    let id = key(text(&finding, "ProductArn"), text(&finding, "Id"));
    let mut finding = completed(finding, place);
    finding.insert("ProcessedAt", world.now().to_string());
    let mut resource = Resource::default();
    let is_new = match world.get(place, &id) {
        None => true,
        Some(known) => {
            for member in
                ["Workflow", "WorkflowState", "Note", "UserDefinedFields", "VerificationState"]
            {
                if let Some(value) = known.value(member) {
                    finding.insert(member, value.clone());
                }
            }
            resource = known.clone();
            false
        }
    };
    let now = world.now();
    automation::apply(world, place, &mut finding);
    resource.facts = facts(finding.clone());
    world.put(place.clone(), id.as_str(), resource);
    if is_new {
        let record = object! {
            "UpdateTime": (now),
            "FindingCreated": (true),
            "UpdateSource": { "Type": "BATCH_IMPORT_FINDINGS", "Identity": (text(&finding, "ProductArn")) }
        };
        remember(world, place, &id, record);
    }
    tell(world, place, &finding);
    id
}

fn tell(world: &mut World, place: &Place, finding: &Object) {
    let arn = format!("{}/{}", text(finding, "ProductArn"), text(finding, "Id"));
    let detail = value!({ "findings": [(finding.clone())] });
    // Where findings of several Regions are gathered, they are told of there as well.
    let homes = world.regions.iter().filter(|home| **home != place.region);
    let homes = homes.map(|home| Place { region: home.clone(), ..place.clone() });
    let homes: Vec<Place> = homes
        .filter(|home| {
            let aggregator = Place { kind: &AGGREGATOR, ..home.clone() };
            linked(world, &aggregator).contains(&place.region)
        })
        .collect();
    for place in std::iter::once(place).chain(&homes) {
        let event = Event::new("aws.securityhub", "Security Hub Findings - Imported", place);
        world.emit(event.about(arn.clone()).with(detail.clone()));
    }
}

fn remember(world: &mut World, place: &Place, id: &str, record: Object) {
    world.change_inside(place, id, |inside| {
        let mut records = match inside.remove("History") {
            Some(Value::List(records)) => records,
            _ => Vec::new(),
        };
        records.insert(0, record.into());
        records.truncate(LONGEST_HISTORY);
        inside.insert("History", Value::List(records));
    });
}

fn batch_import(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&FINDING);
    let (mut good, mut failed) = (0_i64, Vec::new());
    for finding in call.list("Findings").iter().filter_map(Value::as_object) {
        match refusal(call, finding) {
            None => {
                store(world, &place, finding.clone());
                good += 1;
            }
            Some(message) => failed.push(value!({
                "Id": (text(finding, "Id")),
                "ErrorCode": "InvalidInput",
                "ErrorMessage": (message)
            })),
        }
    }
    let count = i64::try_from(failed.len()).unwrap_or(0);
    Ok(value!({ "FailedCount": (count), "SuccessCount": (good), "FailedFindings": (failed) }))
}

fn refusal(call: &Call, finding: &Object) -> Option<String> {
    let own = format!("product/{}/default", call.account());
    let product = text(finding, "ProductArn");
    if product.ends_with("/default") && !product.ends_with(&own) {
        return Some("Finding does not adhere to Amazon Finding Format. data.ProductArn should be of the caller's account.".to_owned());
    }
    if product.ends_with(&own) && text(finding, "AwsAccountId") != call.account().as_str() {
        return Some("Finding does not adhere to Amazon Finding Format. data.AwsAccountId should match the caller's account.".to_owned());
    }
    for member in ["CreatedAt", "UpdatedAt"] {
        if text(finding, member).parse::<jiff::Timestamp>().is_err() {
            return Some(format!(
                "Finding does not adhere to Amazon Finding Format. data.{member} should match format \"date-time\"."
            ));
        }
    }
    if text(finding, "SchemaVersion") != "2018-10-08" {
        return Some("Finding does not adhere to Amazon Finding Format. data.SchemaVersion should be equal to constant.".to_owned());
    }
    if finding.get("Severity").is_none() && finding.get("FindingProviderFields").is_none() {
        return Some("Finding does not adhere to Amazon Finding Format. data should have required property 'Severity'.".to_owned());
    }
    None
}

/// The findings that the caller sees and that fulfil the filters.
pub(super) fn found(
    call: &Call,
    world: &World,
    wanted: Option<&Object>,
) -> Result<Vec<(String, Object)>, Failure> {
    let mut found = Vec::new();
    for place in visible(call, world, &FINDING) {
        for (id, one) in world.shelf(&place) {
            let holds = match wanted {
                None => true,
                Some(wanted) => filters::hold(&one.facts, wanted, call.now)
                    .map_err(|message| call.invalid(message))?,
            };
            if holds {
                found.push((id.clone(), (*one.facts).clone()));
            }
        }
    }
    Ok(found)
}

fn get(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let mut found = found(call, world, call.object("Filters"))?;
    // Later criteria are applied first, so that earlier ones decide.
    for criterion in call.list("SortCriteria").iter().rev() {
        let field = criterion.text("Field");
        let path = filters::path(field).unwrap_or(field);
        let order = criterion.get("SortOrder").and_then(Value::as_str);
        criteria::sort(&mut found, path, order == Some("desc"));
    }
    let findings = found.into_iter().map(|(_, finding)| Value::from(finding)).collect();
    PAGES.slice(call, "Findings", findings)
}

/// What a customer may change.
const CHANGEABLE: [&str; 7] = [
    "VerificationState",
    "Confidence",
    "Criticality",
    "Types",
    "UserDefinedFields",
    "Workflow",
    "RelatedFindings",
];

/// Sets what an update says, and returns the fields that are different now.
pub(super) fn set(finding: &mut Object, update: &Object, now: &str) -> Vec<Value> {
    let before = finding.clone();
    finding.extend(update.pick(CHANGEABLE));
    if let Some(note) = update.get("Note").and_then(Value::as_object) {
        let mut note = note.clone();
        note.insert("UpdatedAt", now);
        finding.insert("Note", note);
    }
    if let Some(severity) = update.get("Severity").and_then(Value::as_object) {
        let label = match severity.get("Label").and_then(Value::as_str) {
            Some(label) => label.to_owned(),
            None => {
                label(severity.get("Normalized").and_then(Value::as_i64).unwrap_or(0)).to_owned()
            }
        };
        let mut changed = severity.clone();
        changed.insert("Normalized", normalized(&label));
        changed.insert("Label", label);
        finding.insert("Severity", changed);
    }
    let status = finding.get("Workflow").and_then(|one| one.get("Status")).cloned();
    if let Some(status) = status {
        finding.insert("WorkflowState", status);
    }
    let shown =
        |value: Option<&Value>| value.map(|value| value.to_json().to_string()).unwrap_or_default();
    let names = CHANGEABLE.iter().copied().chain(["Note", "Severity"]);
    names
        .filter(|name| before.get(name) != finding.get(name))
        .map(|name| {
            value!({
                "UpdatedField": (name),
                "OldValue": (shown(before.get(name))),
                "NewValue": (shown(finding.get(name)))
            })
        })
        .collect()
}

fn batch_update(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let Some(update) = call.input.as_object() else { return Ok(Value::object()) };
    let places = visible(call, world, &FINDING);
    let (mut processed, mut unprocessed) = (Vec::new(), Vec::new());
    for identifier in call.list("FindingIdentifiers") {
        let id = key(identifier.text("ProductArn"), identifier.text("Id"));
        let Some(place) = places.iter().find(|place| world.get(place, &id).is_some()) else {
            unprocessed.push(value!({
                "FindingIdentifier": (identifier.clone()),
                "ErrorCode": "FindingNotFound",
                "ErrorMessage": "The finding identifier that you supplied was not found."
            }));
            continue;
        };
        let now = world.now();
        let mut changed = (Vec::new(), Object::new());
        world.change(place, &id, |finding| {
            let updates = set(finding, update, &now.to_string());
            finding.insert("ProcessedAt", now.to_string());
            changed = (updates, finding.clone());
        });
        let (updates, finding) = changed;
        let record = object! {
            "UpdateTime": (now),
            "FindingCreated": (false),
            "UpdateSource": { "Type": "BATCH_UPDATE_FINDINGS", "Identity": (call.caller.arn.as_str()) },
            "Updates": (updates)
        };
        remember(world, place, &id, record);
        tell(world, place, &finding);
        processed.push(identifier.clone());
    }
    Ok(value!({ "ProcessedFindings": (processed), "UnprocessedFindings": (unprocessed) }))
}

fn history(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let part = |member: &str| {
        call.input
            .path(&format!("FindingIdentifier.{member}"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let id = key(part("ProductArn"), part("Id"));
    let places = visible(call, world, &FINDING);
    let found = places.iter().find_map(|place| world.get(place, &id));
    let found = found.ok_or_else(|| FINDING.missing.failure(part("Id")).with_status(404))?;
    let records = found.inside.list("History").iter().filter(|record| {
        let time = record.get("UpdateTime").and_then(Value::as_timestamp);
        time.is_some_and(|time| {
            call.time("StartTime").is_none_or(|start| time >= start)
                && call.time("EndTime").is_none_or(|end| time <= end)
        })
    });
    let records = records.map(|record| {
        let mut record = record.as_object().cloned().unwrap_or_default();
        record.insert(
            "FindingIdentifier",
            call.input.get("FindingIdentifier").cloned().unwrap_or_default(),
        );
        Value::from(record)
    });
    let records = records.collect();
    PAGES.slice(call, "Records", records)
}
