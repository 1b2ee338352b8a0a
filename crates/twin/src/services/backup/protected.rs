//! Protected resources: everything that has a recovery point, with its latest.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    PAGES, not_found,
    point::{POINT, created},
    restore::JOB as RESTORE,
    source::SOURCES,
    vault,
};
use crate::{
    call::{Answer, Call},
    recipe::Action,
    services::Part,
    store::Resource,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ListProtectedResources", Action::Own(list)),
        ("ListProtectedResourcesByBackupVault", Action::Own(list_by_vault)),
        ("DescribeProtectedResource", Action::Own(show)),
        ("GetSupportedResourceTypes", Action::Own(supported)),
    ],
    tasks: &[],
};

/// The latest complete recovery point of each resource, by the resource's ARN.
pub(super) fn latest<'w>(
    call: &Call,
    world: &'w World,
    wanted: impl Fn(&Resource) -> bool,
) -> BTreeMap<&'w str, &'w Resource> {
    let mut latest: BTreeMap<&str, &Resource> = BTreeMap::new();
    for point in world.shelf(&call.place(&POINT)).values() {
        let done =
            matches!(point.fact("Status"), Some("COMPLETED" | "PARTIAL" | "AVAILABLE" | "EXPIRED"));
        let Some(arn) = point.fact("ResourceArn").filter(|_| done && wanted(point)) else {
            continue;
        };
        let newer = latest.get(arn).is_none_or(|other| created(other) < created(point));
        if newer {
            latest.insert(arn, point);
        }
    }
    latest
}

fn shown(point: &Resource) -> Object {
    let fact = |member: &str| point.facts.get(member).cloned().unwrap_or_default();
    object! {
        "ResourceArn": (fact("ResourceArn")),
        "ResourceType": (fact("ResourceType")),
        "ResourceName": (fact("ResourceName")),
        "LastBackupTime": (fact("CreationDate")),
        "LastBackupVaultArn": (fact("BackupVaultArn")),
        "LastRecoveryPointArn": (fact("RecoveryPointArn")),
    }
}

fn page(call: &Call, found: &BTreeMap<&str, &Resource>) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let mut rest = found
        .iter()
        .filter(|(arn, _)| start.as_deref().is_none_or(|start| **arn > start))
        .peekable();
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let last = page.last().map(|(arn, _)| **arn).filter(|_| rest.peek().is_some());
    let results: Value = page.iter().map(|(_, point)| Value::from(shown(point))).collect();
    Ok(call.fit(PAGES.finish(call, Object::from_iter([("Results", results)]), last)))
}

fn list(call: &Call, world: &mut World) -> Answer {
    page(call, &latest(call, world, |_| true))
}

fn list_by_vault(call: &Call, world: &mut World) -> Answer {
    let (vault, _) = vault::named(call, world)?;
    page(call, &latest(call, world, |point| point.fact("BackupVaultName") == Some(&vault)))
}

fn show(call: &Call, world: &mut World) -> Answer {
    let wanted = call.required("ResourceArn")?;
    let found = latest(call, world, |point| point.fact("ResourceArn") == Some(wanted));
    let missing = || not_found(format!("Resource {wanted} is not protected"));
    let mut output = shown(found.get(wanted).ok_or_else(missing)?);
    let restores = world.shelf(&call.place(&RESTORE));
    let of_resource = restores.values().filter(|job| job.fact("SourceResourceArn") == Some(wanted));
    let last = of_resource
        .filter(|job| job.fact("Status") == Some("COMPLETED"))
        .max_by_key(|job| job.value("CreationDate").and_then(Value::as_timestamp));
    if let Some(job) = last {
        let time = |member: &str| job.value(member).and_then(Value::as_timestamp);
        if let (Some(begun), Some(done)) = (time("CreationDate"), time("CompletionDate")) {
            output.insert("LatestRestoreJobCreationDate", begun);
            output
                .insert("LatestRestoreExecutionTimeMinutes", done.duration_since(begun).as_mins());
        }
        if let Some(point) = time("RecoveryPointCreationDate") {
            output.insert("LatestRestoreRecoveryPointCreationDate", point);
        }
    }
    Ok(call.fit(output.into()))
}

fn supported(_: &Call, _: &mut World) -> Answer {
    let names = SOURCES.iter().map(|source| Value::from(source.name));
    Ok(value!({"ResourceTypes": (names.collect::<Value>())}))
}
