//! Begins a world from a scenario, and has its steps happen.

use std::sync::Arc;

use jiff::Timestamp;
use reeve_model::{Value, catalog};
use reeve_types::{AccountId, Region, Tags};
use serde_json::Value as Json;

use super::{
    Group, Happened, Scenario, ScenarioError, Step, StepAction, happening, template::Scope,
};
use crate::{
    access,
    call::Call,
    digest::hex_digest,
    directory::Caller,
    fault::FaultRule,
    kind::{self, Definition, HOME_REGION, Kind},
    seed::{self, SeededEstate},
    services::{Part, SERVED, backup, cloudwatch, ec2, ssm, synthetics},
    store::{Place, Resource, facts},
    task::Task,
    twin::Twin,
    world::World,
};

pub(crate) static PART: Part =
    Part { kinds: &[&STEP], operations: &[], tasks: &[("scenario:step", take_step)] };

/// A step of a scenario that is still to come.
static STEP: Definition = Definition { resource_type: "Reeve::Twin::Step", ..Definition::OF };

impl Scenario {
    /// Makes an empty twin's world what the scenario says, and sets its clock to the start.
    pub fn begin(&self, twin: &Twin) -> Result<SeededEstate, ScenarioError> {
        let starts = self.starts.unwrap_or_else(|| twin.now());
        let begins = starts.saturating_sub(self.history).unwrap_or(starts);
        twin.set_rate(0.0);
        twin.set_time(begins);
        twin.lock().fleet.beginning = Some(begins);
        let estate = self.open_accounts(twin);
        // Identities are there from the beginning, not from when somebody first calls.
        access::settle(&mut twin.lock());
        if let Some(generate) = self.generate {
            seed::fill(twin, &estate, generate.resources);
        }
        self.populate(twin)?;
        self.perform(twin, starts)?;
        twin.set_time(starts);
        twin.set_rate(self.rate);
        Ok(estate)
    }

    fn open_accounts(&self, twin: &Twin) -> SeededEstate {
        let mut accounts = self.accounts.clone();
        let generated = self.generate.map_or(0, |generate| generate.accounts);
        accounts.extend(seed::generated_accounts(generated.saturating_sub(accounts.len())));
        seed::open(twin, &accounts, &self.regions)
    }

    /// Makes what has always been there.
    fn populate(&self, twin: &Twin) -> Result<(), ScenarioError> {
        let mut world = twin.lock();
        for group in &self.groups {
            for (account, region) in &group.places {
                for name in &group.names {
                    group.make(&mut world, (account, region), name).map_err(|error| {
                        ScenarioError { line: 0, what: format!("make `{name}`"), error }
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Does the first steps, and puts the others on the agenda.
    fn perform(&self, twin: &Twin, starts: Timestamp) -> Result<(), ScenarioError> {
        let mut world = twin.lock();
        world.script.name.clone_from(&self.name);
        for step in &self.steps {
            step.take(&mut world).map_err(|(what, error)| ScenarioError {
                line: step.line,
                what,
                error,
            })?;
        }
        for (offset, step) in &self.timeline {
            let due = starts.saturating_add(*offset).unwrap_or(starts);
            let Some((account, region)) = step.places.first() else { continue };
            let place = Place { account: account.clone(), region: region.clone(), kind: &STEP };
            let number = world.script.steps.len().to_string();
            world.script.steps.push(step.clone());
            world.schedule(due, Task::new("scenario:step", &place, &number));
        }
        Ok(())
    }
}

impl Group {
    fn make(
        &self,
        world: &mut World,
        (account, region): (&AccountId, &Region),
        name: &str,
    ) -> Result<(), String> {
        let kind = kind::named(&self.resource_type).ok_or("no such type")?;
        let now = world.now();
        let scope = Scope { account, region, item: name, now, saved: &world.script.saved };
        let id = match &self.id {
            Some(id) => scope.fill_text(id)?,
            None => usual_id(kind, (account, region), name),
        };
        let filled = scope.fill(&self.facts)?;
        let tags = self.tags.iter();
        let tags = tags.map(|(key, value)| Ok((key.clone(), scope.fill_text(value)?)));
        let tags = tags.collect::<Result<Tags, String>>()?;
        let place = Place::of(account, region, kind);
        let described = seed::described(&place, &id, world.now(), &filled);
        let inside = seed::inside(&place, &id, world.now());
        let mut resource = Resource::new(facts(described), Arc::new(tags)).with_inside(inside);
        resource.propagated = self.inherited.iter().cloned().collect();
        world.put(place.clone(), id.clone(), resource);
        match kind.resource_type {
            "AWS::EC2::Instance" => ec2::compute::settle(world, &place, &id),
            "AWS::Backup::BackupPlan" => backup::settle(world, &place, &id),
            "AWS::CloudWatch::Alarm" => cloudwatch::settle(world, &place, &id),
            "AWS::SSM::MaintenanceWindow" => ssm::settle(world, &place, &id),
            "AWS::Synthetics::Canary" => synthetics::settle(world, &place, &id),
            _ => {}
        }
        Ok(())
    }
}

/// The id of a resource that has only a name.
fn usual_id(kind: Kind, (account, region): (&AccountId, &Region), name: &str) -> String {
    let unique = format!("{account}/{region}/{}/{name}", kind.resource_type);
    match kind.resource_type {
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            let name = if name.contains('/') { name.to_owned() } else { format!("app/{name}") };
            format!("{name}/{}", hex_digest(&unique, 16))
        }
        "AWS::EFS::FileSystem" | "AWS::FSx::FileSystem" => {
            format!("fs-{}", hex_digest(&unique, 17))
        }
        "AWS::SSM::Parameter" => name.trim_start_matches('/').to_owned(),
        _ if kind.prefix.is_empty() => name.to_owned(),
        _ => format!("{}{}", kind.prefix, hex_digest(&unique, 17)),
    }
}

fn take_step(world: &mut World, task: &Task) {
    let number = task.id.parse::<usize>().ok();
    let Some(step) = number.and_then(|number| world.script.steps.get(number)).cloned() else {
        return;
    };
    if let Err((what, error)) = step.take(world) {
        tracing::warn!(line = step.line, what, error, "a step of the scenario went wrong");
    }
}

impl Step {
    /// Does the step everywhere and for every item; the first that goes wrong ends it, as what it was and why.
    fn take(&self, world: &mut World) -> Result<(), (String, String)> {
        for (account, region) in &self.places {
            for item in &self.items {
                let what = self.action.name();
                let done = self.act(world, (account, region), item);
                let error = done.as_ref().err().cloned();
                let at = world.now();
                world.script.diary.push(Happened {
                    at,
                    line: self.line,
                    what: what.clone(),
                    error,
                });
                done.map_err(|error| (what, error))?;
            }
        }
        Ok(())
    }

    fn act(
        &self,
        world: &mut World,
        (account, region): (&AccountId, &Region),
        item: &str,
    ) -> Result<(), String> {
        let now = world.now();
        let scope = Scope { account, region, item, now, saved: &world.script.saved };
        match self.action.filled(&scope)? {
            StepAction::Call { service, operation, input, save } => {
                let answer = self.call(world, (account, region), (&service, &operation), &input)?;
                for (name, path) in save {
                    let found = answer.path(&path);
                    let found = found.ok_or_else(|| format!("the answer has no `{path}`"))?;
                    let value = found.to_json();
                    let saved = &mut world.script.saved;
                    saved.insert(format!("{account}/{region}/{name}"), value.clone());
                    saved.insert(name, value);
                }
                Ok(())
            }
            StepAction::Fault(rule) => {
                world.add_fault(rule);
                Ok(())
            }
            StepAction::ClearFaults => {
                world.faults.clear();
                Ok(())
            }
            StepAction::Tags { arn, add, remove } => edit_tags(world, &arn, &add, &remove),
            StepAction::Remove { arn } => {
                let (place, id) = world.store.locate(&arn).ok_or_else(|| no_resource(&arn))?;
                world.remove(&place, &id);
                Ok(())
            }
            StepAction::Happening { name, detail } => {
                let happening = happening::named(&name).ok_or("nobody knows what this is")?;
                (happening.act)(world, &Place::of(account, region, &STEP), &detail)
            }
        }
    }

    /// Makes a call as the user who does the step. Nobody asks for permissions.
    fn call(
        &self,
        world: &mut World,
        (account, region): (&AccountId, &Region),
        (service, operation): (&str, &str),
        input: &Json,
    ) -> Result<Value, String> {
        let model = catalog().service(service).map_err(|error| error.to_string())?;
        let shape = model.operation(operation).map_err(|error| error.to_string())?;
        let input = reeve_model::conform(&model, shape, input).map_err(|problems| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })?;
        let definition = SERVED.iter().find(|served| served.model == service).copied();
        let definition = definition.ok_or("the twin does not serve this service")?;
        let mut caller = Caller::service(account, "operator");
        caller.arn = format!("arn:{}:iam::{account}:user/{}", region.partition().as_str(), self.by);
        caller.user_id = format!("AIDA{}", hex_digest(&caller.arn, 17).to_uppercase());
        caller.is_session = false;
        caller.invoked_by = None;
        let call = Call {
            service: definition,
            model: Arc::clone(&model),
            operation: operation.to_owned(),
            caller,
            region: region.clone(),
            input,
            now: world.now(),
        };
        match (world.perform(&call), self.refused) {
            (Ok(answer), false) => Ok(answer),
            (Ok(_), true) => Err("was expected to be refused, and was not".to_owned()),
            (Err(_), true) => Ok(Value::object()),
            (Err(failure), false) => Err(format!("{}: {}", failure.code, failure.message)),
        }
    }
}

impl StepAction {
    /// The same with every placeholder filled.
    fn filled(&self, scope: &Scope<'_>) -> Result<Self, String> {
        Ok(match self {
            Self::Call { service, operation, input, save } => Self::Call {
                service: service.clone(),
                operation: operation.clone(),
                input: scope.fill(input)?,
                save: save
                    .iter()
                    .map(|(name, path)| Ok((scope.fill_text(name)?, path.clone())))
                    .collect::<Result<_, String>>()?,
            },
            Self::Fault(rule) => {
                let resource = rule.resource.as_deref().map(|text| scope.fill_text(text));
                Self::Fault(FaultRule { resource: resource.transpose()?, ..rule.clone() })
            }
            Self::Tags { arn, add, remove } => {
                Self::Tags { arn: scope.fill_text(arn)?, add: add.clone(), remove: remove.clone() }
            }
            Self::Remove { arn } => Self::Remove { arn: scope.fill_text(arn)? },
            Self::Happening { name, detail } => {
                Self::Happening { name: name.clone(), detail: scope.fill(detail)? }
            }
            Self::ClearFaults => Self::ClearFaults,
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Call { service, operation, .. } => format!("{service}:{operation}"),
            Self::Fault(_) => "fault".to_owned(),
            Self::ClearFaults => "clear-faults".to_owned(),
            Self::Tags { .. } => "tags".to_owned(),
            Self::Remove { .. } => "remove".to_owned(),
            Self::Happening { name, .. } => name.clone(),
        }
    }
}

fn edit_tags(world: &mut World, arn: &str, add: &Tags, remove: &[String]) -> Result<(), String> {
    let found = world.store.locate(arn).ok_or_else(|| no_resource(arn))?;
    let resource = world.store.get_mut(&found.0, &found.1).ok_or_else(|| no_resource(arn))?;
    let mut tags = Tags::clone(&resource.tags);
    tags.retain(|key, _| !remove.contains(key));
    tags.extend(add.clone());
    resource.set_tags(tags);
    Ok(())
}

fn no_resource(arn: &str) -> String {
    format!("there is no resource `{arn}`")
}

impl Place {
    /// A place for a kind; kinds that belong to no Region have one for all.
    pub(crate) fn of(account: &AccountId, region: &Region, kind: Kind) -> Self {
        let region = match kind.scope {
            kind::Scope::Regional => region.clone(),
            kind::Scope::Global => HOME_REGION.parse().unwrap_or_else(|_| region.clone()),
        };
        Self { account: account.clone(), region, kind }
    }
}
