//! Comparisons, and how `&&`, `||` and parentheses join them; for both JSON and fields.

use regex_lite::Regex;

use super::FilterPatternError;

/// Conditions joined.
#[derive(Debug, Clone)]
pub(super) enum Joined {
    All(Vec<Joined>),
    Any(Vec<Joined>),
    One(Comparison),
}

/// What is asked of one selected value.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    pub(super) selector: String,
    pub(super) question: Question,
}

#[derive(Debug, Clone)]
pub(super) enum Question {
    Compare(Operator, Operand),
    IsNull,
    IsTrue,
    IsFalse,
    NotExists,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Number(f64),
    /// A text in which `*` stands for anything.
    Text(String),
    Pattern(Regex),
}

impl Operator {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }
}

impl Question {
    /// Whether a value, as text, is what is asked for.
    pub(super) fn accepts(&self, value: &str) -> bool {
        let Self::Compare(operator, operand) = self else { return false };
        match (operator, operand) {
            (Operator::Equal, _) => operand.equals(value),
            (Operator::NotEqual, _) => !operand.equals(value),
            (_, Operand::Number(wanted)) => {
                value.parse::<f64>().is_ok_and(|number| match operator {
                    Operator::Less => number < *wanted,
                    Operator::LessOrEqual => number <= *wanted,
                    Operator::Greater => number > *wanted,
                    _ => number >= *wanted,
                })
            }
            _ => false,
        }
    }
}

impl Operand {
    fn equals(&self, value: &str) -> bool {
        match self {
            Self::Number(wanted) => {
                value.parse::<f64>().is_ok_and(|number| (number - wanted).abs() < f64::EPSILON)
            }
            Self::Text(wanted) => with_stars(wanted, value),
            Self::Pattern(pattern) => pattern.is_match(value),
        }
    }
}

fn with_stars(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// A word of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `&&`, `||`, `(`, `)`, or a comparison.
    Symbol(String),
    /// Anything bare: a selector, a number, a word.
    Word(String),
    Quoted(String),
    Pattern(String),
}

/// The words of a condition.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterPatternError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(symbol) = symbol(rest) {
            tokens.push(Token::Symbol(symbol.to_owned()));
            rest = rest.strip_prefix(symbol).unwrap_or_default();
        } else if first == '"' {
            let (inside, behind) = quoted(rest)?;
            tokens.push(Token::Quoted(inside));
            rest = behind;
        } else if let Some(after) = rest.strip_prefix('%') {
            let (inside, behind) = after
                .split_once('%')
                .ok_or_else(|| FilterPatternError::new("a regular expression must end with `%`"))?;
            tokens.push(Token::Pattern(inside.to_owned()));
            rest = behind;
        } else {
            let end = word_end(rest);
            let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            tokens.push(Token::Word(word.to_owned()));
            rest = behind;
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn symbol(rest: &str) -> Option<&'static str> {
    ["&&", "||", "!=", "<=", ">=", "<", ">", "=", "(", ")"]
        .into_iter()
        .find(|symbol| rest.starts_with(symbol))
}

/// Where a bare word ends; texts in brackets of a selector belong to it.
fn word_end(rest: &str) -> usize {
    let mut in_brackets = false;
    for (position, character) in rest.char_indices() {
        match character {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            _ if in_brackets => {}
            _ if character.is_whitespace() || "()=<>!&|\"".contains(character) => {
                return position.max(1);
            }
            _ => {}
        }
    }
    rest.len()
}

/// The text between quotation marks, and what follows.
pub(super) fn quoted(rest: &str) -> Result<(String, &str), FilterPatternError> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return Ok((text, rest.get(position + 1..).unwrap_or_default())),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            other => text.push(other),
        }
    }
    Err(FilterPatternError::new("a quotation mark is missing"))
}

/// Compiles what stands between `%` and `%`: no groups, no other repetitions than `*`, `+`, `?` and braces.
pub(super) fn pattern(text: &str) -> Result<Regex, FilterPatternError> {
    if text.contains(['(', ')']) || !text.is_ascii() {
        let reason = format!("`%{text}%` has characters that regular expressions here cannot have");
        return Err(FilterPatternError::new(reason));
    }
    Regex::new(text).map_err(|error| FilterPatternError::new(format!("`%{text}%`: {error}")))
}

/// Reads conditions from words.
pub(super) struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// How selectors of this form begin.
    is_selector: fn(&str) -> bool,
}

impl Reader {
    pub(super) fn new(tokens: Vec<Token>, is_selector: fn(&str) -> bool) -> Self {
        Self { tokens: tokens.into_iter().peekable(), is_selector }
    }

    /// Everything as one condition.
    pub(super) fn whole(mut self) -> Result<Joined, FilterPatternError> {
        let joined = self.any()?;
        match self.tokens.next() {
            None => Ok(joined),
            Some(token) => Err(unexpected(Some(&token))),
        }
    }

    fn any(&mut self) -> Result<Joined, FilterPatternError> {
        let mut parts = vec![self.all()?];
        while self.take("||") {
            parts.push(self.all()?);
        }
        Ok(single(parts, Joined::Any))
    }

    fn all(&mut self) -> Result<Joined, FilterPatternError> {
        let mut parts = vec![self.one()?];
        while self.take("&&") {
            parts.push(self.one()?);
        }
        Ok(single(parts, Joined::All))
    }

    fn one(&mut self) -> Result<Joined, FilterPatternError> {
        if self.take("(") {
            let inside = self.any()?;
            return if self.take(")") {
                Ok(inside)
            } else {
                Err(FilterPatternError::new("`(` without `)`"))
            };
        }
        let selector = match self.tokens.next() {
            Some(Token::Word(word)) if (self.is_selector)(&word) => word,
            other => return Err(unexpected(other.as_ref())),
        };
        let question = self.question()?;
        Ok(Joined::One(Comparison { selector, question }))
    }

    fn question(&mut self) -> Result<Question, FilterPatternError> {
        let question = match self.tokens.next() {
            Some(Token::Symbol(symbol)) => {
                let operator = Operator::parse(&symbol)
                    .ok_or_else(|| unexpected(Some(&Token::Symbol(symbol))))?;
                return self.operand(operator);
            }
            Some(Token::Word(word)) => {
                let second = match self.tokens.next() {
                    Some(Token::Word(second)) => second,
                    other => return Err(unexpected(other.as_ref())),
                };
                match (word.to_ascii_uppercase().as_str(), second.to_ascii_uppercase().as_str()) {
                    ("IS", "NULL") => Question::IsNull,
                    ("IS", "TRUE") => Question::IsTrue,
                    ("IS", "FALSE") => Question::IsFalse,
                    ("NOT", "EXISTS") => Question::NotExists,
                    _ => return Err(FilterPatternError::new(format!("`{word} {second}`"))),
                }
            }
            other => return Err(unexpected(other.as_ref())),
        };
        Ok(question)
    }

    fn operand(&mut self, operator: Operator) -> Result<Question, FilterPatternError> {
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        let operand = match self.tokens.next() {
            Some(Token::Quoted(text)) if !ordered => Operand::Text(text),
            Some(Token::Pattern(text)) if !ordered => Operand::Pattern(pattern(&text)?),
            Some(Token::Word(word)) => match word.parse::<f64>() {
                Ok(number) => Operand::Number(number),
                Err(_) if ordered => {
                    return Err(FilterPatternError::new(format!("`{word}` is not a number")));
                }
                Err(_) => Operand::Text(word),
            },
            other => return Err(unexpected(other.as_ref())),
        };
        Ok(Question::Compare(operator, operand))
    }

    fn take(&mut self, symbol: &str) -> bool {
        let wanted = |token: &Token| matches!(token, Token::Symbol(found) if found == symbol);
        self.tokens.next_if(wanted).is_some()
    }
}

fn single(mut parts: Vec<Joined>, make: fn(Vec<Joined>) -> Joined) -> Joined {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            make(parts)
        }
    }
}

fn unexpected(token: Option<&Token>) -> FilterPatternError {
    FilterPatternError::new(match token {
        None => "it ends too early".to_owned(),
        Some(Token::Symbol(text) | Token::Word(text)) => format!("`{text}` is not expected there"),
        Some(Token::Quoted(text)) => format!("`\"{text}\"` is not expected there"),
        Some(Token::Pattern(text)) => format!("`%{text}%` is not expected there"),
    })
}

impl Joined {
    /// Whether the conditions hold, given what answers one of them.
    pub(super) fn holds(&self, one: &impl Fn(&Comparison) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(one)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(one)),
            Self::One(comparison) => one(comparison),
        }
    }

    /// Every selector named.
    pub(super) fn selectors<'s>(&'s self, found: &mut Vec<&'s str>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.selectors(found);
                }
            }
            Self::One(comparison) => found.push(&comparison.selector),
        }
    }
}
