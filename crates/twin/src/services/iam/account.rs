//! What there is once in an account: its alias, its password policy, its summary.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{
    authorization_details,
    common::{exists, missing, page},
    kinds::{
        ACCOUNT, GROUP, INSTANCE_PROFILE, OIDC_PROVIDER, POLICY, ROLE, SAML_PROVIDER,
        SERVER_CERTIFICATE, USER, VIRTUAL_DEVICE,
    },
};
use crate::{
    call::{Answer, Call},
    kind::Kind,
    services::{Action, Part},
    store::{Resource, facts},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ACCOUNT],
    operations: &[
        ("CreateAccountAlias", Action::Own(create_alias)),
        ("DeleteAccountAlias", Action::Own(delete_alias)),
        ("ListAccountAliases", Action::Own(list_aliases)),
        ("UpdateAccountPasswordPolicy", Action::Own(update_password_policy)),
        ("GetAccountPasswordPolicy", Action::Own(get_password_policy)),
        ("DeleteAccountPasswordPolicy", Action::Own(delete_password_policy)),
        ("GetAccountSummary", Action::Own(summary)),
        ("GetAccountAuthorizationDetails", Action::Own(authorization_details::get)),
    ],
    tasks: &[],
};

/// The one of its kind.
const ONLY: &str = "settings";

/// What an account has under a name.
pub(super) fn setting(call: &Call, world: &World, name: &str) -> Option<Value> {
    world.get(&call.place(&ACCOUNT), ONLY)?.inside.get(name).cloned()
}

/// Keeps a setting of an account, or forgets it.
pub(super) fn keep(call: &Call, world: &mut World, name: &str, value: Option<Value>) {
    let place = call.place(&ACCOUNT);
    if world.get(&place, ONLY).is_none() {
        world.put(place.clone(), ONLY, Resource::new(facts(Object::new()), Arc::default()));
    }
    world.change_inside(&place, ONLY, |inside| {
        match value {
            Some(value) => inside.insert(name, value),
            None => inside.remove(name),
        };
    });
}

fn create_alias(call: &Call, world: &mut World) -> Answer {
    let alias = call.required("AccountAlias")?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = (3..=63).contains(&alias.len()) && alias.bytes().all(is_plain);
    if !fits || alias.starts_with('-') || alias.ends_with('-') || alias.contains("--") {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{alias}' at 'accountAlias' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){{1,61}}[a-z0-9]$"
        )));
    }
    let of_other =
        |account: &Resource| account.inside.get("Alias").and_then(Value::as_str) == Some(alias);
    let own = call.place(&ACCOUNT);
    if world.every(&ACCOUNT).any(|(place, _, found)| *place != own && of_other(found)) {
        return Err(exists(format!("The account alias {alias} already exists.")));
    }
    keep(call, world, "Alias", Some(alias.into()));
    Ok(Value::object())
}

fn delete_alias(call: &Call, world: &mut World) -> Answer {
    let alias = call.required("AccountAlias")?;
    if setting(call, world, "Alias").as_ref().and_then(Value::as_str) != Some(alias) {
        return Err(missing(format!("The account alias {alias} cannot be found.")));
    }
    keep(call, world, "Alias", None);
    Ok(Value::object())
}

fn list_aliases(call: &Call, world: &mut World) -> Answer {
    let alias = setting(call, world, "Alias").map(|alias| ("alias".to_owned(), alias));
    page(call, "AccountAliases", alias.into_iter().collect())
}

/// The password policy of an account, if it has one of its own.
pub(super) fn password_policy(call: &Call, world: &World) -> Option<Object> {
    setting(call, world, "PasswordPolicy")?.as_object().cloned()
}

fn update_password_policy(call: &Call, world: &mut World) -> Answer {
    let mut policy = Object::new();
    let bounded = [
        ("MinimumPasswordLength", 6, 128),
        ("MaxPasswordAge", 1, 1095),
        ("PasswordReusePrevention", 1, 24),
    ];
    for (member, least, most) in bounded {
        if let Some(number) = call.integer(member) {
            if !(least..=most).contains(&number) {
                return Err(call.invalid(format!(
                    "1 validation error detected: Value '{number}' at '{member}' failed to satisfy constraint: Member must \
                     have value between {least} and {most}"
                )));
            }
            policy.insert(member, number);
        }
    }
    if policy.get("MinimumPasswordLength").is_none() {
        policy.insert("MinimumPasswordLength", 6);
    }
    for member in [
        "RequireSymbols",
        "RequireNumbers",
        "RequireUppercaseCharacters",
        "RequireLowercaseCharacters",
        "AllowUsersToChangePassword",
        "HardExpiry",
    ] {
        policy.insert(member, call.flag(member));
    }
    policy.insert("ExpirePasswords", policy.get("MaxPasswordAge").is_some());
    keep(call, world, "PasswordPolicy", Some(policy.into()));
    Ok(Value::object())
}

fn get_password_policy(call: &Call, world: &mut World) -> Answer {
    let account = call.account();
    let policy = password_policy(call, world).ok_or_else(|| {
        missing(format!("The Password Policy with domain name {account} cannot be found."))
    })?;
    Ok(value!({"PasswordPolicy": (policy)}))
}

fn delete_password_policy(call: &Call, world: &mut World) -> Answer {
    if password_policy(call, world).is_none() {
        return Err(missing("The account policy with name PasswordPolicy cannot be found."));
    }
    keep(call, world, "PasswordPolicy", None);
    Ok(Value::object())
}

fn summary(call: &Call, world: &mut World) -> Answer {
    let count =
        |kind: Kind| i64::try_from(world.shelf(&call.place(kind)).len()).unwrap_or(i64::MAX);
    let in_use = world.shelf(&call.place(&VIRTUAL_DEVICE)).values();
    let in_use = in_use.filter(|device| device.value("EnableDate").is_some()).count();
    let in_use = i64::try_from(in_use).unwrap_or(0);
    let versions = world.shelf(&call.place(&POLICY)).values();
    let versions: usize = versions
        .map(|policy| policy.inside.get("Versions").map_or(0, |it| it.as_list().len()))
        .sum();
    Ok(value!({"SummaryMap": {
        "Users": (count(&USER)), "UsersQuota": 5000,
        "Groups": (count(&GROUP)), "GroupsQuota": 300, "GroupsPerUserQuota": 10,
        "Roles": (count(&ROLE)), "RolesQuota": 1000,
        "Policies": (count(&POLICY)), "PoliciesQuota": 1500,
        "PolicyVersionsInUse": (i64::try_from(versions).unwrap_or(0)), "PolicyVersionsInUseQuota": 10000,
        "VersionsPerPolicyQuota": 5, "PolicySizeQuota": 6144,
        "InstanceProfiles": (count(&INSTANCE_PROFILE)), "InstanceProfilesQuota": 1000,
        "ServerCertificates": (count(&SERVER_CERTIFICATE)), "ServerCertificatesQuota": 20,
        "Providers": (count(&OIDC_PROVIDER) + count(&SAML_PROVIDER)),
        "MFADevices": (count(&VIRTUAL_DEVICE)), "MFADevicesInUse": (in_use),
        "AccessKeysPerUserQuota": 2, "SigningCertificatesPerUserQuota": 2,
        "AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerGroupQuota": 10, "AttachedPoliciesPerRoleQuota": 10,
        "UserPolicySizeQuota": 2048, "GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240,
        "AssumeRolePolicySizeQuota": 2048, "GlobalEndpointTokenVersion": 1,
        "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0, "AccountSigningCertificatesPresent": 0,
        "AccountPasswordPresent": 1,
    }}))
}
