//! Unions of newer services.

use crate::{Name, Object, Value};

/// What stands for a member that the model does not know, as AWS's own clients write it.
const UNKNOWN_MEMBER: &str = "SDK_UNKNOWN_MEMBER";

/// Notes which member a union has, if it is none that the model knows: an empty object would say that it has none.
pub(super) fn note_unknown(object: &mut Object, unknown: Option<Name>) {
    if let Some(name) = unknown.filter(|_| object.is_empty()) {
        object.insert(UNKNOWN_MEMBER, Value::from_iter([("name", Value::from(&name))]));
    }
}
