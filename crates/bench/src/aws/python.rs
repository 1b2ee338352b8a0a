//! The other side: botocore in the Python of `.venv`, measured by the script beside this file.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use reeve_model::WireResponse;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::{
    aws::{
        calls::Cost,
        samples::{self, Sample},
    },
    report,
};

const SCRIPT: &str = include_str!("measure_botocore.py");

/// The Python that has botocore, if there is one.
pub(super) struct Python {
    program: Option<PathBuf>,
    versions: String,
}

/// What the script says.
#[derive(Deserialize)]
struct Figures {
    version: String,
    parse: Vec<f64>,
    write: Vec<f64>,
    calls: Vec<Cost>,
    first: Vec<f64>,
}

impl Python {
    /// Looks for botocore where `scripts/venv` puts it.
    pub(super) fn find() -> Self {
        let program = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/bin/python"));
        let mut python = Self { program: Some(program), versions: String::new() };
        match python.ask(&json!({})) {
            Some(figures) => python.versions = format!("botocore {}", figures.version),
            None => python = Self { program: None, versions: "no botocore".to_owned() },
        }
        python
    }

    /// What is measured.
    pub(super) fn versions(&self) -> String {
        self.versions.clone()
    }

    /// How long parsing each of these takes, in seconds; nothing without botocore.
    pub(super) fn parse<'a>(
        &self,
        pages: impl Iterator<Item = (&'a Sample, &'a WireResponse)>,
    ) -> Result<Vec<f64>> {
        let folder = tempfile::tempdir()?;
        let mut jobs = Vec::new();
        for (page, answer) in pages {
            let mut job = self::job(page)?;
            answered(&mut job, &folder.path().join(page.operation), answer)?;
            jobs.push(job);
        }
        Ok(self.ask(&json!({ "parse": jobs })).map_or_else(Vec::new, |figures| figures.parse))
    }

    /// How long writing each of these takes, in seconds.
    pub(super) fn write(&self, inputs: &[Sample]) -> Result<Vec<f64>> {
        let jobs = inputs.iter().map(job).collect::<Result<Vec<_>>>()?;
        Ok(self.ask(&json!({ "write": jobs })).map_or_else(Vec::new, |figures| figures.write))
    }

    /// What each of these calls costs.
    pub(super) fn calls(&self, endpoint: &str, calls: &[(Sample, Json)]) -> Result<Vec<Cost>> {
        let folder = tempfile::tempdir()?;
        let mut jobs = Vec::new();
        for (call, output) in calls {
            let mut job = self::job(call)?;
            let answer = samples::answer(call.service, call.operation, output)?;
            answered(&mut job, &folder.path().join(call.operation), &answer)?;
            jobs.push(job);
        }
        let figures = self.ask(&json!({ "calls": jobs, "endpoint": endpoint }));
        Ok(figures.map_or_else(Vec::new, |figures| figures.calls))
    }

    /// How long the first call takes, in seconds.
    pub(super) fn first(&self, endpoint: &str, call: &Sample) -> Result<Option<f64>> {
        let figures = self.ask(&json!({ "first": [job(call)?], "endpoint": endpoint }));
        Ok(figures.and_then(|figures| figures.first.first().copied()))
    }

    /// The figures that a job asks for; without botocore our own are printed alone.
    fn ask(&self, job: &Json) -> Option<Figures> {
        let complain = |error: &anyhow::Error| {
            report::say(&format!("botocore is not measured here, see `scripts/venv`: {error:#}"));
        };
        run(self.program.as_ref()?, job).inspect_err(complain).ok()
    }
}

fn run(program: &Path, job: &Json) -> Result<Figures> {
    let mut child = Command::new(program)
        .args(["-c", SCRIPT])
        // Nothing of the user's settings, and no looking for credentials.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{}` cannot be run", program.display()))?;
    child.stdin.take().context("no input")?.write_all(job.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", complaint.lines().last().unwrap_or_default());
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn job(sample: &Sample) -> Result<Json> {
    samples::with_operation((sample.service, sample.operation), |service, operation| {
        Ok(json!({
            "service": &**service.name(),
            "operation": &*operation.name,
            "protocol": service.metadata().protocol.as_str(),
            "input": sample.json,
        }))
    })
}

fn answered(job: &mut Json, file: &Path, answer: &WireResponse) -> Result<()> {
    fs::write(file, &answer.body)?;
    let headers: serde_json::Map<String, Json> =
        answer.headers.iter().map(|(name, value)| (name.to_lowercase(), json!(value))).collect();
    if let Some(job) = job.as_object_mut() {
        // What was to be written is not asked for here.
        job.insert("headers".to_owned(), headers.into());
        job.insert("file".to_owned(), json!(file));
    }
    Ok(())
}
