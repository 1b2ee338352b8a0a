//! Many patterns at once: an event is tested only against those whose `source` it could satisfy.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Pattern;

/// Patterns by key, found by the source of an event.
#[derive(Debug, Clone)]
pub struct RuleSet<K> {
    patterns: BTreeMap<K, Pattern>,
    by_source: BTreeMap<String, Vec<K>>,
    /// Those that name no source.
    others: Vec<K>,
}

impl<K> Default for RuleSet<K> {
    fn default() -> Self {
        Self { patterns: BTreeMap::new(), by_source: BTreeMap::new(), others: Vec::new() }
    }
}

impl<K: Ord + Clone> RuleSet<K> {
    /// Adds a pattern, or replaces the one of this key.
    pub fn insert(&mut self, key: K, pattern: Pattern) {
        self.remove(&key);
        match pattern.required_texts("source") {
            Some(sources) => {
                for source in sources {
                    self.by_source.entry(source.to_owned()).or_default().push(key.clone());
                }
            }
            None => self.others.push(key.clone()),
        }
        self.patterns.insert(key, pattern);
    }

    /// Removes the pattern of a key.
    pub fn remove(&mut self, key: &K) {
        if self.patterns.remove(key).is_none() {
            return;
        }
        self.others.retain(|other| other != key);
        self.by_source.retain(|_, keys| {
            keys.retain(|other| other != key);
            !keys.is_empty()
        });
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether an event of this source could match any pattern.
    pub fn could_match(&self, source: &str) -> bool {
        !self.others.is_empty() || self.by_source.contains_key(source)
    }

    /// The keys of the patterns that an event matches, in order, each once.
    pub fn matching(&self, event: &Value) -> Vec<&K> {
        let source = event.get("source").and_then(Value::as_str).unwrap_or_default();
        let named = self.by_source.get(source).map_or(&[][..], Vec::as_slice);
        let mut keys: Vec<&K> = named
            .iter()
            .chain(&self.others)
            .filter(|key| self.patterns.get(key).is_some_and(|pattern| pattern.matches(event)))
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }
}
