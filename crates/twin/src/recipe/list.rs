//! Showing resources page by page.

use std::ops::Bound;

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    filter::{Filter, Filters},
    kind::{Definition, Kind},
    page::{Paging, UNPAGED},
    world::World,
};

/// Turns a description into what a list shows.
pub(crate) type Show = fn(&Call, &World, &str, Object) -> Value;

/// An operation that lists resources.
#[derive(Debug)]
pub(crate) struct List {
    /// What it lists.
    pub(crate) kind: Kind,
    /// The output member with the list.
    pub(crate) member: &'static str,
    /// How it is paged.
    pub(crate) paging: &'static Paging,
    /// What the caller may narrow it by.
    pub(crate) filters: Filters,
    /// The input member with ids to show alone, each of which must exist; empty if there is none.
    pub(crate) ids: &'static str,
    /// Whether ids are listed instead of descriptions.
    pub(crate) only_ids: bool,
    /// Turns a description into what the list shows; the description itself if not given.
    pub(crate) show: Option<Show>,
}

impl List {
    /// What most operations of this kind have in common.
    pub(crate) const OF: Self = Self {
        kind: &Definition::OF,
        member: "",
        paging: &UNPAGED,
        filters: Filters::None,
        ids: "",
        only_ids: false,
        show: None,
    };

    pub(super) fn perform(&self, call: &Call, world: &mut World) -> Answer {
        let filter = self.filters.read(call)?;
        let ids = if self.ids.is_empty() { Vec::new() } else { call.texts(self.ids) };
        let output = if ids.is_empty() {
            self.page(call, world, &filter)?
        } else {
            let mut found = Vec::new();
            for id in ids {
                let id = call.id_of(self.kind, id);
                let resource = call.find(world, self.kind, &id)?;
                if filter.holds(&id, resource) {
                    found.push(self.shown(call, world, &id));
                }
            }
            Value::from_iter([(self.member, Value::List(found))])
        };
        Ok(call.fit(output))
    }

    fn page(&self, call: &Call, world: &World, filter: &Filter) -> Answer {
        let (size, start) = (self.paging.size(call)?, self.paging.start(call)?);
        let after = start.map_or(Bound::Unbounded, Bound::Excluded);
        let place = call.place(self.kind);
        let mut rest = world.shelf(&place).range((after, Bound::Unbounded)).peekable();
        let mut shown = Vec::new();
        let mut last = None;
        while shown.len() < size
            && let Some((id, resource)) = rest.next()
        {
            last = Some(id);
            if filter.holds(id, resource) {
                shown.push(self.shown(call, world, id));
            }
        }
        // A page is not the last one only if something that is to be shown follows.
        let more = rest.any(|(id, resource)| filter.holds(id, resource));
        let last = last.filter(|_| more).map(String::as_str);
        let output = Object::from_iter([(self.member, Value::List(shown))]);
        Ok(self.paging.finish(call, output, last))
    }

    fn shown(&self, call: &Call, world: &World, id: &str) -> Value {
        if self.only_ids {
            return Value::from(id);
        }
        let place = call.place(self.kind);
        let Some(resource) = world.get(&place, id) else { return Value::Null };
        let description = place.describe(self.kind, id, resource);
        match self.show {
            Some(show) => show(call, world, id, description),
            None => description.into(),
        }
    }
}
