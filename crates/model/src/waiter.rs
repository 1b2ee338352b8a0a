//! How to wait until a resource is in a state.
//!
//! ```text
//! call ──► outcome ──► judge(outcome) ──► None, or Retry: wait and call again
//!                                    ├──► Success: the state is reached
//!                                    └──► Failure: it will not be any more
//! ```
//!
//! What waiters mean is settled by botocore's implementation more than by any document, so this follows it: a path matches
//! only answers, a status also errors, and an error that no acceptor speaks of ends the wait.

use std::fmt;

use serde::Deserialize;

use crate::{Expression, ExpressionError, Name, Value};

/// How to wait until a resource is in a state: which call to repeat, how often, and what its answers mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiter {
    /// The operation to call.
    pub operation: Name,
    /// How long to wait between calls.
    pub delay_seconds: u64,
    /// How many calls to make before giving up.
    pub max_attempts: u32,
    /// What answers mean; the first that matches decides, and if none does the wait goes on.
    pub acceptors: Vec<Acceptor>,
}

/// What a matching answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptor {
    /// What it means.
    pub state: WaiterState,
    /// Which answers match.
    pub matcher: Matcher,
}

/// What an answer means to a waiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaiterState {
    /// The state is reached.
    Success,
    /// The state cannot be reached any more.
    Failure,
    /// Not yet.
    Retry,
}

/// Which answers an acceptor matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// The value that the expression finds in the output is the expected one.
    Path {
        /// Where to look.
        argument: Expression,
        /// What to find.
        expected: Value,
    },
    /// The expression finds a list, not empty, all of whose elements are the expected value.
    PathAll {
        /// Where to look.
        argument: Expression,
        /// What to find.
        expected: Value,
    },
    /// The expression finds a list with the expected value in it.
    PathAny {
        /// Where to look.
        argument: Expression,
        /// What to find.
        expected: Value,
    },
    /// The HTTP status.
    Status(u16),
    /// The call failed with this code.
    ErrorCode(Name),
    /// The call failed, or did not.
    AnyError(bool),
}

/// How one of the calls of a wait ended.
#[derive(Debug, Clone, Copy)]
pub enum WaiterOutcome<'a> {
    /// The service answered.
    Output {
        /// What it said.
        value: &'a Value,
        /// The HTTP status.
        status: u16,
    },
    /// The service refused.
    Error {
        /// The error's code.
        code: &'a str,
        /// The HTTP status.
        status: u16,
    },
}

impl Waiter {
    /// What the outcome of a call means: nothing if no acceptor matches it, and the wait goes on. An error that no
    /// acceptor matches is a failure.
    pub fn judge(
        &self,
        outcome: WaiterOutcome<'_>,
    ) -> Result<Option<WaiterState>, ExpressionError> {
        let state = self.acceptor(outcome)?.map(|acceptor| acceptor.state);
        Ok(match outcome {
            WaiterOutcome::Error { .. } => Some(state.unwrap_or(WaiterState::Failure)),
            WaiterOutcome::Output { .. } => state,
        })
    }

    /// The first acceptor that matches the outcome of a call: why [`judge`](Self::judge) says what it says.
    pub fn acceptor(
        &self,
        outcome: WaiterOutcome<'_>,
    ) -> Result<Option<&Acceptor>, ExpressionError> {
        for acceptor in &self.acceptors {
            if acceptor.matcher.matches(outcome)? {
                return Ok(Some(acceptor));
            }
        }
        Ok(None)
    }

    /// Reads the waiters of a service from its `waiters-2.json`.
    pub(crate) fn read_all(
        json: &serde_json::Value,
    ) -> Result<Vec<(Name, Self)>, serde_json::Error> {
        let Some(waiters) = json.get("waiters").and_then(serde_json::Value::as_object) else {
            return Ok(Vec::new());
        };
        let read = |(name, waiter): (&String, &serde_json::Value)| {
            Ok((Name::from(name.as_str()), RawWaiter::deserialize(waiter)?.into()))
        };
        waiters.iter().map(read).collect()
    }
}

impl Matcher {
    /// Whether the outcome of a call is one of those that are meant.
    pub fn matches(&self, outcome: WaiterOutcome<'_>) -> Result<bool, ExpressionError> {
        Ok(match (self, outcome) {
            (Self::Path { argument, expected }, WaiterOutcome::Output { value, .. }) => {
                let found = argument.evaluate(value)?;
                is_same(found.as_deref().unwrap_or(&Value::Null), expected)
            }
            (Self::PathAll { argument, expected }, WaiterOutcome::Output { value, .. }) => {
                let found = argument.evaluate(value)?;
                let elements = found.as_deref().map_or(&[][..], Value::as_list);
                !elements.is_empty() && elements.iter().all(|element| is_same(element, expected))
            }
            (Self::PathAny { argument, expected }, WaiterOutcome::Output { value, .. }) => {
                let found = argument.evaluate(value)?;
                let mut elements = found.as_deref().map_or(&[][..], Value::as_list).iter();
                elements.any(|element| is_same(element, expected))
            }
            (
                Self::Status(expected),
                WaiterOutcome::Output { status, .. } | WaiterOutcome::Error { status, .. },
            ) => status == *expected,
            (Self::ErrorCode(expected), WaiterOutcome::Error { code, .. }) => *code == **expected,
            (Self::AnyError(expected), WaiterOutcome::Error { .. }) => *expected,
            (Self::AnyError(expected), WaiterOutcome::Output { .. }) => !expected,
            (
                Self::Path { .. } | Self::PathAll { .. } | Self::PathAny { .. },
                WaiterOutcome::Error { .. },
            )
            | (Self::ErrorCode(_), WaiterOutcome::Output { .. }) => false,
        })
    }
}

/// Numbers are the same whatever they were written as; everything else has to be of the same kind.
fn is_same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Integer(_), Value::Float(_)) | (Value::Float(_), Value::Integer(_)) => {
            found.as_f64() == expected.as_f64()
        }
        _ => found == expected,
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { argument, expected } => {
                write!(formatter, "`{}` is {}", argument.as_str(), expected.to_json())
            }
            Self::PathAll { argument, expected } => {
                write!(
                    formatter,
                    "every element of `{}` is {}",
                    argument.as_str(),
                    expected.to_json()
                )
            }
            Self::PathAny { argument, expected } => {
                write!(formatter, "an element of `{}` is {}", argument.as_str(), expected.to_json())
            }
            Self::Status(status) => write!(formatter, "the status is {status}"),
            Self::ErrorCode(code) => write!(formatter, "the error is `{code}`"),
            Self::AnyError(true) => formatter.write_str("the call failed"),
            Self::AnyError(false) => formatter.write_str("the call did not fail"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawWaiter {
    operation: String,
    delay: u64,
    max_attempts: u32,
    acceptors: Vec<RawAcceptor>,
}

#[derive(Deserialize)]
struct RawAcceptor {
    state: WaiterState,
    #[serde(flatten)]
    matcher: RawMatcher,
}

#[derive(Deserialize)]
#[serde(tag = "matcher", rename_all = "camelCase")]
enum RawMatcher {
    Path { argument: String, expected: serde_json::Value },
    PathAll { argument: String, expected: serde_json::Value },
    PathAny { argument: String, expected: serde_json::Value },
    Status { expected: u16 },
    Error { expected: RawErrorMatch },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawErrorMatch {
    Any(bool),
    Code(String),
}

impl From<RawWaiter> for Waiter {
    fn from(raw: RawWaiter) -> Self {
        let RawWaiter { operation, delay, max_attempts, acceptors } = raw;
        Self {
            operation: operation.into(),
            delay_seconds: delay,
            max_attempts,
            acceptors: acceptors.into_iter().map(Acceptor::from).collect(),
        }
    }
}

impl From<RawAcceptor> for Acceptor {
    fn from(raw: RawAcceptor) -> Self {
        let value = |expected: serde_json::Value| Value::from_json(&expected);
        let matcher = match raw.matcher {
            RawMatcher::Path { argument, expected } => {
                Matcher::Path { argument: Expression::new(argument), expected: value(expected) }
            }
            RawMatcher::PathAll { argument, expected } => {
                Matcher::PathAll { argument: Expression::new(argument), expected: value(expected) }
            }
            RawMatcher::PathAny { argument, expected } => {
                Matcher::PathAny { argument: Expression::new(argument), expected: value(expected) }
            }
            RawMatcher::Status { expected } => Matcher::Status(expected),
            RawMatcher::Error { expected: RawErrorMatch::Any(any) } => Matcher::AnyError(any),
            RawMatcher::Error { expected: RawErrorMatch::Code(code) } => {
                Matcher::ErrorCode(code.into())
            }
        };
        Self { state: raw.state, matcher }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_waiter_says_what_to_call_how_often_and_what_answers_mean() {
        let all = Waiter::read_all(&json!({"version": 2, "waiters": {"BucketExists": {
            "operation": "HeadBucket", "delay": 5, "maxAttempts": 20,
            "acceptors": [
                {"matcher": "status", "expected": 200, "state": "success"},
                {"matcher": "error", "expected": "NoSuchBucket", "state": "retry"},
                {"matcher": "error", "expected": true, "state": "failure"},
                {"matcher": "pathAll", "argument": "A[].B", "expected": "x", "state": "retry"},
            ],
        }}}));
        let (name, waiter) = all.unwrap().into_iter().next().unwrap();
        assert_eq!((name.as_str(), waiter.operation.as_str()), ("BucketExists", "HeadBucket"));
        assert_eq!((waiter.delay_seconds, waiter.max_attempts), (5, 20));
        let acceptor = |state, matcher| Acceptor { state, matcher };
        let expected = [
            acceptor(WaiterState::Success, Matcher::Status(200)),
            acceptor(WaiterState::Retry, Matcher::ErrorCode("NoSuchBucket".into())),
            acceptor(WaiterState::Failure, Matcher::AnyError(true)),
            acceptor(
                WaiterState::Retry,
                Matcher::PathAll { argument: Expression::new("A[].B"), expected: "x".into() },
            ),
        ];
        assert_eq!(waiter.acceptors, expected);
    }

    fn waiter(acceptors: &serde_json::Value) -> Waiter {
        let json = json!({"waiters": {"W": {
            "operation": "Get", "delay": 1, "maxAttempts": 2, "acceptors": acceptors,
        }}});
        Waiter::read_all(&json).unwrap().into_iter().next().unwrap().1
    }

    fn judge(acceptors: &serde_json::Value, output: &serde_json::Value) -> Option<WaiterState> {
        let value = Value::from_json(output);
        waiter(acceptors).judge(WaiterOutcome::Output { value: &value, status: 200 }).unwrap()
    }

    fn judge_error(acceptors: &serde_json::Value, code: &str) -> Option<WaiterState> {
        waiter(acceptors).judge(WaiterOutcome::Error { code, status: 404 }).unwrap()
    }

    #[test]
    fn the_first_acceptor_that_matches_decides() {
        let acceptors = json!([
            {"matcher": "path", "argument": "State", "expected": "ok", "state": "success"},
            {"matcher": "pathAny", "argument": "All[].State", "expected": "bad", "state": "failure"},
            {"matcher": "pathAll", "argument": "All[].State", "expected": "ok", "state": "success"},
            {"matcher": "path", "argument": "Ready", "expected": false, "state": "retry"},
            {"matcher": "path", "argument": "length(All) == `0`", "expected": true, "state": "failure"},
        ]);
        let all = |states: &[&str]| -> serde_json::Value {
            let all: Vec<_> = states.iter().map(|state| json!({"State": state})).collect();
            json!({"All": all})
        };
        for (output, expected) in [
            (json!({"State": "ok", "All": [{"State": "bad"}]}), Some(WaiterState::Success)),
            (all(&["ok", "bad"]), Some(WaiterState::Failure)),
            (all(&["ok", "ok"]), Some(WaiterState::Success)),
            (all(&["ok", "pending"]), None),
            (json!({"Ready": false, "All": []}), Some(WaiterState::Retry)),
            (all(&[]), Some(WaiterState::Failure)),
        ] {
            assert_eq!(judge(&acceptors, &output), expected, "{output}");
        }
    }

    #[test]
    fn an_error_matches_its_code_or_any_and_otherwise_ends_the_wait() {
        let acceptors = json!([
            {"matcher": "path", "argument": "State", "expected": null, "state": "success"},
            {"matcher": "error", "expected": "NotFound", "state": "retry"},
        ]);
        assert_eq!(judge_error(&acceptors, "NotFound"), Some(WaiterState::Retry));
        assert_eq!(judge_error(&acceptors, "Other"), Some(WaiterState::Failure));
        assert_eq!(judge(&acceptors, &json!({})), Some(WaiterState::Success));

        let any = json!([{"matcher": "error", "expected": true, "state": "success"}]);
        assert_eq!(judge_error(&any, "Other"), Some(WaiterState::Success));
        assert_eq!(judge(&any, &json!({})), None);

        let none = json!([{"matcher": "error", "expected": false, "state": "success"}]);
        assert_eq!(judge_error(&none, "Other"), Some(WaiterState::Failure));
        assert_eq!(judge(&none, &json!({})), Some(WaiterState::Success));
    }

    #[test]
    fn a_status_matches_answers_and_errors() {
        let acceptors = json!([
            {"matcher": "status", "expected": 200, "state": "success"},
            {"matcher": "status", "expected": 404, "state": "retry"},
        ]);
        assert_eq!(judge(&acceptors, &json!({})), Some(WaiterState::Success));
        assert_eq!(judge_error(&acceptors, "404"), Some(WaiterState::Retry));
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_nothing_else_is() {
        let acceptors = json!([
            {"matcher": "path", "argument": "Count", "expected": 2, "state": "success"},
            {"matcher": "path", "argument": "Count", "expected": true, "state": "failure"},
        ]);
        assert_eq!(judge(&acceptors, &json!({"Count": 2.0})), Some(WaiterState::Success));
        assert_eq!(judge(&acceptors, &json!({"Count": "2"})), None);
        assert_eq!(judge(&acceptors, &json!({"Count": 1})), None);
    }

    #[test]
    fn a_matcher_says_what_it_looks_for() {
        let shown: Vec<String> = waiter(&json!([
            {"matcher": "pathAll", "argument": "A[].B", "expected": "x", "state": "retry"},
            {"matcher": "error", "expected": "NotFound", "state": "retry"},
        ]))
        .acceptors
        .iter()
        .map(|acceptor| acceptor.matcher.to_string())
        .collect();
        assert_eq!(shown, ["every element of `A[].B` is \"x\"", "the error is `NotFound`"]);
    }
}
