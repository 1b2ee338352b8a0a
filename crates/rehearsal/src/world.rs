//! A simulated AWS with the accounts of an estate, and the product over it: with its own clock, records and credentials.

use std::{collections::BTreeMap, sync::Arc};

use reeve_app::{App, Parts};
use reeve_aws::{
    AccessKey, AccountAccess, Client, ClientConfig, CredentialSource, EndpointOverrides, Secret,
};
use reeve_estate::Estate;
use reeve_store::Store;
use reeve_time::{Clock, IdGenerator};
use reeve_twin::{Account, Role, Twin, UserKey};
use reeve_types::{AccountId, Arn};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    error::RehearsalError,
    watch::{USER, Watcher},
};

/// The key of the simulated estate's user, whose roles lead everywhere. No account has it.
const KEY_ID: &str = "AKIAREHEARSALEXAMPLE";
const SECRET: &str = "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";

/// What the roles of accounts are called whose role the estate does not name.
const ROLE: &str = "reeve";

/// Makes whatever the twin makes up the same in every rehearsal.
const SEED: u64 = 1;

/// A simulated estate, and the product over it.
pub(crate) struct World {
    pub(crate) twin: Twin,
    pub(crate) clock: Clock,
    /// The product, whose calls and scripts reach only the twin.
    pub(crate) app: App,
    pub(crate) watcher: Arc<Watcher>,
    serving: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    /// The records, which are gone when this is dropped.
    _folder: TempDir,
}

impl World {
    /// The accounts of an estate with their roles, and nothing in them yet.
    pub(crate) async fn open(real: &App) -> Result<Self, RehearsalError> {
        let clock = Clock::manual(real.clock.now());
        let twin = Twin::new(clock.clone(), SEED);
        twin.keep_whole_calls();
        let accounts = open_accounts(&twin, &real.estate);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let config = ClientConfig {
            credentials: CredentialSource::Fixed(AccessKey {
                id: KEY_ID.to_owned(),
                secret: Secret::new(SECRET),
                session_token: None,
            }),
            accounts,
            home_region: home_region(&real.estate),
            endpoints: EndpointOverrides::everywhere(&endpoint),
            ..ClientConfig::default()
        };
        let client = Client::new(config, clock.clone())?;
        let folder = TempDir::new()?;
        let store = Store::open(folder.path(), clock.clone()).await?;
        let watcher = Arc::new(Watcher::new(twin.clone(), clock.clone()));
        let parts = Parts {
            estate: Estate::clone(&real.estate),
            documents: real.documents.clone(),
            runbooks: real.runbooks.clone(),
            store,
            client,
            clock: clock.clone(),
            ids: IdGenerator::random(),
        };
        let mut app = App::new(parts, real.settings.clone());
        app.witness = Some(watcher.clone());
        let (stop, serving) = serve(twin.clone(), listener);
        Ok(Self { twin, clock, app, watcher, serving, stop, _folder: folder })
    }

    /// Lets go of the port and the records.
    pub(crate) async fn close(self) {
        self.app.store.close().await;
        self.stop.send(()).ok();
        self.serving.abort();
        self.serving.await.ok();
    }
}

/// Answers those that cannot be given the twin itself: scripts.
fn serve(twin: Twin, listener: TcpListener) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let shutdown = async move {
            stopped.await.ok();
        };
        if let Err(error) = twin.serve(listener, shutdown).await {
            tracing::error!("the simulated account stopped: {error}");
        }
    });
    (stop, serving)
}

fn home_region(estate: &Estate) -> Option<reeve_types::Region> {
    estate.accounts.first().and_then(|account| account.regions.first()).cloned()
}

/// Makes the accounts, with a role in each that the first one's user may assume: how each is entered.
fn open_accounts(twin: &Twin, estate: &Estate) -> BTreeMap<AccountId, AccountAccess> {
    let Some(first) = estate.accounts.first() else { return BTreeMap::new() };
    let mut access = BTreeMap::new();
    for account in &estate.accounts {
        twin.add_account(Account {
            id: account.id.clone(),
            name: account.name.clone(),
            email: format!("{}@example.com", account.id),
            unit: None,
        });
        for region in &account.regions {
            twin.add_region(region.clone());
        }
        let own = account.role_arn.as_ref().filter(|arn| arn.account() == account.id.as_str());
        let name = own.and_then(role_name).unwrap_or(ROLE);
        add_role(twin, &account.id, name, [first.id.clone()]);
        let arn = format!("arn:aws:iam::{}:role/{name}", account.id);
        let roles = vec![reeve_aws::Role::new(&arn)];
        access.insert(account.id.clone(), AccountAccess { roles, profile: None });
    }
    twin.add_user_key(UserKey {
        account: first.id.clone(),
        user: USER.to_owned(),
        access_key_id: KEY_ID.to_owned(),
        secret_access_key: SECRET.to_owned(),
    });
    access
}

/// Makes a role that the accounts named and the own one may assume, and that may do everything.
pub(crate) fn add_role(
    twin: &Twin,
    account: &AccountId,
    name: &str,
    trusted: impl IntoIterator<Item = AccountId>,
) {
    let trusted = trusted.into_iter().chain([account.clone()]).collect();
    twin.add_role(Role {
        account: account.clone(),
        name: name.to_owned(),
        trusted,
        external_id: None,
        max_session_seconds: 12 * 3600,
    });
}

/// The name in the ARN of a role, with its path.
pub(crate) fn role_name(arn: &Arn) -> Option<&str> {
    arn.resource().strip_prefix("role/").filter(|_| arn.service() == "iam")
}
