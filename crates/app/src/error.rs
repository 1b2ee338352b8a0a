//! The one error that use cases return: what kind it is, its stable code, what happened and what to do.
//!
//! It knows nothing of HTTP or exit codes; the API and the command line each translate [`ErrorKind`] in one place. Every
//! code has a page in `docs/errors`.

use std::fmt;

use reeve_store::{StoreError, VerifyError};
use reeve_types::ExecutionId;

/// What kind of failure it is, for those who translate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked for does not exist.
    NotFound,
    /// It exists, but not in a state that allows this.
    Conflict,
    /// The request itself is wrong.
    Invalid,
    /// Whoever asks is not known.
    Unauthenticated,
    /// The estate does not allow it.
    Forbidden,
    /// Something else is at work that has to end first.
    Unavailable,
    /// Something went wrong on our side.
    Internal,
}

/// A use case that could not be carried out.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// Its stable code, such as `RV1001`.
    pub code: &'static str,
    /// What happened, for whoever asked.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), hint: None, source: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// There is no plan of that name.
    pub fn no_such_plan(name: &str) -> Self {
        let error = Self::new(ErrorKind::NotFound, "RV1001", format!("there is no plan `{name}`"));
        error.with_hint(if name == "latest" {
            "`reeve plan` proposes one if there is something to do"
        } else {
            "`reeve plan list` shows the plans; `latest` names the newest"
        })
    }

    /// The plan stands where this cannot be done.
    pub fn not_possible(reason: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Conflict, "RV1002", reason.to_string())
            .with_hint("`reeve plan show` says where the plan stands and what happened to it")
    }

    /// What was approved is not what the plan holds.
    pub fn digest_differs(shown: &str, held: &str) -> Self {
        let message = format!("the plan's digest is `{held}`, but `{shown}` was approved");
        Self::new(ErrorKind::Conflict, "RV1003", message)
            .with_hint("look at the plan again: only what was shown can be approved")
    }

    /// Everything is suspended.
    pub fn suspended(by: impl fmt::Display, reason: &str) -> Self {
        Self::new(ErrorKind::Conflict, "RV1004", format!("suspended by {by}: {reason}"))
            .with_hint("nothing is changed anywhere until `reeve resume`")
    }

    /// The estate does not let Reeve change anything there.
    pub fn no_authority(reason: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Forbidden, "RV1005", reason.to_string())
            .with_hint("`authority` in estate.yaml says what may be done in each account")
    }

    /// More than one plan fits the name.
    fn ambiguous_plan(name: &str, candidates: &[String]) -> Self {
        let message = format!("`{name}` may mean any of {}", candidates.join(", "));
        Self::new(ErrorKind::Invalid, "RV1006", message).with_hint("give more of its id")
    }

    /// A run is under way already.
    pub fn run_under_way() -> Self {
        Self::new(ErrorKind::Unavailable, "RV1007", "a run is already under way")
            .with_hint("wait for it to end: the overview shows how far it is")
    }

    /// The store could not do what it was asked: because of what was asked, or because it failed.
    pub fn store(source: StoreError) -> Self {
        match source {
            StoreError::PlanNotFound { id } => Self::no_such_plan(&id),
            StoreError::AmbiguousPlan { text, candidates } => {
                Self::ambiguous_plan(&text, &candidates)
            }
            StoreError::Conflict { reason, .. } => Self::not_possible(reason),
            StoreError::ExecutionNotFound { text } => Self::no_such_execution(&text),
            StoreError::ExecutionOver { .. } => Self::execution_over(source),
            StoreError::AlreadyUndone { execution, undo } => Self::already_undone(execution, undo),
            source => {
                let hint = source.hint();
                let mut error = Self::new(ErrorKind::Internal, "RV1008", source.to_string());
                error.hint = hint.map(str::to_owned);
                error.source = Some(Box::new(source));
                error
            }
        }
    }

    /// The ledger cannot be read at all.
    pub fn verification(source: VerifyError) -> Self {
        let mut error =
            Self::new(ErrorKind::Internal, "RV1008", source.to_string()).with_hint(source.hint());
        error.source = Some(Box::new(source));
        error
    }

    /// A name in the request is not one of the estate's or the inventory's.
    pub fn unknown_name(what: &str, name: &str, nearest: Option<&str>) -> Self {
        let error = Self::new(ErrorKind::Invalid, "RV1009", format!("`{name}` is not {what}"));
        match nearest {
            Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
            None => error,
        }
    }

    /// The request cannot be read.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Invalid, "RV1010", message.to_string())
    }

    /// The request carries no token, or not the right one.
    pub fn unauthenticated() -> Self {
        Self::new(ErrorKind::Unauthenticated, "RV1011", "the request carries no valid token")
            .with_hint("open the address that `reeve serve` printed when it started")
    }

    /// No single execution has that name.
    pub fn no_such_execution(name: &str) -> Self {
        let message = format!("there is no execution `{name}`, or more than one");
        Self::new(ErrorKind::NotFound, "RV1013", message)
            .with_hint("`reeve run list` shows the executions; `latest` names the newest")
    }

    /// The execution stands where this cannot be done.
    pub fn execution_over(reason: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Conflict, "RV1014", reason.to_string())
            .with_hint("`reeve run show` says what happened to it")
    }

    /// The execution cannot be taken back as it stands.
    pub fn not_undone(reason: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Conflict, "RV1020", reason.to_string())
            .with_hint("`reeve undo --dry-run` shows what would be taken back, and what stays")
    }

    /// The execution is being taken back, or was.
    pub fn already_undone(execution: ExecutionId, undo: ExecutionId) -> Self {
        let message = format!("{execution} is taken back by {undo}");
        Self::new(ErrorKind::Conflict, "RV1020", message)
            .with_hint(format!("`reeve run show {undo}` says how far it is"))
    }

    /// The runbook cannot be run.
    pub fn runbook(problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Invalid, "RV1015", problem.to_string())
            .with_hint("`reeve runbook show` tells what a runbook asks for")
    }

    /// Whether it is about what is recorded of an execution, and so will not go away by trying again.
    pub(crate) fn is_unreadable(&self) -> bool {
        // A failure of the store has a source, and may pass.
        matches!(self.code, "RV1015") || self.code == "RV1008" && self.source.is_none()
    }

    /// No runbook has that name.
    pub fn no_such_runbook(name: &str, nearest: Option<&str>) -> Self {
        let message = format!("there is no runbook `{name}`");
        let error = Self::new(ErrorKind::NotFound, "RV1021", message);
        match nearest {
            Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
            None => error.with_hint("`reeve runbook list` shows the runbooks"),
        }
    }

    /// What the records hold of an execution makes no sense to this program.
    pub(crate) fn unreadable_execution(problem: impl fmt::Display) -> Self {
        let message = format!("what is recorded of an execution cannot be read: {problem}");
        Self::new(ErrorKind::Internal, "RV1008", message)
    }

    /// A runbook could not be rehearsed, for want of something on our side.
    pub fn not_rehearsed(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        let message = format!("the runbook could not be rehearsed: {source}");
        let mut error = Self::new(ErrorKind::Internal, "RV1022", message);
        error.source = Some(Box::new(source));
        error
    }

    /// There is nothing at that address.
    pub fn no_such_page(path: &str) -> Self {
        Self::new(ErrorKind::NotFound, "RV1012", format!("there is nothing at `{path}`"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
