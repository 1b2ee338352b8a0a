//! Versions, which never change, and aliases, which lead to them.

use reeve_model::{Object, Value};

use super::{ALIAS, Named, PAGES, VERSION, configuration, conflict, empty, existing};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::{Resource, facts},
    value::object,
    world::World,
};

pub(super) fn publish(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let function = named.function(world)?;
    if call.text("CodeSha256").is_some_and(|known| function.fact("CodeSha256") != Some(known)) {
        return Err(call.invalid("CodeSHA256 is different from current CodeSHA256 in $LATEST"));
    }
    publish_now(call, world, &named, call.text("Description")).map(|shown| call.fit(shown.into()))
}

/// Makes a version of what `$LATEST` is now, unless the last version is just that.
pub(super) fn publish_now(
    call: &Call,
    world: &mut World,
    named: &Named,
    description: Option<&str>,
) -> Result<Object, Failure> {
    let function = named.function(world)?;
    let last = function.inside.get("Published").and_then(Value::as_i64).unwrap_or(0);
    let shelf = named.shelf(&VERSION);
    let known = world.get(&shelf, &named.qualified(&last.to_string()));
    let same = |version: &Resource| {
        ["CodeSha256", "Environment", "Timeout", "MemorySize", "Handler", "Runtime", "Role"]
            .iter()
            .all(|member| version.value(member) == function.value(member))
    };
    if let Some(known) = known.filter(|known| same(known)) {
        return Ok(configuration::shown(named, Some(&last.to_string()), known));
    }
    let number = last + 1;
    let mut said = Object::clone(&function.facts);
    said.insert("Version", number.to_string());
    said.insert("RevisionId", world.uuid());
    said.insert("LastUpdateStatus", "Successful");
    if let Some(description) = description {
        said.insert("Description", description);
    }
    let id = named.qualified(&number.to_string());
    world.put(shelf.clone(), id.clone(), Resource { facts: facts(said), ..Resource::default() });
    world.set_inside(&named.place, &named.name, "Published", number);
    let made = call.find(world, &VERSION, &id)?;
    Ok(configuration::shown(named, Some(&number.to_string()), made))
}

/// The published versions of a function, in order.
pub(super) fn versions(world: &World, named: &Named) -> Vec<Value> {
    let prefix = named.qualified("");
    let mut found: Vec<(i64, Value)> = world
        .shelf(&named.shelf(&VERSION))
        .iter()
        .filter_map(|(id, version)| {
            let number = id.strip_prefix(&prefix)?;
            let shown = configuration::shown(named, Some(number), version);
            Some((number.parse().ok()?, shown.into()))
        })
        .collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, shown)| shown).collect()
}

pub(super) fn list_versions(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let skip = start.and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let latest = configuration::shown(&named, None, named.function(world)?);
    let mut all = vec![Value::from(latest)];
    all.extend(versions(world, &named));
    let shown: Vec<Value> = all.iter().skip(skip).take(size).cloned().collect();
    let next = (skip + size < all.len()).then(|| (skip + size).to_string());
    let output = Object::from_iter([("Versions", shown)]);
    Ok(call.fit(PAGES.finish(call, output, next.as_deref())))
}

fn check(call: &Call, world: &World, named: &Named) -> Result<(), Failure> {
    let weights = call.input.path("RoutingConfig.AdditionalVersionWeights");
    let weights = weights.and_then(Value::as_object);
    let additional = weights.into_iter().flat_map(Object::iter);
    let mut wanted: Vec<&str> = call.text("FunctionVersion").into_iter().collect();
    for (version, weight) in additional {
        if !weight.as_f64().is_some_and(|weight| (0.0..=1.0).contains(&weight)) {
            return Err(call.invalid("Additional version weights must be between 0 and 1"));
        }
        if version.as_str() == super::LATEST {
            return Err(call
                .invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
        }
        wanted.push(version.as_str());
    }
    for version in wanted {
        let known = version == super::LATEST
            || world.get(&named.shelf(&VERSION), &named.qualified(version)).is_some();
        if !known {
            let whole = Named { qualifier: Some(version.to_owned()), ..named.clone() };
            return Err(whole.missing());
        }
    }
    Ok(())
}

fn shown(named: &Named, name: &str, alias: &Resource) -> Object {
    let whole = Named { qualifier: Some(name.to_owned()), ..named.clone() };
    let mut shown = Object::clone(&alias.facts);
    shown.insert("Name", name);
    shown.insert("AliasArn", whole.arn());
    shown
}

/// The alias that a call names, which must exist.
fn found(call: &Call, world: &World) -> Result<(Named, String), Failure> {
    let named = existing(call, world)?;
    let name = call.required("Name")?.to_owned();
    let whole = Named { qualifier: Some(name.clone()), ..named.clone() };
    if world.get(&named.shelf(&ALIAS), &named.qualified(&name)).is_none() {
        return Err(ALIAS.missing.failure(&whole.arn()));
    }
    Ok((named, name))
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let name = call.required("Name")?;
    check(call, world, &named)?;
    let (shelf, id) = (named.shelf(&ALIAS), named.qualified(name));
    if world.get(&shelf, &id).is_some() {
        let whole = Named { qualifier: Some(name.to_owned()), ..named };
        return Err(conflict(format!("Alias already exists: {}", whole.arn())));
    }
    let mut said = object!("Description": "", "RevisionId": (world.uuid()));
    said.extend(call.given(["FunctionVersion", "Description", "RoutingConfig"]));
    world.put(shelf, id, Resource { facts: facts(said), ..Resource::default() });
    get(call, world)
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let (named, name) = found(call, world)?;
    let alias = call.find(world, &ALIAS, &named.qualified(&name))?;
    Ok(call.fit(shown(&named, &name, alias).into()))
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let (named, name) = found(call, world)?;
    check(call, world, &named)?;
    let revision = world.uuid();
    world.change(&named.shelf(&ALIAS), &named.qualified(&name), |facts| {
        facts.extend(call.given(["FunctionVersion", "Description", "RoutingConfig"]));
        facts.insert("RevisionId", revision);
    });
    get(call, world)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    world.remove(&named.shelf(&ALIAS), &named.qualified(call.required("Name")?));
    Ok(empty())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let prefix = named.qualified("");
    let version = call.text("FunctionVersion");
    let output = PAGES.list(
        (call, world),
        (&ALIAS, "Aliases"),
        |id, alias| {
            id.starts_with(&prefix)
                && version.is_none_or(|version| alias.fact("FunctionVersion") == Some(version))
        },
        |id, alias, _| shown(&named, id.strip_prefix(&prefix).unwrap_or(id), alias).into(),
    )?;
    Ok(call.fit(output))
}
