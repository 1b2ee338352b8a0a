//! How fast and how wide places are called, and that whoever gives up leaves nothing behind. Time is virtual.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{
    FutureExt, StreamExt,
    future::{Future, join_all, poll_immediate},
    stream,
};
use reeve_aws::{
    AccountAccess, CallOptions, Client, ClientConfig, Pauses, PlaceStatus, Role, Target, Transport,
};
use reeve_model::Value;
use reeve_time::Clock;
use tokio::time::Instant;

use crate::harness::{
    Answer, NOW, Seen, bench_with, config, identity, instances, pass, session, target, target_in,
};

/// A service that throttles: each account has a bucket of tokens, if it has a limit.
struct Service {
    start: Instant,
    // Calls a second, and how many at once.
    limit: fn(&str) -> Option<(f64, f64)>,
    buckets: Mutex<HashMap<String, (f64, f64)>>,
}

impl Service {
    fn admits(&self, account: &str) -> bool {
        let Some((rate, burst)) = (self.limit)(account) else { return true };
        let now = self.start.elapsed().as_secs_f64();
        let mut buckets = self.buckets.lock().unwrap();
        let (tokens, filled_at) = buckets.entry(account.to_owned()).or_insert((burst, now));
        *tokens = (*tokens + (now - *filled_at) * rate).min(burst);
        *filled_at = now;
        let admitted = *tokens >= 1.0;
        *tokens -= if admitted { 1.0 } else { 0.0 };
        admitted
    }
}

fn account(number: usize) -> String {
    format!("{number:012}")
}

/// A client of so many accounts, whose calls take 50 ms.
fn client(accounts: usize, limit: fn(&str) -> Option<(f64, f64)>) -> Client {
    let (mut config, _) = config();
    config.retry.pauses = Pauses::Real;
    // Each account by a key of its own, so that the service knows who calls.
    for number in 0..accounts {
        let role = Role::new(format!("arn:aws:iam::{}:role/reeve", account(number)));
        let access = AccountAccess { roles: vec![role], profile: None };
        config.accounts.insert(account(number).parse().unwrap(), access);
    }
    let service = Service { start: Instant::now(), limit, buckets: Mutex::default() };
    let transport = Transport::function(move |request| {
        let seen = Seen::of(&request);
        let answer = if seen.operation() == "AssumeRole" {
            let arn = seen.parameter("RoleArn").unwrap();
            let account = arn.split("%3A").nth(4).unwrap();
            session(&format!("AKID{account}"), "2026-03-01T10:00:00Z")
        } else {
            let account = seen.authorization().split("AKID").nth(1).unwrap();
            let account = account.split('/').next().unwrap().to_owned();
            if service.admits(&account) {
                identity(&account)
            } else {
                Answer::query_error(400, "Throttling", "Rate exceeded")
            }
        };
        async move {
            pass(Duration::from_millis(50)).await;
            answer.into_result()
        }
    });
    Client::with_transport(config, Clock::manual(NOW.parse().unwrap()), transport).unwrap()
}

async fn call(client: &Client, number: usize) -> bool {
    let target = target_in(&account(number));
    client.call(&target, "sts", "GetCallerIdentity", Value::object()).await.is_ok()
}

fn place(client: &Client, number: usize) -> PlaceStatus {
    let places = client.places();
    let is_it = |place: &&PlaceStatus| {
        place.account.as_ref().is_some_and(|it| it.as_str() == account(number))
            && place.region.as_str() == "eu-central-1"
    };
    places.iter().find(is_it).unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_places_take_as_long_as_the_slowest_and_hold_up_no_other() {
    // Every hundredth account allows 4 calls a second after 10 at once, and is asked 60 times.
    let client = client(1_000, |account| account.ends_with("00").then_some((4.0, 10.0)));
    let start = Instant::now();
    let accounts = (0..1_000).map(|number| {
        let client = &client;
        async move {
            let calls = if number % 100 == 0 { 60 } else { 1 };
            let done = join_all((0..calls).map(|_| call(client, number))).await;
            assert!(done.iter().all(|is_ok| *is_ok), "{number}");
            (number, start.elapsed())
        }
    });
    let ends: Vec<_> = stream::iter(accounts).buffer_unordered(1_000).collect().await;
    for (number, end) in ends {
        if number % 100 == 0 {
            // It allows no less than 12.5 s.
            assert!(end < Duration::from_secs(25), "{number}: {end:?}");
            let place = place(&client, number);
            // Of the first 32, which are sent at once, it takes 10.
            assert!(place.throttled < 22 + 15, "{place:?}");
            assert!(place.calls_per_second.is_some());
        } else {
            // One account assumes all the roles, 32 at once.
            assert!(end < Duration::from_millis(1_700), "{number}: {end:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn turns_are_given_in_the_order_of_arrival() {
    let client = client(1, |_| Some((4.0, 1.0)));
    join_all((0..3).map(|_| call(&client, 0))).await;
    let order = Mutex::new(Vec::new());
    let calls = (0..20).map(|number| {
        let (client, order) = (&client, &order);
        async move {
            assert!(call(client, 0).await);
            order.lock().unwrap().push(number);
        }
    });
    join_all(calls).await;
    let order = order.into_inner().unwrap();
    let is_sorted = order.windows(2).filter(|two| two[0] < two[1]).count();
    // A call that is throttled once more is not in its place.
    assert!(is_sorted >= 16, "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_the_line_gives_the_turn_to_the_next() {
    let client = client(1, |_| Some((2.0, 1.0)));
    join_all((0..4).map(|_| call(&client, 0))).await;
    let mut leaving: Vec<_> = (0..30).map(|_| Box::pin(call(&client, 0))).collect();
    for waiting in &mut leaving {
        assert!(poll_immediate(waiting).await.is_none());
    }
    assert!(place(&client, 0).waiting >= 29, "{:?}", place(&client, 0));
    drop(leaving);
    assert_eq!((place(&client, 0).waiting, place(&client, 0).under_way), (0, 0));
    let start = Instant::now();
    assert!(call(&client, 0).await);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

/// A client that counts the requests under way, and takes several steps for each.
fn counted(
    change: impl FnOnce(&mut ClientConfig),
    answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
) -> (Client, Arc<UnderWay>) {
    let (mut config, _) = config();
    config.retry.pauses = Pauses::Real;
    change(&mut config);
    let under_way = Arc::new(UnderWay::default());
    let counted = Arc::clone(&under_way);
    let transport = Transport::function(move |request| {
        let entered = Entered::new(Arc::clone(&counted));
        let answer = answer(&Seen::of(&request), counted.all.fetch_add(1, Ordering::Relaxed));
        async move {
            let _entered = entered;
            for _ in 0..3 {
                pass(Duration::from_millis(100)).await;
            }
            answer.into_result()
        }
    });
    let clock = Clock::manual(NOW.parse().unwrap());
    (Client::with_transport(config, clock, transport).unwrap(), under_way)
}

#[derive(Default)]
struct UnderWay {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

struct Entered(Arc<UnderWay>);

impl Entered {
    fn new(under_way: Arc<UnderWay>) -> Self {
        let now = under_way.now.fetch_add(1, Ordering::Relaxed) + 1;
        under_way.most.fetch_max(now, Ordering::Relaxed);
        Self(under_way)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_requests_are_under_way_in_one_place_and_no_more() {
    let four = NonZeroUsize::new(4).unwrap();
    let (client, under_way) =
        counted(|config| config.rate.under_way = four, |_, _| instances(&[], None));
    let elsewhere = Target { region: "eu-west-1".parse().unwrap(), ..target() };
    let start = Instant::now();
    let calls = [target(), elsewhere].into_iter().flat_map(|target| vec![target; 20]);
    let calls = calls.map(|target| {
        let client = client.clone();
        async move { client.call(&target, "ec2", "DescribeInstances", Value::object()).await }
    });
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(under_way.most.load(Ordering::Relaxed), 8, "four in each of two places");
    assert_eq!(start.elapsed(), Duration::from_millis(5 * 300));
}

/// Polls a future so many times, letting time pass in between, and drops it; says whether it was done before.
async fn abandon(future: impl Future, polls: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        if future.as_mut().now_or_never().is_some() {
            return true;
        }
        pass(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_anywhere_leaves_nothing_behind() {
    let one = NonZeroUsize::MIN;
    let role = Role::new("arn:aws:iam::444455556666:role/reeve");
    for polls in 0..200 {
        let role = role.clone();
        let (client, under_way) = counted(
            |config| {
                config.rate.under_way = one;
                let access = AccountAccess { roles: vec![role], profile: None };
                config.accounts.insert("444455556666".parse().unwrap(), access);
            },
            |seen, number| match (seen.operation().as_str(), number) {
                ("AssumeRole", _) => session("AKIDROLE", "2026-03-01T10:00:00Z"),
                (_, ..3) => Answer::ec2_error(400, "RequestLimitExceeded", "slow down"),
                _ => instances(&[], None),
            },
        );
        let target = target_in("444455556666");
        let options = CallOptions {
            deadline: None,
            hedge_after: Some(Duration::from_millis(120)),
            once: false,
        };
        let names = ("ec2", "DescribeInstances");
        let is_done =
            abandon(client.call_with(&target, names, Value::object(), options), polls).await;
        assert_eq!(under_way.now.load(Ordering::Relaxed), 0, "after {polls} polls");
        for place in client.places() {
            assert_eq!((place.under_way, place.waiting), (0, 0), "after {polls} polls: {place:?}");
        }
        let next = client.call_with(&target, names, Value::object(), CallOptions::default());
        let next = tokio::time::timeout(Duration::from_mins(1), next).await;
        assert!(next.is_ok_and(|call| call.is_ok()), "after {polls} polls");
        if is_done {
            assert!(polls > 20, "{polls}");
            return;
        }
    }
    panic!("the call never ends");
}

#[tokio::test(start_paused = true)]
async fn a_long_line_makes_nobody_fail() {
    // Twice as long as all attempts of a call may take.
    let client = client(1, |_| Some((1.0, 5.0)));
    let start = Instant::now();
    let calls = join_all((0..300).map(|_| call(&client, 0))).await;
    assert!(calls.iter().all(|is_ok| *is_ok));
    assert!(start.elapsed() > Duration::from_secs(290), "{:?}", start.elapsed());
    let place = place(&client, 0);
    assert!(place.throttled < 80, "{place:?}");
}

#[tokio::test]
async fn a_throttle_is_one_whatever_else_the_model_says_of_it() {
    // Its model says no more than that it may be tried again.
    let bench = bench_with(
        |config| config.retry.max_attempts = 1,
        |_, _| Answer::status(429, r#"{"__type":"ThrottlingException"}"#),
    );
    let error = bench.call("datazone", "ListDomains", Value::object()).await.unwrap_err();
    assert_eq!(error.code(), Some("ThrottlingException"));
    let [place] = &bench.client.places()[..] else { panic!("{:?}", bench.client.places()) };
    assert_eq!((place.answered, place.throttled), (1, 1));
}
