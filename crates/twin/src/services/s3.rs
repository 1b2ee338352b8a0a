//! Amazon S3: buckets and their tags. Names are global; everything but the location is asked in the bucket's own Region.

use std::ops::Bound;

use reeve_model::{Object, Value};
use reeve_types::{Region, Tags};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    digest::hex_digest,
    failure::Failure,
    kind::{Definition, Identity, Missing, Scope, TagForm, describe, tag_list},
    page::Paging,
    store::Place,
    tagging::{self, RESERVED, TagErrors},
    world::World,
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
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&BUCKET],
    operations: &[
        ("ListBuckets", Action::Own(list_buckets)),
        ("GetBucketLocation", Action::Own(get_bucket_location)),
        ("HeadBucket", Action::Own(head_bucket)),
        ("GetBucketTagging", Action::Own(get_tags)),
        ("PutBucketTagging", Action::Own(put_tags)),
        ("DeleteBucketTagging", Action::Own(delete_tags)),
    ],
    tasks: &[],
};

/// AWS::S3::Bucket.
pub(crate) static BUCKET: Definition = Definition {
    resource_type: "AWS::S3::Bucket",
    tagging_type: "s3",
    arn: "arn:{partition}:s3:::{id}",
    prefix: "",
    identity: &[("Name", Identity::Id)],
    tags: TagForm::Absent,
    scope: Scope::Regional,
    missing: Missing::new("ResourceNotFoundException", "{id} was not found"),
    sample: Some(|sample| sample.bucket()),
};

const PAGES: Paging = Paging {
    size: "MaxBuckets",
    bounds: PageSize { least: 1, most: 10_000, default: 10_000 },
    token: "ContinuationToken",
    next: "ContinuationToken",
    bad_token: "InvalidArgument",
};

/// The Region whose buckets have no location constraint.
const FIRST_REGION: &str = "us-east-1";

fn list_buckets(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let prefix = call.text("Prefix").unwrap_or_default();
    let wanted_region = call.text("BucketRegion");
    // A bucket's Region is shown only to callers who know of pages.
    let asked = ["MaxBuckets", "Prefix", "BucketRegion", "ContinuationToken"];
    let with_region = asked.iter().any(|member| call.input.get(member).is_some());
    let after = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let buckets = world.store.buckets(call.account()).into_iter();
    let mut rest = buckets
        .flat_map(|buckets| buckets.range::<str, _>((after, Bound::Unbounded)))
        .filter(|(name, region)| {
            name.starts_with(prefix) && wanted_region.is_none_or(|wanted| wanted == region.as_str())
        });
    let page: Vec<(&String, &Region)> = rest.by_ref().take(size).collect();
    let last = page.last().filter(|_| rest.next().is_some()).map(|(name, _)| name.as_str());
    let shown = page.iter().map(|(name, region)| show(call, world, name, region, with_region));
    let owner = Value::from_iter([("ID", hex_digest(call.account().as_str(), 64))]);
    let mut output = Object::from_iter([("Owner", owner), ("Buckets", shown.collect())]);
    if !prefix.is_empty() {
        output.insert("Prefix", prefix);
    }
    Ok(PAGES.finish(call, output, last))
}

fn show(call: &Call, world: &World, name: &str, region: &Region, with_region: bool) -> Value {
    let account = call.account().clone();
    let place = Place { account, region: region.clone(), kind: &BUCKET };
    let bucket = world.store.get(&place, name).cloned().unwrap_or_default();
    let mut description = describe(&BUCKET, (&place.account, region), name, &bucket);
    if with_region {
        description.insert("BucketRegion", region.as_str());
    }
    description.into()
}

fn get_bucket_location(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Bucket")?;
    let (_, region) = owned(call, world, name)?;
    if region.as_str() == FIRST_REGION {
        return Ok(Value::object());
    }
    Ok(Value::from_iter([("LocationConstraint", region.as_str())]))
}

fn head_bucket(call: &Call, world: &mut World) -> Answer {
    let place = here(call, world)?;
    Ok(Value::from_iter([
        ("BucketRegion", Value::from(place.region.as_str())),
        ("AccessPointAlias", Value::from(false)),
    ]))
}

fn get_tags(call: &Call, world: &mut World) -> Answer {
    let place = here(call, world)?;
    let name = call.required("Bucket")?;
    let bucket = world.store.get(&place, name).filter(|bucket| !bucket.tags.is_empty());
    let bucket = bucket.ok_or_else(|| {
        Failure::new("NoSuchTagSet", "The TagSet does not exist")
            .with_status(404)
            .with_detail("BucketName", name)
    })?;
    Ok(Value::from_iter([("TagSet", tag_list(&bucket.tags))]))
}

/// Replaces all tags. Tags that AWS made must be among them, unchanged.
fn put_tags(call: &Call, world: &mut World) -> Answer {
    let place = here(call, world)?;
    let name = call.required("Bucket")?;
    let bucket = world.store.get_mut(&place, name).ok_or_else(|| no_such_bucket(name))?;
    let (reserved, own): (Vec<_>, Vec<_>) =
        posted(call).into_iter().partition(|(key, _)| key.starts_with(RESERVED));
    let kept = Tags::from_iter(reserved);
    if kept.iter().any(|(key, value)| bucket.tags.get(key) != Some(value)) {
        let message = "System tags cannot be added/updated by requester";
        return Err(Failure::new("InvalidTag", message));
    }
    let of_aws = bucket.tags.keys().filter(|key| key.starts_with(RESERVED));
    if of_aws.count() > kept.len() {
        return Err(Failure::new("InvalidTag", "System tags cannot be removed by requester"));
    }
    check(call, &own)?;
    let mut tags = kept;
    tags.extend(own);
    tagging::check_count(call, &tags)?;
    bucket.set_tags(tags);
    Ok(Value::object())
}

/// Removes what the user may remove; tags that AWS made stay.
fn delete_tags(call: &Call, world: &mut World) -> Answer {
    let place = here(call, world)?;
    let name = call.required("Bucket")?;
    if let Some(bucket) = world.store.get_mut(&place, name) {
        let mut tags = Tags::clone(&bucket.tags);
        tags.retain(|key, _| key.starts_with(RESERVED));
        bucket.set_tags(tags);
    }
    Ok(Value::object())
}

fn posted(call: &Call) -> Vec<(String, String)> {
    let set = call.input.path("Tagging.TagSet").map_or(&[][..], Value::as_list);
    let text = |tag: &Value, member: &str| {
        tag.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    set.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

/// S3 words its refusals of tags in its own way.
fn check(call: &Call, tags: &[(String, String)]) -> Result<(), Failure> {
    tagging::check(call, tags).map_err(|failure| match failure.code.as_str() {
        "InvalidArgument" => Failure::new("InvalidTag", failure.message),
        _ => failure,
    })
}

/// The place of a bucket of the caller.
fn owned(call: &Call, world: &World, name: &str) -> Result<(Place, Region), Failure> {
    let (account, region) = world.store.bucket_owner(name).ok_or_else(|| no_such_bucket(name))?;
    let expected = call.text("ExpectedBucketOwner");
    if account != call.account() || expected.is_some_and(|owner| owner != account.as_str()) {
        return Err(Failure::new("AccessDenied", "Access Denied").with_status(403));
    }
    let place = Place { account: account.clone(), region: region.clone(), kind: &BUCKET };
    Ok((place, region.clone()))
}

/// The place of a bucket of the caller, refused if the request was signed for another Region.
fn here(call: &Call, world: &World) -> Result<Place, Failure> {
    let name = call.required("Bucket")?;
    let (place, region) = owned(call, world, name)?;
    if region == call.region {
        return Ok(place);
    }
    let failure = if call.region.as_str() == FIRST_REGION {
        let message = format!(
            "The authorization header is malformed; the region '{}' is wrong; expecting '{region}'",
            call.region
        );
        Failure::new("AuthorizationHeaderMalformed", message)
    } else {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        Failure::new("PermanentRedirect", message)
            .with_status(301)
            .with_detail("Endpoint", format!("{name}.s3.{region}.amazonaws.com"))
            .with_detail("Bucket", name)
    };
    Err(failure
        .with_detail("Region", region.as_str())
        .with_header("x-amz-bucket-region", region.as_str()))
}

fn no_such_bucket(name: &str) -> Failure {
    Failure::new("NoSuchBucket", "The specified bucket does not exist")
        .with_status(404)
        .with_detail("BucketName", name)
}
