//! A small estate in a simulated AWS, and the product over it.
//!
//! Resources are written one a line: account, kind, id, then tags as `key=value` and facts as `+Member=value`. The clock
//! stands still but for one tick before and one after each call, so that calls and entries of the ledger have an order.

use std::{collections::BTreeMap, future::poll_fn, io, path::Path, sync::Arc, task::Poll};

use bytes::Bytes;
use http::{Request, Response};
use jiff::SignedDuration;
use reeve_app::{
    App, Approval, Context, PageQuery, Parts, RunRequest, Settings, executions::Library, views,
};
use reeve_aws::{
    AccessKey, Client, ClientConfig, CredentialSource, EndpointOverrides, Pauses, RetryOptions,
    Secret, Transport, TransportError,
};
use reeve_estate::EstateFiles;
use reeve_store::{DatabaseLocation, Store};
use reeve_test_kit::PostgresServer;
use reeve_time::{Clock, IdGenerator};
use reeve_twin::{Account, Draft, Role, ServedCall, Twin, UserKey, is_disconnected};
use reeve_types::{Actor, Arn, Tags};
use tempfile::TempDir;

pub(crate) const ESTATE: &str = r#"
version: 1
name: harbour
regions: [eu-west-1]
role: reeve
external-id: sesame
authority: { all: propose }
controllers:
  resource-tagger:
    resource-types:
      - AWS::EC2::Instance
      - AWS::EC2::NatGateway
      - AWS::S3::Bucket
      - AWS::DynamoDB::Table
      - AWS::ElasticLoadBalancingV2::LoadBalancer
accounts:
  - { id: "111122223333", name: shop }
  - { id: "444455556666", name: bank }
"#;

/// Whatever is there is gold and has a daily backup.
pub(crate) const GOLD: &str = r#"{
  "AWS::EC2::Instance": { "Gold": { "Filter": { "InstanceId": "*" }, "Tags": TAGS } },
  "AWS::S3::Bucket": { "Gold": { "Filter": { "BucketName": "*" }, "Tags": TAGS } },
  "AWS::DynamoDB::Table": { "Gold": { "Filter": { "TableName": "*" }, "Tags": TAGS } },
  "AWS::ElasticLoadBalancingV2::LoadBalancer": {
    "Gold": { "Filter": { "LoadBalancerName": "*" }, "Tags": TAGS }
  }
}"#;

const TAGS: &str = r#"[
  { "Key": "ams:rt:backup", "Value": "daily" },
  { "Key": "ams:rt:tier", "Value": "gold" }
]"#;

/// Each of these has a tag to be set, one to be changed and one to be removed.
pub(crate) const SILVER: &str = "
    shop | instance | i-0123456789abcdef0            | Team=web ams:rt:tier=silver ams:rt:owner=bob
    shop | bucket   | harbour-orders                 | Team=web ams:rt:tier=silver ams:rt:owner=bob
    shop | table    | Carts                          | Team=web ams:rt:tier=silver ams:rt:owner=bob
    bank | instance | i-0fedcba9876543210            | ams:rt:tier=silver ams:rt:owner=bob
    bank | balancer | app/payments/0123456789abcdef  | ams:rt:tier=silver ams:rt:owner=bob
    bank | table    | Accounts                       | ams:rt:tier=silver ams:rt:owner=bob
";

pub(crate) const SHOP: &str = "111122223333";
pub(crate) const BANK: &str = "444455556666";
const MANAGEMENT: &str = "999900001111";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const START: &str = "2026-03-01T09:00:00Z";

/// An estate and the AWS that it is in. The product over it may be opened again and again.
pub(crate) struct World {
    pub(crate) files: EstateFiles,
    pub(crate) settings: Settings,
    pub(crate) twin: Twin,
    pub(crate) clock: Clock,
    folder: TempDir,
    /// The URL of the database that the records are kept in, if it is not the folder's.
    database: Option<String>,
    ids: IdGenerator,
    rows: String,
    arns: BTreeMap<String, Arn>,
    gateway: Gateway,
    /// Where scripts find AWS.
    endpoint: Option<String>,
    /// The runbooks that there are.
    pub(crate) runbooks: Library,
}

/// A folder in memory where there is one: processes die here, machines do not, so that waiting for a disk would prove nothing.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// Waits, as the server does, until nobody uses the database.
fn copy_of_database(url: &str) -> String {
    let name = url.trim_start_matches("postgres:///").split('?').next();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let server = PostgresServer::shared().await.unwrap();
        server.create_another(name).await.unwrap()
    })
}

/// What answers in AWS's place.
type Gateway = Arc<dyn Fn(&Twin, Request<Bytes>) -> Answer + Send + Sync>;
pub(crate) type Answer = Result<Response<Bytes>, TransportError>;

impl World {
    /// The estate with these resources, all to be gold.
    pub(crate) fn new(rows: &str) -> Self {
        let clock = Clock::manual(START.parse().unwrap());
        let twin = Twin::new(clock.clone(), 1);
        open_accounts(&twin);
        let arns =
            rows.lines().filter(|row| row.contains('|')).map(|row| put(&twin, row)).collect();
        let files = EstateFiles {
            estate: ESTATE.to_owned(),
            custom_tags: Some(GOLD.replace("TAGS", TAGS)),
            default_tags: None,
        };
        let settings = Settings { read_back_waits: Vec::new(), ..Settings::default() };
        Self {
            files,
            settings,
            twin,
            clock,
            folder: folder(),
            database: None,
            ids: IdGenerator::seeded(1),
            rows: rows.to_owned(),
            arns,
            gateway: Arc::new(|twin, request| answer(twin.handle(request))),
            endpoint: None,
            runbooks: Library::shipped(),
        }
    }

    /// From now on scripts find AWS at an address; the clock has to be right for them.
    pub(crate) fn served_at(&mut self, url: &str) {
        self.endpoint = Some(url.to_owned());
        self.clock.set(Clock::system().now());
    }

    pub(crate) fn with_profile(mut self, profile: &str) -> Self {
        self.files.custom_tags = Some(profile.replace("TAGS", TAGS));
        self
    }

    /// The same with its records in a PostgreSQL database; `None` where there is no PostgreSQL.
    pub(crate) async fn on_postgres(mut self) -> Option<Self> {
        let server = PostgresServer::shared().await?;
        self.database = Some(server.create_another(None).await.unwrap());
        Some(self)
    }

    /// Replaces the estate's authority.
    pub(crate) fn with_authority(mut self, authority: &str) -> Self {
        self.set_authority(authority);
        self
    }

    /// Replaces the estate's authority for those who open the product from now on.
    pub(crate) fn set_authority(&mut self, authority: &str) {
        self.files.estate = ESTATE.replace("authority: { all: propose }", authority);
    }

    /// Replaces a piece of the estate for those who open the product from now on.
    pub(crate) fn edit(&mut self, from: &str, to: &str) {
        assert!(self.files.estate.contains(from), "{from}");
        self.files.estate = self.files.estate.replace(from, to);
    }

    /// From now on answers in AWS's place.
    pub(crate) fn answer_by(
        &mut self,
        gateway: impl Fn(&Twin, Request<Bytes>) -> Answer + Send + Sync + 'static,
    ) {
        self.gateway = Arc::new(gateway);
    }

    /// The same world once more, as it is now. Nobody may have the product open.
    pub(crate) fn fork(&self) -> Self {
        let mut fork = Self::new(&self.rows);
        fork.files = self.files.clone();
        fork.settings = self.settings.clone();
        fork.gateway = Arc::clone(&self.gateway);
        fork.runbooks = self.runbooks.clone();
        fork.clock.set(self.clock.now());
        for (id, arn) in &self.arns {
            fork.twin.set_tags(&fork.arns[id], self.twin.tags(arn).unwrap());
        }
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), fork.folder.path().join(file.file_name())).unwrap();
        }
        fork.database = self.database.as_ref().map(|url| copy_of_database(url));
        fork
    }

    /// The same with everything that was made in its AWS since.
    pub(crate) fn fork_whole(&self) -> Self {
        let fork = self.fork();
        // A world is as old as the last time that somebody looked at it.
        self.twin.advance();
        let mut aws = Vec::new();
        self.twin.snapshot(&mut aws).unwrap();
        fork.twin.restore(aws.as_slice()).unwrap();
        fork
    }

    /// Opens the product.
    pub(crate) async fn app(&self) -> App {
        let estate = reeve_estate::read(&self.files).unwrap();
        let environment = ClientConfig {
            credentials: CredentialSource::Fixed(AccessKey {
                id: KEY_ID.to_owned(),
                secret: Secret::new(SECRET),
                session_token: None,
            }),
            retry: RetryOptions {
                pauses: Pauses::Function(Arc::new(|_| Box::pin(async {}))),
                seed: Some(1),
                ..RetryOptions::default()
            },
            endpoints: self
                .endpoint
                .as_ref()
                .map(EndpointOverrides::everywhere)
                .unwrap_or_default(),
            ..ClientConfig::default()
        };
        let config = reeve_app::client_config(&estate, self.folder.path(), environment);
        let client = Client::with_transport(config, self.clock.clone(), self.transport()).unwrap();
        let parts = Parts {
            estate,
            documents: self.files.clone(),
            runbooks: self.runbooks.clone(),
            store: Store::open(self.records(), self.clock.clone()).await.unwrap(),
            client,
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        App::new(parts, self.settings.clone())
    }

    fn records(&self) -> DatabaseLocation {
        match &self.database {
            Some(url) => url.parse().unwrap(),
            None => self.folder.path().into(),
        }
    }

    /// Where this world's estate and data are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn arn(&self, id: &str) -> &Arn {
        &self.arns[id]
    }

    /// A resource's tags, in order of key.
    pub(crate) fn tags(&self, id: &str) -> String {
        written(&self.twin.tags(self.arn(id)).unwrap())
    }

    /// Sets a tag as somebody else would.
    pub(crate) fn set_tag(&self, id: &str, key: &str, value: &str) {
        let mut tags = self.twin.tags(self.arn(id)).unwrap();
        tags.insert(key.to_owned(), value.to_owned());
        assert!(self.twin.set_tags(self.arn(id), tags));
    }

    /// Replaces a resource by one of the same id and other facts, as somebody else would.
    pub(crate) fn replace(&self, row: &str) {
        put(&self.twin, row);
    }

    /// The calls that changed something.
    pub(crate) fn changes(&self) -> Vec<ServedCall> {
        let performed = |call: &ServedCall| call.is_change() && call.outcome.performed();
        self.twin.calls().into_iter().filter(performed).collect()
    }

    /// Every resource's id and tags.
    pub(crate) fn all_tags(&self) -> BTreeMap<String, String> {
        self.arns.keys().map(|id| (id.clone(), self.tags(id))).collect()
    }

    /// Whoever waits for an answer may die before the request arrives and before the answer does.
    fn transport(&self) -> Transport {
        let (twin, clock) = (self.twin.clone(), self.clock.clone());
        let gateway = Arc::clone(&self.gateway);
        Transport::function(move |request| {
            let (twin, clock, gateway) = (twin.clone(), clock.clone(), Arc::clone(&gateway));
            async move {
                travel().await;
                tick(&clock);
                let answer = gateway(&twin, request);
                tick(&clock);
                travel().await;
                answer
            }
        })
    }
}

/// What the twin answered, or that the connection was lost.
pub(crate) fn answer(response: Response<Bytes>) -> Answer {
    if is_disconnected(&response) {
        return Err(TransportError::Lost(Arc::new(io::Error::from(
            io::ErrorKind::ConnectionReset,
        ))));
    }
    Ok(response)
}

pub(crate) fn ana() -> Context {
    Context::new(Actor::Person("ana".to_owned()))
}

/// Observes everything, decides and proposes.
pub(crate) async fn run(app: &App) -> views::RunOutcome {
    app.run(&ana(), &RunRequest::default(), &|_| {}).await.unwrap()
}

/// The same, where one plan has to come of it.
pub(crate) async fn propose(app: &App) -> views::PlanSummary {
    let mut plans = run(app).await.plans;
    assert_eq!(plans.len(), 1, "{plans:?}");
    plans.remove(0)
}

/// Approves a plan and asks for its apply.
pub(crate) async fn approve(app: &App, plan: &views::PlanSummary) -> views::PlanSummary {
    app.approve(&ana(), &plan.id, &approval(plan, true)).await.unwrap()
}

pub(crate) fn approval(plan: &views::PlanSummary, apply: bool) -> Approval {
    Approval { digest: plan.digest.clone(), comment: "looks right".to_owned(), apply }
}

/// Performs whatever is unfinished.
pub(crate) async fn perform(app: &App) {
    assert!(app.perform_unfinished(&|_, _, _| {}).await.unwrap(), "somebody else performs");
}

/// Goes all the way from looking to having applied.
pub(crate) async fn apply(app: &App) -> views::PlanSummary {
    let plan = approve(app, &propose(app).await).await;
    perform(app).await;
    app.plan_summary(plan.id.parse().unwrap()).await.unwrap()
}

/// Asks for an undo and performs it.
pub(crate) async fn undo(app: &App, plan: &views::PlanSummary) {
    app.request_undo(&ana(), &plan.id, "only trying").await.unwrap();
    perform(app).await;
}

pub(crate) async fn detail(app: &App, plan: &str) -> views::PlanDetail {
    app.plan_detail(plan, &PageQuery { limit: Some(1000), cursor: None }).await.unwrap()
}

/// How each action of a plan ended, as `id: verified`.
pub(crate) async fn ends(app: &App, plan: &views::PlanSummary) -> Vec<String> {
    let shown = |action: &views::ActionView| end(&action.id, &action.apply);
    detail(app, &plan.id).await.items.iter().map(shown).collect()
}

/// How the undo of each action of a plan ended.
pub(crate) async fn undo_ends(app: &App, plan: &views::PlanSummary) -> Vec<String> {
    let shown = |action: &views::ActionView| end(&action.id, &action.undo);
    detail(app, &plan.id).await.items.iter().map(shown).collect()
}

/// The phase of each plan, oldest first.
pub(crate) async fn phases(app: &App) -> Vec<&'static str> {
    let plans = app.plans(&reeve_app::PlanQuery::default()).await.unwrap().items;
    plans.iter().rev().map(|plan| plan.phase).collect()
}

/// The id and verdict of each resource.
pub(crate) async fn verdicts(app: &App) -> Vec<String> {
    let resources = app.resources(&reeve_app::ResourceQuery::default()).await.unwrap().items;
    resources.iter().map(|resource| format!("{}: {}", resource.id, resource.verdict)).collect()
}

pub(crate) async fn assert_ledger_is_intact(app: &App) {
    let verification = app.verify_ledger().await.unwrap();
    assert!(verification.intact, "{:?}", verification.problem);
}

fn end(id: &str, step: &views::StepView) -> String {
    // Load balancers are known by their ARN, which ends in their name and a number.
    let id = id.split('/').nth(2).unwrap_or(id);
    match &step.detail {
        Some(detail) => format!("{id}: {}: {detail}", step.step),
        None => format!("{id}: {}", step.step),
    }
}

fn written(tags: &Tags) -> String {
    let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    tags.join(" ")
}

fn tick(clock: &Clock) {
    clock.set(clock.now() + SignedDuration::from_millis(1));
}

/// Lets whoever polls go elsewhere once.
async fn travel() {
    let mut arrived = false;
    poll_fn(|context| {
        if arrived {
            return Poll::Ready(());
        }
        arrived = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn open_accounts(twin: &Twin) {
    for (id, name) in [(MANAGEMENT, "management"), (SHOP, "shop"), (BANK, "bank")] {
        let id: reeve_types::AccountId = id.parse().unwrap();
        twin.add_account(Account {
            id: id.clone(),
            name: name.to_owned(),
            email: format!("{name}@example.com"),
            unit: None,
        });
        twin.add_role(Role {
            account: id,
            name: "reeve".to_owned(),
            trusted: [MANAGEMENT.parse().unwrap()].into(),
            external_id: Some("sesame".to_owned()),
            max_session_seconds: 12 * 3600,
        });
    }
    twin.add_user_key(UserKey {
        account: MANAGEMENT.parse().unwrap(),
        user: "reeve".to_owned(),
        access_key_id: KEY_ID.to_owned(),
        secret_access_key: SECRET.to_owned(),
    });
}

/// Makes what a row says and returns its id and ARN.
fn put(twin: &Twin, row: &str) -> (String, Arn) {
    let columns: Vec<&str> = row.split('|').map(str::trim).collect();
    let [account, kind, id, rest] = columns.try_into().unwrap();
    let resource_type = match kind {
        "instance" => "AWS::EC2::Instance",
        "nat" => "AWS::EC2::NatGateway",
        "bucket" => "AWS::S3::Bucket",
        "table" => "AWS::DynamoDB::Table",
        "balancer" => "AWS::ElasticLoadBalancingV2::LoadBalancer",
        other => panic!("what is a {other}?"),
    };
    let (mut tags, mut facts) = (Tags::new(), serde_json::Map::new());
    for word in rest.split_whitespace() {
        let (key, value) = word.split_once('=').unwrap();
        match key.strip_prefix('+') {
            Some(member) => {
                facts.insert(member.to_owned(), value.into());
            }
            None => {
                tags.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    let arn = twin.put(Draft {
        account: if account == "shop" { SHOP } else { BANK }.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        resource_type: resource_type.to_owned(),
        id: id.to_owned(),
        facts: facts.into(),
        tags,
    });
    (id.to_owned(), arn.unwrap())
}
