//! Client tokens: a request that is repeated with the same token is performed once.
//!
//! The service models say which member of an input is such a token.

use std::collections::{BTreeMap, VecDeque};

use reeve_model::Value;
use serde::{Deserialize, Serialize};

use crate::{call::Call, dialect::Dialect, digest::hex_digest, failure::Failure};

const REMEMBERED: usize = 20_000;

/// The tokens seen, with what was asked and answered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    seen: BTreeMap<String, (String, Value)>,
    order: VecDeque<String>,
}

impl Tokens {
    /// The answer to a request that was performed before. Refused if the same token came with other parameters.
    pub(crate) fn known(&self, call: &Call) -> Result<Option<Value>, Failure> {
        let Some(key) = key(call) else { return Ok(None) };
        let Some((asked, answer)) = self.seen.get(&key) else { return Ok(None) };
        if *asked == digest(call) {
            return Ok(Some(answer.clone()));
        }
        let code = match call.service.dialect {
            Dialect::Ec2 => "IdempotentParameterMismatch",
            _ => "IdempotentParameterMismatchException",
        };
        Err(Failure::new(code, "Client token was used before with different parameters."))
    }

    /// Remembers what was answered.
    pub(crate) fn remember(&mut self, call: &Call, answer: &Value) {
        let Some(key) = key(call) else { return };
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.seen.insert(key, (digest(call), answer.clone()));
    }
}

/// Operations that refuse a token that came before instead of repeating their answer, which they see to themselves.
const REFUSING: [(&str, &str); 1] = [("efs", "CreateFileSystem")];

/// Where the token belongs: none if the call has none.
fn key(call: &Call) -> Option<String> {
    if REFUSING.contains(&(call.service.model, call.operation.as_str())) {
        return None;
    }
    let operation = call.model.operation(&call.operation).ok()?;
    let structure = call.model.structure(operation.input.as_ref()?.shape)?;
    let member = structure.members().iter().find(|member| member.flags.idempotency_token)?;
    let token = call.text(&member.name)?;
    let (account, region, service) = (call.account(), &call.region, call.service.model);
    Some(format!("{account}/{region}/{service}/{}/{token}", call.operation))
}

fn digest(call: &Call) -> String {
    hex_digest(&call.input.to_json().to_string(), 32)
}
