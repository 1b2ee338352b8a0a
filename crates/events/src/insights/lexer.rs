//! From the text of a query to its words.

use super::QueryError;

/// A word of a query and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Name(String),
    Number(f64),
    /// A length of time in milliseconds: `5m`.
    Duration(i64),
    Text(String),
    Pattern(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 20] = [
    "!=", "<=", ">=", "=~", "==", "=", "<", ">", "|", "(", ")", "[", "]", ",", "+", "-", "*", "/",
    "%", "^",
];

/// Every word of a query. `#` begins a comment.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut lexer = Lexer { text, at: 0, found: Vec::new(), command: String::new() };
    while lexer.skip_space() {
        lexer.next()?;
    }
    Ok(lexer.found)
}

/// The error that a word, or the end of the text, causes.
pub(super) fn error_at(text: &str, at: usize, reason: impl Into<String>) -> QueryError {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |position| position + 1);
    QueryError {
        reason: reason.into(),
        line: before.matches('\n').count() + 1,
        position: before.get(line_start..).unwrap_or_default().chars().count() + 1,
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Token>,
    /// The command whose words these are, for in `parse` a slash begins a regular expression.
    command: String,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether anything is left after spaces and comments.
    fn skip_space(&mut self) -> bool {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            let mut skipped = rest.len() - trimmed.len();
            if trimmed.starts_with('#') {
                skipped += trimmed.find('\n').unwrap_or(trimmed.len());
            }
            if skipped == 0 {
                return !trimmed.is_empty();
            }
            self.at += skipped;
        }
    }

    fn next(&mut self) -> Result<(), QueryError> {
        let rest = self.rest().to_owned();
        let Some(first) = rest.chars().next() else { return Ok(()) };
        if first == '/' && self.pattern_is_due() {
            let (text, length) = self.enclosed(&rest, '/', false)?;
            return self.push(Kind::Pattern(text), length);
        }
        if first == '"' || first == '\'' {
            let (text, length) = self.enclosed(&rest, first, true)?;
            return self.push(Kind::Text(text), length);
        }
        if first == '`' {
            let (name, length) = self.enclosed(&rest, '`', false)?;
            return self.push(Kind::Name(name), length);
        }
        if first.is_ascii_digit() {
            return self.number(&rest);
        }
        if first.is_alphabetic() || first == '@' || first == '_' {
            let end = rest.find(|character: char| !is_name(character)).unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default().trim_end_matches('.').to_owned();
            let length = name.len();
            if matches!(self.found.last(), None | Some(Token { kind: Kind::Symbol("|"), .. })) {
                self.command = name.to_ascii_lowercase();
            }
            return self.push(Kind::Name(name), length);
        }
        match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => self.push(Kind::Symbol(symbol), symbol.len()),
            None => {
                let reason = format!("unexpected symbol found {first}");
                Err(error_at(self.text, self.at, reason))
            }
        }
    }

    fn push(&mut self, kind: Kind, length: usize) -> Result<(), QueryError> {
        let token = Token { kind, start: self.at, end: self.at + length };
        self.at = token.end;
        self.found.push(token);
        Ok(())
    }

    /// A slash divides, except behind `like`, `=~`, a comma in `replace`, and in `parse`.
    fn pattern_is_due(&self) -> bool {
        match self.found.last().map(|token| &token.kind) {
            Some(Kind::Name(word)) if word.eq_ignore_ascii_case("like") => true,
            Some(Kind::Symbol("=~")) => true,
            Some(Kind::Name(_) | Kind::Symbol(")")) => self.command == "parse",
            _ => false,
        }
    }

    /// The text up to the closing mark, and how long it is with both marks.
    fn enclosed(
        &self,
        rest: &str,
        mark: char,
        unescape: bool,
    ) -> Result<(String, usize), QueryError> {
        let mut text = String::new();
        let mut characters = rest.char_indices().skip(1);
        while let Some((position, character)) = characters.next() {
            if character == mark {
                return Ok((text, position + 1));
            }
            if character == '\\' {
                match characters.next() {
                    Some((_, escaped)) if escaped == mark || (unescape && escaped == '\\') => {
                        text.push(escaped);
                    }
                    Some((_, other)) => text.extend(['\\', other]),
                    None => {}
                }
                continue;
            }
            text.push(character);
        }
        Err(error_at(self.text, self.at, format!("unexpected symbol found {mark}")))
    }

    fn number(&mut self, rest: &str) -> Result<(), QueryError> {
        let digits = rest
            .find(|character: char| !(character.is_ascii_digit() || character == '.'))
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let letters =
            behind.find(|character: char| !character.is_alphabetic()).unwrap_or(behind.len());
        let unit = behind.get(..letters).unwrap_or_default();
        let wrong =
            || error_at(self.text, self.at, format!("unexpected symbol found {number}{unit}"));
        if unit.is_empty() {
            let number = number.parse().map_err(|_| wrong())?;
            return self.push(Kind::Number(number), digits);
        }
        let count: i64 = number.parse().map_err(|_| wrong())?;
        let length =
            milliseconds(unit).and_then(|unit| count.checked_mul(unit)).ok_or_else(wrong)?;
        self.push(Kind::Duration(length), digits + letters)
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || "@_.".contains(character)
}

/// How long a unit of time is. Months and longer are not fixed, so AWS's averages stand for them.
fn milliseconds(unit: &str) -> Option<i64> {
    Some(match unit {
        "ms" | "msec" => 1,
        "s" | "sec" => 1_000,
        "m" | "min" => 60_000,
        "h" | "hr" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => return None,
    })
}
