//! The services the twin serves: one file each, all of one shape.
//!
//! A file declares one [`ServiceDefinition`] and a function per operation. To add a service, write its file and name it
//! in [`SERVED`]; to add an operation, write its function and name it in the definition. What a definition does not name
//! is answered with `NotImplemented`, never with a made-up success.

mod autoscaling;
mod dynamodb;
mod ec2;
mod ec2_tags;
mod efs;
mod eks;
mod elb;
mod elbv2;
mod es;
mod fsx;
mod opensearch;
mod organizations;
mod rds;
mod redshift;
mod resourcegroupstaggingapi;
mod s3;
mod sts;
mod synthetics;

use crate::{call::Handler, dialect::Dialect, failure::Failure, tagging::TagErrors};

/// Every service served.
pub(crate) static SERVED: [&ServiceDefinition; 17] = [
    &autoscaling::SERVICE,
    &dynamodb::SERVICE,
    &ec2::SERVICE,
    &efs::SERVICE,
    &eks::SERVICE,
    &elb::SERVICE,
    &elbv2::SERVICE,
    &es::SERVICE,
    &fsx::SERVICE,
    &opensearch::SERVICE,
    &organizations::SERVICE,
    &rds::SERVICE,
    &redshift::SERVICE,
    &resourcegroupstaggingapi::SERVICE,
    &s3::SERVICE,
    &sts::SERVICE,
    &synthetics::SERVICE,
];

/// A service: what it is called, how it words refusals, and what it can do.
#[derive(Debug)]
pub(crate) struct ServiceDefinition {
    /// The name of its model.
    pub(crate) model: &'static str,
    /// The name that requests to it are signed for.
    pub(crate) signing_name: &'static str,
    /// Its API version, where another service is signed for by the same name.
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
    /// What it can do.
    pub(crate) operations: &'static [(&'static str, Handler)],
}

impl ServiceDefinition {
    /// Performs an operation, if the twin can.
    pub(crate) fn handler(&self, operation: &str) -> Option<Handler> {
        self.operations.iter().find(|(name, _)| *name == operation).map(|(_, handler)| *handler)
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
