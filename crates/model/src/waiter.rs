//! How to wait until a resource is in a state.

use serde::Deserialize;

use crate::{Expression, Name, Value};

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

impl Waiter {
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
}
