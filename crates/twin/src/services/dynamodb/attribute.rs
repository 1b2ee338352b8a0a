//! Attribute values in the form that clients send them: an object of one member that names the type.

use std::cmp::Ordering;

use reeve_model::{Object, Value};

use super::number::{self, Number};

/// The types there are, as they are written.
const TYPES: [&str; 10] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];

/// The type of a value and what it holds.
pub(super) fn parts(value: &Value) -> Option<(&'static str, &Value)> {
    let (name, held) = value.as_object()?.iter().next()?;
    let written = TYPES.into_iter().find(|known| *known == name.as_str())?;
    Some((written, held))
}

/// A value of a type.
pub(super) fn of(kind: &str, held: Value) -> Value {
    Value::from_iter([(kind, held)])
}

/// A number.
pub(super) fn number(number: &Number) -> Value {
    of("N", Value::from(number.text()))
}

/// The value with its numbers as DynamoDB writes them, or what is wrong with it.
pub(super) fn normal(value: &Value) -> Result<Value, String> {
    if value.as_object().is_none_or(|object| object.len() != 1) {
        return Err(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly \
                    one of the supported datatypes"
                .to_owned(),
        );
    }
    let unknown = "Supplied AttributeValue is empty, must contain exactly one of the supported \
                   datatypes";
    let (kind, held) = parts(value).ok_or(unknown)?;
    let held = match kind {
        "N" => Value::from(normal_number(held)?),
        "SS" | "BS" | "NS" => normal_set(kind, held)?,
        "L" => held.as_list().iter().map(normal).collect::<Result<Vec<_>, _>>()?.into(),
        "M" => {
            let members = held.as_object().into_iter().flat_map(Object::iter);
            let members = members.map(|(name, value)| Ok((name, normal(value)?)));
            members.collect::<Result<Object, String>>()?.into()
        }
        "NULL" if held.as_bool() != Some(true) => {
            return Err("One or more parameter values were invalid: Null attribute value types \
                        must have the value of true"
                .to_owned());
        }
        _ => held.clone(),
    };
    Ok(of(kind, held))
}

fn normal_number(held: &Value) -> Result<String, String> {
    let text = held.as_str().unwrap_or_default();
    if text.is_empty() {
        return Err("The parameter cannot be converted to a numeric value".to_owned());
    }
    let number = Number::parse(text)
        .ok_or_else(|| format!("The parameter cannot be converted to a numeric value: {text}"))?;
    Ok(number.text())
}

fn normal_set(kind: &str, held: &Value) -> Result<Value, String> {
    let mut members: Vec<Value> = Vec::new();
    for member in held.as_list() {
        let member = match kind {
            "NS" => Value::from(normal_number(member)?),
            _ => member.clone(),
        };
        if members.contains(&member) {
            return Err("One or more parameter values were invalid: Input collection contains \
                        duplicates."
                .to_owned());
        }
        members.push(member);
    }
    if members.is_empty() {
        let what = match kind {
            "NS" => "An number set",
            "BS" => "An binary set",
            _ => "An string set",
        };
        return Err(format!("One or more parameter values were invalid: {what}  may not be empty"));
    }
    Ok(Value::List(members))
}

/// Whether two values are the same; the order in a set means nothing.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (parts(one), parts(other)) {
        (Some(("SS", one)), Some(("SS", other))) | (Some(("BS", one)), Some(("BS", other))) => {
            same_members(one, other, |a, b| a == b)
        }
        (Some(("NS", one)), Some(("NS", other))) => same_members(one, other, same_number),
        (Some(("N", one)), Some(("N", other))) => same_number(one, other),
        (Some(("L", one)), Some(("L", other))) => {
            let (one, other) = (one.as_list(), other.as_list());
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| equal(a, b))
        }
        (Some(("M", one)), Some(("M", other))) => match (one.as_object(), other.as_object()) {
            (Some(one), Some(other)) => {
                one.len() == other.len()
                    && one.iter().all(|(name, a)| other.get(name).is_some_and(|b| equal(a, b)))
            }
            _ => false,
        },
        (Some((kind, one)), Some((of, other))) => kind == of && one == other,
        _ => false,
    }
}

fn same_members(one: &Value, other: &Value, same: impl Fn(&Value, &Value) -> bool) -> bool {
    let (one, other) = (one.as_list(), other.as_list());
    one.len() == other.len() && one.iter().all(|a| other.iter().any(|b| same(a, b)))
}

fn same_number(one: &Value, other: &Value) -> bool {
    let (one, other) = (one.as_str().unwrap_or_default(), other.as_str().unwrap_or_default());
    number::compare(one, other) == Some(Ordering::Equal)
}

/// How two values of one ordered type compare.
pub(super) fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (parts(one)?, parts(other)?) {
        (("N", one), ("N", other)) => number::compare(one.as_str()?, other.as_str()?),
        (("S", one), ("S", other)) => Some(one.as_str()?.cmp(other.as_str()?)),
        (("B", one), ("B", other)) => Some(one.as_blob()?.cmp(other.as_blob()?)),
        _ => None,
    }
}

/// A text that sorts as a key's value does among values of its type.
pub(super) fn sortable(value: &Value) -> Option<String> {
    let (kind, held) = parts(value)?;
    match kind {
        "S" => Some(escaped(held.as_str()?)),
        "N" => Some(Number::parse(held.as_str()?)?.sortable()),
        "B" => Some(held.as_blob()?.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => None,
    }
}

/// A text without the separator of ids, in the same order.
fn escaped(text: &str) -> String {
    text.replace('\u{1}', "\u{1}\u{2}").replace('\u{0}', "\u{1}\u{1}")
}

/// The size of a value: what `size()` returns, if the type has one.
pub(super) fn size(value: &Value) -> Option<usize> {
    let (kind, held) = parts(value)?;
    match kind {
        "S" => Some(held.as_str()?.chars().count()),
        "B" => Some(held.as_blob()?.len()),
        "SS" | "NS" | "BS" | "L" => Some(held.as_list().len()),
        "M" => Some(held.as_object()?.len()),
        _ => None,
    }
}

/// How many bytes an item takes.
pub(super) fn item_bytes(item: &Object) -> usize {
    item.iter().map(|(name, value)| name.as_str().len() + bytes(value)).sum()
}

fn bytes(value: &Value) -> usize {
    let Some((kind, held)) = parts(value) else { return 0 };
    match kind {
        "S" => held.as_str().map_or(0, str::len),
        "N" => held.as_str().map_or(0, |text| text.len().div_ceil(2) + 1),
        "B" => held.as_blob().map_or(0, <[u8]>::len),
        "SS" | "NS" => held.as_list().iter().filter_map(Value::as_str).map(str::len).sum(),
        "BS" => held.as_list().iter().filter_map(Value::as_blob).map(<[u8]>::len).sum(),
        "L" => 3 + held.as_list().iter().map(|member| 1 + bytes(member)).sum::<usize>(),
        "M" => {
            let members = held.as_object().into_iter().flat_map(Object::iter);
            3 + members.map(|(name, value)| 1 + name.as_str().len() + bytes(value)).sum::<usize>()
        }
        _ => 1,
    }
}
