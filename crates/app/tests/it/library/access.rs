//! Access keys, and keys that encrypt.

use reeve_app::executions::Word;
use serde_json::{Value, json};

use super::{Scene, on_aws, on_served_aws, text};

/// A user, and the id of a key that they have.
async fn user(scene: &Scene<'_>) -> String {
    scene.call("iam", "CreateUser", json!({"UserName": "old"})).await;
    let key = scene.call("iam", "CreateAccessKey", json!({"UserName": "old"})).await;
    text(&key["AccessKey"]["AccessKeyId"])
}

/// The status of each key of the user.
async fn statuses(scene: &Scene<'_>) -> Vec<(String, String)> {
    let keys = scene.call("iam", "ListAccessKeys", json!({"UserName": "old"})).await;
    let keys = keys["AccessKeyMetadata"].as_array().unwrap().clone();
    keys.iter().map(|key| (text(&key["AccessKeyId"]), text(&key["Status"]))).collect()
}

#[test]
fn an_access_key_is_deactivated() {
    on_aws(async |scene| {
        let key = user(&scene).await;
        let name = "Reeve-DeactivateAccessKey";
        let parameters = json!({"UserName": "old", "AccessKeyId": key});
        scene.run(name, parameters.clone()).await;
        assert_eq!(statuses(&scene).await, [(key, "Inactive".to_owned())]);
        scene.run_again(name, parameters).await;
        let other = json!({"UserName": "old", "AccessKeyId": "AKIAIOSFODNN7NOBODYS"});
        scene.refused(name, other, "has no access key AKIAIOSFODNN7NOBODYS").await;
    });
}

#[test]
fn a_key_is_rotated_and_its_secret_is_only_in_the_secret() {
    on_served_aws(async |scene| {
        let old = user(&scene).await;
        let name = "Reeve-RotateAccessKey";
        let parameters = json!({"UserName": "old", "AccessKeyId": old, "SecretName": "keys/old"});
        let told = scene.run(name, parameters.clone()).await;
        let new = text(&told["rotate.New"]);
        let mut expected =
            vec![(old.clone(), "Inactive".to_owned()), (new.clone(), "Active".to_owned())];
        let mut found = statuses(&scene).await;
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        let secret = json!({"SecretId": "keys/old"});
        let kept = scene.call("secretsmanager", "GetSecretValue", secret).await;
        let kept: Value = serde_json::from_str(kept["SecretString"].as_str().unwrap()).unwrap();
        assert_eq!(kept["AccessKeyId"], new.as_str());
        let detail = scene.app.execution_detail("latest").await.unwrap();
        let recorded = serde_json::to_string(&detail).unwrap();
        assert!(!recorded.contains(kept["SecretAccessKey"].as_str().unwrap()));
        scene.run_again(name, parameters).await;
    });
}

#[test]
fn the_old_key_works_until_somebody_agrees() {
    on_served_aws(async |scene| {
        let old = user(&scene).await;
        let name = "Reeve-RotateAccessKey";
        let parameters = json!({
            "UserName": "old", "AccessKeyId": old, "SecretName": "keys/old", "Approvers": ["person:ana"],
        });
        let waiting = scene.begin(name, parameters).await;
        assert_eq!(waiting.execution.status, "Waiting");
        assert!(statuses(&scene).await.iter().all(|(_, status)| status == "Active"));
        assert_eq!(scene.say(Word::Approve).await.execution.status, "Success");
        assert!(statuses(&scene).await.contains(&(old, "Inactive".to_owned())));
    });
}

#[test]
fn a_user_with_two_keys_gets_no_third() {
    on_served_aws(async |scene| {
        let old = user(&scene).await;
        scene.call("iam", "CreateAccessKey", json!({"UserName": "old"})).await;
        let parameters = json!({"UserName": "old", "AccessKeyId": old, "SecretName": "keys/old"});
        scene.refused("Reeve-RotateAccessKey", parameters, "has two access keys").await;
    });
}

#[test]
fn the_material_of_a_key_is_renewed() {
    on_aws(async |scene| {
        let key = scene.call("kms", "CreateKey", json!({})).await;
        let parameters = json!({"KeyId": key["KeyMetadata"]["KeyId"]});
        let name = "Reeve-EnableKeyRotation";
        scene.run(name, parameters.clone()).await;
        let found = scene.call("kms", "GetKeyRotationStatus", parameters.clone()).await;
        assert_eq!(found["KeyRotationEnabled"], true);
        scene.run_again(name, parameters).await;
        scene.not_started(name, json!({"KeyId": "alias/orders"}), "KeyId").await;
    });
}
