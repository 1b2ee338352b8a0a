//! Databases.

use serde_json::json;

use super::on_aws;

#[test]
fn a_database_gets_more_storage_and_never_less() {
    on_aws(async |scene| {
        let database = json!({
            "DBInstanceIdentifier": "orders", "DBInstanceClass": "db.t3.medium", "Engine": "postgres",
            "AllocatedStorage": 20, "MasterUsername": "root", "MasterUserPassword": "secret-secret",
        });
        scene.call("rds", "CreateDBInstance", database).await;
        scene.wait(60);
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
