//! How a command ends: its status, and its error as people read it.

use std::{fmt, io, net::SocketAddr, process::ExitCode};

use anstream::eprintln;
use owo_colors::OwoColorize as _;
use reeve_app::ErrorKind;
use reeve_aws::CallError;
use reeve_document::Diagnostics;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Done, and everything asked about is known.
    Done,
    /// Failed, or an action was refused or failed.
    Failed,
    /// The input is wrong; nothing was done.
    Invalid,
    /// Done, but part of the estate is unknown: some of the scopes that were looked at or called did not answer.
    PartlyUnknown,
}

impl Status {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Invalid => 2,
            Self::PartlyUnknown => 3,
        }
    }
}

/// Documents that are wrong, with every place.
#[derive(Debug)]
pub(crate) struct WrongDocuments(pub(crate) Vec<Diagnostics>);

impl fmt::Display for WrongDocuments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostics in &self.0 {
            writeln!(formatter, "{diagnostics}")?;
        }
        write!(formatter, "nothing was done")
    }
}

impl std::error::Error for WrongDocuments {}

/// Input that a person gave and that is wrong, with what may help.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct WrongInput {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl WrongInput {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// An address that is taken, or not this machine's.
pub(crate) fn cannot_listen(address: SocketAddr, error: &io::Error) -> WrongInput {
    WrongInput::new(format!("cannot listen on {address}: {error}"))
        .with_hint("`--listen` names another address; port 0 is any that is free")
}

/// Says what went wrong on standard error, and chooses the status.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(wrong) = error.downcast_ref::<WrongDocuments>() {
        eprintln!("{wrong}");
        return Status::Invalid.into();
    }
    let mut message = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    let (code, hint, status) = explain(error);
    match code {
        Some(code) => eprintln!("{}{}: {message}", "error ".red().bold(), code.red().bold()),
        None => eprintln!("{}: {message}", "error".red().bold()),
    }
    if let Some(hint) = hint {
        eprintln!("  {}: {hint}", "hint".cyan());
    }
    status.into()
}

fn explain(error: &anyhow::Error) -> (Option<&'static str>, Option<String>, Status) {
    if let Some(error) = error.downcast_ref::<reeve_app::Error>() {
        let status = match error.kind {
            ErrorKind::Invalid | ErrorKind::NotFound => Status::Invalid,
            _ => Status::Failed,
        };
        return (Some(error.code), error.hint.clone(), status);
    }
    if let Some(wrong) = error.downcast_ref::<WrongInput>() {
        return (None, wrong.hint.clone(), Status::Invalid);
    }
    if error.is::<reeve_aws::ConfigError>() || error.is::<reeve_aws::RecordingError>() {
        return (None, None, Status::Invalid);
    }
    if let Some(call) = error.downcast_ref::<CallError>()
        && is_wrong_input(call)
    {
        return (None, call.hint(), Status::Invalid);
    }
    let call = error.downcast_ref().and_then(CallError::hint);
    let wait = || error.downcast_ref().and_then(reeve_aws::WaitError::hint);
    let open = || error.downcast_ref().and_then(reeve_store::OpenError::hint);
    (None, call.or_else(wait).or_else(open), Status::Failed)
}

/// Whether a call was not made because of what was asked for.
fn is_wrong_input(call: &CallError) -> bool {
    matches!(
        call,
        CallError::Invalid(_) | CallError::UnknownService(_) | CallError::UnknownOperation(_)
    )
}
