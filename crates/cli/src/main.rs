#![doc = include_str!("../README.md")]

mod ask;
mod commands;
mod demo;
mod exit;
mod load;
mod output;
mod progress;
mod service;
mod setup;
mod stop;
mod table;
mod text;
mod unknown;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{commands::Cli, exit::Status};

/// Most of the time of a call and of an observation goes into small allocations, which it does in half the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    setup::log(cli.globals.verbose, cli.is_server());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&error.into()),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(status) => ExitCode::from(status),
        Err(error) => exit::report(&error),
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.number())
    }
}
