//! How many small calls it answers a second, beside a server that does nothing but answer and beside moto.

use std::time::Duration;

use anyhow::Result;
use reeve_time::{Clock, Stopwatch};
use reeve_twin::{Twin, seed};
use tokio::runtime::Runtime;

use super::{
    moto::Moto,
    processor_seconds,
    raw::{self, Answered},
    request::{self, Request},
    shown,
};
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
pub(super) const DURATION: Duration = Duration::from_secs(3);

/// Measures and prints.
pub(super) fn run(runtime: &Runtime) -> Result<()> {
    report::say("measuring small calls …");
    let moto = Moto::start()?;
    let titles = ["the twin", "no sockets", "only answers", "moto", "bytes"];
    let titles: Vec<String> = titles.iter().map(|title| format!("{title:>14}")).collect();
    report::print(&format!("{:<36}{}", "small calls a second", titles.concat()))?;
    for (service, operation, input) in CALLS {
        let ask = |endpoint: &str| -> Result<Answered> {
            let request = runtime.block_on(request::signed(endpoint, service, operation, input))?;
            runtime.block_on(raw::rate(endpoint, &request.to_bytes(), DURATION))
        };
        let twin = Measured::of(&ServerProcess::start(&["twin", "1000"])?, ask)?;
        let bytes = twin.answered.bytes.to_string();
        let idle = Measured::of(&ServerProcess::start(&["idle", &bytes])?, ask)?;
        let theirs = moto.as_ref().map(|moto| ask(&moto.address)).transpose()?;
        let in_process = without_sockets(&runtime.block_on(request::signed(
            "http://127.0.0.1:1",
            service,
            operation,
            input,
        ))?)?;
        let figures = [
            shown(twin.answered.rate),
            shown(in_process),
            shown(idle.answered.rate),
            theirs.map_or_else(|| "-".to_owned(), |theirs| shown(theirs.rate)),
            bytes,
        ];
        line(&format!("{service} {operation}"), &figures)?;
        let none = String::new();
        let of_call = [
            shown(twin.microseconds),
            shown(1e6 / in_process),
            shown(idle.microseconds),
            none.clone(),
            none,
        ];
        line("  processor time of a call, µs", &of_call)?;
    }
    Ok(())
}

fn line(name: &str, figures: &[String]) -> Result<()> {
    let figures: Vec<String> = figures.iter().map(|figure| format!("{figure:>14}")).collect();
    report::print(&format!("{name:<36}{}", figures.concat()))
}

/// What a server did.
struct Measured {
    answered: Answered,
    /// Processor time of the server for a call, in user space and in the kernel.
    microseconds: f64,
}

impl Measured {
    fn of(server: &ServerProcess, ask: impl Fn(&str) -> Result<Answered>) -> Result<Self> {
        let before = processor_seconds(server.child.id())?;
        let answered = ask(&server.address)?;
        let spent = processor_seconds(server.child.id())? - before;
        let microseconds = spent * 1e6 / f64::from(answered.count.max(1));
        Ok(Self { answered, microseconds })
    }
}

/// Calls a second by one thread that calls the twin as a library.
fn without_sockets(request: &Request) -> Result<f64> {
    let world = Twin::new(Clock::system(), 1);
    seed::bulk(&world, crate::ACCOUNTS, 1000);
    let watch = Stopwatch::start();
    let mut count = 0_u32;
    while watch.elapsed() < DURATION {
        anyhow::ensure!(world.handle(request.to_http()?).status() == 200, "a call failed");
        count += 1;
    }
    Ok(f64::from(count) / watch.elapsed().as_secs_f64())
}
