//! `reeve plan`: observe, decide and propose; list and show plans.

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App, PageQuery, PlanQuery, RunRequest,
    views::{ActionView, Page, PlanDetail, PlanSummary, RunOutcome, RunProgress, UnknownScopeView},
};

use super::{Globals, page_length};
use crate::{
    exit::Status,
    output::say,
    progress, service, setup,
    table::{moment, table},
    text::{count, plain},
    unknown,
};

/// Where a plan can stand.
const PHASES: [&str; 8] =
    ["proposed", "approved", "applying", "applied", "undoing", "undone", "refused", "superseded"];

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
        /// Only in this phase.
        #[arg(long, value_parser = PHASES)]
        phase: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = page_length())]
        limit: usize,
        /// The page after this cursor.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// One plan: its actions, their reasons, and what happened to it.
    Show {
        /// The plan: its id, the end of its id, or `latest`.
        #[arg(default_value = "latest")]
        plan: String,
        /// At most so many actions.
        #[arg(long, default_value_t = 100, value_parser = page_length())]
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
        Some(Command::List { phase, limit, cursor }) => {
            let query = PlanQuery { phase, limit: Some(limit), cursor };
            let page = app.plans(&query).await?;
            globals.output().show(&page, list)?;
            if let Some(next) = &page.next {
                say(&format!("there are more: --cursor {next}"));
            }
            Ok(Status::Done)
        }
        Some(Command::Show { plan, limit, cursor }) => {
            let query = PageQuery { limit: Some(limit), cursor };
            show(globals, &app.plan_detail(&plan, &query).await?)?;
            Ok(Status::Done)
        }
    }
}

/// Shows a plan, and says what may be done with it.
fn show(globals: &Globals, plan: &PlanDetail) -> Result<()> {
    globals.output().show(plan, detail)?;
    let PlanSummary { id, phase, actions, .. } = &plan.summary;
    if let Some(next) = &plan.next {
        let left = actions.saturating_sub(next.parse().unwrap_or_default());
        let actions = count(left, "more action");
        say(&format!("there are {actions}: `reeve plan show {id} --cursor {next}`"));
    }
    match *phase {
        "proposed" => say(&format!("next: `reeve approve {id}` or `reeve refuse {id}`")),
        "approved" => say(&format!("next: `reeve apply {id}`")),
        "applied" if plan.summary.tally.failed > 0 => {
            say(&format!("again: `reeve apply {id}`; the way back: `reeve undo {id}`"));
        }
        "applied" => say(&format!("the way back: `reeve undo {id}`")),
        _ => {}
    }
    Ok(())
}

async fn propose(globals: &Globals, app: &App, accounts: Vec<String>) -> Result<Status> {
    let bar = progress::bar(1, "looking at the estate");
    let watch = |progress: &RunProgress| {
        bar.set_length(u64::try_from(progress.scopes_total).unwrap_or_default());
        bar.set_position(u64::try_from(progress.scopes_done).unwrap_or_default());
        bar.set_message(format!("{} resources", progress.resources));
    };
    let request = RunRequest { accounts };
    let outcome = app.run(&setup::context(), &request, &watch).await;
    bar.finish_and_clear();
    let mut outcome = outcome?;
    outcome.unknown.retain(|unknown| is_asked_for(app, &request, unknown));
    // What the estate lets Reeve do at once is done now; what waits for approval waits. Whatever comes of that, what the
    // run found is shown.
    let performed = service::finish_unfinished(app).await;
    for plan in &mut outcome.plans {
        *plan = app.plan_summary(plan.id.parse()?).await?;
    }
    globals.output().show(&outcome, describe_outcome)?;
    performed?;
    if !globals.output().json {
        for plan in &outcome.plans {
            let query = PageQuery { limit: Some(20), cursor: None };
            show(globals, &app.plan_detail(&plan.id, &query).await?)?;
        }
        if outcome.plans.is_empty() {
            say(&format!("no plan: {}", why_no_plan(app, &outcome).await?));
        }
    }
    let ended_badly = |plan: &PlanSummary| plan.tally.refused + plan.tally.failed > 0;
    Ok(if outcome.plans.iter().any(ended_badly) {
        Status::Failed
    } else if outcome.unknown.is_empty() && outcome.run.unknown_resources == 0 {
        Status::Done
    } else {
        Status::PartlyUnknown
    })
}

/// Whether something unknown is in an account that was to be looked at.
fn is_asked_for(app: &App, request: &RunRequest, unknown: &UnknownScopeView) -> bool {
    let mut accounts = request.accounts.iter().filter_map(|name| app.estate.find_account(name));
    request.accounts.is_empty() || accounts.any(|account| account.id.as_str() == unknown.account)
}

fn describe_outcome(outcome: &RunOutcome) -> String {
    let run = &outcome.run;
    let mut text = format!(
        "looked at {} in {:.1} s: {} not as they should be",
        count(run.resources, "resource"),
        run.seconds,
        run.failing
    );
    if outcome.unknown.is_empty() {
        return text + "\n";
    }
    text += &format!(", {} unknown\n\n", count(outcome.unknown.len(), "part"));
    text += &format!("{}\n", "unknown, and not counted as right:".yellow());
    text + &unknown::describe(&outcome.unknown)
}

/// Why nothing is planned, although a look may have found something.
async fn why_no_plan(app: &App, outcome: &RunOutcome) -> Result<String> {
    Ok(if let Some(suspension) = app.suspension().await? {
        format!("suspended by {}: {}", suspension.by, suspension.reason)
    } else if outcome.run.failing == 0 && outcome.unknown.is_empty() {
        "there is nothing to do".to_owned()
    } else if outcome.run.failing == 0 {
        "there is nothing to do where it could be looked at".to_owned()
    } else if app.profile.is_read_only() {
        "the profile is read-only".to_owned()
    } else {
        "only observing is allowed where something is wrong; see `reeve accounts`".to_owned()
    })
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
            moment(plan.created_at),
        ]
    };
    let headings = ["plan", "phase", "controller", "actions", "ended", "accounts", "created"];
    table(
        headings,
        page.items.iter().map(row),
        "no plans: `reeve plan` makes one if there is something to do",
    )
}

/// How a plan's actions ended, in words; nothing if none was begun.
fn tally(plan: &PlanSummary) -> String {
    if !matches!(plan.phase, "applying" | "applied" | "undoing" | "undone") {
        return String::new();
    }
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

pub(crate) fn detail(plan: &PlanDetail) -> String {
    let summary = &plan.summary;
    let mut text = format!(
        "\n{} {} by {}: {} in {}, {}\ndigest {}\n",
        "plan".bold(),
        summary.id.bold(),
        summary.controller,
        count(summary.actions, "action"),
        count(summary.accounts.len(), "account"),
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
        text += "  …\n";
    }
    text += "\n";
    for event in &plan.history {
        let what = event.detail.replace(&summary.id, "it");
        text += &format!("{}  {}  {what}\n", moment(event.at), event.actor);
    }
    text
}

fn describe(action: &ActionView) -> String {
    let mut text = format!("  {} {}", action.resource_type, plain(&action.id));
    let steps = [("", &action.apply), ("undo ", &action.undo)];
    let taken = steps.iter().filter(|(_, step)| step.step != "pending");
    for (direction, step) in taken.clone() {
        text += &format!("  [{direction}{}]", step.step);
    }
    text.push('\n');
    for (direction, step) in taken {
        if let Some(why) = &step.detail {
            text += &format!("    {}\n", format!("{direction}{}: {}", step.step, plain(why)).red());
        }
    }
    for change in &action.changes {
        let key = plain(&change.key);
        let (before, after) =
            (change.before.as_deref().map(plain), change.after.as_deref().map(plain));
        let line = match (before, after) {
            (None, Some(after)) => format!("+ {key} = {after}").green().to_string(),
            (Some(before), Some(after)) => {
                format!("~ {key} = {before} -> {after}").yellow().to_string()
            }
            (before, None) => format!("- {key} = {}", before.unwrap_or_default()).red().to_string(),
        };
        text += &format!("    {line}\n        {}\n", plain(&change.reason).dimmed());
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
