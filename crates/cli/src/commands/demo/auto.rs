//! The whole loop, by itself: each step says what it does and what came of it, and must come true.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use owo_colors::OwoColorize as _;
use reeve_app::{
    App, Approval, PageQuery, ResourceQuery, RunRequest,
    views::{ActionView, PlanDetail, PlanSummary, RunOutcome},
};
use reeve_twin::Twin;
use reeve_types::{Arn, Tags};

use crate::{demo::Simulation, exit::Status, output::write, service, setup};

type Snapshot = BTreeMap<String, Tags>;

/// Walks the loop; fails at the first thing that does not come true.
pub(crate) async fn run(app: &App, simulation: &Simulation) -> Result<Status> {
    let twin = &simulation.twin;
    // While the loop is walked nobody else works in the simulated world: all that changes is Reeve's doing.
    twin.set_rate(0.0);
    let before = snapshot(twin);
    step("looking at six simulated accounts in two Regions")?;
    let outcome = observe(app).await?;
    let plan = outcome.plans.first().context("no plan was proposed")?;
    let detail = app.plan_detail(&plan.id, &PageQuery::default()).await?;
    came(&format!("the plan {} has {} actions, each with its reason", plan.id, plan.actions))?;
    show_some(&detail)?;
    ensure!(snapshot(twin) == before, "looking changed something");
    came("nothing was changed so far")?;

    let meddled = meddle(twin, &detail)?;
    apply(app, plan, &meddled).await?;
    compare(twin, &before, &detail, &meddled)?;
    look_again(app, plan, &meddled).await?;
    undo(app, plan, twin, &before, &meddled).await?;
    verify(app).await?;
    write(&format!("\n{} all of it came true\n", "done:".green().bold()))?;
    Ok(Status::Done)
}

async fn observe(app: &App) -> Result<RunOutcome> {
    let outcome = app.run(&setup::context(), &RunRequest::default(), &|_| {}).await?;
    let run = &outcome.run;
    ensure!(run.resources > 50, "only {} resources were seen", run.resources);
    ensure!(run.failing > 0, "nothing is mis-tagged");
    came(&format!(
        "{} resources in {:.1} s; {} are not tagged as the profile wants",
        run.resources, run.seconds, run.failing
    ))?;
    let [unknown] = outcome.unknown.as_slice() else {
        anyhow::bail!("{} scopes are unknown instead of one", outcome.unknown.len());
    };
    let permission = unknown.unknown.missing_permission.as_deref();
    ensure!(
        permission == Some("synthetics:DescribeCanaries"),
        "the wrong permission: {permission:?}"
    );
    came(&format!(
        "one scope is unknown, and not called compliant: {} in {} {} lacks `synthetics:DescribeCanaries`",
        unknown.resource_type, unknown.account, unknown.region
    ))?;
    Ok(outcome)
}

/// A person changes a tag by hand while the plan waits.
fn meddle(twin: &Twin, plan: &PlanDetail) -> Result<Arn> {
    let action = plan
        .items
        .iter()
        .find(|action| action.resource_type == "AWS::EC2::Instance")
        .context("the plan has no instance")?;
    let change = action.changes.first().context("the action changes nothing")?;
    let arn: Arn = action.arn.parse()?;
    let mut tags = twin.tags(&arn).context("the instance is gone")?;
    tags.insert(change.key.clone(), "typed-by-hand".to_owned());
    ensure!(twin.set_tags(&arn, tags), "the instance is gone");
    step(&format!("meanwhile somebody types {} = typed-by-hand on {}", change.key, action.id))?;
    Ok(arn)
}

async fn apply(app: &App, plan: &PlanSummary, meddled: &Arn) -> Result<()> {
    step("approving exactly this plan, and applying it")?;
    let approval = Approval {
        digest: plan.digest.clone(),
        comment: "the demonstration approves it".to_owned(),
        apply: true,
    };
    let approved = app.approve(&setup::context(), &plan.id, &approval).await?;
    let applied = service::follow(app, &approved).await?;
    let tally = &applied.tally;
    ensure!(tally.failed == 0 && tally.open == 0, "{} actions failed", tally.failed);
    ensure!(tally.refused == 1, "{} actions were refused instead of one", tally.refused);
    ensure!(tally.verified + 1 == plan.actions, "only {} actions were verified", tally.verified);
    let detail = app.plan_detail(&plan.id, &PageQuery { limit: Some(1000), cursor: None }).await?;
    let refused = detail.items.iter().find(|action| action.apply.step == "refused");
    let refused = refused.context("no action was refused")?;
    ensure!(refused.arn == meddled.as_str(), "the wrong action was refused: {}", refused.arn);
    came(&format!("{} actions were done and read back", tally.verified))?;
    came(&format!(
        "one was refused, because its resource had changed: {}",
        refused.apply.detail.as_deref().unwrap_or_default()
    ))
}

/// Compares what is there now with what the plan said, resource by resource.
fn compare(twin: &Twin, before: &Snapshot, plan: &PlanDetail, meddled: &Arn) -> Result<()> {
    let mut expected = before.clone();
    for action in plan.items.iter().filter(|action| action.arn != meddled.as_str()) {
        let tags = expected.entry(action.arn.clone()).or_default();
        for change in &action.changes {
            match &change.after {
                Some(value) => tags.insert(change.key.clone(), value.clone()),
                None => tags.remove(&change.key),
            };
        }
    }
    let mut now = snapshot(twin);
    now.remove(meddled.as_str());
    expected.remove(meddled.as_str());
    ensure!(now == expected, "the simulated estate is not what the plan said");
    came("the simulated estate, asked directly, is exactly what the plan said")
}

async fn look_again(app: &App, plan: &PlanSummary, meddled: &Arn) -> Result<()> {
    step("looking again")?;
    let outcome = app.run(&setup::context(), &RunRequest::default(), &|_| {}).await?;
    let next = outcome.plans.first().context("the meddled instance is not planned for")?;
    ensure!(next.actions == 1 && next.id != plan.id, "{} actions are planned", next.actions);
    let query = ResourceQuery { verdict: Some("fail".to_owned()), ..ResourceQuery::default() };
    let failing = app.resources(&query).await?.items;
    ensure!(failing.len() == 1, "{} resources still fail", failing.len());
    ensure!(failing.iter().all(|one| one.arn == meddled.as_str()), "the wrong resource fails");
    came("all is as the profile wants, but for the instance that somebody changed")
}

async fn undo(
    app: &App,
    plan: &PlanSummary,
    twin: &Twin,
    before: &Snapshot,
    meddled: &Arn,
) -> Result<()> {
    step("taking the plan back")?;
    let asked = app.request_undo(&setup::context(), &plan.id, "only a demonstration").await?;
    let undone = service::follow(app, &asked).await?;
    let tally = undone.undo_tally.context("nothing was undone")?;
    ensure!(tally.verified == tally.total && tally.total + 1 == plan.actions, "not all was undone");
    let (mut now, mut expected) = (snapshot(twin), before.clone());
    now.remove(meddled.as_str());
    expected.remove(meddled.as_str());
    ensure!(now == expected, "the simulated estate is not what it was before");
    came(&format!("{} actions were taken back; every tag is what it was before", tally.verified))
}

async fn verify(app: &App) -> Result<()> {
    step("checking the ledger")?;
    let verification = app.verify_ledger().await?;
    ensure!(verification.intact, "the ledger is not intact");
    came(&format!("{} entries, each sealed by the next, are whole", verification.entries))
}

/// Every resource's tags; identities come to be as they are first used.
fn snapshot(twin: &Twin) -> Snapshot {
    twin.resources().into_iter().filter(|(arn, _)| !arn.contains(":iam:")).collect()
}

fn show_some(plan: &PlanDetail) -> Result<()> {
    for action in plan.items.iter().step_by(plan.items.len().div_ceil(4).max(1)) {
        write(&describe(action))?;
    }
    Ok(())
}

fn describe(action: &ActionView) -> String {
    let mut text = format!("      {} {} in {}\n", action.resource_type, action.id, action.account);
    for change in &action.changes {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        text += &format!(
            "        {}: {} -> {}\n          {}\n",
            change.key,
            value(&change.before),
            value(&change.after),
            change.reason.dimmed()
        );
    }
    text
}

fn step(text: &str) -> Result<()> {
    write(&format!("\n{} {text}\n", "->".bold()))
}

fn came(text: &str) -> Result<()> {
    write(&format!("   {} {text}\n", "ok".green()))
}
