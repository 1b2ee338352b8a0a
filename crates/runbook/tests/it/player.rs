//! Plays an execution to its end: answers its calls from a list, lets time pass, and writes down what it wanted.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be played has failed")]

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use reeve_runbook::{
    Decision, Effect, EffectError, Event, Execution, Format, Note, Place, Runbook, Signal,
    SignalKind, Start, render,
};
use serde_json::{Map, Value, json};

pub(crate) const START: &str = "2026-03-01T09:00:00Z";

/// A runbook that is in order.
pub(crate) fn runbook(text: &str) -> Runbook {
    match Runbook::parse("runbook.yaml", text, Format::Yaml) {
        Ok(checked) => checked.runbook,
        Err(errors) => panic!("{errors}"),
    }
}

/// Steps as a whole document.
pub(crate) fn with_steps(steps: &str) -> String {
    format!("schemaVersion: '0.3'\nmainSteps:\n{steps}")
}

/// What the world says to an execution, in order.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Ok(Value),
    Error(&'static str),
    Signal(SignalKind, &'static str),
    Cancel,
    /// Time passes although nothing was waited for.
    Seconds(i64),
}

pub(crate) struct Player {
    pub(crate) runbook: Runbook,
    pub(crate) execution: Execution,
    pub(crate) now: Timestamp,
    pub(crate) lines: Vec<String>,
    pub(crate) events: Vec<Event>,
}

impl Player {
    pub(crate) fn begin(text: &str, parameters: &Value) -> Self {
        let runbook = runbook(text);
        let now: Timestamp = START.parse().unwrap();
        let place = Place {
            account: "111122223333".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let parameters = parameters.as_object().cloned().unwrap_or_default();
        let start = Start { id: "run-1".to_owned(), place, parameters, target: None, at: now };
        let (execution, notes) = Execution::begin(&runbook, start).unwrap();
        let mut player = Self { runbook, execution, now, lines: Vec::new(), events: Vec::new() };
        player.note(&notes);
        player
    }

    /// Goes on until the execution ends or nothing more is said.
    pub(crate) fn play(mut self, replies: &[Reply]) -> Self {
        let mut replies: VecDeque<Reply> = replies.iter().cloned().collect();
        loop {
            match self.execution.decision() {
                Decision::End(status) => {
                    self.lines.push(format!("= {}", status.as_str()));
                    return self;
                }
                Decision::Perform { effect, number, .. } => {
                    self.lines.push(format!("> {}", shown(&effect)));
                    let Some(reply) = replies.pop_front() else { return self };
                    self.reply(reply, number);
                }
                Decision::Wait { until, signals } => match replies.front() {
                    Some(Reply::Signal(..) | Reply::Cancel | Reply::Seconds(_)) => {
                        let reply = replies.pop_front().unwrap();
                        self.reply(reply, 0);
                    }
                    _ => {
                        let Some(until) = until else {
                            self.lines.push(format!("? waits for {signals:?}"));
                            return self;
                        };
                        let seconds = until.duration_since(self.now).as_secs();
                        self.lines.push(format!("  {seconds} s pass"));
                        self.now = self.now.max(until);
                        self.take(Event::Woke { at: self.now });
                    }
                },
            }
        }
    }

    fn reply(&mut self, reply: Reply, number: u64) {
        let at = self.now;
        match reply {
            Reply::Ok(value) => self.take(Event::Answered { number, result: Ok(value), at }),
            Reply::Error(code) => {
                let error = EffectError::new(code, format!("{code} happened"));
                self.take(Event::Answered { number, result: Err(error), at });
            }
            Reply::Signal(kind, by) => {
                let signal = Signal { kind, by: by.to_owned(), comment: None, at };
                self.lines.push(format!("! {by}: {kind:?}"));
                self.take(Event::Signalled(signal));
            }
            Reply::Cancel => {
                self.lines.push("! cancelled".to_owned());
                self.take(Event::Cancelled { by: "ana".to_owned(), at });
            }
            Reply::Seconds(seconds) => {
                self.now += SignedDuration::from_secs(seconds);
                self.take(Event::Woke { at: self.now });
            }
        }
    }

    fn take(&mut self, event: Event) {
        match self.execution.apply(&self.runbook, &event) {
            Ok(notes) => self.note(&notes),
            Err(error) => self.lines.push(format!("refused: {error}")),
        }
        self.events.push(event);
    }

    fn note(&mut self, notes: &[Note]) {
        for note in notes {
            self.lines.push(match note {
                Note::StepBegan { step, attempt, rounds, inputs: _ } => {
                    let attempt =
                        if *attempt > 1 { format!(" again ({attempt})") } else { String::new() };
                    let rounds: String =
                        rounds.iter().map(|round| format!(" round {round}")).collect();
                    format!("{step}{attempt}{rounds}")
                }
                Note::StepEnded { step, status, outputs, error } => {
                    let shown: Vec<String> = outputs
                        .iter()
                        .filter(|(name, _)| !matches!(name.as_str(), "Output" | "OutputPayload"))
                        .map(|(name, value)| format!(" {name}={}", render(value)))
                        .collect();
                    let error =
                        error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
                    format!("{step} {}{}{error}", status.as_str(), shown.concat())
                }
                Note::Ended { status, outputs } => {
                    let outputs: Vec<String> = outputs
                        .iter()
                        .map(|(name, value)| format!(" {name}={}", render(value)))
                        .collect();
                    format!("ended {}{}", status.as_str(), outputs.concat())
                }
            });
        }
    }

    pub(crate) fn transcript(&self) -> String {
        self.lines.join("\n")
    }
}

fn shown(effect: &Effect) -> String {
    match effect {
        Effect::Call(call) => {
            format!("{}:{} {}", call.service, call.operation, Value::Object(call.input.clone()))
        }
        Effect::Script(script) => {
            format!(
                "{} {} {}",
                script.runtime,
                script.handler.as_deref().unwrap_or("-"),
                script.payload
            )
        }
        Effect::Webhook(webhook) => format!("webhook {}", webhook.integration),
        Effect::Child(child) => {
            format!("runbook {} {}", child.document, Value::Object(child.parameters.clone()))
        }
    }
}

/// Plays a document with these replies, and shows what happened.
pub(crate) fn play(text: &str, parameters: &Value, replies: &[Reply]) -> String {
    Player::begin(text, parameters).play(replies).transcript()
}

pub(crate) fn ok(value: Value) -> Reply {
    Reply::Ok(value)
}

pub(crate) fn nothing() -> Reply {
    Reply::Ok(json!(Map::new()))
}
