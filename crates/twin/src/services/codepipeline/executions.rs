//! Executions: stage after stage, action after action.
//!
//! A source looks for its object. An approval waits for somebody. The others call the service that does the work and look every
//! few seconds how it goes; where no work is left to do, faults decide (as `PipelineAction`) how it ends.

use jiff::Span;
use reeve_model::{Object, Value};

use super::pipelines::{PAGES, PIPELINE};
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
    kinds: &[&EXECUTION],
    operations: &[
        ("StartPipelineExecution", Action::Own(start)),
        ("GetPipelineExecution", Action::Own(get)),
        ("ListPipelineExecutions", Action::Own(list)),
        ("StopPipelineExecution", Action::Own(stop)),
        ("RetryStageExecution", Action::Own(retry)),
        ("PutApprovalResult", Action::Own(approve)),
        ("ListActionExecutions", Action::Own(actions)),
    ],
    tasks: &[("codepipeline:step", step)],
};

/// An execution of a pipeline.
pub(crate) static EXECUTION: Definition = Definition {
    resource_type: "AWS::CodePipeline::PipelineExecution",
    arn: "arn:{partition}:codepipeline:{region}:{account}:execution/{id}",
    identity: &[("pipelineExecutionId", Identity::Id)],
    missing: Missing::new(
        "PipelineExecutionNotFoundException",
        "The pipeline execution {id} was not found",
    ),
    ..Definition::OF
};

/// How often an execution is worked on, in seconds.
const STEP: i64 = 10;

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.path(path).and_then(Value::as_str).unwrap_or_default()
}

fn schedule(world: &mut World, place: &Place, id: &str) {
    world.schedule(
        world.now() + Span::new().seconds(STEP),
        Task::new("codepipeline:step", place, id),
    );
}

fn start(call: &Call, world: &mut World) -> Answer {
    let name = call.required("name")?;
    let version = call.find(world, &PIPELINE, name)?.value("version").cloned().unwrap_or_default();
    let id = world.uuid();
    let now = world.now();
    let kept = object! {
        "pipelineName": (name),
        "pipelineVersion": (version),
        "status": "InProgress",
        "startTime": (now),
        "lastUpdateTime": (now),
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
        "trigger": { "triggerType": "StartPipelineExecution", "triggerDetail": (call.caller.arn.as_str()) },
        "artifactRevisions": []
    };
    let place = call.place(&EXECUTION);
    let inside = object! { "Stage": (0), "Actions": [] };
    world.put(
        place.clone(),
        id.as_str(),
        Resource::new(facts(kept), std::sync::Arc::default()).with_inside(inside),
    );
    tell(world, &place, &id, "STARTED");
    schedule(world, &place, &id);
    Ok(value!({ "pipelineExecutionId": (id) }))
}

fn tell(world: &mut World, place: &Place, id: &str, state: &str) {
    let name = world
        .get(place, id)
        .and_then(|one| one.fact("pipelineName"))
        .unwrap_or_default()
        .to_owned();
    let detail = value!({ "pipeline": (name.as_str()), "execution-id": (id), "state": (state), "version": (1) });
    let arn = place.arn_of(&PIPELINE, &name);
    world.emit(
        Event::new("aws.codepipeline", "CodePipeline Pipeline Execution State Change", place)
            .about(arn)
            .with(detail),
    );
}

fn finish(world: &mut World, place: &Place, id: &str, status: &str) {
    let now = world.now();
    world.change(place, id, |facts| {
        facts.insert("status", status);
        facts.insert("lastUpdateTime", now);
    });
    tell(world, place, id, &status.to_uppercase());
}

/// The actions of an execution so far.
pub(super) fn done(execution: &Resource) -> Vec<Value> {
    execution.inside.get("Actions").map_or_else(Vec::new, |list| list.as_list().to_vec())
}

/// The number of the stage that an execution is in.
fn stage_of(execution: &Resource) -> usize {
    execution
        .inside
        .get("Stage")
        .and_then(Value::as_i64)
        .and_then(|at| usize::try_from(at).ok())
        .unwrap_or(0)
}

fn step(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(execution) = world.get(place, id).cloned() else { return };
    if execution.fact("status") == Some("Stopping") {
        return finish(world, place, id, "Stopped");
    }
    if execution.fact("status") != Some("InProgress") {
        return;
    }
    let name = execution.fact("pipelineName").unwrap_or_default().to_owned();
    let Some(pipeline) = world.get(&place.beside(&PIPELINE), &name).cloned() else {
        return;
    };
    let at = stage_of(&execution);
    let stages = pipeline.list("stages");
    let Some(stage) = stages.get(at) else { return finish(world, place, id, "Succeeded") };
    let stage_name = text(stage, "name");
    let is_closed =
        pipeline.inside.get("Disabled").is_some_and(|all| all.get(stage_name).is_some());
    let has_begun = done(&execution).iter().any(|one| text(one, "stageName") == stage_name);
    if is_closed && !has_begun {
        return schedule(world, place, id);
    }
    match work(world, place, id, (stage, &execution)) {
        Progress::GoesOn => {}
        Progress::Failed => return finish(world, place, id, "Failed"),
        Progress::Done => {
            world.set_inside(place, id, "Stage", i64::try_from(at + 1).unwrap_or(i64::MAX));
        }
    }
    schedule(world, place, id);
}

enum Progress {
    GoesOn,
    Done,
    Failed,
}

/// Works on the actions of a stage whose turn it is.
fn work(
    world: &mut World,
    place: &Place,
    id: &str,
    (stage, execution): (&Value, &Resource),
) -> Progress {
    let mut records = done(execution);
    let order = |action: &Value| action.get("runOrder").and_then(Value::as_i64).unwrap_or(1);
    let mut actions: Vec<&Value> = stage.list("actions").iter().collect();
    actions.sort_by_key(|action| order(action));
    let stage_name = text(stage, "name");
    let mut turn = None;
    let mut progress = Progress::Done;
    for action in actions {
        if turn.is_some_and(|turn| order(action) > turn) {
            break;
        }
        let name = text(action, "name");
        let known = records.iter().position(|one| {
            text(one, "stageName") == stage_name
                && text(one, "actionName") == name
                && one.get("Retried").is_none()
        });
        let record = match known.and_then(|at| records.get(at).cloned()) {
            None => begin(world, place, (id, stage_name, action)),
            Some(record) if text(&record, "status") == "InProgress" => {
                look(world, place, action, record)
            }
            Some(record) => record,
        };
        let status = text(&record, "status").to_owned();
        match known.and_then(|at| records.get_mut(at)) {
            Some(slot) => *slot = record,
            None => records.push(record),
        }
        match status.as_str() {
            "Failed" => progress = Progress::Failed,
            "InProgress" => {
                turn = Some(order(action));
                if !matches!(progress, Progress::Failed) {
                    progress = Progress::GoesOn;
                }
            }
            _ => {}
        }
    }
    let now = world.now();
    world.set_inside(place, id, "Actions", Value::List(records));
    world.set(place, id, "lastUpdateTime", now);
    progress
}

fn settled(record: &mut Value, status: &str, (summary, now): (&str, jiff::Timestamp)) {
    if let Some(record) = record.as_object_mut() {
        record.insert("status", status);
        record.insert("summary", summary);
        record.insert("lastUpdateTime", now);
    }
}

/// The call that an action makes, if it makes one: service, operation, input, and where the answer names what goes on.
fn request(
    action: &Value,
    source: Option<&Value>,
) -> Option<(&'static str, &'static str, Value, &'static str)> {
    let of = |name: &str| text(action, &format!("configuration.{name}")).to_owned();
    Some(match text(action, "actionTypeId.provider") {
        "S3" => {
            let input = value!({ "Bucket": (of("S3Bucket")), "Key": (of("S3ObjectKey")) });
            ("s3", "HeadObject", input, "VersionId")
        }
        "Lambda" => (
            "lambda",
            "Invoke",
            value!({
                "FunctionName": (of("FunctionName")),
                "Payload": (of("UserParameters").into_bytes())
            }),
            "",
        ),
        "CodeDeploy" => (
            "codedeploy",
            "CreateDeployment",
            value!({
                "applicationName": (of("ApplicationName")),
                "deploymentGroupName": (of("DeploymentGroupName")),
                "revision": (revision(source?))
            }),
            "deploymentId",
        ),
        "CloudFormation" if of("ActionMode") == "DELETE_ONLY" => {
            ("cloudformation", "DeleteStack", value!({ "StackName": (of("StackName")) }), "")
        }
        _ => return None,
    })
}

/// What a source fetched, as `CodeDeploy` names it.
fn revision(source: &Value) -> Value {
    let of = |name: &str| text(source, &format!("input.configuration.{name}")).to_owned();
    let key = of("S3ObjectKey");
    let bundle = match key.rsplit('.').next() {
        Some("tar") => "tar",
        Some("tgz" | "gz") => "tgz",
        _ => "zip",
    };
    let location =
        value!({ "bucket": (of("S3Bucket")), "key": (key.as_str()), "bundleType": (bundle) });
    value!({ "revisionType": "S3", "s3Location": (location) })
}

fn begin(world: &mut World, place: &Place, (id, stage, action): (&str, &str, &Value)) -> Value {
    let now = world.now();
    let mut record = value!({
        "pipelineExecutionId": (id),
        "actionExecutionId": (world.uuid()),
        "stageName": (stage),
        "actionName": (text(action, "name")),
        "startTime": (now),
        "lastUpdateTime": (now),
        "status": "InProgress",
        "input": {
            "actionTypeId": (action.get("actionTypeId").cloned().unwrap_or_default()),
            "configuration": (action.get("configuration").cloned().unwrap_or_else(Value::object))
        }
    });
    let provider = text(action, "actionTypeId.provider");
    if provider == "Manual" {
        let token = world.uuid();
        if let Some(record) = record.as_object_mut() {
            record.insert("token", token);
        }
        return record;
    }
    let execution = world.get(place, id).map(done).unwrap_or_default();
    let source = execution.iter().find(|one| text(one, "input.actionTypeId.provider") == "S3");
    let Some((service, operation, input, path)) = request(action, source) else {
        settled(&mut record, "Failed", ("There is nothing that this action could use", now));
        return record;
    };
    let origin = Origin::at(place, "codepipeline.amazonaws.com");
    match world.call(&origin, service, operation, input) {
        Err(failure) => settled(&mut record, "Failed", (&failure.message, now)),
        Ok(answer) if answer.get("FunctionError").is_some() => {
            settled(&mut record, "Failed", ("The AWS Lambda function failed", now));
        }
        Ok(answer) if provider == "S3" => {
            let version = text(&answer, "VersionId");
            let summary = format!("Amazon S3 version id: {version}");
            settled(&mut record, "Succeeded", (&summary, now));
        }
        Ok(answer) => {
            if let Some(record) = record.as_object_mut() {
                record.insert("externalExecutionId", answer.get(path).cloned().unwrap_or_default());
            }
        }
    }
    record
}

/// Looks how an action goes on.
fn look(world: &mut World, place: &Place, action: &Value, mut record: Value) -> Value {
    let now = world.now();
    match text(action, "actionTypeId.provider") {
        "Manual" => return record,
        "CodeDeploy" => {
            let origin = Origin::at(place, "codepipeline.amazonaws.com");
            let id = text(&record, "externalExecutionId").to_owned();
            let answer = world.call(
                &origin,
                "codedeploy",
                "GetDeployment",
                value!({ "deploymentId": (id) }),
            );
            match answer.as_ref().map(|answer| text(answer, "deploymentInfo.status")) {
                Ok("Succeeded") => settled(&mut record, "Succeeded", ("Deployment succeeded", now)),
                Ok("Failed" | "Stopped") | Err(_) => {
                    settled(&mut record, "Failed", ("Deployment failed", now));
                }
                Ok(_) => {}
            }
        }
        _ => match world.fate(place, text(action, "name"), "PipelineAction") {
            Fate::Succeeds => settled(&mut record, "Succeeded", ("Succeeded", now)),
            Fate::Fails(message) => settled(&mut record, "Failed", (&message, now)),
            Fate::Never => {}
        },
    }
    record
}

/// The execution that the caller names.
fn named(call: &Call, world: &World) -> Result<(Place, String, Resource), Failure> {
    let pipeline = call.required("pipelineName")?;
    call.find(world, &PIPELINE, pipeline)?;
    let id = call.required("pipelineExecutionId")?;
    let found = call.find(world, &EXECUTION, id)?.clone();
    if found.fact("pipelineName") != Some(pipeline) {
        return Err(EXECUTION.missing.failure(id));
    }
    Ok((call.place(&EXECUTION), id.to_owned(), found))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let (place, id, found) = named(call, world)?;
    let shown = place.describe(&EXECUTION, &id, &found);
    Ok(call.fit(value!({ "pipelineExecution": (shown) })))
}

/// The executions of a pipeline, the newest first.
pub(super) fn of_pipeline(world: &World, place: &Place, name: &str) -> Vec<(String, Resource)> {
    let place = place.beside(&EXECUTION);
    let shelf = world.shelf(&place).iter();
    let mut found: Vec<_> = shelf
        .filter(|(_, one)| one.fact("pipelineName") == Some(name))
        .map(|(id, one)| (id.clone(), one.clone()))
        .collect();
    found.sort_by_key(|(_, one)| {
        std::cmp::Reverse(one.value("startTime").and_then(Value::as_timestamp))
    });
    found
}

fn list(call: &Call, world: &mut World) -> Answer {
    let name = call.required("pipelineName")?;
    call.find(world, &PIPELINE, name)?;
    let place = call.place(&EXECUTION);
    let shown = of_pipeline(world, &place, name)
        .iter()
        .map(|(id, one)| place.describe(&EXECUTION, id, one).into())
        .collect();
    PAGES.slice(call, "pipelineExecutionSummaries", shown)
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let (place, id, found) = named(call, world)?;
    if found.fact("status") != Some("InProgress") {
        let message = "The pipeline execution is not in progress";
        return Err(Failure::new("PipelineExecutionNotStoppableException", message));
    }
    let reason = call.text("reason").unwrap_or_default();
    world.change(&place, &id, |facts| {
        facts.insert("status", "Stopping");
        facts.insert("stopTrigger", object! { "reason": (reason) });
    });
    Ok(value!({ "pipelineExecutionId": (id) }))
}

fn retry(call: &Call, world: &mut World) -> Answer {
    let (place, id, found) = named(call, world)?;
    let stage = call.required("stageName")?;
    if found.fact("status") != Some("Failed") {
        let message = "The stage cannot be retried because its latest execution has not failed";
        return Err(Failure::new("StageNotRetryableException", message));
    }
    let all = call.text("retryMode") == Some("ALL_ACTIONS");
    let mut records = done(&found);
    for record in &mut records {
        if text(record, "stageName") == stage
            && (all || text(record, "status") == "Failed")
            && let Some(record) = record.as_object_mut()
        {
            record.insert("Retried", true);
        }
    }
    world.set_inside(&place, &id, "Actions", Value::List(records));
    world.set(&place, &id, "status", "InProgress");
    schedule(world, &place, &id);
    Ok(value!({ "pipelineExecutionId": (id) }))
}

fn approve(call: &Call, world: &mut World) -> Answer {
    let pipeline = call.required("pipelineName")?;
    call.find(world, &PIPELINE, pipeline)?;
    let (stage, action, token) =
        (call.required("stageName")?, call.required("actionName")?, call.required("token")?);
    let place = call.place(&EXECUTION);
    let now = world.now();
    for (id, found) in of_pipeline(world, &place, pipeline) {
        let mut records = done(&found);
        let fitting = records.iter_mut().find(|one| {
            text(one, "stageName") == stage
                && text(one, "actionName") == action
                && text(one, "token") == token
        });
        let Some(record) = fitting else { continue };
        if text(record, "status") != "InProgress" {
            let message = "The approval action has already been approved or rejected.";
            return Err(Failure::new("ApprovalAlreadyCompletedException", message));
        }
        let result = call.input.get("result").cloned().unwrap_or_default();
        let status = if text(&result, "status") == "Approved" { "Succeeded" } else { "Failed" };
        settled(record, status, (text(&result, "summary"), now));
        world.set_inside(&place, &id, "Actions", Value::List(records));
        return Ok(value!({ "approvedAt": (now) }));
    }
    Err(Failure::new("InvalidApprovalTokenException", "The approval token is not valid."))
}

fn actions(call: &Call, world: &mut World) -> Answer {
    let name = call.required("pipelineName")?;
    call.find(world, &PIPELINE, name)?;
    let only = call.input.path("filter.pipelineExecutionId").and_then(Value::as_str);
    let mut shown = Vec::new();
    for (id, found) in of_pipeline(world, &call.place(&EXECUTION), name) {
        if only.is_none_or(|only| only == id) {
            for record in done(&found).into_iter().rev() {
                let mut one: Object = record.as_object().cloned().unwrap_or_default();
                let result = object! {
                    "externalExecutionId": (text(&record, "externalExecutionId")),
                    "externalExecutionSummary": (text(&record, "summary"))
                };
                one.insert("output", object! { "executionResult": (result) });
                one.insert(
                    "pipelineVersion",
                    found.value("pipelineVersion").cloned().unwrap_or_default(),
                );
                shown.push(one.into());
            }
        }
    }
    PAGES.slice(call, "actionExecutionDetails", shown)
}
