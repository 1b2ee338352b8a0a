//! Executions that this program cannot read: set aside, where people see them, instead of tried for ever.
//!
//! Their state stays as it is. `resume` has them tried again, for instance by a newer program, and `cancel` ends them without
//! what their step asks for in that case.

use reeve_runbook::{Event, Status};
use reeve_store::{Along, Leased, Move, NewEntry, NewRecord, Standing};
use reeve_types::Actor;

use super::{
    drive::{from_json, to_json},
    told::{Notice, Told},
};
use crate::{App, Error};

/// How an execution is that cannot be read.
pub(super) const UNREADABLE: &str = "Unreadable";

/// Sets an execution aside, or ends it if somebody wants that.
pub(super) async fn set_aside(
    app: &App,
    worker: &str,
    leased: &Leased,
    error: &Error,
) -> Result<(), Error> {
    let summary = app.store.execution(leased.id).await.map_err(Error::store)?;
    let told = app.store.told(leased.id).await.map_err(Error::store)?;
    let is_cancel = |(_, data): &(u64, String)| {
        matches!(from_json(data), Ok(Told::Event(Event::Cancelled { .. })))
    };
    let has_ended = told.iter().any(is_cancel);
    let status = if has_ended { Status::Cancelled.as_str() } else { UNREADABLE };
    let mut records =
        vec![NewRecord { kind: "refused".to_owned(), data: to_json(&error.to_string())? }];
    records.extend(
        told.iter().map(|(_, data)| NewRecord { kind: "unread".to_owned(), data: data.clone() }),
    );
    let mut along = Along::default();
    if let Some(parent) = summary.parent.filter(|_| has_ended) {
        let child = leased.id.to_string();
        let notice = Notice::ChildEnded { child, status: Status::Cancelled };
        along.tells.push((parent, to_json(&Told::Notice(notice))?));
    }
    let move_ = Move {
        id: leased.id,
        worker: worker.to_owned(),
        seen: leased.records,
        standing: Standing {
            state: leased.state.clone(),
            status: status.to_owned(),
            step: summary.step,
            due_at: None,
            has_ended,
            records,
        },
        taken: told.last().map(|(number, _)| *number),
        release: true,
        entries: vec![entry(leased, (status, error, has_ended))],
    };
    tracing::warn!(execution.id = %leased.id, error.code = error.code, "set aside: {error}");
    app.store.move_execution_along(move_, along).await.map_err(Error::store)
}

fn entry(leased: &Leased, (status, error, has_ended): (&str, &Error, bool)) -> NewEntry {
    let event = if has_ended {
        reeve_store::Event::ExecutionEnded {
            execution: leased.id,
            status: status.to_owned(),
            failure: Some(error.to_string()),
        }
    } else {
        reeve_store::Event::ExecutionTold {
            execution: leased.id,
            word: "rest".to_owned(),
            comment: error.to_string(),
        }
    };
    NewEntry::new(Actor::Reeve, event).within(leased.account.clone(), leased.region.clone())
}
