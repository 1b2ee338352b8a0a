//! Which tags a resource shall have, what differs, and why.
//!
//! A filter may ask for a tag that the Tagger itself yields: the default profile monitors what carries `ams:rt:ams-managed`,
//! and a block of the user's says what does. AMS gets there in rounds, each looking at the tags the one before left.
//! Here the rounds are gone through in thought, from the tags as they are until nothing changes any more, and only the
//! end of it is proposed: one plan instead of one per round. Blocks that contradict each other never come to an end
//! (`A` where `B` is not, `B` where `A` is); then nothing is proposed, and the decision says so.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Bound::{Included, Unbounded},
};

use reeve_types::{Resource, Tags, Verdict};

use super::{Configuration, EffectiveProfile, Standing, effective::Rules, filter::Look};
use crate::plan::{Facts, TagChange};

/// How many tags of users' AWS allows on a resource; its own (`aws:`) do not count.
const MAXIMUM_TAGS: usize = 50;

/// What was decided about one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether its tags of the Tagger's are as they shall be.
    pub verdict: Verdict,
    /// Whether it is managed, and has what that takes.
    pub coverage: Coverage,
    /// The ids of the blocks that match it, the ones that outrank the others last.
    pub configurations: Vec<String>,
    /// The tags of the Tagger's that it shall have.
    pub desired: Tags,
    /// What differs from that, in order of key. Empty where an obstacle stands in the way.
    pub changes: Vec<TagChange>,
    /// The facts that the filters looked at.
    pub reads: Facts,
    /// Blocks that want different values for one tag.
    pub conflicts: Vec<Conflict>,
    /// Why nothing is proposed although the verdict is fail.
    pub obstacle: Option<Obstacle>,
}

/// Whether a resource is managed by the Tagger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// A block matches it, and it has every tag that it shall have.
    Managed,
    /// A block matches it, and a tag that it shall have is missing or has another value.
    Missing,
    /// No enabled block matches it.
    Unmanaged,
}

/// Two matching blocks that want different values for one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The tag's key.
    pub key: String,
    /// The value that is taken.
    pub value: String,
    /// The block that wants it, in words.
    pub by: String,
    /// The value that is not.
    pub other_value: String,
    /// The block that wants that, in words.
    pub other: String,
}

/// Why nothing can be proposed for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// It would have more tags than AWS allows.
    #[error("it would have {tags} tags, and AWS allows {MAXIMUM_TAGS}")]
    TooManyTags {
        /// How many it would have.
        tags: usize,
    },
    /// The blocks contradict each other.
    #[error(
        "the configurations never settle: their filters ask for tags that they yield themselves"
    )]
    NeverSettles,
}

/// Decides which tags of the Tagger's `resource` shall have.
///
/// On every type that it tags, the Tagger removes those of its tags that no matching block yields, from resources that no
/// block matches too. Resources of other types are none of its business, whatever tags they have.
pub fn decide(profile: &EffectiveProfile, resource: &Resource) -> Decision {
    let Some(rules) = profile.rules(resource.reference.scope.resource_type.as_str()) else {
        return Decision::nothing_to_do();
    };
    let mut look = Look::new(resource, &rules.facts);
    let (round, settled) = settle(rules, &mut look);
    let own = own_tags(profile, resource);
    let desired =
        round.yields.iter().map(|(key, wanted)| ((*key).to_owned(), wanted.value.to_owned()));
    let mut decision = Decision {
        verdict: Verdict::Pass,
        coverage: round.coverage(&own),
        configurations: round.matching.iter().map(|block| block.id.clone()).collect(),
        desired: desired.collect(),
        changes: changes(rules, &round, &own),
        reads: look.into_reads(),
        conflicts: round.conflicts(),
        obstacle: None,
    };
    if settled {
        decision.obstacle = too_many_tags(resource, &decision);
    } else {
        decision.obstacle = Some(Obstacle::NeverSettles);
        decision.coverage = Coverage::Missing;
        decision.desired.clear();
    }
    if decision.obstacle.is_some() {
        decision.changes.clear();
    }
    if decision.obstacle.is_some() || !decision.changes.is_empty() {
        decision.verdict = Verdict::Fail;
    }
    decision
}

impl Decision {
    fn nothing_to_do() -> Self {
        Self {
            verdict: Verdict::Pass,
            coverage: Coverage::Unmanaged,
            configurations: Vec::new(),
            desired: Tags::new(),
            changes: Vec::new(),
            reads: Facts::default(),
            conflicts: Vec::new(),
            obstacle: None,
        }
    }
}

/// What the blocks make of a resource, looked at once.
struct Round<'p> {
    matching: Vec<&'p Configuration>,
    yields: BTreeMap<&'p str, Wanted<'p>>,
    /// Values that an outranking block took the place of.
    outranked: Vec<(&'p str, Wanted<'p>)>,
}

/// A tag's value, and who wants it.
#[derive(Debug, Clone, Copy)]
struct Wanted<'p> {
    value: &'p str,
    by: &'p Configuration,
}

/// Goes through rounds until nothing changes, and says whether that came.
fn settle<'p>(rules: &'p Rules, look: &mut Look<'p>) -> (Round<'p>, bool) {
    let mut round = Round::of(rules, look);
    // Without a contradiction each round settles at least one more block.
    for _ in 0..=rules.enabled.len() {
        if !look.suppose_own_tags(|key| round.yields.get(key).map(|wanted| wanted.value)) {
            return (round, true);
        }
        round = Round::of(rules, look);
    }
    (round, false)
}

impl<'p> Round<'p> {
    fn of(rules: &'p Rules, look: &mut Look<'_>) -> Self {
        let mut round =
            Self { matching: Vec::new(), yields: BTreeMap::new(), outranked: Vec::new() };
        for rule in &rules.enabled {
            if rule.filter.matches(look) {
                let block = &rule.configuration;
                round.matching.push(block);
                for (key, value) in block.tags() {
                    let outranked = round.yields.insert(key, Wanted { value, by: block });
                    round.outranked.extend(outranked.map(|wanted| (key, wanted)));
                }
            }
        }
        round
    }

    fn coverage(&self, own: &BTreeMap<&str, &str>) -> Coverage {
        let has = |(key, wanted): (&&str, &Wanted<'_>)| own.get(key) == Some(&wanted.value);
        if self.matching.is_empty() {
            Coverage::Unmanaged
        } else if self.yields.iter().all(has) {
            Coverage::Managed
        } else {
            Coverage::Missing
        }
    }

    fn conflicts(&self) -> Vec<Conflict> {
        let conflict = |(key, other): &(&str, Wanted<'_>)| {
            let taken = self.yields.get(key).filter(|taken| taken.value != other.value)?;
            Some(Conflict {
                key: (*key).to_owned(),
                value: taken.value.to_owned(),
                by: taken.by.describe(),
                other_value: other.value.to_owned(),
                other: other.by.describe(),
            })
        };
        self.outranked.iter().filter_map(conflict).collect()
    }

    fn why_set(&self, key: &str, wanted: &Wanted<'_>) -> String {
        let outranked = self
            .outranked
            .iter()
            .filter(|(other_key, other)| *other_key == key && other.value != wanted.value)
            .map(|(_, other)| {
                format!(", and outranks {}, which yields `{}`", other.by.describe(), other.value)
            });
        format!("{} yields it{}", wanted.by.describe(), outranked.collect::<String>())
    }
}

/// The tags of the Tagger's that the resource has.
fn own_tags<'r>(profile: &EffectiveProfile, resource: &'r Resource) -> BTreeMap<&'r str, &'r str> {
    let prefix = profile.prefix.as_str();
    let from = resource.tags.range::<str, _>((Included(prefix), Unbounded));
    from.take_while(|(key, _)| profile.prefix.owns(key))
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

fn changes(rules: &Rules, round: &Round<'_>, own: &BTreeMap<&str, &str>) -> Vec<TagChange> {
    let mut changes = Vec::new();
    for (key, wanted) in &round.yields {
        let before = own.get(key);
        if before != Some(&wanted.value) {
            changes.push(TagChange {
                key: (*key).to_owned(),
                before: before.map(|value| (*value).to_owned()),
                after: Some(wanted.value.to_owned()),
                reason: round.why_set(key, wanted),
            });
        }
    }
    for (key, value) in own.iter().filter(|(key, _)| !round.yields.contains_key(*key)) {
        changes.push(TagChange {
            key: (*key).to_owned(),
            before: Some((*value).to_owned()),
            after: None,
            reason: why_remove(rules, key),
        });
    }
    changes.sort_by(|left, right| left.key.cmp(&right.key));
    changes
}

/// Says which blocks might have yielded the tag and why they do not.
fn why_remove(rules: &Rules, key: &str) -> String {
    let reasons: Vec<String> = rules
        .configurations()
        .filter(|block| block.yields(key))
        .map(|block| {
            let why = match block.standing {
                Standing::Enabled => "does not match",
                Standing::Disabled => "is disabled",
                Standing::Replaced if is_disabled_by_customization(rules, block) => {
                    "is disabled by the customization profile"
                }
                Standing::Replaced => "is replaced by the customization profile",
            };
            format!("{} {why}", block.describe())
        })
        .collect();
    if reasons.is_empty() {
        "no configuration yields it".to_owned()
    } else {
        format!("{}, and nothing else yields it", reasons.join(", "))
    }
}

fn is_disabled_by_customization(rules: &Rules, replaced: &Configuration) -> bool {
    rules
        .without_effect
        .iter()
        .any(|block| block.standing == Standing::Disabled && block.id == replaced.id)
}

/// Whether the changes would leave more tags than AWS allows. A resource that already has more obviously may.
fn too_many_tags(resource: &Resource, decision: &Decision) -> Option<Obstacle> {
    let now = resource.tags.keys().filter(|key| !key.starts_with("aws:")).count();
    let added = decision.changes.iter().filter(|change| change.before.is_none()).count();
    let removed = decision.changes.iter().filter(|change| change.after.is_none()).count();
    let tags = (now + added).saturating_sub(removed);
    (tags > MAXIMUM_TAGS && tags > now).then_some(Obstacle::TooManyTags { tags })
}

impl Coverage {
    /// The coverage as a word: `managed`, `missing` or `unmanaged`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Missing => "missing",
            Self::Unmanaged => "unmanaged",
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, by, other_value, other } = self;
        write!(
            formatter,
            "`{key}`: {by} yields `{value}` and outranks {other}, which yields `{other_value}`"
        )
    }
}
