//! Loads a simulated account with what is in the real one, by reads alone, and says what it could not.

mod look;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use reeve_app::{
    App, Context, ResourceQuery,
    executions::StartRequest,
    observe::{Descriptions, Observer},
};
use reeve_aws::Target;
use reeve_inventory::{Definition, Place, definitions};
use reeve_model::Value;
use reeve_twin::{Adopted, Twin};
use reeve_types::{Arn, Attribute, Resource, Unknown};
use serde_json::Map;

use crate::{
    error::RehearsalError,
    views::WorldView,
    world::{World, add_role, role_name},
};
use look::Read;

/// How many looks are under way at once.
const IN_FLIGHT: usize = 8;

/// Loads what is in the account and Region of a request, and what the runbook looks at and names.
pub(crate) async fn load(
    world: &World,
    real: &App,
    (context, request): (&Context, &StartRequest),
) -> Result<WorldView, RehearsalError> {
    let mut loader = Loader {
        world,
        real,
        target: Target {
            account: Some(request.account.clone()),
            region: request.region.clone(),
            actor: context.actor.to_string(),
            reason: Some("rehearsal".to_owned()),
            role: None,
        },
        place: Place { account: request.account.clone(), region: request.region.clone() },
        reads: Vec::new(),
        loaded: BTreeMap::new(),
        missing: Vec::new(),
    };
    loader.take_inventory().await;
    let ahead = real.look_ahead(context, request).await?;
    let plan = loader.take_ahead(ahead).await;
    loader.follow_ids(look::named(&request.parameters, &plan)).await;
    let differing = loader.settle(&plan).await;
    loader.name_unserved(&plan);
    // Whoever calls for the first time has its roles made, which is nothing that the runbook does.
    let caller = world.app.client.call(&loader.target, "sts", "GetCallerIdentity", Value::object());
    if let Err(error) = caller.await {
        loader.missing.push(format!("the role of the account: {error}"));
    }
    world.twin.forget_calls();
    let types = loader.loaded.into_iter().map(|(name, arns)| (name, arns.len())).collect();
    loader.missing.dedup();
    Ok(WorldView { types, missing: loader.missing, differing })
}

/// Makes the roles that a runbook or its parameters name, in case it wants to run as one of them.
pub(crate) fn add_roles(twin: &Twin, request: &StartRequest) {
    let given = serde_json::Value::Object(request.parameters.clone()).to_string();
    let is_between = |sign: char| sign.is_whitespace() || "'\",[]{}".contains(sign);
    for text in [&request.runbook.text, &given].into_iter().flat_map(|text| text.split(is_between))
    {
        let Ok(arn) = text.parse::<Arn>() else { continue };
        if let (Some(name), Ok(account)) = (role_name(&arn), arn.account().parse()) {
            add_role(twin, &account, name, [request.account.clone()]);
        }
    }
}

/// Loads a world.
struct Loader<'a> {
    world: &'a World,
    real: &'a App,
    target: Target,
    place: Place,
    /// What was read and should be answered alike by the twin.
    reads: Vec<Read>,
    /// ARNs by type.
    loaded: BTreeMap<String, BTreeSet<String>>,
    missing: Vec<String>,
}

impl Loader<'_> {
    /// Every type that the inventory knows, as it is now.
    async fn take_inventory(&mut self) {
        let client = self.real.client.clone();
        let observer = Observer { client, actor: self.target.actor.clone() };
        let (looker, place) = (&observer, &self.place);
        let asked = definitions().iter().map(|definition| async move {
            (definition, looker.descriptions(definition, place).await)
        });
        // Made before they are waited for: a closure that is kept while waiting would keep this from changing threads.
        let asked: Vec<_> = asked.collect();
        let looks: Vec<_> = stream::iter(asked).buffered(IN_FLIGHT).collect().await;
        for (definition, described) in looks {
            match described {
                Ok(descriptions) => self.take(definition, descriptions),
                Err(unknown) => self.take_last_look(definition, &unknown).await,
            }
        }
    }

    fn take(&mut self, definition: &Definition, descriptions: Descriptions) {
        for (reference, unknown) in descriptions.unknown {
            self.missing.push(format!("{}: {unknown}", reference.arn));
        }
        for (resource, description) in descriptions.known {
            self.adopt(definition, adopted(resource, description));
        }
    }

    fn adopt(&mut self, definition: &Definition, adopted: Adopted) {
        let arn = adopted.arn.clone();
        match self.world.twin.adopt(adopted) {
            Ok(()) => self.note(&definition.resource_type().to_string(), arn),
            Err(error) => self.missing.push(format!("{arn}: {error}")),
        }
    }

    fn note(&mut self, resource_type: &str, arn: String) {
        self.loaded.entry(resource_type.to_owned()).or_default().insert(arn);
    }

    /// What cannot be looked at now is as the last run of the estate saw it.
    async fn take_last_look(&mut self, definition: &Definition, unknown: &Unknown) {
        let resource_type = definition.resource_type().to_string();
        let query = ResourceQuery {
            account: Some(self.place.account.to_string()),
            region: Some(self.place.region.to_string()),
            resource_type: Some(resource_type.clone()),
            limit: Some(1000),
            ..ResourceQuery::default()
        };
        let seen = self.real.resources(&query).await.map(|page| page.items).unwrap_or_default();
        self.missing.push(match seen.len() {
            0 => format!("{resource_type}: {unknown}"),
            number => format!(
                "{resource_type}: {unknown}; of the {number} that the last run saw only the tags are known"
            ),
        });
        for resource in seen {
            let known = Adopted {
                resource_type: resource_type.clone(),
                arn: resource.arn,
                account: self.place.account.clone(),
                region: self.place.region.clone(),
                description: Value::Null,
                tags: resource.tags.into_iter().collect(),
                inherited: Vec::new(),
            };
            self.adopt(definition, known);
        }
    }
}

/// A resource that was looked at, for the twin to make.
pub fn adopted(resource: Resource, description: Value) -> Adopted {
    let inherits = |key: &&String| {
        resource.attributes.get(&Attribute::propagation_of(key)) == Some(&Attribute::Flag(true))
    };
    let inherited = resource.tags.keys().filter(inherits).cloned().collect();
    let scope = resource.reference.scope;
    Adopted {
        resource_type: scope.resource_type.to_string(),
        arn: resource.reference.arn,
        account: scope.account,
        region: scope.region,
        description,
        tags: resource.tags,
        inherited,
    }
}

/// The values of parameters as one value.
fn as_value(parameters: &Map<String, serde_json::Value>) -> Value {
    Value::from_json(&serde_json::Value::Object(parameters.clone()))
}
