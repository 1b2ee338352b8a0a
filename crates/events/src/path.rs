//! The paths with which values are picked out of events: `$.detail.items[0].name`, `$.detail.items[*].name`.

use serde_json::Value;

/// A path into JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// Why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a path: {reason}")]
pub struct PathError {
    path: String,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
    Every,
}

impl JsonPath {
    /// Reads a path, which begins with `$`.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let error = |reason| PathError { path: path.to_owned(), reason };
        let mut rest = path.strip_prefix('$').ok_or_else(|| error("it must begin with `$`"))?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (inside, behind) =
                    after.split_once(']').ok_or_else(|| error("`[` without `]`"))?;
                steps.push(bracketed(inside).ok_or_else(|| error("an index is expected in `[]`"))?);
                rest = behind;
            } else if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (name, behind) = after.split_at_checked(end).unwrap_or((after, ""));
                match name {
                    "" => return Err(error("a name is missing")),
                    "*" => steps.push(Step::Every),
                    _ => steps.push(Step::Member(name.to_owned())),
                }
                rest = behind;
            } else {
                return Err(error("`.` or `[` is expected"));
            }
        }
        Ok(Self { steps })
    }

    /// The value there; a list of them if the path has `*`.
    pub fn find(&self, value: &Value) -> Option<Value> {
        let found = self.all(value);
        if self.steps.contains(&Step::Every) {
            return Some(Value::Array(found.into_iter().cloned().collect()));
        }
        found.first().map(|value| (*value).clone())
    }

    /// Every value there.
    pub fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| step.of(value)).collect();
        }
        found
    }
}

impl Step {
    fn of<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Member(name), Value::Object(members)) => members.get(name).into_iter().collect(),
            (Self::Element(index), Value::Array(elements)) => {
                elements.get(*index).into_iter().collect()
            }
            (Self::Every, Value::Array(elements)) => elements.iter().collect(),
            (Self::Every, Value::Object(members)) => members.values().collect(),
            _ => Vec::new(),
        }
    }
}

fn bracketed(inside: &str) -> Option<Step> {
    let quoted = |quote: char| inside.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(name) = quoted('\'').or_else(|| quoted('"')) {
        return Some(Step::Member(name.to_owned()));
    }
    match inside {
        "*" => Some(Step::Every),
        digits => digits.parse().ok().map(Step::Element),
    }
}
