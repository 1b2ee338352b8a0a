//! The routes, and what every handler works with.

use std::sync::{Arc, PoisonError, RwLock};

use axum::{
    Router,
    extract::OriginalUri,
    middleware::from_fn_with_state,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use reeve_app::{App, Context, Error, executions::Watch};
use tokio::sync::{Notify, mpsc};

use crate::{
    Token, assets,
    error::Failure,
    guard::require_token,
    handlers::{
        accounts, events, executions, ledger, overview, plans, resources, runbooks, runs,
        suspension,
    },
};

/// What every handler works with. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    app: Arc<RwLock<Arc<App>>>,
    /// The secret that requests carry.
    pub token: Token,
    /// On whose behalf requests act: whoever was given the token.
    pub context: Context,
    /// Wakes whoever performs plans.
    pub plans_changed: Arc<Notify>,
    /// Wakes whoever moves executions of runbooks on.
    pub executions_changed: Arc<Notify>,
    /// Wakes those who watch executions; somebody has to [run](Watch::run) it.
    pub watch: Arc<Watch>,
    /// Asks whoever runs controllers for a run, on someone's behalf.
    pub run_wanted: mpsc::Sender<Context>,
}

impl Server {
    /// A server of `app`, for requests that carry `token` and act on behalf of `context`.
    pub fn new(
        app: Arc<App>,
        (token, context): (Token, Context),
        plans_changed: Arc<Notify>,
        run_wanted: mpsc::Sender<Context>,
    ) -> Self {
        let watch = Arc::new(Watch::new(app.store.clone()));
        Self {
            app: Arc::new(RwLock::new(app)),
            token,
            context,
            plans_changed,
            executions_changed: Arc::default(),
            watch,
            run_wanted,
        }
    }

    /// The product over the estate as it is now.
    pub fn app(&self) -> Arc<App> {
        self.app.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves another one from now on: the estate folder changed.
    pub fn replace(&self, app: Arc<App>) {
        *self.app.write().unwrap_or_else(PoisonError::into_inner) = app;
    }
}

/// The API and the console.
pub fn router(server: Server) -> Router {
    let api = Router::new()
        .route("/overview", get(overview::show))
        .route("/profile", get(overview::profile))
        .route("/accounts", get(accounts::list))
        .route("/resources", get(resources::list))
        .route("/unknowns", get(resources::unknowns))
        .route("/plans", get(plans::list))
        .route("/plans/{plan}", get(plans::show))
        .route("/plans/{plan}/approve", post(plans::approve))
        .route("/plans/{plan}/refuse", post(plans::refuse))
        .route("/plans/{plan}/apply", post(plans::apply))
        .route("/plans/{plan}/undo", post(plans::undo))
        .route("/runs", post(runs::start))
        .route("/runs/current", get(runs::current))
        .route("/runbooks", get(runbooks::list))
        .route("/runbooks/{runbook}", get(runbooks::show))
        .route("/runbooks/{runbook}/policy", get(runbooks::policy))
        .route("/dry-runs", post(runbooks::dry_run))
        .route("/rehearsals", post(runbooks::rehearse))
        .route("/executions", get(executions::list).post(executions::start))
        .route("/executions/{execution}", get(executions::show))
        .route("/executions/{execution}/runbook", get(executions::runbook))
        .route("/executions/{execution}/events", get(events::follow))
        .route("/executions/{execution}/undo", get(executions::plan_undo).post(executions::undo))
        .route("/executions/{execution}/approve", post(executions::approve))
        .route("/executions/{execution}/reject", post(executions::reject))
        .route("/executions/{execution}/pause", post(executions::pause))
        .route("/executions/{execution}/resume", post(executions::resume))
        .route("/executions/{execution}/cancel", post(executions::cancel))
        .route("/ledger", get(ledger::list))
        .route("/ledger/verify", post(ledger::verify))
        .route("/suspend", post(suspension::suspend))
        .route("/resume", post(suspension::resume))
        .fallback(no_such_page)
        .layer(from_fn_with_state(server.clone(), require_token));
    Router::new().nest("/api", api).fallback(assets::file).with_state(server)
}

async fn no_such_page(OriginalUri(uri): OriginalUri) -> Response {
    Failure(Error::no_such_page(uri.path())).into_response()
}
