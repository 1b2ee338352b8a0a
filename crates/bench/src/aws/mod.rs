//! The way to AWS and back, beside botocore's: the same bytes, the same calls, the same machine, the same run.
//!
//! ```text
//! this process ──► server (answers from memory)
//!      │              ▲   ▲
//!      ├──► child ────┘   │      one for each measurement, since memory and processor time are counted by process
//!      └──► python ───────┘      botocore, from .venv
//! ```
//!
//! Nothing is measured at the same time as anything else.

mod calls;
mod first;
mod instances;
mod parse;
mod python;
mod samples;
mod server;
mod stream;
mod table;

use std::process::Command;

use anyhow::Result;
use clap::{Args, Subcommand};
use reeve_model::WireResponse;
use reeve_time::Stopwatch;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::{
    ServerProcess,
    aws::{
        calls::Cost,
        first::First,
        python::Python,
        samples::Sample,
        stream::Streamed,
        table::{Figure, Goal},
    },
    measure_in_child, report,
};

/// How many resources are streamed, one measurement each.
const STREAMED: &[usize] = &[10_000, 100_000, 1_000_000];

/// Measures the way to AWS and back, beside botocore's.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
}

impl Arguments {
    /// All measurements.
    pub(crate) fn all() -> Self {
        Self { part: None }
    }
}

/// The processes of one measurement.
#[derive(Subcommand)]
enum Part {
    /// Answers from memory, and prints its address.
    #[command(hide = true)]
    Serve,
    /// Measures a small call and prints the figures as JSON.
    #[command(hide = true)]
    Calls { endpoint: String, number: usize },
    /// Measures the streaming of pages.
    #[command(hide = true)]
    Stream { endpoint: String, resources: usize },
    /// Measures the first call of a process.
    #[command(hide = true)]
    First { endpoint: String },
    /// Does nothing.
    #[command(hide = true)]
    Nothing,
}

/// Runs a measurement, or all of them.
pub(crate) fn run(runtime: &Runtime, arguments: Arguments) -> Result<()> {
    match arguments.part {
        Some(Part::Serve) => {
            // One thread: it takes as little as possible from what is measured.
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(server::serve())
        }
        Some(Part::Calls { endpoint, number }) => {
            report::print_json(&runtime.block_on(calls::measure(&endpoint, number))?)
        }
        Some(Part::Stream { endpoint, resources }) => {
            report::print_json(&runtime.block_on(stream::measure(&endpoint, resources))?)
        }
        Some(Part::First { endpoint }) => {
            let first = first::measure(&endpoint, "ec2", "DescribeRegions");
            report::print_json(&runtime.block_on(first)?)
        }
        Some(Part::Nothing) => Ok(()),
        None => {
            let python = Python::find();
            let server = ServerProcess::start(&["aws", "serve"])?;
            let mut figures = parsing(&python)?;
            figures.extend(writing(&python)?);
            figures.extend(small_calls(&python, &server.address)?);
            figures.extend(first_call(&python, &server.address)?);
            figures.extend(streaming(&server.address)?);
            report::print(&table::table(&figures, &python.versions()))
        }
    }
}

fn parsing(python: &Python) -> Result<Vec<Figure>> {
    report::say("measuring how answers are parsed …");
    let pages = samples::pages();
    let answers: Vec<WireResponse> = pages
        .iter()
        .map(|page| samples::answer(page.service, page.operation, &page.json))
        .collect::<Result<_>>()?;
    let theirs = python.parse(pages.iter().zip(&answers))?;
    let mut figures = Vec::new();
    for (at, (page, answer)) in pages.iter().zip(&answers).enumerate() {
        let seconds = parse::parse(page, answer)?;
        let megabytes = report::megabytes(answer.body.len() as u64);
        let name = format!("{}, {megabytes:.1} MB", page.name);
        let goal = (at == 0).then_some(Goal::TimesFaster(30.0));
        let theirs = theirs.get(at).map(|seconds| 1000.0 * seconds);
        figures.push(Figure::less(name, (1000.0 * seconds, theirs), "ms").with(goal));
        figures.push(Figure::alone("  of body a second".to_owned(), megabytes / seconds, "MB"));
    }
    Ok(figures)
}

fn writing(python: &Python) -> Result<Vec<Figure>> {
    report::say("measuring how requests are written …");
    let inputs = samples::inputs();
    let theirs = python.write(&inputs)?;
    let figures = inputs.iter().enumerate().map(|(at, input)| {
        let theirs = theirs.get(at).map(|seconds| 1e6 * seconds);
        Ok(Figure::less(input.name.to_owned(), (1e6 * parse::write(input)?, theirs), "µs"))
    });
    figures.collect()
}

fn small_calls(python: &Python, endpoint: &str) -> Result<Vec<Figure>> {
    report::say("measuring small calls …");
    let calls = samples::small_calls();
    let theirs = python.calls(endpoint, &calls)?;
    let mut figures = Vec::new();
    for (at, (call, _)) in calls.iter().enumerate() {
        let number = at.to_string();
        let ours: Cost = in_child(&["calls", endpoint, &number])?;
        let theirs = theirs.get(at);
        let rate = (ours.rate, theirs.map(|cost| cost.rate));
        figures.push(
            Figure::more(format!("{}, calls a second", call.name), rate)
                .with(Some(Goal::AtLeast(5000.0))),
        );
        let processor = (1e6 * ours.processor, theirs.map(|cost| 1e6 * cost.processor));
        figures.push(
            Figure::less("  processor time of a call".to_owned(), processor, "µs")
                .with(Some(Goal::Below(150.0))),
        );
        let alone = (1e6 * ours.alone, theirs.map(|cost| 1e6 * cost.alone));
        figures.push(Figure::less("  the same without sockets".to_owned(), alone, "µs"));
    }
    Ok(figures)
}

fn first_call(python: &Python, endpoint: &str) -> Result<Vec<Figure>> {
    report::say("measuring the first call …");
    let theirs =
        python.first(endpoint, &Sample::describe_regions())?.map(|seconds| 1000.0 * seconds);
    let ours: First = in_child(&["first", endpoint])?;
    let watch = Stopwatch::start();
    Command::new(std::env::current_exe()?).args(["aws", "nothing"]).output()?;
    let start = watch.elapsed().as_secs_f64();
    let alone = |name: &str, seconds: f64| Figure::alone(name.to_owned(), 1000.0 * seconds, "ms");
    Ok(vec![
        Figure::less(
            "first call of ec2 in a process".to_owned(),
            (1000.0 * ours.whole, theirs),
            "ms",
        ),
        alone("  of which: opening the catalog", ours.catalog),
        alone("  of which: opening the service", ours.service),
        alone("starting and ending a process", start),
    ])
}

fn streaming(endpoint: &str) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut smallest = None;
    for resources in STREAMED {
        report::say(&format!("measuring the streaming of {resources} resources …"));
        let streamed: Streamed = in_child(&["stream", endpoint, &resources.to_string()])?;
        let peak = report::megabytes(streamed.peak_memory);
        let base = *smallest.get_or_insert(peak);
        let name = format!("stream {resources} instances, memory at most");
        // Pages may come apart differently in memory; what grew with their number would grow a hundredfold.
        let goal = (peak > base || *resources > 10_000).then_some(Goal::Below(1.25 * base));
        figures.push(Figure::alone(name, peak, "MB").with(goal));
        let rate = report::rate(streamed.resources, streamed.elapsed);
        figures.push(Figure::alone("  resources a second".to_owned(), rate, ""));
    }
    Ok(figures)
}

fn in_child<T: DeserializeOwned>(part: &[&str]) -> Result<T> {
    measure_in_child(&[&["aws"], part].concat())
}
