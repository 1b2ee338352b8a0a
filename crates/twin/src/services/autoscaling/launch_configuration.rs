//! Launch configurations: what groups launched from before there were launch templates.

use reeve_model::{Object, Value};

use super::PAGES;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing, describe},
    recipe::{Action, List},
    services::ec2::compute::support::{resource, text, value as at},
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

/// Launch configurations.
pub(crate) static CONFIGURATION: Definition = Definition {
    resource_type: "AWS::AutoScaling::LaunchConfiguration",
    arn: "arn:{partition}:autoscaling:{region}:{account}:launchConfiguration:{uuid}:launchConfigurationName/{id}",
    identity: &[
        ("LaunchConfigurationName", Identity::Id),
        ("LaunchConfigurationARN", Identity::Arn),
    ],
    missing: Missing::new("ValidationError", "Launch configuration name not found - null"),
    ..Definition::OF
};

static CONFIGURATIONS: List = List {
    kind: &CONFIGURATION,
    member: "LaunchConfigurations",
    paging: &PAGES,
    filters: Filters::None,
    ..List::OF
};

/// A launch configuration of the caller.
pub(super) fn find<'w>(call: &Call, world: &'w World, name: &str) -> Result<&'w Resource, Failure> {
    world.get(&call.place(&CONFIGURATION), name).ok_or_else(|| {
        let message =
            format!("Launch configuration name not found - A launch configuration with the name: {name} does not exist");
        Failure::new("ValidationError", message)
    })
}

/// `CreateLaunchConfiguration`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    super::groups::refuse(
        call,
        &[
            "ClassicLinkVPCId",
            "ClassicLinkVPCSecurityGroups",
            "InstanceId",
            "KernelId",
            "RamdiskId",
            "SpotPrice",
        ],
    )?;
    if call.text("PlacementTenancy").is_some_and(|tenancy| tenancy != "default") {
        super::groups::refuse(call, &["PlacementTenancy"])?;
    }
    let name = call.required("LaunchConfigurationName")?;
    let place = call.place(&CONFIGURATION);
    if world.get(&place, name).is_some() {
        let message = format!(
            "Launch Configuration by this name already exists - A launch configuration already exists with the name {name}"
        );
        return Err(Failure::new("AlreadyExists", message));
    }
    for member in ["ImageId", "InstanceType"] {
        if call.text(member).is_none() {
            return Err(call.invalid(format!(
                "Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters: {member} is missing."
            )));
        }
    }
    let mut facts = object! {
        "KernelId": "",
        "RamdiskId": "",
        "KeyName": "",
        "UserData": "",
        "SecurityGroups": [],
        "BlockDeviceMappings": [],
        "InstanceMonitoring": {"Enabled": true},
        "EbsOptimized": false,
        "CreatedTime": (call.now),
    };
    for (member, value) in call.input.as_object().into_iter().flat_map(Object::iter) {
        facts.insert(member, value.clone());
    }
    facts.remove("LaunchConfigurationName");
    world.put(place, name, resource(facts, reeve_types::Tags::new()));
    Ok(Value::object())
}

/// `DescribeLaunchConfigurations`: names that do not exist are left out, not refused.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("LaunchConfigurationNames");
    if names.is_empty() {
        return Action::List(&CONFIGURATIONS).perform(call, world);
    }
    let place = call.place(&CONFIGURATION);
    let found = names.into_iter().filter_map(|name| {
        let known = world.get(&place, name)?;
        let owner = (&place.account, &place.region);
        Some(Value::from(describe(&CONFIGURATION, owner, name, known)))
    });
    Ok(value!({"LaunchConfigurations": (found.collect::<Value>())}))
}

/// `DeleteLaunchConfiguration`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("LaunchConfigurationName")?;
    find(call, world, name)?;
    let groups = world.shelf(&call.place(&super::GROUP));
    if groups.values().any(|group| group.fact("LaunchConfigurationName") == Some(name)) {
        let message = format!(
            "Cannot delete launch configuration {name} because it is attached to an AutoScalingGroup"
        );
        return Err(Failure::new("ResourceInUse", message));
    }
    world.remove(&call.place(&CONFIGURATION), name);
    Ok(Value::object())
}

/// Whether instances of a launch configuration get public addresses; nothing if their subnets decide.
pub(super) fn public_address(world: &World, place: &Place, name: &str) -> Option<bool> {
    let known = world.get(&place.beside(&CONFIGURATION), name)?;
    known.value("AssociatePublicIpAddress").and_then(Value::as_bool)
}

/// What a launch configuration asks of EC2.
pub(super) fn request(world: &World, place: &Place, name: &str) -> Result<Object, Failure> {
    let known = world.get(&place.beside(&CONFIGURATION), name).ok_or_else(|| {
        let message = format!("The launch configuration {name} does not exist");
        Failure::new("ValidationError", message)
    })?;
    let facts = &known.facts;
    let mut input = Object::new();
    for (member, asked) in [
        ("ImageId", "ImageId"),
        ("InstanceType", "InstanceType"),
        ("KeyName", "KeyName"),
        ("UserData", "UserData"),
        ("SecurityGroups", "SecurityGroupIds"),
        ("BlockDeviceMappings", "BlockDeviceMappings"),
        ("InstanceMonitoring", "Monitoring"),
        ("EbsOptimized", "EbsOptimized"),
        ("MetadataOptions", "MetadataOptions"),
    ] {
        if let Some(value) = at(facts, member)
            && value.as_str() != Some("")
        {
            input.insert(asked, value.clone());
        }
    }
    match text(facts, "IamInstanceProfile") {
        "" => {}
        arn if arn.starts_with("arn:") => {
            input.insert("IamInstanceProfile", value!({"Arn": arn}));
        }
        name => {
            input.insert("IamInstanceProfile", value!({"Name": name}));
        }
    }
    Ok(input)
}
