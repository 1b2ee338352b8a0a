//! Every published waiter can be judged by, and is judged by as botocore does.

use std::io::Write as _;

use reeve_model::{Matcher, Value, WaiterOutcome, WaiterState, catalog};

fn arguments(waiter: &reeve_model::Waiter) -> impl Iterator<Item = &reeve_model::Expression> {
    waiter.acceptors.iter().filter_map(|acceptor| match &acceptor.matcher {
        Matcher::Path { argument, .. }
        | Matcher::PathAll { argument, .. }
        | Matcher::PathAny { argument, .. } => Some(argument),
        Matcher::Status(_) | Matcher::ErrorCode(_) | Matcher::AnyError(_) => None,
    })
}

#[test]
fn every_waiter_repeats_an_operation_that_exists_and_has_expressions_that_can_be_read() {
    let mut waiters = 0;
    for summary in catalog().services() {
        let service = catalog().service(&summary.name).unwrap();
        for (name, waiter) in service.waiters() {
            assert!(service.operation(&waiter.operation).is_ok(), "{} {name}", summary.name);
            for argument in arguments(waiter) {
                assert_eq!(argument.check(), Ok(()), "{} {name}", summary.name);
            }
            waiters += 1;
        }
        for operation in service.operations() {
            let Some(paginator) = service.paginator(&operation.name) else { continue };
            let expressions = paginator.output_tokens.iter().chain(&paginator.result_keys);
            for expression in expressions.chain(&paginator.more_results) {
                assert_eq!(expression.check(), Ok(()), "{} {}", summary.name, operation.name);
            }
        }
    }
    assert!(waiters > 400, "{waiters}");
}

/// The cases are made by `tests/third-party/waiter_cases.py`, as `scripts/third-party` does; without them there is nothing
/// to compare.
#[test]
fn waiters_are_judged_by_as_botocore_does() {
    let Ok(path) = std::env::var("REEVE_WAITER_CASES") else {
        let mut stderr = std::io::stderr();
        writeln!(stderr, "skipped: REEVE_WAITER_CASES does not name the cases").unwrap();
        return;
    };
    let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut differing = Vec::new();
    for case in cases.as_array().unwrap() {
        let service = catalog().service(case[0].as_str().unwrap()).unwrap();
        let waiter = service.waiter(case[1].as_str().unwrap()).unwrap();
        let status = u16::try_from(case[2]["status"].as_u64().unwrap()).unwrap();
        let value = Value::from_json(&case[2]["output"]);
        let outcome = match case[2]["code"].as_str() {
            Some(code) => WaiterOutcome::Error { code, status },
            None => WaiterOutcome::Output { value: &value, status },
        };
        let found = match waiter.judge(outcome) {
            Err(_) => Some("error"),
            Ok(None) => None,
            Ok(Some(WaiterState::Success)) => Some("success"),
            Ok(Some(WaiterState::Failure)) => Some("failure"),
            Ok(Some(WaiterState::Retry)) => Some("retry"),
        };
        if found != case[3].as_str() {
            differing.push(format!("{case}: {found:?}"));
        }
    }
    let shown = differing.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(differing.is_empty(), "{} differ:\n{shown}", differing.len());
}
