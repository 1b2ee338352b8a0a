//! Identity providers, of `OpenID` Connect and of SAML.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{
    common::{exists, page_with, shown},
    kinds::{OIDC_PROVIDER, SAML_PROVIDER},
    users::{new_tags, with_tags},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    recipe::{TagAccess, TagInput},
    services::{Action, Part},
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

static OIDC_TAGS: TagAccess = TagAccess {
    arn: "OpenIDConnectProviderArn",
    kinds: &[&OIDC_PROVIDER],
    tags: TagInput::List("Tags"),
    keys: "TagKeys",
    output: "Tags",
    ..TagAccess::OF
};

static SAML_TAGS: TagAccess = TagAccess {
    arn: "SAMLProviderArn",
    kinds: &[&SAML_PROVIDER],
    tags: TagInput::List("Tags"),
    keys: "TagKeys",
    output: "Tags",
    ..TagAccess::OF
};

pub(super) static PART: Part = Part {
    kinds: &[&OIDC_PROVIDER, &SAML_PROVIDER],
    operations: &[
        ("CreateOpenIDConnectProvider", Action::Own(create_oidc)),
        ("GetOpenIDConnectProvider", Action::Own(get_oidc)),
        ("ListOpenIDConnectProviders", Action::Own(list_oidc)),
        ("DeleteOpenIDConnectProvider", Action::Own(delete_oidc)),
        ("AddClientIDToOpenIDConnectProvider", Action::Own(add_client)),
        ("RemoveClientIDFromOpenIDConnectProvider", Action::Own(remove_client)),
        ("UpdateOpenIDConnectProviderThumbprint", Action::Own(update_thumbprints)),
        ("TagOpenIDConnectProvider", Action::Tag(&OIDC_TAGS)),
        ("UntagOpenIDConnectProvider", Action::Untag(&OIDC_TAGS)),
        ("ListOpenIDConnectProviderTags", Action::Own(list_tags)),
        ("CreateSAMLProvider", Action::Own(create_saml)),
        ("GetSAMLProvider", Action::Own(get_saml)),
        ("ListSAMLProviders", Action::Own(list_saml)),
        ("UpdateSAMLProvider", Action::Own(update_saml)),
        ("DeleteSAMLProvider", Action::Own(delete_saml)),
        ("TagSAMLProvider", Action::Tag(&SAML_TAGS)),
        ("UntagSAMLProvider", Action::Untag(&SAML_TAGS)),
        ("ListSAMLProviderTags", Action::Own(list_tags)),
    ],
    tasks: &[],
};

fn put(
    call: &Call,
    world: &mut World,
    kind: Kind,
    id: &str,
    described: Object,
) -> Result<String, Failure> {
    let place = call.place(kind);
    if world.get(&place, id).is_some() {
        return Err(exists(format!("Provider with url {id} already exists.")));
    }
    let tags = new_tags(call)?;
    world.put(place.clone(), id, Resource::new(facts(described), Arc::new(tags)));
    Ok(place.arn_of(kind, id))
}

fn found(call: &Call, world: &World, kind: Kind, member: &str) -> Result<String, Failure> {
    let arn = call.required(member)?;
    let id = call.id_of(kind, arn);
    world.get(&call.place(kind), &id).map(|_| id).ok_or_else(|| kind.missing.failure(arn))
}

fn create_oidc(call: &Call, world: &mut World) -> Answer {
    let url = call.required("Url")?;
    let host = url.strip_prefix("https://").map(|host| host.trim_end_matches('/'));
    let host = host
        .filter(|host| !host.is_empty())
        .ok_or_else(|| call.invalid("Invalid Open ID Connect Provider URL"))?;
    let described = object! {
        "Url": (host),
        "ClientIDList": (call.list("ClientIDList").to_vec()),
        "ThumbprintList": (call.list("ThumbprintList").to_vec()),
        "CreateDate": (call.now),
    };
    let arn = put(call, world, &OIDC_PROVIDER, host, described)?;
    Ok(value!({"OpenIDConnectProviderArn": (arn)}))
}

fn get_oidc(call: &Call, world: &mut World) -> Answer {
    let id = found(call, world, &OIDC_PROVIDER, "OpenIDConnectProviderArn")?;
    Ok(call.fit(with_tags(shown(world, &call.place(&OIDC_PROVIDER), &id)).into()))
}

fn list_oidc(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&OIDC_PROVIDER);
    let arns =
        world.shelf(&place).keys().map(|id| value!({"Arn": (place.arn_of(&OIDC_PROVIDER, id))}));
    Ok(value!({"OpenIDConnectProviderList": (arns.collect::<Value>())}))
}

fn delete_oidc(call: &Call, world: &mut World) -> Answer {
    let id = found(call, world, &OIDC_PROVIDER, "OpenIDConnectProviderArn")?;
    world.remove(&call.place(&OIDC_PROVIDER), &id);
    Ok(Value::object())
}

fn change_list(
    call: &Call,
    world: &mut World,
    member: &str,
    change: impl FnOnce(&mut Vec<Value>),
) -> Answer {
    let id = found(call, world, &OIDC_PROVIDER, "OpenIDConnectProviderArn")?;
    world.change(&call.place(&OIDC_PROVIDER), &id, |facts| {
        let mut list = facts.list(member).to_vec();
        change(&mut list);
        facts.insert(member, list);
    });
    Ok(Value::object())
}

fn add_client(call: &Call, world: &mut World) -> Answer {
    let client = Value::from(call.required("ClientID")?);
    change_list(call, world, "ClientIDList", |list| {
        if !list.contains(&client) {
            list.push(client);
        }
    })
}

fn remove_client(call: &Call, world: &mut World) -> Answer {
    let client = Value::from(call.required("ClientID")?);
    change_list(call, world, "ClientIDList", |list| list.retain(|known| *known != client))
}

fn update_thumbprints(call: &Call, world: &mut World) -> Answer {
    let thumbprints = call.list("ThumbprintList").to_vec();
    change_list(call, world, "ThumbprintList", |list| *list = thumbprints)
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (kind, member): (Kind, &str) = if call.operation.contains("SAML") {
        (&SAML_PROVIDER, "SAMLProviderArn")
    } else {
        (&OIDC_PROVIDER, "OpenIDConnectProviderArn")
    };
    let id = found(call, world, kind, member)?;
    let tags = call.find(world, kind, &id)?.tags.clone();
    let entries = tags.iter().map(|(key, value)| (key.clone(), crate::kind::tag_pair(key, value)));
    page_with(call, "Tags", entries.collect(), Object::new())
}

/// How long a provider is good for whose document says nothing else.
const SAML_VALID: SignedDuration = SignedDuration::from_hours(24 * 365);

fn check_metadata(call: &Call) -> Result<&str, Failure> {
    let document = call.required("SAMLMetadataDocument")?;
    if document.contains("EntityDescriptor") {
        return Ok(document);
    }
    Err(Failure::new("InvalidInput", "Could not parse metadata"))
}

fn create_saml(call: &Call, world: &mut World) -> Answer {
    let document = check_metadata(call)?;
    let valid = call.now.saturating_add(SAML_VALID).unwrap_or(call.now);
    let described = object! {
        "SAMLMetadataDocument": (document), "CreateDate": (call.now), "ValidUntil": (valid),
    };
    let arn = put(call, world, &SAML_PROVIDER, call.required("Name")?, described)?;
    Ok(value!({"SAMLProviderArn": (arn)}))
}

fn get_saml(call: &Call, world: &mut World) -> Answer {
    let id = found(call, world, &SAML_PROVIDER, "SAMLProviderArn")?;
    Ok(call.fit(with_tags(shown(world, &call.place(&SAML_PROVIDER), &id)).into()))
}

fn list_saml(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&SAML_PROVIDER);
    let list = world.shelf(&place).keys().map(|id| Value::from(shown(world, &place, id)));
    Ok(call.fit(value!({"SAMLProviderList": (list.collect::<Value>())})))
}

fn update_saml(call: &Call, world: &mut World) -> Answer {
    let id = found(call, world, &SAML_PROVIDER, "SAMLProviderArn")?;
    let document = check_metadata(call)?;
    world.set(&call.place(&SAML_PROVIDER), &id, "SAMLMetadataDocument", document);
    Ok(value!({"SAMLProviderArn": (call.required("SAMLProviderArn")?)}))
}

fn delete_saml(call: &Call, world: &mut World) -> Answer {
    let id = found(call, world, &SAML_PROVIDER, "SAMLProviderArn")?;
    world.remove(&call.place(&SAML_PROVIDER), &id);
    Ok(Value::object())
}
