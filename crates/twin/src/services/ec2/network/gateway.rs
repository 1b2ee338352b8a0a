//! Internet gateways, and those that only let out.

use std::sync::Arc;

use reeve_model::Value;

use super::{
    address, cidr, limits,
    make::{any, in_use, make, new_id, shown},
    subnet::SUBNET,
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

/// `AWS::EC2::InternetGateway`.
pub(crate) static INTERNET: Definition = Definition {
    resource_type: "AWS::EC2::InternetGateway",
    tagging_type: "ec2:internet-gateway",
    arn: "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}",
    prefix: "igw-",
    identity: &[("InternetGatewayId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidInternetGatewayID.NotFound",
        "The internetGateway ID '{id}' does not exist",
    ),
    sample: Some(
        |sample| serde_json::json!({"Attachments": [{"State": "available", "VpcId": sample.vpc()}]}),
    ),
    ..Definition::OF
};

/// `AWS::EC2::EgressOnlyInternetGateway`.
pub(crate) static EGRESS_ONLY: Definition = Definition {
    resource_type: "AWS::EC2::EgressOnlyInternetGateway",
    tagging_type: "ec2:egress-only-internet-gateway",
    arn: "arn:{partition}:ec2:{region}:{account}:egress-only-internet-gateway/{id}",
    prefix: "eigw-",
    identity: &[("EgressOnlyInternetGatewayId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidGatewayID.NotFound", "The eigw ID '{id}' does not exist"),
    ..Definition::OF
};

const FILTERS: [FilterPath; 4] = [
    ("internet-gateway-id", ""),
    ("attachment.state", "Attachments.State"),
    ("attachment.vpc-id", "Attachments.VpcId"),
    ("owner-id", "OwnerId"),
];

/// Lists Internet gateways.
pub(super) static LIST: List = List {
    kind: &INTERNET,
    member: "InternetGateways",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "InternetGatewayIds",
    ..List::OF
};

/// Lists egress-only gateways.
pub(super) static EGRESS_ONLY_LIST: List = List {
    kind: &EGRESS_ONLY,
    member: "EgressOnlyInternetGateways",
    paging: &PAGES,
    filters: Filters::Named("Filters", &[]),
    ids: "EgressOnlyInternetGatewayIds",
    ..List::OF
};

/// Makes a gateway that is attached to a VPC; its id.
pub(super) fn make_attached(world: &mut World, place: &Place, vpc: &str) -> String {
    let id = new_id(world, INTERNET.prefix);
    let described = object!("Attachments": [{"State": "available", "VpcId": (vpc)}]);
    world.put(place.beside(&INTERNET), id.clone(), Resource::new(facts(described), Arc::default()));
    id
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&INTERNET);
    let present = world.shelf(&place).len();
    limits::check(world, &place, &limits::GATEWAYS, present + 1)?;
    let id = make(call, world, &INTERNET, (object!("Attachments": []), "internet-gateway"))?;
    shown(call, world, (&INTERNET, &id), "InternetGateway")
}

fn attachments(gateway: &Resource) -> &[Value] {
    gateway.list("Attachments")
}

fn is_attached(gateway: &Resource, vpc: &str) -> bool {
    attachments(gateway).iter().any(|one| one.get("VpcId").and_then(Value::as_str) == Some(vpc))
}

/// Whether a VPC has a way to the Internet.
pub(super) fn serves(world: &World, place: &Place, vpc: &str) -> bool {
    any(world, place, &INTERNET, |one| is_attached(one, vpc))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InternetGatewayId")?;
    let gateway = call.find(world, &INTERNET, id)?;
    if !attachments(gateway).is_empty() {
        return Err(in_use(format!(
            "The internetGateway '{id}' has dependencies and cannot be deleted."
        )));
    }
    world.remove(&call.place(&INTERNET), id);
    Ok(Value::object())
}

pub(super) fn attach(call: &Call, world: &mut World) -> Answer {
    let (id, vpc) = (call.required("InternetGatewayId")?, call.required("VpcId")?);
    let gateway = call.find(world, &INTERNET, id)?;
    call.find(world, &VPC, vpc)?;
    if !attachments(gateway).is_empty() {
        let message = format!("resource {id} is already attached to network {vpc}");
        return Err(Failure::new("Resource.AlreadyAssociated", message));
    }
    let place = call.place(&INTERNET);
    if serves(world, &place, vpc) {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    world.change(&place, id, |facts| {
        push(facts, "Attachments", value!({"State": "available", "VpcId": (vpc)}));
    });
    Ok(Value::object())
}

pub(super) fn detach(call: &Call, world: &mut World) -> Answer {
    let (id, vpc) = (call.required("InternetGatewayId")?, call.required("VpcId")?);
    let gateway = call.find(world, &INTERNET, id)?;
    if !is_attached(gateway, vpc) {
        let message = format!("resource {id} is not attached to network {vpc}");
        return Err(Failure::new("Gateway.NotAttached", message));
    }
    let place = call.place(&INTERNET);
    let subnets = world.shelf(&place.beside(&SUBNET));
    let own: Vec<_> = subnets.values().filter(|one| one.fact("VpcId") == Some(vpc)).collect();
    let inside = |address: &str| {
        own.iter().any(|subnet| {
            let block = subnet.fact("CidrBlock").and_then(cidr::parse);
            let address = address.parse::<std::net::Ipv4Addr>().ok();
            block.zip(address).is_some_and(|(block, address)| block.contains(&address))
        })
    };
    let mapped = any(world, &place, &address::ADDRESS, |one| {
        one.fact("PrivateIpAddress").is_some_and(inside)
    });
    if mapped {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        );
        return Err(in_use(message));
    }
    world.change(&place, id, |facts| {
        retain(facts, "Attachments", |one| one.get("VpcId").and_then(Value::as_str) != Some(vpc));
    });
    Ok(Value::object())
}

pub(super) fn create_egress_only(call: &Call, world: &mut World) -> Answer {
    let vpc = call.required("VpcId")?;
    call.find(world, &VPC, vpc)?;
    let described = object!("Attachments": [{"State": "attached", "VpcId": (vpc)}]);
    let id = make(call, world, &EGRESS_ONLY, (described, "egress-only-internet-gateway"))?;
    shown(call, world, (&EGRESS_ONLY, &id), "EgressOnlyInternetGateway")
}

pub(super) fn delete_egress_only(call: &Call, world: &mut World) -> Answer {
    let id = call.required("EgressOnlyInternetGatewayId")?;
    call.find(world, &EGRESS_ONLY, id)?;
    world.remove(&call.place(&EGRESS_ONLY), id);
    Ok(call.fit(Value::from_iter([("ReturnCode", true)])))
}
