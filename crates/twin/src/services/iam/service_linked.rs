//! Roles that belong to services of AWS.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{
    common::{named, unique_id},
    kinds::{ROLE, ROLE_DELETION},
    managed, roles,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    store::{Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ROLE_DELETION],
    operations: &[
        ("CreateServiceLinkedRole", Action::Own(create)),
        ("DeleteServiceLinkedRole", Action::Own(delete)),
        ("GetServiceLinkedRoleDeletionStatus", Action::Own(status)),
    ],
    tasks: &[("iam:service-linked-role-deleted", deleted)],
};

const TAKES: SignedDuration = SignedDuration::from_secs(10);

/// Services, the names of their roles, and the policy of each where it is among the known ones.
const ROLES: [(&str, &str, &str); 24] = [
    ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"),
    ("ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM", "AWSServiceRoleForAmazonSSMPolicy"),
    ("rds.amazonaws.com", "AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"),
    ("support.amazonaws.com", "AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy"),
    ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing", ""),
    ("ecs.amazonaws.com", "AWSServiceRoleForECS", ""),
    ("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS", ""),
    ("eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup", ""),
    ("config.amazonaws.com", "AWSServiceRoleForConfig", ""),
    ("cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrail", ""),
    ("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty", ""),
    ("inspector2.amazonaws.com", "AWSServiceRoleForAmazonInspector2", ""),
    ("macie.amazonaws.com", "AWSServiceRoleForAmazonMacie", ""),
    ("securityhub.amazonaws.com", "AWSServiceRoleForSecurityHub", ""),
    ("backup.amazonaws.com", "AWSServiceRoleForBackup", ""),
    ("trustedadvisor.amazonaws.com", "AWSServiceRoleForTrustedAdvisor", ""),
    ("organizations.amazonaws.com", "AWSServiceRoleForOrganizations", ""),
    ("es.amazonaws.com", "AWSServiceRoleForAmazonElasticsearchService", ""),
    ("opensearchservice.amazonaws.com", "AWSServiceRoleForAmazonOpenSearchService", ""),
    ("redshift.amazonaws.com", "AWSServiceRoleForRedshift", ""),
    ("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache", ""),
    ("elasticfilesystem.amazonaws.com", "AWSServiceRoleForAmazonElasticFileSystem", ""),
    ("fsx.amazonaws.com", "AWSServiceRoleForAmazonFSx", ""),
    ("events.amazonaws.com", "AWSServiceRoleForCloudWatchEvents", ""),
];

fn create(call: &Call, world: &mut World) -> Answer {
    let service = call.required("AWSServiceName")?;
    let known = ROLES.iter().find(|(known, ..)| *known == service);
    let (_, name, policy) = known.ok_or_else(|| {
        Failure::new("InvalidInput", format!("Service {service} cannot have service-linked roles"))
    })?;
    let name = match call.text("CustomSuffix") {
        Some(suffix) => format!("{name}_{suffix}"),
        None => (*name).to_owned(),
    };
    let place = call.place(&ROLE);
    let path = format!("aws-service-role/{service}/");
    let id = format!("{path}{name}");
    if world.get(&place, &id).is_some() {
        let message = format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        );
        return Err(Failure::new("InvalidInput", message));
    }
    let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": [service]}, "Action": ["sts:AssumeRole"],
    }]});
    let mut described = object! {
        "Path": (format!("/{path}")),
        "RoleName": (name),
        "RoleId": (unique_id(world, "AROA")),
        "CreateDate": (call.now),
        "AssumeRolePolicyDocument": (trust.to_string()),
        "MaxSessionDuration": 3600,
    };
    described.extend(call.given_texts(["Description"]));
    let arn = format!("arn:aws:iam::aws:policy/aws-service-role/{policy}");
    let inside = match managed::find(&arn) {
        Some(_) => object! {"Attached": (vec![Value::from(arn)])},
        None => Object::new(),
    };
    world.put(
        place.clone(),
        id.clone(),
        Resource::new(facts(described), Arc::default()).with_inside(inside),
    );
    Ok(call.fit(value!({"Role": (roles::role(world, &place, &id))})))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("RoleName")?;
    let id = named(call, world, &ROLE, name)?;
    let Some(rest) = id.strip_prefix("aws-service-role/") else {
        let message = format!("Role {name} is not a service-linked role.");
        return Err(Failure::new("InvalidInput", message));
    };
    let service = rest.split('/').next().unwrap_or_default();
    let task = format!("task/aws-service-role/{service}/{name}/{}", world.uuid());
    let place = call.place(&ROLE_DELETION);
    let described = object! {"Status": "IN_PROGRESS", "Role": (id)};
    world.put(place.clone(), task.clone(), Resource::new(facts(described), Arc::default()));
    let due = call.now.saturating_add(TAKES).unwrap_or(call.now);
    world.schedule(due, Task::new("iam:service-linked-role-deleted", &place, &task));
    Ok(value!({"DeletionTaskId": (task)}))
}

fn deleted(world: &mut World, task: &Task) {
    let role = world.get(&task.place, &task.id).and_then(|it| it.fact("Role")).map(str::to_owned);
    let Some(role) = role else { return };
    let mut roles = task.place.clone();
    roles.kind = &ROLE;
    world.remove(&roles, &role);
    world.set(&task.place, &task.id, "Status", "SUCCEEDED");
}

fn status(call: &Call, world: &mut World) -> Answer {
    let task = call.required("DeletionTaskId")?;
    let found = call.find(world, &ROLE_DELETION, task)?;
    Ok(value!({"Status": (found.fact("Status").unwrap_or("IN_PROGRESS"))}))
}
