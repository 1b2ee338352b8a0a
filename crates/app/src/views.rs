//! The shapes that are shown: what the command line prints with `--json` and the HTTP API sends.
//!
//! They are promises to scripts, so they are apart from the domain types, and each conversion names every field.

pub mod access;

use std::collections::BTreeMap;

use jiff::Timestamp;
use reeve_care::{
    plan::{Action, Start, TagChange},
    progress::{Step, Tally},
};
use reeve_types::{Actor, Unknown};
use serde::Serialize;

/// A page of a list, and how to ask for the next.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// What needs someone now, and how things stand.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// The estate.
    pub estate: EstateSummary,
    /// What needs someone, most urgent first.
    pub needs: Vec<Need>,
    /// Coverage by resource type.
    pub coverage: Vec<Coverage>,
    /// The newest run, if there was one.
    pub last_run: Option<RunSummary>,
}

/// The estate in one line.
#[derive(Debug, Serialize)]
pub struct EstateSummary {
    /// Its name.
    pub name: String,
    /// How many accounts it has.
    pub accounts: usize,
    /// How many Regions are looked at.
    pub regions: usize,
    /// Whether every change is suspended.
    pub suspended: Option<SuspensionView>,
}

/// Who stopped every change, and why.
#[derive(Debug, Serialize)]
pub struct SuspensionView {
    /// Who.
    pub by: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// Something that needs someone.
#[derive(Debug, Serialize)]
pub struct Need {
    /// What kind of thing it is.
    pub kind: &'static str,
    /// One line.
    pub title: String,
    /// What to do about it.
    pub detail: String,
    /// The plan it is about.
    pub plan: Option<String>,
    /// The execution of a runbook it is about.
    pub execution: Option<String>,
    /// How many things it is about.
    pub count: u64,
}

/// How much of one resource type is as it should be.
#[derive(Debug, Serialize)]
pub struct Coverage {
    /// The resource type.
    pub resource_type: String,
    /// How many were observed.
    pub resources: u64,
    /// How many have all their tags.
    pub compliant: u64,
    /// How many should have tags that they do not have, or have tags that they should not.
    pub missing: u64,
    /// How many no enabled configuration matches.
    pub unmanaged: u64,
    /// How many are not as they should be, unmanaged ones with tags that they should not have included.
    pub failing: u64,
    /// How many could not be seen whole.
    pub unknown: u64,
    /// How many scopes could not be looked at.
    pub unknown_scopes: u64,
}

/// How much of one resource type in one place is as it should be.
#[derive(Debug, Serialize)]
pub struct ScopeCoverageView {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The resource type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// How many were observed.
    pub resources: u64,
    /// How many have all their tags.
    pub compliant: u64,
    /// How many should have tags that they do not have, or have tags that they should not.
    pub missing: u64,
    /// How many no enabled configuration matches.
    pub unmanaged: u64,
    /// How many were listed but could not be seen whole.
    pub unknown: u64,
    /// Whether the place could not be looked at: the figures are those of the last time it could.
    pub is_unknown: bool,
    /// When it was last looked at with success.
    pub observed_at: Option<Timestamp>,
}

/// A run that came to its end.
#[derive(Debug, Serialize)]
pub struct RunSummary {
    /// Its id.
    pub id: String,
    /// When it ended.
    pub at: Timestamp,
    /// How many resources it observed.
    pub resources: u64,
    /// How many are not as they should be.
    pub failing: u64,
    /// How many scopes it could not look at.
    pub unknown_scopes: u64,
    /// How long it took.
    pub seconds: f64,
}

/// What came of a run.
#[derive(Debug, Serialize)]
pub struct RunOutcome {
    /// The run.
    pub run: RunOutcomeSummary,
    /// The plans that now wait, or start at once.
    pub plans: Vec<PlanSummary>,
    /// What is unknown.
    pub unknown: Vec<UnknownScopeView>,
}

/// A run in figures.
#[derive(Debug, Serialize)]
pub struct RunOutcomeSummary {
    /// Its id.
    pub id: String,
    /// How many resources it observed.
    pub resources: usize,
    /// How many are not as they should be.
    pub failing: usize,
    /// How many it could not see whole.
    pub unknown_resources: usize,
    /// How many scopes it could not look at.
    pub unknown_scopes: usize,
    /// How long it took.
    pub seconds: f64,
}

/// A run that is under way.
#[derive(Debug, Clone, Serialize)]
pub struct RunProgress {
    /// Its id.
    pub id: String,
    /// When it started.
    pub started_at: Timestamp,
    /// How many scopes it has looked at.
    pub scopes_done: usize,
    /// How many there are.
    pub scopes_total: usize,
    /// How many resources it has seen.
    pub resources: usize,
}

/// An account of the estate.
#[derive(Debug, Serialize)]
pub struct AccountView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The Regions that are looked at.
    pub regions: Vec<String>,
    /// The role that is assumed there.
    pub role_arn: Option<String>,
    /// What each controller may do there.
    pub authority: Vec<AuthorityView>,
    /// How many resources were observed there.
    pub resources: u64,
    /// How many of them are not as they should be.
    pub failing: u64,
    /// How many scopes could not be looked at.
    pub unknown_scopes: u64,
    /// When it was last looked at.
    pub observed_at: Option<Timestamp>,
}

/// What a controller may do, and which rule says so.
#[derive(Debug, Serialize)]
pub struct AuthorityView {
    /// The controller.
    pub controller: String,
    /// `observe`, `propose` or `act`.
    pub level: &'static str,
    /// Which rule decided.
    pub reason: String,
}

/// A resource as it was last observed.
#[derive(Debug, Serialize)]
pub struct ResourceView {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The identifier its API uses.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its `Name` tag.
    pub name: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `pass`, `fail` or `unknown`.
    pub verdict: &'static str,
    /// What stood in the way, if the verdict is `unknown`.
    pub unknown: Option<UnknownView>,
    /// `managed`, `missing` or `unmanaged`.
    pub coverage: String,
    /// The configurations that match it.
    pub configurations: Vec<String>,
    /// What should change.
    pub changes: Vec<ChangeView>,
    /// What else there is to say: why nothing can be changed, or which configurations disagree.
    pub notes: Vec<String>,
    /// The rule under which it is reported, such as `AMSResourceTagger-EC2Instance`.
    pub rule: String,
    /// When it was observed.
    pub observed_at: Timestamp,
}

/// What stood in the way of a look.
#[derive(Debug, Serialize)]
pub struct UnknownView {
    /// The call that failed.
    pub call: String,
    /// The permission that was missing.
    pub missing_permission: Option<String>,
    /// What happened.
    pub message: String,
}

/// A scope, or a single resource, that could not be looked at.
#[derive(Debug, Serialize)]
pub struct UnknownScopeView {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The resource type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The resource, if it is a single one.
    pub id: Option<String>,
    /// What stood in the way.
    #[serde(flatten)]
    pub unknown: UnknownView,
    /// When it was tried.
    pub observed_at: Timestamp,
}

/// One tag change.
#[derive(Debug, Serialize)]
pub struct ChangeView {
    /// The tag's key.
    pub key: String,
    /// Its value now.
    pub before: Option<String>,
    /// Its value afterwards.
    pub after: Option<String>,
    /// Why.
    pub reason: String,
}

/// A plan in one line.
#[derive(Debug, Serialize)]
pub struct PlanSummary {
    /// Its id.
    pub id: String,
    /// The controller that wants it.
    pub controller: String,
    /// When it was decided.
    pub created_at: Timestamp,
    /// Where it stands.
    pub phase: &'static str,
    /// `on_approval` or `at_once`.
    pub start: &'static str,
    /// Why it may start at once.
    pub start_reason: Option<String>,
    /// How many actions it has.
    pub actions: usize,
    /// How the actions ended.
    pub tally: TallyView,
    /// How taking them back ended, if it was asked for.
    pub undo_tally: Option<TallyView>,
    /// The accounts it touches.
    pub accounts: Vec<String>,
    /// The digest that an approval names.
    pub digest: String,
}

/// A plan with a page of its actions and what happened to it.
#[derive(Debug, Serialize)]
pub struct PlanDetail {
    /// The plan.
    #[serde(flatten)]
    pub summary: PlanSummary,
    /// A page of its actions.
    pub items: Vec<ActionView>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// What happened to it, oldest first.
    pub history: Vec<HistoryView>,
}

/// How many actions ended in which way.
#[derive(Debug, Serialize)]
pub struct TallyView {
    /// All of them.
    pub total: usize,
    /// Done and read back.
    pub verified: usize,
    /// Not attempted, because the resource had changed.
    pub refused: usize,
    /// Attempted in vain.
    pub failed: usize,
    /// Not at an end yet.
    pub open: usize,
}

/// One action of a plan.
#[derive(Debug, Serialize)]
pub struct ActionView {
    /// Its place in the plan.
    pub number: u32,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The resource type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The resource's identifier.
    pub id: String,
    /// The resource's ARN.
    pub arn: String,
    /// What it changes.
    pub changes: Vec<ChangeView>,
    /// How far it has come.
    pub apply: StepView,
    /// How far taking it back has come.
    pub undo: StepView,
}

/// How far an action has come in one direction.
#[derive(Debug, Serialize)]
pub struct StepView {
    /// The step.
    pub step: &'static str,
    /// Why it was refused or failed.
    pub detail: Option<String>,
}

/// Something that happened to a plan.
#[derive(Debug, Serialize)]
pub struct HistoryView {
    /// Its place in the ledger.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub event: &'static str,
    /// In one sentence.
    pub detail: String,
}

/// An entry of the ledger.
#[derive(Debug, Serialize)]
pub struct EntryView {
    /// Its place.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What kind of event.
    pub kind: &'static str,
    /// The plan it concerns.
    pub plan: Option<String>,
    /// The action it concerns.
    pub action: Option<u32>,
    /// The account it concerns.
    pub account: Option<String>,
    /// In one sentence.
    pub summary: String,
    /// The event's document.
    pub data: serde_json::Value,
    /// The hash that seals it.
    pub hash: String,
}

/// Whether the ledger is whole.
#[derive(Debug, Serialize)]
pub struct VerificationView {
    /// Whether it is.
    pub intact: bool,
    /// How many entries were checked.
    pub entries: u64,
    /// The hash of the newest.
    pub head: Option<String>,
    /// The first thing that is wrong.
    pub problem: Option<ProblemView>,
}

/// What is wrong with the ledger.
#[derive(Debug, Serialize)]
pub struct ProblemView {
    /// Where.
    pub sequence: u64,
    /// What.
    pub message: String,
}

/// The profiles that a controller decides by.
#[derive(Debug, Serialize)]
pub struct ProfileView {
    /// The prefix of the tags that the Tagger owns.
    pub tag_prefix: String,
    /// Whether it only reports.
    pub read_only: bool,
    /// The default profile's document.
    #[serde(rename = "default")]
    pub default_document: String,
    /// The customization profile's document.
    pub customization: String,
    /// What is in force.
    pub effective: Vec<ConfigurationView>,
    /// What is allowed and probably not meant.
    pub warnings: Vec<String>,
}

/// One configuration that is in force.
#[derive(Debug, Serialize)]
pub struct ConfigurationView {
    /// The resource type.
    pub resource_type: String,
    /// Its id.
    pub configuration: String,
    /// `default` or `customization`.
    pub source: &'static str,
    /// Whether it is enabled.
    pub enabled: bool,
    /// `enabled`, `disabled`, or `replaced` by a block of the customization profile.
    pub standing: &'static str,
    /// How many resources it matches.
    pub matching: u64,
}

impl From<&TagChange> for ChangeView {
    fn from(change: &TagChange) -> Self {
        let TagChange { key, before, after, reason } = change.clone();
        Self { key, before, after, reason }
    }
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> Self {
        let Tally { total, verified, refused, failed, open } = tally;
        Self { total, verified, refused, failed, open }
    }
}

impl From<&Step> for StepView {
    fn from(step: &Step) -> Self {
        let (step, detail) = match step {
            Step::Pending => ("pending", None),
            Step::Started => ("started", None),
            Step::Performed => ("performed", None),
            Step::Verified => ("verified", None),
            Step::Refused(why) => ("refused", Some(why.clone())),
            Step::Failed(why) => ("failed", Some(why.clone())),
        };
        Self { step, detail }
    }
}

impl From<&Unknown> for UnknownView {
    fn from(unknown: &Unknown) -> Self {
        let Unknown { call, missing_permission, message } = unknown.clone();
        Self { call, missing_permission, message }
    }
}

impl ActionView {
    /// An action with how far it has come each way.
    pub fn new(action: &Action, apply: &Step, undo: &Step) -> Self {
        let Action { number, resource, changes, reads: _ } = action;
        Self {
            number: *number,
            account: resource.scope.account.to_string(),
            region: resource.scope.region.to_string(),
            resource_type: resource.scope.resource_type.to_string(),
            id: resource.id.clone(),
            arn: resource.arn.clone(),
            changes: changes.iter().map(ChangeView::from).collect(),
            apply: apply.into(),
            undo: undo.into(),
        }
    }
}

/// How a plan may start, as a word and the reason.
pub fn start_words(start: &Start) -> (&'static str, Option<String>) {
    match start {
        Start::OnApproval => ("on_approval", None),
        Start::AtOnce(reason) => ("at_once", Some(reason.clone())),
    }
}

/// Who stopped every change, for showing.
pub fn suspension(by: &Actor, at: Option<Timestamp>, reason: &str) -> SuspensionView {
    SuspensionView { by: by.to_string(), at, reason: reason.to_owned() }
}
