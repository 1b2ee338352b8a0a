//! Whether a resource's own policy lets a service of AWS use it.

use reeve_policy::{
    Caller, ContextMap, Form, Named, Policies, Policy, Request, ResourcePolicy, decide,
};

/// What a service wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// The service, such as `events.amazonaws.com`.
    pub(crate) service: &'a str,
    /// The action, such as `sqs:SendMessage`.
    pub(crate) action: &'a str,
    /// The ARN of what it would use.
    pub(crate) resource: &'a str,
    /// The ARN of what it does so for.
    pub(crate) source_arn: &'a str,
    /// The account of that.
    pub(crate) source_account: &'a str,
}

/// Whether the policy allows it.
pub(crate) fn permits(policy: Option<&str>, ask: &Ask<'_>) -> bool {
    let Some(policy) = policy.and_then(|text| Policy::parse(Form::Resource, text).ok()) else {
        return false;
    };
    let mut context = ContextMap::default();
    context.set("aws:SourceArn", ask.source_arn);
    context.set("aws:SourceAccount", ask.source_account);
    context.set("aws:SourceOwner", ask.source_account);
    let request = Request {
        caller: Caller::Service(ask.service),
        action: ask.action,
        resource: ask.resource,
        resource_account: ask.resource.split(':').nth(4),
        context: &context,
    };
    let resource =
        ResourcePolicy { policy: Named { name: "resource", policy: &policy }, opens_alone: true };
    decide(&request, &Policies { resource: Some(resource), ..Policies::default() }).is_allowed()
}
