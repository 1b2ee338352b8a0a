//! Subnets, and which of their addresses are taken.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use ipnet::Ipv4Net;
use reeve_model::{Object, Value};

use super::{
    acl, cidr, endpoint, interface, limits,
    make::{any, in_use, make, refuse, shown},
    nat,
    vpc::{self, VPC},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, List},
    services::ec2::{PAGES, compute::INSTANCE},
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

/// `AWS::EC2::Subnet`.
pub(crate) static SUBNET: Definition = Definition {
    resource_type: "AWS::EC2::Subnet",
    tagging_type: "ec2:subnet",
    arn: "arn:{partition}:ec2:{region}:{account}:subnet/{id}",
    prefix: "subnet-",
    identity: &[
        ("SubnetId", Identity::Id),
        ("SubnetArn", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidSubnetID.NotFound", "The subnet ID '{id}' does not exist"),
    sample: Some(|sample| {
        let zone = ["a", "b", "c"].into_iter().find(|zone| sample.subnet(zone) == sample.id);
        let (zone, third) = match zone {
            Some("b") => ("b", 64),
            Some("c") => ("c", 128),
            _ => ("a", 0),
        };
        serde_json::json!({
            "AvailabilityZone": sample.zone(zone),
            "AvailabilityZoneId": zone_id(&sample.zone(zone)),
            "CidrBlock": format!("10.0.{third}.0/18"),
            "DefaultForAz": false,
            "MapPublicIpOnLaunch": false,
            "State": "available",
            "VpcId": sample.vpc(),
        })
    }),
    ..Definition::OF
};

const FILTERS: [FilterPath; 13] = [
    ("subnet-id", ""),
    ("availability-zone", "AvailabilityZone"),
    ("availabilityZone", "AvailabilityZone"),
    ("availability-zone-id", "AvailabilityZoneId"),
    ("cidr", "CidrBlock"),
    ("cidr-block", "CidrBlock"),
    ("cidrBlock", "CidrBlock"),
    ("default-for-az", "DefaultForAz"),
    ("defaultForAz", "DefaultForAz"),
    ("map-public-ip-on-launch", "MapPublicIpOnLaunch"),
    ("owner-id", "OwnerId"),
    ("state", "State"),
    ("vpc-id", "VpcId"),
];

static LIST: List = List {
    kind: &SUBNET,
    member: "Subnets",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "SubnetIds",
    ..List::OF
};

/// The id that a zone has in every account, such as `euw1-az1`.
pub(super) fn zone_id(zone: &str) -> String {
    let (region, letter) =
        zone.split_at_checked(zone.len().saturating_sub(1)).unwrap_or((zone, "a"));
    let mut parts = region.split('-');
    let area = parts.next().unwrap_or_default();
    let rest = parts.filter_map(|part| part.chars().next());
    let number =
        letter.bytes().next().map_or(1, |letter| letter.saturating_sub(b'a').saturating_add(1));
    format!("{area}{}-az{number}", rest.collect::<String>())
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &["Ipv6CidrBlock", "OutpostArn", "Ipv6Native", "Ipv4IpamPoolId", "Ipv6IpamPoolId"],
    )?;
    let vpc_id = call.required("VpcId")?;
    let text = call.required("CidrBlock")?;
    let block = cidr::parse(text).ok_or_else(|| vpc::malformed(text))?;
    let vpc = call.find(world, &VPC, vpc_id)?;
    let outside = !vpc::blocks(vpc).iter().any(|whole| whole.contains(&block));
    if outside || !cidr::fits_a_vpc(block) {
        return Err(Failure::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let place = call.place(&SUBNET);
    let conflicts = |other: &Resource| {
        let own = other.fact("CidrBlock").and_then(cidr::parse);
        other.fact("VpcId") == Some(vpc_id) && own.is_some_and(|own| cidr::overlap(own, block))
    };
    if any(world, &place, &SUBNET, conflicts) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(Failure::new("InvalidSubnet.Conflict", message));
    }
    let zone = zone_wanted(call)?;
    let present = limits::in_vpc(world, &place, &SUBNET, vpc_id);
    limits::check(world, &place, &limits::SUBNETS, present + 1)?;
    let id = make(call, world, &SUBNET, (first_facts((vpc_id, &zone), block, false), "subnet"))?;
    acl::associate_default(world, &place, (vpc_id, &id));
    let mut output = shown(call, world, (&SUBNET, &id), "Subnet")?;
    if let Some(subnet) = output
        .as_object_mut()
        .and_then(|output| output.get_mut("Subnet"))
        .and_then(Value::as_object_mut)
    {
        subnet.insert("AvailableIpAddressCount", cidr::usable(block));
    }
    Ok(output)
}

/// The zone asked for, or the first.
fn zone_wanted(call: &Call) -> Result<String, Failure> {
    let zones = ["a", "b", "c"].map(|letter| format!("{}{letter}", call.region));
    let wrong = |given: &str| {
        let message = format!(
            "Value ({given}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: {}.",
            zones.join(", ")
        );
        Failure::new("InvalidParameterValue", message)
    };
    let find = |given: &str, name: fn(&str) -> String| {
        zones.iter().find(|zone| name(zone) == given).cloned().ok_or_else(|| wrong(given))
    };
    match (call.text("AvailabilityZone"), call.text("AvailabilityZoneId")) {
        (Some(zone), _) => find(zone, str::to_owned),
        (None, Some(id)) => find(id, zone_id),
        (None, None) => zones.first().cloned().ok_or_else(|| wrong("")),
    }
}

fn first_facts((vpc, zone): (&str, &str), block: Ipv4Net, default: bool) -> Object {
    object!(
        "AssignIpv6AddressOnCreation": false,
        "AvailabilityZone": (zone),
        "AvailabilityZoneId": (zone_id(zone)),
        "CidrBlock": (block.to_string()),
        "DefaultForAz": (default),
        "EnableDns64": false,
        "Ipv6CidrBlockAssociationSet": [],
        "Ipv6Native": false,
        "MapCustomerOwnedIpOnLaunch": false,
        "MapPublicIpOnLaunch": (default),
        "PrivateDnsNameOptionsOnLaunch": {
            "EnableResourceNameDnsAAAARecord": false,
            "EnableResourceNameDnsARecord": false,
            "HostnameType": "ip-name",
        },
        "State": "available",
        "VpcId": (vpc),
    )
}

/// Makes the default subnet of a zone.
pub(super) fn make_default(
    world: &mut World,
    place: &Place,
    (vpc, zone, number): (&str, &str, usize),
) -> Result<String, Failure> {
    let text = format!("172.31.{}.0/20", number.saturating_mul(16).min(240));
    let block = cidr::parse(&text).ok_or_else(|| vpc::malformed(&text))?;
    let id = super::make::new_id(world, SUBNET.prefix);
    let described = first_facts((vpc, zone), block, true);
    world.put(
        place.beside(&SUBNET),
        id.clone(),
        Resource::new(facts(described), std::sync::Arc::default()),
    );
    acl::associate_default(world, place, (vpc, &id));
    Ok(id)
}

pub(super) fn create_default(call: &Call, world: &mut World) -> Answer {
    let zone = call.required("AvailabilityZone")?.to_owned();
    let place = call.place(&SUBNET);
    let vpc = vpc::default_of(world, &place).ok_or_else(no_default_vpc)?;
    if any(world, &place, &SUBNET, |one| {
        one.fact("AvailabilityZone") == Some(&zone) && is_default(one)
    }) {
        let message = format!(
            "A default subnet already exists for this account in availability zone {zone}."
        );
        return Err(Failure::new("DefaultSubnetAlreadyExistsInAvailabilityZone", message));
    }
    let number = zone.bytes().last().map_or(0, |letter| usize::from(letter.saturating_sub(b'a')));
    zone_wanted(call)?;
    let id = make_default(world, &place, (&vpc, &zone, number))?;
    shown(call, world, (&SUBNET, &id), "Subnet")
}

/// There is no default VPC to make something in.
pub(super) fn no_default_vpc() -> Failure {
    let message = "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.";
    Failure::new("VPCIdNotSpecified", message)
}

fn is_default(subnet: &Resource) -> bool {
    subnet.flag("DefaultForAz")
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let mut output = Action::List(&LIST).perform(call, world)?;
    let taken = taken_everywhere(world, &call.place(&SUBNET));
    let subnets = output.as_object_mut().and_then(|output| output.get_mut("Subnets"));
    if let Some(Value::List(subnets)) = subnets {
        for subnet in subnets.iter_mut().filter_map(Value::as_object_mut) {
            let id = subnet.text("SubnetId");
            let used = taken.get(id).map_or(0, BTreeSet::len);
            let block = subnet.get("CidrBlock").and_then(Value::as_str).and_then(cidr::parse);
            let usable = block.map_or(0, cidr::usable);
            subnet
                .insert("AvailableIpAddressCount", usable - i64::try_from(used).unwrap_or(usable));
        }
    }
    Ok(output)
}

/// The addresses that somebody has, by subnet.
fn taken_everywhere(world: &World, place: &Place) -> BTreeMap<String, BTreeSet<Ipv4Addr>> {
    let mut taken: BTreeMap<String, BTreeSet<Ipv4Addr>> = BTreeMap::new();
    let mut add = |subnet: Option<&str>, address: Option<&str>| {
        if let (Some(subnet), Some(Ok(address))) = (subnet, address.map(str::parse)) {
            taken.entry(subnet.to_owned()).or_default().insert(address);
        }
    };
    for interface in world.shelf(&place.beside(&interface::INTERFACE)).values() {
        for address in interface.list("PrivateIpAddresses") {
            add(
                interface.fact("SubnetId"),
                address.get("PrivateIpAddress").and_then(Value::as_str),
            );
        }
    }
    for instance in world.shelf(&place.beside(&INSTANCE)).values() {
        if instance.fact("State.Name") != Some("terminated") {
            add(instance.fact("SubnetId"), instance.fact("PrivateIpAddress"));
        }
    }
    taken
}

/// An address of a subnet that nobody has: this one, if one is wanted.
pub(crate) fn allocate(
    world: &World,
    place: &Place,
    (subnet, wanted): (&str, Option<&str>),
) -> Result<String, Failure> {
    let found =
        world.get(&place.beside(&SUBNET), subnet).ok_or_else(|| SUBNET.missing.failure(subnet))?;
    let block = found
        .fact("CidrBlock")
        .and_then(cidr::parse)
        .ok_or_else(|| SUBNET.missing.failure(subnet))?;
    let taken = taken_everywhere(world, place).remove(subnet).unwrap_or_default();
    let Some(wanted) = wanted else {
        let free = cidr::next_free(block, &taken).ok_or_else(|| {
            let message = format!("There are not enough free addresses in subnet '{subnet}' to satisfy the requested number of instances.");
            Failure::new("InsufficientFreeAddressesInSubnet", message)
        })?;
        return Ok(free.to_string());
    };
    let invalid = |message: String| Failure::new("InvalidParameterValue", message);
    let address: Ipv4Addr =
        wanted.parse().map_err(|_| invalid(format!("Invalid IPv4 address: {wanted}")))?;
    if !block.contains(&address) {
        return Err(invalid(format!(
            "Address {wanted} does not fall within the subnet's address range"
        )));
    }
    if cidr::is_reserved(block, address) {
        return Err(invalid(format!("Address {wanted} is in subnet's reserved address range")));
    }
    if taken.contains(&address) {
        return Err(Failure::new("InvalidIPAddress.InUse", format!("Address {wanted} is in use.")));
    }
    Ok(wanted.to_owned())
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("SubnetId")?;
    call.find(world, &SUBNET, id)?;
    let place = call.place(&SUBNET);
    let here = |one: &Resource| one.fact("SubnetId") == Some(id);
    let used = any(world, &place, &interface::INTERFACE, here)
        || any(world, &place, &INSTANCE, |one| {
            here(one) && one.fact("State.Name") != Some("terminated")
        })
        || any(world, &place, &nat::NAT_GATEWAY, |one| {
            here(one) && one.fact("State") != Some("deleted")
        })
        || any(world, &place, &endpoint::ENDPOINT, |one| {
            let subnets = one.list("SubnetIds");
            subnets.iter().any(|subnet| subnet.as_str() == Some(id))
                && one.fact("State") != Some("deleted")
        });
    if used {
        return Err(in_use(format!("The subnet '{id}' has dependencies and cannot be deleted.")));
    }
    super::route_table::forget_subnet(world, &place, id);
    acl::forget_subnet(world, &place, id);
    world.remove(&place, id);
    Ok(Value::object())
}

/// What `ModifySubnetAttribute` changes.
const ATTRIBUTES: [(&str, &str); 3] = [
    ("MapPublicIpOnLaunch", "MapPublicIpOnLaunch"),
    ("EnableDns64", "EnableDns64"),
    ("AssignIpv6AddressOnCreation", "AssignIpv6AddressOnCreation"),
];

pub(super) fn modify_attribute(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &[
            "MapCustomerOwnedIpOnLaunch",
            "CustomerOwnedIpv4Pool",
            "EnableLniAtDeviceIndex",
            "DisableLniAtDeviceIndex",
        ],
    )?;
    let id = call.required("SubnetId")?;
    call.find(world, &SUBNET, id)?;
    let place = call.place(&SUBNET);
    for (member, fact) in ATTRIBUTES {
        if let Some(wanted) = call.input.get(member).and_then(|value| value.get("Value")?.as_bool())
        {
            world.set(&place, id, fact, wanted);
        }
    }
    let options = [
        ("PrivateDnsHostnameTypeOnLaunch", "HostnameType"),
        ("EnableResourceNameDnsARecordOnLaunch", "EnableResourceNameDnsARecord"),
        ("EnableResourceNameDnsAAAARecordOnLaunch", "EnableResourceNameDnsAAAARecord"),
    ];
    for (member, option) in options {
        let Some(given) = call.input.get(member) else { continue };
        let wanted = given.get("Value").unwrap_or(given).clone();
        world.change(&place, id, |facts| {
            let mut all =
                facts.get("PrivateDnsNameOptionsOnLaunch").cloned().unwrap_or_else(Value::object);
            if let Some(all) = all.as_object_mut() {
                all.insert(option, wanted);
            }
            facts.insert("PrivateDnsNameOptionsOnLaunch", all);
        });
    }
    Ok(Value::object())
}

/// An address that the Internet sees, always the same for the same thing.
pub(super) fn public_address(of: &str) -> String {
    let digits = hex_digest(of, 6);
    let octet = |from: usize| {
        digits.get(from..from + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(1)
    };
    format!("52.{}.{}.{}", 16 + octet(0) % 64, octet(2), octet(4).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_ids() {
        for (zone, id) in [
            ("eu-west-1a", "euw1-az1"),
            ("us-east-1c", "use1-az3"),
            ("ap-southeast-2b", "aps2-az2"),
        ] {
            assert_eq!(zone_id(zone), id);
        }
    }
}
