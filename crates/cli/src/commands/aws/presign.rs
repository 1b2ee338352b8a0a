//! `reeve aws presign`: a URL that makes a call for whoever has it.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use reeve_aws::{FanOut, PresignedUrl};
use serde_json::json;

use super::{
    super::Globals,
    input::{InputArguments, conform, find},
    reach::{ScopeArguments, has_estate},
    wait::duration,
};
use crate::{
    exit::{Status, WrongInput},
    output::{say, write},
    setup,
    table::moment,
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The service, by the name the AWS CLI uses.
    service: String,
    /// The operation, such as `GetObject`.
    operation: String,
    #[command(flatten)]
    input: InputArguments,
    #[command(flatten)]
    scopes: ScopeArguments,
    /// For how long it can be called, at most seven days; no longer than the session it is made in.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration)]
    expires: Duration,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    if arguments.scopes.is_several() {
        let wrong = WrongInput::new("a URL is for one scope");
        return Err(wrong.with_hint("name one account and one Region").into());
    }
    let (service, operation) = find(&arguments.service, &arguments.operation)?;
    let found = service.operation(&operation)?;
    let input = conform(&service, found, &arguments.input.read()?)?;
    if !found.only_reads()
        && has_estate(globals)
        && let Some(suspension) = setup::app(globals).await?.suspension().await?
    {
        // A call that is made later would not be stopped.
        return Err(reeve_app::Error::suspended(suspension.by, &suspension.reason).into());
    }
    let reach = arguments.scopes.reach(globals, FanOut::default()).await?;
    let names = (service.name().as_str(), operation.as_str());
    let url = reach.client.presign(reach.only_scope()?, names, input, arguments.expires).await?;
    show(globals, &url)?;
    Ok(Status::Done)
}

fn show(globals: &Globals, presigned: &PresignedUrl) -> Result<()> {
    let PresignedUrl { url, method, headers, expires_at } = presigned;
    if globals.output().json {
        let headers: BTreeMap<&str, &str> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let json = json!({
            "url": url.expose(),
            "method": method,
            "headers": headers,
            "expires_at": expires_at,
        });
        return globals.output().show(&json, ToString::to_string);
    }
    write(&format!("{}\n", url.expose()))?;
    let headers =
        headers.iter().map(|(name, value)| format!("\n  with the header `{name}: {value}`"));
    let headers: String = headers.collect();
    say(&format!("call it with {method} until {}{headers}", moment(*expires_at)));
    Ok(())
}
