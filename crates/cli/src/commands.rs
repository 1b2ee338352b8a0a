//! The verbs, one file each, all of one shape: `Arguments` and `run`.

mod access;
mod accounts;
mod apply;
mod approve;
mod aws;
mod demo;
mod init;
mod ledger;
mod plan;
mod refuse;
mod resources;
mod run;
mod runbook;
mod serve;
mod suspend;
mod twin;
mod undo;
mod validate;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::Result;
use clap::{Args, Parser, Subcommand, builder::RangedU64ValueParser};
use reeve_aws::Transport;
use reeve_store::{DatabaseLocation, Store};

use crate::{
    exit::{Status, WrongInput},
    load,
    output::Output,
};

const GUIDE: &str = "\
Every action is planned, approved, journaled, verified, and can be undone.
Begin with `reeve demo`, a simulated estate, or with `reeve init`, your own.";

/// Runs the operations of an estate of AWS accounts.
#[derive(Parser)]
#[command(name = "reeve", version, max_term_width = 100, after_help = GUIDE)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Under which heading help shows what every command knows, apart from the command's own options.
const FOR_ALL: &str = "Options of every command";

/// What every command knows.
#[derive(Args)]
pub(crate) struct Globals {
    // Named apart from any command's own folder: options of one name share their value.
    /// The estate folder.
    #[arg(
        id = "estate",
        short = 'C',
        long,
        value_name = "DIR",
        default_value = ".",
        global = true,
        help_heading = FOR_ALL
    )]
    pub(crate) folder: PathBuf,
    // A text until it is used: clap repeats what it cannot read, and this may hold a password.
    /// Keep the records in this PostgreSQL database, not in the estate folder: `postgres://USER@HOST/NAME`.
    #[arg(
        long,
        value_name = "URL",
        env = "REEVE_DATABASE_URL",
        hide_env_values = true,
        global = true,
        help_heading = FOR_ALL
    )]
    database: Option<String>,
    /// Print JSON on standard output.
    #[arg(long, global = true, help_heading = FOR_ALL)]
    json: bool,
    /// Call this endpoint instead of AWS, for every service.
    #[arg(long, value_name = "URL", global = true, help_heading = FOR_ALL)]
    pub(crate) endpoint_url: Option<String>,
    /// The AWS profile that holds the base credentials.
    #[arg(long, value_name = "NAME", global = true, help_heading = FOR_ALL)]
    pub(crate) profile: Option<String>,
    /// Write what AWS is asked and answers to this folder, without secrets.
    #[arg(long, value_name = "DIR", global = true, conflicts_with = "replay", help_heading = FOR_ALL)]
    pub(crate) record: Option<PathBuf>,
    /// Answer from such a folder instead of asking AWS; records are kept apart.
    #[arg(long, value_name = "DIR", global = true, help_heading = FOR_ALL)]
    pub(crate) replay: Option<PathBuf>,
    /// Say more on standard error; twice for even more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = FOR_ALL)]
    pub(crate) verbose: u8,
    /// The records, once the command has opened them.
    #[arg(skip)]
    pub(crate) records: OnceLock<Store>,
    /// The recording, once something was asked of it: how far it was replayed is kept.
    #[arg(skip)]
    pub(crate) replayed: OnceLock<Transport>,
}

impl Globals {
    /// How data is printed.
    pub(crate) fn output(&self) -> Output {
        Output { json: self.json }
    }

    /// The folder of an estate folder for what Reeve keeps of it. What a replay comes to is no part of what happened.
    pub(crate) fn data_of(&self, estate: &Path) -> PathBuf {
        let data = load::data(estate);
        if self.replay.is_some() { data.join("replay") } else { data }
    }

    /// Where the records of an estate folder are: in its data folder, or in the database that is named, unless it is only
    /// a replay.
    pub(crate) fn records_of(&self, estate: &Path) -> Result<DatabaseLocation> {
        match self.database_url() {
            Some(text) if self.replay.is_none() => {
                let location: DatabaseLocation = text.parse().map_err(wrong_database)?;
                if location.folder().is_some() {
                    return Err(wrong_database("a URL begins with `postgres://`").into());
                }
                Ok(location)
            }
            _ => Ok(self.data_of(estate).into()),
        }
    }

    /// The URL of the database that was named, if one was.
    pub(crate) fn database_url(&self) -> Option<&str> {
        self.database.as_deref().filter(|text| !text.is_empty())
    }
}

/// Says what is wrong with the URL of the database, without the URL.
fn wrong_database(reason: impl std::fmt::Display) -> WrongInput {
    WrongInput::new(format!("`--database` or REEVE_DATABASE_URL: {reason}")).with_hint(
        "write `postgres://USER:PASSWORD@HOST:PORT/NAME`, with `%40` for `@`, `%2F` for `/` and so on in the password",
    )
}

#[derive(Subcommand)]
enum Command {
    /// Write a commented estate folder to start from.
    Init(init::Arguments),
    /// Check the estate folder; every mistake is named at once.
    Validate(validate::Arguments),
    /// The accounts, what Reeve may do in each, and what is unknown.
    Accounts(accounts::Arguments),
    /// The resources as they were last observed.
    Resources(resources::Arguments),
    /// Observe the estate, decide, and propose a plan; or look at plans.
    Plan(plan::Arguments),
    /// Approve a plan: exactly what it shows.
    Approve(approve::Arguments),
    /// Refuse a plan.
    Refuse(refuse::Arguments),
    /// Apply an approved plan, and verify what was done by reading it back.
    Apply(apply::Arguments),
    /// Take back what a plan or an execution of a runbook did.
    Undo(undo::Arguments),
    /// What can be run, what is wrong with it, and running it.
    Runbook(Box<runbook::Arguments>),
    /// Executions of runbooks, and what people say to them.
    Run(run::Arguments),
    /// Stop every change, everywhere.
    Suspend(suspend::Arguments),
    /// Let changes go on.
    Resume,
    /// What was observed, decided, approved and done; and whether the record is whole.
    Ledger(ledger::Arguments),
    /// What Reeve calls, and the IAM policies that allow exactly that.
    Access(access::Arguments),
    /// Call any operation of any AWS service.
    Aws(Box<aws::Arguments>),
    /// Run the server: the console, the API, and the controllers at their intervals.
    Serve(serve::Arguments),
    /// Serve a simulated AWS, or make one of the estate.
    Twin(Box<twin::Arguments>),
    /// Try Reeve on a simulated estate.
    Demo(demo::Arguments),
}

impl Cli {
    /// Whether the command goes on until someone stops it, and says in its log what happens meanwhile.
    pub(crate) fn is_server(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }
}

/// How long a list may be: a page of the API.
fn page_length() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1000)
}

/// Runs the command that was given. Its records are closed however it ends, so that they are one file at rest.
pub(crate) async fn run(Cli { globals, command }: Cli) -> Result<Status> {
    let ended = Box::pin(dispatch(&globals, command)).await;
    if let Some(records) = globals.records.get() {
        records.close().await;
    }
    ended
}

async fn dispatch(globals: &Globals, command: Command) -> Result<Status> {
    match command {
        Command::Init(arguments) => init::run(globals, &arguments),
        Command::Validate(arguments) => validate::run(globals, &arguments),
        Command::Accounts(arguments) => accounts::run(globals, &arguments).await,
        Command::Resources(arguments) => resources::run(globals, arguments).await,
        Command::Plan(arguments) => plan::run(globals, arguments).await,
        Command::Approve(arguments) => approve::run(globals, arguments).await,
        Command::Refuse(arguments) => refuse::run(globals, &arguments).await,
        Command::Apply(arguments) => apply::run(globals, &arguments).await,
        Command::Undo(arguments) => undo::run(globals, &arguments).await,
        Command::Runbook(arguments) => Box::pin(runbook::run(globals, *arguments)).await,
        Command::Run(arguments) => Box::pin(run::run(globals, arguments)).await,
        Command::Suspend(arguments) => suspend::suspend(globals, &arguments).await,
        Command::Resume => suspend::resume(globals).await,
        Command::Ledger(arguments) => ledger::run(globals, arguments).await,
        Command::Access(arguments) => access::run(globals, arguments),
        Command::Aws(arguments) => aws::run(globals, *arguments).await,
        Command::Serve(arguments) => serve::run(globals, arguments).await,
        Command::Twin(arguments) => twin::run(globals, *arguments).await,
        Command::Demo(arguments) => Box::pin(demo::run(globals, arguments)).await,
    }
}
