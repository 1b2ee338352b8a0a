//! After an answer was lost: whether the call may be made again, or a look tells, or a person must.

use reeve_model::{ExpressionError, catalog};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    definition::{LookForm, Repeat},
    form::Sources,
    of_call,
    undo::sources,
};
use crate::{effect::Call, operation::operation_name};

/// What may be done about a call whose answer was lost: it was made, or it was not.
#[derive(Debug, Clone)]
pub enum Recovery {
    /// Make it again: that leads to the same.
    RepeatSame {
        /// Error codes which mean that it was made the first time.
        done: Vec<String>,
    },
    /// Make this call again, which has the same token as the first.
    RepeatWithToken(Call),
    /// Look first.
    Look(Box<Look>),
    /// Ask a person.
    Ask {
        /// Why nothing better can be done.
        why: String,
    },
}

/// A look that tells whether a call was made.
#[derive(Debug, Clone)]
pub struct Look {
    /// The call that looks.
    pub call: Call,
    /// Error codes which mean that there is nothing; the answer is then null.
    pub absent: Vec<String>,
    form: &'static LookForm,
    sources: Sources,
}

impl Look {
    /// What the call answered, as far as what was found tells; nothing if it was not made, and it may be made now.
    pub fn answer(&self, found: &Value) -> Result<Option<Value>, ExpressionError> {
        let sources = self.sources.with("found", found.clone());
        if !self.form.happened.holds(&sources)? {
            return Ok(None);
        }
        let happened = self.form.happened.fill(&sources)?.unwrap_or_default();
        let sources = sources.with("happened", happened);
        let answer = self.form.answer.as_ref().map(|answer| answer.fill(&sources)).transpose()?;
        Ok(Some(answer.flatten().unwrap_or_else(|| Value::Object(Map::new()))))
    }
}

/// The call as it is to be made the first time already: with a token, if the operation takes one and the call has none.
pub fn with_token(call: &Call, token: &str) -> Call {
    match token_member(call) {
        Some(member) if !call.input.contains_key(&member) => {
            let mut call = call.clone();
            call.input.insert(member, Value::String(as_uuid(token)));
            call
        }
        _ => call.clone(),
    }
}

/// What may be done about a call whose answer was lost. `token` is the effect's own, `before` what was read before it.
pub fn on_lost_response(
    call: &Call,
    token: &str,
    before: &Map<String, Value>,
) -> Result<Recovery, ExpressionError> {
    let definition = of_call(call);
    let repeat = definition.map_or(&Repeat::Unsaid, |definition| &definition.repeat);
    Ok(match repeat {
        Repeat::Same { done, provided } => {
            let provided = provided.as_ref().map(|it| it.holds(&sources(call, before)));
            // What was there already was not made by this call, whose repetition has to fail as the first would have.
            let done =
                if provided.transpose()?.unwrap_or(true) { done.clone() } else { Vec::new() };
            Recovery::RepeatSame { done }
        }
        Repeat::Token(_) => Recovery::RepeatWithToken(with_token(call, token)),
        Repeat::Ask(why) => Recovery::Ask { why: why.clone() },
        Repeat::Look(form) => {
            let sources = sources(call, before);
            let call = form.call.fill(&sources)?;
            Recovery::Look(Box::new(Look { call, absent: form.absent.clone(), form, sources }))
        }
        Repeat::Unsaid => by_the_model(call, token),
    })
}

/// What the model alone says of an operation.
fn by_the_model(call: &Call, token: &str) -> Recovery {
    let why =
        || format!("whether `{}:{}` may be repeated is not known", call.service, call.operation);
    let Ok(service) = catalog().service(&call.service) else {
        return Recovery::Ask { why: why() };
    };
    match service.operation(&operation_name(&service, &call.operation)) {
        Ok(operation) if operation.only_reads() || operation.idempotent => {
            Recovery::RepeatSame { done: Vec::new() }
        }
        Ok(_) if token_member(call).is_some() => Recovery::RepeatWithToken(with_token(call, token)),
        _ => Recovery::Ask { why: why() },
    }
}

/// The member that tells a repeated call from another: that of the definition, or the one that the model marks.
fn token_member(call: &Call) -> Option<String> {
    if let Some(Repeat::Token(Some(member))) = of_call(call).map(|definition| &definition.repeat) {
        return Some(member.clone());
    }
    let service = catalog().service(&call.service).ok()?;
    let operation = service.operation(&operation_name(&service, &call.operation)).ok()?;
    let input = service.structure(operation.input.as_ref()?.shape)?;
    let marked = input.members().iter().find(|member| member.flags.idempotency_token)?;
    Some(marked.name.to_string())
}

/// A token as a UUID that is always the same: some services want 32 characters at least, and some take 36 at most.
fn as_uuid(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().concat();
    // The version and the variant of a UUID made of a hash (RFC 9562, version 8).
    let third = format!("8{}", part(6, 8).chars().skip(1).collect::<String>());
    let fourth = format!("8{}", part(8, 10).chars().skip(1).collect::<String>());
    format!("{}-{}-{third}-{fourth}-{}", part(0, 4), part(4, 6), part(10, 16))
}
