//! Records as `CloudTrail` writes them.

use reeve_model::{
    Service, ShapeKind, Value, catalog, redact_input, redact_output, schema::Member,
};
use serde_json::{Map, Value as Json, json};

use super::{Record, event_source};
use crate::{
    directory::{Caller, Identity},
    kind::{self, Identity as Part, uuid_of},
    services::SERVED,
};

/// EC2 writes lists of the input as sets of items: the member, the set and what a text in it is.
const SETS: [(&str, &str, &str); 8] = [
    ("InstanceIds", "instancesSet", "instanceId"),
    ("Resources", "resourcesSet", "resourceId"),
    ("SecurityGroupIds", "groupSet", "groupId"),
    ("GroupIds", "groupSet", "groupId"),
    ("VolumeIds", "volumeSet", "volumeId"),
    ("SnapshotIds", "snapshotSet", "snapshotId"),
    ("Tags", "tagSet", "key"),
    ("Filters", "filterSet", "name"),
];

impl Record {
    /// Its id.
    pub(crate) fn event_id(&self, seed: u64) -> String {
        uuid_of(&format!("event {seed} {}", self.number))
    }

    /// Who is said to have done it: the name of a user or of a session.
    pub(crate) fn user_name(&self) -> String {
        match &self.caller.identity {
            Identity::Root => "root".to_owned(),
            Identity::Service => self.caller.user_id.clone(),
            _ => self.caller.arn.rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// The record as `CloudTrail` writes it, without secrets.
    pub(crate) fn written(&self, seed: u64) -> Json {
        let (parameters, elements) = self.parameters();
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": user_identity(&self.caller),
            "eventTime": self.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": event_source(&self.service),
            "eventName": self.operation,
            "awsRegion": self.region.as_str(),
            "sourceIPAddress": self.caller.invoked_by.as_deref().unwrap_or("192.0.2.10"),
            "userAgent": self.caller.invoked_by.as_deref().unwrap_or("aws-sdk"),
            "requestParameters": parameters,
            "responseElements": elements,
            "requestID": uuid_of(&format!("request {seed} {}", self.number)),
            "eventID": self.event_id(seed),
            "readOnly": self.is_read,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": self.account.as_str(),
            "eventCategory": "Management",
        });
        if let (Some((code, message)), Some(members)) = (&self.error, record.as_object_mut()) {
            members.insert("errorCode".to_owned(), code_of(&self.service, code).into());
            members.insert("errorMessage".to_owned(), message.as_str().into());
        }
        record
    }

    /// Input and output in `CloudTrail`'s spelling.
    fn parameters(&self) -> (Json, Json) {
        let Ok(service) = catalog().service(&self.service) else { return (Json::Null, Json::Null) };
        let Ok(operation) = service.operation(&self.operation) else {
            return (Json::Null, Json::Null);
        };
        let (mut input, mut output) = (self.input.clone(), self.output.clone());
        redact_input(&service, operation, &mut input);
        redact_output(&service, operation, &mut output);
        let sets = self.service == "ec2";
        let spell = |member: Option<&Member>, value: &Value| {
            let written = member.map(|member| spelled(&service, member, value, sets));
            written.filter(|written| written.as_object().is_some_and(|members| !members.is_empty()))
        };
        let input = spell(operation.input.as_ref(), &input).unwrap_or_default();
        let output = spell(operation.output.as_ref(), &output).unwrap_or_default();
        (input, output)
    }

    /// The resources it was about: type and name.
    pub(crate) fn resources(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let service = SERVED.iter().find(|served| served.model == self.service);
        let kinds: Vec<kind::Kind> = service.map(|it| it.kinds().collect()).unwrap_or_default();
        collect(&kinds, &self.input, &mut found);
        collect(&kinds, &self.output, &mut found);
        found
    }
}

/// EC2 and a few others say their codes with a prefix.
fn code_of(service: &str, code: &str) -> String {
    match (service, code) {
        ("ec2", "UnauthorizedOperation") => "Client.UnauthorizedOperation".to_owned(),
        ("ec2", code) => format!("Client.{code}"),
        (_, code) => code.to_owned(),
    }
}

fn user_identity(caller: &Caller) -> Json {
    let mut identity = json!({
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account.as_str(),
    });
    let Some(members) = identity.as_object_mut() else { return identity };
    let mut put = |name: &str, value: Json| {
        members.insert(name.to_owned(), value);
    };
    if !caller.access_key_id.is_empty() {
        put("accessKeyId", caller.access_key_id.as_str().into());
    }
    match &caller.identity {
        Identity::Root => put("type", "Root".into()),
        Identity::User(name) => {
            put("type", "IAMUser".into());
            put("userName", name.rsplit('/').next().unwrap_or_default().into());
        }
        Identity::Role(name) => {
            put("type", "AssumedRole".into());
            put("sessionContext", session_context(caller, name));
        }
        Identity::Federated(_) => put("type", "FederatedUser".into()),
        Identity::Service => {
            return json!({
                "type": "AWSService",
                "invokedBy": caller.invoked_by.as_deref().unwrap_or(&caller.user_id),
            });
        }
    }
    if let Some(service) = &caller.invoked_by {
        put("invokedBy", service.as_str().into());
    }
    identity
}

fn session_context(caller: &Caller, role: &str) -> Json {
    let principal = caller.user_id.split(':').next().unwrap_or_default();
    let partition = caller.arn.split(':').nth(1).unwrap_or("aws");
    let session = caller.session.as_deref();
    let began = session.map(|session| session.began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let second_factor = session.is_some_and(|session| session.has_second_factor);
    let mut context = json!({
        "sessionIssuer": {
            "type": "Role",
            "principalId": principal,
            "arn": format!("arn:{partition}:iam::{}:role/{role}", caller.account),
            "accountId": caller.account.as_str(),
            "userName": role.rsplit('/').next().unwrap_or_default(),
        },
        "attributes": {
            "creationDate": began,
            "mfaAuthenticated": second_factor.to_string(),
        },
    });
    if let (Some(identity), Some(members)) = (&caller.source_identity, context.as_object_mut()) {
        members.insert("sourceIdentity".to_owned(), identity.as_str().into());
    }
    context
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A value with the names of its structures in lower camel case; keys of maps stay.
fn spelled(service: &Service, member: &Member, value: &Value, sets: bool) -> Json {
    match (&service.shape(member.shape).kind, value) {
        (ShapeKind::Structure(structure), Value::Object(object)) => {
            let mut members = Map::new();
            for (name, value) in object.iter() {
                let Some(inner) = structure.member(name.as_str()) else { continue };
                if matches!(value, Value::Null | Value::Blob(_)) {
                    continue;
                }
                let (name, written) = match value {
                    Value::List(elements) if sets => set(service, inner, elements),
                    _ => (lower(&inner.name), spelled(service, inner, value, sets)),
                };
                members.insert(name, written);
            }
            members.into()
        }
        (ShapeKind::List(list), Value::List(elements)) => {
            elements.iter().map(|element| spelled(service, &list.member, element, sets)).collect()
        }
        (ShapeKind::Map(map), Value::Object(object)) => {
            let entry = |(name, value): (&reeve_model::Name, &Value)| {
                (name.to_string(), spelled(service, &map.value, value, sets))
            };
            Json::Object(object.iter().map(entry).collect())
        }
        (_, Value::Timestamp(time)) => time.strftime("%b %-d, %Y, %-I:%M:%S %p").to_string().into(),
        (_, value) => value.to_json(),
    }
}

/// A list as EC2's events have it.
fn set(service: &Service, member: &Member, elements: &[Value]) -> (String, Json) {
    let known = SETS.iter().find(|(name, ..)| *name == member.name.as_str());
    let own = member.location_name.as_ref().map(reeve_model::Name::as_str);
    let name = match (known, own) {
        (Some((_, name, _)), _) => (*name).to_owned(),
        (None, Some(own)) if own.ends_with("Set") => own.to_owned(),
        _ => format!("{}Set", lower(member.name.as_str().trim_end_matches('s'))),
    };
    let shape = match &service.shape(member.shape).kind {
        ShapeKind::List(list) => Some(&list.member),
        _ => None,
    };
    let items: Vec<Json> = elements
        .iter()
        .map(|element| match (element, known, shape) {
            (Value::String(text), Some((_, _, item)), _) => {
                Json::Object(Map::from_iter([((*item).to_owned(), text.as_str().into())]))
            }
            (element, _, Some(shape)) => spelled(service, shape, element, true),
            (element, ..) => element.to_json(),
        })
        .collect();
    (name, json!({"items": items}))
}

/// Every id and name in a value that is one of the kinds'.
fn collect(kinds: &[kind::Kind], value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter() {
                let named = value.as_str().and_then(|text| {
                    let is_identity = |kind: &&kind::Kind| {
                        kind.identity.iter().any(|(member, part)| {
                            *member == name.as_str() && matches!(part, Part::Id)
                        })
                    };
                    let kind = kinds.iter().find(is_identity)?;
                    Some((kind.resource_type.to_owned(), text.to_owned()))
                });
                match named {
                    Some(resource) => push(found, resource),
                    None => collect(kinds, value, found),
                }
            }
        }
        Value::List(elements) => elements.iter().for_each(|one| collect(kinds, one, found)),
        Value::String(text) if text.starts_with("arn:") => {
            if let Some((kind, _)) = kind::parse_arn(text) {
                push(found, (kind.resource_type.to_owned(), text.clone()));
            }
        }
        Value::String(text) => {
            if let Some(kind) = kind::of_prefixed(kinds.iter().copied(), text) {
                push(found, (kind.resource_type.to_owned(), text.clone()));
            }
        }
        _ => {}
    }
}

fn push(found: &mut Vec<(String, String)>, resource: (String, String)) {
    if !found.contains(&resource) {
        found.push(resource);
    }
}
