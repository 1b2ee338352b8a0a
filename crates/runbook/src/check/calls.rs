//! Every operation of AWS that is called by name exists, and has the members that it is called with. The service looks only
//! when the step runs, so these are warnings.

use reeve_document::{Diagnostic, Problems};
use reeve_model::{catalog, schema::Structure};

use crate::{input::Input, operation::operation_name, runbook::Runbook, step::Step};

pub(super) fn check(runbook: &Runbook, problems: &Problems) {
    for step in runbook.all_steps() {
        if step.action.takes_any {
            check_call(step, problems);
        }
    }
}

fn check_call(step: &Step, problems: &Problems) {
    let text = |name: &str| {
        let input = step.input(name)?;
        Some((input, input.as_text()?))
    };
    let (Some((service_input, service)), Some((operation_input, operation))) =
        (text("Service"), text("Api"))
    else {
        return;
    };
    let odd = |input: &Input, message: String| {
        problems.warn(Diagnostic::new(input.position, &input.path, message));
    };
    let service = match catalog().service(service) {
        Ok(service) => service,
        Err(error) => return odd(service_input, error.to_string()),
    };
    match service.operation(&operation_name(&service, operation)) {
        Err(error) => odd(operation_input, error.to_string()),
        Ok(operation) => {
            let input = operation.input.as_ref();
            let structure = input.and_then(|input| service.structure(input.shape));
            let members = structure.map(Structure::members).unwrap_or_default();
            for (name, input) in own_inputs(step) {
                if !members.iter().any(|member| member.name == name) {
                    let known = members.iter().map(|member| member.name.as_str());
                    let message = format!("`{}` has no member `{name}`", operation.name);
                    let diagnostic = Diagnostic::new(input.position, &input.path, message);
                    problems.warn(match reeve_document::nearest(name, known) {
                        Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
                        None => diagnostic,
                    });
                }
            }
            for member in members.iter().filter(|member| member.flags.required) {
                let is_given = own_inputs(step).any(|(name, _)| member.name == name);
                if !is_given && !member.flags.idempotency_token {
                    let message =
                        format!("`{}` needs the member `{}`", operation.name, member.name);
                    let path = format!("{}.inputs", step.path);
                    problems.warn(Diagnostic::new(step.position, path, message));
                }
            }
        }
    }
}

/// The inputs that are the operation's.
fn own_inputs(step: &Step) -> impl Iterator<Item = (&str, &Input)> {
    step.inputs
        .iter()
        .filter(|(name, _)| step.action.input(name).is_none())
        .map(|(name, input)| (name.as_str(), input))
}
