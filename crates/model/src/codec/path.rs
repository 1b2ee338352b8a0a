//! Where in a value something is wrong.

use std::fmt;

/// The way to a value: `Filters[0].Values`. Empty for the whole.
///
/// Built from the inside out, on the way back from an error, so that it costs nothing while all is well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ValuePath {
    // Innermost first.
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

impl ValuePath {
    /// The path of a member.
    pub(crate) fn member(name: &str) -> Self {
        Self { steps: vec![Step::Member(name.to_owned())] }
    }

    pub(crate) fn push_member(&mut self, name: &str) {
        self.steps.push(Step::Member(name.to_owned()));
    }

    pub(crate) fn push_element(&mut self, position: usize) {
        self.steps.push(Step::Element(position));
    }

    /// Whether it is the whole.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for step in self.steps.iter().rev() {
            match step {
                Step::Member(name) if first => formatter.write_str(name)?,
                Step::Member(name) => write!(formatter, ".{name}")?,
                Step::Element(position) => write!(formatter, "[{position}]")?,
            }
            first = false;
        }
        Ok(())
    }
}

/// Adds the outer steps to an error's path on its way back.
pub(crate) trait AtPath: Sized {
    fn path_mut(&mut self) -> Option<&mut ValuePath>;

    fn in_member(mut self, name: &str) -> Self {
        if let Some(path) = self.path_mut() {
            path.push_member(name);
        }
        self
    }

    fn in_element(mut self, position: usize) -> Self {
        if let Some(path) = self.path_mut() {
            path.push_element(position);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_from_the_outside_in() {
        let mut path = ValuePath::member("Values");
        path.push_element(0);
        path.push_member("Filters");
        assert_eq!(path.to_string(), "Filters[0].Values");
    }
}
