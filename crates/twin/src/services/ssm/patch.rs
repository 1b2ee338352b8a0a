//! Patch Manager: baselines, patch groups, what machines lack, and how they get it.

mod baseline;
mod baselines;
mod catalog;
pub(crate) mod operate;
mod states;

pub(super) use baselines::{BASELINE, PART as BASELINES};
pub(super) use states::{PART, PATCH_STATE, keep, look_again};
