//! Clocks that are wrong, or become so.

use futures_util::future::join_all;
use jiff::{
    SignedDuration, Timestamp, civil::DateTime, fmt::rfc2822::DateTimePrinter, tz::TimeZone,
};
use reeve_model::Value;
use reeve_time::Clock;

use crate::harness::{Answer, Bench, NOW, Seen, bench, instances};

/// A service that refuses signatures that are more than five minutes off its own clock.
fn answer(request: &Seen, now: Timestamp) -> Answer {
    let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", &request.headers["x-amz-date"]).unwrap();
    let signed = signed.to_zoned(TimeZone::UTC).unwrap().timestamp();
    if now.duration_since(signed).abs() <= SignedDuration::from_mins(5) {
        return instances(&["i-1"], None);
    }
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap();
    Answer::ec2_error(403, "RequestExpired", "Request has expired.").with_header("date", &date)
}

/// A client, and the clock of the service that it calls.
fn apart(service: &str) -> (Bench, Clock) {
    let clock = Clock::manual(service.parse().unwrap());
    let theirs = clock.clone();
    (bench(move |request, _| answer(request, theirs.now())), clock)
}

async fn describe(bench: &Bench) -> bool {
    bench.call("ec2", "DescribeInstances", Value::object()).await.is_ok()
}

#[tokio::test]
async fn a_clock_that_is_an_hour_behind_is_corrected_once_for_all_calls() {
    let (bench, _) = apart("2026-03-01T10:00:00Z");
    assert!(describe(&bench).await && describe(&bench).await);
    assert_eq!((bench.requests().len(), bench.waits()), (3, 0));
}

#[tokio::test]
async fn calls_that_were_signed_before_another_learned_are_signed_again() {
    let (bench, _) = apart("2026-03-01T08:00:00Z");
    let outcomes = join_all((0..10).map(|_| describe(&bench))).await;
    assert!(outcomes.iter().all(|is_ok| *is_ok));
    assert_eq!(bench.waits(), 0);
}

#[tokio::test]
async fn a_clock_that_jumps_while_we_run_is_followed_there_and_back() {
    let (bench, _) = apart(NOW);
    assert!(describe(&bench).await);
    for (jump, requests) in [("2026-03-01T12:00:00Z", 3), (NOW, 5), ("2026-03-01T09:03:00Z", 6)] {
        bench.clock.set(jump.parse().unwrap());
        assert!(describe(&bench).await, "{jump}");
        assert_eq!(bench.requests().len(), requests, "{jump}");
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_about_time_is_told() {
    let bench = bench(|_, _| {
        Answer::ec2_error(403, "SignatureDoesNotMatch", "The signature does not match.")
            .with_header("date", "Sun, 01 Mar 2026 09:00:10 GMT")
    });
    assert!(!describe(&bench).await);
    assert_eq!(bench.requests().len(), 1);
}

#[tokio::test]
async fn a_refusal_without_a_body_may_be_about_time() {
    // As S3's answers to `HEAD`, which have neither code nor message.
    let bench = bench(|request, _| match request.headers["x-amz-date"].as_str() {
        "20260301T100000Z" => Answer::ok(""),
        _ => Answer::status(403, "").with_header("date", "Sun, 01 Mar 2026 10:00:00 GMT"),
    });
    let input = Value::from_iter([("Bucket", "logs")]);
    assert!(bench.call("s3", "HeadBucket", input).await.is_ok());
    assert_eq!(bench.requests().len(), 2);
}
