//! Whether Macie is on in an account and Region.

use reeve_model::Value;

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Missing},
    page::Paging,
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SESSION],
    operations: &[
        ("EnableMacie", Action::Own(enable)),
        ("GetMacieSession", Action::Own(get)),
        ("UpdateMacieSession", Action::Own(update)),
        ("DisableMacie", Action::Own(disable)),
    ],
    tasks: &[],
};

/// Macie in an account and Region.
pub(crate) static SESSION: Definition = Definition {
    resource_type: "AWS::Macie::Session",
    arn: "arn:{partition}:macie2:{region}:{account}:session/{id}",
    missing: Missing::new("AccessDeniedException", "Macie is not enabled.").with_status(403),
    ..Definition::OF
};

const ONE: &str = "session";

/// How listings are paged.
pub(super) static PAGES: Paging =
    Paging::of("maxResults", "nextToken", (50, 50), "ValidationException");

/// Refuses unless Macie is on.
pub(super) fn required(call: &Call, world: &World) -> Result<(), Failure> {
    call.find(world, &SESSION, ONE).map(|_| ())
}

/// Whether Macie is on and not paused.
pub(super) fn is_on(world: &World, place: &Place) -> bool {
    let found = world.get(&place.beside(&SESSION), ONE);
    found.is_some_and(|one| one.fact("status") == Some("ENABLED"))
}

fn enable(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&SESSION);
    if world.get(&place, ONE).is_some() {
        return Err(
            Failure::new("ConflictException", "Macie has already been enabled").with_status(409)
        );
    }
    let session = object! {
        "createdAt": (world.now()),
        "updatedAt": (world.now()),
        "findingPublishingFrequency": (call.text("findingPublishingFrequency").unwrap_or("FIFTEEN_MINUTES")),
        "status": (call.text("status").unwrap_or("ENABLED")),
        "serviceRole": (format!("arn:aws:iam::{}:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie", call.account()))
    };
    world.put(place, ONE, Resource::new(facts(session), std::sync::Arc::default()));
    Ok(Value::object())
}

fn get(call: &Call, world: &mut World) -> Answer {
    let found = call.find(world, &SESSION, ONE)?;
    Ok(call.fit(Value::Object((*found.facts).clone())))
}

fn update(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let now = world.now();
    world.change(&call.place(&SESSION), ONE, |facts| {
        facts.extend(call.given_texts(["findingPublishingFrequency", "status"]));
        facts.insert("updatedAt", now);
    });
    Ok(Value::object())
}

fn disable(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    world.remove(&call.place(&SESSION), ONE);
    for kind in [&super::findings::FINDING, &super::jobs::JOB] {
        let place = call.place(kind);
        let ids: Vec<String> = world.shelf(&place).keys().cloned().collect();
        for id in ids {
            world.remove(&place, &id);
        }
    }
    Ok(Value::object())
}
