//! Documents: those that AWS owns, and an account's own with their versions.

use reeve_model::{Object, Value};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    builtin::{self, BuiltIn},
    document,
    shared::{FIFTY, conditions},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::Action,
    seed::INSIDE,
    services::Part,
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&DOCUMENT],
    operations: &[
        ("CreateDocument", Action::Own(create)),
        ("UpdateDocument", Action::Own(update)),
        ("UpdateDocumentDefaultVersion", Action::Own(set_default)),
        ("DescribeDocument", Action::Own(describe_document)),
        ("GetDocument", Action::Own(get)),
        ("ListDocuments", Action::Own(list)),
        ("ListDocumentVersions", Action::Own(list_versions)),
        ("DeleteDocument", Action::Own(delete)),
        ("DescribeDocumentPermission", Action::Own(permissions)),
        ("ModifyDocumentPermission", Action::Own(share)),
    ],
    tasks: &[],
};

/// A document of an account. Inside: `Versions`, a list of what each version adds, `Shared`, a list of accounts.
pub(super) static DOCUMENT: Definition = Definition {
    resource_type: "AWS::SSM::Document",
    tagging_type: "ssm:document",
    arn: "arn:{partition}:ssm:{region}:{account}:document/{id}",
    identity: &[("Name", Identity::Id), ("Owner", Identity::Account)],
    tags: crate::kind::TagForm::List("Tags"),
    missing: Missing::new("InvalidDocument", "Document with name {id} does not exist."),
    sample: Some(|sample| {
        let content = json!({
            "schemaVersion": "2.2",
            "description": sample.id,
            "mainSteps": [{
                "action": "aws:runShellScript",
                "name": "run",
                "inputs": {"runCommand": ["uptime"]},
            }],
        });
        let content = content.to_string();
        json!({
            "DocumentType": "Command",
            "CreatedDate": sample.created(),
            "Status": "Active",
            "DefaultVersion": "1",
            "LatestVersion": "1",
            INSIDE: {"Shared": [], "Versions": [{
                "DocumentVersion": "1",
                "Content": content,
                "DocumentFormat": "JSON",
                "CreatedDate": sample.created(),
                "Hash": hex::encode(Sha256::digest(&content)),
                "HashType": "Sha256",
                "PlatformTypes": ["Windows", "Linux", "MacOS"],
                "Description": sample.id,
                "SchemaVersion": "2.2",
            }]},
        })
    }),
    ..Definition::OF
};

const MOST_VERSIONS: usize = 1_000;
const LARGEST: usize = 64 * 1024;

/// A document that a command may run.
#[derive(Debug, Clone)]
pub(super) struct Runnable {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) platforms: Vec<String>,
    pub(super) content: Value,
}

/// The document of a name, as its place sees it: AWS's, its own, or one that another account shares.
pub(super) fn runnable(
    world: &World,
    place: &Place,
    name: &str,
    version: Option<&str>,
) -> Result<Runnable, Failure> {
    if let Some(found) = builtin::named(name) {
        return Ok(Runnable {
            name: found.name.to_owned(),
            kind: found.kind.to_owned(),
            platforms: found.platforms.iter().map(|one| (*one).to_owned()).collect(),
            content: found.content.clone(),
        });
    }
    let (owner, id) = located(world, place, name)?;
    let missing = || DOCUMENT.missing.failure(name);
    let found = world.get(&owner, &id).ok_or_else(missing)?;
    let chosen = chosen(found, version, None)?;
    let format = chosen.text("DocumentFormat");
    let platforms = chosen.list("PlatformTypes");
    Ok(Runnable {
        name: name.to_owned(),
        kind: found.fact("DocumentType").unwrap_or("Command").to_owned(),
        platforms: platforms.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        content: document::parse(chosen.text("Content"), format).unwrap_or_default(),
    })
}

/// The text of a document of the place's own account.
pub(super) fn content(world: &World, place: &Place, name: &str) -> Option<(String, String)> {
    let (owner, id) = located(world, place, name).ok()?;
    let found = world.get(&owner, &id)?;
    let chosen = chosen(found, None, None).ok()?;
    Some((found.fact("DocumentType")?.to_owned(), chosen.text("Content").to_owned()))
}

/// Where a document is: in the account, or in the one that its ARN names if that shares it.
fn located(world: &World, place: &Place, name: &str) -> Result<(Place, String), Failure> {
    let here = place.beside(&DOCUMENT);
    let missing = || DOCUMENT.missing.failure(name);
    if !name.starts_with("arn:") {
        return world.get(&here, name).map(|_| (here.clone(), name.to_owned())).ok_or_else(missing);
    }
    let (owner, id) = world.store.parse(name).ok_or_else(missing)?;
    let found = world.get(&owner, &id).ok_or_else(missing)?;
    let shared = found.inside.list("Shared");
    let account = place.account.as_str();
    let open = shared.iter().filter_map(Value::as_str).any(|one| one == "all" || one == account);
    let ours = owner.account == place.account;
    if owner.kind == &DOCUMENT && (ours || open) { Ok((owner, id)) } else { Err(missing()) }
}

fn versions(document: &Resource) -> &[Value] {
    document.inside.get("Versions").map_or(&[], Value::as_list)
}

/// The version that is asked for, the default one if none is.
fn chosen(
    document: &Resource,
    version: Option<&str>,
    name: Option<&str>,
) -> Result<Object, Failure> {
    let wanted = match version {
        Some("$LATEST") => document.fact("LatestVersion"),
        Some("$DEFAULT") | None => document.fact("DefaultVersion"),
        other => other,
    };
    let fits = |one: &&Value| match name {
        Some(name) => one.get("VersionName").and_then(Value::as_str) == Some(name),
        None => one.get("DocumentVersion").and_then(Value::as_str) == wanted,
    };
    let found = versions(document).iter().find(fits).and_then(Value::as_object).cloned();
    found.ok_or_else(|| {
        let message = "The document version is not valid or does not exist.";
        Failure::new("InvalidDocumentVersion", message)
    })
}

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    for unsupported in ["Attachments", "Requires"] {
        if !call.list(unsupported).is_empty() {
            return Err(Failure::new(
                "NotImplemented",
                format!("the twin does not implement {unsupported}"),
            ));
        }
    }
    let reserved =
        ["aws", "amazon", "amzn"].iter().any(|prefix| name.to_lowercase().starts_with(prefix));
    if reserved {
        return Err(call.invalid(format!("Document name {name} begins with a reserved prefix")));
    }
    let place = call.place(&DOCUMENT);
    if world.get(&place, name).is_some() {
        let message = format!("Document with same name {name} already exists");
        return Err(Failure::new("DocumentAlreadyExists", message));
    }
    let kind = call.text("DocumentType").unwrap_or("Command").to_owned();
    let version = version(call, &kind, "1")?;
    let mut described = object! {
        "DocumentType": (kind), "CreatedDate": (call.now), "Status": "Active",
        "DefaultVersion": "1", "LatestVersion": "1",
    };
    described.extend(call.given_texts(["DisplayName", "TargetType"]));
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let tags = std::sync::Arc::new(given.into_iter().collect());
    let inside = object! {"Versions": (vec![Value::from(version)]), "Shared": []};
    world.put(place, name, Resource::new(facts(described), tags).with_inside(inside));
    shown(call, world, name, "1")
}

/// What a version of a document holds.
fn version(call: &Call, kind: &str, number: &str) -> Result<Object, Failure> {
    let content = call.required("Content")?;
    if content.len() > LARGEST {
        let message = "The size limit of a document is 64 KB.";
        return Err(Failure::new("MaxDocumentSizeExceeded", message));
    }
    let format = call.text("DocumentFormat").unwrap_or("JSON").to_owned();
    let mut version = object! {
        "DocumentVersion": number, "Content": content, "DocumentFormat": (format.as_str()),
        "CreatedDate": (call.now), "Hash": (hex::encode(Sha256::digest(content))), "HashType": "Sha256",
        "PlatformTypes": ["Windows", "Linux", "MacOS"],
    };
    version.extend(call.given_texts(["VersionName"]));
    if kind == "ChangeCalendar" {
        if !content.contains("BEGIN:VCALENDAR") {
            return Err(Failure::new("InvalidDocumentContent", "The content is no calendar."));
        }
        return Ok(version);
    }
    let parsed = document::parse(content, &format)?;
    if matches!(kind, "Command" | "Policy") {
        document::check_command(&parsed)?;
    }
    if let Some(description) = parsed.get("description").and_then(Value::as_str) {
        version.insert("Description", description);
    }
    let schema = parsed.get("schemaVersion").and_then(Value::as_str).unwrap_or("2.2");
    version.insert("SchemaVersion", schema);
    let parameters = document::declared(&parsed);
    if !parameters.is_empty() {
        version.insert("Parameters", Value::List(parameters));
    }
    version.insert("PlatformTypes", Value::List(platforms(&parsed)));
    Ok(version)
}

fn platforms(content: &Value) -> Vec<Value> {
    let steps = document::steps(content);
    let only =
        |action: &str| steps.iter().all(|step| step.action == action && step.platform.is_none());
    let names: &[&str] = if only("aws:runShellScript") {
        &["Linux", "MacOS"]
    } else {
        &["Windows", "Linux", "MacOS"]
    };
    names.iter().map(|name| Value::from(*name)).collect()
}

fn update(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let document = call.find(world, &DOCUMENT, name)?;
    let kind = document.fact("DocumentType").unwrap_or("Command").to_owned();
    let existing = versions(document);
    if existing.len() >= MOST_VERSIONS {
        let message = "The document has too many active versions. Delete one or more document versions and try again.";
        return Err(Failure::new("DocumentVersionLimitExceeded", message));
    }
    let last = existing.last().and_then(|last| last.get("DocumentVersion")?.as_str()?.parse().ok());
    let number = (last.unwrap_or(0_i64) + 1).to_string();
    let version = version(call, &kind, &number)?;
    let same = |one: &Value| one.get("Hash") == version.get("Hash");
    if document.fact("LatestVersion").is_some() && existing.last().is_some_and(same) {
        let message = "The content of the association document matches another document. Change the content of the document and try again.";
        return Err(Failure::new("DuplicateDocumentContent", message));
    }
    let place = call.place(&DOCUMENT);
    world.change_inside(&place, name, |inside| {
        if let Some(Value::List(versions)) = inside.get_mut("Versions") {
            versions.push(version.into());
        }
    });
    world.set(&place, name, "LatestVersion", number.as_str());
    shown(call, world, name, &number)
}

fn set_default(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let document = call.find(world, &DOCUMENT, name)?;
    let version = chosen(document, call.text("DocumentVersion"), None)?;
    let number = version.text("DocumentVersion").to_owned();
    world.set(&call.place(&DOCUMENT), name, "DefaultVersion", number.as_str());
    let mut description = object! {"Name": name, "DefaultVersion": (number)};
    if let Some(label) = version.get("VersionName") {
        description.insert("DefaultVersionName", label.clone());
    }
    Ok(value!({"Description": (description)}))
}

fn shown(call: &Call, world: &World, name: &str, version: &str) -> Answer {
    let document = call.find(world, &DOCUMENT, name)?;
    let described = described(call, name, document, Some(version), None)?;
    Ok(call.fit(value!({"DocumentDescription": (described)})))
}

fn described(
    call: &Call,
    name: &str,
    document: &Resource,
    version: Option<&str>,
    label: Option<&str>,
) -> Result<Object, Failure> {
    let mut description = call.describe(&DOCUMENT, name, document);
    for (member, value) in chosen(document, version, label)? {
        description.insert(member, value);
    }
    Ok(description)
}

fn built_in_description(document: &BuiltIn) -> Object {
    let schema = document.content.get("schemaVersion").cloned().unwrap_or_default();
    let platforms: Value = document.platforms.iter().map(|name| Value::from(*name)).collect();
    let mut shown = object! {
        "Name": (document.name), "Owner": "Amazon", "DocumentVersion": "1", "Status": "Active",
        "DocumentType": (document.kind), "DocumentFormat": "JSON", "SchemaVersion": (schema),
        "PlatformTypes": (platforms), "DefaultVersion": "1", "LatestVersion": "1", "Tags": [],
        "Hash": (hex::encode(Sha256::digest(&document.text))), "HashType": "Sha256",
        "CreatedDate": (jiff::Timestamp::from_second(1_500_000_000).unwrap_or_default()),
    };
    if let Some(description) = document.content.get("description") {
        shown.insert("Description", description.clone());
    }
    let parameters = document::declared(&document.content);
    if !parameters.is_empty() {
        shown.insert("Parameters", Value::List(parameters));
    }
    shown
}

fn describe_document(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let shown = match builtin::named(name) {
        Some(found) => built_in_description(found),
        None => {
            let (place, id) = located(world, &call.place(&DOCUMENT), name)?;
            let missing = || DOCUMENT.missing.failure(name);
            let document = world.get(&place, &id).ok_or_else(missing)?;
            let wanted = (call.text("DocumentVersion"), call.text("VersionName"));
            described(call, &id, document, wanted.0, wanted.1)?
        }
    };
    Ok(call.fit(value!({"Document": (shown)})))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let mut shown = match builtin::named(name) {
        Some(found) => {
            let mut shown = built_in_description(found);
            shown.insert("Content", found.text.as_str());
            shown
        }
        None => {
            let (place, id) = located(world, &call.place(&DOCUMENT), name)?;
            let missing = || DOCUMENT.missing.failure(name);
            let document = world.get(&place, &id).ok_or_else(missing)?;
            let wanted = (call.text("DocumentVersion"), call.text("VersionName"));
            described(call, &id, document, wanted.0, wanted.1)?
        }
    };
    if let Some(format) = call.text("DocumentFormat")
        && format == "JSON"
        && shown.text("DocumentFormat") == "YAML"
    {
        let parsed = document::parse(shown.text("Content"), "YAML")?;
        shown.insert("Content", parsed.to_json().to_string());
        shown.insert("DocumentFormat", "JSON");
    }
    Ok(call.fit(shown.into()))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let mut wanted = conditions(call, "Filters", ("Key", "Values"));
    wanted.extend(conditions(call, "DocumentFilterList", ("key", "value")));
    let place = call.place(&DOCUMENT);
    let own = world.shelf(&place).iter().filter_map(|(id, document)| {
        Some((id.clone(), described(call, id, document, None, None).ok()?))
    });
    let amazon = builtin::all()
        .iter()
        .map(|document| (document.name.to_owned(), built_in_description(document)));
    let mut items = Vec::new();
    for (name, shown) in own.chain(amazon) {
        let mut fits = true;
        for (key, values) in &wanted {
            fits &= holds(&shown, key, values)?;
        }
        if fits {
            items.push((name, shown.into()));
        }
    }
    FIFTY.sort(call, "DocumentIdentifiers", items)
}

fn holds(shown: &Object, key: &str, values: &[&str]) -> Result<bool, Failure> {
    let owner = shown.text("Owner");
    Ok(match key {
        "Name" => values.iter().any(|value| shown.text("Name").starts_with(value)),
        "Owner" => values.iter().any(|value| match *value {
            "Amazon" | "Public" => owner == "Amazon",
            "Self" | "Private" => owner != "Amazon",
            "All" => true,
            other => owner == other,
        }),
        "DocumentType" => values.contains(&shown.text("DocumentType")),
        "PlatformTypes" => {
            let platforms = shown.list("PlatformTypes");
            platforms.iter().filter_map(Value::as_str).any(|one| values.contains(&one))
        }
        "SearchKeyword" => values.iter().all(|value| {
            let word = value.to_lowercase();
            shown.text("Name").to_lowercase().contains(&word)
                || shown.text("Description").to_lowercase().contains(&word)
        }),
        _ => match key.strip_prefix("tag:") {
            Some(tag) => shown
                .list("Tags")
                .iter()
                .any(|one| one.text("Key") == tag && values.contains(&one.text("Value"))),
            None => {
                let message = format!("The filter key {key} is not valid");
                return Err(Failure::new("InvalidFilterKey", message));
            }
        },
    })
}

fn list_versions(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    if let Some(found) = builtin::named(name) {
        let mut shown = built_in_description(found);
        shown.insert("IsDefaultVersion", true);
        return FIFTY.sort(call, "DocumentVersions", vec![(String::new(), shown.into())]);
    }
    let document = call.find(world, &DOCUMENT, name)?;
    let default = document.fact("DefaultVersion").map(Value::from);
    let all = versions(document).iter().rev().enumerate();
    let items = all.filter_map(|(at, version)| {
        let mut shown = version.as_object()?.clone();
        shown.insert("Name", name);
        shown.insert("Status", "Active");
        shown.insert("IsDefaultVersion", shown.get("DocumentVersion") == default.as_ref());
        Some((format!("{at:05}"), shown.into()))
    });
    FIFTY.sort(call, "DocumentVersions", items.collect())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let document = call.find(world, &DOCUMENT, name)?;
    let place = call.place(&DOCUMENT);
    if document.inside.get("Shared").is_some_and(|shared| !shared.as_list().is_empty()) {
        let message =
            "The document is shared with other accounts. Stop sharing it before you delete it.";
        return Err(Failure::new("InvalidDocumentOperation", message));
    }
    let (version, label) = (call.text("DocumentVersion"), call.text("VersionName"));
    if version.is_none() && label.is_none() {
        world.remove(&place, name);
        return Ok(Value::object());
    }
    let gone = chosen(document, version, label)?;
    let number = gone.get("DocumentVersion").cloned().unwrap_or_default();
    if document.value("DefaultVersion") == Some(&number) {
        let message = "The default version of the document cannot be deleted.";
        return Err(Failure::new("InvalidDocumentOperation", message));
    }
    world.change_inside(&place, name, |inside| {
        if let Some(Value::List(versions)) = inside.get_mut("Versions") {
            versions.retain(|one| one.get("DocumentVersion") != Some(&number));
        }
    });
    Ok(Value::object())
}

fn permissions(call: &Call, world: &mut World) -> Answer {
    let document = call.find(world, &DOCUMENT, call.required("Name")?)?;
    let accounts = document.inside.get("Shared").cloned().unwrap_or_default();
    let infos = accounts.as_list().iter().filter_map(Value::as_str);
    let infos: Value =
        infos.map(|id| value!({"AccountId": id, "SharedDocumentVersion": "$DEFAULT"})).collect();
    Ok(value!({"AccountIds": (accounts), "AccountSharingInfoList": (infos)}))
}

fn share(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let document = call.find(world, &DOCUMENT, name)?;
    let shared = document.inside.list("Shared");
    let removed = call.texts("AccountIdsToRemove");
    let mut accounts: std::collections::BTreeSet<&str> =
        shared.iter().filter_map(Value::as_str).filter(|id| !removed.contains(id)).collect();
    accounts.extend(
        call.texts("AccountIdsToAdd")
            .into_iter()
            .map(|id| if id.eq_ignore_ascii_case("all") { "all" } else { id }),
    );
    let accounts: Value = accounts.into_iter().map(Value::from).collect();
    world.set_inside(&call.place(&DOCUMENT), name, "Shared", accounts);
    Ok(Value::object())
}
