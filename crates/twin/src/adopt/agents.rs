//! Machines inside real instances: which of them Systems Manager hears of is known from its answers, and not from the seed.

use jiff::SignedDuration;
use reeve_model::Value;

use super::RealAnswer;
use crate::{
    fleet::{self, Agent},
    services::ec2::compute::INSTANCE,
    store::Place,
    world::World,
};

/// Since when an agent that is not heard of any more does not run.
const SILENT: SignedDuration = SignedDuration::from_hours(1);

/// Whether an answer tells of agents.
pub(super) fn tells(answer: &RealAnswer<'_>) -> bool {
    (answer.service, answer.operation) == ("ssm", "DescribeInstanceInformation")
}

/// Gives the instances that were asked for the agents that they have.
pub(super) fn adopt(world: &mut World, answer: &RealAnswer<'_>) {
    let place = Place::of(answer.account, answer.region, &INSTANCE);
    let listed = answer.output.list("InstanceInformationList");
    for id in asked(answer.input) {
        let known = listed.iter().find(|one| one.text("InstanceId") == id);
        let stopped = known.filter(|one| one.text("PingStatus") != "Online");
        let stopped = stopped.and_then(|_| world.now().checked_sub(SILENT).ok());
        let agent = Agent {
            present: known.is_some(),
            version: known.map_or("", |one| one.text("AgentVersion")).to_owned(),
            stopped,
        };
        fleet::change(world, &place, id, |machine| machine.changes.agent = Some(agent));
        if known.is_some() {
            // Whatever lets it report, it does.
            let here = format!("{}/{}", place.account, place.region);
            world.fleet.host_management.insert(here);
        }
    }
}

/// The instances that were asked for by id.
fn asked(input: &Value) -> Vec<&str> {
    let filters = input.list("Filters").iter();
    let named = filters.filter(|filter| filter.text("Key") == "InstanceIds");
    named.flat_map(|filter| filter.list("Values")).filter_map(Value::as_str).collect()
}
