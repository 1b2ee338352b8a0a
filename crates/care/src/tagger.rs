//! The Resource Tagger: which tags a resource shall have, from two profile documents.
//!
//! A profile has blocks of configuration, each for one resource type: a filter, and the tags that a matching resource
//! shall have. The default profile is shipped; the customization profile is the user's, and a block of it takes the
//! place of the default's block with the same id as a whole. Every tag whose key begins with the prefix (`ams:rt:`)
//! belongs to the Tagger: it sets the ones that a matching block yields and removes all others.
//!
//! ```text
//! text ──► parse_profile ──► Profile ─┐
//!                                     ├──► EffectiveProfile ──┐
//! text ──► parse_profile ──► Profile ─┘                       ├──► decide ──► Decision ──► plan ──► actions
//!                                                  Resource ──┘                     └────► CoverageTally
//! ```

mod coverage;
mod decide;
mod effective;
mod filter;
mod parse;
mod parse_filter;
mod pattern;
mod profile;
mod propose;
mod resource_types;
mod settings;

pub use coverage::{CoverageTally, TypeCoverage, UnmanagedRise, unmanaged_rises};
pub use decide::{Conflict, Coverage, Decision, Obstacle, decide};
pub use effective::{Configuration, EffectiveProfile, Standing};
pub use parse::{default_profile, parse_profile};
pub use profile::{DEFAULT_PROFILE, Profile, ProfileKind};
pub use propose::{CONTROLLER, plan, rule_name};
pub use resource_types::{Field, FieldValues, TaggedType, tagged_types};
pub use settings::{DEFAULT_PREFIX, ParseTagPrefixError, Settings, TagPrefix};
