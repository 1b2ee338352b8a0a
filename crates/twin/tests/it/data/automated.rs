//! What is backed up by itself, and for how long that is kept.

use serde_json::{Value, json};

use crate::aws::Aws;

fn count(found: &Value, list: &str, (member, wanted): (&str, &str)) -> usize {
    found[list].as_array().unwrap().iter().filter(|one| one[member] == wanted).count()
}

#[test]
fn a_file_system_is_backed_up_every_day_and_its_backups_go_when_they_are_old() {
    let aws = Aws::small();
    let vpc = aws.call("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}));
    let subnet = json!({"VpcId": vpc["Vpc"]["VpcId"], "CidrBlock": "10.0.1.0/24"});
    let subnet = aws.call("ec2", "CreateSubnet", subnet)["Subnet"]["SubnetId"].clone();
    let made = aws.call(
        "fsx",
        "CreateFileSystem",
        json!({
            "FileSystemType": "WINDOWS", "StorageCapacity": 32, "SubnetIds": [subnet],
            "WindowsConfiguration": {
                "ThroughputCapacity": 8, "AutomaticBackupRetentionDays": 2,
                "DailyAutomaticBackupStartTime": "06:00",
            },
        }),
    );
    let id = &made["FileSystem"]["FileSystemId"];
    let backups =
        || count(&aws.call("fsx", "DescribeBackups", json!({})), "Backups", ("Type", "AUTOMATIC"));
    aws.advance("PT12H");
    assert_eq!(backups(), 0);
    aws.advance("P1D");
    assert_eq!(backups(), 1);
    aws.advance("P5D");
    assert_eq!(backups(), 3);
    let off = json!({"AutomaticBackupRetentionDays": 0});
    let input = json!({"FileSystemId": id, "WindowsConfiguration": off});
    aws.call("fsx", "UpdateFileSystem", input);
    aws.advance("P1D");
    assert_eq!(backups(), 0);
}

#[test]
fn a_warehouse_has_a_snapshot_every_eight_hours_until_it_is_deleted() {
    let aws = Aws::small();
    let input = json!({
        "ClusterIdentifier": "house", "NodeType": "ra3.large", "NumberOfNodes": 2, "MasterUsername": "ana",
        "MasterUserPassword": "Secret-123456", "AutomatedSnapshotRetentionPeriod": 1,
    });
    aws.call("redshift", "CreateCluster", input);
    let snapshots = |kind: &str| {
        let found = aws.call("redshift", "DescribeClusterSnapshots", json!({}));
        count(&found, "Snapshots", ("SnapshotType", kind))
    };
    aws.advance("PT17H");
    assert_eq!(snapshots("automated"), 2);
    aws.advance("P4D");
    assert_eq!(snapshots("automated"), 4);
    let input = json!({
        "ClusterIdentifier": "house", "SnapshotIdentifier": "mine", "ManualSnapshotRetentionPeriod": 2,
    });
    aws.call("redshift", "CreateClusterSnapshot", input);
    let delete = json!({"ClusterIdentifier": "house", "SkipFinalClusterSnapshot": true});
    aws.call("redshift", "DeleteCluster", delete);
    aws.advance("PT1H");
    assert_eq!((snapshots("automated"), snapshots("manual")), (0, 1));
    aws.advance("P2D");
    assert_eq!(snapshots("manual"), 0);
}

#[test]
fn a_cache_has_a_snapshot_every_day_in_its_window() {
    let aws = Aws::small();
    let input = json!({
        "CacheClusterId": "sessions", "Engine": "redis", "CacheNodeType": "cache.t4g.small", "NumCacheNodes": 1,
        "SnapshotRetentionLimit": 3, "SnapshotWindow": "04:00-05:00",
    });
    aws.call("elasticache", "CreateCacheCluster", input);
    aws.advance("PT20H");
    let found = aws.call("elasticache", "DescribeSnapshots", json!({}));
    let snapshots = found["Snapshots"].as_array().unwrap();
    assert_eq!(snapshots.len(), 1, "{found}");
    assert_eq!(snapshots[0]["SnapshotName"], "automatic.sessions-2026-03-02-04-00");
    assert_eq!(snapshots[0]["SnapshotSource"], "automated");
    let input = json!({"CacheClusterId": "sessions", "SnapshotWindow": "06:00-07:00", "ApplyImmediately": true});
    aws.call("elasticache", "ModifyCacheCluster", input);
    aws.advance("P10D");
    let found = aws.call("elasticache", "DescribeSnapshots", json!({}));
    let names: Vec<_> =
        found["Snapshots"].as_array().unwrap().iter().map(|one| &one["SnapshotName"]).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(names[3], "automatic.sessions-2026-03-11-06-00");
}
