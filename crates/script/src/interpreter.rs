//! The Python that scripts run on: where it is, which version, and whether it has boto3.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use serde::Deserialize;
use tokio::{process::Command, time::timeout};

/// A Python that answers does so well within this time, also on a machine that has much to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// The oldest Python that the bootstrap is written for.
const OLDEST: (u32, u32) = (3, 8);

/// Asks an interpreter about itself. boto3 is looked for and not imported, which would take long.
const QUESTION: &str = r#"
import importlib.util, json, sys
boto3 = None
if importlib.util.find_spec("boto3"):
    try:
        from importlib.metadata import version
        boto3 = version("boto3")
    except Exception:
        boto3 = "unknown"
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]), "boto3": boto3}))
"#;

/// Where a Python is looked for, in this order. What is named must work; the others are looked at if they are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// What the settings name.
    pub configured: Option<PathBuf>,
    /// What `REEVE_PYTHON` names.
    pub variable: Option<PathBuf>,
    /// A folder that may have a `.venv`.
    pub folder: Option<PathBuf>,
    /// The value of `PATH`, where `python3` may be.
    pub path: Option<OsString>,
}

/// A Python that scripts can run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The program.
    pub program: PathBuf,
    /// Its version: major, minor, patch.
    pub version: (u32, u32, u32),
    /// The version of boto3 that it has.
    pub boto3: Option<String>,
}

/// Why there is no Python to run scripts on.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// Nowhere.
    #[error(
        "there is no `python3` in the PATH and no `.venv`; hint: install Python, or name one with `REEVE_PYTHON`"
    )]
    NotFound,
    /// Something is there, and cannot be started.
    #[error("`{program}` cannot be started: {source}")]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// Something is there, and does not answer as a Python would.
    #[error("`{program}` is not a Python that works: {answer}")]
    NotPython {
        /// The program.
        program: PathBuf,
        /// What it said instead.
        answer: String,
    },
    /// It is too old.
    #[error("`{program}` is Python {}.{}, scripts need {}.{} or newer", .version.0, .version.1, OLDEST.0, OLDEST.1)]
    TooOld {
        /// The program.
        program: PathBuf,
        /// Its version: major, minor, patch.
        version: (u32, u32, u32),
    },
}

#[derive(Deserialize)]
struct Answer {
    executable: PathBuf,
    version: (u32, u32, u32),
    boto3: Option<String>,
}

impl Places {
    /// Where this process looks: its environment and its folder.
    #[must_use]
    pub fn of_this_process(configured: Option<PathBuf>) -> Self {
        Self {
            configured,
            variable: std::env::var_os("REEVE_PYTHON")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from),
            folder: std::env::current_dir().ok(),
            path: std::env::var_os("PATH"),
        }
    }

    fn program(&self) -> Option<PathBuf> {
        let named = self.configured.as_ref().or(self.variable.as_ref());
        if let Some(named) = named {
            return Some(named.clone());
        }
        let of_folder = self.folder.iter().map(|folder| folder.join(".venv/bin/python"));
        of_folder
            .filter(|program| program.is_file())
            .chain(self.path.as_deref().and_then(|path| in_path("python3", path)))
            .next()
    }
}

impl Interpreter {
    /// Finds the first that is there, and asks it about itself.
    pub async fn find(places: &Places) -> Result<Self, InterpreterError> {
        let program = places.program().ok_or(InterpreterError::NotFound)?;
        let answer = ask(&program).await?;
        let (major, minor, _) = answer.version;
        if (major, minor) < OLDEST {
            return Err(InterpreterError::TooOld { program, version: answer.version });
        }
        // What was found may be a script that looks for the Python to start, by variables that no script of ours gets.
        Ok(Self { program: answer.executable, version: answer.version, boto3: answer.boto3 })
    }

    /// Its version as people write it.
    #[must_use]
    pub fn version_text(&self) -> String {
        let (major, minor, patch) = self.version;
        format!("{major}.{minor}.{patch}")
    }
}

async fn ask(program: &Path) -> Result<Answer, InterpreterError> {
    let not_started = |source| InterpreterError::NotStarted { program: program.into(), source };
    let not_python = |answer| InterpreterError::NotPython { program: program.into(), answer };
    let mut command = Command::new(program);
    command.args(["-I", "-c", QUESTION]).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output())
        .await
        .map_err(|_| not_python("it does not answer".into()))?
        .map_err(not_started)?;
    serde_json::from_slice(&output.stdout).map_err(|_| not_python(complaint(&output)))
}

/// The last thing that it said, which is where programs say what is wrong.
fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    match said.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => line.trim().to_owned(),
        None => output.status.to_string(),
    }
}

/// The first file of a name in the folders of `PATH`.
pub(crate) fn in_path(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|program| program.is_file())
}
