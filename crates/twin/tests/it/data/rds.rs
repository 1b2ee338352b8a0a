//! Databases and what happens to them with time.

use serde_json::{Value, json};

use crate::aws::Aws;

fn with_database(extra: Value) -> Aws {
    let aws = Aws::small();
    let mut input = json!({
        "DBInstanceIdentifier": "ledger", "DBInstanceClass": "db.m6g.large", "Engine": "postgres",
        "EngineVersion": "16.4", "AllocatedStorage": 100, "MasterUsername": "clerk", "MasterUserPassword": "secret-enough",
        "PreferredMaintenanceWindow": "mon:03:00-mon:03:30", "PreferredBackupWindow": "01:00-01:30",
    });
    input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = aws.call("rds", "CreateDBInstance", input);
    assert_eq!(made["DBInstance"]["DBInstanceStatus"], "creating");
    aws.advance("PT15M");
    aws
}

fn database(aws: &Aws) -> Value {
    let input = json!({"DBInstanceIdentifier": "ledger"});
    aws.call("rds", "DescribeDBInstances", input)["DBInstances"][0].clone()
}

#[test]
fn an_instance_is_created_and_backed_up_every_day() {
    let aws = with_database(json!({"BackupRetentionPeriod": 3}));
    let made = database(&aws);
    assert_eq!(made["DBInstanceStatus"], "available");
    assert!(made["Endpoint"]["Address"].as_str().unwrap().starts_with("ledger."));
    aws.advance("P6D");
    let snapshots = aws.call("rds", "DescribeDBSnapshots", json!({"SnapshotType": "automated"}));
    assert_eq!(snapshots["DBSnapshots"].as_array().unwrap().len(), 3);
}

#[test]
fn a_change_waits_for_the_maintenance_window() {
    let aws = with_database(json!({}));
    let modify = json!({"DBInstanceIdentifier": "ledger", "DBInstanceClass": "db.m6g.xlarge"});
    let modified = aws.call("rds", "ModifyDBInstance", modify);
    assert_eq!(modified["DBInstance"]["PendingModifiedValues"]["DBInstanceClass"], "db.m6g.xlarge");
    assert_eq!(database(&aws)["DBInstanceClass"], "db.m6g.large");
    aws.advance("PT18H");
    assert_eq!(database(&aws)["DBInstanceClass"], "db.m6g.xlarge");
    let upgrade = json!({"DBInstanceIdentifier": "ledger", "EngineVersion": "16.9", "ApplyImmediately": true});
    aws.call("rds", "ModifyDBInstance", upgrade);
    aws.advance("PT1M");
    assert_eq!(database(&aws)["DBInstanceStatus"], "upgrading");
    aws.advance("PT20M");
    assert_eq!(database(&aws)["EngineVersion"], "16.9");
    let back = json!({"DBInstanceIdentifier": "ledger", "EngineVersion": "16.4", "ApplyImmediately": true});
    assert_eq!(aws.refused("rds", "ModifyDBInstance", back), "InvalidParameterCombination");
}

#[test]
fn who_can_reach_an_instance_is_said_at_once_and_takes_a_while() {
    let aws = with_database(json!({"PubliclyAccessible": true}));
    let modify = json!({"DBInstanceIdentifier": "ledger", "PubliclyAccessible": false});
    let modified = aws.call("rds", "ModifyDBInstance", modify.clone());
    assert_eq!(modified["DBInstance"]["PubliclyAccessible"], false);
    assert_eq!(database(&aws)["DBInstanceStatus"], "available");
    aws.advance("PT30S");
    assert_eq!(database(&aws)["DBInstanceStatus"], "modifying");
    aws.advance("PT2M");
    assert_eq!(database(&aws)["DBInstanceStatus"], "available");
    aws.call("rds", "ModifyDBInstance", modify);
    aws.advance("PT30S");
    assert_eq!(database(&aws)["DBInstanceStatus"], "available", "nothing has changed");
}

#[test]
fn a_stopped_instance_starts_again_after_seven_days() {
    let aws = with_database(json!({}));
    aws.call("rds", "StopDBInstance", json!({"DBInstanceIdentifier": "ledger"}));
    let modify = json!({"DBInstanceIdentifier": "ledger", "DeletionProtection": true});
    assert_eq!(aws.refused("rds", "ModifyDBInstance", modify), "InvalidDBInstanceState");
    aws.advance("PT10M");
    assert_eq!(database(&aws)["DBInstanceStatus"], "stopped");
    aws.advance("P7D");
    assert_eq!(database(&aws)["DBInstanceStatus"], "available");
    let events = aws.call(
        "rds",
        "DescribeEvents",
        json!({"SourceIdentifier": "ledger", "SourceType": "db-instance", "Duration": 60}),
    );
    let said: Vec<&str> = events["Events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["Message"].as_str().unwrap())
        .collect();
    assert!(
        said.iter().any(|message| message.contains("exceeding the maximum allowed time")),
        "{said:?}"
    );
}

#[test]
fn a_protected_instance_is_not_deleted() {
    let aws = with_database(json!({"DeletionProtection": true}));
    let delete = |extra: Value| {
        let mut input = json!({"DBInstanceIdentifier": "ledger"});
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        input
    };
    let skip = delete(json!({"SkipFinalSnapshot": true}));
    assert_eq!(aws.refused("rds", "DeleteDBInstance", skip), "InvalidParameterCombination");
    aws.call(
        "rds",
        "ModifyDBInstance",
        json!({"DBInstanceIdentifier": "ledger", "DeletionProtection": false}),
    );
    assert_eq!(
        aws.refused("rds", "DeleteDBInstance", delete(json!({}))),
        "InvalidParameterCombination"
    );
    aws.call("rds", "DeleteDBInstance", delete(json!({"FinalDBSnapshotIdentifier": "last"})));
    aws.advance("PT10M");
    assert_eq!(
        aws.refused("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": "ledger"})),
        "DBInstanceNotFound"
    );
    let restore = json!({"DBInstanceIdentifier": "ledger", "DBSnapshotIdentifier": "last"});
    aws.call("rds", "RestoreDBInstanceFromDBSnapshot", restore);
    aws.advance("PT15M");
    assert_eq!(database(&aws)["DBInstanceStatus"], "available");
}

#[test]
fn a_forced_failover_changes_the_zone() {
    let aws = with_database(json!({"MultiAZ": true}));
    let before = database(&aws);
    aws.call(
        "rds",
        "RebootDBInstance",
        json!({"DBInstanceIdentifier": "ledger", "ForceFailover": true}),
    );
    aws.advance("PT2M");
    let after = database(&aws);
    assert_eq!(after["AvailabilityZone"], before["SecondaryAvailabilityZone"]);
    assert_eq!(after["SecondaryAvailabilityZone"], before["AvailabilityZone"]);
}

#[test]
fn a_cluster_fails_over_to_its_reader() {
    let aws = Aws::small();
    aws.call(
        "rds",
        "CreateDBCluster",
        json!({"DBClusterIdentifier": "fleet", "Engine": "aurora-postgresql",
        "MasterUsername": "clerk", "MasterUserPassword": "secret-enough"}),
    );
    for name in ["fleet-1", "fleet-2"] {
        aws.call(
            "rds",
            "CreateDBInstance",
            json!({"DBInstanceIdentifier": name, "DBInstanceClass": "db.r6g.large",
            "Engine": "aurora-postgresql", "DBClusterIdentifier": "fleet"}),
        );
    }
    aws.advance("PT20M");
    aws.call("rds", "FailoverDBCluster", json!({"DBClusterIdentifier": "fleet"}));
    aws.advance("PT2M");
    let cluster = aws.call("rds", "DescribeDBClusters", json!({"DBClusterIdentifier": "fleet"}))["DBClusters"][0].clone();
    let members = cluster["DBClusterMembers"].as_array().unwrap();
    let writer = members.iter().find(|member| member["IsClusterWriter"] == true).unwrap();
    assert_eq!(
        (&writer["DBInstanceIdentifier"], &cluster["Status"]),
        (&json!("fleet-2"), &json!("available"))
    );
    let delete = json!({"DBClusterIdentifier": "fleet", "SkipFinalSnapshot": true});
    assert_eq!(aws.refused("rds", "DeleteDBCluster", delete), "InvalidDBClusterStateFault");
}

#[test]
fn a_superseded_minor_version_is_pending_maintenance() {
    let aws = with_database(json!({}));
    let pending = aws.call("rds", "DescribePendingMaintenanceActions", json!({}));
    let arn = pending["PendingMaintenanceActions"][0]["ResourceIdentifier"].clone();
    aws.call(
        "rds",
        "ApplyPendingMaintenanceAction",
        json!({"ResourceIdentifier": arn, "ApplyAction": "db-upgrade", "OptInType": "immediate"}),
    );
    aws.advance("PT30M");
    assert_eq!(database(&aws)["EngineVersion"], "16.9");
    assert_eq!(
        aws.call("rds", "DescribePendingMaintenanceActions", json!({}))["PendingMaintenanceActions"],
        json!([])
    );
}

#[test]
fn a_restore_to_a_time_before_a_change_has_what_was_there_then() {
    let aws = with_database(json!({"BackupRetentionPeriod": 3}));
    aws.advance("PT3H");
    let before = database(&aws)["LatestRestorableTime"].clone();
    aws.advance("PT1H");
    let change = json!({"DBInstanceIdentifier": "ledger", "AllocatedStorage": 200, "ApplyImmediately": true});
    aws.call("rds", "ModifyDBInstance", change);
    aws.advance("PT10H");
    assert_eq!(database(&aws)["AllocatedStorage"], 200);
    let restore = |name: &str, time: Value| {
        let mut input =
            json!({"SourceDBInstanceIdentifier": "ledger", "TargetDBInstanceIdentifier": name});
        input.as_object_mut().unwrap().extend(time.as_object().unwrap().clone());
        aws.call("rds", "RestoreDBInstanceToPointInTime", input)["DBInstance"].clone()
    };
    assert_eq!(restore("then", json!({"RestoreTime": before}))["AllocatedStorage"], 100);
    assert_eq!(restore("now", json!({"UseLatestRestorableTime": true}))["AllocatedStorage"], 200);
}

#[test]
fn a_managed_master_password_is_a_secret_that_goes_with_its_instance() {
    let aws = Aws::small();
    let input = json!({
        "DBInstanceIdentifier": "ledger", "DBInstanceClass": "db.m6g.large", "Engine": "postgres",
        "AllocatedStorage": 100, "MasterUsername": "clerk", "ManageMasterUserPassword": true,
    });
    aws.call("rds", "CreateDBInstance", input);
    aws.advance("PT15M");
    let secret = database(&aws)["MasterUserSecret"]["SecretArn"].clone();
    let said = aws.call("secretsmanager", "GetSecretValue", json!({"SecretId": secret}));
    assert!(said["SecretString"].as_str().unwrap().contains("clerk"));
    let delete = json!({"DBInstanceIdentifier": "ledger", "SkipFinalSnapshot": true});
    aws.call("rds", "DeleteDBInstance", delete);
    aws.advance("PT15M");
    let code = aws.refused("secretsmanager", "GetSecretValue", json!({"SecretId": secret}));
    assert_eq!(code, "ResourceNotFoundException");
}

#[test]
fn what_is_not_done_here_is_refused() {
    let aws = with_database(json!({}));
    let input = json!({"DBInstanceIdentifier": "ledger", "DedicatedLogVolume": true});
    assert_eq!(aws.refused("rds", "ModifyDBInstance", input), "InvalidParameterValue");
}
