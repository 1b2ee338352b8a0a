//! `reeve runbook lint`.

use anyhow::{Context as _, Result};
use reeve_app::executions::Library;
use reeve_document::{Diagnostic, Diagnostics};
use reeve_runbook::{Format, Runbook, UNDO_SUFFIX};
use serde::Serialize;

use super::{Globals, find, library};
use crate::exit::Status;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files, or names of runbooks; all runbooks of the estate folder and of Reeve if none is named.
    runbooks: Vec<String>,
    /// Fail on warnings too.
    #[arg(long)]
    strict: bool,
}

#[derive(Serialize)]
struct Finding {
    runbook: String,
    /// `error`, which the service refuses as well, or `warning`.
    severity: &'static str,
    line: Option<usize>,
    column: Option<usize>,
    path: String,
    message: String,
    hint: Option<String>,
    #[serde(skip)]
    text: String,
}

/// 0: nothing is wrong; 2: something is.
pub(crate) fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let mut findings = Vec::new();
    let mut checked = 0_usize;
    let library = library(globals)?;
    for (name, format, text) in texts(&library, arguments)? {
        checked += 1;
        findings.extend(check(&name, &text, format));
        let of_library = library.get(&name).filter(|_| name.ends_with(UNDO_SUFFIX));
        let wrong = of_library.map(|undo| library.check_undo(undo)).unwrap_or_default();
        findings.extend(wrong.iter().map(|wrong| finding(&name, "error", wrong)));
    }
    let errors = findings.iter().filter(|finding| finding.severity == "error").count();
    let data = serde_json::json!({ "checked": checked, "findings": findings });
    globals.output().show(&data, |_| {
        let mut text: String =
            findings.iter().map(|finding| format!("{}\n", finding.text)).collect();
        let warnings = findings.len() - errors;
        text += &format!("{checked} runbooks: {errors} errors, {warnings} warnings\n");
        text
    })?;
    let fails = errors > 0 || arguments.strict && !findings.is_empty();
    Ok(if fails { Status::Invalid } else { Status::Done })
}

type Named = (String, Format, String);

fn texts(library: &Library, arguments: &Arguments) -> Result<Vec<Named>> {
    if arguments.runbooks.is_empty() {
        let all = library.iter().map(|(runbook, _)| runbook);
        let all = all.chain(library.undo_documents()).cloned();
        return Ok(all.map(|runbook| (runbook.name, runbook.format, runbook.text)).collect());
    }
    let mut texts = Vec::new();
    for name in &arguments.runbooks {
        if std::path::Path::new(name).is_file() {
            let text =
                std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"))?;
            texts.push((name.clone(), Format::of_file(name), text));
        } else {
            let runbook = find(library, name)?;
            texts.push((runbook.name, runbook.format, runbook.text));
        }
    }
    Ok(texts)
}

fn check(name: &str, text: &str, format: Format) -> Vec<Finding> {
    match Runbook::parse(name, text, format) {
        Ok(checked) => {
            checked.warnings.iter().map(|warning| finding(name, "warning", warning)).collect()
        }
        Err(errors) => errors.iter().map(|error| finding(name, "error", error)).collect(),
    }
}

fn finding(name: &str, severity: &'static str, diagnostic: &Diagnostic) -> Finding {
    let one = Diagnostics::of(name, diagnostic.clone());
    Finding {
        runbook: name.to_owned(),
        severity,
        line: diagnostic.position.map(|position| position.line),
        column: diagnostic.position.map(|position| position.column),
        path: diagnostic.path.clone(),
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
        text: format!("{severity}: {one}"),
    }
}
