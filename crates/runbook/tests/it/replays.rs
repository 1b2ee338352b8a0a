//! An execution is the same whether it was interrupted or not.

use proptest::prelude::*;
use reeve_runbook::{Event, Execution};
use serde_json::json;

use crate::player::{Player, Reply, nothing, ok};

const TEXT: &str = "schemaVersion: '0.3'
parameters: {Ids: {type: StringList, default: [a, b, c]}}
variables: {count: {type: Integer, default: 0}}
mainSteps:
- name: each
  action: aws:loop
  inputs:
    Iterators: '{{ Ids }}'
    Steps:
    - {name: call, action: 'aws:executeAwsApi', maxAttempts: 2, onFailure: Continue, inputs: {Service: ec2, Api: RebootInstances, InstanceIds: ['{{ each.CurrentIteratorValue }}']}}
    - {name: count, action: 'aws:updateVariable', inputs: {Name: 'variable:count', Value: '{{ each.CurrentIteration }}'}}
- {name: nap, action: 'aws:sleep', inputs: {Duration: PT1M}}
- name: way
  action: aws:branch
  inputs:
    Choices: [{NextStep: ask, Variable: '{{ variable:count }}', NumericGreaterOrEquals: 3}]
    Default: last
- {name: ask, action: 'aws:approve', inputs: {Approvers: [ana]}, onCancel: 'step:last'}
- {name: last, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: ListQueues}}
";

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        4 => Just(nothing()),
        1 => Just(ok(json!({"a": [1, 2]}))),
        2 => Just(Reply::Error("Busy")),
        1 => Just(Reply::Cancel),
        1 => Just(Reply::Signal(reeve_runbook::SignalKind::Approve, "ana")),
        1 => Just(Reply::Signal(reeve_runbook::SignalKind::Reject, "ana")),
        1 => (0_i64..200).prop_map(Reply::Seconds),
    ]
}

proptest! {
    /// Writing the execution down and reading it again between any two events changes nothing.
    #[test]
    fn the_same_events_lead_to_the_same_execution(replies in prop::collection::vec(reply(), 0..40)) {
        let played = Player::begin(TEXT, &json!({})).play(&replies);
        let mut again = Player::begin(TEXT, &json!({})).execution;
        for event in &played.events {
            let written = serde_json::to_string(&again).unwrap();
            again = serde_json::from_str::<Execution>(&written).unwrap();
            let written = serde_json::to_string(event).unwrap();
            let event = serde_json::from_str::<Event>(&written).unwrap();
            again.apply(&played.runbook, &event).ok();
        }
        prop_assert_eq!(again.decision(), played.execution.decision());
        prop_assert_eq!(again, played.execution);
    }

    /// Each effect has a number of its own, and its answer is taken once.
    #[test]
    fn an_effect_is_answered_once(replies in prop::collection::vec(reply(), 0..40)) {
        let played = Player::begin(TEXT, &json!({})).play(&replies);
        let mut again = Player::begin(TEXT, &json!({})).execution;
        for event in &played.events {
            let taken = again.apply(&played.runbook, event);
            if matches!(event, Event::Answered { .. }) && taken.is_ok() {
                prop_assert!(again.apply(&played.runbook, event).is_err());
            }
        }
    }
}
