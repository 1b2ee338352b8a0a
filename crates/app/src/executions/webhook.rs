//! Sending messages to other servers: `aws:invokeWebhook`.
//!
//! An integration is one of the estate's `webhooks`, or else what the service itself keeps under its name in the account where
//! the runbook runs. Its secrets are looked up when it is used, and stand in no record: what is recorded before a message is
//! sent has the integration's name and the body that the step gives.

use std::time::Duration;

use jiff::Timestamp;
use reeve_aws::Target;
use reeve_estate::{Webhook as Integration, WebhookHeader, WebhookValue};
use reeve_runbook::{Call, Effect, EffectError, Webhook, stored_integration};
use reeve_webhook::{Message, Sender};
use serde_json::{Value, json};

use super::perform::unknown_outcome;
use crate::App;

/// How long an answer is waited for from a server that the service knows.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a refusal is told.
const TOLD: usize = 500;

impl App {
    /// Sends what a step wants to be sent, once: what is answered, as the service gives it to the step.
    pub(super) async fn send_webhook(
        &self,
        target: &Target,
        webhook: &Webhook,
        deadline: Option<Timestamp>,
    ) -> Result<Value, EffectError> {
        let name = &webhook.integration;
        let refused = |code: &str, message: String| {
            EffectError::new(code, format!("the webhook `{name}`: {message}"))
        };
        let integration = self.integration(target, name).await?;
        let message = self.message(target, (webhook, &integration), deadline).await?;
        let sender = self.sender.get_or_try_init(|| async { Sender::new() }).await;
        let sender = sender.map_err(|error| refused("WebhookFailed", error.to_string()))?;
        let answer = match sender.send(&message).await {
            Ok(answer) => answer,
            Err(error) if error.may_have_been_received() => {
                let effect = Effect::Webhook(webhook.clone());
                return Err(unknown_outcome(&effect, &error.to_string()));
            }
            Err(error) => return Err(refused("WebhookFailed", error.to_string())),
        };
        if answer.code >= 400 {
            let told: String = answer.body.chars().take(TOLD).collect();
            let message = format!("it answered {}: {told}", answer.code);
            return Err(refused("WebhookRefused", message));
        }
        Ok(json!({ "Response": answer.body, "ResponseCode": answer.code }))
    }

    async fn integration(&self, target: &Target, name: &str) -> Result<Integration, EffectError> {
        let declared = self.estate.webhooks.iter().find(|known| known.name == name);
        if let Some(declared) = declared {
            return Ok(declared.clone());
        }
        let parameter = self.parameter(target, &stored_integration(name)).await;
        let text = parameter.map_err(|error| {
            let message = format!(
                "there is no webhook `{name}`: estate.yaml does not declare it under `webhooks`, and the account does not \
                 keep it as an integration ({error})"
            );
            EffectError::new("WebhookNotFound", message)
        })?;
        stored(name, &text).ok_or_else(|| {
            let message = format!("what the account keeps as the integration `{name}` is none");
            EffectError::new("WebhookNotFound", message)
        })
    }

    async fn message(
        &self,
        target: &Target,
        (webhook, integration): (&Webhook, &Integration),
        deadline: Option<Timestamp>,
    ) -> Result<Message, EffectError> {
        let Integration { name, url, headers, payload, timeout } = integration;
        let invalid = |message: String| {
            EffectError::new("InvalidWebhook", format!("the webhook `{name}`: {message}"))
        };
        let url = self.value(target, url).await.map_err(invalid)?;
        let body = webhook.body.clone().or_else(|| payload.clone()).unwrap_or_default();
        let left = deadline.map(|deadline| deadline.duration_since(self.clock.now()));
        let left = left.map(|left| Duration::try_from(left).unwrap_or(Duration::from_secs(1)));
        let timeout = left.map_or(*timeout, |left| left.min(*timeout));
        let mut message =
            Message::new(&url, body, timeout).map_err(|error| invalid(error.to_string()))?;
        // What the service keeps is secret as a whole.
        let is_declared = self.estate.webhooks.iter().any(|known| known.name == *name);
        for WebhookHeader { name, value } in headers {
            let is_secret = !is_declared || !matches!(value, WebhookValue::Plain(_));
            let value = self.value(target, value).await.map_err(invalid)?;
            let added = message.header(name, &value, is_secret);
            added.map_err(|error| invalid(error.to_string()))?;
        }
        Ok(message)
    }

    /// A text, wherever it is kept.
    async fn value(&self, target: &Target, value: &WebhookValue) -> Result<String, String> {
        match value {
            WebhookValue::Plain(text) => Ok(text.clone()),
            WebhookValue::Environment(name) => {
                let value = std::env::var_os(name).and_then(|value| value.into_string().ok());
                value.ok_or_else(|| format!("the variable `{name}` is not in the environment"))
            }
            WebhookValue::Parameter(name) => {
                self.parameter(target, name).await.map_err(|error| error.message)
            }
            WebhookValue::Secret(name) => {
                self.secret(target, name).await.map_err(|error| error.message)
            }
        }
    }

    async fn parameter(&self, target: &Target, name: &str) -> Result<String, EffectError> {
        let input = json!({ "Name": name, "WithDecryption": true });
        let answer = self.perform_call(target, &call("ssm", "GetParameter", &input)).await?;
        text_of(&answer, "/Parameter/Value", name)
    }

    async fn secret(&self, target: &Target, name: &str) -> Result<String, EffectError> {
        let input = json!({ "SecretId": name });
        let call = call("secretsmanager", "GetSecretValue", &input);
        let answer = self.perform_call(target, &call).await?;
        text_of(&answer, "/SecretString", name)
    }
}

fn call(service: &str, operation: &str, input: &Value) -> Call {
    Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: input.as_object().cloned().unwrap_or_default(),
    }
}

fn text_of(answer: &Value, place: &str, name: &str) -> Result<String, EffectError> {
    let text = answer.pointer(place).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| EffectError::new("InvalidWebhook", format!("`{name}` is no text")))
}

/// An integration as the service keeps it. All of it is secret.
fn stored(name: &str, text: &str) -> Option<Integration> {
    let stored: Value = serde_json::from_str(text).ok()?;
    let headers = stored.get("headers").and_then(Value::as_object);
    let headers = headers.into_iter().flatten().filter_map(|(name, value)| {
        let value = WebhookValue::Plain(value.as_str()?.to_owned());
        Some(WebhookHeader { name: name.clone(), value })
    });
    let payload = stored.get("payload").filter(|payload| !payload.is_null());
    let payload = payload.map(|payload| match payload {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    Some(Integration {
        name: name.to_owned(),
        url: WebhookValue::Plain(stored.get("url")?.as_str()?.to_owned()),
        headers: headers.collect(),
        payload,
        timeout: TIMEOUT,
    })
}
