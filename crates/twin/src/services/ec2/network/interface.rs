//! Network interfaces: those that users make, those that AWS makes for its services, and the ones of instances.
//!
//! Instances that were put into the world without being launched have an interface all the same: it is derived from what
//! they say of themselves.

use std::{collections::BTreeSet, sync::Arc};

use reeve_model::{Object, Value};

use super::{
    cidr, group,
    make::{done, make, new_id, refuse, shown},
    subnet::{self, SUBNET},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    filter::{Filter, FilterPath, Filters},
    kind::{Definition, Identity, Kind, Missing, TagForm},
    services::ec2::{PAGES, compute::INSTANCE},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::NetworkInterface`.
pub(crate) static INTERFACE: Definition = Definition {
    resource_type: "AWS::EC2::NetworkInterface",
    tagging_type: "ec2:network-interface",
    arn: "arn:{partition}:ec2:{region}:{account}:network-interface/{id}",
    prefix: "eni-",
    identity: &[("NetworkInterfaceId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("TagSet"),
    missing: Missing::new(
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID '{id}' does not exist",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 21] = [
    ("network-interface-id", ""),
    ("addresses.private-ip-address", "PrivateIpAddresses.PrivateIpAddress"),
    ("association.public-ip", "Association.PublicIp"),
    ("association.allocation-id", "Association.AllocationId"),
    ("attachment.attachment-id", "Attachment.AttachmentId"),
    ("attachment.instance-id", "Attachment.InstanceId"),
    ("attachment.status", "Attachment.Status"),
    ("attachment.device-index", "Attachment.DeviceIndex"),
    ("availability-zone", "AvailabilityZone"),
    ("description", "Description"),
    ("group-id", "Groups.GroupId"),
    ("group-name", "Groups.GroupName"),
    ("interface-type", "InterfaceType"),
    ("mac-address", "MacAddress"),
    ("owner-id", "OwnerId"),
    ("private-ip-address", "PrivateIpAddress"),
    ("requester-id", "RequesterId"),
    ("requester-managed", "RequesterManaged"),
    ("status", "Status"),
    ("subnet-id", "SubnetId"),
    ("vpc-id", "VpcId"),
];

/// The id of the primary interface of an instance that was not launched but put into the world.
fn id_for(instance: &str) -> String {
    format!("eni-{}", hex_digest(&format!("{instance}/eni"), 17))
}

/// The primary interface of an instance: what it was launched with, or else the one that is derived from it.
pub(super) fn primary_of(world: &World, place: &Place, instance: &str) -> String {
    let shelf = world.shelf(&place.beside(&INTERFACE));
    let primary = shelf.iter().find(|(_, one)| {
        one.fact("Attachment.InstanceId") == Some(instance)
            && one.value("Attachment.DeviceIndex").and_then(Value::as_i64) == Some(0)
    });
    primary.map_or_else(|| id_for(instance), |(id, _)| id.clone())
}

/// The instance whose derived interface this is.
pub(super) fn of_instance<'w>(
    world: &'w World,
    place: &Place,
    eni: &str,
) -> Option<(String, &'w Resource)> {
    if world.get(&place.beside(&INTERFACE), eni).is_some() {
        return None;
    }
    let shelf = world.shelf(&place.beside(&INSTANCE));
    let found = shelf
        .iter()
        .find(|(id, one)| one.fact("State.Name") != Some("terminated") && id_for(id) == eni);
    let (id, instance) = found?;
    (primary_of(world, place, id) == eni).then(|| (id.clone(), instance))
}

/// The primary interface of an instance, as it is described.
fn derived(place: &Place, id: &str, instance: &Resource) -> Option<(String, Resource)> {
    let (subnet, address) = (instance.fact("SubnetId")?, instance.fact("PrivateIpAddress")?);
    if instance.fact("State.Name") == Some("terminated") {
        return None;
    }
    let eni = id_for(id);
    let launched = instance.value("LaunchTime").cloned().unwrap_or_default();
    let mut addresses = object!(
        "Primary": true,
        "PrivateDnsName": (cidr::private_name(address, place.region.as_str())),
        "PrivateIpAddress": (address),
    );
    let mut described = object!(
        "Attachment": {
            "AttachTime": (launched),
            "AttachmentId": (format!("eni-attach-{}", hex_digest(&eni, 17))),
            "DeleteOnTermination": true,
            "DeviceIndex": 0,
            "InstanceId": (id),
            "InstanceOwnerId": (place.account.as_str()),
            "NetworkCardIndex": 0,
            "Status": "attached",
        },
        "AvailabilityZone": (instance.fact("Placement.AvailabilityZone").unwrap_or_default()),
        "Description": "",
        "Groups": (instance.value("SecurityGroups").cloned().unwrap_or(Value::List(Vec::new()))),
        "InterfaceType": "interface",
        "MacAddress": (mac_address(&eni)),
        "PrivateDnsName": (cidr::private_name(address, place.region.as_str())),
        "PrivateIpAddress": (address),
        "RequesterManaged": false,
        "SourceDestCheck": (instance.value("SourceDestCheck").and_then(Value::as_bool).unwrap_or(true)),
        "Status": "in-use",
        "SubnetId": (subnet),
        "VpcId": (instance.fact("VpcId").unwrap_or_default()),
    );
    if let Some(public) = instance.fact("PublicIpAddress") {
        let association = value!({
            "IpOwnerId": "amazon",
            "PublicDnsName": (cidr::public_name(public, place.region.as_str())),
            "PublicIp": (public),
        });
        addresses.insert("Association", association.clone());
        described.insert("Association", association);
    }
    described.insert("PrivateIpAddresses", vec![Value::from(addresses)]);
    Some((eni, Resource::new(facts(described), Arc::default())))
}

/// A hardware address that always belongs to the same interface.
fn mac_address(eni: &str) -> String {
    let digits = hex_digest(eni, 10);
    let pairs = (0..5).filter_map(|pair| digits.get(pair * 2..pair * 2 + 2));
    format!("02:{}", pairs.collect::<Vec<_>>().join(":"))
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let filter: Filter = Filters::Named("Filters", &FILTERS).read(call)?;
    let place = call.place(&INTERFACE);
    let mut all: Vec<(String, Resource)> =
        world.shelf(&place).iter().map(|(id, one)| (id.clone(), one.clone())).collect();
    let instances = world.shelf(&place.beside(&INSTANCE)).iter();
    let attached: BTreeSet<String> = all
        .iter()
        .filter_map(|(_, one)| one.fact("Attachment.InstanceId").map(str::to_owned))
        .collect();
    let without = instances.filter(|(id, _)| !attached.contains(*id));
    all.extend(without.filter_map(|(id, one)| derived(&place, id, one)));
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let wanted = call.texts("NetworkInterfaceIds");
    if let Some(missing) = wanted.iter().find(|id| !all.iter().any(|(own, _)| own == *id)) {
        return Err(INTERFACE.missing.failure(missing));
    }
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let mut rest = all.iter().filter(|(id, one)| {
        (wanted.is_empty() || wanted.contains(&id.as_str()))
            && start.as_ref().is_none_or(|start| id > start)
            && filter.holds(id, one)
    });
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let last = page.last().map(|(id, _)| id.as_str()).filter(|_| rest.next().is_some());
    let shown: Value =
        page.iter().map(|(id, one)| Value::from(place.describe(&INTERFACE, id, one))).collect();
    Ok(call.fit(PAGES.finish(call, Object::from_iter([("NetworkInterfaces", shown)]), last)))
}

/// What AWS wants an interface for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requested<'r> {
    pub(crate) subnet: &'r str,
    pub(crate) address: &'r str,
    pub(crate) description: &'r str,
    /// Its type: `nat_gateway`, `vpc_endpoint`, `interface`.
    pub(crate) kind: &'r str,
    pub(crate) groups: &'r [String],
}

/// Makes an interface for a service of AWS; its id.
pub(crate) fn make_for_aws(
    world: &mut World,
    place: &Place,
    wanted: &Requested<'_>,
) -> Result<String, Failure> {
    let mut described = first_facts(world, place, wanted)?;
    described.insert("RequesterManaged", true);
    described.insert("RequesterId", "amazon-elb");
    described.insert("Status", "in-use");
    described.insert(
        "Attachment",
        value!({
            "AttachmentId": (new_id(world, "eni-attach-")),
            "DeleteOnTermination": false,
            "DeviceIndex": 1,
            "InstanceOwnerId": "amazon-aws",
            "Status": "attached",
        }),
    );
    let id = new_id(world, INTERFACE.prefix);
    world.put(
        place.beside(&INTERFACE),
        id.clone(),
        Resource::new(facts(described), Arc::default()),
    );
    Ok(id)
}

/// Takes an interface that AWS made away.
pub(crate) fn drop(world: &mut World, place: &Place, eni: &str) {
    world.remove(&place.beside(&INTERFACE), eni);
}

fn first_facts(world: &World, place: &Place, wanted: &Requested<'_>) -> Result<Object, Failure> {
    let subnet = world
        .get(&place.beside(&SUBNET), wanted.subnet)
        .ok_or_else(|| SUBNET.missing.failure(wanted.subnet))?;
    let text = |path: &str| subnet.fact(path).unwrap_or_default();
    let name = cidr::private_name(wanted.address, place.region.as_str());
    Ok(object!(
        "AvailabilityZone": (text("AvailabilityZone")),
        "Description": (wanted.description),
        "Groups": (shown_groups(world, place, wanted.groups)),
        "InterfaceType": (wanted.kind),
        "MacAddress": (mac_address(&format!("{}/{}", wanted.subnet, wanted.address))),
        "PrivateDnsName": (name.as_str()),
        "PrivateIpAddress": (wanted.address),
        "PrivateIpAddresses": [{
            "Primary": true,
            "PrivateDnsName": (name.as_str()),
            "PrivateIpAddress": (wanted.address),
        }],
        "RequesterManaged": false,
        "SourceDestCheck": true,
        "Status": "available",
        "SubnetId": (wanted.subnet),
        "VpcId": (text("VpcId")),
    ))
}

/// Groups as interfaces and instances show them.
pub(crate) fn shown_groups(world: &World, place: &Place, groups: &[String]) -> Value {
    let shown = groups.iter().map(|id| {
        let found = world.get(&place.beside(&group::GROUP), id);
        let name = found.and_then(|group| group.fact("GroupName")).unwrap_or_default();
        value!({"GroupId": (id), "GroupName": (name)})
    });
    shown.collect()
}

/// Groups that exist and are in the VPC; the VPC's default group if none are named.
pub(crate) fn groups_in(
    world: &World,
    place: &Place,
    (vpc, wanted): (&str, &[&str]),
) -> Result<Vec<String>, Failure> {
    if wanted.is_empty() {
        return Ok(group::default_of(world, place, vpc).into_iter().collect());
    }
    let mut groups = Vec::new();
    for id in wanted {
        let found = world
            .get(&place.beside(&group::GROUP), id)
            .ok_or_else(|| group::GROUP.missing.failure(id))?;
        if found.fact("VpcId") != Some(vpc) {
            let message = format!(
                "You have specified two resources that belong to different networks: {id} is not in {vpc}."
            );
            return Err(Failure::new("InvalidParameterValue", message));
        }
        groups.push((*id).to_owned());
    }
    Ok(groups)
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &[
            "Ipv6AddressCount",
            "Ipv6Addresses",
            "Ipv4Prefixes",
            "Ipv4PrefixCount",
            "Ipv6Prefixes",
            "InterfaceType",
            "PrivateIpAddresses",
            "SecondaryPrivateIpAddressCount",
        ],
    )?;
    let subnet = call.required("SubnetId")?;
    let vpc = call.find(world, &SUBNET, subnet)?.fact("VpcId").unwrap_or_default().to_owned();
    let place = call.place(&INTERFACE);
    let groups = groups_in(world, &place, (&vpc, &call.texts("Groups")))?;
    let address = subnet::allocate(world, &place, (subnet, call.text("PrivateIpAddress")))?;
    let description = call.text("Description").unwrap_or_default();
    let wanted =
        Requested { subnet, address: &address, description, kind: "interface", groups: &groups };
    let facts = first_facts(world, &place, &wanted)?;
    let id = make(call, world, &INTERFACE, (facts, "network-interface"))?;
    shown(call, world, (&INTERFACE, &id), "NetworkInterface")
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NetworkInterfaceId")?;
    let place = call.place(&INTERFACE);
    let derived = of_instance(world, &place, id).is_some();
    let found = world.get(&place, id);
    if derived || found.is_some_and(|one| one.fact("Status") == Some("in-use")) {
        let message = format!("Network interface '{id}' is currently in use.");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    call.find(world, &INTERFACE, id)?;
    super::address::unbind_from(world, &place, id);
    world.remove(&place, id);
    Ok(Value::object())
}

pub(super) fn attach(call: &Call, world: &mut World) -> Answer {
    let (id, instance) = (call.required("NetworkInterfaceId")?, call.required("InstanceId")?);
    let found = call.find(world, &INTERFACE, id)?;
    if found.fact("Status") == Some("in-use") {
        return Err(Failure::new("InvalidParameterValue", format!("Interface: [{id}] in use.")));
    }
    let target = call.find(world, &INSTANCE, instance)?;
    if target.fact("Placement.AvailabilityZone") != found.fact("AvailabilityZone") {
        let message = format!(
            "You may not attach a network interface to an instance if they are not in the same availability zone: {instance}"
        );
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let attachment = new_id(world, "eni-attach-");
    let made = value!({
        "AttachTime": (call.now),
        "AttachmentId": (attachment.as_str()),
        "DeleteOnTermination": false,
        "DeviceIndex": (call.integer("DeviceIndex").unwrap_or(1)),
        "InstanceId": (instance),
        "InstanceOwnerId": (call.account().as_str()),
        "NetworkCardIndex": (call.integer("NetworkCardIndex").unwrap_or(0)),
        "Status": "attached",
    });
    world.change(&call.place(&INTERFACE), id, |facts| {
        facts.insert("Attachment", made);
        facts.insert("Status", "in-use");
    });
    Ok(call.fit(value!({"AttachmentId": (attachment), "NetworkCardIndex": 0})))
}

pub(super) fn detach(call: &Call, world: &mut World) -> Answer {
    let attachment = call.required("AttachmentId")?;
    let place = call.place(&INTERFACE);
    let fits = |one: &Resource| one.fact("Attachment.AttachmentId") == Some(attachment);
    let found = super::make::fitting(world, &place, &INTERFACE, fits).into_iter().next();
    let id = found.ok_or_else(|| {
        let message = format!("The networkInterface attachment ID '{attachment}' does not exist");
        Failure::new("InvalidAttachmentID.NotFound", message)
    })?;
    // What is deleted with its instance gives its address back.
    let ends = world
        .get(&place, &id)
        .and_then(|one| one.value("Attachment.DeleteOnTermination")?.as_bool());
    if ends == Some(true) && call.caller.invoked_by.is_some() {
        super::address::unbind_from(world, &place, &id);
    }
    world.change(&place, &id, |facts| {
        facts.remove("Attachment");
        facts.insert("Status", "available");
    });
    done(call)
}

pub(super) fn modify_attribute(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &["EnaSrdSpecification", "ConnectionTrackingSpecification", "AssociatePublicIpAddress"],
    )?;
    let id = call.required("NetworkInterfaceId")?;
    let place = call.place(&INTERFACE);
    let owner = of_instance(world, &place, id)
        .map(|(instance, found)| (instance, found.fact("VpcId").unwrap_or_default().to_owned()));
    let (kind, target, vpc): (Kind, String, String) = match owner {
        Some((instance, vpc)) => (&INSTANCE, instance, vpc),
        None => {
            let found = call.find(world, &INTERFACE, id)?;
            (&INTERFACE, id.to_owned(), found.fact("VpcId").unwrap_or_default().to_owned())
        }
    };
    let wanted = call.texts("Groups");
    let groups = if wanted.is_empty() {
        None
    } else {
        Some(shown_groups(world, &place, &groups_in(world, &place, (&vpc, &wanted))?))
    };
    let check = call.input.get("SourceDestCheck").and_then(|value| value.get("Value")?.as_bool());
    let description = call.input.get("Description").and_then(|value| value.get("Value").cloned());
    let delete = call.input.path("Attachment.DeleteOnTermination").and_then(Value::as_bool);
    world.change(&place.beside(kind), &target, |facts| {
        if let Some(groups) = groups {
            facts.insert(if kind == &INSTANCE { "SecurityGroups" } else { "Groups" }, groups);
        }
        if let Some(check) = check {
            facts.insert("SourceDestCheck", check);
        }
        if let Some(description) = description.filter(|_| kind == &INTERFACE) {
            facts.insert("Description", description);
        }
        if let (Some(delete), Some(attachment)) =
            (delete, facts.get_mut("Attachment").and_then(Value::as_object_mut))
        {
            attachment.insert("DeleteOnTermination", delete);
        }
    });
    if kind == &INTERFACE {
        follow(world, &place, id);
    }
    Ok(Value::object())
}

/// An instance is in the groups of its primary interface.
fn follow(world: &mut World, place: &Place, eni: &str) {
    let Some(found) = world.get(place, eni) else { return };
    let primary = found.value("Attachment.DeviceIndex").and_then(Value::as_i64) == Some(0);
    let (groups, check) = (found.value("Groups").cloned(), found.value("SourceDestCheck").cloned());
    if let Some(instance) =
        found.fact("Attachment.InstanceId").filter(|_| primary).map(str::to_owned)
    {
        world.change(&place.beside(&INSTANCE), &instance, |facts| {
            facts.insert("SecurityGroups", groups.unwrap_or_default());
            facts.insert("SourceDestCheck", check.unwrap_or_default());
        });
    }
}

pub(super) fn describe_attribute(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NetworkInterfaceId")?;
    let place = call.place(&INTERFACE);
    let stored = world.get(&place, id).cloned();
    let found = stored.or_else(|| {
        let (instance, found) = of_instance(world, &place, id)?;
        derived(&place, &instance, found).map(|(_, derived)| derived)
    });
    let found = found.ok_or_else(|| INTERFACE.missing.failure(id))?;
    let mut output = object!("NetworkInterfaceId": (id));
    let fact = |name: &str| found.value(name).cloned().unwrap_or_default();
    match call.text("Attribute").unwrap_or_default() {
        "description" => output.insert("Description", value!({"Value": (fact("Description"))})),
        "groupSet" => output.insert("Groups", fact("Groups")),
        "sourceDestCheck" => {
            output.insert("SourceDestCheck", value!({"Value": (fact("SourceDestCheck"))}))
        }
        "attachment" => output.insert("Attachment", fact("Attachment")),
        other => {
            return Err(call.invalid(format!(
                "Value ({other}) for parameter attribute is invalid. Unknown attribute."
            )));
        }
    };
    Ok(call.fit(output.into()))
}

pub(super) fn assign_addresses(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["Ipv4Prefixes", "Ipv4PrefixCount"])?;
    let id = call.required("NetworkInterfaceId")?;
    let place = call.place(&INTERFACE);
    let subnet = call.find(world, &INTERFACE, id)?.fact("SubnetId").unwrap_or_default().to_owned();
    let mut wanted: Vec<Option<String>> =
        call.texts("PrivateIpAddresses").into_iter().map(|text| Some(text.to_owned())).collect();
    let count = call
        .integer("SecondaryPrivateIpAddressCount")
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(0);
    wanted.extend(std::iter::repeat_n(None, count.min(50)));
    let mut assigned = Vec::new();
    for wanted in wanted {
        let address = subnet::allocate(world, &place, (&subnet, wanted.as_deref()))?;
        let name = cidr::private_name(&address, place.region.as_str());
        let entry = value!({"Primary": false, "PrivateDnsName": (name), "PrivateIpAddress": (address.as_str())});
        world.change(&place, id, |facts| super::vpc::push(facts, "PrivateIpAddresses", entry));
        assigned.push(value!({"PrivateIpAddress": (address)}));
    }
    Ok(call.fit(value!({"NetworkInterfaceId": (id), "AssignedPrivateIpAddresses": (assigned)})))
}

pub(super) fn unassign_addresses(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NetworkInterfaceId")?;
    call.find(world, &INTERFACE, id)?;
    let wanted = call.texts("PrivateIpAddresses");
    world.change(&call.place(&INTERFACE), id, |facts| {
        super::vpc::retain(facts, "PrivateIpAddresses", |one| {
            let address = one.text("PrivateIpAddress");
            one.flag("Primary") || !wanted.contains(&address)
        });
    });
    Ok(Value::object())
}
