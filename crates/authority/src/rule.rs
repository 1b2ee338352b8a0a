//! The rules that owners write, and where they look for the ones that apply.

use std::{collections::BTreeMap, fmt};

use reeve_types::{AccountId, Tags};

use crate::Level;

/// One rule: for whom, for which controller, for which resources, how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The account whose rule it is; `None` for a rule of the whole estate.
    pub account: Option<AccountId>,
    /// The controller it is about, such as `resource-tagger`; `None` for all.
    pub controller: Option<String>,
    /// The tag that a resource must have; `None` for all resources.
    pub tag: Option<TagCondition>,
    /// How far Reeve may go.
    pub level: Level,
}

/// A tag that a resource must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagCondition {
    /// Its key.
    pub key: String,
    /// Its value; `None` for any.
    pub value: Option<String>,
}

/// All rules of an estate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authority {
    estate: Vec<Rule>,
    accounts: BTreeMap<AccountId, Vec<Rule>>,
}

impl Authority {
    /// Collects rules.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut authority = Self::default();
        for rule in rules {
            match &rule.account {
                None => authority.estate.push(rule),
                Some(account) => authority.accounts.entry(account.clone()).or_default().push(rule),
            }
        }
        authority
    }

    /// Every rule: the estate's first, then each account's.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.estate.iter().chain(self.accounts.values().flatten())
    }

    /// The rules of one account alone.
    pub(crate) fn of_account(&self, account: &AccountId) -> &[Rule] {
        self.accounts.get(account).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rules of the estate alone.
    pub(crate) fn of_estate(&self) -> &[Rule] {
        &self.estate
    }
}

impl Rule {
    /// Whether the rule speaks about this controller and a resource with these tags.
    pub(crate) fn applies(&self, controller: &str, tags: &Tags) -> bool {
        self.controller.as_deref().is_none_or(|named| named == controller)
            && self.tag.as_ref().is_none_or(|tag| tag.holds(tags))
    }

    /// How specific the rule is among the rules of one account, or of the estate.
    pub(crate) fn specificity(&self) -> (bool, bool) {
        (self.tag.is_some(), self.controller.is_some())
    }
}

impl TagCondition {
    fn holds(&self, tags: &Tags) -> bool {
        tags.get(&self.key)
            .is_some_and(|found| self.value.as_ref().is_none_or(|value| value == found))
    }
}

impl fmt::Display for TagCondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(formatter, "`{}` = `{value}`", self.key),
            None => write!(formatter, "`{}`", self.key),
        }
    }
}

/// The rule as a clause: "account 111122223333 sets resource-tagger to act for resources tagged `env` = `dev`".
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(formatter, "account {account}")?,
            None => formatter.write_str("the estate")?,
        }
        let controller = self.controller.as_deref().unwrap_or("every controller");
        write!(formatter, " sets {controller} to {}", self.level)?;
        match &self.tag {
            Some(tag) => write!(formatter, " for resources tagged {tag}"),
            None => Ok(()),
        }
    }
}
