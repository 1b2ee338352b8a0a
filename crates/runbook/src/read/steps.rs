//! Steps.

use reeve_document::{Cursor, Fields};

use super::{conditions, inputs, optional_text, truth};
use crate::{
    action::{ACTIONS, Action},
    data_type::DataType,
    input::Input,
    step::{Control, Goal, Loop, LoopRule, OnCancel, OnFailure, Output, Step},
};

const KEYS: [&str; 12] = [
    "name",
    "action",
    "description",
    "inputs",
    "outputs",
    "maxAttempts",
    "timeoutSeconds",
    "onFailure",
    "onCancel",
    "isCritical",
    "isEnd",
    "nextStep",
];

/// Reads a list of steps.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<Vec<Step>> {
    Some(cursor.list()?.iter().filter_map(step).collect())
}

fn step(cursor: &Cursor<'_>) -> Option<Step> {
    let fields = cursor.fields(&KEYS)?;
    let name = fields.required("name").and_then(name);
    let action = fields.required("action").and_then(action);
    let own = fields.required("inputs");
    let control = own.zip(action).and_then(|(own, action)| control(own, action));
    let on_failure = fields.optional("onFailure").and_then(on_failure).unwrap_or_default();
    let critical = fields.optional("isCritical").and_then(truth);
    let inputs = own.zip(action).map(|(own, action)| plain_inputs(own, action)).unwrap_or_default();
    Some(Step {
        name: name?,
        position: cursor.position(),
        path: cursor.path().to_owned(),
        description: optional_text(&fields, "description"),
        action: action?,
        inputs,
        control: control?,
        outputs: outputs(&fields),
        // Unless it is said, a failure that does not stop the execution is no failure of the whole.
        is_critical: critical.unwrap_or(on_failure != OnFailure::Continue),
        on_failure,
        on_cancel: fields.optional("onCancel").and_then(on_cancel).unwrap_or_default(),
        max_attempts: fields.optional("maxAttempts").and_then(inputs::read),
        timeout_seconds: fields.optional("timeoutSeconds").and_then(inputs::read),
        is_end: fields.optional("isEnd").and_then(truth).unwrap_or(false),
        next: fields.optional("nextStep").and_then(goal),
    })
}

fn name(cursor: &Cursor<'_>) -> Option<String> {
    let name = cursor.string()?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        cursor.error(format!("`{name}` is no name: letters, digits, `_` and `-`"));
    }
    Some(name.to_owned())
}

fn action(cursor: &Cursor<'_>) -> Option<&'static Action> {
    let name = cursor.string()?;
    let action = Action::named(name);
    if action.is_none() {
        let known = ACTIONS.iter().map(|action| action.name);
        cursor.error_near(format!("`{name}` is no action"), name, known);
    }
    action
}

/// What the inputs of a branch or a loop say about the way that the execution takes.
fn control(cursor: &Cursor<'_>, action: &Action) -> Option<Control> {
    match action.name {
        "aws:branch" => conditions::branch(cursor).map(Control::Branch),
        "aws:loop" => repeated(cursor).map(Control::Loop),
        _ => Some(Control::None),
    }
}

fn repeated(cursor: &Cursor<'_>) -> Option<Loop> {
    let keys = ["Steps", "Iterators", "IteratorDataType", "LoopCondition", "MaxIterations"];
    let fields = cursor.fields(&keys)?;
    let steps = fields.required("Steps").and_then(read);
    if let (Some(steps), Some(place)) = (&steps, fields.optional("Steps"))
        && steps.is_empty()
        && place.list().is_some_and(|list| list.is_empty())
    {
        place.error("a loop has one step at least");
    }
    let rule = match (fields.optional("Iterators"), fields.optional("LoopCondition")) {
        (Some(items), None) => {
            let types: Vec<(&str, DataType)> = DataType::ALL.to_vec();
            let data_type = fields.optional("IteratorDataType");
            let data_type = data_type.and_then(|data_type| data_type.one_of(&types));
            inputs::read(items).map(|items| LoopRule::ForEach { items, data_type })
        }
        (None, Some(condition)) => {
            let max_iterations = fields.optional("MaxIterations").and_then(inputs::read);
            conditions::condition(condition)
                .map(|condition| LoopRule::While { condition, max_iterations })
        }
        (Some(_), Some(second)) => {
            second.error("a loop has either `Iterators` or `LoopCondition`, not both");
            None
        }
        (None, None) => {
            cursor.error("one of the keys `Iterators` and `LoopCondition` is missing");
            None
        }
    };
    Some(Loop { steps: steps?, rule: rule? })
}

/// The inputs of an action that does something.
fn plain_inputs(cursor: &Cursor<'_>, action: &Action) -> Vec<(String, Input)> {
    if matches!(action.name, "aws:branch" | "aws:loop") {
        return Vec::new();
    }
    let mut read = Vec::new();
    for (entry, value) in cursor.entries().unwrap_or_default() {
        let is_code = action.name == "aws:executeScript" && entry.key == "Script";
        let input = if is_code { inputs::read_code(&value) } else { inputs::read(&value) };
        read.extend(input.map(|input| (entry.key.clone(), input)));
    }
    read
}

fn outputs(fields: &Fields<'_>) -> Vec<Output> {
    let list = fields.optional("outputs").and_then(Cursor::list).unwrap_or_default();
    list.iter().filter_map(output).collect()
}

fn output(cursor: &Cursor<'_>) -> Option<Output> {
    let fields = cursor.fields(&["Name", "Selector", "Type"])?;
    let name = fields.required("Name").and_then(Cursor::string);
    let selector = fields.required("Selector").and_then(Cursor::parsed);
    let data_type = match fields.optional("Type") {
        Some(written) => written.one_of(&DataType::ALL),
        None => Some(DataType::String),
    };
    Some(Output {
        name: name?.to_owned(),
        position: cursor.position(),
        selector: selector?,
        data_type: data_type?,
    })
}

/// Reads the name of a step that is next.
pub(super) fn goal(cursor: &Cursor<'_>) -> Option<Goal> {
    Some(named(cursor, cursor.string()?))
}

fn named(cursor: &Cursor<'_>, step: &str) -> Goal {
    Goal { step: step.trim().to_owned(), position: cursor.position() }
}

fn on_failure(cursor: &Cursor<'_>) -> Option<OnFailure> {
    let text = cursor.string()?;
    match (text, text.strip_prefix("step:")) {
        ("Abort", _) => Some(OnFailure::Abort),
        ("Continue", _) => Some(OnFailure::Continue),
        (_, Some(step)) => Some(OnFailure::Step(named(cursor, step))),
        _ => cursor.expected("`Abort`, `Continue` or `step:NAME`"),
    }
}

fn on_cancel(cursor: &Cursor<'_>) -> Option<OnCancel> {
    let text = cursor.string()?;
    match (text, text.strip_prefix("step:")) {
        ("Abort", _) => Some(OnCancel::Abort),
        (_, Some(step)) => Some(OnCancel::Step(named(cursor, step))),
        _ => cursor.expected("`Abort` or `step:NAME`"),
    }
}
