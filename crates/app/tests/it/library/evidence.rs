//! Isolating an instance, and letting it go.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{LINUX, Scene, on_aws, text};

/// The tags of an instance that runbooks wrote.
async fn marks(scene: &Scene<'_>, instance: &str) -> BTreeMap<String, String> {
    let described = scene.described(instance).await;
    let tags = described["Tags"].as_array().cloned().unwrap_or_default();
    let pairs = tags.iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"])));
    pairs.filter(|(key, _)| key.starts_with("reeve:")).collect()
}

async fn groups(scene: &Scene<'_>, instance: &str) -> Vec<String> {
    let described = scene.described(instance).await;
    let groups = described["SecurityGroups"].as_array().unwrap().clone();
    groups.iter().map(|group| text(&group["GroupName"])).collect()
}

async fn is_protected(scene: &Scene<'_>, instance: &str) -> Value {
    let input = json!({"InstanceId": instance, "Attribute": "disableApiTermination"});
    let found = scene.call("ec2", "DescribeInstanceAttribute", input).await;
    found["DisableApiTermination"]["Value"].clone()
}

#[test]
fn an_instance_is_isolated_with_its_evidence_and_released() {
    on_aws(async |scene| {
        let instance = scene.managed_instance(LINUX).await;
        let name = "Reeve-IsolateInstance";
        let parameters = json!({"InstanceId": instance, "Case": "IR-7"});
        let before = groups(&scene, &instance).await;
        let told = scene.run(name, parameters.clone()).await;
        assert_eq!(told["listSnapshots.SnapshotIds"].as_array().unwrap().len(), 1);
        assert_eq!(groups(&scene, &instance).await, ["Reeve-Isolation"]);
        let filter = json!({"Filters": [{"Name": "group-name", "Values": ["Reeve-Isolation"]}]});
        let group = scene.call("ec2", "DescribeSecurityGroups", filter).await;
        let filter = json!({"Filters": [{"Name": "group-id", "Values": [group["SecurityGroups"][0]["GroupId"]]}]});
        let rules = scene.call("ec2", "DescribeSecurityGroupRules", filter).await;
        assert!(rules["SecurityGroupRules"].as_array().is_none_or(Vec::is_empty), "{rules}");
        assert_eq!(is_protected(&scene, &instance).await, true);
        assert!(scene.described(&instance).await["IamInstanceProfile"].is_null());
        assert_eq!(marks(&scene, &instance).await["reeve:isolated"], "IR-7");
        scene.run_again(name, parameters).await;

        let release = json!({ "InstanceId": instance });
        scene.run("Reeve-ReleaseIsolatedInstance", release.clone()).await;
        assert_eq!(groups(&scene, &instance).await, before);
        assert_eq!(is_protected(&scene, &instance).await, false);
        let profile = scene.described(&instance).await["IamInstanceProfile"]["Arn"].clone();
        assert!(profile.as_str().unwrap().ends_with("/managed"));
        assert_eq!(marks(&scene, &instance).await, BTreeMap::new());
        scene.run_again("Reeve-ReleaseIsolatedInstance", release).await;
    });
}

#[test]
fn a_member_of_a_group_leaves_it_and_another_takes_its_place() {
    on_aws(async |scene| {
        let instance = scene.member().await;
        let targets = scene.target_group(&instance).await;
        let parameters = json!({ "InstanceId": instance });
        scene.run("Reeve-IsolateInstance", parameters).await;
        assert_eq!(marks(&scene, &instance).await["reeve:was-in-group"], "web");
        scene.wait(10);
        let found = scene.call("autoscaling", "DescribeAutoScalingInstances", json!({})).await;
        let members = found["AutoScalingInstances"].as_array().unwrap().clone();
        assert_eq!(members.len(), 1);
        assert_ne!(members[0]["InstanceId"], instance.as_str());
        let health = json!({ "TargetGroupArn": targets });
        let health = scene.call("elbv2", "DescribeTargetHealth", health).await;
        assert!(
            health["TargetHealthDescriptions"].as_array().is_none_or(Vec::is_empty),
            "{health}"
        );
        let told =
            scene.run("Reeve-ReleaseIsolatedInstance", json!({ "InstanceId": instance })).await;
        assert_eq!(told["look.AutoScalingGroup"], "web");
    });
}

#[test]
fn an_instance_that_is_gone_is_not_isolated() {
    on_aws(async |scene| {
        let instance = scene.instance(LINUX, None).await;
        scene.call("ec2", "TerminateInstances", json!({"InstanceIds": [instance]})).await;
        scene.wait(2);
        let parameters = json!({ "InstanceId": instance });
        scene.refused("Reeve-IsolateInstance", parameters, "nothing left to isolate").await;
    });
}
