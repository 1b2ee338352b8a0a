//! Moving one execution on, until it waits or ends.
//!
//! ```text
//! lease ──► take what was said ──► decide ──► record the intent ──► perform ──► record what came of it ──► decide …
//! ```
//!
//! What an effect changes is recorded before it and after it; the record after one effect and that before the next are one.
//! Effects that only look are not recorded before: a worker that dies has the next one look again. A worker that finds an
//! intent without a result does the effect again only if that does nothing more, and otherwise tells the runbook that the
//! outcome is not known.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reeve_aws::Target;
use reeve_runbook::{
    Call, Decision, Effect, EffectError, Event, Execution, Format, Note, Runbook, Status,
    with_token,
};
use reeve_store::{Leased, Move, NewEntry, NewRecord, Standing};
use reeve_types::{Actor, ExecutionId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{
    NamedRunbook, StartRequest,
    perform::{OUTCOME_UNKNOWN, changes_something, input_text, unknown_outcome},
};
use crate::{App, Context, Error};

/// How long an execution rests while every change is suspended, or while another one that it waits for runs.
const REST: SignedDuration = SignedDuration::from_secs(2);

/// An execution as it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) execution: Execution,
    /// The effect that was begun, if its result is not known yet.
    intent: Option<Intent>,
}

/// An effect that was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Intent {
    number: u64,
    /// What was there before, by name.
    before: Map<String, Value>,
}

impl Stored {
    pub(super) fn new(execution: Execution) -> Self {
        Self { execution, intent: None }
    }
}

/// Moves one execution on.
pub(super) struct Driver<'a> {
    app: &'a App,
    worker: &'a str,
    leased: Leased,
    runbook: Arc<Runbook>,
    stored: Stored,
    /// What happened and is not written yet.
    records: Vec<NewRecord>,
    entries: Vec<NewEntry>,
    taken: Option<u64>,
    /// Whether the effect that is wanted was begun by a worker that died.
    was_interrupted: bool,
}

/// What came of an effect.
enum Performed {
    Result(Result<Value, EffectError>),
    /// A script's result, and what it printed.
    Script(Result<Value, EffectError>, String),
    /// It goes on without this worker; look again later.
    Later,
}

impl<'a> Driver<'a> {
    pub(super) fn new(
        app: &'a App,
        worker: &'a str,
        leased: Leased,
        runbook: Arc<Runbook>,
    ) -> Result<Self, Error> {
        let stored: Stored = from_json(&leased.state)?;
        let was_interrupted = stored.intent.is_some();
        Ok(Self {
            app,
            worker,
            leased,
            runbook,
            stored,
            records: Vec::new(),
            entries: Vec::new(),
            taken: None,
            was_interrupted,
        })
    }

    /// Goes on until the execution waits or ends.
    pub(super) async fn drive(mut self) -> Result<(), Error> {
        loop {
            self.take_told().await?;
            match self.stored.execution.decision() {
                Decision::End(_) => return self.save(None, true).await,
                Decision::Wait { until: Some(until), .. } if until <= self.app.clock.now() => {
                    self.apply(&Event::Woke { at: self.app.clock.now() })?;
                }
                Decision::Wait { until, .. } => return self.save(until, true).await,
                Decision::Perform { effect, number, token, deadline } => {
                    if !self.perform(&effect, (number, &token), deadline).await? {
                        let later = self.app.clock.now() + REST;
                        return self.save(Some(later), true).await;
                    }
                }
            }
        }
    }

    /// Takes what was said to the execution meanwhile.
    async fn take_told(&mut self) -> Result<(), Error> {
        let taken = self.taken.unwrap_or_default();
        for (number, data) in self.app.store.told(self.leased.id).await.map_err(Error::store)? {
            if number <= taken {
                continue;
            }
            self.taken = Some(number);
            let event: Event = from_json(&data)?;
            match self.stored.execution.apply(&self.runbook, &event) {
                Ok(notes) => self.record(&event, &notes)?,
                // Somebody answered what nobody asks any more.
                Err(error) => {
                    let text = format!("not taken: {error}");
                    self.records
                        .push(NewRecord { kind: "refused".to_owned(), data: to_json(&text)? });
                }
            }
        }
        Ok(())
    }

    /// Performs an effect, between its records. Whether there is a result.
    async fn perform(
        &mut self,
        effect: &Effect,
        (number, token): (u64, &str),
        deadline: Option<Timestamp>,
    ) -> Result<bool, Error> {
        let is_again = std::mem::take(&mut self.was_interrupted);
        if changes_something(effect) {
            if self.app.store.suspension().await.map_err(Error::store)?.is_some() {
                return Ok(false);
            }
            let intended = self.stored.intent.as_ref().map(|intent| intent.number);
            if intended != Some(number) {
                self.intend(effect, number).await?;
                self.save(Some(self.app.clock.now()), false).await?;
            }
        }
        let performed = self.effect(effect, (number, token), (deadline, is_again)).await?;
        let result = match performed {
            Performed::Result(result) => result,
            Performed::Script(result, log) => {
                self.records.push(NewRecord { kind: "log".to_owned(), data: to_json(&log)? });
                result
            }
            Performed::Later => return Ok(false),
        };
        self.stored.intent = None;
        self.apply(&Event::Answered { number, result, at: self.app.clock.now() })?;
        Ok(true)
    }

    /// Notes that an effect is about to be performed.
    async fn intend(&mut self, effect: &Effect, number: u64) -> Result<(), Error> {
        let before = match effect {
            Effect::Call(call) => self.app.look_before(&self.target(), call).await,
            _ => Map::new(),
        };
        let intent = serde_json::json!({ "number": number, "effect": effect, "before": before });
        self.stored.intent = Some(Intent { number, before });
        self.records.push(NewRecord { kind: "intent".to_owned(), data: to_json(&intent)? });
        if let Effect::Call(call) = effect {
            let step = self.stored.execution.current_step().unwrap_or_default().to_owned();
            let event = reeve_store::Event::ExecutionCalls {
                execution: self.leased.id,
                step,
                call: format!("{}:{}", call.service, call.operation),
                input_digest: hex::encode(Sha256::digest(input_text(&call.input))),
            };
            self.entries.push(self.entry(event));
        }
        Ok(())
    }

    async fn effect(
        &self,
        effect: &Effect,
        (number, token): (u64, &str),
        (deadline, is_again): (Option<Timestamp>, bool),
    ) -> Result<Performed, Error> {
        const DIED: &str = "the process that began it died meanwhile";
        Ok(match effect {
            Effect::Call(call) => Performed::Result(self.call(call, token, is_again).await),
            Effect::Script(_) | Effect::Webhook(_) if is_again => {
                Performed::Result(Err(unknown_outcome(effect, DIED)))
            }
            Effect::Child(child) => self.child(child, number).await?,
            Effect::Script(script) => {
                let step = self.stored.execution.current_step().unwrap_or_default();
                let context = serde_json::json!({
                    "execution_id": self.stored.execution.id(),
                    "step": step,
                });
                let target = self.target();
                let (result, log) =
                    self.app.run_script(&target, script, (&context, deadline)).await;
                Performed::Script(result, log)
            }
            Effect::Webhook(_) => Performed::Result(Err(EffectError::new(
                "NotImplemented",
                "webhooks cannot be called yet",
            ))),
        })
    }

    /// Makes a call; one whose answer was lost, now or by a worker that died, is made again only if that does nothing more.
    async fn call(&self, call: &Call, token: &str, is_again: bool) -> Result<Value, EffectError> {
        let target = self.target();
        let call = &with_token(call, token);
        let Some(intent) = &self.stored.intent else {
            return self.app.perform_call(&target, call).await;
        };
        if !is_again {
            let answer = self.app.perform_call(&target, call).await;
            if !matches!(&answer, Err(error) if error.code == OUTCOME_UNKNOWN) {
                return answer;
            }
        }
        self.app.recover(&target, (call, token), &intent.before).await
    }

    fn target(&self) -> Target {
        let Leased { account, region, started_by, id, .. } = &self.leased;
        Target {
            account: Some(account.clone()),
            region: region.clone(),
            actor: started_by.clone(),
            reason: Some(id.to_string()),
        }
    }

    /// Begins another execution, or looks how it is.
    async fn child(&self, child: &reeve_runbook::Child, number: u64) -> Result<Performed, Error> {
        let refused = |code: &str, message: String| {
            Ok(Performed::Result(Err(EffectError::new(code, message))))
        };
        let has_targets = !child.targets.is_empty()
            || !child.target_maps.is_empty()
            || !child.target_locations.is_empty();
        if has_targets {
            return refused("NotImplemented", "several targets are not possible yet".to_owned());
        }
        let id = child_id(self.leased.id, number);
        if let Ok(execution) = self.app.store.execution(id).await {
            if execution.ended_at.is_none() {
                return Ok(Performed::Later);
            }
            let detail = super::view::detail(&self.app.store, id).await?;
            return Ok(Performed::Result(Ok(detail.as_output())));
        }
        let Some(runbook) = self.app.runbooks.get(&child.document) else {
            let message = format!("there is no runbook `{}`", child.document);
            return refused("InvalidDocument", message);
        };
        let request = StartRequest {
            runbook: runbook.clone(),
            account: self.leased.account.clone(),
            region: self.leased.region.clone(),
            parameters: child.parameters.clone(),
            reason: format!("wanted by {}", self.leased.id),
        };
        let Ok(actor) = self.leased.started_by.parse::<Actor>();
        match self.app.begin(&Context::new(actor), id, Some(self.leased.id), &request).await {
            Ok(()) => Ok(Performed::Later),
            Err(error) => refused("InvalidParameters", error.to_string()),
        }
    }

    /// Takes what happened.
    fn apply(&mut self, event: &Event) -> Result<(), Error> {
        let notes = self
            .stored
            .execution
            .apply(&self.runbook, event)
            .map_err(Error::unreadable_execution)?;
        self.record(event, &notes)
    }

    fn record(&mut self, event: &Event, notes: &[Note]) -> Result<(), Error> {
        if !matches!(event, Event::Woke { .. }) {
            self.records.push(NewRecord { kind: "event".to_owned(), data: to_json(event)? });
        }
        self.records.extend(note_records(notes)?);
        for note in notes {
            if let Note::Ended { status, .. } = note {
                self.entries.push(self.ended(*status));
            }
        }
        Ok(())
    }

    fn ended(&self, status: Status) -> NewEntry {
        let failure = self.stored.execution.failure();
        self.entry(reeve_store::Event::ExecutionEnded {
            execution: self.leased.id,
            status: status.as_str().to_owned(),
            failure: failure.map(|(step, error)| format!("{step}: {error}")),
        })
    }

    fn entry(&self, event: reeve_store::Event) -> NewEntry {
        NewEntry::new(Actor::Reeve, event)
            .within(self.leased.account.clone(), self.leased.region.clone())
    }

    /// Writes down where the execution stands; durable when it returns.
    async fn save(&mut self, due_at: Option<Timestamp>, release: bool) -> Result<(), Error> {
        let records = std::mem::take(&mut self.records);
        let written = u64::try_from(records.len()).unwrap_or_default();
        let standing = standing_of(&self.stored, records, due_at)?;
        let move_ = Move {
            id: self.leased.id,
            worker: self.worker.to_owned(),
            seen: self.leased.records,
            standing,
            taken: self.taken.take(),
            release,
            entries: std::mem::take(&mut self.entries),
        };
        self.app.store.move_execution(move_).await.map_err(Error::store)?;
        self.leased.records += written;
        Ok(())
    }
}

/// The id of the execution that an effect of another begins: the same whenever it is asked for.
fn child_id(parent: ExecutionId, number: u64) -> ExecutionId {
    let digest = Sha256::digest(format!("{parent}/{number}"));
    let mut bytes = *parent.uuid().as_bytes();
    // The time of the parent stays in front, so that lists keep them together.
    for (place, byte) in bytes.iter_mut().zip(digest).skip(8) {
        *place = byte;
    }
    ExecutionId::from_uuid(uuid::Uuid::from_bytes(bytes))
}

/// Where an execution stands, as the store keeps it.
pub(super) fn standing_of(
    stored: &Stored,
    records: Vec<NewRecord>,
    due_at: Option<Timestamp>,
) -> Result<Standing, Error> {
    let execution = &stored.execution;
    Ok(Standing {
        state: to_json(stored)?,
        status: execution.status().as_str().to_owned(),
        step: execution.current_step().map(str::to_owned),
        due_at,
        has_ended: matches!(execution.decision(), Decision::End(_)),
        records,
    })
}

/// What an execution did by itself, as records.
pub(super) fn note_records(notes: &[Note]) -> Result<Vec<NewRecord>, Error> {
    let record = |note: &Note| Ok(NewRecord { kind: "note".to_owned(), data: to_json(note)? });
    notes.iter().map(record).collect()
}

/// The runbook of a document that an execution was begun with.
pub(super) async fn runbook_of(app: &App, named: (&str, &str)) -> Result<Runbook, Error> {
    super::read_runbook(&document_of(app, named).await?)
}

/// A document that an execution was begun with, by its digest.
pub(super) async fn document_of(
    app: &App,
    (name, digest): (&str, &str),
) -> Result<NamedRunbook, Error> {
    let document = app.store.runbook_document(digest).await.map_err(Error::store)?;
    let format = if document.format == "json" { Format::Json } else { Format::Yaml };
    Ok(NamedRunbook { name: name.to_owned(), format, text: document.text })
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::unreadable_execution)
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(Error::unreadable_execution)
}
