//! What a bucket is configured to do: one row per configuration, all put, got and deleted alike.
//!
//! A configuration is kept among the bucket's facts under the row's name, as it was put. What of it acts, acts elsewhere:
//! versioning in `object`, lifecycle in `lifecycle`, notifications in `notification`, the policy wherever calls are
//! authorized.

use reeve_model::{Object, Value};

use super::bucket;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    value::value,
    world::World,
};

/// How a configuration is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Its members are the output's.
    Flat,
    /// As the output's member of this name.
    Under(&'static str),
}

/// What is shown of a bucket without it.
#[derive(Debug, Clone, Copy)]
enum Without {
    /// This.
    Default(fn() -> Value),
    /// A refusal with this code and message.
    Refused(&'static str, &'static str),
}

/// One configuration that a bucket can have.
#[derive(Debug)]
struct Configuration {
    /// Among the bucket's facts.
    fact: &'static str,
    /// The input member of the put operation.
    member: &'static str,
    put: &'static str,
    get: &'static str,
    /// Empty if it cannot be deleted.
    delete: &'static str,
    shown: Shown,
    without: Without,
    check: fn(&Call, &World, &Value) -> Result<(), Failure>,
}

fn sound(_: &Call, _: &World, _: &Value) -> Result<(), Failure> {
    Ok(())
}

const NOTHING: Without = Without::Default(Value::object);

static CONFIGURATIONS: [Configuration; 14] = [
    Configuration {
        fact: "VersioningConfiguration",
        member: "VersioningConfiguration",
        put: "PutBucketVersioning",
        get: "GetBucketVersioning",
        delete: "",
        shown: Shown::Flat,
        without: NOTHING,
        check: versioning_is_sound,
    },
    Configuration {
        fact: "ServerSideEncryptionConfiguration",
        member: "ServerSideEncryptionConfiguration",
        put: "PutBucketEncryption",
        get: "GetBucketEncryption",
        delete: "DeleteBucketEncryption",
        shown: Shown::Under("ServerSideEncryptionConfiguration"),
        without: Without::Default(default_encryption),
        check: sound,
    },
    Configuration {
        fact: "LifecycleConfiguration",
        member: "LifecycleConfiguration",
        put: "PutBucketLifecycleConfiguration",
        get: "GetBucketLifecycleConfiguration",
        delete: "DeleteBucketLifecycle",
        shown: Shown::Flat,
        without: Without::Refused(
            "NoSuchLifecycleConfiguration",
            "The lifecycle configuration does not exist",
        ),
        check: super::lifecycle::check,
    },
    Configuration {
        fact: "PublicAccessBlockConfiguration",
        member: "PublicAccessBlockConfiguration",
        put: "PutPublicAccessBlock",
        get: "GetPublicAccessBlock",
        delete: "DeletePublicAccessBlock",
        shown: Shown::Under("PublicAccessBlockConfiguration"),
        without: Without::Refused(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ),
        check: sound,
    },
    Configuration {
        fact: "LoggingConfiguration",
        member: "BucketLoggingStatus",
        put: "PutBucketLogging",
        get: "GetBucketLogging",
        delete: "",
        shown: Shown::Flat,
        without: NOTHING,
        check: logging_is_sound,
    },
    Configuration {
        fact: "ReplicationConfiguration",
        member: "ReplicationConfiguration",
        put: "PutBucketReplication",
        get: "GetBucketReplication",
        delete: "DeleteBucketReplication",
        shown: Shown::Under("ReplicationConfiguration"),
        without: Without::Refused(
            "ReplicationConfigurationNotFoundError",
            "The replication configuration was not found",
        ),
        check: replication_is_sound,
    },
    Configuration {
        fact: "CorsConfiguration",
        member: "CORSConfiguration",
        put: "PutBucketCors",
        get: "GetBucketCors",
        delete: "DeleteBucketCors",
        shown: Shown::Flat,
        without: Without::Refused(
            "NoSuchCORSConfiguration",
            "The CORS configuration does not exist",
        ),
        check: cors_is_sound,
    },
    Configuration {
        fact: "WebsiteConfiguration",
        member: "WebsiteConfiguration",
        put: "PutBucketWebsite",
        get: "GetBucketWebsite",
        delete: "DeleteBucketWebsite",
        shown: Shown::Flat,
        without: Without::Refused(
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
        ),
        check: website_is_sound,
    },
    Configuration {
        fact: "NotificationConfiguration",
        member: "NotificationConfiguration",
        put: "PutBucketNotificationConfiguration",
        get: "GetBucketNotificationConfiguration",
        delete: "",
        shown: Shown::Flat,
        without: NOTHING,
        check: super::notification::check,
    },
    Configuration {
        fact: "OwnershipControls",
        member: "OwnershipControls",
        put: "PutBucketOwnershipControls",
        get: "GetBucketOwnershipControls",
        delete: "DeleteBucketOwnershipControls",
        shown: Shown::Under("OwnershipControls"),
        without: Without::Refused(
            "OwnershipControlsNotFoundError",
            "The bucket ownership controls were not found",
        ),
        check: sound,
    },
    Configuration {
        fact: "ObjectLockConfiguration",
        member: "ObjectLockConfiguration",
        put: "PutObjectLockConfiguration",
        get: "GetObjectLockConfiguration",
        delete: "",
        shown: Shown::Under("ObjectLockConfiguration"),
        without: Without::Refused(
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        ),
        check: lock_is_sound,
    },
    Configuration {
        fact: "AccelerateConfiguration",
        member: "AccelerateConfiguration",
        put: "PutBucketAccelerateConfiguration",
        get: "GetBucketAccelerateConfiguration",
        delete: "",
        shown: Shown::Flat,
        without: NOTHING,
        check: acceleration_is_sound,
    },
    Configuration {
        fact: "RequestPaymentConfiguration",
        member: "RequestPaymentConfiguration",
        put: "PutBucketRequestPayment",
        get: "GetBucketRequestPayment",
        delete: "",
        shown: Shown::Flat,
        without: Without::Default(owner_pays),
        check: sound,
    },
    Configuration {
        fact: "Policy",
        member: "Policy",
        put: "PutBucketPolicy",
        get: "GetBucketPolicy",
        delete: "DeleteBucketPolicy",
        shown: Shown::Under("Policy"),
        without: Without::Refused("NoSuchBucketPolicy", "The bucket policy does not exist"),
        check: super::access::policy_is_sound,
    },
];

/// Puts a configuration in place of what there was.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let row = row(call, |row| row.put)?;
    let value = call.input.get(row.member).cloned().unwrap_or_else(Value::object);
    (row.check)(call, world, &value)?;
    let mut value = completed(call, row, value);
    let mut output = call.input.clone();
    if row.fact == "LifecycleConfiguration" {
        const SMALLEST: &str = "TransitionDefaultMinimumObjectSize";
        let smallest = call.text(SMALLEST).unwrap_or("all_storage_classes_128K").to_owned();
        for shown in [&mut value, &mut output] {
            if let Some(shown) = shown.as_object_mut() {
                shown.insert(SMALLEST, smallest.as_str());
            }
        }
    }
    world.change(&place, &name, |facts| {
        // Logging that is turned off, and notifications of nothing, are as if never put.
        if value.as_object().is_some_and(Object::is_empty) {
            facts.remove(row.fact);
        } else {
            facts.insert(row.fact, value);
        }
    });
    if row.fact == "LifecycleConfiguration" {
        super::lifecycle::begin(world, &place, &name);
    }
    Ok(call.fit(output))
}

/// Shows a configuration.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let row = row(call, |row| row.get)?;
    let kept = world.get(&place, &name).and_then(|bucket| bucket.facts.get(row.fact)).cloned();
    let value = match (kept, row.without) {
        (Some(value), _) => value,
        (None, Without::Default(default)) => default(),
        (None, Without::Refused(code, message)) => {
            return Err(Failure::new(code, message)
                .with_status(404)
                .with_detail("BucketName", name.as_str()));
        }
    };
    Ok(match row.shown {
        Shown::Flat => value,
        Shown::Under(member) => Value::from_iter([(member, value)]),
    })
}

/// Takes a configuration away; one that is not there is gone already.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let row = row(call, |row| row.delete)?;
    world.change(&place, &name, |facts| {
        facts.remove(row.fact);
    });
    Ok(Value::object())
}

fn row(
    call: &Call,
    name: fn(&Configuration) -> &'static str,
) -> Result<&'static Configuration, Failure> {
    CONFIGURATIONS
        .iter()
        .find(|row| name(row) == call.operation)
        .ok_or_else(|| Failure::new("NotImplemented", "not implemented").with_status(501))
}

/// The configuration with what S3 adds: ids of rules that have none, settings that stand beside it in the input.
fn completed(call: &Call, row: &Configuration, mut value: Value) -> Value {
    let Some(object) = value.as_object_mut() else { return value };
    for member in
        ["Rules", "TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations"]
    {
        if !["LifecycleConfiguration", "NotificationConfiguration", "ReplicationConfiguration"]
            .contains(&row.fact)
        {
            continue;
        }
        let id = if row.fact == "NotificationConfiguration" { "Id" } else { "ID" };
        let mut rules = object.list(member).to_vec();
        for rule in &mut rules {
            let digest = crate::digest::hex_digest(&format!("{member} {rule:?}"), 32);
            if let Some(rule) = rule.as_object_mut()
                && !rule.contains(id)
            {
                rule.insert(id, crate::kind::hyphenate(&digest));
            }
        }
        if object.contains(member) {
            object.insert(member, rules);
        }
    }
    if row.fact == "LifecycleConfiguration" {
        let size = call.text("TransitionDefaultMinimumObjectSize");
        let size = size.unwrap_or("all_storage_classes_128K");
        object.insert("TransitionDefaultMinimumObjectSize", size);
    }
    value
}

/// What encrypts objects of a bucket that says nothing.
pub(super) fn default_encryption() -> Value {
    value!({
        "Rules": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": false,
        }],
    })
}

fn owner_pays() -> Value {
    Value::from_iter([("Payer", "BucketOwner")])
}

fn versioning_is_sound(call: &Call, world: &World, value: &Value) -> Result<(), Failure> {
    let status = value.get("Status").and_then(Value::as_str);
    if !matches!(status, None | Some("Enabled" | "Suspended")) {
        return Err(malformed());
    }
    if status.is_none() {
        let message = "The Versioning element must be specified";
        return Err(Failure::new("IllegalVersioningConfigurationException", message));
    }
    let (place, name) = bucket::here(call, world)?;
    let locked = bucket::fact(world, &place, &name, "ObjectLockConfiguration").is_some();
    if locked && status == Some("Suspended") {
        let message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.";
        return Err(Failure::new("InvalidBucketState", message).with_status(409));
    }
    Ok(())
}

fn cors_is_sound(_: &Call, _: &World, value: &Value) -> Result<(), Failure> {
    let rules = value.get("CORSRules").map_or(&[][..], Value::as_list);
    if rules.is_empty() {
        return Err(malformed());
    }
    let methods =
        rules.iter().flat_map(|rule| rule.get("AllowedMethods").map_or(&[][..], Value::as_list));
    for method in methods.filter_map(Value::as_str) {
        if !matches!(method, "GET" | "PUT" | "HEAD" | "POST" | "DELETE") {
            let message = format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            );
            return Err(Failure::new("InvalidRequest", message));
        }
    }
    Ok(())
}

/// The refusal of a document that S3's schema does not allow.
pub(super) fn malformed() -> Failure {
    let message =
        "The XML you provided was not well-formed or did not validate against our published schema";
    Failure::new("MalformedXML", message)
}

fn logging_is_sound(call: &Call, world: &World, value: &Value) -> Result<(), Failure> {
    let Some(target) = value.path("LoggingEnabled.TargetBucket").and_then(Value::as_str) else {
        return Ok(());
    };
    let owner = bucket::owner(world, target);
    if owner.is_some_and(|(account, region)| account == *call.account() && region == call.region) {
        return Ok(());
    }
    let message = "The target bucket for logging does not exist";
    Err(Failure::new("InvalidTargetBucketForLogging", message).with_detail("TargetBucket", target))
}

fn replication_is_sound(call: &Call, world: &World, value: &Value) -> Result<(), Failure> {
    let (place, name) = bucket::here(call, world)?;
    if bucket::versioning(world, &place, &name) != crate::objects::Versioning::Enabled {
        let message =
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration";
        return Err(Failure::new("InvalidRequest", message));
    }
    for rule in value.list("Rules") {
        let target = rule.path("Destination.Bucket").and_then(Value::as_str).unwrap_or_default();
        let target = target.strip_prefix("arn:aws:s3:::").unwrap_or(target);
        if bucket::owner(world, target).is_none() {
            return Err(Failure::new("InvalidRequest", "Destination bucket must exist."));
        }
    }
    Ok(())
}

fn lock_is_sound(call: &Call, world: &World, _: &Value) -> Result<(), Failure> {
    let (place, name) = bucket::here(call, world)?;
    if bucket::versioning(world, &place, &name) == crate::objects::Versioning::Enabled {
        return Ok(());
    }
    let message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
    Err(Failure::new("InvalidBucketState", message).with_status(409))
}

fn website_is_sound(_: &Call, _: &World, value: &Value) -> Result<(), Failure> {
    if value.get("RoutingRules").is_some() {
        let message = "Routing rules of websites are not implemented";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let redirects = value.get("RedirectAllRequestsTo").is_some();
    if redirects == value.get("IndexDocument").is_some() {
        let message =
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty";
        return Err(Failure::new("InvalidArgument", message));
    }
    Ok(())
}

fn acceleration_is_sound(call: &Call, _: &World, _: &Value) -> Result<(), Failure> {
    if call.text("Bucket").is_some_and(|name| name.contains('.')) {
        let message =
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names";
        return Err(Failure::new("InvalidRequest", message));
    }
    Ok(())
}
