//! The steps that change something and cannot be taken back, to be named before a run starts.

use crate::{
    input::Input,
    possible_call::{no_undo, only_reads},
    runbook::Runbook,
    script_reading::read_script,
    step::Step,
};

/// A step whose effect cannot be taken back, or nobody knows how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithoutUndo {
    /// The step.
    pub step: String,
    /// Why.
    pub why: String,
}

impl Runbook {
    /// The steps that change something for which no inverse is known, in order.
    ///
    /// A step that is not here may still turn out to be one that cannot be taken back: some changes can be in some states
    /// only, and that shows when the state before is read.
    pub fn without_undo(&self) -> Vec<WithoutUndo> {
        let mut without = Vec::new();
        for step in self.all_steps() {
            let reasons = reasons(step).into_iter();
            without.extend(reasons.map(|why| WithoutUndo { step: step.name.clone(), why }));
        }
        without
    }
}

fn reasons(step: &Step) -> Vec<String> {
    let calls = (step.action.calls)(step);
    let mut reasons: Vec<String> =
        calls.iter().filter_map(|call| no_undo(&call.service, &call.operation)).collect();
    if step.action.takes_any && calls.is_empty() {
        reasons.push(unknown_call(step));
    }
    match step.action.name {
        "aws:executeScript" => reasons.extend(of_script(step)),
        "aws:executeAutomation" => reasons.push(of_child(step)),
        "aws:invokeWebhook" => {
            reasons.push("what a request to another server changes is not known".to_owned());
        }
        _ => {}
    }
    reasons
}

/// Why the call of a step that names its operation is not known.
pub(crate) fn unknown_call(step: &Step) -> String {
    let text = |name: &str| step.input(name).and_then(Input::as_text);
    match (text("Service"), text("Api")) {
        (Some(service), Some(operation)) => {
            format!("there is no operation `{service}:{operation}`")
        }
        _ => "which operation it calls is known only when it runs".to_owned(),
    }
}

fn of_script(step: &Step) -> Option<String> {
    let reading = read_script(step);
    let changing = reading.calls.iter().filter(|(service, name)| !only_reads(service, name));
    let changing: Vec<String> =
        changing.map(|(service, operation)| format!("`{service}:{operation}`")).collect();
    match (changing.as_slice(), reading.hidden.as_slice()) {
        ([], []) => None,
        ([], hidden) => Some(format!("what its script changes is hidden by {}", hidden.join(", "))),
        (changing, _) => Some(format!(
            "its script calls {}, and what was before is not kept",
            changing.join(", ")
        )),
    }
}

fn of_child(step: &Step) -> String {
    match step.input("DocumentName").and_then(Input::as_text) {
        Some(document) => format!("what it changes is up to the document `{document}`"),
        None => "which document it runs is known only when it runs".to_owned(),
    }
}
