//! Cuts a value to a shape: descriptions know more than some operations show.

use reeve_model::{Object, Service, ShapeKind, Value, schema::Member};

/// An output without the members that its shape does not have.
pub(crate) fn output(service: &Service, operation: &str, output: Value) -> Value {
    let shape = service.operation(operation).ok().and_then(|operation| operation.output.as_ref());
    match shape {
        Some(member) => fitted(service, member, output),
        None => Value::object(),
    }
}

fn fitted(service: &Service, member: &Member, value: Value) -> Value {
    match (&service.shape(member.shape).kind, value) {
        (ShapeKind::Structure(structure), Value::Object(object)) if !structure.document => object
            .into_iter()
            .filter_map(|(name, value)| {
                let inner = structure.member(&name)?;
                // Facts that are null are facts that are absent.
                (!value.is_null()).then(|| (name, fitted(service, inner, value)))
            })
            .collect::<Object>()
            .into(),
        (ShapeKind::List(list), Value::List(elements)) => {
            elements.into_iter().map(|element| fitted(service, &list.member, element)).collect()
        }
        (ShapeKind::Map(map), Value::Object(object)) => object
            .into_iter()
            .map(|(name, value)| (name, fitted(service, &map.value, value)))
            .collect::<Object>()
            .into(),
        (_, value) => value,
    }
}
