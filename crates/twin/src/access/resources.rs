//! What a call is about: the ARNs that its permissions are asked for.
//!
//! Derived from the kinds of the service and the members of the input. What names nothing in particular is about `*`,
//! as AWS has it for listings.

use reeve_model::{Name, Object, Value};

use super::names;
use crate::{
    call::Call,
    directory::Identity as Principal,
    kind::{self, Identity, Kind},
    services::Action,
    store::Place,
    world::World,
};

/// One resource that a permission is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Its ARN, or `*`.
    pub(crate) arn: String,
    /// The account that it belongs to.
    pub(crate) account: String,
}

/// Everything that a call is about.
pub(crate) fn of(world: &World, call: &Call) -> Vec<Subject> {
    let arns = match call.service.model {
        "s3" => s3(call),
        "sqs" => sqs(call),
        "iam" => iam(world, call),
        "kms" => crate::services::kms::subject_arn(world, call).into_iter().collect(),
        "secretsmanager" => {
            crate::services::secretsmanager::subject_arn(world, call).into_iter().collect()
        }
        "lambda" => lambda(call),
        "dynamodb" => dynamodb(call),
        "ec2" if call.operation.starts_with("Describe") => Vec::new(),
        _ => names::of(call).unwrap_or_else(|| named(call)),
    };
    let mut subjects: Vec<Subject> =
        arns.into_iter().map(|arn| subject(world, call, arn)).collect();
    if subjects.is_empty() {
        let arn = made(call).unwrap_or_else(|| "*".to_owned());
        subjects.push(subject(world, call, arn));
    }
    subjects.dedup();
    subjects
}

/// What an action of a call is about, where it is not the same for all of them.
pub(crate) fn for_action(
    world: &World,
    call: &Call,
    action: &str,
    subjects: &[Subject],
) -> Vec<Subject> {
    if action == "kms:ReEncryptTo" {
        let target = crate::services::kms::destination_arn(world, call);
        return target.map(|arn| subject(world, call, arn)).into_iter().collect();
    }
    if call.service.model != "s3" {
        return subjects.to_vec();
    }
    // Copying reads the source and writes the target.
    if action == "s3:GetObject"
        && let Some(source) = call.text("CopySource")
    {
        let source = source.trim_start_matches('/').split('?').next().unwrap_or(source);
        return vec![subject(world, call, format!("arn:aws:s3:::{source}"))];
    }
    let about_objects = action.contains("Object") && !action.contains("ObjectLockConfiguration");
    let is_many = call.operation == "DeleteObjects";
    if about_objects && is_many {
        let bucket = call.text("Bucket").unwrap_or_default();
        let objects = call.input.path("Delete.Objects").map_or(&[][..], Value::as_list);
        let keys = objects.iter().filter_map(|it| it.get("Key")?.as_str());
        return keys
            .map(|key| subject(world, call, format!("arn:aws:s3:::{bucket}/{key}")))
            .collect();
    }
    if about_objects
        || action == "s3:AbortMultipartUpload"
        || action == "s3:ListMultipartUploadParts"
    {
        return subjects.to_vec();
    }
    let of_bucket = |it: &Subject| {
        let bucket = it.arn.split('/').next().unwrap_or(&it.arn).to_owned();
        Subject { arn: bucket, account: it.account.clone() }
    };
    subjects.iter().map(of_bucket).collect()
}

fn subject(world: &World, call: &Call, arn: String) -> Subject {
    let named = arn.split(':').nth(4).unwrap_or_default();
    // Whoever creates a bucket asks for one of its own, whosever the name is already.
    let account = if call.operation == "CreateBucket" {
        call.account().to_string()
    } else if named.is_empty() {
        let bucket = arn.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split('/').next());
        let owner = bucket.and_then(|bucket| world.store.bucket_owner(bucket));
        owner.map_or_else(|| call.account().to_string(), |(account, _)| account.to_string())
    } else if named.len() == 12 {
        named.to_owned()
    } else {
        call.account().to_string()
    };
    Subject { arn, account }
}

fn s3(call: &Call) -> Vec<String> {
    let Some(bucket) = call.text("Bucket") else { return Vec::new() };
    match call.text("Key") {
        Some(key) => vec![format!("arn:aws:s3:::{bucket}/{key}")],
        None => vec![format!("arn:aws:s3:::{bucket}")],
    }
}

fn sqs(call: &Call) -> Vec<String> {
    let (account, region) = (call.account(), &call.region);
    if let Some(url) = call.text("QueueUrl") {
        let mut parts = url.rsplit('/');
        let name = parts.next().unwrap_or_default();
        let owner = parts.next().filter(|part| part.len() == 12).unwrap_or(account.as_str());
        return vec![format!("arn:aws:sqs:{region}:{owner}:{name}")];
    }
    let name = call.text("QueueName").map(|name| format!("arn:aws:sqs:{region}:{account}:{name}"));
    name.into_iter().chain(call.text("SourceArn").map(str::to_owned)).collect()
}

fn lambda(call: &Call) -> Vec<String> {
    let (account, region) = (call.account(), &call.region);
    let arn = match call.text("FunctionName") {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(name) => match name.split_once(":function:") {
            Some((owner, name)) => format!("arn:aws:lambda:{region}:{owner}:function:{name}"),
            None => format!("arn:aws:lambda:{region}:{account}:function:{name}"),
        },
        None => return named(call),
    };
    // What is invoked is the version or alias; all else is about the function.
    match call.text("Qualifier").filter(|_| call.operation.starts_with("Invoke")) {
        Some(qualifier) if arn.split(':').count() == 7 => vec![format!("{arn}:{qualifier}")],
        _ => vec![arn],
    }
}

/// The tables that a call names: batches and transactions name theirs deeper in the input.
fn dynamodb(call: &Call) -> Vec<String> {
    let kinds: Vec<Kind> = call.service.kinds().collect();
    let batches = call.object("RequestItems").into_iter().flat_map(Object::names);
    let steps = call.list("TransactItems").iter().filter_map(Value::as_object);
    let transacted = steps.flat_map(Object::iter).filter_map(|(_, step)| step.get("TableName"));
    let deeper = batches
        .map(Name::as_str)
        .chain(transacted.filter_map(Value::as_str))
        .filter_map(|table| arn_of(call, &kinds, ("TableName", table)));
    named(call).into_iter().chain(deeper).collect()
}

/// IAM's resources by the names in the input, with their paths.
fn iam(world: &World, call: &Call) -> Vec<String> {
    use crate::services::iam::{common::id_of, kinds};
    const MEMBERS: [(&str, Kind); 5] = [
        ("RoleName", &kinds::ROLE),
        ("UserName", &kinds::USER),
        ("GroupName", &kinds::GROUP),
        ("InstanceProfileName", &kinds::INSTANCE_PROFILE),
        ("ServerCertificateName", &kinds::SERVER_CERTIFICATE),
    ];
    let arn = |(member, kind): (&str, Kind)| {
        let name = call.text(member)?;
        let place: Place = call.place(kind);
        let path = call.text("Path").unwrap_or("/");
        let id = id_of(world, &place, name)
            .unwrap_or_else(|| crate::services::iam::common::join(path, name));
        Some(place.arn_of(kind, &id))
    };
    // The first is what the operation is about: adding a user to a group is about the group.
    let is_group = call.operation.ends_with("Group");
    let first = if is_group { arn(("GroupName", &kinds::GROUP)) } else { None };
    let found = first.or_else(|| MEMBERS.into_iter().find_map(arn));
    if let Some(found) = found {
        return vec![found];
    }
    if let Some(arn) =
        ["PolicyArn", "PolicySourceArn", "SAMLProviderArn", "OpenIDConnectProviderArn", "Arn"]
            .into_iter()
            .find_map(|member| call.text(member).filter(|text| text.starts_with("arn:")))
    {
        return vec![arn.to_owned()];
    }
    if let Some(name) = call.text("PolicyName") {
        let place = call.place(&kinds::POLICY);
        let path = call.text("Path").unwrap_or("/");
        let id = crate::services::iam::common::join(path, name);
        return vec![place.arn_of(&kinds::POLICY, &id)];
    }
    if let (Principal::User(id), false) =
        (&call.caller.identity, call.operation.starts_with("List"))
    {
        let own =
            ["GetUser", "ChangePassword", "CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey"];
        if own.contains(&&*call.operation) {
            return vec![format!("arn:aws:iam::{}:user/{id}", call.account())];
        }
    }
    Vec::new()
}

/// The resources of the service that the input names, by ARN or by id.
fn named(call: &Call) -> Vec<String> {
    let mut found = Vec::new();
    let Some(input) = call.input.as_object() else { return found };
    let kinds: Vec<Kind> = call.service.kinds().collect();
    for (member, value) in input.iter() {
        let texts: Vec<&str> = match value {
            Value::String(text) => vec![text],
            Value::List(list) => list.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        for text in texts {
            if let Some(arn) = arn_of(call, &kinds, (member.as_str(), text)) {
                found.push(arn);
            }
        }
    }
    found
}

fn arn_of(call: &Call, kinds: &[Kind], (member, text): (&str, &str)) -> Option<String> {
    if text.starts_with("arn:") {
        let service = text.split(':').nth(2)?;
        let is_own = kinds.iter().any(|kind| kind.arn.split(':').nth(2) == Some(service))
            || service == call.service.iam_prefix;
        let about_tags = ["ResourceArn", "resourceArn", "ResourceARN"].contains(&member);
        return (is_own || about_tags).then(|| text.to_owned());
    }
    let arn = |kind: Kind| {
        let place = call.place(kind);
        place.arn_of(kind, text)
    };
    let names = |known: &str| {
        let singular = member.strip_suffix('s').unwrap_or(member);
        known.eq_ignore_ascii_case(member) || known.eq_ignore_ascii_case(singular)
    };
    let by_member = kinds.iter().find(|kind| {
        let mut ids = kind.identity.iter().filter(|(_, what)| matches!(what, Identity::Id));
        ids.any(|(known, _)| names(known))
    });
    if let Some(kind) = by_member {
        return Some(arn(kind));
    }
    let is_id = member.ends_with("Id") || member.ends_with("Ids") || member == "Resources";
    if is_id && text.contains('-') {
        return kind::of_prefixed(kinds.iter().copied(), text).map(arn);
    }
    None
}

/// What an operation makes, whichever id that will have.
fn made(call: &Call) -> Option<String> {
    let kind = match call.service.action_of(&call.operation)? {
        Action::Create(create) => create.kind,
        _ if call.operation == "RunInstances" => kind::named("AWS::EC2::Instance")?,
        _ => {
            let what = call.operation.strip_prefix("Create")?;
            call.service.kinds().find(|kind| {
                kind.resource_type
                    .rsplit("::")
                    .next()
                    .is_some_and(|last| last.eq_ignore_ascii_case(what))
            })?
        }
    };
    let place = call.place(kind);
    Some(place.arn_of(kind, "*"))
}
