//! What needs someone now, how things stand, and what is decided by.

use reeve_care::{
    progress::Phase,
    tagger::{Configuration, DEFAULT_PROFILE, Standing},
};
use reeve_estate::RESOURCE_TAGGER;
use reeve_store::{Entry, Event, PlanFilter, ResourceFilter, RunFinished, Totals};
use sha2::{Digest as _, Sha256};

use crate::{
    App, Context, Error,
    queries::limit,
    views::{
        ConfigurationView, Coverage, EstateSummary, Need, Overview, ProfileView, RunSummary,
        SuspensionView,
    },
};

impl App {
    /// What needs someone now, and how things stand.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let suspended = self.suspension().await?;
        let last_run = self.store.latest("run.finished").await.map_err(Error::store)?;
        let totals = self.store.totals_by_type().await.map_err(Error::store)?;
        let regions: std::collections::BTreeSet<_> =
            self.estate.accounts.iter().flat_map(|account| &account.regions).collect();
        let mut needs = Vec::new();
        needs.extend(suspended.as_ref().map(suspended_need));
        needs.extend(self.plan_needs().await?);
        needs.extend(self.execution_needs().await?);
        needs.extend(unknown_need(&totals));
        needs.extend(last_run.as_ref().and_then(rise_need));
        needs.extend(self.failed_run_need(last_run.as_ref()).await?);
        if last_run.is_none() {
            needs.push(never_observed());
        }
        Ok(Overview {
            estate: EstateSummary {
                name: self.estate.name.clone(),
                accounts: self.estate.accounts.len(),
                regions: regions.len(),
                suspended,
            },
            needs,
            coverage: totals.iter().map(|(name, totals)| coverage(name.as_str(), totals)).collect(),
            last_run: last_run.as_ref().and_then(run_summary),
        })
    }

    /// The profiles that the Tagger decides by.
    pub async fn profile_view(&self) -> Result<ProfileView, Error> {
        let matching = self.matching().await?;
        let configuration = |one: &Configuration| ConfigurationView {
            resource_type: one.resource_type.to_owned(),
            configuration: one.id.clone(),
            source: one.source.as_str(),
            enabled: one.standing == Standing::Enabled,
            standing: one.standing.as_str(),
            matching: matching
                .get(&(one.resource_type.to_owned(), one.id.clone()))
                .copied()
                .unwrap_or_default(),
        };
        Ok(ProfileView {
            tag_prefix: self.profile.prefix().to_string(),
            read_only: self.profile.is_read_only(),
            default_document: self.default_document().to_owned(),
            customization: self.documents.custom_tags.clone().unwrap_or_default(),
            effective: self.profile.configurations().map(configuration).collect(),
            warnings: self.estate.warnings.iter().map(ToString::to_string).collect(),
        })
    }

    /// Records in the ledger that the estate file or a profile is not what it was at the run before.
    pub(crate) async fn record_documents(&self, context: &Context) -> Result<(), Error> {
        let known = self.store.latest("estate.changed").await.map_err(Error::store)?;
        let previous = known.and_then(|entry| match entry.event {
            Event::EstateChanged { digest, .. } => Some(digest),
            _ => None,
        });
        let digest = digest([self.documents.estate.as_str()]);
        if previous.as_ref() != Some(&digest) {
            let event = Event::EstateChanged { digest, previous, changes: Vec::new() };
            self.append(context, event).await?;
        }
        let known = self.store.latest("profile.changed").await.map_err(Error::store)?;
        let previous = known.and_then(|entry| match entry.event {
            Event::ProfileChanged { digest, .. } => Some(digest),
            _ => None,
        });
        let digest = self.profile_digest();
        if previous.as_ref() != Some(&digest) {
            let controller = RESOURCE_TAGGER.to_owned();
            let event = Event::ProfileChanged { controller, digest, previous };
            self.append(context, event).await?;
        }
        Ok(())
    }

    /// The digest of the documents that the Tagger decides by.
    pub(crate) fn profile_digest(&self) -> String {
        let custom = self.documents.custom_tags.as_deref().unwrap_or_default();
        digest([self.default_document(), custom, self.profile.prefix().as_str()])
    }

    fn default_document(&self) -> &str {
        self.documents.default_tags.as_deref().unwrap_or(DEFAULT_PROFILE)
    }

    /// How many resources each configuration matches.
    async fn matching(&self) -> Result<std::collections::BTreeMap<(String, String), u64>, Error> {
        let mut matching = std::collections::BTreeMap::new();
        let mut after = None;
        loop {
            let most = limit(Some(usize::MAX));
            let page = self.store.resources(&ResourceFilter::default(), after.as_ref(), most).await;
            let page = page.map_err(Error::store)?;
            for known in page.items {
                let resource_type = known.resource.reference.scope.resource_type.to_string();
                for id in known.configurations {
                    *matching.entry((resource_type.clone(), id)).or_default() += 1;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(matching);
            }
        }
    }

    /// A run that failed after the last one that did not.
    async fn failed_run_need(&self, last_run: Option<&Entry>) -> Result<Option<Need>, Error> {
        let failed = self.store.latest("run.failed").await.map_err(Error::store)?;
        let newer = |failed: &Entry| last_run.is_none_or(|last| last.sequence < failed.sequence);
        Ok(failed.filter(newer).map(|failed| Need {
            kind: "run_failed",
            title: "the last run failed".to_owned(),
            detail: failed.summary(),
            plan: None,
            execution: None,
            count: 1,
        }))
    }

    /// Plans that wait for someone, went wrong, or are being performed.
    async fn plan_needs(&self) -> Result<Vec<Need>, Error> {
        let mut needs = Vec::new();
        for phase in [Phase::Proposed, Phase::Approved, Phase::Applying, Phase::Undoing] {
            let filter = PlanFilter { phase: Some(phase), controller: None };
            let page = self.store.plans(&filter, None, limit(None)).await.map_err(Error::store)?;
            needs.extend(page.items.iter().map(|plan| plan_need(plan, phase)));
        }
        let newest = self.store.plans(&PlanFilter::default(), None, limit(Some(1))).await;
        let newest = newest.map_err(Error::store)?;
        let failed = newest.items.iter().filter(|plan| ended_badly(plan));
        needs.extend(failed.map(|plan| Need {
            kind: "plan_failed",
            title: "a plan did not do all that it was to do".to_owned(),
            detail: "look at the actions that were refused or failed".to_owned(),
            plan: Some(plan.id.to_string()),
            execution: None,
            count: count(plan.tally.failed + plan.tally.refused),
        }));
        Ok(needs)
    }
}

fn plan_need(plan: &reeve_store::PlanSummary, phase: Phase) -> Need {
    let (kind, title, detail) = match phase {
        Phase::Proposed => ("plan_waiting", "a plan waits for approval", "look at it and answer"),
        Phase::Approved => ("plan_waiting", "an approved plan waits to be applied", "apply it"),
        Phase::Undoing => {
            ("plan_applying", "a plan is being undone", "nothing: it goes on by itself")
        }
        _ => ("plan_applying", "a plan is being applied", "nothing: it goes on by itself"),
    };
    Need {
        kind,
        title: title.to_owned(),
        detail: format!(
            "{} in {} by {}: {detail}",
            counted(u64::from(plan.actions), "action"),
            counted(count(plan.accounts.len()), "account"),
            plan.controller
        ),
        plan: Some(plan.id.to_string()),
        execution: None,
        count: u64::from(plan.actions),
    }
}

fn ended_badly(plan: &reeve_store::PlanSummary) -> bool {
    plan.phase == Phase::Applied && plan.tally.failed + plan.tally.refused > 0
}

fn suspended_need(suspension: &SuspensionView) -> Need {
    Need {
        kind: "suspended",
        title: "every change is suspended".to_owned(),
        detail: format!("by {}: {}", suspension.by, suspension.reason),
        plan: None,
        execution: None,
        count: 1,
    }
}

fn unknown_need(totals: &[(reeve_types::ResourceType, Totals)]) -> Option<Need> {
    let scopes: u64 = totals.iter().map(|(_, totals)| totals.unknown_scopes).sum();
    let resources: u64 = totals.iter().map(|(_, totals)| totals.unknown).sum();
    (scopes + resources > 0).then(|| Need {
        kind: "unknown",
        title: "part of the estate could not be looked at".to_owned(),
        detail: format!(
            "unknown, and not called compliant: {} and {}",
            counted(scopes, "scope"),
            counted(resources, "single resource")
        ),
        plan: None,
        execution: None,
        count: scopes + resources,
    })
}

fn rise_need(last_run: &Entry) -> Option<Need> {
    let Event::RunFinished(RunFinished { alerts, .. }) = &last_run.event else { return None };
    (!alerts.is_empty()).then(|| Need {
        kind: "unmanaged_rise",
        title: "more resources match no configuration".to_owned(),
        detail: alerts.join("; "),
        plan: None,
        execution: None,
        count: count(alerts.len()),
    })
}

fn never_observed() -> Need {
    Need {
        kind: "never_observed",
        title: "the estate was never observed".to_owned(),
        detail: "observe it to see what is there".to_owned(),
        plan: None,
        execution: None,
        count: 1,
    }
}

fn coverage(resource_type: &str, totals: &Totals) -> Coverage {
    let set_apart = totals.missing + totals.unmanaged + totals.unknown;
    Coverage {
        resource_type: resource_type.to_owned(),
        resources: totals.resources,
        compliant: totals.resources.saturating_sub(set_apart),
        missing: totals.missing,
        unmanaged: totals.unmanaged,
        failing: totals.failing,
        unknown: totals.unknown,
        unknown_scopes: totals.unknown_scopes,
    }
}

fn run_summary(entry: &Entry) -> Option<RunSummary> {
    let Event::RunFinished(RunFinished {
        run,
        resources,
        failing,
        unknown_scopes,
        milliseconds,
        ..
    }) = &entry.event
    else {
        return None;
    };
    let seconds = std::time::Duration::from_millis(*milliseconds).as_secs_f64();
    Some(RunSummary {
        id: run.to_string(),
        at: entry.at,
        resources: *resources,
        failing: *failing,
        unknown_scopes: *unknown_scopes,
        seconds,
    })
}

fn digest<const N: usize>(documents: [&str; N]) -> String {
    let mut hasher = Sha256::new();
    for document in documents {
        hasher.update(u64::try_from(document.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(document.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// `1 action`, `2 actions`.
fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
