//! EC2's machines and their storage: instances, volumes, snapshots, images, launch templates, and where they can be.
//!
//! ```text
//! RunInstances ─► instance ─┬─ volumes ─► snapshots ─► images ─► RunInstances …
//!                           └─ interface (the network part)
//! ```
//!
//! What takes time is a task: each file says what its tasks do when their time comes.

mod attachment;
mod attribute;
pub(crate) mod catalogue;
pub(crate) mod checks;
mod defaults;
mod devices;
pub(crate) mod image;
mod image_attribute;
mod image_making;
pub(crate) mod instance;
pub(crate) mod instance_types;
mod key_pair;
mod landing;
mod launch;
mod launch_template;
mod lifecycle;
mod listing;
mod machine;
mod modification;
mod offerings;
pub(crate) mod power;
mod profile;
mod quota;
mod root_volume;
mod seeded;
mod settings;
mod sharing;
mod snapshot;
pub(crate) mod support;
mod volume;
mod volume_types;
mod zones;

pub(crate) use instance::INSTANCE;
pub(crate) use seeded::{settle, share_volume, shared_volume, volume_of};
pub(crate) use volume::VOLUME;

use crate::{
    call::{Answer, Call},
    recipe::Action::Own,
    services::Part,
    world::World,
};

pub(crate) static PART: Part = Part {
    kinds: &[
        &INSTANCE,
        &VOLUME,
        &snapshot::SNAPSHOT,
        &image::IMAGE,
        &key_pair::KEY_PAIR,
        &launch_template::TEMPLATE,
        &launch_template::VERSION,
        &root_volume::TASK,
        &modification::MODIFICATION,
        &profile::ASSOCIATION,
        &settings::SETTINGS,
    ],
    operations: &[
        ("RunInstances", Own(launch::run)),
        ("StartInstances", Own(power::start)),
        ("StopInstances", Own(power::stop)),
        ("RebootInstances", Own(power::reboot)),
        ("TerminateInstances", Own(power::terminate)),
        ("DescribeInstances", Own(instance::describe_all)),
        ("DescribeInstanceStatus", Own(checks::describe)),
        ("DescribeInstanceAttribute", Own(attribute::describe)),
        ("ModifyInstanceAttribute", Own(attribute::modify)),
        ("ResetInstanceAttribute", Own(attribute::reset)),
        ("ModifyInstanceMetadataOptions", Own(attribute::modify_metadata)),
        ("MonitorInstances", Own(attribute::monitor)),
        ("UnmonitorInstances", Own(attribute::unmonitor)),
        ("DescribeInstanceCreditSpecifications", Own(attribute::describe_credits)),
        ("ModifyInstanceCreditSpecification", Own(defaults::modify_credits)),
        ("ModifyInstanceMaintenanceOptions", Own(defaults::modify_maintenance)),
        ("ModifyInstanceEventStartTime", Own(defaults::move_event)),
        ("GetInstanceMetadataDefaults", Own(defaults::get_metadata)),
        ("ModifyInstanceMetadataDefaults", Own(defaults::modify_metadata)),
        ("GetImageBlockPublicAccessState", Own(defaults::get_image_sharing)),
        ("EnableImageBlockPublicAccess", Own(defaults::block_image_sharing)),
        ("DisableImageBlockPublicAccess", Own(defaults::unblock_image_sharing)),
        ("EnableVolumeIO", Own(defaults::enable_io)),
        ("GetConsoleOutput", Own(instance::console_output)),
        ("DescribeInstanceTypes", Own(offerings::describe_types)),
        ("DescribeInstanceTypeOfferings", Own(offerings::describe_offerings)),
        ("AssociateIamInstanceProfile", Own(profile::associate_one)),
        ("DisassociateIamInstanceProfile", Own(profile::disassociate)),
        ("ReplaceIamInstanceProfileAssociation", Own(profile::replace)),
        ("DescribeIamInstanceProfileAssociations", Own(describe_associations)),
        ("CreateVolume", Own(volume::create)),
        ("DeleteVolume", Own(volume::delete)),
        ("DescribeVolumes", Own(describe_volumes)),
        ("DescribeVolumeStatus", Own(volume::describe_status)),
        ("DescribeVolumeAttribute", Own(volume::describe_attribute)),
        ("ModifyVolumeAttribute", Own(volume::modify_attribute)),
        ("AttachVolume", Own(attachment::attach)),
        ("DetachVolume", Own(attachment::detach)),
        ("ModifyVolume", Own(modification::modify)),
        ("DescribeVolumesModifications", Own(describe_modifications)),
        ("GetEbsEncryptionByDefault", Own(settings::get_encryption)),
        ("EnableEbsEncryptionByDefault", Own(settings::enable_encryption)),
        ("DisableEbsEncryptionByDefault", Own(settings::disable_encryption)),
        ("GetEbsDefaultKmsKeyId", Own(settings::get_key)),
        ("ModifyEbsDefaultKmsKeyId", Own(settings::modify_key)),
        ("ResetEbsDefaultKmsKeyId", Own(settings::reset_key)),
        ("GetSnapshotBlockPublicAccessState", Own(settings::get_sharing)),
        ("EnableSnapshotBlockPublicAccess", Own(settings::block_sharing)),
        ("DisableSnapshotBlockPublicAccess", Own(settings::unblock_sharing)),
        ("CreateSnapshot", Own(snapshot::create)),
        ("CreateSnapshots", Own(snapshot::create_of_instance)),
        ("CopySnapshot", Own(snapshot::copy)),
        ("DeleteSnapshot", Own(snapshot::delete)),
        ("DescribeSnapshots", Own(snapshot::describe_all)),
        ("DescribeSnapshotAttribute", Own(sharing::describe_attribute)),
        ("ModifySnapshotAttribute", Own(sharing::modify_attribute)),
        ("ResetSnapshotAttribute", Own(sharing::reset_attribute)),
        ("ModifySnapshotTier", Own(sharing::archive)),
        ("RestoreSnapshotTier", Own(sharing::restore)),
        ("DescribeSnapshotTierStatus", Own(sharing::describe_tiers)),
        ("CreateImage", Own(image_making::create)),
        ("RegisterImage", Own(image_making::register)),
        ("CopyImage", Own(image_making::copy)),
        ("DeregisterImage", Own(image_making::deregister)),
        ("EnableImageDeprecation", Own(image_making::deprecate)),
        ("DisableImageDeprecation", Own(image_making::undeprecate)),
        ("EnableImage", Own(image_making::enable)),
        ("DisableImage", Own(image_making::disable)),
        ("DescribeImages", Own(image::describe_all)),
        ("DescribeImageAttribute", Own(image_attribute::describe)),
        ("ModifyImageAttribute", Own(image_attribute::modify)),
        ("ResetImageAttribute", Own(image_attribute::reset)),
        ("EnableImageDeregistrationProtection", Own(image_attribute::protect)),
        ("DisableImageDeregistrationProtection", Own(image_attribute::unprotect)),
        ("CreateReplaceRootVolumeTask", Own(root_volume::create)),
        ("DescribeReplaceRootVolumeTasks", Own(describe_root_tasks)),
        ("CreateKeyPair", Own(key_pair::create)),
        ("ImportKeyPair", Own(key_pair::import)),
        ("DescribeKeyPairs", Own(key_pair::describe_all)),
        ("DeleteKeyPair", Own(key_pair::delete)),
        ("CreateLaunchTemplate", Own(launch_template::create)),
        ("CreateLaunchTemplateVersion", Own(launch_template::create_version)),
        ("DescribeLaunchTemplates", Own(launch_template::describe_all)),
        ("DescribeLaunchTemplateVersions", Own(launch_template::describe_versions)),
        ("ModifyLaunchTemplate", Own(launch_template::modify)),
        ("DeleteLaunchTemplate", Own(launch_template::delete)),
        ("DeleteLaunchTemplateVersions", Own(launch_template::delete_versions)),
        ("GetLaunchTemplateData", Own(launch_template::of_instance)),
        ("DescribeRegions", Own(zones::describe_regions)),
        ("DescribeAvailabilityZones", Own(zones::describe_zones)),
    ],
    tasks: &[
        ("ec2:instance-running", power::running),
        ("ec2:instance-stopped", power::stopped),
        ("ec2:instance-terminated", power::terminated),
        ("ec2:instance-forgotten", power::forgotten),
        ("ec2:instance-checked", checks::checked),
        ("ec2:instance-retired", checks::retired),
        ("ec2:profile-associated", profile::settled),
        ("ec2:volume-available", volume::available),
        ("ec2:volume-deleted", volume::deleted),
        ("ec2:volume-attached", attachment::attached),
        ("ec2:volume-detached", attachment::detached),
        ("ec2:volume-modified", modification::step),
        ("ec2:snapshot-progress", snapshot::progress),
        ("ec2:snapshot-tiered", sharing::tiered),
        ("ec2:image-pending", image_making::look),
        ("ec2:root-replacing", root_volume::replacing),
        ("ec2:root-replaced", root_volume::replaced),
    ],
};

fn describe_volumes(call: &Call, world: &mut World) -> Answer {
    seeded::settle_all(call, world);
    volume::VOLUMES.answer(call, world)
}

fn describe_modifications(call: &Call, world: &mut World) -> Answer {
    modification::MODIFICATIONS.answer(call, world)
}

fn describe_associations(call: &Call, world: &mut World) -> Answer {
    profile::ASSOCIATIONS.answer(call, world)
}

fn describe_root_tasks(call: &Call, world: &mut World) -> Answer {
    root_volume::TASKS.answer(call, world)
}
