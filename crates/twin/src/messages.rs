//! The messages in queues, and what left the world: mail, calls of HTTP endpoints, text messages.
//!
//! A queue knows nothing of its settings: those are its resource's. It keeps messages in the order in which they came, and
//! beside it the order in which they can be seen, so that receiving costs what it returns however many are in flight.

mod fingerprint;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use reeve_model::{Object, Value};
use serde::{Deserialize, Serialize};

use crate::bus::{Archives, Patterns};

pub(crate) use fingerprint::{md5_of_attributes, md5_of_text};

/// How many deliveries out of the world are remembered.
const OUTBOX: usize = 10_000;

/// The messages in queues.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Messages {
    queues: BTreeMap<String, Queue>,
    /// What left the world, oldest first.
    outbox: VecDeque<Delivery>,
    /// What archives of events hold.
    pub(crate) archives: Archives,
    /// Compiled patterns: a cache.
    #[serde(skip)]
    pub(crate) patterns: Patterns,
}

/// Something that was sent to somebody outside.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) at: Timestamp,
    /// `email`, `https`, `sms`, `api-destination`, …
    pub(crate) protocol: String,
    /// The address.
    pub(crate) endpoint: String,
    /// The ARN of what sent it.
    pub(crate) from: String,
    pub(crate) subject: Option<String>,
    pub(crate) body: String,
}

/// The messages of one queue.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Queue {
    sent: u64,
    messages: BTreeMap<u64, Message>,
    /// When each message can be seen.
    // Invariant: has exactly the messages, each with its `visible`.
    visible: BTreeSet<(Timestamp, u64)>,
    /// What was sent to a queue that is first in, first out, by deduplication id.
    seen: BTreeMap<String, (Timestamp, Sent)>,
}

/// What the sender of a message is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) sequence: u64,
}

/// One message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) attributes: Object,
    pub(crate) sender: String,
    pub(crate) sent: Timestamp,
    pub(crate) visible: Timestamp,
    pub(crate) receives: i64,
    pub(crate) first_received: Option<Timestamp>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication: Option<String>,
    /// The queue in which it could not be processed.
    pub(crate) came_from: Option<String>,
    pub(crate) trace: Option<String>,
}

/// How many messages a queue has of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: i64,
    pub(crate) in_flight: i64,
    pub(crate) delayed: i64,
}

impl Messages {
    /// The queue with this ARN; an empty one if nothing was ever sent.
    pub(crate) fn queue(&mut self, arn: &str) -> &mut Queue {
        self.queues.entry(arn.to_owned()).or_default()
    }

    /// Forgets a queue.
    pub(crate) fn forget(&mut self, arn: &str) {
        self.queues.remove(arn);
    }

    /// Something is sent to somebody outside.
    pub(crate) fn post(&mut self, delivery: Delivery) {
        if self.outbox.len() == OUTBOX {
            self.outbox.pop_front();
        }
        self.outbox.push_back(delivery);
    }

    /// What was sent to somebody outside, oldest first.
    pub(crate) fn outbox(&self) -> impl Iterator<Item = &Delivery> {
        self.outbox.iter()
    }
}

impl Queue {
    /// Takes a message in.
    pub(crate) fn send(&mut self, message: Message) -> Sent {
        self.sent += 1;
        let sent = Sent { id: message.id.clone(), sequence: self.sent };
        if let Some(key) = &message.deduplication {
            self.seen.insert(key.clone(), (message.sent, sent.clone()));
        }
        self.visible.insert((message.visible, self.sent));
        self.messages.insert(self.sent, message);
        sent
    }

    /// What was sent with the same deduplication id since `since`.
    pub(crate) fn duplicate(&mut self, key: &str, since: Timestamp) -> Option<Sent> {
        self.seen.retain(|_, (at, _)| *at > since);
        self.seen.get(key).map(|(_, sent)| sent.clone())
    }

    /// Counts something that is passed on and not kept, and remembers it by its deduplication id.
    pub(crate) fn note(&mut self, id: String, key: Option<String>, now: Timestamp) -> Sent {
        self.sent += 1;
        let sent = Sent { id, sequence: self.sent };
        if let Some(key) = key {
            self.seen.insert(key, (now, sent.clone()));
        }
        sent
    }

    /// Forgets messages that were sent before `oldest`.
    pub(crate) fn expire(&mut self, oldest: Timestamp) {
        while let Some((sequence, message)) = self.messages.first_key_value()
            && message.sent < oldest
        {
            let sequence = *sequence;
            self.remove(sequence);
        }
    }

    /// The messages that can be received, at most so many. Of a group of a queue that is first in, first out, only those
    /// before which nothing is in flight.
    pub(crate) fn available(&self, now: Timestamp, count: usize, in_order: bool) -> Vec<u64> {
        if !in_order {
            let visible = self.visible.iter().take_while(|(at, _)| *at <= now);
            return visible.take(count).map(|(_, sequence)| *sequence).collect();
        }
        let mut held: BTreeSet<&str> = BTreeSet::new();
        let mut found = Vec::new();
        for (sequence, message) in &self.messages {
            if found.len() == count {
                break;
            }
            let group = message.group.as_deref().unwrap_or_default();
            if message.visible > now {
                held.insert(group);
            } else if !held.contains(group) {
                found.push(*sequence);
            }
        }
        found
    }

    /// A message.
    pub(crate) fn get(&self, sequence: u64) -> Option<&Message> {
        self.messages.get(&sequence)
    }

    /// A message is received, and cannot be seen until `until`.
    pub(crate) fn receive(&mut self, sequence: u64, now: Timestamp, until: Timestamp) {
        if let Some(message) = self.messages.get_mut(&sequence) {
            message.receives += 1;
            message.first_received.get_or_insert(now);
        }
        self.hide(sequence, until);
    }

    /// A message cannot be seen until `until`.
    pub(crate) fn hide(&mut self, sequence: u64, until: Timestamp) {
        if let Some(message) = self.messages.get_mut(&sequence) {
            self.visible.remove(&(message.visible, sequence));
            message.visible = until;
            self.visible.insert((until, sequence));
        }
    }

    /// Takes a message out.
    pub(crate) fn remove(&mut self, sequence: u64) -> Option<Message> {
        let message = self.messages.remove(&sequence)?;
        self.visible.remove(&(message.visible, sequence));
        Some(message)
    }

    /// Takes all messages out.
    pub(crate) fn clear(&mut self) -> Vec<Message> {
        self.visible.clear();
        std::mem::take(&mut self.messages).into_values().collect()
    }

    /// How many messages there are of each sort.
    pub(crate) fn counts(&self, now: Timestamp) -> Counts {
        let hidden = self.visible.iter().rev().take_while(|(at, _)| *at > now);
        let mut counts = Counts::default();
        for (_, sequence) in hidden {
            match self.messages.get(sequence) {
                Some(message) if message.receives > 0 => counts.in_flight += 1,
                _ => counts.delayed += 1,
            }
        }
        let all = i64::try_from(self.messages.len()).unwrap_or(i64::MAX);
        counts.visible = all - counts.in_flight - counts.delayed;
        counts
    }
}

impl Message {
    /// An ordinary message.
    pub(crate) fn new(id: String, body: impl Into<String>, sender: &str, now: Timestamp) -> Self {
        Self {
            id,
            body: body.into(),
            attributes: Object::new(),
            sender: sender.to_owned(),
            sent: now,
            visible: now,
            receives: 0,
            first_received: None,
            group: None,
            deduplication: None,
            came_from: None,
            trace: None,
        }
    }

    /// What the service says of it besides what its sender did.
    pub(crate) fn system_attributes(&self, sequence: u64) -> Object {
        let milliseconds = |time: Timestamp| Value::from(time.as_millisecond().to_string());
        let mut known = Object::from_iter([
            ("SenderId", Value::from(&self.sender)),
            ("SentTimestamp", milliseconds(self.sent)),
            ("ApproximateReceiveCount", Value::from(self.receives.to_string())),
        ]);
        if let Some(first) = self.first_received {
            known.insert("ApproximateFirstReceiveTimestamp", milliseconds(first));
        }
        if let Some(group) = &self.group {
            known.insert("MessageGroupId", group);
        }
        if let Some(key) = &self.deduplication {
            known.insert("MessageDeduplicationId", key);
            known.insert("SequenceNumber", sequence_number(sequence));
        }
        if let Some(queue) = &self.came_from {
            known.insert("DeadLetterQueueSourceArn", queue);
        }
        if let Some(trace) = &self.trace {
            known.insert("AWSTraceHeader", trace);
        }
        known
    }
}

/// A place in a queue that is first in, first out, as senders and receivers see it.
pub(crate) fn sequence_number(sequence: u64) -> String {
    format!("{:020}", 10_000_000_000_000_000_000_u64.saturating_add(sequence * 256))
}

impl crate::Twin {
    /// What was sent to somebody outside (mail, calls of HTTP endpoints, text messages), oldest first, as JSON.
    pub fn outbox(&self) -> Vec<serde_json::Value> {
        let world = self.lock();
        world.messages.outbox().filter_map(|sent| serde_json::to_value(sent).ok()).collect()
    }
}
