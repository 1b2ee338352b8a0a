//! Texts in which `*` stands for any characters; `\*` and `\\` stand for themselves.

use super::PatternError;

/// The fixed pieces between the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    pieces: Vec<String>,
}

impl Wildcard {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut pieces = vec![String::new()];
        let mut characters = text.char_indices().peekable();
        while let Some((position, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let literal = match (character, next) {
                ('*', Some('*')) => {
                    let reason = format!("Consecutive wildcard characters at pos {position}");
                    return Err(PatternError::new(reason));
                }
                ('*', _) => {
                    pieces.push(String::new());
                    continue;
                }
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    characters.next();
                    escaped
                }
                ('\\', _) => {
                    let reason = format!("Invalid escape character at pos {position}");
                    return Err(PatternError::new(reason));
                }
                (other, _) => other,
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push(literal);
            }
        }
        Ok(Self { pieces })
    }

    /// The first piece begins the text, the last ends it, and each between is taken as early as possible.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.pieces.split_first() else { return text.is_empty() };
        let Some((last, between)) = others.split_last() else { return text == first };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for piece in between {
            match rest.split_once(piece.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}
