//! The figures, for people.

use std::io::Write as _;

use anyhow::Result;
use serde::Serialize;

use crate::measure::Figures;

type Row = (&'static str, fn(&Figures) -> Option<f64>, &'static str);

const ROWS: &[Row] = &[
    ("observe, decide, record and plan", |figures| Some(figures.run), "s"),
    ("  resources a second", |figures| Some(rate(figures.resources, figures.run)), ""),
    ("  memory at most", |figures| Some(megabytes(figures.memory_run)), "MB"),
    ("of which: discover by itself", |figures| Some(figures.discover), "s"),
    ("of which: decide, few configurations", |figures| Some(figures.decide_few), "s"),
    ("  share of the whole", |figures| Some(100.0 * figures.decide_few / figures.run), "%"),
    ("  decide, many configurations", |figures| Some(figures.decide_many), "s"),
    ("of which: assemble the plan", |figures| Some(figures.assemble), "s"),
    ("actions in the plan", |figures| Some(number(figures.actions)), ""),
    ("apply, with journal and reading back", |figures| figures.apply, "s"),
    ("  actions a second", |figures| Some(rate(figures.actions, figures.apply?)), ""),
    ("  memory at most", |figures| figures.memory_apply.map(megabytes), "MB"),
];

/// A table: a row a figure, a column a size, and how each grew from the first size to the last.
pub(crate) fn table(measured: &[Figures]) -> String {
    let mut text = format!("{:<40}", "resources");
    for figures in measured {
        text += &format!("{:>14}", figures.resources);
    }
    text += &format!("{:>10}\n", "growth");
    for (name, value, unit) in ROWS {
        text += &format!("{name:<40}");
        for figures in measured {
            let shown =
                value(figures).map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
            text += &format!("{:>14}", format!("{shown} {unit}").trim_end());
        }
        let ends = measured.first().and_then(value).zip(measured.last().and_then(value));
        let growth = ends.map(|(first, last)| format!("x{:.1}", last / first));
        text += &format!("{:>10}\n", growth.unwrap_or_default());
    }
    text
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    writeln!(stdout, "{}", text.trim_end())?;
    stdout.flush()?;
    Ok(())
}

/// Prints figures for the process that asked for them.
pub(crate) fn print_json(figures: &impl Serialize) -> Result<()> {
    print(&serde_json::to_string(figures)?)
}

/// Says something on standard error.
pub(crate) fn say(text: &str) {
    anstream::eprintln!("{text}");
}

pub(crate) fn rate(count: usize, seconds: f64) -> f64 {
    number(count) / seconds
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

pub(crate) fn megabytes(bytes: u64) -> f64 {
    u32::try_from(bytes / 1024).map_or(f64::INFINITY, f64::from) / 1024.0
}
