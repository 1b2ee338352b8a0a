//! A form's pairs as a tree by the dots in their keys.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::codec::{DEPTH_LIMIT, error::DecodeError};

/// A place in the tree: `Filter.1` has a child for each of its members.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// The value of the pair that ends here.
    pub(crate) text: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    /// Builds the tree.
    pub(crate) fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = &'a (String, String)>,
    ) -> Result<Self, DecodeError> {
        let mut root = Self::default();
        for (key, text) in pairs {
            let mut node = &mut root;
            for (depth, step) in key.split('.').enumerate() {
                if depth > DEPTH_LIMIT {
                    return Err(DecodeError::malformed("form", "its keys are nested too deeply"));
                }
                node = node.children.entry(step.to_owned()).or_default();
            }
            node.text = Some(text.clone());
        }
        Ok(root)
    }

    /// The child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.get(name)
    }

    /// The children that are numbered, by number.
    pub(crate) fn numbered(&self) -> Vec<&Node> {
        let mut numbered: Vec<(u32, &Node)> = self
            .children
            .iter()
            .filter_map(|(step, node)| step.parse().ok().map(|number| (number, node)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node).collect()
    }
}

/// Splits a form or a query string into decoded pairs.
pub(crate) fn parse_pairs(text: &str) -> Vec<(String, String)> {
    let decode =
        |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}
