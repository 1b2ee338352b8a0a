//! Block devices: what an image maps, changed by what a request says.

use reeve_model::{Object, Value};

use super::{
    image::Image,
    support::{list, part, text, unsupported},
    volume::{Wanted, settle as settle_volume},
};
use crate::{call::Call, failure::Failure, world::World};

/// A volume that is to be made and attached.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) name: String,
    /// The facts of the volume, settled.
    pub(super) volume: Object,
    pub(super) delete_on_termination: bool,
}

/// The devices of a launch.
pub(super) fn settle(
    call: &Call,
    world: &mut World,
    (input, image): (&Object, &Image),
    zone: &str,
) -> Result<Vec<Device>, Failure> {
    let root = text(&image.facts, "RootDeviceName");
    let mut devices = Vec::new();
    for mapping in
        merged(list(&image.facts, "BlockDeviceMappings"), list(input, "BlockDeviceMappings"))
    {
        let name = part(&mapping, "DeviceName");
        if part(&mapping, "VirtualName").starts_with("ephemeral") {
            // Instance store has no volumes.
            continue;
        }
        let Some(ebs) = mapping.get("Ebs") else {
            return Err(unsupported(call, "BlockDeviceMappings.VirtualName"));
        };
        let wanted = Wanted::mapped(ebs, zone);
        let volume =
            settle_volume(call, world, wanted).map_err(|failure| match failure.code.as_str() {
                "InvalidParameterValue" | "InvalidParameterCombination" | "MissingParameter" => {
                    Failure::new("InvalidBlockDeviceMapping", failure.message)
                }
                _ => failure,
            })?;
        // Volumes of the image go with the instance; further ones as they say.
        let delete = ebs.get("DeleteOnTermination").and_then(Value::as_bool);
        devices.push(Device {
            name: name.to_owned(),
            volume,
            delete_on_termination: delete.unwrap_or(name == root),
        });
    }
    Ok(devices)
}

/// Mappings with those of the request laid over them; `NoDevice` takes one away.
pub(super) fn merged(image: &[Value], request: &[Value]) -> Vec<Value> {
    let mut mappings = image.to_vec();
    for change in request {
        let name = part(change, "DeviceName");
        let at = mappings.iter().position(|known| part(known, "DeviceName") == name);
        if change.get("NoDevice").is_some() {
            mappings.retain(|known| part(known, "DeviceName") != name);
            continue;
        }
        match at.and_then(|at| mappings.get_mut(at)) {
            Some(known) => lay_over(known, change),
            None => mappings.push(change.clone()),
        }
    }
    mappings
}

fn lay_over(known: &mut Value, change: &Value) {
    let Some(known) = known.as_object_mut() else { return };
    let changes = change.get("Ebs").and_then(Value::as_object).cloned().unwrap_or_default();
    match known.get_mut("Ebs").and_then(Value::as_object_mut) {
        Some(ebs) => {
            let other =
                changes.get("VolumeType").is_some_and(|new| Some(new) != ebs.get("VolumeType"));
            if other {
                // Performance of one kind of volume means nothing to another.
                ebs.remove("Iops");
                ebs.remove("Throughput");
            }
            for (member, value) in changes.iter() {
                ebs.insert(member, value.clone());
            }
        }
        None => {
            known.insert("Ebs", changes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::value;

    #[test]
    fn a_request_changes_adds_and_removes_devices_of_the_image() {
        let image = [
            value!({"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 8}}),
            value!({"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 1}}),
        ];
        let request = [
            value!({"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}),
            value!({"DeviceName": "/dev/sdb", "NoDevice": ""}),
            value!({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 5}}),
        ];
        let merged = merged(&image, &request);
        let expected = [
            value!({"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 20}}),
            value!({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 5}}),
        ];
        assert_eq!(merged, expected);
    }
}
