//! Takes what is secret out of inputs, outputs and errors, so that what was said can be kept and shown.
//!
//! ```text
//! value ──► the shapes say `sensitive`, or the table of names does ──► REDACTED, 0, false, … in its place
//! ```
//!
//! What stands in the place of a secret is of its kind, so that the value still fits its shape and every codec still
//! writes and reads it. A value that was redacted once stays as it is when it is redacted again.
//!
//! The models mark most secrets and forget some; [`names`] has what they forget. Both are asked: what one of them calls
//! secret is. Data that a service only carries (objects, items, messages, the parameters of documents) is not looked
//! into: whether it is secret, no model can say.

mod names;

use crate::{
    Name, Object, Operation, Service, ServiceError, ShapeId, ShapeKind, Value,
    schema::{Member, Structure},
};

/// What stands in the place of a secret text.
pub const REDACTED: &str = "REDACTED";

/// A secret text shorter than this is not looked for elsewhere: it could be a part of anything.
const SHORTEST_TRACE: usize = 8;

/// What was taken out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Whether anything was.
    pub is_changed: bool,
    /// The texts that were, if they are long enough to be recognised elsewhere: a service may repeat in its message what
    /// it was told.
    pub secrets: Vec<String>,
}

/// Takes the secrets out of an operation's input.
pub fn redact_input(service: &Service, operation: &Operation, input: &mut Value) -> Redaction {
    redact(service, operation.input.as_ref(), input)
}

/// Takes the secrets out of an operation's output.
pub fn redact_output(service: &Service, operation: &Operation, output: &mut Value) -> Redaction {
    redact(service, operation.output.as_ref(), output)
}

/// Takes the secrets out of an error.
pub fn redact_error(service: &Service, error: &mut ServiceError) -> Redaction {
    let mut redactor = Redactor { service, found: Redaction::default() };
    let Some((id, shape)) = service.exception(&error.code) else { return redactor.found };
    redactor.shape(id, &mut error.detail, Secrecy::Open);
    let message = shape.members().iter().find(|member| member.name.eq_ignore_ascii_case("message"));
    if message.is_some_and(|member| redactor.secrecy(member, Secrecy::Open) != Secrecy::Open) {
        redactor.text(&mut error.message);
    }
    redactor.found
}

/// Takes out of any JSON what its names say is secret: members that a service added since its model was published.
/// Whether there was something.
pub fn redact_json(json: &mut serde_json::Value) -> bool {
    redact_json_in(json, false)
}

fn redact_json_in(json: &mut serde_json::Value, is_secret: bool) -> bool {
    let mut is_changed = false;
    match json {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                is_changed |= redact_json_in(value, is_secret || names::is_secret(name));
            }
        }
        serde_json::Value::Array(elements) => {
            for element in elements {
                is_changed |= redact_json_in(element, is_secret);
            }
        }
        serde_json::Value::String(text)
            if is_secret && !text.is_empty() && !text.starts_with(REDACTED) =>
        {
            REDACTED.clone_into(text);
            is_changed = true;
        }
        _ => {}
    }
    is_changed
}

/// Whether an operation's input has a place for secrets.
pub fn input_has_secrets(service: &Service, operation: &Operation) -> bool {
    operation.input.as_ref().is_some_and(|member| has_secrets(service, member.shape))
}

/// Whether an operation's output has a place for secrets.
pub fn output_has_secrets(service: &Service, operation: &Operation) -> bool {
    operation.output.as_ref().is_some_and(|member| has_secrets(service, member.shape))
}

/// Whether one of an operation's errors has a place for secrets.
pub fn errors_have_secrets(service: &Service, operation: &Operation) -> bool {
    operation.errors.iter().any(|shape| has_secrets(service, *shape))
}

/// Whether the model or the table says that a member is secret itself, whatever is around it.
fn is_secret(service: &Service, structure: &Structure, member: &Member) -> bool {
    let redactor = Redactor { service, found: Redaction::default() };
    redactor.secrecy(member, Secrecy::Open) != Secrecy::Open
        || names::is_secret_in(service.name(), &structure.name, &member.name)
}

/// How far something is to be hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    /// Not at all.
    Open,
    /// Its texts and bytes: its name says so.
    Named,
    /// All of it: the model says so.
    Marked,
}

struct Redactor<'a> {
    service: &'a Service,
    found: Redaction,
}

fn redact(service: &Service, member: Option<&Member>, value: &mut Value) -> Redaction {
    let mut redactor = Redactor { service, found: Redaction::default() };
    if let Some(member) = member {
        redactor.member(member, value, Secrecy::Open);
    }
    redactor.found
}

impl Redactor<'_> {
    fn secrecy(&self, member: &Member, around: Secrecy) -> Secrecy {
        if member.flags.sensitive || self.service.shape(member.shape).sensitive {
            Secrecy::Marked
        } else if around == Secrecy::Open && names::is_secret(&member.name) {
            Secrecy::Named
        } else {
            around
        }
    }

    fn member(&mut self, member: &Member, value: &mut Value, around: Secrecy) {
        let secrecy = self.secrecy(member, around);
        if secrecy != Secrecy::Open && names::is_page_token(&member.name) {
            return self.page_token(value);
        }
        if secrecy != Secrecy::Open && names::is_expiry(&member.name) {
            return;
        }
        self.shape(member.shape, value, secrecy);
    }

    fn shape(&mut self, shape: ShapeId, value: &mut Value, secrecy: Secrecy) {
        let service = self.service;
        match (&service.shape(shape).kind, value) {
            (ShapeKind::Structure(structure), value) if structure.document => {
                self.document(value, secrecy);
            }
            (ShapeKind::Structure(structure), Value::Object(object)) => {
                self.structure(structure, object, secrecy);
            }
            (ShapeKind::List(list), Value::List(elements)) => {
                for element in elements {
                    self.member(&list.member, element, secrecy);
                }
            }
            (ShapeKind::Map(map), Value::Object(object)) => {
                if self.secrecy(&map.key, secrecy) == Secrecy::Marked {
                    self.keys(object);
                }
                for (key, value) in object.iter_mut() {
                    self.member(&map.value, value, within(key, secrecy));
                }
            }
            (_, value) => self.document(value, secrecy),
        }
    }

    fn structure(&mut self, structure: &Structure, object: &mut Object, secrecy: Secrecy) {
        let (service, is_session) = (self.service.name(), names::is_session(object));
        for (name, value) in object.iter_mut() {
            let is_listed = names::is_secret_in(service, &structure.name, name)
                || is_session && names::is_key_id(name);
            let around = if is_listed { Secrecy::Marked } else { secrecy };
            match structure.member(name) {
                Some(member) if names::is_environment(name) => {
                    self.environment(member, value, around);
                }
                Some(member) => self.member(member, value, around),
                None => self.document(value, within(name, around)),
            }
        }
    }

    /// Variables: names to be shown, and values that nobody knows to be harmless.
    fn environment(&mut self, member: &Member, value: &mut Value, around: Secrecy) {
        let service = self.service;
        match (&service.shape(member.shape).kind, value) {
            (ShapeKind::Map(map), Value::Object(variables)) => {
                if self.secrecy(&map.key, self.secrecy(member, around)) == Secrecy::Marked {
                    self.keys(variables);
                }
                for (_, value) in variables.iter_mut() {
                    let is_text = matches!(value, Value::String(_));
                    self.member(&map.value, value, if is_text { Secrecy::Marked } else { around });
                }
            }
            (ShapeKind::List(list), Value::List(variables)) => {
                for variable in variables {
                    let members = variable.as_object_mut().into_iter().flat_map(Object::iter_mut);
                    for (name, value) in members {
                        if name.eq_ignore_ascii_case("value") {
                            self.document(value, Secrecy::Named);
                        }
                    }
                    self.member(&list.member, variable, around);
                }
            }
            (_, value) => self.member(member, value, around),
        }
    }

    /// A value without a shape, or whose shape says nothing more.
    fn document(&mut self, value: &mut Value, secrecy: Secrecy) {
        match (value, secrecy) {
            (Value::Object(object), _) => {
                for (name, value) in object.iter_mut() {
                    self.document(value, within(name, secrecy));
                }
            }
            (Value::List(elements), _) => {
                for element in elements {
                    self.document(element, secrecy);
                }
            }
            (_, Secrecy::Open) | (Value::Null, _) => {}
            (Value::String(text), _) => self.text(text),
            (Value::Blob(bytes), _) => self.blob(bytes),
            (_, Secrecy::Named) => {}
            (value, Secrecy::Marked) => self.other(value),
        }
    }

    fn text(&mut self, text: &mut String) {
        if text.is_empty() || text.starts_with(REDACTED) {
            return;
        }
        self.found.is_changed = true;
        let secret = std::mem::replace(text, REDACTED.to_owned());
        if secret.len() >= SHORTEST_TRACE {
            self.found.secrets.push(secret);
        }
    }

    fn blob(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() || bytes.starts_with(REDACTED.as_bytes()) {
            return;
        }
        self.found.is_changed = true;
        let secret = std::mem::replace(bytes, REDACTED.as_bytes().to_vec());
        if let Ok(text) = String::from_utf8(secret)
            && text.len() >= SHORTEST_TRACE
        {
            self.found.secrets.push(text);
        }
    }

    fn other(&mut self, value: &mut Value) {
        let nothing = match value {
            Value::Bool(_) => Value::Bool(false),
            Value::Integer(_) => Value::Integer(0),
            Value::Float(_) => Value::Float(0.0),
            Value::Timestamp(_) => Value::Timestamp(jiff::Timestamp::UNIX_EPOCH),
            Value::Null | Value::String(_) | Value::Blob(_) | Value::List(_) | Value::Object(_) => {
                return;
            }
        };
        self.found.is_changed |= *value != nothing;
        *value = nothing;
    }

    /// Tokens stay different from each other: pages that all lead to the same one would have no end.
    fn page_token(&mut self, value: &mut Value) {
        let Value::String(text) = value else { return self.document(value, Secrecy::Marked) };
        if text.is_empty() || text.starts_with(REDACTED) {
            return;
        }
        let checksum = crc32fast::hash(text.as_bytes());
        self.text(text);
        *text = format!("{REDACTED}-{checksum:08x}");
    }

    /// Keys stay different from each other.
    fn keys(&mut self, object: &mut Object) {
        let entries = std::mem::take(object).into_iter().enumerate();
        *object = entries
            .map(|(position, (key, value))| {
                let mut text = key.as_str().to_owned();
                self.text(&mut text);
                let is_new = text == REDACTED && position > 0;
                let key = if is_new { format!("{REDACTED}-{position}") } else { text };
                (Name::from(key), value)
            })
            .collect();
    }
}

/// How secret an entry of this name is, where no shape says so.
fn within(name: &str, around: Secrecy) -> Secrecy {
    if around == Secrecy::Open && names::is_secret(name) { Secrecy::Named } else { around }
}

/// Whether a secret can be somewhere in a value of this shape.
fn has_secrets(service: &Service, root: ShapeId) -> bool {
    let (mut seen, mut open) = (std::collections::HashSet::new(), vec![root]);
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let shape = service.shape(id);
        if shape.sensitive {
            return true;
        }
        match &shape.kind {
            ShapeKind::Structure(structure) => {
                for member in structure.members() {
                    if is_secret(service, structure, member) || names::is_environment(&member.name)
                    {
                        return true;
                    }
                    open.push(member.shape);
                }
            }
            ShapeKind::List(list) if list.member.flags.sensitive => return true,
            ShapeKind::List(list) => open.push(list.member.shape),
            ShapeKind::Map(map) if map.key.flags.sensitive || map.value.flags.sensitive => {
                return true;
            }
            ShapeKind::Map(map) => open.extend([map.key.shape, map.value.shape]),
            _ => {}
        }
    }
    false
}

impl std::fmt::Debug for Redaction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (changed, secrets) = (self.is_changed, self.secrets.len());
        write!(formatter, "Redaction {{ is_changed: {changed}, secrets: {secrets} of them }}")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{catalog, conform};

    fn service(name: &str) -> Arc<Service> {
        catalog().service(name).unwrap()
    }

    fn redacted(service: &Service, operation: &str, input: &serde_json::Value) -> Value {
        let operation = service.operation(operation).unwrap();
        let mut input = conform(service, operation, input).unwrap();
        assert!(redact_input(service, operation, &mut input).is_changed);
        let once = input.clone();
        let again = redact_input(service, operation, &mut input);
        assert_eq!((again, &input), (Redaction::default(), &once), "once is enough");
        input
    }

    #[test]
    fn what_is_marked_becomes_nothing_of_its_kind_and_the_rest_stays() {
        let input = json!({
            "Name": "s", "SecretString": "planted", "SecretBinary": "cGxhbnRlZA==",
            "Tags": [{"Key": "Team", "Value": "harbour"}],
        });
        let expected = json!({
            "Name": "s", "SecretString": "REDACTED", "SecretBinary": "UkVEQUNURUQ=",
            "Tags": [{"Key": "Team", "Value": "harbour"}],
        });
        let found = redacted(&service("secretsmanager"), "CreateSecret", &input);
        assert_eq!(found.to_json(), expected);
    }

    #[test]
    fn keys_that_are_secret_stay_different_and_others_stay() {
        let variables = json!({"A": "planted", "B": "planted"});
        let input = json!({"FunctionName": "f", "Environment": { "Variables": variables }});
        let found = redacted(&service("lambda"), "UpdateFunctionConfiguration", &input);
        let expected = json!({"REDACTED": "REDACTED", "REDACTED-1": "REDACTED"});
        assert_eq!(found.path("Environment.Variables").unwrap().to_json(), expected);
        let input = json!({
            "family": "f",
            "containerDefinitions": [{"environment": [{"name": "KEY", "value": "planted"}]}],
        });
        let found = redacted(&service("ecs"), "RegisterTaskDefinition", &input);
        let expected = json!([{"name": "KEY", "value": "REDACTED"}]);
        assert_eq!(found.path("containerDefinitions.0.environment").unwrap().to_json(), expected);
    }

    #[test]
    fn tokens_of_pages_stay_different_from_each_other() {
        let codebuild = service("codebuild");
        let token = |token: &str| {
            let input = json!({"nextToken": token});
            let operation = codebuild.operation("ListBuilds").unwrap();
            let mut input = conform(&codebuild, operation, &input).unwrap();
            redact_input(&codebuild, operation, &mut input);
            input.get("nextToken").unwrap().as_str().unwrap().to_owned()
        };
        assert_ne!(token("one"), token("two"));
        assert_eq!(token("one"), token("one"));
    }

    #[test]
    fn the_keys_of_a_session_keep_nothing_but_their_end() {
        let sts = service("sts");
        let credentials = Value::from_iter([
            ("AccessKeyId", Value::from("ASIAEXAMPLE")),
            ("SecretAccessKey", Value::from("planted-key")),
            ("SessionToken", Value::from("planted-token")),
            ("Expiration", Value::Timestamp(jiff::Timestamp::UNIX_EPOCH)),
        ]);
        let mut output = Value::from_iter([("Credentials", credentials)]);
        let operation = sts.operation("AssumeRole").unwrap();
        let redaction = redact_output(&sts, operation, &mut output);
        assert_eq!(redaction.secrets, ["ASIAEXAMPLE", "planted-key", "planted-token"]);
        let expected = json!({"Credentials": {
            "AccessKeyId": "REDACTED", "SecretAccessKey": "REDACTED", "SessionToken": "REDACTED",
            "Expiration": "1970-01-01T00:00:00Z",
        }});
        assert_eq!(output.to_json(), expected);
    }

    #[test]
    fn json_that_no_model_knows_is_judged_by_its_names() {
        let mut json = json!({"Name": "n", "New": [{"ClientSecret": "planted", "Password": {"S": "planted"}}]});
        assert!(redact_json(&mut json));
        let expected = json!({"Name": "n", "New": [{"ClientSecret": "REDACTED", "Password": {"S": "REDACTED"}}]});
        assert_eq!(json, expected);
        assert!(!redact_json(&mut json), "once is enough");
    }

    #[test]
    fn where_there_is_a_place_for_secrets_is_known() {
        for (name, operation, input, output) in [
            ("sts", "GetCallerIdentity", false, false),
            ("sts", "AssumeRole", true, true),
            ("ec2", "GetPasswordData", false, true),
            ("dynamodb", "ListTables", false, false),
            ("ssm", "GetParameter", false, true),
            ("kms", "Encrypt", true, false),
        ] {
            let service = service(name);
            let operation = service.operation(operation).unwrap();
            let found =
                (input_has_secrets(&service, operation), output_has_secrets(&service, operation));
            assert_eq!(found, (input, output), "{name}:{}", operation.name);
        }
    }
}
