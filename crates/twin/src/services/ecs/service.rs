//! Services: so many tasks of a definition, kept running.

use reeve_model::{Object, Value};

use super::{
    PAGES, cluster, cluster_name, definition, definition::DEFINITION, deployment, task::TASK,
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    tagging,
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SERVICE],
    operations: &[
        ("CreateService", Action::Own(create)),
        ("DescribeServices", Action::Own(show)),
        ("ListServices", Action::Own(list)),
        ("UpdateService", Action::Own(update)),
        ("DeleteService", Action::Own(delete)),
    ],
    tasks: &[],
};

/// `AWS::ECS::Service`: its id is the cluster's, a slash, and its name.
pub(crate) static SERVICE: Definition = Definition {
    resource_type: "AWS::ECS::Service",
    tagging_type: "ecs:service",
    arn: "arn:{partition}:ecs:{region}:{account}:service/{id}",
    identity: &[("serviceName", Identity::Segment(1)), ("serviceArn", Identity::Arn)],
    tags: TagForm::LowerList("tags"),
    missing: Missing::new("ServiceNotFoundException", "Service not found."),
    ..Definition::OF
};

/// How often a service that is not as desired looks at itself.
pub(super) const TURN_SECONDS: i64 = 10;

/// Has a service look at itself soon.
pub(super) fn turn(world: &mut World, place: &Place, id: &str) {
    let place = place.beside(&SERVICE);
    let due = later(world.now(), TURN_SECONDS);
    let waits = world.get(&place, id).and_then(|one| one.inside.get("Turn")?.as_timestamp());
    if waits.is_some_and(|at| at > world.now()) {
        return;
    }
    world.set_inside(&place, id, "Turn", due);
    world.schedule(due, Task::new("ecs:service-turn", &place, id));
}

/// The service that a task belongs to.
fn owner(world: &World, place: &Place, task: &str) -> Option<String> {
    let found = world.get(&place.beside(&TASK), task)?;
    let name = found.fact("group")?.strip_prefix("service:")?;
    let (cluster, _) = task.split_once('/')?;
    Some(format!("{cluster}/{name}"))
}

/// A task of a service has changed.
pub(super) fn nudge(world: &mut World, place: &Place, task: &str) {
    if let Some(service) = owner(world, place, task) {
        turn(world, place, &service);
    }
}

/// A task of a service has stopped: failures count against its deployment.
pub(super) fn task_stopped(world: &mut World, place: &Place, task: &str) {
    let Some(service) = owner(world, place, task) else { return };
    let tasks = place.beside(&TASK);
    let found = world.get(&tasks, task);
    let failed = found.is_some_and(|one| {
        matches!(one.fact("stopCode"), Some("TaskFailedToStart" | "EssentialContainerExited"))
    });
    let by = found.and_then(|one| one.fact("startedBy")).unwrap_or_default().to_owned();
    if failed {
        deployment::count_failure(world, place, &service, &by);
    }
    turn(world, place, &service);
}

/// A cluster has changed: its services look at themselves.
pub(super) fn nudge_all(world: &mut World, place: &Place, cluster: &str) {
    let prefix = format!("{cluster}/");
    let ids: Vec<String> =
        world.shelf(place).keys().filter(|id| id.starts_with(&prefix)).cloned().collect();
    for id in ids {
        turn(world, place, &id);
    }
}

fn id_of(call: &Call, named: &str) -> String {
    format!("{}/{}", cluster_name(call), named.rsplit('/').next().unwrap_or(named))
}

fn active<'w>(call: &Call, world: &'w World, id: &str) -> Result<&'w Resource, Failure> {
    let found = call.find(world, &SERVICE, id)?;
    match found.fact("status") {
        Some("ACTIVE") => Ok(found),
        _ => Err(Failure::new("ServiceNotActiveException", "Service was not ACTIVE.")),
    }
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    let found = call.find(world, &SERVICE, id)?;
    Ok(call.fit(Value::from_iter([("service", call.describe(&SERVICE, id, found))])))
}

fn refuse(call: &Call) -> Result<(), Failure> {
    for member in [
        "serviceConnectConfiguration",
        "volumeConfigurations",
        "vpcLatticeConfigurations",
        "gatewayConnectors",
    ] {
        if call.input.get(member).is_some_and(|value| {
            !value.is_null() && (value.as_object().is_some() || !value.as_list().is_empty())
        }) {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let strategy = call.input.path("deploymentConfiguration.strategy").and_then(Value::as_str);
    if strategy.is_some_and(|strategy| strategy != "ROLLING") {
        return Err(call.invalid("Only the deployment strategy ROLLING is supported here"));
    }
    if call
        .input
        .path("deploymentController.type")
        .and_then(Value::as_str)
        .is_some_and(|t| t != "ECS")
    {
        return Err(call.invalid("Only the deployment controller ECS is supported here"));
    }
    Ok(())
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["role", "monitoring"])?;
    let cluster = cluster::of_call(call, world)?;
    refuse(call)?;
    let id = id_of(call, call.required("serviceName")?);
    let place = call.place(&SERVICE);
    if world.get(&place, &id).is_some_and(|found| found.fact("status") != Some("INACTIVE")) {
        return Err(call.invalid("Creation of service was not idempotent."));
    }
    let named = call
        .text("taskDefinition")
        .ok_or_else(|| call.invalid("TaskDefinition can not be blank."))?;
    let definition = definition::resolve(call, world, named)?;
    let found = call.resource(world, &DEFINITION, &definition);
    let needs_network = found.is_some_and(|one| one.fact("networkMode") == Some("awsvpc"));
    if needs_network && call.input.path("networkConfiguration.awsvpcConfiguration").is_none() {
        let message =
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.";
        return Err(call.invalid(message));
    }
    let desired = call.integer("desiredCount").unwrap_or(1);
    let mut described = object! {
        "clusterArn": (call.arn_of(&cluster::CLUSTER, &cluster)),
        "status": "ACTIVE",
        "desiredCount": (desired),
        "runningCount": 0_i64,
        "pendingCount": 0_i64,
        "launchType": (call.text("launchType").unwrap_or("EC2")),
        "taskDefinition": (call.arn_of(&DEFINITION, &definition)),
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": false, "rollback": false},
            "maximumPercent": 200_i64, "minimumHealthyPercent": 100_i64,
        },
        "deployments": [],
        "events": [],
        "createdAt": (call.now),
        "createdBy": (call.caller.arn.as_str()),
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": false,
        "enableExecuteCommand": false,
        "propagateTags": "NONE",
        "loadBalancers": [],
        "serviceRegistries": [],
        "placementConstraints": [],
        "placementStrategy": [],
    };
    keep(call, &mut described);
    if call.text("launchType") == Some("FARGATE") {
        described.insert("platformVersion", call.text("platformVersion").unwrap_or("LATEST"));
        described.insert("platformFamily", "Linux");
    }
    let tags = tagging::checked(call, tagging::lower_listed(call, "tags"))?;
    world.put(place.clone(), id.as_str(), Resource::new(facts(described), tags.into()));
    deployment::begin(world, &place, &id, "");
    answer(call, world, &id)
}

const KEPT: [&str; 13] = [
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "propagateTags",
    "capacityProviderStrategy",
    "placementConstraints",
    "placementStrategy",
    "availabilityZoneRebalancing",
    "platformVersion",
];

fn keep(call: &Call, facts: &mut Object) {
    facts.extend(call.given(KEPT));
    if let Some(given) = call.object("deploymentConfiguration") {
        let mut all = facts
            .get("deploymentConfiguration")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        all.extend(given.clone());
        facts.insert("deploymentConfiguration", all);
    }
}

fn show(call: &Call, world: &mut World) -> Answer {
    cluster::of_call(call, world)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for named in call.texts("services") {
        let id = id_of(call, named);
        match call.resource(world, &SERVICE, &id) {
            Some(one) => found.push(Value::from(call.describe(&SERVICE, &id, one))),
            None => {
                failures.push(cluster::missing(&SERVICE.arn(call.account(), &call.region, &id)));
            }
        }
    }
    Ok(call.fit(value!({"services": (found), "failures": (failures)})))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let prefix = format!("{}/", cluster::of_call(call, world)?);
    let keep = |id: &str, one: &Resource| {
        id.starts_with(&prefix)
            && one.fact("status") == Some("ACTIVE")
            && call.text("launchType").is_none_or(|t| one.fact("launchType") == Some(t))
    };
    let show = |id: &str, _: &Resource, _| Value::from(call.arn_of(&SERVICE, id));
    PAGES.list((call, world), (&SERVICE, "serviceArns"), keep, show)
}

fn update(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["role", "monitoring"])?;
    cluster::of_call(call, world)?;
    refuse(call)?;
    let id = id_of(call, call.required("service")?);
    let found = active(call, world, &id)?;
    let before = found.fact("taskDefinition").unwrap_or_default().to_owned();
    let definition = match call.text("taskDefinition") {
        Some(named) => Some(definition::resolve(call, world, named)?),
        None => None,
    };
    let place = call.place(&SERVICE);
    let arn = definition.map(|id| call.arn_of(&DEFINITION, &id));
    let is_new = call.flag("forceNewDeployment") || arn.as_ref().is_some_and(|arn| *arn != before);
    world.change(&place, &id, |facts| {
        if let Some(count) = call.integer("desiredCount") {
            facts.insert("desiredCount", count);
        }
        if let Some(arn) = arn {
            facts.insert("taskDefinition", arn);
        }
        keep(call, facts);
    });
    if is_new {
        deployment::begin(world, &place, &id, &before);
    } else {
        deployment::resize(world, &place, &id);
    }
    answer(call, world, &id)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    cluster::of_call(call, world)?;
    let id = id_of(call, call.required("service")?);
    let found = active(call, world, &id)?;
    let desired = found.value("desiredCount").and_then(Value::as_i64).unwrap_or(0);
    if desired > 0 && !call.flag("force") {
        return Err(call.invalid("The service cannot be stopped while it is scaled above 0."));
    }
    let place = call.place(&SERVICE);
    world.change(&place, &id, |facts| {
        facts.insert("status", "DRAINING");
        facts.insert("desiredCount", 0_i64);
    });
    turn(world, &place, &id);
    answer(call, world, &id)
}
