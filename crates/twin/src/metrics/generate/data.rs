//! Databases, file systems, search domains, warehouses and caches.

use reeve_model::Value;

use super::{
    ALWAYS, Family, Fixed, Only, Row,
    shape::{
        Level,
        Shape::{Constant, Daily, Fact, Own, Silent},
    },
};
use crate::store::Resource;

const GIBIBYTE: f64 = 1_073_741_824.0;

const FILE_SYSTEM: Family = Family {
    namespace: "AWS/FSx",
    kind: "AWS::FSx::FileSystem",
    dimension: "FileSystemId",
    fixed: &[],
    alive: ("Lifecycle", &["AVAILABLE", "UPDATING"]),
    only: Only::All,
    since: "CreationTime",
    step: 60,
    rows: &[],
};

const DOMAIN: Family = Family {
    namespace: "AWS/ES",
    kind: "AWS::OpenSearch::Domain",
    dimension: "DomainName",
    fixed: &[("ClientId", Fixed::Account)],
    alive: ALWAYS,
    only: Only::All,
    since: "",
    step: 60,
    rows: &[],
};

pub(super) static FAMILIES: &[Family] = &[
    Family {
        namespace: "AWS/RDS",
        kind: "AWS::RDS::DBInstance",
        dimension: "DBInstanceIdentifier",
        fixed: &[],
        alive: (
            "DBInstanceStatus",
            &["available", "backing-up", "modifying", "storage-optimization"],
        ),
        only: Only::All,
        since: "InstanceCreateTime",
        step: 60,
        rows: &[
            Row("CPUUtilization", "Percent", Daily(3.0, 64.0)),
            Row("DatabaseConnections", "Count", Daily(2.0, 90.0)),
            Row("FreeStorageSpace", "Bytes", Own(free_storage)),
            Row("FreeableMemory", "Bytes", Daily(GIBIBYTE, 6.0 * GIBIBYTE)),
            Row("SwapUsage", "Bytes", Constant(0.0)),
            Row("ReadIOPS", "Count/Second", Daily(1.0, 320.0)),
            Row("WriteIOPS", "Count/Second", Daily(3.0, 420.0)),
            Row("ReadLatency", "Seconds", Daily(0.0003, 0.004)),
            Row("WriteLatency", "Seconds", Daily(0.0006, 0.006)),
            Row("ReadThroughput", "Bytes/Second", Daily(1e4, 9e6)),
            Row("WriteThroughput", "Bytes/Second", Daily(3e4, 9e6)),
            Row("DiskQueueDepth", "Count", Daily(0.0, 1.2)),
            Row("NetworkReceiveThroughput", "Bytes/Second", Daily(1e3, 4e6)),
            Row("NetworkTransmitThroughput", "Bytes/Second", Daily(1e3, 9e6)),
            Row("BurstBalance", "Percent", Constant(100.0)),
            Row("MaximumUsedTransactionIDs", "Count", Daily(5e6, 1e8)),
        ],
    },
    Family {
        namespace: "AWS/DynamoDB",
        kind: "AWS::DynamoDB::Table",
        dimension: "TableName",
        fixed: &[],
        alive: ("TableStatus", &["ACTIVE", "UPDATING"]),
        only: Only::All,
        since: "CreationDateTime",
        step: 60,
        rows: &[
            Row("ConsumedReadCapacityUnits", "Count", Daily(1.0, 240.0)),
            Row("ConsumedWriteCapacityUnits", "Count", Daily(1.0, 120.0)),
            Row("ReadThrottleEvents", "Count", Silent),
            Row("WriteThrottleEvents", "Count", Silent),
            Row("ThrottledRequests", "Count", Silent),
        ],
    },
    Family {
        namespace: "AWS/EFS",
        kind: "AWS::EFS::FileSystem",
        dimension: "FileSystemId",
        fixed: &[],
        alive: ("LifeCycleState", &["available", "updating"]),
        only: Only::All,
        since: "CreationTime",
        step: 60,
        rows: &[
            Row("BurstCreditBalance", "Bytes", Constant(2_308_974_418_330.0)),
            Row("ClientConnections", "Count", Daily(1.0, 60.0)),
            Row("PercentIOLimit", "Percent", Daily(0.1, 38.0)),
            Row("PermittedThroughput", "Bytes/Second", Constant(104_857_600.0)),
            Row("MeteredIOBytes", "Bytes", Daily(1e6, 9e8)),
            Row("TotalIOBytes", "Bytes", Daily(1e6, 9e8)),
            Row("DataReadIOBytes", "Bytes", Daily(4e5, 6e8)),
            Row("DataWriteIOBytes", "Bytes", Daily(4e5, 3e8)),
            Row("MetadataIOBytes", "Bytes", Daily(1e5, 2e7)),
        ],
    },
    Family {
        rows: &[
            Row("DataReadBytes", "Bytes", Daily(1e5, 9e8)),
            Row("DataWriteBytes", "Bytes", Daily(1e5, 4e8)),
            Row("DataReadOperations", "Count", Daily(10.0, 9000.0)),
            Row("DataWriteOperations", "Count", Daily(10.0, 6000.0)),
            Row("NetworkThroughputUtilization", "Percent", Daily(1.0, 45.0)),
            Row("FileServerDiskThroughputUtilization", "Percent", Daily(1.0, 50.0)),
            Row("FileServerDiskIopsUtilization", "Percent", Daily(1.0, 50.0)),
            Row("DiskThroughputUtilization", "Percent", Daily(1.0, 50.0)),
            Row("DiskIopsUtilization", "Percent", Daily(1.0, 50.0)),
            Row("CPUUtilization", "Percent", Daily(2.0, 55.0)),
            Row("MemoryUtilization", "Percent", Daily(20.0, 60.0)),
            Row("StorageCapacityUtilization", "Percent", Daily(35.0, 62.0)),
            Row("FreeStorageCapacity", "Bytes", Fact("StorageCapacity", 0.45 * GIBIBYTE)),
        ],
        ..FILE_SYSTEM
    },
    Family {
        kind: "AWS::FSx::Volume",
        dimension: "VolumeId",
        fixed: &[("FileSystemId", Fixed::Fact("FileSystemId"))],
        alive: ("Lifecycle", &["AVAILABLE", "CREATED"]),
        rows: &[
            Row("StorageCapacityUtilization", "Percent", Daily(30.0, 60.0)),
            Row("FilesUsed", "Count", Daily(1e5, 2e5)),
            Row("FilesCapacity", "Count", Constant(1e6)),
        ],
        ..FILE_SYSTEM
    },
    Family {
        rows: &[
            Row("ClusterStatus.green", "Count", Constant(1.0)),
            Row("ClusterStatus.yellow", "Count", Constant(0.0)),
            Row("ClusterStatus.red", "Count", Constant(0.0)),
            Row("Nodes", "Count", Own(nodes)),
            Row("SearchableDocuments", "Count", Daily(1e6, 4e6)),
            Row("CPUUtilization", "Percent", Daily(4.0, 58.0)),
            Row("JVMMemoryPressure", "Percent", Daily(20.0, 66.0)),
            Row("FreeStorageSpace", "Megabytes", Daily(40_000.0, 70_000.0)),
            Row("ClusterUsedSpace", "Megabytes", Daily(10_000.0, 20_000.0)),
            Row("ClusterIndexWritesBlocked", "Count", Constant(0.0)),
            Row("AutomatedSnapshotFailure", "Count", Constant(0.0)),
            Row("KMSKeyError", "Count", Silent),
            Row("KMSKeyInaccessible", "Count", Silent),
            Row("OpenSearchRequests", "Count", Daily(10.0, 900.0)),
            Row("5xx", "Count", Constant(0.0)),
        ],
        ..DOMAIN
    },
    Family {
        only: Only::If(has_masters),
        rows: &[
            Row("MasterCPUUtilization", "Percent", Daily(2.0, 30.0)),
            Row("MasterJVMMemoryPressure", "Percent", Daily(15.0, 55.0)),
            Row("MasterReachableFromNode", "Count", Constant(1.0)),
        ],
        ..DOMAIN
    },
    Family {
        namespace: "AWS/Redshift",
        kind: "AWS::Redshift::Cluster",
        dimension: "ClusterIdentifier",
        fixed: &[],
        alive: ("ClusterStatus", &["available", "modifying", "resizing"]),
        only: Only::All,
        since: "ClusterCreateTime",
        step: 60,
        rows: &[
            Row("HealthStatus", "Count", Constant(1.0)),
            Row("MaintenanceMode", "Count", Constant(0.0)),
            Row("CPUUtilization", "Percent", Daily(3.0, 60.0)),
            Row("PercentageDiskSpaceUsed", "Percent", Daily(30.0, 60.0)),
            Row("DatabaseConnections", "Count", Daily(1.0, 40.0)),
            Row("ReadIOPS", "Count/Second", Daily(1.0, 200.0)),
            Row("WriteIOPS", "Count/Second", Daily(1.0, 100.0)),
        ],
    },
    Family {
        namespace: "AWS/ElastiCache",
        kind: "AWS::ElastiCache::CacheCluster",
        dimension: "CacheClusterId",
        fixed: &[],
        alive: ("CacheClusterStatus", &["available", "modifying", "snapshotting"]),
        only: Only::All,
        since: "CacheClusterCreateTime",
        step: 60,
        rows: &[
            Row("CPUUtilization", "Percent", Daily(2.0, 45.0)),
            Row("EngineCPUUtilization", "Percent", Daily(1.0, 40.0)),
            Row("FreeableMemory", "Bytes", Daily(GIBIBYTE, 3.0 * GIBIBYTE)),
            Row("DatabaseMemoryUsagePercentage", "Percent", Daily(15.0, 60.0)),
            Row("CurrConnections", "Count", Daily(4.0, 160.0)),
            Row("Evictions", "Count", Constant(0.0)),
            Row("CacheHits", "Count", Daily(100.0, 40_000.0)),
            Row("CacheMisses", "Count", Daily(5.0, 2000.0)),
        ],
    },
];

/// A bit less than half of what was allocated.
fn free_storage(database: &Resource) -> Level {
    let allocated = database.value("AllocatedStorage").and_then(Value::as_f64).unwrap_or(20.0);
    Level::Daily(allocated * GIBIBYTE * 0.38, allocated * GIBIBYTE * 0.46)
}

fn nodes(domain: &Resource) -> Level {
    let of = |path: &str| domain.value(path).and_then(Value::as_f64).unwrap_or(0.0);
    let masters = if has_masters(domain) { of("ClusterConfig.DedicatedMasterCount") } else { 0.0 };
    Level::Constant(of("ClusterConfig.InstanceCount").max(1.0) + masters)
}

fn has_masters(domain: &Resource) -> bool {
    domain.flag("ClusterConfig.DedicatedMasterEnabled")
}
