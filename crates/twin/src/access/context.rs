//! The values of a call that conditions ask for, worked out as they are asked.

use std::borrow::Cow;

use reeve_model::Value;
use reeve_policy::{Context, ContextValue};
use reeve_types::{AccountId, Tags};

use super::resources::Subject;
use crate::{
    call::Call,
    directory::Identity,
    kind::HOME_REGION,
    services::iam::{
        common::last_segment,
        kinds::{ROLE, USER},
    },
    store::Place,
    world::World,
};

/// Where all calls come from: the twin speaks to its own machine only.
const SOURCE_ADDRESS: &str = "127.0.0.1";

/// One call about one resource.
pub(crate) struct CallContext<'c> {
    world: &'c World,
    call: &'c Call,
    subject: &'c Subject,
    /// Values that the service itself brings.
    extra: Value,
}

impl<'c> CallContext<'c> {
    pub(crate) fn new(world: &'c World, call: &'c Call, subject: &'c Subject) -> Self {
        Self { world, call, subject, extra: Value::Null }
    }

    /// The same with values of the service, by key in lower case; lists are keys with several values.
    pub(crate) fn with(mut self, extra: Value) -> Self {
        self.extra = extra;
        self
    }

    fn principal_arn(&self) -> String {
        let caller = &self.call.caller;
        match &caller.identity {
            Identity::Role(id) => format!("arn:aws:iam::{}:role/{id}", caller.account),
            _ => caller.arn.clone(),
        }
    }

    fn principal_type(&self) -> &'static str {
        match self.call.caller.identity {
            Identity::Root => "Account",
            Identity::User(_) => "User",
            Identity::Role(_) => "AssumedRole",
            Identity::Federated(_) => "FederatedUser",
            Identity::Service => "Service",
        }
    }

    fn principal_tag(&self, key: &str) -> Option<String> {
        let caller = &self.call.caller;
        let of = |tags: &Tags| {
            tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, it)| it.clone())
        };
        if let Some(found) = caller.session.as_ref().and_then(|session| of(&session.tags)) {
            return Some(found);
        }
        let (kind, id) = match &caller.identity {
            Identity::User(id) | Identity::Federated(id) => (&USER, id),
            Identity::Role(id) => (&ROLE, id),
            Identity::Root | Identity::Service => return None,
        };
        let place =
            Place { account: caller.account.clone(), region: HOME_REGION.parse().ok()?, kind };
        of(&self.world.get(&place, id)?.tags)
    }

    fn resource_tag(&self, key: &str) -> Option<String> {
        // Streams have the tags of their log group.
        let arn = self.subject.arn.split(":log-stream:").next().unwrap_or_default();
        let (place, id) = self.world.store.locate(arn)?;
        let tags = &self.world.get(&place, &id)?.tags;
        tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, it)| it.clone())
    }

    fn org_path(&self, account: &str) -> Option<String> {
        let organization = self.world.directory.organization.as_ref()?;
        let account: AccountId = account.parse().ok()?;
        organization.members.contains_key(&account).then(|| organization.path_text(&account))
    }

    fn org_id(&self, account: &str) -> Option<String> {
        self.org_path(account)?.split('/').next().map(str::to_owned)
    }

    fn global(&self, key: &str) -> Option<ContextValue<'c>> {
        let caller = &self.call.caller;
        let session = caller.session.as_ref();
        let one = |text: String| Some(ContextValue::One(Cow::Owned(text)));
        match key {
            "aws:principalarn" => one(self.principal_arn()),
            "aws:principalaccount" | "kms:calleraccount" => one(caller.account.to_string()),
            "aws:principalorgid" => one(self.org_id(caller.account.as_str())?),
            "aws:principalorgpaths" => {
                Some(ContextValue::Many(vec![self.org_path(caller.account.as_str())?.into()]))
            }
            "aws:principaltype" => one(self.principal_type().to_owned()),
            "aws:userid" => one(caller.user_id.clone()),
            "aws:username" => match &caller.identity {
                Identity::User(id) => one(last_segment(id).to_owned()),
                _ => None,
            },
            "aws:requestedregion" | "ec2:region" => one(self.call.region.to_string()),
            "aws:sourceip" => Some(ContextValue::one(SOURCE_ADDRESS)),
            "aws:currenttime" => one(self.call.now.to_string()),
            "aws:epochtime" => one(self.call.now.as_second().to_string()),
            "aws:securetransport" => Some(ContextValue::one("true")),
            "aws:viaawsservice" | "aws:principalisawsservice" => Some(ContextValue::one("false")),
            "aws:sourceidentity" => one(caller.source_identity.clone()?),
            "aws:federatedprovider" => one(session?.provider.clone()?),
            "aws:multifactorauthpresent" => one(session?.has_second_factor.to_string()),
            "aws:multifactorauthage" => {
                let session = session.filter(|session| session.has_second_factor)?;
                one(self.call.now.duration_since(session.began).as_secs().to_string())
            }
            "aws:tokenissuetime" => one(session?.began.to_string()),
            "aws:resourceaccount" => one(self.subject.account.clone()),
            "aws:resourceorgid" => one(self.org_id(&self.subject.account)?),
            "aws:resourceorgpaths" => {
                Some(ContextValue::Many(vec![self.org_path(&self.subject.account)?.into()]))
            }
            "aws:tagkeys" => tag_keys(self.call),
            _ => None,
        }
    }

    /// Keys of services that an input member or a fact of the resource gives.
    fn of_service(&self, key: &str) -> Option<ContextValue<'c>> {
        let member = match key {
            "iam:policyarn" => "PolicyArn",
            "iam:permissionsboundary" => "PermissionsBoundary",
            "ec2:instancetype" => "InstanceType",
            "ec2:imageid" => "ImageId",
            "ec2:volumetype" => "VolumeType",
            "ec2:volumesize" => "Size",
            "s3:prefix" => "Prefix",
            "s3:delimiter" => "Delimiter",
            "s3:max-keys" => "MaxKeys",
            "s3:x-amz-acl" => "ACL",
            "s3:x-amz-server-side-encryption" => "ServerSideEncryption",
            "rds:databaseclass" => "DBInstanceClass",
            "rds:databaseengine" => "Engine",
            "lambda:principal" => "Principal",
            "secretsmanager:versionstage" => "VersionStage",
            "secretsmanager:name" => "Name",
            "kms:requestalias" => "KeyId",
            "organizations:policytype" => "PolicyType",
            "organizations:serviceprincipal" => "ServicePrincipal",
            _ => "",
        };
        if let Some(found) = self.call.input.get(member).and_then(scalar) {
            return Some(ContextValue::One(Cow::Owned(found)));
        }
        if let Some(key) = key.strip_prefix("kms:encryptioncontext:") {
            let context = self.call.object("EncryptionContext")?;
            let (_, value) = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
            return Some(ContextValue::One(Cow::Owned(scalar(value)?)));
        }
        // Whoever may only tag what they are making has no say over what there is.
        if key == "ec2:createaction" && self.call.operation != "CreateTags" {
            return Some(ContextValue::One(Cow::Owned(self.call.operation.clone())));
        }
        if key == "iam:passedtoservice" {
            let service = match self.call.service.iam_prefix {
                "ec2" | "autoscaling" => "ec2",
                "ecs" => "ecs-tasks",
                other => other,
            };
            return Some(ContextValue::One(Cow::Owned(format!("{service}.amazonaws.com"))));
        }
        let fact = match key {
            "ec2:instancetype" => "InstanceType",
            "ec2:volumetype" => "VolumeType",
            "ec2:volumesize" => "Size",
            "rds:databaseclass" => "DBInstanceClass",
            "rds:databaseengine" => "Engine",
            _ => return None,
        };
        let (place, id) = self.world.store.locate(&self.subject.arn)?;
        let found = scalar(self.world.get(&place, &id)?.value(fact)?)?;
        Some(ContextValue::One(Cow::Owned(found)))
    }
}

impl Context for CallContext<'_> {
    fn value(&self, key: &str) -> Option<ContextValue<'_>> {
        match self.extra.get(key) {
            Some(Value::List(values)) => {
                let texts = values.iter().filter_map(Value::as_str).map(Cow::Borrowed);
                return Some(ContextValue::Many(texts.collect()));
            }
            Some(Value::String(text)) => return Some(ContextValue::one(text.as_str())),
            _ => {}
        }
        let Some((family, name)) = key.split_once('/') else {
            return self.global(key).or_else(|| self.of_service(key));
        };
        let found = match family {
            "aws:principaltag" => self.principal_tag(name),
            "aws:requesttag" => request_tags(self.call)
                .into_iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value),
            _ if family.ends_with(":resourcetag") => self.resource_tag(name),
            _ => None,
        };
        found.map(|text| ContextValue::One(Cow::Owned(text)))
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Whether a call gives tags.
pub(crate) fn has_tags(call: &Call) -> bool {
    !request_tags(call).is_empty()
}

/// The tags in an input, in whichever of the ways that services have.
pub(crate) fn request_tags(call: &Call) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Some(input) = call.input.as_object() else { return found };
    for (member, value) in input.iter() {
        let name = member.to_ascii_lowercase();
        if name == "tagspecifications" {
            for specification in value.as_list() {
                if let Some(tags) = specification.get("Tags").or_else(|| specification.get("tags"))
                {
                    add_tags(tags, &mut found);
                }
            }
        } else if name == "tagging" {
            if let Some(tags) = value.get("TagSet") {
                add_tags(tags, &mut found);
            }
        } else if name.ends_with("tags") || name == "taglist" {
            add_tags(value, &mut found);
        }
    }
    found
}

fn add_tags(tags: &Value, found: &mut Vec<(String, String)>) {
    match tags {
        Value::List(list) => {
            for tag in list {
                let member = |names: [&str; 3]| {
                    names.into_iter().find_map(|name| tag.get(name)).and_then(Value::as_str)
                };
                if let Some(key) = member(["Key", "key", "TagKey"]) {
                    let value = member(["Value", "value", "TagValue"]).unwrap_or_default();
                    found.push((key.to_owned(), value.to_owned()));
                }
            }
        }
        Value::Object(map) => {
            for (key, value) in map.iter() {
                if let Some(value) = value.as_str() {
                    found.push((key.to_string(), value.to_owned()));
                }
            }
        }
        _ => {}
    }
}

fn tag_keys(call: &Call) -> Option<ContextValue<'static>> {
    let mut keys: Vec<String> = request_tags(call).into_iter().map(|(key, _)| key).collect();
    for member in ["TagKeys", "tagKeys", "TagKeyList"] {
        keys.extend(call.texts(member).into_iter().map(str::to_owned));
    }
    (!keys.is_empty()).then(|| ContextValue::Many(keys.into_iter().map(Cow::Owned).collect()))
}
