//! VPC endpoints: gateways are there at once, interfaces after a while and with network interfaces of their own.

use reeve_model::Value;

use super::{
    interface,
    make::{make, refuse, shown},
    route_table::TABLE,
    subnet::{self, SUBNET},
    vpc::VPC,
};
use crate::{
    call::{Answer, Call},
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::List,
    services::ec2::PAGES,
    task::{Task, later},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::VPCEndpoint`.
pub(crate) static ENDPOINT: Definition = Definition {
    resource_type: "AWS::EC2::VPCEndpoint",
    tagging_type: "ec2:vpc-endpoint",
    arn: "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}",
    prefix: "vpce-",
    identity: &[("VpcEndpointId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidVpcEndpointId.NotFound",
        "The Vpc Endpoint Id '{id}' does not exist",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 6] = [
    ("vpc-endpoint-id", ""),
    ("service-name", "ServiceName"),
    ("vpc-id", "VpcId"),
    ("vpc-endpoint-state", "State"),
    ("vpc-endpoint-type", "VpcEndpointType"),
    ("ip-address-type", "IpAddressType"),
];

/// Lists endpoints.
pub(super) static LIST: List = List {
    kind: &ENDPOINT,
    member: "VpcEndpoints",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "VpcEndpointIds",
    ..List::OF
};

pub(super) const READY: &str = "ec2:vpc-endpoint-ready";
pub(super) const GONE: &str = "ec2:vpc-endpoint-gone";
/// Seconds.
const CREATION: (i64, i64) = (45, 120);
const DELETION: (i64, i64) = (30, 90);
const EVERYTHING: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &["ResourceConfigurationArn", "ServiceNetworkArn", "SubnetConfigurations", "ServiceRegion"],
    )?;
    let vpc = call.required("VpcId")?;
    call.find(world, &VPC, vpc)?;
    let service = call.required("ServiceName")?;
    if !service.starts_with("com.amazonaws.") && !service.starts_with("aws.") {
        let message = format!("The Vpc Endpoint Service '{service}' does not exist");
        return Err(crate::failure::Failure::new("InvalidServiceName", message));
    }
    let kind = call.text("VpcEndpointType").unwrap_or("Gateway");
    if !matches!(kind, "Gateway" | "Interface") {
        return Err(
            call.invalid(format!("the twin does not implement VPC endpoints of type {kind}"))
        );
    }
    for table in call.texts("RouteTableIds") {
        call.find(world, &TABLE, table)?;
    }
    let place = call.place(&ENDPOINT);
    let mut interfaces = Vec::new();
    let groups = if kind == "Interface" {
        let groups = interface::groups_in(world, &place, (vpc, &call.texts("SecurityGroupIds")))?;
        for id in call.texts("SubnetIds") {
            call.find(world, &SUBNET, id)?;
            let address = subnet::allocate(world, &place, (id, None))?;
            let wanted = interface::Requested {
                subnet: id,
                address: &address,
                description: "VPC Endpoint Interface",
                kind: "vpc_endpoint",
                groups: &groups,
            };
            interfaces.push(Value::from(interface::make_for_aws(world, &place, &wanted)?));
        }
        groups
    } else {
        Vec::new()
    };
    let list = |member: &str| call.input.get(member).cloned().unwrap_or(Value::List(Vec::new()));
    let gateway = kind == "Gateway";
    let facts = object!(
        "CreationTimestamp": (call.now),
        "Groups": (interface::shown_groups(world, &place, &groups)),
        "NetworkInterfaceIds": (interfaces),
        "PolicyDocument": (call.text("PolicyDocument").unwrap_or(EVERYTHING)),
        "PrivateDnsEnabled": (!gateway && call.input.get("PrivateDnsEnabled").and_then(Value::as_bool).unwrap_or(true)),
        "RequesterManaged": false,
        "RouteTableIds": (list("RouteTableIds")),
        "ServiceName": (service),
        "State": (if gateway { "available" } else { "pending" }),
        "SubnetIds": (list("SubnetIds")),
        "VpcEndpointType": (kind),
        "VpcId": (vpc),
    );
    let id = make(call, world, &ENDPOINT, (facts, "vpc-endpoint"))?;
    if !gateway {
        let due = later(call.now, world.random_between(CREATION.0, CREATION.1));
        world.schedule(due, Task::new(READY, &place, &id));
    }
    shown(call, world, (&ENDPOINT, &id), "VpcEndpoint")
}

/// An interface endpoint works.
pub(super) fn ready(world: &mut World, task: &Task) {
    world.change(&task.place, &task.id, |facts| {
        if facts.text("State") == "pending" {
            facts.insert("State", "available");
        }
    });
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &["SubnetConfigurations", "IpAddressType", "DnsOptions", "AddSubnetIds", "RemoveSubnetIds"],
    )?;
    let id = call.required("VpcEndpointId")?;
    call.find(world, &ENDPOINT, id)?;
    let place = call.place(&ENDPOINT);
    for table in call.texts("AddRouteTableIds") {
        call.find(world, &TABLE, table)?;
    }
    let vpc = call.find(world, &ENDPOINT, id)?.fact("VpcId").unwrap_or_default().to_owned();
    let added = call.texts("AddSecurityGroupIds");
    let added = if added.is_empty() {
        Vec::new()
    } else {
        interface::groups_in(world, &place, (&vpc, &added))?
    };
    let added = interface::shown_groups(world, &place, &added);
    world.change(&place, id, |facts| {
        change_list(
            facts,
            "RouteTableIds",
            (&call.texts("AddRouteTableIds"), &call.texts("RemoveRouteTableIds")),
        );
        let removed = call.texts("RemoveSecurityGroupIds");
        let mut groups = facts.list("Groups").to_vec();
        groups.retain(|group| {
            !group.get("GroupId").and_then(Value::as_str).is_some_and(|id| removed.contains(&id))
        });
        groups.extend(added.as_list().iter().cloned());
        facts.insert("Groups", groups);
        if call.flag("ResetPolicy") {
            facts.insert("PolicyDocument", EVERYTHING);
        } else if let Some(policy) = call.text("PolicyDocument") {
            facts.insert("PolicyDocument", policy);
        }
        facts.extend(call.given(["PrivateDnsEnabled"]));
    });
    super::make::done(call)
}

fn change_list(
    facts: &mut reeve_model::Object,
    member: &str,
    (added, removed): (&[&str], &[&str]),
) {
    let present = facts.list(member).iter().filter_map(Value::as_str);
    let kept =
        present.filter(|one| !removed.contains(one) && !added.contains(one)).map(Value::from);
    let list: Vec<Value> = kept.chain(added.iter().map(|one| Value::from(*one))).collect();
    facts.insert(member, list);
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&ENDPOINT);
    let mut unsuccessful = Vec::new();
    for id in call.texts("VpcEndpointIds") {
        if world.get(&place, id).is_none() {
            let failure = ENDPOINT.missing.failure(id);
            unsuccessful.push(value!({
                "ResourceId": (id),
                "Error": {"Code": (failure.code), "Message": (failure.message)},
            }));
            continue;
        }
        world.set(&place, id, "State", "deleting");
        let due = later(call.now, world.random_between(DELETION.0, DELETION.1));
        world.schedule(due, Task::new(GONE, &place, id));
    }
    Ok(Value::from_iter([("Unsuccessful", Value::List(unsuccessful))]))
}

/// An endpoint is gone, its interfaces with it.
pub(super) fn gone(world: &mut World, task: &Task) {
    let removed = world.remove(&task.place, &task.id);
    let interfaces = removed
        .and_then(|endpoint| endpoint.value("NetworkInterfaceIds").cloned())
        .unwrap_or_default();
    for eni in interfaces.as_list().iter().filter_map(Value::as_str) {
        interface::drop(world, &task.place, eni);
    }
}
