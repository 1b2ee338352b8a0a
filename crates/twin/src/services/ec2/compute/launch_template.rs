//! Launch templates and their versions.

use std::ops::Bound;

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::support::{
    PAGES, number, only_for, part, resource, says_something, specified, text, unsupported,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing, TagForm, describe},
    recipe::{Action, List},
    store::Resource,
    value::{object, value},
    world::World,
};

/// Launch templates.
pub(crate) static TEMPLATE: Definition = Definition {
    resource_type: "AWS::EC2::LaunchTemplate",
    tagging_type: "ec2:launch-template",
    arn: "arn:{partition}:ec2:{region}:{account}:launch-template/{id}",
    prefix: "lt-",
    identity: &[("LaunchTemplateId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidLaunchTemplateId.NotFound",
        "The specified launch template, with template ID {id}, does not exist.",
    ),
    ..Definition::OF
};

/// Versions of launch templates, by template and number.
pub(crate) static VERSION: Definition = Definition {
    resource_type: "AWS::EC2::LaunchTemplateVersion",
    arn: "arn:{partition}:ec2:{region}:{account}:launch-template-version/{id}",
    identity: &[("LaunchTemplateId", Identity::Segment(0))],
    missing: Missing::new(
        "InvalidLaunchTemplateId.VersionNotFound",
        "Could not find launch template version {id}.",
    ),
    ..Definition::OF
};

static TEMPLATES: List = List {
    kind: &TEMPLATE,
    member: "LaunchTemplates",
    paging: &PAGES,
    filters: Filters::Named(
        "Filters",
        &[("create-time", "CreateTime"), ("launch-template-name", "LaunchTemplateName")],
    ),
    ids: "LaunchTemplateIds",
    ..List::OF
};

/// A version as its key: zeros in front, so that ten follows nine.
fn key(template: &str, number: i64) -> String {
    format!("{template}/{number:08}")
}

/// The template that a request or reference names, by id or name.
fn find<'w>(
    call: &Call,
    world: &'w World,
    (id, name): (&str, &str),
) -> Result<(&'w String, &'w Resource), Failure> {
    let shelf = world.shelf(&call.place(&TEMPLATE));
    if !id.is_empty() {
        return shelf.get_key_value(id).ok_or_else(|| TEMPLATE.missing.failure(id));
    }
    if name.is_empty() {
        let message =
            "The request must contain the parameter LaunchTemplateId or LaunchTemplateName";
        return Err(Failure::new("MissingParameter", message));
    }
    shelf.iter().find(|(_, known)| known.fact("LaunchTemplateName") == Some(name)).ok_or_else(
        || {
            let message = format!(
                "The specified launch template, with template name {name}, does not exist."
            );
            Failure::new("InvalidLaunchTemplateName.NotFoundException", message)
        },
    )
}

fn named<'w>(call: &Call, world: &'w World) -> Result<(&'w String, &'w Resource), Failure> {
    let (id, name) = (call.text("LaunchTemplateId"), call.text("LaunchTemplateName"));
    find(call, world, (id.unwrap_or_default(), name.unwrap_or_default()))
}

/// The number that a version is called by: `$Latest`, `$Default` or itself.
fn number_of(template: &Resource, version: &str) -> Option<i64> {
    match version {
        "" | "$Default" => number(&template.facts, "DefaultVersionNumber"),
        "$Latest" => number(&template.facts, "LatestVersionNumber"),
        other => other.parse().ok(),
    }
}

/// What a launch template says to `RunInstances`: the template's id, the version's number, and the data.
pub(crate) fn resolve(
    call: &Call,
    world: &World,
    reference: &Value,
) -> Result<(String, i64, Object), Failure> {
    let named = (part(reference, "LaunchTemplateId"), part(reference, "LaunchTemplateName"));
    let (id, template) = find(call, world, named)?;
    let version = part(reference, "Version");
    let found = number_of(template, version)
        .and_then(|number| Some((number, world.get(&call.place(&VERSION), &key(id, number))?)));
    let (number, found) = found.ok_or_else(|| VERSION.missing.failure(version))?;
    let data = found.facts.get("LaunchTemplateData").and_then(Value::as_object);
    Ok((id.clone(), number, data.cloned().unwrap_or_default()))
}

/// `CreateLaunchTemplate`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    only_for(call, &["launch-template"])?;
    let name = call.required("LaunchTemplateName")?;
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "()./_-".contains(letter);
    if !(3..=128).contains(&name.len()) || !name.chars().all(allowed) {
        let message = "Launch template name must be between 3 and 128 characters, and may contain \
                       letters, numbers, and the following characters: -( ) . / _.";
        return Err(Failure::new("InvalidLaunchTemplateName.MalformedException", message));
    }
    if find(call, world, ("", name)).is_ok() {
        let message = "Launch template name already in use.";
        return Err(Failure::new("InvalidLaunchTemplateName.AlreadyExistsException", message));
    }
    let data = checked_data(call)?;
    let id = format!("lt-0{}", world.random_hex(16));
    let facts = object! {
        "LaunchTemplateName": name,
        "CreateTime": (call.now),
        "CreatedBy": (call.caller.arn.as_str()),
        "DefaultVersionNumber": 1,
        "LatestVersionNumber": 1,
    };
    let place = call.place(&TEMPLATE);
    world.put(place, id.clone(), resource(facts, specified(call, "launch-template")?));
    put_version(call, world, (&id, name, 1), data);
    shown(call, world, &id)
}

fn checked_data(call: &Call) -> Result<Object, Failure> {
    let data = call.object("LaunchTemplateData").cloned().unwrap_or_default();
    for member in
        ["InstanceRequirements", "ElasticGpuSpecifications", "ElasticInferenceAccelerators"]
    {
        if data.get(member).is_some_and(says_something) {
            return Err(unsupported(call, member));
        }
    }
    Ok(data)
}

fn put_version(
    call: &Call,
    world: &mut World,
    (template, name, number): (&str, &str, i64),
    data: Object,
) {
    let mut facts = object! {
        "LaunchTemplateName": name,
        "VersionNumber": number,
        "CreateTime": (call.now),
        "CreatedBy": (call.caller.arn.as_str()),
        "LaunchTemplateData": data,
    };
    facts.extend(call.given_texts(["VersionDescription"]));
    world.put(call.place(&VERSION), key(template, number), resource(facts, Tags::new()));
}

fn shown(call: &Call, world: &World, id: &str) -> Answer {
    let place = call.place(&TEMPLATE);
    let template = call.find(world, &TEMPLATE, id)?;
    let described = place.describe(&TEMPLATE, id, template);
    Ok(value!({"LaunchTemplate": described}))
}

/// `CreateLaunchTemplateVersion`.
pub(super) fn create_version(call: &Call, world: &mut World) -> Answer {
    let (id, template) = named(call, world)?;
    let (id, name) = (id.clone(), text(&template.facts, "LaunchTemplateName").to_owned());
    let number = number(&template.facts, "LatestVersionNumber").unwrap_or(0) + 1;
    let mut data = match call.text("SourceVersion") {
        Some(version) => {
            let reference = value!({"LaunchTemplateId": (id.as_str()), "Version": version});
            resolve(call, world, &reference)?.2
        }
        None => Object::new(),
    };
    for (member, value) in checked_data(call)? {
        data.insert(member, value);
    }
    put_version(call, world, (&id, &name, number), data);
    world.set(&call.place(&TEMPLATE), &id, "LatestVersionNumber", number);
    let shown = version_shown(call, world, (&id, number));
    Ok(value!({"LaunchTemplateVersion": (shown.unwrap_or_default())}))
}

fn version_shown(call: &Call, world: &World, (id, number): (&str, i64)) -> Option<Object> {
    let place = call.place(&VERSION);
    let key = key(id, number);
    let found = world.get(&place, &key)?;
    let mut shown = place.describe(&VERSION, &key, found);
    let template = world.get(&call.place(&TEMPLATE), id)?;
    let default = number_of(template, "$Default") == Some(number);
    shown.insert("DefaultVersion", default);
    Some(shown)
}

/// `DescribeLaunchTemplates`.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("LaunchTemplateNames");
    if names.is_empty() {
        return Action::List(&TEMPLATES).perform(call, world);
    }
    let place = call.place(&TEMPLATE);
    let mut found = Vec::new();
    for name in names {
        let (id, template) = find(call, world, ("", name))?;
        let owner = (&place.account, &place.region);
        found.push(Value::from(describe(&TEMPLATE, owner, id, template)));
    }
    Ok(value!({"LaunchTemplates": found}))
}

/// `DescribeLaunchTemplateVersions`: of one template, or the latest or default ones of all.
pub(super) fn describe_versions(call: &Call, world: &mut World) -> Answer {
    super::support::refuse(call, &["Filters", "ResolveAlias"])?;
    let versions = call.texts("Versions");
    let mut wanted: Vec<(String, i64)> = Vec::new();
    if call.text("LaunchTemplateId").or(call.text("LaunchTemplateName")).is_none() {
        if versions.is_empty() || versions.iter().any(|version| !version.starts_with('$')) {
            let message =
                "When providing no launch template, versions must be $Latest or $Default.";
            return Err(Failure::new("MissingParameter", message));
        }
        for (id, template) in world.shelf(&call.place(&TEMPLATE)) {
            let numbers = versions.iter().filter_map(|version| number_of(template, version));
            wanted.extend(numbers.map(|number| (id.clone(), number)));
        }
    } else {
        let (id, template) = named(call, world)?;
        if versions.is_empty() {
            let (least, most) = (bound(call, "MinVersion"), bound(call, "MaxVersion"));
            let prefix = format!("{id}/");
            let bounds = (Bound::Included(prefix.as_str()), Bound::Unbounded);
            let shelf = world.shelf(&call.place(&VERSION));
            let keys =
                shelf.range::<str, _>(bounds).take_while(|(key, _)| key.starts_with(&prefix));
            let numbers = keys.filter_map(|(_, found)| number(&found.facts, "VersionNumber"));
            let numbers = numbers.filter(|number| {
                least.is_none_or(|least| *number >= least)
                    && most.is_none_or(|most| *number <= most)
            });
            wanted.extend(numbers.map(|number| (id.clone(), number)));
            wanted.reverse();
        } else {
            for version in versions {
                let number = number_of(template, version);
                let number =
                    number.filter(|n| world.get(&call.place(&VERSION), &key(id, *n)).is_some());
                let number = number.ok_or_else(|| VERSION.missing.failure(version))?;
                wanted.push((id.clone(), number));
            }
        }
    }
    let shown = wanted.iter().filter_map(|(id, number)| version_shown(call, world, (id, *number)));
    Ok(value!({"LaunchTemplateVersions": (shown.map(Value::from).collect::<Value>())}))
}

fn bound(call: &Call, member: &str) -> Option<i64> {
    call.text(member).and_then(|text| text.parse().ok())
}

/// `ModifyLaunchTemplate`: another version becomes the default.
pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let (id, template) = named(call, world)?;
    let id = id.clone();
    let version = call.text("DefaultVersion").unwrap_or_default();
    let number = number_of(template, version)
        .filter(|number| world.get(&call.place(&VERSION), &key(&id, *number)).is_some());
    let number = number.ok_or_else(|| VERSION.missing.failure(version))?;
    world.set(&call.place(&TEMPLATE), &id, "DefaultVersionNumber", number);
    shown(call, world, &id)
}

/// `DeleteLaunchTemplate`, with all its versions.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?.0.clone();
    let answer = shown(call, world, &id)?;
    world.remove(&call.place(&TEMPLATE), &id);
    let place = call.place(&VERSION);
    let keys: Vec<String> = world
        .shelf(&place)
        .keys()
        .filter(|key| key.split('/').next() == Some(id.as_str()))
        .cloned()
        .collect();
    for key in keys {
        world.remove(&place, &key);
    }
    Ok(answer)
}

/// `DeleteLaunchTemplateVersions`: what cannot be deleted is said one by one.
pub(super) fn delete_versions(call: &Call, world: &mut World) -> Answer {
    let (id, template) = named(call, world)?;
    let (id, name) = (id.clone(), text(&template.facts, "LaunchTemplateName").to_owned());
    let default = number_of(template, "$Default");
    let place = call.place(&VERSION);
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for version in call.texts("Versions") {
        let number: Option<i64> = version.parse().ok();
        let mut item = object! {
            "LaunchTemplateId": (id.as_str()),
            "LaunchTemplateName": (name.as_str()),
            "VersionNumber": (number.unwrap_or_default()),
        };
        let problem = if number.is_none() || number == default {
            Some(("unexpectedError", "The default version cannot be deleted."))
        } else if world.remove(&place, &key(&id, number.unwrap_or_default())).is_none() {
            Some(("launchTemplateVersionDoesNotExist", "The version does not exist."))
        } else {
            None
        };
        match problem {
            None => gone.push(Value::from(item)),
            Some((code, message)) => {
                item.insert("ResponseError", value!({"Code": code, "Message": message}));
                kept.push(Value::from(item));
            }
        }
    }
    Ok(value!({
        "SuccessfullyDeletedLaunchTemplateVersions": gone,
        "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
    }))
}

/// `GetLaunchTemplateData`: what would launch an instance like this one.
pub(super) fn of_instance(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InstanceId")?;
    let instance = super::instance::find(call, world, id)?;
    let facts = &instance.facts;
    let groups = super::support::list(facts, "SecurityGroups");
    let data = object! {
        "ImageId": (text(facts, "ImageId")),
        "InstanceType": (text(facts, "InstanceType")),
        "EbsOptimized": (super::support::truth(facts, "EbsOptimized").unwrap_or(false)),
        "SecurityGroupIds": (groups.iter().map(|group| Value::from(part(group, "GroupId"))).collect::<Value>()),
        "Monitoring": {"Enabled": (text(facts, "Monitoring.State") == "enabled")},
        "Placement": {"AvailabilityZone": (text(facts, "Placement.AvailabilityZone")), "Tenancy": "default"},
    };
    Ok(value!({"LaunchTemplateData": data}))
}
