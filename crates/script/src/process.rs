//! The life of a script's process: started, fed, watched, and always ended and cleaned up after.
//!
//! ```text
//! start ──► feed ──► { it ends | it goes over a limit | nobody wants it any more } ──► all of it is killed ──► folder removed
//! ```
//!
//! The last two happen also when the future is dropped anywhere on the way.

use std::{
    io,
    path::{Path, PathBuf},
    pin::pin,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use rustix::process::Pid;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, Command},
    runtime::Handle,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use uuid::Uuid;

use crate::{
    answer::{self, MOST_BEYOND_PAYLOAD},
    error::ScriptError,
    family::{Family, MARK},
    folder::{self, Folder},
    launch::{AnswerPlace, Launch},
    limits::{Exceeded, Limits},
    log::Capture,
};

/// How often a script is looked at. A script that starts processes without end has some hundreds by then.
const LOOK: Duration = Duration::from_millis(100);

/// How long is waited for the last of what was printed, after everybody who could print was ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How often it is looked whether processes that were ended are gone, and how long between.
const FAREWELLS: u32 = 200;
const FAREWELL: Duration = Duration::from_millis(5);

/// A running script. When it is dropped, everything of it is ended and removed.
struct Running {
    child: Child,
    family: Arc<Family>,
    folder: Option<Folder>,
}

/// What ended the waiting.
enum End {
    Ended(io::Result<ExitStatus>),
    Exceeded(Exceeded),
}

/// Runs what was prepared in a folder, and removes the folder.
pub(crate) async fn run(
    launch: Launch,
    folder: Folder,
    limits: &Limits,
    log: &mut Capture,
) -> Result<Value, ScriptError> {
    let Launch { mut command, variables, input, lifeline, answer } = launch;
    command.env_clear().envs(variables);
    let mut running = Running::start(command, folder)?;
    let mut stdin = running.child.stdin.take();
    let (stdout, stderr) = (running.child.stdout.take(), running.child.stderr.take());
    let most = limits.payload_bytes + MOST_BEYOND_PAYLOAD;
    let mut bytes = Vec::new();
    let end = {
        let exchange = async {
            tokio::join!(
                feed(&mut stdin, &input, lifeline),
                receive(stdout, |part| bytes
                    .extend(part.iter().take(most - bytes.len().min(most)))),
                receive(stderr, |part| log.push(part)),
            );
        };
        running.attend(exchange, limits).await
    };
    if let AnswerPlace::File(path) = answer {
        bytes = read_file(&path, most).await;
    }
    running.clean_up().await;
    match end {
        End::Exceeded(exceeded) => Err(ScriptError::Exceeded(exceeded)),
        End::Ended(Ok(status)) => answer::read(&bytes, status, limits),
        End::Ended(Err(source)) => {
            Err(ScriptError::Machine { doing: "waiting for the script's process", source })
        }
    }
}

impl Running {
    fn start(mut command: Command, folder: Folder) -> Result<Self, ScriptError> {
        let not_started =
            |source| ScriptError::Machine { doing: "starting the script's process", source };
        let mark = Uuid::new_v4().to_string();
        let child = command
            .env(MARK, &mark)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)?;
        let root = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let root = root.ok_or_else(|| not_started(io::Error::other("it has no number")))?;
        Ok(Self { child, family: Arc::new(Family::new(root, &mark)), folder: Some(folder) })
    }

    /// Waits until the script ends or has to, ends everything of it, and takes in what was still under way.
    async fn attend(&mut self, exchange: impl Future<Output = ()>, limits: &Limits) -> End {
        let mut exchange = pin!(exchange);
        let mut is_exchanged = false;
        let folder = self.folder.as_ref().map(|folder| folder.path().to_owned());
        let mut watch = pin!(watch(Arc::clone(&self.family), folder, limits.clone()));
        let mut time_is_up = pin!(sleep(limits.wall));
        let end = loop {
            tokio::select! {
                status = self.child.wait() => {
                    self.family.reaped();
                    break End::Ended(status);
                }
                exceeded = &mut watch => break End::Exceeded(exceeded),
                () = &mut time_is_up => break End::Exceeded(Exceeded::Wall(limits.wall)),
                () = &mut exchange, if !is_exchanged => is_exchanged = true,
            }
        };
        self.family.kill();
        if !is_exchanged {
            // Everybody who could write was ended. Who got away after all is not waited for.
            let _ = timeout(LAST_WORDS, exchange).await;
        }
        end
    }

    /// Waits until everybody is gone, and removes what they left.
    async fn clean_up(mut self) {
        let _ = self.child.wait().await;
        self.family.reaped();
        farewell(Arc::clone(&self.family), self.folder.take()).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(folder) = self.folder.take() else { return };
        self.family.kill();
        // Without a runtime the folder is removed at once, and what a process that is just ending writes into it stays.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(farewell(Arc::clone(&self.family), Some(folder)));
        }
    }
}

async fn farewell(family: Arc<Family>, folder: Option<Folder>) {
    for _ in 0..FAREWELLS {
        let family = Arc::clone(&family);
        let is_gone = spawn_blocking(move || {
            let is_gone = family.is_gone();
            if !is_gone {
                family.kill();
            }
            is_gone
        });
        if is_gone.await.unwrap_or(true) {
            break;
        }
        sleep(FAREWELL).await;
    }
    if let Some(folder) = folder {
        // It is removed also if this is not waited for.
        let _ = spawn_blocking(move || folder.remove()).await;
    }
}

/// Writes the input. A script that ends without reading it says so by how it ends.
async fn feed(stdin: &mut Option<ChildStdin>, input: &[u8], lifeline: bool) {
    if let Some(pipe) = stdin {
        let _ = pipe.write_all(input).await;
    }
    if !lifeline {
        *stdin = None;
    }
}

async fn receive(pipe: Option<impl AsyncRead + Unpin>, mut take: impl FnMut(&[u8])) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
        take(buffer.get(..length).unwrap_or_default());
    }
}

/// Looks at the script from time to time, until it is over a limit.
async fn watch(family: Arc<Family>, folder: Option<PathBuf>, limits: Limits) -> Exceeded {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks.tick().await;
    loop {
        looks.tick().await;
        let (family, folder, limits) = (Arc::clone(&family), folder.clone(), limits.clone());
        let look = spawn_blocking(move || {
            of_processes(&family, &limits).or_else(|| of_folder(&folder?, &limits))
        });
        if let Ok(Some(exceeded)) = look.await {
            return exceeded;
        }
    }
}

fn of_processes(family: &Family, limits: &Limits) -> Option<Exceeded> {
    let usage = family.usage();
    if usage.processes > limits.processes {
        return Some(Exceeded::Processes(limits.processes));
    }
    if usage.cpu > limits.cpu {
        return Some(Exceeded::Cpu(limits.cpu));
    }
    let may_be_over = usage.memory_bytes > limits.memory_bytes;
    let is_over = may_be_over && family.shared_memory_bytes() > limits.memory_bytes;
    is_over.then_some(Exceeded::Memory(limits.memory_bytes))
}

fn of_folder(folder: &Path, limits: &Limits) -> Option<Exceeded> {
    let content = folder::content(folder, limits.folder_files);
    if content.files > limits.folder_files {
        return Some(Exceeded::FolderFiles(limits.folder_files));
    }
    let is_over = content.bytes > limits.folder_bytes;
    is_over.then_some(Exceeded::FolderBytes(limits.folder_bytes))
}

/// The beginning of a file, if it is one.
async fn read_file(path: &Path, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let is_file = tokio::fs::symlink_metadata(path).await.is_ok_and(|found| found.is_file());
    if is_file && let Ok(file) = tokio::fs::File::open(path).await {
        // What cannot be read is no answer, and how the process ended is told instead.
        let _ = file.take(most as u64).read_to_end(&mut bytes).await;
    }
    bytes
}
