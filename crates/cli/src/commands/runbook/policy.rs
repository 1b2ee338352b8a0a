//! `reeve runbook policy`.

use anyhow::Result;
use reeve_app::executions::{RunbookPolicyView, runbook_policy};
use reeve_types::Region;

use super::{Globals, find, library};
use crate::exit::Status;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A runbook's name, or a file.
    runbook: String,
    /// A Region of the partition that the policies are for.
    #[arg(long, default_value = "us-east-1")]
    region: Region,
}

pub(crate) fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let named = find(&library(globals)?, &arguments.runbook)?;
    let view = runbook_policy(&named, arguments.region.partition())?;
    globals.output().show(&view, text)?;
    Ok(Status::Done)
}

fn text(view: &RunbookPolicyView) -> String {
    let mut text = String::new();
    if let Some(role) = &view.role {
        text += &format!(
            "# it runs as `{role}`, whose policies are these; the last is of the account's own role\n"
        );
    }
    for policy in view.policies.iter().chain(&view.entry) {
        text +=
            &format!("# {}, {} of {} characters\n", policy.name, policy.characters, policy.limit);
        for statement in &policy.statements {
            text += &format!("#   {}: {}\n", statement.sid, statement.purpose);
        }
        text += &format!("{:#}\n", policy.document);
    }
    for unclear in &view.unclear {
        text += &format!("# not known: {unclear}\n");
    }
    if view.policies.is_empty() {
        text += "# it calls nothing of AWS\n";
    }
    text
}
