//! The states of an instance and what may be asked of it in each.
//!
//! ```text
//! RunInstances ─► pending ─► running ─► stopping ─► stopped ─► pending …
//!                               └──► shutting-down ─► terminated ◄── (stopped)
//! ```

/// A state, with the code that EC2 gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstanceState {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

/// What a caller asks of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Start,
    Stop,
    Reboot,
    Terminate,
}

/// What becomes of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The instance goes into this state.
    Enters(InstanceState),
    /// It is already there: the call succeeds and changes nothing.
    Already,
    /// The call is refused.
    Refused,
}

impl InstanceState {
    /// The name as descriptions show it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// The low byte of the code.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    /// The state of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Running,
            Self::ShuttingDown,
            Self::Terminated,
            Self::Stopping,
            Self::Stopped,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }

    /// Whether it is gone or going.
    pub(crate) fn is_ended(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }

    /// What a command does in this state. A forced stop is allowed while the instance is stopping.
    pub(crate) fn on(self, command: Command) -> Outcome {
        match (command, self) {
            (Command::Start, Self::Stopped) => Outcome::Enters(Self::Pending),
            (Command::Stop, Self::Running) => Outcome::Enters(Self::Stopping),
            (Command::Start | Command::Reboot, Self::Pending | Self::Running)
            | (Command::Stop, Self::Stopping | Self::Stopped)
            | (Command::Terminate, Self::ShuttingDown | Self::Terminated) => Outcome::Already,
            (Command::Terminate, _) => Outcome::Enters(Self::ShuttingDown),
            (Command::Start | Command::Stop | Command::Reboot, _) => Outcome::Refused,
        }
    }
}

/// The code and message of a refused command.
pub(crate) fn refusal(command: Command, state: InstanceState, id: &str) -> (&'static str, String) {
    let how =
        |done: &str| format!("This instance '{id}' is not in a state from which it can be {done}.");
    match (command, state) {
        (Command::Stop, InstanceState::Pending) => (
            "IncorrectInstanceState",
            format!(
                "Instance '{id}' cannot be stopped as it has never reached the 'running' state."
            ),
        ),
        (Command::Start, _) => (
            "IncorrectInstanceState",
            format!("The instance '{id}' is not in a state from which it can be started."),
        ),
        (Command::Stop, _) => ("IncorrectInstanceState", how("stopped")),
        (Command::Reboot, _) => ("IncorrectState", how("rebooted")),
        (Command::Terminate, _) => ("IncorrectInstanceState", how("terminated")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_do_in_each_state_what_ec2_does() {
        use Command::{Reboot, Start, Stop, Terminate};
        use InstanceState::{Pending, Running, ShuttingDown, Stopped, Stopping, Terminated};
        for (state, command, expected) in [
            (Stopped, Start, Outcome::Enters(Pending)),
            (Running, Start, Outcome::Already),
            (Stopping, Start, Outcome::Refused),
            (Terminated, Start, Outcome::Refused),
            (Running, Stop, Outcome::Enters(Stopping)),
            (Pending, Stop, Outcome::Refused),
            (Stopped, Stop, Outcome::Already),
            (Stopped, Reboot, Outcome::Refused),
            (Stopped, Terminate, Outcome::Enters(ShuttingDown)),
            (Terminated, Terminate, Outcome::Already),
        ] {
            assert_eq!(state.on(command), expected, "{command:?} while {state:?}");
            assert_eq!(InstanceState::named(state.name()), Some(state));
        }
    }
}
