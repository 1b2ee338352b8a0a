//! What comes back from a script's process, and what it says together with how the process ended.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

use rustix::process::Signal;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::ScriptError,
    limits::{Exceeded, Limits},
};

/// An answer is the payload with little around it, or an error's text, which the bootstrap keeps short.
pub(crate) const MOST_BEYOND_PAYLOAD: usize = 64 * 1024;

/// The answer as the bootstraps write it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Returned(Value),
    Failed(Failure),
}

#[derive(Debug, Deserialize)]
struct Failure {
    kind: Kind,
    #[serde(default)]
    message: String,
    #[serde(rename = "type")]
    error_type: Option<String>,
    line: Option<u32>,
    bytes: Option<u64>,
    #[serde(default)]
    known: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Raised,
    Syntax,
    Handler,
    Attachment,
    Unserialisable,
    TooLarge,
    Memory,
    Exited,
}

/// What a script's process came to, if nobody stopped it.
pub(crate) fn read(
    answer: &[u8],
    status: ExitStatus,
    limits: &Limits,
) -> Result<Value, ScriptError> {
    if answer.is_empty() {
        return Err(without_answer(status, limits));
    }
    match serde_json::from_slice(answer) {
        Ok(Answer::Returned(payload)) => sized(payload, limits),
        Ok(Answer::Failed(failure)) => Err(failed(failure, limits)),
        // Cut off: the process ended while it wrote, or wrote more than anything that is kept.
        Err(error) if error.is_eof() => Err(without_answer(status, limits)),
        Err(error) => Err(ScriptError::Payload { message: unreadable(&error.to_string()) }),
    }
}

fn without_answer(status: ExitStatus, limits: &Limits) -> ScriptError {
    match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => {
            ScriptError::Exceeded(Exceeded::Cpu(limits.cpu))
        }
        Some(signal) => ScriptError::Killed { signal },
        None => {
            let how = format!("exit status {}", status.code().unwrap_or_default());
            ScriptError::Exited { how }
        }
    }
}

fn sized(payload: Value, limits: &Limits) -> Result<Value, ScriptError> {
    let bytes = payload.to_string().len();
    if bytes > limits.payload_bytes {
        return Err(too_large(bytes as u64, limits));
    }
    Ok(payload)
}

fn too_large(bytes: u64, limits: &Limits) -> ScriptError {
    ScriptError::PayloadTooLarge { bytes, limit: limits.payload_bytes as u64 }
}

fn failed(failure: Failure, limits: &Limits) -> ScriptError {
    let Failure { kind, message, error_type, line, bytes, known } = failure;
    match kind {
        Kind::Raised => {
            let code = error_type.unwrap_or_else(|| "Error".into());
            ScriptError::Raised { code, message, line }
        }
        Kind::Syntax => ScriptError::Syntax { message, line },
        Kind::Handler if known.is_empty() => ScriptError::Handler { message },
        Kind::Handler => {
            let known = known.join("`, `");
            ScriptError::Handler { message: format!("{message}; hint: there is `{known}`") }
        }
        Kind::Attachment => ScriptError::Attachment { message },
        Kind::Unserialisable => ScriptError::Payload { message },
        Kind::TooLarge => too_large(bytes.unwrap_or_default(), limits),
        Kind::Memory => ScriptError::Exceeded(Exceeded::Memory(limits.memory_bytes)),
        Kind::Exited => ScriptError::Exited { how: format!("`{message}`") },
    }
}

/// Where in the answer it is says nothing to somebody who never saw the answer.
fn unreadable(message: &str) -> String {
    match message.split_once(" at line ") {
        Some(("recursion limit exceeded", _)) => "it is nested too deeply".to_owned(),
        Some((reason, _)) => reason.to_owned(),
        None => message.to_owned(),
    }
}
