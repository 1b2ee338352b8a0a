//! Filter criteria: which findings or covered resources somebody means.

use reeve_model::{Object, Value};

use crate::failure::Failure;

/// The criteria on texts and where findings hold them.
const TEXTS: [(&str, &str); 19] = [
    ("findingArn", "findingArn"),
    ("awsAccountId", "awsAccountId"),
    ("findingType", "type"),
    ("severity", "severity"),
    ("findingStatus", "status"),
    ("title", "title"),
    ("resourceType", "resources.0.type"),
    ("resourceId", "resources.0.id"),
    ("vulnerabilityId", "packageVulnerabilityDetails.vulnerabilityId"),
    ("vulnerabilitySource", "packageVulnerabilityDetails.source"),
    ("vendorSeverity", "packageVulnerabilityDetails.vendorSeverity"),
    ("fixAvailable", "fixAvailable"),
    ("exploitAvailable", "exploitAvailable"),
    ("ec2InstanceImageId", "resources.0.details.awsEc2Instance.imageId"),
    ("ec2InstanceVpcId", "resources.0.details.awsEc2Instance.vpcId"),
    ("ec2InstanceSubnetId", "resources.0.details.awsEc2Instance.subnetId"),
    // Of covered resources.
    ("accountId", "accountId"),
    ("scanType", "scanType"),
    ("scanMode", "scanMode"),
];
const DEEPER: [(&str, &str); 3] = [
    ("scanStatusCode", "scanStatus.statusCode"),
    ("scanStatusReason", "scanStatus.reason"),
    ("coveredType", "resourceType"),
];
const TIMES: [&str; 4] = ["firstObservedAt", "lastObservedAt", "updatedAt", "lastScannedAt"];

/// Whether a finding or covered resource is meant.
pub(super) fn holds(criteria: Option<&Object>, shown: &Value) -> Result<bool, Failure> {
    let mut fits = true;
    for (key, conditions) in criteria.into_iter().flat_map(Object::iter) {
        let conditions = conditions.as_list();
        if conditions.is_empty() {
            continue;
        }
        fits &= one(key, conditions, shown)?;
    }
    Ok(fits)
}

fn one(key: &str, conditions: &[Value], shown: &Value) -> Result<bool, Failure> {
    if TIMES.contains(&key) {
        let at = shown.get(key).and_then(Value::as_timestamp);
        return Ok(conditions.iter().any(|range| {
            let limit = |member: &str| range.get(member).and_then(Value::as_timestamp);
            let after = limit("startInclusive").is_none_or(|start| at >= Some(start));
            after && limit("endInclusive").is_none_or(|end| at <= Some(end))
        }));
    }
    let covered = shown.get("scanStatus").is_some();
    let path = match (key, covered) {
        ("resourceId", true) => Some("resourceId"),
        ("resourceType", true) => Some("resourceType"),
        _ => TEXTS.iter().chain(&DEEPER).find(|(name, _)| *name == key).map(|(_, path)| *path),
    };
    if let Some(path) = path {
        let has = shown.path(path).and_then(Value::as_str).unwrap_or_default();
        return Ok(compared(conditions, has));
    }
    match key {
        "inspectorScore" => {
            let score = shown.get("inspectorScore").and_then(Value::as_f64).unwrap_or_default();
            Ok(conditions.iter().any(|range| {
                let limit = |member: &str| range.get(member).and_then(Value::as_f64);
                limit("lowerInclusive").is_none_or(|low| score >= low)
                    && limit("upperInclusive").is_none_or(|high| score <= high)
            }))
        }
        "vulnerablePackages" => {
            let packages = shown.path("packageVulnerabilityDetails.vulnerablePackages");
            let packages = packages.map_or(&[][..], Value::as_list);
            Ok(conditions.iter().any(|wanted| {
                let names = wanted.get("name").cloned();
                packages.iter().filter_map(|one| one.get("name")?.as_str()).any(|has| {
                    names.as_ref().is_none_or(|name| compared(std::slice::from_ref(name), has))
                })
            }))
        }
        "resourceTags" | "ec2InstanceTags" => {
            let path = if covered { "resourceMetadata.ec2.tags" } else { "resources.0.tags" };
            let tags = shown.path(path).and_then(Value::as_object);
            Ok(conditions.iter().any(|wanted| {
                let part = |member: &str| wanted.get(member).and_then(Value::as_str);
                let has = part("key").and_then(|key| tags?.get(key)?.as_str());
                has.is_some() && part("value").is_none_or(|value| has == Some(value))
            }))
        }
        _ => {
            let message = format!("the twin does not implement the criterion {key}");
            Err(Failure::new("NotImplemented", message).with_status(501))
        }
    }
}

/// Those that are to be equal are alternatives; those that are not to be hold all.
fn compared(conditions: &[Value], has: &str) -> bool {
    let part = |one: &Value, member: &str| one.text(member).to_owned();
    let (nots, are): (Vec<&Value>, Vec<&Value>) =
        conditions.iter().partition(|one| part(one, "comparison") == "NOT_EQUALS");
    let is = |one: &&Value| match part(one, "comparison").as_str() {
        "PREFIX" => has.starts_with(&part(one, "value")),
        _ => has == part(one, "value"),
    };
    nots.iter().all(|one| has != part(one, "value")) && (are.is_empty() || are.iter().any(is))
}
