//! Fresh stores, and a small estate to fill them with.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;
use reeve_care::{
    plan::{Action, Facts, Plan, Start, TagChange},
    progress::{Direction, PlanEvent, Step},
};
use reeve_store::{Coverage, DatabaseLocation, Event, NewEntry, ObservedResource, Store};
use reeve_test_kit::PostgresServer;
use reeve_time::{Clock, IdGenerator};
use reeve_types::{
    Actor, Attribute, PlanId, Resource, ResourceRef, ResourceType, RunId, Scope, Tags, Verdict,
};
use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;
use tokio::sync::OnceCell;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const OTHER_ACCOUNT: &str = "444455556666";

/// A store that nobody has used yet.
pub(crate) struct Fresh {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) ids: IdGenerator,
    pub(crate) location: DatabaseLocation,
    /// How to go around the store.
    url: String,
    folder: TempDir,
}

/// What someone who goes around the store says in the words of the database.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tampering {
    /// Lets entries be changed and removed.
    UnguardLedger,
    /// Lets actions be changed.
    UnguardActions,
    /// Keeps every other writer waiting until `ROLLBACK`.
    TakeWriteLock,
    /// Heeds no reference from one row to another.
    HeedNoReferences,
}

impl Tampering {
    fn on(self, is_postgres: bool) -> &'static str {
        match (self, is_postgres) {
            (Self::UnguardLedger, false) => {
                "DROP TRIGGER ledger_is_not_updated; DROP TRIGGER ledger_is_not_deleted"
            }
            (Self::UnguardLedger, true) => {
                "DROP TRIGGER ledger_is_not_updated ON ledger; \
                 DROP TRIGGER ledger_is_not_deleted ON ledger"
            }
            (Self::UnguardActions, false) => "DROP TRIGGER plan_actions_are_not_updated",
            (Self::UnguardActions, true) => {
                "DROP TRIGGER plan_actions_are_not_updated ON plan_actions"
            }
            (Self::TakeWriteLock, false) => "BEGIN IMMEDIATE",
            (Self::TakeWriteLock, true) => "BEGIN; SELECT pg_advisory_xact_lock(1380271446, 1)",
            (Self::HeedNoReferences, false) => "PRAGMA foreign_keys = OFF",
            (Self::HeedNoReferences, true) => "SET session_replication_role = replica",
        }
    }
}

pub(crate) async fn sqlite() -> Fresh {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let url = format!("sqlite://{}/reeve.db", data.display());
    fresh(data.into(), url, folder).await
}

/// `None` where there is no PostgreSQL to be tested.
pub(crate) async fn postgres() -> Option<Fresh> {
    let url = database().await?;
    Some(fresh(url.parse().unwrap(), url, TempDir::new().unwrap()).await)
}

/// A store on a server of its own.
pub(crate) async fn on(server: &PostgresServer) -> Fresh {
    let url = server.create_another(None).await.unwrap();
    fresh(url.parse().unwrap(), url, TempDir::new().unwrap()).await
}

/// The URL of a database that a store was opened on and nobody has used yet.
pub(crate) async fn database() -> Option<String> {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    let server = PostgresServer::shared().await?;
    let make_template = || async {
        let location: DatabaseLocation =
            server.create("template_of_tests", None).await.unwrap().parse().unwrap();
        Store::open(location, Clock::system()).await.unwrap().close().await;
    };
    TEMPLATE.get_or_init(make_template).await;
    Some(server.create_another(Some("template_of_tests")).await.unwrap())
}

async fn fresh(location: DatabaseLocation, url: String, folder: TempDir) -> Fresh {
    let clock = Clock::manual("2026-03-01T09:00:00Z".parse().unwrap());
    let store = Store::open(&location, clock.clone()).await.unwrap();
    Fresh { store, clock, ids: IdGenerator::seeded(7), location, url, folder }
}

impl Fresh {
    /// Another store on the same records, as another process would open it.
    pub(crate) async fn another(&self) -> Store {
        Store::open(&self.location, self.clock.clone()).await.unwrap()
    }

    /// The data folder, where the records are in one.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// Moves the clock forward by a second.
    pub(crate) fn tick(&self) -> Timestamp {
        let now = self.clock.now() + jiff::SignedDuration::from_secs(1);
        self.clock.set(now);
        now
    }

    /// A plan of `actions` actions by the tagger, which nobody has proposed yet.
    pub(crate) fn plan(&self, actions: u32) -> Plan {
        let now = self.tick();
        Plan {
            id: PlanId::from_uuid(self.ids.uuid(now)),
            controller: "resource-tagger".to_owned(),
            created_at: now,
            start: Start::OnApproval,
            actions: (1..=actions).map(action).collect(),
        }
    }

    /// A plan of `actions` actions that waits for approval.
    pub(crate) async fn proposed(&self, actions: u32) -> Plan {
        let mut plan = self.plan(actions);
        // No other plan wants the same, or has its place taken.
        plan.controller = format!("controller of {}", plan.id);
        self.store.propose(&plan, &Actor::Reeve).await.unwrap();
        plan
    }

    /// A plan of `actions` actions that is being applied.
    pub(crate) async fn applying(&self, actions: u32) -> Plan {
        let plan = self.proposed(actions).await;
        self.record(plan.id, approval(&plan)).await;
        self.record(plan.id, PlanEvent::ApplyRequested).await;
        plan
    }

    /// A plan of `actions` actions that were all applied.
    pub(crate) async fn applied(&self, actions: u32) -> Plan {
        let plan = self.applying(actions).await;
        for number in 1..=actions {
            self.run(plan.id, Direction::Apply, number, Step::Verified).await;
        }
        self.record(plan.id, PlanEvent::ApplyFinished).await;
        plan
    }

    /// Runs one action to its end.
    pub(crate) async fn run(&self, plan: PlanId, direction: Direction, number: u32, end: Step) {
        for step in [Step::Started, Step::Performed, end] {
            self.record(plan, PlanEvent::Action { direction, number, step }).await;
        }
    }

    /// Appends an event that can happen.
    pub(crate) async fn record(&self, plan: PlanId, event: PlanEvent) {
        self.store.append(vec![ana(plan, event)]).await.unwrap();
    }

    pub(crate) fn run_id(&self) -> RunId {
        RunId::from_uuid(self.ids.uuid(self.tick()))
    }

    /// A connection that goes around the store, as someone with a database client would.
    pub(crate) async fn raw(&self) -> AnyConnection {
        AnyConnection::connect(&self.url).await.unwrap()
    }

    /// Changes the database behind the store's back.
    pub(crate) async fn tamper(&self, statements: &'static str) {
        self.tamper_in_order(&[statements]).await;
    }

    /// The same, in the words of the database.
    pub(crate) async fn tamper_by(&self, tampering: Tampering) {
        self.tamper(self.words(tampering)).await;
    }

    /// The same, heeding no reference from one row to another.
    pub(crate) async fn tamper_loosely(&self, statements: &'static str) {
        let heedless = self.words(Tampering::HeedNoReferences);
        self.tamper_in_order(&[heedless, statements]).await;
    }

    /// What to say for it.
    pub(crate) fn words(&self, tampering: Tampering) -> &'static str {
        tampering.on(self.is_postgres())
    }

    async fn tamper_in_order(&self, statements: &[&'static str]) {
        let mut connection = self.raw().await;
        for statement in statements {
            sqlx::raw_sql(*statement).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    }
}

pub(crate) fn ana(plan: PlanId, event: PlanEvent) -> NewEntry {
    NewEntry::new(Actor::Person("ana".to_owned()), Event::Plan { plan, event })
}

pub(crate) fn suspended(reason: &str) -> NewEntry {
    let event = Event::Suspended { reason: reason.to_owned() };
    NewEntry::new(Actor::Person("ana".to_owned()), event)
}

pub(crate) fn approval(plan: &Plan) -> PlanEvent {
    PlanEvent::Approved { digest: plan.digest(), comment: "looks right".to_owned() }
}

pub(crate) fn refusal() -> PlanEvent {
    PlanEvent::Refused { comment: "not today".to_owned() }
}

pub(crate) fn undo() -> PlanEvent {
    PlanEvent::UndoRequested { comment: "wrong account".to_owned() }
}

pub(crate) fn step(number: u32, step: Step) -> PlanEvent {
    PlanEvent::Action { direction: Direction::Apply, number, step }
}

/// Gives instance `number` its monitoring tag.
pub(crate) fn action(number: u32) -> Action {
    let facts = Facts {
        tags: BTreeMap::from([
            ("Name".to_owned(), Some("web".to_owned())),
            ("Team".to_owned(), None),
        ]),
        attributes: BTreeMap::from([
            ("Platform".to_owned(), Some(Attribute::Text("linux".to_owned()))),
            ("Public".to_owned(), Some(Attribute::Flag(false))),
            ("VPCId".to_owned(), None),
        ]),
    };
    Action {
        number,
        resource: reference(&scope(ACCOUNT, "eu-west-1"), number),
        changes: vec![TagChange {
            key: "ams:rt:ams-managed".to_owned(),
            before: None,
            after: Some("true".to_owned()),
            reason: "`Linux` matches".to_owned(),
        }],
        reads: facts,
    }
}

pub(crate) fn scope(account: &str, region: &str) -> Scope {
    Scope {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
        resource_type: ResourceType::new("AWS::EC2::Instance"),
    }
}

fn reference(scope: &Scope, number: u32) -> ResourceRef {
    let id = format!("i-{number:08}");
    let arn = format!("arn:aws:ec2:{}:{}:instance/{id}", scope.region, scope.account);
    ResourceRef { scope: scope.clone(), id, arn }
}

/// Instance `number`, as it should be.
pub(crate) fn instance(scope: &Scope, number: u32) -> ObservedResource {
    ObservedResource {
        resource: Resource {
            reference: reference(scope, number),
            tags: Tags::from([("Name".to_owned(), format!("web {number}"))]),
            attributes: BTreeMap::from([("Public".to_owned(), Attribute::Flag(true))]),
        },
        name: Some(format!("Web {number}")),
        verdict: Verdict::Pass,
        coverage: Coverage::Managed,
        configurations: vec!["Linux".to_owned()],
        changes: Vec::new(),
        notes: Vec::new(),
    }
}

/// Instance `number`, which lacks a tag.
pub(crate) fn failing_instance(scope: &Scope, number: u32) -> ObservedResource {
    ObservedResource {
        verdict: Verdict::Fail,
        coverage: Coverage::Missing,
        changes: action(number).changes,
        ..instance(scope, number)
    }
}
