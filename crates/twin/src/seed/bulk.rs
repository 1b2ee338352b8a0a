//! A large estate, made fast: for measuring what a million resources cost.
//!
//! Resources of the same make share their facts and tags, so a million of them take little more room than their ids. The
//! shares of the kinds are those of ordinary accounts: mostly instances, some databases and buckets, little of the rest. Each
//! instance has a volume, which is not counted.

use std::sync::Arc;

use reeve_types::{AccountId, Region, Tags};

use super::{SeededEstate, created, samples::Sample};
use crate::{
    digest::hex_digest,
    kind::Kind,
    services::ec2::compute::{self, INSTANCE},
    store::{Place, Resource, facts},
    twin::Twin,
};
use reeve_model::Object;

/// How many of a thousand resources are of each kind.
const SHARES: [(Kind, usize); 16] = [
    (&crate::services::ec2::compute::INSTANCE, 560),
    (&crate::services::rds::DATABASE_INSTANCE, 80),
    (&crate::services::s3::BUCKET, 80),
    (&crate::services::elbv2::LOAD_BALANCER, 60),
    (&crate::services::dynamodb::TABLE, 60),
    (&crate::services::autoscaling::GROUP, 40),
    (&crate::services::ec2::network::NAT_GATEWAY, 25),
    (&crate::services::rds::DATABASE_CLUSTER, 20),
    (&crate::services::efs::FILE_SYSTEM, 20),
    (&crate::services::elb::LOAD_BALANCER, 10),
    (&crate::services::fsx::FILE_SYSTEM, 10),
    (&crate::services::synthetics::CANARY, 10),
    (&crate::services::eks::CLUSTER, 8),
    (&crate::services::redshift::CLUSTER, 7),
    (&crate::services::opensearch::DOMAIN, 7),
    (&crate::services::ec2::network::VPN_CONNECTION, 3),
];

/// How resources are tagged, in turn: rightly, partly, wrongly, by hand, not at all.
const TAGS: [&[(&str, &str)]; 8] = [
    &[("Name", "bulk"), ("ams:rt:ams-monitoring-policy", "ams-monitored")],
    &[("Name", "bulk"), ("Environment", "production")],
    &[("Environment", "staging"), ("Team", "platform"), ("CostCentre", "4711")],
    &[("Name", "bulk"), ("ams:rt:ams-monitoring-policy", "off")],
    &[("Name", "bulk"), ("ams:rt:owner", "bob")],
    &[("aws:cloudformation:stack-name", "stack-bulk"), ("Environment", "production")],
    &[("ams:rt:ams-monitoring-policy", "ams-monitored"), ("Team", "finance")],
    &[],
];

/// Fills an estate's accounts and Regions with this many resources.
pub(crate) fn fill(twin: &Twin, estate: &SeededEstate, resources: usize) {
    let tags: Vec<Arc<Tags>> = TAGS.iter().map(|tags| Arc::new(tag_map(tags))).collect();
    let places = estate.accounts.len() * estate.regions.len();
    let mut made = 0;
    for (turn, (account, region)) in spread(estate).enumerate() {
        // What does not divide evenly goes to the first places.
        let here = resources / places + usize::from(turn < resources % places);
        let mut left = here;
        for (kind, share) in SHARES.iter().rev() {
            let is_most = kind.resource_type == "AWS::EC2::Instance";
            let count = if is_most { left } else { here * share / 1000 };
            left -= count;
            let place = Place { account: account.clone(), region: region.clone(), kind };
            fill_place(twin, place, made..made + count, &tags);
            made += count;
        }
    }
}

fn spread(estate: &SeededEstate) -> impl Iterator<Item = (&AccountId, &Region)> {
    let regions = &estate.regions;
    estate
        .accounts
        .iter()
        .flat_map(move |(account, _)| regions.iter().map(move |region| (account, region)))
}

fn fill_place(twin: &Twin, place: Place, numbers: std::ops::Range<usize>, tags: &[Arc<Tags>]) {
    let described = ["make-a", "make-b"]
        .map(|id| Sample { place: &place, id, created: created(twin.now()) }.described());
    if place.kind == &INSTANCE {
        let instances = as_instances(described);
        let volumes = instances.iter().filter_map(compute::shared_volume).collect();
        let of_volumes = Place { kind: &compute::VOLUME, ..place.clone() };
        put(twin, of_volumes, (volumes, &[Arc::default()]), numbers.clone());
        put(twin, place, (instances, tags), numbers);
    } else {
        put(twin, place, (described.into(), tags), numbers);
    }
}

/// Of Linux and of Windows, each with a volume of its own.
fn as_instances([mut linux, mut windows]: [Object; 2]) -> Vec<Object> {
    windows.insert("Platform", "windows");
    windows.insert("PlatformDetails", "Windows");
    for make in [&mut linux, &mut windows] {
        compute::share_volume(make);
    }
    vec![linux, windows]
}

/// Puts so many resources of two makes in a place, every fifth of the second one.
fn put(
    twin: &Twin,
    place: Place,
    (makes, tags): (Vec<Object>, &[Arc<Tags>]),
    numbers: std::ops::Range<usize>,
) {
    let makes: Vec<_> = makes.into_iter().map(facts).collect();
    let mut made = Vec::with_capacity(numbers.len());
    for number in numbers {
        let (Some(facts), Some(tags)) =
            (makes.get(usize::from(number % 5 == 0)), tags.get(number % tags.len().max(1)))
        else {
            continue;
        };
        made.push((id(place.kind, number), Resource::new(Arc::clone(facts), Arc::clone(tags))));
    }
    twin.lock().store.put_all(place, made);
}

/// Ids that grow with the number, so that shelves are filled in order.
fn id(kind: Kind, number: usize) -> String {
    match kind.resource_type {
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            format!("app/bulk-{number:08}/{number:016x}")
        }
        "AWS::EFS::FileSystem" | "AWS::FSx::FileSystem" => format!("fs-0{number:016x}"),
        "AWS::S3::Bucket" => format!("bulk-{number:08}-{}", hex_digest("bulk", 6)),
        _ if !kind.prefix.is_empty() => format!("{}0{number:016x}", kind.prefix),
        _ => format!("bulk-{number:08}"),
    }
}

fn tag_map(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use reeve_time::Clock;

    use super::*;

    #[test]
    fn exactly_as_many_resources_are_made_as_were_asked_for() {
        for (accounts, resources) in [(1, 1), (3, 1000), (7, 10_001)] {
            let twin = Twin::new(Clock::manual("2026-03-01T09:00:00Z".parse().unwrap()), 1);
            let estate = crate::seed::bulk(&twin, accounts, resources);
            assert_eq!(estate.accounts.len(), accounts);
            let world = twin.lock();
            let made = world.store.iter().filter(|(place, ..)| place.kind.sample.is_some());
            let is_identity = |kind: Kind| kind.resource_type.starts_with("AWS::IAM::");
            let is_counted = |kind: Kind| !is_identity(kind) && kind != &compute::VOLUME;
            assert_eq!(made.filter(|(place, ..)| is_counted(place.kind)).count(), resources);
        }
    }
}
