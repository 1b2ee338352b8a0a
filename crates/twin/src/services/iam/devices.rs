//! Second factors of users. Codes are believed if they look like codes: two different ones of six digits.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use reeve_model::{Object, Value};

use super::{
    access_keys,
    common::{
        add_inside, check_name, exists, inner_texts, join, last_segment, limit, missing, named,
        page, path, remove_inside, shown,
    },
    kinds::{USER, VIRTUAL_DEVICE},
    users::{new_tags, with_tags},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::parse_arn,
    services::{Action, Part},
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&VIRTUAL_DEVICE],
    operations: &[
        ("CreateVirtualMFADevice", Action::Own(create)),
        ("DeleteVirtualMFADevice", Action::Own(delete)),
        ("ListVirtualMFADevices", Action::Own(list_virtual)),
        ("EnableMFADevice", Action::Own(enable)),
        ("DeactivateMFADevice", Action::Own(deactivate)),
        ("ResyncMFADevice", Action::Own(resync)),
        ("ListMFADevices", Action::Own(list)),
        ("GetMFADevice", Action::Own(get)),
    ],
    tasks: &[],
};

const MOST: usize = 8;

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("VirtualMFADeviceName")?;
    check_name(call, "virtualMFADeviceName", name)?;
    let id = join(&path(call)?, name);
    let place = call.place(&VIRTUAL_DEVICE);
    if world.get(&place, &id).is_some() {
        return Err(exists(
            "MFADevice entity at the same path and name already exists.".to_owned(),
        ));
    }
    let tags = new_tags(call)?;
    let seed = world.random_letters(64);
    let resource = Resource::new(facts(Object::new()), Arc::new(tags))
        .with_inside(object! {"Seed": (seed.as_str())});
    world.put(place.clone(), id.clone(), resource);
    let mut shown = with_tags(shown(world, &place, &id));
    let uri =
        format!("otpauth://totp/Amazon%20Web%20Services:{name}@{}?secret={seed}", call.account());
    shown.insert("Base32StringSeed", seed.into_bytes());
    shown.insert("QRCodePNG", STANDARD.encode(uri).into_bytes());
    Ok(call.fit(value!({"VirtualMFADevice": (shown)})))
}

fn device(call: &Call, world: &World) -> Result<(String, String), Failure> {
    let serial = call.required("SerialNumber")?;
    let id = parse_arn(serial)
        .filter(|(kind, _)| *kind == &VIRTUAL_DEVICE)
        .map(|(_, it)| it.id.to_owned());
    let id = id.filter(|id| world.get(&call.place(&VIRTUAL_DEVICE), id).is_some());
    let id = id.ok_or_else(|| VIRTUAL_DEVICE.missing.failure(serial))?;
    Ok((serial.to_owned(), id))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (_, id) = device(call, world)?;
    let place = call.place(&VIRTUAL_DEVICE);
    if world.get(&place, &id).is_some_and(|it| it.value("EnableDate").is_some()) {
        let message = "Cannot delete entity, must deactivate MFA device first.";
        return Err(Failure::new("DeleteConflict", message).with_status(409));
    }
    world.remove(&place, &id);
    Ok(Value::object())
}

fn list_virtual(call: &Call, world: &mut World) -> Answer {
    let wanted = call.text("AssignmentStatus").unwrap_or("Any");
    let place = call.place(&VIRTUAL_DEVICE);
    let found = world.shelf(&place).iter().filter(|(_, device)| {
        let is_assigned = device.value("EnableDate").is_some();
        wanted == "Any" || (wanted == "Assigned") == is_assigned
    });
    let entries = found.map(|(id, device)| {
        let mut shown = shown(world, &place, id);
        shown.remove("Tags");
        if let Some(name) = device.fact("UserName") {
            let users = call.place(&USER);
            let user = super::common::id_of(world, &users, name);
            if let Some(user) = user {
                let mut user = super::common::shown(world, &users, &user);
                user.remove("Tags");
                shown.insert("User", user);
            }
        }
        shown.remove("UserName");
        (id.clone(), Value::from(shown))
    });
    page(call, "VirtualMFADevices", entries.collect())
}

fn check_codes(call: &Call) -> Result<(), Failure> {
    let (one, two) = (call.required("AuthenticationCode1")?, call.required("AuthenticationCode2")?);
    let is_code = |text: &str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_code(one) && is_code(two) && one != two {
        return Ok(());
    }
    let message = "Authentication code for device is not valid.";
    Err(Failure::new("InvalidAuthenticationCode", message).with_status(403))
}

fn enable(call: &Call, world: &mut World) -> Answer {
    let user = named(call, world, &USER, call.required("UserName")?)?;
    let (serial, id) = device(call, world)?;
    check_codes(call)?;
    let place = call.place(&VIRTUAL_DEVICE);
    if world.get(&place, &id).is_some_and(|it| it.value("EnableDate").is_some()) {
        return Err(exists("MFADevice is already in use.".to_owned()));
    }
    if inner_texts(call.find(world, &USER, &user)?, "Devices").len() >= MOST {
        return Err(limit(format!("Cannot exceed quota for MfaDevicesPerUser: {MOST}")));
    }
    world.change(&place, &id, |facts| {
        facts.insert("EnableDate", call.now);
        facts.insert("UserName", last_segment(&user));
    });
    world.change_inside(&call.place(&USER), &user, |inside| {
        add_inside(inside, "Devices", &serial);
    });
    Ok(Value::object())
}

fn deactivate(call: &Call, world: &mut World) -> Answer {
    let user = access_keys::user(call, world)?;
    let (serial, id) = device(call, world)?;
    let mut had = false;
    world.change_inside(&call.place(&USER), &user, |inside| {
        had = remove_inside(inside, "Devices", &serial);
    });
    if !had {
        return Err(missing("MFA device is not in use by the user."));
    }
    world.change(&call.place(&VIRTUAL_DEVICE), &id, |facts| {
        facts.remove("EnableDate");
        facts.remove("UserName");
    });
    Ok(Value::object())
}

fn resync(call: &Call, world: &mut World) -> Answer {
    named(call, world, &USER, call.required("UserName")?)?;
    device(call, world)?;
    check_codes(call)?;
    Ok(Value::object())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let user = access_keys::user(call, world)?;
    let serials = inner_texts(call.find(world, &USER, &user)?, "Devices");
    let name = last_segment(&user);
    let entries = serials.into_iter().map(|serial| {
        let enabled = world.store.locate(&serial).and_then(|(place, id)| {
            world.get(&place, &id)?.value("EnableDate").cloned()
        });
        let shown = value!({
            "UserName": (name), "SerialNumber": (serial.as_str()), "EnableDate": (enabled.unwrap_or_default()),
        });
        (serial, shown)
    });
    page(call, "MFADevices", entries.collect())
}

fn get(call: &Call, world: &mut World) -> Answer {
    let (serial, id) = device(call, world)?;
    let device = call.find(world, &VIRTUAL_DEVICE, &id)?;
    let mut output = object! {"SerialNumber": (serial)};
    if let Some(name) = device.fact("UserName") {
        output.insert("UserName", name);
    }
    if let Some(enabled) = device.value("EnableDate") {
        output.insert("EnableDate", enabled.clone());
    }
    Ok(output.into())
}
