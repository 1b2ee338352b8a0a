//! `reeve serve`: the console, the API, and the controllers at their intervals.

mod executions;

use std::{
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use reeve_api::{Server, Token, router};
use reeve_app::{App, Context, background};
use reeve_estate::EstateFiles;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify, mpsc},
};
use uuid::Uuid;

use self::executions::Executions;
use super::Globals;
use crate::{
    exit::{self, Status, WrongInput, cannot_listen},
    load::{self, Folder},
    output::say,
    setup,
    stop::StopSignals,
};

/// How often the estate folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where to listen. The API has one token and no encryption: put a proxy before it to leave this machine.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let folder = Folder::read(&globals.folder)?;
    let path = folder.path.clone();
    let app = setup::open(folder, globals).await?;
    let announce = |address: &str| {
        let data = json!({ "console": address });
        globals.output().show(&data, |_| format!("the console is at {address}\n"))?;
        say("stop with ctrl-c");
        Ok(())
    };
    serve(globals, (path, app), arguments.listen, announce).await?;
    Ok(Status::Done)
}

/// Serves an estate folder that was opened, runs controllers, performs plans and runs runbooks until someone stops it. `announce` is told the console's address.
///
/// Where it is stopped does not matter: whatever was under way goes on from its last record at the next start.
pub(crate) async fn serve(
    globals: &Globals,
    (path, app): (PathBuf, App),
    listen: SocketAddr,
    announce: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    let app = Arc::new(app);
    let token = token(&globals.data_of(&path))?;
    let listener =
        TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    let address = format!("http://{}/#token={}", listener.local_addr()?, token.expose());
    let plans_changed = Arc::new(Notify::new());
    let (run_wanted, asked) = mpsc::channel(1);
    let caller = (token, setup::context());
    let server = Server::new(app.clone(), caller, plans_changed.clone(), run_wanted);
    // Whoever reads the address may stop the server right away.
    let mut stop = StopSignals::listen()?;
    announce(&address)?;
    let watch = server.watch.clone();
    let work = Work {
        globals,
        path,
        server: server.clone(),
        plans_changed,
        executions: Executions::new(),
        asked: asked.into(),
    };
    tokio::select! {
        served = axum::serve(listener, router(server)).into_future() => served.context("cannot serve")?,
        () = work.follow_folder() => {}
        () = watch.run() => {}
        () = stop.wait() => {}
    }
    tokio::select! {
        () = work.executions.finish() => {}
        () = stop.wait() => {}
    }
    app.store.close().await;
    Ok(())
}

/// What a server does by itself, by what the estate folder says at the time.
struct Work<'a> {
    globals: &'a Globals,
    path: PathBuf,
    server: Server,
    plans_changed: Arc<Notify>,
    executions: Executions,
    asked: Mutex<mpsc::Receiver<Context>>,
}

impl Work<'_> {
    /// Runs controllers, performs plans and moves executions on. When the folder changes, what is under way stops at its last
    /// record and goes on by what the folder says then, but for what executions have begun, which is waited for. While the
    /// folder is wrong, nothing is looked at and nothing more is changed.
    async fn follow_folder(&self) {
        let mut seen = self.server.app().documents.clone();
        let mut is_right = true;
        loop {
            let app = self.server.app();
            if is_right {
                self.executions.move_on(&app, &self.server.executions_changed).await;
            }
            let work = async {
                if is_right {
                    tokio::join!(
                        background::run_controllers(&app, &self.asked, &self.plans_changed),
                        background::perform_plans(&app, &self.plans_changed),
                    );
                } else {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = work => {}
                texts = changed(&self.path, &seen) => seen = texts,
            }
            self.executions.stop();
            let read = Folder::read(&self.path);
            match read.and_then(|folder| setup::renew(folder, self.globals, &app)) {
                Ok(app) => {
                    self.server.replace(Arc::new(app));
                    is_right = true;
                    say("the estate folder changed, and is followed from now on");
                }
                Err(error) => {
                    exit::report(&error);
                    say("nothing is looked at or changed until the estate folder is right again");
                    is_right = false;
                }
            }
        }
    }
}

/// Waits until the texts of the estate folder are others than those that were `seen`.
async fn changed(path: &Path, seen: &EstateFiles) -> EstateFiles {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match load::texts(path) {
            Ok(texts) if texts != *seen => return texts,
            _ => {}
        }
    }
}

/// The server's token: the same as last time, so that an open console keeps working.
fn token(data: &Path) -> Result<Token> {
    let path = data.join("token");
    if path.exists() {
        return read_token(&path);
    }
    // It is there already where the records are in it.
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).with_context(|| format!("cannot make {}", data.display()))?;
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Written whole under another name and then linked: of two servers that start together one is first, and both use its.
    let draft = data.join(format!("token.{}", Uuid::new_v4().simple()));
    let written = options
        .open(&draft)
        .and_then(|mut file| file.write_all(secret.as_bytes()))
        .and_then(|()| fs::hard_link(&draft, &path));
    fs::remove_file(&draft).ok();
    match written {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("cannot write {}", path.display()))
        }
        _ => read_token(&path),
    }
}

fn read_token(path: &Path) -> Result<Token> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let secret = text.trim();
    if secret.len() < 32 {
        let message = format!("{} holds no token", path.display());
        return Err(WrongInput::new(message)
            .with_hint("remove the file: a new one is made")
            .into());
    }
    Ok(Token::new(secret))
}
