//! Amazon EC2: instances, NAT gateways, VPN connections and Regions. Tags are in `ec2_tags`.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{ServiceDefinition, ec2_tags};
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    digest::hex_digest,
    failure::Failure,
    kind::{Kind, describe},
    page::{Paging, all, plain},
    pattern::matches,
    state::State,
    store::Resource,
    tagging::TagErrors,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "ec2",
    signing_name: "ec2",
    api_version: None,
    dialect: Dialect::Ec2,
    iam_prefix: "ec2",
    invalid: "InvalidParameterValue",
    throttled: ("RequestLimitExceeded", 503),
    tag_errors: TagErrors {
        reserved: "InvalidParameterValue",
        too_many: "TagLimitExceeded",
        duplicate: "InvalidParameterValue",
    },
    operations: &[
        ("DescribeInstances", describe_instances),
        ("DescribeNatGateways", describe_nat_gateways),
        ("DescribeVpnConnections", describe_vpn_connections),
        ("DescribeRegions", describe_regions),
        ("DescribeTags", ec2_tags::describe),
        ("CreateTags", ec2_tags::create),
        ("DeleteTags", ec2_tags::delete),
    ],
};

/// Without a page size AWS returns as much as it can; the twin returns its largest page and a token.
pub(super) const PAGES: Paging = Paging {
    size: "MaxResults",
    bounds: PageSize { least: 5, most: 1000, default: 1000 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "InvalidParameterValue",
};

/// A filter's name and the fact it looks at.
type FilterPath = (&'static str, &'static str);

const INSTANCE_FILTERS: [FilterPath; 11] = [
    ("architecture", "Architecture"),
    ("availability-zone", "Placement.AvailabilityZone"),
    ("image-id", "ImageId"),
    ("instance-state-name", "State.Name"),
    ("instance-type", "InstanceType"),
    ("key-name", "KeyName"),
    ("platform", "Platform"),
    ("platform-details", "PlatformDetails"),
    ("private-ip-address", "PrivateIpAddress"),
    ("subnet-id", "SubnetId"),
    ("vpc-id", "VpcId"),
];

const NAT_GATEWAY_FILTERS: [FilterPath; 3] =
    [("state", "State"), ("subnet-id", "SubnetId"), ("vpc-id", "VpcId")];

const VPN_CONNECTION_FILTERS: [FilterPath; 5] = [
    ("customer-gateway-id", "CustomerGatewayId"),
    ("state", "State"),
    ("transit-gateway-id", "TransitGatewayId"),
    ("type", "Type"),
    ("vpn-gateway-id", "VpnGatewayId"),
];

fn describe_instances(call: &Call, state: &mut State) -> Answer {
    let listing = Listing::read(call, Kind::Instance, "Filters", &INSTANCE_FILTERS)?;
    let ids = call.texts("InstanceIds");
    if ids.is_empty() {
        let show = |id: &str, _: &Resource, instance| reservation(call, id, instance);
        return PAGES.list((call, state), (Kind::Instance, "Reservations"), listing.keep(), show);
    }
    if call.input.get("MaxResults").is_some() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let found = listing.named(state, &ids, reservation)?;
    Ok(Value::from_iter([("Reservations", found)]))
}

fn describe_nat_gateways(call: &Call, state: &mut State) -> Answer {
    let listing = Listing::read(call, Kind::NatGateway, "Filter", &NAT_GATEWAY_FILTERS)?;
    let ids = call.texts("NatGatewayIds");
    if ids.is_empty() {
        return PAGES.list((call, state), (Kind::NatGateway, "NatGateways"), listing.keep(), plain);
    }
    let found = listing.named(state, &ids, |_, _, gateway| gateway.into())?;
    Ok(Value::from_iter([("NatGateways", found)]))
}

fn describe_vpn_connections(call: &Call, state: &mut State) -> Answer {
    let listing = Listing::read(call, Kind::VpnConnection, "Filters", &VPN_CONNECTION_FILTERS)?;
    let ids = call.texts("VpnConnectionIds");
    let found = if ids.is_empty() {
        // This listing has no pages.
        let place = call.place(Kind::VpnConnection);
        let every: Vec<&str> = state.store.shelf(&place).keys().map(String::as_str).collect();
        listing.named(state, &every, |_, _, connection| connection.into())?
    } else {
        listing.named(state, &ids, |_, _, connection| connection.into())?
    };
    Ok(Value::from_iter([("VpnConnections", found)]))
}

fn describe_regions(call: &Call, state: &mut State) -> Answer {
    let wanted = call.texts("RegionNames");
    let known: BTreeSet<&str> = state.regions.iter().map(reeve_types::Region::as_str).collect();
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(*name)) {
        return Err(call.invalid(format!("Invalid region name: {unknown}")));
    }
    let shown = known.iter().filter(|name| wanted.is_empty() || wanted.contains(name));
    let regions = shown.map(|name| {
        Value::from_iter([
            ("RegionName", (*name).to_owned()),
            ("Endpoint", format!("ec2.{name}.amazonaws.com")),
            ("OptInStatus", "opt-in-not-required".to_owned()),
        ])
    });
    Ok(Value::from_iter([("Regions", regions.collect::<Value>())]))
}

fn reservation(call: &Call, id: &str, instance: Object) -> Value {
    Value::from_iter([
        ("ReservationId", Value::from(format!("r-{}", hex_digest(id, 17)))),
        ("OwnerId", Value::from(call.account().as_str())),
        ("Groups", Value::List(Vec::new())),
        ("Instances", Value::List(vec![instance.into()])),
    ])
}

/// The refusal of an id that names nothing.
pub(super) fn missing(kind: Kind, id: &str) -> Failure {
    let (code, message) = match kind {
        Kind::NatGateway => ("NatGatewayNotFound", format!("The Nat Gateway {id} was not found")),
        Kind::VpnConnection => (
            "InvalidVpnConnectionID.NotFound",
            format!("The vpnConnection ID '{id}' does not exist"),
        ),
        _ => ("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist")),
    };
    Failure::new(code, message)
}

/// A describe call's kind and filters.
struct Listing<'c> {
    call: &'c Call,
    kind: Kind,
    filters: Vec<(Subject<'c>, Vec<&'c str>)>,
}

/// What a filter looks at.
enum Subject<'c> {
    Id,
    Fact(&'static str),
    Tag(&'c str),
    TagKey,
    TagValue,
}

impl<'c> Listing<'c> {
    fn read(
        call: &'c Call,
        kind: Kind,
        member: &str,
        known: &[FilterPath],
    ) -> Result<Self, Failure> {
        let mut filters = Vec::new();
        for filter in call.list(member) {
            let name = filter.get("Name").and_then(Value::as_str).unwrap_or_default();
            let values = filter.get("Values").map_or(&[][..], Value::as_list);
            let path = known.iter().find(|(known, _)| *known == name).map(|(_, path)| *path);
            let subject = match (path, name.strip_prefix("tag:")) {
                (Some(path), _) => Subject::Fact(path),
                (None, Some(key)) => Subject::Tag(key),
                (None, None) if name == id_filter(kind) => Subject::Id,
                (None, None) if name == "tag-key" => Subject::TagKey,
                (None, None) if name == "tag-value" => Subject::TagValue,
                (None, None) => {
                    return Err(call.invalid(format!("The filter '{name}' is invalid")));
                }
            };
            filters.push((subject, values.iter().filter_map(Value::as_str).collect()));
        }
        Ok(Self { call, kind, filters })
    }

    /// Which resources of a page to show.
    fn keep(&self) -> impl Fn(&str, &Resource) -> bool {
        |id, resource| {
            if self.filters.is_empty() {
                return all(id, resource);
            }
            self.filters.iter().all(|(subject, values)| subject.holds(id, resource, values))
        }
    }

    /// The resources with these ids: refused if one does not exist.
    fn named(
        &self,
        state: &State,
        ids: &[&str],
        show: impl Fn(&Call, &str, Object) -> Value,
    ) -> Result<Value, Failure> {
        let place = self.call.place(self.kind);
        let keep = self.keep();
        let mut found = Vec::new();
        for id in ids {
            let resource = state.store.get(&place, id).ok_or_else(|| self.refuse(id))?;
            if keep(id, resource) {
                let owner = (&place.account, &place.region);
                found.push(show(self.call, id, describe(self.kind, owner, id, resource)));
            }
        }
        Ok(Value::List(found))
    }

    fn refuse(&self, id: &str) -> Failure {
        if Kind::of_ec2_id(id) == Some(self.kind) {
            return missing(self.kind, id);
        }
        let code = match self.kind {
            Kind::NatGateway => "InvalidNatGatewayID.Malformed",
            Kind::VpnConnection => "InvalidVpnConnectionID.Malformed",
            _ => "InvalidInstanceID.Malformed",
        };
        Failure::new(code, format!("Invalid id: \"{id}\""))
    }
}

impl Subject<'_> {
    fn holds(&self, id: &str, resource: &Resource, patterns: &[&str]) -> bool {
        let any = |text: &str| patterns.iter().any(|pattern| matches(pattern, text));
        match self {
            Self::Id => any(id),
            Self::Fact(path) => resource.fact(path).is_some_and(any),
            Self::Tag(key) => resource.tags.get(*key).is_some_and(|value| any(value)),
            Self::TagKey => resource.tags.keys().any(|key| any(key)),
            Self::TagValue => resource.tags.values().any(|value| any(value)),
        }
    }
}

fn id_filter(kind: Kind) -> &'static str {
    match kind {
        Kind::NatGateway => "nat-gateway-id",
        Kind::VpnConnection => "vpn-connection-id",
        _ => "instance-id",
    }
}
