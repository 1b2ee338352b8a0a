//! The managed rules, as data: what each is about, what it takes, when it is judged, and by which function.

mod account;
mod compute;
mod storage;

use super::judge::{Compliance, Subject};

/// How a rule judges.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// One resource at a time.
    Resource(fn(&mut Subject<'_>) -> Compliance),
    /// The account as a whole.
    Account(fn(&mut Subject<'_>) -> Compliance),
    /// Not here: the rule can be made, and has insufficient data.
    Never,
}

/// A managed rule.
#[derive(Debug)]
pub(super) struct ManagedRule {
    /// Such as `ENCRYPTED_VOLUMES`.
    pub(super) identifier: &'static str,
    /// The types of resources that it is about.
    pub(super) types: &'static [&'static str],
    /// Its parameters with their usual values.
    pub(super) parameters: &'static [(&'static str, &'static str)],
    /// Whether it is judged when resources change, rather than from time to time.
    pub(super) on_change: bool,
    /// How it judges.
    pub(super) check: Check,
}

const fn on_change(
    identifier: &'static str,
    types: &'static [&'static str],
    check: fn(&mut Subject<'_>) -> Compliance,
) -> ManagedRule {
    ManagedRule {
        identifier,
        types,
        parameters: &[],
        on_change: true,
        check: Check::Resource(check),
    }
}

const fn periodic(
    identifier: &'static str,
    types: &'static [&'static str],
    check: fn(&mut Subject<'_>) -> Compliance,
) -> ManagedRule {
    ManagedRule { on_change: false, ..on_change(identifier, types, check) }
}

const fn account(
    identifier: &'static str,
    check: fn(&mut Subject<'_>) -> Compliance,
) -> ManagedRule {
    ManagedRule {
        identifier,
        types: &[],
        parameters: &[],
        on_change: false,
        check: Check::Account(check),
    }
}

const fn never(identifier: &'static str, types: &'static [&'static str]) -> ManagedRule {
    ManagedRule { identifier, types, parameters: &[], on_change: true, check: Check::Never }
}

impl ManagedRule {
    const fn with(mut self, parameters: &'static [(&'static str, &'static str)]) -> Self {
        self.parameters = parameters;
        self
    }
}

const INSTANCE: &[&str] = &["AWS::EC2::Instance"];
const VOLUME: &[&str] = &["AWS::EC2::Volume"];
const GROUP: &[&str] = &["AWS::EC2::SecurityGroup"];
const BUCKET: &[&str] = &["AWS::S3::Bucket"];
const DATABASE: &[&str] = &["AWS::RDS::DBInstance"];
const CLUSTER: &[&str] = &["AWS::RDS::DBCluster"];
const TABLE: &[&str] = &["AWS::DynamoDB::Table"];
const USER: &[&str] = &["AWS::IAM::User"];
const SCALING: &[&str] = &["AWS::AutoScaling::AutoScalingGroup"];
const FUNCTION: &[&str] = &["AWS::Lambda::Function"];
const KEY: &[&str] = &["AWS::KMS::Key"];

/// What `REQUIRED_TAGS` looks at unless its rule has a scope.
const TAGGED: &[&str] = &[
    "AWS::ACM::Certificate",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CloudFormation::Stack",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Instance",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::Volume",
    "AWS::EC2::VPC",
    "AWS::EC2::VPNConnection",
    "AWS::ElasticLoadBalancing::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBSnapshot",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
];

/// The rules known here.
static RULES: [ManagedRule; 76] = [
    on_change("APPROVED_AMIS_BY_ID", INSTANCE, compute::approved_images).with(&[("amiIds", "")]),
    on_change("AUTOSCALING_GROUP_ELB_HEALTHCHECK_REQUIRED", SCALING, compute::balancer_health),
    on_change("AUTOSCALING_LAUNCH_TEMPLATE", SCALING, compute::launch_template),
    on_change("AUTOSCALING_MULTIPLE_AZ", SCALING, compute::several_zones),
    on_change("DESIRED_INSTANCE_TYPE", INSTANCE, compute::instance_type).with(&[("instanceType", "")]),
    on_change("EBS_OPTIMIZED_INSTANCE", INSTANCE, compute::ebs_optimized),
    account("EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", account::public_snapshots),
    account("EC2_EBS_ENCRYPTION_BY_DEFAULT", account::encryption_by_default),
    on_change("EC2_IMDSV2_CHECK", INSTANCE, compute::metadata_version),
    on_change("EC2_INSTANCE_DETAILED_MONITORING_ENABLED", INSTANCE, compute::monitoring),
    on_change("EC2_INSTANCE_MANAGED_BY_SSM", INSTANCE, compute::managed),
    on_change("EC2_INSTANCE_NO_PUBLIC_IP", INSTANCE, compute::no_public_address),
    on_change("EC2_INSTANCE_PROFILE_ATTACHED", INSTANCE, compute::has_profile),
    on_change("EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK", INSTANCE, compute::patched),
    periodic("EC2_STOPPED_INSTANCE", INSTANCE, compute::stopped_long).with(&[("AllowedDays", "30")]),
    on_change("EC2_VOLUME_INUSE_CHECK", VOLUME, compute::volume_in_use),
    on_change("EIP_ATTACHED", &["AWS::EC2::EIP"], compute::address_in_use),
    on_change("ENCRYPTED_VOLUMES", VOLUME, compute::volume_encrypted),
    on_change("INCOMING_SSH_DISABLED", GROUP, compute::no_open_ssh),
    on_change("INSTANCES_IN_VPC", INSTANCE, compute::in_vpc),
    on_change("RESTRICTED_INCOMING_TRAFFIC", GROUP, compute::no_open_ports).with(&[
        ("blockedPort1", "20"),
        ("blockedPort2", "21"),
        ("blockedPort3", "3389"),
        ("blockedPort4", "3306"),
        ("blockedPort5", "4333"),
    ]),
    on_change("SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED", &["AWS::EC2::Subnet"], compute::no_public_subnet),
    on_change("VPC_DEFAULT_SECURITY_GROUP_CLOSED", GROUP, compute::default_group_closed),
    periodic("VPC_FLOW_LOGS_ENABLED", &["AWS::EC2::VPC"], compute::flow_logs),
    on_change("REQUIRED_TAGS", TAGGED, compute::required_tags).with(&[("tag1Key", "CostCenter")]),
    on_change("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", BUCKET, storage::public_access_blocked),
    on_change("S3_BUCKET_LOGGING_ENABLED", BUCKET, storage::bucket_logging),
    on_change("S3_BUCKET_PUBLIC_READ_PROHIBITED", BUCKET, storage::no_public_read),
    on_change("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", BUCKET, storage::no_public_write),
    on_change("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", BUCKET, storage::bucket_encryption),
    on_change("S3_BUCKET_SSL_REQUESTS_ONLY", BUCKET, storage::secure_transport),
    on_change("S3_BUCKET_VERSIONING_ENABLED", BUCKET, storage::versioning),
    on_change("DB_INSTANCE_BACKUP_ENABLED", DATABASE, storage::database_backup),
    on_change("RDS_AUTOMATIC_MINOR_VERSION_UPGRADE_ENABLED", DATABASE, storage::minor_upgrades),
    on_change("RDS_CLUSTER_DELETION_PROTECTION_ENABLED", CLUSTER, storage::deletion_protection),
    on_change("RDS_ENHANCED_MONITORING_ENABLED", DATABASE, storage::enhanced_monitoring),
    on_change("RDS_INSTANCE_DELETION_PROTECTION_ENABLED", DATABASE, storage::deletion_protection),
    on_change("RDS_INSTANCE_PUBLIC_ACCESS_CHECK", DATABASE, storage::not_public),
    on_change("RDS_MULTI_AZ_SUPPORT", DATABASE, storage::multiple_zones),
    on_change("RDS_SNAPSHOT_ENCRYPTED", &["AWS::RDS::DBSnapshot"], storage::snapshot_encrypted),
    on_change("RDS_STORAGE_ENCRYPTED", DATABASE, storage::storage_encrypted),
    periodic("DYNAMODB_PITR_ENABLED", TABLE, storage::point_in_time),
    on_change("DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED", TABLE, storage::table_protection),
    on_change("EFS_ENCRYPTED_CHECK", &["AWS::EFS::FileSystem"], storage::encrypted),
    on_change("REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK", &["AWS::Redshift::Cluster"], storage::not_public),
    on_change("REDSHIFT_CLUSTER_KMS_ENABLED", &["AWS::Redshift::Cluster"], storage::encrypted),
    periodic("OPENSEARCH_ENCRYPTED_AT_REST", &["AWS::OpenSearch::Domain"], storage::domain_encrypted),
    periodic("BACKUP_RECOVERY_POINT_ENCRYPTED", &["AWS::Backup::RecoveryPoint"], storage::recovery_point_encrypted),
    on_change("LAMBDA_DLQ_CHECK", FUNCTION, storage::dead_letters),
    on_change("LAMBDA_FUNCTION_SETTINGS_CHECK", FUNCTION, storage::function_settings).with(&[
        ("runtime", "nodejs20.x, nodejs22.x, python3.10, python3.11, python3.12, python3.13, java17, java21, dotnet8, ruby3.3, provided.al2023"),
    ]),
    on_change("LAMBDA_INSIDE_VPC", FUNCTION, storage::function_in_vpc),
    on_change("SNS_ENCRYPTED_KMS", &["AWS::SNS::Topic"], storage::topic_encrypted),
    on_change("SECRETSMANAGER_ROTATION_ENABLED_CHECK", &["AWS::SecretsManager::Secret"], storage::secret_rotated),
    on_change("CLOUDWATCH_ALARM_ACTION_CHECK", &["AWS::CloudWatch::Alarm"], storage::alarm_acts),
    periodic("CW_LOGGROUP_RETENTION_PERIOD_CHECK", &["AWS::Logs::LogGroup"], storage::retention).with(&[("MinRetentionTime", "365")]),
    periodic("CMK_BACKING_KEY_ROTATION_ENABLED", KEY, storage::key_rotated),
    periodic("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", KEY, storage::key_stays),
    periodic("ELB_DELETION_PROTECTION_ENABLED", &["AWS::ElasticLoadBalancingV2::LoadBalancer"], storage::balancer_protection),
    periodic("ACCESS_KEYS_ROTATED", USER, account::keys_rotated).with(&[("maxAccessKeyAge", "90")]),
    periodic("IAM_USER_MFA_ENABLED", USER, account::user_mfa),
    on_change("IAM_USER_GROUP_MEMBERSHIP_CHECK", USER, account::user_in_group),
    on_change("IAM_USER_NO_POLICIES_CHECK", USER, account::user_without_policies),
    periodic("MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", USER, account::console_mfa),
    account("IAM_PASSWORD_POLICY", account::password_policy).with(&[("MinimumPasswordLength", "14")]),
    account("IAM_ROOT_ACCESS_KEY_CHECK", account::root_key),
    account("ROOT_ACCOUNT_MFA_ENABLED", account::root_mfa),
    account("CLOUD_TRAIL_ENABLED", account::trail),
    account("MULTI_REGION_CLOUD_TRAIL_ENABLED", account::trail_of_all_regions),
    periodic("CLOUD_TRAIL_ENCRYPTION_ENABLED", &["AWS::CloudTrail::Trail"], account::trail_encrypted),
    periodic("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", &["AWS::CloudTrail::Trail"], account::trail_validated),
    account("GUARDDUTY_ENABLED_CENTRALIZED", account::guardduty),
    account("SECURITYHUB_ENABLED", account::security_hub),
    account("SECURITY_ACCOUNT_INFORMATION_PROVIDED", |_| {
        Compliance::Unknown("contacts of accounts are not known here".to_owned())
    }),
    never("ALB_WAF_ENABLED", &["AWS::ElasticLoadBalancingV2::LoadBalancer"]),
    never("CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK", &["AWS::CodeBuild::Project"]),
    never("ECR_PRIVATE_IMAGE_SCANNING_ENABLED", &["AWS::ECR::Repository"]),
];

/// A rule by identifier.
pub(super) fn named(identifier: &str) -> Option<&'static ManagedRule> {
    RULES.iter().find(|rule| rule.identifier == identifier)
}
