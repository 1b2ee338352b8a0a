//! `reeve init`: a commented estate folder to start from.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use reeve_estate::starter;
use serde_json::json;

use super::Globals;
use crate::{
    exit::{Status, WrongInput},
    output::say,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder to write; the estate folder that `-C` names by default.
    folder: Option<PathBuf>,
}

pub(crate) fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let folder = arguments.folder.as_ref().unwrap_or(&globals.folder);
    let files = starter();
    let present: Vec<String> = files
        .iter()
        .map(|file| folder.join(file.path))
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if !present.is_empty() {
        let message = format!("already there, and left as it is: {}", present.join(", "));
        return Err(WrongInput::new(message).with_hint("name an empty folder").into());
    }
    for file in &files {
        let path = folder.join(file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, file.text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let written: Vec<&str> = files.iter().map(|file| file.path).collect();
    let shown = folder.display().to_string();
    globals.output().show(&json!({ "folder": shown, "files": written }), |_| {
        format!("wrote {shown}: {}\n", written.join(", "))
    })?;
    say(&format!(
        "next: edit estate.yaml, then `reeve -C {shown} validate` and `reeve -C {shown} plan`"
    ));
    Ok(Status::Done)
}
