//! The folder of a recording.
//!
//! ```text
//! DIR/recording.json                                        what this is
//! DIR/111122223333/eu-west-1/dynamodb.ListTables_0001.json  the first such call there
//! DIR/base/us-east-1/sts.GetCallerIdentity_0001.json        called with the base credentials
//! ```
//!
//! A file appears with its whole content or not at all: it is written under another name and then linked. A name that is
//! taken is never written over, also if two processes record into one folder. Only the owner may read: nothing in it is
//! secret, but it says much about an estate.

use std::{
    collections::HashMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use super::{
    RecordingError,
    pair::{Pair, VERSION},
};
use crate::CallSite;

/// What says that a folder is a recording.
pub(super) const MANIFEST: &str = "recording.json";

/// How the names of files begin that are not complete yet, and never will be if the process ended.
const INCOMPLETE: &str = ".incomplete-";

/// Where calls with the base credentials are, whose account nobody named.
const BASE: &str = "base";

/// The folder of a recording.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    // The last number that was used, by the path without it.
    numbers: Mutex<HashMap<PathBuf, u64>>,
    has_failed: AtomicBool,
}

/// The pairs of one place and operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Group {
    folder: PathBuf,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: String,
    version: u32,
}

impl Folder {
    /// A folder to record into.
    pub(super) fn record(path: PathBuf) -> Result<Self, RecordingError> {
        let folder = Self::new(path);
        let failed = |source| RecordingError::Folder { path: folder.path.clone(), source };
        create_private(&folder.path).map_err(failed)?;
        if folder.path.join(MANIFEST).exists() {
            folder.check_manifest()?;
            // Better found out now than after the first call.
            incomplete_file(&folder.path).map_err(failed)?;
        } else if folder.is_empty().map_err(failed)? {
            let manifest = Manifest { format: "reeve-recording".into(), version: VERSION };
            let text = text_of(&manifest).map_err(failed)?;
            let written = write_new(&folder.path.join(MANIFEST), &text);
            match written {
                // Another process begins to record here at the same time.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                written => written.map_err(failed)?,
            }
        } else {
            return Err(RecordingError::NotARecording { path: folder.path });
        }
        Ok(folder)
    }

    /// A folder to replay from.
    pub(super) fn replay(path: PathBuf) -> Result<Self, RecordingError> {
        let folder = Self::new(path);
        if !folder.path.join(MANIFEST).exists() {
            return match fs::read_dir(&folder.path) {
                Ok(_) => Err(RecordingError::NotARecording { path: folder.path }),
                Err(source) => Err(RecordingError::Folder { path: folder.path, source }),
            };
        }
        folder.check_manifest()?;
        Ok(folder)
    }

    /// Adds a pair. A failure is told once, and is nobody else's concern: the call was made, whatever becomes of its record.
    pub(super) fn add(&self, site: &CallSite, pair: &Pair) {
        let Err(error) = self.try_add(site, pair) else { return };
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "the recording in `{}` cannot be written and will not be complete: {error}",
                self.path.display()
            );
        }
    }

    fn try_add(&self, site: &CallSite, pair: &Pair) -> io::Result<()> {
        let group = self.group(site);
        create_private(&group.folder)?;
        let text = text_of(pair)?;
        loop {
            let path = group.folder.join(format!("{}_{:04}.json", group.name, self.next(&group)?));
            match write_new(&path, &text) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                written => return written,
            }
        }
    }

    /// The group that the pairs of a call are in.
    pub(super) fn group(&self, site: &CallSite) -> Group {
        let account = site.account.as_ref().map_or(BASE, |account| account.as_str());
        let known = reeve_model::catalog().service(&site.service);
        let service = known.map_or(site.service.clone(), |service| service.name().to_string());
        Group {
            folder: self.path.join(account).join(site.region.as_str()),
            name: format!("{}.{}", plain(&service), plain(&site.operation)),
        }
    }

    /// The files of a group, in the order in which they were recorded.
    pub(super) fn files(group: &Group) -> io::Result<Vec<PathBuf>> {
        let mut found: Vec<(u64, PathBuf)> = numbered(group)?;
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    /// Reads a pair.
    pub(super) fn read(path: &Path) -> Result<Pair, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let pair: Pair = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if pair.version != VERSION {
            return Err(format!("its version is {}, not {VERSION}", pair.version));
        }
        Ok(pair)
    }

    /// How a file is called in messages: by its path in the folder.
    pub(super) fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(&self.path).unwrap_or(path).display().to_string()
    }

    /// The groups of this operation elsewhere.
    pub(super) fn elsewhere(&self, group: &Group) -> Vec<String> {
        let places = subfolders(&self.path).into_iter().flat_map(|account| subfolders(&account));
        let mut others: Vec<String> = places
            .map(|folder| Group { folder, name: group.name.clone() })
            .filter(|other| numbered(other).is_ok_and(|found| !found.is_empty()))
            .map(|other| self.name_of(&other.folder))
            .collect();
        others.sort_unstable();
        others
    }

    fn new(path: PathBuf) -> Self {
        Self { path, numbers: Mutex::default(), has_failed: AtomicBool::new(false) }
    }

    fn check_manifest(&self) -> Result<(), RecordingError> {
        let failed = |reason: String| RecordingError::Format { path: self.path.clone(), reason };
        let text = fs::read_to_string(self.path.join(MANIFEST))
            .map_err(|source| RecordingError::Folder { path: self.path.clone(), source })?;
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|error| failed(format!("`{MANIFEST}` is wrong: {error}")))?;
        if manifest.version == VERSION {
            Ok(())
        } else {
            let version = manifest.version;
            Err(failed(format!("its version is {version}, and {VERSION} is the one known here")))
        }
    }

    fn is_empty(&self) -> io::Result<bool> {
        for entry in fs::read_dir(&self.path)? {
            if !entry?.file_name().to_string_lossy().starts_with(INCOMPLETE) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn next(&self, group: &Group) -> io::Result<u64> {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = group.folder.join(&group.name);
        let last = match numbers.get(&key) {
            Some(last) => *last,
            None => numbered(group)?.iter().map(|(number, _)| *number).max().unwrap_or_default(),
        };
        let next = last.saturating_add(1);
        numbers.insert(key, next);
        Ok(next)
    }
}

/// The files of a group with their numbers, in no order.
fn numbered(group: &Group) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(&group.folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = name
            .strip_prefix(&group.name)
            .and_then(|rest| rest.strip_prefix('_')?.strip_suffix(".json")?.parse().ok());
        if let Some(number) = number {
            found.push((number, path));
        }
    }
    Ok(found)
}

fn subfolders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn text_of(document: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

/// Writes a file that does not exist yet, all at once.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = incomplete_file(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// A file that is removed again if nothing becomes of it. Only its owner can read it.
fn incomplete_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(INCOMPLETE).tempfile_in(folder)
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// A name that can be part of a file's name anywhere.
fn plain(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect()
}
