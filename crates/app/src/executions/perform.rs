//! Performing effects: calls to AWS, scripts, other executions.

use reeve_aws::{CallError, Target};
use reeve_model::{Service, catalog, conform};
use reeve_runbook::{
    Call, Effect, EffectError, Recovery, before, on_lost_response, operation_name,
};
use serde_json::{Map, Value, json};

use super::values;
use crate::App;

/// Whether an effect changes something, so that it is recorded before it is made.
pub(super) fn changes_something(effect: &Effect) -> bool {
    let Effect::Call(call) = effect else { return true };
    // What cannot be called changes nothing.
    let Ok((service, operation)) = operation_of(call) else { return false };
    service.operation(&operation).is_ok_and(|operation| !operation.only_reads())
}

type Named = (std::sync::Arc<Service>, String);

fn operation_of(call: &Call) -> Result<Named, EffectError> {
    let service = catalog()
        .service(&call.service)
        .map_err(|error| EffectError::new("UnknownService", error.to_string()))?;
    let operation = operation_name(&service, &call.operation);
    Ok((service, operation))
}

impl App {
    /// Makes a call of an execution, whose answer is as runbooks see it.
    pub(super) async fn perform_call(
        &self,
        target: &Target,
        call: &Call,
    ) -> Result<Value, EffectError> {
        self.call_as_written(target, call).await.map(|answer| values::from_answer(&answer))
    }

    /// Makes a call as runbooks write them.
    pub(super) async fn call_as_written(
        &self,
        target: &Target,
        call: &Call,
    ) -> Result<reeve_model::Value, EffectError> {
        let (service, name) = operation_of(call)?;
        let operation = service
            .operation(&name)
            .map_err(|error| EffectError::new("UnknownOperation", error.to_string()))?;
        let mut input = call.input.clone();
        input.retain(|_, value| !value.is_null());
        let input = values::to_input(&service, operation, &input);
        let input = conform(&service, operation, &input).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            EffectError::new("ParamValidationError", errors.join("; "))
        })?;
        let answer = self.client.call(target, service.name(), &name, input).await;
        answer.map_err(|error| failure(&error))
    }

    /// What is there before a call changes it, by name, so that the change can be found and taken back. What cannot be looked at
    /// is left out.
    pub(super) async fn look_before(&self, target: &Target, call: &Call) -> Map<String, Value> {
        let mut found = Map::new();
        for read in before(call).unwrap_or_default() {
            match self.perform_call(target, &read.call).await {
                Ok(answer) => found.insert(read.name, answer),
                Err(error) if read.absent.contains(&error.code) => {
                    found.insert(read.name, Value::Null)
                }
                Err(error) => {
                    tracing::debug!(call = read.call.operation, %error, "not looked at before the change");
                    None
                }
            };
        }
        found
    }

    /// What is to be answered to a call that was made, or not: its answer was lost.
    pub(super) async fn recover(
        &self,
        target: &Target,
        (call, token): (&Call, &str),
        before: &Map<String, Value>,
    ) -> Result<Value, EffectError> {
        let unknown = |why: String| Err(unknown_outcome(&Effect::Call(call.clone()), &why));
        match on_lost_response(call, token, before) {
            Err(error) => unknown(error.to_string()),
            Ok(Recovery::Ask { why }) => unknown(why),
            Ok(Recovery::RepeatWithToken(call)) => self.perform_call(target, &call).await,
            Ok(Recovery::RepeatSame { done }) => match self.perform_call(target, call).await {
                Err(error) if done.contains(&error.code) => Ok(json!({})),
                answer => answer,
            },
            Ok(Recovery::Look(look)) => {
                let found = match self.perform_call(target, &look.call).await {
                    Err(error) if look.absent.contains(&error.code) => Value::Null,
                    found => found?,
                };
                match look.answer(&found) {
                    Ok(Some(answer)) => Ok(answer),
                    Ok(None) => self.perform_call(target, call).await,
                    Err(error) => unknown(error.to_string()),
                }
            }
        }
    }
}

fn failure(error: &CallError) -> EffectError {
    let code = match error {
        _ if error.code().is_some() => error.code().unwrap_or_default(),
        _ if error.may_have_been_performed() => OUTCOME_UNKNOWN,
        CallError::NoCredentials(_) => "NoCredentials",
        CallError::Invalid(_) => "ParamValidationError",
        _ => "CallFailed",
    };
    EffectError::new(code, error.to_string())
}

/// The word for an effect of which nobody knows whether it happened.
pub(super) const OUTCOME_UNKNOWN: &str = "OutcomeUnknown";

/// What comes of an effect of which it is not known whether it happened, and that must not be done twice.
pub(super) fn unknown_outcome(effect: &Effect, why: &str) -> EffectError {
    let what = match effect {
        Effect::Call(call) => format!("`{}:{}`", call.service, call.operation),
        Effect::Script(_) => "the script".to_owned(),
        Effect::Webhook(webhook) => format!("the webhook `{}`", webhook.integration),
        Effect::Child(child) => format!("the runbook `{}`", child.document),
    };
    EffectError::new(
        OUTCOME_UNKNOWN,
        format!("whether {what} happened is not known, and it is not done again: {why}"),
    )
}

/// The input that a call would have, for its digest.
pub(super) fn input_text(input: &Map<String, Value>) -> String {
    Value::Object(input.clone()).to_string()
}
