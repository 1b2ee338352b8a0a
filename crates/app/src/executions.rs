//! Executions of runbooks: starting them, saying something to them, looking at them.
//!
//! Moving them on is the business of [`Worker`]s, in this process or another.

mod ahead;
mod drive;
mod journal;
mod library;
mod needs;
mod perform;
mod runbook_view;
mod script;
mod standing;
mod steps;
mod values;
mod view;
mod watch;
mod worker;

use std::collections::BTreeMap;

use reeve_runbook::{Execution, Format, Place, Runbook, SignalKind, Start, Status};
use reeve_store::{Event, ExecutionFilter, NewEntry, NewExecution, RunbookDocument};
use reeve_types::{AccountId, ExecutionId, Region};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

pub use ahead::{DryRunEntry, DryRunView, RunbookPolicyView, runbook_policy};
pub use journal::{Journal, News};
pub use library::{Library, NamedRunbook, Origin};
pub use runbook_view::{
    FindingView, ParameterView, RunbookSummaryView, RunbookView, ShapeView, StartForm,
};
pub use standing::{FailureView, StandingView, WaitView};
pub use steps::{StepView, Steps};
pub use view::{ExecutionDetail, ExecutionView, RecordView};
pub use watch::Watch;
pub use worker::{LEASE, Worker};

use crate::{App, Context, Error, ExecutionQuery, queries, views::Page};
use drive::{Stored, standing_of};

/// A runbook that is to be run.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// The runbook.
    pub runbook: NamedRunbook,
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// The values of its parameters.
    pub parameters: Map<String, Value>,
    /// Why.
    pub reason: String,
}

/// What can be said to an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Yes, to an approval.
    Approve,
    /// No, to an approval.
    Reject,
    /// Go on, to a pause.
    Resume,
    /// End.
    Cancel,
}

impl Word {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    /// The signal that it is to the execution; cancelling is none.
    fn signal(self) -> Option<SignalKind> {
        match self {
            Self::Approve => Some(SignalKind::Approve),
            Self::Reject => Some(SignalKind::Reject),
            Self::Resume => Some(SignalKind::Resume),
            Self::Cancel => None,
        }
    }
}

impl App {
    /// Begins an execution, which a worker will move on; durable when it returns.
    pub async fn start_execution(
        &self,
        context: &Context,
        request: &StartRequest,
    ) -> Result<ExecutionId, Error> {
        if let Some(suspension) = self.store.suspension().await.map_err(Error::store)? {
            return Err(Error::suspended(&suspension.by, &suspension.reason));
        }
        let account = self.estate.account(&request.account).ok_or_else(|| {
            Error::invalid(format!("the estate has no account `{}`", request.account))
        })?;
        if !account.regions.contains(&request.region) {
            return Err(Error::invalid(format!(
                "the estate does not look after {} in account {}",
                request.region, request.account
            )));
        }
        let id = ExecutionId::from_uuid(self.ids.uuid(self.clock.now()));
        self.begin(context, id, None, request).await?;
        Ok(id)
    }

    /// Begins an execution of an id, for another that waits for it or for nobody.
    pub(crate) async fn begin(
        &self,
        context: &Context,
        id: ExecutionId,
        parent: Option<ExecutionId>,
        request: &StartRequest,
    ) -> Result<(), Error> {
        let NamedRunbook { name, format, text } = &request.runbook;
        let runbook = read_runbook(&request.runbook)?;
        let start = Start {
            id: id.uuid().hyphenated().to_string(),
            place: Place { account: request.account.clone(), region: request.region.clone() },
            parameters: request.parameters.clone(),
            target: None,
            at: self.clock.now(),
        };
        let (execution, notes) = Execution::begin(&runbook, start).map_err(Error::runbook)?;
        if let Some(role) = execution.assume_role(&runbook) {
            return Err(Error::runbook(format!(
                "the runbook wants to run as `{role}`: it can only run as the account's own role, with an empty `assumeRole`"
            )));
        }
        let digest = hex::encode(Sha256::digest(text));
        let records = drive::note_records(&notes)?;
        let stored = Stored::new(execution);
        let standing = standing_of(&stored, records, Some(self.clock.now()))?;
        let entry = NewEntry::new(
            context.actor.clone(),
            Event::ExecutionStarted {
                execution: id,
                runbook: name.clone(),
                digest: digest.clone(),
                reason: request.reason.clone(),
            },
        );
        let entry = entry.within(request.account.clone(), request.region.clone());
        let format = if *format == Format::Json { "json" } else { "yaml" };
        let execution = NewExecution {
            id,
            runbook: name.clone(),
            document: RunbookDocument { digest, format: format.to_owned(), text: text.clone() },
            account: request.account.clone(),
            region: request.region.clone(),
            parent,
            started_by: context.actor.clone(),
            reason: request.reason.clone(),
            standing,
        };
        self.store.begin_execution(execution, vec![entry]).await.map_err(Error::store)
    }

    /// Says something to an execution; durable when it returns.
    pub async fn tell_execution(
        &self,
        context: &Context,
        name: &str,
        (word, comment): (Word, &str),
    ) -> Result<ExecutionId, Error> {
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        let (by, at) = (context.actor.to_string(), self.clock.now());
        let comment_text = Some(comment.to_owned()).filter(|comment| !comment.is_empty());
        let event = match word.signal() {
            Some(kind) => reeve_runbook::Event::Signalled(reeve_runbook::Signal {
                kind,
                by,
                comment: comment_text,
                at,
            }),
            None => reeve_runbook::Event::Cancelled { by, at },
        };
        // Whoever says something that cannot be taken learns of it at once.
        let state = self.store.execution_state(id).await.map_err(Error::store)?;
        let stored: Stored = drive::from_json(&state)?;
        let summary = self.store.execution(id).await.map_err(Error::store)?;
        let runbook = drive::runbook_of(self, (&summary.runbook, &summary.digest)).await?;
        let mut tried = stored.execution;
        tried.apply(&runbook, &event).map_err(Error::execution_over)?;
        let data = drive::to_json(&event)?;
        let entry = NewEntry::new(
            context.actor.clone(),
            Event::ExecutionTold {
                execution: id,
                word: word.as_str().to_owned(),
                comment: comment.to_owned(),
            },
        );
        self.store.tell_execution(id, data, vec![entry]).await.map_err(Error::store)?;
        Ok(id)
    }

    /// Whether an execution has taken everything that it was told.
    pub async fn has_heard_everything(&self, id: ExecutionId) -> Result<bool, Error> {
        Ok(self.store.told(id).await.map_err(Error::store)?.is_empty())
    }

    /// A page of the executions, newest first.
    pub async fn executions(&self, query: &ExecutionQuery) -> Result<Page<ExecutionView>, Error> {
        let before =
            query.cursor.as_deref().map(queries::parse_cursor::<ExecutionId>).transpose()?;
        let status = queries::filled(query.status.as_ref()).map(known_status).transpose()?;
        let runbook = queries::filled(query.runbook.as_ref());
        let filter = ExecutionFilter {
            status: status.map(|status| status.as_str().to_owned()),
            runbook: runbook.map(str::to_owned),
        };
        let limit = queries::limit(query.limit);
        let page = self.store.executions(&filter, before, limit).await.map_err(Error::store)?;
        let next = page.next.map(|id| id.to_string());
        Ok(Page { items: page.items.iter().map(ExecutionView::new).collect(), next })
    }

    /// The execution of an id, of the end of an id, or the latest.
    pub async fn find_execution(&self, name: &str) -> Result<ExecutionId, Error> {
        self.store.find_execution(name).await.map_err(Error::store)
    }

    /// Where an execution stands.
    pub async fn execution_standing(&self, id: ExecutionId) -> Result<StandingView, Error> {
        standing::standing(&self.store, id).await
    }

    /// The runbook of an execution, as it was when the execution began.
    pub async fn execution_runbook(&self, id: ExecutionId) -> Result<RunbookView, Error> {
        let summary = self.store.execution(id).await.map_err(Error::store)?;
        let named = drive::document_of(self, (&summary.runbook, &summary.digest)).await?;
        let known = self.runbooks.iter().find(|(runbook, _)| **runbook == named);
        Ok(RunbookView::new(&named, known.map(|(_, origin)| origin)))
    }

    /// An execution with what happened to it.
    pub async fn execution_detail(&self, name: &str) -> Result<ExecutionDetail, Error> {
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        view::detail(&self.store, id).await
    }
}

/// The status of a name.
fn known_status(name: &str) -> Result<Status, Error> {
    Status::ALL.into_iter().find(|status| status.as_str() == name).ok_or_else(|| {
        let known = Status::ALL.map(Status::as_str);
        Error::unknown_name("a status", name, reeve_document::nearest(name, known))
    })
}

/// Reads a runbook that is to be run.
fn read_runbook(named: &NamedRunbook) -> Result<Runbook, Error> {
    let read = Runbook::parse(&named.name, &named.text, named.format);
    read.map(|checked| checked.runbook).map_err(Error::runbook)
}

/// The values of parameters as people write them: `Name=value`, a list as JSON or separated by commas.
pub fn parameters_from_text(
    runbook: &Runbook,
    given: &BTreeMap<String, String>,
) -> Map<String, Value> {
    let value = |(name, text): (&String, &String)| {
        let data_type = runbook.parameter(name).map(|parameter| parameter.kind.data_type);
        let is_json = text.trim_start().starts_with(['[', '{']);
        let value = match data_type {
            Some(data_type) if data_type.is_list() && !is_json => {
                text.split(',').map(|element| Value::from(element.trim())).collect()
            }
            _ => Value::from(text.as_str()),
        };
        (name.clone(), value)
    };
    given.iter().map(value).collect()
}
