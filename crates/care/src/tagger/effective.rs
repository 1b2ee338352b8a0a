//! What the two profiles say together.
//!
//! The unit of overriding is the whole block: a block of the customization profile takes the place of the default's block
//! of the same resource type and id, and nothing of that is left. A block that is disabled has no effect either. Both stay
//! known, so that the removal of a tag can be explained by them.

use std::collections::BTreeMap;

use reeve_document::{Diagnostic, Position, nearest};

use super::{
    Settings, TagPrefix,
    filter::{FactTable, Filter},
    profile::{Block, Effect, Profile, ProfileKind},
    resource_types::tagged_types,
};

/// The default profile and the customization profile, merged.
#[derive(Debug, Clone)]
pub struct EffectiveProfile {
    pub(crate) prefix: TagPrefix,
    read_only: bool,
    /// Every type that the Tagger tags, whether a block is about it or not.
    types: BTreeMap<&'static str, Rules>,
    warnings: Vec<Diagnostic>,
}

/// What the profiles say about one resource type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// The blocks that take effect, the ones that outrank the others last.
    pub(crate) enabled: Vec<Rule>,
    /// The blocks that do not.
    pub(crate) without_effect: Vec<Configuration>,
    /// The facts that their filters ask for.
    pub(crate) facts: FactTable,
}

/// A block that takes effect.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) filter: Filter<usize>,
    pub(crate) configuration: Configuration,
}

/// A block of configuration of one of the profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The resource type it is about.
    pub resource_type: &'static str,
    /// Its id, unique within the type and profile.
    pub id: String,
    /// The profile it is from.
    pub source: ProfileKind,
    /// Where in that profile's document it is.
    pub position: Position,
    /// Whether it takes effect.
    pub standing: Standing,
    /// What it yields: whole keys, and values.
    pub(crate) tags: Vec<(String, String)>,
}

/// Whether a block of configuration takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Enabled,
    /// It does not: it says so itself.
    Disabled,
    /// It does not: a block of the customization profile has its id.
    Replaced,
}

impl EffectiveProfile {
    /// Merges the two profiles. Both were read with the same `settings`.
    pub fn merge(default: &Profile, customization: &Profile, settings: &Settings) -> Self {
        let mut types: BTreeMap<&'static str, Rules> =
            tagged_types().iter().map(|tagged| (tagged.name, Rules::default())).collect();
        for block in &default.blocks {
            let is_replaced = customization.blocks.iter().any(|other| same_block(other, block));
            let rules = types.entry(block.resource_type).or_default();
            rules.add(block, ProfileKind::Default, is_replaced, &settings.prefix);
        }
        for block in &customization.blocks {
            let rules = types.entry(block.resource_type).or_default();
            rules.add(block, ProfileKind::Customization, false, &settings.prefix);
        }
        Self {
            prefix: settings.prefix.clone(),
            read_only: customization.read_only,
            types,
            warnings: warnings(default, customization),
        }
    }

    /// Whether the Tagger only reports: differences are found, and never planned.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The prefix of the keys of the Tagger's own tags.
    pub fn prefix(&self) -> &TagPrefix {
        &self.prefix
    }

    /// Every block of both profiles, those without effect included: in order of resource type, and for each type first
    /// the enabled ones, those that outrank others last.
    pub fn configurations(&self) -> impl Iterator<Item = &Configuration> {
        self.types.values().flat_map(Rules::configurations)
    }

    /// What is odd about the two profiles together, in the order of the customization profile, whose positions these are.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What is said about a type; `None` if the Tagger does not tag it.
    pub(crate) fn rules(&self, resource_type: &str) -> Option<&Rules> {
        self.types.get(resource_type)
    }
}

impl Rules {
    /// Every block, the ones that take effect first.
    pub(crate) fn configurations(&self) -> impl Iterator<Item = &Configuration> {
        self.enabled.iter().map(|rule| &rule.configuration).chain(&self.without_effect)
    }

    fn add(&mut self, block: &Block, source: ProfileKind, is_replaced: bool, prefix: &TagPrefix) {
        let tags = block.tags.iter().map(|(stem, value)| (prefix.join(stem), value.clone()));
        let configuration = |standing| Configuration {
            resource_type: block.resource_type,
            id: block.id.clone(),
            source,
            position: block.position,
            standing,
            tags: tags.collect(),
        };
        match &block.effect {
            Effect::On(filter) if !is_replaced => self.enabled.push(Rule {
                filter: self.facts.enter(filter, prefix),
                configuration: configuration(Standing::Enabled),
            }),
            Effect::On(_) => self.without_effect.push(configuration(Standing::Replaced)),
            Effect::Disabled { .. } => self.without_effect.push(configuration(Standing::Disabled)),
        }
    }
}

impl Configuration {
    /// The tags it yields on a resource that matches it: whole keys, and values.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The block in words: `` `AMSMonitoringLinux` of the default profile ``.
    pub(crate) fn describe(&self) -> String {
        format!("`{}` of the {} profile", self.id, self.source.as_str())
    }

    pub(crate) fn yields(&self, key: &str) -> bool {
        self.tags.iter().any(|(yielded, _)| yielded == key)
    }
}

impl Standing {
    /// The standing as a word: `enabled`, `disabled` or `replaced`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Replaced => "replaced",
        }
    }
}

fn same_block(left: &Block, right: &Block) -> bool {
    left.resource_type == right.resource_type && left.id == right.id
}

/// A block that takes the place of a default by accident switches that default off without a word, and one that is meant
/// to disable a default and misspells it does nothing without a word.
fn warnings(default: &Profile, customization: &Profile) -> Vec<Diagnostic> {
    let warning = |block: &Block| {
        let path = format!("{}.{}", block.resource_type, block.id);
        let shadowed = default.blocks.iter().find(|other| same_block(other, block));
        match (&block.effect, shadowed) {
            (Effect::On(_), Some(other)) => {
                let message = format!(
                    "takes the place of the whole block of this id of the default profile ({}:{})",
                    default.file, other.position
                );
                Some(
                    Diagnostic::new(block.position, path, message).with_hint(
                        "if the default shall stay in effect, give this block another id",
                    ),
                )
            }
            (Effect::Disabled { bare: true }, None) => {
                let same_type = default
                    .blocks
                    .iter()
                    .filter(|other| other.resource_type == block.resource_type);
                let near = nearest(&block.id, same_type.map(|other| other.id.as_str()));
                let message = "disables nothing: the default profile has no block of this id";
                let diagnostic = Diagnostic::new(block.position, path, message);
                Some(match near {
                    Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
                    None => diagnostic,
                })
            }
            (Effect::On(_), None)
            | (Effect::Disabled { bare: true }, Some(_))
            | (Effect::Disabled { bare: false }, _) => None,
        }
    };
    customization.blocks.iter().filter_map(warning).collect()
}
