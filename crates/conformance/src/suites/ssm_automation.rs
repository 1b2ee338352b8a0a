//! Public SSM Automation documents: what can be read and fits together is accepted, and what cannot is refused with a place.
//!
//! A few are malformed, on purpose or by mistake. Which, nobody has written down, so a document that is refused is listed as
//! skipped, with everything that is wrong with it, for a person to look at; a refusal that names no place is a failure.

use std::path::Path;

use reeve_document::Diagnostics;
use reeve_runbook::{Format, Runbook};

use crate::{
    Found, NotPassed, Suite,
    files::{self, File},
};

/// The suite of runbooks.
pub(crate) struct SsmAutomation;

impl Suite for SsmAutomation {
    type Case = File;

    fn name(&self) -> &'static str {
        "ssm-automation"
    }

    fn find(&self, folder: &Path) -> Vec<Found<File>> {
        let files = files::all_files(folder, &["json", "yaml", "yml"]).into_iter();
        files.map(|file| Found { name: file.name.clone(), case: Ok(file) }).collect()
    }

    fn check(&self, file: &File) -> Result<(), NotPassed> {
        let text = std::fs::read_to_string(&file.path)
            .map_err(|error| NotPassed::Failed(format!("cannot be read: {error}")))?;
        match Runbook::parse(&file.name, &text, Format::of_file(&file.name)) {
            Ok(_) => Ok(()),
            Err(diagnostics) => Err(refused(&diagnostics)),
        }
    }
}

fn refused(diagnostics: &Diagnostics) -> NotPassed {
    let text = format!("refused: {diagnostics}");
    let have_places = diagnostics.iter().all(|diagnostic| diagnostic.position.is_some());
    if have_places { NotPassed::Skipped(text) } else { NotPassed::Failed(text) }
}
