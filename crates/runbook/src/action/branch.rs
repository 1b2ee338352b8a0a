//! `aws:branch`: which step is next. The choices are read and followed by the execution itself.

use super::Action;

pub(super) static ACTION: Action = Action { name: "aws:branch", ..Action::ORDINARY };
