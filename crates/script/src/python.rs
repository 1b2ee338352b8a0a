//! Python: how a script is started, and what the bootstrap is given.
//!
//! The limits are set by the bootstrap, with Python's `resource`, before the script's text is compiled. Setting them between
//! `fork` and `exec` would need unsafe code, `prlimit` from outside exists on Linux only, and a shell's `ulimit` knows fewer.

use std::path::Path;

use reeve_runbook::ScriptSource;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    error::ScriptError,
    folder::Folder,
    interpreter::Interpreter,
    launch::{AnswerPlace, Launch},
    limits::Limits,
    runner::Job,
};

/// Isolated: no variables, no packages of the user, no modules beside the program. UTF-8 throughout. The bootstrap is what
/// runs in the script's process before the script.
const ARGUMENTS: [&str; 5] = ["-I", "-X", "utf8", "-c", include_str!("python/bootstrap.py")];

pub(crate) fn launch(
    interpreter: &Interpreter,
    job: &Job<'_>,
    folder: &Folder,
) -> Result<Launch, ScriptError> {
    let handler = job.script.handler.as_deref().filter(|handler| !handler.is_empty());
    let handler = handler.ok_or_else(|| ScriptError::Handler {
        message: "scripts in Python need a `Handler`: the function to call".into(),
    })?;
    let (text, attachment) = match &job.script.source {
        ScriptSource::Text(text) => (Some(text), None),
        ScriptSource::Attachment(name) => (None, Some(attach(name, job, folder)?)),
    };
    let input = json!({
        "text": text,
        "attachment": attachment,
        "handler": handler,
        "events": job.script.payload,
        "context": job.context,
        "limits": limits(job.limits),
    });
    let mut command = Command::new(&interpreter.program);
    command.args(ARGUMENTS);
    Ok(Launch {
        command,
        variables: Vec::new(),
        input: framed(&input),
        lifeline: true,
        answer: AnswerPlace::Output,
    })
}

/// The input as the bootstrap reads it: its length, then itself.
fn framed(input: &Value) -> Vec<u8> {
    let document = input.to_string().into_bytes();
    let mut framed = (document.len() as u64).to_be_bytes().to_vec();
    framed.extend(document);
    framed
}

/// The line for the log that says on which Python the script ran, if it asked for another.
pub(crate) fn version_note(runtime: &str, interpreter: &Interpreter) -> Option<String> {
    let (major, minor, _) = interpreter.version;
    let differs = runtime != format!("python{major}.{minor}");
    differs.then(|| {
        let version = interpreter.version_text();
        format!("note: the step asks for {runtime} and runs on Python {version}\n")
    })
}

fn limits(limits: &Limits) -> Value {
    let Limits { memory_bytes, file_bytes, open_files, payload_bytes, .. } = limits;
    json!({
        "cpu_seconds": limits.cpu_seconds(),
        "memory_bytes": memory_bytes,
        "file_bytes": file_bytes,
        "open_files": open_files,
        "payload_bytes": payload_bytes,
    })
}

/// Puts the file that came with the document into the script's folder.
fn attach(name: &str, job: &Job<'_>, folder: &Folder) -> Result<Value, ScriptError> {
    let refused = |message: String| ScriptError::Attachment { message };
    let limits = job.limits;
    let content = job
        .attachment
        .ok_or_else(|| refused(format!("`{name}` did not come with the document")))?;
    let file =
        Path::new(name).file_name().ok_or_else(|| refused(format!("`{name}` is no name")))?;
    let is = |extension: &str| {
        Path::new(file).extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
    };
    if !is("py") && !is("zip") {
        return Err(refused(format!("`{name}` is neither a `.py` nor a `.zip`")));
    }
    let path = folder.path().join(file);
    std::fs::write(&path, content).map_err(|source| ScriptError::Machine {
        doing: "writing the attachment into the script's folder",
        source,
    })?;
    Ok(json!({
        "path": path.to_string_lossy(),
        "zip": is("zip"),
        "most_bytes": limits.folder_bytes,
        "most_files": limits.folder_files,
    }))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        os::unix::process::ExitStatusExt,
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn a_script_and_its_children_end_when_the_process_that_started_it_is_gone() {
        let text = "
import os, signal
def handler(events, context):
    os.fork()
    print('started', flush=True)
    while True: signal.pause()
";
        let input = json!({
            "text": text, "attachment": null, "handler": "handler", "events": {}, "context": {},
            "limits": limits(&Limits::of("python3.11")),
        });
        let folder = tempfile::TempDir::new().expect("a folder");
        let mut child = Command::new("python3")
            .args(ARGUMENTS)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(&framed(&input)).expect("written");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        for _ in 0..2 {
            let mut line = String::new();
            log.read_line(&mut line).expect("read");
            assert_eq!(line, "started\n");
        }

        // What the kernel does for a process that is killed.
        drop(stdin);

        // The log ends when nobody is left who could write to it.
        assert_eq!(log.read_to_end(&mut Vec::new()).expect("read"), 0);
        assert_eq!(child.wait().expect("ended").signal(), Some(9));
    }
}
