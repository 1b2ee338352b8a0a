//! Calls that fail: what is said, what is tried again, and what is not.

use std::time::Duration;

use reeve_aws::{AccountAccess, CallError, ConfigError};
use reeve_model::Value;
use serde_json::json;

use crate::harness::{Answer, Bench, bench, bench_with, instances, target, target_in};

async fn describe(bench: &Bench) -> CallError {
    let call = bench.call("ec2", "DescribeInstances", Value::object());
    call.await.unwrap_err()
}

#[tokio::test]
async fn a_denied_call_names_the_permission_and_the_caller() {
    let message = "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/ana \
        is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the \
        ec2:DescribeInstances action. Encoded authorization failure message: AQoDYXdz";
    let bench = bench(move |_, _| Answer::ec2_error(403, "UnauthorizedOperation", message));
    let error = describe(&bench).await;
    assert_eq!(bench.requests().len(), 1, "a denial is final");
    assert_eq!(error.code(), Some("UnauthorizedOperation"));
    assert_eq!(error.request_id(), Some("req-1"));
    assert_eq!(error.status(), Some(403));
    assert_eq!(error.missing_permission(), Some("ec2:DescribeInstances"));
    assert!(!error.is_retryable() && !error.may_have_been_performed());
    assert_eq!(
        error.hint().unwrap(),
        "allow `ec2:DescribeInstances` to `arn:aws:iam::111122223333:user/ana`"
    );
    let text = error.to_string();
    assert!(
        text.starts_with("`ec2:DescribeInstances` in Region eu-central-1 was denied (Unauth"),
        "{text}"
    );
    assert!(!text.contains("AQoDYXdz"), "{text}");
    let unknown = error.to_unknown();
    assert_eq!(unknown.call, "ec2:DescribeInstances");
    assert_eq!(unknown.missing_permission.as_deref(), Some("ec2:DescribeInstances"));
}

#[tokio::test]
async fn a_denial_without_words_still_names_the_permission() {
    let bench = bench(|_, _| Answer::status(403, ""));
    let input = Value::from_json(&json!({"Bucket": "logs"}));
    let error = bench.call("s3", "HeadBucket", input).await.unwrap_err();
    assert_eq!(error.missing_permission(), Some("s3:ListBucket"));
}

#[tokio::test]
async fn the_account_and_region_of_a_failure_are_named() {
    let account = "444455556666";
    let bench = bench_with(
        |config| {
            config.accounts.insert(account.parse().unwrap(), AccountAccess::default());
            config.sessions.verify_account = false;
        },
        |_, _| Answer::ec2_error(400, "InvalidParameterValue", "no"),
    );
    let target = target_in(account);
    let call = bench.client.call(&target, "ec2", "DescribeInstances", Value::object());
    assert_eq!(
        call.await.unwrap_err().to_string(),
        "`ec2:DescribeInstances` in account 444455556666, Region eu-central-1 failed with \
         `InvalidParameterValue`: no"
    );
}

#[tokio::test]
async fn an_html_page_instead_of_an_answer_is_a_fault_of_the_service() {
    let page = "<html>\n<head><title>500</title></head><body>Oops</body></html>";
    let bench = bench(move |_, _| Answer::status(500, page));
    let error = describe(&bench).await;
    assert_eq!(bench.requests().len(), 5);
    assert_eq!(error.status(), Some(500));
    assert!(error.is_retryable() && error.may_have_been_performed());
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_shown() {
    let bench =
        bench(|_, _| Answer::ok("<html> it works!").with_header("x-amzn-requestid", "req-7"));
    let error = describe(&bench).await;
    assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
    assert_eq!(error.request_id(), Some("req-7"));
    assert!(error.to_string().contains("<html> it works!"), "{error}");
}

#[tokio::test]
async fn a_call_is_not_tried_for_ever() {
    let bench = bench(|_, _| Answer::ec2_error(503, "Unavailable", "later"));
    let error = describe(&bench).await;
    assert_eq!((bench.requests().len(), bench.waits()), (5, 4));
    assert_eq!(error.hint().as_deref(), Some("try again later"));
}

#[tokio::test]
async fn a_lost_connection_is_tried_again_and_then_named() {
    let bench = bench(|_, _| Answer::Lost);
    let error = describe(&bench).await;
    assert_eq!(bench.requests().len(), 5);
    assert_eq!(
        error.to_string(),
        "`ec2:DescribeInstances` in Region eu-central-1 did not reach \
         `https://ec2.eu-central-1.amazonaws.com` in 5 attempts"
    );
    assert!(error.is_retryable() && error.may_have_been_performed());
    assert!(error.to_unknown().message.ends_with("lost before the answer was complete: reset"));
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let bench = bench(|_, _| Answer::Never);
    let error = describe(&bench).await;
    assert!(matches!(error, CallError::TimedOut(_)), "{error:?}");
    assert!(error.to_string().contains("within 30 s in 5 attempts"), "{error}");
}

#[tokio::test]
async fn a_service_that_asks_for_patience_is_waited_for() {
    let bench = bench(|_, before| match before {
        0 => Answer::ec2_error(503, "Unavailable", "later").with_header("retry-after", "7"),
        _ => instances(&[], None),
    });
    bench.call("ec2", "DescribeInstances", Value::object()).await.unwrap();
    assert_eq!(*bench.waits.lock().unwrap(), [Duration::from_secs(7)]);
}

#[tokio::test]
async fn waiting_ends_with_the_time_for_the_whole_call() {
    let bench = bench_with(
        |config| config.timeouts.overall = Duration::from_secs(10),
        |_, _| Answer::ec2_error(503, "Unavailable", "later").with_header("retry-after", "7"),
    );
    describe(&bench).await;
    assert_eq!(bench.requests().len(), 2);
}

#[tokio::test]
async fn an_outage_uses_up_the_retries_of_its_place_and_of_no_other() {
    let bench = bench(|request, _| {
        if request.url.contains("eu-central-1") {
            Answer::ec2_error(500, "InternalError", "outage")
        } else {
            instances(&[], None)
        }
    });
    for _ in 0..40 {
        describe(&bench).await;
    }
    let before = bench.requests().len();
    assert_eq!(before, 40 + 100, "each call once, and a hundred retries among them");
    describe(&bench).await;
    assert_eq!(bench.requests().len(), before + 1);
    let mut elsewhere = target();
    elsewhere.region = "eu-west-1".parse().unwrap();
    let call = bench.client.call(&elsewhere, "ec2", "DescribeInstances", Value::object());
    assert!(call.await.is_ok());
}

#[tokio::test]
async fn what_does_not_exist_is_answered_with_what_does() {
    let bench = bench(|_, _| instances(&[], None));
    let message = async |service, operation| {
        let call = bench.call(service, operation, Value::object());
        call.await.unwrap_err().to_string()
    };
    let service = message("ecc2", "DescribeInstances").await;
    assert!(service.contains("`ecc2`; did you mean ") && service.contains("`ec2`"), "{service}");
    let operation = message("ec2", "DescribeInstance").await;
    assert!(operation.contains("`ec2` has no operation `DescribeInstance`"), "{operation}");
    assert!(operation.contains("`DescribeInstances`"), "{operation}");
    assert_eq!(bench.requests().len(), 0);
}

#[tokio::test]
async fn input_that_does_not_fit_is_refused_before_anything_is_sent() {
    let bench = bench(|_, _| instances(&[], None));
    let input = Value::from_json(&json!({"InstanceIds": "i-1"}));
    let call = bench.call("ec2", "DescribeInstances", input);
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::Invalid(_)), "{error:?}");
    assert!(error.to_string().contains("InstanceIds"), "{error}");
    assert_eq!(bench.requests().len(), 0);
}

#[test]
fn a_configuration_that_cannot_work_is_refused_at_once() {
    let (mut config, _) = crate::harness::config();
    config.endpoints.everywhere = Some("localhost".into());
    let clock = reeve_time::Clock::system();
    let error = reeve_aws::Client::new(config, clock).unwrap_err();
    assert_eq!(error, ConfigError::Endpoint { url: "localhost".into() });
}

#[test]
fn certificates_that_cannot_be_read_are_named() {
    let (mut config, _) = crate::harness::config();
    config.ca_bundle = Some("/nowhere/certificates.pem".into());
    let error = reeve_aws::Client::new(config, reeve_time::Clock::system()).unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("the certificates in `/nowhere/certificates.pem` cannot be read: "),
        "{message}"
    );
}
