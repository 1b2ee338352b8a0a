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

mod guard;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use reeve_aws::Target;
use reeve_runbook::{
    Call, Decision, Effect, EffectError, Event, Execution, Note, Runbook, Status, with_token,
};
use reeve_store::{Along, Leased, Move, NewEntry, NewRecord, Standing};
use reeve_types::{Actor, ExecutionId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{
    NamedRunbook, StartRequest,
    attachments::Attachments,
    child::Family,
    perform::{changes_something, input_text, unknown_outcome},
    told::{Hold, Told},
    undo::UndoPlan,
    witness::Witnessed,
};
use crate::{App, Context, Error};

/// How an execution is that an operator wants to rest. The service has no word for it.
pub(super) const PAUSED: &str = "Paused";

/// How long an execution rests while every change is suspended.
const REST: SignedDuration = SignedDuration::from_secs(2);

/// An execution as it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) execution: Execution,
    /// The effect that was begun, if its result is not known yet.
    intent: Option<Intent>,
    /// The role that it runs as, if it is not the account's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    /// The files that its runbook came with.
    #[serde(default, skip_serializing_if = "Attachments::is_empty")]
    attachments: Attachments,
    /// Whether an operator wants it to rest.
    #[serde(default, skip_serializing_if = "Hold::is_free")]
    pub(super) hold: Hold,
    /// The executions around it.
    #[serde(default, skip_serializing_if = "Family::is_nobody")]
    pub(super) family: Family,
}

/// An effect that was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Intent {
    number: u64,
    /// What was there before, by name.
    before: Map<String, Value>,
}

impl Stored {
    pub(super) fn new(
        execution: Execution,
        family: Family,
        (role, attachments): (Option<String>, Attachments),
    ) -> Self {
        Self { execution, intent: None, role, attachments, hold: Hold::default(), family }
    }
}

/// Moves one execution on.
pub(super) struct Driver<'a> {
    pub(super) app: &'a App,
    worker: &'a str,
    /// Whether the worker is to begin nothing more.
    stopping: &'a AtomicBool,
    pub(super) leased: Leased,
    runbook: Arc<Runbook>,
    pub(super) stored: Stored,
    /// What happened and is not written yet.
    pub(super) records: Vec<NewRecord>,
    pub(super) entries: Vec<NewEntry>,
    /// What is done to other executions and is not written yet.
    pub(super) along: Along,
    taken: Option<u64>,
    /// Whether the effect that is wanted was begun by a worker that died.
    pub(super) was_interrupted: bool,
    /// Whether every change was suspended when that was last looked at, before what comes now was decided.
    is_suspended: bool,
    /// What is known of its steps if it takes another execution back, once that was looked up.
    plan: Option<UndoPlan>,
}

/// What came of an effect.
pub(super) enum Performed {
    Result(Result<Value, EffectError>),
    /// A script's result, and what it printed.
    Script(Result<Value, EffectError>, String),
    /// It goes on without this worker. Look again when something is told, or then.
    Later(Option<Timestamp>),
}

/// Whether there is a result of an effect.
enum Went {
    /// There is.
    On,
    /// There is none yet: rest until something is told, or until then.
    Rests(Option<Timestamp>),
}

impl<'a> Driver<'a> {
    pub(super) fn new(
        app: &'a App,
        (worker, stopping): (&'a str, &'a AtomicBool),
        (leased, stored): (Leased, Stored),
        runbook: Arc<Runbook>,
    ) -> Self {
        let was_interrupted = stored.intent.is_some();
        Self {
            app,
            worker,
            stopping,
            leased,
            runbook,
            stored,
            records: Vec::new(),
            entries: Vec::new(),
            along: Along::default(),
            taken: None,
            was_interrupted,
            is_suspended: false,
            plan: None,
        }
    }

    /// Goes on until the execution waits or ends.
    pub(super) async fn drive(&mut self) -> Result<(), Error> {
        loop {
            self.take_told().await?;
            if self.rests() {
                return self.save(None, true).await;
            }
            match self.stored.execution.decision() {
                Decision::End(_) => return self.save(None, true).await,
                Decision::Wait { until: Some(until), .. } if until <= self.app.clock.now() => {
                    self.apply(&Event::Woke { at: self.app.clock.now() })?;
                }
                Decision::Wait { until, .. } => return self.save(until, true).await,
                Decision::Perform { .. } if self.stopping.load(Ordering::Relaxed) => {
                    return self.save(Some(self.app.clock.now()), true).await;
                }
                Decision::Perform { effect, number, token, deadline } => {
                    let went = self.perform(&effect, (number, &token), deadline).await?;
                    if let Went::Rests(until) = went {
                        return self.save(until, true).await;
                    }
                }
            }
        }
    }

    /// Takes what was said to the execution meanwhile.
    async fn take_told(&mut self) -> Result<(), Error> {
        let taken = self.taken.unwrap_or_default();
        let heeded = self.app.store.heeded(self.leased.id).await.map_err(Error::store)?;
        self.is_suspended = heeded.is_suspended;
        for (number, data) in heeded.told {
            if number <= taken {
                continue;
            }
            self.taken = Some(number);
            let told: Told = from_json(&data)?;
            let event = match told {
                Told::Notice(notice) => {
                    self.take_notice(&notice)?;
                    continue;
                }
                Told::Event(event) => {
                    self.stored.hold.take(&Told::Event(event.clone()));
                    event
                }
            };
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

    /// Performs an effect, between its records.
    async fn perform(
        &mut self,
        effect: &Effect,
        (number, token): (u64, &str),
        deadline: Option<Timestamp>,
    ) -> Result<Went, Error> {
        let is_again = std::mem::take(&mut self.was_interrupted);
        if changes_something(effect) {
            if self.is_suspended {
                return Ok(Went::Rests(Some(self.app.clock.now() + REST)));
            }
            let intended = self.stored.intent.as_ref().map(|intent| intent.number);
            if intended != Some(number) {
                if let Some(result) = self.settled(effect).await? {
                    self.apply(&Event::Answered { number, result, at: self.app.clock.now() })?;
                    return Ok(Went::On);
                }
                self.intend(effect, (number, token)).await?;
                self.save(Some(self.app.clock.now()), false).await?;
            }
        }
        let performed = self.witnessed(effect, (number, token), (deadline, is_again)).await?;
        let result = match performed {
            Performed::Result(result) => result,
            Performed::Script(result, log) => {
                self.records.push(NewRecord { kind: "log".to_owned(), data: to_json(&log)? });
                result
            }
            Performed::Later(until) => return Ok(Went::Rests(until)),
        };
        let result = match effect {
            Effect::Call(call) => self.came_to((call, token), result)?,
            _ => result,
        };
        if result.is_ok() {
            self.look_after(effect, number).await?;
        }
        self.stored.intent = None;
        self.apply(&Event::Answered { number, result, at: self.app.clock.now() })?;
        Ok(Went::On)
    }

    /// Notes that an effect is about to be performed.
    async fn intend(&mut self, effect: &Effect, (number, token): (u64, &str)) -> Result<(), Error> {
        let (before, unread) = match effect {
            Effect::Call(call) => self.app.look_before(&self.target(), call).await,
            _ => Default::default(),
        };
        // What is recorded is what is done: a call with its token.
        let made = match effect {
            Effect::Call(call) => Effect::Call(with_token(call, token)),
            other => other.clone(),
        };
        let step = self.stored.execution.current_step();
        let mut intent =
            serde_json::json!({ "number": number, "step": step, "effect": made, "before": before });
        if let (false, Some(intent)) = (unread.is_empty(), intent.as_object_mut()) {
            intent.insert("unread".to_owned(), unread.into());
        }
        self.stored.intent = Some(Intent { number, before });
        self.records.push(NewRecord { kind: "intent".to_owned(), data: to_json(&intent)? });
        let called = match effect {
            Effect::Call(call) => {
                Some((format!("{}:{}", call.service, call.operation), input_text(&call.input)))
            }
            Effect::Webhook(webhook) => Some((
                format!("webhook:{}", webhook.integration),
                webhook.body.clone().unwrap_or_default(),
            )),
            _ => None,
        };
        if let Some((call, input)) = called {
            let event = reeve_store::Event::ExecutionCalls {
                execution: self.leased.id,
                step: self.stored.execution.current_step().unwrap_or_default().to_owned(),
                call,
                input_digest: hex::encode(Sha256::digest(input)),
            };
            self.entries.push(self.entry(event));
        }
        Ok(())
    }

    /// Makes an effect before whoever wants to see it.
    async fn witnessed(
        &mut self,
        effect: &Effect,
        (number, token): (u64, &str),
        how: (Option<Timestamp>, bool),
    ) -> Result<Performed, Error> {
        let Some(witness) = &self.app.witness else {
            return self.effect(effect, (number, token), how).await;
        };
        let step = self.stored.execution.current_step().map(str::to_owned);
        let before = self.stored.intent.as_ref().map(|intent| intent.before.clone());
        let seen = Witnessed {
            execution: self.leased.id,
            step: step.as_deref(),
            records: self.leased.records + u64::try_from(self.records.len()).unwrap_or_default(),
            effect,
            before: before.as_ref(),
        };
        let performed = match witness.begins(&seen) {
            Some(result) => Performed::Result(result),
            None => self.effect(effect, (number, token), how).await?,
        };
        match &performed {
            Performed::Result(result) => witness.ended(&seen, result, ""),
            Performed::Script(result, log) => witness.ended(&seen, result, log),
            Performed::Later(_) => {}
        }
        Ok(performed)
    }

    async fn effect(
        &mut self,
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
            Effect::Child(child) => self.child(child, (number, deadline)).await?,
            Effect::Script(script) => {
                let step = self.stored.execution.current_step().unwrap_or_default();
                let context = serde_json::json!({
                    "execution_id": self.stored.execution.id(),
                    "step": step,
                });
                let target = self.target();
                let attachment = self.app.attachment_of(script, &self.stored.attachments).await;
                let (result, log) = match attachment {
                    Ok(file) => {
                        let with = (&context, file.as_deref(), deadline);
                        self.app.run_script(&target, script, with).await
                    }
                    Err(error) => (Err(error), String::new()),
                };
                Performed::Script(result, log)
            }
            Effect::Webhook(webhook) => {
                let target = self.target();
                Performed::Result(self.app.send_webhook(&target, webhook, deadline).await)
            }
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
            return self.app.make_change(&target, (call, token), &intent.before).await;
        }
        self.app.recover(&target, (call, token), &intent.before).await
    }

    pub(super) fn target(&self) -> Target {
        let Leased { account, region, started_by, id, .. } = &self.leased;
        Target {
            account: Some(account.clone()),
            region: region.clone(),
            actor: started_by.clone(),
            reason: Some(id.to_string()),
            role: self.stored.role.clone(),
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
    pub(super) async fn save(
        &mut self,
        due_at: Option<Timestamp>,
        release: bool,
    ) -> Result<(), Error> {
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
        let mut along = std::mem::take(&mut self.along);
        along.tells.extend(self.end_told(&move_.standing)?);
        self.app.store.move_execution_along(move_, along).await.map_err(Error::store)?;
        self.leased.records += written;
        Ok(())
    }
}

/// Where and as whom the calls of an execution are made that is about to begin.
pub(super) fn target_of(
    context: &Context,
    id: ExecutionId,
    (request, role): (&StartRequest, Option<String>),
) -> Target {
    Target {
        account: Some(request.account.clone()),
        region: request.region.clone(),
        actor: context.actor.to_string(),
        reason: Some(id.to_string()),
        role,
    }
}

/// Where an execution stands, as the store keeps it.
pub(super) fn standing_of(
    stored: &Stored,
    records: Vec<NewRecord>,
    due_at: Option<Timestamp>,
) -> Result<Standing, Error> {
    let execution = &stored.execution;
    let has_ended = matches!(execution.decision(), Decision::End(_));
    let status =
        if stored.hold.is_held() && !has_ended { PAUSED } else { execution.status().as_str() };
    Ok(Standing {
        state: to_json(stored)?,
        status: status.to_owned(),
        step: execution.current_step().map(str::to_owned),
        due_at,
        has_ended,
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
    Ok(NamedRunbook::of_document(name, document))
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::unreadable_execution)
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(Error::unreadable_execution)
}
