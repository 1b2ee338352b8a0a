//! The agents on a machine: Systems Manager's and CloudWatch's.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    chance,
    machine::{BOOT, Machine},
};

const DAY: i64 = 86_400;
// 2019-01-01, as the calendar of updates.
const BEGINNING: i64 = 1_546_300_800;
/// How often the agent's makers release it.
const RELEASE_DAYS: i64 = 21;
/// From when its system runs until the agent has reported for the first time.
const FIRST_PING: SignedDuration = SignedDuration::from_secs(20);
/// The agent is missed after so long.
const PATIENCE: SignedDuration = SignedDuration::from_secs(300);
const PING_EVERY: i64 = 300;
const STALE: &str = "3.1.1374.0";

/// An agent as it is on one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Agent {
    /// Whether it is installed.
    pub(crate) present: bool,
    /// Its version; the latest if empty.
    pub(crate) version: String,
    /// Since when it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<Timestamp>,
}

/// What Systems Manager thinks of a machine's agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ping {
    /// It reported lately.
    Online,
    /// It did once, and does no longer.
    ConnectionLost,
    /// It was never heard of.
    Unregistered,
}

/// The latest version of the SSM agent.
pub(crate) fn latest_version(at: Timestamp) -> String {
    let number = (at.as_second() - BEGINNING).div_euclid(RELEASE_DAYS * DAY);
    format!("3.3.{}.0", 1000 + number * 7)
}

/// The latest version of the CloudWatch agent.
pub(crate) fn latest_cloudwatch_version(at: Timestamp) -> String {
    let number = (at.as_second() - BEGINNING).div_euclid(3 * RELEASE_DAYS * DAY);
    format!("1.3000{}.0b1130", 10 + number)
}

impl Machine {
    /// Its SSM agent.
    pub(crate) fn agent(&self) -> Agent {
        if let Some(agent) = &self.changes.agent {
            return agent.clone();
        }
        let digest = self.digest("ssm-agent");
        let lot = chance::between(digest, 0, 99);
        let version = if (3..9).contains(&lot) { STALE.to_owned() } else { String::new() };
        // Who was launched within the story runs an image that has the agent.
        let absent = lot < 3 && self.launched() < self.beginning;
        Agent { present: !absent, version, stopped: None }
    }

    /// Its CloudWatch agent.
    pub(crate) fn cloudwatch_agent(&self) -> Agent {
        if let Some(agent) = &self.changes.cloudwatch_agent {
            return agent.clone();
        }
        let lot = chance::between(self.digest("cloudwatch-agent"), 0, 99);
        let present = lot < 82 && self.launched() < self.beginning;
        Agent { present, version: String::new(), stopped: None }
    }

    /// The version of its SSM agent.
    pub(crate) fn agent_version(&self, at: Timestamp) -> String {
        let version = self.agent().version;
        if version.is_empty() { latest_version(at) } else { version }
    }

    /// What Systems Manager thinks of its agent, and when it last reported. `trusted`: its role lets it report.
    pub(crate) fn ping(&self, trusted: bool, at: Timestamp) -> (Ping, Timestamp) {
        let agent = self.agent();
        let registered = self.registered();
        if !trusted || !agent.present || registered > at {
            return (Ping::Unregistered, registered);
        }
        let last = self.last_ping(&agent, at);
        let silent = at.duration_since(last) > PATIENCE + SignedDuration::from_secs(PING_EVERY);
        let ping = if silent { Ping::ConnectionLost } else { Ping::Online };
        if self.is_answering(&agent, at) { (Ping::Online, last) } else { (ping, last) }
    }

    /// Whether its agent takes commands now.
    pub(crate) fn takes_commands(&self, trusted: bool, at: Timestamp) -> bool {
        trusted && self.is_answering(&self.agent(), at)
    }

    /// When Systems Manager first heard of it.
    pub(crate) fn registered(&self) -> Timestamp {
        self.launched() + BOOT + FIRST_PING
    }

    fn is_answering(&self, agent: &Agent, at: Timestamp) -> bool {
        let up_since = self.booted() + BOOT + FIRST_PING;
        agent.present && agent.stopped.is_none() && self.is_up(at) && up_since <= at
    }

    fn last_ping(&self, agent: &Agent, at: Timestamp) -> Timestamp {
        if self.is_answering(agent, at) {
            let phase = chance::between(self.digest("ping"), 0, PING_EVERY - 1);
            let ago = (at.as_second() + phase).rem_euclid(PING_EVERY);
            return (at - SignedDuration::from_secs(ago)).max(self.registered());
        }
        let halted = (!self.hardware.running).then_some(self.changes.halted).flatten();
        let booted = self.changes.booted.filter(|booted| *booted <= at);
        // A machine that was off when the story began was off for a while.
        let unknown = self.beginning - SignedDuration::from_hours(24 * 3);
        agent.stopped.or(halted).or(booted).unwrap_or(unknown).max(self.registered()).min(at)
    }
}
