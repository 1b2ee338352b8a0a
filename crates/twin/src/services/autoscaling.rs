//! Amazon EC2 Auto Scaling: groups that keep their capacity, and what they do to keep it.
//!
//! A group acts in tasks: it converges after every change, looks at instances on their way, and at the health of those in
//! service. What it launches and ends it asks of EC2, as any caller would.

mod activity;
mod balancers;
mod converge;
mod groups;
mod health;
mod hooks;
mod launch_configuration;
mod members;
mod notifications;
mod policy;
mod processes;
mod progress;
mod refresh;
mod scheduled;
mod tags;

use super::{Action::Own, Part, ServiceDefinition};
use crate::{
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    page::Paging,
    seed::Sample,
    tagging::TagErrors,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "autoscaling",
    signing_name: "autoscaling",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "autoscaling",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors {
        reserved: "ValidationError",
        too_many: "LimitExceeded",
        duplicate: "ValidationError",
    },
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[
        &GROUP,
        &launch_configuration::CONFIGURATION,
        &policy::POLICY,
        &hooks::HOOK,
        &activity::ACTIVITY,
        &refresh::REFRESH,
        &scheduled::ACTION,
    ],
    operations: &[
        ("CreateAutoScalingGroup", Own(groups::create)),
        ("UpdateAutoScalingGroup", Own(groups::update)),
        ("DeleteAutoScalingGroup", Own(groups::delete)),
        ("DescribeAutoScalingGroups", Own(groups::describe_all)),
        ("DescribeAutoScalingInstances", Own(groups::describe_instances)),
        ("AttachInstances", Own(groups::attach)),
        ("DetachInstances", Own(groups::detach)),
        ("EnableMetricsCollection", Own(groups::enable_metrics)),
        ("DisableMetricsCollection", Own(groups::disable_metrics)),
        ("DescribeAccountLimits", Own(groups::account_limits)),
        ("EnterStandby", Own(processes::enter_standby)),
        ("ExitStandby", Own(processes::exit_standby)),
        ("SuspendProcesses", Own(processes::suspend)),
        ("ResumeProcesses", Own(processes::resume)),
        ("DescribeScalingProcessTypes", Own(processes::process_types)),
        ("DescribeAdjustmentTypes", Own(processes::adjustment_types)),
        ("DescribeTerminationPolicyTypes", Own(processes::termination_policy_types)),
        ("SetDesiredCapacity", Own(policy::set_desired)),
        ("PutScalingPolicy", Own(policy::put)),
        ("DescribePolicies", Own(policy::describe_all)),
        ("DeletePolicy", Own(policy::delete)),
        ("ExecutePolicy", Own(policy::execute)),
        ("SetInstanceHealth", Own(health::set)),
        ("SetInstanceProtection", Own(health::protect)),
        ("TerminateInstanceInAutoScalingGroup", Own(health::terminate)),
        ("PutLifecycleHook", Own(hooks::put)),
        ("DescribeLifecycleHooks", Own(hooks::describe)),
        ("DescribeLifecycleHookTypes", Own(hooks::types)),
        ("DeleteLifecycleHook", Own(hooks::delete)),
        ("CompleteLifecycleAction", Own(hooks::complete)),
        ("RecordLifecycleActionHeartbeat", Own(hooks::heartbeat)),
        ("StartInstanceRefresh", Own(refresh::start)),
        ("DescribeInstanceRefreshes", Own(refresh::describe_all)),
        ("CancelInstanceRefresh", Own(refresh::cancel)),
        ("DescribeScalingActivities", Own(activity::describe_all)),
        ("PutScheduledUpdateGroupAction", Own(scheduled::put)),
        ("DescribeScheduledActions", Own(scheduled::describe_all)),
        ("DeleteScheduledAction", Own(scheduled::delete)),
        ("PutNotificationConfiguration", Own(notifications::put)),
        ("DescribeNotificationConfigurations", Own(notifications::describe_all)),
        ("DeleteNotificationConfiguration", Own(notifications::delete)),
        ("DescribeAutoScalingNotificationTypes", Own(notifications::types)),
        ("AttachLoadBalancerTargetGroups", Own(balancers::attach_target_groups)),
        ("DetachLoadBalancerTargetGroups", Own(balancers::detach_target_groups)),
        ("DescribeLoadBalancerTargetGroups", Own(balancers::describe_target_groups)),
        ("AttachLoadBalancers", Own(balancers::attach_load_balancers)),
        ("DetachLoadBalancers", Own(balancers::detach_load_balancers)),
        ("DescribeLoadBalancers", Own(balancers::describe_load_balancers)),
        ("CreateLaunchConfiguration", Own(launch_configuration::create)),
        ("DescribeLaunchConfigurations", Own(launch_configuration::describe_all)),
        ("DeleteLaunchConfiguration", Own(launch_configuration::delete)),
        ("DescribeTags", Own(tags::describe_tags)),
        ("CreateOrUpdateTags", Own(tags::create_tags)),
        ("DeleteTags", Own(tags::delete_tags)),
    ],
    tasks: &[
        ("autoscaling:converge", converge::converge),
        ("autoscaling:instance", progress::look),
        ("autoscaling:health", health::look),
        ("autoscaling:hook-expired", hooks::expired),
        ("autoscaling:refresh", refresh::step),
        ("autoscaling:scheduled", scheduled::due),
    ],
};

/// Groups.
pub(crate) static GROUP: Definition = Definition {
    resource_type: "AWS::AutoScaling::AutoScalingGroup",
    tagging_type: "autoscaling:autoScalingGroup",
    arn: "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:{uuid}:autoScalingGroupName/{id}",
    identity: &[("AutoScalingGroupName", Identity::Id), ("AutoScalingGroupARN", Identity::Arn)],
    tags: TagForm::Propagated("Tags"),
    missing: Missing::new(
        "ValidationError",
        "AutoScalingGroup name not found - AutoScalingGroup '{id}' not found",
    ),
    sample: Some(sample),
    ..Definition::OF
};

const PAGES: Paging = Paging::of("MaxRecords", "NextToken", (50, 100), "InvalidNextToken");

fn sample(sample: &Sample<'_>) -> serde_json::Value {
    sample.auto_scaling_group()
}

fn missing(name: &str) -> Failure {
    GROUP.missing.failure(name)
}
