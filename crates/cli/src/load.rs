//! Reads the estate folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use reeve_app::executions::{Library, NamedRunbook, Origin};
use reeve_document::{Diagnostics, nearest};
use reeve_estate::{
    Account, CUSTOM_TAGS_FILE, DEFAULT_TAGS_FILE, ESTATE_FILE, Estate, EstateFiles,
};

use crate::{
    exit::{WrongDocuments, WrongInput},
    output::say,
};

/// An estate folder, read.
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) estate: Estate,
    /// Its documents.
    pub(crate) documents: EstateFiles,
}

impl Folder {
    /// Reads the folder and says on standard error what is allowed but odd.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let files = texts(path)?;
        let estate = reeve_estate::read(&files).map_err(WrongDocuments)?;
        for diagnostics in &estate.warnings {
            for diagnostic in diagnostics {
                let one = Diagnostics::of(diagnostics.file(), diagnostic.clone());
                say(&format!("warning: {one}"));
            }
        }
        Ok(Self { path: path.to_owned(), estate, documents: files })
    }
}

/// The texts of an estate folder.
pub(crate) fn texts(path: &Path) -> Result<EstateFiles> {
    let Some(estate) = read(&path.join(ESTATE_FILE))? else {
        let message = format!("there is no {ESTATE_FILE} in {}", path.display());
        let hint = "`reeve init` writes a commented estate folder; `-C DIR` names another one";
        return Err(WrongInput::new(message).with_hint(hint).into());
    };
    Ok(EstateFiles {
        estate,
        custom_tags: read(&path.join(CUSTOM_TAGS_FILE))?,
        default_tags: read(&path.join(DEFAULT_TAGS_FILE))?,
    })
}

/// The runbooks that come with Reeve, and those of an estate folder, which take the place of others of their names.
pub(crate) fn runbooks(folder: &Path) -> Result<Library> {
    let mut library = Library::shipped();
    let path = folder.join("runbooks");
    let mut files: Vec<PathBuf> = match fs::read_dir(&path) {
        Ok(files) => files.map(|file| file.map(|file| file.path())).collect::<io::Result<_>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(library),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    files.sort();
    for file in files {
        let is_runbook = file
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension));
        if let (true, Some(name)) = (is_runbook, file.file_name().and_then(|name| name.to_str())) {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            library.add(NamedRunbook::of_file(name, text).in_folder(&path), Origin::Estate);
        }
    }
    Ok(library)
}

/// The account of an id or a name.
pub(crate) fn account<'a>(estate: &'a Estate, text: &str) -> Result<&'a Account, WrongInput> {
    estate.find_account(text).ok_or_else(|| {
        let mut message = format!("the estate has no account `{text}`");
        let names = estate.accounts.iter().map(|account| account.name.as_str());
        if let Some(near) = nearest(text, names) {
            message += &format!("; did you mean `{near}`?");
        }
        WrongInput::new(message).with_hint("`reeve accounts` lists them")
    })
}

/// The folder of the records in an estate folder, whatever else is in it.
pub(crate) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
