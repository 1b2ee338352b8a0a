//! Buckets, tables, databases, file systems and backups.

use reeve_model::{Object, Value};

use super::{From, ResourceType, Setter, TagWay, change, request, set};
use crate::value::value;

const DATABASE: &[(&str, From)] =
    &[("DBInstanceIdentifier", From::Id), ("ApplyImmediately", From::Flag(true))];
const CLUSTER: &[(&str, From)] =
    &[("DBClusterIdentifier", From::Id), ("ApplyImmediately", From::Flag(true))];

const fn modify(property: &'static str) -> Setter {
    change(property, request("ModifyDBInstance", DATABASE), property)
}

const fn modify_cluster(property: &'static str) -> Setter {
    change(property, request("ModifyDBCluster", CLUSTER), property)
}

/// The types.
pub(super) static TYPES: [ResourceType; 11] = [
    ResourceType {
        name: "AWS::S3::Bucket",
        service: "s3",
        create: "CreateBucket",
        rename: &[
            ("BucketName", "Bucket"),
            ("AccessControl", "ACL"),
            ("ObjectLockEnabled", "ObjectLockEnabledForBucket"),
        ],
        name_property: "BucketName",
        read: request("HeadBucket", &[("Bucket", From::Id)]),
        delete: request("DeleteBucket", &[("Bucket", From::Id)]),
        setters: &[
            set(
                "VersioningConfiguration",
                request("PutBucketVersioning", &[("Bucket", From::Id)]),
                "VersioningConfiguration",
            ),
            set(
                "BucketEncryption",
                request("PutBucketEncryption", &[("Bucket", From::Id)]),
                "ServerSideEncryptionConfiguration",
            )
            .shaped(encryption),
            set(
                "PublicAccessBlockConfiguration",
                request("PutPublicAccessBlock", &[("Bucket", From::Id)]),
                "PublicAccessBlockConfiguration",
            ),
            set(
                "LifecycleConfiguration",
                request("PutBucketLifecycleConfiguration", &[("Bucket", From::Id)]),
                "LifecycleConfiguration",
            )
            .shaped(lifecycle),
            set(
                "LoggingConfiguration",
                request("PutBucketLogging", &[("Bucket", From::Id)]),
                "BucketLoggingStatus",
            )
            .shaped(logging),
            set("Tags", request("PutBucketTagging", &[("Bucket", From::Id)]), "Tagging")
                .shaped(tag_set),
        ],
        fixed: &["BucketName", "ObjectLockEnabled"],
        attributes: &[
            ("Arn", "@arn:aws:s3:::{id}"),
            ("DomainName", "@{id}.s3.amazonaws.com"),
            ("RegionalDomainName", "@{id}.s3.{region}.amazonaws.com"),
        ],
        shown: &[
            ("BucketEncryption", ""),
            ("PublicAccessBlockConfiguration", ""),
            ("LifecycleConfiguration", ""),
            ("LoggingConfiguration", ""),
            ("AccessControl", ""),
            ("ObjectLockEnabled", ""),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::S3::BucketPolicy",
        service: "s3",
        create: "PutBucketPolicy",
        rename: &[("PolicyDocument", "Policy")],
        id: "*Bucket",
        read: request("GetBucketPolicy", &[("Bucket", From::Id)]),
        delete: request("DeleteBucketPolicy", &[("Bucket", From::Id)]),
        setters: &[change(
            "PolicyDocument",
            request("PutBucketPolicy", &[("Bucket", From::Id)]),
            "Policy",
        )],
        fixed: &["Bucket"],
        shown: &[("PolicyDocument", "Policy"), ("Bucket", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::DynamoDB::Table",
        service: "dynamodb",
        create: "CreateTable",
        name_property: "TableName",
        read: request("DescribeTable", &[("TableName", From::Id)]),
        at: "Table",
        ready: ("TableStatus", &["ACTIVE"]),
        delete: request("DeleteTable", &[("TableName", From::Id)]),
        setters: &[
            change(
                "BillingMode",
                request("UpdateTable", &[("TableName", From::Id)]),
                "BillingMode",
            ),
            change(
                "ProvisionedThroughput",
                request("UpdateTable", &[("TableName", From::Id)]),
                "ProvisionedThroughput",
            ),
            change(
                "DeletionProtectionEnabled",
                request("UpdateTable", &[("TableName", From::Id)]),
                "DeletionProtectionEnabled",
            ),
            set(
                "TimeToLiveSpecification",
                request("UpdateTimeToLive", &[("TableName", From::Id)]),
                "TimeToLiveSpecification",
            ),
            set(
                "PointInTimeRecoverySpecification",
                request("UpdateContinuousBackups", &[("TableName", From::Id)]),
                "PointInTimeRecoverySpecification",
            ),
        ],
        fixed: &["TableName", "KeySchema"],
        attributes: &[("Arn", "TableArn"), ("StreamArn", "LatestStreamArn")],
        tags: TagWay::List("Tags"),
        shown: &[
            ("BillingMode", "BillingModeSummary.BillingMode"),
            ("TimeToLiveSpecification", ""),
            ("PointInTimeRecoverySpecification", ""),
            ("ProvisionedThroughput", ""),
            ("SSESpecification", ""),
            ("Tags", ""),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::RDS::DBInstance",
        service: "rds",
        create: "CreateDBInstance",
        rename: &[("VPCSecurityGroups", "VpcSecurityGroupIds")],
        name_property: "DBInstanceIdentifier",
        read: request("DescribeDBInstances", &[("DBInstanceIdentifier", From::Id)]),
        at: "DBInstances.0",
        ready: ("DBInstanceStatus", &["available"]),
        delete: request(
            "DeleteDBInstance",
            &[("DBInstanceIdentifier", From::Id), ("SkipFinalSnapshot", From::Flag(true))],
        ),
        setters: &[
            modify("AllocatedStorage"),
            modify("DBInstanceClass"),
            modify("MultiAZ"),
            modify("BackupRetentionPeriod"),
            modify("DeletionProtection"),
            modify("EngineVersion"),
            modify("StorageType"),
            modify("Iops"),
            modify("PubliclyAccessible"),
            modify("AutoMinorVersionUpgrade"),
            modify("PreferredMaintenanceWindow"),
            modify("PreferredBackupWindow"),
            modify("MasterUserPassword"),
        ],
        fixed: &[
            "DBInstanceIdentifier",
            "DBName",
            "DBSubnetGroupName",
            "KmsKeyId",
            "MasterUsername",
            "StorageEncrypted",
            "Engine",
            "DBClusterIdentifier",
        ],
        attributes: &[
            ("DBInstanceArn", "DBInstanceArn"),
            ("Endpoint.Address", "Endpoint.Address"),
            ("Endpoint.Port", "Endpoint.Port"),
        ],
        tags: TagWay::List("Tags"),
        shown: &[
            ("MasterUserPassword", ""),
            ("VPCSecurityGroups", ""),
            ("DBSubnetGroupName", "DBSubnetGroup.DBSubnetGroupName"),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::RDS::DBCluster",
        service: "rds",
        create: "CreateDBCluster",
        name_property: "DBClusterIdentifier",
        read: request("DescribeDBClusters", &[("DBClusterIdentifier", From::Id)]),
        at: "DBClusters.0",
        ready: ("Status", &["available"]),
        delete: request(
            "DeleteDBCluster",
            &[("DBClusterIdentifier", From::Id), ("SkipFinalSnapshot", From::Flag(true))],
        ),
        setters: &[
            modify_cluster("BackupRetentionPeriod"),
            modify_cluster("DeletionProtection"),
            modify_cluster("EngineVersion"),
            modify_cluster("MasterUserPassword"),
        ],
        fixed: &[
            "DBClusterIdentifier",
            "DatabaseName",
            "DBSubnetGroupName",
            "KmsKeyId",
            "StorageEncrypted",
            "Engine",
            "EngineMode",
        ],
        attributes: &[
            ("DBClusterArn", "DBClusterArn"),
            ("Endpoint.Address", "Endpoint"),
            ("Endpoint.Port", "Port"),
            ("ReadEndpoint.Address", "ReaderEndpoint"),
        ],
        tags: TagWay::List("Tags"),
        shown: &[
            ("MasterUserPassword", ""),
            ("VpcSecurityGroupIds", ""),
            ("DBSubnetGroupName", "DBSubnetGroup"),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::RDS::DBSubnetGroup",
        service: "rds",
        create: "CreateDBSubnetGroup",
        name_property: "DBSubnetGroupName",
        read: request("DescribeDBSubnetGroups", &[("DBSubnetGroupName", From::Id)]),
        at: "DBSubnetGroups.0",
        delete: request("DeleteDBSubnetGroup", &[("DBSubnetGroupName", From::Id)]),
        setters: &[
            change(
                "SubnetIds",
                request("ModifyDBSubnetGroup", &[("DBSubnetGroupName", From::Id)]),
                "SubnetIds",
            ),
            change(
                "DBSubnetGroupDescription",
                request(
                    "ModifyDBSubnetGroup",
                    &[("DBSubnetGroupName", From::Id), ("SubnetIds", From::Property("SubnetIds"))],
                ),
                "DBSubnetGroupDescription",
            ),
        ],
        fixed: &["DBSubnetGroupName"],
        tags: TagWay::List("Tags"),
        shown: &[("SubnetIds", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::EFS::FileSystem",
        service: "efs",
        create: "CreateFileSystem",
        id: "FileSystemId",
        read: request("DescribeFileSystems", &[("FileSystemId", From::Id)]),
        at: "FileSystems.0",
        ready: ("LifeCycleState", &["available"]),
        delete: request("DeleteFileSystem", &[("FileSystemId", From::Id)]),
        setters: &[
            change(
                "ThroughputMode",
                request("UpdateFileSystem", &[("FileSystemId", From::Id)]),
                "ThroughputMode",
            ),
            set(
                "BackupPolicy",
                request("PutBackupPolicy", &[("FileSystemId", From::Id)]),
                "BackupPolicy",
            ),
            set(
                "LifecyclePolicies",
                request("PutLifecycleConfiguration", &[("FileSystemId", From::Id)]),
                "LifecyclePolicies",
            ),
        ],
        fixed: &["AvailabilityZoneName", "Encrypted", "KmsKeyId", "PerformanceMode"],
        attributes: &[("Arn", "FileSystemArn")],
        tags: TagWay::List("Tags"),
        tags_property: "FileSystemTags",
        shown: &[("BackupPolicy", ""), ("LifecyclePolicies", ""), ("FileSystemTags", "Tags")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Backup::BackupVault",
        service: "backup",
        create: "CreateBackupVault",
        name_property: "BackupVaultName",
        read: request("DescribeBackupVault", &[("BackupVaultName", From::Id)]),
        delete: request("DeleteBackupVault", &[("BackupVaultName", From::Id)]),
        setters: &[set(
            "AccessPolicy",
            request("PutBackupVaultAccessPolicy", &[("BackupVaultName", From::Id)]),
            "Policy",
        )],
        fixed: &["BackupVaultName", "EncryptionKeyArn"],
        attributes: &[("BackupVaultArn", "BackupVaultArn")],
        tags: TagWay::Map("BackupVaultTags"),
        tags_property: "BackupVaultTags",
        shown: &[("AccessPolicy", ""), ("BackupVaultTags", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Backup::BackupPlan",
        service: "backup",
        create: "CreateBackupPlan",
        prepare: backup_plan,
        id: "BackupPlanId",
        read: request("GetBackupPlan", &[("BackupPlanId", From::Id)]),
        delete: request("DeleteBackupPlan", &[("BackupPlanId", From::Id)]),
        setters: &[change(
            "BackupPlan",
            request("UpdateBackupPlan", &[("BackupPlanId", From::Id)]),
            "BackupPlan",
        )
        .shaped(rules)],
        attributes: &[("BackupPlanArn", "BackupPlanArn"), ("VersionId", "VersionId")],
        tags: TagWay::Map("BackupPlanTags"),
        tags_property: "BackupPlanTags",
        shown: &[("BackupPlan", ""), ("BackupPlanTags", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Backup::BackupSelection",
        service: "backup",
        create: "CreateBackupSelection",
        id: "SelectionId",
        read: request(
            "GetBackupSelection",
            &[("BackupPlanId", From::Property("BackupPlanId")), ("SelectionId", From::Id)],
        ),
        delete: request(
            "DeleteBackupSelection",
            &[("BackupPlanId", From::Property("BackupPlanId")), ("SelectionId", From::Id)],
        ),
        fixed: &["BackupPlanId", "BackupSelection"],
        attributes: &[("SelectionId", "SelectionId")],
        shown: &[("BackupSelection", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Logs::LogGroup",
        service: "logs",
        create: "CreateLogGroup",
        name_property: "LogGroupName",
        read: request("DescribeLogGroups", &[("logGroupNamePrefix", From::Id)]),
        at: "logGroups.0",
        delete: request("DeleteLogGroup", &[("logGroupName", From::Id)]),
        setters: &[set(
            "RetentionInDays",
            request("PutRetentionPolicy", &[("logGroupName", From::Id)]),
            "retentionInDays",
        )],
        fixed: &["LogGroupName"],
        attributes: &[("Arn", "arn")],
        tags: TagWay::Map("tags"),
        shown: &[("KmsKeyId", "")],
        ..ResourceType::OF
    },
];

fn encryption(value: &Value) -> Value {
    let rules = value.list("ServerSideEncryptionConfiguration");
    let rules: Value = rules
        .iter()
        .map(|rule| {
            let mut changed = Object::new();
            for (name, inner) in rule.as_object().into_iter().flat_map(Object::iter) {
                let name = match name.as_str() {
                    "ServerSideEncryptionByDefault" => "ApplyServerSideEncryptionByDefault",
                    other => other,
                };
                changed.insert(name, inner.clone());
            }
            Value::from(changed)
        })
        .collect();
    value!({ "Rules": (rules) })
}

fn lifecycle(value: &Value) -> Value {
    let rules = value.list("Rules");
    let rules: Value = rules
        .iter()
        .map(|rule| {
            let mut changed = rule.as_object().cloned().unwrap_or_default();
            if let Some(id) = changed.remove("Id") {
                changed.insert("ID", id);
            }
            if let Some(days) = changed.remove("ExpirationInDays") {
                changed.insert("Expiration", value!({ "Days": (days) }));
            }
            if let Some(transition) = changed.remove("Transition") {
                changed.insert("Transitions", value!([(transition)]));
            }
            let prefix = changed.remove("Prefix").unwrap_or_else(|| "".into());
            changed.insert("Filter", value!({ "Prefix": (prefix) }));
            Value::from(changed)
        })
        .collect();
    value!({ "Rules": (rules) })
}

fn logging(value: &Value) -> Value {
    let part = |member: &str| value.get(member).cloned().unwrap_or_else(|| "".into());
    value!({
        "LoggingEnabled": {
            "TargetBucket": (part("DestinationBucketName")),
            "TargetPrefix": (part("LogFilePrefix"))
        }
    })
}

fn tag_set(tags: &Value) -> Value {
    value!({ "TagSet": (tags.clone()) })
}

/// The rules of a plan are called otherwise in templates.
fn rules(plan: &Value) -> Value {
    let mut changed = Object::new();
    for (name, value) in plan.as_object().into_iter().flat_map(Object::iter) {
        let name = if name.as_str() == "BackupPlanRule" { "Rules" } else { name.as_str() };
        let value = if name == "Rules" {
            value.as_list().iter().map(rule).collect()
        } else {
            value.clone()
        };
        changed.insert(name, value);
    }
    changed.into()
}

fn rule(rule: &Value) -> Value {
    let mut changed = rule.as_object().cloned().unwrap_or_default();
    if let Some(vault) = changed.remove("TargetBackupVault") {
        changed.insert("TargetBackupVaultName", vault);
    }
    changed.into()
}

fn backup_plan(properties: &mut Object) {
    if let Some(plan) = properties.remove("BackupPlan") {
        properties.insert("BackupPlan", rules(&plan));
    }
}
