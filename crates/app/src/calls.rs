//! Calls that a person makes themselves, outside of any plan.
//!
//! Nobody is kept from calling AWS; but who does so through Reeve leaves a record before and after, and the suspend switch
//! holds for them too. What the call did cannot be taken back by Reeve.

use std::fmt;

use reeve_aws::{CallError, Target};
use reeve_model::Value;
use reeve_store::{Event, NewEntry};
use sha2::{Digest as _, Sha256};

use crate::{App, Context, Error};

/// A call that the ledger tells of.
#[derive(Debug, Clone, Copy)]
pub struct NotedCall<'a> {
    /// Where it goes.
    pub target: &'a Target,
    /// The service and the operation.
    pub names: (&'a str, &'a str),
    /// Its input; the ledger keeps its digest.
    pub input: &'a Value,
}

impl App {
    /// Makes a call that may change something. The outer error says that it was not made, the inner one how it failed.
    pub async fn call(
        &self,
        context: &Context,
        target: &Target,
        names: (&str, &str),
        input: Value,
    ) -> Result<Result<Value, CallError>, Error> {
        let noted = input.clone();
        let noted = NotedCall { target, names, input: &noted };
        let call = self.client.call(target, names.0, names.1, input);
        self.noted(context, noted, call).await
    }

    /// Like [`App::call`], for a call that `call` makes.
    pub async fn noted<T, E: fmt::Display>(
        &self,
        context: &Context,
        NotedCall { target, names: (service, operation), input }: NotedCall<'_>,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, E>, Error> {
        if let Some(suspension) = self.store.suspension().await.map_err(Error::store)? {
            return Err(Error::suspended(&suspension.by, &suspension.reason));
        }
        let name = format!("{service}:{operation}");
        let input_digest = hex::encode(Sha256::digest(input.to_json().to_string()));
        let started = Event::CallStarted { call: name.clone(), input_digest };
        self.note(context, target, started).await?;
        let answer = call.await;
        let failure = answer.as_ref().err().map(ToString::to_string);
        self.note(context, target, Event::CallEnded { call: name, failure }).await?;
        Ok(answer)
    }

    async fn note(&self, context: &Context, target: &Target, event: Event) -> Result<(), Error> {
        let entry = NewEntry::new(context.actor.clone(), event);
        let entry = match &target.account {
            Some(account) => entry.within(account.clone(), target.region.clone()),
            None => entry,
        };
        self.store.append(vec![entry]).await.map(|_| ()).map_err(Error::store)
    }
}
