//! `aws:approve`: nothing until enough of those who are asked have said yes, or one has said no.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{data_type::DataType, possible_call::PossibleCall, signal::SignalKind, step::Step};

pub(super) static ACTION: Action = Action {
    name: "aws:approve",
    inputs: &[
        InputDefinition::optional("NotificationArn", DataType::String),
        InputDefinition::optional("Message", DataType::String),
        InputDefinition::optional("MinRequiredApprovals", DataType::Integer),
        InputDefinition::required("Approvers", DataType::StringList),
    ],
    outputs: &[("ApprovalStatus", DataType::String), ("ApproverDecisions", DataType::StringMap)],
    timeout_seconds: Some(604_800),
    may_follow_cancel: false,
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    if step.input("NotificationArn").is_none() {
        return Vec::new();
    }
    vec![PossibleCall::new(step, "sns", "Publish").named("NotificationArn", "TopicArn")]
}

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase.is_empty()
        && let Some(topic) = situation.text("NotificationArn")
    {
        let message = situation
            .text("Message")
            .unwrap_or_else(|| "An execution of a runbook waits for your approval.".to_owned());
        let members = json!({"TopicArn": topic, "Message": message, "Subject": "Approval needed"});
        let members = members.as_object().cloned().unwrap_or_default();
        return situation.call("sns", "Publish", members, "asked");
    }
    // Whether those who are asked could be told does not change that they must be asked.
    decide(situation)
}

/// What the words so far come to. Each person's last word counts.
fn decide(situation: &Situation<'_>) -> Move {
    let mut decisions: Vec<(&str, SignalKind)> = Vec::new();
    for signal in situation.signals {
        if matches!(signal.kind, SignalKind::Approve | SignalKind::Reject) {
            decisions.retain(|(by, _)| *by != signal.by);
            decisions.push((&signal.by, signal.kind));
        }
    }
    let said = |kind: SignalKind| decisions.iter().filter(move |(_, said)| *said == kind);
    if let Some((by, _)) = said(SignalKind::Reject).next() {
        return Move::failed("Rejected", format!("{by} rejected it"));
    }
    let needed = situation.integer("MinRequiredApprovals").unwrap_or(1).max(1);
    let approvals = i64::try_from(said(SignalKind::Approve).count()).unwrap_or(i64::MAX);
    if approvals >= needed {
        let decisions: Vec<Value> = decisions
            .iter()
            .map(|(by, _)| json!({"Approver": by, "Decision": "Approved"}))
            .collect();
        return Move::Done(json!({
            "ApprovalStatus": "Approved",
            "ApproverDecisions": {"Decisions": decisions},
        }));
    }
    let notes = situation.notes.clone();
    let signals = &[SignalKind::Approve, SignalKind::Reject];
    Move::Wait { until: None, signals, then: "decided", notes }
}
