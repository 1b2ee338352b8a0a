//! Effects: what only the shell can do, described as data.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something that the shell shall do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// An operation of AWS.
    Call(Call),
    /// A script in a process of its own.
    Script(Script),
    /// A request to somebody else's server.
    Webhook(Webhook),
    /// Another execution, whose end is waited for.
    Child(Box<Child>),
}

/// An operation of AWS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The service, as the models call it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// What it is called with.
    pub input: Map<String, Value>,
}

/// A script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Its language and version, such as `python3.11`.
    pub runtime: String,
    /// Its text, or the file that came with the document.
    pub source: ScriptSource,
    /// The function that is called, for languages that have functions.
    pub handler: Option<String>,
    /// What it is called with.
    pub payload: Value,
}

/// Where the text of a script is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptSource {
    /// Here.
    Text(String),
    /// In a file that came with the document.
    Attachment(String),
}

/// A request to somebody else's server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// The name under which the server is known.
    pub integration: String,
    /// What is sent.
    pub body: Option<String>,
}

/// Another execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Child {
    /// The document, by name or ARN.
    pub document: String,
    /// Its version.
    pub version: Option<String>,
    /// What it is started with.
    pub parameters: Map<String, Value>,
    /// Which of its parameters takes a target, if it is started once for each of several.
    pub target_parameter: Option<String>,
    /// The targets, as the service's `Targets` are written.
    pub targets: Vec<Value>,
    /// The targets, as the service's `TargetMaps` are written.
    pub target_maps: Vec<Value>,
    /// The accounts and Regions, as the service's `TargetLocations` are written.
    pub target_locations: Vec<Value>,
    /// How many at once: a number or a share such as `10%`.
    pub max_concurrency: Option<String>,
    /// How many may fail: a number or a share.
    pub max_errors: Option<String>,
}

/// The word for an effect of which nobody knows whether it happened.
pub const OUTCOME_UNKNOWN: &str = "OutcomeUnknown";

impl Child {
    /// The code of a failure that is none of the step's own: the other execution took too long.
    pub const TIMED_OUT: &str = "ChildTimedOut";

    /// The code of a failure that is none of the step's own: somebody cancelled the other execution.
    pub const CANCELLED: &str = "ChildCancelled";
}

/// An effect that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct EffectError {
    /// A word for it: AWS's error code, or one of ours.
    pub code: String,
    /// What happened.
    pub message: String,
}

impl EffectError {
    /// A failure with its word.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}
