//! The resources of every account and Region, each kind on its own shelf, in order of id.
//!
//! Everything is ordered, so that the same calls always see the same pages, and a page costs what it shows: it starts at
//! its marker by a search in the shelf, and no listing copies more than it returns.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use reeve_model::Object;
use reeve_types::{AccountId, Arn, Region, Tags};

use crate::kind::{Facts, Kind};

/// Where a shelf stands: one kind in one Region of one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) kind: Kind,
}

/// Resources of one place by id.
pub(crate) type Shelf = BTreeMap<String, Resource>;

/// A resource without its identity, which is its key in the store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resource {
    /// Its description, without identity and tags. Shared by resources made alike.
    pub(crate) facts: Facts,
    /// Its tags. Shared by resources tagged alike until one is changed.
    pub(crate) tags: Arc<Tags>,
    /// The keys of the tags that instances of an Auto Scaling group inherit.
    pub(crate) propagated: BTreeSet<String>,
    /// Whether it has or had a tag: the Resource Groups Tagging API shows no other.
    pub(crate) ever_tagged: bool,
}

impl Resource {
    /// A resource that was created with these tags.
    pub(crate) fn new(facts: Facts, tags: Arc<Tags>) -> Self {
        let ever_tagged = !tags.is_empty();
        Self { facts, tags, propagated: BTreeSet::new(), ever_tagged }
    }

    /// Replaces all tags.
    pub(crate) fn set_tags(&mut self, tags: Tags) {
        self.ever_tagged |= !tags.is_empty();
        self.propagated.retain(|key| tags.contains_key(key));
        self.tags = Arc::new(tags);
    }

    /// A text in the description, by dotted path.
    pub(crate) fn fact(&self, path: &str) -> Option<&str> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = self.facts.get(first)?;
        if rest.is_empty() { value.as_str() } else { value.path(rest)?.as_str() }
    }
}

/// Every resource.
#[derive(Debug, Default)]
pub(crate) struct Store {
    shelves: BTreeMap<Place, Shelf>,
    // Invariant: both hold exactly the buckets on the shelves. Bucket names are global, listings go by account.
    bucket_owners: BTreeMap<String, (AccountId, Region)>,
    account_buckets: BTreeMap<AccountId, BTreeMap<String, Region>>,
    empty: Shelf,
}

impl Store {
    /// The shelf at a place, empty if nothing was ever put there.
    pub(crate) fn shelf(&self, place: &Place) -> &Shelf {
        self.shelves.get(place).unwrap_or(&self.empty)
    }

    /// A resource.
    pub(crate) fn get(&self, place: &Place, id: &str) -> Option<&Resource> {
        self.shelf(place).get(id)
    }

    /// A resource, to be changed.
    pub(crate) fn get_mut(&mut self, place: &Place, id: &str) -> Option<&mut Resource> {
        self.shelves.get_mut(place)?.get_mut(id)
    }

    /// Puts a resource in its place, replacing one of the same id.
    pub(crate) fn put(&mut self, place: Place, id: String, resource: Resource) {
        self.index_bucket(&place, &id);
        self.shelves.entry(place).or_default().insert(id, resource);
    }

    /// Puts many resources in one place: far faster than one by one.
    pub(crate) fn put_all(&mut self, place: Place, resources: Vec<(String, Resource)>) {
        for (id, _) in &resources {
            self.index_bucket(&place, id);
        }
        let mut added = Shelf::from_iter(resources);
        self.shelves.entry(place).or_default().append(&mut added);
    }

    /// Takes a resource away.
    pub(crate) fn remove(&mut self, place: &Place, id: &str) -> Option<Resource> {
        if place.kind == Kind::Bucket {
            self.bucket_owners.remove(id);
            self.account_buckets.get_mut(&place.account)?.remove(id);
        }
        self.shelves.get_mut(place)?.remove(id)
    }

    /// The account and Region that a bucket is in.
    pub(crate) fn bucket_owner(&self, name: &str) -> Option<&(AccountId, Region)> {
        self.bucket_owners.get(name)
    }

    /// The buckets of an account in every Region.
    pub(crate) fn buckets(&self, account: &AccountId) -> Option<&BTreeMap<String, Region>> {
        self.account_buckets.get(account)
    }

    /// Where the resource with this ARN is, if it exists.
    pub(crate) fn locate(&self, arn: &str) -> Option<(Place, String)> {
        let (place, id) = self.parse(arn)?;
        self.get(&place, &id).map(|_| (place, id))
    }

    /// Where the resource with this ARN would be, whether it exists or not; for a bucket, only if it exists.
    pub(crate) fn parse(&self, arn: &str) -> Option<(Place, String)> {
        let arn: Arn = arn.parse().ok()?;
        let (kind, id) = Kind::parse(arn.service(), arn.resource())?;
        let (account, region) = if kind == Kind::Bucket {
            self.bucket_owner(&id)?.clone()
        } else {
            (arn.account().parse().ok()?, arn.region().parse().ok()?)
        };
        Some((Place { account, region, kind }, id))
    }

    /// Every resource with its place, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Place, &String, &Resource)> {
        self.shelves.iter().flat_map(|(place, shelf)| {
            shelf.iter().map(move |(id, resource)| (place, id, resource))
        })
    }

    fn index_bucket(&mut self, place: &Place, id: &str) {
        if place.kind == Kind::Bucket {
            let owner = (place.account.clone(), place.region.clone());
            self.bucket_owners.insert(id.to_owned(), owner);
            let buckets = self.account_buckets.entry(place.account.clone()).or_default();
            buckets.insert(id.to_owned(), place.region.clone());
        }
    }
}

/// Facts from a description.
pub(crate) fn facts(description: Object) -> Facts {
    Arc::new(description)
}
