//! `ERROR -timeout "out of memory" %4\d\d%`: terms that occur in a message.

use regex_lite::Regex;

use super::{
    FilterPatternError,
    comparison::{pattern, quoted},
};

#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    all: Vec<Term>,
    none: Vec<Term>,
    /// `?ERROR ?WARN`: one of these, unless there are other terms, which then decide alone.
    any: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Text(String),
    Pattern(Regex),
}

impl Term {
    fn occurs(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Pattern(pattern) => pattern.is_match(message),
        }
    }
}

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Self, FilterPatternError> {
        let mut terms = Self::default();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let after = rest.get(first.len_utf8()..).unwrap_or_default();
            let (list, bare) = match first {
                '-' if !after.is_empty() => (&mut terms.none, after),
                '?' if !after.is_empty() => (&mut terms.any, after),
                _ => (&mut terms.all, rest),
            };
            let (term, behind) = term(bare)?;
            list.push(term);
            rest = behind.trim_start();
        }
        Ok(terms)
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        if self.all.is_empty() && self.none.is_empty() && !self.any.is_empty() {
            return self.any.iter().any(|term| term.occurs(message));
        }
        self.all.iter().all(|term| term.occurs(message))
            && !self.none.iter().any(|term| term.occurs(message))
    }
}

fn term(rest: &str) -> Result<(Term, &str), FilterPatternError> {
    if rest.starts_with('"') {
        return quoted(rest).map(|(text, behind)| (Term::Text(text), behind));
    }
    if let Some(after) = rest.strip_prefix('%') {
        let (inside, behind) = after
            .split_once('%')
            .ok_or_else(|| FilterPatternError::new("a regular expression must end with `%`"))?;
        return Ok((Term::Pattern(pattern(inside)?), behind));
    }
    let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let plain = |character: char| character.is_alphanumeric() || "_.*-".contains(character);
    if word.chars().all(plain) {
        return Ok((Term::Text(word.to_owned()), behind));
    }
    Err(FilterPatternError::new(format!(
        "`{word}`: terms with other characters than letters, digits and underscores need quotation marks"
    )))
}
