//! Tags: the key and value pairs on a resource.

use std::collections::BTreeMap;

/// The tags of one resource, in order of key.
pub type Tags = BTreeMap<String, String>;
