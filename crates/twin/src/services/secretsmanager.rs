//! AWS Secrets Manager: secrets with versions and stages, rotated and deleted in time.

mod password;
mod policies;
mod rotation;
mod secrets;
mod versions;

use reeve_model::{Object, Value};

use super::ServiceDefinition;
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm, parse_arn},
    store::{Place, Resource},
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "secretsmanager",
    signing_name: "secretsmanager",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "secretsmanager",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterException"),
    parts: &[&secrets::PART, &versions::PART, &rotation::PART, &policies::PART, &password::PART],
};

/// Ids are names with the six characters that AWS puts behind them.
pub(crate) static SECRET: Definition = Definition {
    resource_type: "AWS::SecretsManager::Secret",
    tagging_type: "secretsmanager:secret",
    arn: "arn:{partition}:secretsmanager:{region}:{account}:secret:{id}",
    identity: &[("ARN", Identity::Arn)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    ),
    sample: Some(|sample| {
        serde_json::json!({
            "Name": sample.id,
            "CreatedDate": sample.created(),
            "LastChangedDate": sample.created(),
        })
    }),
    ..Definition::OF
};

/// How many characters AWS puts behind a name, the dash included.
const SUFFIX: usize = 7;

/// A secret, wherever it is.
#[derive(Debug, Clone)]
struct Secret {
    place: Place,
    id: String,
}

impl Secret {
    fn arn(&self) -> String {
        self.place.arn_of(&SECRET, &self.id)
    }

    fn resource<'w>(&self, world: &'w World) -> Result<&'w Resource, Failure> {
        world.get(&self.place, &self.id).ok_or_else(|| SECRET.missing.failure(&self.id))
    }

    fn name(&self, world: &World) -> String {
        let found = world.get(&self.place, &self.id).and_then(|it| it.fact("Name"));
        found.unwrap_or(&self.id).to_owned()
    }

    /// What most operations answer: which secret it was.
    fn named(&self, world: &World) -> Object {
        Object::from_iter([("ARN", self.arn()), ("Name", self.name(world))])
    }
}

/// The secret that a text names: by name, by ARN, or by an ARN without the characters that AWS put behind.
fn named(call: &Call, world: &World, text: &str) -> Result<Secret, Failure> {
    let mut place = call.place(&SECRET);
    let mut wanted = text;
    if let Some((_, parsed)) = parse_arn(text).filter(|(kind, _)| *kind == &SECRET) {
        place.account = parsed.account.and_then(|it| it.parse().ok()).unwrap_or(place.account);
        place.region = parsed.region.and_then(|it| it.parse().ok()).unwrap_or(place.region);
        wanted = parsed.id;
    }
    let missing = || SECRET.missing.failure(text);
    if place.region != call.region {
        return Err(missing());
    }
    if world.get(&place, wanted).is_some() {
        return Ok(Secret { place, id: wanted.to_owned() });
    }
    let rest = world.shelf(&place).range(wanted.to_owned()..);
    let mut near = rest.take_while(|(id, _)| id.starts_with(wanted));
    let found = near.find(|(_, secret)| secret.fact("Name") == Some(wanted));
    let id = found.map(|(id, _)| id.clone()).ok_or_else(missing)?;
    Ok(Secret { place, id })
}

/// The secret of the call.
fn secret(call: &Call, world: &World) -> Result<Secret, Failure> {
    named(call, world, call.required("SecretId")?)
}

/// The secret of the call, refused if it is to be deleted.
fn live(call: &Call, world: &World) -> Result<Secret, Failure> {
    let secret = secret(call, world)?;
    if secret.resource(world)?.value("DeletedDate").is_some() {
        let message =
            "You can't perform this operation on the secret because it was marked for deletion.";
        return Err(Failure::new("InvalidRequestException", message));
    }
    Ok(secret)
}

/// Notes that a secret changed.
fn touch(call: &Call, world: &mut World, secret: &Secret) {
    world.set(&secret.place, &secret.id, "LastChangedDate", call.now);
}

/// The versions of a secret by id.
fn versions_of(resource: &Resource) -> Object {
    resource.inside.get("Versions").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The ARN of the secret that a call is about.
pub(crate) fn subject_arn(world: &World, call: &Call) -> Option<String> {
    if let Some(text) = call.text("SecretId") {
        return Some(match named(call, world, text) {
            Ok(secret) => secret.arn(),
            Err(_) if text.starts_with("arn:") => text.to_owned(),
            Err(_) => call.arn_of(&SECRET, text),
        });
    }
    let name = call.text("Name")?;
    Some(call.arn_of(&SECRET, name))
}
