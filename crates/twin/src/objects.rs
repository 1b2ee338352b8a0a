//! The bytes of S3 objects.

use serde::{Deserialize, Serialize};

/// The bytes of S3 objects.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Objects {}
