//! Compiled policies by document. What a document compiles to depends on nothing else, so all worlds share them.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use reeve_policy::{Form, Policy};

/// When this many are kept, all are forgotten: documents that people change by the thousand are not kept for ever.
const MOST: usize = 10_000;

type Compiled = HashMap<Form, HashMap<String, Option<Arc<Policy>>>>;

static COMPILED: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);

/// The policy in a document; nothing if it is none.
pub(crate) fn compiled(form: Form, document: &str) -> Option<Arc<Policy>> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = compiled.entry(form).or_default();
    if let Some(policy) = known.get(document) {
        return policy.clone();
    }
    if known.len() >= MOST {
        known.clear();
    }
    let policy = Policy::parse(form, document).ok().map(Arc::new);
    known.insert(document.to_owned(), policy.clone());
    policy
}
