//! Settings: which resource types a Region's plans take, and what accounts may do across each other.

use reeve_model::{Object, Value};

use super::{event, refused};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Scope},
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&REGION, &GLOBAL],
    operations: &[
        ("DescribeRegionSettings", Action::Own(show_region)),
        ("UpdateRegionSettings", Action::Own(update_region)),
        ("DescribeGlobalSettings", Action::Own(show_global)),
        ("UpdateGlobalSettings", Action::Own(update_global)),
    ],
    tasks: &[],
};

/// The settings of an account in a Region: there is one.
static REGION: Definition = Definition {
    resource_type: "AWS::Backup::RegionSettings",
    arn: "arn:{partition}:backup:{region}:{account}:region-settings:{id}",
    ..Definition::OF
};

/// The settings of an account everywhere: there is one.
static GLOBAL: Definition = Definition {
    resource_type: "AWS::Backup::GlobalSettings",
    arn: "arn:{partition}:backup:{region}:{account}:global-settings:{id}",
    scope: Scope::Global,
    ..Definition::OF
};

const ONLY: &str = "settings";

/// The resource types that can be opted in or out, in the order of the console.
const KNOWN: [&str; 17] = [
    "Aurora",
    "CloudFormation",
    "DocumentDB",
    "DynamoDB",
    "EBS",
    "EC2",
    "EFS",
    "FSx",
    "Neptune",
    "RDS",
    "Redshift",
    "Redshift Serverless",
    "S3",
    "SAP HANA on Amazon EC2",
    "Storage Gateway",
    "Timestream",
    "VirtualMachine",
];

/// Whether plans take a resource type that they do not name.
pub(super) fn opted_in(world: &World, place: &Place, name: &str) -> bool {
    let settings = world.get(&place.beside(&REGION), ONLY);
    let preference = settings
        .and_then(|settings| settings.facts.get("ResourceTypeOptInPreference"))
        .and_then(|preferences| preferences.get(name));
    preference.and_then(Value::as_bool).unwrap_or(true)
}

/// Whether the organization lets its accounts copy backups to each other: its management account says so.
pub(super) fn crosses_accounts(world: &World) -> bool {
    let Some(management) = &world.directory.management else { return false };
    world.every(&GLOBAL).any(|(place, _, settings)| {
        place.account == *management
            && settings.fact("GlobalSettings.isCrossAccountBackupEnabled") == Some("true")
    })
}

fn show_region(call: &Call, world: &mut World) -> Answer {
    let kept = call.resource(world, &REGION, ONLY);
    let shown = |member: &str, usual: fn(&str) -> Option<bool>| -> Object {
        let changed = kept.and_then(|kept| kept.facts.get(member));
        let one = |name: &&'static str| {
            let changed = changed.and_then(|changed| changed.get(name)).and_then(Value::as_bool);
            Some((*name, changed.or_else(|| usual(name))?))
        };
        KNOWN.iter().filter_map(one).collect()
    };
    let managed = |name: &str| match name {
        "EFS" => Some(true),
        "DynamoDB" => Some(false),
        _ => None,
    };
    Ok(value!({
        "ResourceTypeOptInPreference": (shown("ResourceTypeOptInPreference", |_| Some(true))),
        "ResourceTypeManagementPreference": (shown("ResourceTypeManagementPreference", managed)),
    }))
}

fn update_region(call: &Call, world: &mut World) -> Answer {
    for member in ["ResourceTypeOptInPreference", "ResourceTypeManagementPreference"] {
        let given = call.object(member).cloned().unwrap_or_default();
        if let Some(unknown) = given.names().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(call.invalid(format!("Unsupported resource type: {unknown}")));
        }
        keep(call, world, &REGION, member, given);
    }
    event::say(world, &call.place(&REGION), ONLY, "Region Setting");
    Ok(Value::object())
}

fn show_global(call: &Call, world: &mut World) -> Answer {
    let kept = call.resource(world, &GLOBAL, ONLY);
    let on = |name: &str| {
        let path = kept.and_then(|kept| kept.facts.get("GlobalSettings")?.get(name)?.as_str());
        path.unwrap_or("false").to_owned()
    };
    let names = ["isCrossAccountBackupEnabled", "isMpaEnabled", "isDelegatedAdministratorEnabled"];
    let settings: Object = names.into_iter().map(|name| (name, on(name))).collect();
    let mut output = Object::from_iter([("GlobalSettings", settings)]);
    if let Some(time) = kept.and_then(|kept| kept.facts.get("LastUpdateTime")) {
        output.insert("LastUpdateTime", time.clone());
    }
    Ok(output.into())
}

fn update_global(call: &Call, world: &mut World) -> Answer {
    if world.directory.management.as_ref() != Some(call.account()) {
        return Err(refused("Only the management account of an organization can update these."));
    }
    let given = call.object("GlobalSettings").cloned().unwrap_or_default();
    for (name, value) in given.iter() {
        let known =
            ["isCrossAccountBackupEnabled", "isMpaEnabled", "isDelegatedAdministratorEnabled"];
        if !known.contains(&name.as_str()) || !matches!(value.as_str(), Some("true" | "false")) {
            return Err(call.invalid(format!("Invalid global setting: {name}")));
        }
    }
    keep(call, world, &GLOBAL, "GlobalSettings", given);
    world.set(&call.place(&GLOBAL), ONLY, "LastUpdateTime", call.now);
    Ok(Value::object())
}

/// Keeps what was said beside what was said before.
fn keep(call: &Call, world: &mut World, kind: crate::kind::Kind, member: &str, given: Object) {
    let place = call.place(kind);
    if world.get(&place, ONLY).is_none() {
        let empty = Resource::new(facts(Object::new()), std::sync::Arc::default());
        world.put(place.clone(), ONLY, empty);
    }
    world.change(&place, ONLY, |facts| {
        let mut all =
            facts.remove(member).and_then(|old| old.as_object().cloned()).unwrap_or_default();
        all.extend(given);
        facts.insert(member, all);
    });
}
