//! The files of a suite, whatever they are called.

use std::{fs, path::Path};

use serde_json::Value as Json;

use crate::{Found, NotPassed};

/// A file of a suite.
pub(crate) struct File {
    /// The path below the suite's folder, with slashes and without `.json`.
    pub(crate) name: String,
    pub(crate) path: std::path::PathBuf,
}

impl File {
    /// Reads the file as JSON; if it cannot be read, the difference to be reported.
    pub(crate) fn json(&self) -> Result<Json, String> {
        let bytes = fs::read(&self.path).map_err(|error| format!("cannot be read: {error}"))?;
        serde_json::from_slice(&bytes).map_err(|error| format!("is not JSON: {error}"))
    }

    /// A case for a file that cannot be taken apart into its cases.
    pub(crate) fn unreadable<C>(&self, why: impl Into<String>) -> Found<C> {
        Found { name: self.name.clone(), case: Err(NotPassed::Failed(why.into())) }
    }
}

/// All JSON files below a folder, in the order of their paths.
pub(crate) fn json_files(folder: &Path) -> Vec<File> {
    let mut files = all_files(folder, &["json"]);
    for file in &mut files {
        file.name.truncate(file.name.len().saturating_sub(".json".len()));
    }
    files
}

/// All files below a folder whose names end so, with the ends in their names, in the order of their paths.
pub(crate) fn all_files(folder: &Path, extensions: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    collect(folder, ("", extensions), &mut files);
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}

fn collect(folder: &Path, (prefix, extensions): (&str, &[&str]), files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file_name = entry.file_name();
        let name = format!("{prefix}{}", file_name.to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            collect(&path, (&format!("{name}/"), extensions), files);
        } else if name.rsplit_once('.').is_some_and(|(_, end)| extensions.contains(&end)) {
            files.push(File { name, path });
        }
    }
}

/// What JSON has under a name; null if it has nothing there.
pub(crate) trait At {
    fn at(&self, name: &str) -> &Json;
}

impl At for Json {
    fn at(&self, name: &str) -> &Json {
        self.get(name).unwrap_or(&Json::Null)
    }
}
