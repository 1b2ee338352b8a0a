//! Waiters of the models as steps of a runbook.
//!
//! A waiter asks by JMESPath and knows errors; `aws:waitForAwsResourceProperty` asks by JSONPath for a value. Of a waiter, what it
//! takes for success is turned into that; what it takes for failure shows when the time is up.

use reeve_model::{Matcher, Waiter, WaiterState, catalog};
use serde_json::Value;

use crate::{effect::Call, effects::Ready};

/// A look that is repeated until something is as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// The call that looks.
    pub call: Call,
    /// The JSONPath of what is looked at.
    pub selector: String,
    /// What is wanted there.
    pub wanted: String,
    /// How long it may take, in seconds.
    pub timeout_seconds: u64,
}

impl Wait {
    /// The wait of a waiter, or why a runbook cannot wait for it.
    pub(super) fn of(ready: &Ready) -> Result<Self, String> {
        let unknown = || format!("how to wait for `{}` is not known", ready.waiter);
        let service = catalog().service(&ready.call.service).map_err(|_| unknown())?;
        let waiter = service.waiter(&ready.waiter).ok_or_else(unknown)?;
        let (selector, wanted) = success(waiter).ok_or_else(unknown)?;
        Ok(Self {
            call: ready.call.clone(),
            selector,
            wanted,
            timeout_seconds: waiter.delay_seconds.saturating_mul(waiter.max_attempts.into()),
        })
    }
}

impl std::fmt::Display for Wait {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { call, selector, wanted, timeout_seconds: _ } = self;
        write!(formatter, "{selector} of {}:{} is {wanted}", call.service, call.operation)
    }
}

/// Where a waiter looks, and what it wants to find there.
fn success(waiter: &Waiter) -> Option<(String, String)> {
    let mut acceptors = waiter.acceptors.iter();
    acceptors.find_map(|acceptor| match (&acceptor.state, &acceptor.matcher) {
        (
            WaiterState::Success,
            Matcher::Path { argument, expected } | Matcher::PathAll { argument, expected },
        ) => {
            let expected = match expected.to_json() {
                Value::String(text) => text,
                Value::Bool(flag) => flag.to_string(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            Some((json_path(argument.as_str())?, expected))
        }
        _ => None,
    })
}

/// A JMESPath of names, `[]`, `[*]` and `[N]` as a JSONPath. The empty brackets flatten, as those of a JSONPath do anyway.
fn json_path(expression: &str) -> Option<String> {
    let mut path = "$".to_owned();
    for part in expression.split('.') {
        let (name, brackets) =
            part.split_once('[').map_or((part, None), |(name, rest)| (name, Some(rest)));
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        path += &format!(".{name}");
        match brackets.map(|rest| rest.strip_suffix(']')) {
            None => {}
            Some(Some("" | "*")) => path += "[*]",
            Some(Some(index)) if index.chars().all(|letter| letter.is_ascii_digit()) => {
                path += &format!("[{index}]");
            }
            Some(_) => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_paths_are_written_in_the_other_language() {
        let cases = [
            (
                "Reservations[].Instances[].State.Name",
                Some("$.Reservations[*].Instances[*].State.Name"),
            ),
            ("Table.TableStatus", Some("$.Table.TableStatus")),
            ("Stacks[0].StackStatus", Some("$.Stacks[0].StackStatus")),
            ("length(Volumes) > `0`", None),
            ("Volumes[?State=='x'].Id", None),
        ];
        for (expression, path) in cases {
            assert_eq!(json_path(expression).as_deref(), path, "{expression}");
        }
    }

    #[test]
    fn a_runbook_can_wait_for_whatever_the_inverses_that_come_with_reeve_wait_for() {
        for (service, waiter) in crate::effects::waiters() {
            let model = catalog().service(service).unwrap();
            let model = model.waiter(waiter).unwrap_or_else(|| panic!("{service} {waiter}"));
            assert!(success(model).is_some(), "{service} {waiter}");
        }
    }
}
