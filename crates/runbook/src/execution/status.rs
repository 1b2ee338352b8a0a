//! How executions and their steps are: the words of the service.

use serde::{Deserialize, Serialize};

/// How an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// It runs.
    InProgress,
    /// It waits for somebody's word.
    Waiting,
    /// It did what it should.
    Success,
    /// A step that matters failed.
    Failed,
    /// A step that matters took too long.
    TimedOut,
    /// Somebody wanted it to end, and it is ending.
    Cancelling,
    /// Somebody wanted it to end, and it has.
    Cancelled,
}

/// How a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StepStatus {
    /// It runs.
    InProgress,
    /// It waits for somebody's word.
    Waiting,
    /// It did what it should.
    Success,
    /// It failed.
    Failed,
    /// It took too long.
    TimedOut,
    /// Somebody wanted the execution to end while it ran.
    Cancelled,
    /// A loop that one of its steps left.
    Exited,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::InProgress,
        Self::Waiting,
        Self::Success,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelling,
        Self::Cancelled,
    ];

    /// Whether it will not change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::TimedOut | Self::Cancelled)
    }

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Waiting => "Waiting",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::TimedOut => "TimedOut",
            Self::Cancelling => "Cancelling",
            Self::Cancelled => "Cancelled",
        }
    }
}

impl StepStatus {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Waiting => "Waiting",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
            Self::Exited => "Exited",
        }
    }
}
