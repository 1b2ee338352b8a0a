//! Checks JSON that a user or a runbook wrote against the shape that an operation takes.
//!
//! Everything that is wrong is reported at once, each with the path to it. Sizes, patterns and the values of enumerations
//! are left to the service: it knows newer ones.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::Value as Json;

use crate::{
    Name, Object, Operation, Service, ShapeKind, Value,
    nearest::nearest,
    schema::{Map, Member, Structure},
};

/// One thing in an input that does not fit its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeError {
    /// The path to it, such as `Filters[0].Values`; empty for the input as a whole.
    pub path: String,
    /// What is wrong.
    pub problem: ShapeProblem,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeProblem {
    /// It is of another kind.
    WrongKind {
        /// What is expected.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// It is of the right kind, but cannot be read as what it stands for.
    Unreadable {
        /// What is expected.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// It must be there and is not.
    Missing {
        /// What is expected.
        expected: &'static str,
    },
    /// The structure has no such member.
    UnknownMember {
        /// The structure.
        structure: Name,
        /// The members with similar names, the most similar first.
        nearest: Vec<Name>,
    },
    /// Exactly one member of a union is set.
    NotOneOf {
        /// The members to choose from.
        members: Vec<Name>,
        /// How many are set.
        found: usize,
    },
}

impl fmt::Display for ShapeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => formatter.write_str("the input: ")?,
            path => write!(formatter, "`{path}`: ")?,
        }
        self.problem.fmt(formatter)
    }
}

impl fmt::Display for ShapeProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKind { expected, found } | Self::Unreadable { expected, found } => {
                write!(formatter, "expected {expected}, found {found}")
            }
            Self::Missing { expected } => {
                write!(formatter, "required, expected {expected}")
            }
            Self::UnknownMember { structure, nearest } => {
                write!(formatter, "`{structure}` has no such member")?;
                match quoted(nearest) {
                    names if names.is_empty() => Ok(()),
                    names => write!(formatter, "; did you mean {}?", names.join(" or ")),
                }
            }
            Self::NotOneOf { members, found } => {
                write!(
                    formatter,
                    "expected exactly one of {}, found {found}",
                    quoted(members).join(", ")
                )
            }
        }
    }
}

impl std::error::Error for ShapeError {}

fn quoted(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

/// Reads JSON as the input of an operation. Blobs are base64, timestamps ISO 8601 or seconds since 1970.
pub fn conform(
    service: &Service,
    operation: &Operation,
    input: &Json,
) -> Result<Value, Vec<ShapeError>> {
    let nothing = Json::Object(serde_json::Map::new());
    let input = if input.is_null() { &nothing } else { input };
    let mut reader = Reader { service, path: Vec::new(), errors: Vec::new() };
    let value = match &operation.input {
        Some(member) => reader.value(member, input),
        None => reader.nothing(operation, input),
    };
    match value {
        Some(value) if reader.errors.is_empty() => Ok(value),
        _ => Err(reader.errors),
    }
}

struct Reader<'a> {
    service: &'a Service,
    path: Vec<Step<'a>>,
    errors: Vec<ShapeError>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Position(usize),
}

impl<'a> Reader<'a> {
    /// Reads a value, or says what is wrong with it and gives nothing.
    fn value(&mut self, member: &'a Member, json: &'a Json) -> Option<Value> {
        if member.flags.json_value && !json.is_string() {
            return Some(Value::from_json(json));
        }
        let kind = &self.service.shape(member.shape).kind;
        match (kind, json) {
            (ShapeKind::Structure(structure), _) if structure.document => {
                Some(Value::from_json(json))
            }
            (ShapeKind::Structure(structure), Json::Object(members)) => {
                let name = &self.service.shape(member.shape).name;
                Some(self.structure((name, structure), members))
            }
            (ShapeKind::List(list), Json::Array(elements)) => {
                Some(self.list(&list.member, list.sparse, elements))
            }
            (ShapeKind::Map(map), Json::Object(entries)) => Some(self.map(map, entries)),
            (ShapeKind::String(_), Json::String(text)) => Some(text.as_str().into()),
            (ShapeKind::Boolean, Json::Bool(truth)) => Some((*truth).into()),
            (ShapeKind::Integer | ShapeKind::Long, Json::Number(number)) => {
                self.integer(kind, number)
            }
            (ShapeKind::Float | ShapeKind::Double, Json::Number(number)) => {
                number.as_f64().map(Value::Float)
            }
            (ShapeKind::Float | ShapeKind::Double, Json::String(text)) => {
                self.float_word(kind, text)
            }
            (ShapeKind::Blob, Json::String(text)) => match STANDARD.decode(text) {
                Ok(bytes) => Some(Value::Blob(bytes)),
                Err(_) => self.unreadable("bytes as base64", json),
            },
            (ShapeKind::Timestamp, _) => self.timestamp(json),
            _ => self.wrong_kind(kind.expected(), json),
        }
    }

    /// Reads what an operation without input is given.
    fn nothing(&mut self, operation: &Operation, json: &'a Json) -> Option<Value> {
        let Json::Object(members) = json else {
            return self.wrong_kind("nothing, the operation has no input", json);
        };
        for name in members.keys() {
            let structure = operation.name.clone();
            let problem = ShapeProblem::UnknownMember { structure, nearest: Vec::new() };
            self.at(Step::Name(name), |reader| reader.report(problem));
        }
        Some(Value::object())
    }

    fn structure(
        &mut self,
        (name, structure): (&Name, &'a Structure),
        members: &'a serde_json::Map<String, Json>,
    ) -> Value {
        let mut object = Object::with_capacity(members.len());
        for (key, json) in members {
            let Some(member) = structure.member(key) else {
                let names = structure.members().iter().map(|member| &member.name);
                let nearest = nearest(key, names, 0.8);
                let problem = ShapeProblem::UnknownMember { structure: name.clone(), nearest };
                self.at(Step::Name(key), |reader| reader.report(problem));
                continue;
            };
            // Null is how JSON leaves a member out.
            if !json.is_null() {
                let value = self.at(Step::Name(key), |reader| reader.value(member, json));
                object.insert(&member.name, value.unwrap_or(Value::Null));
            }
        }
        for member in structure.members() {
            let filled_in = member.flags.idempotency_token;
            if member.flags.required && !filled_in && !object.contains(&member.name) {
                let expected = self.service.shape(member.shape).kind.expected();
                let problem = ShapeProblem::Missing { expected };
                self.at(Step::Name(&member.name), |reader| reader.report(problem));
            }
        }
        if structure.union && object.len() != 1 {
            let members = structure.members().iter().map(|member| member.name.clone()).collect();
            self.report(ShapeProblem::NotOneOf { members, found: object.len() });
        }
        Value::Object(object)
    }

    fn list(&mut self, member: &'a Member, sparse: bool, elements: &'a [Json]) -> Value {
        let mut values = Vec::with_capacity(elements.len());
        for (position, json) in elements.iter().enumerate() {
            let value = if sparse && json.is_null() {
                Some(Value::Null)
            } else {
                self.at(Step::Position(position), |reader| reader.value(member, json))
            };
            values.extend(value);
        }
        Value::List(values)
    }

    fn map(&mut self, map: &'a Map, entries: &'a serde_json::Map<String, Json>) -> Value {
        let mut object = Object::with_capacity(entries.len());
        for (key, json) in entries {
            let value = if map.sparse && json.is_null() {
                Some(Value::Null)
            } else {
                self.at(Step::Name(key), |reader| reader.value(&map.value, json))
            };
            object.insert(key.as_str(), value.unwrap_or(Value::Null));
        }
        Value::Object(object)
    }

    fn integer(&mut self, kind: &ShapeKind, number: &serde_json::Number) -> Option<Value> {
        let fits =
            |number: &i64| !matches!(kind, ShapeKind::Integer) || i32::try_from(*number).is_ok();
        let whole = number.as_i64().or_else(|| whole(number.as_f64()?)).filter(fits);
        let expected = match kind {
            ShapeKind::Integer => "an integer of 32 bits",
            _ => "an integer of 64 bits",
        };
        match whole {
            Some(whole) => Some(whole.into()),
            None => self.unreadable(expected, &Json::Number(number.clone())),
        }
    }

    /// What JSON has no numbers for is written as words.
    fn float_word(&mut self, kind: &ShapeKind, text: &str) -> Option<Value> {
        match text {
            "NaN" => Some(Value::Float(f64::NAN)),
            "Infinity" => Some(Value::Float(f64::INFINITY)),
            "-Infinity" => Some(Value::Float(f64::NEG_INFINITY)),
            _ => self.wrong_kind(kind.expected(), &text.into()),
        }
    }

    fn timestamp(&mut self, json: &Json) -> Option<Value> {
        let instant = match json {
            Json::String(text) => parse_timestamp(text),
            Json::Number(number) => number.as_f64().and_then(from_epoch_seconds),
            _ => return self.wrong_kind("a timestamp as ISO 8601 or seconds since 1970", json),
        };
        match instant {
            Some(instant) => Some(Value::Timestamp(instant)),
            None => self.unreadable("a timestamp, such as `2026-03-01T08:00:00Z`", json),
        }
    }

    fn at<T>(&mut self, step: Step<'a>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let read = read(self);
        self.path.pop();
        read
    }

    fn wrong_kind(&mut self, expected: &'static str, json: &Json) -> Option<Value> {
        self.report(ShapeProblem::WrongKind { expected, found: describe(json) });
        None
    }

    fn unreadable(&mut self, expected: &'static str, json: &Json) -> Option<Value> {
        self.report(ShapeProblem::Unreadable { expected, found: format!("`{}`", excerpt(json)) });
        None
    }

    fn report(&mut self, problem: ShapeProblem) {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) if path.is_empty() => path.push_str(name),
                Step::Name(name) => path.extend([".", name]),
                Step::Position(position) => path.extend(["[", &position.to_string(), "]"]),
            }
        }
        self.errors.push(ShapeError { path, problem });
    }
}

fn describe(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(_) => "a boolean".to_owned(),
        Json::Number(_) => format!("the number `{}`", excerpt(json)),
        Json::String(_) => format!("the string `{}`", excerpt(json)),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    }
}

fn excerpt(json: &Json) -> String {
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let mut excerpt: String = text.chars().take(60).collect();
    if excerpt.len() < text.len() {
        excerpt.push('…');
    }
    excerpt
}

/// The integer that a float is, if it is one and no digit is lost.
#[expect(
    clippy::cast_possible_truncation,
    reason = "floats below 2^53 without a fraction are integers"
)]
fn whole(number: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= LARGEST).then_some(number as i64)
}

/// Reads ISO 8601: with an offset, or in UTC without one; a date is its midnight.
fn parse_timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: civil::DateTime = text.parse().ok()?;
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// An instant, to the millisecond as services know them.
fn from_epoch_seconds(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond(whole((seconds * 1000.0).round())?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn read(service: &str, operation: &str, input: &Json) -> Result<Value, Vec<String>> {
        let service = catalog().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let messages = |errors: Vec<ShapeError>| errors.iter().map(ToString::to_string).collect();
        conform(&service, operation, input).map_err(messages)
    }

    fn refused(service: &str, operation: &str, input: &Json, expected: &[&str]) {
        assert_eq!(read(service, operation, input).unwrap_err(), expected);
    }

    #[test]
    fn an_input_that_fits_becomes_a_value_of_the_models_kinds() {
        let found = read(
            "lambda",
            "CreateFunction",
            &json!({
                "FunctionName": "f", "Role": "r", "Code": {"ZipFile": "aGVsbG8="}, "Timeout": 3.0,
                "Tags": {"a": "b"}, "Description": null,
            }),
        )
        .unwrap();
        assert_eq!(found.path("Code.ZipFile").unwrap().as_blob(), Some(b"hello".as_slice()));
        assert_eq!(found.get("Timeout"), Some(&Value::Integer(3)));
        assert_eq!(found.path("Tags.a").and_then(Value::as_str), Some("b"));
        assert_eq!(found.get("Description"), None);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_the_path_to_it() {
        refused(
            "ec2",
            "DescribeInstances",
            &json!({"Filters": [{"Name": "x", "Values": "y"}, {"Nam": 1}], "MaxResults": "5", "DryRun": 1}),
            &[
                "`Filters[0].Values`: expected a list, found the string `y`",
                "`Filters[1].Nam`: `Filter` has no such member; did you mean `Name`?",
                "`MaxResults`: expected an integer, found the string `5`",
                "`DryRun`: expected a boolean, found the number `1`",
            ],
        );
    }

    #[test]
    fn a_required_member_that_is_missing_is_named() {
        refused(
            "ec2",
            "CreateTags",
            &json!({"Resources": ["i-1"]}),
            &["`Tags`: required, expected a list"],
        );
        refused(
            "ec2",
            "CreateTags",
            &json!([]),
            &["the input: expected a structure, found a list"],
        );
    }

    #[test]
    fn a_required_token_that_is_filled_in_later_may_be_left_out() {
        let service = catalog().service("backup").unwrap();
        let found =
            service.operations().iter().flat_map(|operation| &operation.input).any(|input| {
                let members = service.structure(input.shape).unwrap().members();
                members.iter().any(|member| member.flags.idempotency_token)
            });
        assert!(found, "the service has tokens");
        assert!(read("backup", "CreateBackupVault", &json!({"BackupVaultName": "v"})).is_ok());
    }

    #[test]
    fn timestamps_are_iso_8601_or_seconds_since_1970() {
        let read_time = |json: Json| {
            let input = json!({"Namespace": "n", "MetricName": "m", "Period": 60, "StartTime": json, "EndTime": 0});
            read("cloudwatch", "GetMetricStatistics", &input)
        };
        let expected: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        for right in [
            json!("2026-03-01T08:00:00Z"),
            json!("2026-03-01T09:00:00+01:00"),
            json!("2026-03-01T08:00:00"),
            json!(1_772_352_000),
            json!(1_772_352_000.0),
        ] {
            let found = read_time(right.clone()).unwrap();
            assert_eq!(found.get("StartTime").unwrap().as_timestamp(), Some(expected), "{right}");
        }
        let day = read_time(json!("2026-03-01")).unwrap();
        assert_eq!(day.get("StartTime").unwrap().to_json(), json!("2026-03-01T00:00:00Z"));
        let expected =
            "`StartTime`: expected a timestamp, such as `2026-03-01T08:00:00Z`, found `soon`";
        assert_eq!(read_time(json!("soon")).unwrap_err(), [expected]);
        let expected =
            "`StartTime`: expected a timestamp as ISO 8601 or seconds since 1970, found a boolean";
        assert_eq!(read_time(json!(true)).unwrap_err(), [expected]);
    }

    #[test]
    fn a_blob_that_is_not_base64_and_a_number_that_is_too_large_are_refused() {
        refused(
            "lambda",
            "UpdateFunctionCode",
            &json!({"FunctionName": "f", "ZipFile": "?"}),
            &["`ZipFile`: expected bytes as base64, found `?`"],
        );
        refused(
            "ec2",
            "DescribeInstances",
            &json!({"MaxResults": 3_000_000_000_i64}),
            &["`MaxResults`: expected an integer of 32 bits, found `3000000000`"],
        );
    }

    #[test]
    fn an_enumeration_takes_values_that_the_model_does_not_know() {
        let input =
            json!({"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "InstanceType": "z99.huge"});
        assert!(read("ec2", "RunInstances", &input).is_ok());
    }

    #[test]
    fn a_union_has_exactly_one_member() {
        let update = |chat_channel: Json| {
            read(
                "ssm-incidents",
                "UpdateResponsePlan",
                &json!({"arn": "a", "chatChannel": chat_channel}),
            )
        };
        assert!(update(json!({"empty": {}})).is_ok());
        let expected = "`chatChannel`: expected exactly one of `chatbotSns`, `empty`, found 0";
        assert_eq!(update(json!({})).unwrap_err(), [expected]);
        let expected = "`chatChannel`: expected exactly one of `chatbotSns`, `empty`, found 2";
        assert_eq!(update(json!({"empty": {}, "chatbotSns": []})).unwrap_err(), [expected]);
    }

    #[test]
    fn an_operation_without_input_takes_none() {
        let service = catalog().service("sts").unwrap();
        let operation = service.operations().iter().find(|operation| operation.input.is_none());
        if let Some(operation) = operation {
            assert!(conform(&service, operation, &json!({})).is_ok());
            assert!(conform(&service, operation, &json!({"A": 1})).is_err());
        }
        assert_eq!(read("sts", "GetCallerIdentity", &Json::Null), Ok(Value::object()));
    }
}
