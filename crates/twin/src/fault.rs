//! Faults on demand: which calls go wrong, and how.

use std::time::Duration;

use jiff::Timestamp;
use reeve_types::{AccountId, Region};

use crate::store::Place;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The service asks to slow down, in its own words.
    Throttle,
    /// The caller's policies do not allow the call.
    Deny,
    /// The service answers an error.
    Error {
        /// Its code.
        code: String,
        /// Its message.
        message: String,
        /// Its HTTP status.
        status: u16,
    },
    /// The answer comes late. Goes together with the other effects.
    Latency(Duration),
    /// The connection is cut and nothing was performed.
    DropBefore,
    /// The call is performed and the connection cut: a lost response.
    DropAfter,
    /// The call is performed and its answer cannot be read.
    MalformedBody,
}

/// Which calls go wrong, and how. What is not given matches every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// The account called into.
    pub account: Option<AccountId>,
    /// The Region called.
    pub region: Option<Region>,
    /// The service, by its model's name, such as `elbv2`.
    pub service: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// How many matching calls go well first.
    pub skip: u64,
    /// How many calls go wrong then; all further ones if not given.
    pub count: Option<u64>,
    /// What goes wrong.
    pub effect: Effect,
}

impl FaultRule {
    /// A rule that has every call go wrong: narrow it with its fields.
    pub fn every_call(effect: Effect) -> Self {
        Self {
            account: None,
            region: None,
            service: None,
            operation: None,
            skip: 0,
            count: None,
            effect,
        }
    }

    /// The same for one operation of one service.
    #[must_use]
    pub fn of(mut self, service: &str, operation: &str) -> Self {
        self.service = Some(service.to_owned());
        self.operation = Some(operation.to_owned());
        self
    }

    /// The same in one account.
    #[must_use]
    pub fn in_account(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }

    /// The same in one Region.
    #[must_use]
    pub fn in_region(mut self, region: &Region) -> Self {
        self.region = Some(region.clone());
        self
    }

    /// The same for the `nth` matching call only, counted from one.
    #[must_use]
    pub fn on_call(mut self, nth: u64) -> Self {
        self.skip = nth.saturating_sub(1);
        self.count = Some(1);
        self
    }

    /// The same for `count` calls.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

/// What becomes of something that takes time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It ends well.
    Succeeds,
    /// It ends badly, for this reason.
    Fails(String),
    /// It never ends.
    Never,
}

/// The rules in force and how often each has matched.
#[derive(Debug, Default)]
pub(crate) struct FaultBook {
    rules: Vec<(FaultRule, u64)>,
}

/// What is to go wrong with one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) latency: Duration,
    pub(crate) effect: Option<Effect>,
}

impl FaultBook {
    /// A book without rules; whether a rule with a probability strikes depends on the seed.
    pub(crate) fn new(_seed: u64) -> Self {
        Self::default()
    }

    /// What becomes of work on a resource that was to end now.
    pub(crate) fn fate(&mut self, _: &Place, _: &str, _: &str, _: Timestamp) -> Fate {
        Fate::Succeeds
    }

    /// Adds a rule; the first that matches decides, latencies add up.
    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.rules.push((rule, 0));
    }

    /// Removes every rule.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules, with how many calls each has matched.
    pub(crate) fn rules(&self) -> &[(FaultRule, u64)] {
        &self.rules
    }

    /// Counts a call and says what is to go wrong with it.
    pub(crate) fn meet(&mut self, subject: &Subject<'_>) -> Trouble {
        let mut trouble = Trouble::default();
        for (rule, met) in self.rules.iter_mut().filter(|(rule, _)| subject.matches(rule)) {
            let turn = *met;
            *met += 1;
            let over = rule.count.is_some_and(|count| turn >= rule.skip.saturating_add(count));
            if turn < rule.skip || over {
                continue;
            }
            match &rule.effect {
                Effect::Latency(latency) => trouble.latency += *latency,
                effect if trouble.effect.is_none() => trouble.effect = Some(effect.clone()),
                _ => {}
            }
        }
        trouble
    }
}

/// The call that rules are matched against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'c> {
    pub(crate) account: &'c AccountId,
    pub(crate) region: &'c Region,
    pub(crate) service: &'c str,
    pub(crate) operation: &'c str,
}

impl Subject<'_> {
    fn matches(&self, rule: &FaultRule) -> bool {
        rule.account.as_ref().is_none_or(|account| account == self.account)
            && rule.region.as_ref().is_none_or(|region| region == self.region)
            && rule.service.as_ref().is_none_or(|service| service == self.service)
            && rule.operation.as_ref().is_none_or(|operation| operation == self.operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_meets_its_nth_call_and_no_other() {
        let (account, region) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        let call =
            |operation| Subject { account: &account, region: &region, service: "rds", operation };
        let mut book = FaultBook::default();
        let rule = FaultRule::every_call(Effect::Throttle).of("rds", "DescribeDBInstances");
        book.add(rule.on_call(2));
        book.add(FaultRule::every_call(Effect::Latency(Duration::from_secs(1))).times(2));
        let met: Vec<(bool, u64)> = ["DescribeDBInstances", "DescribeDBClusters"]
            .into_iter()
            .chain(["DescribeDBInstances"; 2])
            .map(|operation| book.meet(&call(operation)))
            .map(|trouble| (trouble.effect.is_some(), trouble.latency.as_secs()))
            .collect();
        assert_eq!(met, [(false, 1), (false, 1), (true, 0), (false, 0)]);
    }
}
