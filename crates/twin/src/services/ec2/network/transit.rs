//! Transit gateways, the VPCs attached to them, and their route tables.

use reeve_model::{Object, Value};

use super::{
    cidr,
    make::{any, fitting, in_use, make, new_id, refuse, shown},
    subnet::SUBNET,
    vpc::{self, VPC, push, retain},
    vpn,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Kind, Missing, TagForm},
    recipe::List,
    services::ec2::PAGES,
    store::{Place, Resource, facts},
    task::{Task, later},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::TransitGateway`.
pub(crate) static GATEWAY: Definition = Definition {
    resource_type: "AWS::EC2::TransitGateway",
    tagging_type: "ec2:transit-gateway",
    arn: "arn:{partition}:ec2:{region}:{account}:transit-gateway/{id}",
    prefix: "tgw-",
    identity: &[
        ("TransitGatewayId", Identity::Id),
        ("TransitGatewayArn", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidTransitGatewayID.NotFound",
        "Transit Gateway {id} was deleted or does not exist.",
    ),
    ..Definition::OF
};

/// `AWS::EC2::TransitGatewayAttachment`.
pub(crate) static ATTACHMENT: Definition = Definition {
    resource_type: "AWS::EC2::TransitGatewayAttachment",
    tagging_type: "ec2:transit-gateway-attachment",
    arn: "arn:{partition}:ec2:{region}:{account}:transit-gateway-attachment/{id}",
    prefix: "tgw-attach-",
    identity: &[("TransitGatewayAttachmentId", Identity::Id), ("VpcOwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidTransitGatewayAttachmentID.NotFound",
        "Transit Gateway Attachment {id} was deleted or does not exist.",
    ),
    ..Definition::OF
};

/// `AWS::EC2::TransitGatewayRouteTable`.
pub(crate) static TABLE: Definition = Definition {
    resource_type: "AWS::EC2::TransitGatewayRouteTable",
    tagging_type: "ec2:transit-gateway-route-table",
    arn: "arn:{partition}:ec2:{region}:{account}:transit-gateway-route-table/{id}",
    prefix: "tgw-rtb-",
    identity: &[("TransitGatewayRouteTableId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidRouteTableID.NotFound",
        "Transit Gateway Route Table {id} was deleted or does not exist.",
    ),
    ..Definition::OF
};

const GATEWAY_FILTERS: [FilterPath; 3] =
    [("transit-gateway-id", ""), ("state", "State"), ("owner-id", "OwnerId")];
const ATTACHMENT_FILTERS: [FilterPath; 6] = [
    ("transit-gateway-attachment-id", ""),
    ("state", "State"),
    ("transit-gateway-id", "TransitGatewayId"),
    ("vpc-id", "VpcId"),
    ("resource-id", "VpcId"),
    ("resource-type", "ResourceType"),
];
const TABLE_FILTERS: [FilterPath; 5] = [
    ("transit-gateway-route-table-id", ""),
    ("default-association-route-table", "DefaultAssociationRouteTable"),
    ("default-propagation-route-table", "DefaultPropagationRouteTable"),
    ("state", "State"),
    ("transit-gateway-id", "TransitGatewayId"),
];

/// Lists transit gateways.
pub(super) static GATEWAYS: List = List {
    kind: &GATEWAY,
    member: "TransitGateways",
    paging: &PAGES,
    filters: Filters::Named("Filters", &GATEWAY_FILTERS),
    ids: "TransitGatewayIds",
    ..List::OF
};

/// Lists attachments of VPCs.
pub(super) static VPC_ATTACHMENTS: List = List {
    kind: &ATTACHMENT,
    member: "TransitGatewayVpcAttachments",
    paging: &PAGES,
    filters: Filters::Named("Filters", &ATTACHMENT_FILTERS),
    ids: "TransitGatewayAttachmentIds",
    ..List::OF
};

/// Lists attachments of everything: here of VPCs.
pub(super) static ATTACHMENTS: List = List {
    kind: &ATTACHMENT,
    member: "TransitGatewayAttachments",
    paging: &PAGES,
    filters: Filters::Named("Filters", &ATTACHMENT_FILTERS),
    ids: "TransitGatewayAttachmentIds",
    show: Some(|call, _, _, mut shown| {
        let vpc = shown.get("VpcId").cloned().unwrap_or_default();
        shown.insert("ResourceId", vpc);
        shown.insert("ResourceType", "vpc");
        shown.insert("ResourceOwnerId", call.account().as_str());
        shown.insert("TransitGatewayOwnerId", call.account().as_str());
        shown.into()
    }),
    ..List::OF
};

/// Lists route tables.
pub(super) static TABLES: List = List {
    kind: &TABLE,
    member: "TransitGatewayRouteTables",
    paging: &PAGES,
    filters: Filters::Named("Filters", &TABLE_FILTERS),
    ids: "TransitGatewayRouteTableIds",
    ..List::OF
};

/// What is pending becomes available, what is deleting deleted and then forgotten.
pub(super) const SETTLED: &str = "ec2:transit-settled";
/// Seconds.
const GATEWAY_CREATION: (i64, i64) = (60, 180);
const OTHER_CREATION: (i64, i64) = (30, 90);
const MEMORY: i64 = 3600;

fn settle(world: &mut World, (kind, id): (Kind, &str), place: &Place, (low, high): (i64, i64)) {
    let due = later(world.now(), world.random_between(low, high));
    world.schedule(due, Task::new(SETTLED, &place.beside(kind), id));
}

/// Something has reached the state it was on its way to.
pub(super) fn settled(world: &mut World, task: &Task) {
    let state =
        world.get(&task.place, &task.id).and_then(|found| found.fact("State")).map(str::to_owned);
    let next = match state.as_deref() {
        Some("pending" | "modifying") => "available",
        Some("deleting") => "deleted",
        Some("deleted") => {
            world.remove(&task.place, &task.id);
            return;
        }
        _ => return,
    };
    world.set(&task.place, &task.id, "State", next);
    if next == "deleted" {
        world.schedule(later(task.due, MEMORY), task.clone());
    }
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let option = |name: &str, usual: &str| {
        let given =
            call.object("Options").and_then(|options| options.get(name)).and_then(Value::as_str);
        given.unwrap_or(usual).to_owned()
    };
    let place = call.place(&GATEWAY);
    let table = new_id(world, TABLE.prefix);
    let asn = call.input.path("Options.AmazonSideAsn").and_then(Value::as_i64).unwrap_or(64512);
    let (associated, propagated) = (
        option("DefaultRouteTableAssociation", "enable"),
        option("DefaultRouteTablePropagation", "enable"),
    );
    let mut options = object!(
        "AmazonSideAsn": (asn),
        "AutoAcceptSharedAttachments": (option("AutoAcceptSharedAttachments", "disable")),
        "DefaultRouteTableAssociation": (associated.as_str()),
        "DefaultRouteTablePropagation": (propagated.as_str()),
        "DnsSupport": (option("DnsSupport", "enable")),
        "MulticastSupport": (option("MulticastSupport", "disable")),
        "VpnEcmpSupport": (option("VpnEcmpSupport", "enable")),
    );
    let default = associated == "enable" || propagated == "enable";
    if associated == "enable" {
        options.insert("AssociationDefaultRouteTableId", table.as_str());
    }
    if propagated == "enable" {
        options.insert("PropagationDefaultRouteTableId", table.as_str());
    }
    let mut described =
        object!("CreationTime": (call.now), "Options": (options), "State": "pending");
    described.extend(call.given_texts(["Description"]));
    let id = make(call, world, &GATEWAY, (described, "transit-gateway"))?;
    settle(world, (&GATEWAY, &id), &place, GATEWAY_CREATION);
    if default {
        let described = table_facts(call, &id, (associated == "enable", propagated == "enable"));
        let made = Resource::new(facts(described), std::sync::Arc::default());
        world.put(place.beside(&TABLE), table.clone(), made);
        settle(world, (&TABLE, &table), &place, GATEWAY_CREATION);
    }
    shown(call, world, (&GATEWAY, &id), "TransitGateway")
}

fn table_facts(call: &Call, gateway: &str, (associated, propagated): (bool, bool)) -> Object {
    object!(
        "CreationTime": (call.now),
        "DefaultAssociationRouteTable": (associated),
        "DefaultPropagationRouteTable": (propagated),
        "State": "pending",
        "TransitGatewayId": (gateway),
    )
}

fn mark_deleting(call: &Call, world: &mut World, (kind, id): (Kind, &str), wrap: &str) -> Answer {
    let place = call.place(kind);
    world.set(&place, id, "State", "deleting");
    settle(world, (kind, id), &place, OTHER_CREATION);
    shown(call, world, (kind, id), wrap)
}

fn is_alive(one: &Resource) -> bool {
    !matches!(one.fact("State"), Some("deleted" | "deleting"))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("TransitGatewayId")?;
    call.find(world, &GATEWAY, id)?;
    let place = call.place(&GATEWAY);
    let attached = |one: &Resource| {
        one.fact("TransitGatewayId") == Some(id) && one.fact("State") != Some("deleted")
    };
    if any(world, &place, &ATTACHMENT, attached) {
        let message = format!("{id} has non-deleted VPC Attachments");
        return Err(Failure::new("IncorrectState", message));
    }
    vpn::check_unused(world, &place, id)?;
    for table in fitting(world, &place, &TABLE, |one| one.fact("TransitGatewayId") == Some(id)) {
        world.remove(&place.beside(&TABLE), &table);
    }
    mark_deleting(call, world, (&GATEWAY, id), "TransitGateway")
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["EncryptionSupport"])?;
    let id = call.required("TransitGatewayId")?;
    call.find(world, &GATEWAY, id)?;
    let place = call.place(&GATEWAY);
    let changes = call.object("Options").cloned().unwrap_or_default();
    let lists = ["AddTransitGatewayCidrBlocks", "RemoveTransitGatewayCidrBlocks"];
    if lists.iter().any(|member| changes.contains(member)) {
        return Err(call.invalid("the twin does not implement CIDR blocks of transit gateways"));
    }
    world.change(&place, id, |facts| {
        facts.insert("State", "modifying");
        facts.extend(call.given_texts(["Description"]));
        if let Some(options) = facts.get_mut("Options").and_then(Value::as_object_mut) {
            for (name, value) in changes.iter() {
                options.insert(name, value.clone());
            }
        }
    });
    settle(world, (&GATEWAY, id), &place, OTHER_CREATION);
    shown(call, world, (&GATEWAY, id), "TransitGateway")
}

pub(super) fn attach_vpc(call: &Call, world: &mut World) -> Answer {
    let (gateway, vpc) = (call.required("TransitGatewayId")?, call.required("VpcId")?);
    let found = call.find(world, &GATEWAY, gateway)?;
    if found.fact("State") != Some("available") {
        return Err(Failure::new("IncorrectState", format!("{gateway} is in invalid state")));
    }
    let table = found.fact("Options.AssociationDefaultRouteTableId").map(str::to_owned);
    call.find(world, &VPC, vpc)?;
    for subnet in call.texts("SubnetIds") {
        if call.find(world, &SUBNET, subnet)?.fact("VpcId") != Some(vpc) {
            return Err(SUBNET.missing.failure(subnet));
        }
    }
    let place = call.place(&ATTACHMENT);
    let twice = |one: &Resource| {
        one.fact("TransitGatewayId") == Some(gateway)
            && one.fact("VpcId") == Some(vpc)
            && is_alive(one)
    };
    if any(world, &place, &ATTACHMENT, twice) {
        let message =
            format!("{gateway} has non-deleted Transit Gateway Attachments with same VPC ID.");
        return Err(Failure::new("DuplicateTransitGatewayAttachment", message));
    }
    let option = |name: &str, usual: &str| {
        let given =
            call.object("Options").and_then(|options| options.get(name)).and_then(Value::as_str);
        given.unwrap_or(usual).to_owned()
    };
    let mut described = object!(
        "CreationTime": (call.now),
        "Options": {
            "ApplianceModeSupport": (option("ApplianceModeSupport", "disable")),
            "DnsSupport": (option("DnsSupport", "enable")),
            "Ipv6Support": (option("Ipv6Support", "disable")),
            "SecurityGroupReferencingSupport": (option("SecurityGroupReferencingSupport", "enable")),
        },
        "ResourceType": "vpc",
        "State": "pending",
        "SubnetIds": (call.input.get("SubnetIds").cloned().unwrap_or_default()),
        "TransitGatewayId": (gateway),
        "VpcId": (vpc),
    );
    if let Some(table) = table {
        described.insert(
            "Association",
            value!({"State": "associated", "TransitGatewayRouteTableId": (table)}),
        );
    }
    let id = make(call, world, &ATTACHMENT, (described, "transit-gateway-attachment"))?;
    settle(world, (&ATTACHMENT, &id), &place, OTHER_CREATION);
    shown(call, world, (&ATTACHMENT, &id), "TransitGatewayVpcAttachment")
}

pub(super) fn delete_attachment(call: &Call, world: &mut World) -> Answer {
    let id = call.required("TransitGatewayAttachmentId")?;
    call.find(world, &ATTACHMENT, id)?;
    mark_deleting(call, world, (&ATTACHMENT, id), "TransitGatewayVpcAttachment")
}

pub(super) fn create_table(call: &Call, world: &mut World) -> Answer {
    let gateway = call.required("TransitGatewayId")?;
    call.find(world, &GATEWAY, gateway)?;
    let described = table_facts(call, gateway, (false, false));
    let id = make(call, world, &TABLE, (described, "transit-gateway-route-table"))?;
    settle(world, (&TABLE, &id), &call.place(&TABLE), OTHER_CREATION);
    shown(call, world, (&TABLE, &id), "TransitGatewayRouteTable")
}

pub(super) fn delete_table(call: &Call, world: &mut World) -> Answer {
    let id = call.required("TransitGatewayRouteTableId")?;
    call.find(world, &TABLE, id)?;
    let used = |one: &Resource| {
        one.fact("Association.TransitGatewayRouteTableId") == Some(id) && is_alive(one)
    };
    if any(world, &call.place(&TABLE), &ATTACHMENT, used) {
        return Err(in_use(format!("{id} has associations")));
    }
    mark_deleting(call, world, (&TABLE, id), "TransitGatewayRouteTable")
}

pub(super) fn associate(call: &Call, world: &mut World) -> Answer {
    let (table, attachment) = (
        call.required("TransitGatewayRouteTableId")?,
        call.required("TransitGatewayAttachmentId")?,
    );
    call.find(world, &TABLE, table)?;
    let found = call.find(world, &ATTACHMENT, attachment)?;
    if found.fact("Association.State") == Some("associated") {
        let message = format!(
            "Transit Gateway Attachment {attachment} is already associated to a route table."
        );
        return Err(Failure::new("Resource.AlreadyAssociated", message));
    }
    let vpc = found.fact("VpcId").unwrap_or_default().to_owned();
    world.set(
        &call.place(&ATTACHMENT),
        attachment,
        "Association",
        value!({"State": "associated", "TransitGatewayRouteTableId": (table)}),
    );
    Ok(value!({"Association": (association(table, attachment, (&vpc, "associating")))}))
}

fn association(table: &str, attachment: &str, (vpc, state): (&str, &str)) -> Value {
    value!({
        "ResourceId": (vpc),
        "ResourceType": "vpc",
        "State": (state),
        "TransitGatewayAttachmentId": (attachment),
        "TransitGatewayRouteTableId": (table),
    })
}

pub(super) fn disassociate(call: &Call, world: &mut World) -> Answer {
    let (table, attachment) = (
        call.required("TransitGatewayRouteTableId")?,
        call.required("TransitGatewayAttachmentId")?,
    );
    let found = call.find(world, &ATTACHMENT, attachment)?;
    if found.fact("Association.TransitGatewayRouteTableId") != Some(table) {
        let message = format!("Association for {attachment} does not exist in {table}.");
        return Err(Failure::new("InvalidAssociation.NotFound", message));
    }
    let vpc = found.fact("VpcId").unwrap_or_default().to_owned();
    world.change(&call.place(&ATTACHMENT), attachment, |facts| {
        facts.remove("Association");
    });
    Ok(value!({"Association": (association(table, attachment, (&vpc, "disassociating")))}))
}

pub(super) fn associations(call: &Call, world: &mut World) -> Answer {
    let table = call.required("TransitGatewayRouteTableId")?;
    call.find(world, &TABLE, table)?;
    let shelf = world.shelf(&call.place(&ATTACHMENT));
    let own = shelf
        .iter()
        .filter(|(_, one)| one.fact("Association.TransitGatewayRouteTableId") == Some(table));
    let shown = own.map(|(id, one)| {
        association(table, id, (one.fact("VpcId").unwrap_or_default(), "associated"))
    });
    Ok(call.fit(Value::from_iter([("Associations", shown.collect::<Value>())])))
}

pub(super) fn create_route(call: &Call, world: &mut World) -> Answer {
    let (table, text) =
        (call.required("TransitGatewayRouteTableId")?, call.required("DestinationCidrBlock")?);
    let block = cidr::parse(text).ok_or_else(|| vpc::malformed(text))?.to_string();
    let found = call.find(world, &TABLE, table)?;
    let is_it =
        |route: &Value| route.get("DestinationCidrBlock").and_then(Value::as_str) == Some(&block);
    if found.inside.list("Routes").iter().any(is_it) {
        return Err(Failure::new(
            "RouteAlreadyExists",
            format!("Route {block} already exists in {table}."),
        ));
    }
    let mut route = object!("DestinationCidrBlock": (block), "Type": "static", "State": "active");
    if call.flag("Blackhole") {
        route.insert("State", "blackhole");
    } else {
        let id = call.required("TransitGatewayAttachmentId")?;
        let vpc = call.find(world, &ATTACHMENT, id)?.fact("VpcId").unwrap_or_default();
        route.insert(
            "TransitGatewayAttachments",
            value!([{
                "ResourceId": (vpc),
                "ResourceType": "vpc",
                "TransitGatewayAttachmentId": (id),
            }]),
        );
    }
    world.change_inside(&call.place(&TABLE), table, |inside| {
        push(inside, "Routes", route.clone().into());
    });
    Ok(Value::from_iter([("Route", route)]))
}

pub(super) fn delete_route(call: &Call, world: &mut World) -> Answer {
    let (table, text) =
        (call.required("TransitGatewayRouteTableId")?, call.required("DestinationCidrBlock")?);
    let found = call.find(world, &TABLE, table)?;
    let is_it =
        |route: &Value| route.get("DestinationCidrBlock").and_then(Value::as_str) == Some(text);
    let route = found.inside.list("Routes").iter().find(|route| is_it(route)).cloned();
    let mut route = route.ok_or_else(|| {
        Failure::new("InvalidRoute.NotFound", format!("Route {text} does not exist in {table}."))
    })?;
    world.change_inside(&call.place(&TABLE), table, |inside| {
        retain(inside, "Routes", |one| !is_it(one));
    });
    if let Some(route) = route.as_object_mut() {
        route.insert("State", "deleted");
    }
    Ok(Value::from_iter([("Route", route)]))
}

pub(super) fn search_routes(call: &Call, world: &mut World) -> Answer {
    let table = call.required("TransitGatewayRouteTableId")?;
    let found = call.find(world, &TABLE, table)?;
    let mut routes = found.inside.list("Routes").to_vec();
    for filter in call.list("Filters") {
        let name = filter.text("Name");
        let values: Vec<&str> = filter.list("Values").iter().filter_map(Value::as_str).collect();
        let path = match name {
            "state" => "State",
            "type" => "Type",
            "route-search.exact-match" => "DestinationCidrBlock",
            "attachment.transit-gateway-attachment-id" => {
                "TransitGatewayAttachments.0.TransitGatewayAttachmentId"
            }
            "attachment.resource-id" => "TransitGatewayAttachments.0.ResourceId",
            _ => return Err(call.invalid(format!("The filter '{name}' is invalid"))),
        };
        routes.retain(|route| {
            route.path(path).and_then(Value::as_str).is_some_and(|text| values.contains(&text))
        });
    }
    Ok(value!({"Routes": (routes), "AdditionalRoutesAvailable": false}))
}
