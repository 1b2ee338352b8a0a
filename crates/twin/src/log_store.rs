//! Log events.

use serde::{Deserialize, Serialize};

/// Log events.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LogStore {}
