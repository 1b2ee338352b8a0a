//! Expressions cut into words and signs.

/// A word or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword or a function.
    Word(String),
    /// A placeholder of a name, with its `#`.
    Name(String),
    /// A placeholder of a value, with its `:`.
    Value(String),
    /// A position in a list.
    Number(usize),
    /// A sign.
    Sign(&'static str),
}

/// The longer signs first.
const SIGNS: [&str; 13] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+"];

/// The words and signs of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = next(first, rest)?;
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn next(first: char, rest: &str) -> Result<(Token, &str), String> {
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((Token::Sign(sign), rest.strip_prefix(sign).unwrap_or_default()));
    }
    if first == '-' {
        return Ok((Token::Sign("-"), rest.strip_prefix('-').unwrap_or_default()));
    }
    let start = usize::from(matches!(first, '#' | ':'));
    let (_, body) = rest.split_at_checked(start).unwrap_or(("", rest));
    let length = body.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(body.len());
    if length == 0 {
        return Err(format!("Syntax error; token: \"{first}\", near: \"{}\"", near(rest)));
    }
    let (word, after) = rest.split_at_checked(start + length).unwrap_or((rest, ""));
    let word = word.to_owned();
    let token = match first {
        '#' => Token::Name(word),
        ':' => Token::Value(word),
        _ if first.is_ascii_digit() => {
            let wrong = || format!("Syntax error; token: \"{word}\", near: \"{}\"", near(rest));
            Token::Number(word.parse().map_err(|_| wrong())?)
        }
        _ => Token::Word(word),
    };
    Ok((token, after))
}

fn near(rest: &str) -> String {
    rest.chars().take(10).collect()
}
