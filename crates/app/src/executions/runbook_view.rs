//! Runbooks as people and programs see them, and forms that people fill in to run one.

use reeve_document::Diagnostic;
use reeve_runbook::{
    Control, Format, Goal, LoopRule, OnCancel, OnFailure, Parameter, Runbook, Step,
};
use reeve_types::{Partition, Region, ResourceType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Library, NamedRunbook, Origin, RunbookPolicyView, StartRequest, WithoutUndoView, runbook_policy,
};
use crate::{App, Error, queries::filled, views::Page};

/// A runbook in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookSummaryView {
    /// Its name.
    pub name: String,
    /// Where it comes from: `reeve` or `estate`.
    pub origin: &'static str,
    /// How many steps it has, those within loops included.
    pub steps: usize,
    /// The first sentence of its description, or that it is wrong.
    pub about: String,
    /// Whether it can be run.
    pub is_right: bool,
}

/// A runbook.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookView {
    /// Its name.
    pub name: String,
    /// Where it comes from: `reeve` or `estate`; nothing for a file that is neither's.
    pub origin: Option<&'static str>,
    /// Whether it can be run; if not, `findings` says why, and what it asks for and does is not known.
    pub is_right: bool,
    /// What it is for, in Markdown.
    pub description: Option<String>,
    /// Whom it runs as, if that is not the account's own role.
    pub role: Option<String>,
    /// The files that lie beside it.
    pub files: Vec<String>,
    /// What it asks for.
    pub parameters: Vec<ParameterView>,
    /// What it does.
    pub steps: Vec<ShapeView>,
    /// What it tells in the end.
    pub outputs: Vec<String>,
    /// The runbook that it declares to be taken back by.
    pub undo: Option<String>,
    /// What cannot be taken back: the step, and why.
    pub without_undo: Vec<WithoutUndoView>,
    /// What is wrong with it, and what is odd about it.
    pub findings: Vec<FindingView>,
    /// `yaml` or `json`.
    pub format: &'static str,
    /// The document as it was written.
    pub text: String,
}

/// Something that a runbook asks for.
#[derive(Debug, Clone, Serialize)]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// Its type, such as `StringList` or `AWS::EC2::Instance::Id`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its values are, such as `StringList`.
    pub data_type: &'static str,
    /// What resources its values name, if Reeve observes resources of that type.
    pub resource_type: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its value where none is given.
    pub default: Option<Value>,
    /// Whether it must be given.
    pub is_required: bool,
    /// The only values that it may have, if it may not have any.
    pub allowed_values: Vec<Value>,
    /// What its texts must match.
    pub allowed_pattern: Option<String>,
    /// How many elements a list has at least.
    pub min_items: Option<u64>,
    /// How many elements a list has at most.
    pub max_items: Option<u64>,
}

/// A step as it was written.
#[derive(Debug, Clone, Serialize)]
pub struct ShapeView {
    /// Its name.
    pub name: String,
    /// What it does.
    pub action: &'static str,
    /// What it is for.
    pub description: Option<String>,
    /// The operations that it may call, as far as the document tells.
    pub calls: Vec<CallView>,
    /// What it is given, as it was written.
    pub inputs: Map<String, Value>,
    /// The steps that it may lead to, and when: only a branch has some.
    pub ways: Vec<WayView>,
    /// The step that comes after it has succeeded, or if no way is taken; nothing if the execution ends then.
    pub next: Option<String>,
    /// What comes after it has failed: `Abort`, `Continue` or `step:` and a name.
    pub on_failure: String,
    /// What comes when the execution is cancelled meanwhile: `Abort` or `step:` and a name.
    pub on_cancel: String,
    /// Whether its failure is the failure of the whole.
    pub is_critical: bool,
    /// Whether the execution ends after it.
    pub is_end: bool,
    /// How often it is tried.
    pub max_attempts: Option<Value>,
    /// How long it may take, in seconds.
    pub timeout_seconds: Option<Value>,
    /// How long its own steps are repeated.
    pub repeats: Option<String>,
    /// The steps that it repeats.
    pub steps: Vec<ShapeView>,
}

/// An operation that a step may call.
#[derive(Debug, Clone, Serialize)]
pub struct CallView {
    /// The operation, as `service:Operation`.
    pub call: String,
    /// Whether it changes nothing.
    pub only_reads: bool,
}

/// A way that a branch may take.
#[derive(Debug, Clone, Serialize)]
pub struct WayView {
    /// When.
    pub when: String,
    /// The step that is next then.
    pub next: String,
}

/// Something that is wrong with a document, or odd about it.
#[derive(Debug, Clone, Serialize)]
pub struct FindingView {
    /// `error`, which the service refuses as well, or `warning`.
    pub severity: &'static str,
    /// The line.
    pub line: Option<usize>,
    /// The column.
    pub column: Option<usize>,
    /// The way to it from the root of the document.
    pub path: String,
    /// What it is.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
}

/// What somebody fills in to run a runbook, or to see what it would do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartForm {
    /// The runbook's name.
    pub runbook: String,
    /// The account, by id or name.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The values of its parameters.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

impl App {
    /// The runbooks that can be run by name.
    pub fn runbook_list(&self) -> Page<RunbookSummaryView> {
        let runbooks = self.runbooks.iter();
        let items = runbooks.map(|(runbook, origin)| RunbookSummaryView::new(runbook, origin));
        Page { items: items.collect(), next: None }
    }

    /// A runbook by name.
    pub fn runbook_view(&self, name: &str) -> Result<RunbookView, Error> {
        let found = self.runbooks.iter().find(|(runbook, _)| runbook.name == name);
        let (runbook, origin) = found.ok_or_else(|| self.no_such_runbook(name))?;
        Ok(RunbookView::new(&self.runbooks, runbook, Some(origin)))
    }

    /// The policies that allow a runbook what it calls, for the partition of a Region or the first one of the estate.
    pub fn policy_of_runbook(
        &self,
        name: &str,
        region: Option<&String>,
    ) -> Result<RunbookPolicyView, Error> {
        let named = self.runbooks.get(name).ok_or_else(|| self.no_such_runbook(name))?;
        let given = filled(region).map(str::parse::<Region>).transpose().map_err(Error::invalid)?;
        let first = self.estate.accounts.iter().flat_map(|account| &account.regions).next();
        let region = given.or_else(|| first.cloned());
        let partition = region.map_or(Partition::Standard, |region| region.partition());
        runbook_policy(named, partition)
    }

    /// What a filled-in form asks for.
    pub fn read_form(&self, form: &StartForm) -> Result<StartRequest, Error> {
        let named = self.runbooks.get(&form.runbook);
        let runbook = named.ok_or_else(|| self.no_such_runbook(&form.runbook))?;
        Ok(StartRequest {
            runbook: runbook.clone(),
            account: self.find_account(&form.account)?.id.clone(),
            region: form.region.parse().map_err(Error::invalid)?,
            parameters: form.parameters.clone(),
            reason: form.reason.clone(),
        })
    }

    fn no_such_runbook(&self, name: &str) -> Error {
        Error::no_such_runbook(name, self.runbooks.nearest(name))
    }
}

impl Origin {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shipped => "reeve",
            Self::Estate => "estate",
        }
    }
}

impl RunbookSummaryView {
    /// A runbook in one line.
    pub fn new(named: &NamedRunbook, origin: Origin) -> Self {
        let (name, origin) = (named.name.clone(), origin.as_str());
        match Runbook::parse(&named.name, &named.text, named.format) {
            Ok(checked) => Self {
                name,
                origin,
                steps: checked.runbook.all_steps().len(),
                about: first_sentence(checked.runbook.description.as_deref().unwrap_or_default()),
                is_right: true,
            },
            Err(errors) => Self {
                name,
                origin,
                steps: 0,
                about: format!("wrong in {} places: `reeve runbook lint` names them", errors.len()),
                is_right: false,
            },
        }
    }
}

fn first_sentence(description: &str) -> String {
    let text = description.trim().replace('\n', " ");
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    text.get(..end).unwrap_or_default().to_owned()
}

impl RunbookView {
    /// All of a runbook, or what is wrong with it.
    pub fn new(library: &Library, named: &NamedRunbook, origin: Option<Origin>) -> Self {
        let mut view = Self {
            name: named.name.clone(),
            origin: origin.map(Origin::as_str),
            is_right: false,
            description: None,
            role: None,
            files: Vec::new(),
            parameters: Vec::new(),
            steps: Vec::new(),
            outputs: Vec::new(),
            undo: library.undo_of(&named.name).map(|undo| undo.name.clone()),
            without_undo: library.without_undo(named),
            findings: Vec::new(),
            format: if named.format == Format::Json { "json" } else { "yaml" },
            text: named.text.clone(),
        };
        match Runbook::parse(&named.name, &named.text, named.format) {
            Ok(checked) => {
                view.is_right = true;
                view.findings = findings("warning", &checked.warnings);
                view.fill(&checked.runbook);
            }
            Err(errors) => view.findings = findings("error", errors.iter()),
        }
        view
    }

    fn fill(&mut self, runbook: &Runbook) {
        self.description.clone_from(&runbook.description);
        self.role = runbook.assume_role_text();
        self.files = runbook.attached_files().iter().map(|file| file.name.to_owned()).collect();
        self.parameters = runbook.parameters.iter().map(parameter).collect();
        self.steps = shapes(&runbook.steps);
        self.outputs = runbook.outputs.iter().map(|output| output.reference.to_string()).collect();
    }
}

fn findings<'a>(
    severity: &'static str,
    diagnostics: impl IntoIterator<Item = &'a Diagnostic>,
) -> Vec<FindingView> {
    let finding = |diagnostic: &Diagnostic| FindingView {
        severity,
        line: diagnostic.position.map(|position| position.line),
        column: diagnostic.position.map(|position| position.column),
        path: diagnostic.path.clone(),
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
    };
    diagnostics.into_iter().map(finding).collect()
}

fn parameter(parameter: &Parameter) -> ParameterView {
    let kind = &parameter.kind;
    // `AWS::EC2::Instance::Id` names an `AWS::EC2::Instance`.
    let resource = kind.resource.as_deref().and_then(|resource| resource.rsplit_once("::"));
    let resource = resource.map(|(resource, _)| ResourceType::new(resource));
    let definitions = reeve_inventory::definitions();
    let resource = resource.filter(|resource| definitions.get(resource).is_some());
    ParameterView {
        name: parameter.name.clone(),
        kind: kind.to_string(),
        data_type: kind.data_type.name(),
        resource_type: resource.map(|resource| resource.to_string()),
        description: parameter.description.clone(),
        default: parameter.default.clone(),
        is_required: parameter.default.is_none(),
        allowed_values: parameter.allowed_values.clone(),
        allowed_pattern: parameter.allowed_pattern.as_ref().map(ToString::to_string),
        min_items: parameter.items.0,
        max_items: parameter.items.1,
    }
}

fn shapes(steps: &[Step]) -> Vec<ShapeView> {
    let followers = steps.iter().skip(1).map(|step| Some(step.name.as_str()));
    let followers = followers.chain(std::iter::once(None));
    steps.iter().zip(followers).map(|(step, follower)| shape(step, follower)).collect()
}

fn shape(step: &Step, follower: Option<&str>) -> ShapeView {
    let calls = (step.action.calls)(step);
    let call = |call: &reeve_runbook::PossibleCall<'_>| CallView {
        call: format!("{}:{}", call.service, call.operation),
        only_reads: call.only_reads(),
    };
    let inputs = step.inputs.iter();
    let (ways, default) = ways(step);
    let next = default.or(step.next.as_ref()).map(|goal| goal.step.as_str()).or(follower);
    ShapeView {
        name: step.name.clone(),
        action: step.action.name,
        description: step.description.clone(),
        calls: calls.iter().map(call).collect(),
        inputs: inputs.map(|(name, input)| (name.clone(), input.as_written())).collect(),
        ways,
        next: next.filter(|_| !step.is_end).map(str::to_owned),
        on_failure: match &step.on_failure {
            OnFailure::Abort => "Abort".to_owned(),
            OnFailure::Continue => "Continue".to_owned(),
            OnFailure::Step(goal) => format!("step:{}", goal.step),
        },
        on_cancel: match &step.on_cancel {
            OnCancel::Abort => "Abort".to_owned(),
            OnCancel::Step(goal) => format!("step:{}", goal.step),
        },
        is_critical: step.is_critical,
        is_end: step.is_end,
        max_attempts: step.max_attempts.as_ref().map(reeve_runbook::Input::as_written),
        timeout_seconds: step.timeout_seconds.as_ref().map(reeve_runbook::Input::as_written),
        repeats: repeats(step),
        steps: shapes(step.inner()),
    }
}

/// Where a branch may go, and where it goes otherwise, if that is said.
fn ways(step: &Step) -> (Vec<WayView>, Option<&Goal>) {
    let Control::Branch(branch) = &step.control else { return (Vec::new(), None) };
    let way = |choice: &reeve_runbook::Choice| WayView {
        when: choice.condition.as_written(),
        next: choice.next.step.clone(),
    };
    (branch.choices.iter().map(way).collect(), branch.default.as_ref())
}

fn repeats(step: &Step) -> Option<String> {
    let Control::Loop(repeated) = &step.control else { return None };
    Some(match &repeated.rule {
        LoopRule::ForEach { items, .. } => {
            format!("once for each of {}", reeve_runbook::render(&items.as_written()))
        }
        LoopRule::While { condition, max_iterations } => {
            let most = max_iterations.as_ref().map(|most| {
                format!(", at most {} times", reeve_runbook::render(&most.as_written()))
            });
            format!("while {}{}", condition.as_written(), most.unwrap_or_default())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_a_step_is_told() {
        let library = super::super::Library::shipped();
        let restart = library.get("Reeve-RestartInstance").unwrap();
        let view = RunbookView::new(&Library::shipped(), restart, Some(Origin::Shipped));
        let steps: Vec<_> = view
            .steps
            .iter()
            .map(|step| (step.name.as_str(), step.next.as_deref(), step.on_failure.as_str()))
            .collect();
        assert_eq!(
            steps,
            [
                ("lookAtGroups", Some("judgeGroups"), "Abort"),
                ("judgeGroups", Some("stop"), "Abort"),
                ("stop", Some("start"), "step:forceStop"),
                ("forceStop", Some("start"), "Abort"),
                ("start", None, "Abort"),
                ("refuseMembers", None, "Abort"),
            ]
        );
        assert_eq!(view.parameters[0].resource_type.as_deref(), Some("AWS::EC2::Instance"));
        assert!(view.is_right && view.parameters[0].is_required);
    }

    #[test]
    fn a_document_that_is_wrong_says_where() {
        let text = "schemaVersion: '0.3'\nmainSteps:\n- {name: x, action: 'aws:slep'}\n";
        let named = NamedRunbook::of_file("Bad.yaml", text.to_owned());
        let view = RunbookView::new(&Library::shipped(), &named, Some(Origin::Estate));
        assert!(!view.is_right);
        assert_eq!((view.findings[0].severity, view.findings[0].line), ("error", Some(3)));
    }
}
