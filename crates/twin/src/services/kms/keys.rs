//! Keys: made, described, disabled, and deleted when their time is over.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};
use reeve_policy::{Form, Policy};
use reeve_types::{Region, Tags};

use super::{ALIAS, GRANT, KEY, Key, check_not_pending, key, page};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&KEY],
    operations: &[
        ("CreateKey", Action::Own(create)),
        ("DescribeKey", Action::Own(describe_key)),
        ("ListKeys", Action::Own(list)),
        ("UpdateKeyDescription", Action::Own(update_description)),
        ("EnableKey", Action::Own(enable)),
        ("DisableKey", Action::Own(disable)),
        ("ScheduleKeyDeletion", Action::Own(schedule_deletion)),
        ("CancelKeyDeletion", Action::Own(cancel_deletion)),
        ("ReplicateKey", Action::Own(replicate)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
        ("ListResourceTags", Action::Own(list_tags)),
    ],
    tasks: &[("kms:key-deleted", deleted)],
};

/// The policy that a key has if its maker says nothing: the account's own policies decide.
fn usual_policy(account: &str) -> String {
    serde_json::json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
        "Action": "kms:*",
        "Resource": "*",
    }]})
    .to_string()
}

pub(super) fn check_policy(text: &str) -> Result<(), Failure> {
    Policy::parse(Form::Resource, text)
        .map(|_| ())
        .map_err(|problem| Failure::new("MalformedPolicyDocumentException", problem.message))
}

/// Tags as KMS has them, with `TagKey` and `TagValue`.
fn given_tags(call: &Call) -> Result<Vec<(String, String)>, Failure> {
    let text = |tag: &Value, name: &str| tag.text(name).to_owned();
    let tags = call.list("Tags").iter().map(|tag| (text(tag, "TagKey"), text(tag, "TagValue")));
    let tags: Vec<(String, String)> = tags.collect();
    tagging::check(call, &tags)?;
    Ok(tags)
}

/// What a key of a spec is for, and by which algorithms.
fn usage(call: &Call, spec: &str) -> Result<(&'static str, &'static str, &'static str), Failure> {
    let found = match spec {
        "SYMMETRIC_DEFAULT" => ("ENCRYPT_DECRYPT", "EncryptionAlgorithms", "SYMMETRIC_DEFAULT"),
        "HMAC_256" => ("GENERATE_VERIFY_MAC", "MacAlgorithms", "HMAC_SHA_256"),
        _ => {
            let message = format!("The twin has no keys of spec {spec}.");
            return Err(Failure::new("UnsupportedOperationException", message));
        }
    };
    match call.text("KeyUsage") {
        Some(wanted) if wanted != found.0 && (spec != "SYMMETRIC_DEFAULT" || wanted != "ENCRYPT_DECRYPT") => {
            Err(call.invalid(format!("KeyUsage {wanted} is not compatible with KeySpec {spec}")))
        }
        None if spec != "SYMMETRIC_DEFAULT" => {
            Err(call.invalid(format!("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys: {spec}")))
        }
        _ => Ok(found),
    }
}

fn create(call: &Call, world: &mut World) -> Answer {
    let spec = call.text("KeySpec").or_else(|| call.text("CustomerMasterKeySpec"));
    let spec = spec.unwrap_or("SYMMETRIC_DEFAULT");
    if call.text("Origin").is_some_and(|origin| origin != "AWS_KMS")
        || call.text("CustomKeyStoreId").is_some()
    {
        let message = "The twin has no imported key material and no custom key stores.";
        return Err(Failure::new("UnsupportedOperationException", message));
    }
    let (usage, list, algorithm) = usage(call, spec)?;
    let tags: Tags = given_tags(call)?.into_iter().collect();
    let policy = match call.text("Policy") {
        Some(text) => {
            check_policy(text)?;
            text.to_owned()
        }
        None => usual_policy(call.account().as_str()),
    };
    let is_multi = call.flag("MultiRegion");
    let id = if is_multi { format!("mrk-{}", world.random_hex(32)) } else { world.uuid() };
    let mut described = metadata(call, spec, usage);
    described.insert(list, value!([(algorithm)]));
    described.insert("MultiRegion", is_multi);
    let mut inside = object! {"Policy": (policy), "Material": [(world.random_hex(64))]};
    if is_multi {
        inside.insert("Primary", call.region.as_str());
    }
    let place = call.place(&KEY);
    let resource = Resource::new(facts(described), Arc::new(tags)).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    show(call, world, &Key { place, id })
}

fn metadata(call: &Call, spec: &str, usage: &str) -> Object {
    object! {
        "CreationDate": (call.now),
        "Enabled": true,
        "Description": (call.text("Description").unwrap_or_default()),
        "KeyUsage": (usage),
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "KeySpec": (spec),
        "CustomerMasterKeySpec": (spec),
    }
}

/// Makes a key of AWS's own, such as `alias/aws/ebs`, if it is named and does not exist yet.
pub(super) fn provide_managed(call: &Call, world: &mut World, text: &str) {
    let name = text.rsplit(':').next().unwrap_or(text);
    let Some(service) = name.strip_prefix("alias/aws/") else { return };
    let aliases = call.place(&ALIAS);
    let alias = format!("aws/{service}");
    if world.get(&aliases, &alias).is_some() {
        return;
    }
    let account = call.account();
    let policy = serde_json::json!({"Version": "2012-10-17", "Id": format!("auto-{service}-1"), "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": account.as_str()}},
    }, {
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        "Resource": "*",
    }]});
    let mut described = metadata(call, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    described.insert("KeyManager", "AWS");
    described.insert(
        "Description",
        format!(
            "Default key that protects my {} data when no other key is defined",
            service.to_uppercase()
        ),
    );
    described.insert("EncryptionAlgorithms", value!(["SYMMETRIC_DEFAULT"]));
    described.insert("MultiRegion", false);
    let id = world.uuid();
    let inside = object! {"Policy": (policy.to_string()), "Material": [(world.random_hex(64))]};
    let resource = Resource::new(facts(described), Arc::default()).with_inside(inside);
    world.put(call.place(&KEY), id.clone(), resource);
    let described = object! {
        "AliasName": (format!("alias/{alias}")),
        "TargetKeyId": (id),
        "CreationDate": (call.now),
        "LastUpdatedDate": (call.now),
    };
    world.put(aliases, alias, Resource::new(facts(described), Arc::default()));
}

fn show(call: &Call, world: &World, key: &Key) -> Answer {
    Ok(call.fit(value!({"KeyMetadata": (described(world, key)?)})))
}

fn described(world: &World, key: &Key) -> Result<Object, Failure> {
    let resource = key.resource(world)?;
    let place = &key.place;
    let mut shown = place.describe(&KEY, &key.id, resource);
    if let Some(primary) = resource.inside.get("Primary").and_then(Value::as_str) {
        let at = |region: &str| {
            let parsed: Option<Region> = region.parse().ok();
            let arn = parsed.map(|region| KEY.arn(&place.account, &region, &key.id));
            value!({"Arn": (arn.unwrap_or_default()), "Region": (region)})
        };
        let replicas = world.every(&KEY).filter(|(other, id, _)| {
            **id == key.id && other.account == place.account && other.region.as_str() != primary
        });
        let replicas: Value = replicas.map(|(other, ..)| at(other.region.as_str())).collect();
        let own = if primary == place.region.as_str() { "PRIMARY" } else { "REPLICA" };
        shown.insert(
            "MultiRegionConfiguration",
            value!({"MultiRegionKeyType": (own), "PrimaryKey": (at(primary)), "ReplicaKeys": (replicas)}),
        );
    }
    Ok(shown)
}

fn describe_key(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    show(call, world, &key)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&KEY);
    let entries = world.shelf(&place).keys().map(|id| {
        let arn = place.arn_of(&KEY, id);
        (id.clone(), value!({"KeyId": (id.as_str()), "KeyArn": (arn)}))
    });
    page(call, "Keys", entries.collect())
}

/// A key that belongs to the caller's account and is not AWS's own.
pub(super) fn own(call: &Call, world: &mut World) -> Result<Key, Failure> {
    let key = key(call, world, "KeyId")?;
    if key.resource(world)?.fact("KeyManager") == Some("AWS") {
        let message = format!(
            "User: {} is not authorized to change {}, which AWS manages",
            call.caller.arn,
            key.arn()
        );
        return Err(Failure::new("AccessDeniedException", message));
    }
    Ok(key)
}

fn update_description(call: &Call, world: &mut World) -> Answer {
    let key = own(call, world)?;
    check_not_pending(world, &key)?;
    let text = call.input.text("Description");
    world.set(&key.place, &key.id, "Description", text);
    Ok(Value::object())
}

fn set_enabled(call: &Call, world: &mut World, is_enabled: bool) -> Answer {
    let key = own(call, world)?;
    check_not_pending(world, &key)?;
    world.change(&key.place, &key.id, |facts| {
        facts.insert("Enabled", is_enabled);
        facts.insert("KeyState", if is_enabled { "Enabled" } else { "Disabled" });
    });
    Ok(Value::object())
}

fn enable(call: &Call, world: &mut World) -> Answer {
    set_enabled(call, world, true)
}

fn disable(call: &Call, world: &mut World) -> Answer {
    set_enabled(call, world, false)
}

fn schedule_deletion(call: &Call, world: &mut World) -> Answer {
    let key = own(call, world)?;
    check_not_pending(world, &key)?;
    let days = call.integer("PendingWindowInDays").unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must \
             have value between 7 and 30"
        )));
    }
    let due = call.now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(call.now);
    world.change(&key.place, &key.id, |facts| {
        facts.insert("Enabled", false);
        facts.insert("KeyState", "PendingDeletion");
        facts.insert("DeletionDate", due);
    });
    world.schedule(due, Task::new("kms:key-deleted", &key.place, &key.id));
    Ok(value!({
        "KeyId": (key.arn()),
        "DeletionDate": (due),
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": (days),
    }))
}

fn deleted(world: &mut World, task: &Task) {
    let now = world.now();
    let is_due = world.get(&task.place, &task.id).is_some_and(|key| {
        let date = key.value("DeletionDate").and_then(Value::as_timestamp);
        key.fact("KeyState") == Some("PendingDeletion") && date.is_some_and(|date| date <= now)
    });
    if !is_due {
        return;
    }
    world.remove(&task.place, &task.id);
    for (kind, member) in [(&ALIAS, "TargetKeyId"), (&GRANT, "KeyId")] {
        let place = Place { kind, ..task.place.clone() };
        let of_key =
            |id: &&String| world.get(&place, id).and_then(|it| it.fact(member)) == Some(&task.id);
        let gone: Vec<String> = world.shelf(&place).keys().filter(of_key).cloned().collect();
        for id in gone {
            world.remove(&place, &id);
        }
    }
    let arn = task.place.arn_of(&KEY, &task.id);
    let event = Event::new("aws.kms", "KMS CMK Deletion", &task.place).about(arn);
    world.emit(event.with(value!({"key-id": (task.id.as_str())})));
}

fn cancel_deletion(call: &Call, world: &mut World) -> Answer {
    let key = own(call, world)?;
    if key.resource(world)?.fact("KeyState") != Some("PendingDeletion") {
        let message = format!("{} is not pending deletion.", key.arn());
        return Err(Failure::new("KMSInvalidStateException", message));
    }
    world.change(&key.place, &key.id, |facts| {
        facts.insert("KeyState", "Disabled");
        facts.remove("DeletionDate");
    });
    Ok(value!({"KeyId": (key.arn())}))
}

fn replicate(call: &Call, world: &mut World) -> Answer {
    let source = own(call, world)?;
    super::check_usable(world, &source)?;
    let region: Region = call
        .required("ReplicaRegion")?
        .parse()
        .map_err(|_| call.invalid("The replica Region is not the name of a Region."))?;
    let resource = source.resource(world)?.clone();
    if resource.inside.get("Primary").and_then(Value::as_str) != Some(call.region.as_str()) {
        let message = format!("{} is not a multi-Region primary key.", source.arn());
        return Err(Failure::new("UnsupportedOperationException", message));
    }
    let replica = Key { place: Place { region, ..source.place }, id: source.id };
    if world.get(&replica.place, &replica.id).is_some() {
        let message = format!("{} already exists.", replica.arn());
        return Err(Failure::new("AlreadyExistsException", message));
    }
    let tags: Tags = given_tags(call)?.into_iter().collect();
    let policy = match call.text("Policy") {
        Some(text) => {
            check_policy(text)?;
            text.to_owned()
        }
        None => usual_policy(call.account().as_str()),
    };
    let mut made = Resource { tags: Arc::new(tags), ..resource };
    made.inside_mut().insert("Policy", policy.as_str());
    made.facts_mut().insert("CreationDate", call.now);
    made.facts_mut().insert("Description", call.text("Description").unwrap_or_default());
    world.put(replica.place.clone(), replica.id.clone(), made);
    let shown = described(world, &replica)?;
    Ok(call.fit(value!({"ReplicaKeyMetadata": (shown), "ReplicaPolicy": (policy)})))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let key = own(call, world)?;
    check_not_pending(world, &key)?;
    let added = given_tags(call)?;
    if let Some(resource) = world.store.get_mut(&key.place, &key.id) {
        let tags = tagging::with(call, resource, &added)?;
        resource.set_tags(tags);
    }
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let key = own(call, world)?;
    check_not_pending(world, &key)?;
    if let Some(resource) = world.store.get_mut(&key.place, &key.id) {
        let tags = tagging::without(call, resource, &call.texts("TagKeys"))?;
        resource.set_tags(tags);
    }
    Ok(Value::object())
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    let tags = key.resource(world)?.tags.iter();
    let entries = tags.map(|(tag, value)| {
        (tag.clone(), value!({"TagKey": (tag.as_str()), "TagValue": (value.as_str())}))
    });
    page(call, "Tags", entries.collect())
}
