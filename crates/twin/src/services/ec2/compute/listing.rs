//! The describe operations of EC2, which are all alike: by id, or in pages, with filters over what the description says.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::support::{PAGES, written};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Kind, describe},
    pattern::matches,
    store::{Place, Resource},
    world::World,
};

/// A filter's name and the path in the description that it looks at. Lists on the way are searched through.
pub(super) type Known = (&'static str, &'static str);

/// One describe operation.
pub(super) struct Listing {
    pub(super) kind: Kind,
    /// The member of the output.
    pub(super) output: &'static str,
    /// The member of the input with ids; empty if there is none.
    pub(super) ids: &'static str,
    /// The error code for an id that is not of this kind.
    pub(super) malformed: &'static str,
    pub(super) filters: &'static [Known],
}

impl Listing {
    /// Performs the operation.
    pub(super) fn answer(&self, call: &Call, world: &World) -> Answer {
        let filters = read(call, "Filters", self.filters)?;
        let place = call.place(self.kind);
        let ids = call.texts(self.ids);
        if ids.is_empty() {
            let keep = |id: &str, resource: &Resource| passes(&filters, &place, id, resource);
            let show = |_: &str, _: &Resource, description: Object| description.into();
            return PAGES.list((call, world), (self.kind, self.output), keep, show);
        }
        let mut found = Vec::new();
        for id in ids {
            let resource = world.get(&place, id).ok_or_else(|| self.refuse(id))?;
            if passes(&filters, &place, id, resource) {
                let owner = (&place.account, &place.region);
                found.push(Value::from(describe(self.kind, owner, id, resource)));
            }
        }
        Ok(Value::from_iter([(self.output, Value::List(found))]))
    }

    /// The refusal of an id that names nothing.
    pub(super) fn refuse(&self, id: &str) -> Failure {
        refuse_id(self.kind, self.malformed, id)
    }
}

/// The refusal of an id that names nothing: of another form, or unknown.
pub(super) fn refuse_id(kind: Kind, malformed: &str, id: &str) -> Failure {
    let fits = id.strip_prefix(kind.prefix).is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|digit| digit.is_ascii_hexdigit())
    });
    if fits || malformed.is_empty() {
        return kind.missing.failure(id);
    }
    Failure::new(malformed, format!("Invalid id: \"{id}\" (expecting \"{}...\")", kind.prefix))
}

/// One filter of a request.
pub(super) struct Filter<'c> {
    subject: Subject<'c>,
    values: Vec<&'c str>,
}

/// What a filter looks at.
enum Subject<'c> {
    Path(&'static str),
    Tag(&'c str),
    TagKey,
    TagValue,
}

/// The filters of a request, refused if one is not known.
pub(super) fn read<'c>(
    call: &'c Call,
    member: &str,
    known: &[Known],
) -> Result<Vec<Filter<'c>>, Failure> {
    let mut filters = Vec::new();
    for filter in call.list(member) {
        let name = filter.text("Name");
        let path = known.iter().find(|(known, _)| *known == name).map(|(_, path)| *path);
        let subject = match (path, name.strip_prefix("tag:"), name) {
            (Some(path), ..) => Subject::Path(path),
            (None, Some(key), _) => Subject::Tag(key),
            (None, None, "tag-key") => Subject::TagKey,
            (None, None, "tag-value") => Subject::TagValue,
            (None, None, _) => {
                return Err(call.invalid(format!("The filter '{name}' is invalid")));
            }
        };
        let values = filter.list("Values");
        filters.push(Filter { subject, values: values.iter().filter_map(Value::as_str).collect() });
    }
    Ok(filters)
}

/// Whether a resource passes all filters.
pub(super) fn passes(filters: &[Filter<'_>], place: &Place, id: &str, resource: &Resource) -> bool {
    if filters.is_empty() {
        return true;
    }
    let owner = (&place.account, &place.region);
    let described = describe(place.kind, owner, id, resource);
    described_passes(filters, &described, &resource.tags)
}

/// The same for a description that is at hand.
pub(super) fn described_passes(filters: &[Filter<'_>], described: &Object, tags: &Tags) -> bool {
    filters.iter().all(|filter| {
        let any = |text: &str| filter.values.iter().any(|pattern| matches(pattern, text));
        match filter.subject {
            Subject::Path(path) => {
                let (first, rest) = path.split_once('.').unwrap_or((path, ""));
                described.get(first).is_some_and(|value| reaches(value, rest, &any))
            }
            Subject::Tag(key) => tags.get(key).is_some_and(|value| any(value)),
            Subject::TagKey => tags.keys().any(|key| any(key)),
            Subject::TagValue => tags.values().any(|value| any(value)),
        }
    })
}

/// Whether something at the end of a path passes.
fn reaches(value: &Value, path: &str, any: &impl Fn(&str) -> bool) -> bool {
    match (value, path) {
        (Value::List(elements), _) => elements.iter().any(|element| reaches(element, path, any)),
        (Value::Object(object), path) if !path.is_empty() => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            object.get(first).is_some_and(|value| reaches(value, rest, any))
        }
        (Value::String(text), "") => any(text),
        (Value::Bool(truth), "") => any(if *truth { "true" } else { "false" }),
        (Value::Integer(number), "") => any(&number.to_string()),
        (Value::Timestamp(time), "") => any(&written(*time)) || any(&seconds(*time)),
        _ => false,
    }
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
