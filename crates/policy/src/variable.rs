//! Policy variables: `${aws:username}`, with a default `${aws:PrincipalTag/team, 'none'}`, and the escapes `${*}`, `${?}`, `${$}`.

use crate::{
    context::{Context, ContextValue},
    pattern::Token,
};

/// A part of a text with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it stands; its `*` and `?` are wildcards.
    Text(Box<str>),
    /// A character that would otherwise mean something.
    Literal(char),
    /// The value of a key of the request, or its default.
    Key { key: Box<str>, default: Option<Box<str>> },
}

/// Takes a text with variables apart. What is no variable stays text.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if !before.is_empty() {
            found.push(Piece::Text(before.into()));
        }
        let Some((inner, behind)) = after.split_once('}') else {
            found.push(Piece::Text(format!("${{{after}").into()));
            return found;
        };
        found.push(piece(inner));
        rest = behind;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest.into()));
    }
    found
}

fn piece(inner: &str) -> Piece {
    match inner {
        "*" => Piece::Literal('*'),
        "?" => Piece::Literal('?'),
        "$" => Piece::Literal('$'),
        _ => {
            let (key, default) = match inner.split_once(',') {
                Some((key, default)) => (key, Some(default.trim().trim_matches('\'').into())),
                None => (inner, None),
            };
            Piece::Key { key: key.trim().to_ascii_lowercase().into(), default }
        }
    }
}

/// The pattern that a text is for one request; nothing if a variable has no value.
pub(crate) fn resolve(pieces: &[Piece], context: &dyn Context) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => tokens.extend(text.chars().map(|letter| match letter {
                '*' => Token::Star,
                '?' => Token::One,
                other => Token::Letter(other),
            })),
            Piece::Literal(letter) => tokens.push(Token::Letter(*letter)),
            Piece::Key { key, default } => {
                let value = single(key, context).or_else(|| default.as_deref().map(str::to_owned));
                tokens.extend(value?.chars().map(Token::Letter));
            }
        }
    }
    Some(tokens)
}

/// The text that a text with variables is for one request, wildcards as they stand.
pub(crate) fn resolve_text(pieces: &[Piece], context: &dyn Context) -> Option<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Literal(letter) => text.push(*letter),
            Piece::Key { key, default } => {
                let value = single(key, context);
                text.push_str(value.as_deref().or(default.as_deref())?);
            }
        }
    }
    Some(text)
}

/// Keys with several values cannot be variables.
fn single(key: &str, context: &dyn Context) -> Option<String> {
    match context.value(key)? {
        ContextValue::One(value) => Some(value.into_owned()),
        ContextValue::Many(_) => None,
    }
}
