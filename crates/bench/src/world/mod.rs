//! The simulated AWS by itself: how many calls it answers, what a large world takes, and how fast its time can pass.
//!
//! It is what tests and measurements stand on, so it must never be what they wait for. Calls are signed once and sent again
//! and again over kept connections by a client that does nothing but count answers; the same is asked of moto, where it is
//! installed.

mod alarms;
mod moto;
mod rates;
mod raw;
mod request;

use std::fs;

use anyhow::{Context as _, Result};
use reeve_time::{Clock, Stopwatch};
use reeve_twin::{Scenario, Twin, seed};

use crate::{ServerProcess, report};

/// How many alarms look at their metrics for a week.
const ALARMS: usize = 2000;

/// How many clock ticks the kernel counts processor time in, a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many resources the large world has.
    #[arg(long, default_value_t = 1_000_000)]
    resources: usize,
}

impl Arguments {
    /// The usual.
    pub(crate) fn usual() -> Self {
        Self { resources: 1_000_000 }
    }
}

pub(crate) fn run(runtime: &tokio::runtime::Runtime, arguments: &Arguments) -> Result<()> {
    rates::run(runtime)?;
    large(runtime, arguments.resources)?;
    time()
}

/// What a large world takes.
fn large(runtime: &tokio::runtime::Runtime, resources: usize) -> Result<()> {
    report::say(&format!("making a world of {resources} resources …"));
    let watch = Stopwatch::start();
    let twin = ServerProcess::start(&["twin", &resources.to_string()])?;
    row(&format!("a world of {resources} resources: made in, s"), watch.elapsed().as_secs_f64())?;
    row("  memory, MB", resident(twin.child.id())?)?;
    let input = r#"{"MaxResults": 1000}"#;
    let request =
        runtime.block_on(request::signed(&twin.address, "ec2", "DescribeInstances", input))?;
    let answered =
        runtime.block_on(raw::rate(&twin.address, &request.to_bytes(), rates::DURATION))?;
    row("  instances described a second, pages of 1,000", answered.rate * 1000.0)?;
    row("  memory after, MB", resident(twin.child.id())?)?;
    drop(twin);
    let world = Twin::new(Clock::system(), 1);
    seed::bulk(&world, 100, resources);
    let watch = Stopwatch::start();
    let mut file = Vec::new();
    world.snapshot(&mut file)?;
    row("  snapshot written in, s", watch.elapsed().as_secs_f64())?;
    row("  snapshot, MB", megabytes(file.len()))?;
    let watch = Stopwatch::start();
    world.restore(file.as_slice())?;
    row("  snapshot restored in, s", watch.elapsed().as_secs_f64())?;
    Ok(())
}

/// How fast the demonstration's time can pass.
fn time() -> Result<()> {
    let clock = Clock::system();
    let twin = Twin::new(clock, 1);
    let watch = Stopwatch::start();
    let demo = Scenario::named("demo").context("there is no demo")?;
    demo.begin(&twin)?;
    row("the demo with its week of history begun in, s", watch.elapsed().as_secs_f64())?;
    twin.set_rate(0.0);
    let watch = Stopwatch::start();
    twin.set_time(twin.now() + jiff::SignedDuration::from_hours(24));
    row("  a further day passes in, s", watch.elapsed().as_secs_f64())?;
    report::say(&format!("letting {ALARMS} alarms look for a week …"));
    row(&format!("a week of {ALARMS} alarms, s"), alarms::week(ALARMS)?)
}

fn row(name: &str, value: f64) -> Result<()> {
    report::print(&format!("{name:<52}{:>12}", shown(value)))
}

fn shown(value: f64) -> String {
    if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

/// The memory that a process holds, in megabytes.
pub(crate) fn resident(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u32 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(f64::from(kilobytes) / 1000.0)
}

fn megabytes(bytes: usize) -> f64 {
    u32::try_from(bytes / 1000).map_or(f64::INFINITY, |kilobytes| f64::from(kilobytes) / 1000.0)
}

/// The processor time that a process has spent, in seconds.
pub(crate) fn processor_seconds(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = status.rsplit_once(") ").context("no name")?;
    let fields: Vec<&str> = after_name.split(' ').collect();
    let ticks =
        |index: usize| -> Result<f64> { Ok(fields.get(index).context("no ticks")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}
