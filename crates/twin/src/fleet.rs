//! The machines inside instances.

use serde::{Deserialize, Serialize};

/// The machines inside instances.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Fleet {}
