//! The page about the runbooks of a library: what each does, what it takes, what it has to be allowed, what stays.

use std::collections::BTreeSet;

use reeve_runbook::{Parameter, Runbook, render};
use reeve_types::Partition;

use super::{Library, NamedRunbook, read_runbook};
use crate::Error;

const HEAD: &str = "# Runbooks

Made from the runbooks themselves by `cargo run -p reeve-app --example runbooks`; a test holds this page against them.

Each of them is an SSM Automation document in `crates/app/runbooks`, which also runs in the service itself. `reeve runbook show`,
`dry-run` and `policy` tell more of one: its steps, the calls that it would make now, the policy with the resources.
";

/// The page.
pub fn runbook_reference(library: &Library) -> Result<String, Error> {
    let mut page = HEAD.to_owned();
    page.push_str("\n| runbook | what it does |\n| --- | --- |\n");
    for (named, _) in library.iter() {
        let runbook = read_runbook(named)?;
        let anchor = named.name.to_lowercase();
        page.push_str(&format!("| [{}](#{anchor}) | {} |\n", named.name, first_sentence(&runbook)));
    }
    for (named, _) in library.iter() {
        page.push_str(&section(named, &read_runbook(named)?));
    }
    Ok(page)
}

fn section(named: &NamedRunbook, runbook: &Runbook) -> String {
    let mut text = format!("\n## {}\n\n{}\n", named.name, description(runbook));
    if !runbook.parameters.is_empty() {
        text.push_str("\n| parameter | type | default | |\n| --- | --- | --- | --- |\n");
        text.extend(runbook.parameters.iter().map(parameter));
    }
    text.push_str(&format!("\nIt needs {}.\n", permissions(runbook)));
    let without = runbook.without_undo();
    if without.is_empty() {
        text.push_str(
            "\nEach of its changes has a way back, where what was there before allows one.\n",
        );
    } else {
        text.push_str("\nWhat cannot be taken back:\n\n");
        let lines = without.iter().map(|it| format!("- `{}`: {}\n", it.step, it.why));
        text.extend(lines.collect::<BTreeSet<_>>());
    }
    text
}

fn parameter(parameter: &Parameter) -> String {
    let default = match &parameter.default {
        None => "required".to_owned(),
        Some(default) if render(default).is_empty() => String::new(),
        Some(default) => format!("`{}`", render(default)),
    };
    let about = parameter.description.as_deref().unwrap_or_default().trim();
    format!("| `{}` | `{}` | {default} | {about} |\n", parameter.name, parameter.kind)
}

/// The permissions by name, the ones that only some calls need included.
fn permissions(runbook: &Runbook) -> String {
    let permissions = runbook.permissions(Partition::Standard);
    let needed: BTreeSet<String> =
        permissions.needed.iter().map(|needed| format!("`{}`", needed.action)).collect();
    if needed.is_empty() {
        return "no permission".to_owned();
    }
    needed.into_iter().collect::<Vec<_>>().join(", ")
}

fn description(runbook: &Runbook) -> &str {
    runbook.description.as_deref().unwrap_or_default().trim()
}

/// The first sentence of the description, on one line.
fn first_sentence(runbook: &Runbook) -> String {
    let line = description(runbook).split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    line.get(..end).unwrap_or(&line).to_owned()
}
