//! Rules about instances, volumes, networks and tags.

use jiff::Timestamp;
use reeve_model::Value;

use super::super::judge::{Compliance, Subject};
use crate::value::value;

fn is_gone(subject: &Subject<'_>) -> bool {
    ["terminated", "shutting-down"].contains(&subject.text("State.Name"))
}

fn listed(parameter: Option<&str>) -> Vec<&str> {
    parameter.unwrap_or_default().split(',').map(str::trim).filter(|one| !one.is_empty()).collect()
}

/// The instance was made from one of the images.
pub(super) fn approved_images(subject: &mut Subject<'_>) -> Compliance {
    let images = listed(subject.parameter("amiIds"));
    Compliance::of(images.contains(&subject.text("ImageId")), "The image is not approved.")
}

/// The instance is of one of the types.
pub(super) fn instance_type(subject: &mut Subject<'_>) -> Compliance {
    let types = listed(subject.parameter("instanceType"));
    Compliance::of(
        types.contains(&subject.text("InstanceType")),
        "The instance type is not desired.",
    )
}

/// The instance is EBS-optimized.
pub(super) fn ebs_optimized(subject: &mut Subject<'_>) -> Compliance {
    Compliance::of(subject.flag("EbsOptimized") == Some(true), "The instance is not EBS-optimized.")
}

/// Its metadata takes tokens only.
pub(super) fn metadata_version(subject: &mut Subject<'_>) -> Compliance {
    if is_gone(subject) {
        return Compliance::NotApplicable;
    }
    match subject.text("MetadataOptions.HttpTokens") {
        "" => Compliance::Unknown("the metadata options are not known".to_owned()),
        tokens => Compliance::of(tokens == "required", "The instance allows IMDSv1."),
    }
}

/// It has detailed monitoring.
pub(super) fn monitoring(subject: &mut Subject<'_>) -> Compliance {
    let state = subject.text("Monitoring.State");
    Compliance::of(state == "enabled", "Detailed monitoring is not enabled.")
}

/// Systems Manager knows it.
pub(super) fn managed(subject: &mut Subject<'_>) -> Compliance {
    if is_gone(subject) {
        return Compliance::NotApplicable;
    }
    let id = subject.id.clone();
    let input = value!({ "Filters": [{ "Key": "InstanceIds", "Values": [(id)] }] });
    match subject.ask("ssm", "DescribeInstanceInformation", input) {
        Ok(found) => {
            let found = found.list("InstanceInformationList");
            Compliance::of(!found.is_empty(), "The instance is not managed by Systems Manager.")
        }
        Err(code) => Compliance::Unknown(code),
    }
}

/// Its patches are as its baseline wants them.
pub(super) fn patched(subject: &mut Subject<'_>) -> Compliance {
    let id = subject.id.clone();
    let input = value!({ "InstanceIds": [(id)] });
    match subject.ask("ssm", "DescribeInstancePatchStates", input) {
        Ok(found) => {
            let Some(state) = found.path("InstancePatchStates.0").cloned() else {
                return Compliance::NotApplicable;
            };
            let count = |member: &str| state.get(member).and_then(Value::as_i64).unwrap_or(0);
            let is = count("MissingCount") == 0 && count("FailedCount") == 0;
            Compliance::of(is, "Patches are missing or failed to install.")
        }
        Err(code) => Compliance::Unknown(code),
    }
}

/// It has no public address.
pub(super) fn no_public_address(subject: &mut Subject<'_>) -> Compliance {
    let address = subject.text("PublicIpAddress");
    Compliance::of(address.is_empty(), "The instance has a public IP address.")
}

/// It has an instance profile.
pub(super) fn has_profile(subject: &mut Subject<'_>) -> Compliance {
    let profile = subject.resource.value("IamInstanceProfile").is_some();
    Compliance::of(profile, "The instance has no instance profile.")
}

/// It is in a VPC.
pub(super) fn in_vpc(subject: &mut Subject<'_>) -> Compliance {
    Compliance::of(!subject.text("VpcId").is_empty(), "The instance is not in a VPC.")
}

/// It was not stopped for longer than allowed.
pub(super) fn stopped_long(subject: &mut Subject<'_>) -> Compliance {
    if subject.text("State.Name") != "stopped" {
        return Compliance::Compliant;
    }
    let days: i64 =
        subject.parameter("AllowedDays").and_then(|days| days.parse().ok()).unwrap_or(30);
    // "User initiated (2026-02-01 10:00:00 GMT)"
    let reason = subject.text("StateTransitionReason");
    let since = reason.split_once('(').and_then(|(_, rest)| rest.split_once(" GMT)"));
    let since = since
        .and_then(|(time, _)| format!("{}Z", time.replace(' ', "T")).parse::<Timestamp>().ok());
    match since {
        None => {
            Compliance::Unknown("it is not known since when the instance is stopped".to_owned())
        }
        Some(since) => {
            let stopped = subject.world.now().as_second() - since.as_second();
            Compliance::of(stopped <= days * 86_400, "The instance is stopped for too long.")
        }
    }
}

/// A volume is attached.
pub(super) fn volume_in_use(subject: &mut Subject<'_>) -> Compliance {
    Compliance::of(subject.text("State") == "in-use", "The volume is not attached.")
}

/// An attached volume is encrypted.
pub(super) fn volume_encrypted(subject: &mut Subject<'_>) -> Compliance {
    if subject.text("State") != "in-use" {
        return Compliance::NotApplicable;
    }
    subject.must("Encrypted", true, "The volume is not encrypted.")
}

/// An address is in use.
pub(super) fn address_in_use(subject: &mut Subject<'_>) -> Compliance {
    let is = !subject.text("AssociationId").is_empty() || !subject.text("InstanceId").is_empty();
    Compliance::of(is, "The address is not attached.")
}

/// Whether a permission lets anybody in at a port.
fn is_open(permission: &Value, port: i64) -> bool {
    let everywhere = |member: &str, ranges: &str, all: &str| {
        let ranges = permission.list(ranges);
        ranges.iter().any(|range| range.get(member).and_then(Value::as_str) == Some(all))
    };
    let protocol = permission.get("IpProtocol").and_then(Value::as_str).unwrap_or("-1");
    let number =
        |member: &str, usual| permission.get(member).and_then(Value::as_i64).unwrap_or(usual);
    let (from, to) = if protocol == "-1" {
        (0, 65_535)
    } else {
        (number("FromPort", 0), number("ToPort", 65_535))
    };
    ["-1", "tcp", "6"].contains(&protocol)
        && (from..=to).contains(&port)
        && (everywhere("CidrIp", "IpRanges", "0.0.0.0/0")
            || everywhere("CidrIpv6", "Ipv6Ranges", "::/0"))
}

/// A security group does not let anybody in by SSH.
pub(super) fn no_open_ssh(subject: &mut Subject<'_>) -> Compliance {
    let is_open = subject.list("IpPermissions").iter().any(|one| is_open(one, 22));
    Compliance::of(!is_open, "SSH is open to the world.")
}

/// A security group does not let anybody in at the ports.
pub(super) fn no_open_ports(subject: &mut Subject<'_>) -> Compliance {
    let ports = (1..=5).filter_map(|number| subject.parameter(&format!("blockedPort{number}")));
    let ports: Vec<i64> = ports.filter_map(|port| port.parse().ok()).collect();
    let permissions = subject.list("IpPermissions");
    let open = ports.iter().find(|port| permissions.iter().any(|one| is_open(one, **port)));
    match open {
        None => Compliance::Compliant,
        Some(port) => Compliance::NonCompliant(format!("Port {port} is open to the world.")),
    }
}

/// A default security group has no rules.
pub(super) fn default_group_closed(subject: &mut Subject<'_>) -> Compliance {
    if subject.text("GroupName") != "default" {
        return Compliance::NotApplicable;
    }
    let is =
        subject.list("IpPermissions").is_empty() && subject.list("IpPermissionsEgress").is_empty();
    Compliance::of(is, "The default security group has rules.")
}

/// A subnet gives no public addresses.
pub(super) fn no_public_subnet(subject: &mut Subject<'_>) -> Compliance {
    subject.must("MapPublicIpOnLaunch", false, "The subnet assigns public addresses.")
}

/// A VPC has flow logs.
pub(super) fn flow_logs(subject: &mut Subject<'_>) -> Compliance {
    let id = subject.id.clone();
    let input = value!({ "Filters": [{ "Name": "resource-id", "Values": [(id)] }] });
    match subject.ask("ec2", "DescribeFlowLogs", input) {
        Ok(found) => {
            let logs = found.list("FlowLogs");
            Compliance::of(!logs.is_empty(), "The VPC has no flow logs.")
        }
        Err(code) => Compliance::Unknown(code),
    }
}

/// A resource has the tags.
pub(super) fn required_tags(subject: &mut Subject<'_>) -> Compliance {
    for number in 1..=6 {
        let Some(key) = subject.parameter(&format!("tag{number}Key")) else {
            continue;
        };
        let values = listed(subject.parameter(&format!("tag{number}Value")));
        let value = subject.resource.tags.get(key);
        if !value.is_some_and(|value| values.is_empty() || values.contains(&value.as_str())) {
            return Compliance::NonCompliant(format!(
                "The tag {key} is missing or has another value."
            ));
        }
    }
    Compliance::Compliant
}

/// A group that a load balancer knows is checked by it.
pub(super) fn balancer_health(subject: &mut Subject<'_>) -> Compliance {
    if subject.list("TargetGroupARNs").is_empty() && subject.list("LoadBalancerNames").is_empty() {
        return Compliance::NotApplicable;
    }
    let kind = subject.text("HealthCheckType");
    Compliance::of(kind.contains("ELB"), "The group does not use ELB health checks.")
}

/// A group launches by template.
pub(super) fn launch_template(subject: &mut Subject<'_>) -> Compliance {
    let has = |member: &str| subject.resource.value(member).is_some();
    Compliance::of(
        has("LaunchTemplate") || has("MixedInstancesPolicy"),
        "The group has no launch template.",
    )
}

/// A group covers several zones.
pub(super) fn several_zones(subject: &mut Subject<'_>) -> Compliance {
    let zones = subject.list("AvailabilityZones").len();
    Compliance::of(zones >= 2, "The group covers one Availability Zone.")
}
