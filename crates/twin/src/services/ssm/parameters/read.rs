//! Reading parameters.

use base64::{Engine, engine::general_purpose::STANDARD};
use reeve_model::{Object, Value};

use super::{PARAMETER, key, missing, public, versions};
use crate::{
    call::{Answer, Call},
    digest::sha256,
    failure::Failure,
    page::Paging,
    services::ssm::shared::{FIFTY, pages, texts},
    store::Resource,
    value::value,
    world::World,
};

static TEN: Paging = pages(1, 10);

/// A parameter as a caller sees it: `name`, `name:3`, `name:label`.
fn found(call: &Call, world: &World, named: &str) -> Result<Object, Failure> {
    let (name, selector) = match named.rsplit_once(':') {
        Some((name, selector)) if !selector.contains('/') && !named.ends_with(":parameter") => {
            (name, Some(selector))
        }
        _ => (named, None),
    };
    if name.contains("/aws/service/") {
        let name = name.split_once(":parameter").map_or(name, |(_, name)| name);
        let published = public::all(call, world).into_iter().find(|(known, _)| known == name);
        let (name, value) = published.ok_or_else(|| missing(name))?;
        return Ok(public::shown(call, &name, &value));
    }
    let parameter = call.resource(world, &PARAMETER, key(name)).ok_or_else(|| missing(name))?;
    let all = versions(parameter);
    let version = match selector {
        None => all.last(),
        Some(selector) => {
            let number: Option<i64> = selector.parse().ok();
            all.iter().find(|one| match number {
                Some(number) => one.get("Version").and_then(Value::as_i64) == Some(number),
                None => texts(one, "Labels").contains(&selector),
            })
        }
    };
    let version = version.and_then(Value::as_object).ok_or_else(|| {
        let message = format!("Systems Manager could not find version {} of {name}. Verify the version and try again.", selector.unwrap_or_default());
        Failure::new("ParameterVersionNotFound", message)
    })?;
    let mut shown = shown(call, parameter, key(name), version);
    if let Some(selector) = selector {
        shown.insert("Selector", format!(":{selector}"));
    }
    Ok(shown)
}

fn shown(call: &Call, parameter: &Resource, id: &str, version: &Object) -> Object {
    let mut shown = version.clone();
    shown.insert("Name", parameter.fact("Name").unwrap_or(id).to_owned());
    shown.insert("ARN", call.arn_of(&PARAMETER, id));
    if shown.text("Type") == "SecureString" && !call.flag("WithDecryption") {
        let sealed = STANDARD.encode(sha256(shown.text("Value").as_bytes()));
        shown.insert("Value", format!("AQICAHh{sealed}"));
    }
    shown
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let shown = found(call, world, call.required("Name")?)?;
    Ok(call.fit(value!({"Parameter": shown})))
}

pub(super) fn get_several(call: &Call, world: &mut World) -> Answer {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for name in call.texts("Names") {
        match found(call, world, name) {
            Ok(shown) => good.push(Value::from(shown)),
            Err(_) => bad.push(Value::from(name)),
        }
    }
    Ok(call.fit(value!({"Parameters": (good), "InvalidParameters": (bad)})))
}

pub(super) fn by_path(call: &Call, world: &mut World) -> Answer {
    let path = call.required("Path")?;
    if !path.starts_with('/') {
        return Err(call.invalid(format!(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\": {path}"
        )));
    }
    let folder = format!("{}/", path.trim_end_matches('/'));
    let under = |name: &str| {
        let rest = name.strip_prefix(&folder);
        rest.is_some_and(|rest| call.flag("Recursive") || !rest.contains('/'))
    };
    let mut items = Vec::new();
    if folder.starts_with("/aws/") {
        for (name, value) in public::all(call, world) {
            if under(&name) {
                items.push((name.clone(), public::shown(call, &name, &value).into()));
            }
        }
        return TEN.sort(call, "Parameters", items);
    }
    for (id, parameter) in world.shelf(&call.place(&PARAMETER)) {
        let name = parameter.fact("Name").unwrap_or(id);
        let Some(version) = versions(parameter).last().and_then(Value::as_object) else { continue };
        if under(name) && holds(call, parameter, version)? {
            items.push((name.to_owned(), shown(call, parameter, id, version).into()));
        }
    }
    TEN.sort(call, "Parameters", items)
}

/// Whether a parameter is what the caller's `ParameterFilters` and `Filters` want.
fn holds(call: &Call, parameter: &Resource, version: &Object) -> Result<bool, Failure> {
    let name = parameter.fact("Name").unwrap_or_default();
    let mut fits = true;
    for filter in call.list("Filters") {
        let values = texts(filter, "Values");
        fits &= match filter.text("Key") {
            "Name" => values.iter().any(|value| name.starts_with(value)),
            other => values.contains(&version.text(other)),
        };
    }
    for filter in call.list("ParameterFilters") {
        let values = texts(filter, "Values");
        let (key, option) = (filter.text("Key"), filter.text("Option"));
        let compared = |has: &str| {
            values.iter().any(|value| match option {
                "BeginsWith" => {
                    has.trim_start_matches('/').starts_with(value.trim_start_matches('/'))
                }
                "Contains" => has.contains(value),
                _ => has.trim_start_matches('/') == value.trim_start_matches('/'),
            })
        };
        fits &= match key {
            "Name" => compared(name),
            "Type" | "KeyId" | "Tier" | "DataType" => compared(version.text(key)),
            "Label" => texts(&Value::from(version.clone()), "Labels")
                .iter()
                .any(|label| values.contains(label)),
            "Path" => values.iter().any(|path| {
                let folder = format!("{}/", path.trim_end_matches('/'));
                name.strip_prefix(&folder)
                    .is_some_and(|rest| option == "Recursive" || !rest.contains('/'))
            }),
            _ => match key.strip_prefix("tag:") {
                Some(tag) => {
                    parameter.tags.get(tag).is_some_and(|has| values.is_empty() || compared(has))
                }
                None => {
                    let message = format!(
                        "1 validation error detected: Value '{key}' at 'parameterFilters.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType"
                    );
                    return Err(Failure::new("ValidationException", message));
                }
            },
        };
    }
    Ok(fits)
}

pub(super) fn history(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let parameter = call.resource(world, &PARAMETER, key(name)).ok_or_else(|| missing(name))?;
    let items = versions(parameter).iter().enumerate().filter_map(|(at, version)| {
        let shown = shown(call, parameter, key(name), version.as_object()?);
        Some((format!("{at:05}"), shown.into()))
    });
    FIFTY.sort(call, "Parameters", items.collect())
}

pub(super) fn describe_parameters(call: &Call, world: &mut World) -> Answer {
    if call.flag("Shared") {
        return FIFTY.sort(call, "Parameters", Vec::new());
    }
    let mut items = Vec::new();
    for (id, parameter) in world.shelf(&call.place(&PARAMETER)) {
        let Some(version) = versions(parameter).last().and_then(Value::as_object) else { continue };
        if holds(call, parameter, version)? {
            items.push((id.clone(), shown(call, parameter, id, version).into()));
        }
    }
    FIFTY.sort(call, "Parameters", items)
}
