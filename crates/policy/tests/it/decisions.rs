//! Who may, over all policies that apply: the cases of AWS's documentation.

use proptest::prelude::*;
use reeve_policy::{
    Caller, ContextMap, Decision, Form, Named, Policies, Policy, Request, ResourcePolicy, Session,
    decide,
};

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";
const USER: Caller<'_> = Caller::User { account: OWN, arn: "arn:aws:iam::111122223333:user/ana" };
const SESSION: Caller<'_> = Caller::Session {
    account: OWN,
    role: "arn:aws:iam::111122223333:role/ops",
    arn: "arn:aws:sts::111122223333:assumed-role/ops/ana",
};

/// One case: each kind of policy in short. A plus allows everything, a minus denies it, `0` says nothing of it; empty is none.
#[derive(Clone, Copy)]
struct Case {
    caller: Caller<'static>,
    resource_account: &'static str,
    identity: &'static str,
    boundary: &'static str,
    session: &'static str,
    service_control: &'static [&'static str],
    resource_control: &'static [&'static str],
    /// The same, with the principal named before it: `user+`, `role+`, `session+`, `account+`, `anybody+`.
    resource: &'static str,
    opens_alone: bool,
}

const PLAIN: Case = Case {
    caller: USER,
    resource_account: OWN,
    identity: "",
    boundary: "",
    session: "",
    service_control: &[],
    resource_control: &[],
    resource: "",
    opens_alone: false,
};

fn policy(form: Form, short: &str) -> Option<Policy> {
    let (who, sign) = short.split_at(short.len().checked_sub(1)?);
    let principal = match who {
        "" => String::new(),
        "anybody" => r#""Principal": "*","#.to_owned(),
        "account" => format!(r#""Principal": {{"AWS": "{OWN}"}},"#),
        "user" => format!(r#""Principal": {{"AWS": "arn:aws:iam::{OWN}:user/ana"}},"#),
        "role" => format!(r#""Principal": {{"AWS": "arn:aws:iam::{OWN}:role/ops"}},"#),
        "session" => {
            format!(r#""Principal": {{"AWS": "arn:aws:sts::{OWN}:assumed-role/ops/ana"}},"#)
        }
        service => format!(r#""Principal": {{"Service": "{service}"}},"#),
    };
    let (effect, action) = match sign {
        "+" => ("Allow", "*"),
        "-" => ("Deny", "*"),
        _ => ("Allow", "ec2:StopInstances"),
    };
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Sid": "it", {principal} "Effect": "{effect}",
            "Action": "{action}", "Resource": "*"}}]}}"#
    );
    Some(Policy::parse(form, &text).unwrap())
}

/// `allowed`, or the reason in AWS's words without the action.
fn decided(case: Case) -> String {
    let own = |short| policy(Form::Identity, short);
    let (identity, boundary, session) = (own(case.identity), own(case.boundary), own(case.session));
    let levels = |form, shorts: &[&str]| -> Vec<Policy> {
        shorts.iter().filter_map(|short| policy(form, short)).collect()
    };
    let service_control = levels(Form::ServiceControl, case.service_control);
    let resource_control: Vec<Policy> = levels(Form::ServiceControl, case.resource_control);
    let resource = policy(Form::Resource, case.resource);
    let named = |policy| Named { name: "policy", policy };
    let identity: Vec<Named<'_>> = identity.iter().map(named).collect();
    let session: Vec<Named<'_>> = session.iter().map(named).collect();
    let service_control: Vec<[Named<'_>; 1]> =
        service_control.iter().map(|policy| [named(policy)]).collect();
    let resource_control: Vec<[Named<'_>; 1]> =
        resource_control.iter().map(|policy| [named(policy)]).collect();
    let service_control: Vec<&[Named<'_>]> = service_control.iter().map(|it| &it[..]).collect();
    let resource_control: Vec<&[Named<'_>]> = resource_control.iter().map(|it| &it[..]).collect();
    let policies = Policies {
        identity: &identity,
        resource: resource
            .as_ref()
            .map(|policy| ResourcePolicy { policy: named(policy), opens_alone: case.opens_alone }),
        boundary: boundary.as_ref().map(named),
        session: if session.is_empty() { Session::Unlimited } else { Session::Policies(&session) },
        service_control: &service_control,
        resource_control: &resource_control,
    };
    let request = Request {
        caller: case.caller,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/k",
        resource_account: Some(case.resource_account),
        context: &ContextMap::default(),
    };
    match decide(&request, &policies) {
        Decision::Allowed { .. } => "allowed".to_owned(),
        denied => denied
            .reason("it")
            .unwrap()
            .replace(" allows the it action", "")
            .replace("with an explicit deny in ", "deny: "),
    }
}

#[test]
fn within_an_account_one_side_suffices() {
    for (case, expected) in [
        (PLAIN, "because no identity-based policy"),
        (Case { identity: "+", ..PLAIN }, "allowed"),
        (Case { identity: "0", ..PLAIN }, "because no identity-based policy"),
        (Case { identity: "-", ..PLAIN }, "deny: an identity-based policy"),
        (Case { resource: "user+", ..PLAIN }, "allowed"),
        (Case { resource: "anybody+", ..PLAIN }, "allowed"),
        (Case { resource: "account+", ..PLAIN }, "because no identity-based policy"),
        (Case { resource: "account+", identity: "+", ..PLAIN }, "allowed"),
        (Case { resource: "account-", identity: "+", ..PLAIN }, "deny: a resource-based policy"),
        (Case { identity: "+", boundary: "0", ..PLAIN }, "because no permissions boundary"),
        (Case { identity: "+", boundary: "-", ..PLAIN }, "deny: a permissions boundary"),
        (Case { identity: "+", boundary: "+", ..PLAIN }, "allowed"),
        (Case { boundary: "+", ..PLAIN }, "because no identity-based policy"),
        (Case { resource: "user+", boundary: "0", ..PLAIN }, "allowed"),
        (Case { caller: Caller::Root { account: OWN }, ..PLAIN }, "allowed"),
        (
            Case { caller: Caller::Root { account: OWN }, service_control: &["-"], ..PLAIN },
            "deny: a service control policy",
        ),
    ] {
        assert_eq!(decided(case), expected);
    }
}

#[test]
fn a_session_has_what_its_role_and_its_own_policies_allow() {
    let session = Case { caller: SESSION, ..PLAIN };
    for (case, expected) in [
        (Case { identity: "+", ..session }, "allowed"),
        (Case { identity: "+", session: "0", ..session }, "because no session policy"),
        (Case { identity: "+", session: "-", ..session }, "deny: a session policy"),
        (Case { identity: "0", session: "+", ..session }, "because no identity-based policy"),
        (Case { resource: "role+", ..session }, "allowed"),
        (Case { resource: "role+", session: "0", ..session }, "because no session policy"),
        (Case { resource: "role+", boundary: "0", ..session }, "because no permissions boundary"),
        (Case { resource: "session+", session: "0", boundary: "0", ..session }, "allowed"),
        (Case { resource: "role-", identity: "+", ..session }, "deny: a resource-based policy"),
    ] {
        assert_eq!(decided(case), expected);
    }
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let across = Case { resource_account: OTHER, ..PLAIN };
    for (case, expected) in [
        (Case { identity: "+", ..across }, "because no resource-based policy"),
        (Case { resource: "user+", ..across }, "because no identity-based policy"),
        (Case { identity: "+", resource: "user+", ..across }, "allowed"),
        (Case { identity: "+", resource: "account+", ..across }, "allowed"),
        (
            Case { identity: "+", resource: "user+", boundary: "0", ..across },
            "because no permissions boundary",
        ),
        (Case { ..across }, "because no identity-based policy"),
        (Case { identity: "+", resource: "user-", ..across }, "deny: a resource-based policy"),
    ] {
        assert_eq!(decided(case), expected);
    }
}

#[test]
fn every_level_of_the_organization_must_allow() {
    let allowed = Case { identity: "+", ..PLAIN };
    for (case, expected) in [
        (Case { service_control: &["+", "+", "+"], ..allowed }, "allowed"),
        (
            Case { service_control: &["+", "0", "+"], ..allowed },
            "because no service control policy",
        ),
        (Case { service_control: &["+", "+", "-"], ..allowed }, "deny: a service control policy"),
        (Case { service_control: &["+"], ..PLAIN }, "because no identity-based policy"),
        (
            Case { service_control: &["0"], resource: "user+", ..PLAIN },
            "because no service control policy",
        ),
        (Case { resource_control: &["+", "0"], ..allowed }, "because no resource control policy"),
        (Case { resource_control: &["-"], ..allowed }, "deny: a resource control policy"),
    ] {
        assert_eq!(decided(case), expected);
    }
}

#[test]
fn where_the_resource_opens_alone_nothing_goes_without_its_policy() {
    let key = Case { opens_alone: true, ..PLAIN };
    for (case, expected) in [
        (
            Case { identity: "+", resource: "nobody.amazonaws.com+", ..key },
            "because no resource-based policy",
        ),
        (Case { identity: "+", resource: "account+", ..key }, "allowed"),
        (Case { resource: "account+", ..key }, "because no identity-based policy"),
        (Case { resource: "user+", ..key }, "allowed"),
    ] {
        assert_eq!(decided(case), expected);
    }
}

#[test]
fn a_service_has_what_the_resource_allows_it() {
    let service = Case { caller: Caller::Service("sns.amazonaws.com"), ..PLAIN };
    assert_eq!(decided(Case { resource: "sns.amazonaws.com+", ..service }), "allowed");
    assert_eq!(decided(Case { resource: "user+", ..service }), "because no resource-based policy");
}

fn short() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), Just("+"), Just("0"), Just("-")]
}

fn with_principal() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just("user+"),
        Just("account+"),
        Just("anybody-"),
        Just("role+"),
        Just("session+")
    ]
}

proptest! {
    #[test]
    fn a_denial_anywhere_decides(
        identity in short(), boundary in short(), session in short(), resource in with_principal(),
        is_session: bool, is_own: bool,
    ) {
        let caller = if is_session { SESSION } else { USER };
        let resource_account = if is_own { OWN } else { OTHER };
        let session = if is_session { session } else { "" };
        let case = Case { caller, resource_account, identity, boundary, session, resource, ..PLAIN };
        let denies = [identity, boundary, session].contains(&"-") || resource.ends_with('-');
        let decision = decided(case);
        prop_assert_eq!(decision.starts_with("deny"), denies, "{}", decision);
        // Across accounts, both sides.
        if decision == "allowed" && !is_own {
            prop_assert!(identity == "+" && resource.ends_with('+'));
        }
    }
}
