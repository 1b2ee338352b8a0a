//! What is asked for when a runbook is to run for several targets, and the execution that comes of it.

use reeve_runbook::{Child, Format, Several};
use reeve_store::{NewEntry, NewExecution, RunbookDocument};
use reeve_types::ExecutionId;
use serde_json::{Map, Value, json};

use super::{super::child::Family, Fleet};
use crate::{
    App, Context, Error,
    executions::{Birth, NamedRunbook, StartRequest, document_of, read_runbook},
};

/// The document of the execution of the whole. The months are for targets that wait for people.
const WHOLE: &str = "schemaVersion: '0.3'
description: One execution for each of several targets.
parameters:
  DocumentName: {type: String}
  RuntimeParameters: {type: StringMap, default: {}}
  TargetParameterName: {type: String, default: ''}
  Targets: {type: MapList, default: []}
  TargetMaps: {type: MapList, default: []}
  TargetLocations: {type: MapList, default: []}
  MaxConcurrency: {type: String, default: ''}
  MaxErrors: {type: String, default: ''}
mainSteps:
- name: targets
  action: aws:executeAutomation
  timeoutSeconds: 7776000
  inputs:
    DocumentName: '{{ DocumentName }}'
    RuntimeParameters: '{{ RuntimeParameters }}'
    TargetParameterName: '{{ TargetParameterName }}'
    Targets: '{{ Targets }}'
    TargetMaps: '{{ TargetMaps }}'
    TargetLocations: '{{ TargetLocations }}'
    MaxConcurrency: '{{ MaxConcurrency }}'
    MaxErrors: '{{ MaxErrors }}'
outputs: [targets.Output]
";

/// Several targets, as `StartAutomationExecution` takes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeveralRequest {
    /// The parameter that takes a target.
    pub target_parameter: Option<String>,
    /// Which resources.
    pub targets: Vec<Value>,
    /// Parameters for each target.
    pub target_maps: Vec<Value>,
    /// Which accounts and Regions.
    pub target_locations: Vec<Value>,
    /// How many at once: a number or a share such as `10%`.
    pub max_concurrency: Option<String>,
    /// How many may fail: a number or a share.
    pub max_errors: Option<String>,
}

impl App {
    /// Begins an execution of a runbook for several targets, which workers will move on; durable when it returns.
    pub async fn start_for_several(
        &self,
        context: &Context,
        request: &StartRequest,
        several: &SeveralRequest,
    ) -> Result<ExecutionId, Error> {
        self.may_start(request).await?;
        let child = Child {
            document: request.runbook.name.clone(),
            version: None,
            parameters: request.parameters.clone(),
            target_parameter: several.target_parameter.clone(),
            targets: several.targets.clone(),
            target_maps: several.target_maps.clone(),
            target_locations: several.target_locations.clone(),
            max_concurrency: several.max_concurrency.clone(),
            max_errors: several.max_errors.clone(),
        };
        if !child.is_for_several() {
            return Err(Error::invalid(
                "neither targets nor accounts and Regions are named: `Targets`, `TargetMaps` or `TargetLocations`",
            ));
        }
        let id = ExecutionId::from_uuid(self.ids.uuid(self.clock.now()));
        let birth = Birth { id, target: None, family: Family::default(), reason: None };
        let (execution, entries) =
            self.beginning_of_several(context, (birth, &child), request).await?;
        self.store.begin_execution(execution, entries).await.map_err(Error::store)?;
        Ok(id)
    }

    /// The execution of the whole, if everything that can be known of it is right.
    pub(in crate::executions) async fn beginning_of_several(
        &self,
        context: &Context,
        (mut birth, child): (Birth, &Child),
        request: &StartRequest,
    ) -> Result<(NewExecution, Vec<NewEntry>), Error> {
        let runbook = read_runbook(&request.runbook)?;
        let several = Several::read(child, &runbook).map_err(Error::runbook)?;
        self.sites(&several)?;
        let is_own = |name: &String| {
            child.target_parameter.as_ref() == Some(name)
                || child.target_maps.iter().any(|map| map.get(name).is_some())
        };
        for parameter in &runbook.parameters {
            let is_given = child.parameters.contains_key(&parameter.name);
            if parameter.default.is_none() && !is_given && !is_own(&parameter.name) {
                let missing = reeve_runbook::ExecutionError::Missing(parameter.name.clone());
                return Err(Error::runbook(missing));
            }
        }
        if let Some(name) = child.parameters.keys().find(|name| runbook.parameter(name).is_none()) {
            return Err(Error::runbook(reeve_runbook::ExecutionError::Unknown(name.clone())));
        }
        let document = document_of(&request.runbook);
        birth.family.fleet = Some(Fleet::new(document.digest.clone()));
        self.store.keep_runbook(document).await.map_err(Error::store)?;
        let whole = StartRequest {
            runbook: NamedRunbook {
                name: request.runbook.name.clone(),
                format: Format::Yaml,
                text: WHOLE.to_owned(),
                folder: None,
            },
            parameters: parameters(child),
            ..request.clone()
        };
        self.beginning(context, birth, &whole).await
    }
}

impl Fleet {
    /// The digest of the document that runs for each target.
    pub(in crate::executions) fn digest(&self) -> &str {
        &self.digest
    }
}

impl NamedRunbook {
    /// A runbook as the store keeps it.
    pub(in crate::executions) fn of_document(name: &str, document: RunbookDocument) -> Self {
        let format = if document.format == "json" { Format::Json } else { Format::Yaml };
        Self { name: name.to_owned(), format, text: document.text, folder: None }
    }
}

/// What is wanted, as the values of the document's parameters.
fn parameters(child: &Child) -> Map<String, Value> {
    let text = |text: &Option<String>| json!(text.clone().unwrap_or_default());
    Map::from_iter([
        ("DocumentName".to_owned(), json!(child.document)),
        ("RuntimeParameters".to_owned(), json!(child.parameters)),
        ("TargetParameterName".to_owned(), text(&child.target_parameter)),
        ("Targets".to_owned(), json!(child.targets)),
        ("TargetMaps".to_owned(), json!(child.target_maps)),
        ("TargetLocations".to_owned(), json!(child.target_locations)),
        ("MaxConcurrency".to_owned(), text(&child.max_concurrency)),
        ("MaxErrors".to_owned(), text(&child.max_errors)),
    ])
}
