//! The messages in queues.

use serde::{Deserialize, Serialize};

/// The messages in queues.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Messages {}
