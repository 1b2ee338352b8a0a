//! `cargo xtask models`: rebuilds the embedded service models from a botocore release.
//!
//! The models of all AWS services are published inside the Python package botocore. This takes the newest version of each,
//! leaves out what only people read, and packs the rest into one file that the program embeds. Nothing is fetched when
//! Reeve is built or run; this command is how the file in the repository came to be, and the same wheel gives the same
//! bytes.
//!
//! ```text
//! wheel ──► extract ──► newest API version of each service ──► strip ──► pack ──► models.bin + PROVENANCE.md
//! ```

mod pack;
mod strip;
mod wheel;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use self::{pack::Packed, wheel::Release};

/// Where the artefact is committed.
const DATA_FOLDER: &str = "crates/model/data";

/// Rebuild the embedded models of the AWS services from a botocore release.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The botocore version to take; the newest if not given.
    #[arg(long, conflicts_with = "wheel")]
    version: Option<String>,
    /// A wheel that is already here, instead of downloading one.
    #[arg(long, value_name = "FILE")]
    wheel: Option<PathBuf>,
    /// The folder to write to.
    #[arg(long, value_name = "FOLDER", default_value = DATA_FOLDER)]
    output: PathBuf,
}

/// Downloads, strips, packs and writes.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let work = tempfile::tempdir().context("no temporary folder can be made")?;
    let wheel = match &arguments.wheel {
        Some(wheel) => wheel.clone(),
        None => wheel::download(arguments.version.as_deref(), work.path())?,
    };
    let release = Release::read(&wheel, work.path())?;
    let packed = pack::pack(&release)?;
    fs::create_dir_all(&arguments.output)?;
    write(&arguments.output.join("models.bin"), &packed.bytes)?;
    write(&arguments.output.join("PROVENANCE.md"), provenance(&release).as_bytes())?;
    report(&release, &packed)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("`{}` cannot be written", path.display()))
}

fn report(release: &Release, packed: &Packed) -> Result<()> {
    let mut out = std::io::stderr().lock();
    writeln!(out, "botocore {}: {} services", release.version, release.services.len())?;
    writeln!(out, "  stripped   {:>9} bytes", packed.stripped)?;
    writeln!(out, "  index      {:>9} bytes", packed.index)?;
    writeln!(out, "  dictionary {:>9} bytes", packed.dictionary)?;
    writeln!(out, "  artefact   {:>9} bytes", packed.bytes.len())?;
    Ok(())
}

fn provenance(release: &Release) -> String {
    let Release { version, sha256, notice, services, .. } = release;
    let count = services.len();
    let notice =
        notice.trim_end().lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n");
    let notice: String = notice.collect();
    format!(
        "# Provenance of `models.bin`\n\
         \n\
         The models of {count} AWS services, with their paginators, waiters and endpoint rules, and the AWS partitions.\n\
         \n\
         | | |\n\
         | --- | --- |\n\
         | taken from | botocore {version}, folder `botocore/data` |\n\
         | wheel's SHA-256 | `{sha256}` |\n\
         | licence | Apache-2.0 (`LICENSE` at the root of this repository), notice below |\n\
         \n\
         ## What was changed\n\
         \n\
         - Of each service only the newest API version is here, with its `sdk-extras` merged in.\n\
         - Prose is left out: `documentation`, `documentationUrl`, `examples`, `deprecatedMessage`, `deprecatedSince`, and\n\
         \u{20} the descriptions of waiters. Members, shapes and operations that have such names are all there.\n\
         - Of `partitions.json` and `_retry.json` nothing is left out; `endpoints.json` is not taken, the endpoint rules\n\
         \u{20} replace it.\n\
         - The result is one file: an index and one compressed frame per service, all with one shared dictionary. Its layout\n\
         \u{20} is described in `crates/model/src/artefact.rs`.\n\
         \n\
         ## How to rebuild it\n\
         \n\
         ```sh\n\
         cargo xtask models --version {version}   # this version: the same bytes\n\
         cargo xtask models                      # the newest version\n\
         ```\n\
         \n\
         ## Notice\n\
         \n\
         {notice}"
    )
}
