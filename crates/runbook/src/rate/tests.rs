//! Tables of what is begun when, and what always holds.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

fn share(text: &str) -> Share {
    text.parse().unwrap()
}

/// Plays an order of ends, each of the oldest that runs: a letter an end.
fn played(mut control: RateControl, ends: &str) -> String {
    let mut lines = Vec::new();
    let mut ends = ends.chars();
    loop {
        match control.decision(false) {
            RateDecision::Start(places) => {
                for place in &places {
                    control.began(*place);
                }
                lines.push(format!("start {places:?}"));
            }
            RateDecision::Wait => {
                let Some(letter) = ends.next() else { break };
                let status = match letter {
                    's' => Status::Success,
                    'f' => Status::Failed,
                    't' => Status::TimedOut,
                    _ => Status::Cancelled,
                };
                let first = control.running().next().unwrap();
                control.ended(first, status);
                lines.push(format!("{first} {}", status.as_str()));
            }
            RateDecision::End(status) => {
                lines.push(format!("= {}, {}", status.as_str(), control.counts()));
                break;
            }
        }
    }
    lines.join("\n")
}

#[test]
fn shares_are_rounded_down_with_one_at_least_at_once() {
    let table: Vec<String> = [("10%", 12), ("10%", 9), ("50%", 3), ("100%", 7), ("3", 2), ("1", 9)]
        .iter()
        .map(|(text, targets)| {
            let share = share(text);
            let (at_once, tolerated) = (share.at_once(*targets), share.tolerated(*targets));
            format!("{share} of {targets}: {at_once} at once, {tolerated} tolerated")
        })
        .collect();
    assert_snapshot!(table.join("\n"), @r"
    10% of 12: 1 at once, 1 tolerated
    10% of 9: 1 at once, 0 tolerated
    50% of 3: 1 at once, 1 tolerated
    100% of 7: 7 at once, 7 tolerated
    3 of 2: 3 at once, 3 tolerated
    1 of 9: 1 at once, 1 tolerated
    ");
}

#[test]
fn what_is_no_number_and_no_share_is_refused() {
    for text in ["", "%", "-1", "+1", "1.5", "101%", "ten", "10 %", "99999999999"] {
        assert!(text.parse::<Share>().is_err(), "{text}");
    }
}

#[test]
fn the_first_target_goes_alone_then_two_then_as_many_as_may() {
    let control = RateControl::gradual(8, share("3"), share("0"));
    assert_snapshot!(played(control, "ssssssss"), @r"
    start [0]
    0 Success
    start [1, 2]
    1 Success
    start [3, 4]
    2 Success
    start [5]
    3 Success
    start [6]
    4 Success
    start [7]
    5 Success
    6 Success
    7 Success
    = Success, 8 targets: 8 succeeded
    ");
}

#[test]
fn nothing_more_is_begun_after_the_first_failure_if_none_is_tolerated() {
    let control = RateControl::at_full_speed(5, share("2"), share("0"));
    assert_snapshot!(played(control, "fs"), @r"
    start [0, 1]
    0 Failed
    1 Success
    = Failed, 5 targets: 1 succeeded, 1 failed, 3 not begun
    ");
}

#[test]
fn with_three_failures_tolerated_the_fourth_stops() {
    let control = RateControl::at_full_speed(8, share("1"), share("3"));
    assert_snapshot!(played(control, "ftfsf"), @r"
    start [0]
    0 Failed
    start [1]
    1 TimedOut
    start [2]
    2 Failed
    start [3]
    3 Success
    start [4]
    4 Failed
    = Failed, 8 targets: 1 succeeded, 3 failed, 1 timed out, 3 not begun
    ");
}

#[test]
fn a_tenth_of_fifty_is_stopped_by_the_sixth_failure() {
    let control = RateControl::at_full_speed(50, share("1"), share("10%"));
    let text = played(control, &"f".repeat(50));
    assert!(text.ends_with("= Failed, 50 targets: 6 failed, 44 not begun"), "{text}");
}

#[test]
fn a_target_that_somebody_cancelled_is_no_failure_but_no_success_of_the_whole() {
    let control = RateControl::at_full_speed(3, share("1"), share("0"));
    assert_snapshot!(played(control, "scs"), @r"
    start [0]
    0 Success
    start [1]
    1 Cancelled
    start [2]
    2 Success
    = Cancelled, 3 targets: 2 succeeded, 1 cancelled
    ");
}

#[test]
fn what_was_written_down_is_read_again() {
    let mut control = RateControl::gradual(6, share("50%"), share("1"));
    for (place, status) in
        [Status::Success, Status::Failed, Status::TimedOut, Status::Cancelled].iter().enumerate()
    {
        control.began(place);
        control.ended(place, *status);
    }
    control.began(4);
    let text = serde_json::to_string(&control).unwrap();
    assert_snapshot!(text, @r#"{"at_once":3,"tolerated":1,"is_gradual":true,"targets":"sftcr-"}"#);
    assert_eq!(serde_json::from_str::<RateControl>(&text).unwrap(), control);
}

fn any_share() -> impl Strategy<Value = Share> {
    prop_oneof![(0u32..40).prop_map(Share::Number), (0u32..=100).prop_map(Share::Percent)]
}

proptest! {
    #[test]
    fn never_more_run_than_may_and_nothing_is_begun_after_too_many_failures(
        targets in 0usize..60,
        (concurrency, errors) in (any_share(), any_share()),
        is_gradual: bool,
        ends in prop::collection::vec((0usize..64, 0u8..8), 0..60),
    ) {
        let mut control = if is_gradual {
            RateControl::gradual(targets, concurrency, errors)
        } else {
            RateControl::at_full_speed(targets, concurrency, errors)
        };
        let mut ends = ends.into_iter();
        let mut begun = Vec::new();
        let mut was_over = false;
        loop {
            match control.decision(false) {
                RateDecision::Start(places) => {
                    prop_assert!(!was_over && !places.is_empty());
                    for place in places {
                        prop_assert!(!begun.contains(&place), "{place} was begun twice");
                        control.began(place);
                        begun.push(place);
                    }
                    prop_assert!(control.counts().running <= concurrency.at_once(targets));
                }
                RateDecision::Wait => {
                    let running: Vec<usize> = control.running().collect();
                    prop_assert!(!running.is_empty(), "nobody would ever wake it");
                    let (which, how) = ends.next().unwrap_or((0, 0));
                    let status = match how {
                        0..5 => Status::Success,
                        5 => Status::Failed,
                        6 => Status::TimedOut,
                        _ => Status::Cancelled,
                    };
                    control.ended(running[which % running.len()], status);
                    let counts = control.counts();
                    was_over = counts.failed + counts.timed_out > errors.tolerated(targets);
                }
                RateDecision::End(status) => {
                    let counts = control.counts();
                    prop_assert_eq!(counts.running, 0);
                    prop_assert!(was_over || counts.pending == 0);
                    prop_assert_eq!(status == Status::Success, counts.success == targets);
                    break;
                }
            }
        }
    }

    #[test]
    fn once_it_is_stopped_nothing_is_begun_and_what_runs_is_waited_for(
        targets in 1usize..30,
        running in 0usize..30,
    ) {
        let mut control = RateControl::at_full_speed(targets, Share::Percent(100), Share::Number(0));
        let running = running.min(targets);
        (0..running).for_each(|place| control.began(place));
        let expected = if running == 0 { RateDecision::End(Status::Cancelled) } else { RateDecision::Wait };
        prop_assert_eq!(control.decision(true), expected);
    }
}
