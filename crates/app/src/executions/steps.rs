//! The steps of an execution, folded from its journal: each try of each step, and what it did.

use jiff::Timestamp;
use reeve_runbook::Note;
use serde::Serialize;
use serde_json::{Map, Value};

use super::view::RecordView;

/// One try of one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepView {
    /// The step.
    pub step: String,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// The rounds of the loops that it is in, outermost first.
    pub rounds: Vec<u32>,
    /// How it ended, in the words of the service; `InProgress` before that.
    pub status: &'static str,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it was given.
    pub inputs: Map<String, Value>,
    /// What it gave.
    pub outputs: Map<String, Value>,
    /// Why it failed.
    pub error: Option<String>,
    /// What it called that may change something, in order.
    pub calls: Vec<String>,
    /// What its scripts printed.
    pub log: Option<String>,
}

/// The steps so far, taking one record after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Steps {
    /// Each try of each step, in the order in which they began.
    pub steps: Vec<StepView>,
}

impl Steps {
    /// The steps of a whole journal.
    pub fn of(records: &[RecordView]) -> Self {
        let mut steps = Self::default();
        for record in records {
            steps.take(record);
        }
        steps
    }

    /// Takes the next record.
    pub fn take(&mut self, record: &RecordView) {
        match record.kind {
            "step.began" | "step.ended" => {
                if let Ok(note) = serde_json::from_value(record.detail.clone()) {
                    self.note(note, record.at);
                }
            }
            "calls" => {
                if let Some(open) = self.open() {
                    open.calls.push(record.summary.clone());
                }
            }
            "log" => {
                let text = record.detail.as_str().unwrap_or_default();
                if let Some(open) = self.open() {
                    open.log.get_or_insert_default().push_str(text);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, note: Note, at: Timestamp) {
        match note {
            Note::StepBegan { step, attempt, rounds, inputs } => self.steps.push(StepView {
                step,
                attempt,
                rounds,
                status: "InProgress",
                began_at: at,
                ended_at: None,
                inputs,
                outputs: Map::new(),
                error: None,
                calls: Vec::new(),
                log: None,
            }),
            Note::StepEnded { step, status, outputs, error } => {
                let mut newest_first = self.steps.iter_mut().rev();
                let is_it = |open: &&mut StepView| open.ended_at.is_none() && open.step == step;
                if let Some(open) = newest_first.find(is_it) {
                    open.status = status.as_str();
                    open.ended_at = Some(at);
                    open.outputs = outputs;
                    open.error = error.map(|error| error.to_string());
                }
            }
            Note::Ended { .. } => {}
        }
    }

    /// The try that is under way: within loops, the innermost.
    fn open(&mut self) -> Option<&mut StepView> {
        self.steps.iter_mut().rev().find(|step| step.ended_at.is_none())
    }
}
