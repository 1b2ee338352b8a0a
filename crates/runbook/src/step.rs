//! Steps: what a runbook does, one after the other.

use reeve_document::Position;

use crate::{
    action::Action, choice::Branch, data_type::DataType, input::Input, selector::Selector,
};

/// One step of a runbook.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name, by which others refer to it.
    pub name: String,
    /// Where it begins.
    pub position: Position,
    /// The way to it from the root of the document, such as `mainSteps[2]`.
    pub path: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it does.
    pub action: &'static Action,
    /// With what, in the order written.
    pub inputs: Vec<(String, Input)>,
    /// What it decides or repeats, for the actions that do.
    pub control: Control,
    /// What is taken out of its answer.
    pub outputs: Vec<Output>,
    /// What comes after it has failed for good.
    pub on_failure: OnFailure,
    /// What comes when the execution is cancelled while it runs.
    pub on_cancel: OnCancel,
    /// How often it is tried, at least once.
    pub max_attempts: Option<Input>,
    /// How long it may take, in seconds, before it has failed.
    pub timeout_seconds: Option<Input>,
    /// Whether its failure is the failure of the whole, also if `on_failure` goes on.
    pub is_critical: bool,
    /// Whether the execution ends after it.
    pub is_end: bool,
    /// The step that comes after it has succeeded; without one, the next in order.
    pub next: Option<Goal>,
}

/// A step that is named as the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Its name.
    pub step: String,
    /// Where it is written.
    pub position: Position,
}

/// What a step decides or repeats.
#[derive(Debug, Clone)]
pub enum Control {
    /// Nothing: it does something.
    None,
    /// `aws:branch`: which step is next.
    Branch(Branch),
    /// `aws:loop`: its own steps, again and again.
    Loop(Loop),
}

/// The steps that are repeated, and how long.
#[derive(Debug, Clone)]
pub struct Loop {
    /// The steps.
    pub steps: Vec<Step>,
    /// How long.
    pub rule: LoopRule,
}

/// How long steps are repeated.
#[derive(Debug, Clone)]
pub enum LoopRule {
    /// Once for each element of a list.
    ForEach {
        /// The list.
        items: Input,
        /// The type of its elements.
        data_type: Option<DataType>,
    },
    /// Again while a condition holds, once at least.
    While {
        /// The condition.
        condition: crate::choice::Condition,
        /// The most rounds.
        max_iterations: Option<Input>,
    },
}

/// Something that is taken out of a step's answer.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub position: Position,
    /// Where it is in the answer.
    pub selector: Selector,
    /// What it is.
    pub data_type: DataType,
}

/// What comes after a step has failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// The execution ends.
    #[default]
    Abort,
    /// The step that would come next.
    Continue,
    /// This step.
    Step(Goal),
}

/// What comes when the execution is cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OnCancel {
    /// The execution ends.
    #[default]
    Abort,
    /// This step.
    Step(Goal),
}

impl Step {
    /// An input by name.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|(known, _)| known == name).map(|(_, input)| input)
    }

    /// The steps that it repeats.
    pub fn inner(&self) -> &[Step] {
        match &self.control {
            Control::Loop(repeated) => &repeated.steps,
            Control::None | Control::Branch(_) => &[],
        }
    }
}
