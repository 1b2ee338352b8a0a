//! How operations name what they are about, where that is not simply the id of one of their service's kinds.
//!
//! A resource is written as in AWS's reference of IAM: `service/{cluster=default}/{service}` has a member of the input in
//! each pair of braces, and what holds if it is absent. The last may be a list, each of whose elements is a resource, or an
//! ARN, which is then the resource itself.

use reeve_model::Value;

use crate::call::Call;

/// One service's resources.
struct Names {
    service: &'static str,
    /// What its ARNs call it.
    prefix: &'static str,
    /// Operations, none for all that have no row of their own, and what they are about.
    rows: &'static [(&'static [&'static str], &'static str)],
    /// Whether what has no row is found by the kinds of the service; else it is about nothing in particular.
    has_others: bool,
}

const NAMES: [Names; 9] = [
    Names { service: "ssm", prefix: "ssm", rows: &SSM, has_others: false },
    Names { service: "logs", prefix: "logs", rows: &LOGS, has_others: false },
    Names { service: "events", prefix: "events", rows: &EVENTS, has_others: true },
    Names { service: "ecs", prefix: "ecs", rows: &ECS, has_others: false },
    Names { service: "eks", prefix: "eks", rows: &EKS, has_others: true },
    Names { service: "backup", prefix: "backup", rows: &BACKUP, has_others: true },
    Names { service: "cloudformation", prefix: "cloudformation", rows: &STACKS, has_others: true },
    Names { service: "appconfig", prefix: "appconfig", rows: &APPCONFIG, has_others: false },
    Names {
        service: "sns",
        prefix: "sns",
        rows: &[(&["CreateTopic"], "{Name}")],
        has_others: true,
    },
];

const SSM: [(&[&str], &str); 14] = [
    (
        &[
            "GetParameter",
            "PutParameter",
            "DeleteParameter",
            "GetParameterHistory",
            "LabelParameterVersion",
            "UnlabelParameterVersion",
        ],
        "parameter/{Name}",
    ),
    (&["GetParameters", "DeleteParameters"], "parameter/{Names}"),
    (&["GetParametersByPath"], "parameter/{Path}"),
    (
        &[
            "CreateDocument",
            "DeleteDocument",
            "DescribeDocument",
            "DescribeDocumentPermission",
            "GetDocument",
            "ListDocumentVersions",
            "ModifyDocumentPermission",
            "UpdateDocument",
            "UpdateDocumentDefaultVersion",
            "CreateAssociation",
        ],
        "document/{Name}",
    ),
    (&["SendCommand"], "document/{DocumentName}"),
    (&["SendCommand"], "node/{InstanceIds}"),
    (
        &[
            "CreateAssociation",
            "DescribeInstancePatches",
            "GetDeployablePatchSnapshotForInstance",
            "PutInventory",
            "ListInventoryEntries",
            "DescribeEffectiveInstanceAssociations",
            "DescribeInstanceAssociationsStatus",
        ],
        "node/{InstanceId}",
    ),
    (&["PutComplianceItems"], "node/{ResourceId}"),
    (&["GetConnectionStatus"], "node/{Target}"),
    (&[], "maintenancewindow/{WindowId}"),
    (&[], "patchbaseline/{BaselineId}"),
    (&[], "association/{AssociationId}"),
    (&[], "opsitem/{OpsItemId}"),
    (&["AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"], "{ResourceId}"),
];

const LOGS: [(&[&str], &str); 5] = [
    (&["TagResource", "UntagResource", "ListTagsForResource"], "{resourceArn}"),
    (&[], "log-group:{logGroupName}:log-stream:{logStreamName=}"),
    (&[], "log-group:{logGroupNames}:log-stream:"),
    (&[], "log-group:{logGroupIdentifier}:log-stream:"),
    (&[], "log-group:{logGroupIdentifiers}:log-stream:"),
];

const EVENTS: [(&[&str], &str); 3] = [
    (
        &["PutRule", "DescribeRule", "DeleteRule", "EnableRule", "DisableRule"],
        "rule/{EventBusName=default}/{Name}",
    ),
    (&["PutTargets", "RemoveTargets", "ListTargetsByRule"], "rule/{EventBusName=default}/{Rule}"),
    (&["PutEvents"], "event-bus/{Entries.EventBusName=default}"),
];

const ECS: [(&[&str], &str); 9] = [
    (&["CreateCluster"], "cluster/{clusterName=default}"),
    (&["DescribeClusters"], "cluster/{clusters=default}"),
    (
        &["DeleteCluster", "UpdateCluster", "UpdateClusterSettings", "PutClusterCapacityProviders"],
        "cluster/{cluster}",
    ),
    (&["CreateService"], "service/{cluster=default}/{serviceName}"),
    (&["UpdateService", "DeleteService"], "service/{cluster=default}/{service}"),
    (&["DescribeServices"], "service/{cluster=default}/{services}"),
    (&["RunTask", "StartTask"], "task-definition/{taskDefinition}"),
    (&["StopTask"], "task/{cluster=default}/{task}"),
    (&["TagResource", "UntagResource", "ListTagsForResource"], "{resourceArn}"),
];

const EKS: [(&[&str], &str); 3] = [
    (&["CreateNodegroup", "ListNodegroups", "CreateAddon", "ListAddons"], "cluster/{clusterName}"),
    (
        &[
            "DescribeNodegroup",
            "DeleteNodegroup",
            "UpdateNodegroupConfig",
            "UpdateNodegroupVersion",
        ],
        "nodegroup/{clusterName}/{nodegroupName}/*",
    ),
    (&["DescribeAddon", "DeleteAddon", "UpdateAddon"], "addon/{clusterName}/{addonName}/*"),
];

const BACKUP: [(&[&str], &str); 2] = [
    (
        &[
            "StartRestoreJob",
            "StartCopyJob",
            "DescribeRecoveryPoint",
            "DeleteRecoveryPoint",
            "UpdateRecoveryPointLifecycle",
            "GetRecoveryPointRestoreMetadata",
        ],
        "{RecoveryPointArn}",
    ),
    (
        &[
            "DescribeBackupJob",
            "StopBackupJob",
            "DescribeCopyJob",
            "DescribeRestoreJob",
            "GetRestoreJobMetadata",
            "PutRestoreValidationResult",
        ],
        "",
    ),
];

const STACKS: [(&[&str], &str); 2] =
    [(&[], "stack/{StackName}/*"), (&[], "stackset/{StackSetName}:*")];

const APPCONFIG: [(&[&str], &str); 6] = [
    (&["TagResource", "UntagResource", "ListTagsForResource"], "{ResourceArn}"),
    (&[], "application/{ApplicationId}"),
    (&[], "application/{ApplicationId}/environment/{EnvironmentId}"),
    (&[], "application/{ApplicationId}/configurationprofile/{ConfigurationProfileId}"),
    (
        &["GetDeployment", "StopDeployment"],
        "application/{ApplicationId}/environment/{EnvironmentId}/deployment/{DeploymentNumber}",
    ),
    (&[], "deploymentstrategy/{DeploymentStrategyId}"),
];

/// The ARNs of what a call is about, none if it is nothing in particular; nothing if its service names them by its kinds.
pub(super) fn of(call: &Call) -> Option<Vec<String>> {
    let names = NAMES.iter().find(|names| names.service == call.service.model)?;
    let own = |(operations, _): &&(&[&str], &str)| operations.contains(&call.operation.as_str());
    let mut rows: Vec<_> = names.rows.iter().filter(own).collect();
    if rows.is_empty() {
        rows = names.rows.iter().filter(|(operations, _)| operations.is_empty()).collect();
    }
    let found: Vec<String> =
        rows.iter().flat_map(|(_, template)| filled(call, names.prefix, template)).collect();
    let has_row = names.rows.iter().any(|row| own(&row));
    (!found.is_empty() || has_row || !names.has_others).then_some(found)
}

/// The ARNs that a template gives, none if the input lacks a member.
fn filled(call: &Call, prefix: &str, template: &str) -> Vec<String> {
    let mut made = vec![String::new()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((hole, after)) = after.split_once('}') else { break };
        let (member, usual) = match hole.split_once('=') {
            Some((member, usual)) => (member, Some(usual)),
            None => (hole, None),
        };
        let values = values(call, member, usual);
        let is_last = !after.contains('{');
        made = made
            .iter()
            .flat_map(|head| values.iter().map(move |value| (head, value)))
            .map(|(head, value)| {
                let is_arn = value.starts_with("arn:");
                if is_arn && is_last {
                    return value.clone();
                }
                let value = if is_arn { last_segment(value) } else { value };
                format!("{head}{before}{value}")
            })
            .collect();
        rest = after;
    }
    let whole = made.into_iter().map(|head| arn(call, prefix, head, rest));
    whole.filter(|arn| !arn.is_empty()).collect()
}

fn last_segment(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or(arn)
}

/// The texts of a member; of each element, where it is within a list.
fn values(call: &Call, member: &str, usual: Option<&str>) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    };
    let found: Vec<String> = match member.split_once('.') {
        Some((list, member)) => {
            let each = call.list(list).iter();
            each.map(|one| one.get(member).and_then(text).or_else(|| usual.map(str::to_owned)))
                .collect::<Option<_>>()
                .unwrap_or_default()
        }
        None => match call.input.get(member) {
            Some(Value::List(list)) => list.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        },
    };
    match usual {
        Some(usual) if found.is_empty() => vec![usual.to_owned()],
        _ => found,
    }
}

/// The ARN of a resource, in the words of its service.
fn arn(call: &Call, prefix: &str, resource: String, tail: &str) -> String {
    if resource.is_empty() {
        return String::new();
    }
    if resource.starts_with("arn:") {
        // Log groups are asked about with their streams.
        let is_group = prefix == "logs" && !tail.is_empty();
        return if is_group {
            format!("{}{tail}", resource.trim_end_matches(":*"))
        } else {
            resource
        };
    }
    let (partition, region, account) = (call.region.partition(), &call.region, call.account());
    let whole = |service: &str, account: &str, resource: &str| {
        format!("arn:{partition}:{service}:{region}:{account}:{resource}{tail}")
    };
    match (prefix, resource.split_once('/')) {
        ("ssm", Some(("node", id))) if id.starts_with("i-") => {
            whole("ec2", account.as_str(), &format!("instance/{id}"))
        }
        ("ssm", Some(("node", id))) => {
            whole("ssm", account.as_str(), &format!("managed-instance/{id}"))
        }
        ("ssm", Some(("document", name))) if name.starts_with("AWS") => {
            whole("ssm", "", &format!("document/{name}"))
        }
        ("ssm", Some(("parameter", name))) => {
            // A version or label may follow the name.
            let name = name.trim_start_matches('/').split(':').next().unwrap_or_default();
            whole("ssm", account.as_str(), &format!("parameter/{name}"))
        }
        ("ssm", _) if call.operation.ends_with("Resource") => {
            whole("ssm", account.as_str(), &tagged(call, &resource))
        }
        ("events", Some(("rule", name))) => {
            let name = name.strip_prefix("default/").unwrap_or(name);
            whole(prefix, account.as_str(), &format!("rule/{name}"))
        }
        _ => whole(prefix, account.as_str(), &resource),
    }
}

/// What Systems Manager tags, by the type and id that it is named by.
fn tagged(call: &Call, id: &str) -> String {
    let kind = match call.text("ResourceType").unwrap_or_default() {
        "Document" => "document",
        "MaintenanceWindow" => "maintenancewindow",
        "PatchBaseline" => "patchbaseline",
        "OpsItem" => "opsitem",
        "Association" => "association",
        "ManagedInstance" => "managed-instance",
        "Automation" => "automation-execution",
        _ => return format!("parameter/{}", id.trim_start_matches('/')),
    };
    format!("{kind}/{id}")
}
