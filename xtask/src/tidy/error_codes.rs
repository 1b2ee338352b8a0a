//! Every error code that the program can show has a page that says what to do, and every page an error.

use std::{collections::BTreeSet, fs};

use anyhow::Result;

use super::workspace::Workspace;

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut used = BTreeSet::new();
    for file in workspace.rust_files.iter().filter(|file| file.path.starts_with("crates/app/src")) {
        for (_, line) in file.product_lines() {
            used.extend(codes(line));
        }
    }
    let mut described = BTreeSet::new();
    if let Ok(folder) = fs::read_dir(workspace.root.join("docs/errors")) {
        for entry in folder {
            described.extend(codes(&entry?.file_name().to_string_lossy()));
        }
    }
    let missing =
        used.difference(&described).map(|code| format!("docs/errors/{code}.md is missing"));
    let dead = described.difference(&used).map(|code| format!("{code} is described but not used"));
    Ok(missing.chain(dead).collect())
}

/// The words of the form `RV` and four digits.
fn codes(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_code = |word: &&str| {
        word.len() == 6
            && word
                .strip_prefix("RV")
                .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    };
    words.filter(is_code).map(str::to_owned).collect()
}
