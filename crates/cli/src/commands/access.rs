//! `reeve access`: what Reeve calls, and the IAM policies that allow exactly that.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use reeve_app::{
    AccessRequest,
    executions::role_note,
    views::access::{AccessView, AccountAccessView, EntryAccessView, KnownCallView, PolicyView},
};
use reeve_authority::Level;
use reeve_types::{AccountId, Arn};

use super::Globals;
use crate::{
    exit::{Status, WrongInput},
    load::{self, Folder},
    output::say,
    setup,
    table::table,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The IAM policies that allow what happens in the estate, and no more.
    Policy(Policy),
    /// Every operation that Reeve calls of its own accord, and the permission that it needs.
    Calls,
}

#[derive(clap::Args)]
struct Policy {
    /// Only this account, by id or name; several may be given.
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',')]
    account: Vec<String>,
    /// How far Reeve may go: `observe`, `propose` or `act`; otherwise as far as estate.yaml lets it.
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,
    /// Whom the roles are to trust: the ARN of the role or user that Reeve runs as, or an account id.
    #[arg(long, value_name = "ARN", value_parser = principal)]
    principal: Option<String>,
    /// Write each document to a file of this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let folder = Folder::read(&globals.folder)?;
    match arguments.command {
        Command::Calls => {
            globals
                .output()
                .show(&reeve_app::known_calls(&folder.estate), |calls| call_table(calls))?;
        }
        Command::Policy(policy) => print(globals, &folder, policy)?,
    }
    Ok(Status::Done)
}

fn print(globals: &Globals, folder: &Folder, policy: Policy) -> Result<()> {
    let Policy { account, level, principal, out } = policy;
    let find =
        |text: &String| load::account(&folder.estate, text).map(|account| account.id.clone());
    let accounts: Vec<AccountId> = account.iter().map(find).collect::<Result<_, WrongInput>>()?;
    let config = setup::client_config(folder, globals)?;
    let request = AccessRequest { accounts, level, principal };
    let mut view = reeve_app::access(&folder.estate, &config, &request)?;
    view.notes.extend(role_note(&load::runbooks(&folder.path)?));
    match out {
        Some(out) => globals.output().show(&write_all(&view, &out)?, |files| files.join("\n"))?,
        None => globals.output().show(&view, text)?,
    }
    for note in &view.notes {
        say(&format!("note: {note}"));
    }
    Ok(())
}

/// Every document of an answer, the accounts' first.
fn documents(view: &AccessView) -> impl Iterator<Item = &PolicyView> {
    let accounts = view.accounts.iter().map(|it| (&it.policies, &it.trust_policy));
    let entry = view.entry.iter().map(|it| (&it.policies, &it.trust_policy));
    accounts.chain(entry).flat_map(|(policies, trust)| policies.iter().chain(trust))
}

/// Writes each document to a file; the paths of the files.
fn write_all(view: &AccessView, out: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let write = |policy: &PolicyView| {
        let path = out.join(format!("{}.json", policy.name));
        let text = serde_json::to_string_pretty(&policy.document)? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path.display().to_string())
    };
    documents(view).map(write).collect()
}

fn text(view: &AccessView) -> String {
    let mut text = String::new();
    for account in &view.accounts {
        let AccountAccessView { account, name, level, role_arn, policies, trust_policy } = account;
        let whose = role_arn.as_ref().map_or_else(
            || "the base credentials are its own and need".to_owned(),
            |role| format!("{role} needs"),
        );
        writeln!(text, "account {account} ({name}), to {level}: {whose}").ok();
        for policy in policies {
            show(policy, &mut text);
        }
        if let Some(trust) = trust_policy {
            writeln!(text, "account {account} ({name}): the role's trust policy").ok();
            show(trust, &mut text);
        }
    }
    for EntryAccessView { profile, role_arn, policies, trust_policy } in &view.entry {
        let who = match (role_arn, profile) {
            (Some(role), _) => format!("{role}, on the way, needs"),
            (None, Some(profile)) => {
                format!("the base credentials of the profile `{profile}` need")
            }
            (None, None) => "the base credentials need".to_owned(),
        };
        writeln!(text, "{who}").ok();
        for policy in policies {
            show(policy, &mut text);
        }
        if let Some(trust) = trust_policy {
            writeln!(text, "its trust policy").ok();
            show(trust, &mut text);
        }
    }
    text
}

fn show(policy: &PolicyView, text: &mut String) {
    let PolicyView { name, characters, limit, statements, document } = policy;
    writeln!(text, "\n  {name}, {characters} of {limit} characters").ok();
    for statement in statements {
        writeln!(text, "    {}: {}", statement.sid, statement.purpose).ok();
    }
    writeln!(text, "\n{document:#}\n").ok();
}

fn call_table(calls: &[KnownCallView]) -> String {
    let row = |call: &KnownCallView| {
        [
            format!("{}:{}", call.service, call.operation),
            call.purpose.clone(),
            if call.permissions.is_empty() {
                "none".to_owned()
            } else {
                call.permissions.join(" ")
            },
            call.resource_types.join(" "),
        ]
    };
    table(["call", "to", "permission", "resource types"], calls.iter().map(row), "no calls")
}

/// An ARN of an identity, or an account id.
fn principal(text: &str) -> Result<String, String> {
    let is_identity = |arn: Arn| matches!(arn.service(), "iam" | "sts");
    if text.parse::<AccountId>().is_ok() || text.parse().is_ok_and(is_identity) {
        Ok(text.to_owned())
    } else {
        Err("expected the ARN of a role or user, or an account id".to_owned())
    }
}
