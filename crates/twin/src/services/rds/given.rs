//! What a call says about an instance that is made from another, and what calls may not say here.

use reeve_model::{Object, Value};

use super::{catalog, group, instance, parameter};
use crate::{call::Call, check::unsupported, failure::Failure, value::value, world::World};

/// Parameters that change what happens on AWS and are not heeded here.
const UNSUPPORTED: [&str; 58] = [
    "AdditionalStorageVolumes",
    "AllowEngineModeChange",
    "AutomationMode",
    "AwsBackupRecoveryPointArn",
    "BacktrackWindow",
    "ClusterScalabilityType",
    "CopyOptionGroup",
    "CustomIamInstanceProfile",
    "DBCapacityReservationIdentifier",
    "DBClusterInstanceClass",
    "DBInstanceParameterGroupName",
    "DBSystemId",
    "DedicatedLogVolume",
    "DetachFromDBCapacityReservation",
    "DisableDomain",
    "Domain",
    "DomainAuthSecretArn",
    "DomainDnsIps",
    "DomainFqdn",
    "DomainIAMRoleName",
    "DomainOu",
    "EnableCustomerOwnedIp",
    "EnableGlobalWriteForwarding",
    "EnableInternetAccessGateway",
    "EnableLimitlessDatabase",
    "EnableLocalWriteForwarding",
    "EnableVPCNetworking",
    "FileLastWritten",
    "FileSize",
    "GlobalClusterIdentifier",
    "IncludePublic",
    "IncludeShared",
    "MasterUserAuthenticationType",
    "MasterUserSecretKmsKeyId",
    "MultiTenant",
    "NcharCharacterSetName",
    "PreSignedUrl",
    "ProcessorFeatures",
    "RdsCustomClusterConfiguration",
    "ReplicaMode",
    "ReplicationSourceIdentifier",
    "ResumeFullAutomationModeMinutes",
    "RotateMasterUserPassword",
    "ScalingConfiguration",
    "ServerlessV2ScalingConfiguration",
    "SnapshotAvailabilityZone",
    "SnapshotTarget",
    "SourceDBClusterIdentifier",
    "SourceDBInstanceAutomatedBackupsArn",
    "SourceDbiResourceId",
    "SourceRegion",
    "TagSpecifications",
    "TargetCustomAvailabilityZone",
    "TdeCredentialArn",
    "TdeCredentialPassword",
    "UpgradeStorageConfig",
    "UseDefaultProcessorFeatures",
    "WithExpressConfiguration",
];

/// Refuses a call that asks for what is not done here.
pub(super) fn check(call: &Call) -> Result<(), Failure> {
    unsupported(call, &UNSUPPORTED)
}

/// Members that say the same in calls and in descriptions.
const SAME: [&str; 19] = [
    "AllocatedStorage",
    "AutoMinorVersionUpgrade",
    "BackupRetentionPeriod",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBName",
    "DatabaseInsightsMode",
    "Iops",
    "KmsKeyId",
    "LicenseModel",
    "MaxAllocatedStorage",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "MultiAZ",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "StorageThroughput",
    "StorageType",
];

/// Members of calls, and what descriptions call them.
const RENAMED: [(&str, &str); 4] = [
    ("EnableCloudwatchLogsExports", "EnabledCloudwatchLogsExports"),
    ("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
    ("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
    ("Port", "DbInstancePort"),
];

/// Puts what the call says into a description taken from another instance.
pub(super) fn put(call: &Call, world: &World, described: &mut Object) -> Result<(), Failure> {
    instance::check_windows(call)?;
    if let Some(class) = call.text("DBInstanceClass")
        && !catalog::CLASSES.iter().any(|(known, _, _)| *known == class)
    {
        return Err(call.invalid(format!("Invalid DB Instance class: {class}")));
    }
    let renamed = SAME.iter().map(|same| (*same, *same)).chain(RENAMED);
    for (member, fact) in renamed {
        if let Some(value) = call.input.get(member) {
            described.insert(fact, value.clone());
        }
    }
    described.insert("DeletionProtection", call.flag("DeletionProtection"));
    if let Some(name) = call.text("DBParameterGroupName") {
        let name = if name.starts_with("default.") {
            name.to_owned()
        } else {
            parameter::existing(call, world, name)?
        };
        let shown = value!([{"DBParameterGroupName": (name), "ParameterApplyStatus": "in-sync"}]);
        described.insert("DBParameterGroups", shown);
    }
    if let Some(name) = call.text("OptionGroupName") {
        let shown = value!([{"OptionGroupName": (name), "Status": "in-sync"}]);
        described.insert("OptionGroupMemberships", shown);
    }
    let groups = call.list("VpcSecurityGroupIds");
    if !groups.is_empty() {
        let shown = groups
            .iter()
            .map(|group| value!({"VpcSecurityGroupId": (group.clone()), "Status": "active"}));
        described.insert("VpcSecurityGroups", shown.collect::<Value>());
    }
    group::place_instance(call, world, described)
}
