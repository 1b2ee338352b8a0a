//! Calls that have so much time and no more. Time is virtual.

use std::{sync::Arc, time::Duration};

use reeve_aws::{
    AccountAccess, CallError, CallOptions, Client, ClientConfig, Deadline, DeadlineExceeded,
    Pauses, Phase, Role, Transport,
};
use reeve_model::Value;
use reeve_time::Clock;
use serde_json::json;
use tokio::time::Instant;

use crate::harness::{Answer, NOW, Seen, config, instances, pass, target, target_in};

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// A client that really waits, and answers after a while.
fn client(
    change: impl FnOnce(&mut ClientConfig),
    answer: impl Fn(&Seen) -> (Duration, Answer) + Send + Sync + 'static,
) -> Client {
    let (mut config, _) = config();
    config.retry.pauses = Pauses::Real;
    change(&mut config);
    let transport = Transport::function(move |request| {
        let (wait, answer) = answer(&Seen::of(&request));
        async move {
            pass(wait).await;
            answer.into_result()
        }
    });
    Client::with_transport(config, Clock::manual(NOW.parse().unwrap()), transport).unwrap()
}

async fn describe(client: &Client) -> Result<Value, CallError> {
    client.call(&target(), "ec2", "DescribeInstances", Value::object()).await
}

async fn within(client: &Client, seconds_left: u64) -> CallError {
    let options = CallOptions::within(seconds(seconds_left));
    let names = ("ec2", "DescribeInstances");
    client.call_with(&target(), names, Value::object(), options).await.unwrap_err()
}

fn exceeded(error: &CallError) -> &DeadlineExceeded {
    match error {
        CallError::DeadlineExceeded(exceeded) => exceeded,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_too_late_is_not_waited_for() {
    let client = client(|_| {}, |_| (seconds(20), instances(&[], None)));
    let start = Instant::now();
    let error = within(&client, 5).await;
    assert_eq!(start.elapsed(), seconds(5));
    assert_eq!(
        error.to_string(),
        "`ec2:DescribeInstances` in Region eu-central-1 was given up 5000 ms into the 5000 ms that it had: \
         there was no answer yet"
    );
    assert_eq!(exceeded(&error).phase, Phase::Answer);
    assert!(error.may_have_been_performed() && error.is_retryable());
    assert!(client.places().iter().all(|place| place.under_way == 0 && place.waiting == 0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_cannot_end_in_time_is_not_begun() {
    let throttle =
        || Answer::ec2_error(503, "Unavailable", "later").with_header("retry-after", "7");
    let client = client(|_| {}, move |_| (Duration::ZERO, throttle()));
    let start = Instant::now();
    let error = within(&client, 5).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(exceeded(&error).phase, Phase::Pause { needs: seconds(7) });
    assert_eq!(exceeded(&error).last.as_ref().unwrap().code(), Some("Unavailable"));
    assert!(error.to_string().ends_with("the next attempt was 7000 ms away"), "{error}");
    let start = Instant::now();
    assert!(matches!(within(&client, 9).await, CallError::DeadlineExceeded(_)));
    assert_eq!(start.elapsed(), seconds(7), "one more attempt fits in");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_long_is_not_joined() {
    let throttle = || Answer::ec2_error(400, "RequestLimitExceeded", "slow down");
    let client =
        client(|config| config.retry.max_attempts = 1, move |_| (Duration::ZERO, throttle()));
    for _ in 0..40 {
        assert!(describe(&client).await.is_err());
    }
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { describe(&client).await })
        })
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(client.places()[0].waiting, 20);
    let start = Instant::now();
    let error = within(&client, 5).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    let Phase::Turn { needs } = exceeded(&error).phase else { panic!("{error}") };
    assert!(needs > seconds(20), "{needs:?}");
    assert!(!error.may_have_been_performed());
    for call in waiting {
        assert!(call.await.unwrap().is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_do_not_come_do_not_hold_up_for_ever() {
    let account = "444455556666";
    let role = Role::new(format!("arn:aws:iam::{account}:role/reeve"));
    let client = client(
        |config| {
            let access = AccountAccess { roles: vec![role], profile: None };
            config.accounts.insert(account.parse().unwrap(), access);
        },
        |_| (seconds(20), instances(&[], None)),
    );
    let start = Instant::now();
    let options = CallOptions::within(seconds(5));
    let target = target_in(account);
    let names = ("ec2", "DescribeInstances");
    let error = client.call_with(&target, names, Value::object(), options).await.unwrap_err();
    assert_eq!((exceeded(&error).phase, start.elapsed()), (Phase::Credentials, seconds(5)));
    assert!(!error.may_have_been_performed());
}

#[tokio::test(start_paused = true)]
async fn calls_share_a_deadline() {
    let client = client(|_| {}, |_| (seconds(4), instances(&[], None)));
    let options = CallOptions {
        deadline: Some(Deadline::after(seconds(10))),
        hedge_after: None,
        once: false,
    };
    let names = ("ec2", "DescribeInstances");
    let start = Instant::now();
    for expected in [true, true, false] {
        let call = client.call_with(&target(), names, Value::object(), options).await;
        assert_eq!(call.is_ok(), expected);
    }
    assert_eq!(start.elapsed(), seconds(10));
}

/// A client whose first requests hang.
fn hanging(first: usize, change: impl FnOnce(&mut ClientConfig)) -> (Client, Arc<Counter>) {
    let counter = Arc::new(Counter::default());
    let counting = Arc::clone(&counter);
    let client = client(change, move |_| {
        let number = counting.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let wait = if number < first { seconds(10) } else { Duration::from_millis(100) };
        (wait, instances(&["i-1"], None))
    });
    (client, counter)
}

#[derive(Default)]
struct Counter(std::sync::atomic::AtomicUsize);

impl Counter {
    fn requests(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn hedged() -> CallOptions {
    CallOptions { deadline: None, hedge_after: Some(seconds(1)), once: false }
}

#[tokio::test(start_paused = true)]
async fn a_second_request_helps_where_the_first_hangs() {
    let (client, counter) = hanging(1, |_| {});
    let names = ("ec2", "DescribeInstances");
    let start = Instant::now();
    client.call_with(&target(), names, Value::object(), hedged()).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(1_100));
    assert_eq!(counter.requests(), 2);
    let place = &client.places()[0];
    assert_eq!((place.under_way, place.waiting, place.retry_tokens), (0, 0, 500));
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_is_asked_for_once() {
    let (client, counter) = hanging(0, |config| config.retry.hedge_after = Some(seconds(1)));
    describe(&client).await.unwrap();
    assert_eq!(counter.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_twice_unless_that_is_wanted_and_safe() {
    for (operation, options, requests) in [
        ("DescribeInstances", CallOptions::default(), 1),
        ("DescribeInstances", hedged(), 2),
        ("TerminateInstances", hedged(), 1),
        ("CreateTags", hedged(), 1),
    ] {
        let (client, counter) = hanging(9, |_| {});
        let input = Value::from_json(&json!({"InstanceIds": ["i-1"]}));
        let input = if operation == "CreateTags" { Value::object() } else { input };
        let names = ("ec2", operation);
        // What comes back is the answer to another operation; that does not matter here.
        let _answer = client.call_with(&target(), names, input, options).await;
        assert_eq!(counter.requests(), requests, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_request_takes_a_token_of_the_retry_budget() {
    let (client, counter) = hanging(usize::MAX, |_| {});
    let names = ("ec2", "DescribeInstances");
    let start = Instant::now();
    for _ in 0..200 {
        client.call_with(&target(), names, Value::object(), hedged()).await.unwrap();
    }
    assert_eq!(start.elapsed(), seconds(2_000), "the first is always the first to answer");
    let hedges = counter.requests() - 200;
    assert!((125..=140).contains(&hedges), "{hedges}");
    assert!(client.places()[0].retry_tokens < 6);
}

#[tokio::test(start_paused = true)]
async fn of_two_answers_the_one_of_success_counts() {
    let counter = Arc::new(Counter::default());
    let counting = Arc::clone(&counter);
    let client = client(
        |config| config.retry.max_attempts = 1,
        move |_| match counting.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => (seconds(3), instances(&["i-1"], None)),
            _ => (Duration::ZERO, Answer::ec2_error(500, "InternalError", "oops")),
        },
    );
    let names = ("ec2", "DescribeInstances");
    client.call_with(&target(), names, Value::object(), hedged()).await.unwrap();
    assert_eq!(counter.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_ends_with_its_time_and_another_is_made() {
    let (client, counter) = hanging(1, |config| config.timeouts.attempt = seconds(2));
    assert!(describe(&client).await.is_ok());
    assert_eq!(counter.requests(), 2);
}
