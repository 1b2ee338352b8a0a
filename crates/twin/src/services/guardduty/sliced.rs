//! Pages of a list that is made up as it is asked for, in any order.
//!
//! The token says how many were shown. That is enough for lists whose order is their own (sorted findings, results of
//! queries); what stands on a shelf is paged by the shelf.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call, PageSize},
    page::Paging,
};

/// Paging as most newer services name it.
pub(crate) const fn paging(
    size: &'static str,
    token: &'static str,
    bounds: (usize, usize),
    bad_token: &'static str,
) -> Paging {
    let (default, most) = bounds;
    Paging { size, bounds: PageSize { least: 1, most, default }, token, next: token, bad_token }
}

/// One page of `items` as the output's `member`.
pub(crate) fn page(call: &Call, paging: &Paging, member: &str, items: Vec<Value>) -> Answer {
    page_of(call, paging, member, items, Object::new())
}

/// The same, with further members of the output.
pub(crate) fn page_of(
    call: &Call,
    paging: &Paging,
    member: &str,
    items: Vec<Value>,
    mut output: Object,
) -> Answer {
    let size = paging.size(call)?;
    let start: usize = match paging.start(call)? {
        None => 0,
        Some(shown) => shown.parse().unwrap_or(0),
    };
    let total = items.len();
    let shown: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let end = start + shown.len();
    output.insert(member, Value::List(shown));
    let last = end.to_string();
    let next = (end < total).then_some(last.as_str());
    Ok(call.fit(paging.finish(call, output, next)))
}
