//! Asking the simulated account what the real one was asked: where the answers differ, it is put right or told.
//!
//! The calls that take a change back lead from whatever is there to how it was. So settings that are no resource of their
//! own, such as a bucket's encryption, are loaded by them.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use reeve_runbook::{Call, EffectError, Plan, Planned, inverse};
use reeve_twin::serves;
use serde_json::Map;

use super::{
    Loader,
    look::{Read, model_names},
};
use crate::{
    compare::{differences, settled, short, shortened},
    views::DifferenceView,
};

/// How many properties of an answer that differ are told.
const MOST_TOLD: usize = 3;

/// How long a look at everything may take.
const A_WHILE: SignedDuration = SignedDuration::from_mins(10);

/// How long a value that differs is told.
const LONGEST: usize = 60;

impl Loader<'_> {
    /// Compares every read, puts right what can be, and says what still differs.
    pub(super) async fn settle(&mut self, plan: &Plan) -> Vec<String> {
        for change in plan.changes() {
            self.put_right(change).await;
        }
        let mut differing = Vec::new();
        let mut asked: Vec<&Call> = Vec::new();
        for read in &self.reads {
            if !asked.contains(&&read.call) {
                differing.extend(self.difference(read).await);
                asked.push(&read.call);
            }
        }
        differing
    }

    /// Loads the settings that a change replaces.
    async fn put_right(&self, change: &Call) {
        let mut before = Map::new();
        let mut differs = false;
        for read in &self.reads {
            let Some((of, name, absent)) = &read.before else { continue };
            if of != change {
                continue;
            }
            let value = match &read.answer {
                Ok(answer) => answer.to_json(),
                Err(error) if absent.contains(&error.code) => serde_json::Value::Null,
                Err(_) => continue,
            };
            before.insert(name.clone(), value);
            differs |= self.difference(read).await.is_some();
        }
        if !differs || !is_setting(change) {
            return;
        }
        for back in inverse(change, &before, &serde_json::Value::Null).unwrap_or_default() {
            if is_setting(&back.call) {
                self.perform(&back.call).await;
            }
        }
    }

    /// Makes a call in the simulated account; whether that helped is seen by comparing again.
    async fn perform(&self, call: &Call) {
        let Some((service, operation)) = model_names(call) else { return };
        let client = &self.world.app.client;
        let input = serde_json::Value::Object(call.input.clone());
        let Ok(input) = client.read_input(&self.target, (&service, &operation), &input) else {
            return;
        };
        if let Err(error) = client.call(&self.target, &service, &operation, input).await {
            tracing::debug!(call = operation, %error, "a setting was not loaded");
        }
    }

    /// How the simulated account answers a read otherwise than the real one, if it does.
    async fn difference(&self, read: &Read) -> Option<String> {
        let simulated = self.world.app.read_as_written(&self.target, &read.call).await;
        let told = told(&read.answer, &simulated)?;
        let Call { service, operation, input } = &read.call;
        let input = shortened(&serde_json::Value::Object(input.clone()).to_string(), LONGEST);
        Some(format!("{service}:{operation} {input}: {told}"))
    }

    /// Names what the twin does not perform.
    pub(super) fn name_unserved(&mut self, plan: &Plan) {
        for entry in &plan.entries {
            let (Planned::Read { call, .. }
            | Planned::Change { call, .. }
            | Planned::NotRead(call)) = &entry.planned
            else {
                continue;
            };
            let Some((service, operation)) = model_names(call) else { continue };
            if !serves(&service, &operation) {
                let step = entry.step.as_deref().unwrap_or_default();
                self.missing.push(format!(
                    "the twin does not perform {service}:{operation}: step `{step}` fails there"
                ));
            }
        }
    }
}

/// Whether a call sets something to a value, whatever it was.
fn is_setting(call: &Call) -> bool {
    ["Put", "Set", "Delete"].iter().any(|verb| call.operation.starts_with(verb))
}

type Answer = Result<Value, EffectError>;

fn told(real: &Answer, simulated: &Answer) -> Option<String> {
    match (real, simulated) {
        (Err(real), Err(simulated)) if real.code == simulated.code => None,
        (Ok(real), Ok(simulated)) => {
            let mut found = differences(&settled(&real.to_json()), &settled(&simulated.to_json()));
            found.retain(|found| !is_a_while(found));
            let tell = |found: &DifferenceView| {
                let (real, simulated) = (found.before.as_ref(), found.after.as_ref());
                let path = &found.path;
                format!("{path} is {}, here {}", short(real, LONGEST), short(simulated, LONGEST))
            };
            let mut told: Vec<String> = found.iter().take(MOST_TOLD).map(tell).collect();
            if found.len() > MOST_TOLD {
                told.push(format!("{} more", found.len() - MOST_TOLD));
            }
            (!told.is_empty()).then(|| told.join("; "))
        }
        (real, simulated) => Some(format!("{}, here {}", came_to(real), came_to(simulated))),
    }
}

/// Whether two times differ by no more than the while between two looks: some move with the clock.
fn is_a_while(found: &DifferenceView) -> bool {
    let time = |value: &Option<serde_json::Value>| {
        value.as_ref().and_then(serde_json::Value::as_str)?.parse::<Timestamp>().ok()
    };
    match (time(&found.before), time(&found.after)) {
        (Some(before), Some(after)) => before.duration_since(after).abs() < A_WHILE,
        _ => false,
    }
}

fn came_to(answer: &Answer) -> String {
    match answer {
        Ok(answer) => format!("answers {}", short(Some(&settled(&answer.to_json())), LONGEST)),
        Err(error) => format!("fails with {}", error.code),
    }
}
