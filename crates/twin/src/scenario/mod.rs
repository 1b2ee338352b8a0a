//! Scenarios: a world to begin with and what happens in it, as a small YAML document.
//!
//! ```yaml
//! version: 1
//! name: harbour
//! history: P1D                       # the world has lived for a day when it starts
//! regions: [eu-west-1]
//! accounts:
//!   - {id: "111122223333", name: management}
//!   - {id: "444455556666", name: production, unit: Workloads}
//! resources:                          # as if they had always been there
//!   - type: AWS::RDS::DBInstance
//!     in: production/eu-west-1
//!     name: booking
//!     tags: {Team: platform}
//! steps:                              # calls that somebody made before anything else
//!   - call: ec2:CreateVpc
//!     in: production/eu-west-1
//!     input: {CidrBlock: 10.0.0.0/16}
//!     save: {vpc: Vpc.VpcId}           # ${vpc} from now on
//! timeline:                           # before (`-`) and after the start
//!   - {at: PT10M, fault: {service: rds, effect: throttle, count: 20}}
//! ```

mod happening;
mod play;
mod read;
mod template;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reeve_document::Diagnostics;
use reeve_types::{AccountId, Region, Tags};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub(crate) use play::PART;

use crate::fault::FaultRule;

/// A world to begin with, and what happens in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// When it starts; the clock's time if not given.
    pub starts: Option<Timestamp>,
    /// How long the world has lived when it starts.
    pub history: SignedDuration,
    /// How many seconds pass in the world for each of the clock's.
    pub rate: f64,
    /// The Regions in use.
    pub regions: Vec<Region>,
    /// The accounts; the first is the organization's management account.
    pub accounts: Vec<ScenarioAccount>,
    /// Accounts and resources that are made by the thousand.
    pub generate: Option<Generate>,
    groups: Vec<Group>,
    steps: Vec<Step>,
    timeline: Vec<(SignedDuration, Step)>,
}

/// An account of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The organizational unit it is in; directly under the root if not given.
    pub unit: Option<String>,
}

/// Accounts and resources that are made by the thousand, of ordinary kinds in ordinary shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generate {
    /// How many accounts, the management account among them.
    pub accounts: usize,
    /// How many resources in all of them.
    pub resources: usize,
}

/// Resources of one type that are made alike.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    resource_type: String,
    places: Vec<(AccountId, Region)>,
    names: Vec<String>,
    /// The id, with placeholders; made from the name if not given.
    id: Option<String>,
    facts: Json,
    tags: Tags,
    inherited: Vec<String>,
}

/// One thing that is done or happens, in one or several places and for one or several items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    places: Vec<(AccountId, Region)>,
    /// What `${item}` stands for, in turn.
    items: Vec<String>,
    /// Who does it: the name of a user.
    by: String,
    /// Whether it is expected to be refused.
    refused: bool,
    /// The line it is written in.
    line: usize,
    action: StepAction,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum StepAction {
    Call { service: String, operation: String, input: Json, save: BTreeMap<String, String> },
    Fault(FaultRule),
    ClearFaults,
    Tags { arn: String, add: Tags, remove: Vec<String> },
    Remove { arn: String },
    Happening { name: String, detail: Json },
}

/// What is still to be done of a scenario, and what was.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) name: String,
    steps: Vec<Step>,
    /// What steps saved, by `account/region/name`.
    saved: BTreeMap<String, Json>,
    pub(crate) diary: Vec<Happened>,
}

/// What came of a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Happened {
    pub(crate) at: Timestamp,
    pub(crate) line: usize,
    pub(crate) what: String,
    /// The error, if it went wrong.
    pub(crate) error: Option<String>,
}

/// A step that went wrong before the world could start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}: {error}")]
pub struct ScenarioError {
    /// The line of the step.
    pub line: usize,
    /// What it was to do.
    pub what: String,
    /// What went wrong.
    pub error: String,
}

/// The scenarios that come with the twin.
const SHIPPED: [(&str, &str); 3] = [
    ("small", include_str!("../../scenarios/small.yaml")),
    ("demo", include_str!("../../scenarios/demo.yaml")),
    ("large", include_str!("../../scenarios/large.yaml")),
];

impl Scenario {
    /// The names of the scenarios that come with the twin.
    pub fn shipped() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// The text of a scenario that comes with the twin.
    pub fn text(name: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Reads a scenario; `file` is how messages call it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        read::parse(file, text)
    }

    /// A scenario that comes with the twin: none if there is none of this name. A test reads every one of them.
    pub fn named(name: &str) -> Option<Self> {
        Self::parse(name, Self::text(name)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_can_be_read() {
        for name in Scenario::shipped() {
            let read = Scenario::parse(name, Scenario::text(name).unwrap());
            let scenario = read.unwrap_or_else(|wrong| panic!("{wrong}"));
            assert_eq!(scenario.name, name);
        }
    }
}
