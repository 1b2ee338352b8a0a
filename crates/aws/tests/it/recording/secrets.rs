//! Nothing secret gets into a folder: secrets are planted wherever the models have a place for them, and looked for.

use reeve_aws::{CallError, CallSite, Client, EndpointOverrides, Transport};
use reeve_model::{
    Name, Operation, Service, ServiceError, ShapeId, ShapeKind, Value, catalog, encode_error,
    encode_response,
    schema::{Location, Member, Structure},
};

use super::{clock, files, recording, replaying_with};
use crate::harness::{Answer, config, target};

/// Services of every protocol, those first whose business are secrets.
const SERVICES: [&str; 30] = [
    "secretsmanager",
    "ssm",
    "kms",
    "sts",
    "iam",
    "sso",
    "sso-oidc",
    "cognito-idp",
    "ecr",
    "rds",
    "redshift",
    "docdb",
    "ec2",
    "lambda",
    "s3",
    "acm",
    "acm-pca",
    "ds",
    "directconnect",
    "transfer",
    "workspaces",
    "lightsail",
    "mq",
    "opensearch",
    "organizations",
    "route53domains",
    "cloudfront",
    "iot",
    "pipes",
    "codebuild",
];

const PLANTED: &str = "planted";

#[tokio::test]
async fn what_the_models_mark_is_in_no_file_and_what_is_there_instead_can_be_replayed() {
    let (mut planted, mut answered, target) = (0, 0, target());
    for name in SERVICES {
        let folder = tempfile::tempdir().unwrap();
        let service = catalog().service(name).unwrap();
        let operations = service.operations().iter().filter(|one| is_plain(&service, one));
        let mut calls = Vec::new();
        for operation in operations {
            let mut gardener = Gardener::new(&service, 0);
            let input = gardener.root(operation.input.as_ref());
            gardener.root(operation.output.as_ref());
            // Of those that have no place for secrets, a few will do.
            if gardener.planted > 0 || number_of(&operation.name).is_multiple_of(8) {
                calls.push((operation, input));
                planted += gardener.planted;
            }
        }
        let client = client(folder.path());
        let mut recorded = Vec::new();
        for (operation, input) in &calls {
            let call = client.call(&target, name, &operation.name, input.clone());
            recorded.push(call.await.is_ok());
        }
        assert_nothing_planted(folder.path());
        let replay = replaying_with(folder.path(), |config| config.retry.max_attempts = 1);
        for ((operation, input), recorded) in calls.into_iter().zip(recorded) {
            let call = replay.call(&target, name, &operation.name, input);
            let replayed = call.await;
            let place = format!("{name}:{}: {replayed:?}", operation.name);
            assert!(!matches!(replayed, Err(CallError::NotRecorded(_))) || !recorded, "{place}");
            assert_eq!(replayed.is_ok(), recorded, "{place}");
            answered += usize::from(recorded);
        }
    }
    assert!(planted > 1_000 && answered > 400, "{planted} planted, {answered} answered");
}

/// A client whose calls are answered with secrets wherever there is a place for them.
fn client(folder: &std::path::Path) -> Client {
    let transport = Transport::function(async |request: http::Request<_>| {
        let site = request.extensions().get::<CallSite>().unwrap();
        let service = catalog().service(&site.service).unwrap();
        let operation = service.operation(&site.operation).unwrap();
        let protocol = service.metadata().protocol;
        let mut gardener = Gardener::new(&service, 1);
        let error =
            operation.errors.first().filter(|_| number_of(&operation.name).is_multiple_of(4));
        let wire = match error.and_then(|shape| gardener.error(*shape)) {
            Some(error) => encode_error(&service, protocol, &error),
            None => {
                let output = gardener.root(operation.output.as_ref());
                encode_response(&service, protocol, operation, &output, "req-1").unwrap()
            }
        };
        let mut response = http::Response::builder().status(wire.status);
        for (name, value) in wire.headers {
            response = response.header(name, value);
        }
        response = response.header("set-cookie", PLANTED).header("x-unknown", PLANTED);
        Ok(response.body(bytes::Bytes::from(wire.body)).unwrap())
    });
    let transport = Transport::recording(transport, folder, clock()).unwrap();
    let (mut config, _) = config();
    config.retry.max_attempts = 1;
    config.endpoints = EndpointOverrides::everywhere("http://127.0.0.1:9");
    Client::with_transport(config, clock(), transport).unwrap()
}

/// The same number for the same name.
fn number_of(name: &str) -> u64 {
    name.bytes().fold(0, |sum, letter| sum * 31 % 1_009 + u64::from(letter))
}

fn is_plain(service: &Service, operation: &Operation) -> bool {
    operation.event_input(service).is_none() && operation.event_output(service).is_none()
}

fn assert_nothing_planted(folder: &std::path::Path) {
    for (path, text) in files(folder) {
        for hidden in [PLANTED, "cGxhbnRlZ", "AKIDBASE", "base-secret", "AWS4-HMAC"] {
            let at = text.find(hidden);
            let around = at.map(|at| text.get(at.saturating_sub(200)..at + 40).unwrap_or(&text));
            assert_eq!(around, None, "{}", path.display());
        }
    }
}

/// Makes values in which everything that is marked as sensitive can be told.
struct Gardener<'a> {
    service: &'a Service,
    random: u64,
    planted: usize,
}

impl<'a> Gardener<'a> {
    fn new(service: &'a Service, random: u64) -> Self {
        Self { service, random, planted: 0 }
    }

    fn root(&mut self, member: Option<&Member>) -> Value {
        member.map_or_else(Value::object, |member| {
            self.shape(member.shape, (false, None), 0).unwrap_or_else(Value::object)
        })
    }

    fn error(&mut self, shape: ShapeId) -> Option<ServiceError> {
        let structure = self.service.structure(shape)?;
        let code = structure.exception.as_ref()?.code.to_string();
        let mut error = ServiceError::new(code, "it failed");
        error.detail = self.shape(shape, (false, None), 0)?;
        if let Some(message) = error.detail.get("message").or_else(|| error.detail.get("Message")) {
            error.message = message.as_str().unwrap_or_default().to_owned();
        }
        Some(error)
    }

    fn member(&mut self, member: &Member, hidden: bool, depth: usize) -> Option<Value> {
        let hidden = hidden || member.flags.sensitive;
        self.shape(member.shape, (hidden, member.location), depth)
    }

    fn shape(
        &mut self,
        shape: ShapeId,
        (hidden, location): (bool, Option<Location>),
        depth: usize,
    ) -> Option<Value> {
        let shape = self.service.shape(shape);
        let hidden = hidden || shape.sensitive;
        Some(match &shape.kind {
            _ if depth > 5 => return None,
            ShapeKind::Structure(structure) if structure.document => return None,
            ShapeKind::Structure(structure) => self.structure(structure, hidden, depth)?,
            ShapeKind::List(list) => {
                Value::List(vec![self.member(&list.member, hidden, depth + 1)?])
            }
            ShapeKind::Map(map) => {
                let key = if hidden || map.key.flags.sensitive { PLANTED } else { "key" };
                Value::from_iter([(key, self.member(&map.value, hidden, depth + 1)?)])
            }
            ShapeKind::String(_) if hidden => {
                self.planted += 1;
                Value::from(PLANTED)
            }
            ShapeKind::String(values) => Value::from(values.first().map_or("plain", Name::as_str)),
            ShapeKind::Blob if hidden => {
                self.planted += 1;
                Value::Blob(PLANTED.as_bytes().to_vec())
            }
            ShapeKind::Blob => Value::Blob(b"plain".to_vec()),
            ShapeKind::Boolean => Value::Bool(true),
            ShapeKind::Integer | ShapeKind::Long if location == Some(Location::StatusCode) => {
                Value::Integer(200)
            }
            ShapeKind::Integer | ShapeKind::Long => Value::Integer(7),
            ShapeKind::Float | ShapeKind::Double => Value::Float(0.5),
            ShapeKind::Timestamp => Value::Timestamp(clock().now()),
        })
    }

    fn structure(&mut self, structure: &Structure, hidden: bool, depth: usize) -> Option<Value> {
        let mut members: Vec<&Member> = structure.members().iter().collect();
        members.retain(|member| {
            // Deprecated members stand beside their successors under one name.
            let is_other =
                |other: &&Member| other.wire_name == member.wire_name && other.name != member.name;
            !structure.members().iter().any(|other| is_other(&other))
                && !member.wire_name.to_ascii_lowercase().contains("checksum")
        });
        if structure.union {
            self.random += 1;
            let chosen = usize::try_from(self.random).unwrap() % members.len().max(1);
            members = members.into_iter().skip(chosen).take(1).collect();
        }
        let mut made: Vec<(Name, Value)> = Vec::new();
        for member in members {
            made.extend(
                self.member(member, hidden, depth + 1).map(|value| (member.name.clone(), value)),
            );
        }
        (!made.is_empty() || depth == 0).then(|| Value::from_iter(made))
    }
}

/// What no model marks, what stands in texts, what a service repeats, and what cannot be read: service and operation,
/// input, answer.
const UNMARKED: &str = include_str!("unmarked.txt");

#[tokio::test]
async fn what_only_the_table_knows_is_in_no_file() {
    for case in UNMARKED.trim().split("\n\n") {
        let [site, input, answer] = case.lines().collect::<Vec<_>>().try_into().unwrap();
        let (service, operation) = site.split_once(' ').unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (client, _) = recording(folder.path(), move |_, _| Answer::ok(answer));
        let input = serde_json::from_str(input).unwrap();
        let input = client.read_input(&target(), (service, operation), &input).unwrap();
        let _answered = client.call(&target(), service, operation, input).await;
        assert_nothing_planted(folder.path());
        let texts = files(folder.path()).into_values().collect::<String>();
        let marks = ["REDACTED", "UkVEQUNURUQ", "omitted"];
        assert!(marks.iter().any(|mark| texts.contains(mark)), "{service}:{operation} {texts}");
    }
}

#[tokio::test]
async fn what_must_be_told_apart_still_is() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |_, _| {
        Answer::ok(
            "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><UserName>ana</UserName>\
            <AccessKeyId>AKIAONE</AccessKeyId><Status>Active</Status><SecretAccessKey>planted</SecretAccessKey>\
            </AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>",
        )
    });
    client.call(&target(), "iam", "CreateAccessKey", Value::object()).await.unwrap();
    let texts = files(folder.path()).into_values().collect::<String>();
    assert!(texts.contains("<AccessKeyId>AKIAONE</AccessKeyId>"), "{texts}");
    assert!(texts.contains("<SecretAccessKey>REDACTED</SecretAccessKey>"), "{texts}");
}
