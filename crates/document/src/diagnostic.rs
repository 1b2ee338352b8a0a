//! What is wrong with a document, where, and what to do about it.

use std::fmt;

use crate::Position;

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where, if it is about a place.
    pub position: Option<Position>,
    /// The path of the value it is about, such as `AWS::EC2::Instance.MyBlock.Filter` or `accounts[0].id`; empty for
    /// the whole document.
    pub path: String,
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Says what is wrong at a place.
    pub fn new(position: Position, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { position: Some(position), path: path.into(), message: message.into(), hint: None }
    }

    /// Says what is wrong with the document as a whole.
    pub fn of_document(message: impl Into<String>) -> Self {
        Self { position: None, path: String::new(), message: message.into(), hint: None }
    }

    /// Adds what may help.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(formatter, "{position}: ")?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// All that is wrong with one file, in the order of the file.
///
/// Displayed, each starts a line: `profiles/tags.json:12:7: <path>: <message>`, and a hint follows on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    file: String,
    // Invariant: sorted by position, and by arrival where positions are equal.
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Starts with nothing wrong.
    pub fn new(file: impl Into<String>) -> Self {
        Self { file: file.into(), list: Vec::new() }
    }

    /// A file with one thing wrong.
    pub fn of(file: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { file: file.into(), list: vec![diagnostic] }
    }

    /// The file, as it was named by whoever read it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// What is wrong, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Adds something that is wrong.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let place = self.list.partition_point(|other| other.position <= diagnostic.position);
        self.list.insert(place, diagnostic);
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.list.extend(diagnostics);
        self.list.sort_by_key(|diagnostic| diagnostic.position);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.list.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            let gap = if diagnostic.position.is_some() { "" } else { " " };
            write!(formatter, "{}:{gap}{diagnostic}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_shown_in_the_order_of_the_file() {
        let mut diagnostics = Diagnostics::new("estate.yaml");
        diagnostics.push(Diagnostic::new(
            Position { line: 9, column: 3 },
            "accounts[0].id",
            "late",
        ));
        diagnostics.push(Diagnostic::of_document("whole"));
        diagnostics.push(
            Diagnostic::new(Position { line: 1, column: 1 }, "", "early").with_hint("do better"),
        );
        insta::assert_snapshot!(diagnostics, @r"
        estate.yaml: whole
        estate.yaml:1:1: early
          hint: do better
        estate.yaml:9:3: accounts[0].id: late
        ");
    }
}
