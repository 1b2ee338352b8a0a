//! Elastic IP addresses: allocated, bound to an interface or instance, released.

use reeve_model::Value;

use super::{
    cidr, gateway, interface, limits,
    make::{done, fitting, make, new_id, refuse},
    subnet,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, List},
    services::ec2::compute::INSTANCE,
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::EIP`.
pub(crate) static ADDRESS: Definition = Definition {
    resource_type: "AWS::EC2::EIP",
    tagging_type: "ec2:elastic-ip",
    arn: "arn:{partition}:ec2:{region}:{account}:elastic-ip/{id}",
    prefix: "eipalloc-",
    identity: &[("AllocationId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidAllocationID.NotFound",
        "The allocation ID '{id}' does not exist",
    ),
    sample: Some(|sample| {
        serde_json::json!({
            "Domain": "vpc",
            "NetworkBorderGroup": sample.place.region.as_str(),
            "PublicIp": subnet::public_address(sample.id),
            "PublicIpv4Pool": "amazon",
        })
    }),
    ..Definition::OF
};

const FILTERS: [FilterPath; 9] = [
    ("allocation-id", ""),
    ("association-id", "AssociationId"),
    ("domain", "Domain"),
    ("instance-id", "InstanceId"),
    ("network-border-group", "NetworkBorderGroup"),
    ("network-interface-id", "NetworkInterfaceId"),
    ("network-interface-owner-id", "NetworkInterfaceOwnerId"),
    ("private-ip-address", "PrivateIpAddress"),
    ("public-ip", "PublicIp"),
];

static LIST: List = List {
    kind: &ADDRESS,
    member: "Addresses",
    filters: Filters::Named("Filters", &FILTERS),
    ids: "AllocationIds",
    ..List::OF
};

/// What a binding says of where an address leads.
const BINDING: [&str; 5] = [
    "AssociationId",
    "InstanceId",
    "NetworkInterfaceId",
    "NetworkInterfaceOwnerId",
    "PrivateIpAddress",
];

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let mut output = Action::List(&LIST).perform(call, world)?;
    let wanted = call.texts("PublicIps");
    if wanted.is_empty() {
        return Ok(output);
    }
    if let Some(Value::List(addresses)) =
        output.as_object_mut().and_then(|output| output.get_mut("Addresses"))
    {
        let has = |address: &Value| {
            address.get("PublicIp").and_then(Value::as_str).is_some_and(|ip| wanted.contains(&ip))
        };
        addresses.retain(has);
        let missing = wanted.iter().find(|ip| {
            !addresses.iter().any(|one| one.get("PublicIp").and_then(Value::as_str) == Some(ip))
        });
        if let Some(missing) = missing {
            return Err(Failure::new(
                "InvalidAddress.NotFound",
                format!("Address '{missing}' not found."),
            ));
        }
    }
    Ok(output)
}

pub(super) fn allocate(call: &Call, world: &mut World) -> Answer {
    refuse(call, &["Address", "PublicIpv4Pool", "CustomerOwnedIpv4Pool", "IpamPoolId"])?;
    let place = call.place(&ADDRESS);
    let present = world.shelf(&place).len();
    limits::check(world, &place, &limits::ADDRESSES, present + 1)?;
    let seed = world.random_hex(16);
    let public = subnet::public_address(&seed);
    let facts = object!(
        "Domain": "vpc",
        "NetworkBorderGroup": (call.region.as_str()),
        "PublicIp": (public),
        "PublicIpv4Pool": "amazon",
    );
    let id = make(call, world, &ADDRESS, (facts, "elastic-ip"))?;
    Ok(call.fit(super::make::described(call, world, &ADDRESS, &id).into()))
}

/// The id of the address that a call names.
fn named(call: &Call, world: &World) -> Result<String, Failure> {
    match (call.text("AllocationId"), call.text("PublicIp")) {
        (Some(id), _) => call.find(world, &ADDRESS, id).map(|_| id.to_owned()),
        (None, Some(ip)) => {
            let place = call.place(&ADDRESS);
            let found = fitting(world, &place, &ADDRESS, |one| one.fact("PublicIp") == Some(ip))
                .into_iter()
                .next();
            found.ok_or_else(|| {
                Failure::new("InvalidAddress.NotFound", format!("Address '{ip}' not found."))
            })
        }
        (None, None) => Err(Failure::new(
            "MissingParameter",
            "Either public IP or allocation id must be specified",
        )),
    }
}

pub(super) fn release(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let address = call.find(world, &ADDRESS, &id)?;
    if address.fact("AssociationId").is_some() {
        let message =
            format!("Address {} is in use.", address.fact("PublicIp").unwrap_or_default());
        return Err(Failure::new("InvalidIPAddress.InUse", message));
    }
    world.remove(&call.place(&ADDRESS), &id);
    Ok(Value::object())
}

/// The public address of an allocation that nobody uses.
pub(super) fn free(call: &Call, world: &World, id: &str) -> Result<String, Failure> {
    let address = call.find(world, &ADDRESS, id)?;
    if address.fact("AssociationId").is_some() {
        let message = format!(
            "resource {id} is already associated with {}",
            address.fact("AssociationId").unwrap_or_default()
        );
        return Err(Failure::new("Resource.AlreadyAssociated", message));
    }
    Ok(address.fact("PublicIp").unwrap_or_default().to_owned())
}

/// Binds an address to an interface that AWS made; the id of the association.
pub(super) fn bind(world: &mut World, place: &Place, (allocation, eni): (&str, &str)) -> String {
    let association = new_id(world, "eipassoc-");
    let private = world
        .get(&place.beside(&interface::INTERFACE), eni)
        .and_then(|eni| eni.fact("PrivateIpAddress"))
        .map(str::to_owned);
    let owner = place.account.to_string();
    let mut public = String::new();
    world.change(&place.beside(&ADDRESS), allocation, |facts| {
        facts.insert("AssociationId", association.as_str());
        facts.insert("NetworkInterfaceId", eni);
        facts.insert("NetworkInterfaceOwnerId", owner);
        facts.insert("PrivateIpAddress", private.unwrap_or_default());
        facts.text("PublicIp").clone_into(&mut public);
    });
    let shown = value!({
        "AllocationId": (allocation),
        "AssociationId": (association.as_str()),
        "IpOwnerId": (place.account.as_str()),
        "PublicIp": (public.as_str()),
        "PublicDnsName": (cidr::public_name(&public, place.region.as_str())),
    });
    world.set(&place.beside(&interface::INTERFACE), eni, "Association", shown);
    association
}

/// Frees the addresses that are bound to an interface.
pub(super) fn unbind_from(world: &mut World, place: &Place, eni: &str) {
    for id in fitting(world, place, &ADDRESS, |one| one.fact("NetworkInterfaceId") == Some(eni)) {
        unbind(world, place, &id);
    }
}

fn unbind(world: &mut World, place: &Place, id: &str) {
    let address = world.get(&place.beside(&ADDRESS), id).cloned().unwrap_or_default();
    if let Some(eni) = address.fact("NetworkInterfaceId") {
        world.change(&place.beside(&interface::INTERFACE), eni, |facts| {
            facts.remove("Association");
        });
    }
    if let Some(instance) = address.fact("InstanceId") {
        world.change(&place.beside(&INSTANCE), instance, |facts| {
            facts.remove("PublicIpAddress");
            facts.remove("PublicDnsName");
        });
    }
    world.change(&place.beside(&ADDRESS), id, |facts| {
        for member in BINDING {
            facts.remove(member);
        }
    });
}

/// The addresses of an instance that is terminated are free again.
pub(crate) fn instance_gone(world: &mut World, place: &Place, instance: &str) {
    for id in fitting(world, place, &ADDRESS, |one| one.fact("InstanceId") == Some(instance)) {
        unbind(world, place, &id);
    }
}

/// What an address is to be bound to.
struct End {
    instance: Option<String>,
    eni: String,
    private: String,
    vpc: String,
}

fn end_of_instance(world: &World, place: &Place, (id, instance): (&str, &Resource)) -> End {
    let text = |path: &str| instance.fact(path).unwrap_or_default().to_owned();
    let eni = interface::primary_of(world, place, id);
    End {
        instance: Some(id.to_owned()),
        eni,
        private: text("PrivateIpAddress"),
        vpc: text("VpcId"),
    }
}

fn end(call: &Call, world: &World) -> Result<End, Failure> {
    let place = call.place(&INSTANCE);
    match (call.text("InstanceId"), call.text("NetworkInterfaceId")) {
        (Some(id), _) => {
            let instance = call.find(world, &INSTANCE, id)?;
            if !matches!(
                instance.fact("State.Name"),
                Some("running" | "stopped" | "pending" | "stopping")
            ) {
                let message = format!(
                    "The pending-instance-creation instance to which '{id}' is attached is not in a valid state for this operation"
                );
                return Err(Failure::new("IncorrectInstanceState", message));
            }
            Ok(end_of_instance(world, &place, (id, instance)))
        }
        (None, Some(eni)) => {
            if let Some((id, instance)) = interface::of_instance(world, &place, eni) {
                return Ok(end_of_instance(world, &place, (&id, instance)));
            }
            let found = call.find(world, &interface::INTERFACE, eni)?;
            let text = |path: &str| found.fact(path).unwrap_or_default().to_owned();
            let instance = found.fact("Attachment.InstanceId").map(str::to_owned);
            Ok(End {
                instance,
                eni: eni.to_owned(),
                private: text("PrivateIpAddress"),
                vpc: text("VpcId"),
            })
        }
        (None, None) => Err(Failure::new(
            "MissingParameter",
            "Either instance ID or network interface id must be specified",
        )),
    }
}

pub(super) fn associate(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let place = call.place(&ADDRESS);
    let end = end(call, world)?;
    let address = call.find(world, &ADDRESS, &id)?;
    let bound = address.fact("AssociationId").is_some();
    let same = address.fact("NetworkInterfaceId") == Some(&end.eni);
    // Unless the caller says otherwise an address moves from one end to another.
    if bound
        && !same
        && call.input.get("AllowReassociation").and_then(Value::as_bool) == Some(false)
    {
        free(call, world, &id)?;
    }
    if !gateway::serves(world, &place, &end.vpc) {
        let message = format!("Network {} is not attached to any internet gateway", end.vpc);
        return Err(Failure::new("Gateway.NotAttached", message));
    }
    if bound {
        unbind(world, &place, &id);
    }
    let association = bind(world, &place, (&id, &end.eni));
    let region = call.region.to_string();
    let mut public = String::new();
    world.change(&place, &id, |facts| {
        facts.insert("PrivateIpAddress", end.private.as_str());
        if let Some(instance) = &end.instance {
            facts.insert("InstanceId", instance.as_str());
        }
        facts.text("PublicIp").clone_into(&mut public);
    });
    if let Some(instance) = &end.instance {
        world.change(&place.beside(&INSTANCE), instance, |facts| {
            facts.insert("PublicIpAddress", public.as_str());
            facts.insert("PublicDnsName", cidr::public_name(&public, &region));
        });
    }
    Ok(call.fit(value!({"AssociationId": (association), "Return": true})))
}

pub(super) fn disassociate(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&ADDRESS);
    let fits = |one: &Resource| match (call.text("AssociationId"), call.text("PublicIp")) {
        (Some(association), _) => one.fact("AssociationId") == Some(association),
        (None, public) => public.is_some() && one.fact("PublicIp") == public,
    };
    let found = fitting(world, &place, &ADDRESS, fits).into_iter().next();
    let id = found.ok_or_else(|| {
        let wanted = call.text("AssociationId").unwrap_or_default();
        Failure::new(
            "InvalidAssociationID.NotFound",
            format!("The association ID '{wanted}' does not exist"),
        )
    })?;
    unbind(world, &place, &id);
    done(call)
}
