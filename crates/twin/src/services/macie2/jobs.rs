//! Jobs that look into buckets, and the buckets as Macie sees them.

use jiff::Span;
use reeve_model::{Object, Value};

use super::session::{PAGES, required};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity, Missing, TagForm, lower_tag_list},
    recipe::{Create, Describe, NewId, TagAccess, TagInput},
    services::{Action, Part},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&JOB],
    operations: &[
        ("CreateClassificationJob", Action::Create(&CREATE)),
        ("DescribeClassificationJob", Action::Describe(&DESCRIBE)),
        ("ListClassificationJobs", Action::Own(list)),
        ("UpdateClassificationJob", Action::Own(update)),
        ("DescribeBuckets", Action::Own(buckets)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[("macie2:job", run)],
};

/// A job.
pub(crate) static JOB: Definition = Definition {
    resource_type: "AWS::Macie::ClassificationJob",
    tagging_type: "macie2:classification-job",
    arn: "arn:{partition}:macie2:{region}:{account}:classification-job/{id}",
    identity: &[("jobId", Identity::Id), ("jobArn", Identity::Arn)],
    tags: TagForm::Map("tags"),
    missing: Missing::new(
        "ResourceNotFoundException",
        "The request failed because the job {id} doesn't exist.",
    )
    .with_status(404),
    ..Definition::OF
};

/// How long a job runs, in seconds.
const RUNNING: i64 = 600;

static CREATE: Create = Create {
    kind: &JOB,
    id: NewId::Made(|_, world| Ok(world.random_hex(32))),
    facts: first_facts,
    tags: TagInput::Map("tags"),
    check: |call, world, _| required(call, world),
    then: begin,
    ..Create::OF
};

static DESCRIBE: Describe = Describe { kind: &JOB, id: "jobId", wrap: "" };

static TAGS: TagAccess = TagAccess {
    arn: "resourceArn",
    kinds: &[&JOB],
    tags: TagInput::Map("tags"),
    keys: "tagKeys",
    output: "tags",
    ..TagAccess::OF
};

fn first_facts(call: &Call, world: &mut World) -> Object {
    let is_idle = call.text("jobType") == Some("SCHEDULED") && !call.flag("initialRun");
    object! {
        "createdAt": (world.now()),
        "jobStatus": (if is_idle { "IDLE" } else { "RUNNING" }),
        "tags": (Value::Null),
        "clientToken": (Value::Null),
        "lastRunErrorStatus": { "code": "NONE" },
        "statistics": { "numberOfRuns": (if is_idle { 0.0 } else { 1.0 }), "approximateNumberOfObjectsToProcess": (0.0) }
    }
}

fn begin(call: &Call, world: &mut World, id: &str) -> Result<(), Failure> {
    let due = world.now() + Span::new().seconds(RUNNING);
    world.schedule(due, Task::new("macie2:job", &call.place(&JOB), id));
    Ok(())
}

fn run(world: &mut World, task: &Task) {
    let Some(job) = world.get(&task.place, &task.id).cloned() else { return };
    if job.fact("jobStatus") != Some("RUNNING") {
        return;
    }
    let fate = world.fate(&task.place, &task.id, "ClassificationJob");
    let error = match fate {
        Fate::Never => return,
        Fate::Succeeds => "NONE",
        Fate::Fails(_) => "ERROR",
    };
    let now = world.now();
    let status = if job.fact("jobType") == Some("SCHEDULED") { "IDLE" } else { "COMPLETE" };
    world.change(&task.place, &task.id, |facts| {
        facts.insert("jobStatus", status);
        facts.insert("lastRunTime", now);
        facts.insert("lastRunErrorStatus", object! { "code": (error) });
    });
}

fn list(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    if call.input.get("filterCriteria").is_some() {
        return Err(call.invalid("filterCriteria is not supported here"));
    }
    let place = call.place(&JOB);
    let shown = world
        .shelf(&place)
        .iter()
        .map(|(id, job)| {
            let mut shown = place.describe(&JOB, id, job);
            if let Some(buckets) = job.value("s3JobDefinition.bucketDefinitions") {
                shown.insert("bucketDefinitions", buckets.clone());
            }
            shown.into()
        })
        .collect();
    PAGES.slice(call, "items", shown)
}

fn update(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let id = call.required("jobId")?;
    let status = call.required("jobStatus")?.to_owned();
    let before = call.find(world, &JOB, id)?.fact("jobStatus").unwrap_or_default().to_owned();
    let is_possible = match status.as_str() {
        "CANCELLED" => before != "CANCELLED" && before != "COMPLETE",
        "RUNNING" => before == "USER_PAUSED",
        "USER_PAUSED" => ["RUNNING", "IDLE", "PAUSED"].contains(&before.as_str()),
        _ => false,
    };
    if !is_possible {
        let message = format!("The job cannot go from {before} to {status}");
        return Err(Failure::new("ConflictException", message).with_status(409));
    }
    world.set(&call.place(&JOB), id, "jobStatus", status.as_str());
    if status == "RUNNING" {
        begin(call, world, id)?;
    }
    Ok(Value::object())
}

fn buckets(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    if call
        .input
        .get("criteria")
        .is_some_and(|criteria| criteria.as_object().is_some_and(|one| !one.is_empty()))
    {
        return Err(call.invalid("criteria are not supported here"));
    }
    let now = world.now();
    let place = call.place(&crate::services::s3::BUCKET);
    let shown = world
        .shelf(&place)
        .iter()
        .map(|(name, bucket)| {
            value!({
                "accountId": (place.account.as_str()),
                "bucketArn": (format!("arn:{}:s3:::{name}", place.region.partition())),
                "bucketName": (name.as_str()),
                "region": (place.region.as_str()),
                "lastUpdated": (now),
                "tags": (lower_tag_list(&bucket.tags))
            })
        })
        .collect();
    PAGES.slice(call, "buckets", shown)
}
