//! One call over many places, and what came of each as data.
//!
//! ```text
//! targets ──► schedule ──► at most N under way ──► answers, as they come or in the order of the targets
//! ```
//!
//! Nothing is called ahead of what is taken from the stream beyond those N, and dropping the stream abandons them: what is
//! held in memory is N answers, whatever the number of places.
//!
//! A place that is slow (because it throttles, or does not answer at all) must not hold up the others. Answers as they come
//! are therefore not asked for account by account: whoever has the fewest calls under way is asked next, and of an account
//! the Region that has the fewest. A place that blocks keeps one of the N as long as there is anything else to do.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    num::NonZeroUsize,
};

use futures_util::{
    Stream, StreamExt as _,
    future::BoxFuture,
    stream::{self, FuturesOrdered, FuturesUnordered},
};
use reeve_model::Value;
use reeve_types::{AccountId, Region};

use crate::{CallError, Client, Target, pages::Next};

/// How a call goes to many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FanOut {
    /// How many calls are under way at once, over all places.
    pub concurrency: NonZeroUsize,
    /// All pages of each place, an answer a page; without it, the one answer of one call.
    pub pages: bool,
    /// In which order answers come.
    pub order: AnswerOrder,
}

/// In which order the answers of a fan-out come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnswerOrder {
    /// As they come, which is fair to all places.
    #[default]
    Completed,
    /// As the targets were given, each with all its pages before the next one. A place that is slow holds up those behind it.
    Given,
}

/// What one place answered.
#[derive(Debug)]
pub struct Answer<T = Result<Value, CallError>> {
    /// Which target, counted from 0 in the order they were given.
    pub number: usize,
    /// The place.
    pub target: Target,
    /// The answer, or why there is none.
    pub result: T,
    /// Nothing more comes from this target.
    pub is_last: bool,
}

/// Work at one place that may go on after it said something: the next thing it says, and the rest of the work.
type Work<T> = BoxFuture<'static, (T, Option<Rest<T>>)>;

/// Makes the rest of the work.
struct Rest<T>(Box<dyn FnOnce() -> Work<T> + Send>);

impl Default for FanOut {
    fn default() -> Self {
        Self { concurrency: DEFAULT_CONCURRENCY, pages: false, order: AnswerOrder::Completed }
    }
}

const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);

impl<T> Answer<T> {
    /// The same answer, with something else made of its result.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Answer<U> {
        let Self { number, target, result, is_last } = self;
        Answer { number, target, result: make(result), is_last }
    }
}

impl Client {
    /// Calls an operation in many places. Each target is answered, by an output or by the failure there.
    pub fn fan_out(
        &self,
        targets: Vec<Target>,
        (service, operation): (&str, &str),
        input: &Value,
        options: FanOut,
    ) -> impl Stream<Item = Answer> + Send + use<> {
        let (client, input) = (self.clone(), input.clone());
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let begin = move |target: &Target| {
            let next = Next {
                client: client.clone(),
                target: target.clone(),
                service: service.clone(),
                operation: operation.clone(),
                input: input.clone(),
            };
            if options.pages { walk(Ok(next)) } else { Box::pin(once(next)) }
        };
        answers(targets, options, begin)
    }
}

/// Does some work in many places, as [`Client::fan_out`] calls an operation there. `options.pages` means nothing here.
pub fn fan_out<T, F>(
    targets: Vec<Target>,
    options: FanOut,
    work: impl Fn(Target) -> F + Send + 'static,
) -> impl Stream<Item = Answer<T>> + Send
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let begin = move |target: &Target| -> Work<T> {
        let work = work(target.clone());
        Box::pin(async move { (work.await, None) })
    };
    answers(targets, options, begin)
}

async fn once(call: Next) -> (Result<Value, CallError>, Option<Rest<Result<Value, CallError>>>) {
    (call.fetch().await, None)
}

fn walk(next: Result<Next, CallError>) -> Work<Result<Value, CallError>> {
    Box::pin(async move {
        let (page, following) = Next::advance(next).await;
        let rest = following.map(|following| Rest(Box::new(move || walk(following)) as _));
        (page, rest)
    })
}

fn answers<T: Send + 'static>(
    targets: Vec<Target>,
    options: FanOut,
    begin: impl Fn(&Target) -> Work<T> + Send + 'static,
) -> impl Stream<Item = Answer<T>> + Send {
    match options.order {
        AnswerOrder::Completed => as_completed(targets, options.concurrency, begin).left_stream(),
        AnswerOrder::Given => as_given(targets, options.concurrency, begin).right_stream(),
    }
}

/// A target's work, once it has said something.
struct Said<T> {
    place: Place,
    result: T,
    rest: Option<Rest<T>>,
}

/// A target that work goes on at.
struct Place {
    number: usize,
    target: Target,
}

impl Place {
    async fn say<T>(self, work: Work<T>) -> Said<T> {
        let (result, rest) = work.await;
        Said { place: self, result, rest }
    }

    fn answer<T>(self, result: T, is_last: bool) -> Answer<T> {
        Answer { number: self.number, target: self.target, result, is_last }
    }
}

fn as_completed<T: Send + 'static>(
    targets: Vec<Target>,
    concurrency: NonZeroUsize,
    begin: impl Fn(&Target) -> Work<T> + Send + 'static,
) -> impl Stream<Item = Answer<T>> + Send {
    let state = (Schedule::new(targets), FuturesUnordered::new());
    stream::unfold((state, begin), move |((mut schedule, mut under_way), begin)| async move {
        while under_way.len() < concurrency.get()
            && let Some(place) = schedule.start()
        {
            let work = begin(&place.target);
            under_way.push(place.say(work));
        }
        let Said { place, result, rest } = under_way.next().await?;
        let is_last = rest.is_none();
        match rest {
            // Who has begun goes on: its token may not live long.
            Some(Rest(rest)) => {
                let Place { number, target } = &place;
                let place = Place { number: *number, target: target.clone() };
                under_way.push(place.say(rest()));
            }
            None => schedule.finish(&place.target),
        }
        Some((place.answer(result, is_last), ((schedule, under_way), begin)))
    })
}

fn as_given<T: Send + 'static>(
    targets: Vec<Target>,
    concurrency: NonZeroUsize,
    begin: impl Fn(&Target) -> Work<T> + Send + 'static,
) -> impl Stream<Item = Answer<T>> + Send {
    let targets = targets.into_iter().enumerate();
    let state = (targets, FuturesOrdered::new());
    stream::unfold((state, begin), move |((mut targets, mut under_way), begin)| async move {
        // What has been answered and not been taken counts as well: it is held.
        while under_way.len() < concurrency.get()
            && let Some((number, target)) = targets.next()
        {
            let work = begin(&target);
            under_way.push_back(Place { number, target }.say(work));
        }
        let Said { place, result, rest } = under_way.next().await?;
        let is_last = rest.is_none();
        if let Some(Rest(rest)) = rest {
            let Place { number, target } = &place;
            let place = Place { number: *number, target: target.clone() };
            under_way.push_front(place.say(rest()));
        }
        Some((place.answer(result, is_last), ((targets, under_way), begin)))
    })
}

/// Decides which target is next.
struct Schedule {
    // The targets that have not been started, by account.
    lanes: Vec<Lane>,
    lane_of: HashMap<Option<AccountId>, usize>,
    // The lanes that have targets left: fewest under way first, and among equals who waited longest.
    ready: BTreeSet<(usize, u64, usize)>,
    busy_in: HashMap<Region, usize>,
    turn: u64,
}

/// One account.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Place>,
    under_way: usize,
    turn: u64,
}

impl Schedule {
    fn new(targets: Vec<Target>) -> Self {
        let mut schedule = Self {
            lanes: Vec::new(),
            lane_of: HashMap::new(),
            ready: BTreeSet::new(),
            busy_in: HashMap::new(),
            turn: 0,
        };
        for (number, target) in targets.into_iter().enumerate() {
            let next = schedule.lanes.len();
            let at = *schedule.lane_of.entry(target.account.clone()).or_insert(next);
            if at == next {
                schedule.lanes.push(Lane::default());
            }
            if let Some(lane) = schedule.lanes.get_mut(at) {
                lane.waiting.push_back(Place { number, target });
            }
        }
        for at in 0..schedule.lanes.len() {
            schedule.queue(at);
        }
        schedule
    }

    /// The target to be started next; nothing if all have been.
    fn start(&mut self) -> Option<Place> {
        let (_, _, at) = self.ready.pop_first()?;
        let lane = self.lanes.get_mut(at)?;
        let busy = |place: &Place| self.busy_in.get(&place.target.region).copied().unwrap_or(0);
        let (least, _) = lane.waiting.iter().enumerate().min_by_key(|(_, place)| busy(place))?;
        let place = lane.waiting.remove(least)?;
        lane.under_way += 1;
        *self.busy_in.entry(place.target.region.clone()).or_default() += 1;
        self.queue(at);
        Some(place)
    }

    /// Notes that a target has been answered.
    fn finish(&mut self, target: &Target) {
        if let Some(busy) = self.busy_in.get_mut(&target.region) {
            *busy = busy.saturating_sub(1);
        }
        let Some(at) = self.lane_of.get(&target.account).copied() else { return };
        let Some(lane) = self.lanes.get_mut(at) else { return };
        let was_ready = self.ready.remove(&(lane.under_way, lane.turn, at));
        lane.under_way = lane.under_way.saturating_sub(1);
        if was_ready {
            self.ready.insert((lane.under_way, lane.turn, at));
        }
    }

    /// Puts a lane behind the others, if it has anything left.
    fn queue(&mut self, at: usize) {
        self.turn += 1;
        if let Some(lane) = self.lanes.get_mut(at)
            && !lane.waiting.is_empty()
        {
            lane.turn = self.turn;
            self.ready.insert((lane.under_way, lane.turn, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(places: &str) -> Vec<Target> {
        let target = |place: &str| {
            let (account, region) = place.split_once('/').unwrap();
            Target {
                account: Some(account.repeat(12).parse().unwrap()),
                region: region.parse().unwrap(),
                actor: "person:ana".into(),
                reason: None,
                role: None,
            }
        };
        places.split_whitespace().map(target).collect()
    }

    /// The order in which places are started if none of them ever answers, or each at once.
    fn started(places: &str, answers: impl Fn(&Target) -> bool) -> String {
        let mut schedule = Schedule::new(targets(places));
        let mut order = Vec::new();
        while let Some(place) = schedule.start() {
            let account = place.target.account.as_ref().unwrap().as_str();
            let account = account.chars().next().unwrap();
            order.push(format!("{account}/{}", place.target.region));
            if answers(&place.target) {
                schedule.finish(&place.target);
            }
        }
        order.join(" ")
    }

    #[test]
    fn accounts_take_turns_and_their_first_calls_are_spread_over_the_regions() {
        let places = "1/eu-west-1 1/us-east-1 2/eu-west-1 2/us-east-1 3/eu-west-1 3/us-east-1";
        assert_eq!(
            started(places, |_| false),
            "1/eu-west-1 2/us-east-1 3/eu-west-1 1/us-east-1 2/eu-west-1 3/us-east-1"
        );
    }

    #[test]
    fn who_does_not_answer_is_not_asked_more_while_others_wait() {
        let places = "1/eu-west-1 1/eu-west-2 1/eu-west-3 2/eu-west-1 2/eu-west-2 2/eu-west-3";
        assert_eq!(
            started(places, |target| target.account.as_ref().unwrap().as_str() != "111111111111"),
            "1/eu-west-1 2/eu-west-2 2/eu-west-3 2/eu-west-1 1/eu-west-2 1/eu-west-3"
        );
    }

    #[test]
    fn nothing_is_started_where_there_is_nothing() {
        assert_eq!(started("", |_| true), "");
    }
}
