//! Findings: how they come, and how they are looked for.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region};

use super::session::{PAGES, SESSION, is_on, required};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Identity},
    services::{
        Action, Part,
        guardduty::{criteria, lowered},
    },
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
        ("GetFindingStatistics", Action::Own(statistics)),
    ],
    tasks: &[],
};

/// A finding.
pub(crate) static FINDING: Definition = Definition {
    resource_type: "AWS::Macie::Finding",
    arn: "arn:{partition}:macie2:{region}:{account}:finding/{id}",
    identity: &[
        ("id", Identity::Id),
        ("accountId", Identity::Account),
        ("region", Identity::Region),
    ],
    ..Definition::OF
};

/// The types, with how bad they are and what they say.
const TYPES: [(&str, i64, &str); 10] = [
    (
        "SensitiveData:S3Object/Multiple",
        3,
        "The S3 object contains multiple categories of sensitive data.",
    ),
    ("SensitiveData:S3Object/Financial", 2, "The S3 object contains financial information."),
    ("SensitiveData:S3Object/Personal", 3, "The S3 object contains personal information."),
    ("SensitiveData:S3Object/Credentials", 3, "The S3 object contains credentials data."),
    (
        "SensitiveData:S3Object/CustomIdentifier",
        2,
        "The S3 object contains text that matches a custom data identifier.",
    ),
    ("Policy:IAMUser/S3BucketPublic", 3, "The S3 bucket is publicly accessible."),
    (
        "Policy:IAMUser/S3BucketSharedExternally",
        3,
        "The S3 bucket is shared with an external account.",
    ),
    (
        "Policy:IAMUser/S3BucketReplicatedExternally",
        3,
        "The S3 bucket replicates objects to an external account.",
    ),
    (
        "Policy:IAMUser/S3BucketEncryptionDisabled",
        1,
        "Default encryption was disabled for the S3 bucket.",
    ),
    (
        "Policy:IAMUser/S3BlockPublicAccessDisabled",
        3,
        "Block public access settings were disabled for the S3 bucket.",
    ),
];

/// Puts a finding into the world, as Macie would have found it: `type`, and if wanted `bucket`, `key`, `severity` (1 to 3),
/// `title`. Refused where Macie is not on.
pub(crate) fn inject(
    world: &mut World,
    (account, region): (&AccountId, &Region),
    said: &Value,
) -> Result<String, Failure> {
    let place = Place { account: account.clone(), region: region.clone(), kind: &FINDING };
    if !is_on(world, &place) {
        return Err(SESSION.missing.failure(""));
    }
    Ok(put(world, &place, said, false))
}

fn put(world: &mut World, place: &Place, said: &Value, is_sample: bool) -> String {
    let text = |member: &str| said.get(member).and_then(Value::as_str);
    let name = text("type").unwrap_or("SensitiveData:S3Object/Multiple");
    let known = TYPES.iter().find(|(known, _, _)| *known == name);
    let score = said
        .get("severity")
        .and_then(Value::as_i64)
        .or_else(|| known.map(|(_, score, _)| *score))
        .unwrap_or(2);
    let label = match score {
        3 => "High",
        2 => "Medium",
        _ => "Low",
    };
    let title = text("title").or_else(|| known.map(|(_, _, title)| *title)).unwrap_or(name);
    let bucket = text("bucket").unwrap_or("sample-bucket");
    let is_data = name.starts_with("SensitiveData");
    let arn = format!("arn:{}:s3:::{bucket}", place.region.partition());
    let mut affected = object! { "s3Bucket": { "arn": (arn.as_str()), "name": (bucket) } };
    if is_data {
        let key = text("key").unwrap_or("sample.csv");
        affected.insert("s3Object", object! {
            "bucketArn": (arn.as_str()), "key": (key), "path": (format!("{bucket}/{key}")), "extension": (key.rsplit('.').next().unwrap_or_default())
        });
    }
    let now = world.now();
    let finding = object! {
        "archived": (false),
        "category": (if is_data { "CLASSIFICATION" } else { "POLICY" }),
        "count": (1),
        "createdAt": (now),
        "updatedAt": (now),
        "description": (title),
        "title": (title),
        "partition": (place.region.partition().as_str()),
        "resourcesAffected": (affected),
        "sample": (is_sample),
        "schemaVersion": "1.0",
        "severity": { "description": (label), "score": (score) },
        "type": (name)
    };
    let id = world.random_hex(32);
    world.put(place.clone(), id.as_str(), Resource::new(facts(finding), std::sync::Arc::default()));
    let told = world.get(place, &id).map(|found| place.describe(&FINDING, &id, found));
    let told = told.unwrap_or_default();
    world.emit(Event::new("aws.macie", "Macie Finding", place).with(lowered(&Value::Object(told))));
    let (account, region, partition) =
        (place.account.as_str(), place.region.as_str(), place.region.partition());
    let hub = object! {
        "SchemaVersion": "2018-10-08",
        "Id": (format!("arn:{partition}:macie2:{region}:{account}:finding/{id}")),
        "ProductArn": (format!("arn:{partition}:securityhub:{region}::product/aws/macie")),
        "ProductName": "Macie",
        "CompanyName": "Amazon",
        "GeneratorId": "aws/macie",
        "AwsAccountId": (account),
        "Types": [(format!("Sensitive Data Identifications/{}", name.replace([':', '/'], "-")))],
        "CreatedAt": (now.to_string()),
        "UpdatedAt": (now.to_string()),
        "Severity": { "Label": (label.to_uppercase()) },
        "Title": (title),
        "Description": (title),
        "Resources": [{ "Type": "AwsS3Bucket", "Id": (arn), "Partition": (partition.as_str()), "Region": (region) }]
    };
    crate::services::securityhub::import(world, (&place.account, &place.region), hub);
    id
}

fn create_samples(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let wanted = call.texts("findingTypes");
    let place = call.place(&FINDING);
    for (name, _, _) in TYPES {
        if wanted.is_empty() || wanted.contains(&name) {
            put(world, &place, &value!({ "type": (name) }), true);
        }
    }
    Ok(Value::object())
}

fn found(call: &Call, world: &World) -> Vec<(String, Object)> {
    let place = call.place(&FINDING);
    let criterion = call.input.path("findingCriteria.criterion").and_then(Value::as_object);
    world
        .shelf(&place)
        .iter()
        .map(|(id, one)| (id.clone(), place.describe(&FINDING, id, one)))
        .filter(|(_, one)| criterion.is_none_or(|criterion| criteria::hold(one, criterion)))
        .collect()
}

fn sort(call: &Call, findings: &mut [(String, Object)]) {
    let part =
        |member: &str| call.input.path(&format!("sortCriteria.{member}")).and_then(Value::as_str);
    criteria::sort(
        findings,
        part("attributeName").unwrap_or("updatedAt"),
        part("orderBy") == Some("DESC"),
    );
}

fn get(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let wanted = call.texts("findingIds");
    let mut findings = found(call, world);
    findings.retain(|(id, _)| wanted.contains(&id.as_str()));
    sort(call, &mut findings);
    let findings: Value = findings.into_iter().map(|(_, one)| Value::from(one)).collect();
    Ok(call.fit(value!({ "findings": (findings) })))
}

fn list(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let mut findings = found(call, world);
    sort(call, &mut findings);
    PAGES.slice(call, "findingIds", findings.into_iter().map(|(id, _)| id.into()).collect())
}

fn statistics(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let path = call.required("groupBy")?;
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for (_, finding) in found(call, world) {
        for value in criteria::values(&Value::Object(finding), path) {
            *counts.entry(crate::filter::as_text(&value)).or_default() += 1;
        }
    }
    let most = usize::try_from(call.integer("size").unwrap_or(50)).unwrap_or(50);
    let counts: Value = counts
        .into_iter()
        .take(most)
        .map(|(key, count)| value!({ "groupKey": (key), "count": (count) }))
        .collect();
    Ok(value!({ "countsByGroup": (counts) }))
}
