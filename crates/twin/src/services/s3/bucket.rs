//! Buckets: made, listed, found, deleted. Names are global; everything but the location is asked in a bucket's own Region.

use std::{ops::Bound, sync::Arc};

use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region, Tags};

use super::{BUCKET, name};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    kind::describe,
    objects::Versioning,
    page::Paging,
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

const PAGES: Paging =
    Paging::of("MaxBuckets", "ContinuationToken", (10_000, 10_000), "InvalidArgument");

/// The Region whose buckets have no location constraint.
const FIRST_REGION: &str = "us-east-1";

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Bucket")?;
    if let Some(problem) = name::problem(name) {
        return Err(Failure::new(
            "InvalidBucketName",
            format!("The specified bucket is not valid. {problem}"),
        )
        .with_detail("BucketName", name));
    }
    let place = new_place(call)?;
    refuse_unsupported(call)?;
    if let Some((account, _)) = owner(world, name) {
        return taken(call, name, account == *call.account());
    }
    let given = tags_given(call);
    tagging::check(call, &given)?;
    let tags: Tags = given.into_iter().collect();
    let bucket = Resource::new(facts(first_facts(call)), Arc::new(tags));
    let arn = place.arn_of(&BUCKET, name);
    world.put(place, name, bucket);
    Ok(value!({"Location": (location(call, name)), "BucketArn": (arn)}))
}

fn location(call: &Call, name: &str) -> String {
    match call.region.as_str() {
        FIRST_REGION => format!("/{name}"),
        _ => format!("http://{name}.s3.amazonaws.com/"),
    }
}

/// Where the new bucket goes. The first Region's endpoint makes buckets everywhere, others only in their own Region.
fn new_place(call: &Call) -> Result<Place, Failure> {
    let wanted = call.input.path("CreateBucketConfiguration.LocationConstraint");
    let wanted = wanted.and_then(Value::as_str).filter(|wanted| !wanted.is_empty());
    let place = call.place(&BUCKET);
    let here = call.region.as_str();
    match wanted {
        None if here == FIRST_REGION => Ok(place),
        Some("EU") if here == "eu-west-1" => Ok(place),
        Some(wanted) if wanted == here && here != FIRST_REGION => Ok(place),
        Some(wanted) if here == FIRST_REGION && wanted != FIRST_REGION => match wanted.parse() {
            Ok(region) if is_named_as_regions_are(wanted) => Ok(Place { region, ..place }),
            _ => Err(invalid_location()),
        },
        Some(FIRST_REGION) => Err(invalid_location()),
        wanted => {
            let wanted = wanted.unwrap_or("unspecified");
            let message = format!(
                "The {wanted} location constraint is incompatible for the region specific endpoint this request was \
                 sent to."
            );
            Err(Failure::new("IllegalLocationConstraintException", message))
        }
    }
}

/// Whether a name could be a Region's: `eu-west-1`, but not `nowhere-1`.
fn is_named_as_regions_are(name: &str) -> bool {
    const CONTINENTS: [&str; 10] = ["af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us"];
    let parts: Vec<&str> = name.split('-').collect();
    match parts.as_slice() {
        [continent, .., _, number] => {
            CONTINENTS.contains(continent) && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

fn invalid_location() -> Failure {
    Failure::new("InvalidLocationConstraint", "The specified location-constraint is not valid")
}

fn refuse_unsupported(call: &Call) -> Result<(), Failure> {
    let directory = call.input.path("CreateBucketConfiguration.Bucket").is_some();
    if directory || call.text("BucketNamespace").is_some_and(|wanted| wanted != "global") {
        return Err(Failure::new("NotImplemented", "the twin has general purpose buckets only")
            .with_status(501));
    }
    let public = call.text("ACL").is_some_and(|acl| acl != "private");
    let owned = call.text("ObjectOwnership").is_none_or(|owner| owner == "BucketOwnerEnforced");
    if public && owned {
        let message =
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(Failure::new("InvalidBucketAclWithObjectOwnership", message));
    }
    Ok(())
}

fn taken(call: &Call, name: &str, own: bool) -> Answer {
    if !own {
        let message = "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                       system. Please select a different name and try again.";
        let failure = Failure::new("BucketAlreadyExists", message).with_status(409);
        return Err(failure.with_detail("BucketName", name));
    }
    if call.region.as_str() == FIRST_REGION {
        return Ok(Value::from_iter([("Location", location(call, name))]));
    }
    let message =
        "Your previous request to create the named bucket succeeded and you already own it.";
    Err(Failure::new("BucketAlreadyOwnedByYou", message)
        .with_status(409)
        .with_detail("BucketName", name))
}

fn tags_given(call: &Call) -> Vec<(String, String)> {
    let set = call.input.path("CreateBucketConfiguration.Tags").map_or(&[][..], Value::as_list);
    let text = |tag: &Value, member: &str| tag.text(member).to_owned();
    set.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

/// What a new bucket has: since 2023 nobody from outside gets in, and its owner owns all objects.
fn first_facts(call: &Call) -> Object {
    let ownership = call.text("ObjectOwnership").unwrap_or("BucketOwnerEnforced");
    let mut facts = object!(
        "CreationDate": (call.now),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": (ownership)}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": true,
            "IgnorePublicAcls": true,
            "BlockPublicPolicy": true,
            "RestrictPublicBuckets": true,
        },
    );
    if call.flag("ObjectLockEnabledForBucket") {
        facts.insert("ObjectLockConfiguration", value!({"ObjectLockEnabled": "Enabled"}));
        facts.insert("VersioningConfiguration", value!({"Status": "Enabled"}));
    }
    if let Some(acl) = call.text("ACL") {
        facts.insert("CannedAcl", acl);
    }
    facts
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (place, name) = here(call, world)?;
    let contents = world.objects.of(&name);
    if contents.is_some_and(|contents| !contents.keys.is_empty()) {
        let message = match versioning(world, &place, &name) {
            Versioning::Off => "The bucket you tried to delete is not empty",
            _ => {
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
            }
        };
        return Err(Failure::new("BucketNotEmpty", message)
            .with_status(409)
            .with_detail("BucketName", name.as_str()));
    }
    world.remove(&place, &name);
    world.objects.forget(&name);
    Ok(Value::object())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
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
    let shown = page.iter().map(|(name, region)| show(call, world, name, (region, with_region)));
    let owner = Value::from_iter([("ID", canonical_id(call.account()))]);
    let mut output = Object::from_iter([("Owner", owner), ("Buckets", shown.collect())]);
    if !prefix.is_empty() {
        output.insert("Prefix", prefix);
    }
    Ok(call.fit(PAGES.finish(call, output, last)))
}

fn show(call: &Call, world: &World, name: &str, (region, with_region): (&Region, bool)) -> Value {
    let account = call.account().clone();
    let place = Place { account, region: region.clone(), kind: &BUCKET };
    let bucket = world.get(&place, name).cloned().unwrap_or_default();
    let mut description = describe(&BUCKET, (&place.account, region), name, &bucket);
    if with_region {
        description.insert("BucketRegion", region.as_str());
    }
    description.into()
}

pub(super) fn get_location(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Bucket")?;
    let place = known(call, world, name)?;
    if place.region.as_str() == FIRST_REGION {
        return Ok(Value::object());
    }
    Ok(Value::from_iter([("LocationConstraint", place.region.as_str())]))
}

pub(super) fn head(call: &Call, world: &mut World) -> Answer {
    let (place, _) = here(call, world)?;
    Ok(value!({"BucketRegion": (place.region.as_str()), "AccessPointAlias": false}))
}

/// The canonical user id of an account.
pub(super) fn canonical_id(account: &AccountId) -> String {
    hex_digest(account.as_str(), 64)
}

/// The account and Region that a bucket is in.
pub(super) fn owner(world: &World, name: &str) -> Option<(AccountId, Region)> {
    world.store.bucket_owner(name).cloned()
}

/// A fact of a bucket.
pub(super) fn fact(world: &World, place: &Place, name: &str, fact: &str) -> Option<Value> {
    world.get(place, name)?.facts.get(fact).cloned()
}

/// Whether a bucket keeps old versions.
pub(super) fn versioning(world: &World, place: &Place, name: &str) -> Versioning {
    let status =
        world.get(place, name).and_then(|bucket| bucket.fact("VersioningConfiguration.Status"));
    match status {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => Versioning::Off,
    }
}

/// The place of a bucket that the caller may ask about: its own, one whose policy lets others in, or any for AWS itself.
fn known(call: &Call, world: &World, name: &str) -> Result<Place, Failure> {
    let (account, region) = owner(world, name).ok_or_else(|| no_such_bucket(name))?;
    let place = Place { account, region, kind: &BUCKET };
    let denied = || Failure::new("AccessDenied", "Access Denied").with_status(403);
    if call.text("ExpectedBucketOwner").is_some_and(|owner| owner != place.account.as_str()) {
        return Err(denied());
    }
    // Whether a policy that exists lets this caller in has been decided before the call came here.
    let shared = fact(world, &place, name, "Policy").is_some();
    if place.account != *call.account() && !shared && !super::is_service(call) {
        return Err(denied());
    }
    Ok(place)
}

/// The place and name of the bucket called, refused if the request was signed for another Region.
pub(super) fn here(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let name = call.required("Bucket")?;
    let name = name.strip_prefix("arn:aws:s3:::").unwrap_or(name);
    let place = known(call, world, name)?;
    if place.region == call.region || super::is_service(call) {
        return Ok((place, name.to_owned()));
    }
    let region = &place.region;
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
