//! What is known of an operation that changes something.

use serde_json::{Map, Value};

use super::form::{Each, Form};

/// What is known of an operation that changes something.
#[derive(Debug, Clone)]
pub struct EffectDefinition {
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) reads: Vec<ReadForm>,
    pub(super) repeat: Repeat,
    pub(super) undo: Undo,
    pub(super) cannot: Vec<(Form, String)>,
    pub(super) examples: Vec<Example>,
}

/// A look at what is there before the change.
#[derive(Debug, Clone)]
pub(super) struct ReadForm {
    pub(super) name: String,
    pub(super) when: Option<Form>,
    pub(super) call: CallForm,
    pub(super) absent: Vec<String>,
}

/// A call that is made out of what is known.
#[derive(Debug, Clone)]
pub(super) struct CallForm {
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) input: Vec<(String, Form)>,
}

/// What may be done if the answer of a call was lost.
#[derive(Debug, Clone)]
pub(super) enum Repeat {
    /// Nothing is said here: the model may know.
    Unsaid,
    /// Again, with the same token in this member, or the one that the model marks.
    Token(Option<String>),
    /// Again: it leads to the same. These codes mean that it was done, provided that it was not so before.
    Same { done: Vec<String>, provided: Option<Form> },
    /// A look tells.
    Look(Box<LookForm>),
    /// A person must know.
    Ask(String),
}

/// A look that tells whether a call was made.
#[derive(Debug, Clone)]
pub(super) struct LookForm {
    pub(super) call: CallForm,
    pub(super) absent: Vec<String>,
    pub(super) happened: Form,
    pub(super) answer: Option<Form>,
}

/// How a change is taken back.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    /// By these calls; by none if nothing lasting was changed.
    Calls(Vec<UndoForm>),
    /// Not at all.
    Never(String),
}

/// A waiter that ends before a call can be made.
#[derive(Debug, Clone)]
pub(super) struct ReadyForm {
    pub(super) waiter: String,
    pub(super) input: Vec<(String, Form)>,
}

/// A call that takes a change back.
#[derive(Debug, Clone)]
pub(super) struct UndoForm {
    pub(super) ready: Option<ReadyForm>,
    pub(super) call: CallForm,
    pub(super) when: Option<Form>,
    pub(super) each: Option<Each>,
    pub(super) copying: Option<Copying>,
    pub(super) restoring: Option<Restoring>,
}

/// Members that are what they were, as far as they were there.
#[derive(Debug, Clone)]
pub(super) struct Copying {
    pub(super) from: Form,
    pub(super) members: Vec<(String, Form)>,
}

/// The members that the call was given, as they were before.
#[derive(Debug, Clone)]
pub(super) struct Restoring {
    pub(super) from: Form,
    pub(super) given: Option<Form>,
    pub(super) into: Option<String>,
    /// `None` for all members, each under its own name.
    pub(super) members: Option<Vec<(String, Form)>>,
    /// Members that say how, not what.
    pub(super) besides: Vec<String>,
    pub(super) missing: Missing,
}

/// What becomes of a member that was not there before.
#[derive(Debug, Clone)]
pub(super) enum Missing {
    Refuse,
    Skip,
    Value(Value),
}

/// A case that shows what a definition means; a test holds it to that.
#[derive(Debug, Clone)]
pub struct Example {
    /// What the operation was called with.
    pub input: Map<String, Value>,
    /// What was read before, by name.
    pub before: Map<String, Value>,
    /// What was answered.
    pub answer: Value,
    /// The calls that take it back, or what stands in the way.
    pub undo: Result<Vec<(String, Value)>, String>,
}

impl EffectDefinition {
    /// The service, as the models call it.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The operation.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The operations that are called besides it, to see what was there before and whether it was done: services and
    /// operations, as the models call them.
    pub fn looks(&self) -> impl Iterator<Item = (&str, &str)> {
        let again = match &self.repeat {
            Repeat::Look(look) => Some(&look.call),
            Repeat::Unsaid | Repeat::Token(_) | Repeat::Same { .. } | Repeat::Ask(_) => None,
        };
        let calls = self.reads.iter().map(|read| &read.call).chain(again);
        calls.map(|call| (call.service.as_str(), call.operation.as_str()))
    }

    /// Why what it does cannot be taken back, if it never can.
    pub fn never(&self) -> Option<&str> {
        match &self.undo {
            Undo::Never(reason) => Some(reason),
            Undo::Calls(_) => None,
        }
    }

    /// Why what it does cannot be taken back in some cases.
    pub fn limits(&self) -> impl Iterator<Item = &str> {
        self.cannot.iter().map(|(_, reason)| reason.as_str())
    }

    /// Whether it leaves nothing that could be taken back, such as a restart.
    pub fn leaves_nothing(&self) -> bool {
        matches!(&self.undo, Undo::Calls(calls) if calls.is_empty())
    }

    /// Cases that show what the definition means.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }
}
