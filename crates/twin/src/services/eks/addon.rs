//! Add-ons of clusters.

use reeve_model::Value;

use super::{
    cluster::{self, Begun, begin_update, in_use},
    member::Members,
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{Definition, Identity, TagForm},
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ADDON],
    operations: &[
        ("CreateAddon", Action::Own(create)),
        ("DescribeAddon", Action::Own(|call, world| MEMBERS.show(call, world))),
        ("ListAddons", Action::Own(|call, world| MEMBERS.list(call, world))),
        ("UpdateAddon", Action::Own(update)),
        ("DeleteAddon", Action::Own(|call, world| MEMBERS.delete(call, world))),
        ("DescribeAddonVersions", Action::Own(versions)),
    ],
    tasks: &[
        ("eks:addon-active", |world, task| MEMBERS.life.pass(world, task)),
        ("eks:addon-gone", |world, task| MEMBERS.life.pass(world, task)),
    ],
};

/// `AWS::EKS::Addon`: its id is the cluster's, a slash, and its name.
pub(super) static ADDON: Definition = Definition {
    resource_type: "AWS::EKS::Addon",
    tagging_type: "eks:addon",
    arn: "arn:{partition}:eks:{region}:{account}:addon/{id}/{uuid}",
    identity: &[
        ("clusterName", Identity::Segment(0)),
        ("addonName", Identity::Segment(1)),
        ("addonArn", Identity::Arn),
    ],
    tags: TagForm::Map("tags"),
    ..Definition::OF
};

/// Parameters that change what happens on AWS and are not heeded here.
const UNSUPPORTED: [&str; 4] =
    ["podIdentityAssociations", "namespaceConfig", "publishers", "owners"];

/// The add-ons there are, with their versions, oldest first.
const ADDONS: [(&str, &str, &[&str]); 6] = [
    ("aws-ebs-csi-driver", "storage", &["v1.45.0-eksbuild.2", "v1.48.0-eksbuild.1"]),
    ("aws-efs-csi-driver", "storage", &["v2.1.8-eksbuild.1"]),
    ("coredns", "networking", &["v1.11.4-eksbuild.2", "v1.12.1-eksbuild.2"]),
    ("eks-pod-identity-agent", "security", &["v1.3.7-eksbuild.2"]),
    ("kube-proxy", "networking", &["v1.32.6-eksbuild.6", "v1.33.3-eksbuild.4"]),
    ("vpc-cni", "networking", &["v1.19.5-eksbuild.3", "v1.20.1-eksbuild.3"]),
];

static MEMBERS: Members = Members {
    kind: &ADDON,
    life: Lifecycle {
        member: "status",
        passing: &[
            ("CREATING", "eks:addon-active", Some("ACTIVE")),
            ("DELETING", "eks:addon-gone", None),
        ],
        ..Lifecycle::OF
    },
    name: "addonName",
    outputs: ("addon", "addons"),
    missing: "No addon: {name} found in cluster: {cluster}",
    deletion: 20,
};

/// The version asked for, or the newest.
fn version(call: &Call, name: &str) -> Result<String, Failure> {
    let known = ADDONS.iter().find(|(known, ..)| *known == name);
    let (_, _, versions) =
        known.ok_or_else(|| call.invalid(format!("Addon {name} specified is not supported")))?;
    let wanted = call.text("addonVersion").or(versions.last().copied()).unwrap_or_default();
    if versions.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    Err(call.invalid("Addon version specified is not supported"))
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let cluster = cluster::idle(call, world, "clusterName")?;
    let name = call.required("addonName")?;
    let id = format!("{cluster}/{name}");
    if call.resource(world, &ADDON, &id).is_some() {
        return Err(in_use("Addon already exists."));
    }
    let mut described = object! {
        "status": "CREATING", "addonVersion": (version(call, name)?), "health": {"issues": []},
        "createdAt": (call.now), "modifiedAt": (call.now),
    };
    described.extend(call.given_texts(["serviceAccountRoleArn", "configurationValues"]));
    let tags = tagging::checked(call, tagging::mapped(call, "tags"))?;
    let place = call.place(&ADDON);
    world.put(place.clone(), id.as_str(), Resource::new(facts(described), tags.into()));
    MEMBERS.life.enter(world, &place, &id, ("CREATING", 60));
    MEMBERS.answer(call, world, &id)
}

fn update(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (id, found) = MEMBERS.named(call, world)?;
    if !matches!(found.fact("status"), Some("ACTIVE" | "DEGRADED")) {
        return Err(in_use("Addon is being changed"));
    }
    let wanted = version(call, call.required("addonName")?)?;
    let mut changes = object! {"addonVersion": (wanted.as_str()), "modifiedAt": (call.now)};
    changes.extend(call.given_texts(["serviceAccountRoleArn", "configurationValues"]));
    let begun =
        Begun { kind: "AddonUpdate", params: vec![("AddonVersion", wanted)], changes, seconds: 60 };
    let update = begin_update(world, &call.place(&ADDON), &id, &begun);
    Ok(value!({"update": (update)}))
}

fn versions(call: &Call, _: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let wanted = call.text("addonName");
    let shown = ADDONS.iter().filter(|(name, ..)| wanted.is_none_or(|wanted| wanted == *name)).map(|(name, of_type, versions)| {
        let versions = versions.iter().rev().map(|version| {
            let works = ["1.32", "1.33", "1.34"].into_iter().map(|cluster| {
                value!({"clusterVersion": (cluster), "defaultVersion": false, "platformVersions": ["*"]})
            });
            value!({"addonVersion": (*version), "architecture": ["amd64", "arm64"], "compatibilities": (works.collect::<Value>())})
        });
        value!({"addonName": (*name), "type": (*of_type), "publisher": "eks", "owner": "aws", "addonVersions": (versions.collect::<Value>())})
    });
    Ok(value!({"addons": (shown.collect::<Value>())}))
}
