//! What else is known of machines: parameters, associations, inventory, `OpsItems`, calendars, vulnerabilities.

use serde_json::json;

use super::{instances, send};
use crate::aws::Aws;

#[test]
fn a_parameter_has_versions_labels_and_a_path() {
    let aws = Aws::small();
    for value in ["one", "two", "three"] {
        aws.call(
            "ssm",
            "PutParameter",
            json!({
                "Name": "/shop/prod/color", "Value": value, "Type": "String", "Overwrite": true,
            }),
        );
    }
    aws.call(
        "ssm",
        "LabelParameterVersion",
        json!({
            "Name": "/shop/prod/color", "ParameterVersion": 2, "Labels": ["stable"],
        }),
    );
    for (name, value) in [
        ("/shop/prod/color", "three"),
        ("/shop/prod/color:1", "one"),
        ("/shop/prod/color:stable", "two"),
    ] {
        let answer = aws.call("ssm", "GetParameter", json!({"Name": name}));
        assert_eq!(answer["Parameter"]["Value"], value, "{name}");
    }
    let answer =
        aws.call("ssm", "GetParametersByPath", json!({"Path": "/shop", "Recursive": true}));
    assert_eq!(answer["Parameters"].as_array().unwrap().len(), 1);
    let answer = aws.call("ssm", "GetParametersByPath", json!({"Path": "/shop"}));
    assert_eq!(answer["Parameters"], json!([]));
    let again = json!({"Name": "/shop/prod/color", "Value": "four", "Type": "String"});
    assert_eq!(aws.refused("ssm", "PutParameter", again), "ParameterAlreadyExists");
    assert_eq!(aws.refused("ssm", "GetParameter", json!({"Name": "/none"})), "ParameterNotFound");
}

#[test]
fn an_association_runs_when_it_is_made_and_on_its_schedule() {
    let aws = Aws::small();
    let ids = instances(&aws, 2, &[("Role", "web")]);
    let made = aws.call("ssm", "CreateAssociation", json!({
        "Name": "AWS-RunPatchBaseline", "Parameters": {"Operation": ["Scan"]},
        "Targets": [{"Key": "tag:Role", "Values": ["web"]}], "ScheduleExpression": "rate(1 day)",
    }));
    let id = &made["AssociationDescription"]["AssociationId"];
    aws.advance("P3D");
    aws.advance("PT1H");
    let ran = aws.call("ssm", "DescribeAssociationExecutions", json!({"AssociationId": id}));
    assert_eq!(ran["AssociationExecutions"].as_array().unwrap().len(), 4, "{ran}");
    let found = aws.call("ssm", "DescribeAssociation", json!({"AssociationId": id}));
    assert_eq!(found["AssociationDescription"]["Overview"]["Status"], "Success");
    let state = aws.call("ssm", "DescribeInstancePatchStates", json!({"InstanceIds": ids}));
    assert_eq!(state["InstancePatchStates"].as_array().unwrap().len(), 2);
}

#[test]
fn inventory_is_what_an_association_gathered() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    let input = json!({"InstanceId": ids[0], "TypeName": "AWS:Application"});
    assert_eq!(aws.call("ssm", "ListInventoryEntries", input.clone())["Entries"], json!([]));
    aws.call("ssm", "CreateAssociation", json!({
        "Name": "AWS-GatherSoftwareInventory", "Targets": [{"Key": "InstanceIds", "Values": ["*"]}],
    }));
    aws.advance("PT1M");
    let entries = aws.call("ssm", "ListInventoryEntries", input);
    let names: Vec<_> =
        entries["Entries"].as_array().unwrap().iter().map(|one| &one["Name"]).collect();
    assert!(names.contains(&&json!("openssl")), "{names:?}");
}

#[test]
fn a_second_ops_item_about_the_same_thing_is_refused_while_the_first_is_open() {
    let aws = Aws::small();
    let input = json!({
        "Title": "disk full", "Description": "i-1", "Source": "EC2", "Severity": "2",
        "OperationalData": {"/aws/dedup": {"Type": "SearchableString", "Value": "{\"dedupString\":\"disk-i-1\"}"}},
    });
    let made = aws.call("ssm", "CreateOpsItem", input.clone());
    assert_eq!(aws.refused("ssm", "CreateOpsItem", input.clone()), "OpsItemAlreadyExistsException");
    aws.call("ssm", "UpdateOpsItem", json!({"OpsItemId": made["OpsItemId"], "Status": "Resolved"}));
    aws.call("ssm", "CreateOpsItem", input);
    let open = aws.call(
        "ssm",
        "DescribeOpsItems",
        json!({
            "OpsItemFilters": [{"Key": "Status", "Values": ["Open"], "Operator": "Equal"}],
        }),
    );
    assert_eq!(open["OpsItemSummaries"].as_array().unwrap().len(), 1);
}

#[test]
fn a_calendar_is_closed_during_its_events() {
    let aws = Aws::small();
    let content = "BEGIN:VCALENDAR\nPRODID:-//AWS//Change Calendar 1.0//EN\nVERSION:2.0\nX-CALENDAR-TYPE:DEFAULT_OPEN\n\
        BEGIN:VEVENT\nDTSTART:20260301T120000Z\nDTEND:20260301T180000Z\nUID:1\nSUMMARY:freeze\nEND:VEVENT\nEND:VCALENDAR\n";
    aws.call("ssm", "CreateDocument", json!({
        "Name": "freeze", "Content": content, "DocumentType": "ChangeCalendar", "DocumentFormat": "TEXT",
    }));
    let state = |at: &str| {
        aws.call("ssm", "GetCalendarState", json!({"CalendarNames": ["freeze"], "AtTime": at}))
    };
    let before = state("2026-03-01T10:00:00Z");
    assert_eq!(
        (&before["State"], &before["NextTransitionTime"]),
        (&json!("OPEN"), &json!("2026-03-01T12:00:00Z"))
    );
    assert_eq!(state("2026-03-01T13:00:00Z")["State"], "CLOSED");
    assert_eq!(state("2026-03-01T18:00:00Z")["State"], "OPEN");
}

#[test]
fn vulnerabilities_are_found_and_close_once_they_are_patched() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    aws.call("inspector2", "Enable", json!({"resourceTypes": ["EC2"]}));
    aws.advance("P30D");
    let active = || {
        let input = json!({"filterCriteria": {"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]}});
        aws.call("inspector2", "ListFindings", input)["findings"].as_array().unwrap().clone()
    };
    let before = active();
    assert!(!before.is_empty());
    assert_eq!(before[0]["resources"][0]["id"], ids[0].as_str());
    assert!(
        before[0]["packageVulnerabilityDetails"]["vulnerabilityId"]
            .as_str()
            .unwrap()
            .starts_with("CVE-")
    );
    let coverage = aws.call("inspector2", "ListCoverage", json!({}));
    assert_eq!(coverage["coveredResources"][0]["scanStatus"]["statusCode"], "ACTIVE");
    send(&aws, "AWS-RunShellScript", &ids, json!({"commands": ["yum -y update"]}));
    aws.advance("PT5M");
    aws.call("ec2", "RebootInstances", json!({"InstanceIds": ids}));
    aws.advance("PT12H");
    assert_eq!(active(), Vec::<serde_json::Value>::new());
}

#[test]
fn an_instance_that_was_always_there_has_its_volumes() {
    let aws = Aws::small();
    let id = &instances(&aws, 1, &[])[0];
    let found = aws.call("ec2", "DescribeInstances", json!({"InstanceIds": [id]}));
    let mapping = &found["Reservations"][0]["Instances"][0]["BlockDeviceMappings"][0];
    let volume = mapping["Ebs"]["VolumeId"].as_str().unwrap();
    let snapshot = aws.call("ec2", "CreateSnapshot", json!({"VolumeId": volume}));
    assert_eq!(snapshot["VolumeId"], volume);
    let volumes = aws.call("ec2", "DescribeVolumes", json!({}));
    let volumes = volumes["Volumes"].as_array().unwrap();
    assert_eq!(volumes.len(), 1);
    assert_eq!(volumes[0]["State"], "in-use");
    assert_eq!(volumes[0]["Attachments"][0]["InstanceId"], id.as_str());
    assert_eq!(volumes[0]["Attachments"][0]["Device"], mapping["DeviceName"]);
}
