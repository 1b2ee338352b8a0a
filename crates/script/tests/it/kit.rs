//! What the tests share: a Python, a way to run a few lines on it, and a folder that shows what is left behind.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use reeve_runbook::{Script, ScriptSource};
use reeve_script::{
    Credentials, Finished, Interpreter, Job, Limits, Places, Runner, ScriptEnvironment,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const TOKEN: &str = "FwoGZXIvYXdzEBYaDExampleSessionToken//////////8BAA==";

/// The Python of the PATH, asked once.
pub(crate) async fn python() -> Interpreter {
    static PYTHON: OnceCell<Interpreter> = OnceCell::const_new();
    let find = || async {
        let places = Places { path: std::env::var_os("PATH"), ..Places::default() };
        Interpreter::find(&places).await.expect("python3 in the PATH")
    };
    PYTHON.get_or_init(find).await.clone()
}

/// A Python that has boto3, if there is one, and a line that says so if there is none.
pub(crate) async fn python_with_boto3(test: &str) -> Option<Interpreter> {
    let places = Places {
        variable: std::env::var_os("REEVE_PYTHON").map(PathBuf::from),
        folder: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")),
        path: std::env::var_os("PATH"),
        configured: None,
    };
    let found = Interpreter::find(&places).await.ok().filter(|python| python.boto3.is_some());
    if found.is_none() {
        not_run(test, "no Python here has boto3");
    }
    found
}

/// Says that a test needs what is not here.
pub(crate) fn not_run(test: &str, reason: &str) {
    // Past the harness, which keeps what tests print that pass.
    let _ = writeln!(io::stderr(), "not run, since {reason}: {test}");
}

/// A script with what it runs with. Each test changes what it is about.
pub(crate) struct Bench {
    pub(crate) runner: Runner,
    pub(crate) script: Script,
    pub(crate) attachment: Option<Vec<u8>>,
    pub(crate) context: Map<String, Value>,
    pub(crate) environment: ScriptEnvironment,
    pub(crate) limits: Limits,
    /// Where the scripts' folders are made.
    pub(crate) folders: TempDir,
}

impl Bench {
    /// A script in Python with the handler `handler`.
    pub(crate) async fn python(text: &str) -> Self {
        Self::of(Runner::new(Ok(python().await), None), text)
    }

    pub(crate) fn of(runner: Runner, text: &str) -> Self {
        let folders = TempDir::new().expect("a folder");
        let runtime = "python3.11".to_owned();
        let mut limits = Limits::of(&runtime);
        // No test is meant to take this long. Those about time say less.
        limits.wall = Duration::from_mins(2);
        Self {
            runner: runner.folders_in(folders.path().to_owned()),
            script: Script {
                runtime,
                source: ScriptSource::Text(text.to_owned()),
                handler: Some("handler".into()),
                payload: json!({}),
            },
            attachment: None,
            context: Map::new(),
            environment: ScriptEnvironment {
                region: "eu-central-1".into(),
                credentials: Some(Credentials {
                    access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
                    secret_access_key: SECRET.into(),
                    session_token: Some(TOKEN.into()),
                }),
                endpoint_url: None,
            },
            limits,
            folders,
        }
    }

    /// Runs it, and sees that it leaves no folder behind.
    pub(crate) async fn run(&self) -> Finished {
        let job = Job {
            script: &self.script,
            attachment: self.attachment.as_deref(),
            context: &self.context,
            environment: &self.environment,
            limits: &self.limits,
        };
        let finished = self.runner.run(&job).await;
        assert_eq!(self.left_behind(), Vec::<PathBuf>::new(), "left behind");
        finished
    }

    pub(crate) fn left_behind(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folders.path()).expect("the folder of folders");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }
}

/// What some lines of Python return.
pub(crate) async fn returned(text: &str) -> Value {
    let finished = Bench::python(text).await.run().await;
    finished.result.unwrap_or_else(|error| panic!("{error}\n{}", finished.log.text))
}

/// How some lines of Python fail: the code, and the sentence.
pub(crate) async fn failed(text: &str) -> String {
    failure(&Bench::python(text).await.run().await)
}

pub(crate) fn failure(finished: &Finished) -> String {
    match &finished.result {
        Ok(payload) => format!("returned {payload}"),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

/// Whether a process exists and has not ended.
pub(crate) fn is_alive(id: u64) -> bool {
    group_of(id).is_some()
}

/// The processes of a group that have not ended.
pub(crate) fn alive_in_group(group: u64) -> Vec<u64> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| group_of(*id) == Some(group)).collect()
}

/// The group of a process, if it has not ended.
fn group_of(id: u64) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    if ["Z", "X"].contains(&fields[0]) { None } else { fields[2].parse().ok() }
}
