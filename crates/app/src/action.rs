//! One action, from looking to having looked again.
//!
//! ```text
//! look ──► judge ──► record `started` ──► remove and set tags ──► record `performed` ──► look ──► record `verified`
//! ```
//!
//! Each record is durable before the next step begins. A process that dies anywhere in between finds the record, looks
//! again, and does only what is left to do: what the resource looks like now decides, not what was meant to happen.

use std::{collections::BTreeSet, time::Duration};

use reeve_aws::{CallError, Target};
use reeve_care::{
    judgement::{Judgement, Write, judge, verify},
    plan::{Action, Plan},
    progress::{ActionProgress, Direction, Step},
};
use reeve_inventory::{Call, Definition, Place, definitions};
use reeve_store::StoreError;
use reeve_types::{Attribute, Resource};

use crate::{engine::Engine, observe::Observer};

/// Performs one action in one direction and records every step.
pub(crate) struct Performer<'a> {
    pub(crate) engine: &'a Engine<'a>,
    pub(crate) plan: &'a Plan,
    pub(crate) action: &'a Action,
    pub(crate) direction: Direction,
    /// How far it had come before.
    pub(crate) progress: ActionProgress,
}

/// How an action ended, and what its resource looked like then, if it was seen.
pub(crate) struct End {
    pub(crate) step: Step,
    pub(crate) seen: Option<Resource>,
}

impl End {
    pub(crate) fn failed(why: String) -> Self {
        Self { step: Step::Failed(why), seen: None }
    }
}

impl Performer<'_> {
    /// Brings the action to an end, which it records and returns.
    pub(crate) async fn perform(&self) -> Result<End, StoreError> {
        let resource_type = &self.action.resource.scope.resource_type;
        let end = match definitions().get(resource_type) {
            None => End::failed(format!("`{resource_type}` is not a type that Reeve knows")),
            Some(definition) => match self.attempt(definition).await {
                Ok(end) => end,
                Err(Interrupted::Store(error)) => return Err(error),
                Err(Interrupted::Call(error)) if is_gone(definition, &error) => End {
                    step: Step::Refused("the resource no longer exists".to_owned()),
                    seen: None,
                },
                Err(Interrupted::Call(error)) => End::failed(describe(&error)),
                Err(Interrupted::Inside { call, code, message }) => {
                    End::failed(format!("{call}: {code}: {message}"))
                }
            },
        };
        self.engine.record(self, end.step.clone()).await?;
        Ok(end)
    }

    async fn attempt(&self, definition: &Definition) -> Result<End, Interrupted> {
        // The service accepted the change before the process died: what is left is to see it.
        if *self.progress.step(self.direction) == Step::Performed {
            return self.read_back(definition).await;
        }
        let seen = self.look(definition).await?;
        let started_before = self.progress.started_before;
        let judgement = judge(self.action, self.direction, started_before, seen.as_ref());
        let write = match judgement {
            Judgement::Refuse(differences) => {
                return Ok(End { step: Step::Refused(differences.join("; ")), seen });
            }
            Judgement::AlreadyDone => return Ok(End { step: Step::Verified, seen }),
            Judgement::Perform(write) => write,
        };
        let forbidden = seen.as_ref().and_then(|now| self.engine.forbidden(self, now));
        if let Some(reason) = forbidden {
            return Ok(End { step: Step::Refused(reason), seen });
        }
        self.engine.record(self, Step::Started).await?;
        self.write(definition, &write, seen.as_ref()).await?;
        self.engine.record(self, Step::Performed).await?;
        self.read_back(definition).await
    }

    async fn write(
        &self,
        definition: &Definition,
        write: &Write,
        seen: Option<&Resource>,
    ) -> Result<(), Interrupted> {
        let resource = &self.action.resource;
        // Tags go before others come: a resource with as many tags as AWS allows takes no more.
        if !write.remove.is_empty() {
            self.call(definition, definition.untag_call(resource, &write.remove)).await?;
        }
        if !write.set.is_empty() {
            let propagating = self.propagating(write, seen);
            self.call(definition, definition.tag_call(resource, &write.set, &propagating)).await?;
        }
        Ok(())
    }

    /// The keys of tags that are passed on to what the resource launches: those that are now, and those that were when it
    /// was observed, so that a tag that comes back comes back as it was.
    fn propagating(&self, write: &Write, seen: Option<&Resource>) -> BTreeSet<String> {
        let keys = write.set.keys().filter(|key| {
            let name = Attribute::propagation_of(key);
            let recorded = self.action.reads.attributes.get(&name).and_then(Option::as_ref);
            let now = seen.and_then(|seen| seen.attributes.get(&name));
            [recorded, now].contains(&Some(&Attribute::Flag(true)))
        });
        keys.cloned().collect()
    }

    async fn call(&self, definition: &Definition, call: Call) -> Result<(), Interrupted> {
        let Call { service, operation, input } = call;
        let target = Target {
            account: Some(self.action.resource.scope.account.clone()),
            region: self.action.resource.scope.region.clone(),
            actor: self.engine.context.actor.to_string(),
            reason: Some(self.plan.id.to_string()),
            role: None,
        };
        let client = &self.engine.app.client;
        let output = client.call(&target, &service, &operation, input).await?;
        match definition.failure_inside(&output) {
            None => Ok(()),
            Some((code, message)) => {
                Err(Interrupted::Inside { call: format!("{service}:{operation}"), code, message })
            }
        }
    }

    /// Looks until what was wanted is seen: some services show a change only after a moment.
    async fn read_back(&self, definition: &Definition) -> Result<End, Interrupted> {
        let mut waits = self.engine.app.settings.read_back_waits.iter();
        loop {
            let seen = self.look(definition).await?;
            let wrong = verify(self.action, self.direction, seen.as_ref());
            if wrong.is_empty() {
                return Ok(End { step: Step::Verified, seen });
            }
            match waits.next() {
                Some(wait) => tokio::time::sleep(*wait).await,
                None => {
                    let step = Step::Failed(format!("read back: {}", wrong.join("; ")));
                    return Ok(End { step, seen });
                }
            }
        }
    }

    async fn look(&self, definition: &Definition) -> Result<Option<Resource>, CallError> {
        let observer = Observer {
            client: self.engine.app.client.clone(),
            actor: self.engine.context.actor.to_string(),
        };
        observer.one(definition, &self.action.resource).await
    }

    /// Where the action happens.
    pub(crate) fn place(&self) -> Place {
        Place::of(&self.action.resource)
    }
}

/// What kept an action from its end.
enum Interrupted {
    /// The records failed: nothing more may be done.
    Store(StoreError),
    /// A call failed.
    Call(CallError),
    /// A call answered that it had failed.
    Inside { call: String, code: String, message: String },
}

impl From<StoreError> for Interrupted {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CallError> for Interrupted {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

fn is_gone(definition: &Definition, error: &CallError) -> bool {
    error.code().is_some_and(|code| definition.means_gone(code))
}

/// A failed call with what may help, in one line.
fn describe(error: &CallError) -> String {
    match error.hint() {
        None => error.to_string(),
        Some(hint) => format!("{error}; {hint}"),
    }
}

/// How long a change may take to be seen, as waits between looks.
pub(crate) fn default_read_back_waits() -> Vec<Duration> {
    [100, 400, 1_000, 2_000].map(Duration::from_millis).to_vec()
}
