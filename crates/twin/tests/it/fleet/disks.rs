//! Disks and partitions, as scripts see them.

use serde_json::json;

use super::{instance, instances, invocation, send};
use crate::aws::Aws;

#[test]
fn disks_and_partitions_are_listed_by_the_columns_that_are_asked_for() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    let commands = [
        "lsblk -dnrpo NAME,TYPE",
        "lsblk -nrpo NAME,TYPE,FSTYPE,MOUNTPOINT /dev/xvda | tail -n1",
        "lsblk -dnrpo SERIAL > /dev/null; cat /sys/class/block/xvda1/partition",
        "lsblk -no COLOUR || lsblk -no NAME /dev/xvdz",
    ];
    let command = send(&aws, "AWS-RunShellScript", &ids, json!({ "commands": commands }));
    aws.advance("PT1M");
    let done = invocation(&aws, &command, &ids[0]);
    let output = done["StandardOutputContent"].as_str().unwrap();
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[..2], ["/dev/xvda disk", "/dev/xvda1 part xfs /"], "{done}");
    assert_eq!(lines.last(), Some(&"1"), "{done}");
    let complaints = done["StandardErrorContent"].as_str().unwrap();
    assert!(complaints.contains("lsblk: unknown column: COLOUR"), "{complaints}");
    assert!(complaints.contains("/dev/xvdz: not a block device"), "{complaints}");
}

#[test]
fn a_partition_of_windows_that_is_as_large_as_it_can_be_is_not_resized() {
    let aws = Aws::small();
    let name = "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base";
    let image = aws.call("ssm", "GetParameter", json!({"Name": name}));
    let id = "i-0c000000000000000";
    let facts = json!({
        "ImageId": image["Parameter"]["Value"], "Platform": "windows", "PlatformDetails": "Windows",
    });
    instance(&aws, id, &[], facts);
    aws.advance("PT10M");
    let grow = "if ((Get-Partition -DriveLetter C).Size -lt (Get-PartitionSupportedSize -DriveLetter C).SizeMax - 1MB) \
                { Resize-Partition -DriveLetter C -Size (Get-PartitionSupportedSize -DriveLetter C).SizeMax }";
    let strict = "$ErrorActionPreference = 'Stop'";
    let ids = [id.to_owned()];
    let run = |commands: &[&str]| {
        let parameters = json!({ "commands": commands });
        let command = send(&aws, "AWS-RunPowerShellScript", &ids, parameters);
        aws.advance("PT1M");
        invocation(&aws, &command, id)
    };
    let done = run(&[strict, "Update-HostStorageCache", grow, "Write-Output done"]);
    assert_eq!(done["Status"], "Success", "{done}");
    assert_eq!(done["StandardOutputContent"], "done\r\n");
    let resize = "Resize-Partition -DriveLetter C -Size 999999GB";
    let refused = run(&[strict, resize, "Write-Output done"]);
    assert_eq!(refused["Status"], "Failed");
    assert_eq!(refused["StandardOutputContent"], "");
    let missing = run(&[strict, &grow.replace(" C", " X"), "Write-Output done"]);
    assert_eq!(missing["Status"], "Failed", "{missing}");
}
