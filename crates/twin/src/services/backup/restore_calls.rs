//! How each kind of recovery point is restored: by which call of the owning service, from which metadata.

use reeve_model::{Object, Value};

use super::{PRINCIPAL, source};
use crate::{
    failure::Failure,
    kind,
    store::{Place, Resource},
    value::{object, value},
    world::{Origin, World},
};

/// Restores a recovery point, and returns the ARN of what came of it.
pub(super) fn restore(
    world: &mut World,
    place: &Place,
    point: &Resource,
    metadata: &Object,
) -> Result<String, Failure> {
    let mut merged =
        point.inside.get("Metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    // A database is never restored over itself: a name must be given.
    for name in ["DBInstanceIdentifier", "DBClusterIdentifier", "ClusterIdentifier"] {
        merged.remove(name);
    }
    merged.extend(metadata.clone());
    let held = point.inside.get("Held").cloned().unwrap_or_default();
    let order = Order { place, metadata: &merged, held: &held, point };
    match point.fact("ResourceType").unwrap_or_default() {
        "EBS" => order.volume(world),
        "EC2" => order.instance(world),
        "RDS" => order.database(world),
        "Aurora" => order.cluster(world),
        "DynamoDB" => order.table(world),
        "EFS" => order.elastic_file_system(world),
        "FSx" => order.file_system(world),
        "Redshift" => order.warehouse(world),
        _ => order.bucket(world),
    }
}

struct Order<'o> {
    place: &'o Place,
    metadata: &'o Object,
    held: &'o Value,
    point: &'o Resource,
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new("InvalidParameterValueException", message)
}

impl Order<'_> {
    fn call(
        &self,
        world: &mut World,
        service: &str,
        operation: &str,
        input: Object,
    ) -> Result<Value, Failure> {
        world.call(&Origin::at(self.place, PRINCIPAL), service, operation, input)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| bad(format!("Metadata {name} is required")))
    }

    fn held_id(&self) -> Result<&str, Failure> {
        source::held_kind(self.held)
            .map(|(_, id)| id)
            .ok_or_else(|| bad("The recovery point holds nothing"))
    }

    fn arn(&self, resource_type: &str, id: &str) -> String {
        kind::named(resource_type).map(|kind| self.place.arn_of(kind, id)).unwrap_or_default()
    }

    /// Puts texts of the metadata into an input under the same or another name.
    fn pass(&self, input: &mut Object, members: &[(&str, &str)]) {
        for (name, member) in members {
            if let Some(text) = self.text(name) {
                input.insert(*member, text);
            }
        }
    }

    fn flag(&self, input: &mut Object, name: &str) {
        if let Some(text) = self.text(name) {
            input.insert(name, text == "true");
        }
    }

    fn volume(&self, world: &mut World) -> Result<String, Failure> {
        let mut input = object! {
            "SnapshotId": (self.held_id()?),
            "AvailabilityZone": (self.need("availabilityZone")?),
        };
        self.pass(&mut input, &[("volumeType", "VolumeType"), ("kmsKeyId", "KmsKeyId")]);
        for (name, member) in
            [("volumeSize", "Size"), ("iops", "Iops"), ("throughput", "Throughput")]
        {
            if let Some(number) = self.text(name).and_then(|text| text.parse::<i64>().ok()) {
                input.insert(member, number);
            }
        }
        if self.text("encrypted") == Some("true") {
            input.insert("Encrypted", true);
        }
        let output = self.call(world, "ec2", "CreateVolume", input)?;
        let id = output.text("VolumeId");
        Ok(self.arn("AWS::EC2::Volume", id))
    }

    fn instance(&self, world: &mut World) -> Result<String, Failure> {
        let mut input = object! {
            "ImageId": (self.held_id()?),
            "InstanceType": (self.need("InstanceType")?),
            "MinCount": 1_i64,
            "MaxCount": 1_i64,
        };
        self.pass(
            &mut input,
            &[("SubnetId", "SubnetId"), ("KeyName", "KeyName"), ("UserData", "UserData")],
        );
        if let Some(groups) = self.text("SecurityGroupIds") {
            let groups: Vec<String> = serde_json::from_str(groups).unwrap_or_else(|_| {
                groups.split(',').map(|group| group.trim().to_owned()).collect()
            });
            input
                .insert("SecurityGroupIds", groups.into_iter().map(Value::from).collect::<Value>());
        }
        if let Some(profile) = self.text("IamInstanceProfileName") {
            input.insert("IamInstanceProfile", value!({"Name": (profile)}));
        }
        let output = self.call(world, "ec2", "RunInstances", input)?;
        let id = output.path("Instances.0.InstanceId").and_then(Value::as_str).unwrap_or_default();
        Ok(self.arn("AWS::EC2::Instance", id))
    }

    fn database(&self, world: &mut World) -> Result<String, Failure> {
        let name = self.need("DBInstanceIdentifier")?;
        let mut input = object! {
            "DBInstanceIdentifier": (name),
            "DBSnapshotIdentifier": (self.held_id()?),
        };
        let same = [
            ("DBInstanceClass", "DBInstanceClass"),
            ("AvailabilityZone", "AvailabilityZone"),
            ("DBSubnetGroupName", "DBSubnetGroupName"),
            ("StorageType", "StorageType"),
        ];
        self.pass(&mut input, &same);
        if self.text("MultiAZ") == Some("true") {
            input.remove("AvailabilityZone");
        }
        for flag in ["MultiAZ", "DeletionProtection", "PubliclyAccessible"] {
            self.flag(&mut input, flag);
        }
        self.call(world, "rds", "RestoreDBInstanceFromDBSnapshot", input)?;
        Ok(self.arn("AWS::RDS::DBInstance", name))
    }

    fn cluster(&self, world: &mut World) -> Result<String, Failure> {
        let name = self.need("DBClusterIdentifier")?;
        let input = object! {
            "DBClusterIdentifier": (name),
            "SnapshotIdentifier": (self.held_id()?),
            "Engine": (self.need("Engine")?),
        };
        self.call(world, "rds", "RestoreDBClusterFromSnapshot", input)?;
        Ok(self.arn("AWS::RDS::DBCluster", name))
    }

    fn table(&self, world: &mut World) -> Result<String, Failure> {
        let name = self.need("targetTableName")?;
        let input = object! {
            "TargetTableName": (name),
            "BackupArn": (self.arn("AWS::DynamoDB::Backup", self.held_id()?)),
        };
        self.call(world, "dynamodb", "RestoreTableFromBackup", input)?;
        Ok(self.arn("AWS::DynamoDB::Table", name))
    }

    fn elastic_file_system(&self, world: &mut World) -> Result<String, Failure> {
        if self.text("newFileSystem") != Some("true") {
            let id = self.need("file-system-id")?;
            let arn = self.arn("AWS::EFS::FileSystem", id);
            world
                .store
                .locate(&arn)
                .ok_or_else(|| bad(format!("File system {id} does not exist")))?;
            return Ok(arn);
        }
        let token = self.text("CreationToken").map_or_else(|| world.uuid(), str::to_owned);
        let mut input = object! {"CreationToken": (token)};
        self.pass(&mut input, &[("PerformanceMode", "PerformanceMode"), ("KmsKeyId", "KmsKeyId")]);
        self.flag(&mut input, "Encrypted");
        let output = self.call(world, "efs", "CreateFileSystem", input)?;
        let id = output.text("FileSystemId");
        Ok(self.arn("AWS::EFS::FileSystem", id))
    }

    fn file_system(&self, world: &mut World) -> Result<String, Failure> {
        let subnets = self.need("SubnetIds")?;
        let subnets: Vec<String> = serde_json::from_str(subnets).unwrap_or_else(|_| {
            subnets.split(',').map(|subnet| subnet.trim().to_owned()).collect()
        });
        let input = object! {
            "BackupId": (self.held_id()?),
            "SubnetIds": (subnets.into_iter().map(Value::from).collect::<Value>()),
        };
        let output = self.call(world, "fsx", "CreateFileSystemFromBackup", input)?;
        let id = output.path("FileSystem.FileSystemId").and_then(Value::as_str).unwrap_or_default();
        Ok(self.arn("AWS::FSx::FileSystem", id))
    }

    fn warehouse(&self, world: &mut World) -> Result<String, Failure> {
        let name = self.need("ClusterIdentifier")?;
        let snapshot = self.held_id()?.rsplit('/').next().unwrap_or_default();
        let input = object! {"ClusterIdentifier": (name), "SnapshotIdentifier": (snapshot)};
        self.call(world, "redshift", "RestoreFromClusterSnapshot", input)?;
        Ok(self.arn("AWS::Redshift::Cluster", name))
    }

    fn bucket(&self, world: &mut World) -> Result<String, Failure> {
        let name = self.need("DestinationBucketName")?;
        if self.text("NewBucket") == Some("true") {
            let mut input = object! {"Bucket": (name)};
            if self.place.region.as_str() != "us-east-1" {
                let location = value!({"LocationConstraint": (self.place.region.as_str())});
                input.insert("CreateBucketConfiguration", location);
            }
            self.call(world, "s3", "CreateBucket", input)?;
        } else if world.store.bucket_owner(name).is_none() {
            let source = self.point.fact("ResourceArn").unwrap_or_default();
            return Err(bad(format!("Destination bucket {name} for {source} does not exist")));
        }
        Ok(self.arn("AWS::S3::Bucket", name))
    }
}
