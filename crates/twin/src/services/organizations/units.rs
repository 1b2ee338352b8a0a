//! Organizational units, which nest.

use reeve_model::Value;
use reeve_types::Tags;

use super::{constraint, organization, page};
use crate::{
    call::{Answer, Call},
    directory::{Organization, organization::Unit},
    failure::Failure,
    services::{Action, Part},
    tagging,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("CreateOrganizationalUnit", Action::Own(create)),
        ("DescribeOrganizationalUnit", Action::Own(describe)),
        ("UpdateOrganizationalUnit", Action::Own(update)),
        ("DeleteOrganizationalUnit", Action::Own(delete)),
        ("ListOrganizationalUnitsForParent", Action::Own(list)),
        ("ListChildren", Action::Own(list_children)),
        ("ListParents", Action::Own(list_parents)),
    ],
    tasks: &[],
};

const DEEPEST: usize = 5;

/// The root or unit that the input names.
pub(super) fn parent(
    call: &Call,
    organization: &Organization,
    member: &str,
) -> Result<String, Failure> {
    let wanted = call.required(member)?;
    if wanted == organization.root() || organization.units.contains_key(wanted) {
        return Ok(wanted.to_owned());
    }
    Err(Failure::new("ParentNotFoundException", "You specified parent that doesn't exist."))
}

fn show(organization: &Organization, id: &str, unit: &Unit) -> Value {
    value!({
        "Id": (id),
        "Arn": (organization.arn("ou", &format!("{}/{id}", organization.id))),
        "Name": (unit.name.as_str()),
        "Path": (path(organization, id, unit)),
    })
}

/// Where a unit is, from the organization down.
fn path(organization: &Organization, id: &str, unit: &Unit) -> String {
    let mut path = format!("{id}/");
    let mut parent = unit.parent.as_str();
    while let Some(above) = organization.units.get(parent) {
        path = format!("{parent}/{path}");
        parent = &above.parent;
    }
    format!("{}/{parent}/{path}", organization.id)
}

fn unit<'c, 'o>(
    call: &'c Call,
    organization: &'o Organization,
) -> Result<(&'c str, &'o Unit), Failure> {
    let id = call.required("OrganizationalUnitId")?;
    let found = organization.units.get(id).ok_or_else(|| {
        let message = "You specified an organizational unit that doesn't exist.";
        Failure::new("OrganizationalUnitNotFoundException", message)
    })?;
    Ok((id, found))
}

fn check_name(organization: &Organization, parent: &str, name: &str) -> Result<(), Failure> {
    if organization.units.values().any(|unit| unit.parent == parent && unit.name == name) {
        let message = "An OU with the same name already exists.";
        return Err(Failure::new("DuplicateOrganizationalUnitException", message));
    }
    Ok(())
}

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?.to_owned();
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let tail = world.random_letters(8).to_lowercase();
    let organization = organization(call, world)?;
    let parent = parent(call, organization, "ParentId")?;
    check_name(organization, &parent, &name)?;
    if organization.path_to(&parent).len() > DEEPEST {
        let message =
            "You have exceeded the number of levels that organizational units can be nested.";
        return Err(constraint("OU_DEPTH_LIMIT_EXCEEDED", message));
    }
    let root = organization.root();
    let id = format!("ou-{}-{tail}", root.trim_start_matches("r-"));
    let tags: Tags = given.into_iter().collect();
    organization.units.insert(id.clone(), Unit { name, parent, tags });
    organization.attach_defaults(&id);
    let Some(unit) = organization.units.get(&id) else { return Ok(Value::object()) };
    Ok(value!({"OrganizationalUnit": (show(organization, &id, unit))}))
}

fn describe(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, unit) = unit(call, organization)?;
    Ok(value!({"OrganizationalUnit": (show(organization, id, unit))}))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, found) = unit(call, organization)?;
    if let Some(name) = call.text("Name")
        && found.name != name
    {
        check_name(organization, &found.parent.clone(), name)?;
        if let Some(unit) = organization.units.get_mut(id) {
            name.clone_into(&mut unit.name);
        }
    }
    let (id, unit) = unit(call, organization)?;
    Ok(value!({"OrganizationalUnit": (show(organization, id, unit))}))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, _) = unit(call, organization)?;
    let has_units = organization.units.values().any(|unit| unit.parent == id);
    if has_units || organization.members.values().any(|member| member.parent == id) {
        let message = "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, \
                       and try the operation again.";
        return Err(Failure::new("OrganizationalUnitNotEmptyException", message));
    }
    organization.units.remove(id);
    organization.attachments.remove(id);
    Ok(Value::object())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let parent = parent(call, organization, "ParentId")?;
    let found = organization.units.iter().filter(|(_, unit)| unit.parent == parent);
    let entries = found.map(|(id, unit)| (id.clone(), show(organization, id, unit))).collect();
    page(call, "OrganizationalUnits", entries)
}

fn list_children(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let parent = parent(call, organization, "ParentId")?;
    let kind = call.required("ChildType")?;
    let ids: Vec<String> = if kind == "ACCOUNT" {
        let members = organization.members.iter().filter(|(_, member)| member.parent == parent);
        members.map(|(id, _)| id.to_string()).collect()
    } else {
        let units = organization.units.iter().filter(|(_, unit)| unit.parent == parent);
        units.map(|(id, _)| id.clone()).collect()
    };
    let entries = ids.into_iter().map(|id| (id.clone(), value!({"Id": (id), "Type": (kind)})));
    page(call, "Children", entries.collect())
}

fn list_parents(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let child = call.required("ChildId")?;
    let parent = organization.parent_of(child).ok_or_else(|| {
        let message = "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.";
        Failure::new("ChildNotFoundException", message)
    })?;
    let kind = if parent.starts_with("r-") { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    page(call, "Parents", vec![(parent.to_owned(), value!({"Id": (parent), "Type": (kind)}))])
}
