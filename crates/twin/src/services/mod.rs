//! The services the twin serves: one file each, all of one shape.
//!
//! A file declares one [`ServiceDefinition`], its kinds of resource, and how each operation is performed: by a recipe
//! ([`Action`]) or by a function of its own. To add a service, write its file and name it
//! in [`SERVED`] (of services signed for by the same name the one with a version first); to add an operation, write its function and name it in the definition. What a definition does not name
//! is answered with `NotImplemented`, never with a made-up success.

pub(crate) mod acm;
pub(crate) mod appconfig;
pub(crate) mod appconfigdata;
mod automated;
pub(crate) mod autoscaling;
pub(crate) mod backup;
mod balancer_logs;
pub(crate) mod ce;
pub(crate) mod cloudcontrol;
pub(crate) mod cloudformation;
pub(crate) mod cloudtrail;
pub(crate) mod cloudwatch;
pub(crate) mod codedeploy;
pub(crate) mod codepipeline;
pub(crate) mod compute_optimizer;
pub(crate) mod config;
pub(crate) mod cur;
pub(crate) mod dynamodb;
pub(crate) mod ec2;
pub(crate) mod ecs;
pub(crate) mod efs;
pub(crate) mod eks;
pub(crate) mod elasticache;
pub(crate) mod elb;
pub(crate) mod elbv2;
pub(crate) mod es;
pub(crate) mod events;
pub(crate) mod fsx;
pub(crate) mod guardduty;
pub(crate) mod health;
pub(crate) mod iam;
pub(crate) mod inspector2;
pub(crate) mod kms;
pub(crate) mod lambda;
pub(crate) mod logs;
pub(crate) mod macie2;
pub(crate) mod opensearch;
pub(crate) mod organizations;
pub(crate) mod rds;
pub(crate) mod redshift;
pub(crate) mod resourcegroupstaggingapi;
pub(crate) mod s3;
pub(crate) mod secretsmanager;
pub(crate) mod securityhub;
pub(crate) mod service_quotas;
pub(crate) mod sns;
pub(crate) mod sqs;
pub(crate) mod ssm;
pub(crate) mod sts;
pub(crate) mod support;
pub(crate) mod synthetics;
pub(crate) mod trustedadvisor;

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    dialect::Dialect, failure::Failure, kind::Kind, scenario, tagging::TagErrors, task::TaskHandler,
};

pub(crate) use crate::recipe::Action;

/// Every service served.
pub(crate) static SERVED: [&ServiceDefinition; 50] = [
    &acm::SERVICE,
    &appconfigdata::SERVICE,
    &appconfig::SERVICE,
    &autoscaling::SERVICE,
    &backup::SERVICE,
    &ce::SERVICE,
    &cloudcontrol::SERVICE,
    &cloudformation::SERVICE,
    &cloudtrail::SERVICE,
    &cloudwatch::SERVICE,
    &codedeploy::SERVICE,
    &codepipeline::SERVICE,
    &compute_optimizer::SERVICE,
    &config::SERVICE,
    &cur::SERVICE,
    &dynamodb::SERVICE,
    &ec2::SERVICE,
    &ecs::SERVICE,
    &efs::SERVICE,
    &eks::SERVICE,
    &elasticache::SERVICE,
    &elb::SERVICE,
    &elbv2::SERVICE,
    &es::SERVICE,
    &events::SERVICE,
    &fsx::SERVICE,
    &guardduty::SERVICE,
    &health::SERVICE,
    &iam::SERVICE,
    &inspector2::SERVICE,
    &kms::SERVICE,
    &lambda::SERVICE,
    &logs::SERVICE,
    &macie2::SERVICE,
    &opensearch::SERVICE,
    &organizations::SERVICE,
    &rds::SERVICE,
    &redshift::SERVICE,
    &resourcegroupstaggingapi::SERVICE,
    &s3::SERVICE,
    &secretsmanager::SERVICE,
    &securityhub::SERVICE,
    &service_quotas::SERVICE,
    &sns::SERVICE,
    &sqs::SERVICE,
    &ssm::SERVICE,
    &sts::SERVICE,
    &support::SERVICE,
    &synthetics::SERVICE,
    &trustedadvisor::SERVICE,
];

/// A service: what it is called, how it words refusals, and what it can do.
#[derive(Debug)]
pub(crate) struct ServiceDefinition {
    /// The name of its model.
    pub(crate) model: &'static str,
    /// The name that requests to it are signed for.
    pub(crate) signing_name: &'static str,
    /// Its API version or what its paths begin with, where another service is signed for by the same name.
    pub(crate) api_version: Option<&'static str>,
    /// The family it belongs to.
    pub(crate) dialect: Dialect,
    /// What its actions begin with in IAM policies.
    pub(crate) iam_prefix: &'static str,
    /// Its error code for input it does not accept.
    pub(crate) invalid: &'static str,
    /// Its error code and status for calls that come too fast.
    pub(crate) throttled: (&'static str, u16),
    /// Its error codes about tags.
    pub(crate) tag_errors: TagErrors,
    /// What it has and can do. Large services are made of several parts.
    pub(crate) parts: &'static [&'static Part],
}

/// A part of a service.
#[derive(Debug)]
pub(crate) struct Part {
    /// The kinds of resource it has.
    pub(crate) kinds: &'static [Kind],
    /// What it can do.
    pub(crate) operations: &'static [(&'static str, Action)],
    /// What it does later.
    pub(crate) tasks: &'static [(&'static str, TaskHandler)],
}

/// The parts of every service, and of what is no service of AWS.
pub(crate) fn parts() -> impl Iterator<Item = &'static Part> {
    let served = SERVED.iter().flat_map(|service| service.parts).copied();
    served.chain([&scenario::PART])
}

/// The handler of a task, by its name.
pub(crate) fn task_handler(name: &str) -> Option<TaskHandler> {
    TASKS.get(name).copied()
}

/// How operations are performed, by service and name.
static ACTIONS: LazyLock<HashMap<&'static str, HashMap<&'static str, Action>>> =
    LazyLock::new(|| {
        let actions = |service: &ServiceDefinition| {
            service.parts.iter().flat_map(|part| part.operations).copied().collect()
        };
        SERVED.iter().map(|service| (service.model, actions(service))).collect()
    });

/// What is done later, by name.
static TASKS: LazyLock<HashMap<&'static str, TaskHandler>> =
    LazyLock::new(|| parts().flat_map(|part| part.tasks).copied().collect());

impl ServiceDefinition {
    /// How an operation is performed, if the twin can.
    pub(crate) fn action_of(&self, operation: &str) -> Option<Action> {
        ACTIONS.get(self.model)?.get(operation).copied()
    }

    /// The kinds of resource it has.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> + use<> {
        self.parts.iter().flat_map(|part| part.kinds).copied().collect::<Vec<_>>().into_iter()
    }

    /// The call came too fast.
    pub(crate) fn throttling(&self) -> Failure {
        let (code, status) = self.throttled;
        let message = match code {
            "RequestLimitExceeded" => "Request limit exceeded.",
            "SlowDown" => "Please reduce your request rate.",
            _ => "Rate exceeded",
        };
        Failure::new(code, message).with_status(status)
    }

    /// The IAM action that an operation needs.
    pub(crate) fn action(&self, operation: &str) -> String {
        let action = match (self.model, operation) {
            ("s3", "ListBuckets") => "ListAllMyBuckets",
            ("s3", "HeadBucket") => "ListBucket",
            // Taking a bucket's tags away is putting none.
            ("s3", "DeleteBucketTagging") => "PutBucketTagging",
            _ => operation,
        };
        format!("{}:{action}", self.iam_prefix)
    }
}
