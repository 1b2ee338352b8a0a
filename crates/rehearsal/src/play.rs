//! Moves an execution on to its end: time jumps to whatever is due next, and what waits for somebody is answered.

use std::{collections::BTreeSet, pin::pin, time::Duration};

use jiff::SignedDuration;
use reeve_app::{
    Context, ExecutionQuery,
    executions::{ExecutionDetail, Worker},
};
use reeve_runbook::{Format, Runbook};
use reeve_types::{Actor, ExecutionId};
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};

use crate::{error::RehearsalError, views::AnswerView, world::World};

/// How often time passes by itself while a script runs.
const TICK: Duration = Duration::from_secs(1);

/// What a rehearsal says when it answers in somebody's place.
const COMMENT: &str = "answered by the rehearsal";

/// Moves an execution and those that it begins on until it has ended: what was answered on the way.
pub(crate) async fn play(
    world: &World,
    id: ExecutionId,
) -> Result<Vec<AnswerView>, RehearsalError> {
    let worker = Worker::new(&world.app).one_by_one();
    let mut answers = Answers::default();
    loop {
        finish_what_is_due(world, &worker).await;
        if world.app.store.execution(id).await?.ended_at.is_some() {
            return Ok(answers.given);
        }
        if answer(world, &mut answers).await? {
            continue;
        }
        let Some(due) = world.app.store.next_due().await? else { return Ok(answers.given) };
        let later = due + SignedDuration::from_millis(1);
        world.clock.set(world.clock.now().max(later));
    }
}

/// While a script runs, time passes as it does for everybody: scripts wait for things to happen. Else it stands still.
async fn finish_what_is_due(world: &World, worker: &Worker<'_>) {
    let mut working = pin!(worker.finish_what_is_due());
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one comes at once.
    ticks.tick().await;
    loop {
        tokio::select! {
            biased;
            () = &mut working => return,
            _ = ticks.tick() => if world.watcher.is_in_script() {
                world.clock.set(world.clock.now() + SignedDuration::try_from(TICK).unwrap_or_default());
            }
        }
    }
}

/// What was answered.
#[derive(Default)]
struct Answers {
    given: Vec<AnswerView>,
    /// The runs of steps that were answered: whoever is asked has only one word.
    runs: BTreeSet<(String, String, usize)>,
}

/// Answers whatever waits for somebody's word. Whether something was answered.
async fn answer(world: &World, answers: &mut Answers) -> Result<bool, RehearsalError> {
    let query = ExecutionQuery {
        status: Some("Waiting".to_owned()),
        limit: Some(1000),
        ..ExecutionQuery::default()
    };
    let waiting = world.app.executions(&query).await?;
    let mut answered = false;
    for execution in waiting.items {
        let detail = world.app.execution_detail(&execution.id).await?;
        let Some(asked) = Asked::of(world, &detail).await? else { continue };
        if !answers.runs.insert((execution.id.clone(), asked.step.clone(), asked.run)) {
            continue;
        }
        for by in asked.by {
            let Ok(actor) = by.parse::<Actor>();
            let said = (asked.word, COMMENT);
            let told = world.app.tell_execution(&Context::new(actor), &execution.id, said).await;
            if told.is_err() {
                continue;
            }
            answered = true;
            answers.given.push(AnswerView {
                execution: execution.id.clone(),
                step: asked.step.clone(),
                word: asked.word.as_str().to_owned(),
                by,
            });
        }
    }
    Ok(answered)
}

/// Whose word is waited for.
struct Asked {
    step: String,
    /// Which run of the step it is.
    run: usize,
    word: reeve_app::executions::Word,
    by: Vec<String>,
}

impl Asked {
    async fn of(world: &World, detail: &ExecutionDetail) -> Result<Option<Self>, RehearsalError> {
        use reeve_app::executions::Word;

        let Some(step) = detail.execution.step.clone() else { return Ok(None) };
        let id = detail.execution.id.parse().ok();
        let Some(runbook) = runbook_of(world, id).await? else { return Ok(None) };
        let action = action_of(&runbook, &step);
        let records = detail.records.iter();
        let mut began = records
            .filter(|record| record.kind == "step.began" && record.step.as_ref() == Some(&step));
        let run = began.clone().count();
        let inputs =
            began.next_back().and_then(|record| record.detail.pointer("/step_began/inputs"));
        let (word, by) = match action {
            Some("aws:approve") => (Word::Approve, approvers(inputs)),
            Some("aws:pause") => (Word::Resume, vec![detail.execution.started_by.clone()]),
            _ => return Ok(None),
        };
        Ok(Some(Self { step, run, word, by }))
    }
}

/// As many of those who are asked as have to say yes.
fn approvers(inputs: Option<&Value>) -> Vec<String> {
    let input = |name: &str| inputs.and_then(|inputs| inputs.get(name));
    let needed = input("MinRequiredApprovals").and_then(Value::as_u64).unwrap_or(1).max(1);
    let approvers = input("Approvers").and_then(Value::as_array).into_iter().flatten();
    let names =
        approvers.filter_map(Value::as_str).map(|approver| match approver.rsplit_once('/') {
            Some((_, name)) if approver.starts_with("arn:") => name.to_owned(),
            _ => approver.to_owned(),
        });
    names.take(usize::try_from(needed).unwrap_or(usize::MAX)).collect()
}

/// The runbook of an execution.
pub(crate) async fn runbook_of(
    world: &World,
    id: Option<ExecutionId>,
) -> Result<Option<Runbook>, RehearsalError> {
    let Some(id) = id else { return Ok(None) };
    let summary = world.app.store.execution(id).await?;
    let document = world.app.store.runbook_document(&summary.digest).await?;
    let format = if document.format == "json" { Format::Json } else { Format::Yaml };
    let read = Runbook::parse(&summary.runbook, &document.text, format);
    Ok(read.ok().map(|checked| checked.runbook))
}

/// The action of a step.
pub(crate) fn action_of(runbook: &Runbook, step: &str) -> Option<&'static str> {
    let steps = runbook.all_steps();
    steps.into_iter().find(|known| known.name == step).map(|step| step.action.name)
}
