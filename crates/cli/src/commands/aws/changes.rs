//! Which calls may change something, and asking before one is made in many places.

use std::collections::BTreeSet;

use anyhow::Result;
use reeve_aws::{Client, Target};
use reeve_types::AccountId;

use crate::{
    ask,
    exit::WrongInput,
    text::{count, listed},
};

/// How many accounts and Regions are named in a question before the others are only counted.
const NAMES_SHOWN: usize = 12;

/// Asks whether a call that may change something shall be made in all these scopes.
pub(super) async fn confirm(call: &str, (client, scopes): (&Client, &[Target])) -> Result<()> {
    let mut own = None;
    if let Some(target) = scopes.iter().find(|target| target.account.is_none()) {
        // Whose credentials these are is not to be guessed by who agrees.
        own = Some(client.caller_identity(target).await?.account);
    }
    let what = question(call, scopes, own.as_ref());
    if ask::is_possible() {
        return ask::confirm(&what);
    }
    let wrong = WrongInput::new(format!("there is no terminal to ask on whether to {what}"));
    Err(wrong.with_hint("`--yes` answers the question").into())
}

/// What is asked. `own` is the account of the base credentials.
fn question(call: &str, scopes: &[Target], own: Option<&AccountId>) -> String {
    let accounts = scopes.iter().filter_map(|target| target.account.as_ref().or(own));
    let accounts: BTreeSet<&str> = accounts.map(AccountId::as_str).collect();
    let regions: BTreeSet<&str> = scopes.iter().map(|target| target.region.as_str()).collect();
    let names = |noun: &str, names: BTreeSet<&str>| {
        let plural = if names.len() == 1 { "" } else { "s" };
        format!("{noun}{plural} {}", listed(names.into_iter(), NAMES_SHOWN))
    };
    format!(
        "call `{call}`, which may change something, in {}: {}; {}",
        count(scopes.len(), "scope"),
        names("account", accounts),
        names("Region", regions),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_how_many_scopes_and_which() {
        let target = |account: Option<&str>, region: &str| Target {
            account: account.map(|account| account.parse().unwrap()),
            region: region.parse().unwrap(),
            actor: "person:ana".into(),
            reason: None,
            role: None,
        };
        let own = "111122223333".parse().unwrap();
        for (scopes, expected) in [
            (
                vec![target(None, "eu-west-1"), target(None, "us-east-1")],
                "2 scopes: account 111122223333; Regions eu-west-1, us-east-1",
            ),
            (
                vec![
                    target(Some("444455556666"), "us-east-1"),
                    target(Some("777788889999"), "us-east-1"),
                ],
                "2 scopes: accounts 444455556666, 777788889999; Region us-east-1",
            ),
        ] {
            assert_eq!(
                question("ec2:StopInstances", &scopes, Some(&own)),
                format!("call `ec2:StopInstances`, which may change something, in {expected}")
            );
        }
    }
}
