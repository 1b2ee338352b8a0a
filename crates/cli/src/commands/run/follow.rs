//! Following an execution: moving it on, and showing what happens until it ends or waits for somebody.
//!
//! On a terminal it is a picture that is drawn again in its place; elsewhere it is a line for each thing that happens.

use std::{io::IsTerminal as _, time::Duration};

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App,
    executions::{Journal, News, StandingView, Watch, Worker},
};
use reeve_types::ExecutionId;
use tokio::{sync::Notify, time::sleep};

use super::{Globals, live::Live, status_of, text};
use crate::{exit::Status, output::say, table::moment};

/// How often the picture is drawn again.
const DRAW_EVERY: Duration = Duration::from_millis(120);

/// Where what happens is shown.
enum Shown {
    Lines,
    Picture(Box<Live>),
}

/// Moves an execution on, shows what happens on standard error, and shows it once it has ended or waits for somebody.
///
/// Whoever stops it with ctrl-c stops the watching: the execution is left as it is and goes on wherever a worker is.
pub(crate) async fn follow(globals: &Globals, app: &App, id: ExecutionId) -> Result<Status> {
    let worker = Worker::new(app);
    let changed = Notify::new();
    changed.notify_one();
    let watch = Watch::new(app.store.clone());
    let journal = watch.journal(&id.to_string(), 0).await?;
    let is_picture = std::io::stderr().is_terminal() && !globals.output().json;
    let shown = if is_picture {
        Shown::Picture(Box::new(Live::new(app.execution_runbook(id).await?.steps)))
    } else {
        Shown::Lines
    };
    let is_done = tokio::select! {
        rest = until_rest(app, journal, &shown) => rest.map(|()| true)?,
        () = worker.run(&changed) => false,
        () = watch.run() => false,
        () = shown.animate(app) => false,
        stopped = tokio::signal::ctrl_c() => stopped.map(|()| false)?,
    };
    shown.clear();
    if !is_done {
        say(&format!(
            "\nleft as it is: it goes on where `reeve serve` runs, or when it is watched again: `reeve run watch {id}`"
        ));
        return Ok(Status::Done);
    }
    let detail = app.execution_detail(&id.to_string()).await?;
    globals.output().show(&detail, text)?;
    Ok(status_of(&detail.execution))
}

/// Shows what happens, until the execution has ended or waits for somebody's word.
async fn until_rest(app: &App, mut journal: Journal, shown: &Shown) -> Result<()> {
    let mut is_asking = false;
    while let Some(news) = journal.next().await? {
        if let News::Standing(standing) = &news {
            is_asking = asks_somebody(standing);
        }
        shown.take(news);
        // What was just said may not be taken yet.
        if is_asking && !journal.has_more() && app.has_heard_everything(journal.execution()).await?
        {
            return Ok(());
        }
    }
    Ok(())
}

fn asks_somebody(standing: &StandingView) -> bool {
    standing.execution.status == "Waiting"
}

impl Shown {
    fn take(&self, news: News) {
        match self {
            Self::Lines => {
                if let News::Record(record) = news {
                    say(&format!("{} {}", moment(record.at).dimmed(), record.summary));
                }
            }
            Self::Picture(live) => live.take(news),
        }
    }

    /// Draws again and again.
    async fn animate(&self, app: &App) {
        loop {
            match self {
                Self::Lines => std::future::pending::<()>().await,
                Self::Picture(live) => live.draw(app.clock.now()),
            }
            sleep(DRAW_EVERY).await;
        }
    }

    fn clear(&self) {
        if let Self::Picture(live) = self {
            live.clear();
        }
    }
}
