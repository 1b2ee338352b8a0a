//! Tells of a rehearsal that has ended: what was done, in order, and what is different.

mod done;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reeve_app::ExecutionQuery;
use reeve_runbook::Note;
use reeve_store::Limit;
use reeve_twin::{DescribedResource, Moment, ResourceChange};
use reeve_types::ExecutionId;
use serde_json::Value;

use crate::{
    compare::differences,
    error::RehearsalError,
    play::{action_of, runbook_of},
    views::{AnswerView, ChangeView, RehearsalView, StepView, WorldView},
    world::World,
};

/// What the twin keeps like resources, and is only a note of something that happened to one.
const NOTES: [&str; 2] = ["::Event", "::VolumeModification"];

/// What is known of a rehearsal that has ended, beside its records.
pub(crate) struct Told {
    pub(crate) id: ExecutionId,
    /// When it began, in simulated time.
    pub(crate) began: Timestamp,
    pub(crate) answers: Vec<AnswerView>,
    pub(crate) world: WorldView,
}

/// A run of a step, with its place in the journal of its execution.
struct StepRun {
    began: u64,
    view: StepView,
}

/// Tells of it.
pub(crate) async fn view(
    world: &World,
    told: Told,
    moment: &Moment,
) -> Result<RehearsalView, RehearsalError> {
    let detail = world.app.execution_detail(&told.id.to_string()).await?;
    let mut runs = BTreeMap::new();
    let ids = executions(world, told.id).await?;
    for id in &ids {
        runs.insert(*id, step_runs(world, *id).await?);
    }
    let done = done::tell(world.watcher.take(), &mut runs);
    let steps = ids.iter().filter_map(|id| runs.remove(id)).flatten().map(|run| run.view);
    let steps: Vec<StepView> = steps.collect();
    let execution = detail.execution;
    let ended = execution.ended_at.unwrap_or_else(|| world.clock.now());
    let own = |step: &&StepView| step.execution == execution.id && step.error.is_some();
    let failure = steps.iter().rev().find(own).filter(|_| execution.status != "Success");
    let failure = failure
        .map(|step| format!("step `{}`: {}", step.step, step.error.as_deref().unwrap_or_default()));
    Ok(RehearsalView {
        runbook: execution.runbook,
        account: execution.account,
        region: execution.region,
        status: execution.status,
        failure,
        seconds: seconds(ended.duration_since(told.began)),
        world: told.world,
        steps,
        calls: done.calls,
        answers: told.answers,
        changes: world.twin.changes_since(moment).into_iter().filter_map(change).collect(),
        without_undo: done.without_undo,
        outputs: detail.outputs,
    })
}

/// The execution, then those that it began, in order.
async fn executions(world: &World, root: ExecutionId) -> Result<Vec<ExecutionId>, RehearsalError> {
    let mut found = Vec::new();
    let mut query = ExecutionQuery { limit: Some(1000), ..ExecutionQuery::default() };
    loop {
        let page = world.app.executions(&query).await?;
        for execution in page.items {
            if let Ok(id) = execution.id.parse::<ExecutionId>() {
                found.push((id != root, execution.created_at, id));
            }
        }
        if page.next.is_none() {
            break;
        }
        query.cursor = page.next;
    }
    found.sort();
    Ok(found.into_iter().map(|(_, _, id)| id).collect())
}

/// Every run of a step of an execution.
async fn step_runs(world: &World, id: ExecutionId) -> Result<Vec<StepRun>, RehearsalError> {
    let runbook = runbook_of(world, Some(id)).await?;
    let name = world.app.store.execution(id).await?.runbook;
    let mut runs: Vec<StepRun> = Vec::new();
    let mut after = Some(0);
    while let Some(place) = after {
        let limit = Limit::new(Limit::MAXIMUM);
        let page = world.app.store.execution_records(id, place, limit).await?;
        for record in page.items.iter().filter(|record| record.kind == "note") {
            match serde_json::from_str(&record.data)? {
                Note::StepBegan { step, attempt, rounds, .. } => runs.push(StepRun {
                    began: record.number,
                    view: StepView {
                        execution: id.to_string(),
                        runbook: name.clone(),
                        action: runbook.as_ref().and_then(|runbook| action_of(runbook, &step)),
                        step,
                        attempt,
                        rounds,
                        status: None,
                        error: None,
                        began_at: record.at,
                        seconds: None,
                        calls: Vec::new(),
                    },
                }),
                Note::StepEnded { step, status, error, .. } => {
                    let is_open =
                        |run: &&mut StepRun| run.view.step == step && run.view.status.is_none();
                    if let Some(run) = runs.iter_mut().rev().find(is_open) {
                        let took = record.at.duration_since(run.view.began_at);
                        run.view.seconds = Some(seconds(took));
                        run.view.status = Some(status.as_str().to_owned());
                        run.view.error = error.map(|error| error.to_string());
                    }
                }
                Note::Ended { .. } => {}
            }
        }
        after = page.next;
    }
    Ok(runs)
}

/// Records know a time a little less exactly than clocks do, and clocks jump a little too far.
fn seconds(took: SignedDuration) -> i64 {
    i64::try_from((took.as_millis() + 500).div_euclid(1000)).unwrap_or(i64::MAX)
}

/// A resource that is different, unless only the rehearsal's own calls left their mark on it.
fn change(change: ResourceChange) -> Option<ChangeView> {
    let json = |described: &DescribedResource| {
        let mut json = described.description.to_json();
        if let (Value::Object(members), false) = (&mut json, described.tags.is_empty()) {
            let tags =
                described.tags.iter().map(|(key, value)| (key.clone(), Value::from(&**value)));
            members.insert("Tags".to_owned(), Value::Object(tags.collect()));
        }
        json
    };
    let ResourceChange { arn, resource_type, id, before, after, .. } = change;
    if NOTES.iter().any(|note| resource_type.ends_with(note)) {
        return None;
    }
    let (before, after) = (before.as_ref().map(json), after.as_ref().map(json));
    let (word, differences) = match (&before, &after) {
        (None, _) => ("created", Vec::new()),
        (Some(_), None) => ("deleted", Vec::new()),
        (Some(before), Some(after)) => ("changed", differences(before, after)),
    };
    let is_mark = |path: &str| path.contains("LastUsed");
    if word == "changed" && differences.iter().all(|found| is_mark(&found.path)) {
        return None;
    }
    let resource_type = resource_type.to_owned();
    Some(ChangeView { change: word, resource_type, id, arn, before, after, differences })
}
