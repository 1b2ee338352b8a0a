//! One authenticated, decoded call, and how handlers read its input.

use std::sync::Arc;

use jiff::Timestamp;
use reeve_model::{Object, Service, Value};
use reeve_types::{AccountId, Region};

use crate::{
    arn_template,
    directory::Caller,
    failure::Failure,
    fit,
    kind::{self, HOME_REGION, Kind, Scope, describe},
    services::ServiceDefinition,
    store::{Place, Resource},
    world::World,
};

/// What a handler answers.
pub(crate) type Answer = Result<Value, Failure>;

/// Performs an operation on the state.
pub(crate) type Handler = fn(&Call, &mut World) -> Answer;

/// One call to a service.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: &'static ServiceDefinition,
    pub(crate) model: Arc<Service>,
    pub(crate) operation: String,
    pub(crate) caller: Caller,
    pub(crate) region: Region,
    pub(crate) input: Value,
    pub(crate) now: Timestamp,
}

impl Call {
    /// The caller's account.
    pub(crate) fn account(&self) -> &AccountId {
        &self.caller.account
    }

    /// Where resources of a kind are for this caller, in the Region called.
    pub(crate) fn place(&self, kind: Kind) -> Place {
        let region = match kind.scope {
            Scope::Regional => self.region.clone(),
            Scope::Global => HOME_REGION.parse().unwrap_or_else(|_| self.region.clone()),
        };
        Place { account: self.caller.account.clone(), region, kind }
    }

    /// A whole number of the input.
    pub(crate) fn integer(&self, member: &str) -> Option<i64> {
        self.input.get(member).and_then(Value::as_i64)
    }

    /// An instant of the input.
    pub(crate) fn time(&self, member: &str) -> Option<Timestamp> {
        self.input.get(member).and_then(Value::as_timestamp)
    }

    /// A structure or map of the input.
    pub(crate) fn object(&self, member: &str) -> Option<&Object> {
        self.input.get(member).and_then(Value::as_object)
    }

    /// Those of these members that the input has.
    pub(crate) fn given<'n>(
        &self,
        members: impl IntoIterator<Item = &'n str>,
    ) -> impl Iterator<Item = (&'n str, Value)> {
        self.input.pick(members)
    }

    /// Those of these members that the input has and that are texts and not empty.
    pub(crate) fn given_texts<'n>(
        &self,
        members: impl IntoIterator<Item = &'n str>,
    ) -> impl Iterator<Item = (&'n str, &str)> {
        members.into_iter().filter_map(|member| Some((member, self.text(member)?)))
    }

    /// A resource as its service shows it to the caller.
    pub(crate) fn describe(&self, kind: Kind, id: &str, resource: &Resource) -> Object {
        describe(kind, (self.account(), &self.region), id, resource)
    }

    /// The ARN of a resource of the caller in the Region called.
    pub(crate) fn arn_of(&self, kind: Kind, id: &str) -> String {
        kind.arn(self.account(), &self.region, id)
    }

    /// An output with a resource of the caller in one member; without members if it is gone.
    pub(crate) fn answer(&self, world: &World, (kind, member): (Kind, &str), id: &str) -> Answer {
        let found = self.resource(world, kind, id);
        let shown = found.map(|found| self.describe(kind, id, found)).unwrap_or_default();
        Ok(self.fit(Value::from_iter([(member, shown)])))
    }

    /// An output without what its shape does not have.
    pub(crate) fn fit(&self, output: Value) -> Value {
        fit::output(&self.model, &self.operation, output)
    }

    /// A resource of the caller, or its service's words for one that is not there.
    pub(crate) fn find<'w>(
        &self,
        world: &'w World,
        kind: Kind,
        id: &str,
    ) -> Result<&'w Resource, Failure> {
        world.get(&self.place(kind), id).ok_or_else(|| kind.missing.failure(id))
    }

    /// The id in what the caller says, which may be an ARN of this kind. An ARN of another account or Region stays whole:
    /// there is nothing of that id here.
    pub(crate) fn id_of(&self, kind: Kind, id_or_arn: &str) -> String {
        let own = self.place(kind);
        let is_own = |named: Option<&str>, own: &str| named.is_none_or(|named| named == own);
        arn_template::parse(kind.arn, id_or_arn)
            .filter(|parsed| is_own(parsed.account, own.account.as_str()))
            .filter(|parsed| is_own(parsed.region, own.region.as_str()))
            .map_or(id_or_arn, |parsed| parsed.id)
            .to_owned()
    }

    /// A text of the input; an empty one counts as absent, as most services have it.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.input.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A text that must be in the input.
    pub(crate) fn required(&self, member: &str) -> Result<&str, Failure> {
        self.text(member)
            .ok_or_else(|| self.invalid(format!("The request must contain the parameter {member}")))
    }

    /// A list of the input.
    pub(crate) fn list(&self, member: &str) -> &[Value] {
        self.input.get(member).map_or(&[], Value::as_list)
    }

    /// A list of texts of the input.
    pub(crate) fn texts(&self, member: &str) -> Vec<&str> {
        self.list(member).iter().filter_map(Value::as_str).collect()
    }

    /// A flag of the input, false if absent.
    pub(crate) fn flag(&self, member: &str) -> bool {
        self.input.get(member).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A page size of the input, checked against what the service allows.
    pub(crate) fn page_size(&self, member: &str, bounds: &PageSize) -> Result<usize, Failure> {
        let Some(wanted) = self.input.get(member).and_then(Value::as_i64) else {
            return Ok(bounds.default);
        };
        match usize::try_from(wanted) {
            Ok(size) if (bounds.least..=bounds.most).contains(&size) => Ok(size),
            _ => Err(self.invalid(format!(
                "Invalid value {wanted} for {member}. Must be between {} and {}",
                bounds.least, bounds.most
            ))),
        }
    }

    /// What the call is about, as a denial names it: an ARN, or `*` for calls about nothing in particular.
    pub(crate) fn subject(&self) -> String {
        const SINGLE: [&str; 7] = [
            "ResourceName",
            "ResourceARN",
            "ResourceArn",
            "resourceArn",
            "ARN",
            "RoleArn",
            "ResourceId",
        ];
        if let Some(bucket) = self.text("Bucket") {
            return format!("arn:aws:s3:::{bucket}");
        }
        let lists = ["ResourceArns", "ResourceARNList", "Resources", "LoadBalancerNames"];
        let first = |member: &&str| self.texts(member).first().copied();
        let named = SINGLE
            .iter()
            .find_map(|member| self.text(member))
            .or_else(|| lists.iter().find_map(first));
        let kind = match self.service.model {
            "ec2" => kind::of_prefixed(self.service.kinds(), named.unwrap_or_default()),
            "efs" => Some(&crate::services::efs::FILE_SYSTEM),
            "elb" => Some(&crate::services::elb::LOAD_BALANCER),
            _ => None,
        };
        match (named, kind) {
            (Some(arn), _) if arn.starts_with("arn:") => arn.to_owned(),
            (Some(id), Some(kind)) => kind.arn(self.account(), &self.region, id),
            _ => "*".to_owned(),
        }
    }

    /// A refusal of the input, with the service's usual code.
    pub(crate) fn invalid(&self, message: impl Into<String>) -> Failure {
        Failure::new(self.service.invalid, message)
    }

    /// A resource of the caller in the Region called.
    pub(crate) fn resource<'s>(
        &self,
        world: &'s World,
        kind: Kind,
        id: &str,
    ) -> Option<&'s Resource> {
        world.store.get(&self.place(kind), id)
    }

    /// The id in an ARN that names a resource of this kind, of this caller, in this Region.
    pub(crate) fn own_id(&self, world: &World, kind: Kind, arn: &str) -> Option<String> {
        let (place, id) = world.store.parse(arn)?;
        (place == self.place(kind)).then_some(id)
    }
}

/// How large a page may be, and is if the caller does not say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) least: usize,
    pub(crate) most: usize,
    pub(crate) default: usize,
}
