//! Looking at what a runbook reads and names, and making the simulated account what was seen.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};
use reeve_app::executions::Ahead;
use reeve_model::{Value, catalog};
use reeve_runbook::{Call, EffectError, Plan, Planned, before, operation_name};
use reeve_twin::{RealAnswer, ids_in, looks_for};
use serde_json::Map;

use super::{IN_FLIGHT, Loader, as_value};

/// How far what refers to something else is followed.
const DEPTH: usize = 3;

/// The most that is looked at because something refers to it.
const MOST_LOOKS: usize = 200;

/// A read of the real account.
pub(super) struct Read {
    pub(super) call: Call,
    pub(super) answer: Result<Value, EffectError>,
    /// The change that it is read before, its name there, and the errors that mean that there is nothing.
    pub(super) before: Option<(Call, String, Vec<String>)>,
}

/// Everything that has the form of an id in the parameters and the calls.
pub(super) fn named(parameters: &Map<String, serde_json::Value>, plan: &Plan) -> BTreeSet<String> {
    let mut ids = ids_in(&as_value(parameters));
    for entry in &plan.entries {
        let (Planned::Read { call, .. } | Planned::Change { call, .. }) = &entry.planned else {
            continue;
        };
        ids.extend(ids_in(&as_value(&call.input)));
    }
    ids
}

/// The service and operation by the names of the model.
pub(super) fn model_names(call: &Call) -> Option<(String, String)> {
    let service = catalog().service(&call.service).ok()?;
    let operation = operation_name(&service, &call.operation);
    Some((service.name().to_string(), operation))
}

/// The call that shows whom a call names, where names say nothing by their form.
fn shows_named(call: &Call) -> Option<Call> {
    let (service, _) = model_names(call)?;
    let name = call.input.get("UserName").filter(|_| service == "iam")?;
    let input = Map::from_iter([("UserName".to_owned(), name.clone())]);
    let look = Call { service, operation: "GetUser".to_owned(), input };
    is_whole(&look).then_some(look)
}

/// Whether nothing of a call hangs on an answer that nobody has yet.
fn is_whole(call: &Call) -> bool {
    !serde_json::Value::Object(call.input.clone()).to_string().contains('«')
}

impl Loader<'_> {
    /// What the dry run read, and what is read before the changes that it foresees.
    pub(super) async fn take_ahead(&mut self, ahead: Ahead) -> Plan {
        let Ahead { role: _, plan, reads } = ahead;
        for read in reads {
            self.take_named(&read.call).await;
            self.take_read(Read { call: read.call, answer: read.answer, before: None });
        }
        let changes: Vec<Call> = plan.changes().cloned().collect();
        for change in changes {
            self.take_named(&change).await;
            let reads = before(&change).unwrap_or_default();
            for read in reads.into_iter().filter(|read| is_whole(&read.call)) {
                let answer = self.real.read_as_written(&self.target, &read.call).await;
                let before = Some((change.clone(), read.name, read.absent));
                self.take_read(Read { call: read.call, answer, before });
            }
        }
        plan
    }

    /// Whom a call names.
    async fn take_named(&mut self, call: &Call) {
        let Some(look) = shows_named(call) else { return };
        if !self.reads.iter().any(|known| known.call == look) {
            let answer = self.real.read_as_written(&self.target, &look).await;
            self.take_read(Read { call: look, answer, before: None });
        }
    }

    fn take_read(&mut self, read: Read) {
        if let Ok(output) = &read.answer {
            self.adopt_answer(&read.call, output);
        }
        let is_known = |known: &Read| known.call == read.call && known.before == read.before;
        if !self.reads.iter().any(is_known) {
            self.reads.push(read);
        }
    }

    /// Makes what an answer shows.
    pub(super) fn adopt_answer(&mut self, call: &Call, output: &Value) {
        let Some((service, operation)) = model_names(call) else { return };
        let made = self.world.twin.adopt_answer(&RealAnswer {
            account: &self.place.account,
            region: &self.place.region,
            service: &service,
            operation: &operation,
            input: &as_value(&call.input),
            output,
        });
        for (resource_type, arn) in made.unwrap_or_default() {
            self.note(resource_type, arn);
        }
    }

    /// Looks at everything that has one of these ids, and at what that refers to.
    pub(super) async fn follow_ids(&mut self, ids: BTreeSet<String>) {
        let mut known = BTreeSet::new();
        let mut next = ids;
        for depth in 0..DEPTH {
            let unknown: Vec<String> =
                next.into_iter().filter(|id| known.insert(id.clone())).collect();
            if known.len() > MOST_LOOKS {
                self.missing.push(format!(
                    "what refers to what was followed for {MOST_LOOKS} resources, and there are more"
                ));
                return;
            }
            next = BTreeSet::new();
            for (id, call, answer) in self.look_all(unknown).await {
                match answer {
                    Ok(output) => {
                        self.adopt_answer(&call, &output);
                        next.extend(ids_in(&output));
                    }
                    // What something else refers to may be somebody else's, or gone.
                    Err(error) if depth > 0 && error.code.contains("NotFound") => {}
                    Err(error) => {
                        self.missing.push(format!("{id}: {}: {}", error.code, error.message));
                    }
                }
            }
        }
    }

    async fn look_all(&self, ids: Vec<String>) -> Vec<(String, Call, Result<Value, EffectError>)> {
        let mut calls = Vec::new();
        for id in ids {
            calls.extend(looks_for(&id).into_iter().map(|look| {
                let input = look.input.to_json().as_object().cloned().unwrap_or_default();
                let (service, operation) = (look.service.to_owned(), look.operation.to_owned());
                (id.clone(), Call { service, operation, input })
            }));
        }
        stream::iter(calls)
            .map(|(id, call)| async move {
                let answer = self.real.read_as_written(&self.target, &call).await;
                (id, call, answer)
            })
            .buffered(IN_FLIGHT)
            .collect()
            .await
    }
}
