//! Sees what executions do, in order.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use reeve_app::executions::{Witness, Witnessed};
use reeve_runbook::{Effect, EffectError};
use reeve_time::Clock;
use reeve_twin::{ServedCall, Twin};
use reeve_types::ExecutionId;
use serde_json::{Map, Value, json};

/// The most that a rehearsal does: a document may lead in a circle.
const MOST_EFFECTS: usize = 20_000;

/// The user whose key the product has in a rehearsal.
pub(crate) const USER: &str = "rehearsal";

/// What was done.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) execution: ExecutionId,
    pub(crate) step: Option<String>,
    /// How many records the journal had by then.
    pub(crate) records: u64,
    /// When it was begun, in simulated time.
    pub(crate) at: Timestamp,
    pub(crate) effect: Effect,
    pub(crate) before: Option<Map<String, Value>>,
    pub(crate) result: Result<Value, EffectError>,
    pub(crate) log: String,
    /// What the twin was asked by a script.
    pub(crate) served: Vec<ServedCall>,
    /// Whether it was taken to go well, and not made.
    pub(crate) supposed: bool,
}

/// Sees what executions do.
#[derive(Debug)]
pub(crate) struct Watcher {
    twin: Twin,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Seen>,
    /// When what is under way was begun, and how many calls the twin had served by then.
    began: Option<(Timestamp, u64)>,
    /// Whether that is a script.
    is_script: bool,
}

impl Watcher {
    pub(crate) fn new(twin: Twin, clock: Clock) -> Self {
        Self { twin, clock, state: Mutex::default() }
    }

    /// What was done so far, in order.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// Whether a script runs.
    pub(crate) fn is_in_script(&self) -> bool {
        self.state().is_script
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Watcher {
    fn begins(&self, effect: &Witnessed<'_>) -> Option<Result<Value, EffectError>> {
        let served = self.twin.calls_served();
        let mut state = self.state();
        state.began = Some((self.clock.now(), served));
        state.is_script = matches!(effect.effect, Effect::Script(_));
        if state.seen.len() >= MOST_EFFECTS {
            let message = format!("a rehearsal ends after {MOST_EFFECTS} calls");
            return Some(Err(EffectError::new("RehearsalTooLong", message)));
        }
        // Nobody outside of the simulated account is to learn of a rehearsal.
        supposed(effect.effect).then(|| Ok(json!({"Response": "", "ResponseCode": 200})))
    }

    fn ended(&self, effect: &Witnessed<'_>, result: &Result<Value, EffectError>, log: &str) {
        let mut state = self.state();
        let (at, served) = state.began.take().unwrap_or((self.clock.now(), u64::MAX));
        let is_script = std::mem::take(&mut state.is_script);
        let mut served = if is_script { self.twin.calls_after(served) } else { Vec::new() };
        // The script's credentials are fetched by the product, not by the script.
        served.retain(|call| !call.caller.ends_with(&format!(":user/{USER}")));
        state.seen.push(Seen {
            execution: effect.execution,
            step: effect.step.map(str::to_owned),
            records: effect.records,
            at,
            effect: effect.effect.clone(),
            before: effect.before.cloned(),
            result: result.clone(),
            log: log.to_owned(),
            served,
            supposed: supposed(effect.effect),
        });
    }
}

/// Whether an effect is not made, but taken to go well.
fn supposed(effect: &Effect) -> bool {
    matches!(effect, Effect::Webhook(_))
}
