//! Findings: how they come, how they are looked for, and what becomes of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region};

use super::{
    criteria,
    detectors::{self, required},
    lists,
    members::visible,
    types::{self, FindingType},
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Missing},
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&FINDING],
    operations: &[
        ("CreateSampleFindings", Action::Own(create_samples)),
        ("GetFindings", Action::Own(get)),
        ("ListFindings", Action::Own(list)),
        ("ArchiveFindings", Action::Own(archive)),
        ("UnarchiveFindings", Action::Own(unarchive)),
        ("UpdateFindingsFeedback", Action::Own(feedback)),
        ("GetFindingsStatistics", Action::Own(statistics)),
    ],
    tasks: &[],
};

/// A finding.
pub(crate) static FINDING: Definition = Definition {
    resource_type: "AWS::GuardDuty::Finding",
    arn: "arn:{partition}:guardduty:{region}:{account}:finding/{id}",
    missing: Missing::new("BadRequestException", "The finding {id} does not exist."),
    ..Definition::OF
};

/// Puts a finding into the world, as `GuardDuty` would have found it: `type`, and if wanted `resource` (an instance id, bucket,
/// user or database), `severity`, `title`, `description` and `count`. Refused where no detector is on.
pub(crate) fn inject(
    world: &mut World,
    (account, region): (&AccountId, &Region),
    finding: &Value,
) -> Result<String, Failure> {
    let place = Place { account: account.clone(), region: region.clone(), kind: &FINDING };
    let bad = |message: String| Failure::new("BadRequestException", message);
    let detector = detectors::active(world, &place)
        .ok_or_else(|| bad(format!("GuardDuty is not enabled in {account}/{region}")))?;
    let name = finding.text("type");
    if name.is_empty() {
        return Err(bad("a GuardDuty finding needs a `type`".to_owned()));
    }
    let known = types::named(name);
    let mut made = made(world, &place, &detector, (name, known, finding));
    let id = world.random_hex(32);
    made.insert("Id", id.as_str());
    made.insert("Arn", arn(&place, &detector, &id));
    if lists::archives(world, &place, &made) {
        set_archived(&mut made, true);
    }
    publish(world, &place, (&id, made));
    Ok(id)
}

fn arn(place: &Place, detector: &str, id: &str) -> String {
    let (account, region) = (&place.account, &place.region);
    format!(
        "arn:{}:guardduty:{region}:{account}:detector/{detector}/finding/{id}",
        region.partition()
    )
}

fn made(
    world: &mut World,
    place: &Place,
    detector: &str,
    (name, known, said): (&str, Option<&FindingType>, &Value),
) -> Object {
    let now = world.now().to_string();
    let subject =
        said.get("resource").and_then(Value::as_str).unwrap_or("GeneratedFindingResource");
    let severity = said.get("severity").and_then(Value::as_f64);
    let severity = severity.or_else(|| known.map(|known| known.severity)).unwrap_or(5.0);
    let title = said.get("title").and_then(Value::as_str).map(str::to_owned);
    let title = title
        .or_else(|| known.map(|known| known.title.replace("{resource}", subject)))
        .unwrap_or_else(|| format!("{name} on {subject}."));
    let description = said.get("description").and_then(Value::as_str).unwrap_or(&title).to_owned();
    let count = said.get("count").and_then(Value::as_i64).unwrap_or(1);
    object! {
        "AccountId": (place.account.as_str()),
        "Region": (place.region.as_str()),
        "Partition": (place.region.partition().as_str()),
        "SchemaVersion": "2.0",
        "Type": (name),
        "Severity": (severity),
        "Title": (title),
        "Description": (description),
        "CreatedAt": (now.as_str()),
        "UpdatedAt": (now.as_str()),
        "Resource": (about(world, place, name, subject)),
        "Service": {
            "ServiceName": "guardduty",
            "DetectorId": (detector),
            "Archived": (false),
            "Count": (count),
            "ResourceRole": "TARGET",
            "EventFirstSeen": (now.as_str()),
            "EventLastSeen": (now.as_str()),
            "Action": (action(known)),
            "AdditionalInfo": { "Value": "{}", "Type": "default" }
        }
    }
}

/// What a finding is about, with what the world knows about it.
fn about(world: &World, place: &Place, name: &str, subject: &str) -> Value {
    let kind = types::resource_type(name);
    let mut about = object! { "ResourceType": (kind) };
    match kind {
        "Instance" => {
            about.insert("InstanceDetails", instance(world, place, subject));
        }
        "S3Bucket" => {
            let bucket = value!({
                "Arn": (format!("arn:{}:s3:::{subject}", place.region.partition())),
                "Name": (subject),
                "Type": "Destination"
            });
            about.insert("S3BucketDetails", Value::List(vec![bucket]));
        }
        "RDSDBInstance" => {
            about.insert("RdsDbInstanceDetails", object! { "DbInstanceIdentifier": (subject) });
        }
        "EKSCluster" => {
            about.insert("EksClusterDetails", object! { "Name": (subject) });
        }
        "Lambda" => {
            about.insert("LambdaDetails", object! { "FunctionName": (subject) });
        }
        _ => {
            about.insert(
                "AccessKeyDetails",
                object! {
                    "AccessKeyId": "GeneratedFindingAccessKeyId",
                    "PrincipalId": "GeneratedFindingPrincipalId",
                    "UserName": (subject),
                    "UserType": "IAMUser"
                },
            );
        }
    }
    about.into()
}

fn instance(world: &World, place: &Place, id: &str) -> Object {
    let mut details = object! { "InstanceId": (id) };
    let found = crate::kind::named("AWS::EC2::Instance")
        .and_then(|kind| world.get(&Place { kind, ..place.clone() }, id));
    let Some(found) = found else { return details };
    for member in ["InstanceType", "ImageId", "Platform"] {
        if let Some(text) = found.fact(member) {
            details.insert(member, text);
        }
    }
    if let Some(zone) = found.fact("Placement.AvailabilityZone") {
        details.insert("AvailabilityZone", zone);
    }
    details.insert("Tags", crate::kind::tag_list(&found.tags));
    details
}

fn action(known: Option<&FindingType>) -> Value {
    let remote = || {
        value!({
            "IpAddressV4": "198.51.100.0",
            "Country": { "CountryName": "GeneratedFindingCountryName" },
            "City": { "CityName": "GeneratedFindingCityName" }
        })
    };
    match known.map_or("", |known| known.action) {
        "DNS_REQUEST" => value!({
            "ActionType": "DNS_REQUEST",
            "DnsRequestAction": { "Domain": "GeneratedFindingDomainName", "Protocol": "UDP", "Blocked": (false) }
        }),
        "NETWORK_CONNECTION" => value!({
            "ActionType": "NETWORK_CONNECTION",
            "NetworkConnectionAction": {
                "ConnectionDirection": "INBOUND",
                "Protocol": "TCP",
                "Blocked": (false),
                "RemoteIpDetails": (remote())
            }
        }),
        "PORT_PROBE" => value!({
            "ActionType": "PORT_PROBE",
            "PortProbeAction": { "Blocked": (false), "PortProbeDetails": [{ "RemoteIpDetails": (remote()) }] }
        }),
        "AWS_API_CALL" => value!({
            "ActionType": "AWS_API_CALL",
            "AwsApiCallAction": {
                "Api": "GeneratedFindingAPIName",
                "ServiceName": "GeneratedFindingAPIServiceName",
                "CallerType": "Remote IP",
                "RemoteIpDetails": (remote())
            }
        }),
        _ => Value::object(),
    }
}

/// Puts a finding on the shelf and tells EventBridge and Security Hub, unless it is archived.
fn publish(world: &mut World, place: &Place, (id, finding): (&str, Object)) {
    let is_archived = is_archived(&finding);
    let told = lowered(&Value::Object(finding.clone()));
    let hub = hub_finding(&finding);
    world.put(place.clone(), id, Resource::new(facts(finding), std::sync::Arc::default()));
    if !is_archived {
        world.emit(Event::new("aws.guardduty", "GuardDuty Finding", place).with(told));
        crate::services::securityhub::import(world, (&place.account, &place.region), hub);
    }
}

fn hub_finding(finding: &Object) -> Object {
    let severity = finding.get("Severity").and_then(Value::as_f64).unwrap_or(0.0);
    let label = label(severity).to_uppercase();
    let partition = finding.text("Partition");
    let (account, region) = (finding.text("AccountId"), finding.text("Region"));
    let about = finding.get("Resource").cloned().unwrap_or_default();
    let (kind, id) = match about.get("ResourceType").and_then(Value::as_str) {
        Some("Instance") => {
            let id = about.path("InstanceDetails.InstanceId").and_then(Value::as_str);
            let id = id.unwrap_or_default();
            ("AwsEc2Instance", format!("arn:{partition}:ec2:{region}:{account}:instance/{id}"))
        }
        Some("S3Bucket") => {
            let arn = about.path("S3BucketDetails.0.Arn").and_then(Value::as_str);
            ("AwsS3Bucket", arn.unwrap_or_default().to_owned())
        }
        Some("RDSDBInstance") => {
            let id =
                about.path("RdsDbInstanceDetails.DbInstanceIdentifier").and_then(Value::as_str);
            let id = id.unwrap_or_default();
            ("AwsRdsDbInstance", format!("arn:{partition}:rds:{region}:{account}:db:{id}"))
        }
        _ => {
            let user = about.path("AccessKeyDetails.UserName").and_then(Value::as_str);
            let user = user.unwrap_or_default();
            ("AwsIamAccessKey", format!("AWS::IAM::AccessKey:{user}"))
        }
    };
    let types = format!("TTPs/{}", finding.text("Type").replace('/', "-"));
    object! {
        "SchemaVersion": "2018-10-08",
        "Id": (finding.text("Arn")),
        "ProductArn": (format!("arn:{partition}:securityhub:{region}::product/aws/guardduty")),
        "ProductName": "GuardDuty",
        "CompanyName": "Amazon",
        "GeneratorId": (format!("arn:{partition}:guardduty:{region}:{account}:detector/{}", finding
            .get("Service").and_then(|one| one.get("DetectorId")).and_then(Value::as_str).unwrap_or_default())),
        "AwsAccountId": (account),
        "Types": [(types)],
        "CreatedAt": (finding.text("CreatedAt")),
        "UpdatedAt": (finding.text("UpdatedAt")),
        "Severity": { "Product": (severity), "Label": (label) },
        "Title": (finding.text("Title")),
        "Description": (finding.text("Description")),
        "Resources": [{ "Type": (kind), "Id": (id), "Partition": (partition), "Region": (region) }],
        "RecordState": "ACTIVE",
        "Workflow": { "Status": "NEW" },
        "WorkflowState": "NEW"
    }
}

/// How bad a severity is in words.
pub(super) fn label(severity: f64) -> &'static str {
    match severity {
        severity if severity >= 9.0 => "Critical",
        severity if severity >= 7.0 => "High",
        severity if severity >= 4.0 => "Medium",
        _ => "Low",
    }
}

/// Member names as events have them.
pub(crate) fn lowered(value: &Value) -> Value {
    match value {
        Value::List(elements) => elements.iter().map(lowered).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, inner)| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                (first.into_iter().chain(letters).collect::<String>(), lowered(inner))
            })
            .collect::<Object>()
            .into(),
        Value::Timestamp(time) => Value::from(time.to_string()),
        other => other.clone(),
    }
}

fn is_archived(finding: &Object) -> bool {
    finding.get("Service").and_then(|one| one.get("Archived")).and_then(Value::as_bool)
        == Some(true)
}

fn set_archived(finding: &mut Object, is: bool) {
    if let Some(service) = finding.get_mut("Service").and_then(Value::as_object_mut) {
        service.insert("Archived", is);
    }
}

fn create_samples(call: &Call, world: &mut World) -> Answer {
    let detector = required(call, world)?;
    let place = call.place(&FINDING);
    let wanted = call.texts("FindingTypes");
    let chosen: Vec<&FindingType> = if wanted.is_empty() {
        types::TYPES.iter().collect()
    } else {
        let mut chosen = Vec::new();
        for name in wanted {
            chosen.push(types::named(name).ok_or_else(|| {
                call.invalid(
                    "The request is rejected because an invalid or out-of-range value is \
                              specified as an input parameter findingTypes.",
                )
            })?);
        }
        chosen
    };
    for one in chosen {
        let said = Value::object();
        let mut finding = made(world, &place, &detector, (one.name, Some(one), &said));
        let id = world.random_hex(32);
        finding.insert("Id", id.as_str());
        finding.insert("Arn", arn(&place, &detector, &id));
        let title =
            finding.get("Title").and_then(Value::as_str).map(|title| format!("[SAMPLE] {title}"));
        finding.insert("Title", title.unwrap_or_default());
        if let Some(service) = finding.get_mut("Service").and_then(Value::as_object_mut) {
            service.insert(
                "AdditionalInfo",
                object! { "Value": "{\"sample\":true}", "Type": "default" },
            );
        }
        publish(world, &place, (&id, finding));
    }
    Ok(Value::object())
}

/// The findings that the caller can see, its members' included.
fn seen(call: &Call, world: &World) -> Vec<(String, Object)> {
    let mut findings = Vec::new();
    for place in visible(call, world, &FINDING) {
        for (id, found) in world.shelf(&place) {
            let described = place.describe(&FINDING, id, found);
            findings.push((id.clone(), described));
        }
    }
    findings
}

fn criterion(call: &Call) -> Option<&Object> {
    call.input.path("FindingCriteria.Criterion").and_then(Value::as_object)
}

fn sorted(call: &Call, findings: &mut [(String, Object)]) {
    let field = call.input.path("SortCriteria.AttributeName").and_then(Value::as_str);
    let order = call.input.path("SortCriteria.OrderBy").and_then(Value::as_str);
    criteria::sort(findings, field.unwrap_or("severity"), order.unwrap_or("DESC") == "DESC");
}

fn get(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let wanted = call.texts("FindingIds");
    let mut findings = seen(call, world);
    findings.retain(|(id, _)| wanted.contains(&id.as_str()));
    if call.input.get("SortCriteria").is_some() {
        sorted(call, &mut findings);
    }
    let findings: Value = findings.into_iter().map(|(_, finding)| Value::from(finding)).collect();
    Ok(call.fit(Value::from_iter([("Findings", findings)])))
}

fn list(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let mut findings = seen(call, world);
    if let Some(criterion) = criterion(call) {
        findings.retain(|(_, finding)| criteria::hold(finding, criterion));
    }
    sorted(call, &mut findings);
    let ids = findings.into_iter().map(|(id, _)| Value::from(id)).collect();
    detectors::PAGES.slice(call, "FindingIds", ids)
}

fn archive(call: &Call, world: &mut World) -> Answer {
    set_all(call, world, |finding| set_archived(finding, true))
}

fn unarchive(call: &Call, world: &mut World) -> Answer {
    set_all(call, world, |finding| set_archived(finding, false))
}

fn feedback(call: &Call, world: &mut World) -> Answer {
    let feedback = call.required("Feedback")?;
    set_all(call, world, |finding| {
        if let Some(service) = finding.get_mut("Service").and_then(Value::as_object_mut) {
            service.insert("UserFeedback", feedback);
        }
    })
}

fn set_all(call: &Call, world: &mut World, change: impl Fn(&mut Object)) -> Answer {
    required(call, world)?;
    let places = visible(call, world, &FINDING);
    for id in call.texts("FindingIds") {
        for place in &places {
            world.change(place, id, &change);
        }
    }
    Ok(Value::object())
}

fn statistics(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let mut findings = seen(call, world);
    if let Some(criterion) = criterion(call) {
        findings.retain(|(_, finding)| criteria::hold(finding, criterion));
    }
    let statistics = match call.text("GroupBy") {
        None => by_severity_number(&findings),
        Some(group) => grouped(call, group, &findings)?,
    };
    Ok(call.fit(value!({ "FindingStatistics": (statistics) })))
}

fn by_severity_number(findings: &[(String, Object)]) -> Value {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for (_, finding) in findings {
        let severity = finding.get("Severity").and_then(Value::as_f64).unwrap_or(0.0);
        *counts.entry(format!("{severity:.1}")).or_default() += 1;
    }
    value!({ "CountBySeverity": (counts.into_iter().collect::<Object>()) })
}

fn grouped(call: &Call, group: &str, findings: &[(String, Object)]) -> Answer {
    let (path, member, key) = match group {
        "ACCOUNT" => ("accountId", "GroupedByAccount", "AccountId"),
        "DATE" => ("updatedAt", "GroupedByDate", "Date"),
        "FINDING_TYPE" => ("type", "GroupedByFindingType", "FindingType"),
        "RESOURCE" => ("resource.resourceType", "GroupedByResource", "ResourceType"),
        "SEVERITY" => ("severity", "GroupedBySeverity", "Severity"),
        other => return Err(call.invalid(format!("Invalid value {other} for groupBy."))),
    };
    let mut groups: BTreeMap<String, (i64, f64, Timestamp)> = BTreeMap::new();
    for (_, finding) in findings {
        let found = criteria::values(&Value::Object(finding.clone()), path);
        let mut name = found.first().map(crate::filter::as_text).unwrap_or_default();
        if group == "DATE" {
            name.truncate(10);
        }
        let updated =
            finding.get("UpdatedAt").and_then(Value::as_str).and_then(|time| time.parse().ok());
        let severity = finding.get("Severity").and_then(Value::as_f64).unwrap_or(0.0);
        let entry = groups.entry(name).or_insert((0, 0.0, Timestamp::UNIX_EPOCH));
        entry.0 += 1;
        entry.1 = entry.1.max(severity);
        entry.2 = entry.2.max(updated.unwrap_or(Timestamp::UNIX_EPOCH));
    }
    let mut shown: Vec<(i64, Value)> = Vec::new();
    for (name, (count, severity, last)) in groups {
        let value = match group {
            "SEVERITY" => Value::from(name.parse::<f64>().unwrap_or(severity)),
            "DATE" => Value::from(format!("{name}T00:00:00Z").parse::<Timestamp>().unwrap_or(last)),
            _ => Value::from(name.as_str()),
        };
        let mut entry = object! { "TotalFindings": (count), "LastGeneratedAt": (last) };
        if group == "DATE" || group == "SEVERITY" {
            entry.insert("Severity", severity);
        }
        if group == "RESOURCE" {
            entry.insert("ResourceId", name.as_str());
        }
        entry.insert(key, value);
        shown.push((count, entry.into()));
    }
    shown.sort_by_key(
        |(count, _)| if call.text("OrderBy") == Some("ASC") { *count } else { -count },
    );
    let most = usize::try_from(call.integer("MaxResults").unwrap_or(25)).unwrap_or(25);
    let shown: Value = shown.into_iter().take(most).map(|(_, entry)| entry).collect();
    Ok(Value::from_iter([(member, shown)]))
}
