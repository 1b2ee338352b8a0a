//! Plans, and what people say about them.

use axum::{
    Json,
    extract::{Path, State},
};
use reeve_app::{
    Approval, PageQuery, PlanQuery,
    views::{Page, PlanDetail, PlanSummary},
};

use super::{Answer, Comment};
use crate::{
    Server,
    json::{Body, Parameters},
};

pub(crate) async fn list(
    State(server): State<Server>,
    Parameters(query): Parameters<PlanQuery>,
) -> Answer<Page<PlanSummary>> {
    Ok(Json(server.app().plans(&query).await?))
}

pub(crate) async fn show(
    State(server): State<Server>,
    Path(plan): Path<String>,
    Parameters(page): Parameters<PageQuery>,
) -> Answer<PlanDetail> {
    Ok(Json(server.app().plan_detail(&plan, &page).await?))
}

pub(crate) async fn approve(
    State(server): State<Server>,
    Path(plan): Path<String>,
    Body(approval): Body<Approval>,
) -> Answer<PlanSummary> {
    let summary = server.app().approve(&server.context, &plan, &approval).await?;
    server.plans_changed.notify_one();
    Ok(Json(summary))
}

pub(crate) async fn refuse(
    State(server): State<Server>,
    Path(plan): Path<String>,
    Body(Comment { comment }): Body<Comment>,
) -> Answer<PlanSummary> {
    Ok(Json(server.app().refuse(&server.context, &plan, &comment).await?))
}

pub(crate) async fn apply(
    State(server): State<Server>,
    Path(plan): Path<String>,
) -> Answer<PlanSummary> {
    let summary = server.app().request_apply(&server.context, &plan).await?;
    server.plans_changed.notify_one();
    Ok(Json(summary))
}

pub(crate) async fn undo(
    State(server): State<Server>,
    Path(plan): Path<String>,
    Body(Comment { comment }): Body<Comment>,
) -> Answer<PlanSummary> {
    let summary = server.app().request_undo(&server.context, &plan, &comment).await?;
    server.plans_changed.notify_one();
    Ok(Json(summary))
}
