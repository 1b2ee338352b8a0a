//! Executions of runbooks, and what people say to them.

use axum::{
    Json,
    extract::{Path, State},
};
use reeve_app::{
    ExecutionQuery,
    executions::{
        ExecutionDetail, ExecutionUndoView, ExecutionView, RunbookView, StandingView, StartForm,
        UndoRequest, Word,
    },
    views::Page,
};
use serde::Deserialize;

use super::{Answer, Comment};
use crate::{
    Server,
    json::{Body, Parameters},
};

/// That an execution is to be taken back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoForm {
    /// The digest of what was shown: something else is not done.
    digest: String,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn list(
    State(server): State<Server>,
    Parameters(query): Parameters<ExecutionQuery>,
) -> Answer<Page<ExecutionView>> {
    Ok(Json(server.app().executions(&query).await?))
}

pub(crate) async fn start(
    State(server): State<Server>,
    Body(form): Body<StartForm>,
) -> Answer<StandingView> {
    let app = server.app();
    let request = app.read_form(&form)?;
    let id = app.start_execution(&server.context, &request).await?;
    server.executions_changed.notify_one();
    Ok(Json(app.execution_standing(id).await?))
}

pub(crate) async fn show(
    State(server): State<Server>,
    Path(execution): Path<String>,
) -> Answer<ExecutionDetail> {
    Ok(Json(server.app().execution_detail(&execution).await?))
}

/// Its runbook, as it was when the execution began.
pub(crate) async fn runbook(
    State(server): State<Server>,
    Path(execution): Path<String>,
) -> Answer<RunbookView> {
    let app = server.app();
    let id = app.find_execution(&execution).await?;
    Ok(Json(app.execution_runbook(id).await?))
}

/// What taking it back would do.
pub(crate) async fn plan_undo(
    State(server): State<Server>,
    Path(execution): Path<String>,
) -> Answer<ExecutionUndoView> {
    Ok(Json(server.app().plan_execution_undo(&execution).await?))
}

/// Begins to take it back; answers how the execution that does so stands.
pub(crate) async fn undo(
    State(server): State<Server>,
    Path(execution): Path<String>,
    Body(UndoForm { digest, reason }): Body<UndoForm>,
) -> Answer<StandingView> {
    let app = server.app();
    let request = UndoRequest { reason, digest: Some(digest) };
    let id = app.undo_execution(&server.context, &execution, &request).await?;
    server.executions_changed.notify_one();
    Ok(Json(app.execution_standing(id).await?))
}

pub(crate) async fn approve(
    server: State<Server>,
    execution: Path<String>,
    comment: Body<Comment>,
) -> Answer<StandingView> {
    tell(server, Word::Approve, execution, comment).await
}

pub(crate) async fn reject(
    server: State<Server>,
    execution: Path<String>,
    comment: Body<Comment>,
) -> Answer<StandingView> {
    tell(server, Word::Reject, execution, comment).await
}

pub(crate) async fn pause(
    server: State<Server>,
    execution: Path<String>,
    comment: Body<Comment>,
) -> Answer<StandingView> {
    tell(server, Word::Pause, execution, comment).await
}

pub(crate) async fn resume(
    server: State<Server>,
    execution: Path<String>,
    comment: Body<Comment>,
) -> Answer<StandingView> {
    tell(server, Word::Resume, execution, comment).await
}

pub(crate) async fn cancel(
    server: State<Server>,
    execution: Path<String>,
    comment: Body<Comment>,
) -> Answer<StandingView> {
    tell(server, Word::Cancel, execution, comment).await
}

/// Says it; the worker that has the execution, or will have it, hears it.
async fn tell(
    State(server): State<Server>,
    word: Word,
    Path(execution): Path<String>,
    Body(Comment { comment }): Body<Comment>,
) -> Answer<StandingView> {
    let app = server.app();
    let id = app.tell_execution(&server.context, &execution, (word, &comment)).await?;
    server.executions_changed.notify_one();
    Ok(Json(app.execution_standing(id).await?))
}
