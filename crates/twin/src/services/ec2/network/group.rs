//! Security groups. Their rules are resources of their own; a group shows them bundled.

use std::{collections::BTreeMap, sync::Arc};

use reeve_model::{Object, Value};

use super::{
    interface, limits,
    make::{any, fitting, in_use, make, new_id},
    permission::{self, Peer, Rule},
    vpc::{self, VPC},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, List},
    services::{
        ec2::{PAGES, compute::INSTANCE},
        elb, elbv2,
    },
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

/// `AWS::EC2::SecurityGroup`.
pub(crate) static GROUP: Definition = Definition {
    resource_type: "AWS::EC2::SecurityGroup",
    tagging_type: "ec2:security-group",
    arn: "arn:{partition}:ec2:{region}:{account}:security-group/{id}",
    prefix: "sg-",
    identity: &[
        ("GroupId", Identity::Id),
        ("SecurityGroupArn", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidGroup.NotFound", "The security group '{id}' does not exist"),
    sample: Some(|sample| {
        serde_json::json!({
            "GroupName": if sample.group() == sample.id { "default" } else { sample.id },
            "Description": "made by a scenario",
            "VpcId": sample.vpc(),
        })
    }),
    ..Definition::OF
};

/// `AWS::EC2::SecurityGroupRule`, which `CloudFormation` has as ingress and egress.
pub(crate) static RULE: Definition = Definition {
    resource_type: "AWS::EC2::SecurityGroupRule",
    tagging_type: "ec2:security-group-rule",
    arn: "arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}",
    prefix: "sgr-",
    identity: &[
        ("SecurityGroupRuleId", Identity::Id),
        ("SecurityGroupRuleArn", Identity::Arn),
        ("GroupOwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidSecurityGroupRuleId.NotFound",
        "The security group rule ID '{id}' does not exist",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 5] = [
    ("group-id", ""),
    ("group-name", "GroupName"),
    ("description", "Description"),
    ("vpc-id", "VpcId"),
    ("owner-id", "OwnerId"),
];

static LIST: List = List {
    kind: &GROUP,
    member: "SecurityGroups",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "GroupIds",
    ..List::OF
};

/// Makes the default group of a VPC: its members may speak to each other, and to everybody.
pub(super) fn make_default(world: &mut World, place: &Place, vpc: &str) {
    let described = object!(
        "GroupName": "default",
        "Description": "default VPC security group",
        "VpcId": (vpc),
        "OwnerId": (place.account.as_str()),
    );
    let id = new_id(world, GROUP.prefix);
    world.put(place.beside(&GROUP), id.clone(), Resource::new(facts(described), Arc::default()));
    let inside = Rule {
        peer: Peer::Group(id.clone(), place.account.to_string()),
        ..everything(Peer::Ipv4(String::new()))
    };
    add_rule(world, place, (&id, false), &inside);
    add_rule(world, place, (&id, true), &everything(Peer::Ipv4("0.0.0.0/0".to_owned())));
}

fn everything(peer: Peer) -> Rule {
    Rule { protocol: "-1".to_owned(), from: -1, to: -1, peer, description: None }
}

/// Adds a rule to a group; the rule's id.
pub(super) fn add_rule(
    world: &mut World,
    place: &Place,
    (group, egress): (&str, bool),
    rule: &Rule,
) -> String {
    let id = new_id(world, RULE.prefix);
    let described = rule.facts(group, egress);
    world.put(place.beside(&RULE), id.clone(), Resource::new(facts(described), Arc::default()));
    id
}

/// The default group of a VPC.
pub(super) fn default_of(world: &World, place: &Place, vpc: &str) -> Option<String> {
    let fits =
        |one: &Resource| one.fact("VpcId") == Some(vpc) && one.fact("GroupName") == Some("default");
    fitting(world, place, &GROUP, fits).into_iter().next()
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let (name, description) = (call.required("GroupName")?, call.required("Description")?);
    let place = call.place(&GROUP);
    let vpc = match call.text("VpcId") {
        Some(vpc) => vpc.to_owned(),
        None => vpc::default_of(world, &place).ok_or_else(super::subnet::no_default_vpc)?,
    };
    call.find(world, &VPC, &vpc)?;
    if name.starts_with("sg-") || name == "default" {
        let message = format!(
            "Invalid value '{name}' for groupName. Group names may not be in the format sg-*."
        );
        return Err(Failure::new("InvalidParameterValue", message));
    }
    let same =
        |one: &Resource| one.fact("VpcId") == Some(&vpc) && one.fact("GroupName") == Some(name);
    if any(world, &place, &GROUP, same) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Failure::new("InvalidGroup.Duplicate", message));
    }
    let present = world.shelf(&place).len();
    limits::check(world, &place, &limits::GROUPS, present + 1)?;
    let described = object!("GroupName": (name), "Description": (description), "VpcId": (vpc));
    let id = make(call, world, &GROUP, (described, "security-group"))?;
    add_rule(world, &place, (&id, true), &everything(Peer::Ipv4("0.0.0.0/0".to_owned())));
    let output = Value::from(super::make::described(call, world, &GROUP, &id));
    Ok(call.fit(output))
}

/// The group that a call names by id, or by name in the default VPC.
pub(super) fn named(call: &Call, world: &World) -> Result<String, Failure> {
    let place = call.place(&GROUP);
    match (call.text("GroupId"), call.text("GroupName")) {
        (Some(id), _) => call.find(world, &GROUP, id).map(|_| id.to_owned()),
        (None, Some(name)) => {
            let vpc = vpc::default_of(world, &place);
            let fits = |one: &Resource| {
                one.fact("GroupName") == Some(name) && one.fact("VpcId") == vpc.as_deref()
            };
            let found = fitting(world, &place, &GROUP, fits).into_iter().next();
            found.ok_or_else(|| {
                let message = format!("The security group '{name}' does not exist in default VPC");
                Failure::new("InvalidGroup.NotFound", message)
            })
        }
        (None, None) => {
            let message = "The request must contain the parameter groupName or groupId";
            Err(Failure::new("MissingParameter", message))
        }
    }
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let place = call.place(&GROUP);
    let group = call.find(world, &GROUP, &id)?;
    if group.fact("GroupName") == Some("default") {
        let message =
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Failure::new("CannotDelete", message));
    }
    if is_used(world, &place, &id) || is_referred_to(world, &place, &id) {
        return Err(in_use(format!("resource {id} has a dependent object")));
    }
    forget_rules(world, &place, &id);
    world.remove(&place, &id);
    Ok(call.fit(Value::from_iter([("Return", Value::from(true)), ("GroupId", Value::from(id))])))
}

/// Whether something is in a group.
fn is_used(world: &World, place: &Place, id: &str) -> bool {
    let in_list = |one: &Resource, member: &str| {
        let groups = one.list(member);
        groups.iter().any(|group| {
            group.as_str().or_else(|| group.get("GroupId").and_then(Value::as_str)) == Some(id)
        })
    };
    any(world, place, &interface::INTERFACE, |one| in_list(one, "Groups"))
        || any(world, place, &INSTANCE, |one| {
            in_list(one, "SecurityGroups") && one.fact("State.Name") != Some("terminated")
        })
        || any(world, place, &elb::LOAD_BALANCER, |one| in_list(one, "SecurityGroups"))
        || any(world, place, &elbv2::LOAD_BALANCER, |one| in_list(one, "SecurityGroups"))
}

fn is_referred_to(world: &World, place: &Place, id: &str) -> bool {
    any(world, place, &RULE, |rule| {
        rule.fact("ReferencedGroupInfo.GroupId") == Some(id) && rule.fact("GroupId") != Some(id)
    })
}

/// Takes all rules of a group away.
pub(super) fn forget_rules(world: &mut World, place: &Place, group: &str) {
    for rule in fitting(world, place, &RULE, |rule| rule.fact("GroupId") == Some(group)) {
        world.remove(&place.beside(&RULE), &rule);
    }
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    check_names(call, world)?;
    let rules = rules_by_group(world, &call.place(&RULE));
    let (extra, kept) = split_filters(call);
    let narrowed;
    let call = if extra.is_empty() && call.texts("GroupNames").is_empty() {
        call
    } else {
        narrowed = with_filters(call, kept);
        &narrowed
    };
    let mut output = Action::List(&LIST).perform(call, world)?;
    if let Some(Value::List(groups)) =
        output.as_object_mut().and_then(|output| output.get_mut("SecurityGroups"))
    {
        for group in groups.iter_mut().filter_map(Value::as_object_mut) {
            let id = group.text("GroupId").to_owned();
            let own =
                |egress: bool| rules.get(&(id.clone(), egress)).map_or(&[][..], Vec::as_slice);
            group.insert("IpPermissions", permission::bundle(own(false)));
            group.insert("IpPermissionsEgress", permission::bundle(own(true)));
        }
        groups.retain(|group| {
            extra.iter().all(|(name, values)| rule_filter_holds(group, name, values))
        });
    }
    Ok(output)
}

fn rules_by_group(world: &World, place: &Place) -> BTreeMap<(String, bool), Vec<Rule>> {
    let mut rules: BTreeMap<(String, bool), Vec<Rule>> = BTreeMap::new();
    for rule in world.shelf(place).values() {
        let egress = rule.flag("IsEgress");
        let group = rule.fact("GroupId").unwrap_or_default().to_owned();
        if let Some(read) = Rule::of_facts(&rule.facts) {
            rules.entry((group, egress)).or_default().push(read);
        }
    }
    rules
}

/// Groups named must exist, as those with ids, which must be ids.
fn check_names(call: &Call, world: &World) -> Result<(), Failure> {
    if let Some(wrong) = call.texts("GroupIds").into_iter().find(|id| !id.starts_with("sg-")) {
        let message = format!("Invalid id: \"{wrong}\" (expecting \"sg-...\")");
        return Err(Failure::new("InvalidGroupId.Malformed", message));
    }
    let place = call.place(&GROUP);
    for name in call.texts("GroupNames") {
        if !any(world, &place, &GROUP, |one| one.fact("GroupName") == Some(name)) {
            let message = format!("The security group '{name}' does not exist");
            return Err(Failure::new("InvalidGroup.NotFound", message));
        }
    }
    Ok(())
}

/// The filters that look at rules, apart from those that look at the groups themselves.
fn split_filters(call: &Call) -> (Vec<(String, Vec<String>)>, Vec<Value>) {
    let (mut extra, mut kept) = (Vec::new(), Vec::new());
    for filter in call.list("Filters") {
        let name = filter.text("Name");
        if name.starts_with("ip-permission.") || name.starts_with("egress.ip-permission.") {
            let values = filter.list("Values");
            let values = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            extra.push((name.to_owned(), values));
        } else {
            kept.push(filter.clone());
        }
    }
    (extra, kept)
}

/// The same call without the filters that are applied elsewhere, and with names as a filter.
fn with_filters(call: &Call, mut filters: Vec<Value>) -> Call {
    let names = call.texts("GroupNames");
    if !names.is_empty() {
        let values: Value = names.into_iter().map(Value::from).collect();
        filters.push(Value::from_iter([("Name", Value::from("group-name")), ("Values", values)]));
    }
    let mut input = call.input.as_object().cloned().unwrap_or_default();
    input.insert("Filters", filters);
    super::make::with_input(call, input.into())
}

fn rule_filter_holds(group: &Value, name: &str, values: &[String]) -> bool {
    let (member, aspect) = match name.strip_prefix("egress.") {
        Some(rest) => ("IpPermissionsEgress", rest),
        None => ("IpPermissions", name),
    };
    let (list, field) = match aspect.trim_start_matches("ip-permission.") {
        "cidr" => ("IpRanges", "CidrIp"),
        "ipv6-cidr" => ("Ipv6Ranges", "CidrIpv6"),
        "prefix-list-id" => ("PrefixListIds", "PrefixListId"),
        "group-id" => ("UserIdGroupPairs", "GroupId"),
        "user-id" => ("UserIdGroupPairs", "UserId"),
        "from-port" => ("", "FromPort"),
        "to-port" => ("", "ToPort"),
        "protocol" => ("", "IpProtocol"),
        _ => return false,
    };
    let fits = |value: Option<&Value>| {
        let text = match value {
            Some(Value::Integer(number)) => number.to_string(),
            Some(value) => value.as_str().unwrap_or_default().to_owned(),
            None => return false,
        };
        values.iter().any(|wanted| crate::pattern::matches(wanted, &text))
    };
    let permissions = group.list(member);
    permissions.iter().any(|permission| {
        if list.is_empty() {
            return fits(permission.get(field));
        }
        permission.list(list).iter().any(|entry| fits(entry.get(field)))
    })
}

const RULE_FILTERS: [FilterPath; 2] = [("security-group-rule-id", ""), ("group-id", "GroupId")];

/// Lists rules.
pub(super) static RULE_LIST: List = List {
    kind: &RULE,
    member: "SecurityGroupRules",
    paging: &PAGES,
    filters: Filters::Named("Filters", &RULE_FILTERS),
    ids: "SecurityGroupRuleIds",
    ..List::OF
};

pub(super) fn groups_for_vpc(call: &Call, world: &mut World) -> Answer {
    let vpc = call.required("VpcId")?;
    call.find(world, &VPC, vpc)?;
    let place = call.place(&GROUP);
    let groups = fitting(world, &place, &GROUP, |one| one.fact("VpcId") == Some(vpc));
    let shown: Value = groups
        .iter()
        .map(|id| {
            let mut group: Object = super::make::described(call, world, &GROUP, id);
            group.insert("PrimaryVpcId", vpc);
            Value::from(group)
        })
        .collect();
    Ok(call.fit(Value::from_iter([("SecurityGroupForVpcs", shown)])))
}

pub(super) fn references(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&RULE);
    let mut found = Vec::new();
    for wanted in call.texts("GroupId") {
        call.find(world, &GROUP, wanted)?;
        let rules = world.shelf(&place).values();
        let referring = rules.filter(|rule| {
            rule.fact("ReferencedGroupInfo.GroupId") == Some(wanted)
                && rule.fact("GroupId") != Some(wanted)
        });
        for rule in referring {
            let group = rule.fact("GroupId").and_then(|id| world.get(&place.beside(&GROUP), id));
            let vpc = group.and_then(|group| group.fact("VpcId")).unwrap_or_default();
            found.push(crate::value::value!({"GroupId": (wanted), "ReferencingVpcId": (vpc)}));
        }
    }
    Ok(call.fit(Value::from_iter([("SecurityGroupReferenceSet", Value::List(found))])))
}
