//! What is particular to executions that take others back: nothing is taken from somebody who changed the same since.

use reeve_runbook::{Call, Effect, EffectError, Recovery, Since, UNDO_SUFFIX, on_lost_response};
use reeve_store::NewRecord;
use serde_json::{Map, Value, json};

use super::{Driver, from_json, to_json};
use crate::{
    Error,
    executions::undo::{CHANGED_SINCE, UndoPlan},
};

impl Driver<'_> {
    /// What comes of a call that takes something back without making it: somebody did, or changed the same.
    pub(super) async fn settled(
        &mut self,
        effect: &Effect,
    ) -> Result<Option<Result<Value, EffectError>>, Error> {
        let Effect::Call(_) = effect else { return Ok(None) };
        let step = self.stored.execution.current_step().unwrap_or_default().to_owned();
        let plan = self.undo_plan().await?;
        let Some(guard) = plan.and_then(|plan| plan.guards.get(&step)).cloned() else {
            return Ok(None);
        };
        let mut now = Map::new();
        for read in guard.reads() {
            match self.app.perform_call(&self.target(), &read.call).await {
                Ok(answer) => now.insert(read.name, answer),
                Err(error) if read.absent.contains(&error.code) => {
                    now.insert(read.name, Value::Null)
                }
                Err(_) => None,
            };
        }
        Ok(match guard.since(&now) {
            Since::AsLeft => None,
            Since::Restored => {
                self.note(&format!("{step}: it is as it was before already"))?;
                Some(Ok(json!({})))
            }
            Since::Changed => Some(Err(EffectError::new(
                CHANGED_SINCE,
                "somebody changed it since, so it stays as it is",
            ))),
            Since::Untold => {
                self.note(&format!("{step}: whether somebody changed it since cannot be told"))?;
                None
            }
        })
    }

    /// What a call comes to that takes something back: one that finds it gone has nothing left to do.
    pub(super) fn came_to(
        &mut self,
        (call, token): (&Call, &str),
        result: Result<Value, EffectError>,
    ) -> Result<Result<Value, EffectError>, Error> {
        let (true, Err(error)) = (self.plan.is_some(), &result) else {
            return Ok(result);
        };
        let before = self.stored.intent.as_ref().map(|intent| intent.before.clone());
        match on_lost_response(call, token, &before.unwrap_or_default()) {
            Ok(Recovery::RepeatSame { done }) if done.contains(&error.code) => {
                self.note(&format!("nothing is left to take back: {}", error.message))?;
                Ok(Ok(json!({})))
            }
            _ => Ok(result),
        }
    }

    /// Looks at what a change left, to find out later whether somebody else changed it.
    pub(super) async fn look_after(&mut self, effect: &Effect, number: u64) -> Result<(), Error> {
        let had_looked = self.stored.intent.as_ref().is_some_and(|it| !it.before.is_empty());
        if let (Effect::Call(call), true) = (effect, had_looked) {
            let (found, _) = self.app.look_before(&self.target(), call).await;
            let after = json!({ "number": number, "found": found });
            self.records.push(NewRecord { kind: "after".to_owned(), data: to_json(&after)? });
        }
        Ok(())
    }

    fn note(&mut self, text: &str) -> Result<(), Error> {
        self.records.push(NewRecord { kind: "skipped".to_owned(), data: to_json(&text)? });
        Ok(())
    }

    /// What is known of the steps of this execution, if it takes another back.
    async fn undo_plan(&mut self) -> Result<Option<&UndoPlan>, Error> {
        if self.plan.is_none() && self.leased.runbook.ends_with(UNDO_SUFFIX) {
            let found = self.app.store.undone_by(self.leased.id).await.map_err(Error::store)?;
            self.plan = found.map(|(_, plan)| from_json(&plan)).transpose()?;
        }
        Ok(self.plan.as_ref())
    }
}
