//! Where runbooks are found by name: those of the estate folder, then those that come with Reeve.

use std::{collections::BTreeMap, path::PathBuf};

use reeve_document::{Diagnostic, Diagnostics};
use reeve_runbook::{Format, Input, Runbook, UNDO_SUFFIX, check_undo_document};
use rust_embed::RustEmbed;
use serde::Serialize;

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

/// A step that changes something and cannot be taken back, or nobody knows how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WithoutUndoView {
    /// The step; within a runbook that another runs, after the step that runs it and a slash.
    pub step: String,
    /// Why.
    pub why: String,
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

    /// All of them by name, and where they come from, but for those that declare how others are taken back.
    pub fn iter(&self) -> impl Iterator<Item = (&NamedRunbook, Origin)> {
        let all = self.runbooks.values().map(|(runbook, origin)| (runbook, *origin));
        all.filter(|(runbook, _)| !runbook.name.ends_with(UNDO_SUFFIX))
    }

    /// Those that declare how others are taken back.
    pub fn undo_documents(&self) -> impl Iterator<Item = &NamedRunbook> {
        let all = self.runbooks.values().map(|(runbook, _)| runbook);
        all.filter(|runbook| runbook.name.ends_with(UNDO_SUFFIX))
    }

    /// The one that declares how another is taken back: `Name.undo` for `Name`.
    pub fn undo_of(&self, name: &str) -> Option<&NamedRunbook> {
        self.get(&format!("{name}{UNDO_SUFFIX}"))
    }

    /// What is wrong with one that declares how another is taken back, beside what is wrong with any document.
    pub fn check_undo(&self, undo: &NamedRunbook) -> Vec<Diagnostic> {
        let of = undo.name.strip_suffix(UNDO_SUFFIX).unwrap_or(&undo.name);
        let Some(of) = self.get(of) else {
            let message = format!("there is no runbook `{of}` that this could take back");
            return vec![Diagnostic::of_document(message)];
        };
        let read = |named: &NamedRunbook| Runbook::parse(&named.name, &named.text, named.format);
        match (read(undo), read(of)) {
            (Ok(undo), Ok(of)) => check_undo_document(&undo.runbook, &of.runbook),
            _ => Vec::new(),
        }
    }

    /// What is wrong with the one that declares how a runbook is taken back, if one does.
    pub fn check_undo_of(&self, name: &str) -> Result<(), Diagnostics> {
        let Some(undo) = self.undo_of(name) else { return Ok(()) };
        Runbook::parse(&undo.name, &undo.text, undo.format)?;
        let mut wrong = Diagnostics::new(&undo.name);
        for diagnostic in self.check_undo(undo) {
            wrong.push(diagnostic);
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// The steps of a runbook, and of those that it runs, that change something and cannot be taken back, or nobody knows how.
    /// None if it declares how it is taken back.
    pub fn without_undo(&self, named: &NamedRunbook) -> Vec<WithoutUndoView> {
        let mut without = Vec::new();
        self.add_without_undo(named, &mut Vec::new(), &mut without);
        without
    }

    fn add_without_undo(
        &self,
        named: &NamedRunbook,
        around: &mut Vec<(String, String)>,
        without: &mut Vec<WithoutUndoView>,
    ) {
        let is_within_itself = around.iter().any(|(name, _)| *name == named.name);
        if is_within_itself || self.undo_of(&named.name).is_some() {
            return;
        }
        let Ok(checked) = Runbook::parse(&named.name, &named.text, named.format) else { return };
        let steps = checked.runbook.all_steps();
        for found in checked.runbook.without_undo() {
            let step = steps.iter().find(|step| step.name == found.step);
            let child = step
                .filter(|step| step.action.name == "aws:executeAutomation")
                .and_then(|step| step.input("DocumentName").and_then(Input::as_text))
                .and_then(|name| self.get(name));
            if let Some(child) = child {
                around.push((named.name.clone(), found.step));
                self.add_without_undo(child, around, without);
                around.pop();
                continue;
            }
            let way = around.iter().map(|(_, step)| step.as_str()).chain([found.step.as_str()]);
            let step = way.collect::<Vec<_>>().join("/");
            without.push(WithoutUndoView { step, why: found.why });
        }
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        reeve_document::nearest(name, self.runbooks.keys().map(String::as_str))
    }
}
