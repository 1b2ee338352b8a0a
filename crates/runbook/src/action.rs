//! Actions: what a step can do, each as data and one pure function.
//!
//! An [`Action`] says which inputs it takes and which outputs it gives, for checks and for people, and how it goes on:
//! [`Action::proceed`] looks at the [`Situation`] of a step and tells the next [`Move`]. Between two moves there is an
//! effect of the shell (a call that was answered, a while that passed, somebody's word), so an action never waits itself.

mod approve;
mod assert_property;
mod branch;
mod change_instance_state;
mod copy_image;
mod create_image;
mod create_stack;
mod create_tags;
mod delete_image;
mod delete_stack;
pub(crate) mod execute_automation;
mod execute_aws_api;
mod execute_script;
mod execute_state_machine;
mod invoke_lambda_function;
mod invoke_webhook;
mod pause;
mod property;
mod repeat;
mod run_command;
mod run_instances;
mod situation;
mod sleep;
mod update_variable;
mod wait_for_property;

pub use situation::{Move, Situation, StepError};

use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

/// What a step can do.
#[derive(Debug)]
pub struct Action {
    /// Its name in documents, such as `aws:sleep`.
    pub name: &'static str,
    /// What it takes.
    pub inputs: &'static [InputDefinition],
    /// Whether it takes any other input as well, for the operation that it calls.
    pub takes_any: bool,
    /// What it gives.
    pub outputs: &'static [(&'static str, DataType)],
    /// How long it may take by default, in seconds.
    pub timeout_seconds: Option<u32>,
    /// Whether the execution may be cancelled into a step of this kind.
    pub may_follow_cancel: bool,
    /// The operations that it may call in a step.
    pub calls: for<'a> fn(&'a Step) -> Vec<PossibleCall<'a>>,
    /// What it does next.
    pub proceed: fn(&Situation<'_>) -> Move,
}

/// Something that an action takes.
#[derive(Debug)]
pub struct InputDefinition {
    /// Its name.
    pub name: &'static str,
    /// What it is; `None` for anything.
    pub data_type: Option<DataType>,
    /// Whether it must be there.
    pub is_required: bool,
    /// The only values that it may have, if it may not have any.
    pub allowed: &'static [&'static str],
}

impl InputDefinition {
    /// An input of a type that must be there.
    pub(crate) const fn required(name: &'static str, data_type: DataType) -> Self {
        Self { name, data_type: Some(data_type), is_required: true, allowed: &[] }
    }

    /// An input of a type that may be left out.
    pub(crate) const fn optional(name: &'static str, data_type: DataType) -> Self {
        Self { name, data_type: Some(data_type), is_required: false, allowed: &[] }
    }

    /// An input of any type that may be left out.
    pub(crate) const fn any(name: &'static str) -> Self {
        Self { name, data_type: None, is_required: false, allowed: &[] }
    }

    /// The same, with only certain values.
    pub(crate) const fn one_of(self, allowed: &'static [&'static str]) -> Self {
        Self { allowed, ..self }
    }
}

impl Action {
    /// What actions have in common unless they say otherwise.
    pub(crate) const ORDINARY: Self = Self {
        name: "",
        inputs: &[],
        takes_any: false,
        outputs: &[],
        timeout_seconds: None,
        may_follow_cancel: true,
        calls: |_| Vec::new(),
        proceed: situation::nothing,
    };

    /// An input that it takes, by name.
    pub fn input(&self, name: &str) -> Option<&'static InputDefinition> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// What one of its outputs is.
    pub fn output(&self, name: &str) -> Option<DataType> {
        self.outputs.iter().find(|(known, _)| *known == name).map(|(_, data_type)| *data_type)
    }

    /// The action of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ACTIONS.iter().find(|action| action.name == name).copied()
    }
}

/// Every action.
pub static ACTIONS: [&Action; 23] = [
    &approve::ACTION,
    &assert_property::ACTION,
    &branch::ACTION,
    &change_instance_state::ACTION,
    &copy_image::ACTION,
    &create_image::ACTION,
    &create_stack::ACTION,
    &create_tags::ACTION,
    &delete_image::ACTION,
    &delete_stack::ACTION,
    &execute_automation::ACTION,
    &execute_aws_api::ACTION,
    &execute_script::ACTION,
    &execute_state_machine::ACTION,
    &invoke_lambda_function::ACTION,
    &invoke_webhook::ACTION,
    &repeat::ACTION,
    &pause::ACTION,
    &run_command::ACTION,
    &run_instances::ACTION,
    &sleep::ACTION,
    &update_variable::ACTION,
    &wait_for_property::ACTION,
];
