//! Texts with wildcards: `*` for any number of characters, `?` for exactly one.

use crate::{
    context::Context,
    variable::{Piece, pieces, resolve},
};

/// A text to be compared with, taken apart so that the usual forms need no search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// `*`
    Any,
    /// No wildcard.
    Exact(Box<str>),
    /// One `*`, at the end.
    Prefix(Box<str>),
    /// Wildcards anywhere.
    Wild(Box<str>),
    /// With policy variables, which only a request resolves.
    Variable(Box<[Piece]>),
}

impl Pattern {
    /// A text in which `*` and `?` are wildcards, and `${…}` a variable if the policy's version has them.
    pub(crate) fn new(text: &str, has_variables: bool) -> Self {
        if has_variables && text.contains("${") {
            return Self::Variable(pieces(text).into());
        }
        if text == "*" {
            return Self::Any;
        }
        match text.find(['*', '?']) {
            None => Self::Exact(text.into()),
            Some(at) if at + 1 == text.len() && text.ends_with('*') => {
                Self::Prefix(text.trim_end_matches('*').into())
            }
            Some(_) => Self::Wild(text.into()),
        }
    }

    /// Whether a text is of this form. A variable that has no value makes it match nothing.
    pub(crate) fn matches(&self, text: &str, context: &dyn Context) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Wild(wild) => glob(wild.as_bytes(), text.as_bytes()),
            Self::Variable(pieces) => resolve(pieces, context)
                .is_some_and(|tokens| matches_tokens(&tokens, &tokens_of(text))),
        }
    }
}

/// A character of a resolved pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// Any number of characters.
    Star,
    /// Exactly one character.
    One,
    /// This character: also a `*` that came out of a variable.
    Letter(char),
}

/// What a text without wildcards consists of.
fn tokens_of(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Whether `text` is of the form of `pattern`, by bytes: a `?` is one byte, which all texts of AWS's names are made of.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let is_one = |wanted: &u8, found: &u8| *wanted == b'?' || wanted == found;
    search(pattern, text, |wanted| *wanted == b'*', is_one)
}

/// The same for patterns that variables were put into.
pub(crate) fn matches_tokens(pattern: &[Token], text: &[char]) -> bool {
    let is_one = |wanted: &Token, found: &char| match wanted {
        Token::Star => false,
        Token::One => true,
        Token::Letter(letter) => letter == found,
    };
    search(pattern, text, |wanted| *wanted == Token::Star, is_one)
}

/// Walks both, and goes back to the last star when they part: linear for the usual pattern, never exponential.
fn search<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: impl Fn(&P) -> bool,
    is_one: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while let Some(found) = text.get(place) {
        match pattern.get(at) {
            Some(wanted) if is_star(wanted) => {
                last_star = Some((at, place));
                at += 1;
            }
            Some(wanted) if is_one(wanted, found) => {
                at += 1;
                place += 1;
            }
            _ => {
                let Some((star, from)) = last_star else { return false };
                last_star = Some((star, from + 1));
                (at, place) = (star + 1, from + 1);
            }
        }
    }
    pattern.iter().skip(at).all(is_star)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::context::ContextMap;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, false).matches(text, &ContextMap::default())
    }

    #[test]
    fn stars_stand_for_anything_and_question_marks_for_one_character() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get*", "s3:PutObject", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*d", "abcbd", true),
            ("*b*d", "abcb", false),
            ("arn:aws:s3:::*/x", "arn:aws:s3:::b/y/x", true),
            ("", "", true),
            ("", "a", false),
            ("a**", "a", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    /// The definition, as slow as it is plain.
    fn plainly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                plainly(rest, text) || text.split_first().is_some_and(|(_, t)| plainly(pattern, t))
            }
            (Some((b'?', rest)), Some((_, text))) => plainly(rest, text),
            (Some((wanted, rest)), Some((found, text))) => wanted == found && plainly(rest, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn the_search_agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(matches(&pattern, &text), plainly(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn a_text_without_wildcards_matches_only_itself(text in "[a-z:/]{0,8}", other in "[a-z:/]{0,8}") {
            prop_assert!(matches(&text, &text));
            prop_assert_eq!(matches(&text, &other), text == other);
        }
    }
}
