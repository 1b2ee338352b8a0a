//! Patching: what machines lack as time passes, and how they get it.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{instances, invocation, send};
use crate::aws::Aws;

fn state(aws: &Aws, id: &str) -> Value {
    let answer = aws.call("ssm", "DescribeInstancePatchStates", json!({"InstanceIds": [id]}));
    answer["InstancePatchStates"][0].clone()
}

fn patch(aws: &Aws, id: &str, parameters: Value) -> Value {
    let command = send(aws, "AWS-RunPatchBaseline", &[id.to_owned()], parameters);
    aws.advance("PT1H");
    invocation(aws, &command, id)
}

#[test]
fn a_machine_grows_stale_and_patching_makes_it_compliant() {
    let aws = Aws::small();
    let id = &instances(&aws, 1, &[])[0];
    aws.advance("P40D");
    let listed = aws.call("ssm", "ListCommandInvocations", json!({}));
    assert_eq!(listed["CommandInvocations"], json!([]));
    let id = id.as_str();
    let parameters = json!({"InstanceId": id, "PluginName": "PatchLinux"});
    assert!(parameters.is_object());
    patch(&aws, id, json!({"Operation": ["Scan"]}));
    let before = state(&aws, id);
    assert!(before["MissingCount"].as_i64().unwrap() > 0, "{before}");
    assert_eq!(before["Operation"], "Scan");
    let missing = aws.call(
        "ssm",
        "DescribeInstancePatches",
        json!({
            "InstanceId": id, "Filters": [{"Key": "State", "Values": ["Missing"]}],
        }),
    );
    let first = &missing["Patches"][0];
    assert!(["Security", "Bugfix"].contains(&first["Classification"].as_str().unwrap()), "{first}");
    patch(&aws, id, json!({"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]}));
    let after = state(&aws, id);
    assert_eq!(after["MissingCount"], 0, "{after}");
    assert_eq!(after["InstalledPendingRebootCount"], 0, "{after}");
    assert_eq!(after["Operation"], "Install");
}

#[test]
fn without_a_reboot_patches_stay_pending_and_that_is_not_compliant() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    aws.advance("P60D");
    patch(&aws, &ids[0], json!({"Operation": ["Install"], "RebootOption": ["NoReboot"]}));
    let pending = state(&aws, &ids[0])["InstalledPendingRebootCount"].as_i64().unwrap();
    assert!(pending > 0);
    let summary = aws.call(
        "ssm",
        "ListResourceComplianceSummaries",
        json!({
            "Filters": [{"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"}],
        }),
    );
    assert_eq!(summary["ResourceComplianceSummaryItems"][0]["Status"], "NON_COMPLIANT");
    aws.call("ec2", "RebootInstances", json!({"InstanceIds": ids}));
    aws.advance("PT10M");
    patch(&aws, &ids[0], json!({"Operation": ["Scan"]}));
    assert_eq!(state(&aws, &ids[0])["InstalledPendingRebootCount"], 0);
}

#[test]
fn a_patch_group_s_own_baseline_decides() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[("Patch Group", "prod")]);
    aws.advance("P60D");
    let made = aws.call(
        "ssm",
        "CreatePatchBaseline",
        json!({
            "Name": "nothing", "OperatingSystem": "AMAZON_LINUX_2", "RejectedPatches": ["*"],
        }),
    );
    let baseline = &made["BaselineId"];
    aws.call(
        "ssm",
        "RegisterPatchBaselineForPatchGroup",
        json!({"BaselineId": baseline, "PatchGroup": "prod"}),
    );
    patch(&aws, &ids[0], json!({"Operation": ["Scan"]}));
    let found = state(&aws, &ids[0]);
    assert_eq!((&found["BaselineId"], &found["MissingCount"]), (baseline, &json!(0)));
    assert_eq!(found["PatchGroup"], "prod");
    let group = aws.call("ssm", "DescribePatchGroupState", json!({"PatchGroup": "prod"}));
    assert_eq!(
        (&group["Instances"], &group["InstancesWithMissingPatches"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        aws.refused("ssm", "DeletePatchBaseline", json!({"BaselineId": baseline})),
        "ResourceInUseException"
    );
}

#[test]
fn every_operating_system_has_a_default_baseline_of_aws() {
    let aws = Aws::small();
    let answer = aws.call(
        "ssm",
        "DescribePatchBaselines",
        json!({
            "Filters": [{"Key": "OWNER", "Values": ["AWS"]}],
        }),
    );
    let all = answer["BaselineIdentities"].as_array().unwrap();
    assert_eq!(all.len(), 15);
    assert_eq!(all.iter().filter(|one| one["DefaultBaseline"] == true).count(), 13);
    let windows = aws.call("ssm", "GetDefaultPatchBaseline", json!({}));
    let found = aws.call("ssm", "GetPatchBaseline", json!({"BaselineId": windows["BaselineId"]}));
    assert_eq!(found["Name"], "AWS-DefaultPatchBaseline");
    assert_eq!(found["ApprovalRules"]["PatchRules"][0]["ApproveAfterDays"], 7);
}

#[test]
fn a_maintenance_window_patches_in_the_night_of_its_schedule() {
    let aws = Aws::small();
    let ids = instances(&aws, 2, &[("Patch", "yes")]);
    let window = aws.call("ssm", "CreateMaintenanceWindow", json!({
        "Name": "nightly", "Schedule": "cron(0 2 ? * TUE#2 *)", "ScheduleOffset": 4, "Duration": 4, "Cutoff": 1,
        "AllowUnassociatedTargets": false, "ScheduleTimezone": "Europe/Berlin",
    }));
    let window = &window["WindowId"];
    let target = aws.call("ssm", "RegisterTargetWithMaintenanceWindow", json!({
        "WindowId": window, "ResourceType": "INSTANCE", "Targets": [{"Key": "tag:Patch", "Values": ["yes"]}],
    }));
    aws.call(
        "ssm",
        "RegisterTaskWithMaintenanceWindow",
        json!({
            "WindowId": window, "TaskArn": "AWS-RunPatchBaseline", "TaskType": "RUN_COMMAND",
            "Targets": [{"Key": "WindowTargetIds", "Values": [target["WindowTargetId"]]}],
            "MaxConcurrency": "100%", "MaxErrors": "100%",
            "TaskInvocationParameters": {"RunCommand": {"Parameters": {
                "Operation": ["Install"], "SnapshotId": ["{{WINDOW_EXECUTION_ID}}"],
            }}},
        }),
    );
    let found = aws.call("ssm", "GetMaintenanceWindow", json!({"WindowId": window}));
    // The second Tuesday of March 2026 is the 10th; four days later is the 14th.
    assert_eq!(found["NextExecutionTime"], "2026-03-14T02:00+01:00");
    aws.advance("P14D");
    let answer =
        aws.call("ssm", "DescribeMaintenanceWindowExecutions", json!({"WindowId": window}));
    let execution = &answer["WindowExecutions"][0];
    assert_eq!(execution["Status"], "SUCCESS", "{answer}");
    let tasks = aws.call(
        "ssm",
        "DescribeMaintenanceWindowExecutionTasks",
        json!({
            "WindowExecutionId": execution["WindowExecutionId"],
        }),
    );
    let task = &tasks["WindowExecutionTaskIdentities"][0];
    let invocations = aws.call(
        "ssm",
        "DescribeMaintenanceWindowExecutionTaskInvocations",
        json!({
            "WindowExecutionId": execution["WindowExecutionId"], "TaskId": task["TaskExecutionId"],
        }),
    );
    assert_eq!(invocations["WindowExecutionTaskInvocationIdentities"][0]["Status"], "SUCCESS");
    for id in &ids {
        let found = state(&aws, id);
        assert_eq!(
            (&found["Operation"], &found["SnapshotId"]),
            (&json!("Install"), &execution["WindowExecutionId"])
        );
    }
}

#[test]
fn a_baseline_override_counts_for_its_operating_system_only() {
    let aws = Aws::small();
    let id = &instances(&aws, 1, &[])[0];
    aws.advance("P60D");
    let bucket = json!({
        "Bucket": "baselines", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
    });
    aws.call("s3", "CreateBucket", bucket);
    let scan = |systems: &[&str]| {
        let all = systems.iter().map(|system| {
            let filter = json!({"Key": "PRODUCT", "Values": ["*"]});
            let rule = json!({"PatchFilterGroup": {"PatchFilters": [filter]}, "ApproveAfterDays": 0});
            json!({"Name": system, "OperatingSystem": system, "ApprovalRules": {"PatchRules": [rule]}})
        });
        let text = all.collect::<Value>().to_string();
        let body = base64::engine::general_purpose::STANDARD.encode(text);
        aws.call("s3", "PutObject", json!({"Bucket": "baselines", "Key": "b.json", "Body": body}));
        let parameters =
            json!({"Operation": ["Scan"], "BaselineOverride": ["s3://baselines/b.json"]});
        patch(&aws, id, parameters)["Status"].clone()
    };
    assert_eq!(scan(&["WINDOWS", "AMAZON_LINUX_2"]), "Success");
    assert_eq!(scan(&["WINDOWS"]), "Failed");
}
