//! Repository chores that are code: `cargo xtask models`.

mod models;

use clap::Parser as _;

/// The repository's chores.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo xtask")]
enum Command {
    Models(models::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Models(arguments) => models::run(&arguments),
    }
}
