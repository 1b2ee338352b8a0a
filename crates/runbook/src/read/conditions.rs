//! Conditions: of the choices of a branch, and of a loop.

use reeve_document::{Cursor, nearest};

use super::{inputs, steps::goal};
use crate::choice::{Branch, Choice, Condition, Operator};

const COMBINATIONS: [&str; 3] = ["And", "Or", "Not"];

/// Reads the inputs of a branch.
pub(super) fn branch(cursor: &Cursor<'_>) -> Option<Branch> {
    let fields = cursor.fields(&["Choices", "Default"])?;
    let choices = fields.required("Choices")?;
    let list = choices.list()?;
    if list.is_empty() {
        choices.error("a branch has one choice at least");
    }
    let default = fields.optional("Default").and_then(goal);
    Some(Branch { choices: list.iter().filter_map(choice).collect(), default })
}

fn choice(cursor: &Cursor<'_>) -> Option<Choice> {
    let entries = cursor.entries()?;
    let Some((_, next)) = entries.iter().find(|(entry, _)| entry.key == "NextStep") else {
        cursor.error("the key `NextStep` is missing");
        return None;
    };
    let condition = condition_without(cursor, Some("NextStep"));
    Some(Choice { next: goal(next)?, condition: condition? })
}

/// Reads a condition.
pub(super) fn condition(cursor: &Cursor<'_>) -> Option<Condition> {
    condition_without(cursor, None)
}

/// Reads a condition from a map that also has a key of another meaning.
fn condition_without(cursor: &Cursor<'_>, other: Option<&str>) -> Option<Condition> {
    let entries = cursor.entries()?;
    let own: Vec<_> =
        entries.iter().filter(|(entry, _)| Some(entry.key.as_str()) != other).collect();
    if let Some((entry, value)) =
        own.iter().find(|(entry, _)| COMBINATIONS.contains(&entry.key.as_str()))
    {
        for (unexpected, place) in own.iter().filter(|(other, _)| other.key != entry.key) {
            place.error(format!("`{}` cannot stand beside `{}`", unexpected.key, entry.key));
        }
        return combination(&entry.key, value);
    }
    comparison(cursor, &own)
}

fn combination(kind: &str, cursor: &Cursor<'_>) -> Option<Condition> {
    // `Not` is written with one condition, or with a list of one.
    let list = match &cursor.node().value {
        reeve_document::NodeValue::Map(_) if kind == "Not" => vec![cursor.clone()],
        _ => cursor.list()?,
    };
    let least = if kind == "Not" { 1 } else { 2 };
    if list.len() < least {
        cursor.error(format!("`{kind}` takes {least} conditions at least, found {}", list.len()));
    }
    let mut conditions: Vec<Condition> = list.iter().filter_map(condition).collect();
    match kind {
        "And" => Some(Condition::And(conditions)),
        "Or" => Some(Condition::Or(conditions)),
        _ if conditions.len() == 1 => conditions.pop().map(Box::new).map(Condition::Not),
        _ => Some(Condition::Not(Box::new(Condition::And(conditions)))),
    }
}

fn comparison(
    cursor: &Cursor<'_>,
    entries: &[&(&reeve_document::Entry, Cursor<'_>)],
) -> Option<Condition> {
    let mut variable = None;
    let mut compared = None;
    let operators = Operator::ALL.map(|(name, _)| name);
    for (entry, value) in entries {
        let operator = Operator::ALL.iter().find(|(name, _)| *name == entry.key);
        match (entry.key.as_str(), operator) {
            ("Variable", _) => variable = inputs::read(value),
            (_, Some((_, operator))) if compared.is_none() => {
                compared = inputs::read(value).map(|with| (*operator, with));
            }
            (name, Some(_)) => {
                value.error(format!("`{name}` is a second comparison of one condition"));
            }
            (name, None) => {
                let known = operators.iter().chain(&COMBINATIONS).chain(&["Variable"]).copied();
                match nearest(name, known) {
                    Some(near) => value.error_with_hint(
                        format!("`{name}` is no operator"),
                        format!("did you mean `{near}`?"),
                    ),
                    None => value.error_with_hint(
                        format!("`{name}` is no operator"),
                        format!("one of {}", operators.join(", ")),
                    ),
                }
            }
        }
    }
    match (variable, compared) {
        (Some(variable), Some((operator, with))) => Some(Condition::Compare {
            variable: Box::new(variable),
            operator,
            with: Box::new(with),
        }),
        (None, _) if !entries.iter().any(|(entry, _)| entry.key == "Variable") => {
            cursor.error("the key `Variable` is missing");
            None
        }
        (Some(_), None) if entries.len() == 1 => {
            cursor.error_with_hint(
                "a comparison is missing",
                format!("one of {}", operators.join(", ")),
            );
            None
        }
        _ => None,
    }
}
