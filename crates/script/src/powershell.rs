//! PowerShell: how a script is started, and what its wrapper is given.
//!
//! The limits are set by a shell that then becomes `pwsh`. Its memory is limited by .NET's own limit, since .NET reserves
//! more addresses and data than it will ever use, and by the watch over all processes of the script.

use std::{ffi::OsStr, fs, io, path::PathBuf};

use reeve_runbook::ScriptSource;
use tokio::process::Command;

use crate::{
    error::ScriptError,
    folder::Folder,
    interpreter::in_path,
    launch::{AnswerPlace, Launch},
    limits::Limits,
    runner::Job,
};

const WRAPPER: &str = include_str!("powershell/wrapper.ps1");

/// Sets the limits and becomes the program that its arguments name. Standard error is the log, standard output with it.
const SHELL: &str = r#"ulimit -c 0 && ulimit -S -t "$1" && ulimit -H -t "$(($1 + 1))" && ulimit -f "$2" && ulimit -n "$3" && shift 3 && exec "$@" 1>&2"#;

/// What `ulimit -f` counts in.
const BLOCK: u64 = 512;

/// Where the wrapper writes the answer, in the script's folder.
const ANSWER: &str = ".answer.json";

/// The first `pwsh` in the folders of a `PATH`.
#[must_use]
pub fn find_powershell(path: &OsStr) -> Option<PathBuf> {
    in_path("pwsh", path)
}

pub(crate) fn launch(
    program: Option<&PathBuf>,
    job: &Job<'_>,
    folder: &Folder,
) -> Result<Launch, ScriptError> {
    let program = program.ok_or(ScriptError::NoPowerShell)?;
    let ScriptSource::Text(text) = &job.script.source else {
        return Err(ScriptError::Attachment {
            message: "scripts in PowerShell are run from `Script` only, not from an archive".into(),
        });
    };
    write(folder, text).map_err(|source| ScriptError::Machine {
        doing: "writing the script into its folder",
        source,
    })?;
    let Limits { memory_bytes, file_bytes, open_files, .. } = job.limits;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", SHELL, "sh"])
        .arg(job.limits.cpu_seconds().to_string())
        .arg((file_bytes / BLOCK).to_string())
        .arg(open_files.to_string())
        .arg(program)
        .args(["-NoLogo", "-NoProfile", "-NonInteractive", "-File"])
        .arg(folder.path().join(".wrapper.ps1"))
        // A group of its own, which is killed as one.
        .process_group(0);
    Ok(Launch {
        command,
        variables: vec![
            ("DOTNET_GCHeapHardLimit", format!("{memory_bytes:X}").into()),
            ("POWERSHELL_TELEMETRY_OPTOUT", "1".into()),
            ("POWERSHELL_UPDATECHECK", "Off".into()),
            ("NO_COLOR", "1".into()),
        ],
        input: job.script.payload.to_string().into_bytes(),
        lifeline: false,
        answer: AnswerPlace::File(folder.path().join(ANSWER)),
    })
}

fn write(folder: &Folder, text: &str) -> io::Result<()> {
    fs::write(folder.path().join("script.ps1"), text)?;
    fs::write(folder.path().join(".wrapper.ps1"), WRAPPER)
}
