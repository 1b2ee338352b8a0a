//! `[ip, user, ..., status=4*, bytes>1000]`: conditions on fields between spaces.

use std::collections::BTreeMap;

use super::{
    FilterPatternError,
    comparison::{Comparison, Joined, Reader, Token, tokens},
};

#[derive(Debug, Clone)]
pub(super) struct FieldsPattern {
    /// Those before `...`, or all.
    front: Vec<Field>,
    /// Those after `...`, if it occurs.
    back: Option<Vec<Field>>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    condition: Option<Joined>,
}

impl FieldsPattern {
    pub(super) fn parse(text: &str) -> Result<Self, FilterPatternError> {
        let (mut front, mut back) = (Vec::new(), None);
        for (position, part) in parts(text).into_iter().enumerate() {
            if part.trim() == "..." {
                if back.replace(Vec::new()).is_some() {
                    return Err(FilterPatternError::new("`...` may occur once"));
                }
                continue;
            }
            let field = Field::parse(part, position + 1)?;
            back.as_mut().unwrap_or(&mut front).push(field);
        }
        Ok(Self { front, back })
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        self.assign(&words(message)).is_some()
    }

    pub(super) fn extract(&self, message: &str) -> Option<BTreeMap<String, String>> {
        let words = words(message);
        let assigned = self.assign(&words)?;
        let named = assigned.into_iter().map(|(field, word)| (format!("${}", field.name), word));
        Some(named.map(|(name, word)| (name, word.to_owned())).collect())
    }

    /// Each field with its word, if there are as many words as fields and all conditions hold.
    fn assign<'f>(&'f self, words: &[&'f str]) -> Option<Vec<(&'f Field, &'f str)>> {
        let back = self.back.as_deref();
        let fixed = self.front.len() + back.map_or(0, <[Field]>::len);
        if words.len() < fixed || (back.is_none() && words.len() != fixed) {
            return None;
        }
        let last = words.len() - back.map_or(0, <[Field]>::len);
        let front = self.front.iter().zip(words.iter().copied());
        let back = back.unwrap_or_default().iter().zip(words.iter().copied().skip(last));
        let assigned: Vec<(&Field, &str)> = front.chain(back).collect();
        let holds = |(field, word): &(&Field, &str)| match &field.condition {
            None => true,
            Some(condition) => {
                condition.holds(&|comparison: &Comparison| comparison.question.accepts(word))
            }
        };
        assigned.iter().all(holds).then_some(assigned)
    }
}

impl Field {
    fn parse(part: &str, position: usize) -> Result<Self, FilterPatternError> {
        let tokens = tokens(part)?;
        match tokens.as_slice() {
            [] => Ok(Self { name: position.to_string(), condition: None }),
            [Token::Word(name)] => Ok(Self { name: name.clone(), condition: None }),
            [first, ..] => {
                let name = match tokens.iter().find(|token| matches!(token, Token::Word(_))) {
                    Some(Token::Word(name)) => name.clone(),
                    _ => return Err(FilterPatternError::new(format!("{first:?} has no name"))),
                };
                let condition = Some(Reader::new(tokens, |_| true).whole()?);
                Ok(Self { name, condition })
            }
        }
    }
}

/// The parts between commas that stand outside of quotation marks and regular expressions.
fn parts(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut inside) = (Vec::new(), 0, None);
    for (position, character) in text.char_indices() {
        match (character, inside) {
            ('"' | '%', None) => inside = Some(character),
            (closing, Some(opening)) if closing == opening => inside = None,
            (',', None) => {
                found.push(text.get(start..position).unwrap_or_default());
                start = position + 1;
            }
            _ => {}
        }
    }
    found.push(text.get(start..).unwrap_or_default());
    found
}

/// The words of a message: what stands in quotation marks or brackets is one.
fn words(message: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let enclosed = closing.and_then(|closing| rest.get(1..)?.split_once(closing));
        let (word, behind) =
            enclosed.unwrap_or_else(|| rest.split_once(char::is_whitespace).unwrap_or((rest, "")));
        words.push(word);
        rest = behind.trim_start();
    }
    words
}
