//! Clusters, container instances, capacity providers, and tags of everything.

use reeve_model::{Object, Value};

use super::{PAGES, client_error, cluster_name, definition, service, task};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, Create, Delete, NewId, TagAccess, TagInput},
    services::Part,
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&CLUSTER, &CONTAINER_INSTANCE, &CAPACITY_PROVIDER],
    operations: &[
        ("CreateCluster", Action::Own(create)),
        ("DescribeClusters", Action::Own(show)),
        ("ListClusters", Action::Own(list)),
        ("UpdateCluster", Action::Own(update)),
        ("UpdateClusterSettings", Action::Own(update)),
        ("PutClusterCapacityProviders", Action::Own(put_providers)),
        ("DeleteCluster", Action::Own(delete)),
        ("RegisterContainerInstance", Action::Own(register)),
        ("DeregisterContainerInstance", Action::Own(deregister)),
        ("DescribeContainerInstances", Action::Own(show_instances)),
        ("ListContainerInstances", Action::Own(list_instances)),
        ("UpdateContainerInstancesState", Action::Own(update_state)),
        ("CreateCapacityProvider", Action::Create(&CREATE_PROVIDER)),
        ("DescribeCapacityProviders", Action::Own(show_providers)),
        ("DeleteCapacityProvider", Action::Delete(&DELETE_PROVIDER)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[],
};

/// `AWS::ECS::Cluster`.
pub(crate) static CLUSTER: Definition = Definition {
    resource_type: "AWS::ECS::Cluster",
    tagging_type: "ecs:cluster",
    arn: "arn:{partition}:ecs:{region}:{account}:cluster/{id}",
    identity: &[("clusterName", Identity::Id), ("clusterArn", Identity::Arn)],
    tags: TagForm::LowerList("tags"),
    missing: Missing::new("ClusterNotFoundException", "Cluster not found."),
    sample: Some(|_| {
        serde_json::json!({
            "status": "ACTIVE", "settings": [{"name": "containerInsights", "value": "disabled"}],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"], "defaultCapacityProviderStrategy": [], "statistics": [],
        })
    }),
    ..Definition::OF
};

/// An instance that runs tasks of a cluster: its id is the cluster's, a slash, and its own.
pub(super) static CONTAINER_INSTANCE: Definition = Definition {
    resource_type: "AWS::ECS::ContainerInstance",
    tagging_type: "ecs:container-instance",
    arn: "arn:{partition}:ecs:{region}:{account}:container-instance/{id}",
    identity: &[("containerInstanceArn", Identity::Arn)],
    tags: TagForm::LowerList("tags"),
    missing: Missing::new(
        "InvalidParameterException",
        "The specified container instance is not a valid container instance.",
    ),
    ..Definition::OF
};

/// `AWS::ECS::CapacityProvider`.
static CAPACITY_PROVIDER: Definition = Definition {
    resource_type: "AWS::ECS::CapacityProvider",
    tagging_type: "ecs:capacity-provider",
    arn: "arn:{partition}:ecs:{region}:{account}:capacity-provider/{id}",
    identity: &[("name", Identity::Id), ("capacityProviderArn", Identity::Arn)],
    tags: TagForm::LowerList("tags"),
    missing: Missing::new(
        "InvalidParameterException",
        "The specified capacity provider does not exist.",
    ),
    ..Definition::OF
};

static TAGS: TagAccess = TagAccess {
    arn: "resourceArn",
    kinds: &[
        &CLUSTER,
        &service::SERVICE,
        &task::TASK,
        &definition::DEFINITION,
        &CONTAINER_INSTANCE,
        &CAPACITY_PROVIDER,
    ],
    tags: TagInput::LowerList("tags"),
    keys: "tagKeys",
    output: "tags",
    ..TagAccess::OF
};

static CREATE_PROVIDER: Create = Create {
    kind: &CAPACITY_PROVIDER,
    id: NewId::Member("name"),
    keep: &[("autoScalingGroupProvider", "autoScalingGroupProvider")],
    facts: |_, _| object! {"status": "ACTIVE", "type": "EC2_AUTOSCALING"},
    tags: TagInput::LowerList("tags"),
    exists: ("ClientException", "The specified capacity provider already exists."),
    wrap: "capacityProvider",
    ..Create::OF
};

static DELETE_PROVIDER: Delete = Delete {
    kind: &CAPACITY_PROVIDER,
    id: "capacityProvider",
    wrap: "capacityProvider",
    ..Delete::OF
};

/// The cluster that a call is about, if it is there.
pub(super) fn of_call(call: &Call, world: &World) -> Result<String, Failure> {
    let name = cluster_name(call);
    let found = call.find(world, &CLUSTER, &name)?;
    if found.fact("status") != Some("ACTIVE") {
        return Err(Failure::new("ClusterNotFoundException", "Cluster not found."));
    }
    Ok(name)
}

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.text("clusterName").unwrap_or("default").to_owned();
    let place = call.place(&CLUSTER);
    // Creating a cluster that exists shows it.
    if world.get(&place, &name).is_none_or(|found| found.fact("status") != Some("ACTIVE")) {
        let given = tagging::lower_listed(call, "tags");
        tagging::check(call, &given)?;
        let mut described = object! {
            "status": "ACTIVE",
            "statistics": [],
            "settings": [{"name": "containerInsights", "value": "disabled"}],
            "capacityProviders": [],
            "defaultCapacityProviderStrategy": [],
        };
        described.extend(call.given([
            "settings",
            "configuration",
            "capacityProviders",
            "defaultCapacityProviderStrategy",
            "serviceConnectDefaults",
        ]));
        let tags: reeve_types::Tags = given.into_iter().collect();
        world.put(place, name.as_str(), Resource::new(facts(described), tags.into()));
    }
    shown(call, world, &name)
}

fn shown(call: &Call, world: &World, name: &str) -> Answer {
    Ok(call.fit(Value::from_iter([("cluster", counted(call, world, name))])))
}

/// A cluster with how much is in it.
fn counted(call: &Call, world: &World, name: &str) -> Object {
    let Some(found) = call.resource(world, &CLUSTER, name) else { return Object::new() };
    let mut description = call.describe(&CLUSTER, name, found);
    let prefix = format!("{name}/");
    let count = |kind, keep: &dyn Fn(&Resource) -> bool| {
        let found = world
            .shelf(&call.place(kind))
            .iter()
            .filter(|(id, one)| id.starts_with(&prefix) && keep(one))
            .count();
        i64::try_from(found).unwrap_or(i64::MAX)
    };
    let tasks =
        |status: &'static str| count(&task::TASK, &|one| one.fact("lastStatus") == Some(status));
    description.insert("runningTasksCount", tasks("RUNNING"));
    description.insert("pendingTasksCount", tasks("PROVISIONING") + tasks("PENDING"));
    description.insert(
        "activeServicesCount",
        count(&service::SERVICE, &|one| one.fact("status") == Some("ACTIVE")),
    );
    description.insert("registeredContainerInstancesCount", count(&CONTAINER_INSTANCE, &|_| true));
    description
}

fn show(call: &Call, world: &mut World) -> Answer {
    let named = call.texts("clusters");
    let named = if named.is_empty() { vec!["default"] } else { named };
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in named {
        let id = name.rsplit('/').next().unwrap_or(name);
        if call.resource(world, &CLUSTER, id).is_some() {
            found.push(Value::from(counted(call, world, id)));
        } else {
            failures.push(missing(&CLUSTER.arn(call.account(), &call.region, id)));
        }
    }
    Ok(call.fit(value!({"clusters": (found), "failures": (failures)})))
}

/// How ECS says that one of several things is not there.
pub(super) fn missing(arn: &str) -> Value {
    value!({"arn": (arn), "reason": "MISSING"})
}

fn list(call: &Call, world: &mut World) -> Answer {
    let show = |id: &str, _: &Resource, _| Value::from(call.arn_of(&CLUSTER, id));
    PAGES.list(
        (call, world),
        (&CLUSTER, "clusterArns"),
        |_, one| one.fact("status") == Some("ACTIVE"),
        show,
    )
}

fn update(call: &Call, world: &mut World) -> Answer {
    let name = of_call(call, world)?;
    world.change(&call.place(&CLUSTER), &name, |facts| {
        facts.extend(call.given(["settings", "configuration", "serviceConnectDefaults"]));
    });
    shown(call, world, &name)
}

fn put_providers(call: &Call, world: &mut World) -> Answer {
    let name = of_call(call, world)?;
    for provider in call.texts("capacityProviders") {
        if !provider.starts_with("FARGATE")
            && call.resource(world, &CAPACITY_PROVIDER, provider).is_none()
        {
            return Err(call.invalid("The specified capacity provider does not exist. Specify a valid name and try again."));
        }
    }
    world.change(&call.place(&CLUSTER), &name, |facts| {
        facts.insert("capacityProviders", call.list("capacityProviders").to_vec());
        facts.insert(
            "defaultCapacityProviderStrategy",
            call.list("defaultCapacityProviderStrategy").to_vec(),
        );
    });
    shown(call, world, &name)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = of_call(call, world)?;
    let prefix = format!("{name}/");
    let any = |kind, keep: &dyn Fn(&Resource) -> bool| {
        world.shelf(&call.place(kind)).iter().any(|(id, one)| id.starts_with(&prefix) && keep(one))
    };
    if any(&service::SERVICE, &|one| one.fact("status") == Some("ACTIVE")) {
        return Err(Failure::new(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        ));
    }
    if any(&task::TASK, &|one| one.fact("lastStatus") != Some("STOPPED")) {
        return Err(Failure::new(
            "ClusterContainsTasksException",
            "The Cluster cannot be deleted while Tasks are active.",
        ));
    }
    if any(&CONTAINER_INSTANCE, &|_| true) {
        let message =
            "The Cluster cannot be deleted while Container Instances are active or draining.";
        return Err(Failure::new("ClusterContainsContainerInstancesException", message));
    }
    let mut description = counted(call, world, &name);
    description.insert("status", "INACTIVE");
    world.remove(&call.place(&CLUSTER), &name);
    Ok(call.fit(Value::from_iter([("cluster", description)])))
}

fn register(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["filter", "platformDevices"])?;
    let cluster = of_call(call, world)?;
    let document = call.text("instanceIdentityDocument").unwrap_or("{}");
    let document = serde_json::from_str::<serde_json::Value>(document).unwrap_or_default();
    let instance = document.get("instanceId").and_then(serde_json::Value::as_str);
    let instance =
        instance.ok_or_else(|| client_error("Instance identity document is not valid"))?;
    let described = object! {
        "ec2InstanceId": (instance),
        "status": "ACTIVE",
        "agentConnected": true,
        "runningTasksCount": 0_i64,
        "pendingTasksCount": 0_i64,
        "registeredAt": (call.now),
        "version": 1_i64,
        "versionInfo": (call.input.get("versionInfo").cloned().unwrap_or_else(Value::object)),
        "registeredResources": (call.list("totalResources").to_vec()),
        "remainingResources": (call.list("totalResources").to_vec()),
        "attributes": (call.list("attributes").to_vec()),
        "attachments": [],
    };
    let id = format!("{cluster}/{}", world.random_hex(32));
    let place = call.place(&CONTAINER_INSTANCE);
    world.put(place, id.as_str(), Resource::new(facts(described), std::sync::Arc::default()));
    service::nudge_all(world, &call.place(&service::SERVICE), &cluster);
    instance_answer(call, world, &id)
}

fn instance_answer(call: &Call, world: &World, id: &str) -> Answer {
    let found = call.find(world, &CONTAINER_INSTANCE, id)?;
    let shown = call.describe(&CONTAINER_INSTANCE, id, found);
    Ok(call.fit(Value::from_iter([("containerInstance", shown)])))
}

fn instance_id(cluster: &str, named: &str) -> String {
    format!("{cluster}/{}", named.rsplit('/').next().unwrap_or(named))
}

fn deregister(call: &Call, world: &mut World) -> Answer {
    let cluster = of_call(call, world)?;
    let id = instance_id(&cluster, call.required("containerInstance")?);
    let mut output = instance_answer(call, world, &id)?;
    if let Some(shown) = output
        .as_object_mut()
        .and_then(|o| o.get_mut("containerInstance"))
        .and_then(Value::as_object_mut)
    {
        shown.insert("status", "INACTIVE");
    }
    world.remove(&call.place(&CONTAINER_INSTANCE), &id);
    Ok(output)
}

fn show_instances(call: &Call, world: &mut World) -> Answer {
    let cluster = of_call(call, world)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for named in call.texts("containerInstances") {
        let id = instance_id(&cluster, named);
        match call.resource(world, &CONTAINER_INSTANCE, &id) {
            Some(one) => found.push(Value::from(call.describe(&CONTAINER_INSTANCE, &id, one))),
            None => {
                failures.push(missing(&CONTAINER_INSTANCE.arn(call.account(), &call.region, &id)));
            }
        }
    }
    Ok(call.fit(value!({"containerInstances": (found), "failures": (failures)})))
}

fn list_instances(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["filter", "platformDevices"])?;
    let prefix = format!("{}/", of_call(call, world)?);
    let status = call.text("status");
    let keep = |id: &str, one: &Resource| {
        id.starts_with(&prefix) && status.is_none_or(|s| one.fact("status") == Some(s))
    };
    let show = |id: &str, _: &Resource, _| Value::from(call.arn_of(&CONTAINER_INSTANCE, id));
    PAGES.list((call, world), (&CONTAINER_INSTANCE, "containerInstanceArns"), keep, show)
}

fn update_state(call: &Call, world: &mut World) -> Answer {
    let cluster = of_call(call, world)?;
    let status = call.required("status")?;
    if !["ACTIVE", "DRAINING"].contains(&status) {
        return Err(call.invalid("Container instance status must be ACTIVE or DRAINING."));
    }
    let place = call.place(&CONTAINER_INSTANCE);
    for named in call.texts("containerInstances") {
        world.set(&place, &instance_id(&cluster, named), "status", status);
    }
    show_instances(call, world)
}

fn show_providers(call: &Call, world: &mut World) -> Answer {
    let named = call.texts("capacityProviders");
    let mut shown: Vec<Value> = ["FARGATE", "FARGATE_SPOT"]
        .into_iter()
        .filter(|name| named.is_empty() || named.contains(name))
        .map(|name| value!({"name": (name), "status": "ACTIVE", "capacityProviderArn": (call.arn_of(&CAPACITY_PROVIDER, name))}))
        .collect();
    for (id, one) in world.shelf(&call.place(&CAPACITY_PROVIDER)) {
        let arn = call.arn_of(&CAPACITY_PROVIDER, id);
        if named.is_empty() || named.contains(&id.as_str()) || named.contains(&arn.as_str()) {
            shown.push(call.describe(&CAPACITY_PROVIDER, id, one).into());
        }
    }
    Ok(call.fit(value!({"capacityProviders": (shown)})))
}

/// Whether a cluster has an instance that takes tasks.
pub(super) fn has_room(world: &World, place: &Place, cluster: &str) -> bool {
    let prefix = format!("{cluster}/");
    let shelf = world.shelf(&place.beside(&CONTAINER_INSTANCE));
    shelf.iter().any(|(id, one)| id.starts_with(&prefix) && one.fact("status") == Some("ACTIVE"))
}
