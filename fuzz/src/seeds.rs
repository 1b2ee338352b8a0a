//! What fuzzers begin with: messages of real operations with a value for everything that their shapes have.

use std::{fs, io, path::Path};

use reeve_model::{
    Operation, Protocol, Service, ServiceError, ShapeKind, Value, encode_error, encode_request,
    encode_response, event_stream, schema::Member,
};
use serde_json::json;

use crate::{
    message::{from_request, from_response},
    operations::{open, operations},
};

const PROTOCOLS: [(Protocol, &str); 6] = [
    (Protocol::Ec2, "ec2"),
    (Protocol::Query, "query"),
    (Protocol::Json, "json"),
    (Protocol::RestJson, "rest_json"),
    (Protocol::RestXml, "rest_xml"),
    (Protocol::RpcV2Cbor, "rpc_v2_cbor"),
];

/// Writes the seeds of all targets below a folder, each target's in its own.
pub fn write(folder: &Path) -> io::Result<()> {
    let mut seeds = Vec::new();
    for (protocol, name) in PROTOCOLS {
        for (choice, operation) in (0_u8..).zip(operations(protocol)) {
            let (service, operation) = open(*operation);
            assert_eq!(service.metadata().protocol, protocol, "of `{}`", service.name());
            for depth in [0, 2, 4] {
                messages(&mut seeds, (choice, name), (&service, &operation), depth);
            }
        }
    }
    others(&mut seeds);
    for (at, (target, seed)) in seeds.iter().enumerate() {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{at}")), seed)?;
    }
    Ok(())
}

type Seeds = Vec<(String, Vec<u8>)>;

fn messages(
    seeds: &mut Seeds,
    (choice, name): (u8, &str),
    (service, operation): (&Service, &Operation),
    depth: usize,
) {
    let protocol = service.metadata().protocol;
    let sample = |member: &Option<Member>| {
        member.as_ref().map_or_else(Value::object, |member| sample(service, member, depth))
    };
    if let Ok(request) = encode_request(service, operation, &sample(&operation.input)) {
        seeds.push((format!("{name}_requests"), from_request(choice, &request)));
    }
    let output = sample(&operation.output);
    if let Ok(response) = encode_response(service, protocol, operation, &output, "request-1") {
        seeds.push((format!("{name}_responses"), from_response(choice, &response)));
    }
    let error = ServiceError::new("ThrottlingException", "slow down");
    let response = encode_error(service, protocol, &error);
    seeds.push((format!("{name}_responses"), from_response(choice, &response)));
    if let Some(frames) = frames(service, operation, &output) {
        seeds.push(("event_frames".to_owned(), frames));
    }
    let mut input = vec![choice];
    input.extend(sample(&operation.input).to_json().to_string().bytes());
    seeds.push(("inputs".to_owned(), input));
}

/// The events of an output, if it has any.
fn frames(service: &Service, operation: &Operation, output: &Value) -> Option<Vec<u8>> {
    let protocol = service.metadata().protocol;
    let structure = service.structure(operation.output.as_ref()?.shape)?;
    let member = structure.members().iter().find(|member| {
        service.structure(member.shape).is_some_and(|structure| structure.event_stream)
    })?;
    let mut bytes = vec![1];
    for event in output.get(&member.name)?.as_list() {
        let message = event_stream::encode_event(service, protocol, operation, event).ok()?;
        bytes.extend(event_stream::encode_frame(&message).ok()?);
    }
    Some(bytes)
}

fn others(seeds: &mut Seeds) {
    for expression in [
        "Reservations[].Instances[?State.Name=='running'].[InstanceId, Tags[0]] | [0]",
        "sort_by(@, &a)[*].{a: a, b: length(keys(@))}",
        "NextMarker || Contents[-1].Key",
        "max_by(a, &b).c[::-1] && !d || `[1, {\"x\": null}]`",
        "map(&join(',', [to_string(@)]), a[1:3])",
    ] {
        let seed = format!("{expression}\n{}", json!({"a": [{"b": 1, "c": "x"}], "d": false}));
        seeds.push(("expressions".to_owned(), seed.into_bytes()));
    }
    let rules = json!({
        "parameters": {"Region": {"type": "String", "builtIn": "AWS::Region", "required": true}},
        "rules": [{
            "conditions": [{"fn": "aws.partition", "argv": [{"ref": "Region"}], "assign": "P"}],
            "rules": [
                {"conditions": [{"fn": "isSet", "argv": [{"ref": "X"}]}], "error": "no {X}"},
                {
                    "conditions": [
                        {"fn": "parseURL", "argv": [{"ref": "Endpoint"}], "assign": "u"},
                        {"fn": "stringEquals", "argv": [
                            {"fn": "getAttr", "argv": [{"ref": "u"}, "scheme"]}, "https",
                        ]},
                        {"fn": "aws.parseArn", "argv": [{"ref": "Bucket"}], "assign": "arn"},
                    ],
                    "endpoint": {
                        "url": "https://x.{Region}.{P#dnsSuffix}{u#path}{arn#resourceId[1]}",
                        "headers": {"h": ["{Region}"]},
                        "properties": {"authSchemes": [{"name": "sigv4", "signingRegion": "{Region}"}]},
                    },
                },
            ],
        }],
    });
    seeds.push(("endpoint_rules".to_owned(), rules.to_string().into_bytes()));
    for (_, protocol) in PROTOCOLS {
        let protocol = match protocol {
            "rpc_v2_cbor" => "smithy-rpc-v2-cbor".to_owned(),
            other => other.replace('_', "-"),
        };
        let model = json!({
            "metadata": {"protocol": protocol, "jsonVersion": "1.1", "targetPrefix": "A"},
            "operations": {"Op": {
                "name": "Op",
                "http": {"method": "POST", "requestUri": "/{L}/x?y={q}"},
                "input": {"shape": "S"},
                "output": {"shape": "S", "resultWrapper": "R"},
            }},
            "shapes": {
                "S": {"type": "structure", "required": ["L"], "payload": "B", "members": {
                    "L": {"shape": "T", "location": "uri", "locationName": "L"},
                    "H": {"shape": "M", "location": "headers", "locationName": "x-"},
                    "B": {"shape": "S", "xmlNamespace": {"uri": "u", "prefix": "p"}},
                    "I": {"shape": "N", "flattened": true},
                    "D": {"shape": "W", "timestampFormat": "iso8601"},
                }},
                "T": {"type": "string", "enum": ["a"]},
                "W": {"type": "timestamp"},
                "N": {"type": "list", "member": {"shape": "S", "locationName": "item"}},
                "M": {"type": "map", "key": {"shape": "T"}, "value": {"shape": "T"}},
            },
        });
        seeds.push(("models".to_owned(), model.to_string().into_bytes()));
    }
    for target in ["events", "endpoint_parameters"] {
        for byte in 0..8_u8 {
            let seed: Vec<u8> = (0..96).map(|at| byte.wrapping_mul(31).wrapping_add(at)).collect();
            seeds.push((target.to_owned(), seed));
        }
    }
}

/// A value with all members, to a depth.
fn sample(service: &Service, member: &Member, depth: usize) -> Value {
    match &service.shape(member.shape).kind {
        ShapeKind::Structure(structure) if structure.document => Value::from_iter([("any", 1_i64)]),
        ShapeKind::Structure(structure) => {
            let members = structure.members().iter();
            let limit = match depth {
                0 => 0,
                _ if structure.union => 1,
                _ => 40,
            };
            let one = |member: &Member| {
                (member.name.clone(), sample(service, member, depth.saturating_sub(1)))
            };
            if structure.event_stream {
                return members.map(|member| Value::from_iter([one(member)])).collect();
            }
            members.take(limit).map(one).collect()
        }
        ShapeKind::List(list) => Value::List(vec![sample(service, &list.member, depth)]),
        ShapeKind::Map(map) => Value::from_iter([("key", sample(service, &map.value, depth))]),
        ShapeKind::String(values) => match values.first() {
            Some(value) => Value::from(value),
            None => Value::from("text"),
        },
        ShapeKind::Blob => Value::Blob(b"bytes".to_vec()),
        ShapeKind::Boolean => Value::Bool(true),
        ShapeKind::Integer | ShapeKind::Long => Value::Integer(200),
        ShapeKind::Float | ShapeKind::Double => Value::Float(1.5),
        ShapeKind::Timestamp => Value::Timestamp(jiff::Timestamp::UNIX_EPOCH),
    }
}
