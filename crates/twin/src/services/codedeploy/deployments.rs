//! Deployments: from target to target, one lifecycle event after the other, and back if one fails and that is wanted.

use jiff::Span;
use reeve_model::{Object, Value};

use super::groups::{self, GROUP, PAGES, group};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity, Missing},
    services::{Action, Part},
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&DEPLOYMENT],
    operations: &[
        ("CreateDeployment", Action::Own(create)),
        ("GetDeployment", Action::Own(get)),
        ("BatchGetDeployments", Action::Own(batch)),
        ("ListDeployments", Action::Own(list)),
        ("StopDeployment", Action::Own(stop)),
        ("ListDeploymentTargets", Action::Own(targets)),
        ("GetDeploymentTarget", Action::Own(target)),
        ("BatchGetDeploymentTargets", Action::Own(batch_targets)),
    ],
    tasks: &[("codedeploy:step", step)],
};

/// A deployment.
pub(crate) static DEPLOYMENT: Definition = Definition {
    resource_type: "AWS::CodeDeploy::Deployment",
    arn: "arn:{partition}:codedeploy:{region}:{account}:deployment:{id}",
    identity: &[("deploymentId", Identity::Id)],
    missing: Missing::new(
        "DeploymentDoesNotExistException",
        "The deployment {id} could not be found",
    ),
    ..Definition::OF
};

/// How long a lifecycle event takes, in seconds.
const STEP: i64 = 10;
const SERVER: [&str; 7] = [
    "ApplicationStop",
    "DownloadBundle",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
];
const LAMBDA: [&str; 3] = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];
const ECS: [&str; 6] = [
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
];

fn events(platform: &str) -> &'static [&'static str] {
    match platform {
        "Lambda" => &LAMBDA,
        "ECS" => &ECS,
        _ => &SERVER,
    }
}

fn create(call: &Call, world: &mut World) -> Answer {
    let (group_id, found) = group(call, world)?;
    let revision = call.input.get("revision").cloned();
    let revision = revision
        .or_else(|| found.value("targetRevision").cloned())
        .ok_or_else(|| Failure::new("RevisionRequiredException", "Revision is required"))?;
    let place = call.place(&DEPLOYMENT);
    let is_busy = world.shelf(&place).values().any(|one| {
        one.inside.get("Group").and_then(Value::as_str) == Some(&group_id)
            && matches!(one.fact("status"), Some("Created" | "Queued" | "InProgress"))
    });
    if is_busy {
        let message = "The Deployment Group already has an active Deployment";
        return Err(Failure::new("DeploymentLimitExceededException", message));
    }
    let id = begin(
        world,
        &place,
        (&group_id, &found),
        Wanted {
            revision,
            configuration: call.text("deploymentConfigName").map(str::to_owned),
            description: call.text("description").map(str::to_owned),
            creator: "user",
            rollback_of: None,
        },
    );
    Ok(value!({ "deploymentId": (id) }))
}

struct Wanted {
    revision: Value,
    configuration: Option<String>,
    description: Option<String>,
    creator: &'static str,
    rollback_of: Option<String>,
}

fn begin(
    world: &mut World,
    place: &Place,
    (group_id, group): (&str, &Resource),
    wanted: Wanted,
) -> String {
    let id = format!("d-{}", world.random_letters(9));
    let mut names = group_id.split('/');
    let configuration =
        wanted.configuration.as_deref().or_else(|| group.fact("deploymentConfigName"));
    let mut kept = object! {
        "applicationName": (names.next().unwrap_or_default()),
        "deploymentGroupName": (names.next().unwrap_or_default()),
        "deploymentConfigName": (configuration.unwrap_or_default()),
        "revision": (wanted.revision),
        "status": "Created",
        "createTime": (world.now()),
        "creator": (wanted.creator),
        "ignoreApplicationStopFailures": (false),
        "updateOutdatedInstancesOnly": (false),
        "computePlatform": (group.fact("computePlatform").unwrap_or("Server")),
        "deploymentStyle": (group.value("deploymentStyle").cloned().unwrap_or_else(|| value!({
            "deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"
        }))),
        "fileExistsBehavior": "DISALLOW"
    };
    if let Some(description) = wanted.description {
        kept.insert("description", description);
    }
    if let Some(cause) = &wanted.rollback_of {
        kept.insert(
            "rollbackInfo",
            object! {
                "rollbackTriggeringDeploymentId": (cause.as_str()),
                "rollbackMessage": "Automatic rollback of a failed deployment"
            },
        );
    }
    let inside = object! { "Group": (group_id), "Targets": {} };
    world.put(
        place.clone(),
        id.as_str(),
        Resource::new(facts(kept), std::sync::Arc::default()).with_inside(inside),
    );
    world.schedule(
        world.now() + Span::new().seconds(STEP),
        Task::new("codedeploy:step", place, &id),
    );
    id
}

/// What a group deploys to.
fn targets_of(world: &mut World, place: &Place, group: &Resource) -> Vec<String> {
    match group.fact("computePlatform") {
        Some("Lambda") => return vec!["lambda".to_owned()],
        Some("ECS") => {
            let services = group.list("ecsServices");
            let name = |one: &Value| {
                format!(
                    "{}:{}",
                    one.text("clusterName").to_owned(),
                    one.text("serviceName").to_owned()
                )
            };
            return services.iter().map(name).collect();
        }
        _ => {}
    }
    let mut filters = vec![value!({ "Name": "instance-state-name", "Values": ["running"] })];
    for filter in group.list("ec2TagFilters") {
        filters.push(match filter.text("Type") {
            "KEY_ONLY" => value!({ "Name": "tag-key", "Values": [(filter.text("Key"))] }),
            _ => value!({ "Name": (format!("tag:{}", filter.text("Key"))), "Values": [(filter.text("Value"))] }),
        });
    }
    let scaling = group.list("autoScalingGroups");
    let scaling: Vec<Value> = scaling.iter().filter_map(|one| one.get("name").cloned()).collect();
    if !scaling.is_empty() {
        filters.push(value!({ "Name": "tag:aws:autoscaling:groupName", "Values": (scaling) }));
    }
    if filters.len() == 1 {
        return Vec::new();
    }
    let origin = Origin::at(place, "codedeploy.amazonaws.com");
    let answer = world.call(&origin, "ec2", "DescribeInstances", value!({ "Filters": (filters) }));
    let mut ids = Vec::new();
    for reservation in answer
        .ok()
        .and_then(|answer| answer.get("Reservations").cloned())
        .unwrap_or_default()
        .as_list()
    {
        for instance in reservation.list("Instances") {
            ids.extend(instance.get("InstanceId").and_then(Value::as_str).map(str::to_owned));
        }
    }
    ids
}

/// Brings a deployment one lifecycle event further on each target that is worked on.
fn step(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id).cloned() else { return };
    match found.fact("status") {
        Some("Created") => {
            if !start(world, task, &found) {
                return;
            }
        }
        Some("InProgress") => {
            if !advance(world, task, &found) {
                return;
            }
        }
        _ => return,
    }
    world.schedule(
        world.now() + Span::new().seconds(STEP),
        Task::new("codedeploy:step", &task.place, &task.id),
    );
}

fn start(world: &mut World, task: &Task, found: &Resource) -> bool {
    let group_id = found.inside.text("Group").to_owned();
    let group = world.get(&task.place.beside(&GROUP), &group_id).cloned().unwrap_or_default();
    let ids = targets_of(world, &task.place, &group);
    if ids.is_empty() {
        let message =
            "The deployment failed because no instances were found for your deployment group.";
        finish(world, task, ("Failed", Some(("NO_INSTANCES", message))));
        return false;
    }
    let now = world.now();
    let platform = found.fact("computePlatform").unwrap_or("Server");
    let pending: Value = events(platform)
        .iter()
        .map(|name| value!({ "lifecycleEventName": (*name), "status": "Pending" }))
        .collect();
    let targets: Object = ids
        .into_iter()
        .map(|id| (id, object! { "status": "Pending", "lifecycleEvents": (pending.clone()), "lastUpdatedAt": (now) }))
        .collect();
    world.set_inside(&task.place, &task.id, "Targets", targets);
    world.change(&task.place, &task.id, |facts| {
        facts.insert("status", "InProgress");
        facts.insert("startTime", now);
    });
    tell(world, &task.place, &task.id, "START");
    true
}

fn advance(world: &mut World, task: &Task, found: &Resource) -> bool {
    let mut targets =
        found.inside.get("Targets").and_then(Value::as_object).cloned().unwrap_or_default();
    let configuration = found.fact("deploymentConfigName").unwrap_or_default();
    let most = groups::at_once(world, &task.place, configuration, targets.len());
    let mut working = 0;
    for (id, target) in targets.iter_mut() {
        if !["Pending", "InProgress"].contains(&target.text("status")) || working >= most {
            continue;
        }
        working += 1;
        let fate = world.fate(&task.place, id, "Deployment");
        one_event(target, world.now(), fate);
    }
    let count =
        |wanted: &str| targets.iter().filter(|(_, one)| one.text("status") == wanted).count();
    let (failed, done) = (count("Failed"), count("Succeeded"));
    let all = targets.len();
    let overview = object! {
        "Pending": (whole(count("Pending"))),
        "InProgress": (whole(count("InProgress"))),
        "Succeeded": (whole(done)),
        "Failed": (whole(failed)),
        "Skipped": (0),
        "Ready": (0)
    };
    world.set_inside(&task.place, &task.id, "Targets", targets);
    world.set(&task.place, &task.id, "deploymentOverview", overview);
    if failed > 0 {
        let message = "The overall deployment failed because too many individual instances failed deployment, too few healthy instances are available for deployment, or some instances in your deployment group are experiencing problems.";
        finish(world, task, ("Failed", Some(("HEALTH_CONSTRAINTS", message))));
        return false;
    }
    if done == all {
        finish(world, task, ("Succeeded", None));
        return false;
    }
    true
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The next lifecycle event of a target ends.
fn one_event(target: &mut Value, now: jiff::Timestamp, fate: Fate) {
    let Some(target) = target.as_object_mut() else { return };
    target.insert("status", "InProgress");
    target.insert("lastUpdatedAt", now);
    let (outcome, message) = match fate {
        Fate::Succeeds => ("Succeeded", None),
        Fate::Fails(message) => ("Failed", Some(message)),
        Fate::Never => return,
    };
    let mut is_last = false;
    if let Some(Value::List(events)) = target.get_mut("lifecycleEvents") {
        let total = events.len();
        let next = events.iter().position(|one| one.text("status") == "Pending");
        if let Some(event) = next.and_then(|at| events.get_mut(at)).and_then(Value::as_object_mut) {
            event.insert("status", outcome);
            event.insert("startTime", now);
            event.insert("endTime", now);
            let code = if message.is_some() { "ScriptFailed" } else { "Success" };
            let text = message.clone().unwrap_or_else(|| "Succeeded".to_owned());
            event.insert(
                "diagnostics",
                object! { "errorCode": (code), "scriptName": "", "message": (text), "logTail": "" },
            );
        }
        is_last = next.is_none_or(|at| at + 1 == total);
        if message.is_some() {
            for event in events.iter_mut().filter_map(Value::as_object_mut) {
                if event.text("status") == "Pending" {
                    event.insert("status", "Skipped");
                }
            }
        }
    }
    if message.is_some() {
        target.insert("status", "Failed");
    } else if is_last {
        target.insert("status", "Succeeded");
    }
}

fn tell(world: &mut World, place: &Place, id: &str, state: &str) {
    let Some(found) = world.get(place, id) else { return };
    let part = |member: &str| found.fact(member).unwrap_or_default().to_owned();
    let (application, group) = (part("applicationName"), part("deploymentGroupName"));
    let detail = value!({
        "region": (place.region.as_str()),
        "deploymentId": (id),
        "instanceGroupId": (crate::kind::uuid_of(&group)),
        "deploymentGroup": (group),
        "state": (state),
        "application": (application.as_str())
    });
    let arn = place.arn_of(&groups::APPLICATION, &application);
    let event =
        Event::new("aws.codedeploy", "CodeDeploy Deployment State-change Notification", place);
    world.emit(event.about(arn).with(detail));
}

fn finish(world: &mut World, task: &Task, (outcome, error): (&str, Option<(&str, &str)>)) {
    let now = world.now();
    let (place, id) = (&task.place, task.id.as_str());
    world.change(place, id, |facts| {
        facts.insert("status", outcome);
        facts.insert("completeTime", now);
        if let Some((code, message)) = error {
            facts.insert("errorInformation", object! { "code": (code), "message": (message) });
        }
    });
    tell(world, place, id, if outcome == "Succeeded" { "SUCCESS" } else { "FAILURE" });
    let Some(found) = world.get(place, id).cloned() else { return };
    let group_id = found.inside.text("Group").to_owned();
    let groups = place.beside(&GROUP);
    let last = object! {
        "deploymentId": (id),
        "status": (outcome),
        "endTime": (now),
        "createTime": (found.value("createTime").cloned().unwrap_or_default())
    };
    let before = world.get(&groups, &group_id).cloned().unwrap_or_default();
    world.change(&groups, &group_id, |facts| {
        if outcome == "Succeeded" {
            facts.insert("targetRevision", found.value("revision").cloned().unwrap_or_default());
            facts.insert("lastSuccessfulDeployment", last.clone());
        }
        facts.insert("lastAttemptedDeployment", last);
    });
    if outcome == "Failed" {
        roll_back(world, place, (id, &found), (&group_id, &before), "DEPLOYMENT_FAILURE");
    }
}

/// Deploys what was deployed last with success, if the group wants that.
fn roll_back(
    world: &mut World,
    place: &Place,
    (id, found): (&str, &Resource),
    (group_id, group): (&str, &Resource),
    cause: &str,
) {
    let is_wanted = group.flag("autoRollbackConfiguration.enabled")
        && group
            .list("autoRollbackConfiguration.events")
            .iter()
            .any(|one| one.as_str() == Some(cause));
    let (true, Some(revision), None) =
        (is_wanted, group.value("targetRevision").cloned(), found.value("rollbackInfo"))
    else {
        return;
    };
    let wanted = Wanted {
        revision,
        configuration: None,
        description: None,
        creator: "codeDeployRollback",
        rollback_of: Some(id.to_owned()),
    };
    let new = begin(world, place, (group_id, group), wanted);
    world.set(
        place,
        id,
        "rollbackInfo",
        object! { "rollbackDeploymentId": (new), "rollbackMessage": "Automatic rollback" },
    );
}

fn shown(call: &Call, world: &World, id: &str) -> Result<Object, Failure> {
    let place = call.place(&DEPLOYMENT);
    Ok(place.describe(&DEPLOYMENT, id, call.find(world, &DEPLOYMENT, id)?))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let shown = shown(call, world, call.required("deploymentId")?)?;
    Ok(call.fit(value!({ "deploymentInfo": (shown) })))
}

fn batch(call: &Call, world: &mut World) -> Answer {
    let mut all = Vec::new();
    for id in call.texts("deploymentIds") {
        all.push(Value::from(shown(call, world, id)?));
    }
    Ok(call.fit(value!({ "deploymentsInfo": (all) })))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let statuses = call.texts("includeOnlyStatuses");
    let is = |one: &Resource, member: &str| {
        call.text(member).is_none_or(|wanted| one.fact(member) == Some(wanted))
    };
    let mut found: Vec<_> = world
        .shelf(&call.place(&DEPLOYMENT))
        .iter()
        .filter(|(_, one)| is(one, "applicationName") && is(one, "deploymentGroupName"))
        .filter(|(_, one)| {
            statuses.is_empty() || statuses.contains(&one.fact("status").unwrap_or_default())
        })
        .collect();
    found.sort_by_key(|(_, one)| {
        std::cmp::Reverse(one.value("createTime").and_then(Value::as_timestamp))
    });
    let ids = found.into_iter().map(|(id, _)| Value::from(id)).collect();
    PAGES.slice(call, "deployments", ids)
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let id = call.required("deploymentId")?.to_owned();
    let found = call.find(world, &DEPLOYMENT, &id)?.clone();
    if !matches!(found.fact("status"), Some("Created" | "Queued" | "InProgress")) {
        let message = format!("The deployment {id} is already completed");
        return Err(Failure::new("DeploymentAlreadyCompletedException", message));
    }
    let place = call.place(&DEPLOYMENT);
    let now = world.now();
    world.change(&place, &id, |facts| {
        facts.insert("status", "Stopped");
        facts.insert("completeTime", now);
    });
    tell(world, &place, &id, "STOP");
    if call.flag("autoRollbackEnabled") {
        let group_id = found.inside.text("Group").to_owned();
        let group = world.get(&call.place(&GROUP), &group_id).cloned().unwrap_or_default();
        if let Some(revision) = group.value("targetRevision").cloned() {
            let wanted = Wanted {
                revision,
                configuration: None,
                description: None,
                creator: "codeDeployRollback",
                rollback_of: Some(id),
            };
            begin(world, &place, (&group_id, &group), wanted);
        }
    }
    Ok(
        value!({ "status": "Succeeded", "statusMessage": "No more commands will be scheduled for execution in the deployment instances" }),
    )
}

fn all_targets(call: &Call, world: &World) -> Result<Object, Failure> {
    let id = call.required("deploymentId")?;
    let found = call.find(world, &DEPLOYMENT, id)?;
    if found.fact("status") == Some("Created") {
        let message = format!("The deployment {id} has not started");
        return Err(Failure::new("DeploymentNotStartedException", message));
    }
    Ok(found.inside.get("Targets").and_then(Value::as_object).cloned().unwrap_or_default())
}

fn targets(call: &Call, world: &mut World) -> Answer {
    let wanted = call.input.path("targetFilters.TargetStatus").map_or(&[][..], Value::as_list);
    let ids = all_targets(call, world)?
        .iter()
        .filter(|(_, one)| {
            wanted.is_empty()
                || wanted.iter().any(|wanted| wanted.as_str() == Some(one.text("status")))
        })
        .map(|(id, _)| Value::from(id.as_str()))
        .collect();
    PAGES.slice(call, "targetIds", ids)
}

fn shown_target(call: &Call, world: &World, (id, target): (&str, &Value)) -> Value {
    let deployment = call.text("deploymentId").unwrap_or_default();
    let found = world.get(&call.place(&DEPLOYMENT), deployment);
    let platform = found.and_then(|one| one.fact("computePlatform")).unwrap_or("Server");
    let mut shown = target.as_object().cloned().unwrap_or_default();
    shown.insert("deploymentId", deployment);
    shown.insert("targetId", id);
    let (kind, member, arn) = match platform {
        "Lambda" => ("LambdaTarget", "lambdaTarget", String::new()),
        "ECS" => ("ECSTarget", "ecsTarget", String::new()),
        _ => (
            "InstanceTarget",
            "instanceTarget",
            format!(
                "arn:{}:ec2:{}:{}:instance/{id}",
                call.region.partition(),
                call.region,
                call.account()
            ),
        ),
    };
    if !arn.is_empty() {
        shown.insert("targetArn", arn);
    }
    let mut one = object! { "deploymentTargetType": (kind) };
    one.insert(member, shown);
    one.into()
}

fn missing_target(id: &str) -> Failure {
    Failure::new("DeploymentTargetDoesNotExistException", format!("The target {id} does not exist"))
}

fn target(call: &Call, world: &mut World) -> Answer {
    let id = call.required("targetId")?;
    let all = all_targets(call, world)?;
    let found = all.get(id).ok_or_else(|| missing_target(id))?;
    Ok(call.fit(value!({ "deploymentTarget": (shown_target(call, world, (id, found))) })))
}

fn batch_targets(call: &Call, world: &mut World) -> Answer {
    let all = all_targets(call, world)?;
    let mut shown = Vec::new();
    for id in call.texts("targetIds") {
        shown.push(shown_target(call, world, (id, all.get(id).ok_or_else(|| missing_target(id))?)));
    }
    Ok(call.fit(value!({ "deploymentTargets": (shown) })))
}
