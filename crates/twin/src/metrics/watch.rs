//! Which alarm is to be looked at when, and what became of alarms.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Site,
    alarm::{Comparison, Rule},
    memory::Memory,
    sheet::Query,
};

/// History is kept for thirty days.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// And not more than this at one site.
const MOST_ITEMS: usize = 20_000;

/// What is known about alarms besides what they show.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Watch {
    #[serde(with = "pairs")]
    sites: BTreeMap<Site, Turns>,
    #[serde(with = "pairs")]
    history: BTreeMap<Site, VecDeque<HistoryItem>>,
    /// What was read from alarms and what they saw, to be read and seen again if it is not here.
    #[serde(skip)]
    looks: BTreeMap<Site, BTreeMap<String, Look>>,
}

/// An alarm, read, and the points that it saw.
#[derive(Debug, Clone)]
struct Look {
    compiled: Arc<Compiled>,
    memory: Memory,
}

/// The alarms of one site in the order of their next turn.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Turns {
    queue: BTreeSet<(i64, String)>,
    due: BTreeMap<String, i64>,
    /// When a task is going to look.
    next_task: Option<i64>,
}

/// An alarm, read.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) queries: Vec<Query>,
    /// The query whose points are compared.
    pub(crate) subject: usize,
    /// The query that is the band they are compared with.
    pub(crate) band: Option<usize>,
    pub(crate) threshold: f64,
    pub(crate) comparison: Comparison,
    pub(crate) rule: Rule,
    pub(crate) period: i64,
    /// Whether a percentile of too few samples says nothing.
    pub(crate) ignores_few_samples: bool,
}

/// Something that became of an alarm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HistoryItem {
    pub(crate) time: Timestamp,
    pub(crate) alarm: String,
    /// `MetricAlarm` or `CompositeAlarm`.
    pub(crate) alarm_type: String,
    /// `ConfigurationUpdate`, `StateUpdate` or `Action`.
    pub(crate) kind: String,
    pub(crate) summary: String,
    pub(crate) data: String,
}

impl Watch {
    /// Has an alarm looked at; instead of at an earlier or later time said before.
    pub(crate) fn enter(&mut self, site: &Site, alarm: &str, due: i64) {
        let turns = match self.sites.get_mut(site) {
            Some(turns) => turns,
            None => self.sites.entry(site.clone()).or_default(),
        };
        turns.enter(alarm.to_owned(), due);
    }

    /// An alarm is not to be looked at any more.
    pub(crate) fn forget(&mut self, site: &Site, alarm: &str) {
        if let Some(turns) = self.sites.get_mut(site) {
            turns.forget(alarm);
        }
        self.recompile(site, alarm);
    }

    /// An alarm has changed.
    pub(crate) fn recompile(&mut self, site: &Site, alarm: &str) {
        if let Some(looks) = self.looks.get_mut(site) {
            looks.remove(alarm);
        }
    }

    /// What was read from an alarm, and what it saw, which is to be kept again.
    pub(crate) fn look(&mut self, site: &Site, alarm: &str) -> Option<(Arc<Compiled>, Memory)> {
        let look = self.looks.get_mut(site)?.get_mut(alarm)?;
        Some((Arc::clone(&look.compiled), std::mem::take(&mut look.memory)))
    }

    /// Keeps what was read from an alarm.
    pub(crate) fn keep_compiled(&mut self, site: &Site, alarm: &str, compiled: Arc<Compiled>) {
        let looks = self.looks.entry(site.clone()).or_default();
        looks.insert(alarm.to_owned(), Look { compiled, memory: Memory::default() });
    }

    /// Keeps what an alarm saw, unless it was changed meanwhile.
    pub(crate) fn keep(&mut self, site: &Site, alarm: &str, seen: (&Arc<Compiled>, Memory)) {
        let look = self.looks.get_mut(site).and_then(|looks| looks.get_mut(alarm));
        if let Some(look) = look.filter(|look| Arc::ptr_eq(&look.compiled, seen.0)) {
            look.memory = seen.1;
        }
    }

    /// When the next task is to look, if none that is on its way does.
    pub(crate) fn wants_task(&mut self, site: &Site) -> Option<i64> {
        let turns = self.sites.get_mut(site)?;
        let (first, _) = turns.queue.first()?;
        if turns.next_task.is_some_and(|next| next <= *first) {
            return None;
        }
        turns.next_task = Some(*first);
        turns.next_task
    }

    /// The alarms whose turn it is; none if this is not the task that was to look.
    pub(crate) fn take_due(&mut self, site: &Site, now: i64) -> Vec<String> {
        let Some(turns) = self.sites.get_mut(site) else { return Vec::new() };
        if turns.next_task.is_none_or(|next| next > now) {
            return Vec::new();
        }
        turns.next_task = None;
        let later = turns.queue.split_off(&(now + 1, String::new()));
        let due = std::mem::replace(&mut turns.queue, later);
        let names: Vec<String> = due.into_iter().map(|(_, name)| name).collect();
        for name in &names {
            turns.due.remove(name);
        }
        names
    }

    /// Enters something that became of an alarm.
    pub(crate) fn record(&mut self, site: &Site, item: HistoryItem) {
        let items = self.history.entry(site.clone()).or_default();
        let oldest = item.time - KEPT;
        while items.front().is_some_and(|first| first.time < oldest) || items.len() >= MOST_ITEMS {
            items.pop_front();
        }
        items.push_back(item);
    }

    /// What became of alarms, oldest first.
    pub(crate) fn history(&self, site: &Site) -> impl DoubleEndedIterator<Item = &HistoryItem> {
        self.history.get(site).into_iter().flatten()
    }
}

impl Turns {
    fn enter(&mut self, alarm: String, due: i64) {
        self.queue.insert((due, alarm.clone()));
        if let Some(before) = self.due.insert(alarm.clone(), due).filter(|before| *before != due) {
            self.queue.remove(&(before, alarm));
        }
    }

    fn forget(&mut self, alarm: &str) {
        if let Some(due) = self.due.remove(alarm) {
            self.queue.remove(&(due, alarm.to_owned()));
        }
    }
}

/// Maps whose keys are not texts are kept as lists.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(from: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}
