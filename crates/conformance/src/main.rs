//! `reeve-conformance`: runs the suites and says which cases pass.

use std::process::ExitCode;

use clap::Parser;
use reeve_conformance::{run, suites_folder};

/// Runs the public conformance suites.
#[derive(Parser)]
struct Arguments {
    /// The suites to run; all if none is named.
    suites: Vec<String>,
    /// Print the results as JSON.
    #[arg(long)]
    json: bool,
}

/// 0: nothing failed; 1: a case failed; 2: what was asked for cannot be run.
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let report = match run(&suites_folder(), &arguments.suites) {
        Ok(report) => report,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    if arguments.json {
        anstream::println!("{:#}", report.to_json());
    } else {
        anstream::print!("{report}");
    }
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
