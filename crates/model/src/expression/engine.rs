//! The JMESPath engine, kept within bounds.
//!
//! The engine recurses over the expression and over what it finds, and an expression can be made of the command line's
//! text. So nesting is counted before the engine sees the text, and what it finds is counted while it is copied out: an
//! expression of a hundred characters can stand for more elements than there is memory, all of them shared.

use std::collections::BTreeMap;

use jmespath::{
    DEFAULT_RUNTIME, ErrorReason, Expression, JmespathError, Rcvar, Variable, ast::Ast,
};
use serde_json::Number;

use crate::{Object, Value};

/// Deeper than any expression that a person writes, and far from the end of a thread's stack.
const DEEPEST: usize = 250;

/// The engine adds steps to positions; anything above this could overflow.
const LONGEST_STEP: u32 = 1_000_000_000;

/// What may be found even in a small value, in bytes as an estimate, and how many times the value's size.
const LARGEST: usize = 1 << 24;
const LARGEST_TIMES: usize = 16;

/// The functions of JMESPath, with the least and the most arguments that they take.
const FUNCTIONS: [(&str, usize, usize); 26] = [
    ("abs", 1, 1),
    ("avg", 1, 1),
    ("ceil", 1, 1),
    ("contains", 2, 2),
    ("ends_with", 2, 2),
    ("floor", 1, 1),
    ("join", 2, 2),
    ("keys", 1, 1),
    ("length", 1, 1),
    ("map", 2, 2),
    ("max", 1, 1),
    ("max_by", 2, 2),
    ("merge", 1, usize::MAX),
    ("min", 1, 1),
    ("min_by", 2, 2),
    ("not_null", 1, usize::MAX),
    ("reverse", 1, 1),
    ("sort", 1, 1),
    ("sort_by", 2, 2),
    ("starts_with", 2, 2),
    ("sum", 1, 1),
    ("to_array", 1, 1),
    ("to_number", 1, 1),
    ("to_string", 1, 1),
    ("type", 1, 1),
    ("values", 1, 1),
];

/// Compiles an expression, or says what is wrong with it and where.
pub(super) fn compile(text: &str) -> Result<Expression<'static>, String> {
    if depth(text) > DEEPEST {
        return Err(format!("it nests deeper than {DEEPEST} levels"));
    }
    let compiled = jmespath::compile(text).map_err(|error| explain(text, &error))?;
    examine(text, compiled.as_ast())?;
    Ok(compiled)
}

/// What an expression finds in a value.
pub(super) fn search(text: &str, value: &Value) -> Result<Value, String> {
    let compiled = compile(text)?;
    let allowed = LARGEST.saturating_add(size(value).saturating_mul(LARGEST_TIMES));
    let found = compiled.search(to_variable(value)).map_err(|error| explain(text, &error))?;
    // A function's numbers are floats whatever it was given.
    let mut copying = Copying { remaining: allowed, whole_numbers: text.contains('(') };
    copying.value(&found).ok_or_else(|| "what it finds is too large".to_owned())
}

/// A bound of how deep the syntax tree of an expression is.
fn depth(text: &str) -> usize {
    // How much each open bracket, and the text around them all, has added since its last comma.
    let mut open = vec![0_usize];
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\'' | b'"' | b'`' => skip_quoted(&mut bytes, byte),
            b'(' | b'[' | b'{' | b'.' | b'|' | b'&' | b'!' | b'<' | b'>' | b'=' | b'*' => {
                depth += 1;
                if let Some(chain) = open.last_mut() {
                    *chain += 1;
                }
                if matches!(byte, b'(' | b'[' | b'{') {
                    open.push(0);
                }
            }
            b',' => {
                if let Some(chain) = open.last_mut() {
                    depth -= std::mem::take(chain);
                }
            }
            b')' | b']' | b'}' if open.len() > 1 => depth -= open.pop().unwrap_or(0),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn skip_quoted(bytes: &mut impl Iterator<Item = u8>, quote: u8) {
    while let Some(byte) = bytes.next() {
        if byte == quote {
            break;
        }
        if byte == b'\\' {
            bytes.next();
        }
    }
}

/// Finds what the engine would only notice while evaluating, or not survive.
fn examine(text: &str, node: &Ast) -> Result<(), String> {
    match node {
        Ast::Slice { step, offset, .. } if step.unsigned_abs() > LONGEST_STEP => {
            Err(format!("{}: a step of {step} is too large", position(text, *offset)))
        }
        Ast::Function { name, args, offset } => {
            if DEFAULT_RUNTIME.get_function(name).is_none() {
                return Err(unknown_function(text, name, *offset));
            }
            if let Some(expected) = unfit_arguments(name, args.len()) {
                let at = position(text, offset.saturating_sub(name.len()));
                let found = args.len();
                return Err(format!("{at}: `{name}` takes {expected}, found {found}"));
            }
            args.iter().try_for_each(|argument| examine(text, argument))
        }
        Ast::Comparison { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::Condition { predicate: lhs, then: rhs, .. } => {
            examine(text, lhs)?;
            examine(text, rhs)
        }
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => examine(text, node),
        Ast::MultiList { elements, .. } => {
            elements.iter().try_for_each(|element| examine(text, element))
        }
        Ast::MultiHash { elements, .. } => {
            elements.iter().try_for_each(|element| examine(text, &element.value))
        }
        Ast::Field { .. }
        | Ast::Identity { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Ok(()),
    }
}

/// How many arguments a function takes, if not so many.
fn unfit_arguments(name: &str, found: usize) -> Option<String> {
    let (_, least, most) = FUNCTIONS.iter().find(|(known, ..)| *known == name)?;
    let counted = |count: usize| format!("{count} argument{}", if count == 1 { "" } else { "s" });
    let expected =
        if least == most { counted(*least) } else { format!("at least {}", counted(*least)) };
    (found < *least || found > *most).then_some(expected)
}

fn unknown_function(text: &str, name: &str, offset: usize) -> String {
    // The engine remembers where the arguments begin.
    let at = position(text, offset.saturating_sub(name.len()));
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let known = FUNCTIONS.iter().map(|(known, ..)| *known);
    let nearest = known.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    match nearest.filter(|nearest| likeness(nearest) > 0.8) {
        Some(nearest) => format!("{at}: there is no function `{name}`; did you mean `{nearest}`?"),
        None => format!("{at}: there is no function `{name}`"),
    }
}

/// The engine's words for people: its names for its own parts left out, and what stands at the place shown.
fn explain(text: &str, error: &JmespathError) -> String {
    let reason = match &error.reason {
        ErrorReason::Parse(reason) => reason,
        ErrorReason::Runtime(reason) => {
            return format!(
                "{}: {}",
                position(text, error.offset),
                lower_first(&reason.to_string())
            );
        }
    };
    let at = position(text, error.offset);
    let Some((expected, _)) = reason.split_once(" -- found ") else {
        return format!("{at}: {}", lower_first(reason));
    };
    let expected = match expected {
        "Unexpected nud token" => "expected an expression".to_owned(),
        "Did not parse the complete expression" | "Unexpected led token" => {
            "expected an operator or the end".to_owned()
        }
        other => lower_first(other),
    };
    let rest: String = text.get(error.offset..).unwrap_or_default().chars().take(20).collect();
    match rest.trim() {
        "" => format!("{at}: {expected}, found the end"),
        rest => format!("{at}: {expected}, found `{rest}`"),
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_lowercase).chain(characters).collect()
}

/// Where a byte of the text is, as people count.
fn position(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let (lines, last) = before.rsplit_once('\n').unwrap_or(("", before));
    let column = last.chars().count() + 1;
    if before.contains('\n') {
        format!("line {}, column {column}", lines.matches('\n').count() + 2)
    } else {
        format!("column {column}")
    }
}

fn to_variable(value: &Value) -> Rcvar {
    Rcvar::new(match value {
        Value::Null => Variable::Null,
        Value::Bool(truth) => Variable::Bool(*truth),
        Value::Integer(number) => Variable::Number((*number).into()),
        Value::String(text) => Variable::String(text.clone()),
        Value::List(elements) => Variable::Array(elements.iter().map(to_variable).collect()),
        Value::Object(object) => Variable::Object(
            object.iter().map(|(name, value)| (name.to_string(), to_variable(value))).collect(),
        ),
        Value::Float(_) | Value::Blob(_) | Value::Timestamp(_) => match value.to_json() {
            serde_json::Value::Number(number) => Variable::Number(number),
            serde_json::Value::String(text) => Variable::String(text),
            _ => Variable::Null,
        },
    })
}

fn size(value: &Value) -> usize {
    let held = match value {
        Value::String(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::List(elements) => elements.iter().map(size).sum(),
        Value::Object(object) => object.iter().map(|(name, value)| name.len() + size(value)).sum(),
        _ => 0,
    };
    size_of::<Value>() + held
}

/// Copies what was found, up to a size.
struct Copying {
    remaining: usize,
    whole_numbers: bool,
}

impl Copying {
    /// The copy; nothing if it would be too large.
    fn value(&mut self, variable: &Variable) -> Option<Value> {
        self.spend(size_of::<Value>())?;
        Some(match variable {
            // An expression that was not applied to anything finds nothing.
            Variable::Null | Variable::Expref(_) => Value::Null,
            Variable::Bool(truth) => Value::Bool(*truth),
            Variable::Number(number) => self.number(number),
            Variable::String(text) => {
                self.spend(text.len())?;
                Value::String(text.clone())
            }
            Variable::Array(elements) => {
                let copies: Option<Vec<Value>> = elements.iter().map(|it| self.value(it)).collect();
                Value::List(copies?)
            }
            Variable::Object(members) => Value::Object(self.object(members)?),
        })
    }

    fn object(&mut self, members: &BTreeMap<String, Rcvar>) -> Option<Object> {
        let mut object = Object::with_capacity(members.len());
        for (name, value) in members {
            self.spend(name.len())?;
            object.push(name.as_str().into(), self.value(value)?);
        }
        Some(object)
    }

    fn number(&self, number: &Number) -> Value {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match number.as_f64() {
            Some(float) if number.is_f64() => {
                if self.whole_numbers && float.fract() == 0.0 && float.abs() < EXACT {
                    // Every whole float below the bound is written without an exponent.
                    format!("{float:.0}").parse().map_or(Value::Float(float), Value::Integer)
                } else {
                    Value::Float(float)
                }
            }
            float => {
                number.as_i64().map_or(Value::Float(float.unwrap_or(f64::NAN)), Value::Integer)
            }
        }
    }

    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.remaining = self.remaining.checked_sub(bytes)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_take_as_many_arguments_as_the_engine_lets_them() {
        for (name, least, most) in FUNCTIONS {
            for count in 0..4 {
                let call = format!("{name}({})", vec!["@"; count].join(", "));
                let found = jmespath::compile(&call).unwrap().search(Variable::Null);
                let reason = found.err().map(|error| error.reason.to_string()).unwrap_or_default();
                let unfit = reason.contains("arguments: expected");
                assert_eq!(unfit, count < least || count > most, "{call}: {reason}");
                assert_eq!(compile(&call).is_err(), unfit, "{call}");
            }
        }
    }
}
