//! `reeve plan`: observe, decide and propose; list and show plans.

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App, PageQuery, PlanQuery, RunRequest,
    views::{ActionView, Page, PlanDetail, PlanSummary, RunOutcome, RunProgress},
};

use super::{Globals, resources::unknown_row};
use crate::{exit::Status, output::say, progress, service, setup, table::table};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only look at this account (id or name); may be given more than once.
    #[arg(long)]
    account: Vec<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// The plans, newest first.
    List {
        /// Only in this phase: proposed, approved, applying, applied, undoing, undone, refused, superseded.
        #[arg(long)]
        phase: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// One plan: its actions, their reasons, and what happened to it.
    Show {
        /// The plan: its id, the end of its id, or `latest`.
        #[arg(default_value = "latest")]
        plan: String,
        /// At most so many actions.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// The page of actions after this cursor.
        #[arg(long)]
        cursor: Option<String>,
    },
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    match arguments.command {
        None => propose(globals, &app, arguments.account).await,
        Some(Command::List { phase, limit }) => {
            let query = PlanQuery { phase, limit: Some(limit), cursor: None };
            globals.output().show(&app.plans(&query).await?, list)?;
            Ok(Status::Done)
        }
        Some(Command::Show { plan, limit, cursor }) => {
            let query = PageQuery { limit: Some(limit), cursor };
            globals.output().show(&app.plan_detail(&plan, &query).await?, detail)?;
            Ok(Status::Done)
        }
    }
}

async fn propose(globals: &Globals, app: &App, accounts: Vec<String>) -> Result<Status> {
    let bar = progress::bar(0, "looking at the estate");
    let watch = |progress: &RunProgress| {
        bar.set_length(u64::try_from(progress.scopes_total).unwrap_or_default());
        bar.set_position(u64::try_from(progress.scopes_done).unwrap_or_default());
        bar.set_message(format!("{} resources", progress.resources));
    };
    let outcome = app.run(&setup::context(), &RunRequest { accounts }, &watch).await;
    bar.finish_and_clear();
    let outcome = outcome?;
    // What the estate lets Reeve do at once is done now; what waits for approval waits.
    service::finish_unfinished(app).await?;
    globals.output().show(&outcome, describe_outcome)?;
    if !globals.output().json {
        for plan in &outcome.plans {
            let query = PageQuery { limit: Some(20), cursor: None };
            globals.output().show(&app.plan_detail(&plan.id, &query).await?, detail)?;
        }
    }
    Ok(if outcome.unknown.is_empty() && outcome.run.unknown_resources == 0 {
        Status::Done
    } else {
        Status::PartlyUnknown
    })
}

fn describe_outcome(outcome: &RunOutcome) -> String {
    let run = &outcome.run;
    let mut text = format!(
        "looked at {} resources in {:.1} s: {} are not as they should be\n",
        run.resources, run.seconds, run.failing
    );
    if outcome.plans.is_empty() {
        text += "nothing to plan\n";
    }
    if !outcome.unknown.is_empty() {
        text += &format!("\n{}\n", "unknown, and not counted as right:".yellow());
        text += &table(
            ["account", "region", "type", "call", "missing permission", "what happened"],
            outcome.unknown.iter().map(unknown_row),
            "",
        );
    }
    text
}

fn list(page: &Page<PlanSummary>) -> String {
    let row = |plan: &PlanSummary| {
        [
            plan.id.clone(),
            plan.phase.to_owned(),
            plan.controller.clone(),
            plan.actions.to_string(),
            tally(plan),
            plan.accounts.len().to_string(),
            plan.created_at.to_string(),
        ]
    };
    let headings = ["plan", "phase", "controller", "actions", "ended", "accounts", "created"];
    table(headings, page.items.iter().map(row), "no plans: `reeve plan` makes one if there is something to do")
}

/// How a plan's actions ended, in words.
pub(crate) fn tally(plan: &PlanSummary) -> String {
    let (word, tally) = match &plan.undo_tally {
        Some(tally) => ("taken back", tally),
        None => ("verified", &plan.tally),
    };
    let counts = [
        (tally.verified, word),
        (tally.refused, "refused"),
        (tally.failed, "failed"),
        (tally.open, "open"),
    ];
    let words = counts.iter().filter(|(count, _)| *count > 0);
    words.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn detail(plan: &PlanDetail) -> String {
    let summary = &plan.summary;
    let mut text = format!(
        "\n{} {} by {}: {} actions in {} accounts, {}\ndigest {}\n",
        "plan".bold(),
        summary.id.bold(),
        summary.controller,
        summary.actions,
        summary.accounts.len(),
        summary.phase.bold(),
        summary.digest,
    );
    let mut place = (String::new(), String::new());
    for action in &plan.items {
        let here = (action.account.clone(), action.region.clone());
        if here != place {
            text += &format!("\n{} {}\n", here.0.bold(), here.1.bold());
            place = here;
        }
        text += &describe(action);
    }
    if plan.next.is_some() {
        let shown = plan.items.len();
        text += &format!("… {} more actions: `reeve plan show {} --limit …`\n", summary.actions - shown, summary.id);
    }
    text += "\n";
    for event in &plan.history {
        text += &format!("{} {} {}\n", event.at.strftime("%Y-%m-%d %H:%M:%S"), event.actor, event.detail);
    }
    text += match summary.phase {
        "proposed" => "next: `reeve approve ID` or `reeve refuse ID`\n",
        "approved" => "next: `reeve apply ID`\n",
        "applied" => "back: `reeve undo ID`\n",
        _ => "",
    };
    text
}

fn describe(action: &ActionView) -> String {
    let mut text = format!("  {} {}{}\n", action.resource_type, action.id, steps(action));
    for change in &action.changes {
        let line = match (&change.before, &change.after) {
            (None, Some(after)) => format!("+ {} = {after}", change.key).green().to_string(),
            (Some(before), Some(after)) => {
                format!("~ {} = {before} -> {after}", change.key).yellow().to_string()
            }
            (before, None) => {
                let before = before.as_deref().unwrap_or_default();
                format!("- {} = {before}", change.key).red().to_string()
            }
        };
        text += &format!("    {line}\n        {}\n", change.reason.dimmed());
    }
    text
}

fn steps(action: &ActionView) -> String {
    let mut text = String::new();
    for (direction, step) in [("", &action.apply), ("undo ", &action.undo)] {
        if step.step != "pending" {
            let detail = step.detail.as_ref().map(|detail| format!(": {detail}"));
            text += &format!("  [{direction}{}{}]", step.step, detail.unwrap_or_default());
        }
    }
    text
}

/// Says how a plan stands after something was asked of it, and chooses the status.
pub(crate) fn conclude(globals: &Globals, plan: &PlanSummary) -> Result<Status> {
    globals.output().show(plan, |plan| {
        let tally = tally(plan);
        let tally = if tally.is_empty() { String::new() } else { format!(": {tally}") };
        format!("{} is {}{tally}\n", plan.id, plan.phase)
    })?;
    let tally = plan.undo_tally.as_ref().unwrap_or(&plan.tally);
    if tally.refused + tally.failed == 0 {
        return Ok(Status::Done);
    }
    if !globals.output().json {
        say(&format!("why: `reeve plan show {}`", plan.id));
    }
    Ok(Status::Failed)
}
