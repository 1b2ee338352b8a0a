//! One measurement: discover, decide, plan, apply.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reeve_app::{
    App, Approval, Context, Parts, RunRequest, Settings, client_config,
    executions::Library,
    observe::{Observed, Observer},
};
use reeve_aws::{AccessKey, Client, ClientConfig, CredentialSource, EndpointOverrides, Secret};
use reeve_care::tagger::{self, EffectiveProfile};
use reeve_estate::{Estate, EstateFiles};
use reeve_inventory::{Place, definitions};
use reeve_store::Store;
use reeve_time::{Clock, IdGenerator, Stopwatch};
use reeve_twin::seed::SeededEstate;
use reeve_types::{Actor, Resource};
use serde::{Deserialize, Serialize};

use crate::estate;

/// What was measured; times in seconds, memory in bytes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) resources: usize,
    pub(crate) discover: f64,
    pub(crate) decide_few: f64,
    pub(crate) decide_many: f64,
    pub(crate) actions: usize,
    pub(crate) assemble: f64,
    pub(crate) run: f64,
    pub(crate) memory_run: u64,
    pub(crate) apply: Option<f64>,
    pub(crate) memory_apply: Option<u64>,
}

pub(crate) async fn measure(endpoint: &str, resources: usize, apply: bool) -> Result<Figures> {
    let access = estate::access();
    let (estate, documents) = estate::estate(&access)?;
    let many = estate::estate_with_many(&access)?;
    let folder = tempfile::tempdir()?;
    let app = app(endpoint, &access, (estate, documents), folder.path()).await?;
    let mut figures = Figures { resources, ..Figures::default() };

    // The whole first, while nothing of the parts is in memory: what a user waits for between asking and seeing the plan.
    let context = Context::new(Actor::Person("bench".to_owned()));
    let watch = Stopwatch::start();
    let outcome = app.run(&context, &RunRequest::default(), &|_| {}).await?;
    figures.run = watch.elapsed().as_secs_f64();
    figures.memory_run = peak_memory()?;
    let unknown = outcome.unknown.first().map(|one| one.unknown.message.clone());
    let seen = outcome.run.resources;
    ensure!(seen == resources, "only {seen} resources were seen: {}", unknown.unwrap_or_default());
    let plan = outcome.plans.first().context("nothing is to be done")?;
    figures.actions = plan.actions;

    if apply {
        let approval =
            Approval { digest: plan.digest.clone(), comment: String::new(), apply: true };
        app.approve(&context, &plan.id, &approval).await?;
        let watch = Stopwatch::start();
        app.perform(plan.id.parse()?, &|_, _, _| {}).await?;
        figures.apply = Some(watch.elapsed().as_secs_f64());
        figures.memory_apply = Some(peak_memory()?);
        let done = app.plan_summary(plan.id.parse()?).await?;
        ensure!(
            done.tally.verified == done.actions,
            "{:?} of {} actions",
            done.tally,
            done.actions
        );
    }

    let watch = Stopwatch::start();
    let discovered = discover(&app).await?;
    figures.discover = watch.elapsed().as_secs_f64();
    ensure!(discovered.len() == resources, "only {} resources were discovered", discovered.len());
    (figures.decide_few, figures.assemble) = decide(&app.profile, discovered.clone());
    (figures.decide_many, _) = decide(&profile(&many), discovered);
    Ok(figures)
}

async fn app(
    endpoint: &str,
    access: &SeededEstate,
    (estate, documents): (Estate, EstateFiles),
    folder: &std::path::Path,
) -> Result<App> {
    let key = AccessKey {
        id: access.access_key_id.clone(),
        secret: Secret::new(access.secret_access_key.clone()),
        session_token: None,
    };
    let environment = ClientConfig {
        credentials: CredentialSource::Fixed(key),
        endpoints: EndpointOverrides::everywhere(endpoint),
        ..ClientConfig::default()
    };
    let clock = Clock::system();
    let client = Client::new(client_config(&estate, folder, environment), clock.clone())?;
    let store = Store::open(folder, clock.clone()).await?;
    let (runbooks, ids) = (Library::shipped(), IdGenerator::random());
    let parts = Parts { estate, documents, runbooks, store, client, clock, ids };
    Ok(App::new(parts, Settings::default()))
}

async fn discover(app: &App) -> Result<Vec<Resource>> {
    let observer = Observer { client: app.client.clone(), actor: "bench".to_owned() };
    let observer = &observer;
    let places = app.estate.accounts.iter().flat_map(|account| {
        let place =
            |region: &_| Place { account: account.id.clone(), region: Clone::clone(region) };
        account.regions.iter().map(place)
    });
    let scopes: Vec<_> = places
        .flat_map(|place| definitions().iter().map(move |one| (one, place.clone())))
        .collect();
    let found: Vec<Vec<Observed>> = stream::iter(scopes)
        .map(|(definition, place)| async move { observer.scope(definition, &place).await })
        .buffer_unordered(app.settings.scopes_in_flight)
        .map_err(|unknown| anyhow::anyhow!("{unknown}"))
        .try_collect()
        .await?;
    let known = found.into_iter().flatten().filter_map(|observed| match observed {
        Observed::Known(resource) => Some(resource),
        Observed::Unknown { .. } => None,
    });
    Ok(known.collect())
}

/// Decides about every resource and makes the actions of a plan; returns how long each took.
fn decide(profile: &EffectiveProfile, resources: Vec<Resource>) -> (f64, f64) {
    let watch = Stopwatch::start();
    let decided: Vec<_> = resources
        .into_iter()
        .map(|resource| {
            let decision = tagger::decide(profile, &resource);
            (resource.reference, decision)
        })
        .collect();
    let deciding = watch.elapsed().as_secs_f64();
    let watch = Stopwatch::start();
    let actions = tagger::plan(profile, decided);
    let assembling = watch.elapsed().as_secs_f64();
    drop(actions);
    (deciding, assembling)
}

fn profile(estate: &Estate) -> EffectiveProfile {
    let profiles = &estate.profiles;
    let settings = &estate.resource_tagger.tagger;
    EffectiveProfile::merge(&profiles.default_tags, &profiles.custom_tags, settings)
}

/// The most memory that this process ever had, in bytes.
pub(crate) fn peak_memory() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is measured on Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kilobytes.context("no VmHWM")? * 1024)
}
