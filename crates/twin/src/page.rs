//! Pages of ordered things, and the opaque tokens between them.
//!
//! A token holds the last key shown, so a page is found by search, however far in, and stays right when resources come
//! and go between pages. It also holds a digest of what it pages over: a token from elsewhere is refused, not misread.

use std::ops::Bound;

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call, PageSize},
    digest::hex_digest,
    failure::Failure,
    kind::Kind,
    store::Resource,
    world::World,
};

const SEAL: usize = 8;

/// How one listing is paged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    /// The input member with the page size.
    pub(crate) size: &'static str,
    /// What page sizes are allowed.
    pub(crate) bounds: PageSize,
    /// The input member with the token.
    pub(crate) token: &'static str,
    /// The output member with the next token.
    pub(crate) next: &'static str,
    /// The error code for a token that is not from this listing.
    pub(crate) bad_token: &'static str,
}

impl Paging {
    /// Pages of any size up to the most there may be, with one name for the token asked with and answered with.
    pub(crate) const fn of(
        size: &'static str,
        token: &'static str,
        (default, most): (usize, usize),
        bad_token: &'static str,
    ) -> Self {
        let bounds = PageSize { least: 1, most, default };
        Self { size, bounds, token, next: token, bad_token }
    }

    /// The same with another output member for the next token.
    pub(crate) const fn with_next(mut self, next: &'static str) -> Self {
        self.next = next;
        self
    }

    /// The same with so many on a page at least.
    pub(crate) const fn with_least(mut self, least: usize) -> Self {
        self.bounds.least = least;
        self
    }

    /// The page size asked for.
    pub(crate) fn size(&self, call: &Call) -> Result<usize, Failure> {
        if self.size.is_empty() {
            Ok(self.bounds.default)
        } else {
            call.page_size(self.size, &self.bounds)
        }
    }

    /// The key after which the page begins.
    pub(crate) fn start(&self, call: &Call) -> Result<Option<String>, Failure> {
        if self.token.is_empty() {
            return Ok(None);
        }
        let Some(token) = call.text(self.token) else { return Ok(None) };
        open(&call.operation, token).map(Some).ok_or_else(|| {
            Failure::new(self.bad_token, format!("The {} value is not valid", self.token))
        })
    }

    /// Puts the next token into an output if there is a further page.
    pub(crate) fn finish(&self, call: &Call, mut output: Object, last: Option<&str>) -> Value {
        if let Some(last) = last.filter(|_| !self.next.is_empty()) {
            output.insert(self.next, seal(&call.operation, last));
        }
        output.into()
    }

    /// One page of a list whose order is its own (sorted findings, results of queries), as the output's `member`.
    ///
    /// The token says how many were shown, which is enough for such lists.
    pub(crate) fn slice(&self, call: &Call, member: &str, items: Vec<Value>) -> Answer {
        self.slice_beside(call, member, items, Object::new())
    }

    /// The same beside further members of the output.
    pub(crate) fn slice_beside(
        &self,
        call: &Call,
        member: &str,
        items: Vec<Value>,
        mut output: Object,
    ) -> Answer {
        let (size, start) = (self.size(call)?, self.start(call)?);
        let start = start.and_then(|shown| shown.parse::<usize>().ok()).unwrap_or(0);
        let next = start + size;
        let last = (next < items.len()).then(|| next.to_string());
        output.insert(member, items.into_iter().skip(start).take(size).collect::<Value>());
        Ok(call.fit(self.finish(call, output, last.as_deref())))
    }

    /// One page of things in order of their keys, as the output's `member`.
    pub(crate) fn sort(
        &self,
        call: &Call,
        member: &str,
        mut items: Vec<(String, Value)>,
    ) -> Answer {
        let (size, start) = (self.size(call)?, self.start(call)?);
        items.sort_by(|one, other| one.0.cmp(&other.0));
        let mut rest =
            items.into_iter().filter(|(key, _)| start.as_ref().is_none_or(|start| key > start));
        let (mut shown, mut last) = (Vec::new(), None);
        for (key, item) in rest.by_ref().take(size) {
            last = Some(key);
            shown.push(item);
        }
        let last = last.filter(|_| rest.next().is_some());
        let output = Object::from_iter([(member, shown)]);
        Ok(call.fit(self.finish(call, output, last.as_deref())))
    }

    /// One page of the caller's resources of a kind, described by `show`, as the output's `member`.
    pub(crate) fn list(
        &self,
        (call, world): (&Call, &World),
        (kind, member): (Kind, &str),
        keep: impl Fn(&str, &Resource) -> bool,
        show: impl Fn(&str, &Resource, Object) -> Value,
    ) -> Result<Value, Failure> {
        let (size, start) = (self.size(call)?, self.start(call)?);
        let place = call.place(kind);
        let after = start.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = world.store.shelf(&place).range((after, Bound::Unbounded));
        let mut items = Vec::new();
        let mut last = None;
        while items.len() < size
            && let Some((id, resource)) = rest.next()
        {
            last = Some(id);
            if keep(id, resource) {
                let description = place.describe(kind, id, resource);
                items.push(show(id, resource, description));
            }
        }
        let last = last.filter(|_| rest.next().is_some()).map(String::as_str);
        Ok(self.finish(call, Object::from_iter([(member, Value::List(items))]), last))
    }
}

/// A listing without pages.
pub(crate) static UNPAGED: Paging = Paging::of("", "", (usize::MAX, usize::MAX), "");

/// Keeps every resource.
pub(crate) fn all(_: &str, _: &Resource) -> bool {
    true
}

/// Shows the description as it is.
pub(crate) fn plain(_: &str, _: &Resource, description: Object) -> Value {
    description.into()
}

fn seal(listing: &str, last: &str) -> String {
    format!("{}{}", hex_digest(listing, SEAL), hex::encode(last))
}

fn open(listing: &str, token: &str) -> Option<String> {
    let (digest, last) = token.split_at_checked(SEAL)?;
    if digest != hex_digest(listing, SEAL) {
        return None;
    }
    String::from_utf8(hex::decode(last).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_for_the_listing_it_came_from() {
        let token = seal("DescribeInstances", "i-0123");
        assert_eq!(open("DescribeInstances", &token).as_deref(), Some("i-0123"));
        assert_eq!(open("DescribeTags", &token), None);
        for wrong in ["", "x", "aaaaaaaa", "ééééé"] {
            assert_eq!(open("DescribeInstances", wrong), None, "{wrong}");
        }
    }
}
