//! Which answers show which resources, and the calls that show what has an id.

use reeve_model::{Object, Value};

use crate::{
    kind::{self, Kind},
    recipe::Action,
    services::SERVED,
    value::value,
};

/// An operation that shows whole resources and is no recipe.
pub(super) struct Row {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    /// The input member with ids; empty if there is none.
    ids: &'static str,
    /// Where the output has them: the member, and the member of each of its elements if they are bundled.
    path: (&'static str, &'static str),
    pub(super) resource_type: &'static str,
    /// Members of the bundle that the twin keeps with the resource.
    inside: &'static [&'static str],
    /// Members that follow from other resources.
    elsewhere: &'static [&'static str],
}

const fn row(
    operation: &'static str,
    ids: &'static str,
    member: &'static str,
    resource_type: &'static str,
) -> Row {
    let path = (member, "");
    Row { service: "ec2", operation, ids, path, resource_type, inside: &[], elsewhere: &[] }
}

/// The operations that show whole resources and are no recipes.
pub(super) static ALL: &[Row] = &[
    Row {
        path: ("Reservations", "Instances"),
        inside: &["ReservationId", "RequesterId"],
        ..row("DescribeInstances", "InstanceIds", "", "AWS::EC2::Instance")
    },
    row("DescribeVolumes", "VolumeIds", "Volumes", "AWS::EC2::Volume"),
    row("DescribeSnapshots", "SnapshotIds", "Snapshots", "AWS::EC2::Snapshot"),
    row("DescribeImages", "ImageIds", "Images", "AWS::EC2::Image"),
    Row {
        elsewhere: &["IpPermissions", "IpPermissionsEgress"],
        ..row("DescribeSecurityGroups", "GroupIds", "SecurityGroups", "AWS::EC2::SecurityGroup")
    },
    row("DescribeSubnets", "SubnetIds", "Subnets", "AWS::EC2::Subnet"),
    row("DescribeAddresses", "AllocationIds", "Addresses", "AWS::EC2::EIP"),
    row("DescribeNatGateways", "NatGatewayIds", "NatGateways", "AWS::EC2::NatGateway"),
    row(
        "DescribeNetworkInterfaces",
        "NetworkInterfaceIds",
        "NetworkInterfaces",
        "AWS::EC2::NetworkInterface",
    ),
    Row { service: "iam", ..row("GetUser", "", "User", "AWS::IAM::User") },
    Row { service: "iam", ..row("ListAccessKeys", "", "AccessKeyMetadata", "AWS::IAM::AccessKey") },
];

/// What an operation shows.
pub(super) struct Shows {
    pub(super) kind: Kind,
    path: (&'static str, &'static str),
    /// The input member that names the one resource shown; empty if several are.
    id: &'static str,
    /// Whether everything about a resource is shown.
    pub(super) is_whole: bool,
    pub(super) inside: &'static [&'static str],
    elsewhere: &'static [&'static str],
}

impl Shows {
    /// What an operation shows, if the twin knows.
    pub(super) fn of(service: &str, operation: &str) -> Option<Self> {
        let named = |row: &&Row| row.service == service && row.operation == operation;
        if let Some(row) = ALL.iter().find(named) {
            let kind = kind::named(row.resource_type)?;
            let Row { path, inside, elsewhere, .. } = *row;
            return Some(Self { kind, path, id: "", is_whole: true, inside, elsewhere });
        }
        let served = SERVED.iter().find(|served| served.model == service)?;
        let (kind, member, id) = match served.action_of(operation)? {
            Action::List(list) if !list.only_ids && list.show.is_none() => {
                (list.kind, list.member, "")
            }
            Action::Describe(describe) => (describe.kind, describe.wrap, describe.id),
            _ => return None,
        };
        let path = (member, "");
        Some(Self { kind, path, id, is_whole: false, inside: &[], elsewhere: &[] })
    }

    /// What an answer shows, each with what it is bundled in.
    pub(super) fn items<'a>(&self, output: &'a Value) -> Vec<(&'a Object, &'a Object)> {
        let (member, inner) = self.path;
        let found = if member.is_empty() { Some(output) } else { output.get(member) };
        let elements: Vec<&Object> = match found {
            Some(Value::List(elements)) => elements.iter().filter_map(Value::as_object).collect(),
            Some(one) => one.as_object().into_iter().collect(),
            None => Vec::new(),
        };
        if inner.is_empty() {
            return elements.into_iter().map(|element| (element, element)).collect();
        }
        let mut items = Vec::new();
        for bundle in elements {
            let inside = bundle.get(inner).map_or(&[][..], Value::as_list);
            items.extend(inside.iter().filter_map(Value::as_object).map(|item| (item, bundle)));
        }
        items
    }

    /// The id of the one resource that was asked for.
    pub(super) fn id_asked(&self, input: &Value) -> Option<String> {
        let asked = input.get(self.id).and_then(Value::as_str)?;
        match kind::parse_arn(asked) {
            Some((kind, parsed)) if kind == self.kind => Some(parsed.id.to_owned()),
            _ => Some(asked.to_owned()),
        }
    }

    /// Whether a member follows from other resources.
    pub(super) fn is_elsewhere(&self, member: &str) -> bool {
        self.elsewhere.contains(&member)
    }
}

/// A call that shows something in a real account.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The service.
    pub service: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// Its input.
    pub input: Value,
}

/// The calls that show what has this id.
pub(super) fn looks_for(id: &str) -> Vec<Look> {
    let Some(kind) = kind::of_prefixed(kind::kinds(), id) else { return Vec::new() };
    let mut looks = Vec::new();
    let ids = |member: &str| Value::from_iter([(member, Value::List(vec![Value::from(id)]))]);
    if let Some(row) =
        ALL.iter().find(|row| row.resource_type == kind.resource_type && !row.ids.is_empty())
    {
        let (service, operation) = (row.service, row.operation);
        looks.push(Look { service, operation, input: ids(row.ids) });
    } else {
        looks.extend(listed(kind).map(|(service, operation, member)| Look {
            service,
            operation,
            input: ids(member),
        }));
    }
    if kind.resource_type == "AWS::EC2::SecurityGroup" {
        let input = value!({"Filters": [{"Name": "group-id", "Values": [id]}]});
        looks.push(Look { service: "ec2", operation: "DescribeSecurityGroupRules", input });
    }
    if kind.resource_type == "AWS::EC2::Instance" {
        let input = value!({"Filters": [{"Key": "InstanceIds", "Values": [id]}]});
        looks.push(Look { service: "ssm", operation: "DescribeInstanceInformation", input });
    }
    looks
}

/// The recipe that lists a kind by id: service, operation, and the input member with ids.
fn listed(kind: Kind) -> Option<(&'static str, &'static str, &'static str)> {
    SERVED.iter().find_map(|served| {
        let operations = served.parts.iter().flat_map(|part| part.operations);
        let mut lists = operations.filter_map(|(operation, action)| match action {
            Action::List(list) if list.kind == kind && !list.ids.is_empty() => {
                Some((served.model, *operation, list.ids))
            }
            _ => None,
        });
        lists.next()
    })
}
