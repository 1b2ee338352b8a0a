//! Asks botocore about the cases that failed.
//!
//! The models are botocore's own, of the release that `tests/third-party/requirements.txt` installs. Where its engine makes of
//! a case's parameters exactly what ours makes of them, the published rules say something else than the case.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use reeve_model::catalog;
use serde_json::{Value as Json, json};

use crate::{
    NotPassed,
    files::At,
    folder,
    suites::aws_endpoints::{Case, endpoint},
};

const SCRIPT: &str = include_str!("second_opinion.py");

/// Turns failures into skips where botocore resolves the case as we do.
pub(super) fn ask(failed: Vec<(&Case, &mut NotPassed)>) {
    if failed.is_empty() {
        return;
    }
    let questions: Vec<String> = failed.iter().map(|(case, _)| question(case)).collect();
    let answers = answers(&questions);
    for (position, (case, outcome)) in failed.into_iter().enumerate() {
        let NotPassed::Failed(difference) = &outcome else { continue };
        *outcome = match &answers {
            Err(why) => {
                NotPassed::Failed(format!("{difference} (botocore cannot be asked: {why})"))
            }
            Ok(opinion) => judge(case, difference, opinion, position),
        };
    }
}

fn judge(case: &Case, difference: &str, opinion: &Opinion, position: usize) -> NotPassed {
    let resolved = case.resolved();
    let same = opinion.answers.get(position).is_some_and(|answer| plain(answer) == resolved);
    // Where the rules make of the parameters what the case asks for, only the way from the operation to them can be wrong.
    if same && resolved != case.expected() {
        let release = &opinion.release;
        NotPassed::Skipped(format!(
            "the published rules of botocore {release} say otherwise: {difference}"
        ))
    } else {
        NotPassed::Failed(difference.to_owned())
    }
}

fn question(case: &Case) -> String {
    json!({ "service": case.service.name().as_str(), "parameters": case.parameters() }).to_string()
}

/// An answer as the cases write it.
fn plain(answer: &Json) -> Json {
    match answer.get("endpoint") {
        Some(found) => endpoint(found.at("url"), found.at("properties"), found.at("headers")),
        None => answer.clone(),
    }
}

struct Opinion {
    release: String,
    answers: Vec<Json>,
}

fn answers(questions: &[String]) -> Result<Opinion, String> {
    let python = python();
    if !python.is_file() {
        return Err("there is no Python environment, hint: run `scripts/venv`".to_owned());
    }
    let mut asked = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut input = asked.stdin.take().ok_or("no standard input")?;
    let questions = questions.join("\n");
    let output = thread::scope(|scope| {
        // Both sides write; neither may wait for the other to have read all.
        scope.spawn(move || input.write_all(questions.as_bytes()));
        asked.wait_with_output()
    });
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(complaint.lines().last().unwrap_or("it failed").to_owned());
    }
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut answers = Vec::new();
    for line in lines {
        answers.push(serde_json::from_slice::<Json>(line).map_err(|error| error.to_string())?);
    }
    if answers.is_empty() {
        return Err("it did not answer".to_owned());
    }
    let release = answers.remove(0).at("release").as_str().unwrap_or_default().to_owned();
    let wanted = catalog().botocore_version();
    if release != wanted {
        return Err(format!(
            "it is {release} and the models are from {wanted}, hint: run `scripts/venv`"
        ));
    }
    Ok(Opinion { release, answers })
}

fn python() -> PathBuf {
    folder::checkout().join(".venv/bin/python")
}
