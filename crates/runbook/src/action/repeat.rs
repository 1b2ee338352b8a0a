//! `aws:loop`: its own steps, again and again. They are read and followed by the execution itself.

use super::Action;

pub(super) static ACTION: Action = Action { name: "aws:loop", ..Action::ORDINARY };
