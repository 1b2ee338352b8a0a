//! A small map that keeps the order in which its entries came.
//!
//! Nearly all objects have fewer than a hundred members, where looking along a row of entries costs little beside making an
//! index of them. The few large ones (maps of thousands of keys) get one on the way, so that hostile input cannot make
//! reading quadratic.

use std::{collections::HashMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Name, Value};

const INDEXED_FROM: usize = 128;

/// Members by name, in the order in which they came. Two objects are equal if they hold the same, in any order.
#[derive(Clone, Default)]
pub struct Object {
    entries: Vec<(Name, Value)>,
    // Invariant: absent, or the position of every entry.
    #[expect(
        clippy::box_collection,
        reason = "nearly all objects have none, and values should be small"
    )]
    index: Option<Box<HashMap<Name, usize>>>,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object without members, with room for some.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), index: None }
    }

    /// An object of members whose names are known to be distinct.
    pub(crate) fn of_distinct(members: Vec<(Name, Value)>) -> Self {
        let mut object = Self { entries: members, index: None };
        if object.entries.len() >= INDEXED_FROM {
            object.reindex();
        }
        object
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(self.position(name)?).map(|(_, value)| value)
    }

    /// The value of a member, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let position = self.position(name)?;
        self.entries.get_mut(position).map(|(_, value)| value)
    }

    /// A text member; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The elements of a list member; none if there is none.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).map_or(&[], Value::as_list)
    }

    /// Whether a member is there and true.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// Copies of those members of these names that there are.
    pub fn pick<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> impl Iterator<Item = (&'n str, Value)> {
        names.into_iter().filter_map(|name| Some((name, self.get(name)?.clone())))
    }

    /// Whether there is a member of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Sets a member, in its place if it exists and at the end if not, and returns what it was.
    pub fn insert(&mut self, name: impl Into<Name>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        if let Some(old) = self.get_mut(&name) {
            return Some(std::mem::replace(old, value));
        }
        self.push(name, value);
        None
    }

    /// Adds a member that is known to be new.
    pub(crate) fn push(&mut self, name: Name, value: Value) {
        if let Some(index) = &mut self.index {
            index.insert(name.clone(), self.entries.len());
        }
        self.entries.push((name, value));
        if self.index.is_none() && self.entries.len() >= INDEXED_FROM {
            self.reindex();
        }
    }

    /// Takes a member out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let position = self.position(name)?;
        let (_, value) = self.entries.remove(position);
        if self.index.is_some() {
            self.reindex();
        }
        Some(value)
    }

    /// The members in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Name, &Value)> + ExactSizeIterator {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// The members in order, with values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Name, &mut Value)> {
        self.entries.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// The names of the members in order.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &Name> + ExactSizeIterator {
        self.entries.iter().map(|(name, _)| name)
    }

    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.entries.iter().position(|(entry, _)| &**entry == name),
        }
    }

    fn reindex(&mut self) {
        let positions = self.entries.iter().enumerate();
        self.index = Some(Box::new(positions.map(|(at, (name, _))| (name.clone(), at)).collect()));
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl Eq for Object {}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("members by name")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Object, A::Error> {
                let mut object = Object::new();
                while let Some((name, value)) = map.next_entry::<Name, Value>()? {
                    object.insert(name, value);
                }
                Ok(object)
            }
        }

        from.deserialize_map(Members)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

impl<N: Into<Name>, V: Into<Value>> FromIterator<(N, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut object = Self::new();
        object.extend(entries);
        object
    }
}

impl<N: Into<Name>, V: Into<Value>> Extend<(N, V)> for Object {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, entries: I) {
        for (name, value) in entries {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Object {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_the_order_in_which_they_came() {
        let mut object = Object::from_iter([("b", 1_i64), ("a", 2), ("c", 3)]);
        object.insert("a", 4_i64);
        object.remove("b");
        let names: Vec<&str> = object.names().map(Name::as_str).collect();
        assert_eq!(names, ["a", "c"]);
        assert_eq!(object.get("a"), Some(&Value::Integer(4)));
    }

    #[test]
    fn a_large_object_finds_every_member_also_after_a_removal() {
        let mut object: Object = (0..1000_i64).map(|at| (format!("k{at}"), at)).collect();
        object.remove("k500");
        assert_eq!(object.len(), 999);
        for at in (0..1000_i64).filter(|at| *at != 500) {
            assert_eq!(object.get(&format!("k{at}")), Some(&Value::Integer(at)));
        }
        assert_eq!(object.get("k500"), None);
    }

    #[test]
    fn objects_are_equal_in_any_order() {
        let one = Object::from_iter([("a", 1_i64), ("b", 2)]);
        let other = Object::from_iter([("b", 2_i64), ("a", 1)]);
        assert_eq!(one, other);
        assert_ne!(one, Object::from_iter([("a", 1_i64)]));
    }
}
