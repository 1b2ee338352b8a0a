//! From JSON to a pattern, refusing with the words that EventBridge uses.

use serde_json::{Map, Value};

use super::{
    Member, Node, PatternError,
    cidr::Cidr,
    test::{Case, Range, Test},
    wildcard::Wildcard,
};

/// The names that match expressions have, which no member inside `$or` may bear.
const EXPRESSIONS: [&str; 10] = [
    "exactly",
    "prefix",
    "suffix",
    "equals-ignore-case",
    "anything-but",
    "exists",
    "numeric",
    "cidr",
    "wildcard",
    "anything-but-ignore-case",
];

/// The largest number that numeric matching knows.
const LARGEST: f64 = 5_000_000_000.0;

pub(super) fn root(pattern: &Value) -> Result<Node, PatternError> {
    match pattern {
        Value::Object(members) => node(members, false),
        _ => Err(PatternError::new("Filter is not an object")),
    }
}

fn node(members: &Map<String, Value>, in_choice: bool) -> Result<Node, PatternError> {
    if members.is_empty() {
        return Err(PatternError::new("Empty objects are not allowed"));
    }
    let mut node = Node::default();
    for (name, value) in members {
        if name == "$or" && (in_choice || is_choice(value)) {
            node.choices.push(choice(value)?);
            continue;
        }
        if in_choice && EXPRESSIONS.contains(&name.as_str()) {
            return Err(PatternError::new(format!(
                "{name} is Ruler reserved fieldName which cannot be used inside $or."
            )));
        }
        node.members.push((name.clone(), member(name, value, in_choice)?));
    }
    Ok(node)
}

/// A member called `$or` is a choice if it looks like one; otherwise it is a member like any other.
fn is_choice(value: &Value) -> bool {
    let Some(elements) = value.as_array() else { return false };
    let plain = |element: &Value| {
        element.as_object().is_some_and(|object| {
            !object.is_empty() && !object.keys().any(|name| EXPRESSIONS.contains(&name.as_str()))
        })
    };
    elements.len() >= 2 && elements.iter().all(plain)
}

fn choice(value: &Value) -> Result<Vec<Node>, PatternError> {
    let Value::Array(elements) = value else {
        return Err(PatternError::new("It must be an Array followed with $or."));
    };
    if elements.len() < 2 {
        let reason = "There must have at least 2 Objects in $or relationship.";
        return Err(PatternError::new(reason));
    }
    elements
        .iter()
        .map(|element| match element {
            Value::Object(members) => node(members, true),
            _ => {
                Err(PatternError::new("Only JSON object is allowed in array of $or relationship."))
            }
        })
        .collect()
}

fn member(name: &str, value: &Value, in_choice: bool) -> Result<Member, PatternError> {
    match value {
        Value::Object(members) => Ok(Member::Inside(node(members, in_choice)?)),
        Value::Array(elements) if elements.is_empty() => {
            Err(PatternError::new("Empty arrays are not allowed"))
        }
        Value::Array(elements) => {
            Ok(Member::OneOf(elements.iter().map(test).collect::<Result<_, _>>()?))
        }
        _ => Err(PatternError::new(format!("\"{name}\" must be an object or an array"))),
    }
}

fn test(element: &Value) -> Result<Test, PatternError> {
    match element {
        Value::Object(expression) => {
            let (name, value) = only(expression, "Match expression name not found")?;
            expressed(name, value)
        }
        Value::Array(_) => {
            Err(PatternError::new("Match value must be String, number, true, false, or null"))
        }
        scalar => Ok(Test::Equals(scalar.clone())),
    }
}

/// The single member of an expression.
fn only<'m>(
    expression: &'m Map<String, Value>,
    empty: &str,
) -> Result<(&'m str, &'m Value), PatternError> {
    let mut members = expression.iter().map(|(name, value)| (name.as_str(), value));
    match (members.next(), members.next()) {
        (None, _) => Err(PatternError::new(empty)),
        (Some((name, value)), None) => Ok((name, value)),
        (Some(("numeric", _)), Some(_)) => {
            Err(PatternError::new("Too many elements in numeric expression"))
        }
        _ => Err(PatternError::new("Only one key allowed in match expression")),
    }
}

fn expressed(name: &str, value: &Value) -> Result<Test, PatternError> {
    match name {
        "exactly" => Ok(Test::Equals(Value::String(text(value, "exact")?))),
        "prefix" => affix(value, "prefix", Test::Prefix),
        "suffix" => affix(value, "suffix", Test::Suffix),
        "equals-ignore-case" => Ok(Test::EqualsIgnoreCase(text(value, "equals-ignore-case")?)),
        "wildcard" => Ok(Test::Wildcard(Wildcard::parse(&text(value, "wildcard")?)?)),
        "cidr" => Ok(Test::Cidr(Cidr::parse(&text(value, "cidr")?)?)),
        "exists" => value
            .as_bool()
            .map(Test::Exists)
            .ok_or_else(|| PatternError::new("exists match pattern must be either true or false.")),
        "numeric" => numeric(value),
        "anything-but" => anything_but(value),
        _ => Err(PatternError::new(format!("Unrecognized match type {name}"))),
    }
}

fn text(value: &Value, what: &str) -> Result<String, PatternError> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| PatternError::new(format!("{what} match pattern must be a string")))
}

/// A prefix or a suffix, plain or `{"equals-ignore-case": …}`.
fn affix(value: &Value, what: &str, make: fn(String, Case) -> Test) -> Result<Test, PatternError> {
    let Value::Object(expression) = value else {
        return Ok(make(text(value, what)?, Case::Sensitive));
    };
    match only(expression, &format!("{what} match expression name not found"))? {
        ("equals-ignore-case", inner) => {
            Ok(make(text(inner, "equals-ignore-case")?, Case::Ignored))
        }
        (other, _) => Err(PatternError::new(format!("Unsupported {what} pattern: {other}"))),
    }
}

fn numeric(value: &Value) -> Result<Test, PatternError> {
    let Value::Array(terms) = value else {
        return Err(PatternError::new("Value of numeric must be an array."));
    };
    let mut range = Range { bottom: None, top: None };
    let mut terms = terms.iter();
    let operator = match terms.next() {
        Some(Value::String(operator)) => operator.as_str(),
        other => {
            let found = other.map_or_else(|| "]".to_owned(), Value::to_string);
            return Err(PatternError::new(format!("Invalid member in numeric match: {found}")));
        }
    };
    if !["=", "<", "<=", ">", ">="].contains(&operator) {
        let reason = format!("Unrecognized numeric range operator: {operator}");
        return Err(PatternError::new(reason));
    }
    let number = number(terms.next(), if operator == "=" { "equals" } else { operator })?;
    match operator {
        "=" => (range.bottom, range.top) = (Some((number, true)), Some((number, true))),
        "<" | "<=" => range.top = Some((number, operator == "<=")),
        _ => {
            range.bottom = Some((number, operator == ">="));
            range.top = upper_end(&mut terms)?;
        }
    }
    if terms.next().is_some() {
        return Err(PatternError::new("Too many elements in numeric expression"));
    }
    match (range.bottom, range.top) {
        (Some((bottom, _)), Some((top, _))) if operator != "=" && bottom >= top => {
            Err(PatternError::new("Bottom must be less than top"))
        }
        _ => Ok(Test::Numeric(range)),
    }
}

fn upper_end(terms: &mut std::slice::Iter<'_, Value>) -> Result<Option<(f64, bool)>, PatternError> {
    match terms.next() {
        None => Ok(None),
        Some(Value::String(operator)) if operator == "<" || operator == "<=" => {
            let top = number(terms.next(), operator)?;
            if terms.next().is_some() {
                let reason = "Too many terms in numeric range expression";
                return Err(PatternError::new(reason));
            }
            Ok(Some((top, operator == "<=")))
        }
        Some(Value::String(operator)) => {
            Err(PatternError::new(format!("Bad numeric range operator: {operator}")))
        }
        Some(other) => Err(PatternError::new(format!("Bad value in numeric range: {other}"))),
    }
}

fn number(value: Option<&Value>, operator: &str) -> Result<f64, PatternError> {
    let number = value
        .and_then(Value::as_f64)
        .ok_or_else(|| PatternError::new(format!("Value of {operator} must be numeric")))?;
    if number.abs() > LARGEST {
        let reason = "Value must be between -5.0E9 and 5.0E9, inclusive";
        return Err(PatternError::new(reason));
    }
    Ok(number)
}

fn anything_but(value: &Value) -> Result<Test, PatternError> {
    match value {
        Value::String(_) | Value::Number(_) => {
            Ok(Test::AnythingBut(vec![Test::Equals(value.clone())]))
        }
        Value::Array(elements) => plain_list(elements).map(Test::AnythingBut),
        Value::Object(expression) => {
            let (name, inner) = only(expression, "Anything-But expression name not found")?;
            if !["prefix", "suffix", "wildcard", "equals-ignore-case"].contains(&name) {
                let reason = format!("Unsupported anything-but pattern: {name}");
                return Err(PatternError::new(reason));
            }
            excluded(name, inner).map(Test::AnythingBut)
        }
        _ => Err(PatternError::new(
            "Value of anything-but must be an array or single string/number value.",
        )),
    }
}

fn plain_list(elements: &[Value]) -> Result<Vec<Test>, PatternError> {
    if !elements.iter().all(|element| element.is_string() || element.is_number()) {
        let reason = "Inside anything but list, start|null|boolean is not supported.";
        return Err(PatternError::new(reason));
    }
    let texts = elements.iter().filter(|element| element.is_string()).count();
    if elements.is_empty() || (texts != 0 && texts != elements.len()) {
        return Err(PatternError::new(
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ));
    }
    Ok(elements.iter().cloned().map(Test::Equals).collect())
}

/// What `anything-but` with an expression excludes: one text or a list of texts.
fn excluded(name: &str, value: &Value) -> Result<Vec<Test>, PatternError> {
    let single = std::slice::from_ref(value);
    let elements = value.as_array().map_or(single, Vec::as_slice);
    if elements.is_empty() {
        return Err(PatternError::new("Empty arrays are not allowed"));
    }
    elements
        .iter()
        .map(|element| {
            let text = element.as_str().ok_or_else(|| {
                PatternError::new(match name {
                    "equals-ignore-case" => {
                        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
                    }
                    _ => "prefix/suffix match pattern must be a string",
                })
            })?;
            match name {
                "prefix" | "suffix" if text.is_empty() => {
                    Err(PatternError::new("Null prefix/suffix not allowed"))
                }
                _ => expressed(name, element),
            }
        })
        .collect()
}
