//! Layers, as far as functions can name them.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{LAYER, PAGES, configuration, empty, time_text};
use crate::{
    call::{Answer, Call},
    store::{Resource, facts},
    value::object,
    world::World,
};

/// The name in a name or ARN of a layer.
fn name(call: &Call) -> Result<String, crate::failure::Failure> {
    let named = call.required("LayerName")?;
    Ok(match named.split_once(":layer:") {
        Some((_, name)) => name.split(':').next().unwrap_or(name).to_owned(),
        None => named.to_owned(),
    })
}

fn shown(call: &Call, world: &World, id: &str) -> Answer {
    let place = call.place(&LAYER);
    let found = call.find(world, &LAYER, id)?;
    let mut shown = place.describe(&LAYER, id, found);
    let (name, _) = id.rsplit_once(':').unwrap_or_default();
    shown.insert("LayerArn", place.arn_of(&LAYER, name));
    shown.insert("LayerName", name);
    Ok(shown.into())
}

pub(super) fn publish(call: &Call, world: &mut World) -> Answer {
    let name = name(call)?;
    let place = call.place(&LAYER);
    let content = call.input.get("Content").cloned().unwrap_or_default();
    let code = configuration::code(call, world, &content)?;
    let prefix = format!("{name}:");
    let numbers =
        world.shelf(&place).keys().filter_map(|id| id.strip_prefix(&prefix)?.parse::<i64>().ok());
    let number = numbers.max().unwrap_or(0) + 1;
    let mut said = object!(
        "Content": (code),
        "Description": "",
        "CreatedDate": (time_text(call.now)),
        "Version": (number),
    );
    said.extend(call.given([
        "Description",
        "CompatibleArchitectures",
        "CompatibleRuntimes",
        "LicenseInfo",
    ]));
    let id = format!("{prefix}{number}");
    world.put(place, id.clone(), Resource { facts: facts(said), ..Resource::default() });
    shown(call, world, &id).map(|shown| call.fit(shown))
}

fn id(call: &Call) -> Result<String, crate::failure::Failure> {
    Ok(format!("{}:{}", name(call)?, call.integer("VersionNumber").unwrap_or(0)))
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    shown(call, world, &id(call)?).map(|shown| call.fit(shown))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    world.remove(&call.place(&LAYER), &id(call)?);
    Ok(empty())
}

/// Every version, newest first, by layer.
fn versions(call: &Call, world: &World) -> BTreeMap<String, Vec<(i64, String)>> {
    let mut found: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for id in world.shelf(&call.place(&LAYER)).keys() {
        if let Some((name, number)) = id.rsplit_once(':')
            && let Ok(number) = number.parse()
        {
            found.entry(name.to_owned()).or_default().push((number, id.clone()));
        }
    }
    for numbers in found.values_mut() {
        numbers.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    }
    found
}

/// Whether a layer is for the runtime that a call asks for.
fn fits(call: &Call, version: &Value) -> bool {
    let wanted = call.text("CompatibleRuntime");
    let runtimes = version.list("CompatibleRuntimes");
    wanted.is_none_or(|wanted| runtimes.iter().any(|runtime| runtime.as_str() == Some(wanted)))
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let all = versions(call, world);
    let mut rest = all
        .iter()
        .filter(|(name, _)| start.as_ref().is_none_or(|start| *name > start))
        .filter_map(|(name, numbers)| {
            let latest = numbers
                .iter()
                .filter_map(|(_, id)| shown(call, world, id).ok())
                .find(|version| fits(call, version))?;
            let arn = latest.get("LayerArn").cloned().unwrap_or_default();
            let layer = object!(
                "LayerName": (name.as_str()),
                "LayerArn": (arn),
                "LatestMatchingVersion": (latest),
            );
            Some((name, Value::from(layer)))
        });
    let page: Vec<(&String, Value)> = rest.by_ref().take(size).collect();
    let last = page.last().filter(|_| rest.next().is_some()).map(|(name, _)| name.as_str());
    let layers: Vec<Value> = page.iter().map(|(_, layer)| layer.clone()).collect();
    Ok(call.fit(PAGES.finish(call, Object::from_iter([("Layers", layers)]), last)))
}

pub(super) fn list_versions(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let before = start.and_then(|start| start.parse::<i64>().ok()).unwrap_or(i64::MAX);
    let all = versions(call, world).remove(&name(call)?).unwrap_or_default();
    let mut rest = all
        .iter()
        .filter(|(number, _)| *number < before)
        .filter_map(|(number, id)| Some((*number, shown(call, world, id).ok()?)))
        .filter(|(_, version)| fits(call, version));
    let page: Vec<(i64, Value)> = rest.by_ref().take(size).collect();
    let last = page.last().filter(|_| rest.next().is_some()).map(|(number, _)| number.to_string());
    let shown: Vec<Value> = page.into_iter().map(|(_, version)| version).collect();
    let output = Object::from_iter([("LayerVersions", shown)]);
    Ok(call.fit(PAGES.finish(call, output, last.as_deref())))
}
