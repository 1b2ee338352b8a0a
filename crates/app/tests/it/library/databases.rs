//! Databases.

use serde_json::json;

use super::{Scene, on_aws};

/// A database of 20 GiB.
async fn database(scene: &Scene<'_>) {
    let database = json!({
        "DBInstanceIdentifier": "orders", "DBInstanceClass": "db.t3.medium", "Engine": "postgres",
        "AllocatedStorage": 20, "MasterUsername": "root", "MasterUserPassword": "secret-secret",
    });
    scene.call("rds", "CreateDBInstance", database).await;
    scene.wait(60);
}

#[test]
fn a_database_gets_more_storage_and_never_less() {
    on_aws(async |scene| {
        database(&scene).await;
        let name = "Reeve-ExtendDatabaseStorage";
        let parameters = json!({"DBInstanceIdentifier": "orders", "AllocatedStorage": 40});
        scene.run(name, parameters.clone()).await;
        let found = scene.call("rds", "DescribeDBInstances", json!({})).await;
        assert_eq!(found["DBInstances"][0]["AllocatedStorage"], 40);
        scene.run_again(name, parameters).await;
        let less = json!({"DBInstanceIdentifier": "orders", "AllocatedStorage": 30});
        scene.refused(name, less, "storage cannot be made smaller").await;
    });
}

#[test]
fn a_database_stops_and_starts() {
    on_aws(async |scene| {
        database(&scene).await;
        let parameters = json!({"DBInstanceIdentifier": "orders"});
        for (name, status) in
            [("Reeve-StopDatabase", "stopped"), ("Reeve-StartDatabase", "available")]
        {
            scene.run(name, parameters.clone()).await;
            let found = scene.call("rds", "DescribeDBInstances", json!({})).await;
            assert_eq!(found["DBInstances"][0]["DBInstanceStatus"], status);
            scene.run_again(name, parameters.clone()).await;
        }
        let delete = json!({"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": true});
        scene.call("rds", "DeleteDBInstance", delete).await;
        scene.refused("Reeve-StopDatabase", parameters, "orders is deleting").await;
    });
}

#[test]
fn a_database_is_protected_against_being_deleted() {
    on_aws(async |scene| {
        database(&scene).await;
        let name = "Reeve-ProtectDatabase";
        let parameters = json!({"DBInstanceIdentifier": "orders"});
        scene.run(name, parameters.clone()).await;
        let found = scene.call("rds", "DescribeDBInstances", json!({})).await;
        assert_eq!(found["DBInstances"][0]["DeletionProtection"], true);
        scene.run_again(name, parameters).await;
        let none = json!({"DBInstanceIdentifier": "nothing"});
        scene.refused(name, none, "DBInstanceNotFound").await;
    });
}

#[test]
fn a_table_can_be_brought_back() {
    on_aws(async |scene| {
        let table = json!({
            "TableName": "Carts", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        scene.call("dynamodb", "CreateTable", table).await;
        scene.wait(2);
        let name = "Reeve-EnableTableRecovery";
        let parameters = json!({"TableName": "Carts"});
        scene.run(name, parameters.clone()).await;
        scene.run_again(name, parameters.clone()).await;
        let found = scene.call("dynamodb", "DescribeContinuousBackups", parameters).await;
        let recovery = &found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
        assert_eq!(recovery["PointInTimeRecoveryStatus"], "ENABLED");
        scene.not_started(name, json!({"TableName": "a table"}), "TableName").await;
    });
}
