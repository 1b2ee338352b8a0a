//! Who may do what with a bucket: its policy, whether that is public, and access control lists.
//!
//! Calls are authorized before they come here; what is kept here is what that decision reads (`Policy`).

use reeve_model::Value;

use super::bucket::{self, canonical_id};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    objects::Content,
    pattern::matches,
    store::Place,
    value::value,
    world::World,
};

/// Groups of grantees that S3 knows.
const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/// Refuses what is no policy, one that speaks of another bucket, and a public one where those are blocked.
pub(super) fn policy_is_sound(call: &Call, world: &World, value: &Value) -> Result<(), Failure> {
    let malformed = |message: &str| Failure::new("MalformedPolicy", message);
    let text = value.as_str().unwrap_or_default();
    let policy: serde_json::Value = serde_json::from_str(text)
        .map_err(|_| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    let statements = statements(&policy);
    if statements.is_empty() {
        return Err(malformed("Missing required field Statement"));
    }
    let (place, name) = bucket::here(call, world)?;
    let arn = place.arn_of(&super::BUCKET, &name);
    for statement in &statements {
        if statement.get("Principal").or_else(|| statement.get("NotPrincipal")).is_none() {
            return Err(malformed("Missing required field Principal"));
        }
        let resources = texts(statement.get("Resource").or_else(|| statement.get("NotResource")));
        let own = |resource: &&str| {
            let rest = resource.strip_prefix(arn.as_str());
            *resource == "*"
                || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
        };
        if resources.is_empty() || !resources.iter().all(own) {
            return Err(malformed("Policy has invalid resource"));
        }
        if texts(statement.get("Action").or_else(|| statement.get("NotAction"))).is_empty() {
            return Err(malformed("Missing required field Action"));
        }
    }
    let blocked = bucket::fact(world, &place, &name, "PublicAccessBlockConfiguration");
    let blocked = blocked.and_then(|block| block.get("BlockPublicPolicy")?.as_bool());
    if blocked == Some(true) && statements.iter().any(|statement| lets_everybody_in(statement)) {
        let message = format!(
            "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{arn}\" because public policies are blocked by the BlockPublicPolicy block public access setting.",
            call.caller.arn
        );
        return Err(Failure::new("AccessDenied", message).with_status(403));
    }
    Ok(())
}

pub(super) fn policy_status(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    let policy = bucket::fact(world, &place, &name, "Policy").ok_or_else(|| {
        Failure::new("NoSuchBucketPolicy", "The bucket policy does not exist")
            .with_status(404)
            .with_detail("BucketName", name.as_str())
    })?;
    let policy = serde_json::from_str(policy.as_str().unwrap_or_default()).unwrap_or_default();
    let public = statements(&policy).iter().any(|statement| lets_everybody_in(statement));
    Ok(value!({"PolicyStatus": {"IsPublic": (public)}}))
}

fn statements(policy: &serde_json::Value) -> Vec<&serde_json::Value> {
    match policy.get("Statement") {
        Some(serde_json::Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ serde_json::Value::Object(_)) => vec![statement],
        _ => Vec::new(),
    }
}

fn texts(value: Option<&serde_json::Value>) -> Vec<&str> {
    match value {
        Some(serde_json::Value::Array(texts)) => {
            texts.iter().filter_map(serde_json::Value::as_str).collect()
        }
        Some(serde_json::Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// Whether somebody without a name may read an object: the bucket's policy says so, or its access control list does.
pub(super) fn anybody_may_read(
    world: &World,
    (place, name): (&Place, &str),
    (key, content): (&str, Option<&Content>),
) -> bool {
    let blocks = |member: &str| {
        let block = bucket::fact(world, place, name, "PublicAccessBlockConfiguration");
        block.and_then(|block| block.get(member)?.as_bool()) == Some(true)
    };
    let policy = bucket::fact(world, place, name, "Policy");
    let policy = policy.as_ref().and_then(Value::as_str).map(serde_json::from_str);
    let policy: serde_json::Value = policy.and_then(Result::ok).unwrap_or_default();
    let object = format!("arn:aws:s3:::{name}/{key}");
    let is_about = |statement: &serde_json::Value| {
        let action = |one: &str| matches(&one.to_ascii_lowercase(), "s3:getobject");
        texts(statement.get("Action")).into_iter().any(action)
            && texts(statement.get("Resource")).into_iter().any(|one| matches(one, &object))
    };
    let is_denied = |statement: &serde_json::Value| {
        let allowed = statement.as_object().cloned().map(|mut allowed| {
            allowed.insert("Effect".to_owned(), "Allow".into());
            serde_json::Value::from(allowed)
        });
        statement.get("Effect").and_then(serde_json::Value::as_str) == Some("Deny")
            && is_about(statement)
            && allowed.is_some_and(|allowed| lets_everybody_in(&allowed))
    };
    let statements = statements(&policy);
    if statements.iter().any(|statement| is_denied(statement)) {
        return false;
    }
    let by_policy =
        statements.iter().any(|statement| lets_everybody_in(statement) && is_about(statement));
    let canned = content.and_then(|content| content.canned_acl.as_deref());
    let by_list = canned.is_some_and(|canned| canned.starts_with("public-read"));
    by_policy && !blocks("RestrictPublicBuckets") || by_list && !blocks("IgnorePublicAcls")
}

/// Whether a statement is public: it allows everybody, and no condition ties that to somebody or somewhere.
fn lets_everybody_in(statement: &serde_json::Value) -> bool {
    const NARROWING: [&str; 13] = [
        "aws:sourceip",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "aws:principalorgid",
        "aws:principalaccount",
        "aws:principalarn",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    ];
    if statement.get("Effect").and_then(serde_json::Value::as_str) != Some("Allow") {
        return false;
    }
    let everybody = match statement.get("Principal") {
        Some(serde_json::Value::String(text)) => text == "*",
        Some(principal) => texts(principal.get("AWS")).contains(&"*"),
        None => statement.get("NotPrincipal").is_some(),
    };
    let conditions = statement.get("Condition").and_then(serde_json::Value::as_object);
    let keys =
        conditions.into_iter().flat_map(|tests| tests.values().filter_map(|test| test.as_object()));
    let narrowed = keys
        .flat_map(serde_json::Map::keys)
        .any(|key| NARROWING.contains(&key.to_ascii_lowercase().as_str()));
    everybody && !narrowed
}

pub(super) fn get_bucket_acl(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    if let Some(acl) = bucket::fact(world, &place, &name, "AccessControlPolicy") {
        return Ok(acl);
    }
    let canned = bucket::fact(world, &place, &name, "CannedAcl");
    Ok(canned_acl(&place, canned.as_ref().and_then(Value::as_str)))
}

pub(super) fn put_bucket_acl(call: &Call, world: &mut World) -> Answer {
    let (place, name) = bucket::here(call, world)?;
    check_acls(call, world, (&place, &name))?;
    let given = call.input.get("AccessControlPolicy").cloned();
    let canned = call.text("ACL").map(str::to_owned);
    if given.is_none() && canned.is_none() {
        let message = "Your request was missing a required header";
        return Err(Failure::new("MissingSecurityHeader", message));
    }
    world.change(&place, &name, |facts| {
        facts.remove("AccessControlPolicy");
        facts.remove("CannedAcl");
        if let Some(acl) = given {
            facts.insert("AccessControlPolicy", acl);
        } else if let Some(canned) = canned {
            facts.insert("CannedAcl", canned);
        }
    });
    Ok(Value::object())
}

/// Refuses access control lists where the bucket's owner owns everything, and grants that are not simple.
pub(super) fn check_acls(
    call: &Call,
    world: &World,
    (place, name): (&Place, &str),
) -> Result<(), Failure> {
    let grants = ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"];
    if grants.iter().any(|grant| call.input.get(grant).is_some()) {
        let message = "A header you provided implies functionality that is not implemented";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let canned = call.text("ACL");
    let bucket = world.get(place, name);
    let owned = bucket.and_then(|bucket| bucket.fact("OwnershipControls.Rules.0.ObjectOwnership"));
    let harmless = ["private", "bucket-owner-full-control"];
    let own_only = owned == Some("BucketOwnerEnforced");
    if own_only
        && (call.input.get("AccessControlPolicy").is_some()
            || canned.is_some_and(|acl| !harmless.contains(&acl)))
    {
        return Err(Failure::new(
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        ));
    }
    let blocked = bucket.and_then(|bucket| {
        bucket.facts.get("PublicAccessBlockConfiguration")?.get("BlockPublicAcls")?.as_bool()
    });
    if blocked == Some(true) && canned.is_some_and(|acl| acl.starts_with("public")) {
        return Err(Failure::new("AccessDenied", "Access Denied").with_status(403));
    }
    Ok(())
}

/// The list that a canned one stands for.
pub(super) fn canned_acl(place: &Place, canned: Option<&str>) -> Value {
    let owner = canonical_id(&place.account);
    let group = |uri: &str, permission: &str| value!({"Grantee": {"Type": "Group", "URI": (uri)}, "Permission": (permission)});
    let mut grants = vec![value!({
        "Grantee": {"Type": "CanonicalUser", "ID": (owner.as_str())},
        "Permission": "FULL_CONTROL",
    })];
    match canned {
        Some("public-read") => grants.push(group(ALL_USERS, "READ")),
        Some("public-read-write") => {
            grants.push(group(ALL_USERS, "READ"));
            grants.push(group(ALL_USERS, "WRITE"));
        }
        Some("authenticated-read") => grants.push(group(AUTHENTICATED_USERS, "READ")),
        _ => {}
    }
    value!({"Owner": {"ID": (owner)}, "Grants": (grants)})
}
