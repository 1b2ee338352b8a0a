//! Executions as people and programs see them.

use reeve_runbook::{Event, Note, TargetCounts, UNDO_SUFFIX};
use reeve_store::{ExecutionRecord, ExecutionSummary, Limit, Store};
use reeve_types::ExecutionId;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    drive::{Stored, from_json},
    several::FleetRecord,
    standing::{self, FailureView, StandingView, WaitView},
    steps::{StepView, Steps},
};
use crate::Error;

pub(super) mod family;

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExecutionView {
    /// Its id.
    pub id: String,
    /// The name of its runbook.
    pub runbook: String,
    /// The account it runs in.
    pub account: String,
    /// The Region it runs in.
    pub region: String,
    /// How it is, in the words of the service.
    pub status: String,
    /// The step that is under way.
    pub step: Option<String>,
    /// Who began it.
    pub started_by: String,
    /// Why.
    pub reason: String,
    /// When it began.
    pub created_at: jiff::Timestamp,
    /// When it ended.
    pub ended_at: Option<jiff::Timestamp>,
    /// The execution that waits for it.
    pub parent: Option<String>,
}

/// An execution with what happened to it.
#[derive(Debug, Clone, Serialize)]
pub struct ExecutionDetail {
    /// The execution.
    #[serde(flatten)]
    pub execution: ExecutionView,
    /// The role that it runs as, if it is not the account's own.
    pub role: Option<String>,
    /// The execution that it takes back.
    pub undoes: Option<String>,
    /// The executions that take it back.
    pub undone_by: Vec<UndoneByView>,
    /// How many of its targets are how, if it is for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<TargetCounts>,
    /// The executions that it waits for, or waited for, and the targets that were not begun.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ChildView>,
    /// What its parameters are.
    pub parameters: Map<String, Value>,
    /// What it waits for, if it waits.
    pub waits: Option<WaitView>,
    /// The words that it would take now.
    pub may: Vec<&'static str>,
    /// Why it failed, if it did.
    pub failure: Option<FailureView>,
    /// What it told in the end.
    pub outputs: Map<String, Value>,
    /// Each try of each step.
    pub steps: Vec<StepView>,
    /// What happened, in order.
    pub records: Vec<RecordView>,
}

/// An execution that takes another back.
#[derive(Debug, Clone, Serialize)]
pub struct UndoneByView {
    /// Its id.
    pub id: String,
    /// How it is, in the words of the service.
    pub status: String,
}

/// An execution that another waits for.
#[derive(Debug, Clone, Serialize)]
pub struct ChildView {
    /// Its id; none if it was not begun.
    pub id: Option<String>,
    /// What it is for, if it is one of several.
    pub target: Option<String>,
    /// The name of its runbook.
    pub runbook: String,
    /// The account it runs in.
    pub account: String,
    /// The Region it runs in.
    pub region: String,
    /// How it is, in the words of the service.
    pub status: String,
    /// The step that is under way.
    pub step: Option<String>,
}

/// Something that happened to an execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordView {
    /// Its place in the journal, whose records are not all shown.
    pub number: u64,
    /// When it was recorded.
    pub at: jiff::Timestamp,
    /// What kind of thing: `step.began`, `step.ended`, `calls`, `log`, `answered`, `said`, `cancelled`, `ended`, `refused`,
    /// `targets`, `child.ended`.
    pub kind: &'static str,
    /// The step it is about.
    pub step: Option<String>,
    /// One sentence for people.
    pub summary: String,
    /// All of it.
    pub detail: Value,
}

impl ExecutionView {
    pub(super) fn new(summary: &ExecutionSummary) -> Self {
        Self {
            id: summary.id.to_string(),
            runbook: summary.runbook.clone(),
            account: summary.account.to_string(),
            region: summary.region.to_string(),
            status: summary.status.clone(),
            step: summary.step.clone(),
            started_by: summary.started_by.clone(),
            reason: summary.reason.clone(),
            created_at: summary.created_at,
            ended_at: summary.ended_at,
            parent: summary.parent.map(|parent| parent.to_string()),
        }
    }

    /// Whether it will not change any more.
    pub fn has_ended(&self) -> bool {
        self.ended_at.is_some()
    }
}

impl ExecutionDetail {
    /// What `aws:executeAutomation` gives to its runbook.
    pub(super) fn as_output(&self) -> Value {
        let output: Vec<String> = self.outputs.values().map(reeve_runbook::render).collect();
        json!({
            "ExecutionId": self.execution.id,
            "Status": self.execution.status,
            "Output": output,
        })
    }
}

/// An execution with everything that happened to it.
pub(super) async fn detail(store: &Store, id: ExecutionId) -> Result<ExecutionDetail, Error> {
    let summary = store.execution(id).await.map_err(Error::store)?;
    let standing = standing::standing(store, id).await?;
    let StandingView { execution, parameters, waits, may, failure } = standing;
    let mut records = Vec::new();
    let mut outputs = Map::new();
    let mut fleet = None;
    let mut after = Some(0);
    while let Some(place) = after {
        let limit = Limit::new(Limit::MAXIMUM);
        let page = store.execution_records(id, place, limit).await.map_err(Error::store)?;
        for record in &page.items {
            if record.kind == "targets" {
                fleet = Some(from_json::<FleetRecord>(&record.data)?);
            }
            if let Some(view) = view(record, &mut outputs)? {
                records.push(view);
            }
        }
        after = page.next;
    }
    let state = store.execution_state(id).await.map_err(Error::store)?;
    let role = from_json::<Stored>(&state).ok().and_then(|stored| stored.role);
    let children = family::children(store, &summary, fleet.as_ref()).await?;
    let targets = fleet.map(|_| family::counts(&children));
    let (undoes, undone_by) = undos(store, &summary).await?;
    Ok(ExecutionDetail {
        execution,
        role,
        undoes,
        undone_by,
        parameters,
        waits,
        may,
        failure,
        outputs,
        targets,
        children,
        steps: Steps::of(&records).steps,
        records,
    })
}

/// What an execution takes back, and what takes it back.
async fn undos(
    store: &Store,
    execution: &ExecutionSummary,
) -> Result<(Option<String>, Vec<UndoneByView>), Error> {
    let undoes = if execution.runbook.ends_with(UNDO_SUFFIX) {
        store.undone_by(execution.id).await.map_err(Error::store)?
    } else {
        None
    };
    // What runs is not taken back.
    let undos = match execution.ended_at {
        Some(_) => store.undos_of(execution.id).await.map_err(Error::store)?,
        None => Vec::new(),
    };
    let undone_by = undos
        .into_iter()
        .map(|undo| UndoneByView { id: undo.undo.to_string(), status: undo.status });
    Ok((undoes.map(|(execution, _)| execution.to_string()), undone_by.collect()))
}

/// A record as it is shown, if it is worth it.
pub(super) fn record(record: &ExecutionRecord) -> Result<Option<RecordView>, Error> {
    view(record, &mut Map::new())
}

/// A record as it is shown, if it is worth it; what the execution tells in the end is added to `outputs`.
fn view(
    record: &ExecutionRecord,
    outputs: &mut Map<String, Value>,
) -> Result<Option<RecordView>, Error> {
    let detail: Value = from_json(&record.data)?;
    let (kind, step, summary) = match record.kind.as_str() {
        "note" => note(from_json(&record.data)?, outputs),
        "event" => match event(from_json(&record.data)?) {
            Some(shown) => shown,
            None => return Ok(None),
        },
        "intent" => ("calls", None, intent(&detail)),
        "told" => match family::notice(&from_json(&record.data)?) {
            Some(shown) => shown,
            None => return Ok(None),
        },
        "targets" => {
            let count = from_json::<FleetRecord>(&record.data)?.targets.len();
            ("targets", None, format!("{count} targets"))
        }
        // What could not be read cannot be shown.
        "unread" | "after" => return Ok(None),
        "skipped" => ("skipped", None, detail.as_str().unwrap_or_default().to_owned()),
        "log" => match detail.as_str().map(str::trim_end) {
            None | Some("") => return Ok(None),
            Some(log) => ("log", None, format!("printed:\n{}", indented(log))),
        },
        _ => ("refused", None, detail.as_str().unwrap_or_default().to_owned()),
    };
    Ok(Some(RecordView { number: record.number, at: record.at, kind, step, summary, detail }))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n")
}

pub(super) type Shown = (&'static str, Option<String>, String);

fn note(note: Note, outputs: &mut Map<String, Value>) -> Shown {
    match note {
        Note::StepBegan { step, attempt, rounds, .. } => {
            let again = if attempt > 1 { format!(", try {attempt}") } else { String::new() };
            let rounds: Vec<String> = rounds.iter().map(u32::to_string).collect();
            let round = if rounds.is_empty() {
                String::new()
            } else {
                format!(", round {}", rounds.join("."))
            };
            let summary = format!("{step} began{again}{round}");
            ("step.began", Some(step), summary)
        }
        Note::StepEnded { step, status, error, .. } => {
            let why = error.map(|error| format!(": {error}")).unwrap_or_default();
            let summary = format!("{step}: {}{why}", status.as_str());
            ("step.ended", Some(step), summary)
        }
        Note::Ended { status, outputs: told } => {
            *outputs = told;
            ("ended", None, format!("the execution ended: {}", status.as_str()))
        }
    }
}

fn event(event: Event) -> Option<Shown> {
    match event {
        Event::Answered { result: Ok(_), .. } | Event::Woke { .. } => None,
        Event::Answered { result: Err(error), .. } => {
            Some(("answered", None, format!("{}: {}", error.code, error.message)))
        }
        Event::Signalled(signal) => {
            let word = match signal.kind {
                reeve_runbook::SignalKind::Approve => "approved",
                reeve_runbook::SignalKind::Reject => "rejected",
                reeve_runbook::SignalKind::Resume => "resumed",
            };
            let comment = signal.comment.map(|comment| format!(": {comment}")).unwrap_or_default();
            Some(("said", None, format!("{word} by {}{comment}", signal.by)))
        }
        Event::Cancelled { by, .. } => Some(("cancelled", None, format!("cancelled by {by}"))),
    }
}

fn intent(detail: &Value) -> String {
    let effect = detail.get("effect");
    let text = |path: &str| {
        let found = effect.and_then(|effect| effect.pointer(path));
        found.and_then(Value::as_str).unwrap_or_default()
    };
    if effect.is_some_and(|effect| effect.get("call").is_some()) {
        return format!("calls {}:{}", text("/call/service"), text("/call/operation"));
    }
    if effect.is_some_and(|effect| effect.get("child").is_some()) {
        return format!("starts the runbook {}", text("/child/document"));
    }
    if effect.is_some_and(|effect| effect.get("webhook").is_some()) {
        return format!("sends to the webhook {}", text("/webhook/integration"));
    }
    "runs a script".to_owned()
}
