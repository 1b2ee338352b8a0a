//! What an unquoted YAML scalar means: the core schema of YAML 1.2.2, section 10.3.2.
//!
//! `no`, `on`, `012` as octal, `1_000` and dates belonged to YAML 1.1: here they are strings, but for `012`, which is the
//! number twelve and keeps its zero in its written form.

use crate::NodeValue;

/// Reads an unquoted scalar.
pub(crate) fn resolve(text: &str) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        _ if is_integer(text) || is_float(text) => NodeValue::Number(text.to_owned()),
        _ => NodeValue::String(text.to_owned()),
    }
}

/// `[-+]?[0-9]+`, `0o[0-7]+` or `0x[0-9a-fA-F]+`.
pub(crate) fn is_integer(text: &str) -> bool {
    let all = |digits: &str, is_digit: fn(&u8) -> bool| {
        !digits.is_empty() && digits.as_bytes().iter().all(is_digit)
    };
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |byte| (b'0'..=b'7').contains(byte));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, u8::is_ascii_hexdigit);
    }
    all(without_sign(text), u8::is_ascii_digit)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, an infinity, or not a number.
pub(crate) fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = without_sign(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(without_sign(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && (!whole.is_empty() || mantissa.starts_with('.'))
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

fn without_sign(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let kind = |text: &str| match resolve(text) {
            NodeValue::Null => "null",
            NodeValue::Bool(_) => "bool",
            NodeValue::Number(_) => "number",
            _ => "string",
        };
        for (expected, texts) in [
            ("null", &["", "~", "null", "Null", "NULL"][..]),
            ("bool", &["true", "True", "TRUE", "false", "False", "FALSE"]),
            (
                "number",
                &[
                    "0",
                    "-19",
                    "+12",
                    "012",
                    "0o7",
                    "0x3A",
                    "0.",
                    "-0.0",
                    ".5",
                    "+12e03",
                    "-2E+05",
                    "685.230e0",
                    ".inf",
                    "-.Inf",
                    "+.INF",
                    ".NAN",
                    "123456789012345678901234567890",
                ],
            ),
            (
                "string",
                &[
                    "nuLL",
                    "yes",
                    "no",
                    "on",
                    "Off",
                    "tRue",
                    "0o8",
                    "0x",
                    "0xG",
                    "1_000",
                    ".",
                    "-",
                    "+",
                    "e5",
                    ".e5",
                    "1e",
                    "1e+",
                    "1.2.3",
                    "inf",
                    "nan",
                    "-.nan",
                    "--1",
                    "-0x1",
                    "2024-01-02",
                    "1:30",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(kind(text), expected, "{text}");
            }
        }
    }
}
