//! Every event survives being written and read, and every version ever written stays readable.

use std::fmt::Write as _;

use proptest::prelude::*;
use reeve_types::{PlanId, RunId};

use super::*;

/// Documents of version 1, one a line, and what each says.
const V1: (&str, &str) = (
    include_str!("../../../test-data/event-v1.jsonl"),
    include_str!("../../../test-data/event-v1.expected"),
);

#[test]
fn events_of_version_1_are_read_as_they_were_meant() {
    let (documents, expected) = V1;
    let mut readings = String::new();
    for document in documents.lines() {
        let event = read_event(document).unwrap();
        writeln!(readings, "{} | {event:?}", event.kind()).unwrap();
    }
    assert_eq!(readings, expected);
}

/// While version 1 is the newest, it is also what is written.
#[test]
fn events_are_written_as_version_1() {
    for document in V1.0.lines() {
        assert_eq!(write_event(&read_event(document).unwrap()).unwrap(), document);
    }
}

#[test]
fn every_event_is_told_in_one_sentence() {
    let mut sentences: Vec<String> =
        V1.0.lines().map(|document| read_event(document).unwrap().summary()).collect();
    sentences.dedup();
    insta::assert_snapshot!(sentences.join("\n"), @r#"
    plan_01j8x2m0q7v3k5n8r4t6w9yb1c was proposed with digest 6f1d
    plan_01j8x2m0q7v3k5n8r4t6w9yb1c was approved with digest 6f1d: looks right
    plan_01j8x2m0q7v3k5n8r4t6w9yb1c was refused: not "today"
    plan_01j8x2m0q7v3k5n8r4t6w9yb1c was superseded by plan_01j8x2m0q7v3k5n8r4t6w9yb1d
    plan_01j8x2m0q7v3k5n8r4t6w9yb1c was superseded: nothing is left to do
    the apply of plan_01j8x2m0q7v3k5n8r4t6w9yb1c was requested
    action 1 of plan_01j8x2m0q7v3k5n8r4t6w9yb1c: the change waits for another try
    action 1 of plan_01j8x2m0q7v3k5n8r4t6w9yb1c: the change is about to be made
    action 1 of plan_01j8x2m0q7v3k5n8r4t6w9yb1c: the change was made
    action 100000 of plan_01j8x2m0q7v3k5n8r4t6w9yb1c: the undo was read back and is as wanted
    action 2 of plan_01j8x2m0q7v3k5n8r4t6w9yb1c: the undo was not attempted: tag `Name` was `web`, now is absent
    action 3 of plan_01j8x2m0q7v3k5n8r4t6w9yb1c: the change failed: missing permission `ec2:CreateTags`
    the apply of plan_01j8x2m0q7v3k5n8r4t6w9yb1c came to an end
    the undo of plan_01j8x2m0q7v3k5n8r4t6w9yb1c was requested
    the undo of plan_01j8x2m0q7v3k5n8r4t6w9yb1c came to an end
    run_01j8x2m0q7v3k5n8r4t6w9yb1e observed 120 resources, 3 of them not as they should be; 1 of 14 scopes are unknown; see plan_01j8x2m0q7v3k5n8r4t6w9yb1c
    run_01j8x2m0q7v3k5n8r4t6w9yb1e observed 18446744073709551615 resources, 0 of them not as they should be; 0 of 0 scopes are unknown; no plan came of it
    run_01j8x2m0q7v3k5n8r4t6w9yb1e observed 18446744073709551615 resources, 0 of them not as they should be; 0 of 0 scopes are unknown; no plan came of it; 12 resources are unmanaged, 10 were before; one more
    run_01j8x2m0q7v3k5n8r4t6w9yb1e failed: no credentials
    every change was suspended: a storm ⛈
    changes were resumed
    the profile of resource-tagger was read for the first time, 0a1b
    the estate changed from 0a1b to 2c3d: account `111122223333` was added; Region `eu-west-2` was removed from `444455556666`
    exec_01j8x2m0q7v3k5n8r4t6w9yb1f of `Reeve-RestartInstance` (6f1d) was started: it hangs
    exec_01j8x2m0q7v3k5n8r4t6w9yb1f was told to approve
    `ec2:StopInstances` is called by step `stop` of exec_01j8x2m0q7v3k5n8r4t6w9yb1f
    exec_01j8x2m0q7v3k5n8r4t6w9yb1f ended: Success
    exec_01j8x2m0q7v3k5n8r4t6w9yb1f ended: Failed: stop: denied
    "#);
}

#[test]
fn a_document_of_an_unknown_version_or_kind_is_refused() {
    for wrong in [
        "",
        "{}",
        r#"{"version":"2","kind":"estate.resumed"}"#,
        r#"{"version":"1","kind":"estate.sold"}"#,
        r#"{"version":"1","kind":"plan.apply_finished","plan":"run_0"}"#,
    ] {
        assert!(read_event(wrong).is_err(), "{wrong}");
    }
}

fn plan_id_strategy() -> impl Strategy<Value = PlanId> {
    any::<u128>().prop_map(|bits| PlanId::from_uuid(uuid::Uuid::from_u128(bits)))
}

fn run_id_strategy() -> impl Strategy<Value = RunId> {
    any::<u128>().prop_map(|bits| RunId::from_uuid(uuid::Uuid::from_u128(bits)))
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Pending),
        Just(Step::Started),
        Just(Step::Performed),
        Just(Step::Verified),
        any::<String>().prop_map(Step::Refused),
        any::<String>().prop_map(Step::Failed),
    ]
}

fn plan_events() -> impl Strategy<Value = PlanEvent> {
    let text = any::<String>;
    let direction = prop_oneof![Just(Direction::Apply), Just(Direction::Undo)];
    prop_oneof![
        text().prop_map(|digest| PlanEvent::Proposed { digest }),
        (text(), text()).prop_map(|(digest, comment)| PlanEvent::Approved { digest, comment }),
        text().prop_map(|comment| PlanEvent::Refused { comment }),
        proptest::option::of(plan_id_strategy()).prop_map(|by| PlanEvent::Superseded { by }),
        Just(PlanEvent::ApplyRequested),
        (direction, any::<u32>(), steps())
            .prop_map(|(direction, number, step)| PlanEvent::Action { direction, number, step }),
        Just(PlanEvent::ApplyFinished),
        text().prop_map(|comment| PlanEvent::UndoRequested { comment }),
        Just(PlanEvent::UndoFinished),
    ]
}

fn finished_runs() -> impl Strategy<Value = RunFinished> {
    let counts = any::<[u64; 5]>();
    let (texts, plan) =
        (any::<(String, String, Vec<String>)>(), proptest::option::of(plan_id_strategy()));
    (run_id_strategy(), texts, counts, plan).prop_map(
        |(run, (controller, profile_digest, alerts), counts, plan)| {
            let [resources, failing, scopes, unknown_scopes, milliseconds] = counts;
            RunFinished {
                run,
                controller,
                resources,
                failing,
                scopes,
                unknown_scopes,
                milliseconds,
                profile_digest,
                plan,
                alerts,
            }
        },
    )
}

fn events() -> impl Strategy<Value = Event> {
    let text = any::<String>;
    let maybe = || proptest::option::of(any::<String>());
    prop_oneof![
        4 => (plan_id_strategy(), plan_events()).prop_map(|(plan, event)| Event::Plan { plan, event }),
        1 => finished_runs().prop_map(Event::RunFinished),
        1 => (run_id_strategy(), text()).prop_map(|(run, message)| Event::RunFailed { run, message }),
        1 => (text(), text())
            .prop_map(|(call, input_digest)| Event::CallStarted { call, input_digest }),
        1 => (text(), maybe()).prop_map(|(call, failure)| Event::CallEnded { call, failure }),
        1 => text().prop_map(|reason| Event::Suspended { reason }),
        1 => Just(Event::Resumed),
        1 => (text(), text(), maybe()).prop_map(|(controller, digest, previous)| {
            Event::ProfileChanged { controller, digest, previous }
        }),
        1 => (text(), maybe(), any::<Vec<String>>()).prop_map(|(digest, previous, changes)| {
            Event::EstateChanged { digest, previous, changes }
        }),
    ]
}

proptest! {
    #[test]
    fn an_event_survives_being_written_and_read(event in events()) {
        let document = write_event(&event).unwrap();
        prop_assert_eq!(read_event(&document).unwrap(), event);
    }
}
