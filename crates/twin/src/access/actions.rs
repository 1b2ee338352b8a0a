//! The permissions that a call needs, and on what.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use reeve_model::{Authorization, Permissions, Value, permissions_for};

use super::resources::{self, Subject};
use crate::{call::Call, world::World};

/// The permissions of an operation.
#[derive(Debug)]
pub(crate) struct Needed {
    /// Whether whoever has credentials may.
    pub(crate) is_free: bool,
    required: Vec<String>,
    /// Those that calls with tags need besides.
    with_tags: Vec<String>,
    /// Whether a role in the input must be one that the caller may pass on.
    passes_roles: bool,
}

/// By service, then by operation.
type Known = HashMap<&'static str, HashMap<String, Arc<Needed>>>;

static NEEDED: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// What an operation needs: worked out once.
pub(crate) fn needed(call: &Call) -> Arc<Needed> {
    let mut known = NEEDED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.entry(call.service.model).or_default();
    if let Some(needed) = known.get(&call.operation) {
        return Arc::clone(needed);
    }
    let needed = Arc::new(work_out(call));
    known.insert(call.operation.clone(), Arc::clone(&needed));
    needed
}

fn work_out(call: &Call) -> Needed {
    let Ok(operation) = call.model.operation(&call.operation) else {
        let required = vec![call.service.action(&call.operation)];
        return Needed { is_free: false, required, with_tags: Vec::new(), passes_roles: false };
    };
    let Permissions { authorization, required, conditional, path: _ } =
        permissions_for(&call.model, operation);
    let with_tags = conditional.iter().filter(|it| it.when == "with tags");
    Needed {
        is_free: authorization != Authorization::Policies,
        required,
        with_tags: with_tags.map(|it| it.action.clone()).collect(),
        passes_roles: conditional.iter().any(|it| it.action == "iam:PassRole"),
    }
}

/// Every permission that this call needs, with what it is asked about.
pub(crate) fn asked(world: &World, call: &Call, needed: &Needed) -> Vec<(String, Vec<Subject>)> {
    let subjects = resources::of(world, call);
    let mut asked: Vec<(String, Vec<Subject>)> = Vec::new();
    for action in &needed.required {
        let about = resources::for_action(world, call, action, &subjects);
        asked.push((action.clone(), about));
    }
    if !needed.with_tags.is_empty() && super::context::has_tags(call) {
        for action in &needed.with_tags {
            asked.push((action.clone(), subjects.clone()));
        }
    }
    if needed.passes_roles {
        let mut roles = Vec::new();
        role_arns(&call.input, &mut roles);
        if !roles.is_empty() {
            asked.push(("iam:PassRole".to_owned(), roles));
        }
    }
    asked
}

/// The roles in an input, wherever they stand.
fn role_arns(value: &Value, found: &mut Vec<Subject>) {
    match value {
        Value::String(text) if text.starts_with("arn:") && text.contains(":role/") => {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            if let [_, _, "iam", "", account, _] = parts.as_slice() {
                found.push(Subject { arn: text.clone(), account: (*account).to_owned() });
            }
        }
        Value::List(elements) => elements.iter().for_each(|element| role_arns(element, found)),
        Value::Object(object) => object.iter().for_each(|(_, value)| role_arns(value, found)),
        _ => {}
    }
}
