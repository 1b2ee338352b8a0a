//! `RunInstances`: instances with their volumes and interfaces.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    attachment::{self, Attachment},
    defaults,
    devices::{self, Device},
    image::{self, Image},
    instance::{self, INSTANCE},
    instance_types::{self, InstanceType},
    landing::{self, Landing},
    launch_template, lifecycle,
    power::{self, Boot},
    profile, quota, settings,
    support::{
        number, refuse, resource, says_something, specified_in, text, truth, unsupported,
        value as at,
    },
    volume::{self, VOLUME},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::describe,
    store::Place,
    value::{object, value},
    world::World,
};

/// The largest user data, in bytes before encoding.
const USER_DATA: usize = 16 * 1024;

/// A launch that has been checked.
struct Launch {
    /// The request, filled up from its launch template.
    input: Object,
    image: Image,
    kind: &'static InstanceType,
    landing: Landing,
    devices: Vec<Device>,
    profile: Option<Value>,
    tags: Tags,
    volume_tags: Tags,
    count: i64,
    /// What the account has chosen for the metadata of new instances.
    account: Object,
}

/// `RunInstances`.
pub(super) fn run(call: &Call, world: &mut World) -> Answer {
    let launch = check(call, world)?;
    let place = call.place(&INSTANCE);
    let reservation = format!("r-0{}", world.random_hex(16));
    let mut made = Vec::new();
    for index in 0..launch.count {
        match create(call, world, &launch, (&reservation, index)) {
            Ok(id) => made.push(id),
            // What cannot be had for the first is refused; later ones only make fewer.
            Err(failure) if i64::try_from(made.len()).unwrap_or(0) < least(call) => {
                for id in made {
                    abandon(world, &place, &id);
                }
                return Err(failure);
            }
            Err(_) => break,
        }
    }
    image::launched(call, world, &launch.image.id);
    let owner = (&place.account, &place.region);
    let instances = made
        .iter()
        .filter_map(|id| Some(Value::from(describe(&INSTANCE, owner, id, world.get(&place, id)?))));
    let instances: Value = instances.collect();
    Ok(value!({
        "ReservationId": reservation,
        "OwnerId": (call.account().as_str()),
        "Groups": [],
        "Instances": instances,
    }))
}

fn least(call: &Call) -> i64 {
    call.integer("MinCount").unwrap_or(1)
}

fn check(call: &Call, world: &mut World) -> Result<Launch, Failure> {
    let input = filled(call, world)?;
    refuse_unsupported(call, &input)?;
    let (least, most) = (least(call), call.integer("MaxCount").unwrap_or(1));
    if least < 1 || most < least {
        let message = if least < 1 {
            format!("Invalid value '{least}' for MinCount. Minimum value is 1.")
        } else {
            format!(
                "Invalid value '{most}' for MaxCount. Must be equal to or greater than MinCount ('{least}')."
            )
        };
        return Err(call.invalid(message));
    }
    let image = match text(&input, "ImageId") {
        "" => {
            let message = "The request must contain the parameter ImageId";
            return Err(Failure::new("MissingParameter", message));
        }
        id => image::usable(call, world, id)?,
    };
    let kind = machine(call, &input, &image)?;
    check_user_data(call, &input)?;
    if !text(&input, "KeyName").is_empty() {
        super::key_pair::find(call, world, text(&input, "KeyName"))?;
    }
    let landing = landing::find(call, world, &input)?;
    let devices = devices::settle(call, world, (&input, &image), &landing.zone)?;
    let profile = profile::resolve(call, world, at(&input, "IamInstanceProfile"))?;
    let count = quota::fitting(call, world, kind, (least, most))?;
    let specifications = super::support::list(&input, "TagSpecifications").to_vec();
    let tags = specified_in(call, &specifications, "instance")?;
    let volume_tags = specified_in(call, &specifications, "volume")?;
    let account = defaults::metadata(world, &call.place(&settings::SETTINGS));
    Ok(Launch { input, image, kind, landing, devices, profile, tags, volume_tags, count, account })
}

/// The request with what its launch template says and it does not.
fn filled(call: &Call, world: &World) -> Result<Object, Failure> {
    let asked = call.input.as_object().cloned().unwrap_or_default();
    let Some(reference) = call.input.get("LaunchTemplate") else { return Ok(asked) };
    let (id, version, mut data) = launch_template::resolve(call, world, reference)?;
    for (member, value) in asked.iter() {
        data.insert(member, value.clone());
    }
    data.insert("TemplateId", id);
    data.insert("TemplateVersion", version.to_string());
    Ok(data)
}

fn refuse_unsupported(call: &Call, input: &Object) -> Result<(), Failure> {
    refuse(
        call,
        &[
            "CapacityReservationSpecification.CapacityReservationTarget",
            "ElasticGpuSpecification",
            "ElasticInferenceAccelerators",
            "EnablePrimaryIpv6",
            "HibernationOptions",
            "Ipv6AddressCount",
            "Ipv6Addresses",
            "KernelId",
            "LicenseSpecifications",
            "Operator",
            "RamdiskId",
            "SecondaryInterfaces",
        ],
    )?;
    for member in ["InstanceMarketOptions", "Placement.HostId", "Placement.HostResourceGroupArn"] {
        if at(input, member).is_some_and(says_something) {
            return Err(unsupported(call, member));
        }
    }
    match text(input, "Placement.Tenancy") {
        "" | "default" => Ok(()),
        _ => Err(unsupported(call, "Placement.Tenancy")),
    }
}

fn machine(call: &Call, input: &Object, image: &Image) -> Result<&'static InstanceType, Failure> {
    let name = text(input, "InstanceType");
    if name.is_empty() {
        // What AWS would take, m1.small, starts no image of today.
        let message = "The requested configuration is currently not supported. Please check the \
                       documentation for supported configurations.";
        return Err(Failure::new("Unsupported", message));
    }
    let kind = instance_types::named(name)
        .ok_or_else(|| call.invalid(format!("Invalid value '{name}' for InstanceType.")))?;
    let architecture = text(&image.facts, "Architecture");
    if !kind.runs(architecture) {
        let message = format!(
            "The architecture '{}' of the specified instance type does not match the architecture '{architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
            kind.architecture
        );
        return Err(call.invalid(message));
    }
    Ok(kind)
}

fn check_user_data(call: &Call, input: &Object) -> Result<(), Failure> {
    use base64::Engine;
    let encoded = text(input, "UserData");
    let decoded =
        base64::engine::general_purpose::STANDARD.decode(encoded.replace(['\n', '\r'], ""));
    let Ok(decoded) = decoded else {
        return Err(call.invalid("Invalid BASE64 encoding of user data."));
    };
    if decoded.len() > USER_DATA {
        return Err(call.invalid("User data is limited to 16384 bytes"));
    }
    Ok(())
}

/// Makes one instance, which begins to boot.
fn create(
    call: &Call,
    world: &mut World,
    launch: &Launch,
    (reservation, index): (&str, i64),
) -> Result<String, Failure> {
    let place = call.place(&INSTANCE);
    let id = format!("i-0{}", world.random_hex(16));
    let mut tags = launch.tags.clone();
    if !text(&launch.input, "TemplateId").is_empty() {
        for (key, member) in [("id", "TemplateId"), ("version", "TemplateVersion")] {
            let value = text(&launch.input, member).to_owned();
            tags.insert(format!("aws:ec2launchtemplate:{key}"), value);
        }
    }
    let made = resource(described(call, launch, index), tags).with_inside(hidden(
        call,
        launch,
        reservation,
    ));
    world.put(place.clone(), id.clone(), made);
    if let Err(failure) = landing::land(call, world, (&place, &id), &launch.landing) {
        world.remove(&place, &id);
        return Err(failure);
    }
    for device in &launch.devices {
        let shelf = place.beside(&VOLUME);
        let facts = device.volume.clone();
        let volume = volume::make(world, &shelf, (facts, launch.volume_tags.clone()), "in-use");
        let attachment = Attachment {
            volume: &volume,
            instance: &id,
            device: &device.name,
            delete_on_termination: device.delete_on_termination,
        };
        attachment::join(world, &place, &attachment, "attached");
        volume::announce(world, &shelf, &volume, ("createVolume", "available", ""));
    }
    if let Some(profile) = &launch.profile {
        profile::associate(world, &place, &id, profile.clone());
    }
    power::begin_boot(world, &place, &id, Boot::First);
    Ok(id)
}

/// Undoes a launch that was not to be.
fn abandon(world: &mut World, place: &Place, id: &str) {
    power::begin_termination(world, place, id, instance::Reason::Server);
}

/// What callers see of a new instance.
fn described(call: &Call, launch: &Launch, index: i64) -> Object {
    let Launch { input, image, kind, landing, .. } = launch;
    let mut facts = object! {
        "AmiLaunchIndex": index,
        "Architecture": (text(&image.facts, "Architecture")),
        "BlockDeviceMappings": [],
        "ClientToken": (text(input, "ClientToken")),
        "CpuOptions": {"CoreCount": (kind.cores()), "ThreadsPerCore": (kind.threads_per_core)},
        "EbsOptimized": (truth(input, "EbsOptimized").unwrap_or(false)),
        "EnaSupport": true,
        "EnclaveOptions": {"Enabled": (truth(input, "EnclaveOptions.Enabled").unwrap_or(false))},
        "HibernationOptions": {"Configured": false},
        "Hypervisor": "xen",
        "ImageId": (image.id.as_str()),
        "InstanceType": (kind.name),
        "LaunchTime": (call.now),
        "MaintenanceOptions": {"AutoRecovery": "default"},
        "MetadataOptions": (metadata(launch)),
        "Monitoring": {"State": (monitoring(input))},
        "Placement": {
            "AvailabilityZone": (landing.zone.as_str()),
            "AvailabilityZoneId": (landing::zone_id(call, landing)),
            "GroupName": (text(input, "Placement.GroupName")),
            "Tenancy": "default",
        },
        "PlatformDetails": (text(&image.facts, "PlatformDetails")),
        "ProductCodes": [],
        "RootDeviceName": (text(&image.facts, "RootDeviceName")),
        "RootDeviceType": "ebs",
        "SourceDestCheck": true,
        "State": (instance::shown(lifecycle::InstanceState::Pending)),
        "UsageOperation": (text(&image.facts, "UsageOperation")),
        "UsageOperationUpdateTime": (call.now),
        "VirtualizationType": "hvm",
    };
    for (member, value) in [
        ("KeyName", text(input, "KeyName")),
        ("Platform", text(&image.facts, "Platform")),
        ("BootMode", text(&image.facts, "BootMode")),
    ] {
        if !value.is_empty() {
            facts.insert(member, value);
        }
    }
    facts
}

fn monitoring(input: &Object) -> &'static str {
    if truth(input, "Monitoring.Enabled") == Some(true) { "enabled" } else { "disabled" }
}

/// How the instance's metadata may be read: as asked, as the account has chosen, as the image demands, or as is usual.
fn metadata(launch: &Launch) -> Value {
    let Launch { input, image, account, .. } = launch;
    let demands = text(&image.facts, "ImdsSupport") == "v2.0";
    let or = |member: &str, usual: &'static str| {
        let asked = text(input, &format!("MetadataOptions.{member}")).to_owned();
        let chosen = text(account, member);
        match (asked.as_str(), chosen) {
            ("", "") => usual.to_owned(),
            ("", chosen) => chosen.to_owned(),
            _ => asked,
        }
    };
    let hops = number(input, "MetadataOptions.HttpPutResponseHopLimit")
        .or_else(|| number(account, "HttpPutResponseHopLimit"));
    value!({
        "State": "applied",
        "HttpTokens": (or("HttpTokens", if demands { "required" } else { "optional" })),
        "HttpPutResponseHopLimit": (hops.unwrap_or(if demands { 2 } else { 1 })),
        "HttpEndpoint": (or("HttpEndpoint", "enabled")),
        "HttpProtocolIpv6": (or("HttpProtocolIpv6", "disabled")),
        "InstanceMetadataTags": (or("InstanceMetadataTags", "disabled")),
    })
}

/// What EC2 knows of a new instance and shows elsewhere.
fn hidden(call: &Call, launch: &Launch, reservation: &str) -> Object {
    let input = &launch.input;
    let mut inside = object! {
        "ReservationId": reservation,
        "UserData": (text(input, "UserData")),
        "DisableApiTermination": (truth(input, "DisableApiTermination").unwrap_or(false)),
        "DisableApiStop": (truth(input, "DisableApiStop").unwrap_or(false)),
        "System": (launch.image.system.as_str()),
    };
    let shutdown = text(input, "InstanceInitiatedShutdownBehavior");
    inside.insert(
        "InstanceInitiatedShutdownBehavior",
        if shutdown.is_empty() { "stop" } else { shutdown },
    );
    let credits = text(input, "CreditSpecification.CpuCredits");
    if launch.kind.is_burstable() {
        let usual = if launch.kind.family() == "t2" { "standard" } else { "unlimited" };
        inside.insert("CpuCredits", if credits.is_empty() { usual } else { credits });
    }
    if let Some(service) = &call.caller.invoked_by {
        inside.insert("RequesterId", service.as_str());
    }
    inside
}
