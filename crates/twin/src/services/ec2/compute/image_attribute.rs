//! Attributes of images: their description and who may launch from them.

use reeve_model::{Object, Value};

use super::{
    defaults,
    image::{IMAGE, own, visible},
    settings,
    sharing::{changed, changes, check_users, invalid_attribute},
    support::{list, part, text},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    value::{object, value},
    world::World,
};

/// `DescribeImageAttribute`.
pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let id = call.required("ImageId")?;
    let facts = visible(call, world, id)?.facts;
    let mut answer = object! { "ImageId": id };
    let valued = |member: &str| {
        let mut valued = Object::new();
        if let Some(value) = facts.get(member) {
            valued.insert("Value", value.clone());
        }
        valued
    };
    match call.required("Attribute")? {
        "description" => answer.insert("Description", valued("Description")),
        "bootMode" => answer.insert("BootMode", valued("BootMode")),
        "imdsSupport" => answer.insert("ImdsSupport", valued("ImdsSupport")),
        "sriovNetSupport" => answer.insert("SriovNetSupport", valued("SriovNetSupport")),
        "deregistrationProtection" => {
            let known = text(&facts, "DeregistrationProtection");
            let shown = if known.is_empty() { "disabled" } else { known };
            answer.insert("DeregistrationProtection", value!({"Value": shown}))
        }
        "blockDeviceMapping" => {
            answer.insert("BlockDeviceMappings", list(&facts, "BlockDeviceMappings").to_vec())
        }
        "productCodes" => answer.insert("ProductCodes", Value::List(Vec::new())),
        "launchPermission" => {
            let image = own(call, world, id)?;
            answer.insert("LaunchPermissions", list(&image.inside, "Permissions").to_vec())
        }
        "lastLaunchedTime" => {
            let image = own(call, world, id)?;
            let mut known = Object::new();
            if let Some(time) = image.inside.get("LastLaunched") {
                known.insert("Value", time.clone());
            }
            answer.insert("LastLaunchedTime", known)
        }
        other => return Err(invalid_attribute(call, other)),
    };
    Ok(answer.into())
}

/// `ModifyImageAttribute`.
pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    super::support::refuse(call, &["ProductCodes"])?;
    let id = call.required("ImageId")?;
    let place = call.place(&IMAGE);
    let before = list(&own(call, world, id)?.inside, "Permissions").to_vec();
    let attribute = call.text("Attribute").unwrap_or_default();
    let description = call.input.path("Description.Value").and_then(Value::as_str);
    let old = call.text("Value").filter(|_| attribute == "description");
    if let Some(text) = description.or(old) {
        world.set(&place, id, "Description", text);
    }
    if let Some(support) = call.input.path("ImdsSupport.Value").and_then(Value::as_str) {
        world.set(&place, id, "ImdsSupport", support);
    }
    let (mut added, mut removed) = changes(call, "LaunchPermission", ("UserIds", "UserGroups"));
    for (member, name) in [
        ("OrganizationArns", "OrganizationArn"),
        ("OrganizationalUnitArns", "OrganizationalUnitArn"),
    ] {
        let named = call.texts(member).into_iter().map(|arn| Value::from_iter([(name, arn)]));
        if call.text("OperationType") == Some("remove") {
            removed.extend(named);
        } else {
            added.extend(named);
        }
    }
    if added.is_empty() && removed.is_empty() {
        return Ok(Value::object());
    }
    check_users(&added)?;
    let encrypted = |facts: &Object| {
        list(facts, "BlockDeviceMappings")
            .iter()
            .any(|mapping| mapping.path("Ebs.Encrypted").and_then(Value::as_bool) == Some(true))
    };
    let to_all = added.iter().any(|permission| part(permission, "Group") == "all");
    if to_all && encrypted(&own(call, world, id)?.facts) {
        return Err(call.invalid("Snapshots encrypted with the AWS Managed CMK can't be shared"));
    }
    let blocked = defaults::image_sharing(world, &call.place(&settings::SETTINGS));
    if to_all && blocked != "unblocked" {
        let message = "You can't publicly share this image because block public access is enabled.";
        return Err(Failure::new("OperationNotPermitted", message));
    }
    let permissions = changed(&before, (added, removed));
    world.set_inside(&place, id, "Permissions", permissions);
    Ok(Value::object())
}

/// `ResetImageAttribute`.
pub(super) fn reset(call: &Call, world: &mut World) -> Answer {
    let id = call.required("ImageId")?;
    own(call, world, id)?;
    match call.required("Attribute")? {
        "launchPermission" => {}
        other => return Err(invalid_attribute(call, other)),
    }
    world.set_inside(&call.place(&IMAGE), id, "Permissions", Value::List(Vec::new()));
    Ok(Value::object())
}

/// `EnableImageDeregistrationProtection`.
pub(super) fn protect(call: &Call, world: &mut World) -> Answer {
    let state = if call.flag("WithCooldown") {
        "enabled-with-cooldown"
    } else {
        "enabled-without-cooldown"
    };
    set_protection(call, world, state)
}

/// `DisableImageDeregistrationProtection`.
pub(super) fn unprotect(call: &Call, world: &mut World) -> Answer {
    set_protection(call, world, "disabled")
}

fn set_protection(call: &Call, world: &mut World, state: &str) -> Answer {
    let id = call.required("ImageId")?;
    own(call, world, id)?;
    world.set(&call.place(&IMAGE), id, "DeregistrationProtection", state);
    Ok(value!({"Return": state}))
}
