//! The same number of steps by DBOS and Restate, which `scripts/bench-others` installs.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Result;

use super::Rate;

/// Who is compared: a name, the program, its script.
const OTHERS: [(&str, &str, &str); 3] = [
    ("DBOS on SQLite", ".venv/dbos/bin/python", "dbos_steps.py"),
    ("DBOS on PostgreSQL", ".venv/dbos/bin/python", "dbos_steps.py"),
    ("Restate", "node", "restate_steps.mjs"),
];

const FOLDER: &str = "crates/bench/counterparts";

/// What a counterpart did, or why there is nothing to show.
type Outcome = Result<Rate, String>;

/// Asks each for the same number of steps.
pub(super) fn measure(executions: &str, steps: &str) -> Result<Vec<(String, Outcome)>> {
    let mut outcomes = Vec::new();
    for (name, program, script) in OTHERS {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(program);
        command.arg(Path::new(FOLDER).join(script)).args([executions, steps]).arg(folder.path());
        if name.ends_with("PostgreSQL") {
            command.arg("--postgres");
        }
        outcomes.push((name.to_owned(), ask(&mut command)));
    }
    Ok(outcomes)
}

fn ask(command: &mut Command) -> Outcome {
    let Ok(output) = command.stderr(Stdio::inherit()).output() else {
        return Err("not installed: scripts/bench-others".to_owned());
    };
    let last = output.stdout.split(|byte| *byte == b'\n').rfind(|line| line.starts_with(b"{"));
    match last.map(serde_json::from_slice) {
        Some(Ok(rate)) if output.status.success() => Ok(rate),
        _ => Err("failed, or not installed".to_owned()),
    }
}
