//! Says what differs: the first place where two values part, and short excerpts of both.

use std::fmt::Debug;

use reeve_model::Value;
use serde_json::Value as Json;

/// How much of a value a difference shows.
const EXCERPT: usize = 160;

/// Nothing if the two are equal.
pub(crate) fn equal<T: PartialEq + Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
    let (found, expected) = excerpts(&found, &expected);
    Err(format!("{what}: found {found}, expected {expected}"))
}

/// Nothing if the two are the same JSON, however numbers are written and members ordered.
pub(crate) fn json(what: &str, found: &Json, expected: &Json) -> Result<(), String> {
    let mut path = String::new();
    match parting(&mut path, found, expected) {
        None => Ok(()),
        Some((found, expected)) => {
            let (found, expected) = excerpts(&text(found), &text(expected));
            let at = if path.is_empty() { String::new() } else { format!(" at `{path}`") };
            Err(format!("{what}{at}: found {found}, expected {expected}"))
        }
    }
}

/// Nothing if the two values are equal.
pub(crate) fn values(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    json(what, &found.to_json(), &expected.to_json())?;
    // Only their kinds differ: an integer and a float, a text and bytes.
    equal(what, found, expected)
}

/// The first place where the two differ: its path, and what is there (nothing where a member is absent).
fn parting<'a>(
    path: &mut String,
    found: &'a Json,
    expected: &'a Json,
) -> Option<(Option<&'a Json>, Option<&'a Json>)> {
    match (found, expected) {
        (Json::Number(one), Json::Number(other)) if one.as_f64() == other.as_f64() => None,
        (Json::Array(one), Json::Array(other)) => (0..one.len().max(other.len()))
            .find_map(|at| step(path, &format!("[{at}]"), (one.get(at), other.get(at)))),
        (Json::Object(one), Json::Object(other)) => {
            let missing = other.keys().filter(|name| !one.contains_key(*name));
            one.keys().chain(missing).find_map(|name| {
                let dot = if path.is_empty() { "" } else { "." };
                step(path, &format!("{dot}{name}"), (one.get(name), other.get(name)))
            })
        }
        (one, other) if one == other => None,
        (one, other) => Some((Some(one), Some(other))),
    }
}

/// Goes one step further down; the path stays there if a difference was found.
fn step<'a>(
    path: &mut String,
    step: &str,
    pair: (Option<&'a Json>, Option<&'a Json>),
) -> Option<(Option<&'a Json>, Option<&'a Json>)> {
    let length = path.len();
    path.push_str(step);
    let difference = match pair {
        (Some(found), Some(expected)) => parting(path, found, expected),
        pair => Some(pair),
    };
    if difference.is_none() {
        path.truncate(length);
    }
    difference
}

fn text(json: Option<&Json>) -> String {
    json.map_or_else(|| "nothing".to_owned(), |json| format!("`{json}`"))
}

/// Both texts, from shortly before the place where they part.
fn excerpts(found: &str, expected: &str) -> (String, String) {
    let same = found.chars().zip(expected.chars()).take_while(|(one, other)| one == other).count();
    let from = if same > EXCERPT / 2 { same - EXCERPT / 4 } else { 0 };
    let excerpt = |text: &str| {
        let mut letters = text.chars().skip(from);
        let mut excerpt = String::from(if from > 0 { "…" } else { "" });
        excerpt.extend(letters.by_ref().take(EXCERPT));
        if letters.next().is_some() {
            excerpt.push('…');
        }
        excerpt
    };
    (excerpt(found), excerpt(expected))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(found: &Json, expected: &Json, difference: &str) {
        assert_eq!(json("output", found, expected).err().unwrap_or_default(), difference);
    }

    #[test]
    fn the_order_of_members_and_the_form_of_numbers_do_not_matter() {
        check(&json!({"a": 1, "b": [2.0]}), &json!({"b": [2], "a": 1.0}), "");
    }

    #[test]
    fn a_difference_names_the_path_to_the_first_place_where_it_is() {
        check(
            &json!({"a": {"b": [1, {"c": 2}]}}),
            &json!({"a": {"b": [1, {"c": 3}]}}),
            "output at `a.b[1].c`: found `2`, expected `3`",
        );
        check(&json!({}), &json!({"a": "x"}), "output at `a`: found nothing, expected `\"x\"`");
        check(&json!([1]), &json!([]), "output at `[0]`: found `1`, expected nothing");
    }

    #[test]
    fn a_long_difference_is_cut_to_where_it_begins() {
        let long = |end: &str| json!(format!("{}{end}", "x".repeat(1000)));
        let difference = json("output", &long("a"), &long("b")).unwrap_err();
        assert!(difference.len() < 200, "{difference}");
        assert!(difference.contains("xa\"`, expected"), "{difference}");
    }
}
