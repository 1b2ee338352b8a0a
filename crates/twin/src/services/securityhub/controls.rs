//! The controls of the standards: what each asks, how bad it is if it fails, and which Config rule judges it.

/// A control.
#[derive(Debug)]
pub(super) struct Control {
    /// Such as `EC2.7`.
    pub(super) id: &'static str,
    /// What must be so.
    pub(super) title: &'static str,
    /// `LOW` to `CRITICAL`.
    pub(super) severity: &'static str,
    /// The managed rule of AWS Config that judges it.
    pub(super) rule: &'static str,
    /// Whether the CIS benchmark asks for it as well as the foundational best practices.
    pub(super) is_in_cis: bool,
}

const fn of(
    id: &'static str,
    title: &'static str,
    severity: &'static str,
    rule: &'static str,
    is_in_cis: bool,
) -> Control {
    Control { id, title, severity, rule, is_in_cis }
}

/// The controls known here.
pub(super) static CONTROLS: [Control; 30] = [
    of(
        "Account.1",
        "Security contact information should be provided for an AWS account",
        "MEDIUM",
        "SECURITY_ACCOUNT_INFORMATION_PROVIDED",
        true,
    ),
    of(
        "AutoScaling.1",
        "Auto Scaling groups associated with a load balancer should use ELB health checks",
        "LOW",
        "AUTOSCALING_GROUP_ELB_HEALTHCHECK_REQUIRED",
        false,
    ),
    of(
        "AutoScaling.2",
        "Amazon EC2 Auto Scaling group should cover multiple Availability Zones",
        "MEDIUM",
        "AUTOSCALING_MULTIPLE_AZ",
        false,
    ),
    of(
        "CloudTrail.1",
        "CloudTrail should be enabled and configured with at least one multi-Region trail that includes read and write management events",
        "HIGH",
        "MULTI_REGION_CLOUD_TRAIL_ENABLED",
        true,
    ),
    of(
        "CloudTrail.2",
        "CloudTrail should have encryption at-rest enabled",
        "MEDIUM",
        "CLOUD_TRAIL_ENCRYPTION_ENABLED",
        true,
    ),
    of(
        "CloudTrail.4",
        "CloudTrail log file validation should be enabled",
        "LOW",
        "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
        true,
    ),
    of(
        "DynamoDB.2",
        "DynamoDB tables should have point-in-time recovery enabled",
        "MEDIUM",
        "DYNAMODB_PITR_ENABLED",
        false,
    ),
    of(
        "DynamoDB.6",
        "DynamoDB tables should have deletion protection enabled",
        "MEDIUM",
        "DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED",
        false,
    ),
    of(
        "EC2.1",
        "Amazon EBS snapshots should not be publicly restorable",
        "CRITICAL",
        "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK",
        false,
    ),
    of(
        "EC2.2",
        "VPC default security groups should not allow inbound or outbound traffic",
        "HIGH",
        "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
        true,
    ),
    of(
        "EC2.3",
        "Attached Amazon EBS volumes should be encrypted at-rest",
        "MEDIUM",
        "ENCRYPTED_VOLUMES",
        false,
    ),
    of(
        "EC2.4",
        "Stopped EC2 instances should be removed after a specified time period",
        "MEDIUM",
        "EC2_STOPPED_INSTANCE",
        false,
    ),
    of(
        "EC2.6",
        "VPC flow logging should be enabled in all VPCs",
        "MEDIUM",
        "VPC_FLOW_LOGS_ENABLED",
        true,
    ),
    of(
        "EC2.8",
        "EC2 instances should use Instance Metadata Service Version 2 (IMDSv2)",
        "HIGH",
        "EC2_IMDSV2_CHECK",
        true,
    ),
    of(
        "EC2.9",
        "Amazon EC2 instances should not have a public IPv4 address",
        "HIGH",
        "EC2_INSTANCE_NO_PUBLIC_IP",
        false,
    ),
    of(
        "EC2.13",
        "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22",
        "HIGH",
        "INCOMING_SSH_DISABLED",
        true,
    ),
    of(
        "EC2.15",
        "Amazon EC2 subnets should not automatically assign public IP addresses",
        "MEDIUM",
        "SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED",
        false,
    ),
    of(
        "EFS.1",
        "Elastic File System should be configured to encrypt file data at-rest using AWS KMS",
        "MEDIUM",
        "EFS_ENCRYPTED_CHECK",
        true,
    ),
    of(
        "IAM.3",
        "IAM users' access keys should be rotated every 90 days or less",
        "MEDIUM",
        "ACCESS_KEYS_ROTATED",
        true,
    ),
    of(
        "IAM.4",
        "IAM root user access key should not exist",
        "CRITICAL",
        "IAM_ROOT_ACCESS_KEY_CHECK",
        true,
    ),
    of(
        "IAM.5",
        "MFA should be enabled for all IAM users that have a console password",
        "MEDIUM",
        "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS",
        true,
    ),
    of(
        "KMS.4",
        "AWS KMS key rotation should be enabled",
        "MEDIUM",
        "CMK_BACKING_KEY_ROTATION_ENABLED",
        true,
    ),
    of(
        "Lambda.2",
        "Lambda functions should use supported runtimes",
        "MEDIUM",
        "LAMBDA_FUNCTION_SETTINGS_CHECK",
        false,
    ),
    of(
        "RDS.2",
        "RDS DB Instances should prohibit public access, as determined by the PubliclyAccessible configuration",
        "CRITICAL",
        "RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
        true,
    ),
    of(
        "RDS.3",
        "RDS DB instances should have encryption at-rest enabled",
        "MEDIUM",
        "RDS_STORAGE_ENCRYPTED",
        true,
    ),
    of(
        "RDS.5",
        "RDS DB instances should be configured with multiple Availability Zones",
        "MEDIUM",
        "RDS_MULTI_AZ_SUPPORT",
        true,
    ),
    of(
        "RDS.8",
        "RDS DB instances should have deletion protection enabled",
        "LOW",
        "RDS_INSTANCE_DELETION_PROTECTION_ENABLED",
        false,
    ),
    of(
        "RDS.13",
        "RDS automatic minor version upgrades should be enabled",
        "HIGH",
        "RDS_AUTOMATIC_MINOR_VERSION_UPGRADE_ENABLED",
        true,
    ),
    of(
        "S3.2",
        "S3 general purpose buckets should block public read access",
        "CRITICAL",
        "S3_BUCKET_PUBLIC_READ_PROHIBITED",
        false,
    ),
    of(
        "S3.3",
        "S3 general purpose buckets should block public write access",
        "CRITICAL",
        "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
        false,
    ),
];

/// A control by id.
pub(super) fn named(id: &str) -> Option<&'static Control> {
    CONTROLS.iter().find(|control| control.id == id)
}
