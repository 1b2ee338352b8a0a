//! The process is killed amid an apply and amid an undo, and the same command is given again.
//!
//! The simulated AWS is reached through a gate that kills the process at its n-th change: before the change reaches AWS,
//! or after it was made and before the answer is sent. From then on the gate is deaf, as a dead process's requests are.

use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt as _,
    process::Command,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http,
    response::Response,
};
use reeve_twin::{Effect, FaultRule, Twin};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::harness::World;

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    BeforeChange(usize),
    AfterChange(usize),
}

use Death::{AfterChange, BeforeChange};

#[test]
fn an_apply_that_is_killed_is_finished_by_the_next() {
    let expected = Outcome::of(&estate(), "apply latest");
    assert!(expected.changes.len() > 24, "{} changes", expected.changes.len());
    for death in [BeforeChange(1), AfterChange(1), BeforeChange(9), AfterChange(24)] {
        let world = estate();
        kill(&world, "apply latest", death);
        assert_eq!(Outcome::of(&world, "apply latest"), expected, "{death:?}");
    }
}

#[test]
fn an_apply_on_postgres_that_is_killed_is_finished_by_the_next() {
    let Some(untouched) = World::on_postgres() else { return };
    let expected = Outcome::of(&estate_in(untouched), "apply latest");
    assert_eq!(Outcome::of(&estate(), "apply latest"), expected, "on both databases");
    for death in [BeforeChange(1), AfterChange(9)] {
        let world = estate_in(World::on_postgres().unwrap());
        kill(&world, "apply latest", death);
        assert_eq!(Outcome::of(&world, "apply latest"), expected, "{death:?}");
    }
}

#[test]
fn an_undo_that_is_killed_is_finished_by_the_next() {
    let applied = || {
        let world = estate();
        assert_eq!(world.run("apply latest").status, Some(0));
        world.twin.forget_calls();
        world
    };
    let expected = Outcome::of(&applied(), "undo latest");
    for death in [AfterChange(3), BeforeChange(17)] {
        let world = applied();
        kill(&world, "undo latest", death);
        assert_eq!(Outcome::of(&world, "undo latest"), expected, "{death:?}");
    }
}

#[test]
fn an_apply_that_is_killed_again_and_again_is_finished_in_the_end() {
    let expected = Outcome::of(&estate(), "apply latest");
    let world = estate();
    for change in 2..6 {
        kill(&world, "apply latest", AfterChange(change));
    }
    assert_eq!(Outcome::of(&world, "apply latest"), expected);
}

/// What came of it all.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    tags: Vec<(String, BTreeMap<String, String>)>,
    changes: Vec<String>,
    ended: Vec<String>,
}

impl Outcome {
    /// Gives the command, this time to its end, and looks.
    fn of(world: &World, words: &str) -> Self {
        assert_eq!(world.run(words).status, Some(0));
        assert_eq!(world.run("ledger verify").status, Some(0));
        let plan = world.json("plan show latest --limit 1000");
        let end = |action: &serde_json::Value| {
            let step = |direction: &str| action[direction]["step"].as_str().unwrap().to_owned();
            format!("{} {} {}", action["arn"], step("apply"), step("undo"))
        };
        let calls = world.twin.calls();
        let performed = calls.iter().filter(|call| call.is_change() && call.outcome.performed());
        let mut changes: Vec<String> = performed
            .map(|call| {
                format!("{} {}:{} {}", call.account, call.service, call.operation, call.input)
            })
            .collect();
        changes.sort();
        Self {
            tags: world.twin.resources(),
            changes,
            ended: plan["items"].as_array().unwrap().iter().map(end).collect(),
        }
    }
}

/// The demonstration's estate with a plan for three of its types, approved.
fn estate() -> World {
    estate_in(World::new())
}

fn estate_in(world: World) -> World {
    let staging = "  - { id: \"777788889999\", name: staging }\n";
    let more_types = "[AWS::DynamoDB::Table, AWS::EC2::Instance, AWS::S3::Bucket]";
    let estate = world.estate(staging).replace("[AWS::DynamoDB::Table]", more_types);
    world.write("estate.yaml", &estate);
    world.write("profiles/tags.json", include_str!("../../demo/tags.json"));
    for words in ["plan", "approve latest --yes"] {
        let shown = world.run(words);
        assert_eq!(shown.status, Some(0), "{words}: {shown}");
    }
    world.twin.forget_calls();
    world
}

/// Gives a command to a process that dies.
fn kill(world: &World, words: &str, death: Death) {
    let gate = Gate::new(world.twin.clone(), death);
    let mut command = world.command(&format!("{words} --endpoint-url http://{}", gate.address));
    let mut process = {
        // Nothing passes the gate before it knows whom to kill.
        let mut state = gate.guard.lock().unwrap();
        let process = command.spawn().unwrap();
        state.process = Some(process.id());
        process
    };
    let status = process.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{words} was to die: {status}");
}

struct Gate {
    address: String,
    guard: Arc<Mutex<Guard>>,
    _runtime: Runtime,
}

/// Who stands at the gate.
struct Guard {
    twin: Twin,
    death: Death,
    changes: usize,
    process: Option<u32>,
}

impl Gate {
    fn new(twin: Twin, death: Death) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let guard = Arc::new(Mutex::new(Guard { twin, death, changes: 0, process: None }));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(pass).with_state(Arc::clone(&guard));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, guard, _runtime: runtime }
    }
}

async fn pass(State(guard): State<Arc<Mutex<Guard>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return Response::default() };
    let answer = guard.lock().unwrap().answer(&http::Request::from_parts(parts, body));
    answer.map_or_else(Response::default, |response| response.map(Body::from))
}

impl Guard {
    /// Lets a request pass, unless the process that made it is dead or dies of it.
    fn answer(&mut self, request: &http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        self.process?;
        if !self.is_change(request) {
            return Some(self.twin.handle(request.clone()));
        }
        self.changes += 1;
        match self.death {
            BeforeChange(change) if change == self.changes => self.kill(),
            AfterChange(change) if change == self.changes => {
                self.twin.handle(request.clone());
                self.kill()
            }
            _ => Some(self.twin.handle(request.clone())),
        }
    }

    /// Whether a request would change something: it is shown to the twin, which loses it.
    fn is_change(&self, request: &http::Request<Bytes>) -> bool {
        self.twin.faults().add(FaultRule::every_call(Effect::DropBefore));
        self.twin.handle(request.clone());
        self.twin.faults().clear();
        self.twin.calls().last().is_some_and(reeve_twin::ServedCall::is_change)
    }

    fn kill(&mut self) -> Option<http::Response<Bytes>> {
        let process = self.process.take()?.to_string();
        assert!(Command::new("kill").args(["-KILL", &process]).status().unwrap().success());
        None
    }
}
