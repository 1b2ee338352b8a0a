//! The data folder of SQLite: made if it is missing, and its file's health.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use sqlx::AnyConnection;

use super::OpenError;
use crate::location::{DatabaseLocation, FILE};

const QUICK_CHECK: &str = "PRAGMA quick_check(3)";
const WRITE_AHEAD: &str = "PRAGMA journal_mode = WAL";

/// Makes what is missing of the folder and the file in it, for their owner only.
pub(super) fn make(folder: &Path) -> Result<DatabaseLocation, OpenError> {
    let location = DatabaseLocation::from(make_folder(folder)?);
    make_file(&location)?;
    Ok(location)
}

fn make_folder(folder: &Path) -> Result<PathBuf, OpenError> {
    let failed = |source| OpenError::Folder { path: folder.to_owned(), source };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    folder.canonicalize().map_err(failed)
}

/// Makes the file before the database does, so that it is never readable by others. Its companions copy its mode.
fn make_file(location: &DatabaseLocation) -> Result<(), OpenError> {
    let path = location.folder().unwrap_or(Path::new("")).join(FILE);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            Err(OpenError::DiskFull { location: location.clone() })
        }
        Err(_) => Err(OpenError::ReadOnly { location: location.clone() }),
    }
}

/// Reads the whole database: about a second for each gigabyte. Whether it was damaged since it was last read cannot be
/// known without that, and no command shall work on damaged records.
pub(super) async fn check(
    writer: &mut AnyConnection,
    location: &DatabaseLocation,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_database(location, source);
    let findings: Vec<String> =
        sqlx::query_scalar(QUICK_CHECK).fetch_all(&mut *writer).await.map_err(failed)?;
    if !findings.iter().map(String::as_str).eq(["ok"]) {
        let detail = findings.join("; ");
        return Err(OpenError::Damaged { location: location.clone(), detail });
    }
    let mode: String = sqlx::query_scalar(WRITE_AHEAD).fetch_one(writer).await.map_err(failed)?;
    if mode == "wal" { Ok(()) } else { Err(OpenError::FileSystem { location: location.clone() }) }
}
