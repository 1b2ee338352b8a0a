//! Worlds to begin with: a demonstration estate, a large one for measuring, and single resources for tests.

mod bulk;
mod demo;
mod samples;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use reeve_types::{AccountId, Arn, Region, Tags};

pub use bulk::bulk;
pub use demo::demo;
pub(crate) use samples::Sample;

use crate::{
    directory::{Account, Role, UserKey},
    kind,
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

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// How long before the twin's start everything was made.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 90);

impl Twin {
    /// Makes a resource, or replaces the one of the same id, and returns its ARN.
    pub fn put(&self, draft: Draft) -> Result<Arn, UnknownKind> {
        let Draft { account, region, resource_type, id, facts: changes, tags } = draft;
        let unknown = || UnknownKind { resource_type: resource_type.clone() };
        let kind = kind::named(&resource_type).ok_or_else(unknown)?;
        let arn = kind.arn(&account, &region, &id).parse().map_err(|_| unknown())?;
        let place = Place { account, region, kind };
        let sample = samples::Sample { place: &place, id: &id, created: created(self) };
        let mut described = sample.described();
        if resource_type == "AWS::Elasticsearch::Domain" {
            described.insert("EngineVersion", "Elasticsearch_7.10");
        }
        if let Value::Object(changes) = samples::timed(&changes) {
            for (member, value) in changes {
                if value.is_null() {
                    described.remove(&member);
                } else {
                    described.insert(member, value);
                }
            }
        }
        let resource = Resource::new(facts(described), Arc::new(tags));
        self.lock().store.put(place, id, resource);
        Ok(arn)
    }
}

fn created(twin: &Twin) -> Timestamp {
    let now = twin.clock().now();
    now.saturating_sub(AGE).unwrap_or(now)
}

/// Gives the twin two Regions and accounts with a role each, and the management account a user, whose key is the one
/// that AWS uses in its own documentation.
fn open_accounts(
    twin: &Twin,
    management: AccountId,
    others: Vec<(AccountId, String)>,
) -> SeededEstate {
    const ROLE: &str = "reeve";
    const EXTERNAL_ID: &str = "reeve-twin";
    let mut accounts = vec![(management.clone(), "management".to_owned())];
    accounts.extend(others);
    for (id, name) in &accounts {
        let is_management = *id == management;
        twin.add_account(Account {
            id: id.clone(),
            name: name.clone(),
            email: format!("aws+{name}@example.com"),
            unit: (!is_management).then(|| "Workloads".to_owned()),
        });
        twin.add_role(Role {
            account: id.clone(),
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
    let regions: Vec<Region> = REGIONS.iter().filter_map(|region| region.parse().ok()).collect();
    for region in &regions {
        twin.add_region(region.clone());
    }
    SeededEstate {
        management,
        accounts,
        regions,
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
