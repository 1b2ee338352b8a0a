//! Taking a change back: what is read before it, and the calls that undo it.

use reeve_model::{ExpressionError, catalog, schema::Structure};
use serde_json::{Map, Value};

use super::{
    definition::{
        CallForm, Copying, EffectDefinition, Missing, ReadyForm, Restoring, Undo, UndoForm,
    },
    form::{Sources, fill_all},
    of_call,
};
use crate::effect::Call;

/// Something that is read before a change, so that the change can be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The name under which its answer is kept.
    pub name: String,
    /// The call. If its answer has pages, all of them are wanted.
    pub call: Call,
    /// Error codes which mean that there is nothing; the answer is then null.
    pub absent: Vec<String>,
}

/// A call that takes a change back, wholly or in part.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    /// What is waited for before it, if it could be too early: a change that is still under way.
    pub ready: Option<Ready>,
    /// The call.
    pub call: Call,
}

/// Something that is waited for.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// The waiter of the call's service, as the models call it.
    pub waiter: String,
    /// The call that it repeats.
    pub call: Call,
}

/// Why a change cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoInverse {
    /// Nothing is known of the operation.
    #[error("what `{service}:{operation}` changes is not known")]
    Unknown {
        /// The service.
        service: String,
        /// The operation.
        operation: String,
    },
    /// It cannot be, at all or in this case.
    #[error("{0}")]
    Impossible(String),
    /// The call had a member whose value before is not known.
    #[error("what `{member}` was before is not known")]
    Member {
        /// The member.
        member: String,
    },
    /// A call that would take it back lacks something that it must have.
    #[error("`{operation}` would lack `{member}`: neither the input nor the answers have it")]
    Incomplete {
        /// The operation that would take it back.
        operation: String,
        /// What it would lack.
        member: String,
    },
    /// An expression does not fit the answers.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
}

/// What is to be read before a call is made. Nothing if nothing need be, or nothing is known of the operation.
pub fn before(call: &Call) -> Result<Vec<Read>, NoInverse> {
    let Some(definition) = of_call(call) else { return Ok(Vec::new()) };
    let sources = Sources::default().with("input", Value::Object(call.input.clone()));
    let mut reads = Vec::new();
    for read in &definition.reads {
        let when = read.when.as_ref().map(|when| when.holds(&sources)).transpose()?;
        if when.unwrap_or(true) {
            reads.push(Read {
                name: read.name.clone(),
                call: read.call.fill(&sources)?,
                absent: read.absent.clone(),
            });
        }
    }
    Ok(reads)
}

/// The calls that take a call back, in order; none if it changed nothing that lasts.
///
/// `before` is what [`before`] wanted to be read, by name; `answer` is what the call answered, null if that is not known.
pub fn inverse(
    call: &Call,
    before: &Map<String, Value>,
    answer: &Value,
) -> Result<Vec<Inverse>, NoInverse> {
    let definition = of_call(call).ok_or_else(|| NoInverse::Unknown {
        service: call.service.clone(),
        operation: call.operation.clone(),
    })?;
    let calls = match &definition.undo {
        Undo::Never(reason) => return Err(NoInverse::Impossible(reason.clone())),
        Undo::Calls(calls) => calls,
    };
    let sources = sources(call, before).with("answer", answer.clone());
    definition.check_possible(&sources)?;
    let mut inverse = Vec::new();
    for form in calls {
        form.add_calls(&sources, &mut inverse)?;
    }
    Ok(inverse)
}

pub(super) fn sources(call: &Call, before: &Map<String, Value>) -> Sources {
    Sources::default()
        .with("input", Value::Object(call.input.clone()))
        .with("before", Value::Object(before.clone()))
}

impl EffectDefinition {
    fn check_possible(&self, sources: &Sources) -> Result<(), NoInverse> {
        for (when, reason) in &self.cannot {
            if when.holds(sources)? {
                return Err(NoInverse::Impossible(reason.clone()));
            }
        }
        Ok(())
    }
}

impl CallForm {
    pub(super) fn fill(&self, sources: &Sources) -> Result<Call, ExpressionError> {
        Ok(Call {
            service: self.service.clone(),
            operation: self.operation.clone(),
            input: fill_all(&self.input, sources)?,
        })
    }
}

impl UndoForm {
    fn add_calls(&self, sources: &Sources, calls: &mut Vec<Inverse>) -> Result<(), NoInverse> {
        let rounds = match &self.each {
            Some(each) => each.rounds(sources)?,
            None => vec![sources.clone()],
        };
        for sources in &rounds {
            let when = self.when.as_ref().map(|when| when.holds(sources)).transpose()?;
            if when.unwrap_or(true) {
                let call = self.fill(sources)?;
                check_complete(&call)?;
                let ready =
                    self.ready.as_ref().map(|ready| self.wait(ready, sources)).transpose()?;
                calls.push(Inverse { ready: ready.flatten(), call });
            }
        }
        Ok(())
    }

    fn wait(&self, form: &ReadyForm, sources: &Sources) -> Result<Option<Ready>, NoInverse> {
        let Ok(service) = catalog().service(&self.call.service) else { return Ok(None) };
        let Some(waiter) = service.waiter(&form.waiter) else { return Ok(None) };
        let call = Call {
            service: self.call.service.clone(),
            operation: waiter.operation.to_string(),
            input: fill_all(&form.input, sources)?,
        };
        Ok(Some(Ready { waiter: form.waiter.clone(), call }))
    }

    fn fill(&self, sources: &Sources) -> Result<Call, NoInverse> {
        let mut call = self.call.fill(sources)?;
        if let Some(copying) = &self.copying {
            call.input.extend(copying.fill(sources)?);
        }
        if let Some(restoring) = &self.restoring {
            let taken: Vec<&str> = self.call.input.iter().map(|(name, _)| name.as_str()).collect();
            let restored = restoring.fill(sources, &taken)?;
            match &restoring.into {
                Some(member) => {
                    call.input.insert(member.clone(), Value::Object(restored));
                }
                None => call.input.extend(restored),
            }
        }
        Ok(call)
    }
}

impl Copying {
    fn fill(&self, sources: &Sources) -> Result<Map<String, Value>, ExpressionError> {
        match self.from.fill(sources)? {
            Some(Value::Object(from)) => {
                let mut copied = fill_all(&self.members, &sources.within(from))?;
                // What was empty was not there, and many operations refuse an empty value.
                copied.retain(|_, value| !is_empty(value));
                Ok(copied)
            }
            _ => Ok(Map::new()),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

impl Restoring {
    fn fill(&self, sources: &Sources, taken: &[&str]) -> Result<Map<String, Value>, NoInverse> {
        let given = match &self.given {
            Some(given) => given.fill(sources)?.unwrap_or_default(),
            None => sources.get("input").cloned().unwrap_or_default(),
        };
        let from = match self.from.fill(sources)? {
            Some(Value::Object(from)) => from,
            _ => Map::new(),
        };
        let inner = sources.within(from.clone());
        let mut restored = Map::new();
        for name in given.as_object().into_iter().flat_map(Map::keys) {
            let is_apart = self.given.is_none() && taken.contains(&name.as_str());
            if is_apart || self.besides.contains(name) {
                continue;
            }
            let unknown = || NoInverse::Member { member: name.clone() };
            let value = match &self.members {
                Some(members) => {
                    let known = members.iter().find(|(known, _)| known == name);
                    known.ok_or_else(unknown)?.1.fill(&inner)?
                }
                None => from.get(name).cloned(),
            };
            match (value.filter(|value| !value.is_null()), &self.missing) {
                (Some(value), _) => {
                    restored.insert(name.clone(), value);
                }
                (None, Missing::Value(value)) => {
                    restored.insert(name.clone(), value.clone());
                }
                (None, Missing::Skip) => {}
                (None, Missing::Refuse) => return Err(unknown()),
            }
        }
        Ok(restored)
    }
}

/// A call that lacks what it must have would fail; it is better not to promise it.
fn check_complete(call: &Call) -> Result<(), NoInverse> {
    let Ok(service) = catalog().service(&call.service) else { return Ok(()) };
    let Ok(operation) = service.operation(&call.operation) else { return Ok(()) };
    let input = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    for member in input.map(Structure::members).unwrap_or_default() {
        let is_there = call.input.get(member.name.as_str()).is_some_and(|value| {
            // A list of nobody changes nobody, and services refuse it.
            !matches!(value, Value::Array(elements) if elements.is_empty())
        });
        if member.flags.required && !is_there && !member.flags.idempotency_token {
            let operation = call.operation.clone();
            return Err(NoInverse::Incomplete { operation, member: member.name.to_string() });
        }
    }
    Ok(())
}
