//! How fast runbooks run durably, what waiting costs, how soon a dead worker is replaced; beside DBOS and Restate.
//!
//! A step is a call that changes something: what it is about to do is on disk before the call, and what came of it before the
//! next. The call itself is answered in the same process, so that it is the records that are measured.

mod engine;
mod others;
mod steps;
mod takeover;
mod waiting;

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::{measure_in_child, report};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many executions run side by side.
    #[arg(long, default_value_t = 1000)]
    executions: usize,
    /// How many steps each has.
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// How many executions the others run, and Reeve again, with as many steps each.
    #[arg(long, default_value_t = 100)]
    compared: usize,
    /// How many executions wait.
    #[arg(long, default_value_t = 10_000)]
    waiting: usize,
    /// Measures one part and prints its figures as JSON.
    #[command(subcommand)]
    part: Option<Part>,
}

/// What runs in a process of its own.
#[derive(clap::Subcommand)]
enum Part {
    #[command(hide = true)]
    Steps,
    #[command(hide = true)]
    Waiting,
    #[command(hide = true)]
    Takeover,
    #[command(hide = true)]
    Worker { folder: PathBuf },
}

impl Arguments {
    /// The usual.
    pub(crate) fn usual() -> Self {
        Self { executions: 1000, steps: 20, compared: 100, waiting: 10_000, part: None }
    }
}

/// Steps a second.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rate {
    /// The steps of many executions, a second.
    many: f64,
    /// The steps of one execution that is alone, a second.
    alone: f64,
    /// How many small records a second one file takes, each synced.
    syncs: Option<f64>,
}

pub(crate) fn run(runtime: &tokio::runtime::Runtime, arguments: &Arguments) -> Result<()> {
    let Arguments { executions, steps, waiting, .. } = arguments;
    match &arguments.part {
        Some(Part::Steps) => {
            report::print_json(&runtime.block_on(steps::measure(*executions, *steps))?)
        }
        Some(Part::Waiting) => report::print_json(&runtime.block_on(waiting::measure(*waiting))?),
        Some(Part::Takeover) => report::print_json(&runtime.block_on(takeover::measure())?),
        Some(Part::Worker { folder }) => runtime.block_on(takeover::work(folder)),
        None => print(arguments),
    }
}

fn print(arguments: &Arguments) -> Result<()> {
    let [executions, compared, steps, waiting] =
        [arguments.executions, arguments.compared, arguments.steps, arguments.waiting]
            .map(|number| number.to_string());
    report::say("measuring runbooks …");
    report::print(&format!(
        "{:<44}{:>14}{:>14}",
        "durable steps a second", "side by side", "alone"
    ))?;
    let of = |executions: &str| -> Result<Rate> {
        let part = ["executions", "--executions", executions, "--steps", &steps, "steps"];
        measure_in_child(&part)
    };
    let ours = of(&executions)?;
    row(&format!("Reeve on SQLite, {executions} of {steps} steps"), &ours)?;
    row(&format!("Reeve on SQLite, {compared} of {steps} steps"), &of(&compared)?)?;
    for (name, rate) in others::measure(&compared, &steps)? {
        let name = format!("{name}, {compared} of {steps} steps");
        match rate {
            Ok(rate) => row(&name, &rate)?,
            Err(why) => report::print(&format!("{name:<44}{why:>28}"))?,
        }
    }
    if let Some(syncs) = ours.syncs {
        let name = "records a second, each synced to this disk";
        report::print(&format!("{name:<44}{:>14}{syncs:>14.0}", ""))?;
    }
    let cost: waiting::Cost = measure_in_child(&["executions", "--waiting", &waiting, "waiting"])?;
    single(&format!("{waiting} executions that wait: memory, MB"), cost.megabytes)?;
    single("  processor time meanwhile, %", cost.processor_percent)?;
    let seconds: f64 = measure_in_child(&["executions", "takeover"])?;
    single("a killed worker's executions go on after, s", seconds)
}

fn row(name: &str, rate: &Rate) -> Result<()> {
    report::print(&format!("{name:<44}{:>14.0}{:>14.0}", rate.many, rate.alone))
}

fn single(name: &str, figure: f64) -> Result<()> {
    report::print(&format!("{name:<44}{figure:>14.2}"))
}
