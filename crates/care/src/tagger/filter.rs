//! Filters: whether a resource is one that a block of configuration is about.
//!
//! All filters about a type share one table of the facts they ask for, and refer to a fact by its place there. So each
//! fact is looked up once per resource however many blocks ask for it, and it is known which were asked for.

use reeve_types::{Attribute, Resource};

use super::{Settings, TagPrefix, pattern::Pattern};
use crate::plan::Facts;

/// A condition on a resource. `F` is how a fact is named: as in the profile, or by its place in a table of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter<F> {
    /// The fact passes the test.
    Fact { fact: F, test: Test },
    /// Every one of these holds.
    All(Vec<Filter<F>>),
    /// At least one of these holds.
    Any(Vec<Filter<F>>),
    /// This does not hold.
    Not(Box<Filter<F>>),
}

/// What is asked of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// Nothing: a lone `*` matches whatever an attribute is, and a resource without it.
    Nothing,
    /// That it is a text like this.
    Text(Pattern),
    /// That it is this text, in any case.
    InAnyCase(&'static str),
    /// That it is this yes or no.
    Flag(bool),
}

/// A fact as a profile names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FactInProfile {
    /// An attribute of the resource.
    Attribute(&'static str),
    /// One of the Tagger's own tags, by its key without the prefix.
    OwnTag(String),
    /// Any other tag, by its key.
    OtherTag(String),
}

/// A fact that filters ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fact {
    Attribute(&'static str),
    OwnTag(String),
    OtherTag(String),
}

/// The facts that the filters about one type ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct FactTable(Vec<Fact>);

impl FactInProfile {
    pub(crate) fn tag(key: &str, settings: &Settings) -> Self {
        match settings.prefix.stem(key) {
            Some(stem) => Self::OwnTag(stem.to_owned()),
            None => Self::OtherTag(key.to_owned()),
        }
    }
}

impl FactTable {
    /// Rewrites a filter so that it refers to this table, which grows by the facts that are new.
    pub(crate) fn enter(
        &mut self,
        filter: &Filter<FactInProfile>,
        prefix: &TagPrefix,
    ) -> Filter<usize> {
        let mut all = |filters: &[Filter<FactInProfile>]| {
            filters.iter().map(|filter| self.enter(filter, prefix)).collect::<Vec<_>>()
        };
        match filter {
            Filter::Fact { fact, test } => {
                let fact = match fact {
                    FactInProfile::Attribute(name) => Fact::Attribute(name),
                    FactInProfile::OwnTag(stem) => Fact::OwnTag(prefix.join(stem)),
                    FactInProfile::OtherTag(key) => Fact::OtherTag(key.clone()),
                };
                Filter::Fact { fact: self.place(fact), test: test.clone() }
            }
            Filter::All(filters) => Filter::All(all(filters)),
            Filter::Any(filters) => Filter::Any(all(filters)),
            Filter::Not(filter) => Filter::Not(Box::new(self.enter(filter, prefix))),
        }
    }

    fn place(&mut self, fact: Fact) -> usize {
        let known = self.0.iter().position(|other| *other == fact);
        known.unwrap_or_else(|| {
            self.0.push(fact);
            self.0.len() - 1
        })
    }
}

impl Filter<usize> {
    /// Whether the resource that `look` looks at is one of these.
    ///
    /// What decides the matter first ends the look: only facts that the answer rests on are noted.
    pub(crate) fn matches(&self, look: &mut Look<'_>) -> bool {
        match self {
            Self::Fact { test: Test::Nothing, .. } => true,
            Self::Fact { fact, test } => test.passes(look.ask(*fact)),
            Self::All(filters) => filters.iter().all(|filter| filter.matches(look)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(look)),
            Self::Not(filter) => !filter.matches(look),
        }
    }
}

impl Test {
    fn passes(&self, value: Option<Value<'_>>) -> bool {
        match (self, value) {
            (Self::Nothing, _) => true,
            (Self::Text(pattern), Some(Value::Text(text))) => pattern.matches(text),
            (Self::InAnyCase(word), Some(Value::Text(text))) => word.eq_ignore_ascii_case(text),
            (Self::Flag(wanted), Some(Value::Flag(flag))) => *wanted == flag,
            (Self::Text(_) | Self::InAnyCase(_), Some(Value::Flag(_)) | None)
            | (Self::Flag(_), Some(Value::Text(_)) | None) => false,
        }
    }
}

/// What a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'r> {
    Text(&'r str),
    Flag(bool),
}

/// A look at a resource that notes every fact it was asked for.
#[derive(Debug)]
pub(crate) struct Look<'r> {
    resource: &'r Resource,
    /// In the order of the table.
    facts: Vec<Seen<'r>>,
}

#[derive(Debug)]
struct Seen<'r> {
    fact: &'r Fact,
    /// What it is taken to be.
    value: Option<Value<'r>>,
    was_asked_for: bool,
}

impl<'r> Look<'r> {
    /// Looks at a resource as it is.
    pub(crate) fn new(resource: &'r Resource, table: &'r FactTable) -> Self {
        let seen = |fact| Seen { fact, value: actual(resource, fact), was_asked_for: false };
        Self { resource, facts: table.0.iter().map(seen).collect() }
    }

    /// From now on looks at the resource as if these were all of the Tagger's own tags that it has. Says whether that
    /// makes a difference to any filter.
    pub(crate) fn suppose_own_tags(&mut self, value: impl Fn(&str) -> Option<&'r str>) -> bool {
        let mut differs = false;
        for seen in &mut self.facts {
            if let Fact::OwnTag(key) = seen.fact {
                let supposed = value(key).map(Value::Text);
                differs |= supposed != seen.value;
                seen.value = supposed;
            }
        }
        differs
    }

    /// The facts that were asked for, as they are on the resource.
    pub(crate) fn into_reads(self) -> Facts {
        let mut reads = Facts::default();
        for fact in self.facts.iter().filter(|seen| seen.was_asked_for).map(|seen| seen.fact) {
            match fact {
                Fact::Attribute(name) => {
                    let value = self.resource.attributes.get(*name).cloned();
                    reads.attributes.insert((*name).to_owned(), value);
                }
                Fact::OwnTag(key) | Fact::OtherTag(key) => {
                    reads.tags.insert(key.clone(), self.resource.tags.get(key).cloned());
                }
            }
        }
        reads
    }

    fn ask(&mut self, place: usize) -> Option<Value<'r>> {
        let seen = self.facts.get_mut(place)?;
        seen.was_asked_for = true;
        seen.value
    }
}

fn actual<'r>(resource: &'r Resource, fact: &Fact) -> Option<Value<'r>> {
    match fact {
        Fact::Attribute(name) => match resource.attributes.get(*name)? {
            Attribute::Text(text) => Some(Value::Text(text)),
            Attribute::Flag(flag) => Some(Value::Flag(*flag)),
        },
        Fact::OwnTag(key) | Fact::OtherTag(key) => {
            resource.tags.get(key).map(|value| Value::Text(value))
        }
    }
}
