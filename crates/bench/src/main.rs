#![doc = include_str!("../README.md")]

mod aws;
mod estate;
mod executions;
mod measure;
mod report;
mod world;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use axum::{Router, serve::ListenerExt as _};
use bytes::Bytes;
use clap::{Parser, Subcommand};
use reeve_time::Clock;
use reeve_twin::{Twin, seed};
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;

use crate::measure::Figures;

/// How many accounts the resources are spread over.
const ACCOUNTS: usize = 5;

/// Measures the way to AWS and back beside botocore's, then Reeve against a simulated AWS.
#[derive(Parser)]
struct Arguments {
    /// How many resources, one measurement each.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    resources: Vec<usize>,
    /// Leave applying out.
    #[arg(long)]
    without_apply: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

/// The processes of one measurement.
#[derive(Subcommand)]
enum Part {
    /// Measures only the way to AWS and back: parsing, small calls, streaming.
    Aws(aws::Arguments),
    /// Measures only the simulated AWS by itself: calls a second, a large world, time that passes.
    World(world::Arguments),
    /// Measures only runbooks: durable steps a second, what waiting costs, how soon a dead worker is replaced.
    Executions(executions::Arguments),
    /// Serves the simulated AWS and prints its address.
    #[command(hide = true)]
    Twin { resources: usize },
    /// Answers everything with so many bytes, and prints its address.
    #[command(hide = true)]
    Idle { bytes: usize },
    /// Measures one size and prints the figures as JSON.
    #[command(hide = true)]
    Measure { resources: usize },
}

/// Most of the time of a call and of an observation goes into small allocations, which it does in half the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.part {
        Some(Part::Aws(arguments)) => aws::run(&runtime, arguments),
        Some(Part::World(arguments)) => world::run(&runtime, &arguments),
        Some(Part::Executions(arguments)) => executions::run(&runtime, &arguments),
        Some(Part::Twin { resources }) => runtime.block_on(serve_twin(resources)),
        Some(Part::Idle { bytes }) => runtime.block_on(serve_nothing(bytes)),
        Some(Part::Measure { resources }) => {
            let twin = ServerProcess::start(&["twin", &resources.to_string()])?;
            let apply = !arguments.without_apply;
            let figures = runtime.block_on(measure::measure(&twin.address, resources, apply))?;
            report::print_json(&figures)
        }
        None => {
            aws::run(&runtime, aws::Arguments::all())?;
            world::run(&runtime, &world::Arguments::usual())?;
            executions::run(&runtime, &executions::Arguments::usual())?;
            let measured: Result<Vec<Figures>> = arguments
                .resources
                .iter()
                .map(|resources| measure_in_own_process(*resources, arguments.without_apply))
                .collect();
            report::print(&report::table(&measured?))
        }
    }
}

/// What answers in AWS's place, in a process of its own, so that its memory and time are not counted as Reeve's.
struct ServerProcess {
    child: Child,
    address: String,
}

impl ServerProcess {
    /// Starts this program with `arguments`; it prints its address.
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut address = String::new();
        let stdout = child.stdout.take().context("the server has no output")?;
        BufReader::new(stdout).read_line(&mut address)?;
        ensure!(!address.is_empty(), "the server did not start");
        Ok(Self { child, address: address.trim().to_owned() })
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

async fn serve_twin(resources: usize) -> Result<()> {
    let twin = Twin::new(Clock::system(), 1);
    seed::bulk(&twin, ACCOUNTS, resources);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    report::print(&format!("http://{}", listener.local_addr()?))?;
    twin.serve(listener, std::future::pending()).await?;
    Ok(())
}

/// What a server on this machine can do at most that is made of the same parts.
async fn serve_nothing(bytes: usize) -> Result<()> {
    let body = Bytes::from(vec![b' '; bytes]);
    let router = Router::new().fallback(move |_: Bytes| std::future::ready(body.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    report::print(&format!("http://{}", listener.local_addr()?))?;
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router).await?;
    Ok(())
}

/// Memory is measured as the most a process ever had, so each size has its own.
fn measure_in_own_process(resources: usize, without_apply: bool) -> Result<Figures> {
    report::say(&format!("measuring {resources} resources …"));
    let resources = resources.to_string();
    let mut arguments = vec!["measure", &resources];
    if without_apply {
        arguments.insert(0, "--without-apply");
    }
    measure_in_child(&arguments)
}

/// Runs this program with `arguments` and reads the figures that it prints.
fn measure_in_child<T: DeserializeOwned>(arguments: &[&str]) -> Result<T> {
    let output = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start the measurement")?;
    ensure!(output.status.success(), "measuring `{}` failed", arguments.join(" "));
    Ok(serde_json::from_slice(&output.stdout)?)
}
