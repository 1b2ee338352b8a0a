//! Following an execution: moving it on, and showing what happens until it ends or waits for somebody.
//!
//! On a terminal it is a picture that is drawn again in its place; elsewhere it is a line for each thing that happens.

use std::{io::IsTerminal as _, time::Duration};

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App,
    executions::{ChildView, ExecutionDetail, Journal, News, Watch, Worker},
};
use reeve_types::ExecutionId;
use tokio::{sync::Notify, time::sleep};

use super::{Globals, live::Live, status_of, text};
use crate::{exit::Status, output::say, table::moment};

/// How often the picture is drawn again.
const DRAW_EVERY: Duration = Duration::from_millis(120);

/// How often it is looked whether only somebody's word moves those that the execution waits for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After how long it says that it still waits.
const QUIET: Duration = Duration::from_secs(1);

/// Where what happens is shown.
enum Shown {
    Lines,
    Picture(Box<Live>),
}

/// Moves an execution on, shows what happens on standard error, and shows it once it has ended or waits for somebody.
pub(crate) async fn follow(globals: &Globals, app: &App, id: ExecutionId) -> Result<Status> {
    let detail = followed(globals, app, id).await?;
    globals.output().show(&detail, text)?;
    Ok(status_of(&detail.execution))
}

/// Moves an execution on, and shows what happens on standard error, until it has ended or waits for somebody.
///
/// Whoever stops it with ctrl-c stops the watching: the execution is left as it is and goes on wherever a worker is.
pub(crate) async fn followed(
    globals: &Globals,
    app: &App,
    id: ExecutionId,
) -> Result<ExecutionDetail> {
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
    let watched = Notify::new();
    let watching = async {
        let rested = tokio::select! {
            rested = until_rest(app, journal, &shown) => rested.map(|()| true),
            () = watch.run() => Ok(false),
            () = shown.animate(app) => Ok(false),
            stopped = tokio::signal::ctrl_c() => stopped.map(|()| false).map_err(Into::into),
        };
        shown.clear();
        watched.notify_one();
        rested
    };
    // It may have other executions as well, with scripts that must not be dropped.
    let waiting = async {
        watched.notified().await;
        sleep(QUIET).await;
        say("waiting for what other executions have begun; ctrl-c again ends at once");
        tokio::signal::ctrl_c().await
    };
    let has_rested = tokio::select! {
        rested = worker.run_until(&changed, watching) => rested?,
        stopped = waiting => stopped.map(|()| false)?,
    };
    if !has_rested {
        say(&format!(
            "\nleft as it is: it goes on where `reeve serve` runs, or when it is watched again: `reeve run watch {id}`"
        ));
    }
    Ok(app.execution_detail(&id.to_string()).await?)
}

/// Shows what happens, until the execution has ended or only somebody's word moves it.
async fn until_rest(app: &App, mut journal: Journal, shown: &Shown) -> Result<()> {
    let mut is_asking = false;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            news = journal.next() => match news? {
                None => return Ok(()),
                Some(news) => {
                    if let News::Standing(standing) = &news {
                        is_asking = rests(&standing.execution.status);
                    }
                    shown.take(news);
                }
            },
            _ = looks.tick(), if !is_asking => {
                let detail = app.execution_detail(&journal.execution().to_string()).await?;
                is_asking = children_rest(&detail.children);
            }
        }
        // What was just said may not be taken yet.
        if is_asking && !journal.has_more() && app.has_heard_everything(journal.execution()).await?
        {
            return Ok(());
        }
    }
}

/// Whether only somebody's word moves an execution of a status.
fn rests(status: &str) -> bool {
    matches!(status, "Waiting" | "Paused" | "Unreadable")
}

/// Whether only somebody's word moves any of the executions that another waits for.
fn children_rest(children: &[ChildView]) -> bool {
    let is_over = |child: &&ChildView| {
        matches!(child.status.as_str(), "Pending" | "Success" | "Failed" | "TimedOut" | "Cancelled")
    };
    let mut under_way = children.iter().filter(|child| !is_over(child)).peekable();
    under_way.peek().is_some() && under_way.all(|child| rests(&child.status))
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
