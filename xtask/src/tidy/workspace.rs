//! What the checks look at: the crates with their dependencies, and the source files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// The workspace as cargo and git see it.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) metadata: Metadata,
    /// Tracked and new Rust files, by path from the root.
    pub(crate) rust_files: Vec<RustFile>,
}

pub(crate) struct RustFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: Vec<String>,
    pub(crate) resolve: Resolve,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) license: Option<String>,
    pub(crate) manifest_path: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) pkg: String,
    pub(crate) dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
pub(crate) struct DependencyKind {
    pub(crate) kind: Option<String>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no parent")?.to_owned();
        let output = Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(&root)
            .output()
            .context("cannot run cargo metadata")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata = serde_json::from_slice(&output.stdout).context("cargo metadata changed")?;
        let mut rust_files = Vec::new();
        for folder in ["crates", "xtask"] {
            collect(&root, &root.join(folder), &mut rust_files)?;
        }
        rust_files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Self { root, metadata, rust_files })
    }

    pub(crate) fn package(&self, id: &str) -> Option<&Package> {
        self.metadata.packages.iter().find(|package| package.id == id)
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.metadata.workspace_members.iter().filter_map(|id| self.package(id))
    }

    /// The packages that `id` is built with, test-only ones left out.
    pub(crate) fn dependencies(&self, id: &str) -> Vec<&str> {
        let node = self.metadata.resolve.nodes.iter().find(|node| node.id == id);
        let dependencies = node.map(|node| node.deps.as_slice()).unwrap_or_default();
        dependencies
            .iter()
            .filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
            })
            .map(|dependency| dependency.pkg.as_str())
            .collect()
    }
}

impl RustFile {
    /// Whether the file holds only tests, benchmarks or examples.
    pub(crate) fn is_test(&self) -> bool {
        ["/tests/", "/benches/", "/examples/"].iter().any(|part| self.path.contains(part))
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
    }

    /// The lines of the file before its test module.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.take_while(|(_, line)| line.trim() != "#[cfg(test)]")
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<RustFile>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "fuzz" {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let path = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.push(RustFile { path, text });
        }
    }
    Ok(())
}
