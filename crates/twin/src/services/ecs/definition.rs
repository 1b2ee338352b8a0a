//! Task definitions: families of revisions.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{PAGES, client_error};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, lower_tag_list},
    recipe::Action,
    services::Part,
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&DEFINITION],
    operations: &[
        ("RegisterTaskDefinition", Action::Own(register)),
        ("DescribeTaskDefinition", Action::Own(show)),
        ("ListTaskDefinitions", Action::Own(list)),
        ("ListTaskDefinitionFamilies", Action::Own(families)),
        ("DeregisterTaskDefinition", Action::Own(deregister)),
        ("DeleteTaskDefinitions", Action::Own(delete)),
    ],
    tasks: &[],
};

/// `AWS::ECS::TaskDefinition`: its id is the family, a colon, and the revision.
pub(super) static DEFINITION: Definition = Definition {
    resource_type: "AWS::ECS::TaskDefinition",
    tagging_type: "ecs:task-definition",
    arn: "arn:{partition}:ecs:{region}:{account}:task-definition/{id}",
    identity: &[("taskDefinitionArn", Identity::Arn)],
    ..Definition::OF
};

fn revisions<'w>(
    call: &Call,
    world: &'w World,
    family: &str,
) -> Vec<(i64, &'w String, &'w Resource)> {
    let prefix = format!("{family}:");
    let shelf = world.shelf(&call.place(&DEFINITION));
    let mut found: Vec<_> = shelf
        .range(prefix.clone()..)
        .take_while(|(id, _)| id.starts_with(&prefix))
        .filter_map(|(id, one)| Some((one.value("revision")?.as_i64()?, id, one)))
        .collect();
    found.sort_by_key(|(revision, _, _)| *revision);
    found
}

/// The id of the definition that a text names: an ARN, a revision, or a family's latest that is active.
pub(super) fn resolve(call: &Call, world: &World, named: &str) -> Result<String, Failure> {
    let short = named.rsplit('/').next().unwrap_or(named);
    let missing = || client_error("Unable to describe task definition.");
    if short.contains(':') {
        call.resource(world, &DEFINITION, short).ok_or_else(missing)?;
        return Ok(short.to_owned());
    }
    let found = revisions(call, world, short)
        .into_iter()
        .rev()
        .find(|(_, _, one)| one.fact("status") == Some("ACTIVE"));
    found.map(|(_, id, _)| id.clone()).ok_or_else(missing)
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    let Some(found) = call.resource(world, &DEFINITION, id) else { return Ok(Value::object()) };
    let shown = call.describe(&DEFINITION, id, found);
    let mut output = Object::from_iter([("taskDefinition", Value::from(shown))]);
    if !found.tags.is_empty() {
        output.insert("tags", lower_tag_list(&found.tags));
    }
    Ok(call.fit(output.into()))
}

fn register(call: &Call, world: &mut World) -> Answer {
    let family = call.required("family")?;
    let containers = call.list("containerDefinitions");
    if containers.is_empty() {
        return Err(client_error("Container list cannot be empty."));
    }
    let fargate = call.texts("requiresCompatibilities").contains(&"FARGATE");
    if fargate && (call.text("cpu").is_none() || call.text("memory").is_none()) {
        return Err(client_error(
            "Fargate requires that 'cpu' and 'memory' be defined at the task level.",
        ));
    }
    if fargate && call.text("networkMode") != Some("awsvpc") {
        return Err(client_error("Fargate only supports network mode 'awsvpc'."));
    }
    if containers.iter().any(|one| one.get("image").is_none() || one.get("name").is_none()) {
        return Err(client_error(
            "Container.image and Container.name should not be null or empty.",
        ));
    }
    let revision = revisions(call, world, family).last().map_or(1, |(last, _, _)| last + 1);
    let mut described = call.input.as_object().cloned().unwrap_or_default();
    described.remove("tags");
    let mut full = Vec::new();
    for one in containers {
        let mut one = one.as_object().cloned().unwrap_or_default();
        for (member, usual) in [("cpu", Value::from(0_i64)), ("essential", Value::from(true))] {
            if !one.contains(member) {
                one.insert(member, usual);
            }
        }
        for member in ["portMappings", "environment", "mountPoints", "volumesFrom"] {
            if !one.contains(member) {
                one.insert(member, Value::List(Vec::new()));
            }
        }
        full.push(Value::from(one));
    }
    described.extend(object! {
        "containerDefinitions": (full),
        "revision": (revision),
        "status": "ACTIVE",
        "registeredAt": (call.now),
        "registeredBy": (call.caller.arn.as_str()),
        "compatibilities": (if fargate { value!(["EC2", "FARGATE"]) } else { value!(["EC2"]) }),
    });
    if !described.contains("volumes") {
        described.insert("volumes", Value::List(Vec::new()));
    }
    let tags = tagging::checked(call, tagging::lower_listed(call, "tags"))?;
    let id = format!("{family}:{revision}");
    world.put(call.place(&DEFINITION), id.as_str(), Resource::new(facts(described), tags.into()));
    answer(call, world, &id)
}

fn show(call: &Call, world: &mut World) -> Answer {
    let id = resolve(call, world, call.required("taskDefinition")?)?;
    answer(call, world, &id)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let status = call.text("status").unwrap_or("ACTIVE");
    let family = call.text("familyPrefix");
    let mut found: Vec<(String, i64, &String)> = world
        .shelf(&call.place(&DEFINITION))
        .iter()
        .filter(|(_, one)| one.fact("status") == Some(status))
        .filter(|(_, one)| family.is_none_or(|family| one.fact("family") == Some(family)))
        .filter_map(|(id, one)| {
            Some((one.fact("family")?.to_owned(), one.value("revision")?.as_i64()?, id))
        })
        .collect();
    found.sort();
    if call.text("sort") == Some("DESC") {
        found.reverse();
    }
    let arns = found.iter().map(|(_, _, id)| call.arn_of(&DEFINITION, id));
    page(call, "taskDefinitionArns", arns.collect())
}

/// One page of texts.
pub(super) fn page(call: &Call, member: &str, all: Vec<String>) -> Answer {
    PAGES.slice(call, member, all.into_iter().map(Value::from).collect())
}

fn families(call: &Call, world: &mut World) -> Answer {
    let status = call.text("status").unwrap_or("ACTIVE");
    let prefix = call.text("familyPrefix").unwrap_or_default();
    let names: BTreeSet<String> = world
        .shelf(&call.place(&DEFINITION))
        .values()
        .filter(|one| status == "ALL" || one.fact("status") == Some(status))
        .filter_map(|one| {
            one.fact("family").filter(|family| family.starts_with(prefix)).map(str::to_owned)
        })
        .collect();
    page(call, "families", names.into_iter().collect())
}

fn deregister(call: &Call, world: &mut World) -> Answer {
    let named = call.required("taskDefinition")?;
    let id = named.rsplit('/').next().unwrap_or(named).to_owned();
    if !id.contains(':') {
        return Err(call.invalid("A revision of the task definition must be named."));
    }
    let found = call.resource(world, &DEFINITION, &id);
    if found.is_none_or(|one| one.fact("status") != Some("ACTIVE")) {
        return Err(client_error("The specified task definition does not exist."));
    }
    world.change(&call.place(&DEFINITION), &id, |facts| {
        facts.insert("status", "INACTIVE");
        facts.insert("deregisteredAt", call.now);
    });
    answer(call, world, &id)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (mut gone, mut failures) = (Vec::new(), Vec::new());
    for named in call.texts("taskDefinitions") {
        let id = named.rsplit('/').next().unwrap_or(named);
        let arn = call.arn_of(&DEFINITION, id);
        match call.resource(world, &DEFINITION, id) {
            Some(one) if one.fact("status") == Some("INACTIVE") => {
                let mut shown = call.describe(&DEFINITION, id, one);
                shown.insert("status", "DELETE_IN_PROGRESS");
                shown.insert("deleteRequestedAt", call.now);
                world.remove(&call.place(&DEFINITION), id);
                gone.push(Value::from(shown));
            }
            Some(_) => failures.push(value!({"arn": (arn), "reason": "The specified task definition is still in ACTIVE status. Please deregister the target and try again."})),
            None => failures.push(super::cluster::missing(&arn)),
        }
    }
    Ok(call.fit(value!({"taskDefinitions": (gone), "failures": (failures)})))
}
