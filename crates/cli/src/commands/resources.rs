//! `reeve resources`: the resources as they were last observed.

use anyhow::Result;
use reeve_app::{
    App, ResourceQuery,
    views::{ChangeView, Page, ResourceView, ScopeCoverageView, UnknownScopeView},
};
use reeve_inventory::definitions;
use serde_json::json;

use super::{Globals, page_length};
use crate::{exit::Status, output::say, setup, table::table, text::count, unknown::describe};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only of this account: its id or name.
    #[arg(long)]
    account: Option<String>,
    /// Only in this Region.
    #[arg(long)]
    region: Option<String>,
    /// Only of this type, such as `AWS::EC2::Instance`.
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: Option<String>,
    /// Only with this verdict.
    #[arg(long, value_parser = ["pass", "fail", "unknown"])]
    verdict: Option<String>,
    /// Only whose id, ARN or name holds this text.
    #[arg(long)]
    text: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_parser = page_length())]
    limit: usize,
    /// The page after this cursor.
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// The resource types that Reeve knows.
    Types,
    /// How many are as they should be, by account, Region and type.
    Coverage,
    /// What could not be looked at, and what stood in the way.
    Unknown,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    match arguments.command {
        Some(Command::Types) => types(globals),
        Some(Command::Coverage) => coverage(globals).await,
        Some(Command::Unknown) => unknown(globals).await,
        None => list(globals, arguments).await,
    }
}

async fn list(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let Arguments { command: _, account, region, resource_type, verdict, text, limit, cursor } =
        arguments;
    let query = ResourceQuery {
        account,
        region,
        resource_type,
        verdict,
        coverage: None,
        text,
        limit: Some(limit),
        cursor,
    };
    let app = setup::app(globals).await?;
    let page = app.resources(&query).await?;
    let unknowns = app.unknowns().await?.items;
    let accounts = app.accounts().await?.items;
    let nothing = if unknowns.is_empty() && accounts.iter().all(|one| one.observed_at.is_none()) {
        "no resources yet: `reeve plan` observes the estate"
    } else {
        "there are no such resources"
    };
    globals.output().show(&page, |page| as_table(page, nothing))?;
    if let Some(next) = &page.next {
        say(&format!("there are more: --cursor '{next}'"));
    }
    let unknown = unknowns.iter().filter(|unknown| is_asked_for(&app, &query, unknown)).count();
    if unknown == 0 {
        return Ok(Status::Done);
    }
    let (scopes, are) = (count(unknown, "part"), if unknown == 1 { "is" } else { "are" });
    say(&format!("{scopes} of the estate {are} unknown: `reeve resources unknown` says why"));
    Ok(Status::PartlyUnknown)
}

/// Whether something unknown may be what a query asks for: it may have any verdict, id and name.
fn is_asked_for(app: &App, query: &ResourceQuery, unknown: &UnknownScopeView) -> bool {
    let account = query.account.as_ref().and_then(|name| app.estate.find_account(name));
    account.is_none_or(|account| account.id.as_str() == unknown.account)
        && query.region.as_ref().is_none_or(|region| *region == unknown.region)
        && query.resource_type.as_ref().is_none_or(|wanted| *wanted == unknown.resource_type)
}

fn as_table(page: &Page<ResourceView>, nothing: &str) -> String {
    let row = |resource: &ResourceView| {
        [
            resource.verdict.to_owned(),
            resource.account.clone(),
            resource.region.clone(),
            resource.resource_type.clone(),
            resource.id.clone(),
            resource.name.clone().unwrap_or_default(),
            why(resource),
        ]
    };
    let headings = ["verdict", "account", "region", "type", "id", "name", "why"];
    table(headings, page.items.iter().map(row), nothing)
}

fn why(resource: &ResourceView) -> String {
    if let Some(unknown) = &resource.unknown {
        return unknown.message.clone();
    }
    let change = |change: &ChangeView| match (&change.before, &change.after) {
        (None, Some(after)) => format!("{} should be `{after}`", change.key),
        (Some(before), Some(after)) => {
            format!("{} is `{before}`, should be `{after}`", change.key)
        }
        (_, None) => format!("{} should go", change.key),
    };
    let changes = resource.changes.iter().map(change);
    changes.chain(resource.notes.iter().cloned()).collect::<Vec<_>>().join("; ")
}

fn types(globals: &Globals) -> Result<Status> {
    let describe = |definition: &reeve_inventory::Definition| {
        let fields: Vec<&str> = definition.attribute_names().collect();
        (definition.resource_type().to_string(), definition.service().to_owned(), fields.join(" "))
    };
    let types: Vec<_> = definitions().iter().map(describe).collect();
    let data: Vec<_> = types
        .iter()
        .map(|(name, service, fields)| {
            json!({ "type": name, "service": service, "filter_fields": fields.split(' ').collect::<Vec<_>>() })
        })
        .collect();
    globals.output().show(&data, |_| {
        let rows = types.iter().cloned().map(|(name, service, fields)| [name, service, fields]);
        table(["type", "service", "filter fields"], rows, "none")
    })?;
    Ok(Status::Done)
}

async fn coverage(globals: &Globals) -> Result<Status> {
    let app = setup::app(globals).await?;
    let page = app.coverage().await?;
    globals.output().show(&page, coverage_table)?;
    let is_unknown = page.items.iter().any(|scope| scope.is_unknown || scope.unknown > 0);
    Ok(if is_unknown { Status::PartlyUnknown } else { Status::Done })
}

fn coverage_table(page: &Page<ScopeCoverageView>) -> String {
    let looked_into = page.items.iter().filter(|scope| scope.resources > 0 || scope.is_unknown);
    let row = |scope: &ScopeCoverageView| {
        let unknown = if scope.is_unknown { "all".to_owned() } else { scope.unknown.to_string() };
        [
            scope.account.clone(),
            scope.region.clone(),
            scope.resource_type.clone(),
            scope.resources.to_string(),
            scope.compliant.to_string(),
            scope.missing.to_string(),
            scope.unmanaged.to_string(),
            unknown,
        ]
    };
    let headings =
        ["account", "region", "type", "resources", "compliant", "missing", "unmanaged", "unknown"];
    table(headings, looked_into.map(row), "no resources: `reeve plan` observes the estate")
}

async fn unknown(globals: &Globals) -> Result<Status> {
    let app = setup::app(globals).await?;
    let page = app.unknowns().await?;
    globals.output().show(&page, |page| match page.items.as_slice() {
        [] => "nothing is unknown".to_owned(),
        scopes => describe(scopes),
    })?;
    Ok(if page.items.is_empty() { Status::Done } else { Status::PartlyUnknown })
}
