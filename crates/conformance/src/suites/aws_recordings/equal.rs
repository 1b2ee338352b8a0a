//! What an output that was written and read again must have of the one that was recorded.

use reeve_model::{
    Object, Operation, Protocol, Service, ShapeKind, Value,
    schema::{Location, Member, Structure},
};

/// The output without what its protocol cannot say: that a list or a map which is flattened into its parent is there and
/// empty, that a body is there and empty, and that there is no status.
pub(super) fn comparable(
    service: &Service,
    operation: &Operation,
    output: Value,
    recorded: &Value,
) -> Value {
    let Some(member) = &operation.output else { return output };
    let is_xml =
        matches!(service.metadata().protocol, Protocol::Ec2 | Protocol::Query | Protocol::RestXml);
    let mut output = if is_xml { without_empty(service, member, output) } else { output };
    let members = service.structure(member.shape).map(Structure::members);
    for member in members.unwrap_or_default() {
        let status = member.location == Some(Location::StatusCode);
        let unsaid = (status && recorded.get(&member.name).is_none())
            || output.get(&member.name).and_then(Value::as_blob) == Some(&[]);
        if let (true, Some(object)) = (unsaid, output.as_object_mut()) {
            object.remove(&member.name);
        }
    }
    output
}

fn without_empty(service: &Service, member: &Member, value: Value) -> Value {
    match (&service.shape(member.shape).kind, value) {
        (ShapeKind::Structure(structure), Value::Object(object)) => {
            let mut kept = Object::with_capacity(object.len());
            for (name, value) in object {
                let Some(member) = structure.member(&name) else { continue };
                let value = without_empty(service, member, value);
                if !(member.flags.flattened && is_empty(&value)) {
                    kept.insert(name, value);
                }
            }
            Value::Object(kept)
        }
        (ShapeKind::List(list), Value::List(elements)) => {
            let elements = elements.into_iter();
            elements.map(|element| without_empty(service, &list.member, element)).collect()
        }
        (ShapeKind::Map(map), Value::Object(entries)) => {
            let entries = entries.into_iter();
            let entries =
                entries.map(|(key, value)| (key, without_empty(service, &map.value, value)));
            Value::Object(entries.collect())
        }
        (_, value) => value,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::List(elements) => elements.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
