//! `aws:invokeWebhook`: a request to somebody else's server, known by a name.

use super::{Action, InputDefinition, Move, Situation};
use crate::{
    data_type::DataType,
    effect::{Effect, Webhook},
};

pub(super) static ACTION: Action = Action {
    name: "aws:invokeWebhook",
    inputs: &[
        InputDefinition::required("IntegrationName", DataType::String),
        InputDefinition::optional("Body", DataType::String),
    ],
    outputs: &[("Response", DataType::String), ("ResponseCode", DataType::Integer)],
    proceed,
    ..Action::ORDINARY
};

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase == "answered" {
        return match situation.answered() {
            Ok(answer) => Move::Done(answer.clone()),
            Err(error) => Move::Failed(error),
        };
    }
    let effect = Effect::Webhook(Webhook {
        integration: situation.text("IntegrationName").unwrap_or_default(),
        body: situation.text("Body"),
    });
    Move::Perform { effect, then: "answered", notes: situation.notes.clone() }
}
