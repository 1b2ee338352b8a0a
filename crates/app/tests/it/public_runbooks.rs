//! Public runbooks, run to their end on the simulated AWS.
//!
//! The documents are other people's and not in this repository: they are read from the folder of public suites (`REEVE_SUITES`,
//! else `shared/suites` beside the checkout), and where it is absent nothing is run. `public_runbooks/runs.yaml` tells what there
//! is before each and what it is given. Every document of the suite is either in that table, or cannot be run for a reason that
//! is found in the document itself.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use reeve_app::{
    App,
    executions::{NamedRunbook, StartRequest},
};
use reeve_aws::Target;
use reeve_document::{Entry, Node, NodeValue};
use reeve_runbook::{Format, Runbook};
use serde_json::{Map, Value, json};

use crate::{
    die::live_long,
    endurance::{execution, see_to_the_end},
    executions::{ana, summaries},
    world::{SHOP, World},
};

const RUNS: &str = include_str!("public_runbooks/runs.yaml");

/// How scripts are marked that the document's own build puts in.
const PLACEHOLDERS: [&str; 2] = ["%%SCRIPT=", "SCRIPT_PLACEHOLDER::"];

fn suite() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let suites = env::var_os("REEVE_SUITES").map_or(beside, PathBuf::from);
    let folder = suites.join("ssm-automation");
    folder.is_dir().then_some(folder)
}

/// Every document below a folder.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(documents(&path));
        } else if path
            .extension()
            .is_some_and(|kind| ["json", "yaml", "yml"].iter().any(|it| kind == *it))
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rows of the table.
fn runs() -> Vec<Value> {
    plain(&reeve_document::parse_yaml(RUNS).unwrap()).as_array().unwrap().clone()
}

fn plain(node: &Node) -> Value {
    match &node.value {
        NodeValue::Null => Value::Null,
        NodeValue::Bool(flag) => Value::Bool(*flag),
        NodeValue::Number(text) => serde_json::from_str(text).unwrap(),
        NodeValue::String(text) => Value::from(text.as_str()),
        NodeValue::List(elements) => elements.iter().map(plain).collect(),
        NodeValue::Map(entries) => {
            let member = |entry: &Entry| (entry.key.clone(), plain(&entry.value));
            Value::Object(entries.iter().map(member).collect())
        }
    }
}

fn target() -> Target {
    Target {
        account: Some(SHOP.parse().unwrap()),
        region: "eu-west-1".parse().unwrap(),
        actor: "test".to_owned(),
        reason: None,
        role: None,
    }
}

/// A value with `=name.pointer` replaced by what an earlier answer tells.
fn filled(value: &Value, answers: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) if text.starts_with('=') => {
            let path = format!("/{}", text.trim_start_matches('=').replace('.', "/"));
            let answers = Value::Object(answers.clone());
            answers.pointer(&path).unwrap_or_else(|| panic!("{text}: {answers:#}")).clone()
        }
        Value::Array(elements) => elements.iter().map(|it| filled(it, answers)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, it)| (name.clone(), filled(it, answers)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// Makes what there is before; what each call answered, by the name that it is given.
async fn prepare(app: &App, steps: &Value) -> Result<Map<String, Value>, String> {
    let mut answers = Map::new();
    for step in steps.as_array().into_iter().flatten() {
        if let Some(minutes) = step["wait"].as_i64() {
            app.clock.set(app.clock.now() + jiff::SignedDuration::from_mins(minutes));
            continue;
        }
        let (service, operation) = step["call"].as_str().unwrap().split_once(':').unwrap();
        let input = filled(step.get("with").unwrap_or(&json!({})), &answers);
        let input = app.client.read_input(&target(), (service, operation), &input).unwrap();
        let answer = app.client.call(&target(), service, operation, input).await;
        let answer = answer.map_err(|error| error.to_string())?.to_json();
        answers.insert(step["as"].as_str().unwrap_or_default().to_owned(), answer);
    }
    Ok(answers)
}

/// Runs a document; how it ended, and the steps that did not go well, one a line.
fn run(path: &Path, row: &Value) -> String {
    let world = World::new("");
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    live_long(&world, async |app| {
        let answers = match prepare(app, &row["before"]).await {
            Ok(answers) => answers,
            Err(why) => return format!("not prepared: {why}"),
        };
        let request = StartRequest {
            runbook: NamedRunbook::of_file(&name, text),
            account: SHOP.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            parameters: filled(&row["parameters"], &answers).as_object().unwrap().clone(),
            reason: "a test".to_owned(),
        };
        if let Err(error) = app.start_execution(&ana(), &request).await {
            return format!("refused: {error}");
        }
        see_to_the_end(app).await;
        let detail = execution(app).await;
        let failed = summaries(&detail)
            .into_iter()
            .filter(|summary| summary.contains(": Failed") || summary.contains(": TimedOut"));
        format!("{}\n{}", detail.execution.status, failed.collect::<Vec<_>>().join("\n"))
    })
}

/// Why a document cannot be run here, going by what is in it.
fn obstacle(name: &str, text: &str) -> Option<String> {
    if PLACEHOLDERS.iter().any(|mark| text.contains(mark)) {
        return Some("its scripts are not in it: its own build puts them in".to_owned());
    }
    match Runbook::parse(name, text, Format::of_file(name)) {
        Err(_) => Some("it is malformed".to_owned()),
        Ok(_) => None,
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "which of them ran is the report that is asked for")]
fn public_runbooks_run_to_their_end() {
    let Some(folder) = suite() else {
        eprintln!("the public suite ssm-automation is not there, and is not run");
        return;
    };
    let runs = runs();
    let (mut told, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    let every = documents(&folder);
    for path in &every {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        let rows: Vec<&Value> =
            runs.iter().filter(|row| name.ends_with(row["document"].as_str().unwrap())).collect();
        let text = fs::read_to_string(path).unwrap();
        if let Some(why) = obstacle(&name, &text) {
            *told.entry(format!("not run: {why}")).or_default() += 1;
            if !rows.is_empty() {
                wrong.push(format!("{name}: {why}, but it has a row"));
            }
            continue;
        }
        if rows.is_empty() {
            wrong.push(format!("{name}: it can be run, and has no row"));
        }
        for row in rows {
            if let Some(why) = row["cannot"].as_str() {
                *told.entry(format!("not run: {why}")).or_default() += 1;
                continue;
            }
            let (ended, wanted) = (run(path, row), row["ends"].as_str().unwrap_or("Success"));
            *told.entry(format!("ran to {wanted}")).or_default() += 1;
            let because = row["because"].as_str().unwrap_or_default();
            if ended.lines().next() != Some(wanted) || !ended.contains(because) {
                wrong.push(format!("{name}: {ended}, not {wanted}"));
            }
        }
    }
    let told: Vec<String> = told.iter().map(|(what, count)| format!("{count:4} {what}")).collect();
    eprintln!("{} documents:\n{}", every.len(), told.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
