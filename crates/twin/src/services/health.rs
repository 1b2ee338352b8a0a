//! AWS Health: what AWS tells its customers about their resources. What happens is published by scenarios ([`publish`]); time
//! opens and closes it.

mod events;
mod filter;
mod organization;
mod publish;

use super::{Action, Part, ServiceDefinition};
use crate::{
    dialect::Dialect,
    kind::{Definition, Identity, Missing},
    tagging::TagErrors,
};

pub(crate) use publish::{Affected, Notice, publish};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "health",
    signing_name: "health",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "health",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&EVENT, &organization::ACCESS],
    operations: &[
        ("DescribeEvents", Action::Own(events::list)),
        ("DescribeEventDetails", Action::Own(events::details)),
        ("DescribeAffectedEntities", Action::Own(events::entities)),
        ("DescribeEntityAggregates", Action::Own(events::entity_aggregates)),
        ("DescribeEventAggregates", Action::Own(events::aggregates)),
        ("DescribeEventTypes", Action::Own(events::types)),
        ("EnableHealthServiceAccessForOrganization", Action::Own(organization::enable)),
        ("DisableHealthServiceAccessForOrganization", Action::Own(organization::disable)),
        ("DescribeHealthServiceStatusForOrganization", Action::Own(organization::status)),
        ("DescribeEventsForOrganization", Action::Own(organization::list)),
        ("DescribeAffectedAccountsForOrganization", Action::Own(organization::accounts)),
        ("DescribeEventDetailsForOrganization", Action::Own(organization::details)),
        ("DescribeAffectedEntitiesForOrganization", Action::Own(organization::entities)),
    ],
    tasks: &[(publish::CLOSED, publish::closed)],
};

/// An event of AWS Health in one account. Its place is the Region that it is about.
pub(crate) static EVENT: Definition = Definition {
    resource_type: "AWS::Health::Event",
    arn: "arn:{partition}:health:{region}::event/{id}",
    identity: &[("arn", Identity::Arn)],
    missing: Missing::new("ValidationException", "The event {id} does not exist"),
    ..Definition::OF
};
