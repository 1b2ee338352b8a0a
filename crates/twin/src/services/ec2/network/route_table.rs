//! Route tables: a VPC's main one and others, the subnets they serve, and where their routes lead.

use std::sync::Arc;

use ipnet::Ipv4Net;
use reeve_model::{Object, Value};

use super::{
    cidr, gateway, interface, limits,
    make::{any, done, fitting, in_use, make, new_id, refuse, shown},
    nat, peering,
    subnet::SUBNET,
    transit,
    vpc::{self, VPC, push, retain},
    vpn,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Kind, Missing, TagForm},
    recipe::List,
    services::ec2::{PAGES, compute::INSTANCE},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::RouteTable`.
pub(crate) static TABLE: Definition = Definition {
    resource_type: "AWS::EC2::RouteTable",
    tagging_type: "ec2:route-table",
    arn: "arn:{partition}:ec2:{region}:{account}:route-table/{id}",
    prefix: "rtb-",
    identity: &[("RouteTableId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidRouteTableID.NotFound",
        "The routeTable ID '{id}' does not exist",
    ),
    sample: Some(|sample| {
        serde_json::json!({
            "Associations": [],
            "PropagatingVgws": [],
            "Routes": [{
                "DestinationCidrBlock": "10.0.0.0/16",
                "GatewayId": "local",
                "Origin": "CreateRouteTable",
                "State": "active",
            }],
            "VpcId": sample.vpc(),
        })
    }),
    ..Definition::OF
};

const FILTERS: [FilterPath; 17] = [
    ("route-table-id", ""),
    ("association.route-table-association-id", "Associations.RouteTableAssociationId"),
    ("association.route-table-id", "Associations.RouteTableId"),
    ("association.subnet-id", "Associations.SubnetId"),
    ("association.gateway-id", "Associations.GatewayId"),
    ("association.main", "Associations.Main"),
    ("owner-id", "OwnerId"),
    ("route.destination-cidr-block", "Routes.DestinationCidrBlock"),
    ("route.destination-prefix-list-id", "Routes.DestinationPrefixListId"),
    ("route.gateway-id", "Routes.GatewayId"),
    ("route.instance-id", "Routes.InstanceId"),
    ("route.nat-gateway-id", "Routes.NatGatewayId"),
    ("route.transit-gateway-id", "Routes.TransitGatewayId"),
    ("route.vpc-peering-connection-id", "Routes.VpcPeeringConnectionId"),
    ("route.origin", "Routes.Origin"),
    ("route.state", "Routes.State"),
    ("vpc-id", "VpcId"),
];

/// Lists route tables.
pub(super) static LIST: List = List {
    kind: &TABLE,
    member: "RouteTables",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "RouteTableIds",
    show: Some(show),
    ..List::OF
};

/// Routes to what is gone are holes.
fn show(call: &Call, world: &World, _: &str, mut table: Object) -> Value {
    let place = call.place(&TABLE);
    let mut routes = table.list("Routes").to_vec();
    for route in routes.iter_mut().filter_map(Value::as_object_mut) {
        let state = if leads_somewhere(world, &place, route) { "active" } else { "blackhole" };
        route.insert("State", state);
    }
    table.insert("Routes", routes);
    table.into()
}

/// The members of a route that say where it leads, of which kind that is, and in what state it takes packets.
const TARGETS: [(&str, Kind, &[&str]); 9] = [
    ("GatewayId", &gateway::INTERNET, &[]),
    ("GatewayId", &vpn::GATEWAY, &["available"]),
    ("GatewayId", &super::endpoint::ENDPOINT, &["available"]),
    ("NatGatewayId", &nat::NAT_GATEWAY, &["available"]),
    ("NetworkInterfaceId", &interface::INTERFACE, &[]),
    ("TransitGatewayId", &transit::GATEWAY, &["available"]),
    ("VpcPeeringConnectionId", &peering::PEERING, &[]),
    ("EgressOnlyInternetGatewayId", &gateway::EGRESS_ONLY, &[]),
    ("InstanceId", &INSTANCE, &[]),
];

fn leads_somewhere(world: &World, place: &Place, route: &Object) -> bool {
    let text = |member: &str| route.get(member).and_then(Value::as_str);
    if text("GatewayId") == Some("local") {
        return true;
    }
    let fitting = TARGETS
        .iter()
        .filter(|(member, kind, _)| text(member).is_some_and(|id| id.starts_with(kind.prefix)));
    // Interfaces of instances are the instances' own.
    let mut known = fitting.map(|(member, kind, states)| {
        let id = text(member).unwrap_or_default();
        let found = world.get(&place.beside(kind), id);
        match found {
            Some(found) => {
                let state = found.fact("State").or_else(|| found.fact("Status.Code"));
                let instance = found.fact("State.Name").is_none_or(|name| name == "running");
                instance && (states.is_empty() || state.is_none_or(|state| states.contains(&state)))
            }
            None => {
                *member == "NetworkInterfaceId"
                    && interface::of_instance(world, place, id).is_some()
            }
        }
    });
    known.any(|open| open)
}

/// Whether a table is its VPC's main one.
pub(super) fn is_main(table: &Resource) -> bool {
    associations(table).iter().any(|one| one.flag("Main"))
}

fn associations(table: &Resource) -> &[Value] {
    table.list("Associations")
}

fn local_route(block: Ipv4Net) -> Value {
    value!({
        "DestinationCidrBlock": (block.to_string()),
        "GatewayId": "local",
        "Origin": "CreateRouteTable",
        "State": "active",
    })
}

fn association(world: &mut World, table: &str, subnet: Option<&str>) -> Value {
    let id = new_id(world, "rtbassoc-");
    let mut made = object!(
        "Main": (subnet.is_none()),
        "RouteTableAssociationId": (id),
        "RouteTableId": (table),
        "AssociationState": {"State": "associated"},
    );
    if let Some(subnet) = subnet {
        made.insert("SubnetId", subnet);
    }
    made.into()
}

/// Makes the main table of a VPC.
pub(super) fn make_main(world: &mut World, place: &Place, (vpc, block): (&str, Ipv4Net)) {
    let id = new_id(world, TABLE.prefix);
    let main = association(world, &id, None);
    let described = object!(
        "Associations": [(main)],
        "OwnerId": (place.account.as_str()),
        "PropagatingVgws": [],
        "Routes": [(local_route(block))],
        "VpcId": (vpc),
    );
    world.put(place.beside(&TABLE), id, Resource::new(facts(described), Arc::default()));
}

/// Gives every table of a VPC a route to a block that was added to it.
pub(super) fn add_local_routes(world: &mut World, place: &Place, (vpc, block): (&str, Ipv4Net)) {
    for table in fitting(world, place, &TABLE, |one| one.fact("VpcId") == Some(vpc)) {
        world.change(&place.beside(&TABLE), &table, |facts| {
            push(facts, "Routes", local_route(block));
        });
    }
}

/// Gives the main table of a VPC a route to the Internet.
pub(super) fn add_default_route(world: &mut World, place: &Place, (vpc, gateway): (&str, &str)) {
    for table in fitting(world, place, &TABLE, |one| one.fact("VpcId") == Some(vpc) && is_main(one))
    {
        let route = value!({
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": (gateway),
            "Origin": "CreateRoute",
            "State": "active",
        });
        world.change(&place.beside(&TABLE), &table, |facts| push(facts, "Routes", route));
    }
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let vpc_id = call.required("VpcId")?;
    let vpc = call.find(world, &VPC, vpc_id)?;
    let routes: Value = vpc::blocks(vpc).into_iter().map(local_route).collect();
    let described = object!(
        "Associations": [],
        "PropagatingVgws": [],
        "Routes": (routes),
        "VpcId": (vpc_id),
    );
    let place = call.place(&TABLE);
    let present = limits::in_vpc(world, &place, &TABLE, vpc_id);
    limits::check(world, &place, &limits::TABLES, present + 1)?;
    let id = make(call, world, &TABLE, (described, "route-table"))?;
    shown(call, world, (&TABLE, &id), "RouteTable")
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("RouteTableId")?;
    let table = call.find(world, &TABLE, id)?;
    if !associations(table).is_empty() {
        return Err(in_use(format!(
            "The routeTable '{id}' has dependencies and cannot be deleted."
        )));
    }
    world.remove(&call.place(&TABLE), id);
    Ok(Value::object())
}

pub(super) fn associate(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["GatewayId", "PublicIpv4Pool"])?;
    let (id, subnet) = (call.required("RouteTableId")?, call.required("SubnetId")?);
    let table = call.find(world, &TABLE, id)?;
    let of = call.find(world, &SUBNET, subnet)?.fact("VpcId");
    if of != table.fact("VpcId") {
        let message = format!("Route table {id} and network {subnet} belong to different networks");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    let place = call.place(&TABLE);
    let already = |one: &Resource| {
        associations(one)
            .iter()
            .any(|other| other.get("SubnetId").and_then(Value::as_str) == Some(subnet))
    };
    if any(world, &place, &TABLE, already) {
        let message = format!(
            "the specified association for route table {id} conflicts with an existing association"
        );
        return Err(Failure::new("Resource.AlreadyAssociated", message));
    }
    let made = association(world, id, Some(subnet));
    let association_id = made.get("RouteTableAssociationId").cloned().unwrap_or_default();
    world.change(&place, id, |facts| push(facts, "Associations", made));
    let state = value!({"State": "associated"});
    Ok(Value::from_iter([("AssociationId", association_id), ("AssociationState", state)]))
}

/// The table that has an association, and the association.
fn find_association(call: &Call, world: &World) -> Result<(String, Value), Failure> {
    let wanted = call.required("AssociationId")?;
    let found = world.shelf(&call.place(&TABLE)).iter().find_map(|(id, table)| {
        let is_it = |one: &&Value| {
            one.get("RouteTableAssociationId").and_then(Value::as_str) == Some(wanted)
        };
        Some((id.clone(), associations(table).iter().find(|one| is_it(one))?.clone()))
    });
    found.ok_or_else(|| {
        let message = format!("The association ID '{wanted}' does not exist");
        Failure::new("InvalidAssociationID.NotFound", message)
    })
}

fn drop_association(world: &mut World, place: &Place, (table, gone): (&str, &Value)) {
    let gone = gone.get("RouteTableAssociationId").cloned();
    world.change(&place.beside(&TABLE), table, |facts| {
        retain(facts, "Associations", |one| one.get("RouteTableAssociationId") != gone.as_ref());
    });
}

pub(super) fn disassociate(call: &Call, world: &mut World) -> Answer {
    let (table, found) = find_association(call, world)?;
    if found.flag("Main") {
        let message = format!(
            "cannot disassociate the main route table association {}",
            call.required("AssociationId")?
        );
        return Err(Failure::new("InvalidParameterValue", message));
    }
    drop_association(world, &call.place(&TABLE), (&table, &found));
    Ok(Value::object())
}

pub(super) fn replace_association(call: &Call, world: &mut World) -> Answer {
    let (old, found) = find_association(call, world)?;
    let id = call.required("RouteTableId")?;
    let table = call.find(world, &TABLE, id)?;
    let place = call.place(&TABLE);
    let before = call.find(world, &TABLE, &old)?;
    if before.fact("VpcId") != table.fact("VpcId") {
        let message = format!("Route table {id} and the association belong to different networks");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    let subnet = found.get("SubnetId").and_then(Value::as_str);
    let made = association(world, id, subnet);
    let new = made.get("RouteTableAssociationId").cloned().unwrap_or_default();
    drop_association(world, &place, (&old, &found));
    world.change(&place, id, |facts| push(facts, "Associations", made));
    Ok(Value::from_iter([
        ("NewAssociationId", new),
        ("AssociationState", value!({"State": "associated"})),
    ]))
}

/// Takes the associations of a subnet that is deleted away.
pub(super) fn forget_subnet(world: &mut World, place: &Place, subnet: &str) {
    let serves = |one: &Resource| {
        associations(one)
            .iter()
            .any(|other| other.get("SubnetId").and_then(Value::as_str) == Some(subnet))
    };
    for table in fitting(world, place, &TABLE, serves) {
        world.change(&place.beside(&TABLE), &table, |facts| {
            retain(facts, "Associations", |one| {
                one.get("SubnetId").and_then(Value::as_str) != Some(subnet)
            });
        });
    }
}

/// The table that serves a subnet: its own, or else the VPC's main one.
pub(super) fn of_subnet<'w>(
    world: &'w World,
    place: &Place,
    (vpc, subnet): (&str, &str),
) -> Option<&'w Resource> {
    let shelf = world.shelf(&place.beside(&TABLE));
    let own = shelf.values().find(|one| {
        associations(one)
            .iter()
            .any(|other| other.get("SubnetId").and_then(Value::as_str) == Some(subnet))
    });
    own.or_else(|| shelf.values().find(|one| one.fact("VpcId") == Some(vpc) && is_main(one)))
}

/// The members of a request that say for which packets a route is.
const DESTINATIONS: [&str; 3] =
    ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
/// The members of a request that say where a route leads.
const ROUTE_TARGETS: [&str; 7] = [
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
];

/// For which packets a route is, with host bits cleared.
fn destination(call: &Call) -> Result<(&'static str, String), Failure> {
    let member = DESTINATIONS.into_iter().find(|member| call.text(member).is_some());
    let Some(member) = member else {
        let message = "The request must contain the parameter destinationCidrBlock";
        return Err(Failure::new("MissingParameter", message));
    };
    let text = call.required(member)?;
    let malformed = || {
        let message = format!(
            "Value ({text}) for parameter {member} is invalid. This is not a valid CIDR block."
        );
        Failure::new("InvalidParameterValue", message)
    };
    let text = match member {
        "DestinationCidrBlock" => cidr::parse(text).ok_or_else(malformed)?.to_string(),
        _ => text.to_owned(),
    };
    Ok((member, text))
}

/// Where a route leads: something that exists.
fn target(call: &Call, world: &World) -> Result<(&'static str, String), Failure> {
    refuse(
        call,
        &["VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn"],
    )?;
    let given: Vec<&'static str> =
        ROUTE_TARGETS.into_iter().filter(|member| call.text(member).is_some()).collect();
    let [member] = given.as_slice() else {
        let message = "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, \
                       vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId or instanceId";
        let code =
            if given.is_empty() { "MissingParameter" } else { "InvalidParameterCombination" };
        return Err(Failure::new(code, message));
    };
    let id = call.required(member)?;
    let place = call.place(&TABLE);
    if *member == "GatewayId" && id == "local" {
        return Ok((member, id.to_owned()));
    }
    let kinds: Vec<Kind> =
        TARGETS.iter().filter(|(known, ..)| known == member).map(|(_, kind, _)| *kind).collect();
    let kind = kinds.iter().find(|kind| id.starts_with(kind.prefix)).or(kinds.first());
    let exists = kinds.iter().any(|kind| world.get(&place.beside(kind), id).is_some())
        || (*member == "NetworkInterfaceId" && interface::of_instance(world, &place, id).is_some());
    match kind {
        Some(kind) if !exists => Err(kind.missing.failure(id)),
        _ => Ok((member, id.to_owned())),
    }
}

pub(super) fn create_route(call: &Call, world: &mut World) -> Answer {
    let id = call.required("RouteTableId")?;
    let table = call.find(world, &TABLE, id)?;
    let (member, destination) = destination(call)?;
    let routes = table.list("Routes");
    if routes.iter().any(|route| route.get(member).and_then(Value::as_str) == Some(&destination)) {
        let message = format!("The route identified by {destination} already exists.");
        return Err(Failure::new("RouteAlreadyExists", message));
    }
    // The route within the VPC does not count.
    let wanted = routes.len();
    limits::check(world, &call.place(&TABLE), &limits::ROUTES, wanted)?;
    let (target_member, target) = target(call, world)?;
    let mut route = object!("Origin": "CreateRoute", "State": "active");
    route.insert(member, destination);
    route.insert(target_member, target);
    world.change(&call.place(&TABLE), id, |facts| push(facts, "Routes", route.into()));
    done(call)
}

fn no_route(id: &str, destination: &str) -> Failure {
    let message = format!("no route with destination-cidr-block {destination} in route table {id}");
    Failure::new("InvalidRoute.NotFound", message)
}

pub(super) fn replace_route(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["LocalTarget"])?;
    let id = call.required("RouteTableId")?;
    let table = call.find(world, &TABLE, id)?;
    let (member, destination) = destination(call)?;
    let mut routes = table.list("Routes").to_vec();
    let (target_member, target) = target(call, world)?;
    let found = routes
        .iter_mut()
        .find(|route| route.get(member).and_then(Value::as_str) == Some(&destination));
    let found = found.and_then(Value::as_object_mut).ok_or_else(|| no_route(id, &destination))?;
    for other in ROUTE_TARGETS {
        found.remove(other);
    }
    found.insert(target_member, target);
    world.set(&call.place(&TABLE), id, "Routes", routes);
    Ok(Value::object())
}

pub(super) fn delete_route(call: &Call, world: &mut World) -> Answer {
    let id = call.required("RouteTableId")?;
    let table = call.find(world, &TABLE, id)?;
    let (member, destination) = destination(call)?;
    let routes = table.list("Routes");
    let is_it = |route: &Value| route.get(member).and_then(Value::as_str) == Some(&destination);
    let found =
        routes.iter().find(|route| is_it(route)).ok_or_else(|| no_route(id, &destination))?;
    if found.text("GatewayId") == "local" {
        let message = format!("cannot remove local route {destination} in route table {id}");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    world.change(&call.place(&TABLE), id, |facts| retain(facts, "Routes", |route| !is_it(route)));
    Ok(Value::object())
}

pub(super) fn enable_propagation(call: &Call, world: &mut World) -> Answer {
    let (table, gateway) = (call.required("RouteTableId")?, call.required("GatewayId")?);
    call.find(world, &TABLE, table)?;
    call.find(world, &vpn::GATEWAY, gateway)?;
    world.change(&call.place(&TABLE), table, |facts| {
        retain(facts, "PropagatingVgws", |one| {
            one.get("GatewayId").and_then(Value::as_str) != Some(gateway)
        });
        push(facts, "PropagatingVgws", value!({"GatewayId": (gateway)}));
    });
    Ok(Value::object())
}

pub(super) fn disable_propagation(call: &Call, world: &mut World) -> Answer {
    let (table, gateway) = (call.required("RouteTableId")?, call.required("GatewayId")?);
    call.find(world, &TABLE, table)?;
    world.change(&call.place(&TABLE), table, |facts| {
        retain(facts, "PropagatingVgws", |one| {
            one.get("GatewayId").and_then(Value::as_str) != Some(gateway)
        });
    });
    Ok(Value::object())
}
