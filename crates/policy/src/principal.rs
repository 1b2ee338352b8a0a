//! Who is meant by a policy's `Principal`, and how firmly.

use crate::pattern::glob;

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// The root user of an account.
    Root {
        /// The account.
        account: &'a str,
    },
    /// A user.
    User {
        /// The account of the user.
        account: &'a str,
        /// Its ARN.
        arn: &'a str,
    },
    /// A session of a role.
    Session {
        /// The account of the role.
        account: &'a str,
        /// The ARN of the role.
        role: &'a str,
        /// The ARN of the session, `arn:aws:sts::…:assumed-role/…`.
        arn: &'a str,
    },
    /// A session that a user began for somebody else, `arn:aws:sts::…:federated-user/…`.
    Federated {
        /// The account of the user.
        account: &'a str,
        /// The ARN of the user.
        user: &'a str,
        /// The ARN of the session.
        arn: &'a str,
    },
    /// An identity provider's user who is no principal of AWS yet: the provider's name or ARN.
    Provider(&'a str),
    /// A service of AWS, such as `lambda.amazonaws.com`.
    Service(&'a str),
    /// Nobody in particular.
    Anonymous,
}

impl<'a> Caller<'a> {
    /// The account of the caller, if they are of one.
    pub fn account(&self) -> Option<&'a str> {
        match *self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::Session { account, .. }
            | Self::Federated { account, .. } => Some(account),
            Self::Provider(_) | Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The ARN that is said when the caller is refused.
    pub fn name(&self) -> String {
        match *self {
            Self::Root { account } => format!("arn:aws:iam::{account}:root"),
            Self::User { arn, .. } | Self::Session { arn, .. } | Self::Federated { arn, .. } => {
                arn.to_owned()
            }
            Self::Provider(name) | Self::Service(name) => name.to_owned(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }
}

/// How a resource's policy names a caller whom it allows. Later ones grant more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// By account: the account's own policies still decide.
    Account,
    /// By role: boundary and session policies still limit.
    Role,
    /// By user or session, or as anybody: the grant stands by itself.
    Direct,
}

/// The principals of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principals {
    /// `"*"`, or `*` among the AWS principals.
    Anybody,
    /// Some.
    Some(Box<[Principal]>),
}

/// One principal of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principal {
    /// An account, by id or by the ARN of its root user.
    Account(Box<str>),
    /// A user, role or session, by ARN.
    Arn(Box<str>),
    /// A service.
    Service(Box<str>),
    /// An identity provider.
    Provider(Box<str>),
    /// A canonical user, whom no caller is known as.
    Canonical,
}

impl Principals {
    /// How the caller is named, if they are.
    pub(crate) fn names(&self, caller: &Caller<'_>) -> Option<Grant> {
        match self {
            Self::Anybody => Some(Grant::Direct),
            Self::Some(list) => list.iter().filter_map(|one| one.names(caller)).max(),
        }
    }
}

impl Principal {
    fn names(&self, caller: &Caller<'_>) -> Option<Grant> {
        match (self, *caller) {
            (Self::Account(account), Caller::Root { account: own }) => {
                (**account == *own).then_some(Grant::Direct)
            }
            (Self::Account(account), _) => {
                (caller.account() == Some(&**account)).then_some(Grant::Account)
            }
            (Self::Arn(named), Caller::User { arn, .. }) => {
                (**named == *arn).then_some(Grant::Direct)
            }
            (Self::Arn(named), Caller::Session { role, arn, .. }) => {
                if **named == *arn {
                    Some(Grant::Direct)
                } else {
                    (**named == *role).then_some(Grant::Role)
                }
            }
            (Self::Arn(named), Caller::Federated { user, arn, .. }) => {
                if **named == *arn {
                    Some(Grant::Direct)
                } else {
                    (**named == *user).then_some(Grant::Role)
                }
            }
            (Self::Service(named), Caller::Service(own)) => {
                glob(named.as_bytes(), own.as_bytes()).then_some(Grant::Direct)
            }
            (Self::Provider(named), Caller::Provider(own)) => {
                (**named == *own).then_some(Grant::Direct)
            }
            _ => None,
        }
    }
}
