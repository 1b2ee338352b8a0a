//! Amazon S3: buckets, what they are configured to do, and the objects in them.
//!
//! Buckets are in the store with their configurations as facts; what is in them is in `crate::objects`.

mod access;
mod bucket;
mod bucket_tags;
mod configuration;
mod content;
mod copy;
mod etag;
pub(crate) mod front;
mod inventory;
mod lifecycle;
mod list;
mod listed;
mod listing;
pub(crate) mod logging;
mod multipart;
mod name;
mod notification;
mod object;
mod range;
mod replication;
mod settings;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::Call,
    dialect::Dialect,
    kind::{Definition, Identity, Missing},
    tagging::TagErrors,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "s3",
    signing_name: "s3",
    api_version: None,
    dialect: Dialect::S3,
    iam_prefix: "s3",
    invalid: "InvalidArgument",
    throttled: ("SlowDown", 503),
    tag_errors: TagErrors {
        reserved: "InvalidTag",
        too_many: "BadRequest",
        duplicate: "InvalidTag",
    },
    parts: &[&BUCKETS, &CONFIGURATIONS, &OBJECTS],
};

/// `AWS::S3::Bucket`.
pub(crate) static BUCKET: Definition = Definition {
    resource_type: "AWS::S3::Bucket",
    tagging_type: "s3",
    arn: "arn:{partition}:s3:::{id}",
    identity: &[("Name", Identity::Id)],
    missing: Missing::new("NoSuchBucket", "The specified bucket does not exist").with_status(404),
    sample: Some(|sample| sample.bucket()),
    ..Definition::OF
};

static BUCKETS: Part = Part {
    kinds: &[&BUCKET],
    operations: &[
        ("CreateBucket", Action::Own(bucket::create)),
        ("DeleteBucket", Action::Own(bucket::delete)),
        ("ListBuckets", Action::Own(bucket::list)),
        ("GetBucketLocation", Action::Own(bucket::get_location)),
        ("HeadBucket", Action::Own(bucket::head)),
        ("GetBucketTagging", Action::Own(bucket_tags::get)),
        ("PutBucketTagging", Action::Own(bucket_tags::put)),
        ("DeleteBucketTagging", Action::Own(bucket_tags::delete)),
        ("GetBucketAcl", Action::Own(access::get_bucket_acl)),
        ("PutBucketAcl", Action::Own(access::put_bucket_acl)),
        ("GetBucketPolicyStatus", Action::Own(access::policy_status)),
    ],
    tasks: &[],
};

static CONFIGURATIONS: Part = Part {
    kinds: &[],
    operations: &[
        ("PutBucketVersioning", Action::Own(configuration::put)),
        ("GetBucketVersioning", Action::Own(configuration::get)),
        ("PutBucketEncryption", Action::Own(configuration::put)),
        ("GetBucketEncryption", Action::Own(configuration::get)),
        ("DeleteBucketEncryption", Action::Own(configuration::delete)),
        ("PutBucketLifecycleConfiguration", Action::Own(configuration::put)),
        ("GetBucketLifecycleConfiguration", Action::Own(configuration::get)),
        ("DeleteBucketLifecycle", Action::Own(configuration::delete)),
        ("PutPublicAccessBlock", Action::Own(configuration::put)),
        ("GetPublicAccessBlock", Action::Own(configuration::get)),
        ("DeletePublicAccessBlock", Action::Own(configuration::delete)),
        ("PutBucketLogging", Action::Own(configuration::put)),
        ("GetBucketLogging", Action::Own(configuration::get)),
        ("PutBucketReplication", Action::Own(configuration::put)),
        ("GetBucketReplication", Action::Own(configuration::get)),
        ("DeleteBucketReplication", Action::Own(configuration::delete)),
        ("PutBucketCors", Action::Own(configuration::put)),
        ("GetBucketCors", Action::Own(configuration::get)),
        ("DeleteBucketCors", Action::Own(configuration::delete)),
        ("PutBucketWebsite", Action::Own(configuration::put)),
        ("GetBucketWebsite", Action::Own(configuration::get)),
        ("DeleteBucketWebsite", Action::Own(configuration::delete)),
        ("PutBucketNotificationConfiguration", Action::Own(configuration::put)),
        ("GetBucketNotificationConfiguration", Action::Own(configuration::get)),
        ("PutBucketOwnershipControls", Action::Own(configuration::put)),
        ("GetBucketOwnershipControls", Action::Own(configuration::get)),
        ("DeleteBucketOwnershipControls", Action::Own(configuration::delete)),
        ("PutObjectLockConfiguration", Action::Own(configuration::put)),
        ("GetObjectLockConfiguration", Action::Own(configuration::get)),
        ("PutBucketAccelerateConfiguration", Action::Own(configuration::put)),
        ("GetBucketAccelerateConfiguration", Action::Own(configuration::get)),
        ("PutBucketRequestPayment", Action::Own(configuration::put)),
        ("GetBucketRequestPayment", Action::Own(configuration::get)),
        ("PutBucketPolicy", Action::Own(configuration::put)),
        ("GetBucketPolicy", Action::Own(configuration::get)),
        ("DeleteBucketPolicy", Action::Own(configuration::delete)),
        ("PutBucketInventoryConfiguration", Action::Own(listed::put)),
        ("GetBucketInventoryConfiguration", Action::Own(listed::get)),
        ("DeleteBucketInventoryConfiguration", Action::Own(listed::delete)),
        ("ListBucketInventoryConfigurations", Action::Own(listed::list)),
        ("PutBucketAnalyticsConfiguration", Action::Own(listed::put)),
        ("GetBucketAnalyticsConfiguration", Action::Own(listed::get)),
        ("DeleteBucketAnalyticsConfiguration", Action::Own(listed::delete)),
        ("ListBucketAnalyticsConfigurations", Action::Own(listed::list)),
        ("PutBucketMetricsConfiguration", Action::Own(listed::put)),
        ("GetBucketMetricsConfiguration", Action::Own(listed::get)),
        ("DeleteBucketMetricsConfiguration", Action::Own(listed::delete)),
        ("ListBucketMetricsConfigurations", Action::Own(listed::list)),
        ("PutBucketIntelligentTieringConfiguration", Action::Own(listed::put)),
        ("GetBucketIntelligentTieringConfiguration", Action::Own(listed::get)),
        ("DeleteBucketIntelligentTieringConfiguration", Action::Own(listed::delete)),
        ("ListBucketIntelligentTieringConfigurations", Action::Own(listed::list)),
    ],
    tasks: &[
        (inventory::DAILY, inventory::run),
        (lifecycle::DAILY, lifecycle::run),
        (logging::DELIVERY, logging::deliver),
        (replication::TASK, replication::run),
    ],
};

static OBJECTS: Part = Part {
    kinds: &[],
    operations: &[
        ("PutObject", Action::Own(object::put)),
        ("GetObject", Action::Own(object::get)),
        ("HeadObject", Action::Own(object::head)),
        ("DeleteObject", Action::Own(object::delete)),
        ("DeleteObjects", Action::Own(object::delete_many)),
        ("CopyObject", Action::Own(copy::object)),
        ("ListObjects", Action::Own(list::objects)),
        ("ListObjectsV2", Action::Own(list::objects_v2)),
        ("ListObjectVersions", Action::Own(list::versions)),
        ("ListMultipartUploads", Action::Own(list::uploads)),
        ("CreateMultipartUpload", Action::Own(multipart::create)),
        ("UploadPart", Action::Own(multipart::upload_part)),
        ("UploadPartCopy", Action::Own(copy::part)),
        ("CompleteMultipartUpload", Action::Own(multipart::complete)),
        ("AbortMultipartUpload", Action::Own(multipart::abort)),
        ("ListParts", Action::Own(multipart::list_parts)),
        ("GetObjectAttributes", Action::Own(settings::attributes)),
        ("GetObjectTagging", Action::Own(settings::get_tags)),
        ("PutObjectTagging", Action::Own(settings::put_tags)),
        ("DeleteObjectTagging", Action::Own(settings::delete_tags)),
        ("GetObjectAcl", Action::Own(settings::get_acl)),
        ("PutObjectAcl", Action::Own(settings::put_acl)),
        ("GetObjectRetention", Action::Own(settings::get_retention)),
        ("PutObjectRetention", Action::Own(settings::put_retention)),
        ("GetObjectLegalHold", Action::Own(settings::get_legal_hold)),
        ("PutObjectLegalHold", Action::Own(settings::put_legal_hold)),
        ("RestoreObject", Action::Own(settings::restore)),
    ],
    tasks: &[],
};

/// Whether AWS itself calls, as it does when its services deliver to buckets.
fn is_service(call: &Call) -> bool {
    call.caller.invoked_by.is_some()
}
