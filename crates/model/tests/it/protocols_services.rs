//! What a client writes a server reads, and the reverse, for the operations of real services.
//!
//! Values are made from the shapes by a seeded generator: every operation, members at random, so that bindings, names,
//! flattening and formats of each protocol meet models that nobody wrote for a test.

use reeve_model::{
    Operation, Protocol, Service, ShapeKind, Value, catalog, decode_request, decode_response,
    encode_request, encode_response,
    schema::{Location, Member, Structure},
};

const SERVICES: [&str; 25] = [
    "apigateway",
    "autoscaling",
    "cloudfront",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecs",
    "efs",
    "eks",
    "elbv2",
    "eventbridgev2",
    "fsx",
    "iam",
    "lambda",
    "opensearch",
    "organizations",
    "rds",
    "redshift",
    "resourcegroupstaggingapi",
    "route53",
    "s3",
    "sqs",
    "ssm",
    "sts",
    "synthetics",
];

/// Headers that the codecs fill where the input leaves them out.
const FILLED: [&str; 3] = ["Accept", "Content-MD5", "Content-Type"];

/// Shapes and members that clients write in another form than they are given.
const REWRITTEN: [&str; 5] =
    ["ResourceId", "DelegationSetId", "ChangeId", "SSECustomerKey", "CopySourceSSECustomerKey"];

#[test]
fn what_a_client_writes_a_server_reads() {
    check_all(|service, operation, generator| {
        let Some(input) = generator.top(operation.input.as_ref()) else { return Ok(()) };
        let request = encode_request(service, operation, &input)
            .map_err(|error| format!("{error}: {input:?}"))?;
        let (name, read) =
            decode_request(service, &request).map_err(|error| format!("{error}: {input:?}"))?;
        let found = service.operation(&name).unwrap();
        let read = without_filled(operation, read, &input);
        let is_twin =
            name != *operation.name && found.http.request_uri == operation.http.request_uri;
        if is_twin || (name == *operation.name && read == input) {
            return Ok(());
        }
        Err(format!("wrote {input:?}\nread {name} {read:?}\nrequest {request:?}"))
    });
}

#[test]
fn what_a_server_writes_a_client_reads() {
    check_all(|service, operation, generator| {
        let Some(output) = generator.top(operation.output.as_ref()) else { return Ok(()) };
        let response =
            encode_response(service, service.metadata().protocol, operation, &output, "request-1")
                .map_err(|error| format!("{error}: {output:?}"))?;
        let read = decode_response(service, operation, &response).map_err(|error| {
            format!("{error}: {output:?}\n{}", String::from_utf8_lossy(&response.body))
        })?;
        if read == output {
            return Ok(());
        }
        Err(format!(
            "wrote {output:?}\nread {read:?}\nbody {}",
            String::from_utf8_lossy(&response.body)
        ))
    });
}

/// Clients fill in which checksums are used, where nobody says so.
fn without_filled(operation: &Operation, mut read: Value, input: &Value) -> Value {
    let checksum = &operation.checksum;
    for name in [&checksum.request_algorithm_member, &checksum.request_validation_mode_member] {
        let absent = name.as_ref().filter(|name| input.get(name).is_none());
        if let (Some(name), Some(object)) = (absent, read.as_object_mut()) {
            object.remove(name);
        }
    }
    read
}

fn check_all(check: impl Fn(&Service, &Operation, &mut Generator<'_>) -> Result<(), String>) {
    let mut wrong = Vec::new();
    for name in SERVICES {
        let service = catalog().service(name).unwrap();
        for (position, operation) in service.operations().iter().enumerate() {
            let mut generator = Generator::new(&service, position);
            if let Err(reason) = check(&service, operation, &mut generator) {
                wrong.push(format!("{name} {}: {reason}", operation.name));
            }
        }
    }
    let first: Vec<&str> = wrong.iter().take(5).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} operations, such as:\n{}", wrong.len(), first.join("\n\n"));
}

/// Makes values from shapes.
pub(crate) struct Generator<'a> {
    service: &'a Service,
    random: fastrand::Rng,
    /// Where the value that is being made goes, if not into the body.
    bound: Option<Location>,
}

impl<'a> Generator<'a> {
    /// The same seed makes the same values.
    pub(crate) fn new(service: &'a Service, seed: usize) -> Self {
        let random = fastrand::Rng::with_seed(u64::try_from(seed).unwrap());
        Self { service, random, bound: None }
    }

    /// The whole input or output; none if its codec does not exist yet.
    pub(crate) fn top(&mut self, member: Option<&Member>) -> Option<Value> {
        let structure = self.service.structure(member?.shape)?;
        if structure.members().iter().any(|member| member.flags.event_stream) {
            return None;
        }
        let payload = structure.payload().map(|payload| payload.name.clone());
        let mut members = Vec::new();
        for member in structure.members() {
            let is_fixed = member.flags.required
                || member.flags.idempotency_token
                || matches!(member.location, Some(Location::StatusCode | Location::Headers))
                || Some(&member.name) == payload.as_ref()
                || FILLED.iter().any(|name| member.wire_name.eq_ignore_ascii_case(name));
            let is_checksum = member.wire_name.to_ascii_lowercase().contains("checksum");
            let is_rewritten = REWRITTEN.contains(&&*member.name);
            if is_fixed || (self.random.bool() && !is_checksum && !is_rewritten) {
                self.bound = member.location;
                let value = self.value(member, 0);
                self.bound = None;
                members.extend(value.map(|value| (member.name.clone(), value)));
            }
        }
        Some(Value::from_iter(members))
    }

    /// None where the protocol has no way to say the value, or it would go too deep.
    fn value(&mut self, member: &Member, depth: usize) -> Option<Value> {
        if depth > 4 {
            return None;
        }
        Some(match &self.service.shape(member.shape).kind {
            ShapeKind::Structure(structure) if structure.document => Value::from_iter([(
                "any",
                Value::List(vec![Value::from(1_i64), Value::from("json")]),
            )]),
            ShapeKind::Structure(structure) => {
                let limit = if structure.union { 1 } else { 5 };
                let mut chosen: Vec<&Member> = structure.members().iter().collect();
                self.random.shuffle(&mut chosen);
                let mut members = Vec::new();
                for member in chosen.into_iter().filter(|member| member.in_response_body()) {
                    if members.len() < limit
                        && !is_shadowed(structure, member)
                        && let Some(value) = self.value(member, depth + 1)
                    {
                        members.push((member.name.clone(), value));
                    }
                }
                if members.is_empty() {
                    return None;
                }
                Value::from_iter(members)
            }
            ShapeKind::List(list) => {
                let elements: Vec<Value> = (0..self.random.usize(1..3))
                    .filter_map(|_| self.value(&list.member, depth + 1))
                    .collect();
                if elements.is_empty() {
                    return None;
                }
                Value::List(elements)
            }
            ShapeKind::Map(map) => {
                let value = self.value(&map.value, depth + 1)?;
                Value::from_iter([(format!("key-{}", self.random.u8(..)), value)])
            }
            // Elsewhere than in a header, JSON within a text stays a text.
            ShapeKind::String(_)
                if member.flags.json_value && self.bound == Some(Location::Header) =>
            {
                Value::from_iter([("any", Value::List(vec![Value::from("json")]))])
            }
            ShapeKind::String(values) => self.string(member, values),
            ShapeKind::Blob => {
                let bytes = self.random.u64(..).to_be_bytes();
                Value::Blob(bytes.to_vec())
            }
            ShapeKind::Boolean => Value::Bool(self.random.bool()),
            ShapeKind::Integer | ShapeKind::Long if self.bound == Some(Location::StatusCode) => {
                Value::Integer(202)
            }
            ShapeKind::Integer => Value::Integer(self.random.i32(..).into()),
            ShapeKind::Long => Value::Integer(self.random.i64(..)),
            // What single precision holds exactly.
            ShapeKind::Float => Value::Float(f64::from(self.random.i16(..)) / 8.0),
            ShapeKind::Double => Value::Float(f64::from(self.random.i32(..)) / 8.0),
            ShapeKind::Timestamp => {
                let second = self.random.i64(-1_000_000_000..4_000_000_000);
                Value::Timestamp(jiff::Timestamp::from_second(second).unwrap())
            }
        })
    }

    fn string(&mut self, member: &Member, values: &[reeve_model::Name]) -> Value {
        if let Some(value) = self.random.choice(values) {
            return Value::from(value);
        }
        let plain = format!("text-{}", self.random.u8(..));
        let special = match self.bound {
            _ if member.flags.host_label => "",
            _ if REWRITTEN.contains(&&*self.service.shape(member.shape).name) => "",
            None => " <a&b> \"ä\" 'c' \r\n\t😹 ",
            Some(Location::Header | Location::Headers) => ", \"quoted\" \\ end",
            Some(_) => " /?#[]@!$&'()*+,;=%20 ä😹",
        };
        Value::from(format!("{plain}{special}"))
    }
}

/// Whether another member has the same name on the wire: models keep deprecated members beside their successors.
fn is_shadowed(structure: &Structure, member: &Member) -> bool {
    structure
        .members()
        .iter()
        .any(|other| other.wire_name == member.wire_name && other.name != member.name)
}

#[test]
fn the_services_of_the_round_trips_speak_every_protocol_that_has_a_codec() {
    let mut spoken: Vec<Protocol> =
        SERVICES.iter().map(|name| catalog().service(name).unwrap().metadata().protocol).collect();
    spoken.sort_by_key(|protocol| protocol.as_str());
    spoken.dedup();
    let spoken: Vec<&str> = spoken.into_iter().map(Protocol::as_str).collect();
    assert_eq!(spoken, ["ec2", "json", "query", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"]);
}
