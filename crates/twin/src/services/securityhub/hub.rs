//! Whether Security Hub is on in an account and Region, and which products send it findings.

use reeve_model::{Object, Value};

use super::standards;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{Create, NewId, TagAccess, TagInput},
    services::{Action, Part},
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&HUB, &SUBSCRIPTION],
    operations: &[
        ("EnableSecurityHub", Action::Create(&ENABLE)),
        ("DescribeHub", Action::Own(describe_hub)),
        ("DisableSecurityHub", Action::Own(disable)),
        ("UpdateSecurityHubConfiguration", Action::Own(configure)),
        ("DescribeProducts", Action::Own(products)),
        ("EnableImportFindingsForProduct", Action::Own(subscribe)),
        ("DisableImportFindingsForProduct", Action::Own(unsubscribe)),
        ("ListEnabledProductsForImport", Action::Own(subscriptions)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[],
};

/// A hub: one in each account and Region, called `default`.
pub(crate) static HUB: Definition = Definition {
    resource_type: "AWS::SecurityHub::Hub",
    tagging_type: "securityhub:hub",
    arn: "arn:{partition}:securityhub:{region}:{account}:hub/{id}",
    identity: &[("HubArn", Identity::Arn)],
    missing: Missing::new("InvalidAccessException", NOT_ENABLED).with_status(401),
    ..Definition::OF
};

/// A product that sends findings.
pub(crate) static SUBSCRIPTION: Definition = Definition {
    resource_type: "AWS::SecurityHub::ProductSubscription",
    arn: "arn:{partition}:securityhub:{region}:{account}:product-subscription/{id}",
    missing: Missing::new("ResourceNotFoundException", "The subscription {id} was not found")
        .with_status(404),
    ..Definition::OF
};

const NOT_ENABLED: &str = "Account is not subscribed to AWS Security Hub";
/// The name of every hub.
pub(super) const DEFAULT: &str = "default";

/// How listings are paged.
pub(super) static PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (100, 100), "InvalidInputException");

static ENABLE: Create = Create {
    kind: &HUB,
    id: NewId::Made(|_, _| Ok(DEFAULT.to_owned())),
    keep: &[],
    facts: first_facts,
    tags: TagInput::Map("Tags"),
    exists: ("ResourceConflictException", "Account is already subscribed to Security Hub"),
    then: enabled,
    ..Create::OF
};

static TAGS: TagAccess = TagAccess { kinds: &[&HUB], tags: TagInput::Map("Tags"), ..TagAccess::OF };

/// The products whose findings come without being asked for.
const OWN_PRODUCTS: [(&str, &str, &str); 6] = [
    ("aws/guardduty", "GuardDuty", "Threat detection"),
    ("aws/inspector", "Inspector", "Vulnerability management"),
    ("aws/macie", "Macie", "Sensitive data discovery"),
    ("aws/config", "Config", "Configuration compliance"),
    ("aws/health", "Health", "Security related events"),
    ("aws/access-analyzer", "IAM Access Analyzer", "External access"),
];

fn first_facts(call: &Call, world: &mut World) -> Object {
    object! {
        "SubscribedAt": (world.now().to_string()),
        "AutoEnableControls": (true),
        "ControlFindingGenerator": (call.text("ControlFindingGenerator").unwrap_or("SECURITY_CONTROL"))
    }
}

fn enabled(call: &Call, world: &mut World, _: &str) -> Result<(), Failure> {
    let place = call.place(&SUBSCRIPTION);
    for (product, _, _) in OWN_PRODUCTS {
        world.put(place.clone(), product, Resource::default());
    }
    if call.input.get("EnableDefaultStandards").and_then(Value::as_bool).unwrap_or(true) {
        standards::enable_default(world, &place);
    }
    Ok(())
}

/// Refuses unless the caller's hub is on.
pub(super) fn required(call: &Call, world: &World) -> Result<(), Failure> {
    call.find(world, &HUB, DEFAULT).map(|_| ())
}

/// Whether the hub of a place is on.
pub(super) fn is_on(world: &World, place: &Place) -> bool {
    world.get(&place.beside(&HUB), DEFAULT).is_some()
}

fn describe_hub(call: &Call, world: &mut World) -> Answer {
    let found = call.find(world, &HUB, DEFAULT)?;
    let place = call.place(&HUB);
    let shown = place.describe(&HUB, DEFAULT, found);
    Ok(call.fit(shown.into()))
}

fn disable(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    world.remove(&call.place(&HUB), DEFAULT);
    let kinds = [
        &SUBSCRIPTION,
        &super::findings::FINDING,
        &standards::STANDARD,
        &super::insights::INSIGHT,
        &super::insights::ACTION_TARGET,
    ];
    for kind in kinds {
        let place = call.place(kind);
        let ids: Vec<String> = world.shelf(&place).keys().cloned().collect();
        for id in ids {
            world.remove(&place, &id);
        }
    }
    Ok(Value::object())
}

fn configure(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&HUB);
    world.change(&place, DEFAULT, |facts| {
        facts.extend(call.given(["AutoEnableControls", "ControlFindingGenerator"]));
    });
    Ok(Value::object())
}

fn product_arn(call: &Call, product: &str) -> String {
    format!("arn:{}:securityhub:{}::product/{product}", call.region.partition(), call.region)
}

fn products(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let wanted = call.text("ProductArn");
    let shown = OWN_PRODUCTS.iter().map(|(product, name, what)| {
        value!({
            "ProductArn": (product_arn(call, product)),
            "ProductName": (*name),
            "CompanyName": "AWS",
            "Description": (*what),
            "Categories": [(*what)],
            "IntegrationTypes": ["SEND_FINDINGS_TO_SECURITY_HUB"]
        })
    });
    let shown = shown.filter(|one| {
        wanted.is_none_or(|wanted| one.get("ProductArn").and_then(Value::as_str) == Some(wanted))
    });
    PAGES.slice(call, "Products", shown.collect())
}

fn subscribe(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let arn = call.required("ProductArn")?;
    let product = arn.split_once(":product/").map(|(_, product)| product);
    let product = product.ok_or_else(|| call.invalid(format!("Invalid parameter: {arn}")))?;
    let place = call.place(&SUBSCRIPTION);
    if world.get(&place, product).is_some() {
        let message = "The product is already enabled for import";
        return Err(Failure::new("ResourceConflictException", message).with_status(409));
    }
    world.put(place.clone(), product, Resource::default());
    let arn = place.arn_of(&SUBSCRIPTION, product);
    Ok(value!({ "ProductSubscriptionArn": (arn) }))
}

fn unsubscribe(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let arn = call.required("ProductSubscriptionArn")?;
    let id = call.id_of(&SUBSCRIPTION, arn);
    let removed = world.remove(&call.place(&SUBSCRIPTION), &id);
    removed.ok_or_else(|| SUBSCRIPTION.missing.failure(arn))?;
    Ok(Value::object())
}

fn subscriptions(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&SUBSCRIPTION);
    let arns =
        world.shelf(&place).keys().map(|id| Value::from(place.arn_of(&SUBSCRIPTION, id))).collect();
    PAGES.slice(call, "ProductSubscriptions", arns)
}
