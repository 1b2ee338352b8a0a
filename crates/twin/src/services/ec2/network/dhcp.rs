//! DHCP options: what machines in a VPC are told of names.

use reeve_model::{Object, Value};

use super::{
    make::{any, in_use, make, shown},
    vpc,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::List,
    services::ec2::PAGES,
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

/// `AWS::EC2::DHCPOptions`.
pub(crate) static OPTIONS: Definition = Definition {
    resource_type: "AWS::EC2::DHCPOptions",
    tagging_type: "ec2:dhcp-options",
    arn: "arn:{partition}:ec2:{region}:{account}:dhcp-options/{id}",
    prefix: "dopt-",
    identity: &[("DhcpOptionsId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidDhcpOptionsID.NotFound",
        "The dhcpOption ID '{id}' does not exist",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 4] = [
    ("dhcp-options-id", ""),
    ("key", "DhcpConfigurations.Key"),
    ("value", "DhcpConfigurations.Values.Value"),
    ("owner-id", "OwnerId"),
];

/// Lists DHCP options.
pub(super) static LIST: List = List {
    kind: &OPTIONS,
    member: "DhcpOptions",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "DhcpOptionsIds",
    ..List::OF
};

const KEYS: [&str; 6] = [
    "domain-name-servers",
    "domain-name",
    "ntp-servers",
    "netbios-name-servers",
    "netbios-node-type",
    "ipv6-address-preferred-lease-time",
];

/// The options that AWS makes for an account and Region, and every VPC has until it is given others.
pub(super) fn default_options(call: &Call, world: &mut World) -> String {
    let place = call.place(&OPTIONS);
    let id = format!(
        "dopt-{}",
        crate::digest::hex_digest(&format!("{}/{}/default", place.account, place.region), 17)
    );
    if world.get(&place, &id).is_none() {
        let domain = match place.region.as_str() {
            "us-east-1" => "ec2.internal".to_owned(),
            region => format!("{region}.compute.internal"),
        };
        let described = object!(
            "DhcpConfigurations": [
                {"Key": "domain-name", "Values": [{"Value": (domain)}]},
                {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]},
            ],
        );
        world.put(place, id.clone(), Resource::new(facts(described), std::sync::Arc::default()));
    }
    id
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let mut configurations = Vec::new();
    for configuration in call.list("DhcpConfigurations") {
        let key = configuration.text("Key");
        if !KEYS.contains(&key) {
            let message = format!(
                "Value ({key}) for parameter dhcpConfiguration is invalid. Unknown DHCP option."
            );
            return Err(Failure::new("InvalidParameterValue", message));
        }
        let values = configuration.list("Values");
        let values: Value = values.iter().map(|text| value!({"Value": (text.clone())})).collect();
        configurations.push(value!({"Key": (key), "Values": (values)}));
    }
    let facts = Object::from_iter([("DhcpConfigurations", Value::List(configurations))]);
    let id = make(call, world, &OPTIONS, (facts, "dhcp-options"))?;
    shown(call, world, (&OPTIONS, &id), "DhcpOptions")
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("DhcpOptionsId")?;
    call.find(world, &OPTIONS, id)?;
    let place = call.place(&OPTIONS);
    if any(world, &place, &vpc::VPC, |one| one.fact("DhcpOptionsId") == Some(id)) {
        return Err(in_use(format!(
            "The dhcpOptions '{id}' has dependencies and cannot be deleted."
        )));
    }
    world.remove(&place, id);
    Ok(Value::object())
}
