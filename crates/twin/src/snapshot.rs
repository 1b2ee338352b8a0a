//! The whole world as one file, and back.
//!
//! ```text
//! magic, version │ zstd( CBOR( everything else, pools, shelves, past ) )
//! ```
//!
//! What resources made alike share is written once: a million of them take little more than their ids. Calls served are not
//! kept; everything else is, so that a world restored goes on exactly as it would have.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Write},
    sync::Arc,
};

use jiff::Timestamp;
use reeve_model::Object;
use reeve_types::{Region, Tags};
use serde::{Deserialize, Serialize};

use crate::{
    directory::Directory,
    event::Event,
    fault::{FaultBook, FaultRule},
    fleet::Fleet,
    idempotency::Tokens,
    log_store::LogStore,
    messages::Messages,
    metrics::Metrics,
    objects::Objects,
    scenario::Script,
    store::{Past, Place, Resource, Store},
    task::Agenda,
    trail::Trail,
    twin::Twin,
    world::World,
};

const MAGIC: &[u8; 10] = b"reeve-twin";
const VERSION: u8 = 2;
const COMPRESSION: i32 = 3;

/// A file that is no snapshot of a world, or could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is something else.
    #[error("this is not a snapshot of a twin")]
    NotASnapshot,
    /// The file was written by another version.
    #[error("this snapshot is of version {found}; this Reeve reads version {VERSION}")]
    OtherVersion {
        /// Its version.
        found: u8,
    },
    /// The file is damaged.
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
}

/// Everything but the resources, of which [`Pools`] and [`Shelved`] keep what is shared once.
#[derive(Serialize, Deserialize)]
struct Rest {
    now: Timestamp,
    rate: f64,
    seed: u64,
    random: u64,
    regions: BTreeSet<Region>,
    fault_rules: Vec<(FaultRule, u64)>,
    fault_dice: u64,
    directory: Directory,
    agenda: Agenda,
    tokens: Tokens,
    fleet: Fleet,
    metrics: Metrics,
    logs: LogStore,
    messages: Messages,
    objects: Objects,
    trail: Trail,
    script: Script,
    events: Vec<Event>,
    touched: Option<BTreeSet<(Place, String)>>,
}

/// What resources share.
#[derive(Default, Serialize, Deserialize)]
struct Pools {
    objects: Vec<Arc<Object>>,
    tags: Vec<Arc<Tags>>,
}

/// A resource by the numbers of what it shares.
#[derive(Serialize, Deserialize)]
struct Shelved(String, usize, usize, usize, BTreeSet<String>, bool);

/// How resources were: each with when it was changed, and as what it was shelved until then.
type ShelvedPast = Vec<(Place, String, Vec<(Timestamp, Option<Shelved>)>)>;

/// Numbers what is shared, by where it lies in memory.
#[derive(Default)]
struct Numbering {
    pools: Pools,
    objects: BTreeMap<usize, usize>,
    tags: BTreeMap<usize, usize>,
}

impl Numbering {
    fn object(&mut self, object: &Arc<Object>) -> usize {
        let pool = &mut self.pools.objects;
        *self.objects.entry(Arc::as_ptr(object).addr()).or_insert_with(|| {
            pool.push(Arc::clone(object));
            pool.len() - 1
        })
    }

    fn shelved(&mut self, id: &str, resource: &Resource) -> Shelved {
        Shelved(
            id.to_owned(),
            self.object(&resource.facts),
            self.object(&resource.inside),
            self.tags(&resource.tags),
            resource.propagated.clone(),
            resource.ever_tagged,
        )
    }

    fn past(&mut self, past: &Past) -> ShelvedPast {
        let mut shelved = Vec::with_capacity(past.len());
        for ((place, id), versions) in past {
            let versions = versions.iter().map(|(changed, before)| {
                (*changed, before.as_ref().map(|before| self.shelved(id, before)))
            });
            shelved.push((place.clone(), id.clone(), versions.collect()));
        }
        shelved
    }

    fn tags(&mut self, tags: &Arc<Tags>) -> usize {
        let pool = &mut self.pools.tags;
        *self.tags.entry(Arc::as_ptr(tags).addr()).or_insert_with(|| {
            pool.push(Arc::clone(tags));
            pool.len() - 1
        })
    }
}

impl Twin {
    /// Writes the whole world.
    pub fn snapshot(&self, mut to: impl Write) -> Result<(), SnapshotError> {
        let rate = self.rate();
        let world = self.lock();
        to.write_all(MAGIC)?;
        to.write_all(&[VERSION])?;
        let mut packed = zstd::Encoder::new(to, COMPRESSION)?;
        write(&mut packed, &Rest::of(&world, rate))?;
        let mut numbering = Numbering::default();
        let mut shelves: Vec<(Place, Vec<Shelved>)> = Vec::new();
        for (place, id, resource) in world.store.iter() {
            if shelves.last().is_none_or(|(last, _)| last != place) {
                shelves.push((place.clone(), Vec::new()));
            }
            let shelved = numbering.shelved(id, resource);
            if let Some((_, shelf)) = shelves.last_mut() {
                shelf.push(shelved);
            }
        }
        let past = world.store.past().map(|past| numbering.past(past));
        write(&mut packed, &numbering.pools)?;
        write(&mut packed, &shelves)?;
        write(&mut packed, &past)?;
        packed.finish()?.flush()?;
        Ok(())
    }

    /// Makes the world what it was when a snapshot was written. The clock goes on from its time.
    pub fn restore(&self, mut from: impl Read) -> Result<(), SnapshotError> {
        let mut magic = [0; MAGIC.len() + 1];
        from.read_exact(&mut magic).map_err(|_| SnapshotError::NotASnapshot)?;
        match magic.split_last() {
            Some((&VERSION, start)) if start == MAGIC => {}
            Some((&found, start)) if start == MAGIC => {
                return Err(SnapshotError::OtherVersion { found });
            }
            _ => return Err(SnapshotError::NotASnapshot),
        }
        let mut packed = io::BufReader::new(zstd::Decoder::new(from)?);
        let rest: Rest = read(&mut packed)?;
        let pools: Pools = read(&mut packed)?;
        let shelves: Vec<(Place, Vec<Shelved>)> = read(&mut packed)?;
        let past: Option<ShelvedPast> = read(&mut packed)?;
        let store = stored(&pools, shelves)?;
        let past = past.map(|past| remembered(&pools, past)).transpose()?;
        let (now, rate) = (rest.now, rest.rate);
        let world = rest.into_world(store, past);
        *self.lock() = world;
        self.set_rate(rate);
        self.set_time(now);
        Ok(())
    }
}

fn write(to: &mut impl Write, value: &impl Serialize) -> Result<(), SnapshotError> {
    ciborium::into_writer(value, to).map_err(|error| match error {
        ciborium::ser::Error::Io(error) => SnapshotError::Io(error),
        ciborium::ser::Error::Value(message) => SnapshotError::Damaged(message),
    })
}

fn read<T: serde::de::DeserializeOwned>(from: &mut impl Read) -> Result<T, SnapshotError> {
    ciborium::from_reader(from).map_err(|error| SnapshotError::Damaged(error.to_string()))
}

fn stored(pools: &Pools, shelves: Vec<(Place, Vec<Shelved>)>) -> Result<Store, SnapshotError> {
    let mut store = Store::default();
    for (place, shelf) in shelves {
        let resources: Result<Vec<_>, _> =
            shelf.into_iter().map(|shelved| pools.resource(shelved)).collect();
        store.put_all(place, resources?);
    }
    Ok(store)
}

fn remembered(pools: &Pools, shelved: ShelvedPast) -> Result<Past, SnapshotError> {
    let mut past = Past::new();
    for (place, id, versions) in shelved {
        let mut kept = Vec::with_capacity(versions.len());
        for (changed, before) in versions {
            let before = before.map(|before| pools.resource(before)).transpose()?;
            kept.push((changed, before.map(|(_, before)| before)));
        }
        past.insert((place, id), kept);
    }
    Ok(past)
}

impl Pools {
    /// A resource with its id.
    fn resource(&self, shelved: Shelved) -> Result<(String, Resource), SnapshotError> {
        let missing =
            || SnapshotError::Damaged("a resource refers to what is not there".to_owned());
        let object = |number: usize| self.objects.get(number).cloned().ok_or_else(missing);
        let Shelved(id, facts, inside, tags, propagated, ever_tagged) = shelved;
        let tags = self.tags.get(tags).cloned().ok_or_else(missing)?;
        let (facts, inside) = (object(facts)?, object(inside)?);
        Ok((id, Resource { facts, inside, tags, propagated, ever_tagged }))
    }
}

impl Rest {
    fn of(world: &World, rate: f64) -> Self {
        Self {
            now: world.now,
            rate,
            seed: world.seed,
            random: world.random.get_seed(),
            regions: world.regions.clone(),
            fault_rules: world.faults.rules().to_vec(),
            fault_dice: world.faults.dice(),
            directory: world.directory.clone(),
            agenda: world.agenda.clone(),
            tokens: world.tokens.clone(),
            fleet: world.fleet.clone(),
            metrics: world.metrics.clone(),
            logs: world.logs.clone(),
            messages: world.messages.clone(),
            objects: world.objects.clone(),
            trail: world.trail.clone(),
            script: world.script.clone(),
            events: world.events.iter().cloned().collect(),
            touched: world.store.touched().cloned(),
        }
    }

    fn into_world(self, mut store: Store, past: Option<Past>) -> World {
        let faults = FaultBook::restored(self.fault_rules, self.fault_dice);
        store.remember(self.touched, past);
        store.now = self.now;
        let mut world = World::new(self.seed);
        world.store = store;
        world.directory = self.directory;
        world.regions = self.regions;
        world.faults = faults;
        world.agenda = self.agenda;
        world.tokens = self.tokens;
        world.fleet = self.fleet;
        world.metrics = self.metrics;
        world.logs = self.logs;
        world.messages = self.messages;
        world.objects = self.objects;
        world.trail = self.trail;
        world.script = self.script;
        world.events = self.events.into();
        world.now = self.now;
        world.random = fastrand::Rng::with_seed(self.random);
        world
    }
}
