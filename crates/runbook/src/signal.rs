//! Signals: what people say to an execution that waits.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// What.
    pub kind: SignalKind,
    /// Who.
    pub by: String,
    /// Why.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Yes, to `aws:approve`.
    Approve,
    /// No, to `aws:approve`.
    Reject,
    /// Go on, to `aws:pause`.
    Resume,
}
