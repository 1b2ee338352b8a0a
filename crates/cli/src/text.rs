//! Words that depend on how many there are, and other people's texts made fit for a terminal.

/// `1 scope`, `2 scopes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A text of somebody else's with nothing in it that a terminal would obey: whoever may set a tag must not be able to rewrite
/// what the person who approves its change sees. Control characters, and those that turn the direction of writing, are
/// shown as their numbers.
pub(crate) fn plain(text: &str) -> String {
    let is_obeyed = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = |letter: char| {
        if is_obeyed(letter) { letter.escape_unicode().to_string() } else { letter.to_string() }
    };
    text.chars().map(shown).collect()
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
    fn what_a_terminal_would_obey_is_shown_as_its_number() {
        assert_eq!(plain("gold ✓ é"), "gold ✓ é");
        assert_eq!(plain("a\u{1b}[2Jb\r\n\u{202e}c"), r"a\u{1b}[2Jb\u{d}\u{a}\u{202e}c");
    }

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
