//! Log events, by group and stream.
//!
//! Events are kept in order of time and arrival, once for the group; a stream knows which of them are its own. What is older
//! than a group's retention is forgotten when somebody looks, which nobody can tell from being forgotten in time.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use serde::{Deserialize, Serialize};

/// How many events a group keeps in the twin.
const MOST: usize = 500_000;

/// What AWS counts for each event besides its text.
pub(crate) const OVERHEAD: usize = 26;

/// Log events.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LogStore {
    groups: BTreeMap<String, Group>,
}

/// Where an event stands: its time in milliseconds, and its arrival.
pub(crate) type Position = (i64, u64);

/// The events of one group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Group {
    arrived: u64,
    #[serde(with = "pairs")]
    events: BTreeMap<Position, LogEvent>,
    pub(crate) streams: BTreeMap<String, Stream>,
    bytes: usize,
}

/// One event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogEvent {
    pub(crate) stream: String,
    pub(crate) message: String,
    /// When it arrived, in milliseconds.
    pub(crate) ingested: i64,
}

/// One stream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) created: i64,
    pub(crate) last_ingestion: Option<i64>,
    pub(crate) positions: BTreeSet<Position>,
}

impl LogStore {
    /// The group with this ARN, without events before `oldest` milliseconds.
    pub(crate) fn group(&mut self, arn: &str, oldest: i64) -> &mut Group {
        let group = self.groups.entry(arn.to_owned()).or_default();
        group.expire(oldest);
        group
    }

    /// Forgets a group.
    pub(crate) fn forget(&mut self, arn: &str) {
        self.groups.remove(arn);
    }
}

impl Group {
    /// Takes an event in.
    pub(crate) fn add(&mut self, at: i64, event: LogEvent) -> Position {
        self.arrived += 1;
        let position = (at, self.arrived);
        let stream = self.streams.entry(event.stream.clone()).or_default();
        stream.positions.insert(position);
        stream.last_ingestion = Some(event.ingested);
        self.bytes += event.message.len() + OVERHEAD;
        self.events.insert(position, event);
        if self.events.len() > MOST
            && let Some((first, _)) = self.events.first_key_value()
        {
            let first = *first;
            self.remove(first);
        }
        position
    }

    fn remove(&mut self, position: Position) {
        let Some(event) = self.events.remove(&position) else { return };
        self.bytes -= event.message.len() + OVERHEAD;
        if let Some(stream) = self.streams.get_mut(&event.stream) {
            stream.positions.remove(&position);
        }
    }

    fn expire(&mut self, oldest: i64) {
        while let Some((position, _)) = self.events.first_key_value()
            && position.0 < oldest
        {
            let position = *position;
            self.remove(position);
        }
    }

    /// Takes a stream and its events out.
    pub(crate) fn remove_stream(&mut self, name: &str) {
        let Some(stream) = self.streams.remove(name) else { return };
        for position in stream.positions {
            self.remove(position);
        }
    }

    /// An event.
    pub(crate) fn get(&self, position: Position) -> Option<&LogEvent> {
        self.events.get(&position)
    }

    /// The events of a time, in order, both ends included.
    pub(crate) fn between(
        &self,
        times: RangeInclusive<i64>,
    ) -> impl DoubleEndedIterator<Item = (Position, &LogEvent)> {
        let positions = if times.is_empty() {
            (i64::MAX, u64::MAX)..=(i64::MAX, u64::MAX)
        } else {
            (*times.start(), 0)..=(*times.end(), u64::MAX)
        };
        self.events.range(positions).map(|(position, event)| (*position, event))
    }

    /// How much the events are.
    pub(crate) fn bytes(&self) -> i64 {
        i64::try_from(self.bytes).unwrap_or(i64::MAX)
    }
}

impl Stream {
    /// The positions of its events of a time, in order, both ends included.
    pub(crate) fn between(
        &self,
        times: RangeInclusive<i64>,
    ) -> impl DoubleEndedIterator<Item = Position> {
        let positions = if times.is_empty() {
            (i64::MAX, u64::MAX)..=(i64::MAX, u64::MAX)
        } else {
            (*times.start(), 0)..=(*times.end(), u64::MAX)
        };
        self.positions.range(positions).copied()
    }

    /// When its first and last event happened.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        Some((self.positions.first()?.0, self.positions.last()?.0))
    }
}

/// Maps whose keys are no texts, as lists of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{LogEvent, Position};

    pub(super) fn serialize<S: Serializer>(
        events: &BTreeMap<Position, LogEvent>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(events)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<Position, LogEvent>, D::Error> {
        Ok(Vec::<(Position, LogEvent)>::deserialize(from)?.into_iter().collect())
    }
}
