//! The demonstration estate, read from `demo.estate`.

use std::collections::BTreeSet;

use reeve_types::{AccountId, Region, Tags};
use serde_json::{Map, Value, json};

use super::{Draft, SeededEstate, account_id, open_accounts};
use crate::{digest::hex_digest, kind, store::Place, twin::Twin};

const ESTATE: &str = include_str!("demo.estate");
const MANAGEMENT: u64 = 111_122_223_333;
const OTHERS: [(u64, &str); 2] = [(444_455_556_666, "production"), (777_788_889_999, "staging")];

/// Fills a twin with the demonstration estate: three accounts, two Regions, every resource type, some of it mis-tagged.
pub fn demo(twin: &Twin) -> SeededEstate {
    let others = OTHERS.iter().map(|(number, name)| (account_id(*number), (*name).to_owned()));
    let estate = open_accounts(twin, account_id(MANAGEMENT), others.collect());
    for row in rows() {
        row.make(twin, &estate);
    }
    estate
}

/// One line of the estate's file.
#[derive(Debug)]
struct Row<'f> {
    account: &'f str,
    region: &'f str,
    kind: &'f str,
    name: &'f str,
    variant: Vec<&'f str>,
    tags: Vec<&'f str>,
}

fn rows() -> impl Iterator<Item = Row<'static>> {
    let lines = ESTATE.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(|line| {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [account, region, kind, name, variant, tags] = columns.try_into().ok()?;
        let variant = variant.split_whitespace().collect();
        let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
        Some(Row { account, region, kind, name, variant, tags })
    })
}

impl Row<'_> {
    fn make(&self, twin: &Twin, estate: &SeededEstate) {
        let account = estate.accounts.iter().find(|(_, name)| name == self.account);
        let (Some((account, _)), Ok(region), Some((resource_type, id))) =
            (account, self.region.parse::<Region>(), self.identity())
        else {
            return;
        };
        let (tags, propagated) = self.tags();
        let draft = Draft {
            account: account.clone(),
            region: region.clone(),
            resource_type: resource_type.to_owned(),
            id: id.clone(),
            facts: self.facts(account, &region),
            tags,
        };
        if twin.put(draft).is_err() {
            return;
        }
        let Some(kind) = kind::named(resource_type) else { return };
        let place = Place { account: account.clone(), region, kind };
        if let Some(resource) = twin.lock().store.get_mut(&place, &id) {
            resource.propagated = propagated;
        }
    }

    /// The resource type, and the id made from the name.
    fn identity(&self) -> Option<(&'static str, String)> {
        let unique = format!("{}/{}/{}/{}", self.account, self.region, self.kind, self.name);
        let made = |prefix: &str| format!("{prefix}{}", hex_digest(&unique, 17));
        let balancer = |make: &str| format!("{make}/{}/{}", self.name, hex_digest(&unique, 16));
        let named = || self.name.to_owned();
        Some(match self.kind {
            "instance" => ("AWS::EC2::Instance", made("i-")),
            "nat" => ("AWS::EC2::NatGateway", made("nat-")),
            "vpn" => ("AWS::EC2::VPNConnection", made("vpn-")),
            "database" => ("AWS::RDS::DBInstance", named()),
            "dbcluster" => ("AWS::RDS::DBCluster", named()),
            "bucket" => ("AWS::S3::Bucket", named()),
            "alb" => ("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer("app")),
            "nlb" => ("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer("net")),
            "clb" => ("AWS::ElasticLoadBalancing::LoadBalancer", named()),
            "table" => ("AWS::DynamoDB::Table", named()),
            "asg" => ("AWS::AutoScaling::AutoScalingGroup", named()),
            "efs" => ("AWS::EFS::FileSystem", made("fs-")),
            "fsx" => ("AWS::FSx::FileSystem", made("fs-")),
            "redshift" => ("AWS::Redshift::Cluster", named()),
            "domain" => ("AWS::OpenSearch::Domain", named()),
            "eks" => ("AWS::EKS::Cluster", named()),
            "canary" => ("AWS::Synthetics::Canary", named()),
            _ => return None,
        })
    }

    /// The tags; a value that ends in `+` is inherited by the instances of an Auto Scaling group.
    fn tags(&self) -> (Tags, BTreeSet<String>) {
        let mut tags = Tags::new();
        let mut propagated = BTreeSet::new();
        for (key, value) in self.tags.iter().filter_map(|tag| tag.split_once('=')) {
            let inherited = self.kind == "asg" && value.ends_with('+');
            let value = if inherited { value.trim_end_matches('+') } else { value };
            if inherited {
                propagated.insert(key.to_owned());
            }
            tags.insert(key.to_owned(), value.to_owned());
        }
        // Instances are known to people by their name, except those that nobody ever tagged.
        if self.kind == "instance" && !tags.is_empty() {
            tags.insert("Name".to_owned(), self.name.to_owned());
        }
        (tags, propagated)
    }

    /// What the variant's words change in a description.
    fn facts(&self, account: &AccountId, region: &Region) -> Value {
        let mut facts = Map::new();
        for word in &self.variant {
            let changes = self.change(word, account, region);
            if let Value::Object(changes) = changes {
                facts.extend(changes);
            }
        }
        Value::Object(facts)
    }

    fn change(&self, word: &str, account: &AccountId, region: &Region) -> Value {
        let key =
            || format!("arn:aws:kms:{region}:{account}:key/{}", crate::kind::uuid_of(self.name));
        match (self.kind, word) {
            ("instance", "a" | "b" | "c") => {
                json!({"Placement": {"AvailabilityZone": format!("{region}{word}"), "Tenancy": "default"}})
            }
            ("instance", "windows") => json!({"Platform": "windows", "PlatformDetails": "Windows"}),
            ("instance", "small") => json!({"InstanceType": "t3.small"}),
            ("instance", "large") => json!({"InstanceType": "r6i.4xlarge"}),
            ("instance", "stopped") => json!({"State": {"Code": 80, "Name": "stopped"}}),
            ("nat", "deleted") => json!({"State": "deleted"}),
            ("database", "multi") => json!({"MultiAZ": true}),
            ("database", "mysql") => json!({"Engine": "mysql", "EngineVersion": "8.0.39"}),
            ("database", "sqlserver") => {
                json!({"Engine": "sqlserver-se", "EngineVersion": "15.00.4415.2.v1"})
            }
            ("database", member) if member.starts_with("member=") => json!({
                "Engine": "aurora-postgresql",
                "EngineVersion": "15.8",
                "DBClusterIdentifier": member.trim_start_matches("member="),
            }),
            ("nlb" | "clb", "internal") => json!({"Scheme": "internal"}),
            ("fsx", "ontap") => json!({
                "FileSystemType": "ONTAP",
                "WindowsConfiguration": null,
                "OntapConfiguration": {"DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 128},
            }),
            ("domain", "elasticsearch") => json!({"EngineVersion": "Elasticsearch_7.10"}),
            ("domain", "kms") => {
                json!({"EncryptionAtRestOptions": {"Enabled": true, "KmsKeyId": key()}})
            }
            ("domain", "master") => json!({"ClusterConfig": {
                "InstanceType": "r6g.large.search",
                "InstanceCount": 3,
                "DedicatedMasterEnabled": true,
                "DedicatedMasterType": "m6g.large.search",
                "DedicatedMasterCount": 3,
                "ZoneAwarenessEnabled": false,
                "WarmEnabled": false,
            }}),
            _ => json!({}),
        }
    }
}

#[cfg(test)]
mod tests {
    use reeve_time::Clock;

    use super::*;

    #[test]
    fn every_row_becomes_a_resource_and_every_kind_occurs() {
        let twin = Twin::new(Clock::manual("2026-03-01T09:00:00Z".parse().unwrap()), 1);
        demo(&twin);
        let lines = ESTATE.lines().map(str::trim);
        let written = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(twin.resources().len(), written);
        let state = twin.lock();
        for kind in kind::kinds().filter(|kind| kind.sample.is_some()) {
            assert!(state.store.iter().any(|(place, _, _)| place.kind == kind), "{kind:?}");
        }
    }
}
