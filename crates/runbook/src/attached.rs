//! The files that a runbook needs beside its document: those that it lists, and those that its scripts are in.

use reeve_document::Position;

use crate::runbook::Runbook;

/// A file that a runbook needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachedFile<'a> {
    /// Its name.
    pub name: &'a str,
    /// The SHA-256 of its content in hexadecimal, if the document says it.
    pub sha256: Option<&'a str>,
    /// Where the document names it.
    pub position: Position,
    /// The way there from the root of the document.
    pub path: &'a str,
}

impl Runbook {
    /// The files that it needs, each once. A step may name one that `files` does not list, as many documents do that were
    /// made for the command line of the service, which fills in the list.
    pub fn attached_files(&self) -> Vec<AttachedFile<'_>> {
        let mut found: Vec<AttachedFile<'_>> = Vec::new();
        for file in &self.files {
            let (name, sha256) = (file.name.as_str(), file.sha256());
            found.push(AttachedFile { name, sha256, position: file.position, path: &file.path });
        }
        for step in self.all_steps() {
            let is_used = step.action.name == "aws:executeScript" && step.input("Script").is_none();
            let Some(input) = step.input("Attachment").filter(|_| is_used) else { continue };
            let Some(name) = input.as_text() else { continue };
            if !found.iter().any(|known| known.name == name) {
                let (position, path) = (input.position, input.path.as_str());
                found.push(AttachedFile { name, sha256: None, position, path });
            }
        }
        found
    }
}
