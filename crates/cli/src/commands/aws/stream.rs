//! Bodies of any length, to and from files; and answers that are streams of events.
//!
//! A file that is written has another name until all of it came and its checksum was right: what stands under the name that
//! was asked for is always whole.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use reeve_aws::{Download, DownloadBody};
use reeve_model::{Operation, Service, Value};
use serde_json::Value as Json;
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt as _,
};

use crate::{exit::WrongInput, progress};

/// The longest body that is printed as part of the answer, if no file was named for it.
const LONGEST_PRINTED: usize = 1 << 20;

/// The name that stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// The name that elsewhere stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Where bodies of any length come from and go to.
#[derive(clap::Args)]
pub(super) struct StreamArguments {
    /// Send this file as the body of an operation that takes a stream of bytes, such as `s3 PutObject`.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Write the stream of bytes that an operation answers with, such as `s3 GetObject`, to this file, or to standard
    /// output if it is `-`. Without it, a short one is printed in base64 with the answer, and a long one refused.
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
}

/// What goes to and fro in a call.
pub(super) enum Exchange {
    /// An input and an output.
    Plain,
    /// An input with a file as its body.
    Upload(PathBuf),
    /// An output whose body is a stream of bytes, and where that goes.
    Download(Option<PathBuf>),
    /// An output that is a stream of events.
    Events,
}

/// Where a body goes.
enum Sink {
    File(File),
    StandardOutput,
}

impl StreamArguments {
    /// What goes to and fro in a call of an operation.
    pub(super) fn exchange(&self, service: &Service, operation: &Operation) -> Result<Exchange> {
        let name = format!("{}:{}", service.name(), operation.name);
        let answers_bytes = operation.streaming_output(service).is_some();
        if self.output_file.is_some() && (!answers_bytes || self.body.is_some()) {
            let wrong = format!("the answer of `{name}` is no stream of bytes");
            let hint = "leave `--output-file` out: the answer goes to standard output";
            return Err(WrongInput::new(wrong).with_hint(hint).into());
        }
        if let Some(file) = &self.body {
            if operation.streaming_input(service).is_none() {
                let wrong = WrongInput::new(format!("`{name}` takes no stream of bytes"));
                return Err(wrong.with_hint("`--input @FILE` reads the input from a file").into());
            }
            check_body(file)?;
            return Ok(Exchange::Upload(file.clone()));
        }
        Ok(if operation.event_output(service).is_some() {
            Exchange::Events
        } else if answers_bytes {
            Exchange::Download(self.output_file.clone())
        } else {
            Exchange::Plain
        })
    }

    /// The input without a body that it need not have, since a file is sent: what takes its place while it is checked.
    pub(super) fn stand_in(
        &self,
        (service, operation): (&Service, &Operation),
        input: &mut Json,
    ) -> Result<Option<String>> {
        let (Some(_), Some(member)) = (&self.body, operation.streaming_input(service)) else {
            return Ok(None);
        };
        let Some(members) = input.as_object_mut() else { return Ok(None) };
        if members.insert(member.name.to_string(), Json::from("")).is_some() {
            let wrong = format!("`{}` is in the input, and `--body` was given too", member.name);
            return Err(WrongInput::new(wrong).into());
        }
        Ok(Some(member.name.to_string()))
    }
}

impl Exchange {
    /// Whether more goes to and fro than fits between other answers.
    pub(super) fn is_stream(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// Whether nothing but the body goes to standard output.
    pub(super) fn prints_only_its_body(&self) -> bool {
        matches!(self, Self::Download(Some(file)) if file.as_os_str() == STANDARD_OUTPUT)
    }
}

/// A body has its length told before it is sent, and may be sent a second time: what can be read only once cannot be one.
fn check_body(file: &Path) -> Result<(), WrongInput> {
    let name = file.display();
    let wrong = match std::fs::metadata(file) {
        Ok(found) if found.is_file() => return Ok(()),
        Err(error) if file.as_os_str() != STANDARD_INPUT => {
            return Err(WrongInput::new(format!("cannot read `{name}`: {error}")));
        }
        Ok(_) | Err(_) => WrongInput::new(format!("`{name}` is not a regular file")),
    };
    Err(wrong.with_hint("a body may have to be sent again: write it to a file first"))
}

/// Takes in what was downloaded. What is to be printed is returned: the answer, without a body that went elsewhere.
pub(super) async fn receive(
    download: Download,
    member: Option<&str>,
    file: Option<&Path>,
) -> Result<Option<Value>> {
    let Download { mut output, length, body, .. } = download;
    let Some(file) = file else {
        let length = length.unwrap_or_default();
        let is_short = usize::try_from(length).is_ok_and(|length| length <= LONGEST_PRINTED);
        let bytes = if is_short { body.whole(LONGEST_PRINTED).await? } else { None };
        let Some(bytes) = bytes else {
            let wrong = WrongInput::new("the body of the answer is too long to be printed");
            return Err(wrong.with_hint("`--output-file FILE` writes it to a file").into());
        };
        if let (Some(member), Some(members)) = (member, output.as_object_mut()) {
            members.insert(member, Value::Blob(bytes.to_vec()));
        }
        return Ok(Some(output));
    };
    if file.as_os_str() == STANDARD_OUTPUT {
        pass_on((body, length), Sink::StandardOutput).await?;
        return Ok(None);
    }
    write(file, (body, length)).await?;
    Ok(Some(output))
}

async fn write(path: &Path, body: (DownloadBody, Option<u64>)) -> Result<()> {
    let cannot = || format!("cannot write `{}`", path.display());
    // What is no file, such as a pipe, is written to and never replaced.
    let is_special = fs::metadata(path).await.is_ok_and(|found| !found.is_file());
    if is_special {
        let file = fs::OpenOptions::new().write(true).open(path).await.with_context(cannot)?;
        pass_on(body, Sink::File(file)).await?;
        return Ok(());
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let file = File::create(&part).await.with_context(cannot)?;
    let passed = pass_on(body, Sink::File(file)).await;
    if passed.is_err() {
        fs::remove_file(&part).await.ok();
    }
    passed?;
    fs::rename(&part, path).await.with_context(cannot)
}

/// Writes a body piece by piece. A reader who has read enough is no error.
async fn pass_on((mut body, length): (DownloadBody, Option<u64>), mut sink: Sink) -> Result<()> {
    let bar = progress::bar(length.unwrap_or_default(), "receiving");
    while let Some(piece) = body.next().await {
        let piece = piece?;
        match sink.write(&piece).await {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
        bar.inc(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    }
    if let Sink::File(file) = &mut sink {
        file.flush().await?;
    }
    bar.finish_and_clear();
    Ok(())
}

impl Sink {
    async fn write(&mut self, piece: &[u8]) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.write_all(piece).await,
            // Who pipes a stream on waits for it: nothing else is to be done meanwhile.
            Self::StandardOutput => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(piece)?;
                stdout.flush()
            }
        }
    }
}
