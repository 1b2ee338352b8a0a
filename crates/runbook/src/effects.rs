//! What operations do, as data: whether they may be repeated, and how they are taken back.
//!
//! A file of `effects/` has the operations of a service, or some of them if they are many; the grammar is in the crate's
//! README. Everything here is a pure function of a call and of what was read and answered.

mod definition;
mod files;
mod form;
mod read;
mod recovery;
mod undo;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::OnceLock};

use reeve_model::catalog;

pub use definition::{EffectDefinition, Example};
pub use recovery::{Look, Recovery, on_lost_response, with_token};
pub use undo::{Inverse, NoInverse, Read, Ready, before, inverse};

use crate::{effect::Call, operation::operation_name};

/// What is known of operations that change something.
#[derive(Debug, Default)]
pub struct Effects {
    by_operation: BTreeMap<(String, String), EffectDefinition>,
}

/// The definitions that ship with Reeve, read on first use.
///
/// A shipped file that cannot be read is left out here; a test sees to it that there is none.
pub fn effects() -> &'static Effects {
    static EFFECTS: OnceLock<Effects> = OnceLock::new();
    EFFECTS.get_or_init(|| {
        let read = files::FILES.iter().filter_map(|(file, text)| read::read(file, text).ok());
        let entry = |it: EffectDefinition| ((it.service.clone(), it.operation.clone()), it);
        Effects { by_operation: read.flatten().map(entry).collect() }
    })
}

impl Effects {
    /// What is known of an operation, by any name that a document may call it by.
    pub fn of(&self, service: &str, operation: &str) -> Option<&EffectDefinition> {
        let service = catalog().service(service).ok()?;
        let operation = operation_name(&service, operation);
        self.by_operation.get(&(service.name().to_string(), operation))
    }

    /// Everything that is known, by service and operation.
    pub fn iter(&self) -> impl Iterator<Item = &EffectDefinition> {
        self.by_operation.values()
    }
}

/// Every service and waiter that an inverse waits for.
#[cfg(test)]
pub(crate) fn waiters() -> Vec<(&'static str, &'static str)> {
    let mut waiters = Vec::new();
    for definition in effects().iter() {
        if let definition::Undo::Calls(calls) = &definition.undo {
            let ready = calls.iter().filter_map(|form| {
                Some((form.call.service.as_str(), form.ready.as_ref()?.waiter.as_str()))
            });
            waiters.extend(ready);
        }
    }
    waiters
}

fn of_call(call: &Call) -> Option<&'static EffectDefinition> {
    effects().of(&call.service, &call.operation)
}
