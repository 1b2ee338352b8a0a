//! `reeve twin`: a simulated AWS for demonstrations, tests and rehearsals.

mod load;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use reeve_document::nearest;
use reeve_time::Clock;
use reeve_twin::{Generate, Scenario, SeededEstate, SnapshotError, Twin};
use tokio::net::TcpListener;

use super::Globals;
use crate::{
    exit::{Status, WrongDocuments, WrongInput, cannot_listen},
    output::say,
    stop::StopSignals,
};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Make a simulated copy of the estate: look at its accounts, and write what is there to a file for `--snapshot`.
    Load(load::Arguments),
    /// Say what is wrong with a scenario, without beginning it.
    Validate {
        /// The scenario's file.
        file: PathBuf,
    },
}

#[derive(clap::Args)]
struct Serve {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// What to simulate: `small`, `demo`, `large`, or a scenario's file.
    #[arg(long, value_name = "NAME|FILE", default_value = "demo", conflicts_with = "snapshot")]
    scenario: String,
    /// Go on with a world from a file that `--save` or `reeve twin load` wrote.
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Write the world to a file when stopped.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Simulate so many resources, made up; `--scenario large` unless another is named.
    #[arg(long, value_name = "NUMBER", conflicts_with = "snapshot")]
    resources: Option<usize>,
    /// In so many accounts.
    #[arg(long, value_name = "NUMBER", requires = "resources", default_value_t = 3)]
    accounts: usize,
    /// So many simulated seconds pass in each second; 0 stands still until moved by hand.
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    rate: Option<f64>,
    /// Makes everything random repeatable.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Let other machines use the twin's own API, with which anyone may change anything.
    #[arg(long)]
    open: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (0.0..=1_000_000.0).contains(rate));
    rate.ok_or_else(|| "expected a number from 0 to 1000000".to_owned())
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    match arguments.command {
        Some(Command::Load(arguments)) => load::run(globals, arguments).await,
        Some(Command::Validate { file }) => validate(globals, &file),
        None => serve(globals, arguments.serve).await,
    }
}

fn validate(globals: &Globals, file: &Path) -> Result<Status> {
    let scenario = read(&file.display().to_string())?;
    globals.output().show(
        &serde_json::json!({
            "name": scenario.name,
            "accounts": scenario.accounts.len(),
            "regions": scenario.regions.len(),
        }),
        |_| format!("{} can be begun: {}\n", scenario.name, scenario.description),
    )?;
    Ok(Status::Done)
}

async fn serve(globals: &Globals, arguments: Serve) -> Result<Status> {
    let mut twin = Twin::new(Clock::system(), arguments.seed);
    if arguments.open {
        twin = twin.open_to_others();
    }
    let keys = match &arguments.snapshot {
        Some(file) => restore(&twin, file)?,
        None => Some(begin(&twin, &arguments)?),
    };
    if let Some(rate) = arguments.rate {
        twin.set_rate(rate);
    }
    let listen = arguments.listen;
    let listener =
        TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    let address = listener.local_addr()?;
    let (key, secret) = keys.unwrap_or_default();
    let mut stop = StopSignals::listen()?;
    globals.output().show(
        &serde_json::json!({
            "endpoint_url": format!("http://{address}"),
            "access_key_id": key,
            "secret_access_key": secret,
        }),
        |_| {
            format!(
                "export AWS_ENDPOINT_URL=http://{address} AWS_ACCESS_KEY_ID={key} \
                 AWS_SECRET_ACCESS_KEY={secret} AWS_DEFAULT_REGION=us-east-1\n"
            )
        },
    )?;
    say(&format!("a simulated AWS is at http://{address}; stop with ctrl-c"));
    twin.serve(listener, async move { stop.wait().await }).await?;
    if let Some(file) = &arguments.save {
        save(&twin, file)?;
        say(&format!("the world is in {}", file.display()));
    }
    Ok(Status::Done)
}

/// An access key id and its secret.
type Keys = (String, String);

fn begin(twin: &Twin, arguments: &Serve) -> Result<Keys> {
    let named = arguments.scenario.as_str();
    let name = if arguments.resources.is_some() && named == "demo" { "large" } else { named };
    let mut scenario = read(name)?;
    if let Some(resources) = arguments.resources {
        scenario.generate = Some(Generate { accounts: arguments.accounts, resources });
    }
    let estate = scenario.begin(twin).map_err(|error| {
        WrongInput::new(format!("the scenario {name} cannot be begun: {error}"))
    })?;
    let SeededEstate { access_key_id, secret_access_key, .. } = estate;
    Ok((access_key_id, secret_access_key))
}

/// A scenario that is shipped, or one of a file.
fn read(name: &str) -> Result<Scenario> {
    if let Some(text) = Scenario::text(name) {
        return Scenario::parse(name, text).map_err(wrong);
    }
    let text = fs::read_to_string(name).map_err(|error| {
        let wrong = WrongInput::new(format!("no scenario `{name}`: {error}"));
        let near = nearest(name, Scenario::shipped());
        wrong.with_hint(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let shipped: Vec<&str> = Scenario::shipped().collect();
                format!("`{}` come with Reeve; others are files", shipped.join("`, `"))
            }
        })
    })?;
    Scenario::parse(name, &text).map_err(wrong)
}

fn wrong(diagnostics: reeve_document::Diagnostics) -> anyhow::Error {
    anyhow::Error::new(WrongDocuments(vec![diagnostics]))
}

fn restore(twin: &Twin, file: &Path) -> Result<Option<Keys>> {
    let opened = fs::File::open(file)
        .map_err(|error| WrongInput::new(format!("cannot read {}: {error}", file.display())))?;
    match twin.restore(std::io::BufReader::new(opened)) {
        Ok(()) => Ok(twin.first_user_key()),
        Err(SnapshotError::Io(error)) => Err(error).context(file.display().to_string()),
        Err(error) => Err(WrongInput::new(format!("{}: {error}", file.display())).into()),
    }
}

/// Writes the world beside the file first: a world that was saved before stays whole whatever happens.
fn save(twin: &Twin, file: &Path) -> Result<()> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let written = fs::File::create(&partial)
        .with_context(|| format!("cannot write {}", partial.display()))?;
    twin.snapshot(std::io::BufWriter::new(&written))?;
    written.sync_all()?;
    fs::rename(&partial, file).with_context(|| format!("cannot write {}", file.display()))
}
