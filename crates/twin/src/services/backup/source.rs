//! What can be backed up, and how each kind is: by which call of the owning service, under which ARN, how large.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::PRINCIPAL;
use crate::{
    failure::Failure,
    kind::{self, Kind},
    services::ec2::compute::volume_of,
    store::{Place, Resource},
    task::later,
    value::{object, value},
    world::{Origin, World},
};

/// A kind of resource that AWS Backup supports.
pub(super) struct Source {
    /// What AWS Backup calls it.
    pub(super) name: &'static str,
    /// What templates call it.
    pub(super) resource_type: &'static str,
}

const GIB: i64 = 1_073_741_824;

/// Every kind that the twin backs up.
pub(super) const SOURCES: [Source; 9] = [
    Source { name: "Aurora", resource_type: "AWS::RDS::DBCluster" },
    Source { name: "DynamoDB", resource_type: "AWS::DynamoDB::Table" },
    Source { name: "EBS", resource_type: "AWS::EC2::Volume" },
    Source { name: "EC2", resource_type: "AWS::EC2::Instance" },
    Source { name: "EFS", resource_type: "AWS::EFS::FileSystem" },
    Source { name: "FSx", resource_type: "AWS::FSx::FileSystem" },
    Source { name: "RDS", resource_type: "AWS::RDS::DBInstance" },
    Source { name: "Redshift", resource_type: "AWS::Redshift::Cluster" },
    Source { name: "S3", resource_type: "AWS::S3::Bucket" },
];

/// A resource to be backed up.
pub(super) struct Found {
    /// What AWS Backup calls its kind.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) place: Place,
    /// Its id.
    pub(super) id: String,
}

/// What a backup made.
pub(super) struct Made {
    /// The recovery point's ARN.
    pub(super) arn: String,
    /// The resource that holds it, if its owner shows one: its type and id.
    pub(super) held: Option<(&'static str, String)>,
}

/// The kind by which AWS Backup knows an ARN.
pub(super) fn name_of(arn: &str) -> Option<&'static str> {
    let (kind, _) = kind::parse_arn(arn)?;
    SOURCES
        .iter()
        .find(|source| source.resource_type == kind.resource_type)
        .map(|source| source.name)
}

/// The resource with this ARN, in the account and Region of a place.
pub(super) fn find(world: &World, place: &Place, arn: &str) -> Option<Found> {
    let name = name_of(arn)?;
    let (at, id) = world.store.locate(arn)?;
    (at.account == place.account && at.region == place.region).then_some(Found {
        name,
        place: at,
        id,
    })
}

/// Everything in an account and Region that could be backed up: ARN, kind and tags.
pub(super) fn candidates(world: &World, place: &Place) -> Vec<(String, &'static str, Tags)> {
    let mut found = Vec::new();
    for source in &SOURCES {
        let Some(kind) = kind::named(source.resource_type) else { continue };
        let place = Place { kind, ..place.clone() };
        for (id, resource) in world.shelf(&place) {
            if is_there(source.name, resource) {
                let arn = place.arn_of(kind, id);
                found.push((arn, source.name, Tags::clone(&resource.tags)));
            }
        }
    }
    found
}

/// Whether a resource is something to back up: not gone, and not a member of a cluster that is backed up as a whole.
fn is_there(name: &str, resource: &Resource) -> bool {
    match name {
        "EC2" => !matches!(resource.fact("State.Name"), Some("terminated" | "shutting-down")),
        "RDS" => resource.fact("DBClusterIdentifier").is_none(),
        _ => true,
    }
}

/// How many bytes a resource has.
pub(super) fn size(world: &World, found: &Found) -> i64 {
    let Some(resource) = world.get(&found.place, &found.id) else { return 0 };
    let number = |path: &str| resource.value(path).and_then(Value::as_i64);
    match found.name {
        "EBS" => number("Size").unwrap_or(8) * GIB,
        "EC2" => instance_size(world, found, resource),
        "RDS" | "Aurora" => number("AllocatedStorage").unwrap_or(20).max(1) * GIB,
        "DynamoDB" => number("TableSizeBytes").unwrap_or(0),
        "EFS" => number("SizeInBytes.Value").unwrap_or(6144),
        "FSx" => number("StorageCapacity").unwrap_or(32) * GIB,
        "Redshift" => number("NumberOfNodes").unwrap_or(1) * 20 * GIB,
        _ => GIB,
    }
}

fn instance_size(world: &World, found: &Found, instance: &Resource) -> i64 {
    let Some(kind) = kind::named("AWS::EC2::Volume") else { return 8 * GIB };
    let volumes = Place { kind, ..found.place.clone() };
    let mappings = instance.list("BlockDeviceMappings");
    let sizes = mappings.iter().filter_map(|mapping| {
        let id = volume_of(&found.id, mapping);
        world.get(&volumes, &id)?.value("Size")?.as_i64()
    });
    match sizes.sum::<i64>() {
        0 => 8 * GIB,
        size => size * GIB,
    }
}

/// What people call a resource.
pub(super) fn display_name(world: &World, found: &Found) -> Option<String> {
    let resource = world.get(&found.place, &found.id)?;
    resource.tags.get("Name").cloned().or_else(|| match found.name {
        "DynamoDB" | "RDS" | "Aurora" | "Redshift" | "S3" => Some(found.id.clone()),
        _ => None,
    })
}

/// The tags of what a backup makes: the source's own, those of the rule, and whence it came.
pub(super) fn backup_tags(world: &World, found: &Found, arn: &str, extra: &Object) -> Tags {
    let mut tags: Tags =
        world.get(&found.place, &found.id).map(|r| Tags::clone(&r.tags)).unwrap_or_default();
    tags.retain(|key, _| !key.starts_with("aws:"));
    for (key, value) in extra.iter() {
        tags.insert(key.to_string(), value.as_str().unwrap_or_default().to_owned());
    }
    tags.insert("aws:backup:source-resource".to_owned(), arn.to_owned());
    tags
}

/// Has the owning service back up a resource.
pub(super) fn back_up(
    world: &mut World,
    found: &Found,
    (arn, job): (&str, &str),
    extra: &Object,
) -> Result<Made, Failure> {
    let tags = backup_tags(world, found, arn, extra);
    // What callers may not write AWS itself writes afterwards.
    let given: Value = tags
        .iter()
        .filter(|(key, _)| !key.starts_with("aws:"))
        .map(|(key, value)| value!({"Key": (key.as_str()), "Value": (value.as_str())}))
        .collect();
    let order = Order { found, job, tags: given };
    let made = match found.name {
        "EBS" => order.volume(world),
        "EC2" => order.instance(world),
        "RDS" => order.database(world),
        "Aurora" => order.cluster(world),
        "DynamoDB" => order.table(world),
        "FSx" => order.file_system(world),
        "Redshift" => order.warehouse(world),
        _ => Ok(order.kept_by_backup(world)),
    }?;
    if let Some((resource_type, id)) = &made.held
        && let Some(kind) = kind::named(resource_type)
    {
        let place = Place { kind, ..found.place.clone() };
        if let Some(resource) = world.store.get_mut(&place, id) {
            resource.set_tags(tags);
        }
    }
    Ok(made)
}

struct Order<'o> {
    found: &'o Found,
    job: &'o str,
    tags: Value,
}

impl Order<'_> {
    fn call(
        &self,
        world: &mut World,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, Failure> {
        world.call(&Origin::at(&self.found.place, PRINCIPAL), service, operation, input)
    }

    fn arn(&self, service: &str, account: bool, resource: &str) -> String {
        let Place { account: owner, region, .. } = &self.found.place;
        let owner = if account { owner.as_str() } else { "" };
        format!("arn:{}:{service}:{region}:{owner}:{resource}", region.partition())
    }

    fn text(output: &Value, path: &str) -> String {
        output.path(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn specification(&self, of: &str) -> Value {
        match self.tags.as_list() {
            [] => Value::List(Vec::new()),
            tags => value!([{"ResourceType": (of), "Tags": (tags.to_vec())}]),
        }
    }

    fn volume(&self, world: &mut World) -> Result<Made, Failure> {
        let input = value!({
            "VolumeId": (self.found.id.as_str()),
            "Description": "This snapshot is created by the AWS Backup service.",
            "TagSpecifications": (self.specification("snapshot")),
        });
        let output = self.call(world, "ec2", "CreateSnapshot", input)?;
        let id = Self::text(&output, "SnapshotId");
        let arn = self.arn("ec2", false, &format!("snapshot/{id}"));
        Ok(Made { arn, held: Some(("AWS::EC2::Snapshot", id)) })
    }

    fn instance(&self, world: &mut World) -> Result<Made, Failure> {
        let input = value!({
            "InstanceId": (self.found.id.as_str()),
            "Name": (format!("AwsBackup_{}_{}", self.found.id, self.job)),
            "Description": "This image is created by the AWS Backup service.",
            "NoReboot": true,
            "TagSpecifications": (self.specification("image")),
        });
        let output = self.call(world, "ec2", "CreateImage", input)?;
        let id = Self::text(&output, "ImageId");
        Ok(Made {
            arn: self.arn("ec2", false, &format!("image/{id}")),
            held: Some(("AWS::EC2::Image", id)),
        })
    }

    fn snapshot_name(&self) -> String {
        format!("awsbackup:job-{}", self.job)
    }

    fn database(&self, world: &mut World) -> Result<Made, Failure> {
        let name = self.snapshot_name();
        let input = value!({
            "DBInstanceIdentifier": (self.found.id.as_str()),
            "DBSnapshotIdentifier": (name.as_str()),
            "Tags": (self.tags.clone()),
        });
        self.call(world, "rds", "CreateDBSnapshot", input)?;
        let arn = self.arn("rds", true, &format!("snapshot:{name}"));
        Ok(Made { arn, held: Some(("AWS::RDS::DBSnapshot", name)) })
    }

    fn cluster(&self, world: &mut World) -> Result<Made, Failure> {
        let name = self.snapshot_name();
        let input = value!({
            "DBClusterIdentifier": (self.found.id.as_str()),
            "DBClusterSnapshotIdentifier": (name.as_str()),
            "Tags": (self.tags.clone()),
        });
        self.call(world, "rds", "CreateDBClusterSnapshot", input)?;
        let arn = self.arn("rds", true, &format!("cluster-snapshot:{name}"));
        Ok(Made { arn, held: Some(("AWS::RDS::DBClusterSnapshot", name)) })
    }

    fn table(&self, world: &mut World) -> Result<Made, Failure> {
        let input = value!({
            "TableName": (self.found.id.as_str()),
            "BackupName": (format!("AWSBackup_{}", self.job)),
        });
        let output = self.call(world, "dynamodb", "CreateBackup", input)?;
        let arn = Self::text(&output, "BackupDetails.BackupArn");
        let id = arn.split_once(":table/").map(|(_, id)| id.to_owned()).unwrap_or_default();
        Ok(Made { arn, held: Some(("AWS::DynamoDB::Backup", id)) })
    }

    fn file_system(&self, world: &mut World) -> Result<Made, Failure> {
        let input = value!({"FileSystemId": (self.found.id.as_str()), "Tags": (self.tags.clone())});
        let output = self.call(world, "fsx", "CreateBackup", input)?;
        let id = Self::text(&output, "Backup.BackupId");
        Ok(Made {
            arn: self.arn("fsx", true, &format!("backup/{id}")),
            held: Some(("AWS::FSx::Backup", id)),
        })
    }

    fn warehouse(&self, world: &mut World) -> Result<Made, Failure> {
        let name = self.snapshot_name();
        let input = value!({
            "ClusterIdentifier": (self.found.id.as_str()),
            "SnapshotIdentifier": (name.as_str()),
            "Tags": (self.tags.clone()),
        });
        self.call(world, "redshift", "CreateClusterSnapshot", input)?;
        let id = format!("{}/{name}", self.found.id);
        let arn = self.arn("redshift", true, &format!("snapshot:{id}"));
        Ok(Made { arn, held: Some(("AWS::Redshift::ClusterSnapshot", id)) })
    }

    /// What only AWS Backup itself can hold, such as file systems of EFS and buckets.
    fn kept_by_backup(&self, world: &mut World) -> Made {
        let id = world.uuid();
        Made { arn: self.arn("backup", true, &format!("recovery-point:{id}")), held: None }
    }
}

/// What the owner says of what holds a recovery point: `None` if it is still being made.
pub(super) fn outcome(world: &World, place: &Place, held: &Value) -> Option<Result<(), String>> {
    let text = |member: &str| held.get(member).and_then(Value::as_str);
    let (Some(resource_type), Some(id)) = (text("Type"), text("Id")) else { return Some(Ok(())) };
    let Some(kind) = kind::named(resource_type) else { return Some(Ok(())) };
    let Some(resource) = world.get(&Place { kind, ..place.clone() }, id) else {
        return Some(Err(format!("{id} no longer exists")));
    };
    let mut state = ["State", "Status", "BackupDetails.BackupStatus", "Lifecycle"].into_iter();
    match state.find_map(|path| resource.fact(path)).unwrap_or_default() {
        "pending" | "creating" | "CREATING" | "PENDING" | "TRANSFERRING" => None,
        "error" | "failed" | "FAILED" => Some(Err("The snapshot failed.".to_owned())),
        _ => Some(Ok(())),
    }
}

/// Has the owner delete what holds a recovery point.
pub(super) fn delete(world: &mut World, place: &Place, held: &Value) -> Result<(), Failure> {
    let text = |member: &str| held.get(member).and_then(Value::as_str);
    let (Some(resource_type), Some(id)) = (text("Type"), text("Id")) else { return Ok(()) };
    let Some(kind) = kind::named(resource_type) else { return Ok(()) };
    let owned = Place { kind, ..place.clone() };
    if world.get(&owned, id).is_none() {
        return Ok(());
    }
    let (service, operation, input) = match resource_type {
        "AWS::EC2::Snapshot" => ("ec2", "DeleteSnapshot", object! {"SnapshotId": (id)}),
        "AWS::EC2::Image" => ("ec2", "DeregisterImage", object! {"ImageId": (id)}),
        "AWS::RDS::DBSnapshot" => {
            ("rds", "DeleteDBSnapshot", object! {"DBSnapshotIdentifier": (id)})
        }
        "AWS::RDS::DBClusterSnapshot" => {
            ("rds", "DeleteDBClusterSnapshot", object! {"DBClusterSnapshotIdentifier": (id)})
        }
        "AWS::DynamoDB::Backup" => {
            let arn = place.arn_of(kind, id);
            ("dynamodb", "DeleteBackup", object! {"BackupArn": (arn)})
        }
        "AWS::FSx::Backup" => ("fsx", "DeleteBackup", object! {"BackupId": (id)}),
        "AWS::Redshift::ClusterSnapshot" => {
            let name = id.split('/').next_back().unwrap_or(id);
            ("redshift", "DeleteClusterSnapshot", object! {"SnapshotIdentifier": (name)})
        }
        _ => return Ok(()),
    };
    let snapshots = image_snapshots(world, &owned, id);
    world.call(&Origin::at(place, PRINCIPAL), service, operation, input)?;
    for snapshot in snapshots {
        let input = object! {"SnapshotId": (snapshot)};
        let _ = world.call(&Origin::at(place, PRINCIPAL), "ec2", "DeleteSnapshot", input);
    }
    Ok(())
}

/// The snapshots behind an image, which go with its recovery point.
fn image_snapshots(world: &World, place: &Place, id: &str) -> Vec<String> {
    let Some(image) = world.get(place, id) else { return Vec::new() };
    let mappings = image.list("BlockDeviceMappings");
    let ids = mappings.iter().filter_map(|mapping| mapping.path("Ebs.SnapshotId")?.as_str());
    ids.map(str::to_owned).collect()
}

/// What the console would fill in when a recovery point of a resource is restored.
pub(super) fn restore_metadata(world: &World, found: &Found) -> Object {
    let Some(resource) = world.get(&found.place, &found.id) else { return Object::new() };
    let text = |path: &str| match resource.value(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Bool(truth)) => truth.to_string(),
        _ => String::new(),
    };
    match found.name {
        "EBS" => object! {
            "volumeId": (found.id.as_str()),
            "volumeSize": (text("Size")),
            "volumeType": (text("VolumeType")),
            "availabilityZone": (text("AvailabilityZone")),
            "encrypted": (text("Encrypted")),
        },
        "EC2" => {
            let groups = resource.list("SecurityGroups");
            let ids: Vec<&str> =
                groups.iter().filter_map(|group| group.get("GroupId")?.as_str()).collect();
            object! {
                "InstanceType": (text("InstanceType")),
                "SubnetId": (text("SubnetId")),
                "VpcId": (text("VpcId")),
                "SecurityGroupIds": (serde_json::json!(ids).to_string()),
                "Placement": (serde_json::json!({
                    "AvailabilityZone": text("Placement.AvailabilityZone"), "Tenancy": "default",
                }).to_string()),
            }
        }
        "RDS" => object! {
            "DBInstanceIdentifier": (found.id.as_str()),
            "DBInstanceClass": (text("DBInstanceClass")),
            "Engine": (text("Engine")),
            "MultiAZ": (text("MultiAZ")),
            "AvailabilityZone": (text("AvailabilityZone")),
            "StorageType": (text("StorageType")),
        },
        "Aurora" => object! {
            "DBClusterIdentifier": (found.id.as_str()),
            "Engine": (text("Engine")),
            "EngineVersion": (text("EngineVersion")),
        },
        "DynamoDB" => {
            object! {"originalTableName": (found.id.as_str()), "encryptionType": "Default"}
        }
        "EFS" => object! {
            "file-system-id": (found.id.as_str()),
            "Encrypted": (text("Encrypted")),
            "PerformanceMode": (text("PerformanceMode")),
            "newFileSystem": "true",
        },
        "FSx" => object! {"FileSystemId": (found.id.as_str()), "SubnetIds": (text("SubnetIds.0"))},
        "Redshift" => {
            object! {"ClusterIdentifier": (found.id.as_str()), "NodeType": (text("NodeType"))}
        }
        _ => object! {"DestinationBucketName": (found.id.as_str()), "NewBucket": "false"},
    }
}

/// How long a backup of this many bytes takes.
pub(super) fn seconds_for(bytes: i64) -> i64 {
    // Somewhat less than AWS takes for a first backup, more than for the increments that follow.
    (60 + bytes / GIB * 3).clamp(60, 6 * 3600)
}

/// When a backup of this many bytes that begins now is done.
pub(super) fn done_at(world: &mut World, bytes: i64) -> jiff::Timestamp {
    let spread = world.random_between(0, 30);
    later(world.now(), seconds_for(bytes) + spread)
}

/// The kind of what holds a recovery point.
pub(super) fn held_kind(held: &Value) -> Option<(Kind, &str)> {
    let kind = kind::named(held.get("Type")?.as_str()?)?;
    Some((kind, held.get("Id")?.as_str()?))
}
