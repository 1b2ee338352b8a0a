//! Patch baselines, which of them is an operating system's default, and patch groups.

use reeve_model::{Object, Value};

use super::{
    baseline::{Baseline, predefined, usual},
    catalog,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Create, Delete, NewId, TagInput},
    services::{
        Part,
        ssm::shared::{HUNDRED, conditions},
    },
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

/// The operations on baselines and patch groups.
pub(crate) static PART: Part = Part {
    kinds: &[&BASELINE, &DEFAULT, &GROUP],
    operations: &[
        ("CreatePatchBaseline", Action::Create(&CREATE)),
        ("UpdatePatchBaseline", Action::Own(update)),
        ("GetPatchBaseline", Action::Own(get)),
        ("DeletePatchBaseline", Action::Delete(&DELETE)),
        ("DescribePatchBaselines", Action::Own(describe_baselines)),
        ("RegisterDefaultPatchBaseline", Action::Own(set_default)),
        ("GetDefaultPatchBaseline", Action::Own(get_default)),
        ("RegisterPatchBaselineForPatchGroup", Action::Own(register)),
        ("DeregisterPatchBaselineForPatchGroup", Action::Own(deregister)),
        ("GetPatchBaselineForPatchGroup", Action::Own(get_for_group)),
        ("DescribePatchGroups", Action::Own(describe_groups)),
        ("DescribeAvailablePatches", Action::Own(catalog::available)),
        ("DescribeEffectivePatchesForPatchBaseline", Action::Own(catalog::effective)),
        ("DescribePatchProperties", Action::Own(catalog::properties)),
        ("GetDeployablePatchSnapshotForInstance", Action::Own(catalog::snapshot)),
    ],
    tasks: &[],
};

/// A baseline of an account's own.
pub(crate) static BASELINE: Definition = Definition {
    resource_type: "AWS::SSM::PatchBaseline",
    tagging_type: "ssm:patchbaseline",
    arn: "arn:{partition}:ssm:{region}:{account}:patchbaseline/{id}",
    prefix: "pb-",
    identity: &[("BaselineId", Identity::Id)],
    missing: Missing::new(
        "DoesNotExistException",
        "Maintenance window or patch baseline {id} does not exist",
    ),
    sample: Some(|sample| {
        serde_json::json!({
            "Name": format!("baseline-{}", sample.own("name", 4)), "OperatingSystem": "AMAZON_LINUX_2",
            "CreatedDate": sample.created(), "ModifiedDate": sample.created(),
            "GlobalFilters": {"PatchFilters": []}, "ApprovedPatches": [], "RejectedPatches": [], "Sources": [],
            "ApprovedPatchesComplianceLevel": "UNSPECIFIED", "ApprovedPatchesEnableNonSecurity": false,
            "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
            "ApprovalRules": {"PatchRules": [{
                "PatchFilterGroup": {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["Security"]}]},
                "ComplianceLevel": "HIGH", "ApproveAfterDays": 7, "EnableNonSecurity": false,
            }]},
        })
    }),
    ..Definition::OF
};

/// Which baseline an operating system's machines have by default, by operating system.
static DEFAULT: Definition = Definition {
    resource_type: "AWS::SSM::DefaultPatchBaseline",
    arn: "arn:{partition}:ssm:{region}:{account}:default-patch-baseline/{id}",
    identity: &[("OperatingSystem", Identity::Id)],
    ..Definition::OF
};

/// Which baseline a patch group has, by operating system, a slash, and the group's name.
static GROUP: Definition = Definition {
    resource_type: "AWS::SSM::PatchGroup",
    arn: "arn:{partition}:ssm:{region}:{account}:patch-group/{id}",
    ..Definition::OF
};

static CREATE: Create = Create {
    kind: &BASELINE,
    id: NewId::Prefixed("pb-0", 16),
    keep: &[
        ("Name", "Name"),
        ("OperatingSystem", "OperatingSystem"),
        ("GlobalFilters", "GlobalFilters"),
        ("ApprovalRules", "ApprovalRules"),
        ("ApprovedPatches", "ApprovedPatches"),
        ("ApprovedPatchesComplianceLevel", "ApprovedPatchesComplianceLevel"),
        ("ApprovedPatchesEnableNonSecurity", "ApprovedPatchesEnableNonSecurity"),
        ("RejectedPatches", "RejectedPatches"),
        ("RejectedPatchesAction", "RejectedPatchesAction"),
        ("Description", "Description"),
        ("Sources", "Sources"),
        ("AvailableSecurityUpdatesComplianceStatus", "AvailableSecurityUpdatesComplianceStatus"),
    ],
    facts: usual_facts,
    tags: TagInput::List("Tags"),
    check: check_rules,
    ..Create::OF
};

static DELETE: Delete =
    Delete { kind: &BASELINE, id: "BaselineId", check: check_unused, ..Delete::OF };

fn usual_facts(call: &Call, _: &mut World) -> Object {
    let mut facts = object! {"CreatedDate": (call.now), "ModifiedDate": (call.now)};
    let mut unless = |member: &'static str, value: Value| {
        if call.input.get(member).is_none() {
            facts.insert(member, value);
        }
    };
    unless("OperatingSystem", "WINDOWS".into());
    unless("GlobalFilters", value!({"PatchFilters": []}));
    unless("ApprovalRules", value!({"PatchRules": []}));
    unless("ApprovedPatches", value!([]));
    unless("ApprovedPatchesComplianceLevel", "UNSPECIFIED".into());
    unless("ApprovedPatchesEnableNonSecurity", false.into());
    unless("RejectedPatches", value!([]));
    unless("RejectedPatchesAction", "ALLOW_AS_DEPENDENCY".into());
    unless("Sources", value!([]));
    facts
}

fn check_rules(call: &Call, _: &mut World, _: &str) -> Result<(), Failure> {
    let system = call.text("OperatingSystem").unwrap_or("WINDOWS");
    let rules = call.input.path("ApprovalRules.PatchRules").map_or(&[][..], Value::as_list);
    for rule in rules {
        let days = rule.get("ApproveAfterDays").and_then(Value::as_i64);
        let until = rule.get("ApproveUntilDate").and_then(Value::as_str);
        match (days, until) {
            (Some(_), Some(_)) | (None, None) => {
                return Err(call.invalid(
                    "Each approval rule must specify exactly one of ApproveAfterDays and ApproveUntilDate.",
                ));
            }
            (None, Some(date)) if date.parse::<jiff::civil::Date>().is_err() => {
                return Err(call.invalid(format!(
                    "ApproveUntilDate {date} is not a date of the form YYYY-MM-DD."
                )));
            }
            (days, until)
                if matches!(system, "UBUNTU" | "DEBIAN" | "RASPBIAN")
                    && (until.is_some() || days.is_some_and(|days| days > 0)) =>
            {
                return Err(call.invalid(format!(
                    "{system} does not support auto-approval delays or cutoff dates."
                )));
            }
            _ => {}
        }
    }
    if system == "WINDOWS" && call.flag("ApprovedPatchesEnableNonSecurity") {
        return Err(call.invalid("ApprovedPatchesEnableNonSecurity is not supported for WINDOWS."));
    }
    Ok(())
}

fn check_unused(call: &Call, world: &mut World, id: &str) -> Result<(), Failure> {
    let arn = call.arn_of(&BASELINE, id);
    let uses = |resource: &Resource| {
        resource.fact("BaselineId").is_some_and(|used| used == id || used == arn)
    };
    let groups = world.shelf(&call.place(&GROUP)).values().any(uses);
    let defaults = world.shelf(&call.place(&DEFAULT)).values().any(uses);
    if groups || defaults {
        let message =
            "The patch baseline is registered with a patch group or is a default baseline.";
        return Err(Failure::new("ResourceInUseException", message));
    }
    Ok(())
}

/// The description of a baseline, AWS's or the account's, by id or ARN.
pub(super) fn found(world: &World, place: &Place, id: &str) -> Result<(String, Object), Failure> {
    if let Some((arn, facts)) = predefined(place).find(|(arn, _)| arn == id) {
        return Ok((arn, facts.clone()));
    }
    let short = id.rsplit('/').next().unwrap_or(id);
    let here = place.beside(&BASELINE);
    let resource = world.get(&here, short);
    let resource = resource.ok_or_else(|| BASELINE.missing.failure(id))?;
    Ok((short.to_owned(), Object::clone(&resource.facts)))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&BASELINE, call.required("BaselineId")?);
    call.find(world, &BASELINE, &id)?;
    let replaces = call.flag("Replace");
    let place = call.place(&BASELINE);
    let input = call.input.as_object().cloned().unwrap_or_default();
    let now = call.now;
    let mut kept = if replaces { usual_facts(call, world) } else { Object::new() };
    kept.remove("OperatingSystem");
    kept.remove("CreatedDate");
    world.change(&place, &id, |facts| {
        for (member, value) in kept {
            facts.insert(member, value);
        }
        for (member, value) in input {
            if member.as_str() != "Replace" && member.as_str() != "BaselineId" {
                facts.insert(member, value);
            }
        }
        facts.insert("ModifiedDate", now);
    });
    let updated = call.find(world, &BASELINE, &id)?;
    Ok(call.fit(call.describe(&BASELINE, &id, updated).into()))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&BASELINE);
    let (id, mut facts) = found(world, &place, call.required("BaselineId")?)?;
    let groups = world.shelf(&call.place(&GROUP)).iter();
    let groups: Value = groups
        .filter(|(_, group)| group.fact("BaselineId") == Some(id.as_str()))
        .filter_map(|(key, _)| key.split_once('/').map(|(_, name)| Value::from(name)))
        .collect();
    facts.insert("BaselineId", id);
    facts.insert("PatchGroups", groups);
    Ok(call.fit(facts.into()))
}

fn describe_baselines(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&BASELINE);
    let wanted = conditions(call, "Filters", ("Key", "Values"));
    let known = ["OWNER", "NAME_PREFIX", "OPERATING_SYSTEM"];
    if let Some((key, _)) = wanted.iter().find(|(key, _)| !known.contains(key)) {
        return Err(call.invalid(format!("The filter key {key} is not valid")));
    }
    let own = world.shelf(&place).iter().map(|(id, one)| (id.clone(), &*one.facts, "Self"));
    let amazon = predefined(&place).map(|(arn, facts)| (arn, facts, "AWS"));
    let mut items = Vec::new();
    for (id, facts, owner) in amazon.chain(own) {
        let (name, system) = (facts.text("Name"), facts.text("OperatingSystem"));
        let fits = wanted.iter().all(|(key, values)| match *key {
            "OWNER" => values.iter().any(|value| matches!(*value, "All") || *value == owner),
            "NAME_PREFIX" => values.iter().any(|prefix| name.starts_with(prefix)),
            _ => values.contains(&system),
        });
        if fits {
            let default = default_of(world, &place, system).as_deref() == Some(&id);
            items.push((format!("{owner}{name}{id}"), identity(&id, facts, default)));
        }
    }
    HUNDRED.sort(call, "BaselineIdentities", items)
}

fn identity(id: &str, facts: &Object, default: bool) -> Value {
    let mut shown = object! {
        "BaselineId": id, "BaselineName": (facts.text("Name")),
        "OperatingSystem": (facts.text("OperatingSystem")), "DefaultBaseline": default,
    };
    if let Some(description) = facts.get("Description") {
        shown.insert("BaselineDescription", description.clone());
    }
    shown.into()
}

/// The id of an operating system's default baseline.
fn default_of(world: &World, place: &Place, system: &str) -> Option<String> {
    let here = place.beside(&DEFAULT);
    let own = world.get(&here, system).and_then(|own| own.fact("BaselineId")).map(str::to_owned);
    own.or_else(|| usual(place, system))
}

fn set_default(call: &Call, world: &mut World) -> Answer {
    let (id, facts) = found(world, &call.place(&BASELINE), call.required("BaselineId")?)?;
    let system = facts.text("OperatingSystem").to_owned();
    let chosen = Resource::new(
        std::sync::Arc::new(object! {"BaselineId": (id.as_str())}),
        std::sync::Arc::default(),
    );
    world.put(call.place(&DEFAULT), system, chosen);
    Ok(value!({"BaselineId": (id)}))
}

fn get_default(call: &Call, world: &mut World) -> Answer {
    let system = call.text("OperatingSystem").unwrap_or("WINDOWS");
    let id = default_of(world, &call.place(&BASELINE), system);
    let id = id.ok_or_else(|| BASELINE.missing.failure(system))?;
    Ok(value!({"BaselineId": (id), "OperatingSystem": system}))
}

fn register(call: &Call, world: &mut World) -> Answer {
    let group = call.required("PatchGroup")?;
    let (id, facts) = found(world, &call.place(&BASELINE), call.required("BaselineId")?)?;
    let key = format!("{}/{group}", facts.text("OperatingSystem"));
    let place = call.place(&GROUP);
    if world.get(&place, &key).is_some() {
        let message = format!(
            "Patch Group baseline already has a baseline registered for OperatingSystem {}.",
            facts.text("OperatingSystem")
        );
        return Err(Failure::new("AlreadyExistsException", message));
    }
    let registered = object! {"BaselineId": (id.as_str())};
    world.put(
        place,
        key,
        Resource::new(std::sync::Arc::new(registered), std::sync::Arc::default()),
    );
    Ok(value!({"BaselineId": (id), "PatchGroup": group}))
}

fn deregister(call: &Call, world: &mut World) -> Answer {
    let group = call.required("PatchGroup")?;
    let (id, facts) = found(world, &call.place(&BASELINE), call.required("BaselineId")?)?;
    let key = format!("{}/{group}", facts.text("OperatingSystem"));
    let place = call.place(&GROUP);
    let registered = world.get(&place, &key).and_then(|found| found.fact("BaselineId"));
    if registered != Some(id.as_str()) {
        let message = "Patch Baseline to be deregistered is not registered to the Patch Group.";
        return Err(Failure::new("DoesNotExistException", message));
    }
    world.remove(&place, &key);
    Ok(value!({"BaselineId": (id), "PatchGroup": group}))
}

fn get_for_group(call: &Call, world: &mut World) -> Answer {
    let group = call.required("PatchGroup")?;
    let system = call.text("OperatingSystem").unwrap_or("WINDOWS");
    let place = call.place(&GROUP);
    let id = group_baseline(world, &place, system, group);
    let id = id.or_else(|| default_of(world, &place, system));
    let id = id.ok_or_else(|| BASELINE.missing.failure(system))?;
    Ok(value!({"BaselineId": (id), "PatchGroup": group, "OperatingSystem": system}))
}

fn group_baseline(world: &World, place: &Place, system: &str, group: &str) -> Option<String> {
    let here = place.beside(&GROUP);
    let found = world.get(&here, &format!("{system}/{group}"))?;
    found.fact("BaselineId").map(str::to_owned)
}

fn describe_groups(call: &Call, world: &mut World) -> Answer {
    let wanted = conditions(call, "Filters", ("Key", "Values"));
    let place = call.place(&GROUP);
    let mut items = Vec::new();
    for (key, registered) in world.shelf(&place) {
        let (system, group) = key.split_once('/').unwrap_or(("", key));
        let Some(id) = registered.fact("BaselineId") else { continue };
        let Ok((id, facts)) = found(world, &place, id) else { continue };
        let fits = wanted.iter().all(|(key, values)| match *key {
            "NAME_PREFIX" => values.iter().any(|prefix| group.starts_with(prefix)),
            "OPERATING_SYSTEM" => values.contains(&system),
            _ => false,
        });
        if fits {
            let default = default_of(world, &place, system).as_deref() == Some(&id);
            let shown =
                value!({"PatchGroup": group, "BaselineIdentity": (identity(&id, &facts, default))});
            items.push((format!("{group}/{system}"), shown));
        }
    }
    HUNDRED.sort(call, "Mappings", items)
}

/// The patch group of an instance: its tag `Patch Group` or `PatchGroup`.
pub(super) fn group_of(world: &World, place: &Place, id: &str) -> String {
    let instance = world.get(&fleet::of(place), id);
    let tag = |key: &str| instance.and_then(|found| found.tags.get(key)).cloned();
    tag("Patch Group").or_else(|| tag("PatchGroup")).unwrap_or_default()
}

/// The baseline of machines of an operating system in a patch group.
pub(super) fn of_machine(world: &World, place: &Place, system: &str, group: &str) -> Baseline {
    let grouped = (!group.is_empty()).then(|| group_baseline(world, place, system, group));
    let id = grouped.flatten().or_else(|| default_of(world, place, system)).unwrap_or_default();
    match found(world, place, &id) {
        Ok((id, facts)) => Baseline::read(&id, &facts),
        Err(_) => Baseline::default(),
    }
}
