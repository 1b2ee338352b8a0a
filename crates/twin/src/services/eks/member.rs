//! What belongs to a cluster: node groups and add-ons, whose names are their own within it.

use reeve_model::Value;

use super::{PAGES, cluster, cluster::not_found};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    recipe::Lifecycle,
    store::Resource,
    world::World,
};

/// How the operations on one kind of member name things.
pub(super) struct Members {
    pub(super) kind: Kind,
    pub(super) life: Lifecycle,
    /// The input member with its name.
    pub(super) name: &'static str,
    /// The output members with one, and with the names of all.
    pub(super) outputs: (&'static str, &'static str),
    /// What is said if there is none, with `{name}` and `{cluster}`.
    pub(super) missing: &'static str,
    /// How many seconds it takes to delete one.
    pub(super) deletion: i64,
}

impl Members {
    /// The one that a call names: its id is the cluster's, a slash, and its name.
    pub(super) fn named<'w>(
        &self,
        call: &Call,
        world: &'w World,
    ) -> Result<(String, &'w Resource), Failure> {
        let (cluster, _) = cluster::named(call, world, "clusterName")?;
        let name = call.required(self.name)?;
        let id = format!("{cluster}/{name}");
        let missing =
            || not_found(self.missing.replace("{name}", name).replace("{cluster}", &cluster));
        let found = call.resource(world, self.kind, &id).ok_or_else(missing)?;
        Ok((id, found))
    }

    pub(super) fn answer(&self, call: &Call, world: &World, id: &str) -> Answer {
        call.answer(world, (self.kind, self.outputs.0), id)
    }

    pub(super) fn show(&self, call: &Call, world: &World) -> Answer {
        let (id, _) = self.named(call, world)?;
        self.answer(call, world, &id)
    }

    pub(super) fn list(&self, call: &Call, world: &World) -> Answer {
        let (cluster, _) = cluster::named(call, world, "clusterName")?;
        let prefix = format!("{cluster}/");
        let keep = |id: &str, _: &Resource| id.starts_with(&prefix);
        let show =
            |id: &str, _: &Resource, _| Value::from(id.rsplit('/').next().unwrap_or_default());
        PAGES.list((call, world), (self.kind, self.outputs.1), keep, show)
    }

    pub(super) fn delete(&self, call: &Call, world: &mut World) -> Answer {
        let (id, _) = self.named(call, world)?;
        self.life.enter(world, &call.place(self.kind), &id, ("DELETING", self.deletion));
        self.answer(call, world, &id)
    }
}
