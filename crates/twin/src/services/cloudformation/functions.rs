//! The intrinsic functions that need nothing but their arguments.

use std::net::Ipv4Addr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeve_model::Value;

/// Calls a function with evaluated arguments.
pub(crate) fn call(name: &str, argument: &Value) -> Result<Value, String> {
    match name {
        "Fn::Join" => join(argument),
        "Fn::Select" => select(argument),
        "Fn::Split" => split(argument),
        "Fn::Base64" => Ok(Value::from(STANDARD.encode(text(argument)))),
        "Fn::Cidr" => cidr(argument),
        "Fn::Length" => match argument {
            Value::List(elements) => Ok(Value::Integer(i64::try_from(elements.len()).unwrap_or(0))),
            _ => Err("Template error: Fn::Length requires a list".to_owned()),
        },
        "Fn::ToJsonString" => Ok(Value::from(argument.to_json().to_string())),
        _ => Err(format!("Template error: {name} is not a valid intrinsic function")),
    }
}

/// A value as a text within other text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::List(elements) => elements.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_json().to_string(),
    }
}

/// Whether two values are the same: `1` and `"1"` are, in templates.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::List(_) | Value::Object(_), _) | (_, Value::List(_) | Value::Object(_)) => false,
        _ => text(one) == text(other),
    }
}

fn join(argument: &Value) -> Result<Value, String> {
    let malformed = "Template error: every Fn::Join object requires two parameters, (1) a string \
                     delimiter and (2) a list of strings to be joined or a function that returns a list";
    let [delimiter, parts] = argument.as_list() else {
        return Err(malformed.to_owned());
    };
    let (Some(delimiter), Value::List(parts)) = (delimiter.as_str(), parts) else {
        return Err(malformed.to_owned());
    };
    Ok(Value::from(parts.iter().map(text).collect::<Vec<_>>().join(delimiter)))
}

fn select(argument: &Value) -> Result<Value, String> {
    let [index, parts] = argument.as_list() else {
        return Err("Template error: Fn::Select requires a list argument with two elements: an \
                    integer index and a list"
            .to_owned());
    };
    let position: Option<usize> = text(index).parse().ok();
    let chosen = position.and_then(|position| parts.as_list().get(position));
    chosen.cloned().ok_or_else(|| {
        "Template error: Fn::Select cannot select nonexistent value at index ".to_owned()
            + &text(index)
    })
}

fn split(argument: &Value) -> Result<Value, String> {
    let [delimiter, whole] = argument.as_list() else {
        return Err("Template error: every Fn::Split object requires two parameters".to_owned());
    };
    let delimiter = text(delimiter);
    if delimiter.is_empty() {
        return Err("Template error: Fn::Split delimiter must not be empty".to_owned());
    }
    Ok(text(whole).split(delimiter.as_str()).map(Value::from).collect())
}

fn cidr(argument: &Value) -> Result<Value, String> {
    let malformed = || "Template error: Fn::Cidr has invalid arguments".to_owned();
    let [block, count, rest @ ..] = argument.as_list() else {
        return Err(malformed());
    };
    let block = text(block);
    let (address, prefix) = block.split_once('/').ok_or_else(malformed)?;
    let address: Ipv4Addr = address.parse().map_err(|_| malformed())?;
    let prefix: u32 = prefix.parse().map_err(|_| malformed())?;
    let count: u32 = text(count).parse().map_err(|_| malformed())?;
    let bits: u32 = match rest.first() {
        Some(bits) => text(bits).parse().map_err(|_| malformed())?,
        None => 8,
    };
    if prefix > 32 || bits > 32 || !(1..=256).contains(&count) || 32 - bits < prefix {
        return Err(malformed());
    }
    let start = u64::from(u32::from(address)) & !((1_u64 << (32 - prefix)) - 1);
    let end = start + (1_u64 << (32 - prefix));
    let mut blocks = Vec::new();
    for number in 0..u64::from(count) {
        let first = start + (number << bits);
        if first + (1_u64 << bits) > end {
            return Err(malformed());
        }
        let first = u32::try_from(first).map_err(|_| malformed())?;
        blocks.push(Value::from(format!("{}/{}", Ipv4Addr::from(first), 32 - bits)));
    }
    Ok(Value::List(blocks))
}
