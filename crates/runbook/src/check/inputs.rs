//! Every action gets what it takes.

use reeve_document::{Diagnostic, Problems, nearest};
use serde_json::Value;

use crate::{
    action::InputDefinition, data_type::DataType, input::Input, runbook::Runbook, step::Step,
};

pub(super) fn check(runbook: &Runbook, problems: &Problems) {
    for step in runbook.all_steps() {
        for (name, input) in &step.inputs {
            match step.action.input(name) {
                Some(definition) => check_value(definition, input, problems),
                None if step.action.takes_any => {}
                // An action that takes nothing looks at nothing.
                None if step.action.inputs.is_empty() => problems.warn(unknown(step, name, input)),
                None => problems.error(unknown(step, name, input)),
            }
        }
        for definition in step.action.inputs.iter().filter(|definition| definition.is_required) {
            if step.input(definition.name).is_none() {
                let message =
                    format!("`{}` needs the input `{}`", step.action.name, definition.name);
                problems.error(Diagnostic::new(
                    step.position,
                    format!("{}.inputs", step.path),
                    message,
                ));
            }
        }
        check_script(runbook, step, problems);
        for (key, input) in
            [("maxAttempts", &step.max_attempts), ("timeoutSeconds", &step.timeout_seconds)]
        {
            check_count(key, input.as_ref(), problems);
        }
    }
}

fn unknown(step: &Step, name: &str, input: &Input) -> Diagnostic {
    let message = format!("`{}` takes no input `{name}`", step.action.name);
    let diagnostic = Diagnostic::new(input.position, &input.path, message);
    let known: Vec<&str> = step.action.inputs.iter().map(|input| input.name).collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => diagnostic.with_hint("it takes none"),
        None => diagnostic.with_hint(format!("known here: {}", known.join(", "))),
    }
}

/// What is written without references is known to fit or not.
fn check_value(definition: &InputDefinition, input: &Input, problems: &Problems) {
    let (Some(data_type), Some(value)) = (definition.data_type, input.as_literal()) else { return };
    let converted = match data_type.convert(&value) {
        Ok(converted) => converted,
        Err(error) => {
            problems.error(Diagnostic::new(input.position, &input.path, error.to_string()));
            return;
        }
    };
    if let Some(text) = converted.as_str()
        && !definition.allowed.is_empty()
        && !definition.allowed.contains(&text)
    {
        let message = format!("`{text}` is none of {}", definition.allowed.join(", "));
        let diagnostic = Diagnostic::new(input.position, &input.path, message);
        problems.error(match nearest(text, definition.allowed.iter().copied()) {
            Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
            None => diagnostic,
        });
    }
}

/// A script has a text or a file, and in Python the function that is called.
fn check_script(runbook: &Runbook, step: &Step, problems: &Problems) {
    if step.action.name != "aws:executeScript" {
        return;
    }
    let wrong =
        |message: String| Diagnostic::new(step.position, format!("{}.inputs", step.path), message);
    let runtime = step.input("Runtime").and_then(Input::as_text).unwrap_or_default();
    if runtime.starts_with("python") && step.input("Handler").is_none() {
        problems.error(wrong("a script in Python needs the input `Handler`".to_owned()));
    }
    if runtime.starts_with("PowerShell") {
        if step.input("Handler").is_some() {
            problems.warn(wrong("`Handler` counts for nothing in PowerShell".to_owned()));
        }
        if step.input("Script").is_none() && step.input("Attachment").is_some() {
            let message = "a script in PowerShell needs the input `Script`: an `Attachment` alone cannot be run";
            problems.error(wrong(message.to_owned()));
            return;
        }
    }
    match (step.input("Script"), step.input("Attachment")) {
        (None, None) => {
            problems.error(wrong("the input `Script` or `Attachment` is missing".to_owned()));
        }
        (None, Some(attachment)) => {
            let name = attachment.as_text().unwrap_or_default();
            let has_files = !runbook.files.is_empty();
            if has_files && !runbook.files.iter().any(|file| file.name == name) {
                problems.error(wrong(format!("the file `{name}` is not among `files`")));
            }
        }
        (Some(_), Some(_)) => {
            problems.warn(wrong("`Attachment` counts for nothing beside `Script`".to_owned()));
        }
        (Some(script), None) => check_handler(step, script, problems),
    }
}

/// The function that is called is one of the script's.
fn check_handler(step: &Step, script: &Input, problems: &Problems) {
    let (Some(text), Some(handler)) =
        (script.as_text(), step.input("Handler").and_then(Input::as_text))
    else {
        return;
    };
    let defines = |line: &str| {
        let rest = line.trim_start().trim_start_matches("async ").strip_prefix("def ");
        rest.is_some_and(|rest| rest.trim_start().starts_with(&format!("{handler}(")))
    };
    // Code that is filled in later cannot be looked at: `%%SCRIPT=…%%`, `SCRIPT_PLACEHOLDER::…`.
    let is_whole = !text.contains("%%") && !text.contains("PLACEHOLDER");
    if is_whole && !text.lines().any(defines) {
        let message = format!("no function `{handler}` is defined in the script");
        problems.warn(Diagnostic::new(script.position, &script.path, message));
    }
}

fn check_count(key: &str, input: Option<&Input>, problems: &Problems) {
    let Some(input) = input else { return };
    let Some(value) = input.as_literal() else { return };
    let number = DataType::Integer.convert(&value).ok();
    if number.as_ref().and_then(Value::as_i64).is_none_or(|number| number < 1) {
        let message = format!("`{key}` is a whole number from 1");
        problems.error(Diagnostic::new(input.position, &input.path, message));
    }
}
