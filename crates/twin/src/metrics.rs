//! What is measured.

use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Metrics {}
