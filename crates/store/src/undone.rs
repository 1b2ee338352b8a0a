//! What a person took back and nobody has done again since.
//!
//! Single changes are compared, and not whole actions: whoever took back two tags does not want the first of them set
//! again by an action that happens to want only that one.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt as _;

use crate::{
    Store,
    error::{Doing as _, StoreError},
    serialize::read_changes,
};

pub(crate) const UNDONE: &str = "SELECT a.arn, a.document, p.undo_sequence \
     FROM action_progress p \
     JOIN plan_actions a ON a.plan_id = p.plan_id AND a.number = p.number \
     JOIN plans ON plans.id = p.plan_id \
     WHERE p.undo_step = 'verified' AND plans.controller = $1";

pub(crate) const APPLIED_SINCE: &str = "SELECT b.arn, b.document, q.apply_sequence \
     FROM action_progress p \
     JOIN plan_actions a ON a.plan_id = p.plan_id AND a.number = p.number \
     JOIN plan_actions b ON b.arn = a.arn \
     JOIN action_progress q ON q.plan_id = b.plan_id AND q.number = b.number \
     JOIN plans ON plans.id = p.plan_id \
     WHERE p.undo_step = 'verified' AND plans.controller = $1 \
       AND q.apply_step = 'verified' AND q.apply_sequence > p.undo_sequence";

/// A change that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UndoneChange {
    /// The resource.
    pub arn: String,
    /// The tag's key.
    pub key: String,
    /// The value that it was given; `None` if the tag was removed.
    pub after: Option<String>,
}

impl Store {
    /// The changes of a controller's actions that were undone and not applied since.
    ///
    /// A controller that would only do again what a person took back leaves it to a person.
    pub async fn undone_changes(
        &self,
        controller: &str,
    ) -> Result<HashSet<UndoneChange>, StoreError> {
        let mut undone: HashMap<UndoneChange, i64> = HashMap::new();
        let mut rows = sqlx::query_as(UNDONE).bind(controller).fetch(self.readers());
        while let Some(row) = rows.try_next().await.doing("read what was undone")? {
            let (sequence, changes) = read_row(row)?;
            for change in changes {
                let latest = undone.entry(change).or_default();
                *latest = sequence.max(*latest);
            }
        }
        let mut rows = sqlx::query_as(APPLIED_SINCE).bind(controller).fetch(self.readers());
        while let Some(row) = rows.try_next().await.doing("read what was applied since")? {
            let (sequence, changes) = read_row(row)?;
            for change in changes {
                if undone.get(&change).is_some_and(|latest| sequence > *latest) {
                    undone.remove(&change);
                }
            }
        }
        Ok(undone.into_keys().collect())
    }
}

fn read_row(
    (arn, document, sequence): (String, String, i64),
) -> Result<(i64, Vec<UndoneChange>), StoreError> {
    let changes = read_changes(&document).map_err(|source| StoreError::Document {
        what: format!("the document of an action on {arn}"),
        source,
    })?;
    let change = |change: reeve_care::plan::TagChange| UndoneChange {
        arn: arn.clone(),
        key: change.key,
        after: change.after,
    };
    Ok((sequence, changes.into_iter().map(change).collect()))
}
