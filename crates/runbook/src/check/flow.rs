//! The way from step to step: every step that is named exists, every step can be reached, and none comes round to itself.

use std::collections::{BTreeSet, HashMap};

use reeve_document::{Diagnostic, Problems, nearest};

use super::Written;
use crate::{
    runbook::Runbook,
    step::{Control, Goal, OnCancel, OnFailure, Step},
};

pub(super) fn check(runbook: &Runbook, written: &Written, problems: &Problems) {
    check_list((&runbook.steps, &[]), written, problems);
    for step in runbook.all_steps() {
        if step.on_cancel != OnCancel::Abort
            && matches!(step.action.name, "aws:loop" | "aws:updateVariable")
        {
            let message = format!("`{}` cannot have `onCancel`", step.action.name);
            problems.error(Diagnostic::new(step.position, &step.path, message));
        }
    }
}

/// Checks the steps of one list: those of the runbook, or those of a loop, from which a way may lead to those around it.
fn check_list<'a>(
    (steps, around): (&'a [Step], &[&'a Step]),
    written: &Written,
    problems: &Problems,
) {
    let known: Vec<&Step> = steps.iter().chain(around.iter().copied()).collect();
    for step in steps {
        if !step.inner().is_empty() {
            check_list((step.inner(), &known), written, problems);
        }
        for Target { goal, key } in targets(step) {
            let path = format!("{}.{key}", step.path);
            match known.iter().find(|other| other.name == goal.step) {
                None if written.has(&goal.step) => {}
                None => problems.error(unknown(goal, &known, path)),
                Some(other) if key == "onCancel" && !other.action.may_follow_cancel => {
                    let message = format!(
                        "step `{}` cannot come after a cancellation: `{}` may not",
                        goal.step, other.action.name
                    );
                    problems.error(Diagnostic::new(goal.position, path, message));
                }
                Some(_) => {}
            }
        }
    }
    let ways = ways(steps);
    for circle in circles(&ways) {
        let names: Vec<&str> =
            circle.iter().filter_map(|place| Some(steps.get(*place)?.name.as_str())).collect();
        let Some(first) = circle.first().and_then(|place| steps.get(*place)) else { continue };
        let message = format!("the steps come round to themselves: {}", names.join(" → "));
        let hint = "use `aws:loop` to repeat steps";
        problems.error(Diagnostic::new(first.position, &first.path, message).with_hint(hint));
    }
    let reached = reached(&ways);
    for (place, step) in steps.iter().enumerate() {
        if !reached.contains(&place) {
            let message = format!("step `{}` can never run", step.name);
            problems.warn(Diagnostic::new(step.position, &step.path, message));
        }
    }
}

/// A step that another names, and under which key.
struct Target<'a> {
    goal: &'a Goal,
    key: &'static str,
}

/// Every step that a step names.
fn targets(step: &Step) -> Vec<Target<'_>> {
    let mut targets = Vec::new();
    let mut name = |goal, key| targets.push(Target { goal, key });
    if let Some(goal) = &step.next {
        name(goal, "nextStep");
    }
    if let OnFailure::Step(goal) = &step.on_failure {
        name(goal, "onFailure");
    }
    if let OnCancel::Step(goal) = &step.on_cancel {
        name(goal, "onCancel");
    }
    if let Control::Branch(branch) = &step.control {
        branch.choices.iter().for_each(|choice| name(&choice.next, "inputs.Choices"));
        branch.default.iter().for_each(|goal| name(goal, "inputs.Default"));
    }
    targets
}

fn unknown(goal: &Goal, steps: &[&Step], path: String) -> Diagnostic {
    let message = format!("there is no step `{}` here", goal.step);
    let diagnostic = Diagnostic::new(goal.position, path, message);
    match nearest(&goal.step, steps.iter().map(|step| step.name.as_str())) {
        Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

/// Where each step may go, as places in the list.
fn ways(steps: &[Step]) -> Vec<Vec<usize>> {
    let places: HashMap<&str, usize> =
        steps.iter().enumerate().map(|(place, step)| (step.name.as_str(), place)).collect();
    let mut ways = Vec::with_capacity(steps.len());
    for (place, step) in steps.iter().enumerate() {
        let mut next: BTreeSet<usize> = exits(step)
            .iter()
            .filter(|target| {
                !step.is_end
                    || matches!(target.key, "inputs.Choices" | "inputs.Default" | "onCancel")
            })
            .filter_map(|target| places.get(target.goal.step.as_str()).copied())
            .collect();
        if goes_on(step) && place + 1 < steps.len() {
            next.insert(place + 1);
        }
        ways.push(next.into_iter().collect());
    }
    ways
}

/// Every step that a step names, or one of those that it repeats.
fn exits(step: &Step) -> Vec<Target<'_>> {
    let mut exits = targets(step);
    for inner in step.inner() {
        exits.extend(self::exits(inner));
    }
    exits
}

/// Whether the step after it may be next although nobody names it.
fn goes_on(step: &Step) -> bool {
    let is_decided = match &step.control {
        Control::Branch(branch) => branch.default.is_some(),
        Control::None | Control::Loop(_) => false,
    };
    !is_decided && !step.is_end && (step.next.is_none() || step.on_failure == OnFailure::Continue)
}

/// The places that can be reached from the first.
fn reached(ways: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![0];
    while let Some(place) = waiting.pop() {
        if reached.insert(place) {
            waiting.extend(ways.get(place).into_iter().flatten());
        }
    }
    reached
}

/// The circles among the ways: each once, from its first place.
fn circles(ways: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut circles: Vec<Vec<usize>> = Vec::new();
    let mut done = BTreeSet::new();
    for start in 0..ways.len() {
        walk(ways, &mut vec![start], &mut done, &mut circles);
    }
    circles
}

fn walk(
    ways: &[Vec<usize>],
    way: &mut Vec<usize>,
    done: &mut BTreeSet<usize>,
    circles: &mut Vec<Vec<usize>>,
) {
    let Some(&here) = way.last() else { return };
    if done.contains(&here) {
        return;
    }
    for &next in ways.get(here).into_iter().flatten() {
        match way.iter().position(|place| *place == next) {
            Some(begin) => {
                let mut circle = way.get(begin..).unwrap_or_default().to_vec();
                circle.push(next);
                circles.push(circle);
            }
            None => {
                way.push(next);
                walk(ways, way, done, circles);
                way.pop();
            }
        }
    }
    done.insert(here);
}
