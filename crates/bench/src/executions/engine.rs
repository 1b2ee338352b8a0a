//! Reeve over a folder, with a simulated AWS in the same process.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reeve_app::{
    App, Context, Parts, Settings, client_config,
    executions::{Library, NamedRunbook, StartRequest, Worker},
};
use reeve_aws::{AccessKey, Client, ClientConfig, CredentialSource, Secret, Target, Transport};
use reeve_model::{catalog, conform};
use reeve_runbook::Format;
use reeve_store::Store;
use reeve_time::{Clock, IdGenerator};
use reeve_twin::{Twin, seed::bulk};
use reeve_types::{AccountId, Actor, Region};
use tokio::sync::Notify;

use crate::estate;

/// How often it is asked whether everything has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The product, and where its runbooks run.
pub(super) struct Engine {
    pub(super) app: App,
    account: AccountId,
    region: Region,
    topic: String,
}

impl Engine {
    /// Opens the records of a folder.
    pub(super) async fn open(folder: &Path) -> Result<Self> {
        let clock = Clock::system();
        let twin = Twin::new(clock.clone(), 1);
        let access = bulk(&twin, crate::ACCOUNTS, 0);
        let (estate, documents) = estate::estate(&access)?;
        let key = AccessKey {
            id: access.access_key_id.clone(),
            secret: Secret::new(access.secret_access_key.clone()),
            session_token: None,
        };
        let environment =
            ClientConfig { credentials: CredentialSource::Fixed(key), ..ClientConfig::default() };
        let transport = Transport::function(move |request| {
            let response = twin.handle(request);
            async { Ok(response) }
        });
        let config = client_config(&estate, folder, environment);
        let client = Client::with_transport(config, clock.clone(), transport)?;
        let store = Store::open(folder, clock.clone()).await?;
        let account = estate.accounts.first().context("no account")?;
        let (account, region) =
            (account.id.clone(), account.regions.first().context("no Region")?.clone());
        let (runbooks, ids) = (Library::shipped(), IdGenerator::random());
        let parts = Parts { estate, documents, runbooks, store, client, clock, ids };
        let app = App::new(parts, Settings::default());
        let topic = topic(&app, (&account, &region)).await?;
        Ok(Self { app, account, region, topic })
    }

    /// A document of so many steps, each of which publishes something.
    pub(super) fn publishing(&self, steps: usize) -> NamedRunbook {
        let step = |number: usize| {
            serde_json::json!({
                "name": format!("Publish{number}"),
                "action": "aws:executeAwsApi",
                "inputs": {
                    "Service": "sns",
                    "Api": "Publish",
                    "TopicArn": self.topic,
                    "Message": number.to_string(),
                },
            })
        };
        document(&(0..steps).map(step).collect::<Vec<_>>())
    }

    /// Begins executions of a runbook.
    pub(super) async fn start(&self, runbook: &NamedRunbook, count: usize) -> Result<()> {
        let context = Context::new(Actor::Person("bench".to_owned()));
        let request = StartRequest {
            runbook: runbook.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            parameters: serde_json::Map::new(),
            reason: "a measurement".to_owned(),
        };
        let starting = (0..count).map(|_| self.app.start_execution(&context, &request));
        stream::iter(starting).buffer_unordered(64).try_collect::<Vec<_>>().await?;
        Ok(())
    }

    /// Moves executions on until none is left that anything could happen to.
    pub(super) async fn finish(&self) -> Result<()> {
        let worker = Worker::new(&self.app);
        let changed = Notify::new();
        tokio::select! {
            () = worker.run(&changed) => Ok(()),
            done = self.done() => done,
        }
    }

    async fn done(&self) -> Result<()> {
        while self.app.store.next_due().await?.is_some() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

/// A document of these steps.
pub(super) fn document(steps: &[serde_json::Value]) -> NamedRunbook {
    let text = serde_json::json!({ "schemaVersion": "0.3", "mainSteps": steps }).to_string();
    NamedRunbook { name: "Measured".to_owned(), format: Format::Json, text, folder: None }
}

/// A topic that nobody listens to.
async fn topic(app: &App, (account, region): (&AccountId, &Region)) -> Result<String> {
    let target = Target {
        account: Some(account.clone()),
        region: region.clone(),
        actor: "bench".to_owned(),
        reason: None,
        role: None,
    };
    let service = catalog().service("sns")?;
    let input = serde_json::json!({ "Name": "measured" });
    let input = conform(&service, service.operation("CreateTopic")?, &input)
        .map_err(|wrong| anyhow!("{wrong:?}"))?;
    let answer = app.client.call(&target, "sns", "CreateTopic", input).await?;
    let topic = answer.get("TopicArn").and_then(reeve_model::Value::as_str);
    topic.map(str::to_owned).context("no topic")
}
