//! Puts the product together: the log, the actor, the records, the client.

use std::io::IsTerminal as _;

use anyhow::Result;
use reeve_app::{App, Context, Parts, Settings};
use reeve_aws::{ChainOptions, Client, ClientConfig, EndpointOverrides, Transport};
use reeve_estate::Estate;
use reeve_store::Store;
use reeve_time::{Clock, IdGenerator};
use reeve_types::Actor;

use crate::{
    commands::Globals,
    load::{self, Folder},
};

/// Writes the log to standard error: warnings, or more with each `-v`; `REEVE_LOG` says it in detail.
///
/// What a run could not look at is part of what a command prints; only a server has nothing but its log to say it in.
pub(crate) fn log(verbose: u8, is_server: bool) {
    let level = match verbose {
        0 if is_server => "warn",
        0 => "warn,reeve_app::run=error",
        1 => "warn,reeve=info",
        2 => "info,reeve=debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("REEVE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// The product over the estate folder that the command line names.
pub(crate) async fn app(globals: &Globals) -> Result<App> {
    let folder = Folder::read(&globals.folder)?;
    open(folder, globals).await
}

/// The product over an estate folder that was read.
pub(crate) async fn open(folder: Folder, globals: &Globals) -> Result<App> {
    let clock = Clock::system();
    let client = client(&folder.estate, &folder, globals, &clock)?;
    let store = Store::open(globals.records_of(&folder.path)?, clock.clone()).await?;
    globals.records.set(store.clone()).ok();
    let runbooks = load::runbooks(&folder.path)?;
    let Folder { estate, documents, .. } = folder;
    let ids = IdGenerator::random();
    let parts = Parts { estate, documents, runbooks, store, client, clock, ids };
    Ok(App::new(parts, Settings::default()))
}

/// The product over an estate folder that was read again, with the records of `before`.
pub(crate) fn renew(folder: Folder, globals: &Globals, before: &App) -> Result<App> {
    let clock = before.clock.clone();
    let client = client(&folder.estate, &folder, globals, &clock)?;
    let (store, ids) = (before.store.clone(), before.ids.clone());
    let runbooks = load::runbooks(&folder.path)?;
    let Folder { estate, documents, .. } = folder;
    let parts = Parts { estate, documents, runbooks, store, client, clock, ids };
    Ok(App::new(parts, Settings::default()))
}

/// A client that enters the accounts of an estate.
pub(crate) fn client(
    estate: &Estate,
    folder: &Folder,
    globals: &Globals,
    clock: &Clock,
) -> Result<Client> {
    let config =
        reeve_app::client_config(estate, &folder.path, environment(globals, Some(folder))?);
    connect(config, globals, clock)
}

/// How a client would enter the accounts of an estate.
pub(crate) fn client_config(folder: &Folder, globals: &Globals) -> Result<ClientConfig> {
    Ok(reeve_app::client_config(&folder.estate, &folder.path, environment(globals, Some(folder))?))
}

/// A client that knows no accounts: what the environment and the command line say.
pub(crate) fn client_without_estate(globals: &Globals, clock: &Clock) -> Result<Client> {
    connect(environment(globals, None)?, globals, clock)
}

/// A client that speaks to AWS, is recorded while it does, or answers from what was.
fn connect(config: ClientConfig, globals: &Globals, clock: &Clock) -> Result<Client> {
    let clock = clock.clone();
    if let Some(folder) = &globals.record {
        let transport = Transport::recording(Transport::http(&config)?, folder, clock.clone())?;
        return Ok(Client::with_transport(config, clock, transport)?);
    }
    if let Some(folder) = &globals.replay {
        let transport = match globals.replayed.get() {
            Some(transport) => transport.clone(),
            None => Transport::replaying(folder, clock.clone())?,
        };
        globals.replayed.set(transport.clone()).ok();
        return Ok(Client::with_transport(config.for_replay(), clock, transport)?);
    }
    Ok(Client::new(config, clock)?)
}

/// What the environment and the profile say, changed by the command line.
fn environment(globals: &Globals, folder: Option<&Folder>) -> Result<ClientConfig> {
    let mut chain = ChainOptions { profile: globals.profile.clone(), ..ChainOptions::default() };
    if let Some(folder) = folder {
        chain = reeve_app::chain_options(&folder.estate, &folder.path, chain);
    }
    let mut environment = ClientConfig::from_environment_with(chain)?;
    if let Some(url) = &globals.endpoint_url {
        environment.endpoints = EndpointOverrides::everywhere(url);
    }
    Ok(environment)
}

/// Whoever runs the command, by the name the operating system knows them under.
pub(crate) fn context() -> Context {
    let name = ["REEVE_ACTOR", "SUDO_USER", "USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .or_else(name_of_user);
    Context::new(Actor::Person(name.unwrap_or_else(|| "unknown".to_owned())))
}

/// What the system calls the user, where the environment does not say.
fn name_of_user() -> Option<String> {
    let output = std::process::Command::new("id").arg("-un").output().ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}
