//! Taking executions back: what that would do, and beginning it.
//!
//! An undo is an execution of its own, of a runbook that is made out of the journal of the other one, or of the one that its document
//! declares. So it is recorded, survives whoever runs it, can be watched, and can be taken back in turn.

use std::collections::BTreeMap;

use reeve_runbook::{
    Format, Guard, Left, Runbook, StepStatus, UNDO_SUFFIX, UndoAct, UndoStep, Undoing,
    fill_undo_document, take_back,
};
use reeve_store::{Event, ExecutionSummary, NewEntry, NewUndo};
use reeve_types::ExecutionId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{
    DryRunView, NamedRunbook, StartRequest,
    birth::Birth,
    changes::{self, Changed},
    drive::{self, Stored},
};
use crate::{App, Context, Error};

/// The word for a change that is not taken back since somebody else changed the same.
pub(super) const CHANGED_SINCE: &str = "ChangedSince";

/// What taking an execution back would do.
#[derive(Debug, Clone, Serialize)]
pub struct ExecutionUndoView {
    /// The execution.
    pub execution: String,
    /// Its runbook.
    pub runbook: String,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The digest of all that would be done: who wants it done may name it.
    pub digest: String,
    /// What is done, in order; nothing if the document declares how it is taken back.
    pub steps: Vec<UndoStepView>,
    /// What stays as it is.
    pub left: Vec<LeftView>,
    /// The document that declares how it is taken back, if one does.
    pub declared: Option<DeclaredUndoView>,
    /// The undo that failed, if what was left by it is taken back now.
    pub continues: Option<String>,
}

/// A step of an undo.
#[derive(Debug, Clone, Serialize)]
pub struct UndoStepView {
    /// Its name.
    pub name: String,
    /// What is taken back.
    #[serde(flatten)]
    pub change: ChangeView,
    /// What is called, as `service:Operation`, or the runbook that is run.
    pub calls: String,
    /// With what.
    pub input: Value,
    /// What is waited for before it.
    pub waits_for: Option<String>,
    /// Whether it is looked before it whether somebody changed it since.
    pub looks: bool,
}

/// A change that is taken back or stays.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeView {
    /// The execution that made it.
    pub execution: String,
    /// The step that made it.
    pub step: String,
    /// What was done, such as `service:Operation`.
    pub change: String,
}

/// A change that stays.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeftView {
    /// The change.
    #[serde(flatten)]
    pub change: ChangeView,
    /// Why it stays.
    pub why: String,
}

/// A document that declares how another is taken back.
#[derive(Debug, Clone, Serialize)]
pub struct DeclaredUndoView {
    /// Its name.
    pub document: String,
    /// What it is started with.
    pub parameters: Map<String, Value>,
}

/// That an execution is to be taken back.
#[derive(Debug, Clone, Default)]
pub struct UndoRequest {
    /// Why.
    pub reason: String,
    /// The digest of what was shown: something else is not done.
    pub digest: Option<String>,
}

/// What the records keep of an undo.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UndoPlan {
    /// What tells, for a step, whether somebody changed it since.
    pub(super) guards: BTreeMap<String, Guard>,
    /// What stays as it is.
    pub(super) left: Vec<LeftView>,
}

/// An undo before it begins.
struct Prepared {
    summary: ExecutionSummary,
    undoing: Undoing,
    within: Vec<ExecutionId>,
    /// The runbook that does it and its parameters; nothing if nothing is to be done.
    runbook: Option<(NamedRunbook, Map<String, Value>)>,
    is_declared: bool,
    continues: Option<ExecutionId>,
}

impl App {
    /// What taking an execution back would do.
    pub async fn plan_execution_undo(&self, name: &str) -> Result<ExecutionUndoView, Error> {
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        Ok(self.prepare_undo(id).await?.view())
    }

    /// What a document that declares the undo of an execution would do, as far as that can be told before.
    pub async fn dry_run_execution_undo(
        &self,
        context: &Context,
        name: &str,
    ) -> Result<Option<DryRunView>, Error> {
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        let prepared = self.prepare_undo(id).await?;
        match prepared.request("") {
            Some(request) if prepared.is_declared => {
                self.dry_run(context, &request).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Begins to take an execution back, by an execution which a worker will move on; durable when it returns.
    pub async fn undo_execution(
        &self,
        context: &Context,
        name: &str,
        request: &UndoRequest,
    ) -> Result<ExecutionId, Error> {
        if let Some(suspension) = self.store.suspension().await.map_err(Error::store)? {
            return Err(Error::suspended(&suspension.by, &suspension.reason));
        }
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        let prepared = self.prepare_undo(id).await?;
        let digest = prepared.digest();
        if request.digest.as_ref().is_some_and(|shown| *shown != digest) {
            return Err(Error::not_undone("what would be done is not what was shown any more"));
        }
        let reason = if request.reason.is_empty() {
            format!("takes back {id}")
        } else {
            format!("takes back {id}: {}", request.reason)
        };
        let Some(start) = prepared.request(&reason) else {
            return Err(Error::not_undone(format!("nothing that {id} did can be taken back")));
        };
        let undo = ExecutionId::from_uuid(self.ids.uuid(self.clock.now()));
        let (execution, mut entries) =
            self.beginning(context, Birth::of_its_own(undo), &start).await?;
        let count = |items: usize| u64::try_from(items).unwrap_or(u64::MAX);
        let event = Event::ExecutionUndoStarted {
            execution: id,
            undo,
            changes: count(prepared.changes()),
            left: count(prepared.undoing.left.len()),
        };
        let entry = NewEntry::new(context.actor.clone(), event);
        entries.push(entry.within(start.account.clone(), start.region.clone()));
        let plan = drive::to_json(&prepared.plan())?;
        let taken = NewUndo { execution: id, within: prepared.within.clone(), plan };
        self.store.begin_undo(execution, taken, entries).await.map_err(Error::store)?;
        Ok(undo)
    }

    /// Works out how an execution is taken back.
    async fn prepare_undo(&self, id: ExecutionId) -> Result<Prepared, Error> {
        let undos = self.store.undos_of(id).await.map_err(Error::store)?;
        if let Some(undo) = undos.iter().find(|undo| undo.holds()) {
            return Err(Error::already_undone(id, undo.undo));
        }
        let summary = self.store.execution(id).await.map_err(Error::store)?;
        if summary.ended_at.is_none() {
            return Err(Error::not_undone(format!("{id} has not ended"))
                .with_hint("`reeve run cancel` ends it"));
        }
        let failed = undos.iter().filter(|undo| undo.plan.is_some()).map(|undo| undo.undo);
        let failed: Vec<ExecutionId> = failed.collect();
        let continues = failed.last().copied();
        if let Some(declared) = self.runbooks.undo_of(&summary.runbook) {
            let parameters = self.fill_undo(&summary, declared).await?.map_err(|why| {
                Error::not_undone(format!("`{}` cannot be run: {why}", declared.name))
            })?;
            return Ok(Prepared {
                summary,
                undoing: Undoing::default(),
                within: Vec::new(),
                runbook: Some((declared.clone(), parameters)),
                is_declared: true,
                continues: None,
            });
        }
        let role = changes::role_of(self, id).await?;
        let Changed { changes, within } =
            changes::gather(self, (&summary, role.as_deref())).await?;
        let mut undoing = take_back(&changes);
        for undo in failed {
            let (done, changed) = self.came_of(undo).await?;
            undoing = undoing.without(&done, &changed);
        }
        let runbook = match undoing.document(&id.to_string()) {
            Some(mut document) => {
                // Whoever may change something may change it back; the account's own role perhaps may not.
                if let (Some(role), Some(members)) = (role, document.as_object_mut()) {
                    members.insert("assumeRole".to_owned(), Value::from(role));
                }
                let text = serde_json::to_string_pretty(&document);
                let text = text.map_err(Error::unreadable_execution)?;
                let name = format!("{}{UNDO_SUFFIX}", summary.runbook);
                Some((NamedRunbook { name, format: Format::Json, text, folder: None }, Map::new()))
            }
            None => None,
        };
        Ok(Prepared { summary, undoing, within, runbook, is_declared: false, continues })
    }

    /// What a document that declares the undo of an execution is started with, or why it cannot be.
    pub(super) async fn fill_undo(
        &self,
        summary: &ExecutionSummary,
        declared: &NamedRunbook,
    ) -> Result<Result<Map<String, Value>, String>, Error> {
        let undo = match Runbook::parse(&declared.name, &declared.text, declared.format) {
            Ok(checked) => checked.runbook,
            Err(wrong) => return Ok(Err(wrong.to_string())),
        };
        let of = drive::runbook_of(self, (&summary.runbook, &summary.digest)).await?;
        let state = self.store.execution_state(summary.id).await.map_err(Error::store)?;
        let stored: Stored = drive::from_json(&state)?;
        let execution = &stored.execution;
        Ok(fill_undo_document(&undo, &of, execution.parameters(), execution.outputs()))
    }

    /// Of an undo that failed: the steps that did what they should, and those that found that somebody changed it since.
    async fn came_of(
        &self,
        undo: ExecutionId,
    ) -> Result<(Vec<String>, Vec<(String, String)>), Error> {
        let state = self.store.execution_state(undo).await.map_err(Error::store)?;
        let stored: Stored = drive::from_json(&state)?;
        let steps = stored.execution.steps().iter();
        let done = steps.filter(|(_, status)| **status == StepStatus::Success);
        let done = done.map(|(name, _)| name.clone()).collect();
        let failure = stored.execution.failure();
        let changed = failure.filter(|(_, error)| error.code == CHANGED_SINCE);
        let changed = changed.map(|(step, error)| (step.to_owned(), error.message.clone()));
        Ok((done, changed.into_iter().collect()))
    }
}

impl Prepared {
    fn request(&self, reason: &str) -> Option<StartRequest> {
        let (runbook, parameters) = self.runbook.clone()?;
        Some(StartRequest {
            runbook,
            account: self.summary.account.clone(),
            region: self.summary.region.clone(),
            parameters,
            reason: reason.to_owned(),
        })
    }

    /// The digest of all that would be done.
    fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        if let Some((runbook, parameters)) = &self.runbook {
            hasher.update(&runbook.text);
            hasher.update(Value::Object(parameters.clone()).to_string());
        }
        for left in &self.undoing.left {
            hasher.update(format!("{}\n{}\n{}\n", left.execution, left.step, left.change));
        }
        hex::encode(hasher.finalize())
    }

    /// How many changes are taken back, as far as that is known.
    fn changes(&self) -> usize {
        let steps = self.undoing.steps.iter();
        let firsts = steps.filter(|step| step.part == 1);
        if self.is_declared { 1 } else { firsts.count() }
    }

    fn plan(&self) -> UndoPlan {
        let guarded = self.undoing.steps.iter().filter_map(|step| match &step.act {
            UndoAct::Call { guard: Some(guard), .. } => {
                Some((step.name.clone(), (**guard).clone()))
            }
            UndoAct::Call { guard: None, .. } | UndoAct::Run { .. } => None,
        });
        UndoPlan { guards: guarded.collect(), left: self.left() }
    }

    fn left(&self) -> Vec<LeftView> {
        self.undoing.left.iter().map(LeftView::new).collect()
    }

    fn view(&self) -> ExecutionUndoView {
        let ExecutionSummary { id, runbook, account, region, .. } = &self.summary;
        let declared = self.runbook.as_ref().filter(|_| self.is_declared);
        ExecutionUndoView {
            execution: id.to_string(),
            runbook: runbook.clone(),
            account: account.to_string(),
            region: region.to_string(),
            digest: self.digest(),
            steps: self.undoing.steps.iter().map(UndoStepView::new).collect(),
            left: self.left(),
            declared: declared.map(|(runbook, parameters)| DeclaredUndoView {
                document: runbook.name.clone(),
                parameters: parameters.clone(),
            }),
            continues: self.continues.map(|undo| undo.to_string()),
        }
    }
}

impl ExecutionUndoView {
    /// Whether there is nothing that would be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.declared.is_none()
    }
}

impl UndoStepView {
    fn new(step: &UndoStep) -> Self {
        let (calls, input, wait, looks) = match &step.act {
            UndoAct::Call { call, wait, guard } => (
                format!("{}:{}", call.service, call.operation),
                call.input.clone(),
                wait.as_ref().map(ToString::to_string),
                guard.is_some(),
            ),
            UndoAct::Run { document, parameters } => {
                (format!("the runbook {document}"), parameters.clone(), None, false)
            }
        };
        Self {
            name: step.name.clone(),
            change: ChangeView {
                execution: step.execution.clone(),
                step: step.step.clone(),
                change: step.change.clone(),
            },
            calls,
            input: Value::Object(input),
            waits_for: wait,
            looks,
        }
    }
}

impl LeftView {
    fn new(left: &Left) -> Self {
        let Left { execution, step, change, why } = left;
        let (execution, step, change) = (execution.clone(), step.clone(), change.clone());
        Self { change: ChangeView { execution, step, change }, why: why.clone() }
    }
}
