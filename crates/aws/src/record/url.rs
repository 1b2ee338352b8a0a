//! Signatures in URLs: whoever has such a URL may do what it says, until it expires.
//!
//! Looked for as text, so that they are found in headers, XML, JSON and forms alike, in whatever way `=` and `&` are
//! written there.

use reeve_model::REDACTED;

/// Parameters that are only in signed URLs, wherever they begin.
const PARAMETERS: &[&str] =
    &["x-amz-signature", "x-amz-credential", "x-amz-security-token", "awsaccesskeyid"];

/// Parameters of older signatures, whose names are words: looked for only where a parameter begins.
const WORDS: &[&str] = &["signature", "authtoken"];

/// The ways to write `=`, and the ways to write the `&` after it.
const SEPARATORS: &[(&str, &str)] = &[("=", "&"), ("%3D", "%26"), ("%253D", "%2526")];

/// Whether a parameter of a query string is part of a signature.
pub(super) fn is_signature(parameter: &str) -> bool {
    PARAMETERS.iter().any(|name| parameter.eq_ignore_ascii_case(name))
        || ["x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-algorithm"]
            .iter()
            .any(|name| parameter.eq_ignore_ascii_case(name))
}

/// Replaces the values of signatures; none if there are none.
pub(super) fn hide_signatures(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    for name in PARAMETERS.iter().chain(WORDS) {
        for (at, _) in lower.match_indices(name) {
            if WORDS.contains(name) && !begins_parameter(&lower, at) {
                continue;
            }
            cuts.extend(value_after(text, at.saturating_add(name.len())));
        }
    }
    cuts.retain(|(start, end)| text.get(*start..*end).is_some_and(|value| value != REDACTED));
    if cuts.is_empty() {
        return None;
    }
    cuts.sort_unstable();
    let (mut hidden, mut kept) = (String::with_capacity(text.len()), 0);
    for (start, end) in cuts {
        if let Some(before) = text.get(kept..start) {
            hidden.push_str(before);
            hidden.push_str(REDACTED);
            kept = end;
        }
    }
    hidden.push_str(text.get(kept..).unwrap_or_default());
    Some(hidden)
}

/// From where to where the value of a parameter goes whose name ends at `at`.
fn value_after(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    for (equals, ampersand) in SEPARATORS {
        let head = rest.get(..equals.len()).unwrap_or_default();
        if !head.eq_ignore_ascii_case(equals) {
            continue;
        }
        let value = rest.get(equals.len()..)?;
        let ends = |letter: char| {
            letter.is_whitespace() || matches!(letter, '&' | '"' | '\'' | '<' | '>' | '\\' | '#')
        };
        let mut length = value.find(ends).unwrap_or(value.len());
        if *ampersand != "&"
            && let Some(end) = value.find(ampersand)
        {
            length = length.min(end);
        }
        let start = at.saturating_add(equals.len());
        return (length > 0).then(|| (start, start.saturating_add(length)));
    }
    None
}

fn begins_parameter(lower: &str, at: usize) -> bool {
    let before = lower.get(..at).unwrap_or_default();
    ["?", "&", ";", "\\u0026", "%3f", "%26", "%253f", "%2526"]
        .iter()
        .any(|separator| before.ends_with(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_hidden_however_the_url_is_written() {
        for (text, expected) in [
            ("https://b.s3.amazonaws.com/k?versionId=1", None),
            ("a signature=none, the Signature of nobody", None),
            (
                "https://b/k?X-Amz-Credential=AKID%2F2026&X-Amz-Date=1&X-Amz-Signature=abc\">",
                Some(
                    "https://b/k?X-Amz-Credential=REDACTED&X-Amz-Date=1&X-Amz-Signature=REDACTED\">",
                ),
            ),
            (
                "<Url>b?x-amz-security-token=t%2B&amp;X-Amz-Signature=abc</Url>",
                Some("<Url>b?x-amz-security-token=REDACTED&amp;X-Amz-Signature=REDACTED</Url>"),
            ),
            (
                r#"{"u":"b?X-Amz-Signature=abc\u0026X-Amz-Expires=9"}"#,
                Some(r#"{"u":"b?X-Amz-Signature=REDACTED\u0026X-Amz-Expires=9"}"#),
            ),
            (
                "Url=https%3A%2F%2Fb%3FX-Amz-Signature%3Dabc%26more%3D1&Next=2",
                Some("Url=https%3A%2F%2Fb%3FX-Amz-Signature%3DREDACTED%26more%3D1&Next=2"),
            ),
            (
                "https://b/k?AWSAccessKeyId=AKID&Expires=1&Signature=s%3D",
                Some("https://b/k?AWSAccessKeyId=REDACTED&Expires=1&Signature=REDACTED"),
            ),
        ] {
            assert_eq!(hide_signatures(text).as_deref(), expected, "{text}");
            if let Some(hidden) = expected {
                assert_eq!(hide_signatures(hidden), None, "once is enough");
            }
        }
    }
}
