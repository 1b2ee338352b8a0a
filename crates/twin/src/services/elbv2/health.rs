//! The health of targets: checked at the group's interval, against what the world says of the instance behind them.
//!
//! ```text
//! registered ─► initial ─► healthy ◄─► unhealthy        after so many checks in a row
//!                  │            └────────┴─► draining ─► gone
//!                  └─► unused: no load balancer asks, or the instance does not run
//! ```

use reeve_model::{Object, Value};

use super::{LOAD_BALANCER, TARGET_GROUP, target_group};
use crate::{
    fleet,
    services::ec2::compute::INSTANCE,
    store::{Place, Resource},
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) const CHECK: &str = "elbv2:health-check";
pub(super) const DRAINED: &str = "elbv2:target-drained";
/// What `inside` of a group says while its checks run.
const CHECKING: &str = "Checking";

/// The targets of a group, each as `Id`, `Port`, `AvailabilityZone`, `State`, `Reason`, `Description`, `Good` and `Bad`.
pub(super) fn targets(group: &Resource) -> Vec<Object> {
    let list = group.inside.list("Targets");
    list.iter().filter_map(|target| target.as_object().cloned()).collect()
}

/// Keeps the targets of a group.
pub(super) fn keep(world: &mut World, place: &Place, id: &str, targets: Vec<Object>) {
    world.set_inside(place, id, "Targets", targets.into_iter().map(Value::from).collect::<Value>());
}

/// Has the targets of a group checked from now on, if they are not already.
pub(super) fn begin(world: &mut World, place: &Place, id: &str) {
    let running = world.get(place, id).is_some_and(|group| group.inside.contains(CHECKING));
    if running {
        return;
    }
    world.set_inside(place, id, CHECKING, true);
    schedule(world, place, id);
}

fn schedule(world: &mut World, place: &Place, id: &str) {
    let interval =
        world.get(place, id).and_then(|group| group.value("HealthCheckIntervalSeconds")?.as_i64());
    let due = later(world.now(), interval.unwrap_or(30).max(5));
    world.schedule(due, Task::new(CHECK, place, id));
}

/// One round of checks.
pub(super) fn check(world: &mut World, task: &Task) {
    let Some(group) = world.get(&task.place, &task.id) else { return };
    let targets = targets(group);
    if targets.is_empty() {
        world.change_inside(&task.place, &task.id, |inside| {
            inside.remove(CHECKING);
        });
        return;
    }
    let round = Round::of(world, &task.place, &task.id);
    let checked: Vec<Object> = targets.iter().map(|target| round.checked(world, target)).collect();
    if checked != targets {
        keep(world, &task.place, &task.id, checked);
    }
    schedule(world, &task.place, &task.id);
}

/// What all checks of a round have in common.
struct Round {
    place: Place,
    used: bool,
    enabled: bool,
    kind: String,
    good: i64,
    bad: i64,
}

/// What a target is found to be.
enum Found {
    Serving,
    Failing(&'static str, &'static str),
    /// It cannot be checked: it is not running.
    Absent(String),
}

impl Round {
    fn of(world: &World, place: &Place, id: &str) -> Self {
        let own = place.arn_of(&TARGET_GROUP, id);
        let group = world.get(place, id);
        let number = |name: &str, usual: i64| {
            group.and_then(|group| group.value(name)?.as_i64()).unwrap_or(usual)
        };
        let enabled =
            group.and_then(|group| group.value("HealthCheckEnabled")?.as_bool()).unwrap_or(true);
        let kind =
            group.and_then(|group| group.fact("TargetType")).unwrap_or("instance").to_owned();
        Self {
            place: place.clone(),
            used: !target_group::users(world, place, &own).is_empty(),
            enabled,
            kind,
            good: number("HealthyThresholdCount", 5),
            bad: number("UnhealthyThresholdCount", 2),
        }
    }

    /// A target after one check.
    fn checked(&self, world: &World, target: &Object) -> Object {
        let count = |member: &str| target.get(member).and_then(Value::as_i64).unwrap_or(0);
        let state = target.text("State");
        if state == "draining" {
            return target.clone();
        }
        if !self.used {
            let why = "Target group is not configured to receive traffic from the load balancer";
            return changed(target, ("unused", "Target.NotInUse", why), (0, 0));
        }
        if !self.enabled {
            let why = "Health checks are not enabled for the target";
            return changed(target, ("unavailable", "Target.HealthCheckDisabled", why), (0, 0));
        }
        let (reason, why) = match self.look(world, target.text("Id")) {
            Found::Absent(why) => {
                return changed(target, ("unused", "Target.InvalidState", &why), (0, 0));
            }
            Found::Serving => {
                let good = count("Good").saturating_add(1).min(self.good);
                // A new target has to pass one check, one that failed as many as the group says.
                let enough = good >= self.good
                    || matches!(state, "initial" | "unused" | "healthy" | "unavailable");
                let (state, reason, why) = if enough {
                    ("healthy", "", "")
                } else {
                    (state, target.text("Reason"), target.text("Description"))
                };
                return changed(target, (state, reason, why), (good, 0));
            }
            Found::Failing(reason, why) => (reason, why),
        };
        let bad = count("Bad").saturating_add(1).min(self.bad);
        match state {
            _ if bad >= self.bad => changed(target, ("unhealthy", reason, why), (0, bad)),
            "healthy" => changed(target, ("healthy", "", ""), (0, bad)),
            _ => {
                let why = "Initial health checks in progress";
                changed(target, ("initial", "Elb.InitialHealthChecking", why), (0, bad))
            }
        }
    }

    /// What a target is now.
    fn look(&self, world: &World, id: &str) -> Found {
        let instances = self.place.beside(&INSTANCE);
        let instance = match self.kind.as_str() {
            "instance" => Some(id.to_owned()),
            "ip" => world
                .shelf(&instances)
                .iter()
                .find(|(_, one)| {
                    one.fact("PrivateIpAddress") == Some(id)
                        && one.fact("State.Name") != Some("terminated")
                })
                .map(|(id, _)| id.clone()),
            "alb" => {
                let balancers = self.place.beside(&LOAD_BALANCER);
                let active = world.store.locate(id).is_some_and(|(_, id)| {
                    world
                        .get(&balancers, &id)
                        .is_some_and(|one| one.fact("State.Code") == Some("active"))
                });
                return if active { Found::Serving } else { TIMED_OUT };
            }
            _ => None,
        };
        // An address behind which the world has no machine belongs to something that works.
        let Some(instance) = instance else { return Found::Serving };
        let state = world
            .get(&instances, &instance)
            .and_then(|one| one.fact("State.Name"))
            .unwrap_or("terminated");
        match state {
            "running" if fleet::is_serving(world, &instances, &instance) => Found::Serving,
            "running" => FAILED,
            "pending" => TIMED_OUT,
            _ if self.kind == "ip" => TIMED_OUT,
            state => Found::Absent(format!("Target is in the {state} state")),
        }
    }
}

const TIMED_OUT: Found = Found::Failing("Target.Timeout", "Request timed out");
const FAILED: Found = Found::Failing("Target.FailedHealthChecks", "Health checks failed");

fn changed(
    target: &Object,
    (state, reason, why): (&str, &str, &str),
    (good, bad): (i64, i64),
) -> Object {
    let mut target = target.clone();
    target.insert("State", state);
    target.insert("Reason", reason);
    target.insert("Description", why);
    target.insert("Good", good);
    target.insert("Bad", bad);
    target
}

/// What a new target is at first.
pub(super) fn first(world: &World, place: &Place, (group, target): (&str, &Object)) -> Object {
    let round = Round::of(world, place, group);
    if !round.used {
        return round.checked(world, target);
    }
    let why = "Target registration is in progress";
    changed(target, ("initial", "Elb.RegistrationInProgress", why), (0, 0))
}

/// What a target is that is on its way out.
pub(super) fn draining(target: &Object) -> Object {
    let why = "Target deregistration is in progress";
    changed(target, ("draining", "Target.DeregistrationInProgress", why), (0, 0))
}

/// A target has drained.
pub(super) fn drained(world: &mut World, task: &Task) {
    let Some(group) = world.get(&task.place, &task.id) else { return };
    let mut targets = targets(group);
    let is_it = |target: &Object| {
        ["Id", "Port"].iter().all(|member| target.get(member) == task.detail.get(member))
            && target.text("State") == "draining"
    };
    targets.retain(|target| !is_it(target));
    keep(world, &task.place, &task.id, targets);
}

/// A target as `DescribeTargetHealth` shows it.
pub(super) fn shown(group: &Resource, target: &Object) -> Value {
    let mut named = Object::from_iter([("Id", Value::from(target.text("Id")))]);
    named.extend(target.pick(["Port", "AvailabilityZone"]));
    let mut health = Object::from_iter([("State", Value::from(target.text("State")))]);
    for member in ["Reason", "Description"] {
        if !target.text(member).is_empty() {
            health.insert(member, target.text(member));
        }
    }
    let mut shown =
        Object::from_iter([("Target", Value::from(named)), ("TargetHealth", Value::from(health))]);
    let port = match group.fact("HealthCheckPort") {
        Some("traffic-port") => {
            target.get("Port").and_then(Value::as_i64).map(|port| port.to_string())
        }
        port => port.map(str::to_owned),
    };
    if let Some(port) = port {
        shown.insert("HealthCheckPort", port);
    }
    shown.into()
}

/// What is said of a target that is not in the group.
pub(super) fn unregistered(id: &str) -> Value {
    value!({
        "Target": {"Id": id},
        "TargetHealth": {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    })
}
