//! The values of a request that conditions and variables ask for.

use std::{borrow::Cow, collections::BTreeMap};

/// The value of a key of the request context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextValue<'a> {
    /// A key with one value.
    One(Cow<'a, str>),
    /// A key that may have several.
    Many(Vec<Cow<'a, str>>),
}

impl<'a> ContextValue<'a> {
    /// A single value.
    pub fn one(text: impl Into<Cow<'a, str>>) -> Self {
        Self::One(text.into())
    }
}

/// Where the values come from. Asked only for what policies ask about, so that nobody gathers the rest.
pub trait Context {
    /// The value of a key, given in lower case such as `aws:principalarn`; nothing if the request has none.
    fn value(&self, key: &str) -> Option<ContextValue<'_>>;
}

/// Values put together beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContextMap {
    entries: BTreeMap<String, Vec<String>>,
    several: std::collections::BTreeSet<String>,
}

impl ContextMap {
    /// Sets a key with one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.entries.insert(key.to_ascii_lowercase(), vec![value.into()]);
    }

    /// Sets a key with several values.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let key = key.to_ascii_lowercase();
        self.several.insert(key.clone());
        self.entries.insert(key, values.into_iter().collect());
    }
}

impl Context for ContextMap {
    fn value(&self, key: &str) -> Option<ContextValue<'_>> {
        let values = self.entries.get(key)?;
        match values.as_slice() {
            [value] if !self.several.contains(key) => Some(ContextValue::one(value.as_str())),
            _ => Some(ContextValue::Many(
                values.iter().map(|value| Cow::Borrowed(value.as_str())).collect(),
            )),
        }
    }
}
