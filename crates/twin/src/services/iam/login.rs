//! Passwords of users.

use reeve_model::{Object, Value};

use super::{
    access_keys::user,
    account::password_policy,
    common::{exists, last_segment, missing, named},
    kinds::USER,
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    services::{Action, Part},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("CreateLoginProfile", Action::Own(create)),
        ("GetLoginProfile", Action::Own(get)),
        ("UpdateLoginProfile", Action::Own(update)),
        ("DeleteLoginProfile", Action::Own(delete)),
        ("ChangePassword", Action::Own(change_password)),
    ],
    tasks: &[],
};

const PROFILE: &str = "LoginProfile";

fn profile(call: &Call, world: &World, id: &str) -> Result<Object, Failure> {
    let user = call.find(world, &USER, id)?;
    let found = user.inside.get(PROFILE).and_then(Value::as_object).cloned();
    found.ok_or_else(|| {
        missing(format!("Login Profile for User {} cannot be found.", last_segment(id)))
    })
}

fn keep(call: &Call, world: &mut World, id: &str, profile: Object) {
    world.set_inside(&call.place(&USER), id, PROFILE, profile);
}

fn show(id: &str, mut profile: Object) -> Value {
    profile.remove("Password");
    profile.remove("Changed");
    profile.insert("UserName", last_segment(id));
    value!({"LoginProfile": (profile)})
}

fn create(call: &Call, world: &mut World) -> Answer {
    let id = user(call, world)?;
    if profile(call, world, &id).is_ok() {
        let name = last_segment(&id);
        return Err(exists(format!("Login Profile for user {name} already exists.")));
    }
    let password = checked(call, world, "Password")?;
    let made = object! {
        "CreateDate": (call.now),
        "PasswordResetRequired": (call.flag("PasswordResetRequired")),
        "Password": (password),
        "Changed": (call.now),
    };
    keep(call, world, &id, made.clone());
    Ok(call.fit(show(&id, made)))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = user(call, world)?;
    let found = profile(call, world, &id)?;
    Ok(call.fit(show(&id, found)))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &USER, call.required("UserName")?)?;
    let mut found = profile(call, world, &id)?;
    if call.text("Password").is_some() {
        found.insert("Password", checked(call, world, "Password")?);
        found.insert("Changed", call.now);
    }
    if call.input.get("PasswordResetRequired").is_some() {
        found.insert("PasswordResetRequired", call.flag("PasswordResetRequired"));
    }
    keep(call, world, &id, found);
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = user(call, world)?;
    profile(call, world, &id)?;
    world.change_inside(&call.place(&USER), &id, |inside| {
        inside.remove(PROFILE);
    });
    Ok(Value::object())
}

fn change_password(call: &Call, world: &mut World) -> Answer {
    let id = user(call, world)?;
    let mut found = profile(call, world, &id)?;
    let old = hex_digest(call.required("OldPassword")?, 64);
    if found.get("Password").and_then(Value::as_str) != Some(&old) {
        let message = "The old password was incorrect.";
        return Err(Failure::new("AccessDenied", message).with_status(403));
    }
    found.insert("Password", checked(call, world, "NewPassword")?);
    found.insert("Changed", call.now);
    found.insert("PasswordResetRequired", false);
    keep(call, world, &id, found);
    Ok(Value::object())
}

/// A digest of a password that the account's policy accepts.
fn checked(call: &Call, world: &World, member: &str) -> Result<String, Failure> {
    let password = call.required(member)?;
    let policy = password_policy(call, world);
    let asks = |name: &str| {
        policy.as_ref().and_then(|policy| policy.get(name)?.as_bool()).unwrap_or(false)
    };
    let least = policy.as_ref().and_then(|policy| policy.get("MinimumPasswordLength")?.as_i64());
    let least = usize::try_from(least.unwrap_or(8)).unwrap_or(8);
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let wrong = if password.chars().count() < least {
        Some(format!("Password should have a minimum length of {least}"))
    } else if asks("RequireUppercaseCharacters") && !has(|it| it.is_ascii_uppercase()) {
        Some("Password should have at least one uppercase letter".to_owned())
    } else if asks("RequireLowercaseCharacters") && !has(|it| it.is_ascii_lowercase()) {
        Some("Password should have at least one lowercase letter".to_owned())
    } else if asks("RequireNumbers") && !has(|it| it.is_ascii_digit()) {
        Some("Password should have at least one number".to_owned())
    } else if asks("RequireSymbols") && !has(|it| it.is_ascii_punctuation()) {
        Some("Password should have at least one of the following symbols: ! @ # $ % ^ & * ( ) _ + - = [ ] { } | '".to_owned())
    } else {
        None
    };
    match wrong {
        Some(message) => Err(Failure::new("PasswordPolicyViolation", message)),
        None => Ok(hex_digest(password, 64)),
    }
}
