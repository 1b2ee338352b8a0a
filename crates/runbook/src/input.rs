//! What is written as the input of a step: any value, with references in its texts.

use reeve_document::Position;
use serde_json::{Map, Value};

use crate::{
    reference::Reference,
    template::{Scope, Template, Unresolved},
};

/// A value with references in its texts, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What was written.
    pub content: Content,
    /// Where.
    pub position: Position,
    /// The way to it from the root of the document, such as `mainSteps[0].inputs.InstanceIds[1]`.
    pub path: String,
}

/// A value with references in its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nothing, true, false or a number.
    Plain(Value),
    /// A text.
    Text(Template),
    /// A list.
    List(Vec<Input>),
    /// A map, in the order written.
    Map(Vec<(String, Input)>),
}

impl Input {
    /// The value, once the values of its references are known.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Value, Unresolved> {
        match &self.content {
            Content::Plain(value) => Ok(value.clone()),
            Content::Text(template) => template.resolve(scope),
            Content::List(elements) => {
                let elements = elements.iter().map(|element| element.resolve(scope));
                elements.collect::<Result<_, _>>().map(Value::Array)
            }
            Content::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| Ok((key.clone(), value.resolve(scope)?)));
                entries.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }

    /// The value, if it has no references at all.
    pub fn as_literal(&self) -> Option<Value> {
        struct Nothing;
        impl Scope for Nothing {
            fn value(&self, reference: &Reference) -> Result<Value, Unresolved> {
                let reason = "is not known yet".to_owned();
                Err(Unresolved { reference: reference.to_string(), reason })
            }
        }
        self.resolve(&Nothing).ok()
    }

    /// The text, if it is one without references.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(template) => template.as_literal(),
            _ => None,
        }
    }

    /// The text with its references, if it is one.
    pub fn as_template(&self) -> Option<&Template> {
        match &self.content {
            Content::Text(template) => Some(template),
            _ => None,
        }
    }

    /// The reference, if it is nothing else.
    pub fn as_reference(&self) -> Option<&Reference> {
        self.as_template()?.as_reference()
    }

    /// The elements; none if it is no list.
    pub fn elements(&self) -> &[Input] {
        match &self.content {
            Content::List(elements) => elements,
            _ => &[],
        }
    }

    /// The entries; none if it is no map.
    pub fn entries(&self) -> &[(String, Input)] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Input> {
        self.entries().iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Calls `visit` with every reference in it and the place where it stands.
    pub fn visit_references<'a>(&'a self, visit: &mut dyn FnMut(&'a Reference, &'a Input)) {
        match &self.content {
            Content::Plain(_) => {}
            Content::Text(template) => {
                template.references().for_each(|reference| visit(reference, self));
            }
            Content::List(elements) => {
                for element in elements {
                    element.visit_references(visit);
                }
            }
            Content::Map(entries) => {
                for (_, value) in entries {
                    value.visit_references(visit);
                }
            }
        }
    }
}
