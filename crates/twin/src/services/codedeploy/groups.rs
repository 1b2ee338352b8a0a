//! Applications, their revisions, deployment groups and configurations.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{TagAccess, TagInput},
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&APPLICATION, &GROUP, &CONFIGURATION],
    operations: &[
        ("CreateApplication", Action::Own(create_application)),
        ("GetApplication", Action::Own(get_application)),
        ("BatchGetApplications", Action::Own(batch_applications)),
        ("ListApplications", Action::Own(list_applications)),
        ("DeleteApplication", Action::Own(delete_application)),
        ("RegisterApplicationRevision", Action::Own(register)),
        ("ListApplicationRevisions", Action::Own(revisions)),
        ("CreateDeploymentGroup", Action::Own(create_group)),
        ("GetDeploymentGroup", Action::Own(get_group)),
        ("BatchGetDeploymentGroups", Action::Own(batch_groups)),
        ("ListDeploymentGroups", Action::Own(list_groups)),
        ("UpdateDeploymentGroup", Action::Own(update_group)),
        ("DeleteDeploymentGroup", Action::Own(delete_group)),
        ("CreateDeploymentConfig", Action::Own(create_configuration)),
        ("GetDeploymentConfig", Action::Own(get_configuration)),
        ("ListDeploymentConfigs", Action::Own(list_configurations)),
        ("DeleteDeploymentConfig", Action::Own(delete_configuration)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[],
};

/// An application.
pub(crate) static APPLICATION: Definition = Definition {
    resource_type: "AWS::CodeDeploy::Application",
    tagging_type: "codedeploy:application",
    arn: "arn:{partition}:codedeploy:{region}:{account}:application:{id}",
    identity: &[("applicationName", Identity::Id)],
    missing: Missing::new(
        "ApplicationDoesNotExistException",
        "No application found for name: {id}",
    ),
    ..Definition::OF
};

/// A deployment group; its id is the application, a slash and its name.
pub(crate) static GROUP: Definition = Definition {
    resource_type: "AWS::CodeDeploy::DeploymentGroup",
    tagging_type: "codedeploy:deploymentgroup",
    arn: "arn:{partition}:codedeploy:{region}:{account}:deploymentgroup:{id}",
    identity: &[
        ("applicationName", Identity::Segment(0)),
        ("deploymentGroupName", Identity::Segment(1)),
    ],
    missing: Missing::new(
        "DeploymentGroupDoesNotExistException",
        "No Deployment Group found for name: {id}",
    ),
    ..Definition::OF
};

/// A configuration of one's own.
pub(crate) static CONFIGURATION: Definition = Definition {
    resource_type: "AWS::CodeDeploy::DeploymentConfig",
    arn: "arn:{partition}:codedeploy:{region}:{account}:deploymentconfig:{id}",
    identity: &[("deploymentConfigName", Identity::Id)],
    missing: Missing::new(
        "DeploymentConfigDoesNotExistException",
        "No Deployment Config found for name: {id}",
    ),
    ..Definition::OF
};

static TAGS: TagAccess =
    TagAccess { kinds: &[&APPLICATION, &GROUP], tags: TagInput::List("Tags"), ..TagAccess::OF };

/// How listings are paged.
pub(super) static PAGES: Paging =
    Paging::of("", "nextToken", (100, 100), "InvalidNextTokenException");

/// The configurations that everybody has: name, platform, and what share of targets is deployed to at once (in percent; 0 is
/// one at a time).
const OWN: [(&str, &str, i64); 9] = [
    ("CodeDeployDefault.AllAtOnce", "Server", 100),
    ("CodeDeployDefault.HalfAtATime", "Server", 50),
    ("CodeDeployDefault.OneAtATime", "Server", 0),
    ("CodeDeployDefault.LambdaAllAtOnce", "Lambda", 100),
    ("CodeDeployDefault.LambdaCanary10Percent5Minutes", "Lambda", 100),
    ("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", "Lambda", 100),
    ("CodeDeployDefault.ECSAllAtOnce", "ECS", 100),
    ("CodeDeployDefault.ECSCanary10Percent5Minutes", "ECS", 100),
    ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", "ECS", 100),
];

/// How many targets of so many are deployed to at once.
pub(super) fn at_once(world: &World, place: &Place, name: &str, targets: usize) -> usize {
    let total = i64::try_from(targets).unwrap_or(i64::MAX);
    let place = place.beside(&CONFIGURATION);
    let count = match OWN.iter().find(|(own, _, _)| *own == name) {
        Some((_, _, share)) => total * share / 100,
        None => {
            let healthy = world.get(&place, name);
            let value = healthy
                .and_then(|one| one.value("minimumHealthyHosts.value"))
                .and_then(Value::as_i64)
                .unwrap_or(0);
            match healthy.and_then(|one| one.fact("minimumHealthyHosts.type")) {
                Some("FLEET_PERCENT") => total - (total * value + 99) / 100,
                _ => total - value,
            }
        }
    };
    usize::try_from(count.max(1)).unwrap_or(1)
}

fn create_application(call: &Call, world: &mut World) -> Answer {
    let name = call.required("applicationName")?;
    let place = call.place(&APPLICATION);
    if world.get(&place, name).is_some() {
        let message = format!("An application with the same name: {name} already exists");
        return Err(Failure::new("ApplicationAlreadyExistsException", message));
    }
    let id = world.uuid();
    let kept = object! {
        "applicationId": (id.as_str()),
        "createTime": (world.now()),
        "linkedToGitHub": (false),
        "computePlatform": (call.text("computePlatform").unwrap_or("Server"))
    };
    put_tagged(call, world, place, name, kept)?;
    Ok(value!({ "applicationId": (id) }))
}

fn put_tagged(
    call: &Call,
    world: &mut World,
    place: Place,
    id: &str,
    kept: Object,
) -> Result<(), Failure> {
    let tags = tagging::listed(call, "tags");
    tagging::check(call, &tags)?;
    world.put(
        place,
        id,
        Resource::new(facts(kept), std::sync::Arc::new(tags.into_iter().collect())),
    );
    Ok(())
}

/// The application that the caller names.
pub(super) fn application(call: &Call, world: &World) -> Result<(String, Resource), Failure> {
    let name = call.required("applicationName")?;
    Ok((name.to_owned(), call.find(world, &APPLICATION, name)?.clone()))
}

fn shown(call: &Call, kind: crate::kind::Kind, (id, found): (&str, &Resource)) -> Object {
    let place = call.place(kind);
    place.describe(kind, id, found)
}

fn get_application(call: &Call, world: &mut World) -> Answer {
    let (name, found) = application(call, world)?;
    Ok(call.fit(value!({ "application": (shown(call, &APPLICATION, (&name, &found))) })))
}

fn batch_applications(call: &Call, world: &mut World) -> Answer {
    let mut found = Vec::new();
    for name in call.texts("applicationNames") {
        found.push(Value::from(shown(
            call,
            &APPLICATION,
            (name, call.find(world, &APPLICATION, name)?),
        )));
    }
    Ok(call.fit(value!({ "applicationsInfo": (found) })))
}

fn list_applications(call: &Call, world: &mut World) -> Answer {
    let names = world.shelf(&call.place(&APPLICATION)).keys().map(Value::from).collect();
    PAGES.slice(call, "applications", names)
}

fn delete_application(call: &Call, world: &mut World) -> Answer {
    let name = call.required("applicationName")?;
    world.remove(&call.place(&APPLICATION), name);
    for (id, _) in groups_of(call, world, name) {
        world.remove(&call.place(&GROUP), &id);
    }
    Ok(Value::object())
}

fn register(call: &Call, world: &mut World) -> Answer {
    let (name, _) = application(call, world)?;
    let revision = call.input.get("revision").cloned().unwrap_or_default();
    world.change_inside(&call.place(&APPLICATION), &name, |inside| {
        let mut all = inside.get("Revisions").map_or_else(Vec::new, |list| list.as_list().to_vec());
        all.retain(|one| *one != revision);
        all.push(revision);
        inside.insert("Revisions", Value::List(all));
    });
    Ok(Value::object())
}

fn revisions(call: &Call, world: &mut World) -> Answer {
    let (_, found) = application(call, world)?;
    let revisions = found.inside.list("Revisions").to_vec();
    PAGES.slice(call, "revisions", revisions)
}

/// The groups of an application.
fn groups_of(call: &Call, world: &World, application: &str) -> Vec<(String, Resource)> {
    let prefix = format!("{application}/");
    let place = call.place(&GROUP);
    let shelf = world.shelf(&place).range(prefix.clone()..);
    shelf
        .take_while(|(id, _)| id.starts_with(&prefix))
        .map(|(id, one)| (id.clone(), one.clone()))
        .collect()
}

/// The group that the caller names.
pub(super) fn group(call: &Call, world: &World) -> Result<(String, Resource), Failure> {
    let (application, _) = application(call, world)?;
    let name = call.required("deploymentGroupName")?;
    let id = format!("{application}/{name}");
    let found = world.get(&call.place(&GROUP), &id).cloned();
    found.map(|found| (id, found)).ok_or_else(|| GROUP.missing.failure(name))
}

const KEPT: [&str; 13] = [
    "deploymentConfigName",
    "ec2TagFilters",
    "ec2TagSet",
    "serviceRoleArn",
    "triggerConfigurations",
    "alarmConfiguration",
    "autoRollbackConfiguration",
    "deploymentStyle",
    "blueGreenDeploymentConfiguration",
    "loadBalancerInfo",
    "ecsServices",
    "outdatedInstancesStrategy",
    "terminationHookEnabled",
];

/// Refuses settings that would change how deployments go, and are not done here.
fn check_settings(call: &Call) -> Result<(), Failure> {
    let has = |path: &str| call.input.path(path).is_some_and(|value| !value.as_list().is_empty());
    let is = |path: &str| call.input.path(path).and_then(Value::as_bool) == Some(true);
    let object =
        |member: &str| call.object(member).is_some_and(|value| value.iter().next().is_some());
    let style = |member: &str| {
        call.input.path(&format!("deploymentStyle.{member}")).and_then(Value::as_str)
    };
    let refused = [
        ("triggerConfigurations", has("triggerConfigurations")),
        ("alarmConfiguration", is("alarmConfiguration.enabled")),
        ("deploymentStyle", style("deploymentType") == Some("BLUE_GREEN")),
        ("deploymentStyle", style("deploymentOption") == Some("WITH_TRAFFIC_CONTROL")),
        ("blueGreenDeploymentConfiguration", object("blueGreenDeploymentConfiguration")),
        ("loadBalancerInfo", object("loadBalancerInfo")),
        ("ecsServices", has("ecsServices")),
        ("terminationHookEnabled", call.flag("terminationHookEnabled")),
    ];
    match refused.iter().find(|(_, is_given)| *is_given) {
        Some((member, _)) => Err(call.invalid(format!("{member} is not supported here"))),
        None => Ok(()),
    }
}

fn settings(call: &Call, kept: &mut Object) {
    kept.extend(call.given(KEPT));
    if call.input.get("autoScalingGroups").is_some() {
        let groups: Value = call
            .texts("autoScalingGroups")
            .into_iter()
            .map(|name| value!({ "name": (name) }))
            .collect();
        kept.insert("autoScalingGroups", groups);
    }
}

fn create_group(call: &Call, world: &mut World) -> Answer {
    let (application, found) = application(call, world)?;
    let name = call.required("deploymentGroupName")?;
    let id = format!("{application}/{name}");
    let place = call.place(&GROUP);
    if world.get(&place, &id).is_some() {
        let message = format!("An deployment group with the same name: {name} already exists");
        return Err(Failure::new("DeploymentGroupAlreadyExistsException", message));
    }
    check_configuration(call, world)?;
    check_settings(call)?;
    let platform = found.fact("computePlatform").unwrap_or("Server").to_owned();
    let usual = match platform.as_str() {
        "Lambda" => "CodeDeployDefault.LambdaAllAtOnce",
        "ECS" => "CodeDeployDefault.ECSAllAtOnce",
        _ => "CodeDeployDefault.OneAtATime",
    };
    let group_id = world.uuid();
    let mut kept = object! {
        "deploymentGroupId": (group_id.as_str()),
        "computePlatform": (platform),
        "deploymentConfigName": (usual)
    };
    settings(call, &mut kept);
    put_tagged(call, world, place, &id, kept)?;
    Ok(value!({ "deploymentGroupId": (group_id) }))
}

fn check_configuration(call: &Call, world: &World) -> Result<(), Failure> {
    let Some(name) = call.text("deploymentConfigName") else { return Ok(()) };
    if OWN.iter().any(|(own, _, _)| *own == name) {
        return Ok(());
    }
    call.find(world, &CONFIGURATION, name).map(|_| ())
}

fn get_group(call: &Call, world: &mut World) -> Answer {
    let (id, found) = group(call, world)?;
    Ok(call.fit(value!({ "deploymentGroupInfo": (shown(call, &GROUP, (&id, &found))) })))
}

fn batch_groups(call: &Call, world: &mut World) -> Answer {
    let (application, _) = application(call, world)?;
    let wanted = call.texts("deploymentGroupNames");
    let shown: Value = groups_of(call, world, &application)
        .iter()
        .filter(|(id, _)| id.split('/').nth(1).is_some_and(|name| wanted.contains(&name)))
        .map(|(id, found)| Value::from(shown(call, &GROUP, (id, found))))
        .collect();
    Ok(call.fit(value!({ "deploymentGroupsInfo": (shown) })))
}

fn list_groups(call: &Call, world: &mut World) -> Answer {
    let (application, _) = application(call, world)?;
    let names = groups_of(call, world, &application)
        .iter()
        .filter_map(|(id, _)| id.split('/').nth(1).map(Value::from))
        .collect();
    PAGES.slice_beside(
        call,
        "deploymentGroups",
        names,
        object! { "applicationName": (application) },
    )
}

fn update_group(call: &Call, world: &mut World) -> Answer {
    let name = call.required("currentDeploymentGroupName")?;
    let application = call.required("applicationName")?;
    let id = format!("{application}/{name}");
    check_configuration(call, world)?;
    check_settings(call)?;
    let place = call.place(&GROUP);
    let mut found = world.get(&place, &id).cloned().ok_or_else(|| GROUP.missing.failure(name))?;
    settings(call, found.facts_mut());
    let new = call
        .text("newDeploymentGroupName")
        .map_or_else(|| id.clone(), |new| format!("{application}/{new}"));
    world.remove(&place, &id);
    world.put(place, new, found);
    Ok(value!({ "hooksNotCleanedUp": [] }))
}

fn delete_group(call: &Call, world: &mut World) -> Answer {
    let id =
        format!("{}/{}", call.required("applicationName")?, call.required("deploymentGroupName")?);
    world.remove(&call.place(&GROUP), &id);
    Ok(value!({ "hooksNotCleanedUp": [] }))
}

fn create_configuration(call: &Call, world: &mut World) -> Answer {
    let name = call.required("deploymentConfigName")?;
    let place = call.place(&CONFIGURATION);
    if world.get(&place, name).is_some() || OWN.iter().any(|(own, _, _)| *own == name) {
        let message = format!("A deployment configuration with the name {name} already exists");
        return Err(Failure::new("DeploymentConfigAlreadyExistsException", message));
    }
    let id = world.uuid();
    let mut kept = object! {
        "deploymentConfigId": (id.as_str()),
        "createTime": (world.now()),
        "computePlatform": (call.text("computePlatform").unwrap_or("Server"))
    };
    kept.extend(call.given(["minimumHealthyHosts", "trafficRoutingConfig"]));
    world.put(place, name, Resource::new(facts(kept), std::sync::Arc::default()));
    Ok(value!({ "deploymentConfigId": (id) }))
}

fn get_configuration(call: &Call, world: &mut World) -> Answer {
    let name = call.required("deploymentConfigName")?;
    let shown = match OWN.iter().find(|(own, _, _)| *own == name) {
        Some((_, platform, share)) => object! {
            "deploymentConfigId": (crate::kind::uuid_of(name)),
            "deploymentConfigName": (name),
            "computePlatform": (*platform),
            "minimumHealthyHosts": { "type": "FLEET_PERCENT", "value": (100 - share) }
        },
        None => shown(call, &CONFIGURATION, (name, call.find(world, &CONFIGURATION, name)?)),
    };
    Ok(call.fit(value!({ "deploymentConfigInfo": (shown) })))
}

fn list_configurations(call: &Call, world: &mut World) -> Answer {
    let own = OWN.iter().map(|(name, _, _)| Value::from(*name));
    let made = world.shelf(&call.place(&CONFIGURATION)).keys().map(Value::from);
    PAGES.slice(call, "deploymentConfigsList", own.chain(made).collect())
}

fn delete_configuration(call: &Call, world: &mut World) -> Answer {
    let name = call.required("deploymentConfigName")?;
    if OWN.iter().any(|(own, _, _)| *own == name) {
        let message = "The deployment configuration is one of CodeDeploy's own";
        return Err(Failure::new("InvalidOperationException", message));
    }
    let is_used = world
        .shelf(&call.place(&GROUP))
        .values()
        .any(|group| group.fact("deploymentConfigName") == Some(name));
    if is_used {
        return Err(Failure::new(
            "DeploymentConfigInUseException",
            "The deployment configuration is still in use.",
        ));
    }
    world.remove(&call.place(&CONFIGURATION), name);
    Ok(Value::object())
}
