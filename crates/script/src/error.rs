//! Why a script gave no result.

use std::io;

use reeve_runbook::EffectError;

use crate::limits::Exceeded;

/// Why a script gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// There is no Python to run it with.
    #[error("the script needs Python: {0}")]
    NoPython(String),
    /// There is no PowerShell to run it with.
    #[error(
        "the script needs PowerShell, and there is no `pwsh` in the PATH; hint: install PowerShell 7, or write the step in Python"
    )]
    NoPowerShell,
    /// A language that scripts cannot be in.
    #[error("`{0}` is no runtime of scripts; hint: `python3.11` or `PowerShell 7.4`")]
    UnknownRuntime(String),
    /// No function is named, or there is none of the name.
    #[error("{message}")]
    Handler {
        /// What is wrong with it.
        message: String,
    },
    /// The file that came with the document cannot be used.
    #[error("attachment: {message}")]
    Attachment {
        /// What is wrong with it.
        message: String,
    },
    /// The text is not of its language.
    #[error("{message}{}", at(*.line))]
    Syntax {
        /// The error as the language says it.
        message: String,
        /// The line of the script.
        line: Option<u32>,
    },
    /// The script raised an error.
    #[error("{message}{}", at(*.line))]
    Raised {
        /// The type of the error.
        code: String,
        /// `Type - message`, as the service writes it.
        message: String,
        /// The line of the script that the error went through last.
        line: Option<u32>,
    },
    /// What the handler returned is not JSON.
    #[error("what the handler returned cannot be written as JSON: {message}")]
    Payload {
        /// Why not.
        message: String,
    },
    /// What the handler returned is too large.
    #[error("the handler returned {bytes} bytes, at most {limit} are kept")]
    PayloadTooLarge {
        /// How large it is, as JSON.
        bytes: u64,
        /// How large it may be.
        limit: u64,
    },
    /// The script used more than it may.
    #[error("the script was stopped: {0}")]
    Exceeded(Exceeded),
    /// The script's process ended of its own will before the handler returned.
    #[error("the script ended by {how} before its handler returned")]
    Exited {
        /// How it ended.
        how: String,
    },
    /// A signal ended the script's process.
    #[error("the script was ended by signal {signal}")]
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// The machine failed us.
    #[error("{doing}: {source}")]
    Machine {
        /// What was tried.
        doing: &'static str,
        /// What came of it.
        source: io::Error,
    },
}

impl ScriptError {
    /// A word for it: the type of the error that the script raised, or one of ours.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NoPython(_) => "PythonNotFound",
            Self::NoPowerShell => "PowerShellNotFound",
            Self::UnknownRuntime(_) => "UnknownRuntime",
            Self::Handler { .. } => "HandlerNotFound",
            Self::Attachment { .. } => "InvalidAttachment",
            Self::Syntax { .. } => "SyntaxError",
            Self::Raised { code, .. } => code,
            Self::Payload { .. } => "InvalidPayload",
            Self::PayloadTooLarge { .. } => "PayloadTooLarge",
            Self::Exceeded(Exceeded::Wall(_)) => "ScriptTimedOut",
            Self::Exceeded(_) => "ScriptLimitExceeded",
            Self::Exited { .. } => "ScriptExited",
            Self::Killed { .. } => "ScriptKilled",
            Self::Machine { .. } => "ScriptNotRun",
        }
    }
}

impl From<&ScriptError> for EffectError {
    fn from(error: &ScriptError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

fn at(line: Option<u32>) -> String {
    line.map(|line| format!(" (line {line})")).unwrap_or_default()
}
