//! Where runbooks are found by name: those of the estate folder, then those that come with Reeve.

use std::{collections::BTreeMap, path::PathBuf};

use reeve_runbook::Format;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "runbooks/"]
struct Shipped;

/// A runbook's text, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRunbook {
    /// Its name.
    pub name: String,
    /// The format of its text.
    pub format: Format,
    /// Its text.
    pub text: String,
    /// The folder that its document lies in, where the files are looked for that come with it.
    pub folder: Option<PathBuf>,
}

/// Runbooks by name.
#[derive(Debug, Clone, Default)]
pub struct Library {
    runbooks: BTreeMap<String, (NamedRunbook, Origin)>,
}

/// Where a runbook comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It comes with Reeve.
    Shipped,
    /// It is in the estate folder.
    Estate,
}

impl NamedRunbook {
    /// A runbook in a file: it is called as the file is, without what comes after the last dot.
    pub fn of_file(file: &str, text: String) -> Self {
        let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
        Self { name: name.to_owned(), format: Format::of_file(file), text, folder: None }
    }

    /// The same in a folder.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }
}

impl Library {
    /// The runbooks that come with Reeve.
    pub fn shipped() -> Self {
        let mut library = Self::default();
        for file in Shipped::iter() {
            let text = Shipped::get(&file).map(|embedded| embedded.data.into_owned());
            if let Some(text) = text.and_then(|bytes| String::from_utf8(bytes).ok()) {
                library.add(NamedRunbook::of_file(&file, text), Origin::Shipped);
            }
        }
        library
    }

    /// Adds one, in the place of another of the same name.
    pub fn add(&mut self, runbook: NamedRunbook, origin: Origin) {
        self.runbooks.insert(runbook.name.clone(), (runbook, origin));
    }

    /// The runbook of a name.
    pub fn get(&self, name: &str) -> Option<&NamedRunbook> {
        self.runbooks.get(name).map(|(runbook, _)| runbook)
    }

    /// All of them by name, and where they come from.
    pub fn iter(&self) -> impl Iterator<Item = (&NamedRunbook, Origin)> {
        self.runbooks.values().map(|(runbook, origin)| (runbook, *origin))
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        reeve_document::nearest(name, self.runbooks.keys().map(String::as_str))
    }
}
