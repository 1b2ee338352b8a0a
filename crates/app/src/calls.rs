//! Calls that a person makes themselves, outside of any plan.
//!
//! Nobody is kept from calling AWS; but who does so through Reeve leaves a record before and after, and the suspend switch
//! holds for them too. What the call did cannot be taken back by Reeve.

use reeve_aws::{CallError, Target};
use reeve_model::Value;
use reeve_store::{Event, NewEntry};
use sha2::{Digest as _, Sha256};

use crate::{App, Context, Error};

impl App {
    /// Makes a call that may change something. The outer error says that it was not made, the inner one how it failed.
    pub async fn call(
        &self,
        context: &Context,
        target: &Target,
        (service, operation): (&str, &str),
        input: Value,
    ) -> Result<Result<Value, CallError>, Error> {
        if let Some(suspension) = self.store.suspension().await.map_err(Error::store)? {
            return Err(Error::suspended(&suspension.by, &suspension.reason));
        }
        let call = format!("{service}:{operation}");
        let input_digest = hex::encode(Sha256::digest(input.to_json().to_string()));
        let started = Event::CallStarted { call: call.clone(), input_digest };
        self.note(context, target, started).await?;
        let answer = self.client.call(target, service, operation, input).await;
        let failure = answer.as_ref().err().map(ToString::to_string);
        self.note(context, target, Event::CallEnded { call, failure }).await?;
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
