//! A simulated AWS: the handle that programs hold.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use reeve_time::Clock;
use reeve_types::{Arn, Region, Tags};

use crate::{
    call_log::ServedCall,
    clock::WorldClock,
    control,
    directory::{Account, Role, UserKey},
    fault::FaultRule,
    world::World,
};

/// A simulated AWS. Cheap to clone; clones share one world.
#[derive(Debug, Clone)]
pub struct Twin {
    clock: WorldClock,
    verify_signatures: bool,
    open: bool,
    world: Arc<Mutex<World>>,
}

/// Marks a response that must not be sent: the connection is to be cut instead.
///
/// [`Twin::serve`] cuts it. Callers of [`Twin::handle`] see it with [`is_disconnected`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disconnected;

/// How long a response is to be held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldBack(pub(crate) std::time::Duration);

/// Whether this response stands for a connection that was cut before an answer came.
pub fn is_disconnected(response: &Response<Bytes>) -> bool {
    response.extensions().get::<Disconnected>().is_some()
}

/// How long this response is to be held back, by a latency fault.
pub fn latency(response: &Response<Bytes>) -> std::time::Duration {
    response.extensions().get::<HeldBack>().map_or_else(Default::default, |held| held.0)
}

impl Twin {
    /// An AWS without accounts. Whatever is random in it comes from `seed`.
    pub fn new(clock: Clock, seed: u64) -> Self {
        let world = Arc::new(Mutex::new(World::new(seed)));
        Self { clock: WorldClock::following(clock), verify_signatures: true, open: false, world }
    }

    /// The same world, answering requests whose signature is wrong too.
    #[must_use]
    pub fn without_signature_checks(mut self) -> Self {
        self.verify_signatures = false;
        self
    }

    /// The same world, whose own API answers other machines too: whoever can reach it can change anything.
    #[must_use]
    pub fn open_to_others(mut self) -> Self {
        self.open = true;
        self
    }

    /// Whether a request whose signature is wrong is refused.
    pub(crate) fn verifies_signatures(&self) -> bool {
        self.verify_signatures
    }

    /// Whether its own API answers other machines.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Answers one request.
    #[expect(clippy::needless_pass_by_value, reason = "a request is answered once")]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        if control::is_for(request.uri().path()) {
            return control::answer(self, &request);
        }
        let is_head = request.method() == http::Method::HEAD;
        let mut response = self.answer(&request);
        if is_head {
            *response.body_mut() = Bytes::new();
        }
        response
    }

    /// The fault rules.
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// The calls served, oldest first; at most the last hundred thousand.
    pub fn calls(&self) -> Vec<ServedCall> {
        self.lock().calls.iter().cloned().collect()
    }

    /// From now on keeps the whole input of calls, and their answers.
    pub fn keep_whole_calls(&self) {
        self.lock().calls.keeps_whole = true;
    }

    /// The calls served after one, by its number, oldest first.
    pub fn calls_after(&self, number: u64) -> Vec<ServedCall> {
        let world = self.lock();
        let later = world.calls.iter().rev().take_while(|call| call.number > number);
        let mut later: Vec<ServedCall> = later.cloned().collect();
        later.reverse();
        later
    }

    /// How many calls were served ever, which is the number of the last one.
    pub fn calls_served(&self) -> u64 {
        self.lock().calls.served()
    }

    /// Forgets the calls served so far.
    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    /// The tags of a resource, if it exists.
    pub fn tags(&self, arn: &Arn) -> Option<Tags> {
        let state = self.lock();
        let (place, id) = state.store.locate(arn.as_str())?;
        state.store.get(&place, &id).map(|resource| Tags::clone(&resource.tags))
    }

    /// Replaces a resource's tags, as somebody with a console would: no call is served. Whether the resource exists.
    pub fn set_tags(&self, arn: &Arn, tags: Tags) -> bool {
        let mut state = self.lock();
        let Some((place, id)) = state.store.locate(arn.as_str()) else { return false };
        state.store.get_mut(&place, &id).map(|resource| resource.set_tags(tags)).is_some()
    }

    /// Takes a resource away, as somebody with a console would. Whether it existed.
    pub fn remove(&self, arn: &Arn) -> bool {
        let mut state = self.lock();
        let Some((place, id)) = state.store.locate(arn.as_str()) else { return false };
        state.store.remove(&place, &id).is_some()
    }

    /// Every resource's ARN and tags, in order.
    pub fn resources(&self) -> Vec<(String, Tags)> {
        let state = self.lock();
        state
            .store
            .iter()
            .map(|(place, id, resource)| {
                let arn = place.kind.arn(&place.account, &place.region, id);
                (arn, Tags::clone(&resource.tags))
            })
            .collect()
    }

    /// Adds an account; the first one added is the organization's management account.
    pub fn add_account(&self, account: Account) {
        let directory = &mut self.lock().directory;
        directory.management.get_or_insert_with(|| account.id.clone());
        directory.accounts.insert(account.id.clone(), account);
    }

    /// Adds a user's access key.
    pub fn add_user_key(&self, key: UserKey) {
        self.lock().directory.add_user_key(key);
    }

    /// The access key of the first user there is, and its secret: the way into a world that was restored.
    pub fn first_user_key(&self) -> Option<(String, String)> {
        self.lock().directory.first_user_key()
    }

    /// Adds a role.
    pub fn add_role(&self, role: Role) {
        self.lock().directory.add_role(role);
    }

    /// Adds a Region to those that `DescribeRegions` names. All other Regions answer too.
    pub fn add_region(&self, region: Region) {
        self.lock().regions.insert(region);
    }

    /// The clock that the twin's own follows.
    pub fn clock(&self) -> &Clock {
        self.clock.source()
    }

    /// The time in the world.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the time in the world and lets happen what was due until then.
    pub fn set_time(&self, time: Timestamp) {
        self.clock.set(time);
        self.lock().advance(time);
    }

    /// Sets how many seconds pass in the world for each of its clock's; zero has it stand still.
    pub fn set_rate(&self, rate: f64) {
        self.clock.set_rate(rate);
    }

    /// How many seconds pass in the world for each of its clock's.
    pub fn rate(&self) -> f64 {
        self.clock.rate()
    }

    /// Lets happen what is due by now. Calls do so too; this is for a world that nobody calls.
    pub fn advance(&self) {
        let now = self.now();
        self.lock().advance(now);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock()
    }
}

/// The fault rules of a twin.
#[derive(Debug, Clone, Copy)]
pub struct Faults<'t>(&'t Twin);

impl Faults<'_> {
    /// Adds a rule. The first rule that matches a call decides its fate; latencies add up.
    pub fn add(&self, rule: FaultRule) {
        self.0.lock().add_fault(rule);
    }

    /// Removes every rule.
    pub fn clear(&self) {
        self.0.lock().faults.clear();
    }

    /// The rules, each with how many calls it has matched.
    pub fn list(&self) -> Vec<(FaultRule, u64)> {
        self.0.lock().faults.rules().to_vec()
    }
}
