//! Standards: which are enabled, which of their controls are, and the findings that the controls make.
//!
//! A standard is checked when it has become ready and every twelve hours from then: each enabled control is judged by the
//! Config rule that stands behind it, over the resources that the world has at that time.

use jiff::Span;
use reeve_model::{Object, Value};

use super::{
    controls::{self, CONTROLS, Control},
    findings,
    hub::{self, PAGES, required},
};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Missing},
    services::{
        Action, Part,
        config::{self, Compliance},
    },
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&STANDARD],
    operations: &[
        ("DescribeStandards", Action::Own(describe_standards)),
        ("BatchEnableStandards", Action::Own(enable)),
        ("BatchDisableStandards", Action::Own(disable)),
        ("GetEnabledStandards", Action::Own(enabled)),
        ("DescribeStandardsControls", Action::Own(describe_controls)),
        ("UpdateStandardsControl", Action::Own(update_control)),
        ("ListSecurityControlDefinitions", Action::Own(definitions)),
        ("GetSecurityControlDefinition", Action::Own(get_definition)),
        ("BatchGetSecurityControls", Action::Own(get_controls)),
        ("ListStandardsControlAssociations", Action::Own(associations)),
        ("BatchUpdateStandardsControlAssociations", Action::Own(associate)),
    ],
    tasks: &[("securityhub:standard-ready", ready), ("securityhub:check-standard", check)],
};

/// An enabled standard; its id is the standard's path, such as `pci-dss/v/3.2.1`.
pub(crate) static STANDARD: Definition = Definition {
    resource_type: "AWS::SecurityHub::Standard",
    arn: "arn:{partition}:securityhub:{region}:{account}:subscription/{id}",
    missing: Missing::new("ResourceNotFoundException", "{id} was not found").with_status(404),
    ..Definition::OF
};

const FOUNDATIONAL: &str = "aws-foundational-security-best-practices/v/1.0.0";
const CIS: &str = "cis-aws-foundations-benchmark/v/1.2.0";

/// The standards: path, name, and whether they are enabled unless one says otherwise.
const STANDARDS: [(&str, &str, bool); 2] = [
    (FOUNDATIONAL, "AWS Foundational Security Best Practices v1.0.0", true),
    (CIS, "CIS AWS Foundations Benchmark v1.2.0", true),
];

/// How long a standard is pending, in seconds.
const PENDING: i64 = 60;
/// How often the controls are judged, in hours.
const EVERY: i64 = 12;

fn standard_arn(place: &Place, path: &str) -> String {
    let partition = place.region.partition();
    match path {
        CIS => format!("arn:{partition}:securityhub:::ruleset/{path}"),
        _ => format!("arn:{partition}:securityhub:{}::standards/{path}", place.region),
    }
}

fn path_of(arn: &str) -> Option<&'static str> {
    let known = STANDARDS.iter().map(|(path, _, _)| *path);
    known.into_iter().find(|path| arn.ends_with(&format!("/{path}")))
}

fn is_in(control: &Control, path: &str) -> bool {
    path == FOUNDATIONAL || control.is_in_cis
}

fn describe_standards(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&STANDARD);
    let shown = STANDARDS.iter().map(|(path, name, by_default)| {
        value!({
            "StandardsArn": (standard_arn(&place, path)),
            "Name": (*name),
            "Description": (format!("The {name} standard")),
            "EnabledByDefault": (*by_default)
        })
    });
    PAGES.slice(call, "Standards", shown.collect())
}

/// Enables the standards that a new hub has.
pub(super) fn enable_default(world: &mut World, place: &Place) {
    for (path, _, by_default) in STANDARDS {
        if by_default {
            enable_one(world, place, path);
        }
    }
}

fn enable_one(world: &mut World, place: &Place, path: &str) {
    let place = place.beside(&STANDARD);
    if world.get(&place, path).is_some() {
        return;
    }
    let standard = object! {
        "StandardsStatus": "PENDING",
        "StandardsInput": {},
        "StandardsControlsUpdatable": "READY_FOR_UPDATES"
    };
    world.put(place.clone(), path, Resource::new(facts(standard), std::sync::Arc::default()));
    let due = world.now() + Span::new().seconds(PENDING);
    world.schedule(due, Task::new("securityhub:standard-ready", &place, path));
}

fn show(place: &Place, path: &str, found: &Resource) -> Value {
    let mut shown = (*found.facts).clone();
    shown.insert("StandardsArn", standard_arn(place, path));
    shown.insert("StandardsSubscriptionArn", place.arn_of(&STANDARD, path));
    shown.into()
}

fn enable(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&STANDARD);
    let mut shown = Vec::new();
    for request in call.list("StandardsSubscriptionRequests") {
        let arn = request.text("StandardsArn");
        let path =
            path_of(arn).ok_or_else(|| call.invalid(format!("Invalid StandardsArn: {arn}")))?;
        enable_one(world, &place, path);
        shown.extend(world.get(&place, path).map(|found| show(&place, path, found)));
    }
    Ok(call.fit(value!({ "StandardsSubscriptions": (shown) })))
}

fn disable(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&STANDARD);
    let mut shown = Vec::new();
    for arn in call.texts("StandardsSubscriptionArns") {
        let path = call.id_of(&STANDARD, arn);
        let mut found = world
            .remove(&place, &path)
            .ok_or_else(|| call.invalid(format!("Invalid StandardsSubscriptionArn: {arn}")))?;
        found.facts_mut().insert("StandardsStatus", "DELETING");
        shown.push(show(&place, &path, &found));
    }
    Ok(call.fit(value!({ "StandardsSubscriptions": (shown) })))
}

fn enabled(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&STANDARD);
    let wanted = call.texts("StandardsSubscriptionArns");
    let shown = world.shelf(&place).iter().map(|(path, found)| show(&place, path, found));
    let shown = shown.filter(|one| {
        let arn = one.text("StandardsSubscriptionArn");
        wanted.is_empty() || wanted.contains(&arn)
    });
    let shown = shown.collect();
    PAGES.slice(call, "StandardsSubscriptions", shown)
}

fn ready(world: &mut World, task: &Task) {
    let is_there = world.change(&task.place, &task.id, |facts| {
        facts.insert("StandardsStatus", "READY");
    });
    if is_there {
        check(world, task);
    }
}

/// Judges every control of a standard, and has it done again.
fn check(world: &mut World, task: &Task) {
    if world.get(&task.place, &task.id).is_none() || !hub::is_on(world, &task.place) {
        return;
    }
    for control in CONTROLS.iter().filter(|control| is_in(control, &task.id)) {
        if is_enabled(world, &task.place, &task.id, control.id) {
            judge(world, &task.place, control);
        }
    }
    let due = world.now() + Span::new().hours(EVERY);
    world.schedule(due, Task::new("securityhub:check-standard", &task.place, &task.id));
}

fn judge(world: &mut World, place: &Place, control: &Control) {
    let judged = config::judge(world, (&place.account, &place.region), control.rule);
    for (resource, compliance) in judged {
        let (status, severity) = match compliance {
            Compliance::Compliant => ("PASSED", "INFORMATIONAL"),
            Compliance::NonCompliant(_) => ("FAILED", control.severity),
            Compliance::NotApplicable | Compliance::Unknown(_) => continue,
        };
        let (account, region) = (place.account.as_str(), place.region.as_str());
        let partition = place.region.partition();
        let key =
            crate::kind::uuid_of(&format!("{account}/{region}/{}/{}", control.id, resource.arn));
        let now = world.now().to_string();
        let arn = format!(
            "arn:{partition}:securityhub:{region}:{account}:security-control/{}/finding/{key}",
            control.id
        );
        let state = if status == "PASSED" { "RESOLVED" } else { "NEW" };
        let finding = object! {
            "SchemaVersion": "2018-10-08",
            "Id": (arn),
            "ProductArn": (format!("arn:{partition}:securityhub:{region}::product/aws/securityhub")),
            "ProductName": "Security Hub",
            "CompanyName": "AWS",
            "GeneratorId": (format!("security-control/{}", control.id)),
            "AwsAccountId": (account),
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
            "CreatedAt": (now.as_str()),
            "UpdatedAt": (now.as_str()),
            "Severity": { "Label": (severity), "Original": (severity) },
            "Title": (control.title),
            "Description": (format!("This control checks whether the following holds: {}.", control.title)),
            "Compliance": {
                "Status": (status),
                "SecurityControlId": (control.id),
                "AssociatedStandards": [{ "StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0" }]
            },
            "Workflow": { "Status": (state) },
            "Resources": [{
                "Type": (hub_type(&resource.resource_type)),
                "Id": (resource.arn),
                "Partition": (partition.as_str()),
                "Region": (region)
            }]
        };
        findings::import(world, (&place.account, &place.region), finding);
    }
}

/// `AWS::EC2::Volume` is `AwsEc2Volume` here.
fn hub_type(resource_type: &str) -> String {
    let title = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        let rest: String = letters.collect();
        let rest =
            if part.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()) {
                rest.to_ascii_lowercase()
            } else {
                rest
            };
        first.into_iter().chain(rest.chars()).collect::<String>()
    };
    resource_type.split("::").map(title).collect()
}

/// What the owner decided about a control is kept with the standard.
fn is_enabled(world: &World, place: &Place, path: &str, control: &str) -> bool {
    status(world, place, path, control).is_none_or(|one| one.text("ControlStatus") == "ENABLED")
}

fn status<'w>(world: &'w World, place: &Place, path: &str, control: &str) -> Option<&'w Value> {
    world.get(place, path)?.inside.get(control)
}

fn set_status(
    world: &mut World,
    place: &Place,
    path: &str,
    (control, status, reason): (&str, &str, &str),
) -> bool {
    let now = world.now();
    world.change_inside(place, path, |inside| {
        inside.insert(
            control,
            object! { "ControlStatus": (status), "DisabledReason": (reason), "ControlStatusUpdatedAt": (now) },
        );
    })
}

fn described(call: &Call, control: &Control) -> Object {
    object! {
        "ControlId": (control.id),
        "SecurityControlId": (control.id),
        "SecurityControlArn": (format!(
            "arn:{}:securityhub:{}:{}:security-control/{}",
            call.region.partition(), call.region, call.account(), control.id
        )),
        "Title": (control.title),
        "Description": (format!("This control checks whether the following holds: {}.", control.title)),
        "RemediationUrl": (format!("https://docs.aws.amazon.com/console/securityhub/{}/remediation", control.id)),
        "SeverityRating": (control.severity),
        "CurrentRegionAvailability": "AVAILABLE",
        "SecurityControlStatus": "ENABLED",
        "UpdateStatus": "READY",
        "StandardsControlTitle": (control.title),
        "StandardsControlDescription": (control.title)
    }
}

fn describe_controls(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let arn = call.required("StandardsSubscriptionArn")?;
    let path = call.id_of(&STANDARD, arn);
    let place = call.place(&STANDARD);
    call.find(world, &STANDARD, &path)?;
    let mut shown = Vec::new();
    for control in CONTROLS.iter().filter(|control| is_in(control, &path)) {
        let mut one = described(call, control);
        one.insert(
            "StandardsControlArn",
            format!(
                "arn:{}:securityhub:{}:{}:control/{path}/{}",
                call.region.partition(),
                call.region,
                call.account(),
                control.id
            ),
        );
        one.insert("ControlStatus", "ENABLED");
        for (name, value) in status(world, &place, &path, control.id)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Object::iter)
        {
            one.insert(name, value.clone());
        }
        shown.push(one.into());
    }
    PAGES.slice(call, "Controls", shown)
}

fn update_control(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let arn = call.required("StandardsControlArn")?;
    let parts = arn.split_once(":control/").and_then(|(_, rest)| rest.rsplit_once('/'));
    let (path, control) =
        parts.ok_or_else(|| call.invalid(format!("Invalid StandardsControlArn: {arn}")))?;
    let wanted = call.required("ControlStatus")?;
    let reason = call.text("DisabledReason").unwrap_or_default();
    if wanted == "DISABLED" && reason.is_empty() {
        return Err(call.invalid("DisabledReason must be given to disable a control"));
    }
    let done = set_status(world, &call.place(&STANDARD), path, (control, wanted, reason));
    if done { Ok(Value::object()) } else { Err(STANDARD.missing.failure(arn)) }
}

fn definitions(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let path = call.text("StandardsArn").and_then(path_of);
    let shown = CONTROLS
        .iter()
        .filter(|control| path.is_none_or(|path| is_in(control, path)))
        .map(|control| described(call, control).into())
        .collect();
    PAGES.slice(call, "SecurityControlDefinitions", shown)
}

fn get_definition(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let id = call.required("SecurityControlId")?;
    let control = controls::named(id).ok_or_else(|| STANDARD.missing.failure(id))?;
    Ok(call.fit(value!({ "SecurityControlDefinition": (described(call, control)) })))
}

fn get_controls(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for id in call.texts("SecurityControlIds") {
        let id = id.rsplit('/').next().unwrap_or(id);
        match controls::named(id) {
            Some(control) => known.push(Value::from(described(call, control))),
            None => unknown.push(value!({
                "SecurityControlId": (id),
                "ErrorCode": "NOT_FOUND",
                "ErrorReason": "The security control was not found"
            })),
        }
    }
    Ok(call.fit(value!({ "SecurityControls": (known), "UnprocessedIds": (unknown) })))
}

fn associations(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let id = call.required("SecurityControlId")?;
    let control = controls::named(id)
        .ok_or_else(|| call.invalid(format!("Invalid SecurityControlId: {id}")))?;
    let place = call.place(&STANDARD);
    let enabled = world.shelf(&place).keys().filter(|path| is_in(control, path));
    let shown = enabled
        .map(|path| {
            let mut one = described(call, control);
            let is_on = is_enabled(world, &place, path, id);
            one.insert("StandardsArn", standard_arn(&place, path));
            one.insert("AssociationStatus", if is_on { "ENABLED" } else { "DISABLED" });
            one.into()
        })
        .collect();
    PAGES.slice(call, "StandardsControlAssociationSummaries", shown)
}

fn associate(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&STANDARD);
    let mut unprocessed = Vec::new();
    for update in call.list("StandardsControlAssociationUpdates") {
        let path = path_of(update.text("StandardsArn"))
            .filter(|_| controls::named(update.text("SecurityControlId")).is_some());
        let decided = (
            update.text("SecurityControlId"),
            update.text("AssociationStatus"),
            update.text("UpdatedReason"),
        );
        if !path.is_some_and(|path| set_status(world, &place, path, decided)) {
            unprocessed.push(value!({
                "StandardsControlAssociationUpdate": (update.clone()),
                "ErrorCode": "NOT_FOUND",
                "ErrorReason": "The standard is not enabled or has no such control"
            }));
        }
    }
    Ok(value!({ "UnprocessedAssociationUpdates": (unprocessed) }))
}
