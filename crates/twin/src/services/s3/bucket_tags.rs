//! The tags of buckets.

use reeve_model::Value;
use reeve_types::Tags;

use super::bucket::here;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::tag_list,
    tagging::{self, RESERVED},
    world::World,
};

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let (place, name) = here(call, world)?;
    let bucket = world.get(&place, &name).filter(|bucket| !bucket.tags.is_empty());
    let bucket = bucket.ok_or_else(|| {
        Failure::new("NoSuchTagSet", "The TagSet does not exist")
            .with_status(404)
            .with_detail("BucketName", name.as_str())
    })?;
    Ok(Value::from_iter([("TagSet", tag_list(&bucket.tags))]))
}

/// Replaces all tags. Tags that AWS made must be among them, unchanged.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let (place, name) = here(call, world)?;
    let Some(bucket) = world.store.get_mut(&place, &name) else { return Ok(Value::object()) };
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
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (place, name) = here(call, world)?;
    if let Some(bucket) = world.store.get_mut(&place, &name) {
        let mut tags = Tags::clone(&bucket.tags);
        tags.retain(|key, _| key.starts_with(RESERVED));
        bucket.set_tags(tags);
    }
    Ok(Value::object())
}

/// The tags in a `Tagging`.
pub(super) fn posted(call: &Call) -> Vec<(String, String)> {
    let set = call.input.path("Tagging.TagSet").map_or(&[][..], Value::as_list);
    let text = |tag: &Value, member: &str| tag.text(member).to_owned();
    set.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

/// S3 words its refusals of tags in its own way.
pub(super) fn check(call: &Call, tags: &[(String, String)]) -> Result<(), Failure> {
    tagging::check(call, tags).map_err(|failure| match failure.code.as_str() {
        "InvalidArgument" => Failure::new("InvalidTag", failure.message),
        _ => failure,
    })
}
