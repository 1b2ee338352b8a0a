//! A simulated AWS in this process, an estate folder that points there, and the binary run as a shell would.

use std::{
    cell::RefCell,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use reeve_test_kit::PostgresServer;
use reeve_time::Clock;
use reeve_twin::{
    Twin,
    seed::{self, SeededEstate},
};
use regex_lite::Regex;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

/// What the tests' profile wants: little enough to be read in one look.
const TAGS: &str = r#"{
  "AWS::DynamoDB::Table": {
    "Sessions": {
      "Filter": { "TableName": "*Sessions*" },
      "Tags": [{ "Key": "ams:rt:backup", "Value": "none" }]
    }
  }
}
"#;

/// A simulated AWS and an estate folder.
pub(crate) struct World {
    pub(crate) twin: Twin,
    pub(crate) seeded: SeededEstate,
    home: TempDir,
    port: u16,
    plans: RefCell<Vec<String>>,
    /// The URL of the database that records are kept in, if it is not the estate folder's.
    database: Option<String>,
    runtime: Runtime,
}

/// What came of a command.
pub(crate) struct Shown {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: Option<i32>,
}

impl World {
    /// The demonstration's accounts, of which only the tables are looked after.
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let twin = Twin::new(Clock::system(), 1);
        let seeded = seed::small(&twin);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = twin.clone();
        runtime.spawn(async move { served.serve(listener, std::future::pending()).await });
        let home = tempfile::tempdir().unwrap();
        let plans = RefCell::default();
        let world = Self { twin, seeded, home, port, plans, database: None, runtime };
        world.write("estate.yaml", &world.estate(""));
        world.write("profiles/tags.json", TAGS);
        let keys = format!(
            "[demo]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            world.seeded.access_key_id, world.seeded.secret_access_key
        );
        world.write("aws-credentials", &keys);
        world
    }

    /// The same, with its records in a PostgreSQL database; `None` where there is no PostgreSQL.
    pub(crate) fn on_postgres() -> Option<Self> {
        let mut world = Self::new();
        world.database = world.runtime.block_on(async {
            let server = PostgresServer::shared().await?;
            Some(server.create_another(None).await.unwrap())
        });
        world.database.is_some().then_some(world)
    }

    /// The text of the estate file, with more at its end.
    pub(crate) fn estate(&self, more: &str) -> String {
        format!(
            "version: 1\n\
             name: harbour\n\
             aws:\n  endpoint-url: http://127.0.0.1:{}\n  profile: demo\n  credentials-file: aws-credentials\n\
             regions: [eu-west-1, us-east-1]\n\
             role: reeve\n\
             external-id: reeve-twin\n\
             authority:\n  all: propose\n\
             controllers:\n  resource-tagger:\n    resource-types: [AWS::DynamoDB::Table]\n\
             accounts:\n\
             \x20 - {{ id: \"111122223333\", name: management }}\n\
             \x20 - {{ id: \"444455556666\", name: production }}\n\
             {more}",
            self.port
        )
    }

    /// Writes a file of the estate folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Where commands are run.
    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// A path in the estate folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("estate").join(name)
    }

    /// The binary with these words after its name, in an environment that holds nothing of this machine.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reeve"));
        command
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("HOME", self.home.path())
            .env("USER", "ana")
            .env("NO_COLOR", "1")
            .envs(self.database.iter().map(|url| ("REEVE_DATABASE_URL", url)))
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        if !words.starts_with("-C") {
            command.args(["-C", "estate"]);
        }
        command.args(split(words));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &str) -> Shown {
        Shown::of(self.command(words).output().unwrap())
    }

    /// Runs a command with `--json` and reads the one document that it prints.
    pub(crate) fn json(&self, words: &str) -> Value {
        let shown = self.run(&format!("{words} --json"));
        serde_json::from_str(&shown.stdout)
            .unwrap_or_else(|error| panic!("{words}: {error}: {}", shown.stdout))
    }

    /// Runs commands one after the other; what a terminal would show, errors marked by `!`.
    pub(crate) fn transcript(&self, commands: &[&str]) -> String {
        let mut text = String::new();
        for words in commands {
            let shown = self.run(words);
            writeln!(text, "$ reeve {words}\n{shown}").unwrap();
        }
        self.filtered(text.trim_end())
    }

    /// What a command says, without what differs from one time to the next. What stands in tables keeps its width.
    pub(crate) fn filtered(&self, text: &str) -> String {
        let home = self.home.path().canonicalize().unwrap();
        let text = text.replace(&home.display().to_string(), "HOME");
        let text = text.replace(&self.home.path().display().to_string(), "HOME");
        let text = text.replace(&format!("127.0.0.1:{}", self.port), "TWIN");
        let text = self.with_plans_named(&text);
        let patterns = [
            (r"run_[0-9a-z]{26}", "run_ID"),
            (r"\b([0-9a-f]{64}|[0-9a-f]{12})\b", "DIGEST"),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "2026-01-01 00:00:00Z"),
            (r"in \d+\.\d s", "in SOME s"),
            (r"in \d+ attempts?", "in SOME attempts"),
        ];
        // Account ids have twelve digits as well.
        let account = |found: &str| found.bytes().all(|letter| letter.is_ascii_digit());
        patterns.iter().fold(text, |text, (pattern, with)| {
            let replaced = |found: &regex_lite::Captures<'_>| {
                let found = &found[0];
                if account(found) { found.to_owned() } else { (*with).to_owned() }
            };
            Regex::new(pattern).unwrap().replace_all(&text, replaced).into_owned()
        })
    }

    /// The first plan that was shown is `plan_aaa…`, the second `plan_bbb…`.
    fn with_plans_named(&self, text: &str) -> String {
        let mut plans = self.plans.borrow_mut();
        let name = |found: &regex_lite::Captures<'_>| {
            let found = found[0].to_owned();
            let place = plans.iter().position(|known| *known == found).unwrap_or(plans.len());
            if place == plans.len() {
                plans.push(found);
            }
            format!("plan_{}", ["a", "b", "c", "d"][place].repeat(26))
        };
        Regex::new(r"plan_[0-9a-z]{26}").unwrap().replace_all(text, name).into_owned()
    }

    /// How the newest plan is called.
    pub(crate) fn newest_plan(&self) -> String {
        self.json("plan list")["items"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Starts a command that goes on, with its output to be read.
    pub(crate) fn start(&self, words: &str) -> Running {
        let mut command = self.command(words);
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

impl Shown {
    fn of(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code(),
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.stdout)?;
        for line in self.stderr.lines() {
            writeln!(formatter, "{}", format!("! {line}").trim_end())?;
        }
        match self.status {
            Some(0) => Ok(()),
            Some(status) => writeln!(formatter, "[exit {status}]"),
            None => writeln!(formatter, "[killed]"),
        }
    }
}

/// A process that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Ends it as service managers do, and says what it left to say.
    pub(crate) fn terminate(mut self) -> Shown {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        let (mut stdout, mut stderr) = (String::new(), String::new());
        std::io::Read::read_to_string(&mut self.0.stdout.take().unwrap(), &mut stdout).unwrap();
        std::io::Read::read_to_string(&mut self.0.stderr.take().unwrap(), &mut stderr).unwrap();
        Shown { stdout, stderr, status: self.0.wait().unwrap().code() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Every file under a folder with its content.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Splits words as a shell does that knows only single quotes.
fn split(words: &str) -> Vec<String> {
    let mut split = Vec::new();
    for (index, part) in words.split('\'').enumerate() {
        if index % 2 == 1 {
            split.push(part.to_owned());
        } else {
            split.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    split
}
