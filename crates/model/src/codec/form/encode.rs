//! Values to forms.

use percent_encoding::utf8_percent_encode;

use crate::{
    Object, Operation, Value,
    codec::{
        DEPTH_LIMIT, UNRESERVED,
        error::EncodeError,
        form::{Dialect, map_step},
        path::{AtPath, ValuePath},
        scalar,
    },
    schema::{Map, Member, Service, ShapeKind, Structure, TimestampFormat},
};

/// Writes an operation's input as a form.
pub(crate) fn encode_form(
    service: &Service,
    operation: &Operation,
    dialect: Dialect,
    input: &Value,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder { service, dialect, out: String::new(), depth: 0 };
    encoder.pair("Action", &operation.name);
    encoder.pair("Version", &service.metadata().api_version);
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    match (structure, input) {
        (_, Value::Null) => {}
        (Some(structure), Value::Object(object)) => encoder.structure("", structure, object)?,
        (None, Value::Object(object)) if object.is_empty() => {}
        _ => return Err(EncodeError::mismatch("a structure", input.kind())),
    }
    Ok(encoder.out.into_bytes())
}

struct Encoder<'a> {
    service: &'a Service,
    dialect: Dialect,
    out: String,
    depth: usize,
}

impl Encoder<'_> {
    fn structure(
        &mut self,
        prefix: &str,
        structure: &Structure,
        object: &Object,
    ) -> Result<(), EncodeError> {
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let member = structure.member(name).ok_or_else(|| EncodeError::UnknownMember {
                path: ValuePath::member(name),
                shape: structure.name.clone(),
            })?;
            let key = join(prefix, &self.dialect.member_name(member));
            self.value(&key, member, value).map_err(|error| error.in_member(name))?;
        }
        Ok(())
    }

    fn value(&mut self, key: &str, member: &Member, value: &Value) -> Result<(), EncodeError> {
        if self.depth > DEPTH_LIMIT {
            return Err(EncodeError::TooDeep { path: ValuePath::default() });
        }
        self.depth += 1;
        match (&self.service.shape(member.shape).kind, value) {
            (ShapeKind::Structure(structure), Value::Object(object)) => {
                self.structure(key, structure, object)?;
            }
            (ShapeKind::List(list), Value::List(elements)) => {
                self.list(key, (member, &list.member), elements)?;
            }
            (ShapeKind::Map(map), Value::Object(entries)) => {
                self.map(key, (member, map), entries)?;
            }
            (kind, value) => {
                let format = member.timestamp_format.unwrap_or(TimestampFormat::DateTime);
                let text = scalar::to_text(kind, value, format)?;
                self.pair(key, &text);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn list(
        &mut self,
        key: &str,
        (list, element): (&Member, &Member),
        elements: &[Value],
    ) -> Result<(), EncodeError> {
        // An empty list is a statement in the query protocol; in EC2's it cannot be said.
        if elements.is_empty() && self.dialect == Dialect::Query {
            self.pair(key, "");
        }
        let key = self
            .dialect
            .list_step(list, element)
            .map_or_else(|| key.to_owned(), |step| join(key, step));
        for (position, value) in elements.iter().enumerate() {
            let numbered = format!("{key}.{}", position + 1);
            self.value(&numbered, element, value).map_err(|error| error.in_element(position))?;
        }
        Ok(())
    }

    fn map(
        &mut self,
        key: &str,
        (member, map): (&Member, &Map),
        entries: &Object,
    ) -> Result<(), EncodeError> {
        let key = map_step(member).map_or_else(|| key.to_owned(), |step| join(key, step));
        for (position, (name, value)) in entries.iter().enumerate() {
            let numbered = format!("{key}.{}", position + 1);
            self.pair(&join(&numbered, &map.key.wire_name), name);
            let value_key = join(&numbered, &map.value.wire_name);
            self.value(&value_key, &map.value, value).map_err(|error| error.in_member(name))?;
        }
        Ok(())
    }

    fn pair(&mut self, key: &str, text: &str) {
        if !self.out.is_empty() {
            self.out.push('&');
        }
        self.out.extend(utf8_percent_encode(key, UNRESERVED));
        self.out.push('=');
        self.out.extend(utf8_percent_encode(text, UNRESERVED));
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
