//! Invitations of accounts.

use jiff::SignedDuration;
use reeve_model::Value;
use reeve_types::{AccountId, Tags};

use super::{organization, page};
use crate::{
    call::{Answer, Call},
    directory::{
        Organization,
        organization::{Handshake, Member},
    },
    failure::Failure,
    services::{Action, Part},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("InviteAccountToOrganization", Action::Own(invite)),
        ("DescribeHandshake", Action::Own(describe)),
        ("ListHandshakesForOrganization", Action::Own(list)),
        ("ListHandshakesForAccount", Action::Own(list_for_account)),
        ("CancelHandshake", Action::Own(cancel)),
        ("AcceptHandshake", Action::Own(accept)),
        ("DeclineHandshake", Action::Own(decline)),
    ],
    tasks: &[],
};

const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24 * 15);

fn show(organization: &Organization, id: &str, handshake: &Handshake, call: &Call) -> Value {
    let is_over = handshake.state == "OPEN" && handshake.expires <= call.now;
    let state = if is_over { "EXPIRED" } else { &*handshake.state };
    value!({
        "Id": (id),
        "Arn": (organization.arn("handshake", &format!("{}/invite/{id}", organization.id))),
        "Parties": [
            {"Id": (organization.id.as_str()), "Type": "ORGANIZATION"},
            {"Id": (handshake.target.as_str()), "Type": (handshake.target_type.as_str())},
        ],
        "State": (state),
        "RequestedTimestamp": (handshake.requested),
        "ExpirationTimestamp": (handshake.expires),
        "Action": "INVITE",
        "Resources": [
            {"Value": (organization.id.as_str()), "Type": "ORGANIZATION"},
            {"Value": (handshake.target.as_str()), "Type": (handshake.target_type.as_str())},
            {"Value": (handshake.notes.as_str()), "Type": "NOTES"},
        ],
    })
}

fn invite(call: &Call, world: &mut World) -> Answer {
    let text =
        |path: &str| call.input.path(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (target, target_type) = (text("Target.Id"), text("Target.Type"));
    let id = format!("h-{}", world.random_hex(32));
    let organization = organization(call, world)?;
    let is_member =
        target.parse::<AccountId>().is_ok_and(|it| organization.members.contains_key(&it));
    let is_open =
        |it: &Handshake| it.target == target && it.state == "OPEN" && it.expires > call.now;
    if is_member || organization.handshakes.values().any(is_open) {
        let message =
            "The account is already in the organization, or has an invitation that is open.";
        return Err(Failure::new("DuplicateHandshakeException", message));
    }
    let handshake = Handshake {
        target,
        target_type,
        state: "OPEN".to_owned(),
        requested: call.now,
        expires: call.now.saturating_add(GOOD_FOR).unwrap_or(call.now),
        notes: call.text("Notes").unwrap_or_default().to_owned(),
    };
    let shown = show(organization, &id, &handshake, call);
    organization.handshakes.insert(id, handshake);
    Ok(value!({"Handshake": (shown)}))
}

/// The organization for either side of a handshake.
fn either<'w>(
    call: &Call,
    world: &'w mut World,
) -> Result<(&'w mut Organization, String), Failure> {
    world.directory.admit_accounts();
    let id = call.required("HandshakeId")?;
    let organization = world.directory.organization.as_mut().ok_or_else(super::not_in_use)?;
    let account = call.account();
    let target = organization.handshakes.get(id).map(|handshake| handshake.target.clone());
    match target {
        Some(target) if *account == organization.management || target == account.as_str() => {
            Ok((organization, id.to_owned()))
        }
        _ => {
            let message = "We can't find a handshake with the HandshakeId that you specified.";
            Err(Failure::new("HandshakeNotFoundException", message))
        }
    }
}

fn describe(call: &Call, world: &mut World) -> Answer {
    let (organization, id) = either(call, world)?;
    let Some(handshake) = organization.handshakes.get(&id) else { return Ok(Value::object()) };
    Ok(value!({"Handshake": (show(organization, &id, handshake, call))}))
}

fn end(call: &Call, world: &mut World, state: &str) -> Answer {
    let (organization, id) = either(call, world)?;
    let Some(handshake) = organization.handshakes.get_mut(&id) else { return Ok(Value::object()) };
    if handshake.state != "OPEN" || handshake.expires <= call.now {
        let message =
            "The specified handshake is already in the requested state, or cannot come into it.";
        return Err(Failure::new("InvalidHandshakeTransitionException", message));
    }
    state.clone_into(&mut handshake.state);
    let Some(handshake) = organization.handshakes.get(&id) else { return Ok(Value::object()) };
    Ok(value!({"Handshake": (show(organization, &id, handshake, call))}))
}

fn cancel(call: &Call, world: &mut World) -> Answer {
    organization(call, world)?;
    end(call, world, "CANCELED")
}

fn decline(call: &Call, world: &mut World) -> Answer {
    end(call, world, "DECLINED")
}

fn accept(call: &Call, world: &mut World) -> Answer {
    let answer = end(call, world, "ACCEPTED")?;
    let account = call.account().clone();
    if let Some(organization) = &mut world.directory.organization {
        organization.strangers.remove(&account);
        let member = Member {
            parent: organization.root(),
            joined: call.now,
            method: "INVITED".to_owned(),
            status: "ACTIVE".to_owned(),
            tags: Tags::new(),
        };
        organization.join(&account, member);
    }
    crate::services::guardduty::joined(world, &account);
    crate::services::inspector2::joined(world, &account);
    Ok(answer)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let all = organization.handshakes.iter();
    let entries = all.map(|(id, it)| (id.clone(), show(organization, id, it, call))).collect();
    page(call, "Handshakes", entries)
}

fn list_for_account(call: &Call, world: &mut World) -> Answer {
    let Some(organization) = &world.directory.organization else {
        return page(call, "Handshakes", Vec::new());
    };
    let own = organization.handshakes.iter().filter(|(_, it)| it.target == call.account().as_str());
    let entries = own.map(|(id, it)| (id.clone(), show(organization, id, it, call))).collect();
    page(call, "Handshakes", entries)
}
