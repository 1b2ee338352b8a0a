//! The files that come with a runbook: looked for beside its document when an execution begins, compared with their
//! checksums, and kept in the records by their digests, so that whichever worker runs a script has them.
//!
//! A file of the document `restart.yaml` lies in the folder `restart` beside it, or else beside it directly. What a step names
//! and `files` does not list has no checksum: it is taken as it is, and its digest is kept with the execution all the same.

use std::{collections::BTreeMap, io, path::Path};

use reeve_document::{Diagnostic, Diagnostics};
use reeve_runbook::{EffectError, Runbook, Script, ScriptSource};
use reeve_store::RunbookAttachment;
use sha2::{Digest as _, Sha256};

use super::NamedRunbook;
use crate::{App, Error};

/// The largest file that is kept.
const MOST_BYTES: u64 = 64 << 20;

/// The digests of files by their names.
pub(super) type Attachments = BTreeMap<String, String>;

impl App {
    /// Finds and keeps the files that a runbook comes with.
    pub(super) async fn keep_attachments(
        &self,
        named: &NamedRunbook,
        runbook: &Runbook,
    ) -> Result<Attachments, Error> {
        let mut digests = Attachments::new();
        for (name, attachment) in gather(named, runbook)? {
            digests.insert(name, attachment.digest.clone());
            self.store.keep_attachment(attachment).await.map_err(Error::store)?;
        }
        Ok(digests)
    }

    /// The file that a script is in, if it is in one.
    pub(super) async fn attachment_of(
        &self,
        script: &Script,
        attachments: &Attachments,
    ) -> Result<Option<Vec<u8>>, EffectError> {
        let ScriptSource::Attachment(name) = &script.source else { return Ok(None) };
        let refused = |message: String| EffectError::new("InvalidAttachment", message);
        let digest = attachments.get(name).ok_or_else(|| {
            refused(format!("the attachment `{name}` is not among the runbook's `files`"))
        })?;
        let kept = self.store.attachment(digest).await.map_err(|error| {
            refused(format!("the attachment `{name}` cannot be read from the records: {error}"))
        })?;
        let content =
            kept.filter(|content| hex::encode(Sha256::digest(content)) == *digest).ok_or_else(
                || refused(format!("the records do not have the attachment `{name}` as it was")),
            )?;
        Ok(Some(content))
    }
}

/// The files that a runbook comes with, by name, or everything that is wrong with them.
pub(super) fn gather(
    named: &NamedRunbook,
    runbook: &Runbook,
) -> Result<BTreeMap<String, RunbookAttachment>, Error> {
    let mut found = BTreeMap::new();
    let mut problems = Diagnostics::new(&named.name);
    for file in runbook.attached_files() {
        let mut problem =
            |message: String| problems.push(Diagnostic::new(file.position, file.path, message));
        let content = match read(named, file.name) {
            Ok(content) => content,
            Err(message) => {
                problem(message);
                continue;
            }
        };
        let digest = hex::encode(Sha256::digest(&content));
        match file.sha256 {
            Some(expected) if !expected.eq_ignore_ascii_case(&digest) => problem(format!(
                "the SHA-256 of `{}` is {digest}, and the document says {expected}",
                file.name
            )),
            _ => {
                found.insert(file.name.to_owned(), RunbookAttachment { digest, content });
            }
        }
    }
    if problems.is_empty() {
        return Ok(found);
    }
    Err(Error::runbook(problems).with_hint(
        "a file of a runbook lies in a folder beside its document that is called as the document is",
    ))
}

/// The content of a file, or why there is none.
fn read(named: &NamedRunbook, file: &str) -> Result<Vec<u8>, String> {
    if file.is_empty() || file.starts_with('.') || file.contains(['/', '\\']) {
        return Err(format!("`{file}` is no name of a file"));
    }
    let Some(folder) = &named.folder else {
        return Err(format!("the file `{file}` did not come with the document"));
    };
    let places = [folder.join(&named.name).join(file), folder.join(file)];
    for place in &places {
        match read_file(place) {
            Ok(content) => return Ok(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("`{}` cannot be read: {error}", place.display())),
        }
    }
    let [best, _] = &places;
    Err(format!("the file `{file}` is missing: put it at `{}`", best.display()))
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > MOST_BYTES {
        let message = format!("it has {size} bytes, at most {MOST_BYTES} are kept");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    std::fs::read(path)
}
