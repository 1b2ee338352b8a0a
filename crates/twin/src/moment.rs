//! How the world was, to see later what became of it.

use std::{collections::BTreeMap, sync::Arc};

use reeve_model::Value;
use reeve_types::{AccountId, Region, Tags};

use crate::{
    store::{Place, Resource},
    twin::Twin,
};

/// How every resource was at a time. It shares what it saw with the world, and takes little more than the ids.
#[derive(Debug, Clone)]
pub struct Moment(BTreeMap<(Place, String), Resource>);

/// A resource that was made, changed or taken away.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceChange {
    /// Its ARN.
    pub arn: String,
    /// What it is.
    pub resource_type: &'static str,
    /// The account it is in.
    pub account: AccountId,
    /// The Region it is in; one and the same for those that belong to none.
    pub region: Region,
    /// Its id.
    pub id: String,
    /// How it was; none if it was not there.
    pub before: Option<DescribedResource>,
    /// How it is; none if it is not there.
    pub after: Option<DescribedResource>,
}

/// How a resource is at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedResource {
    /// As its service describes it, without tags.
    pub description: Value,
    /// Its tags.
    pub tags: Tags,
}

impl Twin {
    /// How every resource is now.
    pub fn moment(&self) -> Moment {
        let now = self.now();
        let mut world = self.lock();
        world.advance(now);
        let kept = world
            .store
            .iter()
            .map(|(place, id, resource)| ((place.clone(), id.clone()), resource.clone()));
        Moment(kept.collect())
    }

    /// What was made, changed or taken away since a moment, as far as their services show it.
    pub fn changes_since(&self, moment: &Moment) -> Vec<ResourceChange> {
        let Moment(now) = self.moment();
        let Moment(then) = moment;
        let mut keys: Vec<&(Place, String)> = then.keys().chain(now.keys()).collect();
        keys.sort();
        keys.dedup();
        let changes = keys.into_iter().filter_map(|key| change(key, then.get(key), now.get(key)));
        changes.collect()
    }
}

fn change(
    (place, id): &(Place, String),
    then: Option<&Resource>,
    now: Option<&Resource>,
) -> Option<ResourceChange> {
    if let (Some(then), Some(now)) = (then, now)
        && Arc::ptr_eq(&then.facts, &now.facts)
        && Arc::ptr_eq(&then.tags, &now.tags)
    {
        return None;
    }
    let described = |resource: &Resource| {
        let mut description = place.describe(place.kind, id, resource);
        if let Some(member) = place.kind.tags.member() {
            description.remove(member);
        }
        let tags = Tags::clone(&resource.tags);
        DescribedResource { description: description.into(), tags }
    };
    let (before, after) = (then.map(described), now.map(described));
    (before != after).then(|| ResourceChange {
        arn: place.arn_of(place.kind, id),
        resource_type: place.kind.resource_type,
        account: place.account.clone(),
        region: place.region.clone(),
        id: id.clone(),
        before,
        after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;
    use reeve_time::Clock;

    #[test]
    fn what_was_changed_and_taken_away_is_told_and_nothing_else() {
        let twin = Twin::new(Clock::manual("2026-03-02T08:00:00Z".parse().unwrap()), 1);
        seed::small(&twin);
        let arns = twin.resources().into_iter().map(|(arn, _)| arn);
        let tables: Vec<String> = arns.filter(|arn| arn.contains(":table/")).take(2).collect();
        let [changed, removed] = tables.try_into().unwrap();
        let moment = twin.moment();
        assert_eq!(twin.changes_since(&moment), []);
        twin.set_tags(&changed.parse().unwrap(), Tags::from([("A".to_owned(), "b".to_owned())]));
        twin.remove(&removed.parse().unwrap());
        let changes = twin.changes_since(&moment);
        let told: Vec<_> = changes
            .iter()
            .map(|change| (change.arn.as_str(), change.before.is_some(), change.after.is_some()))
            .collect();
        assert_eq!(told, [(changed.as_str(), true, true), (removed.as_str(), true, false)]);
    }
}
