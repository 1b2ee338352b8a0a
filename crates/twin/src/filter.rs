//! What a caller narrows a listing by, as data.

use reeve_model::Value;

use crate::{call::Call, failure::Failure, pattern::matches, store::Resource};

/// A filter's name and the dotted path of the fact it looks at; an empty path is the id.
pub(crate) type FilterPath = (&'static str, &'static str);

/// What a listing may be narrowed by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Filters {
    /// Nothing.
    None,
    /// EC2's way: a list of `Name` and `Values`, which are patterns; tags besides what is named.
    Named(&'static str, &'static [FilterPath]),
    /// Input members which, if given, must equal a fact (or one of a list of them).
    Members(&'static [FilterPath]),
}

/// What a caller wants to see.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    conditions: Vec<(Subject, Vec<String>)>,
    exact: bool,
}

/// What a condition looks at.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// The id.
    Id,
    /// A fact, by dotted path; lists on the way stand for any of their elements.
    Fact(&'static str),
    /// The value of a tag.
    Tag(String),
    /// The keys of tags.
    TagKey,
    /// The values of tags.
    TagValue,
}

impl Filters {
    /// Reads what the caller wants.
    pub(crate) fn read(self, call: &Call) -> Result<Filter, Failure> {
        match self {
            Self::None => Ok(Filter::default()),
            Self::Named(member, known) => Filter::named(call, member, known),
            Self::Members(known) => Ok(Filter::members(call, known)),
        }
    }
}

impl Filter {
    fn named(call: &Call, member: &str, known: &[FilterPath]) -> Result<Self, Failure> {
        let mut conditions = Vec::new();
        for filter in call.list(member) {
            let name = filter.get("Name").and_then(Value::as_str).unwrap_or_default();
            let values = filter.get("Values").map_or(&[][..], Value::as_list);
            let path = known.iter().find(|(known, _)| *known == name).map(|(_, path)| *path);
            let subject = match (path, name.strip_prefix("tag:")) {
                (Some(""), _) => Subject::Id,
                (Some(path), _) => Subject::Fact(path),
                (None, Some(key)) => Subject::Tag(key.to_owned()),
                (None, None) if name == "tag-key" => Subject::TagKey,
                (None, None) if name == "tag-value" => Subject::TagValue,
                (None, None) => {
                    return Err(call.invalid(format!("The filter '{name}' is invalid")));
                }
            };
            conditions.push((subject, values.iter().map(as_text).collect()));
        }
        Ok(Self { conditions, exact: false })
    }

    fn members(call: &Call, known: &[FilterPath]) -> Self {
        let mut conditions = Vec::new();
        for (member, path) in known {
            let Some(given) = call.input.get(member) else { continue };
            let subject = if path.is_empty() { Subject::Id } else { Subject::Fact(path) };
            let values = match given {
                Value::List(values) => values.iter().map(as_text).collect(),
                value => vec![as_text(value)],
            };
            if !values.is_empty() {
                conditions.push((subject, values));
            }
        }
        Self { conditions, exact: true }
    }

    /// Whether the caller wants to see a resource.
    pub(crate) fn holds(&self, id: &str, resource: &Resource) -> bool {
        self.conditions.iter().all(|(subject, wanted)| {
            let any =
                |text: &str| {
                    wanted.iter().any(|wanted| {
                        if self.exact { wanted == text } else { matches(wanted, text) }
                    })
                };
            match subject {
                Subject::Id => any(id),
                Subject::Fact(path) => fact_holds(resource, path, &any),
                Subject::Tag(key) => resource.tags.get(key).is_some_and(|value| any(value)),
                Subject::TagKey => resource.tags.keys().any(|key| any(key)),
                Subject::TagValue => resource.tags.values().any(|value| any(value)),
            }
        })
    }
}

fn fact_holds(resource: &Resource, path: &str, any: &dyn Fn(&str) -> bool) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    resource.facts.get(first).is_some_and(|value| value_holds(value, rest, any))
}

fn value_holds(value: &Value, path: &str, any: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::List(elements) => elements.iter().any(|element| value_holds(element, path, any)),
        _ if path.is_empty() => any(&as_text(value)),
        _ => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            value.get(first).is_some_and(|inner| value_holds(inner, rest, any))
        }
    }
}

/// A scalar as filters compare it.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Timestamp(time) => time.to_string(),
        _ => String::new(),
    }
}
