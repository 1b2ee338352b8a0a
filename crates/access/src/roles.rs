//! What it takes to enter the accounts: for the base credentials, and for each role.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Document, Statement, split::into_documents};

/// How long a trust policy may be, white space apart, unless the quota is raised.
pub const TRUST_POLICY_CHARACTERS: usize = 2_048;

/// A role, as Reeve assumes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleUse {
    /// Its ARN.
    pub arn: String,
    /// The external id that is given.
    pub external_id: Option<String>,
    /// Whether the session says who acts, as its source identity.
    pub source_identity: bool,
    /// Whether the session has tags.
    pub session_tags: bool,
}

impl RoleUse {
    fn actions(&self) -> BTreeSet<String> {
        let mut actions = BTreeSet::from(["sts:AssumeRole".to_owned()]);
        if self.source_identity {
            actions.insert("sts:SetSourceIdentity".to_owned());
        }
        if self.session_tags {
            actions.insert("sts:TagSession".to_owned());
        }
        actions
    }
}

/// The documents for the base credentials, or for a role on the way: to assume exactly these roles.
pub fn entry_policy<'a>(roles: impl IntoIterator<Item = &'a RoleUse>) -> Vec<Document> {
    let mut by_actions: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for role in roles {
        by_actions.entry(role.actions()).or_default().insert(role.arn.clone());
    }
    let statement = |(number, (actions, resources)): (usize, (BTreeSet<String>, _))| Statement {
        sid: if number == 0 {
            "EnterAccounts".to_owned()
        } else {
            format!("EnterAccounts{number}")
        },
        purpose: "assume the roles that lead into the accounts of the estate".to_owned(),
        actions,
        resources,
        ..Statement::default()
    };
    into_documents(by_actions.into_iter().enumerate().map(statement).collect())
}

/// The trust policy of a role, for each identity that assumes it, as that does.
pub fn trust_policy<'a>(uses: impl IntoIterator<Item = (&'a RoleUse, &'a str)>) -> Document {
    let uses: Vec<(&RoleUse, &str)> = uses.into_iter().collect();
    let number = |number: usize| if uses.len() == 1 { String::new() } else { number.to_string() };
    let mut statements = Vec::new();
    for (place, (role, principal)) in (1..).zip(&uses) {
        let external_id = role.external_id.iter();
        let entering = Statement {
            sid: format!("TrustReeve{}", number(place)),
            purpose: "let Reeve assume the role".to_owned(),
            principal: Some((*principal).to_owned()),
            actions: BTreeSet::from(["sts:AssumeRole".to_owned()]),
            conditions: external_id
                .map(|id| ("sts:ExternalId".to_owned(), vec![id.clone()]))
                .collect(),
            ..Statement::default()
        };
        // The external id is not among what these are asked with.
        let describing = Statement {
            sid: format!("DescribeTheSession{}", number(place)),
            purpose: "let the session say who acts and why".to_owned(),
            principal: Some((*principal).to_owned()),
            actions: role.actions().difference(&entering.actions).cloned().collect(),
            ..Statement::default()
        };
        statements.extend([entering, describing]);
    }
    statements.retain(|statement| !statement.actions.is_empty());
    Document { statements }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn role(account: &str, source_identity: bool) -> RoleUse {
        RoleUse {
            arn: format!("arn:aws:iam::{account}:role/reeve"),
            external_id: Some("harbour".to_owned()),
            source_identity,
            session_tags: false,
        }
    }

    #[test]
    fn the_base_credentials_may_assume_the_roles_and_no_others() {
        let roles = [role("111122223333", false), role("444455556666", false)];
        let documents: Vec<String> =
            entry_policy(&roles).iter().map(|it| it.to_json().to_string()).collect();
        assert_snapshot!(documents.join("\n"), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"EnterAccounts","Effect":"Allow","Action":"sts:AssumeRole","Resource":["arn:aws:iam::111122223333:role/reeve","arn:aws:iam::444455556666:role/reeve"]}]}"#);
    }

    #[test]
    fn a_role_that_several_assume_trusts_each_as_it_does() {
        let (one, other) = (role("111122223333", false), role("111122223333", true));
        let document = trust_policy([(&one, "arn:1"), (&other, "arn:2")]);
        let sids: Vec<&str> = document.statements.iter().map(|it| it.sid.as_str()).collect();
        assert_eq!(sids, ["TrustReeve1", "TrustReeve2", "DescribeTheSession2"]);
    }

    #[test]
    fn a_role_trusts_who_knows_the_external_id() {
        let document =
            trust_policy([(&role("111122223333", true), "arn:aws:iam::999900001111:role/base")]);
        assert_snapshot!(serde_json::to_string_pretty(&document.to_json()).unwrap(), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "TrustReeve",
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999900001111:role/base"
              },
              "Action": "sts:AssumeRole",
              "Condition": {
                "StringEquals": {
                  "sts:ExternalId": "harbour"
                }
              }
            },
            {
              "Sid": "DescribeTheSession",
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999900001111:role/base"
              },
              "Action": "sts:SetSourceIdentity"
            }
          ]
        }
        "#);
    }
}
