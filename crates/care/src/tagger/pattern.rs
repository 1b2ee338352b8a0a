//! Texts with `*` for any run of characters, the empty one included.
//!
//! There is no escape and no other special character. Matching takes the leftmost place for each piece between two
//! stars, which is right because any later place leaves less for the rest; so the time is linear in the text.

/// A text to compare with, in which `*` stands for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Nothing but stars.
    Anything,
    /// No star at all.
    Exactly(String),
    /// What is written around and between the stars; `middle` has no empty pieces.
    Pieces { start: String, middle: Vec<String>, end: String },
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let Some((start, rest)) = text.split_once('*') else {
            return Self::Exactly(text.to_owned());
        };
        let (between, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let middle: Vec<String> =
            between.split('*').filter(|piece| !piece.is_empty()).map(ToOwned::to_owned).collect();
        if start.is_empty() && middle.is_empty() && end.is_empty() {
            return Self::Anything;
        }
        Self::Pieces { start: start.to_owned(), middle, end: end.to_owned() }
    }

    /// Whether the whole of `text` matches; letters match in their own case only.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Exactly(wanted) => wanted == text,
            Self::Pieces { start, middle, end } => {
                let inner =
                    text.strip_prefix(start.as_str()).and_then(|rest| rest.strip_suffix(end));
                let Some(mut rest) = inner else {
                    return false;
                };
                for piece in middle {
                    let Some((_, after)) = rest.split_once(piece.as_str()) else {
                        return false;
                    };
                    rest = after;
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, as plainly as it can be written; exponential.
    fn plainly_matches(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => {
                plainly_matches(rest, text)
                    || text.split_first().is_some_and(|(_, tail)| plainly_matches(pattern, tail))
            }
            (Some((wanted, rest)), Some((letter, tail))) => {
                wanted == letter && plainly_matches(rest, tail)
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_its_definition_says(
            pattern in "[ab*é]{0,8}",
            text in "[abé]{0,10}",
        ) {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                Pattern::new(&pattern).matches(&text),
                plainly_matches(&letters(&pattern), &letters(&text)),
                "{} against {}", pattern, text
            );
        }
    }

    #[test]
    fn a_star_stands_for_anything_anywhere() {
        for (pattern, matching, other) in [
            ("*a", &["eu-west-1a", "a"][..], &["eu-west-1b", ""][..]),
            ("i-00000*", &["i-00000", "i-000001"], &["i-00001", "xi-00000"]),
            ("db-*-prod", &["db-orders-prod", "db--prod"], &["db-prod", "db-orders-prod2"]),
            ("*a*b*", &["ab", "xaxbx"], &["ba", "a"]),
            ("aa*aa", &["aaaa", "aabaa"], &["aaa"]),
            ("***", &["", "x"], &[]),
            ("Sample", &["Sample"], &["sample", "Samples"]),
            ("", &[""], &["x"]),
        ] {
            let compiled = Pattern::new(pattern);
            for text in matching {
                assert!(compiled.matches(text), "{pattern} should match {text}");
            }
            for text in other {
                assert!(!compiled.matches(text), "{pattern} should not match {text}");
            }
        }
    }

    #[test]
    fn a_pattern_made_to_backtrack_is_still_matched_in_linear_time() {
        let pattern = Pattern::new(&format!("{}b", "a*".repeat(64)));
        assert!(!pattern.matches(&"a".repeat(200_000)));
    }
}
