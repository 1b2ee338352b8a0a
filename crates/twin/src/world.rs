//! Everything the twin holds, and how it moves.
//!
//! ```text
//! clock ─► advance: tasks that are due, in order ─► events ─► rules and targets
//! call  ─► perform: check ─► handler ─► trail ─► events ─► rules and targets
//! ```
//!
//! Ordered throughout and seeded: the same scenario, seed and calls give the same world, byte for byte.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use reeve_model::{Object, Value, catalog};
use reeve_types::{AccountId, Region};

use crate::{
    bus,
    call::{Answer, Call},
    call_log::CallLog,
    check,
    directory::{Caller, Directory},
    event::Event,
    failure::Failure,
    fault::{Fate, FaultBook, FaultRule},
    fleet::Fleet,
    idempotency::Tokens,
    kind::Kind,
    log_store::LogStore,
    messages::Messages,
    metrics::Metrics,
    objects::Objects,
    scenario::Script,
    services::{SERVED, s3, task_handler},
    store::{Place, Resource, Shelf, Store},
    task::{Agenda, Task},
    trail::{self, Trail},
};

/// How deep services may call each other before the twin takes it for a loop.
const DEEPEST: usize = 24;

/// Everything the twin holds.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    /// The Regions that `DescribeRegions` names.
    pub(crate) regions: BTreeSet<Region>,
    pub(crate) faults: FaultBook,
    pub(crate) calls: CallLog,
    pub(crate) agenda: Agenda,
    pub(crate) tokens: Tokens,
    pub(crate) fleet: Fleet,
    pub(crate) metrics: Metrics,
    pub(crate) logs: LogStore,
    pub(crate) messages: Messages,
    pub(crate) objects: Objects,
    pub(crate) trail: Trail,
    pub(crate) script: Script,
    /// What happened and has not been delivered yet.
    pub(crate) events: VecDeque<Event>,
    /// The seed it began with.
    pub(crate) seed: u64,
    pub(crate) now: Timestamp,
    pub(crate) random: fastrand::Rng,
    /// How many calls are being performed inside each other.
    depth: usize,
}

/// On whose behalf a service calls another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'o> {
    /// The account called into.
    pub(crate) account: &'o AccountId,
    /// The Region called.
    pub(crate) region: &'o Region,
    /// The service that calls, such as `autoscaling.amazonaws.com`.
    pub(crate) by: &'static str,
}

impl<'o> Origin<'o> {
    /// A call into the account and Region of a place.
    pub(crate) fn at(place: &'o Place, by: &'static str) -> Self {
        Self { account: &place.account, region: &place.region, by }
    }
}

impl World {
    /// An empty world.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            store: Store::default(),
            directory: Directory::default(),
            regions: BTreeSet::new(),
            faults: FaultBook::new(seed),
            calls: CallLog::default(),
            agenda: Agenda::default(),
            tokens: Tokens::default(),
            fleet: Fleet::default(),
            metrics: Metrics::default(),
            logs: LogStore::default(),
            messages: Messages::default(),
            objects: Objects::default(),
            trail: Trail::default(),
            script: Script::default(),
            events: VecDeque::new(),
            seed,
            now: Timestamp::UNIX_EPOCH,
            random: fastrand::Rng::with_seed(seed),
            depth: 0,
        }
    }

    /// The time of the call or task that is being performed.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// A resource.
    pub(crate) fn get(&self, place: &Place, id: &str) -> Option<&Resource> {
        self.store.get(place, id)
    }

    /// Puts a resource in its place, replacing one of the same id.
    pub(crate) fn put(&mut self, place: Place, id: impl Into<String>, resource: Resource) {
        self.store.put(place, id.into(), resource);
    }

    /// Takes a resource away.
    pub(crate) fn remove(&mut self, place: &Place, id: &str) -> Option<Resource> {
        self.store.remove(place, id)
    }

    /// Changes what a resource's description says. Whether it exists.
    pub(crate) fn change(
        &mut self,
        place: &Place,
        id: &str,
        change: impl FnOnce(&mut Object),
    ) -> bool {
        let Some(resource) = self.store.get_mut(place, id) else { return false };
        let facts = resource.facts_mut();
        if let Some(own) = place.kind.own {
            own(id, facts);
        }
        change(facts);
        true
    }

    /// Changes what a service knows about a resource and does not show. Whether it exists.
    pub(crate) fn change_inside(
        &mut self,
        place: &Place,
        id: &str,
        change: impl FnOnce(&mut Object),
    ) -> bool {
        let resource = self.store.get_mut(place, id);
        resource.map(|resource| change(resource.inside_mut())).is_some()
    }

    /// Sets one member of a resource's description. Whether it exists.
    pub(crate) fn set(
        &mut self,
        place: &Place,
        id: &str,
        member: &str,
        value: impl Into<Value>,
    ) -> bool {
        self.change(place, id, |facts| _ = facts.insert(member, value))
    }

    /// Sets one member of what a service knows about a resource and does not show. Whether it exists.
    pub(crate) fn set_inside(
        &mut self,
        place: &Place,
        id: &str,
        member: &str,
        value: impl Into<Value>,
    ) -> bool {
        self.change_inside(place, id, |inside| _ = inside.insert(member, value))
    }

    /// The resources of one place, in order of id.
    pub(crate) fn shelf(&self, place: &Place) -> &Shelf {
        self.store.shelf(place)
    }

    /// Every resource of a kind, in all accounts and Regions.
    pub(crate) fn every(
        &self,
        kind: Kind,
    ) -> impl Iterator<Item = (&Place, &String, &Resource)> + '_ {
        self.store.every(kind)
    }

    /// Has something happen at a time.
    pub(crate) fn schedule(&mut self, due: Timestamp, task: Task) {
        self.agenda.enter(due, task);
    }

    /// Adds a fault rule; what it needs is kept from now on.
    pub(crate) fn add_fault(&mut self, rule: FaultRule) {
        self.faults.add(rule);
        if self.faults.has_stale_reads() {
            self.store.keep_past();
        }
    }

    /// What becomes of something that was to end now: `work` is what faults know it by, such as `BackupJob`.
    pub(crate) fn fate(&mut self, place: &Place, id: &str, work: &str) -> Fate {
        let now = self.now;
        self.faults.fate(place, id, work, now)
    }

    /// Tells EventBridge of something that happened.
    pub(crate) fn emit(&mut self, mut event: Event) {
        event.id = self.uuid();
        event.time = self.now;
        self.events.push_back(event);
    }

    /// Calls an operation of a service on behalf of another service. Nothing is checked but the input.
    pub(crate) fn call(
        &mut self,
        origin: &Origin<'_>,
        service: &str,
        operation: &str,
        input: impl Into<Value>,
    ) -> Answer {
        let unknown = || {
            let message = format!("the twin does not implement `{service}:{operation}`");
            Failure::new("NotImplemented", message).with_status(501)
        };
        let definition = SERVED.iter().find(|served| served.model == service);
        let definition = definition.copied().ok_or_else(unknown)?;
        let model = catalog().service(service).map_err(|_| unknown())?;
        let call = Call {
            service: definition,
            model,
            operation: operation.to_owned(),
            caller: Caller::service(origin.account, origin.by),
            region: origin.region.clone(),
            input: input.into(),
            now: self.now,
        };
        self.perform(&call)
    }

    /// Performs a call: checked, done, recorded, and told to whoever listens.
    pub(crate) fn perform(&mut self, call: &Call) -> Answer {
        if self.depth >= DEEPEST {
            let message = "services of the twin call each other in a circle";
            return Err(Failure::new("InternalFailure", message).with_status(500));
        }
        self.depth += 1;
        let answer = self.perform_once(call);
        self.depth -= 1;
        trail::record(self, call, &answer);
        if call.service.model == "s3" {
            s3::logging::note(self, call, &answer);
        }
        if self.depth == 0 {
            self.deliver();
        }
        answer
    }

    fn perform_once(&mut self, call: &Call) -> Answer {
        let action = call.service.action_of(&call.operation).ok_or_else(|| {
            let message =
                format!("the twin does not implement `{}:{}`", call.service.model, call.operation);
            Failure::new("NotImplemented", message).with_status(501)
        })?;
        check::input(call)?;
        if let Some(answer) = self.tokens.known(call)? {
            return Ok(answer);
        }
        let answer = action.perform(call, self)?;
        self.tokens.remember(call, &answer);
        Ok(answer)
    }

    /// Lets happen what is due by `now`.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        while let Some(task) = self.agenda.next_due(now) {
            // A clock that was set back does not make the world younger than its tasks.
            self.set_now(task.due);
            self.depth = 1;
            match task_handler(&task.name) {
                Some(handler) => handler(self, &task),
                None => tracing::error!(name = task.name, "no service knows this task"),
            }
            self.depth = 0;
            self.deliver();
        }
        self.set_now(now);
    }

    fn set_now(&mut self, now: Timestamp) {
        self.now = now;
        self.store.now = now;
    }

    fn deliver(&mut self) {
        // Delivering makes calls, which may have events of their own: those wait their turn.
        self.depth += 1;
        while let Some(event) = self.events.pop_front() {
            bus::deliver(self, &event);
        }
        self.depth -= 1;
    }

    /// Random hexadecimal digits from the seed.
    pub(crate) fn random_hex(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            text.push_str(&hex::encode(self.random.u64(..).to_be_bytes()));
        }
        text.truncate(length);
        text
    }

    /// Random upper-case letters and digits from the seed.
    pub(crate) fn random_letters(&mut self, length: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        (0..length)
            .filter_map(|_| self.random.choice(alphabet.iter()))
            .map(|letter| char::from(*letter))
            .collect()
    }

    /// A random number, both ends included.
    pub(crate) fn random_between(&mut self, low: i64, high: i64) -> i64 {
        self.random.i64(low..=high.max(low))
    }

    /// Whether something with this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.random.f64() < probability
    }

    /// A random UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let digits = self.random_hex(32);
        crate::kind::hyphenate(&digits)
    }

    /// The id of a request.
    pub(crate) fn request_id(&mut self) -> String {
        self.uuid()
    }
}
