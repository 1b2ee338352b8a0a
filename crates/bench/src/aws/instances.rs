//! A page of `DescribeInstances`, as a fleet in use looks: one interface, two volumes and six tags each.

use serde_json::{Value as Json, json};

/// A page of so many instances, each in a reservation of its own, as most are.
pub(super) fn page(instances: usize, next_token: &str) -> Json {
    let reservations: Vec<Json> = (0..instances)
        .map(|number| {
            json!({
                "ReservationId": id("r", number, 1),
                "OwnerId": "111122223333",
                "RequesterId": "940372691376",
                "Groups": [],
                "Instances": [instance(number)],
            })
        })
        .collect();
    json!({ "Reservations": reservations, "NextToken": next_token })
}

fn instance(number: usize) -> Json {
    let mut instance = facts(number);
    for part in [addresses(number), storage(number), options()] {
        if let (Some(instance), Json::Object(part)) = (instance.as_object_mut(), part) {
            instance.extend(part);
        }
    }
    instance
}

fn facts(number: usize) -> Json {
    let is_stopped = number.is_multiple_of(10);
    let mut facts = json!({
        "InstanceId": id("i", number, 2),
        "ImageId": id("ami", number / 50, 3),
        "State": state(is_stopped),
        "StateTransitionReason": "",
        "KeyName": "operations-2024",
        "AmiLaunchIndex": 0,
        "ProductCodes": [],
        "InstanceType": (["m6i.xlarge", "c7g.2xlarge", "r6a.large"].get(number % 3)),
        "LaunchTime": format!("2025-{:02}-{:02}T08:{:02}:11Z", number % 12 + 1, number % 28 + 1, number % 60),
        "Placement": {
            "AvailabilityZone": zone(number), "AvailabilityZoneId": "euc1-az2",
            "GroupName": "", "Tenancy": "default",
        },
        "Monitoring": { "State": "enabled" },
        "Architecture": "x86_64",
        "Hypervisor": "xen",
        "VirtualizationType": "hvm",
        "ClientToken": format!("fleet-{:08x}-0d35-1b2a-{number:012}", number * 7919),
        "IamInstanceProfile": {
            "Arn": format!("arn:aws:iam::111122223333:instance-profile/service-{}", number % 40),
            "Id": id("AIPA", number % 40, 4),
        },
        "Tags": tags(number),
    });
    if let Some(facts) = facts.as_object_mut().filter(|_| is_stopped) {
        let message = "Client.UserInitiatedShutdown: User initiated shutdown";
        let reason = json!({ "Code": "Client.UserInitiatedShutdown", "Message": message });
        facts.insert("StateReason".to_owned(), reason);
    }
    facts
}

fn state(is_stopped: bool) -> Json {
    if is_stopped {
        json!({ "Code": 80, "Name": "stopped" })
    } else {
        json!({ "Code": 16, "Name": "running" })
    }
}

fn tags(number: usize) -> Json {
    let tags = [
        ("Name", format!("service-{}-{number}", number % 40)),
        ("environment", if number.is_multiple_of(3) { "production" } else { "staging" }.to_owned()),
        ("team", format!("Team {} & Friends", number % 12)),
        ("cost-centre", format!("{}", 4000 + number % 25)),
        ("aws:autoscaling:groupName", format!("service-{}-group", number % 40)),
        ("managed", "true".to_owned()),
    ];
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn addresses(number: usize) -> Json {
    let private = format!("10.{}.{}.{}", number / 60_000, number / 250 % 250, number % 250 + 4);
    let name = format!("ip-{}.eu-central-1.compute.internal", private.replace('.', "-"));
    let groups = json!([
        { "GroupName": "default-web", "GroupId": id("sg", number % 9, 5) },
        { "GroupName": "operations", "GroupId": id("sg", 1, 6) },
    ]);
    json!({
        "PrivateDnsName": name,
        "PublicDnsName": "",
        "PrivateIpAddress": private,
        "SubnetId": id("subnet", number % 6, 7),
        "VpcId": id("vpc", 1, 8),
        "SourceDestCheck": true,
        "SecurityGroups": groups,
        "NetworkInterfaces": [{
            "NetworkInterfaceId": id("eni", number, 9),
            "SubnetId": id("subnet", number % 6, 7),
            "VpcId": id("vpc", 1, 8),
            "Description": "",
            "OwnerId": "111122223333",
            "Status": "in-use",
            "MacAddress": format!("06:1f:8a:{:02x}:{:02x}:{:02x}", number / 65_536, number / 256 % 256, number % 256),
            "PrivateIpAddress": private,
            "PrivateDnsName": name,
            "SourceDestCheck": true,
            "InterfaceType": "interface",
            "Groups": groups,
            "Ipv6Addresses": [],
            "Attachment": {
                "AttachmentId": id("eni-attach", number, 10),
                "DeviceIndex": 0, "NetworkCardIndex": 0, "Status": "attached",
                "AttachTime": "2025-03-04T08:15:11Z", "DeleteOnTermination": true,
            },
            "PrivateIpAddresses": [
                { "PrivateIpAddress": private, "PrivateDnsName": name, "Primary": true },
            ],
            "Operator": { "Managed": false },
        }],
    })
}

fn storage(number: usize) -> Json {
    let volume = |device: &str, delete: bool, of: usize| {
        json!({
            "DeviceName": device,
            "Ebs": {
                "VolumeId": id("vol", number, of), "Status": "attached",
                "AttachTime": "2025-03-04T08:15:12Z", "DeleteOnTermination": delete,
            },
        })
    };
    json!({
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [volume("/dev/xvda", true, 11), volume("/dev/sdf", false, 12)],
    })
}

fn options() -> Json {
    json!({
        "EbsOptimized": true,
        "EnaSupport": true,
        "CpuOptions": { "CoreCount": 2, "ThreadsPerCore": 2 },
        "CapacityReservationSpecification": { "CapacityReservationPreference": "open" },
        "HibernationOptions": { "Configured": false },
        "EnclaveOptions": { "Enabled": false },
        "MetadataOptions": {
            "State": "applied", "HttpTokens": "required", "HttpPutResponseHopLimit": 2,
            "HttpEndpoint": "enabled", "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": "disabled",
        },
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "UsageOperationUpdateTime": "2025-03-04T08:15:11Z",
        "PrivateDnsNameOptions": {
            "HostnameType": "ip-name", "EnableResourceNameDnsARecord": false,
            "EnableResourceNameDnsAAAARecord": false,
        },
        "MaintenanceOptions": { "AutoRecovery": "default", "RebootMigration": "default" },
        "NetworkPerformanceOptions": { "BandwidthWeighting": "default" },
        "BootMode": "uefi-preferred",
        "CurrentInstanceBootMode": "uefi",
        "Operator": { "Managed": false },
    })
}

fn zone(number: usize) -> &'static str {
    ["eu-central-1a", "eu-central-1b", "eu-central-1c"].get(number % 3).copied().unwrap_or_default()
}

/// An id of 17 hexadecimal digits; `kind` keeps ids of different things apart.
fn id(prefix: &str, number: usize, kind: usize) -> String {
    format!("{prefix}-0{:016x}", (number + 1) * 0x9E37_79B9_7F4A + kind)
}
