//! What is foreseen of public documents, where they are there: nothing breaks, and what is not known is counted.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot be played has failed, and figures are for who asks for them"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use reeve_runbook::{DryRun, Format, Place, Runbook, Start, Wanted, effects, read_script};
use reeve_types::Partition;
use serde_json::{Map, Value, json};

use crate::player::START;

/// The documents, from the folder that `REEVE_SUITES` names or beside the checkout.
fn documents() -> Vec<(PathBuf, Runbook)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let folder = std::env::var_os("REEVE_SUITES").map_or(beside, PathBuf::from);
    let mut files = Vec::new();
    gather(&folder.join("ssm-automation"), &mut files);
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        let name = path.to_string_lossy();
        let mut runbook = Runbook::parse(&name, &text, Format::of_file(&name)).ok()?.runbook;
        // What values are allowed is not what is looked at here.
        for parameter in &mut runbook.parameters {
            parameter.allowed_pattern = None;
            parameter.characters = (None, None);
            parameter.kind.resource = None;
        }
        Some((path, runbook))
    };
    files.into_iter().filter_map(read).collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn start(runbook: &Runbook) -> Start {
    let place =
        Place { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
    let missing = runbook.parameters.iter().filter(|parameter| parameter.default.is_none());
    let parameters: Map<String, Value> = missing
        .filter_map(|parameter| {
            let candidates = [json!("x"), json!(1), json!(true), json!({}), json!([])];
            let first = parameter.allowed_values.first().cloned();
            let fits = |value: &Value| parameter.accept(value).is_ok();
            let value = first.into_iter().chain(candidates).find(fits)?;
            Some((parameter.name.clone(), value))
        })
        .collect();
    let at = START.parse().unwrap();
    Start { id: "run-1".to_owned(), place, parameters, target: None, at }
}

#[test]
fn every_public_document_is_gone_through_and_only_reads_are_made() {
    let (mut gone, mut refused, mut changes) = (0, 0, 0);
    for (path, runbook) in documents() {
        let Ok(mut run) = DryRun::begin(&runbook, start(&runbook)) else {
            refused += 1;
            continue;
        };
        loop {
            match run.next_wanted().unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
                Wanted::End => break,
                Wanted::Read(_) => run.answered(Ok(json!({}))).unwrap(),
                _ => {}
            }
        }
        gone += 1;
        changes += run.plan().changes().count();
    }
    println!("{gone} documents gone through, {changes} changes; {refused} need other parameters");
}

#[test]
fn what_public_documents_change_and_nothing_is_known_of_is_counted() {
    let mut unknown: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let (mut known, mut known_in_scripts) = (BTreeSet::new(), BTreeSet::new());
    let (mut in_steps, mut in_scripts) = (0, 0);
    let documents = documents();
    for (_, runbook) in &documents {
        // Neither may fail, whatever the document is.
        let permissions = runbook.permissions(Partition::Standard);
        assert!(permissions.needed.iter().all(|needed| !needed.resources.is_empty()));
        runbook.without_undo();
        for step in runbook.all_steps() {
            let calls = (step.action.calls)(step);
            let calls: Vec<(String, String)> =
                calls.into_iter().map(|call| (call.service, call.operation)).collect();
            let script = if step.action.name == "aws:executeScript" {
                read_script(step).calls
            } else {
                BTreeSet::new()
            };
            for (is_script, (service, operation)) in calls
                .into_iter()
                .map(|call| (false, call))
                .chain(script.into_iter().map(|call| (true, call)))
            {
                let model = reeve_model::catalog().service(&service).unwrap();
                if model.operation(&operation).is_ok_and(reeve_model::Operation::only_reads) {
                    continue;
                }
                let name = format!("{service}:{operation}");
                if effects().of(&service, &operation).is_some() {
                    if is_script { &mut known_in_scripts } else { &mut known }.insert(name);
                    continue;
                }
                let place = if is_script { "script" } else { "step" };
                unknown.entry(name).or_default().insert(place);
            }
        }
    }
    for places in unknown.values() {
        in_steps += usize::from(places.contains("step"));
        in_scripts += usize::from(!places.contains("step"));
    }
    println!(
        "{} documents: of the changing operations {} are known in steps and {} in scripts; {in_steps} are unknown in steps and \
         {in_scripts} in scripts only",
        documents.len(),
        known.len(),
        known_in_scripts.len(),
    );
    for (name, places) in &unknown {
        println!("  {name} {places:?}");
    }
}
