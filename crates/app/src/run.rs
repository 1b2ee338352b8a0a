//! A run of the Resource Tagger: look at every scope, decide, keep what was seen, and propose what is to be done.
//!
//! The run changes nothing in the estate. What the estate gives the Tagger authority for becomes a plan: one that waits
//! for approval, and one of what may be done at once. What may only be observed is kept as a finding.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
};

use futures_util::{StreamExt as _, stream};
use reeve_authority::Level;
use reeve_care::{
    plan::{Action, Plan, Start},
    progress::{Phase, PlanEvent},
    tagger::{self, TypeCoverage, UnmanagedRise, unmanaged_rises},
};
use reeve_estate::{Account, RESOURCE_TAGGER};
use reeve_inventory::{Definition, Place};
use reeve_store::{Event, KnownScope, NewEntry, PlanFilter, RunFinished, UndoneChange};
use reeve_time::Stopwatch;
use reeve_types::{Actor, PlanId, ResourceRef, RunId, Scope, Unknown};

use crate::{
    App, Context, Error,
    access::wanted,
    observe::Observer,
    scope::{Decided, Look},
    views::{PlanSummary, RunOutcome, RunOutcomeSummary, RunProgress},
};

/// Which part of the estate to look at.
#[derive(Debug, Clone, Default)]
pub struct RunRequest {
    /// Only these accounts, by id or name; all of them if there are none.
    pub accounts: Vec<String>,
}

/// What was gathered from every scope.
#[derive(Default)]
struct Gathered {
    resources: usize,
    failing: usize,
    unknown_resources: usize,
    scopes: usize,
    unknown_scopes: usize,
    decided: Vec<Decided>,
    unseen: Unseen,
}

/// What this run could not look at. "Could not look" is not "nothing to do": what waits there goes on waiting.
#[derive(Default)]
struct Unseen {
    scopes: BTreeSet<Scope>,
    resources: BTreeSet<ResourceRef>,
}

/// Clears the progress of a run, however the run ends.
struct UnderWay<'a>(&'a App);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.set_progress(None);
    }
}

impl App {
    /// Looks at the estate, decides, and proposes plans. `watch` is told how far it is.
    pub async fn run(
        &self,
        context: &Context,
        request: &RunRequest,
        watch: &(dyn Fn(&RunProgress) + Sync),
    ) -> Result<RunOutcome, Error> {
        let accounts = self.chosen_accounts(request)?;
        let id = RunId::from_uuid(self.ids.uuid(self.clock.now()));
        let scopes = self.scopes(&accounts);
        let _under_way = self.begin_run(id, scopes.len())?;
        let outcome = self.run_over(context, request, (id, accounts, scopes), watch).await;
        if let Err(error) = &outcome {
            // A server that fails every hour must not look merely quiet. If this fails too, the caller hears of it anyway.
            let failed = Event::RunFailed { run: id, message: error.to_string() };
            self.append(context, failed).await.ok();
        }
        outcome
    }

    async fn run_over(
        &self,
        context: &Context,
        request: &RunRequest,
        (id, accounts, scopes): (RunId, Vec<&Account>, Vec<(&'static Definition, Place)>),
        watch: &(dyn Fn(&RunProgress) + Sync),
    ) -> Result<RunOutcome, Error> {
        let stopwatch = Stopwatch::start();
        let before = self.unmanaged().await?;
        self.record_documents(context).await?;
        let names: Vec<_> =
            accounts.iter().map(|account| (account.id.clone(), account.name.clone())).collect();
        self.store.name_accounts(&names).await.map_err(Error::store)?;

        let gathered = self.look(context, id, scopes, watch).await?;
        if request.accounts.is_empty() {
            self.store.retain_scopes(&self.known_scopes()).await.map_err(Error::store)?;
        }
        let summary = RunOutcomeSummary {
            id: id.to_string(),
            resources: gathered.resources,
            failing: gathered.failing,
            unknown_resources: gathered.unknown_resources,
            unknown_scopes: gathered.unknown_scopes,
            seconds: stopwatch.elapsed().as_secs_f64(),
        };
        let alerts = rises(&before, &self.unmanaged().await?);
        let finished = self.finished(id, &gathered, &stopwatch);
        let looked_at = LookedAt { accounts, unseen: gathered.unseen };
        let plans = self.propose(context, &looked_at, gathered.decided).await?;
        let finished = RunFinished { plan: plans.first().copied(), alerts, ..finished };
        self.append(context, Event::RunFinished(finished)).await?;
        let unknown = self.unknowns().await?.items;
        let mut shown: Vec<PlanSummary> = Vec::new();
        for plan in plans {
            shown.push(self.plan_summary(plan).await?);
        }
        Ok(RunOutcome { run: summary, plans: shown, unknown })
    }

    /// How far the run that is under way has come.
    pub fn run_progress(&self) -> Option<RunProgress> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn begin_run(&self, id: RunId, scopes: usize) -> Result<UnderWay<'_>, Error> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if run.is_some() {
            return Err(Error::run_under_way());
        }
        *run = Some(RunProgress {
            id: id.to_string(),
            started_at: self.clock.now(),
            scopes_done: 0,
            scopes_total: scopes,
            resources: 0,
        });
        Ok(UnderWay(self))
    }

    fn set_progress(&self, progress: Option<RunProgress>) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    fn chosen_accounts(&self, request: &RunRequest) -> Result<Vec<&Account>, Error> {
        if request.accounts.is_empty() {
            return Ok(self.estate.accounts.iter().collect());
        }
        let find = |name: &String| self.find_account(name);
        request.accounts.iter().map(find).collect()
    }

    /// The types that the estate wants looked after.
    fn definitions(&self) -> impl Iterator<Item = &'static Definition> {
        wanted(&self.estate)
    }

    fn scopes(&self, accounts: &[&Account]) -> Vec<(&'static Definition, Place)> {
        let mut scopes = Vec::new();
        for definition in self.definitions() {
            for account in accounts {
                for region in &account.regions {
                    let place = Place { account: account.id.clone(), region: region.clone() };
                    scopes.push((definition, place));
                }
            }
        }
        scopes
    }

    fn known_scopes(&self) -> BTreeSet<Scope> {
        let accounts: Vec<&Account> = self.estate.accounts.iter().collect();
        self.scopes(&accounts)
            .into_iter()
            .map(|(definition, place)| scope(definition, place))
            .collect()
    }

    async fn look(
        &self,
        context: &Context,
        run: RunId,
        scopes: Vec<(&'static Definition, Place)>,
        watch: &(dyn Fn(&RunProgress) + Sync),
    ) -> Result<Gathered, Error> {
        let observer = Observer { client: self.client.clone(), actor: context.actor.to_string() };
        let observer = &observer;
        let mut looks = stream::iter(scopes)
            .map(|(definition, place)| async move {
                let observed = observer.scope(definition, &place).await;
                (scope(definition, place), observed)
            })
            .buffer_unordered(self.settings.scopes_in_flight);
        let mut gathered = Gathered::default();
        while let Some((scope, observed)) = looks.next().await {
            match observed {
                Ok(observed) => {
                    let look = Look::decide(&self.profile, observed);
                    self.keep(run, &scope, look, &mut gathered).await?;
                }
                Err(unknown) => self.keep_unknown(run, &scope, unknown, &mut gathered).await?,
            }
            if let Some(mut progress) = self.run_progress() {
                progress.scopes_done += 1;
                progress.resources = gathered.resources;
                watch(&progress);
                self.set_progress(Some(progress));
            }
        }
        Ok(gathered)
    }

    async fn keep(
        &self,
        run: RunId,
        scope: &Scope,
        look: Look,
        gathered: &mut Gathered,
    ) -> Result<(), Error> {
        let Look { resources, decided, unseen } = look;
        gathered.scopes += 1;
        gathered.resources += resources.len();
        gathered.unknown_resources += unseen.len();
        gathered.unseen.resources.extend(unseen);
        let failing = |decided: &&Decided| decided.decision.verdict == reeve_types::Verdict::Fail;
        gathered.failing += decided.iter().filter(failing).count();
        let with_changes =
            decided.into_iter().filter(|decided| !decided.decision.changes.is_empty());
        gathered.decided.extend(with_changes);
        self.store.replace_scope(scope, run, resources).await.map_err(Error::store)
    }

    async fn keep_unknown(
        &self,
        run: RunId,
        scope: &Scope,
        unknown: Unknown,
        gathered: &mut Gathered,
    ) -> Result<(), Error> {
        tracing::warn!(scope = %scope, "could not be looked at: {unknown}");
        gathered.scopes += 1;
        gathered.unknown_scopes += 1;
        gathered.unseen.scopes.insert(scope.clone());
        self.store.scope_unknown(scope, run, unknown).await.map_err(Error::store)
    }

    fn finished(&self, run: RunId, gathered: &Gathered, stopwatch: &Stopwatch) -> RunFinished {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        RunFinished {
            run,
            controller: RESOURCE_TAGGER.to_owned(),
            resources: count(gathered.resources),
            failing: count(gathered.failing),
            scopes: count(gathered.scopes),
            unknown_scopes: count(gathered.unknown_scopes),
            milliseconds: u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX),
            profile_digest: self.profile_digest(),
            plan: None,
            alerts: Vec::new(),
        }
    }

    /// How many resources no configuration matches, by scope, as is known now.
    async fn unmanaged(&self) -> Result<Vec<TypeCoverage>, Error> {
        let scopes = self.store.scopes(None).await.map_err(Error::store)?;
        Ok(scopes.iter().filter_map(coverage_of).collect())
    }

    /// Makes plans of what was decided, by what the estate allows, and proposes them.
    async fn propose(
        &self,
        context: &Context,
        looked_at: &LookedAt<'_>,
        decided: Vec<Decided>,
    ) -> Result<Vec<PlanId>, Error> {
        // While everything is suspended, what waits goes on waiting.
        if self.store.suspension().await.map_err(Error::store)?.is_some() {
            return Ok(Vec::new());
        }
        let mut wishes = self.split(decided).await?;
        self.carry_over(looked_at, &mut wishes).await?;
        let mut proposed = Vec::new();
        for (start, actions) in wishes.into_plans() {
            if actions.is_empty() {
                // Nothing is left to do: a plan that nobody answered has lost its subject.
                let superseded =
                    self.store.supersede_waiting(RESOURCE_TAGGER, &start, &context.actor).await;
                superseded.map_err(Error::store)?;
                continue;
            }
            let now = self.clock.now();
            let plan = Plan {
                id: PlanId::from_uuid(self.ids.uuid(now)),
                controller: RESOURCE_TAGGER.to_owned(),
                created_at: now,
                start,
                actions,
            };
            if self.was_refused(context, &plan).await? {
                continue;
            }
            let became = self.store.propose(&plan, &context.actor).await.map_err(Error::store)?;
            self.start(became.id(), &plan).await?;
            proposed.push(became.id());
        }
        Ok(proposed)
    }

    /// Approves and starts what the estate lets start at once: here, where it was just decided by the profile in force,
    /// and nowhere else.
    async fn start(&self, id: PlanId, plan: &Plan) -> Result<(), Error> {
        let Start::AtOnce(reason) = &plan.start else { return Ok(()) };
        let phase = self.store.plan_summary(id).await.map_err(Error::store)?.phase;
        let reeve = Context::new(Actor::Reeve);
        if phase == Phase::Proposed {
            let event = PlanEvent::Approved { digest: plan.digest(), comment: reason.clone() };
            self.append(&reeve, Event::Plan { plan: id, event }).await?;
        }
        if matches!(phase, Phase::Proposed | Phase::Approved) {
            let event = PlanEvent::ApplyRequested;
            self.append(&reeve, Event::Plan { plan: id, event }).await?;
        }
        Ok(())
    }

    /// Whether a person refused exactly this. A run by itself does not ask them again; one that a person asks for does.
    async fn was_refused(&self, context: &Context, plan: &Plan) -> Result<bool, Error> {
        if context.actor != Actor::Reeve {
            return Ok(false);
        }
        let same = self.store.plan_with_digest(&plan.controller, &plan.digest()).await;
        Ok(same.map_err(Error::store)?.is_some_and(|same| same.phase == Phase::Refused))
    }

    /// Sorts what was decided by what may be done about it.
    async fn split(&self, decided: Vec<Decided>) -> Result<Wishes, Error> {
        let undone = self.store.undone_changes(RESOURCE_TAGGER).await.map_err(Error::store)?;
        let mut by_level: BTreeMap<Level, Vec<_>> = BTreeMap::new();
        let mut reasons = BTreeSet::new();
        for Decided { reference, tags, mut decision } in decided {
            let authority = self.authority(&reference.scope.account, &tags);
            if authority.level == Level::Act {
                reasons.insert(authority.reason);
            }
            // What the authority rests on is part of what must not change before the action.
            for key in
                self.estate.authority.rules().filter_map(|rule| Some(&rule.tag.as_ref()?.key))
            {
                decision.reads.tags.insert(key.clone(), tags.get(key).cloned());
            }
            by_level.entry(authority.level).or_default().push((reference, decision));
        }
        let mut actions =
            |level| tagger::plan(&self.profile, by_level.remove(&level).unwrap_or_default());
        let was_undone = |action: &Action| {
            action.changes.iter().any(|change| {
                undone.contains(&UndoneChange {
                    arn: action.resource.arn.clone(),
                    key: change.key.clone(),
                    after: change.after.clone(),
                })
            })
        };
        let (undone_once, at_once): (Vec<Action>, Vec<Action>) =
            actions(Level::Act).into_iter().partition(was_undone);
        let mut on_approval = actions(Level::Propose);
        // A person took this back: doing it again at once would be arguing with them.
        on_approval.extend(undone_once);
        let reason = reasons.into_iter().collect::<Vec<_>>().join("; ");
        Ok(Wishes { on_approval, at_once, reason })
    }

    /// What waits for approval and was not looked at this time goes on waiting as it is.
    async fn carry_over(&self, looked_at: &LookedAt<'_>, wishes: &mut Wishes) -> Result<(), Error> {
        if looked_at.is_everything(&self.estate.accounts) {
            return Ok(());
        }
        let known = self.known_scopes();
        for waiting in self.waiting().await? {
            if waiting.start != Start::OnApproval {
                continue;
            }
            let plan = self.store.plan(waiting.id).await.map_err(Error::store)?;
            let unseen = plan.actions.into_iter().filter(|action| {
                known.contains(&action.resource.scope) && !looked_at.has_seen(&action.resource)
            });
            wishes.on_approval.extend(unseen);
        }
        Ok(())
    }

    async fn waiting(&self) -> Result<Vec<reeve_store::PlanSummary>, Error> {
        let filter = PlanFilter {
            phase: Some(Phase::Proposed),
            controller: Some(RESOURCE_TAGGER.to_owned()),
        };
        let page = self.store.plans(&filter, None, reeve_store::Limit::default()).await;
        page.map(|page| page.items).map_err(Error::store)
    }

    pub(crate) async fn append(&self, context: &Context, event: Event) -> Result<(), Error> {
        let entry = NewEntry::new(context.actor.clone(), event);
        self.store.append(vec![entry]).await.map(|_| ()).map_err(Error::store)
    }
}

/// What a run looked at.
struct LookedAt<'a> {
    accounts: Vec<&'a Account>,
    unseen: Unseen,
}

impl LookedAt<'_> {
    fn is_everything(&self, accounts: &[Account]) -> bool {
        self.accounts.len() == accounts.len()
            && self.unseen.scopes.is_empty()
            && self.unseen.resources.is_empty()
    }

    fn has_seen(&self, resource: &ResourceRef) -> bool {
        self.accounts.iter().any(|account| account.id == resource.scope.account)
            && !self.unseen.scopes.contains(&resource.scope)
            && !self.unseen.resources.contains(resource)
    }
}

/// What is to be done, by how it may start.
struct Wishes {
    on_approval: Vec<Action>,
    at_once: Vec<Action>,
    /// Which rule of the estate lets the latter start at once.
    reason: String,
}

impl Wishes {
    fn into_plans(self) -> [(Start, Vec<Action>); 2] {
        [
            (Start::OnApproval, renumbered(self.on_approval)),
            (Start::AtOnce(self.reason), renumbered(self.at_once)),
        ]
    }
}

/// In order of resource, numbered from 1.
fn renumbered(mut actions: Vec<Action>) -> Vec<Action> {
    actions.sort_by(|left, right| left.resource.cmp(&right.resource));
    for (number, action) in (1..).zip(&mut actions) {
        action.number = number;
    }
    actions
}

/// The figures of a scope that was looked at.
fn coverage_of(known: &KnownScope) -> Option<TypeCoverage> {
    known.observed_at?;
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Some(TypeCoverage {
        scope: known.scope.clone(),
        resources: count(known.totals.resources),
        compliant: count(known.totals.passing),
        missing: count(known.totals.missing),
        unmanaged: count(known.totals.unmanaged),
        matching: BTreeMap::new(),
    })
}

/// Says where unmanaged resources rose by more than the documented measure.
fn rises(before: &[TypeCoverage], now: &[TypeCoverage]) -> Vec<String> {
    let sentence = |rise: UnmanagedRise| {
        let UnmanagedRise { scope, before, now, resources } = rise;
        format!("{scope}: {now} of {resources} resources match no configuration, {before} before")
    };
    unmanaged_rises(before, now).into_iter().map(sentence).collect()
}

fn scope(definition: &Definition, place: Place) -> Scope {
    let Place { account, region } = place;
    Scope { account, region, resource_type: definition.resource_type().clone() }
}
