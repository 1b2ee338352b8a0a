//! Dashboards: JSON that is kept and shown.

use reeve_model::{Object, Value};
use serde_json::Value as Json;

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::TagInput,
    store::{Resource, facts},
    tagging,
    value::object,
    world::World,
};

/// `AWS::CloudWatch::Dashboard`. They belong to no Region.
pub(super) static DASHBOARD: Definition = Definition {
    resource_type: "AWS::CloudWatch::Dashboard",
    tagging_type: "cloudwatch:dashboard",
    arn: "arn:{partition}:cloudwatch::{account}:dashboard/{id}",
    identity: &[("DashboardName", Identity::Id), ("DashboardArn", Identity::Arn)],
    scope: crate::kind::Scope::Global,
    missing: Missing::new("ResourceNotFound", "Dashboard {id} does not exist").with_status(404),
    ..Definition::OF
};

/// `PutDashboard`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let name = call.required("DashboardName")?;
    let well = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if !well || name.len() > 255 {
        return Err(call.invalid(format!("The value {name} for field DashboardName is invalid.")));
    }
    let body = call.required("DashboardBody")?;
    let widgets = serde_json::from_str::<Json>(body)
        .ok()
        .and_then(|body| body.get("widgets").cloned())
        .filter(Json::is_array);
    if widgets.is_none() {
        let message = "The field DashboardBody must be a valid JSON object with widgets.";
        return Err(Failure::new("InvalidParameterInput", message));
    }
    let given = TagInput::List("Tags").read(call);
    tagging::check(call, &given)?;
    let place = call.place(&DASHBOARD);
    let tags = match world.get(&place, name) {
        Some(present) => std::sync::Arc::clone(&present.tags),
        None => std::sync::Arc::new(given.into_iter().collect()),
    };
    let described = object! {
        "DashboardBody": (body),
        "LastModified": (call.now),
        "Size": (i64::try_from(body.len()).unwrap_or(i64::MAX)),
    };
    world.put(place, name, Resource::new(facts(described), tags));
    Ok(Value::from_iter([("DashboardValidationMessages", Value::List(Vec::new()))]))
}

/// `GetDashboard`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let name = call.required("DashboardName")?;
    let dashboard = call.find(world, &DASHBOARD, name)?;
    let place = call.place(&DASHBOARD);
    let shown = place.describe(&DASHBOARD, name, dashboard);
    Ok(call.fit(shown.into()))
}

const PAGES: Paging = Paging::of("", "NextToken", (1000, 1000), "InvalidParameterValue");

/// `ListDashboards`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let prefix = call.text("DashboardNamePrefix").unwrap_or_default();
    let keep = |name: &str, _: &Resource| name.starts_with(prefix);
    let show = |_: &str, _: &Resource, shown: Object| Value::from(shown);
    PAGES
        .list((call, world), (&DASHBOARD, "DashboardEntries"), keep, show)
        .map(|found| call.fit(found))
}

/// `DeleteDashboards`: all or none.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("DashboardNames");
    for name in &names {
        call.find(world, &DASHBOARD, name)?;
    }
    for name in names {
        world.remove(&call.place(&DASHBOARD), name);
    }
    Ok(Value::object())
}
