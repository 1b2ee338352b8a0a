//! Words that depend on how many there are.

/// `1 scope`, `2 scopes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Names joined by commas, each once, in the order they come; beyond `most` they are only counted.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>, most: usize) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    let shown = distinct.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    match distinct.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_limit_are_counted() {
        for (names, expected) in [
            (vec![], ""),
            (vec!["a", "b", "a"], "a, b"),
            (vec!["a", "b", "c", "d", "b"], "a, b and 2 more"),
        ] {
            assert_eq!(listed(names.into_iter(), 2), expected);
        }
    }
}
