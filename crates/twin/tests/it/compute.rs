//! Instances, volumes, snapshots, images and Auto Scaling groups as time passes.

mod events;
mod groups;
mod images;
mod instances;
mod storage;

use serde_json::{Value, json};

use crate::aws::Aws;

/// An estate with one VPC, two subnets and a key pair.
pub(crate) struct Estate {
    pub(crate) aws: Aws,
    pub(crate) subnets: [String; 2],
}

/// The public image of Amazon Linux 2023 for this processor.
pub(crate) fn amazon_linux(aws: &Aws, architecture: &str) -> String {
    let filters = json!([
        {"Name": "name", "Values": ["al2023-ami-*"]},
        {"Name": "architecture", "Values": [architecture]},
    ]);
    let found =
        aws.call("ec2", "DescribeImages", json!({"Owners": ["amazon"], "Filters": filters}));
    text(&found, "/Images/0/ImageId")
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}

impl Estate {
    pub(crate) fn new() -> Self {
        let aws = Aws::small();
        let vpc = aws.call("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}));
        let vpc = text(&vpc, "/Vpc/VpcId");
        let subnet = |zone: &str, block: &str| {
            let input = json!({"VpcId": vpc, "CidrBlock": block, "AvailabilityZone": zone});
            text(&aws.call("ec2", "CreateSubnet", input), "/Subnet/SubnetId")
        };
        let subnets = [subnet("eu-west-1a", "10.0.1.0/24"), subnet("eu-west-1b", "10.0.2.0/24")];
        aws.call("ec2", "CreateKeyPair", json!({"KeyName": "operator"}));
        Self { aws, subnets }
    }

    pub(crate) fn ec2(&self, operation: &str, input: Value) -> Value {
        self.aws.call("ec2", operation, input)
    }

    /// A request for instances, changed by `with`.
    pub(crate) fn request(&self, with: Value) -> Value {
        let mut input = json!({
            "ImageId": amazon_linux(&self.aws, "x86_64"),
            "InstanceType": "t3.small",
            "SubnetId": self.subnets[0],
            "KeyName": "operator",
            "MinCount": 1,
            "MaxCount": 1,
        });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        input
    }

    /// A running instance.
    pub(crate) fn instance(&self) -> String {
        let made = self.ec2("RunInstances", self.request(json!({})));
        let id = text(&made, "/Instances/0/InstanceId");
        self.aws.advance("PT1M");
        assert_eq!(self.state(&id), "running");
        id
    }

    pub(crate) fn described(&self, id: &str) -> Value {
        let found = self.ec2("DescribeInstances", json!({"InstanceIds": [id]}));
        found.pointer("/Reservations/0/Instances/0").unwrap().clone()
    }

    pub(crate) fn state(&self, id: &str) -> String {
        text(&self.described(id), "/State/Name")
    }

    pub(crate) fn root(&self, id: &str) -> String {
        text(&self.described(id), "/BlockDeviceMappings/0/Ebs/VolumeId")
    }

    pub(crate) fn volume(&self, id: &str) -> Value {
        self.ec2("DescribeVolumes", json!({"VolumeIds": [id]}))["Volumes"][0].clone()
    }

    /// The status of the three checks.
    pub(crate) fn checks(&self, id: &str) -> [String; 3] {
        let input = json!({"InstanceIds": [id], "IncludeAllInstances": true});
        let found = self.ec2("DescribeInstanceStatus", input);
        ["SystemStatus", "InstanceStatus", "AttachedEbsStatus"]
            .map(|check| text(&found, &format!("/InstanceStatuses/0/{check}/Status")))
    }
}
