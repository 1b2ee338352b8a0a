//! Reading a document: every key in its place, every text a template, and all that is wrong at once.

mod conditions;
mod declarations;
mod inputs;
mod steps;

use reeve_document::{Cursor, Diagnostics, Fields, NodeValue, Problems, parse_json, parse_yaml};

use crate::{
    check,
    reference::Reference,
    runbook::{Attachment, Checked, Format, Runbook, RunbookOutput},
};

/// The version that is read.
const SCHEMA_VERSION: &str = "0.3";

const KEYS: [&str; 8] = [
    "schemaVersion",
    "description",
    "assumeRole",
    "parameters",
    "variables",
    "mainSteps",
    "outputs",
    "files",
];

/// Reads and checks a document.
pub(crate) fn read(file: &str, text: &str, format: Format) -> Result<Checked, Diagnostics> {
    let parsed = match format {
        Format::Yaml => parse_yaml(text),
        Format::Json => parse_json(text),
    };
    let node = parsed.map_err(|diagnostic| Diagnostics::of(file, diagnostic))?;
    let problems = Problems::accepting_repetitions();
    let runbook = read_runbook(&Cursor::new(&node, &problems));
    if let Some(runbook) = &runbook {
        check::check(runbook, &check::Written::of(&node), &problems);
    }
    let (runbook, warnings) = problems.finish(file, runbook)?;
    Ok(Checked { runbook, warnings })
}

fn read_runbook(root: &Cursor<'_>) -> Option<Runbook> {
    let fields = root.fields(&KEYS)?;
    version(&fields);
    let steps = fields.required("mainSteps").and_then(steps::read);
    if let (Some(steps), Some(cursor)) = (&steps, fields.optional("mainSteps"))
        && steps.is_empty()
        && cursor.list().is_some_and(|list| list.is_empty())
    {
        cursor.error("a runbook has one step at least");
    }
    Some(Runbook {
        description: optional_text(&fields, "description"),
        assume_role: fields.optional("assumeRole").and_then(inputs::read),
        parameters: fields.optional("parameters").map(declarations::parameters).unwrap_or_default(),
        variables: fields.optional("variables").map(declarations::variables).unwrap_or_default(),
        steps: steps.unwrap_or_default(),
        outputs: fields.optional("outputs").and_then(outputs).unwrap_or_default(),
        files: fields.optional("files").and_then(files).unwrap_or_default(),
    })
}

fn version(fields: &Fields<'_>) {
    let Some(version) = fields.required("schemaVersion") else { return };
    match &version.node().value {
        NodeValue::String(text) if text == SCHEMA_VERSION => {}
        NodeValue::Number(text) if text == SCHEMA_VERSION => {
            version.error_with_hint("the version is a string", "put it in quotes: '0.3'");
        }
        _ => {
            let found = version.node().describe();
            version.error(format!("an Automation document has the version '0.3', found {found}"));
        }
    }
}

/// A text that may be absent. What is no text is noted.
fn optional_text(fields: &Fields<'_>, key: &str) -> Option<String> {
    fields.optional(key).and_then(Cursor::string).map(str::to_owned)
}

/// True or false, which many write as a text.
fn truth(cursor: &Cursor<'_>) -> Option<bool> {
    match &cursor.node().value {
        NodeValue::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        NodeValue::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => cursor.bool(),
    }
}

/// The outputs of the whole: `step.Output`, with or without braces.
fn outputs(cursor: &Cursor<'_>) -> Option<Vec<RunbookOutput>> {
    let read = |element: Cursor<'_>| {
        let text = element.string()?.trim();
        let inside = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
        match Reference::parse(inside.unwrap_or(text)) {
            Ok(reference) => Some(RunbookOutput {
                reference,
                position: element.position(),
                path: element.path().to_owned(),
            }),
            Err(error) => {
                element.error(error.to_string());
                None
            }
        }
    };
    let outputs: Vec<RunbookOutput> = cursor.list()?.into_iter().filter_map(read).collect();
    Some(outputs)
}

fn files(cursor: &Cursor<'_>) -> Option<Vec<Attachment>> {
    let mut files = Vec::new();
    for (entry, value) in cursor.entries()? {
        let Some(fields) = value.fields(&["checksums", "size"]) else { continue };
        let checksums = fields.required("checksums").and_then(Cursor::entries);
        let checksums = checksums
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(algorithm, sum)| Some((algorithm.key.clone(), sum.string()?.to_owned())));
        let file = Attachment {
            name: entry.key.clone(),
            position: value.position(),
            path: value.path().to_owned(),
            checksums: checksums.collect(),
        };
        let is_digest =
            |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !file.sha256().is_some_and(is_digest) {
            value.error("a file needs `checksums: {sha256: …}`: 64 hexadecimal digits".to_owned());
        }
        files.push(file);
    }
    Some(files)
}
