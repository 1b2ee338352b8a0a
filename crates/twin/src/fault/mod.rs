//! Faults on demand: what goes wrong, where, when and how often.
//!
//! A rule is about calls (`throttle`, `drop-after`, …), about what readers see (`stale-reads`), or about work that takes time
//! (`job-fails`, `job-stuck`). Of the rules that match, the first decides; latencies add up.

mod batch;
mod read;
mod show;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use reeve_types::{AccountId, Region};
use serde::{Deserialize, Serialize};

pub(crate) use batch::batch_of;
pub(crate) use read::{duration, read, time};
pub(crate) use show::show;

use crate::{call::Call, pattern::matches, store::Place};

/// How long a client waits for an answer that does not come.
pub(crate) const HANG: Duration = Duration::from_mins(10);

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// The service fails inside, in its own words.
    InternalError,
    /// The caller's credentials are expired.
    ExpiredCredentials,
    /// The answer comes late. Goes together with the other effects.
    Latency(Duration),
    /// The connection is cut and nothing was performed.
    DropBefore,
    /// The call is performed and the connection cut: a lost response.
    DropAfter,
    /// No answer ever comes and nothing was performed.
    HangBefore,
    /// The call is performed and no answer ever comes.
    HangAfter,
    /// The call is performed and its answer cannot be read.
    MalformedBody,
    /// Reads show the world as it was so long ago.
    StaleReads(SignedDuration),
    /// So many entries of a batch fail and the others are performed.
    PartialFailure(usize),
    /// Work that takes time ends badly, for this reason.
    JobFails(String),
    /// Work that takes time never ends.
    JobStuck,
}

impl Effect {
    /// Whether it is about work that takes time, and not about calls.
    pub fn is_of_jobs(&self) -> bool {
        matches!(self, Self::JobFails(_) | Self::JobStuck)
    }
}

/// Which calls go wrong, and how. What is not given matches every call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// The account called into.
    pub account: Option<AccountId>,
    /// The Region called.
    pub region: Option<Region>,
    /// The service, by its model's name, such as `elbv2`.
    pub service: Option<String>,
    /// The operation; for work that takes time its name, such as `BackupJob`.
    pub operation: Option<String>,
    /// A resource that the call names, by id or ARN; `*` and `?` stand for any characters and any one.
    pub resource: Option<String>,
    /// From when on.
    pub from: Option<Timestamp>,
    /// Until when, exclusive.
    pub until: Option<Timestamp>,
    /// How many matching calls go well first.
    pub skip: u64,
    /// How many calls go wrong then; all further ones if not given.
    pub count: Option<u64>,
    /// With which probability a matching call goes wrong, from 0 to 1; decided by the world's seed.
    pub probability: Option<f64>,
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
            resource: None,
            from: None,
            until: None,
            skip: 0,
            count: None,
            probability: None,
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

    /// The same for work of this name, such as `BackupJob` or `InstanceBoot`.
    #[must_use]
    pub fn of_work(mut self, work: &str) -> Self {
        self.operation = Some(work.to_owned());
        self
    }

    /// The same about resources whose id or ARN is like this.
    #[must_use]
    pub fn about(mut self, resource: &str) -> Self {
        self.resource = Some(resource.to_owned());
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

    /// The same with this probability for each matching call.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
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
#[derive(Debug)]
pub(crate) struct FaultBook {
    rules: Vec<(FaultRule, u64)>,
    // Apart from the world's, so that a rule changes nothing but what it is about.
    random: fastrand::Rng,
}

/// What is to go wrong with one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) latency: Duration,
    pub(crate) effect: Option<Effect>,
}

impl FaultBook {
    /// A book without rules; whether a rule with a probability strikes depends on the seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), random: fastrand::Rng::with_seed(!seed) }
    }

    /// A book as it was: its rules with their counts, and the state of its dice.
    pub(crate) fn restored(rules: Vec<(FaultRule, u64)>, dice: u64) -> Self {
        Self { rules, random: fastrand::Rng::with_seed(dice) }
    }

    /// The state of its dice.
    pub(crate) fn dice(&self) -> u64 {
        self.random.get_seed()
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

    /// Whether some rule has readers see the past.
    pub(crate) fn has_stale_reads(&self) -> bool {
        self.rules.iter().any(|(rule, _)| matches!(rule.effect, Effect::StaleReads(_)))
    }

    /// Counts a call and says what is to go wrong with it.
    pub(crate) fn meet(&mut self, call: &Call) -> Trouble {
        let subject = Subject {
            account: call.account(),
            region: &call.region,
            service: Some(call.service.model),
            operation: &call.operation,
            now: call.now,
            resource: Resource::OfCall(call),
        };
        let mut trouble = Trouble::default();
        for (rule, met) in &mut self.rules {
            if rule.effect.is_of_jobs() || !strikes(rule, met, &subject, &mut self.random) {
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

    /// What becomes of work on a resource that was to end now.
    pub(crate) fn fate(&mut self, place: &Place, id: &str, work: &str, now: Timestamp) -> Fate {
        let subject = Subject {
            account: &place.account,
            region: &place.region,
            service: None,
            operation: work,
            now,
            resource: Resource::Of(place, id),
        };
        for (rule, met) in &mut self.rules {
            if !rule.effect.is_of_jobs() || !strikes(rule, met, &subject, &mut self.random) {
                continue;
            }
            return match &rule.effect {
                Effect::JobFails(reason) => Fate::Fails(reason.clone()),
                _ => Fate::Never,
            };
        }
        Fate::Succeeds
    }
}

/// Counts a match, and says whether this one goes wrong.
fn strikes(
    rule: &FaultRule,
    met: &mut u64,
    subject: &Subject<'_>,
    random: &mut fastrand::Rng,
) -> bool {
    if !subject.matches(rule) {
        return false;
    }
    let turn = *met;
    *met += 1;
    let over = rule.count.is_some_and(|count| turn >= rule.skip.saturating_add(count));
    turn >= rule.skip && !over && rule.probability.is_none_or(|most| random.f64() < most)
}

/// What rules are matched against.
struct Subject<'c> {
    account: &'c AccountId,
    region: &'c Region,
    /// Work that takes time is known by its name alone.
    service: Option<&'c str>,
    operation: &'c str,
    now: Timestamp,
    resource: Resource<'c>,
}

/// The resources that a call or work is about, found only if a rule asks.
enum Resource<'c> {
    OfCall(&'c Call),
    Of(&'c Place, &'c str),
}

impl Resource<'_> {
    fn is_like(&self, pattern: &str) -> bool {
        match self {
            Self::OfCall(call) => matches(pattern, &call.subject()) || names(&call.input, pattern),
            Self::Of(place, id) => {
                let arn = || place.arn_of(place.kind, id);
                matches(pattern, id) || matches(pattern, &arn())
            }
        }
    }
}

/// Whether a text in an input is like a pattern.
fn names(value: &Value, pattern: &str) -> bool {
    match value {
        Value::String(text) => matches(pattern, text),
        Value::List(elements) => elements.iter().any(|element| names(element, pattern)),
        Value::Object(members) => members.iter().any(|(_, member)| names(member, pattern)),
        _ => false,
    }
}

impl Subject<'_> {
    fn matches(&self, rule: &FaultRule) -> bool {
        rule.account.as_ref().is_none_or(|account| account == self.account)
            && rule.region.as_ref().is_none_or(|region| region == self.region)
            && rule
                .service
                .as_ref()
                .is_none_or(|wanted| self.service.is_none_or(|own| own == wanted))
            && rule.operation.as_ref().is_none_or(|operation| operation == self.operation)
            && rule.from.is_none_or(|from| from <= self.now)
            && rule.until.is_none_or(|until| self.now < until)
            && rule.resource.as_ref().is_none_or(|resource| self.resource.is_like(resource))
    }
}
