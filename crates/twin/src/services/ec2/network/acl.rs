//! Network ACLs: numbered entries, and the subnets that they guard.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{
    cidr,
    make::{fitting, in_use, make, new_id, shown},
    permission, vpc,
    vpc::{VPC, push, retain},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::List,
    services::ec2::PAGES,
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::NetworkAcl`.
pub(crate) static ACL: Definition = Definition {
    resource_type: "AWS::EC2::NetworkAcl",
    tagging_type: "ec2:network-acl",
    arn: "arn:{partition}:ec2:{region}:{account}:network-acl/{id}",
    prefix: "acl-",
    identity: &[("NetworkAclId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidNetworkAclID.NotFound",
        "The networkAcl ID '{id}' does not exist",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 13] = [
    ("network-acl-id", ""),
    ("association.association-id", "Associations.NetworkAclAssociationId"),
    ("association.network-acl-id", "Associations.NetworkAclId"),
    ("association.subnet-id", "Associations.SubnetId"),
    ("default", "IsDefault"),
    ("entry.cidr", "Entries.CidrBlock"),
    ("entry.egress", "Entries.Egress"),
    ("entry.ipv6-cidr", "Entries.Ipv6CidrBlock"),
    ("entry.protocol", "Entries.Protocol"),
    ("entry.rule-action", "Entries.RuleAction"),
    ("entry.rule-number", "Entries.RuleNumber"),
    ("owner-id", "OwnerId"),
    ("vpc-id", "VpcId"),
];

/// Lists network ACLs.
pub(super) static LIST: List = List {
    kind: &ACL,
    member: "NetworkAcls",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "NetworkAclIds",
    ..List::OF
};

/// The number of the entry that refuses the rest, which nobody can change.
const LAST: i64 = 32767;
const HIGHEST: i64 = 32766;
const MOST_ENTRIES: usize = 20;

fn entry(egress: bool, number: i64, action: &str) -> Value {
    value!({
        "CidrBlock": "0.0.0.0/0",
        "Egress": (egress),
        "Protocol": "-1",
        "RuleAction": (action),
        "RuleNumber": (number),
    })
}

fn refusing() -> Vec<Value> {
    vec![entry(true, LAST, "deny"), entry(false, LAST, "deny")]
}

/// Makes the default ACL of a VPC, which lets everything through.
pub(super) fn make_default(world: &mut World, place: &Place, vpc: &str) {
    let mut entries = vec![entry(true, 100, "allow"), entry(false, 100, "allow")];
    entries.extend(refusing());
    let described = object!(
        "Associations": [],
        "Entries": (entries),
        "IsDefault": true,
        "OwnerId": (place.account.as_str()),
        "VpcId": (vpc),
    );
    let id = new_id(world, ACL.prefix);
    world.put(place.beside(&ACL), id, Resource::new(facts(described), Arc::default()));
}

/// Whether an ACL is its VPC's default one.
pub(super) fn is_default(acl: &Resource) -> bool {
    acl.flag("IsDefault")
}

fn associations(acl: &Resource) -> &[Value] {
    acl.list("Associations")
}

/// Has the default ACL of a VPC guard a subnet.
pub(super) fn associate_default(world: &mut World, place: &Place, (vpc, subnet): (&str, &str)) {
    let found =
        fitting(world, place, &ACL, |one| one.fact("VpcId") == Some(vpc) && is_default(one));
    if let Some(acl) = found.into_iter().next() {
        associate(world, place, (&acl, subnet));
    }
}

fn associate(world: &mut World, place: &Place, (acl, subnet): (&str, &str)) -> String {
    let id = new_id(world, "aclassoc-");
    let made = value!({"NetworkAclAssociationId": (id.as_str()), "NetworkAclId": (acl), "SubnetId": (subnet)});
    world.change(&place.beside(&ACL), acl, |facts| push(facts, "Associations", made));
    id
}

/// Takes the association of a subnet that is deleted away.
pub(super) fn forget_subnet(world: &mut World, place: &Place, subnet: &str) {
    let guards = |one: &Resource| {
        associations(one)
            .iter()
            .any(|other| other.get("SubnetId").and_then(Value::as_str) == Some(subnet))
    };
    for acl in fitting(world, place, &ACL, guards) {
        world.change(&place.beside(&ACL), &acl, |facts| {
            retain(facts, "Associations", |one| {
                one.get("SubnetId").and_then(Value::as_str) != Some(subnet)
            });
        });
    }
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let vpc = call.required("VpcId")?;
    call.find(world, &VPC, vpc)?;
    let described = object!(
        "Associations": [],
        "Entries": (refusing()),
        "IsDefault": false,
        "VpcId": (vpc),
    );
    let id = make(call, world, &ACL, (described, "network-acl"))?;
    shown(call, world, (&ACL, &id), "NetworkAcl")
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NetworkAclId")?;
    let acl = call.find(world, &ACL, id)?;
    if is_default(acl) {
        let message = format!("cannot delete default network ACL {id}");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    if !associations(acl).is_empty() {
        return Err(in_use(format!(
            "The networkAcl '{id}' has dependencies and cannot be deleted."
        )));
    }
    world.remove(&call.place(&ACL), id);
    Ok(Value::object())
}

pub(super) fn replace_association(call: &Call, world: &mut World) -> Answer {
    let (wanted, acl) = (call.required("AssociationId")?, call.required("NetworkAclId")?);
    let vpc = call.find(world, &ACL, acl)?.fact("VpcId").map(str::to_owned);
    let place = call.place(&ACL);
    let is_it =
        |one: &Value| one.get("NetworkAclAssociationId").and_then(Value::as_str) == Some(wanted);
    let found = world.shelf(&place).iter().find_map(|(id, one)| {
        let found = associations(one).iter().find(|one| is_it(one))?;
        Some((
            id.clone(),
            one.fact("VpcId")?.to_owned(),
            found.get("SubnetId")?.as_str()?.to_owned(),
        ))
    });
    let (old, of, subnet) = found.ok_or_else(|| {
        let message = format!("The association ID '{wanted}' does not exist");
        Failure::new("InvalidAssociationID.NotFound", message)
    })?;
    if vpc.as_deref() != Some(&of) {
        let message = format!("Network ACL {acl} and subnet {subnet} belong to different networks");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    world.change(&place, &old, |facts| retain(facts, "Associations", |one| !is_it(one)));
    let id = associate(world, &place, (acl, &subnet));
    Ok(value!({"NewAssociationId": (id)}))
}

/// The entry in a call.
fn given(call: &Call) -> Result<Object, Failure> {
    let number = call.integer("RuleNumber").unwrap_or(0);
    if !(1..=HIGHEST).contains(&number) {
        let message = format!(
            "Value ({number}) for parameter ruleNumber is invalid. Rule numbers must be between 1 and {HIGHEST}."
        );
        return Err(Failure::new("InvalidParameterValue", message));
    }
    let mut entry = object!("Egress": (call.flag("Egress")), "RuleNumber": (number));
    for member in ["Protocol", "RuleAction", "Ipv6CidrBlock"] {
        entry.insert(member, call.text(member).unwrap_or_default());
    }
    if call.text("Ipv6CidrBlock").is_none() {
        entry.remove("Ipv6CidrBlock");
        let text = call.required("CidrBlock")?;
        let block = cidr::parse(text).ok_or_else(|| vpc::malformed(text))?;
        entry.insert("CidrBlock", block.to_string());
    }
    let protocol = call.required("Protocol")?;
    let numbered = match protocol.to_ascii_lowercase().as_str() {
        "tcp" => "6".to_owned(),
        "udp" => "17".to_owned(),
        "icmp" => "1".to_owned(),
        "all" => "-1".to_owned(),
        other => other.to_owned(),
    };
    if numbered != "-1" && numbered.parse::<u8>().is_err() {
        return Err(call.invalid(format!("Invalid value '{protocol}' for protocol")));
    }
    if let Some(range) = call.object("PortRange") {
        let port = |member: &str| range.get(member).cloned().unwrap_or_default();
        let read =
            value!({"IpProtocol": "tcp", "FromPort": (port("From")), "ToPort": (port("To"))});
        permission::read_ports(&read)?;
        entry.insert("PortRange", Value::from(range.clone()));
    } else if ["6", "17"].contains(&numbered.as_str()) {
        return Err(Failure::new(
            "MissingParameter",
            "The request must contain the parameter portRange",
        ));
    }
    if let Some(codes) = call.object("IcmpTypeCode") {
        entry.insert("IcmpTypeCode", Value::from(codes.clone()));
    }
    entry.insert("Protocol", numbered);
    Ok(entry)
}

fn same_entry(one: &Value, egress: bool, number: i64) -> bool {
    one.get("Egress").and_then(Value::as_bool) == Some(egress)
        && one.get("RuleNumber").and_then(Value::as_i64) == Some(number)
}

/// The entries of an ACL, and whether one has this direction and number.
fn entries(call: &Call, world: &World, id: &str) -> Result<(Vec<Value>, bool), Failure> {
    let acl = call.find(world, &ACL, id)?;
    let entries = acl.list("Entries").to_vec();
    let (egress, number) = (call.flag("Egress"), call.integer("RuleNumber").unwrap_or(0));
    let exists = entries.iter().any(|one| same_entry(one, egress, number));
    Ok((entries, exists))
}

fn no_entry(number: i64) -> Failure {
    let message =
        format!("The specified network acl entry with rule number {number} does not exist");
    Failure::new("InvalidNetworkAclEntry.NotFound", message)
}

pub(super) fn create_entry(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NetworkAclId")?;
    let (mut entries, exists) = entries(call, world, id)?;
    if exists {
        let message = format!(
            "The network acl entry identified by {} already exists.",
            call.integer("RuleNumber").unwrap_or(0)
        );
        return Err(Failure::new("NetworkAclEntryAlreadyExists", message));
    }
    let egress = call.flag("Egress");
    let own =
        entries.iter().filter(|one| one.get("Egress").and_then(Value::as_bool) == Some(egress));
    if own.count() > MOST_ENTRIES {
        let message = "The maximum number of network acl entries has been reached.";
        return Err(Failure::new("NetworkAclEntryLimitExceeded", message));
    }
    entries.push(given(call)?.into());
    keep(call, world, id, entries);
    Ok(Value::object())
}

pub(super) fn replace_entry(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NetworkAclId")?;
    let (mut entries, exists) = entries(call, world, id)?;
    let (egress, number) = (call.flag("Egress"), call.integer("RuleNumber").unwrap_or(0));
    if !exists {
        return Err(no_entry(number));
    }
    let entry = given(call)?;
    entries.retain(|one| !same_entry(one, egress, number));
    entries.push(entry.into());
    keep(call, world, id, entries);
    Ok(Value::object())
}

pub(super) fn delete_entry(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NetworkAclId")?;
    let (mut entries, exists) = entries(call, world, id)?;
    let (egress, number) = (call.flag("Egress"), call.integer("RuleNumber").unwrap_or(0));
    if !exists || number == LAST {
        return Err(no_entry(number));
    }
    entries.retain(|one| !same_entry(one, egress, number));
    keep(call, world, id, entries);
    Ok(Value::object())
}

/// Keeps entries in order: outgoing first, each direction by number.
fn keep(call: &Call, world: &mut World, id: &str, mut entries: Vec<Value>) {
    entries.sort_by_key(|one| {
        let egress = one.flag("Egress");
        (!egress, one.get("RuleNumber").and_then(Value::as_i64).unwrap_or(0))
    });
    world.set(&call.place(&ACL), id, "Entries", entries);
}
