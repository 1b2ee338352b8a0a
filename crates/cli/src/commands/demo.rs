//! `reeve demo`: try Reeve on a simulated estate, by hand or by itself.

mod auto;
mod runbooks;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Result;

use super::{Globals, serve};
use crate::{
    demo::Simulation,
    exit::{Status, WrongInput},
    load::Folder,
    output, setup,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Walk the whole loop without being asked, say what came of each step, and end.
    #[arg(long)]
    auto: bool,
    /// Where the demonstration's estate folder is written, anew each time.
    #[arg(long, value_name = "DIR", default_value = "reeve-demo")]
    folder: PathBuf,
    /// Where the console listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    if globals.database_url().is_some() {
        let message = "the demonstration keeps its records in a folder of its own";
        let hint = "leave out `--database`, and unset REEVE_DATABASE_URL";
        return Err(WrongInput::new(message).with_hint(hint).into());
    }
    let simulation = Simulation::start().await?;
    simulation.write_folder(&arguments.folder)?;
    runbooks::write(&arguments.folder)?;
    let app = setup::open(Folder::read(&arguments.folder)?, globals).await?;
    if arguments.auto {
        let status = auto::run(&app, &simulation).await;
        app.store.close().await;
        simulation.stop().await;
        return status;
    }
    let shown = arguments.folder.display().to_string();
    let twin = format!("http://{}", simulation.address);
    let announce = |address: &str| output::write(&introduction(address, &shown, &twin));
    runbooks::begin(&app).await?;
    serve::serve(globals, (arguments.folder.clone(), app), arguments.listen, announce).await?;
    simulation.stop().await;
    Ok(Status::Done)
}

fn introduction(console: &str, folder: &str, twin: &str) -> String {
    let reeve = name_of_binary();
    format!(
        "\n\
         Reeve looks after Harbour, a shipping company with six simulated AWS accounts in two Regions.\n\
         \n\
         the console:       {console}\n\
         the estate folder: {folder}\n\
         \n\
         The same without a browser, in another terminal:\n\
         \n\
         \x20 alias reeve={reeve}\n\
         \x20 reeve -C {folder} resources --verdict fail      # what is mis-tagged, and why\n\
         \x20 reeve -C {folder} plan                          # what would be done about it\n\
         \x20 reeve -C {folder} approve latest -m 'looks right'\n\
         \x20 reeve -C {folder} apply latest\n\
         \x20 reeve -C {folder} undo latest -m 'only trying'\n\
         \x20 reeve -C {folder} run list                      # the runbooks that ran, and the one that waits\n\
         \x20 reeve -C {folder} ledger\n\
         \n\
         The day is still young: in its first hours more and more goes wrong. To let two of them pass at once:\n\
         \n\
         \x20 curl -d '{{\"advance\": \"PT2H\"}}' {twin}/_twin/clock\n\
         \n\
         stop with ctrl-c; everything is written anew at the next start\n"
    )
}

/// Where this binary is: it is rarely on the search path of someone who only tries it.
fn name_of_binary() -> String {
    let path = std::env::current_exe().map(|path| path.display().to_string());
    path.unwrap_or_else(|_| "reeve".to_owned())
}
