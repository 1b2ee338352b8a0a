//! What an execution changed, out of its journal and those of the executions that it began.

use std::collections::HashMap;

use reeve_runbook::{
    Call, Change, Deed, Effect, EffectError, Event, Made, OUTCOME_UNKNOWN, Outcome, other_deed,
};
use reeve_store::{ExecutionRecord, ExecutionSummary, Limit};
use reeve_types::ExecutionId;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    drive::{self, Stored},
    view::family::begun_by,
};
use crate::{App, Error};

/// What an execution changed.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// What was done, in order.
    pub(super) changes: Vec<Change>,
    /// The executions that ran within it.
    pub(super) within: Vec<ExecutionId>,
}

/// The record of an effect that was about to be performed.
#[derive(Debug, Deserialize)]
struct Intended {
    number: u64,
    #[serde(default)]
    step: String,
    effect: Effect,
    before: Map<String, Value>,
}

/// The record of a look after a change.
#[derive(Debug, Deserialize)]
struct After {
    number: u64,
    found: Map<String, Value>,
}

/// What came of the effects of an execution, by number.
#[derive(Debug, Default)]
struct Results {
    answers: HashMap<u64, Result<Value, EffectError>>,
    looks: HashMap<u64, Map<String, Value>>,
}

/// Goes through the journal of an execution and those within it.
struct Gatherer<'a> {
    app: &'a App,
    /// The execution that is taken back.
    root: &'a ExecutionSummary,
    /// The role that it ran as, if that was not the account's own.
    role: Option<&'a str>,
    changed: Changed,
}

/// What an execution changed that ran as a role, if that was not the account's own, and all that ran within it.
pub(super) async fn gather(
    app: &App,
    (root, role): (&ExecutionSummary, Option<&str>),
) -> Result<Changed, Error> {
    let mut gatherer = Gatherer { app, root, role, changed: Changed::default() };
    gatherer.execution(root).await?;
    Ok(gatherer.changed)
}

impl Gatherer<'_> {
    async fn execution(&mut self, summary: &ExecutionSummary) -> Result<(), Error> {
        let records = records(self.app, summary.id).await?;
        let results = Results::of(&records)?;
        let runbook = drive::runbook_of(self.app, (&summary.runbook, &summary.digest)).await?;
        let mut children = begun_by(&self.app.store, summary.id).await?;
        children.sort_by_key(|child| (child.created_at, child.id));
        for record in &records {
            // What an effect began had begun by the time that it was answered.
            let begun: Vec<ExecutionSummary> = match record.kind.as_str() {
                "event" => children.extract_if(.., |it| it.created_at <= record.at).collect(),
                _ => Vec::new(),
            };
            for child in begun {
                Box::pin(self.child(&child)).await?;
            }
            if record.kind != "intent" {
                continue;
            }
            let intended: Intended = drive::from_json(&record.data)?;
            let deed = match &intended.effect {
                Effect::Call(call) => Some(Deed::Called(results.made(&intended, call))),
                effect => {
                    let steps = runbook.all_steps();
                    let step = steps.into_iter().find(|step| step.name == intended.step);
                    other_deed(effect, step)
                }
            };
            let (execution, step) = (summary.id.to_string(), intended.step);
            self.changed.changes.extend(deed.map(|deed| Change { execution, step, deed }));
        }
        for child in children {
            Box::pin(self.child(&child)).await?;
        }
        Ok(())
    }

    /// What an execution within another changed.
    async fn child(&mut self, child: &ExecutionSummary) -> Result<(), Error> {
        if child.ended_at.is_none() {
            return Err(Error::not_undone(format!("{} has not ended", child.id)));
        }
        let undos = self.app.store.undos_of(child.id).await.map_err(Error::store)?;
        if let Some(undo) = undos.iter().find(|undo| undo.holds()) {
            // It was taken back by itself; one that is under way has to end first.
            return if undo.has_ended {
                Ok(())
            } else {
                Err(Error::already_undone(child.id, undo.undo))
            };
        }
        let before = self.changed.changes.len();
        let within = self.changed.within.len();
        if let Some(declared) = self.app.runbooks.undo_of(&child.runbook) {
            let parameters = self.app.fill_undo(child, declared).await?;
            let document = declared.name.clone();
            self.add(child, Deed::Declared { document, parameters });
        } else {
            self.execution(child).await?;
        }
        self.changed.within.push(child.id);
        let is_elsewhere =
            (&child.account, &child.region) != (&self.root.account, &self.root.region);
        let role = role_of(self.app, child.id).await?;
        let by_itself = if is_elsewhere {
            Some(format!("it was made in {} {}", child.account, child.region))
        } else if role.as_deref() != self.role {
            Some(format!("it was made as {}", role.as_deref().unwrap_or("the account's own role")))
        } else {
            let by_itself = undos.iter().find(|undo| undo.plan.is_some());
            by_itself.map(|undo| format!("{} took some of it back", undo.undo))
        };
        if let Some(why) = by_itself {
            self.changed.within.truncate(within);
            let changes: Vec<Change> = self.changed.changes.drain(before..).collect();
            if !changes.is_empty() {
                let what = format!("{} of {}", child.id, child.runbook);
                let why = format!("{why}: `reeve undo {}` takes it back by itself", child.id);
                self.add(child, Deed::Other { what, why, may_lose: true });
            }
        }
        Ok(())
    }

    fn add(&mut self, of: &ExecutionSummary, deed: Deed) {
        let execution = of.id.to_string();
        self.changed.changes.push(Change { execution, step: String::new(), deed });
    }
}

impl Results {
    fn of(records: &[ExecutionRecord]) -> Result<Self, Error> {
        let mut results = Self::default();
        for record in records {
            match record.kind.as_str() {
                "event" => {
                    if let Event::Answered { number, result, .. } = drive::from_json(&record.data)?
                    {
                        results.answers.insert(number, result);
                    }
                }
                "after" => {
                    let After { number, found } = drive::from_json(&record.data)?;
                    results.looks.insert(number, found);
                }
                _ => {}
            }
        }
        Ok(results)
    }

    /// A call, as it was made, and what came of it.
    fn made(&self, intended: &Intended, call: &Call) -> Made {
        let mut call = call.clone();
        // What is null is not sent.
        call.input.retain(|_, value| !value.is_null());
        Made {
            call,
            before: intended.before.clone(),
            after: self.looks.get(&intended.number).cloned(),
            outcome: match self.answers.get(&intended.number) {
                Some(Ok(answer)) => Outcome::Answered(answer.clone()),
                Some(Err(error)) if is_unknown(error) => Outcome::Unknown(error.message.clone()),
                Some(Err(_)) => Outcome::Failed,
                None => Outcome::Unknown("the execution ended before it was answered".to_owned()),
            },
        }
    }
}

/// The role that an execution ran as, if that was not the account's own.
pub(super) async fn role_of(app: &App, id: ExecutionId) -> Result<Option<String>, Error> {
    let state = app.store.execution_state(id).await.map_err(Error::store)?;
    Ok(drive::from_json::<Stored>(&state)?.role)
}

/// Whether a call that failed may have been made all the same: a service that broke down does not know.
fn is_unknown(error: &EffectError) -> bool {
    error.code == OUTCOME_UNKNOWN || error.code.starts_with("Internal")
}

async fn records(app: &App, id: ExecutionId) -> Result<Vec<ExecutionRecord>, Error> {
    let mut records = Vec::new();
    let mut after = Some(0);
    while let Some(place) = after {
        let limit = Limit::new(Limit::MAXIMUM);
        let page = app.store.execution_records(id, place, limit).await.map_err(Error::store)?;
        records.extend(page.items);
        after = page.next;
    }
    Ok(records)
}
