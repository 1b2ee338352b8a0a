//! The permissions that a runbook needs: those of every operation that its steps may call, for the resources that it names.
//!
//! A resource is narrowed where its ARN follows from what is written; a reference makes that part of it a star. Which
//! operations can be narrowed, and how, is `resources.yaml`; the others are for all resources.

mod conditional;
mod entry;
mod resources;

use std::collections::{BTreeMap, BTreeSet};

use reeve_model::{Permissions, catalog, permissions_for};
use reeve_types::Partition;
use serde_json::Map;

use crate::{
    effects::effects, execution::parameter_store_names, possible_call::PossibleCall,
    runbook::Runbook, script_reading::read_script, step::Step, without_undo::unknown_call,
};
use conditional::Applies;

/// A permission that a runbook needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeededPermission {
    /// The permission, such as `ec2:StopInstances`.
    pub action: String,
    /// Which calls need it, if it may be that none of the runbook's does.
    pub when: Option<String>,
    /// Whether it was found by reading a script, which may have more.
    pub from_script: bool,
    /// The resources, as patterns of ARNs.
    pub resources: BTreeSet<String>,
    /// The steps that need it; none for what the execution needs before its first step.
    pub steps: BTreeSet<String>,
}

/// A step whose permissions are not known, or not all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// The step.
    pub step: String,
    /// Why.
    pub why: String,
}

/// All that is known of the permissions that a runbook needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunbookPermissions {
    /// The permissions, in order.
    pub needed: Vec<NeededPermission>,
    /// What is not known.
    pub unclear: Vec<Unclear>,
}

impl Runbook {
    /// The permissions that it needs in a partition, whatever its parameters are given.
    pub fn permissions(&self, partition: Partition) -> RunbookPermissions {
        let mut gathering = Gathering { partition, needed: BTreeMap::new(), unclear: Vec::new() };
        let defaults: Map<_, _> = self
            .parameters
            .iter()
            .filter_map(|parameter| Some((parameter.name.clone(), parameter.default.clone()?)))
            .collect();
        for name in parameter_store_names(self, &defaults) {
            let name =
                name.trim_start_matches('/').split(':').next().unwrap_or_default().to_owned();
            let arn = format!("arn:{}:ssm:*:*:parameter/{name}", partition.as_str());
            gathering.add(("ssm:GetParameter", None, false), [arn], "");
        }
        for step in self.all_steps() {
            gathering.step(step);
        }
        gathering.finish()
    }
}

/// The permission, when it is needed, and whether a script needs it.
type Key = (String, Option<String>, bool);

struct Gathering {
    partition: Partition,
    /// The resources and the steps of each permission.
    needed: BTreeMap<Key, (BTreeSet<String>, BTreeSet<String>)>,
    unclear: Vec<Unclear>,
}

impl Gathering {
    fn add(
        &mut self,
        (action, when, from_script): (&str, Option<&str>, bool),
        resources: impl IntoIterator<Item = String>,
        step: &str,
    ) {
        let key = (action.to_owned(), when.map(str::to_owned), from_script);
        let (known, steps) = self.needed.entry(key).or_default();
        known.extend(resources);
        if !step.is_empty() {
            steps.insert(step.to_owned());
        }
    }

    fn step(&mut self, step: &Step) {
        let calls = (step.action.calls)(step);
        if step.action.takes_any && calls.is_empty() {
            self.unclear(step, unknown_call(step));
        }
        for call in &calls {
            self.call(step, call, false);
            self.looks(step, call);
        }
        match step.action.name {
            "aws:executeScript" => self.script(step),
            "aws:executeAutomation" => self.child(step),
            "aws:invokeWebhook" => self.webhook(step),
            _ => {}
        }
    }

    fn unclear(&mut self, step: &Step, why: String) {
        self.unclear.push(Unclear { step: step.name.clone(), why });
    }

    fn call(&mut self, step: &Step, call: &PossibleCall<'_>, from_script: bool) {
        let Ok(service) = catalog().service(&call.service) else { return };
        let Ok(operation) = service.operation(&call.operation) else { return };
        let permissions = permissions_for(&service, operation);
        let resources = self.resources(call, &permissions);
        for action in &permissions.required {
            self.add((action, None, from_script), resources.clone(), &step.name);
        }
        for conditional in &permissions.conditional {
            let applies = if from_script {
                Applies::Perhaps
            } else {
                conditional::applies(call, conditional.when)
            };
            let when = match applies {
                Applies::No => continue,
                Applies::Yes => None,
                Applies::Perhaps => Some(conditional.when),
            };
            let resources = if conditional.action == "iam:PassRole" {
                resources::roles(call, self.partition)
            } else {
                BTreeSet::from(["*".to_owned()])
            };
            self.add((&conditional.action, when, from_script), resources, &step.name);
        }
    }

    /// What is looked at around a call, so that it can be found again and taken back.
    fn looks(&mut self, step: &Step, call: &PossibleCall<'_>) {
        let Some(definition) = effects().of(&call.service, &call.operation) else { return };
        for (service, operation) in definition.looks() {
            let look = PossibleCall {
                service: service.to_owned(),
                operation: operation.to_owned(),
                // Members of the same name are about the same.
                input: call.input.clone(),
            };
            self.call(step, &look, false);
        }
    }

    fn resources(&self, call: &PossibleCall<'_>, permissions: &Permissions) -> BTreeSet<String> {
        match &permissions.path {
            Some(path) => {
                BTreeSet::from([format!("arn:{}:apigateway:*::{path}", self.partition.as_str())])
            }
            None => resources::of(call, self.partition),
        }
    }

    /// What a script calls is found by reading it, with nothing known of its inputs.
    fn script(&mut self, step: &Step) {
        let reading = read_script(step);
        for (service, operation) in &reading.calls {
            let call = PossibleCall {
                service: service.clone(),
                operation: operation.clone(),
                input: Vec::new(),
            };
            self.call(step, &call, true);
        }
        let why = match reading.hidden.as_slice() {
            [] if reading.calls.is_empty() => return,
            [] => "script: permissions found by reading, may be incomplete".to_owned(),
            hidden => format!("script: permissions are hidden by {}", hidden.join(", ")),
        };
        self.unclear(step, why);
    }

    /// Another document is read, and where it runs elsewhere, a role there is entered.
    fn child(&mut self, step: &Step) {
        let partition = self.partition.as_str();
        let name = step.input("DocumentName").map(resources::texts).unwrap_or_default();
        let documents = name.iter().map(|name| {
            if name.starts_with("arn:") {
                name.clone()
            } else {
                format!("arn:{partition}:ssm:*:*:document/{name}")
            }
        });
        self.add(("ssm:GetDocument", None, false), documents, &step.name);
        if let Some(locations) = step.input("TargetLocations") {
            let mut roles: BTreeSet<String> = BTreeSet::new();
            for location in locations.elements() {
                let role = location.get("ExecutionRoleName").map(resources::texts);
                roles.extend(role.unwrap_or_else(|| {
                    vec!["AWS-SystemsManager-AutomationExecutionRole".to_owned()]
                }));
            }
            if roles.is_empty() {
                roles.insert("*".to_owned());
            }
            let arns = roles.iter().map(|role| format!("arn:{partition}:iam::*:role/{role}"));
            self.add(("sts:AssumeRole", None, false), arns, &step.name);
        }
        self.unclear(step, format!("what the document {} needs besides", quoted(&name)));
    }

    /// What is not among the estate's webhooks is kept by the service, in a parameter that is encrypted.
    fn webhook(&mut self, step: &Step) {
        const WHEN: &str = "if the estate does not declare the integration";
        let partition = self.partition.as_str();
        let name = step.input("IntegrationName").map(resources::texts).unwrap_or_default();
        let arn = |name: &String| {
            let parameter = stored_integration(name);
            format!("arn:{partition}:ssm:*:*:parameter{parameter}")
        };
        let arns: Vec<String> = name.iter().map(arn).collect();
        self.add(("ssm:GetParameter", Some(WHEN), false), arns, &step.name);
        self.add(("kms:Decrypt", Some(WHEN), false), ["*".to_owned()], &step.name);
    }

    fn finish(self) -> RunbookPermissions {
        let needed = self.needed.into_iter().map(|(key, (resources, steps))| {
            let (action, when, from_script) = key;
            // A star stands for everything else.
            let all = BTreeSet::from(["*".to_owned()]);
            let resources = if resources.contains("*") { all } else { resources };
            NeededPermission { action, when, from_script, resources, steps }
        });
        RunbookPermissions { needed: needed.collect(), unclear: self.unclear }
    }
}

/// The parameter in which the service keeps an integration.
pub fn stored_integration(name: &str) -> String {
    format!("/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/{name}")
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
