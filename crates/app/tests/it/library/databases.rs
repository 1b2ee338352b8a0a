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
