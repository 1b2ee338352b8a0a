//! Managed node groups.

use reeve_model::{Object, Value};

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
    kinds: &[&NODEGROUP],
    operations: &[
        ("CreateNodegroup", Action::Own(create)),
        ("DescribeNodegroup", Action::Own(|call, world| MEMBERS.show(call, world))),
        ("ListNodegroups", Action::Own(|call, world| MEMBERS.list(call, world))),
        ("UpdateNodegroupConfig", Action::Own(update_config)),
        ("UpdateNodegroupVersion", Action::Own(update_version)),
        ("DeleteNodegroup", Action::Own(|call, world| MEMBERS.delete(call, world))),
    ],
    tasks: &[
        ("eks:nodegroup-active", |world, task| MEMBERS.life.pass(world, task)),
        ("eks:nodegroup-gone", |world, task| MEMBERS.life.pass(world, task)),
    ],
};

/// `AWS::EKS::Nodegroup`: its id is the cluster's, a slash, and its name.
pub(super) static NODEGROUP: Definition = Definition {
    resource_type: "AWS::EKS::Nodegroup",
    tagging_type: "eks:nodegroup",
    arn: "arn:{partition}:eks:{region}:{account}:nodegroup/{id}/{uuid}",
    identity: &[
        ("clusterName", Identity::Segment(0)),
        ("nodegroupName", Identity::Segment(1)),
        ("nodegroupArn", Identity::Arn),
    ],
    tags: TagForm::Map("tags"),
    ..Definition::OF
};

static MEMBERS: Members = Members {
    kind: &NODEGROUP,
    life: Lifecycle {
        member: "status",
        passing: &[
            ("CREATING", "eks:nodegroup-active", Some("ACTIVE")),
            ("DELETING", "eks:nodegroup-gone", None),
        ],
        ..Lifecycle::OF
    },
    name: "nodegroupName",
    outputs: ("nodegroup", "nodegroups"),
    missing: "No node group found for name: {name}.",
    deletion: 240,
};

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["nodeRepairConfig", "warmPoolConfig"])?;
    let cluster = cluster::idle(call, world, "clusterName")?;
    let name = call.required("nodegroupName")?;
    let id = format!("{cluster}/{name}");
    if call.resource(world, &NODEGROUP, &id).is_some() {
        return Err(in_use(format!(
            "NodeGroup already exists with name {name} and cluster name {cluster}"
        )));
    }
    let version =
        call.find(world, &super::CLUSTER, &cluster)?.fact("version").unwrap_or_default().to_owned();
    let mut described = object! {
        "createdAt": (call.now), "modifiedAt": (call.now), "status": "CREATING", "version": (version.as_str()),
        "releaseVersion": (format!("{version}.1-20260201")), "capacityType": "ON_DEMAND",
        "scalingConfig": {"minSize": 1_i64, "maxSize": 2_i64, "desiredSize": 2_i64}, "instanceTypes": ["t3.medium"],
        "amiType": "AL2023_x86_64_STANDARD", "diskSize": 20_i64, "health": {"issues": []}, "updateConfig": {"maxUnavailable": 1_i64},
        "resources": {"autoScalingGroups": [{"name": (format!("eks-{name}-{}", world.random_hex(8)))}]},
    };
    described.extend(call.given([
        "scalingConfig",
        "diskSize",
        "subnets",
        "instanceTypes",
        "amiType",
        "remoteAccess",
        "nodeRole",
        "labels",
        "taints",
        "capacityType",
        "updateConfig",
        "launchTemplate",
        "releaseVersion",
    ]));
    let tags = tagging::checked(call, tagging::mapped(call, "tags"))?;
    let place = call.place(&NODEGROUP);
    world.put(place.clone(), id.as_str(), Resource::new(facts(described), tags.into()));
    let seconds = 150 + world.random_between(0, 60);
    MEMBERS.life.enter(world, &place, &id, ("CREATING", seconds));
    MEMBERS.answer(call, world, &id)
}

fn idle(found: &Resource) -> Result<(), Failure> {
    match found.fact("status") {
        Some("ACTIVE" | "DEGRADED") => Ok(()),
        status => Err(in_use(format!(
            "Nodegroup cannot be updated as it is currently not in Active State: {}",
            status.unwrap_or_default()
        ))),
    }
}

fn update_config(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["nodeRepairConfig", "warmPoolConfig"])?;
    let (id, found) = MEMBERS.named(call, world)?;
    idle(found)?;
    let mut changes = Object::new();
    if let Some(scaling) = call.object("scalingConfig") {
        let mut all =
            found.value("scalingConfig").and_then(Value::as_object).cloned().unwrap_or_default();
        all.extend(scaling.clone());
        changes.insert("scalingConfig", all);
    }
    changes.extend(call.given(["updateConfig"]));
    if let Some(labels) = call.input.get("labels") {
        let mut all = found.value("labels").and_then(Value::as_object).cloned().unwrap_or_default();
        all.extend(
            labels.get("addOrUpdateLabels").and_then(Value::as_object).cloned().unwrap_or_default(),
        );
        for label in labels.list("removeLabels") {
            all.remove(label.as_str().unwrap_or_default());
        }
        changes.insert("labels", all);
    }
    let begun = Begun { kind: "ConfigUpdate", params: Vec::new(), changes, seconds: 90 };
    let update = begin_update(world, &call.place(&NODEGROUP), &id, &begun);
    Ok(value!({"update": (update)}))
}

fn update_version(call: &Call, world: &mut World) -> Answer {
    let (id, found) = MEMBERS.named(call, world)?;
    idle(found)?;
    let cluster = call.required("clusterName")?;
    let of_cluster =
        call.find(world, &super::CLUSTER, cluster)?.fact("version").unwrap_or_default().to_owned();
    let wanted = call.text("version").map_or(of_cluster.clone(), str::to_owned);
    if wanted > of_cluster {
        return Err(call.invalid(format!(
            "Requested Nodegroup version {wanted} is ahead of the cluster version {of_cluster}"
        )));
    }
    let release = format!("{wanted}.1-20260201");
    let begun = Begun {
        kind: "VersionUpdate",
        params: vec![("Version", wanted.clone()), ("ReleaseVersion", release.clone())],
        changes: object! {"version": (wanted), "releaseVersion": (release)},
        seconds: 900,
    };
    let update = begin_update(world, &call.place(&NODEGROUP), &id, &begun);
    Ok(value!({"update": (update)}))
}
