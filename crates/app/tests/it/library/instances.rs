//! Instances: their power, their role, their agents, and commands on them.

use reeve_app::executions::Word;
use serde_json::{Value, json};

use super::{LINUX, Scene, on_aws};
use crate::executions::summaries;

async fn state(scene: &Scene<'_>, instance: &str) -> Value {
    scene.described(instance).await["State"]["Name"].clone()
}

#[test]
fn instances_stop_start_and_restart() {
    on_aws(async |scene| {
        let first = scene.instance(LINUX, None).await;
        let second = scene.instance(LINUX, None).await;
        let parameters = json!({"InstanceIds": [first, second]});
        scene.run("Reeve-StopInstance", parameters.clone()).await;
        assert_eq!(state(&scene, &first).await, "stopped");
        assert_eq!(state(&scene, &second).await, "stopped");
        scene.run_again("Reeve-StopInstance", parameters.clone()).await;
        scene.run("Reeve-StartInstance", parameters.clone()).await;
        assert_eq!(state(&scene, &first).await, "running");
        scene.run_again("Reeve-StartInstance", parameters.clone()).await;
        let launched = scene.described(&first).await["LaunchTime"].clone();
        scene.wait(60);
        scene.run("Reeve-RestartInstance", parameters).await;
        assert_ne!(scene.described(&first).await["LaunchTime"], launched);
        assert_eq!(state(&scene, &second).await, "running");
    });
}

#[test]
fn an_instance_of_a_group_is_not_stopped() {
    on_aws(async |scene| {
        let instance = scene.member().await;
        for name in ["Reeve-StopInstance", "Reeve-RestartInstance"] {
            let parameters = json!({"InstanceIds": [instance]});
            scene.refused(name, parameters, "Auto Scaling group").await;
        }
        scene.not_started("Reeve-StopInstance", json!({"InstanceIds": []}), "InstanceIds").await;
        let wrong = json!({"InstanceIds": ["web-1"]});
        scene.not_started("Reeve-StartInstance", wrong, "InstanceIds").await;
    });
}

#[test]
fn a_command_runs_once_somebody_agreed() {
    on_aws(async |scene| {
        let instance = scene.managed_instance(LINUX).await;
        let name = "Reeve-RunCommandWithApproval";
        let parameters = json!({
            "InstanceIds": [instance], "Commands": ["whoami", "hostname"], "Approvers": ["person:ana"],
        });
        let before = scene.changes();
        let waiting = scene.begin(name, parameters.clone()).await;
        assert_eq!(waiting.execution.status, "Waiting");
        assert_eq!(scene.changes(), before);
        let done = scene.say(Word::Approve).await;
        assert_eq!(done.execution.status, "Success", "{:#?}", summaries(&done));
        assert!(done.outputs["command.Output"].as_str().unwrap().starts_with("root\n"));
        scene.begin(name, parameters).await;
        let before = scene.changes();
        assert_eq!(scene.say(Word::Reject).await.execution.status, "Failed");
        assert_eq!(scene.changes(), before);
    });
}

#[test]
fn an_instance_gets_a_profile_and_keeps_another_unless_told() {
    on_aws(async |scene| {
        scene.profile("managed").await;
        scene.profile("other").await;
        let instance = scene.instance(LINUX, None).await;
        let name = "Reeve-AttachInstanceProfile";
        let parameters = json!({"InstanceId": instance, "InstanceProfileName": "managed"});
        scene.run(name, parameters.clone()).await;
        let profile = scene.described(&instance).await["IamInstanceProfile"]["Arn"].clone();
        assert!(profile.as_str().unwrap().ends_with(":instance-profile/managed"), "{profile}");
        scene.run_again(name, parameters).await;
        let mut other = json!({"InstanceId": instance, "InstanceProfileName": "other"});
        scene.refused(name, other.clone(), "set Replace to true").await;
        other["Replace"] = json!(true);
        scene.run(name, other.clone()).await;
        let profile = scene.described(&instance).await["IamInstanceProfile"]["Arn"].clone();
        assert!(profile.as_str().unwrap().ends_with(":instance-profile/other"), "{profile}");
        scene.run_again(name, other).await;
        let none = json!({"InstanceId": instance, "InstanceProfileName": "none"});
        scene.refused(name, none, "NoSuchEntity").await;
    });
}

#[test]
fn agents_are_installed_and_run() {
    on_aws(async |scene| {
        let instance = scene.managed_instance(LINUX).await;
        let name = "Reeve-InstallAgents";
        let parameters = json!({ "InstanceId": instance });
        let told = scene.run(name, parameters.clone()).await;
        assert!(told["status.Output"].as_str().unwrap().contains("\"status\": \"running\""));
        scene.run(name, parameters).await;
        let found = scene.call("ssm", "DescribeInstanceInformation", json!({})).await;
        assert_eq!(found["InstanceInformationList"][0]["IsLatestVersion"], true);
        let alone = scene.instance(LINUX, None).await;
        let alone = json!({ "InstanceId": alone });
        scene.refused(name, alone, "is not reached by Systems Manager").await;
    });
}

#[test]
fn an_instance_becomes_one_of_another_type() {
    on_aws(async |scene| {
        let instance = scene.instance(LINUX, None).await;
        let name = "Reeve-ResizeInstance";
        let parameters = json!({"InstanceId": instance, "InstanceType": "t3.large"});
        assert_eq!(
            scene.dry_run(name, parameters.clone()).await,
            ["ec2:StopInstances", "ec2:ModifyInstanceAttribute", "ec2:StartInstances"]
        );
        let told = scene.run(name, parameters.clone()).await;
        assert_eq!(told["look.InstanceType"], "t3.medium");
        let described = scene.described(&instance).await;
        assert_eq!(described["InstanceType"], "t3.large");
        assert_eq!(described["State"]["Name"], "running");
        scene.run_again(name, parameters).await;
        let other = json!({"InstanceId": instance, "InstanceType": "m6g.large"});
        scene.refused(name, other, "is x86_64, and m6g.large is not").await;
        let member = scene.member().await;
        let member = json!({"InstanceId": member, "InstanceType": "t3.large"});
        scene.refused(name, member, "Auto Scaling group web").await;
    });
}

#[test]
fn metadata_is_read_with_tokens_only() {
    on_aws(async |scene| {
        let instance = scene.instance(LINUX, None).await;
        let name = "Reeve-RequireMetadataTokens";
        let parameters = json!({ "InstanceId": instance });
        scene.run(name, parameters.clone()).await;
        let options = scene.described(&instance).await["MetadataOptions"].clone();
        assert_eq!(options["HttpTokens"], "required");
        scene.run_again(name, parameters).await;
        let far = json!({"InstanceId": instance, "HopLimit": 9});
        scene.not_started(name, far, "HopLimit").await;
    });
}
