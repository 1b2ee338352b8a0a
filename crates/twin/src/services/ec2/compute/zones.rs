//! Regions and their Availability Zones.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};
use reeve_types::{Region, Tags};

use super::listing::{described_passes, read};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    world::World,
};

/// The letters of a Region's zones.
const LETTERS: [char; 3] = ['a', 'b', 'c'];

/// The names of a Region's zones.
pub(crate) fn zones(region: &Region) -> impl Iterator<Item = String> + '_ {
    LETTERS.into_iter().map(move |letter| format!("{region}{letter}"))
}

/// The id of a zone, which names the same place in every account, such as `euw1-az1`.
pub(crate) fn zone_id(region: &Region, zone: &str) -> String {
    let last = zone.chars().last();
    let number = LETTERS.iter().position(|letter| Some(*letter) == last).map_or(1, |at| at + 1);
    format!("{}-az{number}", short(region))
}

/// A Region as zone ids begin: `eu-west-1` is `euw1`, `ap-southeast-2` is `apse2`.
fn short(region: &Region) -> String {
    let mut parts = region.as_str().split('-');
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part {
            "northeast" => short.push_str("ne"),
            "northwest" => short.push_str("nw"),
            "southeast" => short.push_str("se"),
            "southwest" => short.push_str("sw"),
            number if number.chars().all(|digit| digit.is_ascii_digit()) => short.push_str(number),
            other => short.extend(other.chars().next()),
        }
    }
    short
}

/// Refuses a zone that the Region called does not have.
pub(super) fn check(call: &Call, zone: &str) -> Result<(), Failure> {
    if zones(&call.region).any(|known| known == zone) {
        return Ok(());
    }
    Err(Failure::new("InvalidZone.NotFound", format!("The zone '{zone}' does not exist.")))
}

/// `DescribeRegions`.
pub(super) fn describe_regions(call: &Call, world: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 3] =
        [("endpoint", "Endpoint"), ("region-name", "RegionName"), ("opt-in-status", "OptInStatus")];
    let filters = read(call, "Filters", &FILTERS)?;
    let wanted = call.texts("RegionNames");
    let known: BTreeSet<&str> = world.regions.iter().map(Region::as_str).collect();
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(*name)) {
        return Err(call.invalid(format!("Invalid region name: {unknown}")));
    }
    let shown = known.iter().filter(|name| wanted.is_empty() || wanted.contains(name));
    let regions = shown.map(|name| {
        Object::from_iter([
            ("RegionName", (*name).to_owned()),
            ("Endpoint", format!("ec2.{name}.amazonaws.com")),
            ("OptInStatus", "opt-in-not-required".to_owned()),
        ])
    });
    let none = Tags::new();
    let regions = regions.filter(|region| described_passes(&filters, region, &none));
    Ok(Value::from_iter([("Regions", regions.map(Value::from).collect::<Value>())]))
}

/// `DescribeAvailabilityZones`.
pub(super) fn describe_zones(call: &Call, _: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 8] = [
        ("group-name", "GroupName"),
        ("opt-in-status", "OptInStatus"),
        ("region-name", "RegionName"),
        ("state", "State"),
        ("zone-id", "ZoneId"),
        ("zone-name", "ZoneName"),
        ("zone-type", "ZoneType"),
        ("group-long-name", "GroupLongName"),
    ];
    let filters = read(call, "Filters", &FILTERS)?;
    let (names, ids) = (call.texts("ZoneNames"), call.texts("ZoneIds"));
    let known: Vec<(String, String)> =
        zones(&call.region).map(|zone| (zone_id(&call.region, &zone), zone)).collect();
    for name in &names {
        if !known.iter().any(|(_, zone)| zone == name) {
            return Err(call.invalid(format!("Invalid availability zone: [{name}]")));
        }
    }
    for id in &ids {
        if !known.iter().any(|(zone_id, _)| zone_id == id) {
            return Err(call.invalid(format!("Invalid availability zone-id: [{id}]")));
        }
    }
    let region = call.region.as_str();
    let none = Tags::new();
    let shown = known.iter().filter(|(id, zone)| {
        (names.is_empty() || names.contains(&zone.as_str()))
            && (ids.is_empty() || ids.contains(&id.as_str()))
    });
    let described = shown.map(|(id, zone)| {
        Object::from_iter([
            ("OptInStatus", "opt-in-not-required"),
            ("RegionName", region),
            ("ZoneName", zone),
            ("ZoneId", id),
            ("GroupName", region),
            ("NetworkBorderGroup", region),
            ("ZoneType", "availability-zone"),
            ("State", "available"),
        ])
    });
    let described = described.filter(|zone| described_passes(&filters, zone, &none));
    let zones: Value = described
        .map(|mut zone| {
            zone.insert("Messages", Value::List(Vec::new()));
            Value::from(zone)
        })
        .collect();
    Ok(Value::from_iter([("AvailabilityZones", zones)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_ids_shorten_the_region() {
        for (region, zone, expected) in [
            ("eu-west-1", "eu-west-1a", "euw1-az1"),
            ("ap-southeast-2", "ap-southeast-2c", "apse2-az3"),
            ("us-gov-east-1", "us-gov-east-1b", "usge1-az2"),
        ] {
            assert_eq!(zone_id(&region.parse().unwrap(), zone), expected);
        }
    }
}
