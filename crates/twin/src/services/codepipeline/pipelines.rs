//! Pipelines as they are declared.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{TagAccess, TagInput},
    services::{Action, Part},
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&PIPELINE],
    operations: &[
        ("CreatePipeline", Action::Own(create)),
        ("GetPipeline", Action::Own(get)),
        ("UpdatePipeline", Action::Own(update)),
        ("DeletePipeline", Action::Own(delete)),
        ("ListPipelines", Action::Own(list)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[],
};

/// A pipeline.
pub(crate) static PIPELINE: Definition = Definition {
    resource_type: "AWS::CodePipeline::Pipeline",
    tagging_type: "codepipeline:pipeline",
    arn: "arn:{partition}:codepipeline:{region}:{account}:{id}",
    identity: &[("name", Identity::Id)],
    missing: Missing::new(
        "PipelineNotFoundException",
        "Account does not have a pipeline with name '{id}'",
    ),
    ..Definition::OF
};

static TAGS: TagAccess = TagAccess {
    arn: "resourceArn",
    kinds: &[&PIPELINE],
    tags: TagInput::LowerList("tags"),
    keys: "tagKeys",
    output: "tags",
    ..TagAccess::OF
};

/// How listings are paged.
pub(super) static PAGES: Paging =
    Paging::of("maxResults", "nextToken", (100, 1000), "InvalidNextTokenException");

/// The categories and providers of actions that are performed here.
const PROVIDERS: [(&str, &str); 5] = [
    ("Source", "S3"),
    ("Approval", "Manual"),
    ("Invoke", "Lambda"),
    ("Deploy", "CodeDeploy"),
    ("Deploy", "CloudFormation"),
];

fn check(pipeline: &Object) -> Result<(), Failure> {
    let stages = pipeline.list("stages");
    if stages.len() < 2 {
        let message = "Pipeline has fewer than 2 stages";
        return Err(Failure::new("InvalidStructureException", message));
    }
    for action in stages.iter().flat_map(|stage| stage.list("actions")) {
        let provider =
            action.path("actionTypeId.provider").and_then(Value::as_str).unwrap_or_default();
        let category =
            action.path("actionTypeId.category").and_then(Value::as_str).unwrap_or_default();
        let mode = action.path("configuration.ActionMode").and_then(Value::as_str);
        let is_done = PROVIDERS.contains(&(category, provider))
            // Templates would have to come out of an artifact, and nothing here opens those.
            && (provider != "CloudFormation" || mode == Some("DELETE_ONLY"));
        if !is_done {
            let message = format!(
                "ActionType (Category: '{category}', Provider: '{provider}') is not supported here"
            );
            return Err(Failure::new("InvalidActionDeclarationException", message));
        }
    }
    Ok(())
}

fn create(call: &Call, world: &mut World) -> Answer {
    let mut pipeline = call.object("pipeline").cloned().unwrap_or_default();
    check(&pipeline)?;
    let name = pipeline.text("name").to_owned();
    let place = call.place(&PIPELINE);
    if world.get(&place, &name).is_some() {
        let message = format!(
            "A pipeline with the name '{name}' already exists in account '{}'",
            call.account()
        );
        return Err(Failure::new("PipelineNameInUseException", message));
    }
    pipeline.insert("version", 1);
    let tags = tagging::lower_listed(call, "tags");
    tagging::check(call, &tags)?;
    let now = world.now();
    let inside = object! { "created": (now), "updated": (now), "Disabled": {} };
    let resource =
        Resource::new(facts(pipeline.clone()), std::sync::Arc::new(tags.into_iter().collect()));
    world.put(place, name, resource.with_inside(inside));
    Ok(call
        .fit(value!({ "pipeline": (pipeline), "tags": (Value::List(call.list("tags").to_vec())) })))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let name = call.required("name")?;
    let found = call.find(world, &PIPELINE, name)?;
    let current = found.value("version").and_then(Value::as_i64);
    if call.integer("version").is_some_and(|wanted| Some(wanted) != current) {
        let message = format!("Pipeline {name} does not have this version");
        return Err(Failure::new("PipelineVersionNotFoundException", message));
    }
    let place = call.place(&PIPELINE);
    let part = |member: &str| found.inside.get(member).cloned().unwrap_or_default();
    Ok(call.fit(value!({
        "pipeline": ((*found.facts).clone()),
        "metadata": {
            "pipelineArn": (place.arn_of(&PIPELINE, name)),
            "created": (part("created")),
            "updated": (part("updated"))
        }
    })))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let mut pipeline = call.object("pipeline").cloned().unwrap_or_default();
    check(&pipeline)?;
    let name = pipeline.text("name").to_owned();
    let version =
        call.find(world, &PIPELINE, &name)?.value("version").and_then(Value::as_i64).unwrap_or(1);
    pipeline.insert("version", version + 1);
    let (place, now, kept) = (call.place(&PIPELINE), world.now(), pipeline.clone());
    world.change(&place, &name, |facts| *facts = kept);
    world.set_inside(&place, &name, "updated", now);
    Ok(call.fit(value!({ "pipeline": (pipeline) })))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("name")?;
    world.remove(&call.place(&PIPELINE), name);
    Ok(Value::object())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let shown = world
        .shelf(&call.place(&PIPELINE))
        .values()
        .map(|one| {
            let mut shown = (*one.facts).clone();
            for member in ["created", "updated"] {
                shown.insert(member, one.inside.get(member).cloned().unwrap_or_default());
            }
            shown.into()
        })
        .collect();
    PAGES.slice(call, "pipelines", shown)
}
