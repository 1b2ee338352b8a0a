//! A runbook, as it was written.

use reeve_document::{Diagnostic, Diagnostics, Position};
use serde_json::Value;

use crate::{
    data_type::DataType, input::Input, parameter::Parameter, reference::Reference, step::Step,
};

/// An SSM Automation document: what it asks for, what it does, what it tells.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// What it is for, in Markdown.
    pub description: Option<String>,
    /// The role that its calls are made as; without one, as whoever started it.
    pub assume_role: Option<Input>,
    /// What it asks for, in the order written.
    pub parameters: Vec<Parameter>,
    /// What it remembers and changes, in the order written.
    pub variables: Vec<Variable>,
    /// What it does.
    pub steps: Vec<Step>,
    /// What it tells in the end.
    pub outputs: Vec<RunbookOutput>,
    /// The files that come with it, by name.
    pub files: Vec<Attachment>,
}

/// Something that a runbook remembers and changes.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub position: Position,
    /// What it is.
    pub data_type: DataType,
    /// What it is in the beginning.
    pub default: Option<Value>,
    /// What it is for.
    pub description: Option<String>,
    /// The only values that it may have, if it may not have any.
    pub allowed_values: Vec<Value>,
}

/// Something that a runbook tells in the end.
#[derive(Debug, Clone)]
pub struct RunbookOutput {
    /// What it is.
    pub reference: Reference,
    /// Where it is written.
    pub position: Position,
    /// The way to it from the root of the document.
    pub path: String,
}

/// A file that comes with a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Where it is listed.
    pub position: Position,
    /// The way there from the root of the document.
    pub path: String,
    /// Its checksums, by algorithm.
    pub checksums: Vec<(String, String)>,
}

impl Attachment {
    /// The SHA-256 of its content in hexadecimal, if it is said: the algorithm's name is written in several ways.
    pub fn sha256(&self) -> Option<&str> {
        let is_sha256 = |name: &str| name.replace('-', "").eq_ignore_ascii_case("sha256");
        let found = self.checksums.iter().find(|(algorithm, _)| is_sha256(algorithm));
        found.map(|(_, checksum)| checksum.as_str())
    }
}

/// The formats that a runbook may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// JSON.
    Json,
}

/// A runbook that is in order, and what is odd about it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The runbook.
    pub runbook: Runbook,
    /// What the service accepts, and is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

impl Format {
    /// The format of a file, by how its name ends; YAML reads JSON nearly always.
    pub fn of_file(name: &str) -> Self {
        let is_json =
            name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("json"));
        if is_json { Self::Json } else { Self::Yaml }
    }
}

impl Runbook {
    /// Reads and checks a document: all that is wrong with it at once, each with its place.
    pub fn parse(file: &str, text: &str, format: Format) -> Result<Checked, Diagnostics> {
        crate::read::read(file, text, format)
    }

    /// Every step, those within loops after the loop.
    pub fn all_steps(&self) -> Vec<&Step> {
        fn gather<'a>(steps: &'a [Step], all: &mut Vec<&'a Step>) {
            for step in steps {
                all.push(step);
                gather(step.inner(), all);
            }
        }
        let mut all = Vec::new();
        gather(&self.steps, &mut all);
        all
    }

    /// A parameter by name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// A variable by name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }
}
