//! Definitions of reports.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::delivery;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing, Scope},
    page::{Paging, all, plain},
    recipe::TagInput,
    store::{Resource, facts},
    tagging,
    value::value,
    world::World,
};

/// `AWS::CUR::ReportDefinition`.
pub(super) static REPORT: Definition = Definition {
    resource_type: "AWS::CUR::ReportDefinition",
    tagging_type: "cur:definition",
    arn: "arn:{partition}:cur:{region}:{account}:definition/{id}",
    identity: &[("ReportName", Identity::Id)],
    scope: Scope::Global,
    missing: Missing::new("ResourceNotFoundException", "Report {id} does not exist"),
    ..Definition::OF
};

const MOST_REPORTS: usize = 10;

fn definition(call: &Call) -> Result<Object, Failure> {
    let mut definition = call.object("ReportDefinition").cloned().unwrap_or_default();
    let text = |member: &str| definition.text(member);
    if text("Format") != "textORcsv" || text("Compression") != "GZIP" {
        let message = "The twin delivers reports as compressed text only: textORcsv and GZIP.";
        return Err(call.invalid(message));
    }
    if text("TimeUnit") != "DAILY" {
        return Err(call.invalid("The twin delivers reports by day only."));
    }
    if definition.get("AdditionalArtifacts").is_some_and(|list| !list.as_list().is_empty()) {
        return Err(call.invalid("The twin makes no additional artifacts."));
    }
    if !definition.contains("ReportVersioning") {
        definition.insert("ReportVersioning", "CREATE_NEW_REPORT");
    }
    Ok(definition)
}

/// `PutReportDefinition`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let mut described = definition(call)?;
    let name = described.remove("ReportName").and_then(|name| name.as_str().map(str::to_owned));
    let name = name.unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c);
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(call.invalid(format!("Invalid report name: {name}")));
    }
    check_bucket(call, world, &described)?;
    let place = call.place(&REPORT);
    if world.get(&place, &name).is_some() {
        let message = format!("A report named {name} already exists.");
        return Err(Failure::new("DuplicateReportNameException", message));
    }
    if world.shelf(&place).len() >= MOST_REPORTS {
        let message = format!("An account can have at most {MOST_REPORTS} reports.");
        return Err(Failure::new("ReportLimitReachedException", message));
    }
    let given = TagInput::List("Tags").read(call);
    tagging::check(call, &given)?;
    let tags = Arc::new(given.into_iter().collect());
    world.put(place.clone(), name.clone(), Resource::new(facts(described), tags));
    delivery::schedule(world, &place, &name);
    Ok(Value::object())
}

/// Reports go into a bucket of one's own that there is.
fn check_bucket(call: &Call, world: &World, definition: &Object) -> Result<(), Failure> {
    let name = definition.text("S3Bucket");
    let owner = world.store.bucket_owner(name);
    if owner.is_some_and(|(account, _)| account == call.account()) {
        return Ok(());
    }
    let account = call.account();
    let message = format!(
        "Failed to verify customer bucket permission. accountId: {account}, bucket name: {name}"
    );
    Err(call.invalid(message))
}

const PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (5, 5), "ValidationException").with_least(5);

/// `DescribeReportDefinitions`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let listed = PAGES.list((call, world), (&REPORT, "ReportDefinitions"), all, plain)?;
    Ok(call.fit(listed))
}

/// `ModifyReportDefinition`.
pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ReportName")?;
    call.find(world, &REPORT, name)?;
    let mut described = definition(call)?;
    check_bucket(call, world, &described)?;
    described.remove("ReportName");
    world.change(&call.place(&REPORT), name, |facts| {
        for (member, value) in described {
            facts.insert(member, value);
        }
    });
    Ok(Value::object())
}

/// `DeleteReportDefinition`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ReportName")?;
    call.find(world, &REPORT, name)?;
    world.remove(&call.place(&REPORT), name);
    Ok(value!({"ResponseMessage": (format!("The report definition {name} was deleted."))}))
}
