//! Values that others wrote as JSON, read by the shapes of a model.
//!
//! Unlike inputs that a user wrote, these come from the wire or were put down by hand, so that nothing is required and each
//! suite has a notation of its own for what JSON has no words for.

use jiff::{SignedDuration, Timestamp, Unit, civil, tz::TimeZone};
use reeve_model::{
    Object, Protocol, Service, ShapeKind, Value,
    schema::{Member, Structure},
};
use serde_json::Value as Json;

/// Something that does not fit its shape.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// The path to it, such as `Reservations[0].Tags`.
    path: String,
    /// What is wrong.
    problem: String,
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}` {}", self.path, self.problem)
    }
}

/// Reads a value of the shape that `member` refers to.
pub(crate) fn read(service: &Service, member: &Member, json: &Json) -> Result<Value, Misfit> {
    Reader { service, path: Vec::new() }.value(member, json)
}

/// Reads the members of a structure.
pub(crate) fn read_structure(
    service: &Service,
    structure: &Structure,
    json: &Json,
) -> Result<Value, Misfit> {
    Reader { service, path: Vec::new() }.structure(structure, json)
}

struct Reader<'a> {
    service: &'a Service,
    path: Vec<String>,
}

impl Reader<'_> {
    fn value(&mut self, member: &Member, json: &Json) -> Result<Value, Misfit> {
        let kind = &self.service.shape(member.shape).kind;
        if member.flags.json_value && !json.is_string() {
            return Ok(Value::from_json(json));
        }
        match (kind, json) {
            (ShapeKind::Structure(structure), _) if structure.document => {
                Ok(Value::from_json(json))
            }
            // A stream of events is written as the list of them.
            (ShapeKind::Structure(structure), Json::Array(events)) if structure.event_stream => {
                events.iter().map(|event| self.structure(structure, event)).collect()
            }
            (ShapeKind::Structure(structure), _) => self.structure(structure, json),
            (ShapeKind::List(list), Json::Array(elements)) => {
                let elements = elements.iter().enumerate().map(|(at, json)| {
                    // Services that write JSON also put null where the model has none.
                    if json.is_null() && (list.sparse || self.is_json()) {
                        return Ok(Value::Null);
                    }
                    self.at(format!("[{at}]"), |reader| reader.value(&list.member, json))
                });
                Ok(Value::List(elements.collect::<Result<_, _>>()?))
            }
            (ShapeKind::Map(map), Json::Object(entries)) => {
                let mut object = Object::with_capacity(entries.len());
                for (key, json) in entries {
                    let value = if map.sparse && json.is_null() {
                        Value::Null
                    } else {
                        self.at(key.clone(), |reader| reader.value(&map.value, json))?
                    };
                    object.insert(key.as_str(), value);
                }
                Ok(Value::Object(object))
            }
            _ => self.scalar(kind, json),
        }
    }

    fn is_json(&self) -> bool {
        matches!(self.service.metadata().protocol, Protocol::Json | Protocol::RestJson)
    }

    fn structure(&mut self, structure: &Structure, json: &Json) -> Result<Value, Misfit> {
        let Json::Object(members) = json else {
            return Err(self.misfit("a structure", json));
        };
        let mut object = Object::with_capacity(members.len());
        for (name, json) in members {
            let Some(member) = structure.member(name) else {
                return Err(self.at(name.clone(), |reader| Misfit {
                    path: reader.where_it_is(),
                    problem: format!(
                        "is not in the model: `{}` has no such member",
                        structure.name
                    ),
                }));
            };
            // Null is how JSON leaves a member out.
            if !json.is_null() {
                let value = self.at(name.clone(), |reader| reader.value(member, json))?;
                object.insert(name.as_str(), value);
            }
        }
        Ok(Value::Object(object))
    }

    fn scalar(&self, kind: &ShapeKind, json: &Json) -> Result<Value, Misfit> {
        let value = match (kind, json) {
            (ShapeKind::String(_), Json::String(text)) => Some(Value::from(text)),
            (ShapeKind::Boolean, Json::Bool(truth)) => Some(Value::from(*truth)),
            (ShapeKind::Integer, Json::Number(number)) => {
                let number = number.as_i64().filter(|number| i32::try_from(*number).is_ok());
                number.map(Value::from)
            }
            (ShapeKind::Long, Json::Number(number)) => number.as_i64().map(Value::from),
            (ShapeKind::Float | ShapeKind::Double, Json::Number(number)) => {
                number.as_f64().map(Value::from)
            }
            (ShapeKind::Blob, Json::String(text)) => Some(Value::Blob(text.as_bytes().to_vec())),
            (ShapeKind::Blob, Json::Object(members)) => {
                let body = members.get("body").filter(|_| members.contains_key("__class__"));
                body.and_then(Json::as_str).map(|text| Value::Blob(text.as_bytes().to_vec()))
            }
            (ShapeKind::Timestamp, json) => timestamp(json).map(Value::Timestamp),
            _ => None,
        };
        value.ok_or_else(|| self.misfit(kind.expected(), json))
    }

    fn misfit(&self, expected: &str, json: &Json) -> Misfit {
        let found: String = json.to_string().chars().take(60).collect();
        let problem = format!("does not fit the model: expected {expected}, found `{found}`");
        Misfit { path: self.where_it_is(), problem }
    }

    fn where_it_is(&self) -> String {
        self.path.join(".").replace(".[", "[")
    }

    fn at<T>(&mut self, step: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let read = read(self);
        self.path.pop();
        read
    }
}

/// An instant: ISO 8601, seconds since 1970, or its parts (`{"__class__": "datetime", "year": …}`, in UTC).
fn timestamp(json: &Json) -> Option<Timestamp> {
    match json {
        Json::String(text) => text.parse().ok().or_else(|| {
            let local: civil::DateTime = text.parse().ok()?;
            Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
        }),
        Json::Number(number) => {
            let since = SignedDuration::try_from_secs_f64(number.as_f64()?).ok()?;
            Timestamp::from_duration(since).ok()?.round(Unit::Microsecond).ok()
        }
        Json::Object(parts) => {
            let part = |name: &str| parts.get(name)?.as_i64();
            let small = |name: &str| i8::try_from(part(name).unwrap_or(0)).ok();
            let year = i16::try_from(part("year")?).ok()?;
            let nanoseconds = i32::try_from(part("microsecond").unwrap_or(0).checked_mul(1000)?);
            let date = civil::Date::new(year, small("month")?, small("day")?).ok()?;
            let time = civil::Time::new(
                small("hour")?,
                small("minute")?,
                small("second")?,
                nanoseconds.ok()?,
            );
            Some(date.to_datetime(time.ok()?).to_zoned(TimeZone::UTC).ok()?.timestamp())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_instant_is_read_from_each_of_its_notations() {
        let noon = json!({
            "__class__": "datetime", "year": 2023, "month": 4, "day": 19, "hour": 12,
            "minute": 0, "second": 1, "microsecond": 250_000,
        });
        let read = |json: &Json| timestamp(json).map(|instant| instant.to_string());
        assert_eq!(read(&noon).as_deref(), Some("2023-04-19T12:00:01.25Z"));
        assert_eq!(read(&json!("2023-04-19T12:00:01.25")), read(&noon));
        assert_eq!(read(&json!(1_681_905_601.25)), read(&noon));
        assert_eq!(read(&json!({"year": 2023, "month": 13, "day": 1})), None);
        assert_eq!(read(&json!("yesterday")), None);
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_path() {
        let model = json!({
            "metadata": {"protocol": "json"},
            "operations": {},
            "shapes": {
                "Out": {"type": "structure", "members": {"Items": {"shape": "Items"}}},
                "Items": {"type": "list", "member": {"shape": "Item"}},
                "Item": {"type": "structure", "members": {"Count": {"shape": "Integer"}}},
                "Integer": {"type": "integer"},
            },
        });
        let service = Service::from_json("suite", &model).unwrap();
        let (id, _) = service.shape_named("Out").unwrap();
        let read = |json: &Json| {
            let read = read_structure(&service, service.structure(id).unwrap(), json);
            read.map_or_else(|misfit| misfit.to_string(), |value| value.to_json().to_string())
        };
        assert_eq!(read(&json!({"Items": [{"Count": 1}]})), r#"{"Items":[{"Count":1}]}"#);
        assert_eq!(
            read(&json!({"Items": [{"Count": "1"}]})),
            "`Items[0].Count` does not fit the model: expected an integer, found `\"1\"`"
        );
        assert_eq!(
            read(&json!({"Items": [{"Size": 1}]})),
            "`Items[0].Size` is not in the model: `Item` has no such member"
        );
    }
}
