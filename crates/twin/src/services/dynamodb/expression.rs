//! The language of conditions, updates and projections: what clients write, read into trees.
//!
//! `text ──► tokens ──► Condition | Update | Vec<Path>`. Placeholders are looked up while reading, so that a tree stands
//! on its own; which of them were used is kept, because one that was not is refused.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

mod read;
mod token;

use read::Reader;

/// A step of a document path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A member of a map, or the attribute itself.
    Member(String),
    /// An element of a list.
    Element(usize),
}

/// Where in an item.
pub(super) type Path = Vec<Step>;

/// What is compared.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// What is at a path.
    Path(Path),
    /// A value of the call.
    Value(Value),
    /// The size of what is at a path.
    Size(Path),
}

/// How two operands are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What must hold.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// The contrary.
    Not(Box<Condition>),
    /// A comparison.
    Compare(Operand, Comparison, Operand),
    /// Between two bounds, both included.
    Between(Operand, Operand, Operand),
    /// One of some.
    In(Operand, Vec<Operand>),
    /// Whether an attribute exists.
    Exists(Path, bool),
    /// Whether an attribute is of a type.
    Type(Path, Operand),
    /// Whether a text or bytes begin with some.
    BeginsWith(Operand, Operand),
    /// Whether a text, set or list contains something.
    Contains(Operand, Operand),
}

/// What an attribute is set to.
#[derive(Debug, Clone)]
pub(super) enum Term {
    /// An operand as it is.
    Operand(Operand),
    /// What is at a path, or else another term.
    IfNotExists(Path, Box<Term>),
    /// One list after another.
    ListAppend(Box<Term>, Box<Term>),
    /// A sum.
    Plus(Box<Term>, Box<Term>),
    /// A difference.
    Minus(Box<Term>, Box<Term>),
}

/// What an update does, clause by clause.
#[derive(Debug, Clone, Default)]
pub(super) struct Update {
    /// `SET`
    pub(super) set: Vec<(Path, Term)>,
    /// `REMOVE`
    pub(super) remove: Vec<Path>,
    /// `ADD`
    pub(super) add: Vec<(Path, Value)>,
    /// `DELETE`
    pub(super) delete: Vec<(Path, Value)>,
}

/// The placeholders of a call, and which of them its expressions used.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    names: Object,
    values: Object,
    used: BTreeSet<String>,
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method's path would borrow the reader for one lifetime only"
)]
impl Placeholders {
    /// The placeholders in an input.
    pub(super) fn of(input: &Value) -> Result<Self, String> {
        let object = |member: &str| input.get(member).and_then(Value::as_object).cloned();
        let mut values = object("ExpressionAttributeValues").unwrap_or_default();
        for (name, value) in values.iter_mut() {
            *value = super::attribute::normal(value).map_err(|wrong| {
                format!("ExpressionAttributeValues contains invalid value: {wrong} for key {name}")
            })?;
        }
        let names = object("ExpressionAttributeNames").unwrap_or_default();
        Ok(Self { names, values, used: BTreeSet::new() })
    }

    /// Reads a condition; `what` names the expression in messages.
    pub(super) fn condition(&mut self, what: &str, text: &str) -> Result<Condition, String> {
        self.read(what, text, |reader| reader.condition())
    }

    /// Reads an update.
    pub(super) fn update(&mut self, text: &str) -> Result<Update, String> {
        let update = self.read("UpdateExpression", text, |reader| reader.update())?;
        overlap(&update)
            .map_or(Ok(update), |wrong| Err(format!("Invalid UpdateExpression: {wrong}")))
    }

    /// Reads a projection.
    pub(super) fn projection(&mut self, text: &str) -> Result<Vec<Path>, String> {
        self.read("ProjectionExpression", text, |reader| reader.paths())
    }

    /// Refuses what was given and not used.
    pub(super) fn check_used(&self) -> Result<(), String> {
        for (given, what) in
            [(&self.names, "ExpressionAttributeNames"), (&self.values, "ExpressionAttributeValues")]
        {
            let unused: Vec<&str> = given
                .names()
                .map(|name| name.as_str())
                .filter(|name| !self.used.contains(*name))
                .collect();
            if !unused.is_empty() {
                let keys = unused.join(", ");
                return Err(format!(
                    "Value provided in {what} unused in expressions: keys: {{{keys}}}"
                ));
            }
        }
        Ok(())
    }

    /// Whether the call has none.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.values.is_empty()
    }

    fn read<T>(
        &mut self,
        what: &str,
        text: &str,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, String>,
    ) -> Result<T, String> {
        let wrong = |problem: String| format!("Invalid {what}: {problem}");
        if text.trim().is_empty() {
            return Err(wrong("The expression can not be empty;".to_owned()));
        }
        let tokens = token::tokens(text).map_err(wrong)?;
        let mut reader = Reader::new(tokens, self);
        let tree = read(&mut reader).and_then(|tree| reader.finish().map(|()| tree));
        tree.map_err(wrong)
    }

    fn name(&mut self, placeholder: &str) -> Option<String> {
        self.used.insert(placeholder.to_owned());
        self.names.get(placeholder)?.as_str().map(str::to_owned)
    }

    fn value(&mut self, placeholder: &str) -> Option<Value> {
        self.used.insert(placeholder.to_owned());
        self.values.get(placeholder).cloned()
    }
}

/// Two paths of an update of which one is within the other.
fn overlap(update: &Update) -> Option<String> {
    let paths: Vec<&Path> = update
        .set
        .iter()
        .map(|(path, _)| path)
        .chain(&update.remove)
        .chain(update.add.iter().map(|(path, _)| path))
        .chain(update.delete.iter().map(|(path, _)| path))
        .collect();
    for (place, one) in paths.iter().enumerate() {
        for other in paths.iter().skip(place + 1) {
            if one.starts_with(other) || other.starts_with(one) {
                let (one, other) = (written(one), written(other));
                return Some(format!(
                    "Two document paths overlap with each other; must remove or rewrite one of \
                     these paths; path one: {one}, path two: {other}"
                ));
            }
        }
    }
    None
}

fn written(path: &Path) -> String {
    let steps: Vec<String> = path
        .iter()
        .map(|step| match step {
            Step::Member(name) => name.clone(),
            Step::Element(place) => format!("[{place}]"),
        })
        .collect();
    format!("[{}]", steps.join(", "))
}
