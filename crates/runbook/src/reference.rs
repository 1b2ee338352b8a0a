//! What stands between `{{` and `}}`: the name of something that is known only when the step runs.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A reference to a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// What holds the value.
    pub source: Source,
    /// The way from there to the value.
    pub path: Vec<Access>,
}

/// What holds a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// A parameter, or a step, whose outputs are what the path begins with.
    Named(String),
    /// `variable:NAME`
    Variable(String),
    /// `global:NAME`: about where and when the execution runs.
    Global(Global),
    /// `automation:NAME`: about the execution itself.
    Automation(Automation),
    /// `ssm:NAME`: a parameter of the Parameter Store, as it is when the execution begins.
    ParameterStore(String),
}

/// One move on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Access {
    /// `.NAME` of a map.
    Key(String),
    /// `[N]` of a list.
    Index(usize),
}

/// A fact about where and when an execution runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Global {
    /// The account, twelve digits.
    AccountId,
    /// The day, `yyyy-MM-dd`.
    Date,
    /// The time, `yyyy-MM-dd_HH.mm.ss`.
    DateTime,
    /// The partition, such as `aws`.
    Partition,
    /// The Region.
    Region,
}

/// A fact about an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Automation {
    /// Its id.
    ExecutionId,
}

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing is between the braces.
    #[error("`{{{{ }}}}` names nothing")]
    Empty,
    /// A prefix with a name that it does not have.
    #[error("`{prefix}:{name}` is not known")]
    Unknown {
        /// What stands before the colon.
        prefix: String,
        /// What stands after it.
        name: String,
    },
    /// A prefix that means nothing.
    #[error("`{0}:` is no known prefix (global, automation, variable, ssm)")]
    Prefix(String),
    /// A path that cannot be followed.
    #[error("`{0}` is no path to a value")]
    Path(String),
}

const GLOBALS: [(&str, Global); 5] = [
    ("ACCOUNT_ID", Global::AccountId),
    ("DATE", Global::Date),
    ("DATE_TIME", Global::DateTime),
    ("AWS_PARTITION", Global::Partition),
    ("REGION", Global::Region),
];

const AUTOMATIONS: [(&str, Automation); 1] = [("EXECUTION_ID", Automation::ExecutionId)];

impl Reference {
    /// Reads what stands between the braces.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let Some((prefix, name)) = text.split_once(':') else {
            let (first, path) = split(text)?;
            return Ok(Self { source: Source::Named(first.to_owned()), path });
        };
        let (prefix, name) = (prefix.trim(), name.trim());
        let unknown =
            || ReferenceError::Unknown { prefix: prefix.to_owned(), name: name.to_owned() };
        let (source, path) = match prefix {
            "global" => (Source::Global(named(&GLOBALS, name).ok_or_else(unknown)?), Vec::new()),
            "automation" => {
                (Source::Automation(named(&AUTOMATIONS, name).ok_or_else(unknown)?), Vec::new())
            }
            "variable" => {
                let (first, path) = split(name)?;
                (Source::Variable(first.to_owned()), path)
            }
            "ssm" if !name.is_empty() => (Source::ParameterStore(name.to_owned()), Vec::new()),
            "ssm" => return Err(ReferenceError::Empty),
            other => return Err(ReferenceError::Prefix(other.to_owned())),
        };
        Ok(Self { source, path })
    }
}

/// Follows a path into a value.
pub(crate) fn follow<'a>(value: &'a Value, path: &[Access]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, access| match access {
        Access::Key(key) => value.get(key),
        Access::Index(index) => value.get(index),
    })
}

fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// `step.Output[0].Key` as its first name and the way from there.
fn split(text: &str) -> Result<(&str, Vec<Access>), ReferenceError> {
    let wrong = || ReferenceError::Path(text.to_owned());
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (first, mut rest) = text.split_at_checked(end).ok_or_else(wrong)?;
    if !is_name(first) {
        return Err(wrong());
    }
    let mut path = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, remaining) = after.split_at_checked(end).ok_or_else(wrong)?;
            if !is_name(key) {
                return Err(wrong());
            }
            path.push(Access::Key(key.to_owned()));
            rest = remaining;
        } else {
            let inside = rest.strip_prefix('[').and_then(|after| after.split_once(']'));
            let (index, remaining) = inside.ok_or_else(wrong)?;
            path.push(bracketed(index.trim()).ok_or_else(wrong)?);
            rest = remaining;
        }
    }
    Ok((first, path))
}

/// What stands between `[` and `]`: a place in a list, or a key in quotes.
fn bracketed(text: &str) -> Option<Access> {
    let quoted =
        ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    match quoted {
        Some(key) => Some(Access::Key(key.to_owned())),
        None => text.parse().ok().map(Access::Index),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/'))
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn name<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
            table.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name)
        }
        match &self.source {
            Source::Named(name) => formatter.write_str(name)?,
            Source::Variable(name) => write!(formatter, "variable:{name}")?,
            Source::Global(global) => write!(formatter, "global:{}", name(&GLOBALS, global))?,
            Source::Automation(fact) => {
                write!(formatter, "automation:{}", name(&AUTOMATIONS, fact))?;
            }
            Source::ParameterStore(name) => write!(formatter, "ssm:{name}")?,
        }
        for access in &self.path {
            match access {
                Access::Key(key) if is_name(key) => write!(formatter, ".{key}")?,
                Access::Key(key) => write!(formatter, "['{key}']")?,
                Access::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written_alike() {
        for text in [
            "InstanceId",
            "describe.InstanceIds[0]",
            "step.Map.key",
            "loop.CurrentIteratorValue.Key",
            "variable:count",
            "global:DATE_TIME",
            "automation:EXECUTION_ID",
            "ssm:/golden/ami:3",
            "step.Out['a.b']",
        ] {
            assert_eq!(Reference::parse(&format!(" {text} ")).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_reference_is_told_why() {
        for (text, expected) in [
            (" ", "`{{ }}` names nothing"),
            ("global:REGON", "`global:REGON` is not known"),
            ("glob:REGION", "`glob:` is no known prefix (global, automation, variable, ssm)"),
            ("a..b", "`a..b` is no path to a value"),
            ("a[x]", "`a[x]` is no path to a value"),
            ("a b", "`a b` is no path to a value"),
        ] {
            assert_eq!(Reference::parse(text).unwrap_err().to_string(), expected);
        }
    }
}
