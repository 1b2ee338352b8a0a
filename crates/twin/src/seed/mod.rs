//! Worlds to begin with: a demonstration estate, a large one for measuring, and single resources for tests.

mod bulk;
mod samples;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};
use reeve_types::{AccountId, Arn, Region, Tags};

pub(crate) use bulk::fill;
pub(crate) use samples::{INSIDE, Sample};

use crate::{
    adopt,
    directory::{Account, Role, UserKey},
    kind,
    scenario::{Generate, Scenario, ScenarioAccount},
    store::{Place, Resource, facts},
    twin::Twin,
};

/// How to get into a seeded estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeededEstate {
    /// The organization's management account.
    pub management: AccountId,
    /// Every account with its name, the management account among them.
    pub accounts: Vec<(AccountId, String)>,
    /// The Regions in use.
    pub regions: Vec<Region>,
    /// The access key id of a user of the management account.
    pub access_key_id: String,
    /// Its secret access key.
    pub secret_access_key: String,
    /// The name of the role in every account that the management account may assume.
    pub role_name: String,
    /// The external id that the role demands.
    pub external_id: String,
}

/// A resource to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The account it is in.
    pub account: AccountId,
    /// The Region it is in.
    pub region: Region,
    /// What it is, such as `AWS::EC2::Instance`.
    pub resource_type: String,
    /// The id that its API uses; for newer load balancers `app/name/0123456789abcdef`.
    pub id: String,
    /// Members of its description that differ from the usual; null takes one away. Texts such as
    /// `@2026-03-01T09:00:00Z` are points in time.
    pub facts: serde_json::Value,
    /// Its tags.
    pub tags: Tags,
}

/// A resource type that the twin does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the twin has no resources of type `{resource_type}`")]
pub struct UnknownKind {
    resource_type: String,
}

/// How long before the twin's start everything was made.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The name of the role in every account, and the external id that it demands.
const ROLE: &str = "reeve";
const EXTERNAL_ID: &str = "reeve-twin";

/// The number of the first account that is made by the thousand.
const FIRST_ACCOUNT: u64 = 100_000_000_001;

impl Twin {
    /// Makes a resource, or replaces the one of the same id, and returns its ARN.
    pub fn put(&self, draft: Draft) -> Result<Arn, UnknownKind> {
        let Draft { account, region, resource_type, id, facts: changes, tags } = draft;
        let unknown = || UnknownKind { resource_type: resource_type.clone() };
        let kind = kind::named(&resource_type).ok_or_else(unknown)?;
        let arn = kind.arn(&account, &region, &id).parse().map_err(|_| unknown())?;
        let place = Place { account, region, kind };
        let mut described = described(&place, &id, self.now(), &changes);
        if resource_type == "AWS::Elasticsearch::Domain" {
            described.insert("EngineVersion", "Elasticsearch_7.10");
        }
        let inside = inside(&place, &id, self.now());
        let resource = Resource::new(facts(described), Arc::new(tags)).with_inside(inside);
        self.lock().store.put(place, id, resource);
        Ok(arn)
    }
}

/// A resource as AWS describes it, to be made in the twin.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// What it is.
    pub resource_type: String,
    /// Its ARN.
    pub arn: String,
    /// The account it is in.
    pub account: AccountId,
    /// The Region it is in.
    pub region: Region,
    /// Its description, as its service's list or describe call has it; anything else but an object says nothing.
    pub description: Value,
    /// Its tags.
    pub tags: Tags,
    /// The keys of the tags that instances of an Auto Scaling group inherit.
    pub inherited: Vec<String>,
}

impl Twin {
    /// Makes a resource that exists in a real account: as it is described there, and ordinary where that says nothing.
    pub fn adopt(&self, adopted: Adopted) -> Result<(), UnknownKind> {
        let resource_type = adopted.resource_type.clone();
        let unknown = || UnknownKind { resource_type: resource_type.clone() };
        let kind = kind::named(&adopted.resource_type).ok_or_else(unknown)?;
        let (found, parsed) = kind::parse_arn(&adopted.arn).ok_or_else(unknown)?;
        if found != kind {
            return Err(unknown());
        }
        let place = Place::of(&adopted.account, &adopted.region, kind);
        let id = parsed.id.to_owned();
        let mut facts_of = described(&place, &id, self.now(), &serde_json::Value::Null);
        if let Value::Object(description) = adopted.description {
            let derived: Vec<&str> = kind.identity.iter().map(|(member, _)| *member).collect();
            for (member, value) in description {
                if !derived.contains(&&*member) && Some(&*member) != kind.tags.member() {
                    facts_of.insert(member, value);
                }
            }
        }
        let inside = inside(&place, &id, self.now());
        let mut resource =
            Resource::new(facts(facts_of), Arc::new(adopted.tags)).with_inside(inside);
        resource.propagated = adopted.inherited.into_iter().collect();
        let mut world = self.lock();
        world.put(place.clone(), id.clone(), resource);
        adopt::go_on(&mut world, &place, &id);
        Ok(())
    }
}

/// The description of an ordinary resource with some members of its own; null takes a usual one away.
pub(crate) fn described(
    place: &Place,
    id: &str,
    now: Timestamp,
    changes: &serde_json::Value,
) -> Object {
    let mut described = Sample { place, id, created: created(now) }.described();
    if let Value::Object(changes) = samples::timed(changes) {
        for (member, value) in changes {
            if value.is_null() {
                described.remove(&member);
            } else {
                described.insert(member, value);
            }
        }
    }
    described
}

/// What its service knows about an ordinary resource and does not show.
pub(crate) fn inside(place: &Place, id: &str, now: Timestamp) -> Object {
    Sample { place, id, created: created(now) }.inside()
}

fn created(now: Timestamp) -> Timestamp {
    now.saturating_sub(AGE).unwrap_or(now)
}

/// So many accounts with names made up.
pub(crate) fn generated_accounts(count: usize) -> impl Iterator<Item = ScenarioAccount> {
    (FIRST_ACCOUNT..).take(count).map(|number| ScenarioAccount {
        id: account_id(number),
        name: format!("account-{number}"),
        unit: Some("Workloads".to_owned()),
    })
}

/// Gives the twin Regions and accounts with a role each, and the first account, which manages the others, a user whose key is
/// the one that AWS uses in its own documentation.
pub fn open(twin: &Twin, accounts: &[ScenarioAccount], regions: &[Region]) -> SeededEstate {
    let management =
        accounts.first().map_or_else(|| account_id(FIRST_ACCOUNT), |first| first.id.clone());
    for account in accounts {
        twin.add_account(Account {
            id: account.id.clone(),
            name: account.name.clone(),
            email: format!("aws+{}@example.com", account.name),
            unit: account.unit.clone(),
        });
        twin.add_role(Role {
            account: account.id.clone(),
            name: ROLE.to_owned(),
            trusted: [management.clone()].into(),
            external_id: Some(EXTERNAL_ID.to_owned()),
            max_session_seconds: 12 * 3600,
        });
    }
    let access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
    let secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned();
    twin.add_user_key(UserKey {
        account: management.clone(),
        user: "reeve".to_owned(),
        access_key_id: access_key_id.clone(),
        secret_access_key: secret_access_key.clone(),
    });
    for region in regions {
        twin.add_region(region.clone());
    }
    SeededEstate {
        management,
        accounts: accounts.iter().map(|one| (one.id.clone(), one.name.clone())).collect(),
        regions: regions.to_vec(),
        access_key_id,
        secret_access_key,
        role_name: ROLE.to_owned(),
        external_id: EXTERNAL_ID.to_owned(),
    }
}

/// The account with this number.
#[expect(clippy::expect_used, reason = "twelve digits are an account id")]
fn account_id(number: u64) -> AccountId {
    format!("{:012}", number % 1_000_000_000_000).parse().expect("twelve digits")
}

/// The world that most tests begin in: three accounts, two Regions, every resource type of the tagger, some of it mis-tagged.
///
/// # Panics
///
/// If the shipped scenario cannot begin, which a test makes sure it can.
#[expect(clippy::expect_used, reason = "a test begins it")]
pub fn small(twin: &Twin) -> SeededEstate {
    let scenario = Scenario::named("small").expect("the scenario is shipped");
    scenario.begin(twin).expect("the scenario can begin")
}

/// So many resources in so many accounts and two Regions, made fast. At least one account is made.
///
/// # Panics
///
/// If the shipped scenario cannot begin, which a test makes sure it can.
#[expect(clippy::expect_used, reason = "a test begins it")]
pub fn bulk(twin: &Twin, accounts: usize, resources: usize) -> SeededEstate {
    let mut scenario = Scenario::named("large").expect("the scenario is shipped");
    scenario.generate = Some(Generate { accounts, resources });
    scenario.begin(twin).expect("the scenario can begin")
}

#[cfg(test)]
mod tests {
    use reeve_time::Clock;

    use super::*;

    /// How many resources there are of the kinds that can be tagged, besides what backups left.
    fn count(name: &str) -> (usize, usize) {
        const BACKUPS: [&str; 5] = [
            "AWS::Backup::RecoveryPoint",
            "AWS::EC2::Image",
            "AWS::EC2::Snapshot",
            "AWS::RDS::DBClusterSnapshot",
            "AWS::RDS::DBSnapshot",
        ];
        let twin = Twin::new(Clock::manual("2026-03-02T08:00:00Z".parse().unwrap()), 1);
        let estate = Scenario::named(name).unwrap().begin(&twin).unwrap();
        let world = twin.lock();
        let kinds = world.store.iter().map(|(place, ..)| place.kind);
        let counted = kinds
            .filter(|kind| !kind.tagging_type.is_empty() && !BACKUPS.contains(&kind.resource_type));
        (estate.accounts.len(), counted.count())
    }

    #[test]
    fn the_shipped_scenarios_are_as_large_as_they_say() {
        // Every instance has a volume as well, which follows from it.
        assert_eq!(count("small"), (3, 80 + 24));
        assert_eq!(count("demo"), (6, 366));
    }
}
