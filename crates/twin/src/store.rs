//! The resources of every account and Region, each kind on its own shelf, in order of id.
//!
//! Everything is ordered, so that the same calls always see the same pages, and a page costs what it shows: it starts at
//! its marker by a search in the shelf, and no listing copies more than it returns.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region, Tags};

use crate::kind::{self, Facts, HOME_REGION, Kind};

/// Where a shelf stands: one kind in one Region of one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) kind: Kind,
}

impl Place {
    /// A resource of a kind in this Region of this account, as its service shows it.
    pub(crate) fn describe(&self, kind: Kind, id: &str, resource: &Resource) -> Object {
        kind::describe(kind, (&self.account, &self.region), id, resource)
    }

    /// The ARN of a resource of a kind in this Region of this account.
    pub(crate) fn arn_of(&self, kind: Kind, id: &str) -> String {
        kind.arn(&self.account, &self.region, id)
    }

    /// Where another kind is, in the same Region of the same account.
    pub(crate) fn beside(&self, kind: Kind) -> Self {
        Self { account: self.account.clone(), region: self.region.clone(), kind }
    }
}

/// Resources of one place by id.
pub(crate) type Shelf = BTreeMap<String, Resource>;

/// A resource without its identity, which is its key in the store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resource {
    /// Its description, without identity and tags. Shared by resources made alike.
    pub(crate) facts: Facts,
    /// What its service knows about it and does not show.
    pub(crate) inside: Arc<Object>,
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
        Self { facts, inside: Arc::default(), tags, propagated: BTreeSet::new(), ever_tagged }
    }

    /// The same with what its service knows and does not show.
    #[must_use]
    pub(crate) fn with_inside(mut self, inside: Object) -> Self {
        self.inside = Arc::new(inside);
        self
    }

    /// The description, to be changed.
    pub(crate) fn facts_mut(&mut self) -> &mut Object {
        Arc::make_mut(&mut self.facts)
    }

    /// What its service knows and does not show, to be changed.
    pub(crate) fn inside_mut(&mut self) -> &mut Object {
        Arc::make_mut(&mut self.inside)
    }

    /// A member of the description that is not a text, by dotted path.
    pub(crate) fn value(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = self.facts.get(first)?;
        if rest.is_empty() { Some(value) } else { value.path(rest) }
    }

    /// The elements of a list in the description, by dotted path; none if there is none.
    pub(crate) fn list(&self, path: &str) -> &[Value] {
        self.value(path).map_or(&[], Value::as_list)
    }

    /// Whether something in the description is there and true, by dotted path.
    pub(crate) fn flag(&self, path: &str) -> bool {
        self.value(path).and_then(Value::as_bool) == Some(true)
    }

    /// Replaces all tags.
    pub(crate) fn set_tags(&mut self, tags: Tags) {
        self.ever_tagged |= !tags.is_empty();
        self.propagated.retain(|key| tags.contains_key(key));
        self.tags = Arc::new(tags);
    }

    /// A text in the description, by dotted path.
    pub(crate) fn fact(&self, path: &str) -> Option<&str> {
        self.value(path)?.as_str()
    }
}

/// How a resource was when somebody looked at it, to know later whether it still is.
///
/// It shares what it saw, and what is shared is never changed in place: whatever was changed since is somewhere else.
#[derive(Debug)]
pub(crate) struct Seen {
    place: Place,
    id: String,
    resource: Option<(Facts, Arc<Object>, Arc<Tags>)>,
}

impl Seen {
    /// A look at a resource, or at where there is none.
    pub(crate) fn of(store: &Store, place: Place, id: &str) -> Self {
        let resource = store.get(&place, id).map(|found| {
            (Arc::clone(&found.facts), Arc::clone(&found.inside), Arc::clone(&found.tags))
        });
        Self { place, id: id.to_owned(), resource }
    }

    /// Whether what was seen is still so.
    pub(crate) fn holds(&self, store: &Store) -> bool {
        match (&self.resource, store.get(&self.place, &self.id)) {
            (Some((facts, inside, tags)), Some(found)) => {
                Arc::ptr_eq(facts, &found.facts)
                    && Arc::ptr_eq(inside, &found.inside)
                    && Arc::ptr_eq(tags, &found.tags)
            }
            (then, now) => then.is_none() && now.is_none(),
        }
    }
}

/// How a resource was until it was changed at a time; nothing if it was not there.
pub(crate) type Version = (Timestamp, Option<Resource>);

/// How resources were before they were changed.
pub(crate) type Past = BTreeMap<(Place, String), Vec<Version>>;

/// Every resource.
#[derive(Debug, Default)]
pub(crate) struct Store {
    shelves: BTreeMap<Place, Shelf>,
    // Invariant: both hold exactly the buckets on the shelves. Bucket names are global, listings go by account.
    bucket_owners: BTreeMap<String, (AccountId, Region)>,
    account_buckets: BTreeMap<AccountId, BTreeMap<String, Region>>,
    empty: Shelf,
    // What was changed, if somebody wants to know.
    touched: Option<BTreeSet<(Place, String)>>,
    // How resources were before they were changed, and when that was, if readers are to see the past.
    past: Option<Past>,
    /// The world's time, at which changes happen.
    pub(crate) now: Timestamp,
}

/// How resources are, while others are shown in their place.
pub(crate) type Present = Vec<(Place, String, Option<Resource>)>;

/// How long the past is kept.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(15);

impl Store {
    /// The shelf at a place, empty if nothing was ever put there.
    pub(crate) fn shelf(&self, place: &Place) -> &Shelf {
        self.shelves.get(place).unwrap_or(&self.empty)
    }

    /// A resource.
    pub(crate) fn get(&self, place: &Place, id: &str) -> Option<&Resource> {
        self.shelf(place).get(id)
    }

    /// From now on remembers what is made, changed or taken away.
    pub(crate) fn watch(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// What was changed and not asked for yet, if somebody wants to know.
    pub(crate) fn touched(&self) -> Option<&BTreeSet<(Place, String)>> {
        self.touched.as_ref()
    }

    /// How resources were before they were changed, if readers are to see the past.
    pub(crate) fn past(&self) -> Option<&Past> {
        self.past.as_ref()
    }

    /// Goes on with what another store remembered of its changes.
    pub(crate) fn remember(
        &mut self,
        touched: Option<BTreeSet<(Place, String)>>,
        past: Option<Past>,
    ) {
        self.touched = touched;
        self.past = past;
    }

    /// What was made, changed or taken away since this was last asked; nothing unless it is watched.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<(Place, String)> {
        self.touched.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn touch(&mut self, place: &Place, id: &str) {
        if let Some(touched) = &mut self.touched {
            touched.insert((place.clone(), id.to_owned()));
        }
        let now = self.now;
        if let Some(past) = &mut self.past {
            let before = self.shelves.get(place).and_then(|shelf| shelf.get(id)).cloned();
            let versions = past.entry((place.clone(), id.to_owned())).or_default();
            let oldest = now.saturating_sub(REMEMBERED).unwrap_or(now);
            versions.retain(|(changed, _)| *changed > oldest);
            versions.push((now, before));
        }
    }

    /// From now on keeps how resources were before they were changed.
    pub(crate) fn keep_past(&mut self) {
        self.past.get_or_insert_default();
    }

    /// Puts everything as it was at a time, and returns how it is.
    pub(crate) fn rewind(&mut self, time: Timestamp) -> Present {
        let Some(past) = self.past.take() else { return Vec::new() };
        let mut present = Vec::new();
        for ((place, id), versions) in &past {
            // What a resource was before its first change after the time is what it was at the time.
            let Some((_, before)) = versions.iter().find(|(changed, _)| *changed > time) else {
                continue;
            };
            present.push((place.clone(), id.clone(), self.exchange(place, id, before.clone())));
        }
        self.past = Some(past);
        present
    }

    /// Puts everything as it is again.
    pub(crate) fn restore(&mut self, present: Present) {
        for (place, id, resource) in present {
            self.exchange(&place, &id, resource);
        }
    }

    /// Replaces a resource without anybody noticing.
    fn exchange(&mut self, place: &Place, id: &str, by: Option<Resource>) -> Option<Resource> {
        match by {
            Some(resource) => {
                self.index_bucket(place, id);
                self.shelves.entry(place.clone()).or_default().insert(id.to_owned(), resource)
            }
            None => {
                self.unindex_bucket(place, id);
                self.shelves.get_mut(place)?.remove(id)
            }
        }
    }

    /// A resource, to be changed.
    pub(crate) fn get_mut(&mut self, place: &Place, id: &str) -> Option<&mut Resource> {
        self.touch(place, id);
        self.shelves.get_mut(place)?.get_mut(id)
    }

    /// Puts a resource in its place, replacing one of the same id.
    pub(crate) fn put(&mut self, place: Place, id: String, resource: Resource) {
        self.index_bucket(&place, &id);
        self.touch(&place, &id);
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
        self.touch(place, id);
        self.unindex_bucket(place, id);
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
        let mut places = kind::parse_alike(arn).into_iter().filter_map(|(kind, parsed)| {
            let id = parsed.id.to_owned();
            if kind == &crate::services::s3::BUCKET {
                let (account, region) = self.bucket_owner(&id)?.clone();
                return Some((Place { account, region, kind }, id));
            }
            let account = parsed.account?.parse().ok()?;
            let region = parsed.region.unwrap_or(HOME_REGION).parse().ok()?;
            Some((Place { account, region, kind }, id))
        });
        let first = places.next()?;
        // Of kinds whose ARNs look alike, what exists is meant.
        if self.get(&first.0, &first.1).is_some() {
            return Some(first);
        }
        places.find(|(place, id)| self.get(place, id).is_some()).or(Some(first))
    }

    /// Every resource of a kind with its place, in order.
    pub(crate) fn every(&self, kind: Kind) -> impl Iterator<Item = (&Place, &String, &Resource)> {
        let shelves = self.shelves.iter().filter(move |(place, _)| place.kind == kind);
        shelves.flat_map(|(place, shelf)| shelf.iter().map(move |(id, found)| (place, id, found)))
    }

    /// Every resource with its place, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Place, &String, &Resource)> {
        self.shelves.iter().flat_map(|(place, shelf)| {
            shelf.iter().map(move |(id, resource)| (place, id, resource))
        })
    }

    fn unindex_bucket(&mut self, place: &Place, id: &str) {
        if place.kind == &crate::services::s3::BUCKET {
            self.bucket_owners.remove(id);
            if let Some(buckets) = self.account_buckets.get_mut(&place.account) {
                buckets.remove(id);
            }
        }
    }

    fn index_bucket(&mut self, place: &Place, id: &str) {
        if place.kind == &crate::services::s3::BUCKET {
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
