//! Waiting for a state: how long, how often, and what is said when it does not come.

use std::time::Duration;

use insta::assert_snapshot;
use reeve_aws::{Pauses, WaitError, WaitOptions, Waited};
use reeve_model::Value;
use serde_json::json;

use crate::harness::{Answer, Bench, bench, bench_with, target};

/// Instances in these states.
fn states(states: &[&str]) -> Answer {
    let item = |state: &&str| {
        format!("<item><instanceState><code>0</code><name>{state}</name></instanceState></item>")
    };
    let items: String = states.iter().map(item).collect();
    Answer::ok(format!(
        "<DescribeInstancesResponse><requestId>r</requestId><reservationSet><item><instancesSet>{items}\
         </instancesSet></item></reservationSet></DescribeInstancesResponse>"
    ))
}

async fn wait(bench: &Bench, waiter: &str, options: WaitOptions) -> Result<Waited, WaitError> {
    let input = Value::from_json(&json!({"InstanceIds": ["i-1"]}));
    bench.client.wait(&target(), ("ec2", waiter), input, options).await
}

/// The message, then what lies behind it, without how long it took.
fn told(error: &WaitError) -> String {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text += &format!("\n  {source}");
    }
    if let Some(hint) = error.hint() {
        text += &format!("\n  hint: {hint}");
    }
    text
}

#[tokio::test]
async fn a_state_is_waited_for_by_either_of_its_names() {
    for name in ["InstanceRunning", "instance-running"] {
        let bench = bench(|_, before| states(&[["pending", "pending", "running"][before]]));
        let waited = wait(&bench, name, WaitOptions::default()).await.unwrap();
        assert_eq!((waited.attempts, bench.requests().len()), (3, 3));
        assert!(waited.output.unwrap().get("Reservations").is_some());
        let waits = bench.waits.lock().unwrap().clone();
        assert_eq!(waits[0], Duration::from_secs(15));
        assert!((15..=30).contains(&waits[1].as_secs()), "{waits:?}");
        assert_eq!(waited.elapsed.as_secs(), waits.iter().sum::<Duration>().as_secs());
    }
}

#[tokio::test]
async fn an_interval_that_was_asked_for_is_kept() {
    let bench = bench(|_, before| states(&[if before < 4 { "pending" } else { "running" }]));
    let interval = Some(Duration::from_secs(3));
    wait(&bench, "InstanceRunning", WaitOptions { interval, max_wait: None }).await.unwrap();
    assert_eq!(*bench.waits.lock().unwrap(), [Duration::from_secs(3); 4]);
}

#[tokio::test]
async fn what_was_seen_last_is_said_when_the_time_is_over() {
    let bench = bench(|_, _| states(&["pending", "running"]));
    let max_wait = Some(Duration::from_mins(1));
    let options = WaitOptions { max_wait, interval: Some(Duration::from_secs(25)) };
    let error = wait(&bench, "InstanceRunning", options).await.unwrap_err();
    assert_snapshot!(told(&error), @r#"`InstanceRunning`, looked for by `ec2:DescribeInstances` in Region eu-central-1, has not come about: `Reservations[].Instances[].State.Name` is ["pending","running"], after 4 calls in 60.0 s"#);
    assert_eq!(
        *bench.waits.lock().unwrap(),
        [25, 25, 10].map(Duration::from_secs),
        "the last call is just before the end"
    );
}

#[tokio::test]
async fn what_cannot_come_about_any_more_is_not_waited_for() {
    let bench = bench(|_, _| states(&["terminated"]));
    let error = wait(&bench, "InstanceRunning", WaitOptions::default()).await.unwrap_err();
    assert!(matches!(error, WaitError::OutOfReach(_)));
    assert_snapshot!(told(&error), @r#"`InstanceRunning`, looked for by `ec2:DescribeInstances` in Region eu-central-1, cannot come about any more: an element of `Reservations[].Instances[].State.Name` is "terminated" (it found ["terminated"]), after 1 call in 0.0 s"#);
}

#[tokio::test]
async fn an_error_that_the_waiter_knows_of_is_part_of_the_wait() {
    let bench = bench(|_, before| match before {
        0 => Answer::ec2_error(400, "InvalidInstanceID.NotFound", "not yet"),
        _ => states(&["running"]),
    });
    let waited = wait(&bench, "InstanceRunning", WaitOptions::default()).await.unwrap();
    assert_eq!(waited.attempts, 2);
}

#[tokio::test]
async fn a_denial_ends_a_wait_and_names_the_permission() {
    let bench = bench(|_, _| Answer::ec2_error(403, "UnauthorizedOperation", "no"));
    let error = wait(&bench, "InstanceRunning", WaitOptions::default()).await.unwrap_err();
    assert_snapshot!(told(&error), @r"
    `InstanceRunning`, looked for by `ec2:DescribeInstances` in Region eu-central-1, is not known to have come about, after 1 call in 0.0 s
      `ec2:DescribeInstances` in Region eu-central-1 was denied (UnauthorizedOperation): no
      hint: allow `ec2:DescribeInstances` to the identity used
    ");
    let permission = error.call_error().unwrap().missing_permission();
    assert_eq!(permission, Some("ec2:DescribeInstances"));
}

#[tokio::test]
async fn a_service_that_is_at_fault_for_a_while_does_not_end_a_wait() {
    let bench = bench(|_, before| match before {
        0..7 => Answer::ec2_error(503, "Unavailable", "later"),
        _ => states(&["running"]),
    });
    let waited = wait(&bench, "InstanceRunning", WaitOptions::default()).await.unwrap();
    assert_eq!((waited.attempts, bench.requests().len()), (2, 8));
}

#[tokio::test]
async fn an_error_may_be_what_is_waited_for() {
    let bench = bench(|_, before| Answer::status(if before == 0 { 200 } else { 404 }, ""));
    let input = Value::from_json(&json!({"Bucket": "logs"}));
    let waiter = ("s3", "bucket-not-exists");
    let waited = bench.client.wait(&target(), waiter, input, WaitOptions::default()).await.unwrap();
    assert_eq!((waited.attempts, waited.output), (2, None));
}

#[tokio::test]
async fn a_waiter_that_is_not_there_is_answered_with_the_nearest() {
    let bench = bench(|_, _| Answer::Never);
    let error = wait(&bench, "instance-runing", WaitOptions::default()).await.unwrap_err();
    assert_snapshot!(told(&error), @"`ec2` has no waiter `instance-runing`; did you mean `InstanceRunning` or `InstanceTerminated` or `InstanceExists`?");
    assert!(bench.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_throttles_for_longer_than_the_wait_is_no_failed_call() {
    let bench = bench_with(
        |config| {
            config.retry.pauses = Pauses::Real;
            config.retry.max_delay = Duration::from_secs(20);
        },
        |_, _| {
            Answer::ec2_error(503, "RequestLimitExceeded", "later").with_header("retry-after", "20")
        },
    );
    let options = WaitOptions { max_wait: Some(Duration::from_secs(10)), interval: None };
    let error = wait(&bench, "InstanceRunning", options).await.unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error:?}");
}
