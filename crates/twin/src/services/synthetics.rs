//! Amazon CloudWatch Synthetics: canaries that run on their schedules, pass or fail, and measure both. Descriptions carry the
//! tags.

mod canary;
mod runs;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{TagAccess, TagInput},
    store::Place,
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "synthetics",
    signing_name: "synthetics",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "synthetics",
    invalid: "ValidationException",
    throttled: ("TooManyRequestsException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&CANARY],
    operations: &[
        ("CreateCanary", Action::Own(canary::create)),
        ("GetCanary", Action::Own(canary::get)),
        ("DescribeCanaries", Action::Own(canary::list)),
        ("UpdateCanary", Action::Own(canary::update)),
        ("StartCanary", Action::Own(canary::start)),
        ("StopCanary", Action::Own(canary::stop)),
        ("DeleteCanary", Action::Own(canary::delete)),
        ("GetCanaryRuns", Action::Own(runs::list)),
        ("DescribeCanariesLastRun", Action::Own(runs::last)),
        ("DescribeRuntimeVersions", Action::Own(canary::runtime_versions)),
        ("ListTagsForResource", Action::Own(list_tags)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[
        (canary::SETTLED, canary::settle),
        (runs::DUE, runs::begin),
        (runs::DONE, runs::complete),
    ],
};

static TAGS: TagAccess =
    TagAccess { kinds: &[&CANARY], tags: TagInput::Map("Tags"), ..TagAccess::OF };

fn list_tags(call: &Call, world: &mut World) -> Answer {
    Action::ListTags(&TAGS).perform(call, world).map_err(unknown)
}

fn tag(call: &Call, world: &mut World) -> Answer {
    Action::Tag(&TAGS).perform(call, world).map_err(unknown)
}

fn untag(call: &Call, world: &mut World) -> Answer {
    Action::Untag(&TAGS).perform(call, world).map_err(unknown)
}

/// The tag operations have a code of their own for what does not exist.
fn unknown(mut failure: Failure) -> Failure {
    if failure.code == "ResourceNotFoundException" {
        failure.code = "NotFoundException".into();
    }
    failure
}

/// Has a canary that was made without the API do what its state says.
pub(crate) fn settle(world: &mut World, place: &Place, name: &str) {
    if world.get(place, name).and_then(|canary| canary.fact("Status.State")) == Some("RUNNING") {
        runs::schedule_first(world, (place, name));
    }
}

/// `AWS::Synthetics::Canary`.
pub(crate) static CANARY: Definition = Definition {
    resource_type: "AWS::Synthetics::Canary",
    tagging_type: "synthetics:canary",
    arn: "arn:{partition}:synthetics:{region}:{account}:canary:{id}",
    identity: &[("Name", Identity::Id), ("Id", Identity::Uuid)],
    tags: TagForm::Map("Tags"),
    missing: Missing::new("ResourceNotFoundException", "{id} was not found").with_status(404),
    sample: Some(|sample| sample.canary()),
    ..Definition::OF
};
