//! Expressions that take a value out of another: paths, and JMESPath for the rest.
//!
//! Nearly all expressions in the published models are paths with an alternative at most (`NextMarker || Contents[-1].Key`).
//! They are read once and followed without copying. Only what is more than that goes through a JMESPath engine, which has
//! values of its own: blobs and timestamps are text there.

mod engine;

use std::borrow::Cow;

use crate::{Name, Value};

/// An expression that takes a value out of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    text: Name,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    // The first one that leads to something wins.
    Paths(Vec<Path>),
    // Compiled when evaluated: the engine's compiled form cannot be shared between threads.
    JmesPath,
}

/// An expression that cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the expression `{expression}` cannot be evaluated: {reason}")]
pub struct ExpressionError {
    /// The expression.
    pub expression: Name,
    /// What is wrong with it.
    pub reason: String,
}

impl Expression {
    /// Reads an expression. Whether it is valid JMESPath shows when it is evaluated, or [checked](Self::check).
    pub fn new(text: impl Into<Name>) -> Self {
        let text = text.into();
        let paths = text.split("||").map(|alternative| Path::parse_strict(alternative.trim()));
        let form = Option::map_or(paths.collect(), Form::JmesPath, Form::Paths);
        Self { text, form }
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is valid JMESPath with known functions, whatever it is evaluated on. For expressions that people
    /// write: they hear of a mistake at once, with the column where it is and what was expected there.
    pub fn check(&self) -> Result<(), ExpressionError> {
        match &self.form {
            Form::Paths(_) => Ok(()),
            Form::JmesPath => engine::compile(&self.text).map(|_| ()).map_err(|it| self.failed(it)),
        }
    }

    /// What the expression finds; nothing if it finds null.
    pub fn evaluate<'a>(
        &self,
        value: &'a Value,
    ) -> Result<Option<Cow<'a, Value>>, ExpressionError> {
        match &self.form {
            Form::Paths(paths) => {
                let Some((last, others)) = paths.split_last() else { return Ok(None) };
                let mut found = others.iter().filter_map(|path| path.follow(value));
                let found = found.find(|found| !is_empty(found)).or_else(|| last.follow(value));
                Ok(found.filter(|found| !found.is_null()).map(Cow::Borrowed))
            }
            Form::JmesPath => {
                let found = engine::search(&self.text, value).map_err(|it| self.failed(it))?;
                Ok(Some(found).filter(|found| !found.is_null()).map(Cow::Owned))
            }
        }
    }

    fn failed(&self, reason: String) -> ExpressionError {
        ExpressionError { expression: self.text.clone(), reason }
    }
}

/// What `||` passes over, in JMESPath: null, false, and whatever is empty.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::List(elements) => elements.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// A path through members and list positions, such as `Contents[-1].Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(Name),
    // Counted from the end if negative.
    Position(i64),
}

impl Path {
    /// Reads a path; nothing if the text is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (member, positions) =
                part.split_once('[').map_or((part, None), |(m, p)| (m, Some(p)));
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !member.bytes().all(plain) || (member.is_empty() && positions.is_none()) {
                return None;
            }
            if !member.is_empty() {
                steps.push(Step::Member(member.into()));
            }
            if let Some(positions) = positions {
                for position in positions.strip_suffix(']')?.split("][") {
                    steps.push(Step::Position(position.parse().ok()?));
                }
            }
        }
        Some(Self(steps))
    }

    /// Reads a path that is JMESPath; nothing if the text is not one.
    fn parse_strict(text: &str) -> Option<Self> {
        let identifier = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && !name.contains('-')
        };
        let steps = Self::parse(text)?;
        let is_strict = steps.0.iter().all(|step| match step {
            Step::Member(name) => identifier(name),
            Step::Position(position) => i32::try_from(*position).is_ok(),
        });
        // A position after a dot, or one with a plus sign, is something else in JMESPath, or nothing.
        (is_strict && !text.contains(".[") && !text.contains('+')).then_some(steps)
    }

    /// What the path leads to.
    pub(crate) fn follow<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Position(position) => {
                let elements = value.as_list();
                let length = i64::try_from(elements.len()).ok()?;
                let position = if *position < 0 { length + position } else { *position };
                elements.get(usize::try_from(position).ok()?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(expression: &str, value: &serde_json::Value, expected: &serde_json::Value) {
        let value = Value::from_json(value);
        let found = Expression::new(expression).evaluate(&value).unwrap();
        assert_eq!(found.map_or(json!(null), |found| found.to_json()), *expected, "{expression}");
    }

    #[test]
    fn a_path_is_followed_through_members_and_positions() {
        let value = json!({"List": {"Items": [{"Key": "a"}, {"Key": "b"}]}});
        check("List.Items[-1].Key", &value, &json!("b"));
        check("List.Items[0].Key", &value, &json!("a"));
        check("List.Items[2].Key", &value, &json!(null));
        check("List.Missing", &value, &json!(null));
    }

    #[test]
    fn an_alternative_is_taken_when_the_first_is_absent_or_empty() {
        let value = json!({"NextMarker": "", "Contents": [{"Key": "k"}]});
        check("NextMarker || Contents[-1].Key", &value, &json!("k"));
    }

    #[test]
    fn the_last_alternative_is_taken_as_it_is() {
        check("Ready", &json!({"Ready": false}), &json!(false));
        check("Missing || Text", &json!({"Text": ""}), &json!(""));
        check("Missing || Null", &json!({"Null": null}), &json!(null));
    }

    #[test]
    fn what_is_more_than_a_path_is_jmespath() {
        let value = json!({"Get": [{"T": "a"}, {"U": "b"}, {"T": "c"}], "Map": {"x": 1, "y": 2}});
        check("Get[*].T", &value, &json!(["a", "c"]));
        check("Get[*].[T, U][]", &value, &json!(["a", "b", "c"]));
        check("length(keys(Map))", &value, &json!(2));
    }

    #[test]
    fn a_malformed_expression_is_an_error_that_names_it() {
        let error = Expression::new("a[?").evaluate(&Value::object()).unwrap_err();
        assert!(error.to_string().contains("`a[?`"), "{error}");
    }

    #[test]
    fn a_mistake_is_told_with_its_column_and_what_was_expected() {
        for (text, expected) in [
            ("a[?", "column 4: expected an expression, found the end"),
            ("Items[*", "column 8: expected ']' for wildcard index, found the end"),
            ("a b", "column 3: expected an operator or the end, found `b`"),
            ("Items[x]", "column 7: expected number, ':', or '*', found `x]`"),
            ("a = b", "column 3: '=' is not valid. Did you mean '=='?"),
            ("", "column 1: expected an expression, found the end"),
            (
                "a.\nb.",
                "line 2, column 3: expected identifier, '*', '{', '[', '&', or '[?', found the end",
            ),
            ("lenght(a)", "column 1: there is no function `lenght`; did you mean `length`?"),
            ("a.length(@, @)", "column 3: `length` takes 1 argument, found 2"),
            ("sort_by(a)", "column 1: `sort_by` takes 2 arguments, found 1"),
            ("merge()", "column 1: `merge` takes at least 1 argument, found 0"),
            ("a-b", "column 2: '-' must be followed by numbers 1-9"),
            ("a[1::2147483647]", "column 16: a step of 2147483647 is too large"),
        ] {
            assert_eq!(Expression::new(text).check().unwrap_err().reason, expected, "{text}");
        }
        assert_eq!(Expression::new("Volumes[?Size > `8`].[VolumeId, Size]").check(), Ok(()));
        assert_eq!(Expression::new("Volumes[0].Size").check(), Ok(()));
    }

    #[test]
    fn numbers_that_functions_make_are_whole_where_they_can_be() {
        let value = json!({"Sizes": [8, 20], "Average": [1.0]});
        check("sum(Sizes)", &value, &json!(28));
        check("avg(Sizes)", &value, &json!(14));
        check("Average[*]", &value, &json!([1.0]));
    }

    #[test]
    fn an_expression_that_nests_too_deeply_is_refused() {
        for (unit, close) in [("(", ""), ("!", ""), ("a|", "b"), ("a[?", ""), ("&", ""), ("[]", "")]
        {
            let text = unit.repeat(100_000) + close;
            let reason = Expression::new(text).evaluate(&Value::object()).unwrap_err().reason;
            assert!(reason.starts_with("it nests deeper than"), "{unit}: {reason}");
        }
        let wide = format!("[{}]", vec!["a.b"; 10_000].join(", "));
        assert_eq!(Expression::new(wide).check(), Ok(()));
    }

    #[test]
    fn an_answer_that_grows_out_of_bounds_is_refused() {
        let text = format!("[@]{}", " | [@, @]".repeat(60));
        let reason = Expression::new(text).evaluate(&Value::object()).unwrap_err().reason;
        assert_eq!(reason, "what it finds is too large");
    }

    #[test]
    fn no_text_makes_the_evaluation_panic() {
        const PARTS: [&str; 44] = [
            "a",
            "b",
            "Items",
            ".",
            "[",
            "]",
            "[]",
            "[*]",
            "[?",
            "*",
            "|",
            "||",
            "&&",
            "&",
            "!",
            "(",
            ")",
            "{",
            "}",
            ":",
            ",",
            "@",
            "==",
            "<",
            "-1",
            "0",
            "2147483647",
            "-2147483647",
            "`1`",
            "`[1, 2]`",
            "'x'",
            "\"a\"",
            "é",
            "length(",
            "sort_by(",
            "max_by(",
            "join(",
            "to_string(",
            "reverse(",
            "map(",
            "merge(",
            "not_null(",
            " ",
            "[::-1]",
        ];
        let value = Value::from_json(&json!({
            "a": [], "b": {"a": [1, "x", null, {"b": 1}]}, "Items": [{"a": 1}, {"a": 2.5}, {"a": "é"}],
        }));
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let parts = (0..random.usize(1..12)).filter_map(|_| random.choice(PARTS));
            let _ = Expression::new(parts.collect::<String>()).evaluate(&value);
        }
    }
}
