//! The use cases over a simulated AWS: what happens when everything goes well, and when anything goes wrong.

#[cfg(test)]
mod approval;
#[cfg(test)]
mod assumed_role;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod authority;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod children;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod die;
#[cfg(test)]
mod endurance;
#[cfg(test)]
mod execution_undo;
#[cfg(test)]
mod executions;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod library;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod meanwhile;
#[cfg(test)]
mod public_runbooks;
#[cfg(test)]
mod suspension;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod world;
