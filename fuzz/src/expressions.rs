//! JMESPath.

use reeve_model::{Expression, Value};

/// Reads the first line as an expression and evaluates it on the JSON after it.
pub fn expressions(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (expression, json) = text.split_once('\n').unwrap_or((text, "null"));
    let value = serde_json::from_str(json).unwrap_or_default();
    let expression = Expression::new(expression);
    let checked = expression.check();
    let value = Value::from_json(&value);
    let found = expression.evaluate(&value);
    if checked.is_err() {
        assert!(found.is_err(), "what is no expression finds nothing: {found:?}");
    }
}
