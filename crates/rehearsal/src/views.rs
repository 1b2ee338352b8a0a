//! What is told of a rehearsal: the shapes that the command line prints and the API may send.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// A rehearsal that has ended.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsalView {
    /// The runbook.
    pub runbook: String,
    /// The account that it was rehearsed for.
    pub account: String,
    /// The Region.
    pub region: String,
    /// How it ended, in the words of the service.
    pub status: String,
    /// Why it did not succeed.
    pub failure: Option<String>,
    /// How long it would have taken, in seconds.
    pub seconds: i64,
    /// What it was rehearsed on.
    pub world: WorldView,
    /// The steps, in the order in which they began.
    pub steps: Vec<StepView>,
    /// The calls, scripts and other effects, in order.
    pub calls: Vec<CallView>,
    /// What the rehearsal answered in somebody's place.
    pub answers: Vec<AnswerView>,
    /// What is different in the end.
    pub changes: Vec<ChangeView>,
    /// What could not be taken back.
    pub without_undo: Vec<WithoutUndoView>,
    /// What it told in the end.
    pub outputs: Map<String, Value>,
}

/// What a rehearsal ran on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WorldView {
    /// How many resources were loaded, by type.
    pub types: BTreeMap<String, usize>,
    /// What could not be loaded, or is not performed: one sentence each.
    pub missing: Vec<String>,
    /// Reads to which the account and the simulated one answered differently: one sentence each.
    pub differing: Vec<String>,
}

/// A step that was run.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// The execution: the runbook's own, or that of a runbook that it ran.
    pub execution: String,
    /// The runbook of that execution.
    pub runbook: String,
    /// The step.
    pub step: String,
    /// Its action.
    pub action: Option<&'static str>,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// The rounds of the loops that it was in, outermost first.
    pub rounds: Vec<u32>,
    /// How it ended.
    pub status: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it began, in simulated time.
    pub began_at: Timestamp,
    /// How long it took, in simulated seconds.
    pub seconds: Option<i64>,
    /// The numbers of what it did.
    pub calls: Vec<usize>,
}

/// Something that a step did.
#[derive(Debug, Clone, Serialize)]
pub struct CallView {
    /// Its number, from 1.
    pub number: usize,
    /// The execution.
    pub execution: String,
    /// The step.
    pub step: Option<String>,
    /// When, in simulated time.
    pub at: Timestamp,
    /// What kind of thing: `call`, `script`, `runbook` or `webhook`.
    pub kind: &'static str,
    /// What: `service:Operation`, the language of a script, the name of a runbook or of a webhook.
    pub what: String,
    /// Whether it only reads.
    pub reads: bool,
    /// What it was given.
    pub input: Value,
    /// What it answered.
    pub answer: Option<Value>,
    /// How it failed: code and message.
    pub error: Option<String>,
    /// The script's number, if a script made this call.
    pub script: Option<usize>,
    /// What a script printed.
    pub printed: Option<String>,
    /// Whether it was not made, but taken to go well.
    pub supposed: bool,
}

/// Something that the rehearsal answered in somebody's place.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// The execution.
    pub execution: String,
    /// The step that waited.
    pub step: String,
    /// `approve` or `resume`.
    pub word: String,
    /// In whose place.
    pub by: String,
}

/// A resource that is different in the end.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    /// `created`, `changed` or `deleted`.
    pub change: &'static str,
    /// Its type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// How it was.
    pub before: Option<Value>,
    /// How it is.
    pub after: Option<Value>,
    /// The properties that differ, if it was changed.
    pub differences: Vec<DifferenceView>,
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DifferenceView {
    /// Where it is, such as `State.Name`.
    pub path: String,
    /// What it was.
    pub before: Option<Value>,
    /// What it is.
    pub after: Option<Value>,
}

/// A change that could not be taken back.
#[derive(Debug, Clone, Serialize)]
pub struct WithoutUndoView {
    /// The number of the call.
    pub call: usize,
    /// The step.
    pub step: Option<String>,
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}
