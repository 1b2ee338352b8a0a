//! Performing effects: calls to AWS, scripts, other executions.

use reeve_aws::{CallError, Target};
use reeve_model::{Operation, Service, catalog, conform};
use reeve_runbook::{Call, Effect, EffectError, operation_name};
use serde_json::{Map, Value, json};

use super::values;
use crate::App;

/// What is known of an effect before it is performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It only looks: it needs no record before it.
    Reads,
    /// It changes something, and doing it again does nothing more: AWS knows it by its token, or it sets a state.
    Repeatable,
    /// It changes something, and doing it again may do it twice.
    Once,
}

/// The nature of an effect.
pub(super) fn nature(effect: &Effect) -> Nature {
    match effect {
        Effect::Call(call) => call_nature(call),
        // Another execution has an id that follows from this one's: it is begun once.
        Effect::Child(_) => Nature::Repeatable,
        Effect::Script(_) | Effect::Webhook(_) => Nature::Once,
    }
}

fn call_nature(call: &Call) -> Nature {
    let Ok((service, operation)) = operation_of(call) else { return Nature::Reads };
    let Ok(operation) = service.operation(&operation) else { return Nature::Reads };
    if operation.only_reads() {
        Nature::Reads
    } else if operation.idempotent || token_member(&service, operation).is_some() {
        Nature::Repeatable
    } else {
        Nature::Once
    }
}

type Named = (std::sync::Arc<Service>, String);

fn operation_of(call: &Call) -> Result<Named, EffectError> {
    let service = catalog()
        .service(&call.service)
        .map_err(|error| EffectError::new("UnknownService", error.to_string()))?;
    let operation = operation_name(&service, &call.operation);
    Ok((service, operation))
}

/// The member by which AWS knows a call again.
fn token_member(service: &Service, operation: &Operation) -> Option<String> {
    let structure = service.structure(operation.input.as_ref()?.shape)?;
    let member = structure.members().iter().find(|member| member.flags.idempotency_token)?;
    Some(member.name.to_string())
}

impl App {
    /// Makes a call of an execution.
    pub(super) async fn perform_call(
        &self,
        target: &Target,
        call: &Call,
        token: &str,
    ) -> Result<Value, EffectError> {
        let (service, name) = operation_of(call)?;
        let operation = service
            .operation(&name)
            .map_err(|error| EffectError::new("UnknownOperation", error.to_string()))?;
        let mut input = call.input.clone();
        input.retain(|_, value| !value.is_null());
        if let Some(member) = token_member(&service, operation) {
            input.entry(member).or_insert_with(|| json!(token));
        }
        let input = values::to_input(&service, operation, &input);
        let input = conform(&service, operation, &input).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            EffectError::new("ParamValidationError", errors.join("; "))
        })?;
        let answer = self.client.call(target, service.name(), &name, input).await;
        answer.map(|answer| values::from_answer(&answer)).map_err(|error| failure(&error))
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

/// What comes of an effect that was begun by a worker that died, and that must not be done twice.
pub(super) fn unknown_outcome(effect: &Effect) -> EffectError {
    let what = match effect {
        Effect::Call(call) => format!("`{}:{}`", call.service, call.operation),
        Effect::Script(_) => "the script".to_owned(),
        Effect::Webhook(webhook) => format!("the webhook `{}`", webhook.integration),
        Effect::Child(child) => format!("the runbook `{}`", child.document),
    };
    EffectError::new(
        OUTCOME_UNKNOWN,
        format!(
            "the process that performed {what} died meanwhile: whether it happened is not known, and it is not done again"
        ),
    )
}

/// The input that a call would have, for its digest.
pub(super) fn input_text(input: &Map<String, Value>) -> String {
    Value::Object(input.clone()).to_string()
}
