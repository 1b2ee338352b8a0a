//! Repository chores that are code: `cargo xtask tidy`, `cargo xtask models`.

mod models;
mod tidy;

use clap::Parser as _;

/// The repository's chores.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo xtask")]
enum Command {
    Models(models::Arguments),
    /// Check the conventions that a program can check.
    Tidy,
}

#[expect(clippy::print_stderr, reason = "a command's errors go to its standard error")]
fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Models(arguments) => models::run(&arguments),
        Command::Tidy => tidy::run(),
    }
}
