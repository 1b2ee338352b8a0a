//! What machines were found to lack when they were last scanned or patched.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{
    baselines::group_of,
    operate::{Order, Report, operate},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet,
    kind::{Definition, Identity},
    recipe::Action,
    services::{
        Part,
        ssm::compliance,
        ssm::shared::{TEN_TO_HUNDRED, conditions, is_managed},
    },
    store::{Place, Resource},
    world::World,
};

/// The operations on what was found.
pub(crate) static PART: Part = Part {
    kinds: &[&PATCH_STATE],
    operations: &[
        ("DescribeInstancePatchStates", Action::Own(of_instances)),
        ("DescribeInstancePatchStatesForPatchGroup", Action::Own(of_group)),
        ("DescribeInstancePatches", Action::Own(patches)),
        ("DescribePatchGroupState", Action::Own(group_state)),
    ],
    tasks: &[],
};

/// What a machine was found to lack, by instance. Inside: `Patches`.
pub(crate) static PATCH_STATE: Definition = Definition {
    resource_type: "AWS::SSM::InstancePatchState",
    arn: "arn:{partition}:ssm:{region}:{account}:instance-patch-state/{id}",
    identity: &[("InstanceId", Identity::Id)],
    ..Definition::OF
};

/// Keeps what was found.
pub(crate) fn keep(world: &mut World, place: &Place, id: &str, report: &Report) {
    let here = place.beside(&PATCH_STATE);
    let inside = Object::from_iter([("Patches", Value::List(report.patches.clone()))]);
    let state = Resource::new(Arc::new(report.state.clone()), Arc::default());
    let state = state.with_inside(inside);
    let before = world.get(&here, id).map(status);
    let after = status(&state);
    world.put(here, id, state);
    if before != Some(after) {
        compliance::tell(world, place, id, ("Patch", after));
    }
}

/// Whether a machine of this state complies.
fn status(state: &Resource) -> &'static str {
    let patches = state.inside.list("Patches");
    let fault = |patch: &Value| patch.text("Status") == "NON_COMPLIANT";
    if patches.iter().any(fault) { "NON_COMPLIANT" } else { "COMPLIANT" }
}

/// Looks at a machine again after it rebooted, and keeps what is found.
pub(crate) fn look_again(world: &mut World, place: &Place, id: &str, order: &Order) {
    let Some(mut machine) = fleet::machine(world, place, id) else { return };
    let scan = Order { installs: false, ..order.clone() };
    let mut report = operate((world, place), &mut machine, &scan, world.now());
    let here = place.beside(&PATCH_STATE);
    // What was done is what is told of, not the look after it.
    if let Some(before) = world.get(&here, id) {
        report.state.extend(before.facts.pick(["Operation", "OperationStartTime"]));
        report.state.insert("OperationEndTime", world.now());
    }
    keep(world, place, id, &report);
}

fn shown(call: &Call, id: &str, state: &Resource) -> Value {
    call.describe(&PATCH_STATE, id, state).into()
}

fn of_instances(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&PATCH_STATE);
    let ids = call.texts("InstanceIds");
    if ids.len() > 50 {
        return Err(call.invalid("InstanceIds must have length less than or equal to 50"));
    }
    let states = ids.into_iter().filter_map(|id| {
        world.get(&place, id).map(|state| (id.to_owned(), shown(call, id, state)))
    });
    TEN_TO_HUNDRED.sort(call, "InstancePatchStates", states.collect())
}

/// The states of the instances that are in a patch group now.
fn in_group<'w>(world: &'w World, place: &Place, group: &str) -> Vec<(&'w String, &'w Resource)> {
    let states = world.shelf(place).iter();
    states.filter(|(id, _)| group_of(world, place, id) == group).collect()
}

fn of_group(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&PATCH_STATE);
    let filters = call.list("Filters");
    let mut items = Vec::new();
    for (id, state) in in_group(world, &place, call.required("PatchGroup")?) {
        let mut fits = true;
        for filter in filters {
            fits &= holds(state, filter)?;
        }
        if fits {
            items.push((id.clone(), shown(call, id, state)));
        }
    }
    TEN_TO_HUNDRED.sort(call, "InstancePatchStates", items)
}

fn holds(state: &Resource, filter: &Value) -> Result<bool, Failure> {
    let key = filter.text("Key");
    let Some(number) = state.value(key).and_then(Value::as_i64) else {
        return Err(Failure::new("InvalidFilter", format!("The filter key {key} is not valid")));
    };
    let values = filter.list("Values").iter();
    let numbers: Vec<i64> =
        values.filter_map(Value::as_str).filter_map(|text| text.parse().ok()).collect();
    Ok(match filter.text("Type") {
        "Equal" => numbers.contains(&number),
        "NotEqual" => !numbers.contains(&number),
        "LessThan" => numbers.iter().any(|limit| number < *limit),
        _ => numbers.iter().any(|limit| number > *limit),
    })
}

fn patches(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InstanceId")?;
    let place = call.place(&PATCH_STATE);
    if world.get(&fleet::of(&place), id).is_none() || !is_managed(world, &place, id) {
        let message = format!("Instance {id} is not a managed instance");
        return Err(Failure::new("InvalidInstanceId", message));
    }
    let wanted = conditions(call, "Filters", ("Key", "Values"));
    if let Some((key, _)) = wanted
        .iter()
        .find(|(key, _)| !matches!(*key, "Classification" | "KBId" | "Severity" | "State"))
    {
        return Err(Failure::new("InvalidFilter", format!("The filter key {key} is not valid")));
    }
    let state = world.get(&place, id);
    let all = state.and_then(|state| state.inside.get("Patches")).map_or(&[][..], Value::as_list);
    let text = |patch: &Value, member: &str| patch.text(member).to_owned();
    let fits = |patch: &&Value| {
        wanted.iter().all(|(key, values)| {
            // States are asked for as `InstalledOther` and shown as `INSTALLED_OTHER`.
            let has = text(patch, key).replace('_', "");
            values.iter().any(|value| value.replace('_', "").eq_ignore_ascii_case(&has))
        })
    };
    let items = all
        .iter()
        .filter(fits)
        .map(|patch| (format!("{}{}", text(patch, "KBId"), text(patch, "Title")), patch.clone()));
    TEN_TO_HUNDRED.sort(call, "Patches", items.collect())
}

fn group_state(call: &Call, world: &mut World) -> Answer {
    const COUNTS: [(&str, &str); 12] = [
        ("InstancesWithInstalledPatches", "InstalledCount"),
        ("InstancesWithInstalledOtherPatches", "InstalledOtherCount"),
        ("InstancesWithInstalledPendingRebootPatches", "InstalledPendingRebootCount"),
        ("InstancesWithInstalledRejectedPatches", "InstalledRejectedCount"),
        ("InstancesWithMissingPatches", "MissingCount"),
        ("InstancesWithFailedPatches", "FailedCount"),
        ("InstancesWithNotApplicablePatches", "NotApplicableCount"),
        ("InstancesWithUnreportedNotApplicablePatches", "UnreportedNotApplicableCount"),
        ("InstancesWithCriticalNonCompliantPatches", "CriticalNonCompliantCount"),
        ("InstancesWithSecurityNonCompliantPatches", "SecurityNonCompliantCount"),
        ("InstancesWithOtherNonCompliantPatches", "OtherNonCompliantCount"),
        ("InstancesWithAvailableSecurityUpdates", "AvailableSecurityUpdateCount"),
    ];
    let place = call.place(&PATCH_STATE);
    let states = in_group(world, &place, call.required("PatchGroup")?);
    let number = |count: usize| i64::try_from(count).unwrap_or(0);
    let mut shown = Object::from_iter([("Instances", number(states.len()))]);
    for (member, count) in COUNTS {
        let has = |(_, state): &&(&String, &Resource)| {
            state.value(count).and_then(Value::as_i64).is_some_and(|count| count > 0)
        };
        shown.insert(member, number(states.iter().filter(has).count()));
    }
    Ok(shown.into())
}
