//! One call over many accounts and Regions: each place answers once, and no failure is anybody else's.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{StreamExt as _, pin_mut};
use reeve_aws::{
    AccountAccess, Answer, AnswerOrder, CallError, Client, FanOut, Role, Target, Transport,
    TransportError, fan_out,
};
use reeve_model::Value;
use reeve_time::Clock;

use crate::harness::{self, NOW, config, session, target_in};

const REGIONS: [&str; 2] = ["eu-central-1", "us-east-1"];

/// What an account does, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Temper {
    Answers,
    /// Denies the call.
    Denies,
    /// Lets nobody assume its role.
    KeepsOut,
    /// Throttles now and then.
    Throttles,
    /// Throttles for ever.
    Chokes,
    /// Answers nobody.
    IsSilent,
}

fn temper(account: usize) -> Temper {
    match account % 50 {
        7 => Temper::Denies,
        13 => Temper::KeepsOut,
        21 => Temper::Throttles,
        34 => Temper::Chokes,
        45 => Temper::IsSilent,
        _ => Temper::Answers,
    }
}

/// Accounts that answer by their temper, and how many requests were under way at once.
#[derive(Default)]
struct Accounts {
    under_way: AtomicUsize,
    most: AtomicUsize,
    requests: AtomicUsize,
}

impl Accounts {
    async fn answer(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        self.reply(&request).into_result()
    }

    fn reply(&self, request: &http::Request<Bytes>) -> harness::Answer {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        if body.contains("Action=AssumeRole") {
            let account = digits_after(&body, "iam%3A%3A");
            if temper(account.parse().unwrap()) == Temper::KeepsOut {
                return harness::Answer::query_error(403, "AccessDenied", "not you");
            }
            return session(&format!("AKID{account}"), "2026-03-01T10:00:00Z");
        }
        let signature = request.headers()["authorization"].to_str().unwrap();
        let account = digits_after(signature, "Credential=AKID");
        let is_turn = self.requests.load(Ordering::SeqCst).is_multiple_of(2);
        match temper(account.parse().unwrap()) {
            Temper::Denies => harness::Answer::ec2_error(403, "UnauthorizedOperation", "no"),
            Temper::Throttles if is_turn => {
                harness::Answer::ec2_error(503, "RequestLimitExceeded", "slower")
            }
            Temper::Chokes => harness::Answer::ec2_error(503, "RequestLimitExceeded", "slower"),
            Temper::IsSilent => harness::Answer::Never,
            Temper::Answers | Temper::KeepsOut | Temper::Throttles => {
                harness::instances(&[&account], None)
            }
        }
    }
}

/// The number of an account that stands behind a mark.
fn digits_after(text: &str, mark: &str) -> String {
    let (_, after) = text.split_once(mark).unwrap();
    after.chars().take_while(char::is_ascii_digit).collect()
}

fn account(number: usize) -> String {
    format!("{number:012}")
}

fn client(accounts: usize) -> (Client, Arc<Accounts>) {
    let (mut config, _) = config();
    config.sessions.verify_account = false;
    for number in 0..accounts {
        let id = account(number);
        let roles = vec![Role::new(format!("arn:aws:iam::{id}:role/reeve"))];
        config.accounts.insert(id.parse().unwrap(), AccountAccess { roles, profile: None });
    }
    let world = Arc::new(Accounts::default());
    let served = Arc::clone(&world);
    let transport = Transport::function(move |request| {
        let served = Arc::clone(&served);
        async move { served.answer(request).await }
    });
    let clock = Clock::manual(NOW.parse().unwrap());
    (Client::with_transport(config, clock, transport).unwrap(), world)
}

fn targets(accounts: usize) -> Vec<Target> {
    let places = (0..accounts).flat_map(|account| REGIONS.map(|region| (account, region)));
    let target = |(number, region): (usize, &str)| Target {
        region: region.parse().unwrap(),
        ..target_in(&account(number))
    };
    places.map(target).collect()
}

fn at_most(concurrency: usize) -> FanOut {
    FanOut { concurrency: NonZeroUsize::new(concurrency).unwrap(), ..FanOut::default() }
}

const CALL: (&str, &str) = ("ec2", "DescribeInstances");

#[tokio::test]
async fn two_thousand_places_answer_once_each_and_failures_are_data() {
    let (client, world) = client(1000);
    let answers: Vec<Answer> =
        client.fan_out(targets(1000), CALL, &Value::object(), at_most(24)).collect().await;
    assert_eq!(answers.len(), 2000);
    let places: BTreeSet<(String, String)> = answers
        .iter()
        .map(|answer| {
            (answer.target.account.clone().unwrap().to_string(), answer.target.region.to_string())
        })
        .collect();
    assert_eq!(places.len(), 2000, "each place once");
    assert!(answers.iter().all(|answer| answer.is_last));
    assert!(world.most.load(Ordering::SeqCst) <= 24, "{:?}", world.most);
    let targets = targets(1000);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for answer in &answers {
        let account: usize = answer.target.account.as_ref().unwrap().as_str().parse().unwrap();
        assert_eq!(answer.target, targets[answer.number]);
        let outcome = match &answer.result {
            Ok(output) => {
                let id = output.get("Reservations").unwrap().as_list()[0].get("Instances").unwrap();
                let id = id.as_list()[0].get("InstanceId").unwrap().as_str().unwrap().to_owned();
                assert_eq!(id, answer.target.account.as_ref().unwrap().as_str());
                "answered".to_owned()
            }
            Err(CallError::TimedOut(_)) => "silent".to_owned(),
            Err(error) => match error.missing_permission() {
                Some(permission) => permission.to_owned(),
                None => error.code().unwrap().to_owned(),
            },
        };
        let expected = match temper(account) {
            Temper::Answers | Temper::Throttles => "answered",
            Temper::Denies => "ec2:DescribeInstances",
            Temper::KeepsOut => "sts:AssumeRole",
            Temper::Chokes => "RequestLimitExceeded",
            Temper::IsSilent => "silent",
        };
        assert_eq!(outcome, expected, "account {account}");
        *outcomes.entry(outcome).or_default() += 1;
    }
    let expected = [
        ("RequestLimitExceeded", 40),
        ("answered", 1840),
        ("ec2:DescribeInstances", 40),
        ("silent", 40),
        ("sts:AssumeRole", 40),
    ];
    assert_eq!(outcomes, expected.map(|(outcome, count)| (outcome.to_owned(), count)).into());
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_targets_if_that_is_wanted() {
    let (client, world) = client(60);
    let options = FanOut { order: AnswerOrder::Given, ..at_most(8) };
    let answers: Vec<Answer> =
        client.fan_out(targets(60), CALL, &Value::object(), options).collect().await;
    let numbers: Vec<usize> = answers.iter().map(|answer| answer.number).collect();
    assert_eq!(numbers, (0..120).collect::<Vec<_>>());
    assert!(world.most.load(Ordering::SeqCst) <= 8);
}

#[tokio::test]
async fn nothing_is_called_before_somebody_asks_nor_after_nobody_does() {
    let (client, world) = client(100);
    let answers = client.fan_out(targets(100), CALL, &Value::object(), at_most(4));
    assert_eq!(world.requests.load(Ordering::SeqCst), 0);
    {
        pin_mut!(answers);
        answers.next().await.unwrap();
    }
    let asked = world.requests.load(Ordering::SeqCst);
    assert!((1..=10).contains(&asked), "{asked}");
    tokio::task::yield_now().await;
    assert_eq!(world.requests.load(Ordering::SeqCst), asked);
}

#[tokio::test]
async fn pages_are_an_answer_each_and_a_failure_between_them_keeps_those_before() {
    for order in [AnswerOrder::Completed, AnswerOrder::Given] {
        let bench = harness::bench(|seen, _| match seen.parameter("NextToken") {
            None => harness::instances(&["i-1"], Some("two")),
            Some("two") => harness::instances(&["i-2"], Some("three")),
            Some(_) => harness::Answer::ec2_error(400, "InvalidNextToken", "too old"),
        });
        let target = |region: &str| Target { region: region.parse().unwrap(), ..harness::target() };
        let options = FanOut { pages: true, order, ..at_most(2) };
        let targets = REGIONS.map(target).to_vec();
        let answers: Vec<Answer> =
            bench.client.fan_out(targets, CALL, &Value::object(), options).collect().await;
        for number in [0, 1] {
            let of_target: Vec<(bool, bool)> = answers
                .iter()
                .filter(|answer| answer.number == number)
                .map(|answer| (answer.result.is_ok(), answer.is_last))
                .collect();
            assert_eq!(of_target, [(true, false), (true, false), (false, true)]);
        }
        if order == AnswerOrder::Given {
            assert!(answers.is_sorted_by_key(|answer| answer.number));
        }
    }
}

#[tokio::test]
async fn any_work_can_be_spread_over_places() {
    let work = |target: Target| async move { target.region.to_string() };
    let answers: Vec<Answer<String>> = fan_out(targets(2), at_most(3), work).collect().await;
    let mut regions: Vec<(usize, String)> =
        answers.into_iter().map(|answer| (answer.number, answer.result)).collect();
    regions.sort();
    let expected = [(0, REGIONS[0]), (1, REGIONS[1]), (2, REGIONS[0]), (3, REGIONS[1])];
    assert_eq!(regions, expected.map(|(number, region)| (number, region.to_owned())));
}
