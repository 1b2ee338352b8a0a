//! What came of a call in many places: a line for each answer, and at the end how many there were.

use std::collections::BTreeSet;

use anyhow::Result;
use indicatif::ProgressBar;
use reeve_aws::{CallError, Target, WaitError};
use serde_json::{Value as Json, json};

use crate::{
    exit::Status,
    output::{say, write_on},
    progress,
    text::{count, listed},
};

/// How many permissions or codes the summary names before it only counts.
const NAMES_SHOWN: usize = 3;

/// Why a scope did not answer.
pub(super) enum Failure {
    /// The call failed.
    Call(CallError),
    /// The state that was waited for did not come about.
    Wait(WaitError),
    /// The product did not make it.
    App(reeve_app::Error),
    /// The answer could not be made into what was asked for.
    Other(anyhow::Error),
}

/// What came of the scopes so far.
pub(super) struct Answers {
    bar: ProgressBar,
    scopes: usize,
    failed: Vec<Kind>,
}

/// How a scope failed, for the summary: the words, and what they are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    words: &'static str,
    about: Option<String>,
}

impl Answers {
    /// Nothing has come of so many scopes yet.
    pub(super) fn of(scopes: usize, what: &str) -> Self {
        let total = u64::try_from(scopes).unwrap_or(u64::MAX);
        Self { bar: progress::bar(total, what), scopes, failed: Vec::new() }
    }

    /// Prints what a scope answered; says whether someone still reads.
    pub(super) fn output(&self, target: &Target, output: &Json) -> Result<bool> {
        self.line(&json!({
            "account": target.account.as_ref().map(ToString::to_string),
            "region": target.region.to_string(),
            "output": output,
        }))
    }

    /// Prints why a scope did not answer; says whether someone still reads.
    pub(super) fn failure(&mut self, target: &Target, failure: &Failure) -> Result<bool> {
        self.failed.push(failure.kind());
        self.line(&json!({
            "account": target.account.as_ref().map(ToString::to_string),
            "region": target.region.to_string(),
            "error": failure.to_json(),
        }))
    }

    /// Nothing more comes from a scope.
    pub(super) fn finished(&self) {
        self.bar.inc(1);
    }

    /// Says how many answered.
    pub(super) fn conclude(self) -> Status {
        self.bar.finish_and_clear();
        say(&summary(self.scopes, &self.failed));
        match self.failed.len() {
            0 => Status::Done,
            failed if failed < self.scopes => Status::PartlyUnknown,
            _ => Status::Failed,
        }
    }

    fn line(&self, line: &Json) -> Result<bool> {
        self.bar.suspend(|| write_on(&format!("{line}\n")))
    }
}

fn summary(scopes: usize, failed: &[Kind]) -> String {
    let answered = scopes.saturating_sub(failed.len());
    let mut text = format!("{answered} of {} answered", count(scopes, "scope"));
    let all_words: BTreeSet<&str> = failed.iter().map(|kind| kind.words).collect();
    let mut parts = Vec::new();
    for words in all_words {
        let of_kind: Vec<&Kind> = failed.iter().filter(|kind| kind.words == words).collect();
        let about = listed(of_kind.iter().filter_map(|kind| kind.about.as_deref()), NAMES_SHOWN);
        let about = if about.is_empty() { about } else { format!(" ({about})") };
        parts.push(format!("{} {words}{about}", of_kind.len()));
    }
    if !parts.is_empty() {
        text += &format!("; {}", parts.join(", "));
    }
    text
}

impl Failure {
    /// As a line of output has it.
    pub(super) fn to_json(&self) -> Json {
        let call = self.call();
        json!({
            "code": self.code(),
            "message": self.message(),
            "request_id": call.and_then(CallError::request_id),
            "missing_permission": call.and_then(CallError::missing_permission),
            "hint": self.hint(),
        })
    }

    fn call(&self) -> Option<&CallError> {
        match self {
            Self::Call(error) => Some(error),
            Self::Wait(error) => error.call_error(),
            Self::App(_) | Self::Other(_) => None,
        }
    }

    /// AWS's code, or ours where there is none.
    fn code(&self) -> &str {
        match self {
            Self::Wait(WaitError::OutOfReach(_)) => "OutOfReach",
            Self::Wait(WaitError::TimedOut(_)) => "TimedOut",
            Self::App(error) => error.code,
            Self::Call(_) | Self::Wait(_) | Self::Other(_) => match self.call() {
                Some(CallError::NoCredentials(_)) => "NoCredentials",
                Some(CallError::Unreachable(_)) => "Unreachable",
                Some(CallError::TimedOut(_)) => "TimedOut",
                Some(CallError::Invalid(_)) => "InvalidInput",
                Some(CallError::Malformed(_)) => "MalformedAnswer",
                Some(error) => error.code().unwrap_or("Failed"),
                None => "Failed",
            },
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Call(error) => told(error),
            Self::Wait(error) => told(error),
            Self::App(error) => told(error),
            Self::Other(error) => format!("{error:#}"),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Call(error) => error.hint(),
            Self::Wait(error) => error.hint(),
            Self::App(error) => error.hint.clone(),
            Self::Other(_) => None,
        }
    }

    fn kind(&self) -> Kind {
        let (words, about) = match self {
            Self::Wait(WaitError::OutOfReach(_)) => ("cannot come about any more", None),
            Self::Wait(WaitError::TimedOut(_)) => ("not in time", None),
            Self::App(error) => ("refused", Some(error.code.to_owned())),
            Self::Call(_) | Self::Wait(_) | Self::Other(_) => match self.call() {
                Some(error) => kind_of_call(error),
                None => ("failed", None),
            },
        };
        Kind { words, about }
    }
}

fn kind_of_call(error: &CallError) -> (&'static str, Option<String>) {
    if let Some(permission) = error.missing_permission() {
        return ("denied", Some(permission.to_owned()));
    }
    match error {
        CallError::NoCredentials(_) => ("without credentials", None),
        CallError::Unreachable(_) => ("not reached", None),
        CallError::TimedOut(_) => ("timed out", None),
        error => ("failed", error.code().map(ToOwned::to_owned)),
    }
}

/// An error with all that caused it, on one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text += &format!(": {message}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(words: &'static str, about: Option<&str>) -> Kind {
        Kind { words, about: about.map(ToOwned::to_owned) }
    }

    #[test]
    fn the_summary_counts_failures_by_what_stood_in_the_way() {
        let denied = failed("denied", Some("ec2:DescribeInstances"));
        for (scopes, failures, expected) in [
            (102, vec![], "102 of 102 scopes answered"),
            (1, vec![], "1 of 1 scope answered"),
            (
                102,
                vec![denied.clone(), failed("timed out", None), denied.clone(), denied],
                "98 of 102 scopes answered; 3 denied (ec2:DescribeInstances), 1 timed out",
            ),
        ] {
            assert_eq!(summary(scopes, &failures), expected);
        }
    }
}
