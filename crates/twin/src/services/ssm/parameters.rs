//! x.

use crate::services::Part;

pub(crate) static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };
