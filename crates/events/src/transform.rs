//! Input transformers: what a target receives instead of the event.
//!
//! A template is text with `<name>` in it. Between quotation marks a value is put in as text, elsewhere as JSON, so that
//! `{"who": <who>, "what": "<who> did it"}` stays JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::path::JsonPath;

/// The names that every template may use.
const RESERVED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
];

/// A compiled transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transformer {
    paths: BTreeMap<String, JsonPath>,
    pieces: Vec<Piece>,
}

/// Why a transformer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransformerError {
    /// The template uses a name that has no path.
    #[error("InputTemplate contains invalid placeholder {0}.")]
    UnknownPlaceholder(String),
    /// A path cannot be read.
    #[error("Invalid InputPath: {0}")]
    InvalidPath(String),
    /// Names beginning with `aws.` belong to AWS.
    #[error("InputPathsMap contains the reserved name {0}.")]
    ReservedName(String),
    /// There is nothing to send.
    #[error("InputTemplate must not be empty.")]
    EmptyTemplate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A name, and whether it stands between quotation marks.
    Variable {
        name: String,
        quoted: bool,
    },
}

/// What is transformed, and the rule that wanted it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    /// The event.
    pub event: &'s Value,
    /// The ARN of the rule.
    pub rule_arn: &'s str,
    /// The name of the rule.
    pub rule_name: &'s str,
    /// When the event was received, in RFC 3339.
    pub received: &'s str,
}

impl Transformer {
    /// Compiles a template and the paths of its variables.
    pub fn parse<'p>(
        paths: impl IntoIterator<Item = (&'p str, &'p str)>,
        template: &str,
    ) -> Result<Self, TransformerError> {
        if template.is_empty() {
            return Err(TransformerError::EmptyTemplate);
        }
        let mut read = BTreeMap::new();
        for (name, path) in paths {
            if name.to_ascii_lowercase().starts_with("aws") {
                return Err(TransformerError::ReservedName(name.to_owned()));
            }
            let path = JsonPath::parse(path)
                .map_err(|error| TransformerError::InvalidPath(error.to_string()))?;
            read.insert(name.to_owned(), path);
        }
        let pieces = pieces(template);
        for piece in &pieces {
            if let Piece::Variable { name, .. } = piece
                && !read.contains_key(name)
                && !RESERVED.contains(&name.as_str())
            {
                return Err(TransformerError::UnknownPlaceholder(name.clone()));
            }
        }
        Ok(Self { paths: read, pieces })
    }

    /// What the target receives.
    pub fn apply(&self, subject: &Subject<'_>) -> String {
        let mut output = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => output.push_str(text),
                Piece::Variable { name, quoted: true } => {
                    output.push_str(&as_text(self.value(name, subject).as_ref()));
                }
                Piece::Variable { name, quoted: false } => {
                    let value = self.value(name, subject);
                    output.push_str(&value.unwrap_or_else(|| "".into()).to_string());
                }
            }
        }
        output
    }

    fn value(&self, name: &str, subject: &Subject<'_>) -> Option<Value> {
        match name {
            "aws.events.rule-arn" => Some(subject.rule_arn.into()),
            "aws.events.rule-name" => Some(subject.rule_name.into()),
            "aws.events.event.ingestion-time" => Some(subject.received.into()),
            "aws.events.event.json" => Some(subject.event.clone()),
            "aws.events.event" => {
                let mut event = subject.event.clone();
                if let Some(members) = event.as_object_mut() {
                    members.remove("detail");
                }
                Some(event)
            }
            _ => self.paths.get(name)?.find(subject.event),
        }
    }
}

/// A value between quotation marks: texts without theirs, everything else as JSON, escaped so that the text goes on.
fn as_text(value: Option<&Value>) -> String {
    let text = match value {
        None => return String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let escaped = Value::String(text).to_string();
    escaped
        .strip_prefix('"')
        .and_then(|escaped| escaped.strip_suffix('"'))
        .unwrap_or_default()
        .to_owned()
}

fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut quoted = false;
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        if character == '<'
            && let Some((name, behind)) = after.split_once('>')
            && is_name(name)
        {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Variable { name: name.to_owned(), quoted });
            rest = behind;
            continue;
        }
        text.push(character);
        rest = after;
        match character {
            '"' => quoted = !quoted,
            '\\' => {
                if let Some(escaped) = rest.chars().next() {
                    text.push(escaped);
                    rest = rest.get(escaped.len_utf8()..).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    pieces.push(Piece::Text(text));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    pieces
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
}
