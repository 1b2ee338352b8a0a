//! Running the scripts of runbooks, as whoever the account's calls are made as.

use std::time::Duration;

use jiff::Timestamp;
use reeve_aws::Target;
use reeve_runbook::{EffectError, Script};
use reeve_script::{Credentials, Job, Limits, Places, Runner, ScriptEnvironment};
use serde_json::{Map, Value};

use crate::App;

impl App {
    /// Runs a script to its end, or until its step has taken too long: what it returned, and what it printed.
    pub(super) async fn run_script(
        &self,
        target: &Target,
        script: &Script,
        (context, attachment, deadline): (&Value, Option<&[u8]>, Option<Timestamp>),
    ) -> (Result<Value, EffectError>, String) {
        let environment = match self.script_environment(target).await {
            Ok(environment) => environment,
            Err(error) => return (Err(error), String::new()),
        };
        let limits = self.script_limits(&script.runtime, deadline);
        let nothing = Map::new();
        let runner = self
            .scripts
            .get_or_init(|| async { Runner::find(&Places::of_this_process(None)).await });
        let job = Job {
            script,
            attachment,
            context: context.as_object().unwrap_or(&nothing),
            environment: &environment,
            limits: &limits,
        };
        let finished = runner.await.run(&job).await;
        let result = finished.result.map_err(|error| EffectError::from(&error));
        (result, finished.log.text)
    }

    async fn script_environment(&self, target: &Target) -> Result<ScriptEnvironment, EffectError> {
        let key = self
            .client
            .session_credentials(target)
            .await
            .map_err(|error| EffectError::new("NoCredentials", error.to_string()))?;
        Ok(ScriptEnvironment {
            region: target.region.to_string(),
            credentials: Some(Credentials {
                access_key_id: key.id,
                secret_access_key: key.secret.expose().to_owned(),
                session_token: key.session_token.map(|token| token.expose().to_owned()),
            }),
            endpoint_url: self.client.config().endpoints.everywhere.clone(),
        })
    }

    /// The service's limits, and no longer than the step may take.
    fn script_limits(&self, runtime: &str, deadline: Option<Timestamp>) -> Limits {
        let mut limits = Limits::of(runtime);
        if let Some(deadline) = deadline {
            let left = deadline.duration_since(self.clock.now());
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            limits.wall = limits.wall.min(left.max(Duration::from_secs(1)));
        }
        limits
    }
}
