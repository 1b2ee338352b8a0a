//! What expressions mean for an item.

use std::cmp::Ordering;

use reeve_model::{Object, Value};

use super::{
    attribute::{self, compare, equal, parts},
    expression::{Comparison, Condition, Operand, Path, Step, Term, Update},
    number::Number,
};

/// What is at a path of an item.
pub(super) fn at<'i>(item: &'i Object, path: &[Step]) -> Option<&'i Value> {
    let (first, rest) = path.split_first()?;
    let Step::Member(name) = first else { return None };
    rest.iter().try_fold(item.get(name)?, |value, step| match (step, parts(value)?) {
        (Step::Member(name), ("M", members)) => members.get(name),
        (Step::Element(place), ("L", elements)) => elements.as_list().get(*place),
        _ => None,
    })
}

/// Whether an item is as a condition demands.
pub(super) fn holds(condition: &Condition, item: &Object) -> bool {
    match condition {
        Condition::And(one, other) => holds(one, item) && holds(other, item),
        Condition::Or(one, other) => holds(one, item) || holds(other, item),
        Condition::Not(condition) => !holds(condition, item),
        Condition::Compare(left, comparison, right) => {
            match (value_of(left, item), value_of(right, item)) {
                (Some(left), Some(right)) => compares(&left, *comparison, &right),
                // What does not exist differs from everything.
                _ => *comparison == Comparison::NotEqual,
            }
        }
        Condition::Between(value, low, high) => {
            match (value_of(value, item), value_of(low, item), value_of(high, item)) {
                (Some(value), Some(low), Some(high)) => {
                    compares(&value, Comparison::GreaterOrEqual, &low)
                        && compares(&value, Comparison::LessOrEqual, &high)
                }
                _ => false,
            }
        }
        Condition::In(value, choices) => value_of(value, item).is_some_and(|value| {
            choices.iter().filter_map(|choice| value_of(choice, item)).any(|c| equal(&value, &c))
        }),
        Condition::Exists(path, wanted) => at(item, path).is_some() == *wanted,
        Condition::Type(path, wanted) => {
            let wanted = value_of(wanted, item);
            let wanted = wanted.as_ref().and_then(parts).and_then(|(_, held)| held.as_str());
            at(item, path).and_then(parts).map(|(kind, _)| kind) == wanted && wanted.is_some()
        }
        Condition::BeginsWith(whole, part) => match (value_of(whole, item), value_of(part, item)) {
            (Some(whole), Some(part)) => begins_with(&whole, &part),
            _ => false,
        },
        Condition::Contains(whole, part) => match (value_of(whole, item), value_of(part, item)) {
            (Some(whole), Some(part)) => contains(&whole, &part),
            _ => false,
        },
    }
}

fn value_of(operand: &Operand, item: &Object) -> Option<Value> {
    match operand {
        Operand::Path(path) => at(item, path).cloned(),
        Operand::Value(value) => Some(value.clone()),
        Operand::Size(path) => {
            let size = attribute::size(at(item, path)?)?;
            Some(attribute::of("N", Value::from(size.to_string())))
        }
    }
}

fn compares(left: &Value, comparison: Comparison, right: &Value) -> bool {
    match comparison {
        Comparison::Equal => equal(left, right),
        Comparison::NotEqual => !equal(left, right),
        Comparison::Less => compare(left, right) == Some(Ordering::Less),
        Comparison::Greater => compare(left, right) == Some(Ordering::Greater),
        Comparison::LessOrEqual => compare(left, right).is_some_and(Ordering::is_le),
        Comparison::GreaterOrEqual => compare(left, right).is_some_and(Ordering::is_ge),
    }
}

fn begins_with(whole: &Value, part: &Value) -> bool {
    match (parts(whole), parts(part)) {
        (Some(("S", whole)), Some(("S", part))) => {
            let (whole, part) = (whole.as_str().unwrap_or(""), part.as_str().unwrap_or(""));
            whole.starts_with(part)
        }
        (Some(("B", whole)), Some(("B", part))) => {
            whole.as_blob().unwrap_or(&[]).starts_with(part.as_blob().unwrap_or(&[]))
        }
        _ => false,
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (parts(whole), parts(part)) {
        (Some(("S", whole)), Some(("S", part))) => {
            whole.as_str().unwrap_or("").contains(part.as_str().unwrap_or(""))
        }
        (Some(("SS", whole)), Some(("S", part)))
        | (Some(("NS", whole)), Some(("N", part)))
        | (Some(("BS", whole)), Some(("B", part))) => whole.as_list().contains(part),
        (Some(("L", whole)), Some(_)) => whole.as_list().iter().any(|member| equal(member, part)),
        _ => false,
    }
}

/// Only what is at these paths, each in its place.
pub(super) fn projected(item: &Object, paths: &[Path]) -> Object {
    let mut projected = Object::new();
    for path in paths {
        let Some(found) = at(item, path) else { continue };
        let Some((Step::Member(first), rest)) = path.split_first() else { continue };
        let there = projected.remove(first);
        projected.insert(first.as_str(), grafted(there.as_ref(), rest, found));
    }
    projected
}

/// `found` put at `rest` of what is there; elements of lists follow each other.
fn grafted(there: Option<&Value>, rest: &[Step], found: &Value) -> Value {
    let Some((step, rest)) = rest.split_first() else { return found.clone() };
    match step {
        Step::Member(name) => {
            let mut members = held(there).as_object().cloned().unwrap_or_default();
            let inner = members.remove(name);
            members.insert(name.as_str(), grafted(inner.as_ref(), rest, found));
            attribute::of("M", members.into())
        }
        Step::Element(_) => {
            let mut elements = held(there).as_list().to_vec();
            elements.push(grafted(None, rest, found));
            attribute::of("L", Value::List(elements))
        }
    }
}

fn held(value: Option<&Value>) -> Value {
    value.and_then(parts).map_or(Value::Null, |(_, held)| held.clone())
}

/// The item after an update. All terms see the item as it was before.
pub(super) fn updated(item: &Object, update: &Update) -> Result<Object, String> {
    let mut after = item.clone();
    for (path, term) in &update.set {
        let value = term_of(term, item)?;
        put(&mut after, path, value)?;
    }
    // The last elements first, so that the positions of the others stay true.
    let mut removed: Vec<&Path> = update.remove.iter().collect();
    removed.sort_by_key(|path| match path.last() {
        Some(Step::Element(place)) => usize::MAX - place,
        _ => 0,
    });
    for path in removed {
        take(&mut after, path);
    }
    for (path, value) in &update.add {
        let sum = added(at(item, path), value)?;
        put(&mut after, path, sum)?;
    }
    for (path, value) in &update.delete {
        if let Some(there) = at(item, path) {
            match without(there, value)? {
                Some(rest) => put(&mut after, path, rest)?,
                None => take(&mut after, path),
            }
        }
    }
    Ok(after)
}

fn term_of(term: &Term, item: &Object) -> Result<Value, String> {
    let absent = "The provided expression refers to an attribute that does not exist in the item";
    match term {
        Term::Operand(operand) => value_of(operand, item).ok_or_else(|| absent.to_owned()),
        Term::IfNotExists(path, other) => match at(item, path) {
            Some(value) => Ok(value.clone()),
            None => term_of(other, item),
        },
        Term::ListAppend(first, second) => {
            let (first, second) = (term_of(first, item)?, term_of(second, item)?);
            match (parts(&first), parts(&second)) {
                (Some(("L", first)), Some(("L", second))) => {
                    let elements = first.as_list().iter().chain(second.as_list()).cloned();
                    Ok(attribute::of("L", elements.collect()))
                }
                _ => Err(WRONG_TYPE.to_owned()),
            }
        }
        Term::Plus(one, other) => {
            let (one, other) = (numeric(one, item)?, numeric(other, item)?);
            Ok(attribute::number(&one.plus(&other).ok_or(OVERFLOW)?))
        }
        Term::Minus(one, other) => {
            let (one, other) = (numeric(one, item)?, numeric(other, item)?.negated());
            Ok(attribute::number(&one.plus(&other).ok_or(OVERFLOW)?))
        }
    }
}

const WRONG_TYPE: &str = "An operand in the update expression has an incorrect data type";
const OVERFLOW: &str = "Number overflow. Attempting to store a number with magnitude larger than \
                        supported range";

fn numeric(term: &Term, item: &Object) -> Result<Number, String> {
    let value = term_of(term, item)?;
    as_number(&value).ok_or_else(|| WRONG_TYPE.to_owned())
}

fn as_number(value: &Value) -> Option<Number> {
    match parts(value)? {
        ("N", held) => Number::parse(held.as_str()?),
        _ => None,
    }
}

/// A number increased, or a set with more members.
fn added(there: Option<&Value>, value: &Value) -> Result<Value, String> {
    let kind = parts(value).map(|(kind, _)| kind).unwrap_or_default();
    if !["N", "SS", "NS", "BS"].contains(&kind) {
        return Err(format!(
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: \
             ADD, operand type: {kind}"
        ));
    }
    let Some(there) = there else { return Ok(value.clone()) };
    match (parts(there), parts(value)) {
        (Some(("N", _)), Some(("N", _))) => {
            let numbers = as_number(there).zip(as_number(value));
            let sum = numbers.and_then(|(one, other)| one.plus(&other)).ok_or(OVERFLOW)?;
            Ok(attribute::number(&sum))
        }
        (Some((one, old)), Some((other, new))) if one == other => {
            let mut members = old.as_list().to_vec();
            members.extend(new.as_list().iter().filter(|m| !old.as_list().contains(m)).cloned());
            Ok(attribute::of(one, Value::List(members)))
        }
        _ => Err(WRONG_TYPE.to_owned()),
    }
}

/// A set with fewer members, or nothing if none is left.
fn without(there: &Value, value: &Value) -> Result<Option<Value>, String> {
    match (parts(there), parts(value)) {
        (Some((one, old)), Some((other, gone)))
            if one == other && ["SS", "NS", "BS"].contains(&one) =>
        {
            let rest: Vec<Value> =
                old.as_list().iter().filter(|m| !gone.as_list().contains(m)).cloned().collect();
            Ok((!rest.is_empty()).then(|| attribute::of(one, Value::List(rest))))
        }
        _ => Err(WRONG_TYPE.to_owned()),
    }
}

const NO_PATH: &str = "The document path provided in the update expression is invalid for update";

fn put(item: &mut Object, path: &[Step], value: Value) -> Result<(), String> {
    let Some((Step::Member(first), rest)) = path.split_first() else {
        return Err(NO_PATH.to_owned());
    };
    if rest.is_empty() {
        item.insert(first.as_str(), value);
        return Ok(());
    }
    let inner = item.get_mut(first).ok_or(NO_PATH)?;
    put_inside(inner, rest, value)
}

fn put_inside(there: &mut Value, path: &[Step], value: Value) -> Result<(), String> {
    let Some((step, rest)) = path.split_first() else {
        *there = value;
        return Ok(());
    };
    let object = there.as_object_mut().ok_or(NO_PATH)?;
    match step {
        Step::Member(name) => {
            let members = object.get_mut("M").and_then(Value::as_object_mut).ok_or(NO_PATH)?;
            if rest.is_empty() {
                members.insert(name.as_str(), value);
                return Ok(());
            }
            put_inside(members.get_mut(name).ok_or(NO_PATH)?, rest, value)
        }
        Step::Element(place) => {
            let Some(Value::List(elements)) = object.get_mut("L") else {
                return Err(NO_PATH.to_owned());
            };
            match elements.get_mut(*place) {
                Some(element) => put_inside(element, rest, value),
                None if rest.is_empty() => {
                    elements.push(value);
                    Ok(())
                }
                None => Err(NO_PATH.to_owned()),
            }
        }
    }
}

fn take(item: &mut Object, path: &[Step]) {
    let Some((Step::Member(first), rest)) = path.split_first() else { return };
    if rest.is_empty() {
        item.remove(first);
    } else if let Some(inner) = item.get_mut(first) {
        take_inside(inner, rest);
    }
}

fn take_inside(there: &mut Value, path: &[Step]) {
    let (Some((step, rest)), Some(object)) = (path.split_first(), there.as_object_mut()) else {
        return;
    };
    match step {
        Step::Member(name) => {
            let Some(members) = object.get_mut("M").and_then(Value::as_object_mut) else { return };
            if rest.is_empty() {
                members.remove(name);
            } else if let Some(inner) = members.get_mut(name) {
                take_inside(inner, rest);
            }
        }
        Step::Element(place) => {
            let Some(Value::List(elements)) = object.get_mut("L") else { return };
            if rest.is_empty() {
                if *place < elements.len() {
                    elements.remove(*place);
                }
            } else if let Some(inner) = elements.get_mut(*place) {
                take_inside(inner, rest);
            }
        }
    }
}
