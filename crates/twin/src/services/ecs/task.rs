//! Tasks: started, run and stopped, for services or by themselves.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{PAGES, cluster, cluster_name, definition, definition::DEFINITION, service};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    event::Event,
    fault::Fate,
    kind::{Definition, Identity, TagForm},
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    tagging,
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&TASK],
    operations: &[
        ("RunTask", Action::Own(run)),
        ("DescribeTasks", Action::Own(show)),
        ("ListTasks", Action::Own(list)),
        ("StopTask", Action::Own(stop_task)),
    ],
    tasks: &[
        ("ecs:task-pending", pending),
        ("ecs:task-running", running),
        ("ecs:task-exits", exits),
        ("ecs:task-stopped", stopped),
        ("ecs:task-forgotten", forgotten),
    ],
};

/// A task: its id is the cluster's, a slash, and its own.
pub(super) static TASK: Definition = Definition {
    resource_type: "AWS::ECS::Task",
    tagging_type: "ecs:task",
    arn: "arn:{partition}:ecs:{region}:{account}:task/{id}",
    identity: &[("taskArn", Identity::Arn)],
    tags: TagForm::LowerList("tags"),
    ..Definition::OF
};

const STOP_SECONDS: i64 = 12;
/// How long a stopped task is still shown.
const SHOWN_SECONDS: i64 = 3600;
/// How a container says that it ends by itself after so many seconds.
const LABEL: &str = "twin.seconds";

/// A task to be started.
pub(super) struct Start<'s> {
    pub(super) cluster: &'s str,
    /// The id of the definition.
    pub(super) definition: &'s str,
    pub(super) launch_type: &'s str,
    pub(super) group: String,
    pub(super) started_by: Option<String>,
    pub(super) tags: Tags,
}

/// Starts a task, and returns its id.
pub(super) fn launch(world: &mut World, place: &Place, start: &Start<'_>) -> String {
    let place = place.beside(&TASK);
    let now = world.now();
    let number = world.random_hex(32);
    let id = format!("{}/{number}", start.cluster);
    let definitions = place.beside(&DEFINITION);
    let definition = world.get(&definitions, start.definition).cloned().unwrap_or_default();
    let arn = place.arn_of(&TASK, &id);
    let containers = definition.list("containerDefinitions");
    let containers = containers.iter().map(|one| {
        let text = |member: &str| one.get(member).cloned().unwrap_or_default();
        value!({
            "name": (text("name")), "image": (text("image")), "lastStatus": "PENDING", "taskArn": (arn.as_str()),
            "networkInterfaces": [], "healthStatus": "UNKNOWN", "cpu": "0",
        })
    });
    let mut described = object! {
        "clusterArn": (place.arn_of(&cluster::CLUSTER, start.cluster)),
        "taskDefinitionArn": (place.arn_of(&DEFINITION, start.definition)),
        "containers": (containers.collect::<Value>()),
        "lastStatus": "PROVISIONING",
        "desiredStatus": "RUNNING",
        "launchType": (start.launch_type),
        "group": (start.group.as_str()),
        "createdAt": (now),
        "version": 1_i64,
        "availabilityZone": (format!("{}a", place.region)),
        "attachments": [],
        "overrides": {"containerOverrides": []},
        "healthStatus": "UNKNOWN",
        "cpu": (definition.facts.get("cpu").cloned().unwrap_or_else(|| Value::from("256"))),
        "memory": (definition.facts.get("memory").cloned().unwrap_or_else(|| Value::from("512"))),
    };
    if start.launch_type == "FARGATE" {
        described.insert("platformVersion", "1.4.0");
        described.insert("platformFamily", "Linux");
    }
    if let Some(by) = &start.started_by {
        described.insert("startedBy", by.as_str());
    }
    world.put(
        place.clone(),
        id.as_str(),
        Resource::new(facts(described), start.tags.clone().into()),
    );
    say(world, &place, &id);
    world.schedule(later(now, 8), Task::new("ecs:task-pending", &place, &id));
    let due = later(now, 20 + world.random_between(0, 20));
    world.schedule(due, Task::new("ecs:task-running", &place, &id));
    id
}

fn say(world: &mut World, place: &Place, id: &str) {
    let Some(found) = world.get(place, id) else { return };
    let mut description = place.describe(&TASK, id, found);
    for (_, value) in description.iter_mut() {
        if let Value::Timestamp(time) = value {
            *value = Value::from(time.to_string());
        }
    }
    let arn = place.arn_of(&TASK, id);
    world.emit(Event::new("aws.ecs", "ECS Task State Change", place).about(arn).with(description));
}

fn set(world: &mut World, place: &Place, id: &str, change: impl FnOnce(&mut Object)) {
    world.change(place, id, |facts| {
        change(facts);
        let version = facts.get("version").and_then(Value::as_i64).unwrap_or(1);
        facts.insert("version", version + 1);
        let status = facts.get("lastStatus").cloned().unwrap_or_default();
        let exit = facts.get("exitCode").cloned();
        if let Some(Value::List(containers)) = facts.get_mut("containers") {
            for one in containers.iter_mut().filter_map(Value::as_object_mut) {
                one.insert("lastStatus", status.clone());
                if let Some(exit) = &exit {
                    one.insert("exitCode", exit.clone());
                }
            }
        }
    });
    say(world, place, id);
}

fn status<'w>(world: &'w World, place: &Place, id: &str) -> Option<&'w str> {
    world.get(place, id)?.fact("lastStatus")
}

fn pending(world: &mut World, task: &Task) {
    if status(world, &task.place, &task.id) == Some("PROVISIONING") {
        let now = world.now();
        set(world, &task.place, &task.id, |facts| {
            facts.insert("lastStatus", "PENDING");
            facts.insert("pullStartedAt", now);
        });
    }
}

fn running(world: &mut World, task: &Task) {
    let (place, id, now) = (&task.place, task.id.as_str(), world.now());
    if status(world, place, id) != Some("PENDING") {
        return;
    }
    match world.fate(place, id, "EcsTask") {
        Fate::Never => return,
        Fate::Fails(reason) => return stop(world, place, id, ("TaskFailedToStart", &reason, 1)),
        Fate::Succeeds => {}
    }
    set(world, place, id, |facts| {
        facts.insert("lastStatus", "RUNNING");
        facts.insert("pullStoppedAt", now);
        facts.insert("startedAt", now);
        facts.insert("connectivity", "CONNECTED");
        facts.insert("connectivityAt", now);
    });
    if let Some(seconds) = lifetime(world, place, id) {
        world.schedule(later(now, seconds), Task::new("ecs:task-exits", place, id));
    }
    service::nudge(world, place, id);
}

/// How long a task runs if its definition says that it ends.
fn lifetime(world: &World, place: &Place, id: &str) -> Option<i64> {
    let arn = world.get(place, id)?.fact("taskDefinitionArn")?;
    let definition = arn.rsplit('/').next()?;
    let found = world.get(&place.beside(&DEFINITION), definition)?;
    let containers = found.value("containerDefinitions")?.as_list();
    containers.iter().find_map(|one| one.get("dockerLabels")?.get(LABEL)?.as_str()?.parse().ok())
}

fn exits(world: &mut World, task: &Task) {
    if status(world, &task.place, &task.id) == Some("RUNNING") {
        let said = ("EssentialContainerExited", "Essential container in task exited", 0);
        stop(world, &task.place, &task.id, said);
    }
}

/// Begins to stop a task: why, in code and words, and with which exit code.
pub(super) fn stop(
    world: &mut World,
    place: &Place,
    id: &str,
    (code, reason, exit): (&str, &str, i64),
) {
    let place = &place.beside(&TASK);
    if matches!(status(world, place, id), None | Some("STOPPED" | "DEPROVISIONING")) {
        return;
    }
    let now = world.now();
    set(world, place, id, |facts| {
        facts.insert("lastStatus", "DEPROVISIONING");
        facts.insert("desiredStatus", "STOPPED");
        facts.insert("stopCode", code);
        facts.insert("stoppedReason", reason);
        facts.insert("stoppingAt", now);
        facts.insert("exitCode", exit);
    });
    world.schedule(later(now, STOP_SECONDS), Task::new("ecs:task-stopped", place, id));
}

fn stopped(world: &mut World, task: &Task) {
    let (place, id, now) = (&task.place, task.id.as_str(), world.now());
    if status(world, place, id) != Some("DEPROVISIONING") {
        return;
    }
    set(world, place, id, |facts| {
        facts.insert("lastStatus", "STOPPED");
        facts.insert("stoppedAt", now);
        facts.insert("executionStoppedAt", now);
    });
    service::task_stopped(world, place, id);
    world.schedule(later(now, SHOWN_SECONDS), Task::new("ecs:task-forgotten", place, id));
}

fn forgotten(world: &mut World, task: &Task) {
    if status(world, &task.place, &task.id) == Some("STOPPED") {
        world.remove(&task.place, &task.id);
    }
}

fn run(call: &Call, world: &mut World) -> Answer {
    let cluster = cluster::of_call(call, world)?;
    for member in ["capacityProviderStrategy", "volumeConfigurations"] {
        if !call.list(member).is_empty() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let definition = definition::resolve(call, world, call.required("taskDefinition")?)?;
    let launch_type = call.text("launchType").unwrap_or("EC2");
    let count = call.integer("count").unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(call.invalid("Count must be between 1 and 10."));
    }
    let found = call.resource(world, &DEFINITION, &definition);
    let needs_network = found.is_some_and(|one| one.fact("networkMode") == Some("awsvpc"));
    if needs_network && call.input.path("networkConfiguration.awsvpcConfiguration").is_none() {
        let message =
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.";
        return Err(call.invalid(message));
    }
    let place = call.place(&TASK);
    if launch_type == "EC2" && !cluster::has_room(world, &place, &cluster) {
        return Err(call.invalid("No Container Instances were found in your cluster."));
    }
    let given = tagging::lower_listed(call, "tags");
    tagging::check(call, &given)?;
    let family = definition.split(':').next().unwrap_or_default().to_owned();
    let group = call.text("group").map_or_else(|| format!("family:{family}"), str::to_owned);
    let mut shown = Vec::new();
    for _ in 0..count {
        let order = Start {
            cluster: &cluster,
            definition: &definition,
            launch_type,
            group: group.clone(),
            started_by: call.text("startedBy").map(str::to_owned),
            tags: given.iter().cloned().collect(),
        };
        let id = launch(world, &place, &order);
        if let Some(overrides) = call.input.get("overrides") {
            world.set(&place, &id, "overrides", overrides.clone());
        }
        let made = call.resource(world, &TASK, &id);
        shown.extend(made.map(|made| Value::from(call.describe(&TASK, &id, made))));
    }
    Ok(call.fit(value!({"tasks": (shown), "failures": []})))
}

fn id_of(call: &Call, named: &str) -> String {
    format!("{}/{}", cluster_name(call), named.rsplit('/').next().unwrap_or(named))
}

fn show(call: &Call, world: &mut World) -> Answer {
    cluster::of_call(call, world)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for named in call.texts("tasks") {
        let id = id_of(call, named);
        match call.resource(world, &TASK, &id) {
            Some(one) => {
                found.push(Value::from(call.describe(&TASK, &id, one)));
            }
            None => failures.push(cluster::missing(&TASK.arn(call.account(), &call.region, &id))),
        }
    }
    Ok(call.fit(value!({"tasks": (found), "failures": (failures)})))
}

fn list(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["daemonName"])?;
    let prefix = format!("{}/", cluster::of_call(call, world)?);
    let desired = call.text("desiredStatus").unwrap_or("RUNNING");
    let service = call
        .text("serviceName")
        .map(|name| format!("service:{}", name.rsplit('/').next().unwrap_or(name)));
    let family = call.text("family").map(|family| format!("task-definition/{family}:"));
    let keep = |id: &str, one: &Resource| {
        id.starts_with(&prefix)
            && one.fact("desiredStatus") == Some(desired)
            && service.as_deref().is_none_or(|service| one.fact("group") == Some(service))
            && family
                .as_deref()
                .is_none_or(|f| one.fact("taskDefinitionArn").is_some_and(|arn| arn.contains(f)))
            && call.text("launchType").is_none_or(|t| one.fact("launchType") == Some(t))
            && call.text("startedBy").is_none_or(|by| one.fact("startedBy") == Some(by))
    };
    let show = |id: &str, _: &Resource, _| Value::from(call.arn_of(&TASK, id));
    PAGES.list((call, world), (&TASK, "taskArns"), keep, show)
}

fn stop_task(call: &Call, world: &mut World) -> Answer {
    cluster::of_call(call, world)?;
    let id = id_of(call, call.required("task")?);
    if call.resource(world, &TASK, &id).is_none() {
        return Err(call.invalid("The referenced task was not found."));
    }
    let reason = call.text("reason").unwrap_or("Task stopped by user");
    stop(world, &call.place(&TASK), &id, ("UserInitiated", reason, 137));
    call.answer(world, (&TASK, "task"), &id)
}
