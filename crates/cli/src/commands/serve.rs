//! `reeve serve`: the console, the API, and the controllers at their intervals.

use std::{
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use reeve_api::{Server, Token, router};
use reeve_app::{App, background};
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify};
use uuid::Uuid;

use super::Globals;
use crate::{
    exit::{Status, cannot_listen},
    load::Folder,
    output::say,
    setup,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where to listen. The API has one token and no encryption: put a proxy before it to leave this machine.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let folder = Folder::read(&globals.folder)?;
    let data = folder.data();
    let app = Arc::new(setup::open(folder, globals).await?);
    let announce = |address: &str| {
        let data = json!({ "console": address });
        globals.output().show(&data, |_| format!("the console is at {address}\n"))?;
        say("stop with ctrl-c");
        Ok(())
    };
    serve(app, &data, arguments.listen, announce).await?;
    Ok(Status::Done)
}

/// Serves, runs controllers and performs plans until someone stops it. `announce` is told the console's address.
///
/// Where it is stopped does not matter: whatever was under way goes on from its last record at the next start.
pub(crate) async fn serve(
    app: Arc<App>,
    data: &Path,
    listen: SocketAddr,
    announce: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    let token = token(data)?;
    let listener =
        TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    let address = format!("http://{}/#token={}", listener.local_addr()?, token.expose());
    let (plans_changed, run_wanted) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let server = Server {
        app: app.clone(),
        token,
        context: setup::context(),
        plans_changed: plans_changed.clone(),
        run_wanted: run_wanted.clone(),
    };
    announce(&address)?;
    tokio::select! {
        served = axum::serve(listener, router(server)).into_future() => served.context("cannot serve")?,
        () = background::run_controllers(&app, &run_wanted, &plans_changed) => {}
        () = background::perform_plans(&app, &plans_changed) => {}
        () = until_stopped() => {}
    }
    app.store.close().await;
    Ok(())
}

/// The server's token: the same as last time, so that an open console keeps working.
fn token(data: &Path) -> Result<Token> {
    let path = data.join("token");
    match fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(Token::new(text.trim())),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
        _ => {}
    }
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&path)
        .and_then(|mut file| file.write_all(secret.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Token::new(secret))
}

/// Waits for ctrl-c, or for the signal that service managers send.
pub(crate) async fn until_stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    interrupted.await.ok();
}
