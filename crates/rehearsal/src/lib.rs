#![doc = include_str!("../README.md")]

mod compare;
mod error;
mod load;
mod play;
mod rehearse;
mod tell;
mod views;
mod watch;
mod world;

pub use error::RehearsalError;
pub use load::adopted;
pub use rehearse::rehearse;
pub use views::{
    AnswerView, CallView, ChangeView, DifferenceView, RehearsalView, StepView, WithoutUndoView,
    WorldView,
};
