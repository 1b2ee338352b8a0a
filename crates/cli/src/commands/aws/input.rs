//! What is asked for: service, operation, input and query, checked before anything is sent.

use std::{fs, io::Read as _, path::Path, sync::Arc};

use anyhow::Result;
use reeve_aws::find_operation;
use reeve_model::{Expression, Operation, Service, Value};
use serde_json::Value as Json;

use super::lists;
use crate::exit::WrongInput;

/// Where the input of an operation comes from.
#[derive(clap::Args)]
pub(super) struct InputArguments {
    /// The input as JSON, as `@FILE`, or `-` for standard input.
    #[arg(long, value_name = "JSON", default_value = "{}", hide_default_value = true)]
    input: String,
}

/// A JMESPath expression that has been checked.
pub(super) struct Query(Expression);

impl InputArguments {
    /// The input as somebody wrote it.
    pub(super) fn read(&self) -> Result<Json> {
        let cannot = |what: &str, error| WrongInput::new(format!("cannot read {what}: {error}"));
        let text = match self.input.strip_prefix('@') {
            Some(file) => fs::read_to_string(file).map_err(|wrong| cannot(&quoted(file), wrong))?,
            None if self.input == "-" => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.map_err(|wrong| cannot("standard input", wrong))?;
                text
            }
            None => self.input.clone(),
        };
        serde_json::from_str(&text).map_err(|wrong| {
            let wrong = WrongInput::new(format!("the input is not JSON: {wrong}"));
            // A file that was named without its `@` is taken for JSON.
            let is_file = Path::new(&self.input).is_file();
            let hint = format!("`--input @{}` reads it from the file", self.input);
            if is_file { wrong.with_hint(hint).into() } else { wrong.into() }
        })
    }
}

/// The service and the operation of these names. The operation's is that of the model or that of the AWS CLI.
pub(super) fn find(service: &str, operation: &str) -> Result<(Arc<Service>, String)> {
    let service = lists::service(service)?;
    let operation = find_operation(&service, operation).map_err(|wrong| {
        let hint = format!("`reeve aws operations {}` lists them", service.name());
        WrongInput::new(wrong.to_string()).with_hint(hint)
    })?;
    let name = operation.name.to_string();
    Ok((service, name))
}

/// The input of an operation, if it fits; every mismatch at once if it does not.
pub(super) fn conform(service: &Service, operation: &Operation, input: &Json) -> Result<Value> {
    reeve_model::conform(service, operation, input).map_err(|wrong| {
        let problems: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        let call = format!("{}:{}", service.name(), operation.name);
        let message = format!("the input does not fit `{call}`:\n  {}", problems.join("\n  "));
        let hint = format!("`reeve aws shape {} {}` shows it", service.name(), operation.name);
        WrongInput::new(message).with_hint(hint).into()
    })
}

impl Query {
    /// Reads an expression and checks it.
    pub(super) fn read(text: &str) -> Result<Self> {
        let expression = Expression::new(text);
        expression.check().map_err(|wrong| {
            let message = format!("the query `{text}` is no JMESPath: {}", wrong.reason);
            WrongInput::new(message).with_hint("https://jmespath.org/tutorial.html")
        })?;
        Ok(Self(expression))
    }

    /// What it finds in an answer, as JSON; null if that is nothing.
    pub(super) fn find(query: Option<&Self>, answer: &Value) -> Result<Json> {
        let Some(Self(expression)) = query else { return Ok(answer.to_json()) };
        let found = expression.evaluate(answer)?;
        Ok(found.map_or(Json::Null, |found| found.to_json()))
    }
}

fn quoted(file: &str) -> String {
    format!("`{file}`")
}
