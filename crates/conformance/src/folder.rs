//! Where the cases are, and which suites are meant.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::suites;

/// The folder that `REEVE_SUITES` names, else `../shared/suites` beside the checkout.
pub fn suites_folder() -> PathBuf {
    match env::var_os("REEVE_SUITES") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => checkout().join("../shared/suites"),
    }
}

/// The root of the checkout that this program was built from.
pub(crate) fn checkout() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.ancestors().nth(2).unwrap_or(folder).to_owned()
}

/// A suite that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSuite {
    /// There is no suite of this name.
    #[error("no suite is called `{name}`; did you mean {}?", listed(nearest))]
    NoSuchName {
        /// The name that was asked for.
        name: String,
        /// The suites there are, the most similar first.
        nearest: Vec<&'static str>,
    },
    /// Its cases are not here.
    #[error(
        "the cases of `{name}` are not here: `{}` has no folder of this name (hint: `REEVE_SUITES` names another place)",
        folder.display()
    )]
    Absent {
        /// The suite.
        name: String,
        /// Where suites are looked for.
        folder: PathBuf,
    },
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

/// The suites that are meant: those of these names, or all.
pub(crate) fn choose(names: &[String]) -> Result<Vec<&'static str>, UnknownSuite> {
    let known = suites::names();
    if names.is_empty() {
        return Ok(known);
    }
    let one = |name: &String| {
        let found = known.iter().find(|known| *known == name).copied();
        found.ok_or_else(|| UnknownSuite::NoSuchName { name: name.clone(), nearest: nearest(name) })
    };
    names.iter().map(one).collect()
}

/// All suites if none is similar: there are few.
fn nearest(name: &str) -> Vec<&'static str> {
    let mut scored: Vec<(f64, &'static str)> = suites::names()
        .into_iter()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let similar = scored.iter().filter(|(score, _)| *score > 0.9).count();
    let count = if similar == 0 { scored.len() } else { similar.min(3) };
    scored.into_iter().take(count).map(|(_, name)| name).collect()
}

/// Where a suite's cases should be.
pub(crate) enum Place {
    There(PathBuf),
    Absent(PathBuf),
}

pub(crate) fn place(folder: &Path, name: &str) -> Place {
    let place = folder.join(name);
    if place.is_dir() { Place::There(place) } else { Place::Absent(place) }
}

/// The folders that no suite reads.
pub(crate) fn without_suite(folder: &Path) -> Vec<String> {
    let known = suites::names();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !known.contains(&name.as_str()) && !name.starts_with('.'))
        .collect();
    names.sort();
    names
}
