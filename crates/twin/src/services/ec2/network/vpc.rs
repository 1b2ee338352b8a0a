//! VPCs: each comes with a default security group, a main route table and a default network ACL.

use ipnet::Ipv4Net;
use reeve_model::{Object, Value};

use super::{
    acl, cidr, endpoint, gateway, group, limits,
    make::{any, done, fitting, in_use, make, new_id, refuse, shown},
    peering, route_table, subnet, transit, vpn,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::List,
    services::ec2::PAGES,
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::VPC`.
pub(crate) static VPC: Definition = Definition {
    resource_type: "AWS::EC2::VPC",
    tagging_type: "ec2:vpc",
    arn: "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
    prefix: "vpc-",
    identity: &[("VpcId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidVpcID.NotFound", "The vpc ID '{id}' does not exist"),
    sample: Some(|sample| {
        serde_json::json!({
            "CidrBlock": "10.0.0.0/16",
            "CidrBlockAssociationSet": [{
                "AssociationId": format!("vpc-cidr-assoc-{}", sample.own("association", 17)),
                "CidrBlock": "10.0.0.0/16",
                "CidrBlockState": {"State": "associated"},
            }],
            "DhcpOptionsId": sample.network("dopt", "dhcp"),
            "InstanceTenancy": "default",
            "IsDefault": false,
            "State": "available",
        })
    }),
    ..Definition::OF
};

const FILTERS: [FilterPath; 10] = [
    ("vpc-id", ""),
    ("cidr", "CidrBlock"),
    ("cidr-block-association.cidr-block", "CidrBlockAssociationSet.CidrBlock"),
    ("cidr-block-association.association-id", "CidrBlockAssociationSet.AssociationId"),
    ("cidr-block-association.state", "CidrBlockAssociationSet.CidrBlockState.State"),
    ("dhcp-options-id", "DhcpOptionsId"),
    ("is-default", "IsDefault"),
    ("isDefault", "IsDefault"),
    ("owner-id", "OwnerId"),
    ("state", "State"),
];

/// Lists VPCs.
pub(super) static LIST: List = List {
    kind: &VPC,
    member: "Vpcs",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "VpcIds",
    ..List::OF
};

/// The block of default VPCs.
const DEFAULT_BLOCK: &str = "172.31.0.0/16";
const MOST_BLOCKS: usize = 5;

/// The attributes that `ModifyVpcAttribute` changes, and what they are at first.
const ATTRIBUTES: [(&str, bool); 3] = [
    ("EnableDnsSupport", true),
    ("EnableDnsHostnames", false),
    ("EnableNetworkAddressUsageMetrics", false),
];

/// Ways to choose a block of addresses that are not heeded here.
const UNSUPPORTED_BLOCKS: [&str; 5] = [
    "AmazonProvidedIpv6CidrBlock",
    "Ipv6Pool",
    "Ipv6CidrBlock",
    "Ipv4IpamPoolId",
    "Ipv6IpamPoolId",
];

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(call, &UNSUPPORTED_BLOCKS)?;
    let text = call.required("CidrBlock")?;
    let block = cidr::parse(text).ok_or_else(|| malformed(text))?;
    if !cidr::fits_a_vpc(block) {
        return Err(Failure::new("InvalidVpc.Range", format!("The CIDR '{block}' is invalid.")));
    }
    let tenancy = call.text("InstanceTenancy").unwrap_or("default");
    let id = establish(call, world, (block, tenancy, false))?;
    shown(call, world, (&VPC, &id), "Vpc")
}

pub(super) fn malformed(block: &str) -> Failure {
    let message = format!(
        "Value ({block}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
    );
    Failure::new("InvalidParameterValue", message)
}

/// Makes a VPC with everything that it comes with.
fn establish(
    call: &Call,
    world: &mut World,
    (block, tenancy, default): (Ipv4Net, &str, bool),
) -> Result<String, Failure> {
    let present = world.shelf(&call.place(&VPC)).len();
    limits::check(world, &call.place(&VPC), &limits::VPCS, present + 1)?;
    let options = super::dhcp::default_options(call, world);
    let association = new_id(world, "vpc-cidr-assoc-");
    let facts = object!(
        "CidrBlock": (block.to_string()),
        "CidrBlockAssociationSet": [{
            "AssociationId": (association),
            "CidrBlock": (block.to_string()),
            "CidrBlockState": {"State": "associated"},
        }],
        "DhcpOptionsId": (options),
        "InstanceTenancy": (tenancy),
        "IsDefault": (default),
        "State": "available",
    );
    let id = make(call, world, &VPC, (facts, "vpc"))?;
    let place = call.place(&VPC);
    world.change_inside(&place, &id, |inside| {
        for (attribute, first) in ATTRIBUTES {
            inside.insert(attribute, first || (default && attribute == "EnableDnsHostnames"));
        }
    });
    group::make_default(world, &place, &id);
    route_table::make_main(world, &place, (&id, block));
    acl::make_default(world, &place, &id);
    Ok(id)
}

pub(super) fn create_default(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&VPC);
    if let Some(id) = default_of(world, &place) {
        let message = format!("A Default VPC already exists for this account in this region: {id}");
        return Err(Failure::new("DefaultVpcAlreadyExists", message));
    }
    let block = cidr::parse(DEFAULT_BLOCK).ok_or_else(|| malformed(DEFAULT_BLOCK))?;
    let id = establish(call, world, (block, "default", true))?;
    let gateway = gateway::make_attached(world, &place, &id);
    route_table::add_default_route(world, &place, (&id, &gateway));
    for (number, letter) in ["a", "b", "c"].iter().enumerate() {
        let zone = format!("{}{letter}", call.region);
        subnet::make_default(world, &place, (&id, &zone, number))?;
    }
    shown(call, world, (&VPC, &id), "Vpc")
}

/// The default VPC of an account and Region.
pub(super) fn default_of(world: &World, place: &Place) -> Option<String> {
    let is_default = |vpc: &Resource| vpc.flag("IsDefault");
    fitting(world, place, &VPC, is_default).into_iter().next()
}

/// The blocks of a VPC.
pub(super) fn blocks(vpc: &Resource) -> Vec<Ipv4Net> {
    let associated = vpc.list("CidrBlockAssociationSet");
    let blocks = associated
        .iter()
        .filter(|one| {
            one.path("CidrBlockState.State").and_then(Value::as_str) == Some("associated")
        })
        .filter_map(|one| cidr::parse(one.get("CidrBlock")?.as_str()?));
    blocks.collect()
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcId")?;
    call.find(world, &VPC, id)?;
    let place = call.place(&VPC);
    if has_dependencies(world, &place, id) {
        return Err(in_use(format!("The vpc '{id}' has dependencies and cannot be deleted.")));
    }
    for kind in [&group::GROUP, &route_table::TABLE, &acl::ACL] {
        for own in fitting(world, &place, kind, |one| one.fact("VpcId") == Some(id)) {
            if *kind == group::GROUP {
                group::forget_rules(world, &place, &own);
            }
            world.remove(&place.beside(kind), &own);
        }
    }
    world.remove(&place, id);
    Ok(Value::object())
}

fn has_dependencies(world: &World, place: &Place, id: &str) -> bool {
    let inside = |one: &Resource| one.fact("VpcId") == Some(id);
    let attached = |one: &Resource| {
        ["Attachments", "VpcAttachments"].iter().any(|member| {
            let list = one.list(member);
            let here = |attachment: &&Value| {
                attachment.get("VpcId").and_then(Value::as_str) == Some(id)
                    && attachment.text("State") != "detached"
            };
            list.iter().any(|attachment| here(&attachment))
        })
    };
    any(world, place, &subnet::SUBNET, inside)
        || any(world, place, &gateway::INTERNET, attached)
        || any(world, place, &vpn::GATEWAY, attached)
        || any(world, place, &group::GROUP, |one| {
            inside(one) && one.fact("GroupName") != Some("default")
        })
        || any(world, place, &route_table::TABLE, |one| inside(one) && !route_table::is_main(one))
        || any(world, place, &acl::ACL, |one| inside(one) && !acl::is_default(one))
        || any(world, place, &endpoint::ENDPOINT, |one| {
            inside(one) && one.fact("State") != Some("deleted")
        })
        || any(world, place, &transit::ATTACHMENT, |one| {
            inside(one) && one.fact("State") != Some("deleted")
        })
        || any(world, place, &peering::PEERING, |one| peering::is_active_in(one, id))
}

pub(super) fn modify_attribute(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcId")?;
    call.find(world, &VPC, id)?;
    let given: Vec<(&str, bool)> = ATTRIBUTES
        .iter()
        .filter_map(|(attribute, _)| {
            Some((*attribute, call.input.get(attribute)?.get("Value")?.as_bool()?))
        })
        .collect();
    let [(attribute, wanted)] = given.as_slice() else {
        let code =
            if given.is_empty() { "MissingParameter" } else { "InvalidParameterCombination" };
        return Err(Failure::new(code, "Exactly one attribute must be specified"));
    };
    world.change_inside(&call.place(&VPC), id, |inside| {
        inside.insert(*attribute, *wanted);
    });
    Ok(Value::object())
}

pub(super) fn describe_attribute(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcId")?;
    let vpc = call.find(world, &VPC, id)?;
    let asked = call.required("Attribute")?;
    let known = ATTRIBUTES.iter().find(|(attribute, _)| attribute.eq_ignore_ascii_case(asked));
    let Some((attribute, first)) = known else {
        return Err(call.invalid(format!(
            "Value ({asked}) for parameter attribute is invalid. Unknown attribute."
        )));
    };
    let current = vpc.inside.get(attribute).and_then(Value::as_bool).unwrap_or(*first);
    Ok(Value::from_iter([("VpcId", Value::from(id)), (*attribute, value!({"Value": (current)}))]))
}

pub(super) fn modify_tenancy(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcId")?;
    call.find(world, &VPC, id)?;
    world.set(&call.place(&VPC), id, "InstanceTenancy", "default");
    Ok(Value::from_iter([("ReturnValue", true)]))
}

pub(super) fn associate_block(call: &Call, world: &mut World) -> Answer {
    refuse(call, &UNSUPPORTED_BLOCKS)?;
    let id = call.required("VpcId")?;
    let text = call.required("CidrBlock")?;
    let vpc = call.find(world, &VPC, id)?;
    let block = cidr::parse(text).ok_or_else(|| malformed(text))?;
    if !cidr::fits_a_vpc(block) {
        return Err(Failure::new("InvalidVpc.Range", format!("The CIDR '{block}' is invalid.")));
    }
    let present = blocks(vpc);
    if present.iter().any(|other| cidr::overlap(*other, block)) {
        let message = format!("The CIDR '{block}' conflicts with another subnet");
        return Err(Failure::new("InvalidVpc.Conflict", message));
    }
    if present.len() >= MOST_BLOCKS {
        let message = format!(
            "This network '{id}' has met its maximum number of allowed CIDRs: {MOST_BLOCKS}"
        );
        return Err(Failure::new("CidrLimitExceeded", message));
    }
    let association = new_id(world, "vpc-cidr-assoc-");
    let added = |state: &str| {
        value!({
            "AssociationId": (association.as_str()),
            "CidrBlock": (block.to_string()),
            "CidrBlockState": {"State": (state)},
        })
    };
    let place = call.place(&VPC);
    world.change(&place, id, |facts| push(facts, "CidrBlockAssociationSet", added("associated")));
    route_table::add_local_routes(world, &place, (id, block));
    Ok(Value::from_iter([
        ("VpcId", Value::from(id)),
        ("CidrBlockAssociation", added("associating")),
    ]))
}

/// Adds an element to a list among facts.
pub(super) fn push(facts: &mut Object, member: &str, element: Value) {
    let mut list = facts.list(member).to_vec();
    list.push(element);
    facts.insert(member, list);
}

/// Takes the elements that do not fit out of a list among facts.
pub(super) fn retain(facts: &mut Object, member: &str, fits: impl Fn(&Value) -> bool) {
    let mut list = facts.list(member).to_vec();
    list.retain(|element| fits(element));
    facts.insert(member, list);
}

pub(super) fn disassociate_block(call: &Call, world: &mut World) -> Answer {
    let association = call.required("AssociationId")?;
    let place = call.place(&VPC);
    let is_it = |one: &Value| one.get("AssociationId").and_then(Value::as_str) == Some(association);
    let found = world.shelf(&place).iter().find_map(|(id, vpc)| {
        let list = vpc.value("CidrBlockAssociationSet")?.as_list();
        Some((
            id.clone(),
            vpc.fact("CidrBlock")?.to_owned(),
            list.iter().find(|one| is_it(one))?.clone(),
        ))
    });
    let Some((id, primary, entry)) = found else {
        let message = format!("The vpc CIDR block association ID '{association}' does not exist");
        return Err(Failure::new("InvalidVpcCidrBlockAssociationID.NotFound", message));
    };
    let block = entry.text("CidrBlock").to_owned();
    if block == primary {
        let message = format!(
            "The vpc CIDR block with association ID {association} may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
        );
        return Err(Failure::new("OperationNotPermitted", message));
    }
    let parsed = cidr::parse(&block);
    let used = any(world, &place, &subnet::SUBNET, |one| {
        let own = one.fact("CidrBlock").and_then(cidr::parse);
        one.fact("VpcId") == Some(&id)
            && own.zip(parsed).is_some_and(|(own, block)| cidr::overlap(own, block))
    });
    if used {
        return Err(in_use(format!(
            "The vpc CIDR block association {association} has dependencies and cannot be deleted."
        )));
    }
    world.change(&place, &id, |facts| retain(facts, "CidrBlockAssociationSet", |one| !is_it(one)));
    let gone = value!({
        "AssociationId": (association),
        "CidrBlock": (block),
        "CidrBlockState": {"State": "disassociating"},
    });
    Ok(Value::from_iter([("VpcId", Value::from(id)), ("CidrBlockAssociation", gone)]))
}

pub(super) fn associate_dhcp_options(call: &Call, world: &mut World) -> Answer {
    let (id, options) = (call.required("VpcId")?, call.required("DhcpOptionsId")?);
    call.find(world, &VPC, id)?;
    if options != "default" {
        call.find(world, &super::dhcp::OPTIONS, options)?;
    }
    world.set(&call.place(&VPC), id, "DhcpOptionsId", options);
    done(call)
}
