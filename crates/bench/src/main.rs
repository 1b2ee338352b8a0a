#![doc = include_str!("../README.md")]

mod estate;
mod measure;
mod report;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use reeve_time::Clock;
use reeve_twin::{Twin, seed};
use tokio::net::TcpListener;

use crate::measure::Figures;

/// How many accounts the resources are spread over.
const ACCOUNTS: usize = 5;

/// Measures Reeve against a simulated AWS.
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
    /// Serves the simulated AWS and prints its address.
    #[command(hide = true)]
    Twin { resources: usize },
    /// Measures one size and prints the figures as JSON.
    #[command(hide = true)]
    Measure { resources: usize },
}

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
        Some(Part::Twin { resources }) => runtime.block_on(serve_twin(resources)),
        Some(Part::Measure { resources }) => {
            let twin = TwinProcess::start(resources)?;
            let apply = !arguments.without_apply;
            let figures = runtime.block_on(measure::measure(&twin.address, resources, apply))?;
            report::print(&serde_json::to_string(&figures)?)
        }
        None => {
            let measured: Result<Vec<Figures>> = arguments
                .resources
                .iter()
                .map(|resources| measure_in_own_process(*resources, arguments.without_apply))
                .collect();
            report::print(&report::table(&measured?))
        }
    }
}

/// A simulated AWS in a process of its own, so that its memory and time are not counted as Reeve's.
struct TwinProcess {
    child: Child,
    address: String,
}

impl TwinProcess {
    fn start(resources: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["twin", &resources.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the simulated AWS")?;
        let mut address = String::new();
        let stdout = child.stdout.take().context("the simulated AWS has no output")?;
        BufReader::new(stdout).read_line(&mut address)?;
        ensure!(!address.is_empty(), "the simulated AWS did not start");
        Ok(Self { child, address: address.trim().to_owned() })
    }
}

impl Drop for TwinProcess {
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

/// Memory is measured as the most a process ever had, so each size has its own.
fn measure_in_own_process(resources: usize, without_apply: bool) -> Result<Figures> {
    report::say(&format!("measuring {resources} resources …"));
    let mut command = Command::new(std::env::current_exe()?);
    if without_apply {
        command.arg("--without-apply");
    }
    let output = command
        .args(["measure", &resources.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start the measurement")?;
    ensure!(output.status.success(), "measuring {resources} resources failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}
