//! Site-to-site VPN: customer gateways, VPN gateways, and connections with two tunnels whose status is telemetry.

use reeve_model::{Object, Value};

use super::{
    make::{any, in_use, make, refuse, shown},
    subnet::public_address,
    transit,
    vpc::{VPC, push, retain},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, List},
    services::ec2::check_ids,
    task::{Task, later},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::VPNConnection`.
pub(crate) static VPN_CONNECTION: Definition = Definition {
    resource_type: "AWS::EC2::VPNConnection",
    tagging_type: "ec2:vpn-connection",
    arn: "arn:{partition}:ec2:{region}:{account}:vpn-connection/{id}",
    prefix: "vpn-",
    identity: &[("VpnConnectionId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidVpnConnectionID.NotFound",
        "The vpnConnection ID '{id}' does not exist",
    ),
    sample: Some(|sample| sample.vpn_connection()),
    ..Definition::OF
};

/// `AWS::EC2::CustomerGateway`.
pub(crate) static CUSTOMER: Definition = Definition {
    resource_type: "AWS::EC2::CustomerGateway",
    tagging_type: "ec2:customer-gateway",
    arn: "arn:{partition}:ec2:{region}:{account}:customer-gateway/{id}",
    prefix: "cgw-",
    identity: &[("CustomerGatewayId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidCustomerGatewayID.NotFound",
        "The customerGateway ID '{id}' does not exist",
    ),
    ..Definition::OF
};

/// `AWS::EC2::VPNGateway`.
pub(crate) static GATEWAY: Definition = Definition {
    resource_type: "AWS::EC2::VPNGateway",
    tagging_type: "ec2:vpn-gateway",
    arn: "arn:{partition}:ec2:{region}:{account}:vpn-gateway/{id}",
    prefix: "vgw-",
    identity: &[("VpnGatewayId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidVpnGatewayID.NotFound",
        "The vpnGateway ID '{id}' does not exist",
    ),
    ..Definition::OF
};

const CONNECTION_FILTERS: [FilterPath; 6] = [
    ("vpn-connection-id", ""),
    ("customer-gateway-id", "CustomerGatewayId"),
    ("state", "State"),
    ("transit-gateway-id", "TransitGatewayId"),
    ("type", "Type"),
    ("vpn-gateway-id", "VpnGatewayId"),
];
const CUSTOMER_FILTERS: [FilterPath; 5] = [
    ("customer-gateway-id", ""),
    ("bgp-asn", "BgpAsn"),
    ("ip-address", "IpAddress"),
    ("state", "State"),
    ("type", "Type"),
];
const GATEWAY_FILTERS: [FilterPath; 6] = [
    ("vpn-gateway-id", ""),
    ("amazon-side-asn", "AmazonSideAsn"),
    ("attachment.state", "VpcAttachments.State"),
    ("attachment.vpc-id", "VpcAttachments.VpcId"),
    ("state", "State"),
    ("type", "Type"),
];

static CONNECTIONS: List = List {
    kind: &VPN_CONNECTION,
    member: "VpnConnections",
    filters: Filters::Named("Filters", &CONNECTION_FILTERS),
    ids: "VpnConnectionIds",
    ..List::OF
};

/// Lists customer gateways.
pub(super) static CUSTOMERS: List = List {
    kind: &CUSTOMER,
    member: "CustomerGateways",
    filters: Filters::Named("Filters", &CUSTOMER_FILTERS),
    ids: "CustomerGatewayIds",
    ..List::OF
};

/// Lists VPN gateways.
pub(super) static GATEWAYS: List = List {
    kind: &GATEWAY,
    member: "VpnGateways",
    filters: Filters::Named("Filters", &GATEWAY_FILTERS),
    ids: "VpnGatewayIds",
    ..List::OF
};

pub(super) const READY: &str = "ec2:vpn-connection-ready";
pub(super) const TUNNEL_UP: &str = "ec2:vpn-tunnel-up";
pub(super) const GONE: &str = "ec2:vpn-connection-gone";
/// Seconds.
const CREATION: (i64, i64) = (180, 360);
const NEGOTIATION: (i64, i64) = (30, 240);
const DELETION: (i64, i64) = (60, 180);
const MEMORY: i64 = 3600;

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("VpnConnectionIds");
    check_ids(call, &VPN_CONNECTION, &ids, "InvalidVpnConnectionID.Malformed")?;
    Action::List(&CONNECTIONS).perform(call, world)
}

pub(super) fn create_customer(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["BgpAsnExtended"])?;
    let address = call.text("IpAddress").or_else(|| call.text("PublicIp"));
    let certificate = call.text("CertificateArn");
    if address.is_none() && certificate.is_none() {
        return Err(Failure::new(
            "MissingParameter",
            "The request must contain the parameter ipAddress",
        ));
    }
    let mut facts = object!(
        "BgpAsn": (call.integer("BgpAsn").unwrap_or(65000).to_string()),
        "State": "available",
        "Type": (call.required("Type")?),
    );
    for (member, value) in [
        ("IpAddress", address),
        ("CertificateArn", certificate),
        ("DeviceName", call.text("DeviceName")),
    ] {
        if let Some(value) = value {
            facts.insert(member, value);
        }
    }
    let id = make(call, world, &CUSTOMER, (facts, "customer-gateway"))?;
    shown(call, world, (&CUSTOMER, &id), "CustomerGateway")
}

pub(super) fn delete_customer(call: &Call, world: &mut World) -> Answer {
    let id = call.required("CustomerGatewayId")?;
    call.find(world, &CUSTOMER, id)?;
    let place = call.place(&CUSTOMER);
    let used = any(world, &place, &VPN_CONNECTION, |one| {
        one.fact("CustomerGatewayId") == Some(id) && one.fact("State") != Some("deleted")
    });
    if used {
        return Err(Failure::new("IncorrectState", "The customer gateway is in use."));
    }
    world.remove(&place, id);
    Ok(Value::object())
}

pub(super) fn create_gateway(call: &Call, world: &mut World) -> Answer {
    let facts = object!(
        "AmazonSideAsn": (call.integer("AmazonSideAsn").unwrap_or(64512)),
        "State": "available",
        "Type": (call.required("Type")?),
        "VpcAttachments": [],
    );
    let id = make(call, world, &GATEWAY, (facts, "vpn-gateway"))?;
    shown(call, world, (&GATEWAY, &id), "VpnGateway")
}

pub(super) fn delete_gateway(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpnGatewayId")?;
    let gateway = call.find(world, &GATEWAY, id)?;
    let place = call.place(&GATEWAY);
    let attached = !gateway.list("VpcAttachments").is_empty();
    let used = any(world, &place, &VPN_CONNECTION, |one| {
        one.fact("VpnGatewayId") == Some(id) && one.fact("State") != Some("deleted")
    });
    if attached || used {
        return Err(Failure::new("IncorrectState", "The vpnGateway is in use."));
    }
    world.remove(&place, id);
    Ok(Value::object())
}

pub(super) fn attach(call: &Call, world: &mut World) -> Answer {
    let (id, vpc) = (call.required("VpnGatewayId")?, call.required("VpcId")?);
    let gateway = call.find(world, &GATEWAY, id)?;
    call.find(world, &VPC, vpc)?;
    if !gateway.list("VpcAttachments").is_empty() {
        let message = format!("The vpnGateway {id} is already attached to a VPC.");
        return Err(Failure::new("VpnGatewayAttachmentLimitExceeded", message));
    }
    let made = |state: &str| value!({"State": (state), "VpcId": (vpc)});
    world
        .change(&call.place(&GATEWAY), id, |facts| push(facts, "VpcAttachments", made("attached")));
    Ok(Value::from_iter([("VpcAttachment", made("attaching"))]))
}

pub(super) fn detach(call: &Call, world: &mut World) -> Answer {
    let (id, vpc) = (call.required("VpnGatewayId")?, call.required("VpcId")?);
    let gateway = call.find(world, &GATEWAY, id)?;
    let here = |one: &Value| one.get("VpcId").and_then(Value::as_str) == Some(vpc);
    let list = gateway.list("VpcAttachments");
    if !list.iter().any(here) {
        let message = format!("The attachment of {id} to {vpc} does not exist");
        return Err(Failure::new("InvalidVpnGatewayAttachment.NotFound", message));
    }
    world.change(&call.place(&GATEWAY), id, |facts| {
        retain(facts, "VpcAttachments", |one| !here(one));
    });
    Ok(Value::object())
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["VpnConcentratorId", "PreSharedKeyStorage"])?;
    let customer = call.required("CustomerGatewayId")?;
    call.find(world, &CUSTOMER, customer)?;
    let mut facts = object!(
        "Category": "VPN",
        "CustomerGatewayId": (customer),
        "State": "pending",
        "Type": (call.required("Type")?),
        "Routes": [],
        "VgwTelemetry": [],
    );
    match (call.text("VpnGatewayId"), call.text("TransitGatewayId")) {
        (Some(gateway), None) => {
            call.find(world, &GATEWAY, gateway)?;
            facts.insert("VpnGatewayId", gateway);
        }
        (None, Some(gateway)) => {
            call.find(world, &transit::GATEWAY, gateway)?;
            facts.insert("TransitGatewayId", gateway);
        }
        (None, None) => {}
        (Some(_), Some(_)) => {
            let message = "Only one of vpnGatewayId and transitGatewayId may be specified";
            return Err(Failure::new("InvalidParameterCombination", message));
        }
    }
    let options = call.object("Options");
    let only_static =
        options.and_then(|options| options.get("StaticRoutesOnly")?.as_bool()).unwrap_or(false);
    let seed = world.random_hex(16);
    let tunnels: Vec<Value> = ["1", "2"]
        .iter()
        .map(|number| value!({"OutsideIpAddress": (public_address(&format!("{seed}/{number}")))}))
        .collect();
    facts.insert("Options", value!({
        "EnableAcceleration": (options.and_then(|options| options.get("EnableAcceleration")?.as_bool()).unwrap_or(false)),
        "StaticRoutesOnly": (only_static),
        "TunnelInsideIpVersion": "ipv4",
        "TunnelOptions": (tunnels),
    }));
    let id = make(call, world, &VPN_CONNECTION, (facts, "vpn-connection"))?;
    let place = call.place(&VPN_CONNECTION);
    let due = later(call.now, world.random_between(CREATION.0, CREATION.1));
    world.schedule(due, Task::new(READY, &place, &id));
    shown(call, world, (&VPN_CONNECTION, &id), "VpnConnection")
}

/// A connection is there; its tunnels come up when the other side has spoken to them.
pub(super) fn ready(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    if found.fact("State") != Some("pending") {
        return;
    }
    let tunnels = found.list("Options.TunnelOptions").to_vec();
    let telemetry: Vec<Value> = tunnels
        .iter()
        .map(|tunnel| {
            value!({
                "AcceptedRouteCount": 0,
                "LastStatusChange": (task.due),
                "OutsideIpAddress": (tunnel.text("OutsideIpAddress")),
                "Status": "DOWN",
                "StatusMessage": "IPSEC IS DOWN",
            })
        })
        .collect();
    world.change(&task.place, &task.id, |facts| {
        facts.insert("State", "available");
        facts.insert("VgwTelemetry", telemetry);
    });
    for number in 0..2_i64 {
        let due = later(task.due, world.random_between(NEGOTIATION.0, NEGOTIATION.1));
        world.schedule(due, Task::new(TUNNEL_UP, &task.place, &task.id).with(number));
    }
}

/// A tunnel is up.
pub(super) fn tunnel_up(world: &mut World, task: &Task) {
    let index = task.detail.as_i64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
    world.change(&task.place, &task.id, |facts| {
        let routes = facts.get("Routes").map_or(0, |routes| routes.as_list().len());
        let mut telemetry = facts.list("VgwTelemetry").to_vec();
        if let Some(tunnel) = telemetry.get_mut(index).and_then(Value::as_object_mut) {
            tunnel.insert("Status", "UP");
            tunnel.insert("StatusMessage", "");
            tunnel.insert("LastStatusChange", task.due);
            tunnel.insert("AcceptedRouteCount", i64::try_from(routes).unwrap_or(0));
        }
        facts.insert("VgwTelemetry", telemetry);
    });
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpnConnectionId")?;
    call.find(world, &VPN_CONNECTION, id)?;
    let place = call.place(&VPN_CONNECTION);
    world.change(&place, id, |facts| {
        facts.insert("State", "deleting");
        facts.insert("VgwTelemetry", Vec::<Value>::new());
    });
    let due = later(call.now, world.random_between(DELETION.0, DELETION.1));
    world.schedule(due, Task::new(GONE, &place, id));
    Ok(Value::object())
}

/// A connection is gone, then not even seen any more.
pub(super) fn gone(world: &mut World, task: &Task) {
    let state = world.get(&task.place, &task.id).and_then(|found| found.fact("State"));
    if state == Some("deleted") {
        world.remove(&task.place, &task.id);
        return;
    }
    world.set(&task.place, &task.id, "State", "deleted");
    world.schedule(later(task.due, MEMORY), task.clone());
}

fn static_only(call: &Call, world: &World, id: &str) -> Result<(), Failure> {
    let found = call.find(world, &VPN_CONNECTION, id)?;
    if found.value("Options.StaticRoutesOnly").and_then(Value::as_bool) != Some(true) {
        let message = format!("The VPN connection {id} does not take static routes");
        return Err(Failure::new("InvalidParameterValue", message));
    }
    Ok(())
}

pub(super) fn create_route(call: &Call, world: &mut World) -> Answer {
    let (id, block) = (call.required("VpnConnectionId")?, call.required("DestinationCidrBlock")?);
    static_only(call, world, id)?;
    let route = value!({"DestinationCidrBlock": (block), "Source": "Static", "State": "available"});
    world.change(&call.place(&VPN_CONNECTION), id, |facts| {
        retain(facts, "Routes", |one| {
            one.get("DestinationCidrBlock").and_then(Value::as_str) != Some(block)
        });
        push(facts, "Routes", route);
    });
    Ok(Value::object())
}

pub(super) fn delete_route(call: &Call, world: &mut World) -> Answer {
    let (id, block) = (call.required("VpnConnectionId")?, call.required("DestinationCidrBlock")?);
    let found = call.find(world, &VPN_CONNECTION, id)?;
    let is_it =
        |one: &Value| one.get("DestinationCidrBlock").and_then(Value::as_str) == Some(block);
    if !found.list("Routes").iter().any(is_it) {
        let message = format!("The route to {block} of {id} does not exist");
        return Err(Failure::new("InvalidRoute.NotFound", message));
    }
    world.change(&call.place(&VPN_CONNECTION), id, |facts: &mut Object| {
        retain(facts, "Routes", |one| !is_it(one));
    });
    Ok(Value::object())
}

/// A gateway that VPN connections use cannot go.
pub(super) fn check_unused(
    world: &World,
    place: &crate::store::Place,
    gateway: &str,
) -> Result<(), Failure> {
    let used = any(world, place, &VPN_CONNECTION, |one| {
        one.fact("TransitGatewayId") == Some(gateway) && one.fact("State") != Some("deleted")
    });
    if used {
        return Err(in_use(format!("{gateway} has VPN connections")));
    }
    Ok(())
}
