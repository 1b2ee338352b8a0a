//! Support cases: opened, answered after a while, resolved.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity, Missing, Scope},
    page::Paging,
    store::{Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

/// A support case.
pub(super) static CASE: Definition = Definition {
    resource_type: "AWS::Support::Case",
    arn: "arn:{partition}:support::{account}:case/{id}",
    identity: &[("caseId", Identity::Id)],
    scope: Scope::Global,
    missing: Missing::new("CaseIdNotFound", "Unable to find a case with ID {id}"),
    ..Definition::OF
};

/// The task in which somebody at AWS answers.
pub(super) const ANSWERED: &str = "support:answered";
/// The inner fact with what was written, oldest first.
const COMMUNICATIONS: &str = "Communications";
const FROM_AWS: &str = "Amazon Web Services";

/// Severities, and within how many minutes somebody answers.
const SEVERITIES: [(&str, &str, i64); 5] = [
    ("low", "General guidance", 24 * 60),
    ("normal", "System impaired", 12 * 60),
    ("high", "Production system impaired", 4 * 60),
    ("urgent", "Production system down", 60),
    ("critical", "Business-critical system down", 15),
];

const SERVICES: [(&str, &str); 12] = [
    ("amazon-elastic-compute-cloud-linux", "Elastic Compute Cloud (EC2 - Linux)"),
    ("amazon-elastic-compute-cloud-windows", "Elastic Compute Cloud (EC2 - Windows)"),
    ("amazon-elastic-block-store", "Elastic Block Store (EBS)"),
    ("amazon-relational-database-service-mysql", "Relational Database Service (MySQL)"),
    ("amazon-simple-storage-service", "Simple Storage Service (S3)"),
    ("amazon-virtual-private-cloud", "Virtual Private Cloud (VPC)"),
    ("elastic-load-balancing", "Elastic Load Balancing (ELB)"),
    ("amazon-cloudwatch", "CloudWatch"),
    ("aws-backup", "Backup"),
    ("aws-systems-manager", "Systems Manager"),
    ("service-ams-operations-service-request", "AMS Operations - Service Request"),
    ("service-ams-operations-report-incident", "AMS Operations - Report Incident"),
];

const CATEGORIES: [(&str, &str); 3] =
    [("general-guidance", "General Guidance"), ("issue", "Issue"), ("other", "Other")];

fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn check_plain(call: &Call) -> Result<(), Failure> {
    if call.text("attachmentSetId").is_some() || !call.list("uploadIds").is_empty() {
        return Err(Failure::new("AttachmentSetIdNotFound", "Attachments are not simulated."));
    }
    if call.flag("dryRun") {
        let message = "The request would have succeeded.";
        return Err(Failure::new("DryRunOperationException", message));
    }
    Ok(())
}

fn communication(case: &str, body: &str, by: &str, now: Timestamp) -> Value {
    value!({
        "caseId": (case), "body": (body), "submittedBy": (by), "timeCreated": (stamp(now)), "attachmentSet": [],
    })
}

/// `CreateCase`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    check_plain(call)?;
    let severity = call.text("severityCode").unwrap_or("low");
    let minutes =
        SEVERITIES.iter().find(|(code, ..)| *code == severity).map(|(.., minutes)| *minutes);
    let Some(minutes) = minutes else {
        return Err(call.invalid(format!("The severity code {severity} is not valid.")));
    };
    let year = call.now.strftime("%Y");
    let id = format!("case-{}-muen-{year}-{}", call.account(), world.random_hex(16));
    let mut described = object! {
        "displayId": (world.random_between(10_000_000_000, 19_999_999_999).to_string()),
        "subject": (call.required("subject")?),
        "status": "unassigned",
        "serviceCode": (call.text("serviceCode").unwrap_or("general-info")),
        "categoryCode": (call.text("categoryCode").unwrap_or("other")),
        "severityCode": (severity),
        "submittedBy": (call.caller.arn.as_str()),
        "timeCreated": (stamp(call.now)),
        "language": (call.text("language").unwrap_or("en")),
    };
    described.insert(
        "ccEmailAddresses",
        call.input.get("ccEmailAddresses").cloned().unwrap_or(Value::List(Vec::new())),
    );
    let first = communication(&id, call.required("communicationBody")?, &call.caller.arn, call.now);
    let inside = Object::from_iter([(COMMUNICATIONS, Value::List(vec![first]))]);
    let place = call.place(&CASE);
    let resource = Resource::new(facts(described), Arc::default()).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    let after = world.random_between(minutes / 4 + 1, minutes);
    world.schedule(call.now + SignedDuration::from_mins(after), Task::new(ANSWERED, &place, &id));
    Ok(value!({"caseId": (id)}))
}

/// Somebody at AWS answers.
pub(super) fn answer(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(case) = world.get(place, id) else { return };
    if case.fact("status") == Some("resolved") {
        return;
    }
    let body = match world.fate(place, id, "SupportCase") {
        Fate::Succeeds => "Thank you for contacting us. We have looked into this and ask you to confirm our findings.".to_owned(),
        Fate::Fails(reason) => format!("We could not reproduce what you describe: {reason}"),
        Fate::Never => return,
    };
    let answer = communication(id, &body, FROM_AWS, world.now());
    say(world, (place, id), answer, "pending-customer-action");
}

fn say(
    world: &mut World,
    (place, id): (&crate::store::Place, &str),
    communication: Value,
    status: &str,
) {
    world.set(place, id, "status", status);
    world.change_inside(place, id, |inside| {
        if let Some(Value::List(all)) = inside.get_mut(COMMUNICATIONS) {
            all.push(communication);
        }
    });
}

/// `AddCommunicationToCase`.
pub(super) fn add(call: &Call, world: &mut World) -> Answer {
    check_plain(call)?;
    let id = call.required("caseId")?;
    call.find(world, &CASE, id)?;
    let said = communication(id, call.required("communicationBody")?, &call.caller.arn, call.now);
    let place = call.place(&CASE);
    say(world, (&place, id), said, "customer-action-completed");
    let after = SignedDuration::from_mins(world.random_between(20, 240));
    world.schedule(call.now + after, Task::new(ANSWERED, &place, id));
    Ok(value!({"result": true}))
}

/// `ResolveCase`.
pub(super) fn resolve(call: &Call, world: &mut World) -> Answer {
    check_plain(call)?;
    let id = call.required("caseId")?;
    let before = call.find(world, &CASE, id)?.fact("status").unwrap_or_default().to_owned();
    world.set(&call.place(&CASE), id, "status", "resolved");
    Ok(value!({"initialCaseStatus": (before), "finalCaseStatus": "resolved"}))
}

const PAGES: Paging =
    Paging::of("maxResults", "nextToken", (10, 100), "ValidationException").with_least(10);

/// `DescribeCases`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("caseIdList");
    for id in &ids {
        call.find(world, &CASE, id)?;
    }
    let within = |case: &Resource| {
        let created = case.fact("timeCreated").unwrap_or_default();
        call.text("afterTime").is_none_or(|after| created >= after)
            && call.text("beforeTime").is_none_or(|before| created <= before)
    };
    let resolved = call.flag("includeResolvedCases");
    let talks = call.input.get("includeCommunications").and_then(Value::as_bool) != Some(false);
    let keep = |id: &str, case: &Resource| {
        (ids.is_empty() || ids.contains(&id))
            && call.text("displayId").is_none_or(|wanted| case.fact("displayId") == Some(wanted))
            && (resolved || !ids.is_empty() || case.fact("status") != Some("resolved"))
            && within(case)
    };
    let show = |_: &str, case: &Resource, mut shown: Object| {
        if talks {
            let all = said(case);
            let latest: Value = all.iter().rev().take(5).cloned().collect();
            shown.insert("recentCommunications", value!({"communications": (latest)}));
        }
        Value::from(shown)
    };
    PAGES.list((call, world), (&CASE, "cases"), keep, show).map(|found| call.fit(found))
}

fn said(case: &Resource) -> &[Value] {
    case.inside.get(COMMUNICATIONS).map_or(&[], Value::as_list)
}

/// `DescribeCommunications`, the latest first.
pub(super) fn communications(call: &Call, world: &mut World) -> Answer {
    let id = call.required("caseId")?;
    let case = call.find(world, &CASE, id)?;
    let all: Value = said(case).iter().rev().cloned().collect();
    Ok(Value::from_iter([("communications", all)]))
}

/// `DescribeServices`.
pub(super) fn services(call: &Call, _: &mut World) -> Answer {
    let wanted = call.texts("serviceCodeList");
    let categories: Value =
        CATEGORIES.iter().map(|(code, name)| value!({"code": (*code), "name": (*name)})).collect();
    let shown = SERVICES
        .iter()
        .filter(|(code, _)| wanted.is_empty() || wanted.contains(code))
        .map(|(code, name)| {
            value!({"code": (*code), "name": (*name), "categories": (categories.clone())})
        });
    Ok(Value::from_iter([("services", shown.collect::<Value>())]))
}

/// `DescribeSeverityLevels`.
pub(super) fn severity_levels(_: &Call, _: &mut World) -> Answer {
    let shown = SEVERITIES.iter().map(|(code, name, _)| value!({"code": (*code), "name": (*name)}));
    Ok(Value::from_iter([("severityLevels", shown.collect::<Value>())]))
}
