//! Where an instance lands: its subnet, security groups, network interface and addresses.
//!
//! Interfaces belong to the network part; this file asks for one when an instance is launched and gives it back when it
//! ends.

use reeve_model::{Object, Value};

use super::{
    support::{list, part, text, texts, truth, unsupported, value as at},
    zones,
};
use crate::{
    call::Call,
    failure::Failure,
    kind::{self, Kind},
    services::ec2::network::address,
    store::Place,
    value::{object, value},
    world::{Origin, World},
};

const BY: &str = "ec2.amazonaws.com";

/// Where an instance is to be.
#[derive(Debug, Clone)]
pub(super) struct Landing {
    pub(super) subnet: String,
    pub(super) vpc: String,
    pub(super) zone: String,
    /// Ids of security groups.
    pub(super) groups: Vec<String>,
    /// Whether it gets a public address of its own.
    pub(super) public: bool,
    /// The private address asked for; empty for any.
    pub(super) address: String,
    /// An interface that exists; empty if one is to be made.
    pub(super) interface: String,
    pub(super) delete_interface: bool,
}

/// Where a launch request wants its instances.
pub(super) fn find(call: &Call, world: &World, input: &Object) -> Result<Landing, Failure> {
    let interfaces = list(input, "NetworkInterfaces");
    if interfaces.len() > 1 {
        return Err(unsupported(call, "NetworkInterfaces.2"));
    }
    let empty = Value::object();
    let interface = interfaces.first().unwrap_or(&empty);
    let named = interface.as_object();
    if !interfaces.is_empty() && !text(input, "SubnetId").is_empty() {
        let message = "Network interfaces and an instance-level subnet ID may not be specified on the same request";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let existing = part(interface, "NetworkInterfaceId");
    let mut asked = [text(input, "SubnetId"), part(interface, "SubnetId")]
        .into_iter()
        .find(|subnet| !subnet.is_empty())
        .unwrap_or_default()
        .to_owned();
    let mut groups: Vec<String> =
        texts(input, "SecurityGroupIds").into_iter().map(str::to_owned).collect();
    groups.extend(
        named.map(|i| texts(i, "Groups")).unwrap_or_default().into_iter().map(str::to_owned),
    );
    if !existing.is_empty() {
        let found = look(call, world, "AWS::EC2::NetworkInterface", existing)?;
        if text(&found, "Status") != "available" {
            let message = format!("Interface: [{existing}] in use.");
            return Err(Failure::new("InvalidNetworkInterface.InUse", message));
        }
        text(&found, "SubnetId").clone_into(&mut asked);
        groups =
            list(&found, "Groups").iter().map(|group| part(group, "GroupId").to_owned()).collect();
    }
    let zone = text(input, "Placement.AvailabilityZone");
    let subnet = match asked.as_str() {
        "" => default_subnet(call, world, zone)?,
        id => look(call, world, "AWS::EC2::Subnet", id)?,
    };
    let subnet_zone = text(&subnet, "AvailabilityZone");
    if !zone.is_empty() && zone != subnet_zone {
        let message = format!(
            "The parameter availabilityZone ({zone}) does not match the zone of the subnet ({subnet_zone})"
        );
        return Err(call.invalid(message));
    }
    let vpc = text(&subnet, "VpcId").to_owned();
    groups.extend(named_groups(call, world, &vpc, &texts(input, "SecurityGroups"))?);
    let groups = checked_groups(call, world, (&vpc, groups))?;
    let associate = interface.get("AssociatePublicIpAddress").and_then(Value::as_bool);
    let address = [text(input, "PrivateIpAddress"), part(interface, "PrivateIpAddress")];
    Ok(Landing {
        subnet: text(&subnet, "SubnetId").to_owned(),
        vpc,
        zone: subnet_zone.to_owned(),
        groups,
        public: associate.or_else(|| truth(&subnet, "MapPublicIpOnLaunch")).unwrap_or(false),
        address: address.into_iter().find(|a| !a.is_empty()).unwrap_or_default().to_owned(),
        interface: existing.to_owned(),
        delete_interface: interface
            .get("DeleteOnTermination")
            .and_then(Value::as_bool)
            .unwrap_or(existing.is_empty()),
    })
}

fn kind_of(call: &Call, resource_type: &str) -> Result<Kind, Failure> {
    kind::named(resource_type).ok_or_else(|| unsupported(call, resource_type))
}

/// A resource of the network as it is described.
fn look(call: &Call, world: &World, resource_type: &str, id: &str) -> Result<Object, Failure> {
    let kind = kind_of(call, resource_type)?;
    let place = call.place(kind);
    let found = call.find(world, kind, id)?;
    Ok(place.describe(kind, id, found))
}

fn default_subnet(call: &Call, world: &World, zone: &str) -> Result<Object, Failure> {
    let kind = kind_of(call, "AWS::EC2::Subnet")?;
    let place = call.place(kind);
    let subnet = world.shelf(&place).iter().find(|(_, subnet)| {
        truth(&subnet.facts, "DefaultForAz") == Some(true)
            && (zone.is_empty() || text(&subnet.facts, "AvailabilityZone") == zone)
    });
    let (id, subnet) = subnet.ok_or_else(|| {
        let message = "No subnets found for the default VPC. Please specify a subnet.";
        Failure::new("MissingInput", message)
    })?;
    Ok(place.describe(kind, id, subnet))
}

fn named_groups(
    call: &Call,
    world: &World,
    vpc: &str,
    names: &[&str],
) -> Result<Vec<String>, Failure> {
    let kind = kind_of(call, "AWS::EC2::SecurityGroup")?;
    let shelf = world.shelf(&call.place(kind));
    let mut ids = Vec::new();
    for name in names {
        let known = shelf.iter().find(|(_, group)| {
            text(&group.facts, "GroupName") == *name && text(&group.facts, "VpcId") == vpc
        });
        let (id, _) = known.ok_or_else(|| {
            let message = format!("The security group '{name}' does not exist in VPC '{vpc}'");
            Failure::new("InvalidGroup.NotFound", message)
        })?;
        ids.push(id.clone());
    }
    Ok(ids)
}

fn checked_groups(
    call: &Call,
    world: &World,
    (vpc, groups): (&str, Vec<String>),
) -> Result<Vec<String>, Failure> {
    if groups.is_empty() {
        return named_groups(call, world, vpc, &["default"]);
    }
    for id in &groups {
        let group = look(call, world, "AWS::EC2::SecurityGroup", id)?;
        if text(&group, "VpcId") != vpc {
            let message = "Security group and subnet belong to different networks.".to_owned();
            return Err(Failure::new("InvalidParameter", message));
        }
    }
    Ok(groups)
}

/// Gives a new instance its interface and addresses.
pub(super) fn land(
    call: &Call,
    world: &mut World,
    (place, id): (&Place, &str),
    landing: &Landing,
) -> Result<(), Failure> {
    let origin = Origin::at(place, BY);
    let interface = if landing.interface.is_empty() {
        let mut input = object! {
            "SubnetId": (landing.subnet.as_str()),
            "Groups": (landing.groups.iter().map(Value::from).collect::<Value>()),
            "Description": "",
        };
        if !landing.address.is_empty() {
            input.insert("PrivateIpAddress", landing.address.as_str());
        }
        let made = world.call(&origin, "ec2", "CreateNetworkInterface", input)?;
        part(&made, "NetworkInterface.NetworkInterfaceId").to_owned()
    } else {
        landing.interface.clone()
    };
    let groups: Value = landing
        .groups
        .iter()
        .map(|group| {
            let name = look(call, world, "AWS::EC2::SecurityGroup", group);
            let name = name.map(|group| text(&group, "GroupName").to_owned()).unwrap_or_default();
            value!({"GroupId": group, "GroupName": name})
        })
        .collect();
    world.change(place, id, |facts| {
        facts.insert("SecurityGroups", groups);
        facts.insert("SubnetId", landing.subnet.as_str());
        facts.insert("VpcId", landing.vpc.as_str());
    });
    world.change_inside(place, id, |inside| {
        inside.insert("PublicAddress", landing.public);
        inside.insert("Interface", interface.as_str());
    });
    let input = object! {
        "NetworkInterfaceId": (interface.as_str()),
        "InstanceId": id,
        "DeviceIndex": 0,
    };
    world.call(&origin, "ec2", "AttachNetworkInterface", input)?;
    let attached =
        world.get(&place.beside(kind_of(call, "AWS::EC2::NetworkInterface")?), &interface);
    let attached = attached.map(|found| found.facts.clone()).unwrap_or_default();
    if landing.delete_interface
        && let Some(attachment) = at(&attached, "Attachment.AttachmentId").and_then(Value::as_str)
    {
        let input = object! {
            "NetworkInterfaceId": (interface.as_str()),
            "Attachment": {"AttachmentId": attachment, "DeleteOnTermination": true},
        };
        world.call(&origin, "ec2", "ModifyNetworkInterfaceAttribute", input)?;
    }
    let address = text(&attached, "PrivateIpAddress").to_owned();
    let shown = shown_interface(world, place, &interface);
    world.change(place, id, |facts| {
        facts.insert("NetworkInterfaces", value!([shown]));
        let name = private_name(place, &address);
        facts.insert("PrivateIpAddress", address);
        facts.insert("PrivateDnsName", name);
        facts.insert("PublicDnsName", "");
    });
    give_address(world, place, id);
    Ok(())
}

/// An interface as its instance shows it.
fn shown_interface(world: &World, place: &Place, id: &str) -> Object {
    const SHOWN: [&str; 14] = [
        "Attachment",
        "Description",
        "Groups",
        "InterfaceType",
        "MacAddress",
        "NetworkInterfaceId",
        "OwnerId",
        "PrivateDnsName",
        "PrivateIpAddress",
        "PrivateIpAddresses",
        "SourceDestCheck",
        "Status",
        "SubnetId",
        "VpcId",
    ];
    let Some(kind) = kind::named("AWS::EC2::NetworkInterface") else { return Object::new() };
    let shelf = place.beside(kind);
    let Some(found) = world.get(&shelf, id) else { return Object::new() };
    let described = place.describe(kind, id, found);
    let mut shown: Object =
        SHOWN.iter().filter_map(|member| Some((*member, described.get(member)?.clone()))).collect();
    if let Some(attachment) = shown.get_mut("Attachment").and_then(Value::as_object_mut) {
        attachment.remove("InstanceId");
        attachment.remove("InstanceOwnerId");
    }
    shown.insert("Ipv6Addresses", Value::List(Vec::new()));
    shown
}

/// What an instance's description says of its primary interface, as it is now: groups and public address may have changed.
pub(super) fn renew(facts: &mut Object, owner: &str) {
    let groups = facts.get("SecurityGroups").cloned();
    let check = facts.get("SourceDestCheck").cloned();
    let public = text(facts, "PublicIpAddress").to_owned();
    let name = text(facts, "PublicDnsName").to_owned();
    let first = match facts.get_mut("NetworkInterfaces") {
        Some(Value::List(interfaces)) => interfaces.first_mut(),
        _ => None,
    };
    let Some(first) = first.and_then(Value::as_object_mut) else { return };
    first.insert("Groups", groups.unwrap_or_default());
    first.insert("SourceDestCheck", check.unwrap_or_default());
    if !public.is_empty() {
        let association = value!({"IpOwnerId": owner, "PublicDnsName": name, "PublicIp": public});
        first.insert("Association", association);
    }
}

fn private_name(place: &Place, address: &str) -> String {
    let host = format!("ip-{}", address.replace('.', "-"));
    match place.region.as_str() {
        "us-east-1" => format!("{host}.ec2.internal"),
        region => format!("{host}.{region}.compute.internal"),
    }
}

/// Gives an instance that is about to run its public address, if it is to have one.
pub(super) fn give_address(world: &mut World, place: &Place, id: &str) {
    let Some(instance) = world.get(place, id) else { return };
    let wants = truth(&instance.inside, "PublicAddress") == Some(true);
    if !wants || !text(&instance.facts, "PublicIpAddress").is_empty() {
        return;
    }
    let (third, fourth) = (world.random_between(0, 255), world.random_between(1, 254));
    let second = world.random_between(200, 255);
    let address = format!("3.{second}.{third}.{fourth}");
    let host = format!("ec2-{}", address.replace('.', "-"));
    let name = match place.region.as_str() {
        "us-east-1" => format!("{host}.compute-1.amazonaws.com"),
        region => format!("{host}.{region}.compute.amazonaws.com"),
    };
    world.change(place, id, |facts| {
        facts.insert("PublicIpAddress", address);
        facts.insert("PublicDnsName", name);
    });
}

/// Takes the public address of an instance that has stopped; an Elastic IP address stays.
pub(super) fn release(world: &mut World, place: &Place, id: &str) {
    let own = world
        .get(place, id)
        .is_some_and(|instance| truth(&instance.inside, "PublicAddress") == Some(true));
    if own && !has_elastic_address(world, place, id) {
        world.change(place, id, |facts| {
            facts.remove("PublicIpAddress");
            facts.insert("PublicDnsName", "");
        });
    }
}

/// Whether an Elastic IP address is bound to an instance.
fn has_elastic_address(world: &World, place: &Place, id: &str) -> bool {
    let kind = kind::named("AWS::EC2::EIP");
    kind.is_some_and(|kind| {
        let mut addresses = world.shelf(&place.beside(kind)).values();
        addresses.any(|address| address.fact("InstanceId") == Some(id))
    })
}

/// Gives an instance's interfaces and addresses back.
pub(super) fn leave(world: &mut World, place: &Place, id: &str) {
    address::instance_gone(world, place, id);
    let Some(kind) = kind::named("AWS::EC2::NetworkInterface") else { return };
    let shelf = place.beside(kind);
    let owned: Vec<(String, String, bool)> = world
        .shelf(&shelf)
        .iter()
        .filter(|(_, interface)| interface.fact("Attachment.InstanceId") == Some(id))
        .map(|(interface, found)| {
            let attachment = found.fact("Attachment.AttachmentId").unwrap_or_default();
            let delete = found.value("Attachment.DeleteOnTermination").and_then(Value::as_bool);
            (interface.clone(), attachment.to_owned(), delete.unwrap_or(false))
        })
        .collect();
    let origin = Origin::at(place, BY);
    for (interface, attachment, delete) in owned {
        let input = object! { "AttachmentId": attachment, "Force": true };
        let detached = world.call(&origin, "ec2", "DetachNetworkInterface", input);
        if let Err(failure) = detached {
            tracing::debug!(code = failure.code, interface, "an interface stays attached");
        }
        if delete {
            world.remove(&shelf, &interface);
        }
    }
}

/// The id of the zone an instance lands in.
pub(super) fn zone_id(call: &Call, landing: &Landing) -> String {
    zones::zone_id(&call.region, &landing.zone)
}
