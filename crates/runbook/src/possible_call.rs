//! The calls that a step may make, as far as the document tells without running it.

use reeve_model::catalog;

use crate::{effects::effects, input::Input, operation::operation_name, step::Step};

/// An operation that a step may call, and what is known of its input.
#[derive(Debug, Clone)]
pub struct PossibleCall<'a> {
    /// The service, as the models call it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The members of its input that the document gives, with their references.
    pub input: Vec<(&'a str, &'a Input)>,
}

impl<'a> PossibleCall<'a> {
    /// A call whose members have the names of the step's inputs.
    pub(crate) fn new(step: &'a Step, service: &str, operation: &str) -> Self {
        let input = step.inputs.iter().map(|(name, input)| (name.as_str(), input)).collect();
        Self { service: service.to_owned(), operation: operation.to_owned(), input }
    }

    /// The same, with an input under the name of the member that it becomes.
    pub(crate) fn named(mut self, input: &str, member: &'static str) -> Self {
        for (name, _) in &mut self.input {
            if *name == input {
                *name = member;
            }
        }
        self
    }

    /// The call that the inputs `Service` and `Api` name, if they are texts without references and there is such an operation.
    pub(crate) fn named_by(step: &'a Step) -> Option<Self> {
        let service = catalog().service(step.input("Service")?.as_text()?).ok()?;
        let operation = operation_name(&service, step.input("Api")?.as_text()?);
        service.operation(&operation).ok()?;
        let own = step.inputs.iter().filter(|(name, _)| step.action.input(name).is_none());
        let input = own.map(|(name, input)| (name.as_str(), input)).collect();
        Some(Self { service: service.name().to_string(), operation, input })
    }

    /// What is given for a member.
    pub fn member(&self, name: &str) -> Option<&'a Input> {
        self.input.iter().find(|(known, _)| *known == name).map(|(_, input)| *input)
    }

    /// Whether it changes nothing.
    pub fn only_reads(&self) -> bool {
        only_reads(&self.service, &self.operation)
    }
}

/// Whether an operation changes nothing, as far as its model and its name tell.
pub(crate) fn only_reads(service: &str, operation: &str) -> bool {
    let Ok(service) = catalog().service(service) else { return false };
    let name = operation_name(&service, operation);
    service.operation(&name).is_ok_and(reeve_model::Operation::only_reads)
}

/// Why what an operation does cannot be taken back, if it cannot or nobody knows how.
pub(crate) fn no_undo(service: &str, operation: &str) -> Option<String> {
    if only_reads(service, operation) {
        return None;
    }
    match effects().of(service, operation) {
        None => Some(format!("what `{service}:{operation}` changes is not known")),
        Some(definition) => {
            definition.never().map(|reason| format!("`{service}:{operation}`: {reason}"))
        }
    }
}
