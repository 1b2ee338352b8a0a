//! Takes a botocore wheel apart.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// What is taken from one botocore release.
pub(super) struct Release {
    /// The version, such as `1.44.5`.
    pub(super) version: String,
    /// The SHA-256 of the wheel, in hexadecimal.
    pub(super) sha256: String,
    /// The text that must go with every copy.
    pub(super) notice: String,
    /// `partitions.json`.
    pub(super) partitions: Value,
    /// `_retry.json`.
    pub(super) retry: Value,
    /// The services, by name.
    pub(super) services: Vec<RawService>,
}

/// The newest API version of one service, as published.
pub(super) struct RawService {
    /// The name of its folder, by which botocore and the AWS CLI call it.
    pub(super) name: String,
    /// `service-2.json`.
    pub(super) model: Value,
    /// `paginators-1.json`.
    pub(super) paginators: Value,
    /// `waiters-2.json`.
    pub(super) waiters: Value,
    /// `endpoint-rule-set-1.json`.
    pub(super) endpoint_rules: Value,
}

/// Unpacks the data files, and on the way the ones that are compressed.
const EXTRACT: &str = r#"
import gzip, pathlib, sys, zipfile
wheel, folder = sys.argv[1], pathlib.Path(sys.argv[2])
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        data = name.startswith("botocore/data/") and not name.endswith("/")
        notice = ".dist-info/" in name and name.rsplit("/", 1)[1] in ("NOTICE", "METADATA")
        if not data and not notice:
            continue
        content = archive.read(name)
        target = folder / ("info/" + name.rsplit("/", 1)[1] if notice else name)
        if name.endswith(".gz"):
            target, content = target.with_suffix(""), gzip.decompress(content)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
"#;

/// Downloads the wheel of a version, or of the newest.
pub(super) fn download(version: Option<&str>, folder: &Path) -> Result<PathBuf> {
    let package =
        version.map_or_else(|| "botocore".to_owned(), |version| format!("botocore=={version}"));
    let status = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"])
        .arg(folder)
        .arg(&package)
        .status()
        .context("`python3` cannot be run")?;
    ensure!(status.success(), "pip could not download `{package}`");
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    bail!("pip downloaded no wheel of `{package}`")
}

impl Release {
    /// Reads a wheel, with `work` for its files.
    pub(super) fn read(wheel: &Path, work: &Path) -> Result<Self> {
        let bytes =
            fs::read(wheel).with_context(|| format!("`{}` cannot be read", wheel.display()))?;
        let folder = work.join("wheel");
        let status = Command::new("python3")
            .args(["-c", EXTRACT])
            .arg(wheel)
            .arg(&folder)
            .status()
            .context("`python3` cannot be run")?;
        ensure!(status.success(), "`{}` cannot be unpacked", wheel.display());
        let metadata = fs::read_to_string(folder.join("info/METADATA"))?;
        let version = metadata.lines().find_map(|line| line.strip_prefix("Version: "));
        let data = folder.join("botocore/data");
        Ok(Self {
            version: version.context("the wheel does not say its version")?.trim().to_owned(),
            sha256: hex::encode(Sha256::digest(&bytes)),
            notice: fs::read_to_string(folder.join("info/NOTICE"))
                .context("the wheel has no NOTICE")?,
            partitions: read_json(&data.join("partitions.json"))?,
            retry: read_json(&data.join("_retry.json"))?,
            services: services(&data)?,
        })
    }
}

fn services(data: &Path) -> Result<Vec<RawService>> {
    let mut services = Vec::new();
    for name in sorted_folders(data)? {
        let folder = data.join(&name);
        let mut versions = sorted_folders(&folder)?;
        versions.retain(|version| folder.join(version).join("service-2.json").exists());
        let Some(newest) = versions.last() else { continue };
        let folder = folder.join(newest);
        services.push(RawService {
            model: read_merged(&folder, "service-2")?,
            paginators: read_merged(&folder, "paginators-1")?,
            waiters: read_merged(&folder, "waiters-2")?,
            endpoint_rules: read_merged(&folder, "endpoint-rule-set-1")?,
            name,
        });
    }
    ensure!(!services.is_empty(), "the wheel holds no service");
    Ok(services)
}

fn sorted_folders(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

/// Reads a file with what its extras add; null if there is no such file.
fn read_merged(folder: &Path, stem: &str) -> Result<Value> {
    let path = folder.join(format!("{stem}.json"));
    let mut value = if path.exists() { read_json(&path)? } else { Value::Null };
    let extras = folder.join(format!("{stem}.sdk-extras.json"));
    if extras.exists() {
        let mut extras = read_json(&extras)?;
        if let Some(extras) = extras.get_mut("merge") {
            merge(&mut value, extras.take());
        }
    }
    Ok(value)
}

fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}

/// Objects are merged, anything else is replaced.
fn merge(base: &mut Value, extra: Value) {
    match (base, extra) {
        (Value::Object(base), Value::Object(extra)) => merge_objects(base, extra),
        (base, extra) => *base = extra,
    }
}

fn merge_objects(base: &mut Map<String, Value>, extra: Map<String, Value>) {
    for (key, value) in extra {
        match base.get_mut(&key) {
            Some(present) => merge(present, value),
            None => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn extras_add_to_objects_and_replace_everything_else() {
        let mut base = json!({"pagination": {"List": {"input_token": "a", "keys": ["x"]}}});
        merge(&mut base, json!({"pagination": {"List": {"keys": ["y"]}, "Other": {}}}));
        let expected =
            json!({"pagination": {"List": {"input_token": "a", "keys": ["y"]}, "Other": {}}});
        assert_eq!(base, expected);
    }
}
