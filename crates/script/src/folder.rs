//! The folder of a script: fresh, readable by nobody else, and removed with all that is in it.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, lchown},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// The folder of a script.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
}

/// What is in a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

impl Folder {
    pub(crate) fn new(parent: Option<&Path>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("reeve-script-").permissions(fs::Permissions::from_mode(0o700));
        let folder = match parent {
            Some(parent) => builder.tempdir_in(parent),
            None => builder.tempdir(),
        };
        Ok(Self { folder: folder? })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it to a user, with what we put into it.
    pub(crate) fn give_to(&self, user: u32, group: u32) -> io::Result<()> {
        for entry in entries(self.path()) {
            lchown(entry.path(), Some(user), Some(group))?;
        }
        lchown(self.path(), Some(user), Some(group))
    }

    /// Removes it, again if somebody was still writing into it.
    pub(crate) fn remove(self) {
        let path = self.folder.keep();
        for _ in 0..REMOVALS {
            match remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {}
                _ => return,
            }
        }
    }
}

const REMOVALS: u32 = 5;

fn remove(path: &Path) -> io::Result<()> {
    let removed = fs::remove_dir_all(path);
    if removed.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
        // The script took away its own right to write somewhere.
        for folder in folders(path) {
            open_up(&folder);
        }
        return fs::remove_dir_all(path);
    }
    removed
}

fn open_up(folder: &Path) {
    // If it does not help, removing says so again.
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
}

/// A folder and those below it, each before what is in it is looked at, so that it can be opened up first.
fn folders(path: &Path) -> impl Iterator<Item = PathBuf> {
    let mut waiting = vec![path.to_owned()];
    std::iter::from_fn(move || {
        let folder = waiting.pop()?;
        open_up(&folder);
        for entry in entries(&folder) {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
        }
        Some(folder)
    })
}

/// Counts what is below `path`, without following links, and stops counting beyond `most` files.
pub(crate) fn content(path: &Path, most: usize) -> Content {
    let mut content = Content::default();
    let mut waiting = vec![path.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in entries(&folder) {
            let Ok(metadata) = entry.metadata() else { continue };
            content.files += 1;
            content.bytes += occupied(&metadata);
            if metadata.is_dir() {
                waiting.push(entry.path());
            }
            if content.files > most {
                return content;
            }
        }
    }
    content
}

/// What a file takes on the disk, which for one with holes is less than its length.
fn occupied(metadata: &fs::Metadata) -> u64 {
    metadata.blocks() * 512
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}
