//! Performing effects: calls to AWS, scripts, other executions.

use reeve_aws::{CallError, CallOptions, Target};
use reeve_model::{Service, catalog, conform};
use reeve_runbook::{
    Call, Effect, EffectError, OUTCOME_UNKNOWN, Recovery, before, on_lost_response, operation_name,
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

/// How often is tried to find out what came of a call whose answer was lost, should that be lost too.
const RECOVERIES: usize = 5;

impl App {
    /// Makes a call of an execution that may be made again, whose answer is as runbooks see it.
    pub(super) async fn perform_call(
        &self,
        target: &Target,
        call: &Call,
    ) -> Result<Value, EffectError> {
        self.make_call(target, call, CallOptions::default()).await
    }

    /// Makes a call that changes something, and does so once, even where an answer is lost.
    pub(super) async fn make_change(
        &self,
        target: &Target,
        (call, token): (&Call, &str),
        before: &Map<String, Value>,
    ) -> Result<Value, EffectError> {
        let recovery = on_lost_response(call, token, before);
        let options = CallOptions { once: !repeats_freely(&recovery), ..CallOptions::default() };
        match self.make_call(target, call, options).await {
            Err(error) if error.code == OUTCOME_UNKNOWN => {
                self.recover(target, (call, token), before).await
            }
            answer => answer,
        }
    }

    async fn make_call(
        &self,
        target: &Target,
        call: &Call,
        options: CallOptions,
    ) -> Result<Value, EffectError> {
        let answer = self.call_as_written(target, call, options).await;
        answer.map(|answer| values::from_answer(&answer))
    }

    /// Makes a call as runbooks write them.
    pub(super) async fn call_as_written(
        &self,
        target: &Target,
        call: &Call,
        options: CallOptions,
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
        let answer = self.client.call_with(target, (service.name(), &name), input, options).await;
        answer.map_err(|error| failure(&error))
    }

    /// What is there before a call changes it, by name, so that the change can be found and taken back. Beside it, what could
    /// not be looked at, and why.
    pub(super) async fn look_before(
        &self,
        target: &Target,
        call: &Call,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let (mut found, mut unread) = (Map::new(), Map::new());
        for read in before(call).unwrap_or_default() {
            match self.perform_call(target, &read.call).await {
                Ok(answer) => found.insert(read.name, answer),
                Err(error) if read.absent.contains(&error.code) => {
                    found.insert(read.name, Value::Null)
                }
                Err(error) => {
                    unread.insert(read.name, json!({"code": error.code, "message": error.message}))
                }
            };
        }
        (found, unread)
    }

    /// What is to be answered to a call that was made, or not: its answer was lost.
    pub(super) async fn recover(
        &self,
        target: &Target,
        (call, token): (&Call, &str),
        before: &Map<String, Value>,
    ) -> Result<Value, EffectError> {
        let unknown = |why: String| Err(unknown_outcome(&Effect::Call(call.clone()), &why));
        let recovery = match on_lost_response(call, token, before) {
            Err(error) => return unknown(error.to_string()),
            Ok(Recovery::Ask { why }) => return unknown(why),
            Ok(recovery) => recovery,
        };
        for _ in 0..RECOVERIES {
            match self.try_recovery(target, call, &recovery).await {
                Err(error) if error.code == OUTCOME_UNKNOWN => {}
                answer => return answer,
            }
        }
        unknown("its answer was lost again and again".to_owned())
    }

    async fn try_recovery(
        &self,
        target: &Target,
        call: &Call,
        recovery: &Recovery,
    ) -> Result<Value, EffectError> {
        let once = CallOptions::once();
        match recovery {
            Recovery::Ask { why } => Err(unknown_outcome(&Effect::Call(call.clone()), why)),
            Recovery::RepeatWithToken(call) => self.perform_call(target, call).await,
            Recovery::RepeatSame { done } => match self.make_call(target, call, once).await {
                Err(error) if done.contains(&error.code) => Ok(json!({})),
                answer => answer,
            },
            Recovery::Look(look) => {
                let found = match self.perform_call(target, &look.call).await {
                    Err(error) if look.absent.contains(&error.code) => Value::Null,
                    found => found?,
                };
                match look.answer(&found) {
                    Ok(Some(answer)) => Ok(answer),
                    Ok(None) => self.make_call(target, call, once).await,
                    Err(error) => {
                        Err(unknown_outcome(&Effect::Call(call.clone()), &error.to_string()))
                    }
                }
            }
        }
    }
}

/// Whether making a call again does nothing more and is answered as the first time, so that the client may do so by itself.
fn repeats_freely<E>(recovery: &Result<Recovery, E>) -> bool {
    match recovery {
        Ok(Recovery::RepeatWithToken(_)) => true,
        Ok(Recovery::RepeatSame { done }) => done.is_empty(),
        Ok(Recovery::Look(_) | Recovery::Ask { .. }) | Err(_) => false,
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
