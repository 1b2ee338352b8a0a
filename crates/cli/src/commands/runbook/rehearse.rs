//! `reeve runbook rehearse`.

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_rehearsal::{
    CallView, ChangeView, DifferenceView, RehearsalError, RehearsalView, StepView, rehearse,
};
use serde_json::Value;

use super::{Globals, run::Request};
use crate::{
    exit::Status,
    setup,
    text::{count, plain},
};

/// How long inputs and answers are shown.
const LONGEST: usize = 120;

/// How many properties of a changed resource are shown.
const MOST_DIFFERENCES: usize = 12;

pub(crate) async fn run(globals: &Globals, request: &Request) -> Result<Status> {
    let app = setup::app(globals).await?;
    let request = request.read(&app)?;
    let rehearsed = rehearse(&app, &setup::context(), &request).await;
    let view = rehearsed.map_err(|error| match error {
        RehearsalError::App(error) => anyhow::Error::new(error),
        other => anyhow::Error::new(other),
    })?;
    globals.output().show(&view, text)?;
    Ok(match view.status.as_str() {
        "Success" => Status::Done,
        _ => Status::Failed,
    })
}

fn text(view: &RehearsalView) -> String {
    let mut text = heading(view);
    add_sentences(&mut text, "not there, or not known", &view.world.missing);
    add_sentences(&mut text, "not as in the account", &view.world.differing);
    add_steps(&mut text, view);
    add_changes(&mut text, &view.changes);
    let without: Vec<String> = view
        .without_undo
        .iter()
        .map(|found| format!("{} ({}): {}", found.what, found.call, found.why))
        .collect();
    add_sentences(&mut text, "could not be taken back", &without);
    let outputs = view.outputs.iter();
    let outputs: Vec<String> = outputs
        .map(|(name, value)| format!("{name} = {}", reeve_runbook::render(value).trim_end()))
        .collect();
    add_sentences(&mut text, "what it tells", &outputs);
    text
}

fn heading(view: &RehearsalView) -> String {
    let RehearsalView { runbook, account, region, status, seconds, .. } = view;
    let status = match status.as_str() {
        "Success" => status.green().to_string(),
        _ => status.red().to_string(),
    };
    let mut text = format!("{} in {account} {region}, rehearsed\n", runbook.bold());
    text += &format!("{status} after {}", lasting(*seconds));
    if let Some(failure) = &view.failure {
        text += &format!(": {}", plain(failure));
    }
    let types = &view.world.types;
    text += &format!(
        "\nnothing of it happened: it ran on a simulated copy, with {} of {}\n",
        count(types.values().sum(), "resource"),
        count(types.len(), "type")
    );
    text
}

fn add_sentences(text: &mut String, heading: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    *text += &format!("\n{}\n", heading.bold());
    for sentence in sentences {
        *text += &format!("  {}\n", plain(sentence));
    }
}

fn add_steps(text: &mut String, view: &RehearsalView) {
    *text += &format!("\n{}\n", "what it did".bold());
    let Some(first) = view.steps.first() else { return };
    let mut execution = &first.execution;
    for step in &view.steps {
        if step.execution != *execution {
            execution = &step.execution;
            *text += &format!("  {}\n", format!("the runbook {}", step.runbook).bold());
        }
        let offset = step.began_at.duration_since(first.began_at).as_secs();
        *text += &format!("  +{} {}\n", lasting(offset), step_line(step));
        add_calls(text, view, step);
        let answers = view.answers.iter();
        for answer in answers.filter(|it| it.execution == step.execution && it.step == step.step) {
            *text += &format!("      {} in the place of {}\n", answer.word, plain(&answer.by));
        }
    }
}

fn step_line(step: &StepView) -> String {
    let rounds: Vec<String> = step.rounds.iter().map(u32::to_string).collect();
    let mut line = step.step.bold().to_string();
    if !rounds.is_empty() {
        line += &format!(" round {}", rounds.join("."));
    }
    if step.attempt > 1 {
        line += &format!(" try {}", step.attempt);
    }
    line += &format!(" {}", step.action.unwrap_or_default().dimmed());
    if let Some(status) = &step.status {
        line += &format!(": {status}");
    }
    match step.seconds {
        Some(seconds) if seconds > 0 => line += &format!(" after {}", lasting(seconds)),
        _ => {}
    }
    if let Some(error) = &step.error {
        line += &format!(": {}", plain(error));
    }
    line
}

/// What a step did; what it asked again and again is told once, with the last answer.
fn add_calls(text: &mut String, view: &RehearsalView, step: &StepView) {
    let calls = step.calls.iter().filter_map(|number| view.calls.get(number.checked_sub(1)?));
    let mut groups: Vec<(&CallView, usize)> = Vec::new();
    for call in calls {
        match groups.last_mut() {
            Some((last, times))
                if call.reads && last.what == call.what && last.input == call.input =>
            {
                (*last, *times) = (call, *times + 1);
            }
            _ => groups.push((call, 1)),
        }
    }
    for (call, times) in groups {
        *text += &call_line(call, times);
    }
}

fn call_line(call: &CallView, times: usize) -> String {
    let verb = match (call.kind, call.reads) {
        ("script", _) => "runs a script in",
        ("runbook", _) => "runs",
        ("webhook", _) => "does not ask, and takes it to go well: the webhook",
        (_, true) => "reads",
        _ => "calls",
    };
    let indent = if call.script.is_some() { "        " } else { "      " };
    let input = one_line(&call.input);
    let mut line = format!("{indent}{verb} {} {input}", plain(&call.what));
    if times > 1 {
        line += &format!(" {times} times");
    }
    line.push('\n');
    let came_to = match (&call.answer, &call.error) {
        (_, Some(error)) => cut(&plain(error)),
        (Some(answer), None) => one_line(answer),
        (None, None) => String::new(),
    };
    line += &format!("{indent}  {}\n", format!("-> {came_to}").dimmed());
    for printed in call.printed.iter().flat_map(|printed| printed.lines()) {
        line += &format!("{indent}  | {}\n", plain(printed));
    }
    line
}

fn add_changes(text: &mut String, changes: &[ChangeView]) {
    *text += &format!("\n{}\n", "what is different then".bold());
    if changes.is_empty() {
        *text += "  nothing\n";
    }
    for change in changes {
        let word = match change.change {
            "created" => change.change.green().to_string(),
            "deleted" => change.change.red().to_string(),
            other => other.yellow().to_string(),
        };
        *text += &format!("  {word} {} {}\n", change.resource_type, plain(&change.id));
        for difference in change.differences.iter().take(MOST_DIFFERENCES) {
            let DifferenceView { path, before, after } = difference;
            *text +=
                &format!("      {path}: {} -> {}\n", shown(before.as_ref()), shown(after.as_ref()));
        }
        let more = change.differences.len().saturating_sub(MOST_DIFFERENCES);
        if more > 0 {
            *text += &format!("      and {more} more: `--json` shows them\n");
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "\"\"".to_owned(),
        Some(value) => cut(&plain(&reeve_runbook::render(value))),
    }
}

fn one_line(value: &Value) -> String {
    cut(&plain(&value.to_string()))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `45 s`, `3 min 5 s`, `2 h 30 min`.
fn lasting(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, rest) => format!("{minutes} min {rest} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
