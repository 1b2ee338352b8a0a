//! Runs scripts: finds what a script needs, starts it, and says what it returned and printed.

use std::path::PathBuf;

use reeve_runbook::Script;
use serde_json::{Map, Value};

use crate::{
    environment::ScriptEnvironment,
    error::ScriptError,
    folder::Folder,
    interpreter::{Interpreter, InterpreterError, Places},
    launch::Launch,
    limits::Limits,
    log::{Capture, Log},
    powershell, process, python,
    redact::Redactor,
};

/// Runs scripts, each in a process of its own.
#[derive(Debug)]
pub struct Runner {
    python: Result<Interpreter, InterpreterError>,
    powershell: Option<PathBuf>,
    folders: Option<PathBuf>,
    user: Option<User>,
}

/// A user of the machine, and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub user: u32,
    /// The group's number.
    pub group: u32,
}

/// A script, and what it runs with.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The script.
    pub script: &'a Script,
    /// The content of the attachment that it names. The caller has compared its digest.
    pub attachment: Option<&'a [u8]>,
    /// What a handler gets as its second argument, such as the execution's id.
    pub context: &'a Map<String, Value>,
    /// Whom it acts as, and where.
    pub environment: &'a ScriptEnvironment,
    /// How much it may use.
    pub limits: &'a Limits,
}

/// A script that has ended.
#[derive(Debug)]
pub struct Finished {
    /// What it returned.
    pub result: Result<Value, ScriptError>,
    /// What it printed, also if it failed.
    pub log: Log,
}

impl Runner {
    /// Runs Python on what was found, or says with each script in Python why there is none.
    pub fn new(python: Result<Interpreter, InterpreterError>, powershell: Option<PathBuf>) -> Self {
        Self { python, powershell, folders: None, user: None }
    }

    /// Finds Python and PowerShell where [`Places`] says.
    pub async fn find(places: &Places) -> Self {
        let powershell = places.path.as_deref().and_then(powershell::find_powershell);
        Self::new(Interpreter::find(places).await, powershell)
    }

    /// Puts the scripts' folders into this one, rather than where the machine keeps what is temporary.
    #[must_use]
    pub fn folders_in(mut self, folder: PathBuf) -> Self {
        self.folders = Some(folder);
        self
    }

    /// Runs scripts as another user, so that they can read nothing of ours. Only root may do that.
    #[must_use]
    pub fn as_user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// The Python that scripts run on.
    pub fn python(&self) -> Result<&Interpreter, &InterpreterError> {
        self.python.as_ref()
    }

    /// Runs a script to its end. If the future is dropped before, the script is ended, and its folder removed.
    pub async fn run(&self, job: &Job<'_>) -> Finished {
        let redactor = Redactor::new(job.environment);
        let mut log = Capture::new(job.limits.log_bytes);
        let result = self.attempt(job, &mut log).await;
        let result = result.map_err(|error| self.explained(redacted(error, &redactor)));
        Finished { result, log: log.finish(&redactor) }
    }

    async fn attempt(&self, job: &Job<'_>, log: &mut Capture) -> Result<Value, ScriptError> {
        let folder = Folder::new(self.folders.as_deref()).map_err(|source| {
            ScriptError::Machine { doing: "making a folder for the script", source }
        })?;
        let mut launch = self.launch(job, &folder, log)?;
        launch.variables.extend(job.environment.variables(folder.path()));
        if let Some(User { user, group }) = self.user {
            folder.give_to(user, group).map_err(|source| ScriptError::Machine {
                doing: "giving the script's folder to the user that scripts run as",
                source,
            })?;
            launch.command.uid(user).gid(group);
        }
        process::run(launch, folder, job.limits, log).await
    }

    fn launch(
        &self,
        job: &Job<'_>,
        folder: &Folder,
        log: &mut Capture,
    ) -> Result<Launch, ScriptError> {
        let runtime = job.script.runtime.as_str();
        if runtime.starts_with("PowerShell") {
            return powershell::launch(self.powershell.as_ref(), job, folder);
        }
        if !runtime.starts_with("python3") {
            return Err(ScriptError::UnknownRuntime(runtime.to_owned()));
        }
        let interpreter = match &self.python {
            Ok(interpreter) => interpreter,
            Err(error) => return Err(ScriptError::NoPython(error.to_string())),
        };
        if let Some(note) = python::version_note(runtime, interpreter) {
            log.push(note.as_bytes());
        }
        python::launch(interpreter, job, folder)
    }

    /// Adds what the person who runs scripts can do about an error.
    fn explained(&self, error: ScriptError) -> ScriptError {
        match (error, &self.python) {
            (ScriptError::Raised { code, message, line }, Ok(python))
                if code == "ModuleNotFoundError"
                    && python.boto3.is_none()
                    && message.contains("boto") =>
            {
                let program = python.program.display();
                let message = format!(
                    "{message}; hint: `{program} -m pip install boto3`, or name another Python"
                );
                ScriptError::Raised { code, message, line }
            }
            (error, _) => error,
        }
    }
}

/// The error without the credentials that its script may have put into it.
fn redacted(error: ScriptError, redactor: &Redactor) -> ScriptError {
    let clean = |text: String| redactor.text(&text);
    match error {
        ScriptError::Raised { code, message, line } => {
            ScriptError::Raised { code: clean(code), message: clean(message), line }
        }
        ScriptError::Syntax { message, line } => {
            ScriptError::Syntax { message: clean(message), line }
        }
        ScriptError::Handler { message } => ScriptError::Handler { message: clean(message) },
        ScriptError::Payload { message } => ScriptError::Payload { message: clean(message) },
        ScriptError::Attachment { message } => ScriptError::Attachment { message: clean(message) },
        ScriptError::Exited { how } => ScriptError::Exited { how: clean(how) },
        ScriptError::NoPython(_)
        | ScriptError::NoPowerShell
        | ScriptError::UnknownRuntime(_)
        | ScriptError::PayloadTooLarge { .. }
        | ScriptError::Exceeded(_)
        | ScriptError::Killed { .. }
        | ScriptError::Machine { .. } => error,
    }
}
