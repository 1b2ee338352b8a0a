//! `aws:approve`: nothing until enough of those who are asked have said yes, or one has said no.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{
    data_type::DataType,
    possible_call::PossibleCall,
    signal::{Signal, SignalKind},
    step::Step,
};

pub(super) static ACTION: Action = Action {
    name: "aws:approve",
    inputs: &[
        InputDefinition::optional("NotificationArn", DataType::String),
        InputDefinition::optional("Message", DataType::String),
        InputDefinition::optional("MinRequiredApprovals", DataType::Integer),
        InputDefinition::required("Approvers", DataType::StringList),
    ],
    outputs: &[("ApprovalStatus", DataType::String), ("ApproverDecisions", DataType::MapList)],
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

/// The most people that are asked.
const MOST_APPROVERS: usize = 10;

fn proceed(situation: &Situation<'_>) -> Move {
    if !situation.phase.is_empty() {
        // Whether those who are asked could be told does not change that they must be asked.
        return decide(situation);
    }
    let asked = situation.texts("Approvers");
    if asked.len() > MOST_APPROVERS {
        return Move::failed("InvalidInput", format!("at most {MOST_APPROVERS} can be asked"));
    }
    if needed(situation) > asked.len() {
        let message = format!(
            "`MinRequiredApprovals` is {}, and {} are asked: it could never go on",
            needed(situation),
            asked.len()
        );
        return Move::failed("InvalidInput", message);
    }
    match situation.text("NotificationArn") {
        Some(topic) => ask(situation, &topic, &asked),
        None => decide(situation),
    }
}

/// How many have to say yes.
fn needed(situation: &Situation<'_>) -> usize {
    let needed = situation.integer("MinRequiredApprovals").unwrap_or(1);
    usize::try_from(needed).unwrap_or(1).max(1)
}

/// Tells those who are asked. The service's own words are not documented; these say the same things.
fn ask(situation: &Situation<'_>, topic: &str, asked: &[String]) -> Move {
    let message = situation
        .text("Message")
        .unwrap_or_else(|| "An execution of a runbook waits for your approval.".to_owned());
    let needed = needed(situation);
    let message = format!(
        "{message}\n\nAsked: {}\nApprovals needed: {needed}\nTo answer: reeve run approve, or reeve run reject\n",
        asked.join(", ")
    );
    let members = json!({"TopicArn": topic, "Message": message, "Subject": "Approval needed"});
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("sns", "Publish", members, "asked")
}

/// What the words so far come to. Each person's last word counts.
fn decide(situation: &Situation<'_>) -> Move {
    let mut decisions: Vec<&Signal> = Vec::new();
    for signal in situation.signals {
        if matches!(signal.kind, SignalKind::Approve | SignalKind::Reject) {
            decisions.retain(|decision| decision.by != signal.by);
            decisions.push(signal);
        }
    }
    let said = |kind: SignalKind| decisions.iter().filter(move |decision| decision.kind == kind);
    if let Some(decision) = said(SignalKind::Reject).next() {
        return Move::failed("Rejected", format!("{} rejected it", decision.by));
    }
    if said(SignalKind::Approve).count() >= needed(situation) {
        let decision = |signal: &&Signal| {
            json!({
                "Approver": signal.by,
                "ApprovalStatus": "Approve",
                "ApprovalDecisionTime": signal.at.to_string(),
            })
        };
        let decisions: Vec<Value> = decisions.iter().map(decision).collect();
        return Move::Done(json!({
            "ApprovalStatus": "Approved",
            "ApproverDecisions": decisions,
        }));
    }
    let notes = situation.notes.clone();
    let signals = &[SignalKind::Approve, SignalKind::Reject];
    Move::Wait { until: None, signals, then: "decided", notes }
}
