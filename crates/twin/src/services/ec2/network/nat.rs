//! NAT gateways: pending for a minute or two before they work, and an hour in sight after they are deleted.

use reeve_model::Value;

use super::{
    address, gateway, interface,
    make::{make, refuse, shown},
    subnet::{self, SUBNET},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, List},
    services::ec2::{PAGES, check_ids},
    store::Place,
    task::{Task, later},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::NatGateway`.
pub(crate) static NAT_GATEWAY: Definition = Definition {
    resource_type: "AWS::EC2::NatGateway",
    tagging_type: "ec2:natgateway",
    arn: "arn:{partition}:ec2:{region}:{account}:natgateway/{id}",
    prefix: "nat-",
    identity: &[("NatGatewayId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("NatGatewayNotFound", "The Nat Gateway {id} was not found"),
    sample: Some(|sample| sample.nat_gateway()),
    ..Definition::OF
};

const FILTERS: [FilterPath; 4] =
    [("nat-gateway-id", ""), ("state", "State"), ("subnet-id", "SubnetId"), ("vpc-id", "VpcId")];

static LIST: List = List {
    kind: &NAT_GATEWAY,
    member: "NatGateways",
    paging: &PAGES,
    filters: Filters::Named("Filter", &FILTERS),
    ids: "NatGatewayIds",
    ..List::OF
};

pub(super) const READY: &str = "ec2:nat-gateway-ready";
pub(super) const DELETED: &str = "ec2:nat-gateway-deleted";
pub(super) const FORGOTTEN: &str = "ec2:nat-gateway-forgotten";
/// Seconds until a new gateway works, at least and at most.
const CREATION: (i64, i64) = (60, 150);
const DELETION: (i64, i64) = (45, 120);
/// Seconds for which a deleted gateway can still be seen.
const MEMORY: i64 = 3600;

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("NatGatewayIds");
    check_ids(call, &NAT_GATEWAY, &ids, "InvalidNatGatewayID.Malformed")?;
    Action::List(&LIST).perform(call, world)
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &[
            "SecondaryAllocationIds",
            "SecondaryPrivateIpAddresses",
            "SecondaryPrivateIpAddressCount",
            "AvailabilityMode",
            "AvailabilityZoneAddresses",
        ],
    )?;
    let subnet = call.required("SubnetId")?;
    let vpc = call.find(world, &SUBNET, subnet)?.fact("VpcId").unwrap_or_default().to_owned();
    let public = call.text("ConnectivityType").unwrap_or("public") == "public";
    let allocation = call.text("AllocationId");
    let address = public_address(call, world, public)?;
    let place = call.place(&NAT_GATEWAY);
    let private = subnet::allocate(world, &place, (subnet, call.text("PrivateIpAddress")))?;
    let id = make(
        call,
        world,
        &NAT_GATEWAY,
        (
            object!(
                "ConnectivityType": (if public { "public" } else { "private" }),
                "CreateTime": (call.now),
                "State": "pending",
                "SubnetId": (subnet),
                "VpcId": (vpc.as_str()),
                "NatGatewayAddresses": [],
            ),
            "natgateway",
        ),
    )?;
    let entry = connect(world, &place, (&id, subnet, &private), allocation.zip(address))?;
    if public && !gateway::serves(world, &place, &vpc) {
        world.set_inside(&place, &id, "NoGateway", true);
    }
    world.set(&place, &id, "NatGatewayAddresses", vec![Value::from(entry)]);
    let due = later(call.now, world.random_between(CREATION.0, CREATION.1));
    world.schedule(due, Task::new(READY, &place, &id));
    shown(call, world, (&NAT_GATEWAY, &id), "NatGateway")
}

/// The address that a public gateway is seen by; private ones have none.
fn public_address(call: &Call, world: &World, public: bool) -> Result<Option<String>, Failure> {
    match (public, call.text("AllocationId")) {
        (true, Some(id)) => address::free(call, world, id).map(Some),
        (true, None) => {
            let message = "The request must contain the parameter AllocationId";
            Err(Failure::new("MissingParameter", message))
        }
        (false, Some(_)) => {
            Err(call.invalid("AllocationId may not be given for private NAT gateways"))
        }
        (false, None) => Ok(None),
    }
}

/// Gives a gateway its interface, and that the address; both as the gateway shows them.
fn connect(
    world: &mut World,
    place: &Place,
    (id, subnet, private): (&str, &str, &str),
    public: Option<(&str, String)>,
) -> Result<reeve_model::Object, Failure> {
    let description = format!("Interface for NAT Gateway {id}");
    let own = interface::Requested {
        subnet,
        address: private,
        description: &description,
        kind: "nat_gateway",
        groups: &[],
    };
    let eni = interface::make_for_aws(world, place, &own)?;
    let mut entry = object!(
        "NetworkInterfaceId": (eni.as_str()),
        "PrivateIp": (private),
        "IsPrimary": true,
        "Status": "associating",
    );
    if let Some((allocation, address)) = public {
        entry.insert("AllocationId", allocation);
        entry.insert("PublicIp", address);
        let association = address::bind(world, place, (allocation, &eni));
        entry.insert("AssociationId", association);
    }
    Ok(entry)
}

/// A new gateway works, or has failed for want of a way to the Internet.
pub(super) fn ready(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    if found.fact("State") != Some("pending") {
        return;
    }
    let vpc = found.fact("VpcId").unwrap_or_default().to_owned();
    let without =
        found.inside.get("NoGateway").is_some() && !gateway::serves(world, &task.place, &vpc);
    let failure = if without {
        Some(("Gateway.NotAttached", format!("Network {vpc} has no Internet gateway attached")))
    } else {
        match world.fate(&task.place, &task.id, "NatGateway") {
            Fate::Succeeds => None,
            Fate::Fails(message) => Some(("InternalError", message)),
            Fate::Never => return,
        }
    };
    let status = if failure.is_some() { "failed" } else { "succeeded" };
    world.change(&task.place, &task.id, |facts| {
        facts.insert("State", if failure.is_some() { "failed" } else { "available" });
        if let Some((code, message)) = failure {
            facts.insert("FailureCode", code);
            facts.insert("FailureMessage", message);
        }
        let mut addresses = facts.list("NatGatewayAddresses").to_vec();
        for address in addresses.iter_mut().filter_map(Value::as_object_mut) {
            address.insert("Status", status);
        }
        facts.insert("NatGatewayAddresses", addresses);
    });
    if status == "failed" {
        release(world, task);
        world.schedule(later(task.due, MEMORY), Task::new(FORGOTTEN, &task.place, &task.id));
    }
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("NatGatewayId")?;
    let found = call.find(world, &NAT_GATEWAY, id)?;
    let gone = matches!(found.fact("State"), Some("deleting" | "deleted"));
    let place = call.place(&NAT_GATEWAY);
    if !gone {
        let now = call.now;
        world.change(&place, id, |facts| {
            facts.insert("State", "deleting");
            facts.insert("DeleteTime", now);
        });
        let due = later(now, world.random_between(DELETION.0, DELETION.1));
        world.schedule(due, Task::new(DELETED, &place, id));
    }
    Ok(value!({"NatGatewayId": (id)}))
}

/// A gateway is gone: its interface with it, its address free again.
pub(super) fn deleted(world: &mut World, task: &Task) {
    release(world, task);
    world.set(&task.place, &task.id, "State", "deleted");
    world.schedule(later(task.due, MEMORY), Task::new(FORGOTTEN, &task.place, &task.id));
}

fn release(world: &mut World, task: &Task) {
    let addresses = world
        .get(&task.place, &task.id)
        .and_then(|found| found.value("NatGatewayAddresses").cloned());
    for address in addresses.unwrap_or_default().as_list() {
        if let Some(eni) = address.get("NetworkInterfaceId").and_then(Value::as_str) {
            address::unbind_from(world, &task.place, eni);
            interface::drop(world, &task.place, eni);
        }
    }
}

/// A deleted gateway is not even seen any more.
pub(super) fn forgotten(world: &mut World, task: &Task) {
    world.remove(&task.place, &task.id);
}
