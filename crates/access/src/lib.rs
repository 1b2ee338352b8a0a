#![doc = include_str!("../README.md")]

mod calls;
mod document;
mod policy;
mod roles;
mod runbook;
mod split;

pub use calls::{Call, CallPurpose, calls};
pub use document::{Document, Statement};
pub use policy::{AccessError, AccountRequest, account_policy, highest_level};
pub use roles::{RoleUse, TRUST_POLICY_CHARACTERS, entry_policy, trust_policy};
pub use runbook::runbook_policy;
pub use split::MANAGED_POLICY_CHARACTERS;
