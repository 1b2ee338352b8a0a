//! VPC peering: asked for by one side, accepted by the other within a week.

use reeve_model::{Object, Value};

use super::{
    cidr,
    make::{done, make, shown},
    vpc::{self, VPC},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::List,
    services::ec2::PAGES,
    store::{Place, Resource},
    task::{Task, later},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::VPCPeeringConnection`.
pub(crate) static PEERING: Definition = Definition {
    resource_type: "AWS::EC2::VPCPeeringConnection",
    tagging_type: "ec2:vpc-peering-connection",
    arn: "arn:{partition}:ec2:{region}:{account}:vpc-peering-connection/{id}",
    prefix: "pcx-",
    identity: &[("VpcPeeringConnectionId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidVpcPeeringConnectionID.NotFound",
        "The vpcPeeringConnection ID '{id}' does not exist",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 9] = [
    ("vpc-peering-connection-id", ""),
    ("accepter-vpc-info.cidr-block", "AccepterVpcInfo.CidrBlock"),
    ("accepter-vpc-info.owner-id", "AccepterVpcInfo.OwnerId"),
    ("accepter-vpc-info.vpc-id", "AccepterVpcInfo.VpcId"),
    ("requester-vpc-info.cidr-block", "RequesterVpcInfo.CidrBlock"),
    ("requester-vpc-info.owner-id", "RequesterVpcInfo.OwnerId"),
    ("requester-vpc-info.vpc-id", "RequesterVpcInfo.VpcId"),
    ("status-code", "Status.Code"),
    ("status-message", "Status.Message"),
];

/// Lists peering connections.
pub(super) static LIST: List = List {
    kind: &PEERING,
    member: "VpcPeeringConnections",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "VpcPeeringConnectionIds",
    ..List::OF
};

pub(super) const EXPIRY: &str = "ec2:vpc-peering-expiry";
pub(super) const PROVISIONED: &str = "ec2:vpc-peering-provisioned";
pub(super) const FORGOTTEN: &str = "ec2:vpc-peering-forgotten";
/// Seconds for which a request stands.
const PATIENCE: i64 = 7 * 24 * 3600;
const PROVISIONING: i64 = 10;
const MEMORY: i64 = 2 * 3600;

/// Whether a connection keeps a VPC in use.
pub(super) fn is_active_in(peering: &Resource, vpc: &str) -> bool {
    let inside = ["AccepterVpcInfo.VpcId", "RequesterVpcInfo.VpcId"]
        .iter()
        .any(|path| peering.fact(path) == Some(vpc));
    inside && matches!(peering.fact("Status.Code"), Some("active" | "provisioning"))
}

fn status(code: &str) -> Value {
    let message = match code {
        "pending-acceptance" => "Pending Acceptance by",
        "active" => "Active",
        "rejected" => "Rejected by accepter",
        "expired" => "Expired",
        "provisioning" => "Provisioning",
        _ => "Deleted",
    };
    value!({"Code": (code), "Message": (message)})
}

fn side(place: &Place, (id, found): (&str, Option<&Resource>)) -> Object {
    let mut side = object!("OwnerId": (place.account.as_str()), "VpcId": (id), "Region": (place.region.as_str()));
    if let Some(found) = found {
        let blocks =
            vpc::blocks(found).into_iter().map(|block| value!({"CidrBlock": (block.to_string())}));
        side.insert("CidrBlock", found.fact("CidrBlock").unwrap_or_default());
        side.insert("CidrBlockSet", blocks.collect::<Value>());
        side.insert(
            "PeeringOptions",
            value!({
                "AllowDnsResolutionFromRemoteVpc": false,
                "AllowEgressFromLocalClassicLinkToRemoteVpc": false,
                "AllowEgressFromLocalVpcToRemoteClassicLink": false,
            }),
        );
    }
    side
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let (own, peer) = (call.required("VpcId")?, call.required("PeerVpcId")?);
    let here = call.place(&PEERING);
    let mut there = here.clone();
    if let Some(account) = call.text("PeerOwnerId") {
        there.account =
            account.parse().map_err(|_| call.invalid(format!("Invalid account id: {account}")))?;
    }
    if let Some(region) = call.text("PeerRegion") {
        there.region =
            region.parse().map_err(|_| call.invalid(format!("Invalid Region: {region}")))?;
    }
    let requester = call.find(world, &VPC, own)?;
    let accepter = world.get(&there.beside(&VPC), peer);
    // Another account's VPC may be unknown: then the request fails later, without saying why.
    if accepter.is_none() && there.account == here.account {
        return Err(VPC.missing.failure(peer));
    }
    let overlapping = accepter.is_some_and(|accepter| {
        let theirs = vpc::blocks(accepter);
        vpc::blocks(requester)
            .iter()
            .any(|one| theirs.iter().any(|other| cidr::overlap(*one, *other)))
    });
    let code = if overlapping || accepter.is_none() { "failed" } else { "pending-acceptance" };
    let mut facts = object!(
        "RequesterVpcInfo": (side(&here, (own, Some(requester)))),
        "AccepterVpcInfo": (side(&there, (peer, None))),
        "Status": (if code == "failed" {
            value!({"Code": "failed", "Message": "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"})
        } else {
            status(code)
        }),
    );
    if code != "failed" {
        facts.insert("ExpirationTime", later(call.now, PATIENCE));
    }
    let id = make(call, world, &PEERING, (facts, "vpc-peering-connection"))?;
    if let Some(mut copy) = world.get(&here, &id).cloned() {
        copy.set_tags(reeve_types::Tags::new());
        // Each side sees the connection in its own account and Region, with its own tags.
        if there != here {
            world.put(there, id.clone(), copy);
        }
    }
    let (due, name) = if code == "failed" { (MEMORY, FORGOTTEN) } else { (PATIENCE, EXPIRY) };
    world.schedule(later(call.now, due), Task::new(name, &here, &id));
    shown(call, world, (&PEERING, &id), "VpcPeeringConnection")
}

/// Changes a connection on both sides.
fn change(world: &mut World, place: &Place, id: &str, change: impl Fn(&mut Object)) {
    for side in sides(world, place, id) {
        world.change(&side, id, &change);
    }
}

fn sides(world: &World, place: &Place, id: &str) -> Vec<Place> {
    let Some(found) = world.get(place, id) else { return Vec::new() };
    let side = |member: &str| {
        let account = found.fact(&format!("{member}.OwnerId"))?.parse().ok()?;
        let region = found.fact(&format!("{member}.Region"))?.parse().ok()?;
        Some(Place { account, region, kind: &PEERING })
    };
    let mut sides: Vec<Place> =
        ["RequesterVpcInfo", "AccepterVpcInfo"].into_iter().filter_map(side).collect();
    sides.dedup();
    sides
}

fn pending<'w>(call: &Call, world: &'w World, id: &str) -> Result<&'w Resource, Failure> {
    let found = call.find(world, &PEERING, id)?;
    if found.fact("Status.Code") != Some("pending-acceptance") {
        let message = format!(
            "Incorrect state {} for VPC peering connection {id}",
            found.fact("Status.Code").unwrap_or_default()
        );
        return Err(Failure::new("InvalidStateTransition", message));
    }
    Ok(found)
}

pub(super) fn accept(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcPeeringConnectionId")?;
    let found = pending(call, world, id)?;
    let here = call.place(&PEERING);
    if found.fact("AccepterVpcInfo.OwnerId") != Some(here.account.as_str()) {
        let message = format!("User cannot accept peering {id}");
        return Err(Failure::new("OperationNotPermitted", message));
    }
    let vpc = found.fact("AccepterVpcInfo.VpcId").unwrap_or_default().to_owned();
    let region = found.fact("AccepterVpcInfo.Region").and_then(|region| region.parse().ok());
    let there = Place { region: region.unwrap_or_else(|| here.region.clone()), ..here.clone() };
    let accepter = side(&there, (&vpc, world.get(&there.beside(&VPC), &vpc)));
    change(world, &here, id, |facts| {
        facts.insert("AccepterVpcInfo", accepter.clone());
        facts.insert("Status", status("provisioning"));
        facts.remove("ExpirationTime");
    });
    world.schedule(later(call.now, PROVISIONING), Task::new(PROVISIONED, &here, id));
    shown(call, world, (&PEERING, id), "VpcPeeringConnection")
}

/// An accepted connection works.
pub(super) fn provisioned(world: &mut World, task: &Task) {
    let is = world.get(&task.place, &task.id).and_then(|found| found.fact("Status.Code"));
    if is == Some("provisioning") {
        change(world, &task.place, &task.id, |facts| {
            facts.insert("Status", status("active"));
        });
    }
}

/// Nobody accepted in time.
pub(super) fn expiry(world: &mut World, task: &Task) {
    let is = world.get(&task.place, &task.id).and_then(|found| found.fact("Status.Code"));
    if is == Some("pending-acceptance") {
        end(world, (&task.place, &task.id), "expired", task.due);
    }
}

fn end(world: &mut World, (place, id): (&Place, &str), code: &str, now: jiff::Timestamp) {
    change(world, place, id, |facts| {
        facts.insert("Status", status(code));
    });
    world.schedule(later(now, MEMORY), Task::new(FORGOTTEN, place, id));
}

/// A connection that ended is not even seen any more.
pub(super) fn forgotten(world: &mut World, task: &Task) {
    for side in sides(world, &task.place, &task.id) {
        world.remove(&side, &task.id);
    }
}

pub(super) fn reject(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcPeeringConnectionId")?;
    pending(call, world, id)?;
    end(world, (&call.place(&PEERING), id), "rejected", call.now);
    done(call)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcPeeringConnectionId")?;
    let found = call.find(world, &PEERING, id)?;
    if !matches!(found.fact("Status.Code"), Some("active" | "pending-acceptance" | "provisioning"))
    {
        let message = format!(
            "Incorrect state {} for VPC peering connection {id}",
            found.fact("Status.Code").unwrap_or_default()
        );
        return Err(Failure::new("InvalidStateTransition", message));
    }
    end(world, (&call.place(&PEERING), id), "deleted", call.now);
    done(call)
}

pub(super) fn modify_options(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VpcPeeringConnectionId")?;
    call.find(world, &PEERING, id)?;
    let place = call.place(&PEERING);
    let mut output = Object::new();
    for (member, side) in [
        ("RequesterPeeringConnectionOptions", "RequesterVpcInfo"),
        ("AccepterPeeringConnectionOptions", "AccepterVpcInfo"),
    ] {
        let Some(options) = call.input.get(member).cloned() else { continue };
        output.insert(member, options.clone());
        change(world, &place, id, |facts| {
            if let Some(side) = facts.get_mut(side).and_then(Value::as_object_mut) {
                side.insert("PeeringOptions", options.clone());
            }
        });
    }
    Ok(output.into())
}
