//! Executions of runbooks: starting them, saying something to them, looking at them.
//!
//! Moving them on is the business of [`Worker`]s, in this process or another.

mod ahead;
mod aside;
mod attachments;
mod birth;
mod changes;
mod child;
mod drive;
mod journal;
mod library;
mod needs;
mod perform;
mod reference;
mod role;
mod runbook_view;
mod say;
mod script;
mod several;
mod standing;
mod steps;
mod told;
mod undo;
mod values;
mod view;
mod watch;
mod webhook;
mod witness;
mod worker;

use std::collections::BTreeMap;

use reeve_runbook::{Runbook, Status};
use reeve_store::ExecutionFilter;
use reeve_types::{AccountId, ExecutionId, Region};
use serde_json::{Map, Value};

pub use ahead::{Ahead, AheadRead, DryRunEntry, DryRunView, RunbookPolicyView, runbook_policy};
pub use journal::{Journal, News};
pub use library::{Library, NamedRunbook, Origin, WithoutUndoView};
pub use reference::runbook_reference;
pub use role::role_note;
pub use runbook_view::{
    FindingView, ParameterView, RunbookSummaryView, RunbookView, ShapeView, StartForm,
};
pub use say::Word;
pub use several::SeveralRequest;
pub use standing::{FailureView, StandingView, WaitView};
pub use steps::{StepView, Steps};
pub use undo::{
    ChangeView, DeclaredUndoView, ExecutionUndoView, LeftView, UndoRequest, UndoStepView,
};
pub use view::{ChildView, ExecutionDetail, ExecutionView, RecordView, UndoneByView};
pub use watch::Watch;
pub use witness::{Witness, Witnessed};
pub use worker::{LEASE, Worker};

use crate::{App, Context, Error, ExecutionQuery, queries, views::Page};
use birth::{Birth, document_of};

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

impl App {
    /// Begins an execution, which a worker will move on; durable when it returns.
    pub async fn start_execution(
        &self,
        context: &Context,
        request: &StartRequest,
    ) -> Result<ExecutionId, Error> {
        self.may_start(request).await?;
        let id = ExecutionId::from_uuid(self.ids.uuid(self.clock.now()));
        let birth = Birth::of_its_own(id);
        let (execution, entries) = self.beginning(context, birth, request).await?;
        self.store.begin_execution(execution, entries).await.map_err(Error::store)?;
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
            status: status.map(str::to_owned),
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
        Ok(RunbookView::new(&self.runbooks, &named, known.map(|(_, origin)| origin)))
    }

    /// An execution with what happened to it.
    pub async fn execution_detail(&self, name: &str) -> Result<ExecutionDetail, Error> {
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        view::detail(&self.store, id).await
    }
}

/// The status of a name.
fn known_status(name: &str) -> Result<&'static str, Error> {
    let of_the_service = Status::ALL.into_iter().map(Status::as_str);
    let known: Vec<&'static str> =
        of_the_service.chain([drive::PAUSED, aside::UNREADABLE]).collect();
    known
        .iter()
        .copied()
        .find(|status| *status == name)
        .ok_or_else(|| Error::unknown_name("a status", name, reeve_document::nearest(name, known)))
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
