//! The simulated AWS by itself: how many calls it answers, what a large world takes, and how fast its time can pass.
//!
//! It is what tests and measurements stand on, so it must never be what they wait for. Calls are signed once and sent again
//! and again over kept connections by a client that does nothing but count answers; the same is asked of moto, where it is
//! installed.

mod alarms;
mod raw;
mod request;

use std::{fs, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, Result};
use reeve_time::{Clock, Stopwatch};
use reeve_twin::{Scenario, Twin, seed};

use crate::{ServerProcess, report};

/// The small calls, by service and operation.
const CALLS: [(&str, &str, &str); 5] = [
    ("sts", "GetCallerIdentity", "{}"),
    ("ec2", "DescribeRegions", "{}"),
    ("sqs", "ListQueues", "{}"),
    ("dynamodb", "ListTables", r#"{"Limit": 1}"#),
    ("rds", "DescribeDBClusters", r#"{"MaxRecords": 20}"#),
];

/// How long calls are counted.
const DURATION: Duration = Duration::from_secs(3);

/// How many alarms look at their metrics for a week.
const ALARMS: usize = 2000;

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
    report::print(&format!("{:<52}{:>14}{:>14}", "a simulated AWS", "the twin", "moto"))?;
    rates(runtime)?;
    large(runtime, arguments.resources)?;
    time()
}

/// Calls a second, over sockets and without.
fn rates(runtime: &tokio::runtime::Runtime) -> Result<()> {
    report::say("measuring small calls …");
    let twin = ServerProcess::start(&["twin", "1000"])?;
    let moto = Moto::start()?;
    for (service, operation, input) in CALLS {
        let rate = |endpoint: &str| -> Result<f64> {
            let request = runtime.block_on(request::signed(endpoint, service, operation, input))?;
            runtime.block_on(raw::rate(endpoint, &request.to_bytes(), DURATION))
        };
        let ours = rate(&twin.address)?;
        let theirs = moto.as_ref().map(|moto| rate(&moto.address)).transpose()?;
        row(&format!("{service} {operation}, calls a second"), ours, theirs)?;
    }
    let world = Twin::new(Clock::system(), 1);
    seed::bulk(&world, 5, 1000);
    for (service, operation, input) in CALLS.into_iter().take(2) {
        let endpoint = "http://127.0.0.1:1";
        let request = runtime.block_on(request::signed(endpoint, service, operation, input))?;
        let watch = Stopwatch::start();
        let mut count = 0_u32;
        while watch.elapsed() < DURATION {
            anyhow::ensure!(world.handle(request.to_http()?).status() == 200, "{operation} failed");
            count += 1;
        }
        let rate = f64::from(count) / watch.elapsed().as_secs_f64();
        row(&format!("  {service} {operation}, one thread, no sockets"), rate, None)?;
    }
    Ok(())
}

/// What a large world takes.
fn large(runtime: &tokio::runtime::Runtime, resources: usize) -> Result<()> {
    report::say(&format!("making a world of {resources} resources …"));
    let watch = Stopwatch::start();
    let twin = ServerProcess::start(&["twin", &resources.to_string()])?;
    row(
        &format!("a world of {resources} resources: made in, s"),
        watch.elapsed().as_secs_f64(),
        None,
    )?;
    row("  memory, MB", resident(twin.child.id())?, None)?;
    let input = r#"{"MaxResults": 1000}"#;
    let request =
        runtime.block_on(request::signed(&twin.address, "ec2", "DescribeInstances", input))?;
    let rate = runtime.block_on(raw::rate(&twin.address, &request.to_bytes(), DURATION))?;
    row("  instances described a second, pages of 1,000", rate * 1000.0, None)?;
    row("  memory after, MB", resident(twin.child.id())?, None)?;
    drop(twin);
    let world = Twin::new(Clock::system(), 1);
    seed::bulk(&world, 100, resources);
    let watch = Stopwatch::start();
    let mut file = Vec::new();
    world.snapshot(&mut file)?;
    row("  snapshot written in, s", watch.elapsed().as_secs_f64(), None)?;
    row("  snapshot, MB", megabytes(file.len()), None)?;
    let watch = Stopwatch::start();
    world.restore(file.as_slice())?;
    row("  snapshot restored in, s", watch.elapsed().as_secs_f64(), None)?;
    Ok(())
}

/// How fast the demonstration's time can pass.
fn time() -> Result<()> {
    let clock = Clock::system();
    let twin = Twin::new(clock, 1);
    let watch = Stopwatch::start();
    let demo = Scenario::named("demo").context("there is no demo")?;
    demo.begin(&twin)?;
    row("the demo with its week of history begun in, s", watch.elapsed().as_secs_f64(), None)?;
    twin.set_rate(0.0);
    let watch = Stopwatch::start();
    twin.set_time(twin.now() + jiff::SignedDuration::from_hours(24));
    row("  a further day passes in, s", watch.elapsed().as_secs_f64(), None)?;
    report::say(&format!("letting {ALARMS} alarms look for a week …"));
    row(&format!("a week of {ALARMS} alarms, s"), alarms::week(ALARMS)?, None)
}

fn row(name: &str, ours: f64, theirs: Option<f64>) -> Result<()> {
    let shown =
        |value: f64| if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") };
    let theirs = theirs.map_or_else(|| "-".to_owned(), shown);
    report::print(&format!("{name:<52}{:>14}{theirs:>14}", shown(ours)))
}

/// The memory that a process holds, in megabytes.
fn resident(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u32 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(f64::from(kilobytes) / 1000.0)
}

fn megabytes(bytes: usize) -> f64 {
    u32::try_from(bytes / 1000).map_or(f64::INFINITY, |kilobytes| f64::from(kilobytes) / 1000.0)
}

/// moto's server, from `scripts/venv`.
struct Moto {
    child: std::process::Child,
    address: String,
}

impl Moto {
    /// Starts it; none if it is not installed.
    fn start() -> Result<Option<Self>> {
        const PORT: &str = "45999";
        let program = Path::new(".venv/bin/moto_server");
        if !program.exists() {
            return Ok(None);
        }
        let child = std::process::Command::new(program)
            .args(["-p", PORT, "-H", "127.0.0.1"])
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let moto = Self { child, address: format!("http://127.0.0.1:{PORT}") };
        let watch = Stopwatch::start();
        while std::net::TcpStream::connect(format!("127.0.0.1:{PORT}")).is_err() {
            anyhow::ensure!(watch.elapsed() < Duration::from_mins(1), "moto did not start");
            std::thread::yield_now();
        }
        Ok(Some(moto))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
