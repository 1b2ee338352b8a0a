//! `reeve runbook run`.

use std::collections::BTreeMap;

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App,
    executions::{ExecutionDetail, StartRequest, WithoutUndoView, parameters_from_text},
};
use reeve_estate::Account;
use reeve_runbook::Runbook;
use reeve_types::Region;
use serde::Serialize;

use super::{Globals, find, targets};
use crate::{
    ask,
    commands::run as executions,
    exit::{Status, WrongDocuments, WrongInput},
    load,
    output::say,
    setup,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    request: Request,
    /// Only start it: a server, or `reeve run watch`, moves it on.
    #[arg(long)]
    detach: bool,
    /// Do not ask, though something could not be taken back. Without a terminal nobody is asked.
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    targets: targets::TargetArguments,
}

/// An execution as it is, and what of its runbook could not be taken back.
#[derive(Serialize)]
struct Run<'a> {
    #[serde(flatten)]
    detail: &'a ExecutionDetail,
    without_undo: &'a [WithoutUndoView],
}

/// Which runbook, where, and with what.
#[derive(clap::Args)]
pub(crate) struct Request {
    /// A runbook's name, or a file.
    runbook: String,
    /// A parameter: `-p Name=value`; a list is separated by commas or written as JSON.
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// The account, by id or name; may be left out if the estate has only one.
    #[arg(long)]
    account: Option<String>,
    /// The Region; may be left out if the account has only one.
    #[arg(long)]
    region: Option<Region>,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) async fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    let context = setup::context();
    let several = arguments.targets.read(&app)?;
    let request = match &several {
        Some(several) => arguments.request.read_in(&app, targets::first_site(several))?,
        None => arguments.request.read(&app)?,
    };
    let wrong = app.runbooks.check_undo_of(&request.runbook.name);
    wrong.map_err(|errors| WrongDocuments(vec![errors]))?;
    let without_undo = app.runbooks.without_undo(&request.runbook);
    if !without_undo.is_empty() {
        say(&named_without_undo(&without_undo));
        if !arguments.yes && ask::is_possible() {
            ask::confirm(&format!("run {} all the same", request.runbook.name))?;
        }
    }
    let id = match &several {
        Some(several) => app.start_for_several(&context, &request, several).await?,
        None => app.start_execution(&context, &request).await?,
    };
    let detail = if arguments.detach {
        app.execution_detail(&id.to_string()).await?
    } else {
        executions::followed(globals, &app, id).await?
    };
    let run = Run { detail: &detail, without_undo: &without_undo };
    globals.output().show(&run, |run| executions::text(run.detail))?;
    Ok(executions::status_of(&detail.execution))
}

/// The steps that cannot be taken back, each with why.
pub(super) fn named_without_undo(without: &[WithoutUndoView]) -> String {
    let line = |view: &WithoutUndoView| format!("\n  {}: {}", view.step, view.why);
    format!("{}{}", "cannot be taken back".yellow(), without.iter().map(line).collect::<String>())
}

impl Request {
    /// The runbook is right, and the estate has the account and the Region.
    pub(crate) fn read(&self, app: &App) -> Result<StartRequest> {
        self.read_in(app, (None, None))
    }

    /// The same, in this account and Region where none is named.
    fn read_in(
        &self,
        app: &App,
        (account_name, region_name): (Option<String>, Option<Region>),
    ) -> Result<StartRequest> {
        let named = find(&app.runbooks, &self.runbook)?;
        let checked = Runbook::parse(&self.runbook, &named.text, named.format)
            .map_err(|errors| WrongDocuments(vec![errors]))?;
        let account = account(&app.estate, self.account.as_deref().or(account_name.as_deref()))?;
        let region = region(account, self.region.as_ref().or(region_name.as_ref()))?;
        let given: BTreeMap<String, String> = self.parameters.iter().cloned().collect();
        Ok(StartRequest {
            runbook: named,
            account: account.id.clone(),
            region,
            parameters: parameters_from_text(&checked.runbook, &given),
            reason: self.reason.clone(),
        })
    }
}

fn account<'a>(estate: &'a reeve_estate::Estate, name: Option<&str>) -> Result<&'a Account> {
    match (name, estate.accounts.as_slice()) {
        (Some(name), _) => Ok(load::account(estate, name)?),
        (None, [only]) => Ok(only),
        (None, _) => {
            Err(WrongInput::new("the estate has several accounts: name one with `--account`")
                .with_hint("`reeve accounts` lists them")
                .into())
        }
    }
}

fn region(account: &Account, region: Option<&Region>) -> Result<Region> {
    match (region, account.regions.as_slice()) {
        (Some(region), _) => Ok(region.clone()),
        (None, [only]) => Ok(only.clone()),
        (None, regions) => {
            let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
            let message = format!(
                "account {} has several Regions: name one with `--region` ({})",
                account.id,
                regions.join(", ")
            );
            Err(WrongInput::new(message).into())
        }
    }
}
