//! x.

use crate::services::Part;

pub(super) static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };
