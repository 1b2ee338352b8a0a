//! What changes the rules of security groups.

use std::sync::Arc;

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    group::{GROUP, RULE, named},
    limits,
    make::{described, new_id},
    permission::{self, Asker, Peer, Rule},
    vpc,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    recipe::TagInput,
    store::{Place, Resource, facts},
    tagging,
    world::World,
};

/// The rules in a call: a list of permissions, or the members of a single one.
fn given(call: &Call) -> Result<Vec<Rule>, Failure> {
    let asker = Asker { account: call.account().as_str() };
    let listed = call.list("IpPermissions");
    if !listed.is_empty() {
        return permission::read_all(asker, listed);
    }
    if let Some(group) = call.text("SourceSecurityGroupName") {
        let owner = call.text("SourceSecurityGroupOwnerId").unwrap_or(asker.account).to_owned();
        let (protocol, from, to) = permission::read_ports(&call.input)?;
        let peer = Peer::Group(group.to_owned(), owner);
        return Ok(vec![Rule { protocol, from, to, peer, description: None }]);
    }
    if call.text("CidrIp").is_none() {
        let message = "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.";
        return Err(Failure::new("MissingParameter", message));
    }
    let (protocol, from, to) = permission::read_ports(&call.input)?;
    let peer = permission::read_peer(asker, &call.input)?;
    Ok(vec![Rule { protocol, from, to, peer, description: None }])
}

/// The rules of one direction of a group, with their ids.
fn present(world: &World, place: &Place, (group, egress): (&str, bool)) -> Vec<(String, Rule)> {
    let shelf = world.shelf(&place.beside(&RULE));
    let own = shelf
        .iter()
        .filter(|(_, rule)| rule.fact("GroupId") == Some(group) && rule.flag("IsEgress") == egress);
    own.filter_map(|(id, rule)| Some((id.clone(), Rule::of_facts(&rule.facts)?))).collect()
}

/// Groups that rules refer to exist, and are named by id.
fn resolved(call: &Call, world: &World, mut rules: Vec<Rule>) -> Result<Vec<Rule>, Failure> {
    for rule in &mut rules {
        let Peer::Group(id, owner) = &mut rule.peer else { continue };
        if owner.as_str() != call.account().as_str() {
            continue;
        }
        if !id.starts_with("sg-") {
            let place = call.place(&GROUP);
            let found = world
                .shelf(&place)
                .iter()
                .find(|(_, group)| group.fact("GroupName") == Some(id.as_str()));
            let found = found.map(|(found, _)| found.clone());
            *id = found.ok_or_else(|| GROUP.missing.failure(id))?;
        }
        call.find(world, &GROUP, id)?;
    }
    Ok(rules)
}

pub(super) fn authorize_ingress(call: &Call, world: &mut World) -> Answer {
    authorize(call, world, false)
}

pub(super) fn authorize_egress(call: &Call, world: &mut World) -> Answer {
    authorize(call, world, true)
}

fn authorize(call: &Call, world: &mut World, egress: bool) -> Answer {
    let group = named(call, world)?;
    let rules = resolved(call, world, given(call)?)?;
    let place = call.place(&GROUP);
    let present = present(world, &place, (&group, egress));
    for (index, rule) in rules.iter().enumerate() {
        let again = present.iter().any(|(_, other)| other.same(rule))
            || rules.iter().take(index).any(|other| other.same(rule));
        if again {
            let message = format!("the specified rule \"{}\" already exists", rule.worded());
            return Err(Failure::new("InvalidPermission.Duplicate", message));
        }
    }
    let wanted = present.len() + rules.len();
    limits::check(world, &place, &limits::RULES, wanted)?;
    let tags = TagInput::Specifications("security-group-rule").read(call);
    tagging::check(call, &tags)?;
    let tags: Arc<Tags> = Arc::new(tags.into_iter().collect());
    let mut shown = Vec::new();
    for rule in rules {
        let id = new_id(world, RULE.prefix);
        let made = Resource::new(facts(rule.facts(&group, egress)), Arc::clone(&tags));
        world.put(place.beside(&RULE), id.clone(), made);
        shown.push(Value::from(described(call, world, &RULE, &id)));
    }
    let output = Object::from_iter([
        ("Return", Value::from(true)),
        ("SecurityGroupRules", Value::List(shown)),
    ]);
    Ok(call.fit(output.into()))
}

pub(super) fn revoke_ingress(call: &Call, world: &mut World) -> Answer {
    revoke(call, world, false)
}

pub(super) fn revoke_egress(call: &Call, world: &mut World) -> Answer {
    revoke(call, world, true)
}

fn revoke(call: &Call, world: &mut World, egress: bool) -> Answer {
    let group = named(call, world)?;
    let place = call.place(&GROUP);
    let present = present(world, &place, (&group, egress));
    let ids = call.texts("SecurityGroupRuleIds");
    let mut gone = Vec::new();
    let mut unknown = Vec::new();
    if ids.is_empty() {
        for rule in resolved(call, world, given(call)?)? {
            match present.iter().find(|(_, other)| other.same(&rule)) {
                Some((id, _)) => gone.push(id.clone()),
                None => unknown.push(rule),
            }
        }
    } else {
        for id in ids {
            let own = present.iter().any(|(other, _)| other == id);
            gone.push(if own { id.to_owned() } else { return Err(RULE.missing.failure(id)) });
        }
    }
    if !unknown.is_empty() && !is_in_default_vpc(call, world, &group) {
        let message = "The specified rule does not exist in this security group.";
        return Err(Failure::new("InvalidPermission.NotFound", message));
    }
    let revoked: Value = gone.iter().map(|id| revoked(call, world, id)).collect();
    for id in &gone {
        world.remove(&place.beside(&RULE), id);
    }
    let mut output =
        Object::from_iter([("Return", Value::from(true)), ("RevokedSecurityGroupRules", revoked)]);
    if !unknown.is_empty() {
        output.insert("UnknownIpPermissions", permission::bundle(&unknown));
    }
    Ok(call.fit(output.into()))
}

/// What is said of a rule that was taken away.
fn revoked(call: &Call, world: &World, id: &str) -> Value {
    let mut rule = described(call, world, &RULE, id);
    if let Some(referred) =
        rule.get("ReferencedGroupInfo").and_then(|info| info.get("GroupId")).cloned()
    {
        rule.insert("ReferencedGroupId", referred);
    }
    rule.into()
}

fn is_in_default_vpc(call: &Call, world: &World, group: &str) -> bool {
    let place = call.place(&GROUP);
    let of = world.get(&place, group).and_then(|group| group.fact("VpcId"));
    of.is_some() && vpc::default_of(world, &place).as_deref() == of
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let group = call.required("GroupId")?;
    call.find(world, &GROUP, group)?;
    let place = call.place(&RULE);
    let asker = Asker { account: call.account().as_str() };
    let mut changed = Vec::new();
    for update in call.list("SecurityGroupRules") {
        let id = update.text("SecurityGroupRuleId");
        let rule = call.find(world, &RULE, id)?;
        if rule.fact("GroupId") != Some(group) {
            return Err(RULE.missing.failure(id));
        }
        let egress = rule.flag("IsEgress");
        let wanted = update.get("SecurityGroupRule").cloned().unwrap_or_default();
        let (protocol, from, to) = permission::read_ports(&wanted)?;
        let peer = permission::read_peer(asker, &wanted)?;
        let description = wanted.get("Description").and_then(Value::as_str).map(str::to_owned);
        let rule = Rule { protocol, from, to, peer, description };
        let others = present(world, &place, (group, egress));
        if others.iter().any(|(other, present)| other != id && present.same(&rule)) {
            let message = format!("the specified rule \"{}\" already exists", rule.worded());
            return Err(Failure::new("InvalidPermission.Duplicate", message));
        }
        changed.push((id.to_owned(), rule.facts(group, egress)));
    }
    for (id, described) in changed {
        world.change(&place, &id, |facts| *facts = described);
    }
    super::make::done(call)
}

pub(super) fn redescribe_ingress(call: &Call, world: &mut World) -> Answer {
    update_descriptions(call, world, false)
}

pub(super) fn redescribe_egress(call: &Call, world: &mut World) -> Answer {
    update_descriptions(call, world, true)
}

fn update_descriptions(call: &Call, world: &mut World, egress: bool) -> Answer {
    let group = named(call, world)?;
    let place = call.place(&RULE);
    let present = present(world, &place, (&group, egress));
    let mut changes: Vec<(String, Option<String>)> = Vec::new();
    for described in call.list("SecurityGroupRuleDescriptions") {
        let text = |member: &str| described.get(member).and_then(Value::as_str).map(str::to_owned);
        changes.push((text("SecurityGroupRuleId").unwrap_or_default(), text("Description")));
    }
    if changes.is_empty() {
        for rule in resolved(call, world, given(call)?)? {
            let found =
                present.iter().find(|(_, other)| other.same(&rule)).map(|(id, _)| id.clone());
            let id = found.ok_or_else(|| {
                let message = "The specified rule does not exist in this security group.";
                Failure::new("InvalidPermission.NotFound", message)
            })?;
            changes.push((id, rule.description));
        }
    }
    if let Some((wrong, _)) =
        changes.iter().find(|(id, _)| !present.iter().any(|(own, _)| own == id))
    {
        return Err(RULE.missing.failure(wrong));
    }
    for (id, description) in changes {
        world.change(&place, &id, |facts| {
            match description {
                Some(description) => facts.insert("Description", description),
                None => facts.remove("Description"),
            };
        });
    }
    super::make::done(call)
}
