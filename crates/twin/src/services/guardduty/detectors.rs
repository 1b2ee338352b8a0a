//! Detectors: whether `GuardDuty` is on in a Region, and what it looks at.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Missing, TagForm},
    page::Paging,
    recipe::{Action, Create, List, NewId, TagAccess, TagInput},
    services::Part,
    store::Place,
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&DETECTOR],
    operations: &[
        ("CreateDetector", Action::Create(&CREATE)),
        ("GetDetector", Action::Own(get)),
        ("UpdateDetector", Action::Own(update)),
        ("DeleteDetector", Action::Own(delete)),
        ("ListDetectors", Action::List(&LIST)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[],
};

/// A detector.
pub(crate) static DETECTOR: Definition = Definition {
    resource_type: "AWS::GuardDuty::Detector",
    tagging_type: "guardduty:detector",
    arn: "arn:{partition}:guardduty:{region}:{account}:detector/{id}",
    tags: TagForm::Map("Tags"),
    missing: Missing::new("BadRequestException", NOT_OWNED),
    ..Definition::OF
};

const NOT_OWNED: &str = "The request is rejected because the input detectorId is not owned by the \
                         current account.";

/// What a detector looks at if its owner says nothing.
const FEATURES: [(&str, &str); 11] = [
    ("CLOUD_TRAIL", "ENABLED"),
    ("DNS_LOGS", "ENABLED"),
    ("FLOW_LOGS", "ENABLED"),
    ("S3_DATA_EVENTS", "ENABLED"),
    ("EKS_AUDIT_LOGS", "ENABLED"),
    ("EBS_MALWARE_PROTECTION", "ENABLED"),
    ("RDS_LOGIN_EVENTS", "ENABLED"),
    ("EKS_RUNTIME_MONITORING", "DISABLED"),
    ("LAMBDA_NETWORK_LOGS", "ENABLED"),
    ("RUNTIME_MONITORING", "DISABLED"),
    ("AI_PROTECTION", "DISABLED"),
];

pub(super) static PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (50, 50), "BadRequestException");

static CREATE: Create = Create {
    kind: &DETECTOR,
    id: NewId::Made(new_id),
    keep: &[],
    facts: first_facts,
    tags: TagInput::Map("Tags"),
    check: only_one,
    then: created,
    ..Create::OF
};

static LIST: List =
    List { kind: &DETECTOR, member: "DetectorIds", paging: &PAGES, only_ids: true, ..List::OF };

static TAGS: TagAccess =
    TagAccess { kinds: &[&DETECTOR], tags: TagInput::Map("Tags"), ..TagAccess::OF };

fn new_id(_: &Call, world: &mut World) -> Result<String, Failure> {
    Ok(world.random_hex(32))
}

fn only_one(call: &Call, world: &mut World, _: &str) -> Result<(), Failure> {
    if world.shelf(&call.place(&DETECTOR)).is_empty() {
        return Ok(());
    }
    Err(call.invalid(
        "The request is rejected because a detector already exists for the current account.",
    ))
}

fn first_facts(call: &Call, world: &mut World) -> Object {
    let now = world.now();
    let is_on = call.flag("Enable");
    let frequency = call.text("FindingPublishingFrequency").unwrap_or("SIX_HOURS");
    let mut facts = object! {
        "CreatedAt": (now.to_string()),
        "UpdatedAt": (now.to_string()),
        "FindingPublishingFrequency": (frequency),
        "Status": (if is_on { "ENABLED" } else { "DISABLED" }),
        "ServiceRole": (format!(
            "arn:aws:iam::{}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
            call.account()
        )),
    };
    let features = FEATURES.iter().map(|(name, status)| {
        Value::from_iter([
            ("Name", Value::from(*name)),
            ("Status", Value::from(*status)),
            ("UpdatedAt", Value::from(now)),
        ])
    });
    facts.insert("Features", features.collect::<Value>());
    set_features(&mut facts, call);
    facts
}

/// The features that the caller says something about.
fn set_features(facts: &mut Object, call: &Call) {
    let now = call.now;
    let Some(Value::List(features)) = facts.get_mut("Features") else { return };
    for wanted in call.list("Features") {
        let name = wanted.text("Name");
        let feature =
            features.iter_mut().find(|one| one.get("Name").and_then(Value::as_str) == Some(name));
        if let Some(feature) = feature.and_then(Value::as_object_mut) {
            if let Some(status) = wanted.get("Status") {
                feature.insert("Status", status.clone());
            }
            if let Some(more) = wanted.get("AdditionalConfiguration") {
                feature.insert("AdditionalConfiguration", more.clone());
            }
            feature.insert("UpdatedAt", now);
        }
    }
}

fn created(call: &Call, world: &mut World, id: &str) -> Result<(), Failure> {
    world.set(&call.place(&DETECTOR), id, "DetectorId", id);
    Ok(())
}

/// The caller's detector of this id.
pub(super) fn required(call: &Call, world: &World) -> Result<String, Failure> {
    let id = call.required("DetectorId")?.to_owned();
    call.find(world, &DETECTOR, &id)?;
    Ok(id)
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = required(call, world)?;
    let place = call.place(&DETECTOR);
    let found = call.find(world, &DETECTOR, &id)?;
    let mut shown = place.describe(&DETECTOR, &id, found);
    let status = |name: &str| {
        let features = found.list("Features");
        let feature =
            features.iter().find(|one| one.get("Name").and_then(Value::as_str) == Some(name));
        let status = feature.and_then(|one| one.get("Status")).cloned();
        Value::from_iter([("Status", status.unwrap_or_else(|| "DISABLED".into()))])
    };
    let sources = object! {
        "CloudTrail": (status("CLOUD_TRAIL")),
        "DNSLogs": (status("DNS_LOGS")),
        "FlowLogs": (status("FLOW_LOGS")),
        "S3Logs": (status("S3_DATA_EVENTS")),
        "Kubernetes": { "AuditLogs": (status("EKS_AUDIT_LOGS")) },
        "MalwareProtection": {
            "ScanEc2InstanceWithFindings": { "EbsVolumes": (status("EBS_MALWARE_PROTECTION")) }
        }
    };
    shown.insert("DataSources", sources);
    Ok(call.fit(shown.into()))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = required(call, world)?;
    let now = world.now().to_string();
    world.change(&call.place(&DETECTOR), &id, |facts| {
        if call.input.get("Enable").is_some() {
            let status = if call.flag("Enable") { "ENABLED" } else { "DISABLED" };
            facts.insert("Status", status);
        }
        facts.extend(call.given_texts(["FindingPublishingFrequency"]));
        set_features(facts, call);
        facts.insert("UpdatedAt", now);
    });
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = required(call, world)?;
    let has_members = !world.shelf(&call.place(&super::members::MEMBER)).is_empty();
    if has_members {
        return Err(call.invalid(
            "The request is rejected because the detector has member accounts associated with it.",
        ));
    }
    world.remove(&call.place(&DETECTOR), &id);
    for kind in [&super::findings::FINDING, &super::lists::FILTER, &super::lists::LIST] {
        let place = call.place(kind);
        let ids: Vec<String> = world.shelf(&place).keys().cloned().collect();
        for id in ids {
            world.remove(&place, &id);
        }
    }
    Ok(Value::object())
}

/// The id of a place's detector that is on.
pub(super) fn active(world: &World, place: &Place) -> Option<String> {
    let place = place.beside(&DETECTOR);
    let mut shelf = world.shelf(&place).iter();
    shelf.find(|(_, found)| found.fact("Status") == Some("ENABLED")).map(|(id, _)| id.clone())
}
