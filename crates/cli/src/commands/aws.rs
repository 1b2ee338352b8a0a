//! `reeve aws`: any operation of any service, by name.

use std::fs;

use anyhow::Result;
use futures_util::{TryStreamExt as _, pin_mut};
use reeve_aws::{CallError, Client, ClientConfig, Target};
use reeve_model::{Service, Value, catalog};
use reeve_time::Clock;
use reeve_types::{AccountId, Region};
use serde_json::json;

use super::Globals;
use crate::{
    exit::{Status, WrongInput},
    load::Folder,
    output, setup,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The service, by the name the AWS CLI uses; `services` lists them all.
    service: String,
    /// The operation, such as `DescribeInstances`; without one, the service's operations are listed.
    operation: Option<String>,
    /// The input as JSON, or `@FILE`.
    #[arg(long, default_value = "{}")]
    input: String,
    /// In this account of the estate: its id or name. Without one, with the base credentials.
    #[arg(long)]
    account: Option<String>,
    /// In this Region; the account's or estate's first by default.
    #[arg(long)]
    region: Option<Region>,
    /// All pages, one line of JSON each.
    #[arg(long)]
    paginate: bool,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    if arguments.service == "services" {
        return services(globals);
    }
    let service = catalog()
        .service(&arguments.service)
        .map_err(|wrong| WrongInput::new(wrong.to_string()))?;
    let Some(operation) = &arguments.operation else {
        let names: Vec<&str> =
            service.operations().iter().map(|operation| operation.name.as_str()).collect();
        globals.output().show(&names, |names| names.join("\n"))?;
        return Ok(Status::Done);
    };
    let (client, target) = reach(globals, &arguments)?;
    let input = read_input(&arguments.input)?;
    let input = client.read_input(&target, (service.name(), operation), &input).map_err(explain)?;
    if arguments.paginate {
        let pages = client.pages(&target, service.name(), operation, input);
        pin_mut!(pages);
        while let Some(page) = pages.try_next().await? {
            if !output::write_on(&format!("{}\n", page.to_json()))? {
                break;
            }
        }
    } else {
        let names = (service.name().as_str(), operation.as_str());
        let answer: Value = if only_reads(&service, operation) || !has_estate(globals) {
            client.call(&target, names.0, names.1, input).await?
        } else {
            // The estate's ledger tells of it before and after, and its suspend switch holds.
            setup::app(globals).await?.call(&setup::context(), &target, names, input).await??
        };
        output::write(&format!("{}\n", serde_json::to_string_pretty(&answer.to_json())?))?;
    }
    Ok(Status::Done)
}

/// Whether an operation changes nothing, going by its model and by the words that AWS's services begin such names with.
fn only_reads(service: &Service, operation: &str) -> bool {
    const WORDS: [&str; 14] = [
        "BatchDescribe",
        "BatchGet",
        "Check",
        "Count",
        "Describe",
        "Estimate",
        "Get",
        "Head",
        "List",
        "Lookup",
        "Query",
        "Scan",
        "Search",
        "Simulate",
    ];
    let is_declared = service.operation(operation).is_ok_and(|operation| operation.readonly);
    is_declared || WORDS.iter().any(|word| operation.starts_with(word))
}

fn has_estate(globals: &Globals) -> bool {
    globals.folder.join(reeve_estate::ESTATE_FILE).is_file()
}

fn services(globals: &Globals) -> Result<Status> {
    let services: Vec<_> = catalog()
        .services()
        .map(|service| json!({ "name": service.name.as_str(), "service_id": service.service_id.as_str() }))
        .collect();
    globals.output().show(&services, |services| {
        let line = |service: &serde_json::Value| {
            let text = |key: &str| {
                service.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
            };
            [text("name"), text("service_id")]
        };
        crate::table::table(["name", "service id"], services.iter().map(line), "none")
    })?;
    Ok(Status::Done)
}

/// The client and where to call: the estate's, if there is one, and otherwise what the environment says.
fn reach(globals: &Globals, arguments: &Arguments) -> Result<(Client, Target)> {
    let clock = Clock::system();
    let actor = setup::context().actor.to_string();
    if !has_estate(globals) && arguments.account.is_none() {
        let mut config = ClientConfig::from_environment()?;
        if let Some(url) = &globals.endpoint_url {
            config.endpoints.everywhere = Some(url.clone());
        }
        let region = arguments.region.clone().or_else(|| config.home_region.clone());
        let region = region
            .ok_or_else(|| WrongInput::new("no Region: give `--region` or set AWS_REGION"))?;
        let target = Target { account: None, region, actor, reason: None };
        return Ok((Client::new(config, clock)?, target));
    }
    let folder = Folder::read(&globals.folder)?;
    let client = setup::client(&folder.estate, &folder, globals, &clock)?;
    let account = arguments.account.as_ref().map(|name| {
        folder.estate.find_account(name).ok_or_else(|| {
            WrongInput::new(format!("the estate has no account `{name}`"))
                .with_hint("`reeve accounts` lists them")
        })
    });
    let account = account.transpose()?;
    let first = account.or_else(|| folder.estate.accounts.first());
    let region = arguments.region.clone().or_else(|| first?.regions.first().cloned());
    let region = region.ok_or_else(|| WrongInput::new("no Region: give `--region`"))?;
    let account: Option<AccountId> = account.map(|account| account.id.clone());
    Ok((client, Target { account, region, actor, reason: None }))
}

/// An input that does not fit its operation, one mismatch a line.
fn explain(wrong: CallError) -> WrongInput {
    match wrong {
        CallError::Invalid(wrong) => WrongInput::new(format!(
            "the input does not fit `{}`:\n  {}",
            wrong.site.call(),
            wrong.problems.join("\n  ")
        )),
        wrong => WrongInput::new(wrong.to_string()),
    }
}

fn read_input(text: &str) -> Result<serde_json::Value> {
    let text = match text.strip_prefix('@') {
        None => text.to_owned(),
        Some(file) => fs::read_to_string(file)
            .map_err(|error| WrongInput::new(format!("cannot read `{file}`: {error}")))?,
    };
    serde_json::from_str(&text)
        .map_err(|wrong| WrongInput::new(format!("the input is not JSON: {wrong}")).into())
}
