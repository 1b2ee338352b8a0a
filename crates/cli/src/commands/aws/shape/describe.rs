//! Shapes as JSON: each by itself, referring to others by name.

use reeve_model::{
    Name, Service, Shape, ShapeKind,
    schema::{Member, Structure},
};
use serde_json::{Map, Value as Json, json};

/// A shape.
pub(super) fn shape(service: &Service, shape: &Shape) -> Json {
    let name = |member: &Member| service.shape(member.shape).name.as_str().to_owned();
    let mut json = match &shape.kind {
        ShapeKind::Structure(structure) => structure_json(service, structure),
        ShapeKind::List(list) => json!({ "type": "list", "member": name(&list.member) }),
        ShapeKind::Map(map) => {
            json!({ "type": "map", "key": name(&map.key), "value": name(&map.value) })
        }
        ShapeKind::String(values) if !values.is_empty() => {
            let values: Vec<&str> = values.iter().map(Name::as_str).collect();
            json!({ "type": "string", "enum": values })
        }
        kind => json!({ "type": primitive(kind) }),
    };
    let bounds = &shape.bounds;
    set(&mut json, "min", bounds.minimum.map(number));
    set(&mut json, "max", bounds.maximum.map(number));
    set(&mut json, "pattern", bounds.pattern.as_ref().map(|pattern| json!(pattern.as_str())));
    set(&mut json, "sensitive", shape.sensitive.then(|| json!(true)));
    json
}

/// What a shape without parts is called.
pub(super) fn primitive(kind: &ShapeKind) -> &'static str {
    match kind {
        ShapeKind::Structure(_) => "structure",
        ShapeKind::List(_) => "list",
        ShapeKind::Map(_) => "map",
        ShapeKind::String(_) => "string",
        ShapeKind::Blob => "blob",
        ShapeKind::Boolean => "boolean",
        ShapeKind::Integer => "integer",
        ShapeKind::Long => "long",
        ShapeKind::Float => "float",
        ShapeKind::Double => "double",
        ShapeKind::Timestamp => "timestamp",
    }
}

fn structure_json(service: &Service, structure: &Structure) -> Json {
    if structure.document {
        return json!({ "type": "document" });
    }
    let members = structure.members().iter();
    let members: Map<String, Json> =
        members.map(|member| (member.name.to_string(), member_json(service, member))).collect();
    let kind = if structure.union { "union" } else { "structure" };
    json!({ "type": kind, "members": members })
}

fn member_json(service: &Service, member: &Member) -> Json {
    let mut json = json!({ "shape": service.shape(member.shape).name.as_str() });
    let flags = &member.flags;
    for (name, is_set) in [
        ("required", flags.required),
        ("streaming", flags.streaming),
        ("event_stream", flags.event_stream),
        ("idempotency_token", flags.idempotency_token),
        ("sensitive", flags.sensitive),
        ("deprecated", flags.deprecated),
    ] {
        set(&mut json, name, is_set.then(|| json!(true)));
    }
    json
}

fn set(json: &mut Json, name: &str, value: Option<Json>) {
    if let (Some(object), Some(value)) = (json.as_object_mut(), value) {
        object.insert(name.to_owned(), value);
    }
}

/// A bound as a whole number, which nearly all are.
pub(super) fn number(bound: f64) -> Json {
    let text = bound.to_string();
    text.parse::<i64>().map_or_else(|_| json!(bound), Json::from)
}
