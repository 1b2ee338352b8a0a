//! Looks at resources: what is there, with its tags and the facts that filters ask for.
//!
//! A look that fails is kept as what stood in the way, for as little of the estate as it concerns: a denied list call
//! makes one type in one Region of one account unknown, a bucket that alone refuses to show its tags only itself.

use futures_util::{StreamExt as _, TryStreamExt as _, pin_mut, stream};
use reeve_aws::{CallError, Client, Target};
use reeve_inventory::{Call, Definition, Detail, Found, Lookup, Place};
use reeve_model::{Object, Value};
use reeve_types::{Resource, ResourceRef, Unknown};

/// How many further calls about one scope are under way at once.
const DETAILS_IN_FLIGHT: usize = 8;

/// Looks through a client, on behalf of someone.
#[derive(Debug, Clone)]
pub struct Observer {
    /// The client.
    pub client: Client,
    /// Who looks.
    pub actor: String,
}

/// One resource that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// It was seen whole.
    Known(Resource),
    /// It exists, but not all that matters about it could be seen.
    Unknown {
        /// Which resource.
        reference: ResourceRef,
        /// What stood in the way.
        unknown: Unknown,
    },
}

/// Resources as their service describes them.
#[derive(Debug, Default)]
pub struct Descriptions {
    /// Each with what the list call said about it.
    pub known: Vec<(Resource, Value)>,
    /// Those that exist, but could not be seen whole.
    pub unknown: Vec<(ResourceRef, Unknown)>,
}

impl Observer {
    /// Every resource of a type in a place as its service describes it, or what stood in the way of listing them.
    pub async fn descriptions(
        &self,
        definition: &Definition,
        place: &Place,
    ) -> Result<Descriptions, Unknown> {
        let mut descriptions = Descriptions::default();
        let call = definition.list_call(place);
        let target = self.target(place);
        let pages = self.client.pages(&target, &call.service, &call.operation, call.input);
        pin_mut!(pages);
        while let Some(page) = pages.try_next().await.map_err(|error| error.to_unknown())? {
            let found = definition.found(place, &page);
            let (known, unknown) = self.complete(definition, place, found).await;
            descriptions.unknown.extend(unknown);
            descriptions.known.extend(known.into_iter().map(|found| {
                let item = found.item().clone();
                (found.resource(definition), item)
            }));
        }
        Ok(descriptions)
    }

    /// Every resource of a type in a place, or what stood in the way of listing them.
    pub async fn scope(
        &self,
        definition: &Definition,
        place: &Place,
    ) -> Result<Vec<Observed>, Unknown> {
        let call = definition.list_call(place);
        let target = self.target(place);
        let pages = self.client.pages(&target, &call.service, &call.operation, call.input);
        pin_mut!(pages);
        let mut observed = Vec::new();
        while let Some(page) = pages.try_next().await.map_err(|error| error.to_unknown())? {
            let found = definition.found(place, &page);
            let (known, unknown) = self.complete(definition, place, found).await;
            let known = known.into_iter().map(|found| Observed::Known(found.resource(definition)));
            observed.extend(
                known.chain(
                    unknown
                        .into_iter()
                        .map(|(reference, unknown)| Observed::Unknown { reference, unknown }),
                ),
            );
        }
        Ok(observed)
    }

    /// One resource as it is now; `None` if it no longer exists.
    pub async fn one(
        &self,
        definition: &Definition,
        reference: &ResourceRef,
    ) -> Result<Option<Resource>, CallError> {
        let place = Place::of(reference);
        let found = match definition.lookup(reference) {
            Lookup::Item(item) => definition.item(&place, &item).into_iter().collect(),
            Lookup::Call(call) => {
                let target = self.target(&place);
                let called = self.client.call(&target, &call.service, &call.operation, call.input);
                match called.await {
                    Ok(page) => definition.found(&place, &page),
                    Err(error) if gone(definition, &error) => Vec::new(),
                    Err(error) => return Err(error),
                }
            }
        };
        // A narrowed call may still say more than was asked for.
        let mut found: Vec<Found> =
            found.into_iter().filter(|found| found.reference.id == reference.id).collect();
        for detail in definition.details() {
            self.attach(definition, &place, detail, &mut found).await?;
        }
        Ok(found.pop().map(|found| found.resource(definition)))
    }

    /// Adds the details to what was listed: those that were seen whole, and what stood in the way of the others.
    async fn complete(
        &self,
        definition: &Definition,
        place: &Place,
        found: Vec<Found>,
    ) -> (Vec<Found>, Vec<(ResourceRef, Unknown)>) {
        let mut known = found;
        let mut unknown = Vec::new();
        for detail in definition.details() {
            let batches = into_batches(known, detail.batch());
            let mut answers = stream::iter(batches)
                .map(|mut batch| async move {
                    let answer = self.attach(definition, place, detail, &mut batch).await;
                    (batch, answer)
                })
                .buffered(DETAILS_IN_FLIGHT);
            known = Vec::new();
            while let Some((batch, answer)) = answers.next().await {
                match answer {
                    Ok(()) => known.extend(batch),
                    Err(error) => {
                        let failed = batch.into_iter();
                        unknown.extend(failed.map(|found| (found.reference, error.to_unknown())));
                    }
                }
            }
        }
        (known, unknown)
    }

    /// Asks for one detail of a batch. Resources that turn out to be gone are dropped from it.
    async fn attach(
        &self,
        definition: &Definition,
        place: &Place,
        detail: &Detail,
        batch: &mut Vec<Found>,
    ) -> Result<(), CallError> {
        if batch.is_empty() {
            return Ok(());
        }
        let call = detail.call(batch);
        let target = self.target(place);
        match self.whole(&target, call).await {
            Ok(output) => {
                detail.attach(output, batch);
                Ok(())
            }
            Err(error) if error.code().is_some_and(|code| detail.means_empty(code)) => Ok(()),
            // One call for many says nothing about which of them is gone: ask for each by itself.
            Err(error) if gone(definition, &error) && batch.len() > 1 => {
                let mut kept = Vec::with_capacity(batch.len());
                for found in batch.drain(..) {
                    let mut alone = vec![found];
                    Box::pin(self.attach(definition, place, detail, &mut alone)).await?;
                    kept.append(&mut alone);
                }
                *batch = kept;
                Ok(())
            }
            Err(error) if gone(definition, &error) => {
                batch.clear();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The answer of a call with all its pages: their lists one after the other.
    async fn whole(&self, target: &Target, call: Call) -> Result<Value, CallError> {
        let pages = self.client.pages(target, &call.service, &call.operation, call.input);
        pin_mut!(pages);
        let mut whole = Object::new();
        while let Some(page) = pages.try_next().await? {
            let Value::Object(page) = page else { continue };
            for (name, value) in page {
                match (whole.get_mut(&name), value) {
                    (Some(Value::List(entries)), Value::List(more)) => entries.extend(more),
                    (_, value) => {
                        whole.insert(name, value);
                    }
                }
            }
        }
        Ok(Value::Object(whole))
    }

    fn target(&self, place: &Place) -> Target {
        Target {
            account: Some(place.account.clone()),
            region: place.region.clone(),
            actor: self.actor.clone(),
            reason: None,
            role: None,
        }
    }
}

fn gone(definition: &Definition, error: &CallError) -> bool {
    error.code().is_some_and(|code| definition.means_gone(code))
}

fn into_batches(found: Vec<Found>, size: usize) -> Vec<Vec<Found>> {
    let mut batches = Vec::with_capacity(found.len().div_ceil(size.max(1)));
    let mut rest = found.into_iter().peekable();
    while rest.peek().is_some() {
        batches.push(rest.by_ref().take(size.max(1)).collect());
    }
    batches
}
