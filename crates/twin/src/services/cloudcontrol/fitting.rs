//! Turns properties into the input of an operation: names are found whatever their capitals, texts become numbers where
//! numbers are wanted, and objects become texts where policies are.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeve_model::{Object, Service, ShapeKind, Value, catalog, schema::Member};

use crate::filter::as_text;

/// The input of an operation, and the names of the properties that it does not take.
pub(super) fn fit(service: &str, operation: &str, values: &Object) -> (Object, BTreeSet<String>) {
    let everything = || values.names().map(ToString::to_string).collect();
    let Ok(model) = catalog().service(service) else { return (Object::new(), everything()) };
    let shape = model.operation(operation).ok().and_then(|operation| operation.input.clone());
    let Some(member) = shape else { return (Object::new(), everything()) };
    let ShapeKind::Structure(structure) = &model.shape(member.shape).kind else {
        return (Object::new(), everything());
    };
    let (mut input, mut left) = (Object::new(), BTreeSet::new());
    for (name, value) in values.iter() {
        match member_named(structure.members(), name) {
            Some(member) => {
                input.insert(&member.name, fitted(&model, member, value));
            }
            None => {
                left.insert(name.to_string());
            }
        }
    }
    (input, left)
}

fn member_named<'m>(members: &'m [Member], name: &str) -> Option<&'m Member> {
    let exact = members.iter().find(|member| member.name == name);
    exact.or_else(|| members.iter().find(|member| member.name.eq_ignore_ascii_case(name)))
}

fn fitted(model: &Service, member: &Member, value: &Value) -> Value {
    match (&model.shape(member.shape).kind, value) {
        (ShapeKind::Structure(structure), Value::Object(object)) if !structure.document => object
            .iter()
            .map(|(name, inner)| match member_named(structure.members(), name) {
                Some(member) => (member.name.clone(), fitted(model, member, inner)),
                None => (name.clone(), inner.clone()),
            })
            .collect::<Object>()
            .into(),
        (ShapeKind::List(list), Value::List(elements)) => {
            elements.iter().map(|element| fitted(model, &list.member, element)).collect()
        }
        // One element may be written without its list.
        (ShapeKind::List(list), other) => Value::List(vec![fitted(model, &list.member, other)]),
        (ShapeKind::Map(map), Value::Object(object)) => object
            .iter()
            .map(|(name, inner)| (name.clone(), fitted(model, &map.value, inner)))
            .collect::<Object>()
            .into(),
        (ShapeKind::String(_), Value::Object(_) | Value::List(_)) => {
            Value::from(value.to_json().to_string())
        }
        (ShapeKind::String(_), other) => Value::from(as_text(other)),
        (ShapeKind::Boolean, Value::String(text)) => Value::from(text == "true"),
        (ShapeKind::Integer | ShapeKind::Long, Value::String(text)) => {
            text.parse::<i64>().map_or_else(|_| value.clone(), Value::Integer)
        }
        (ShapeKind::Float | ShapeKind::Double, Value::String(text)) => {
            text.parse::<f64>().map_or_else(|_| value.clone(), Value::Float)
        }
        (ShapeKind::Blob, Value::String(text)) => {
            Value::Blob(STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec()))
        }
        (ShapeKind::Timestamp, Value::String(text)) => {
            text.parse().map_or_else(|_| value.clone(), Value::Timestamp)
        }
        (_, other) => other.clone(),
    }
}
