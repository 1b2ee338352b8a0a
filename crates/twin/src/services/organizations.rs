//! AWS Organizations: the accounts, for their management account only.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::AccountId;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    digest::hex_digest,
    directory::Account,
    failure::Failure,
    page::Paging,
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "organizations",
    signing_name: "organizations",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "organizations",
    invalid: "InvalidInputException",
    throttled: ("TooManyRequestsException", 400),
    tag_errors: TagErrors::all("InvalidInputException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ListAccounts", Action::Own(list_accounts)),
        ("DescribeAccount", Action::Own(describe_account)),
        ("DescribeOrganization", Action::Own(describe_organization)),
        ("ListRoots", Action::Own(list_roots)),
        ("ListOrganizationalUnitsForParent", Action::Own(list_units)),
        ("ListAccountsForParent", Action::Own(list_accounts_for_parent)),
    ],
    tasks: &[],
};

/// When every account joined.
const JOINED: Timestamp = Timestamp::constant(1_700_000_000, 0);

const PAGES: Paging = Paging {
    size: "MaxResults",
    bounds: PageSize { least: 1, most: 20, default: 20 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "InvalidInputException",
};

fn list_accounts(call: &Call, world: &mut World) -> Answer {
    let organization = Organization::of(call, world)?;
    organization.page_of_accounts(call, |_| true)
}

fn list_accounts_for_parent(call: &Call, world: &mut World) -> Answer {
    let organization = Organization::of(call, world)?;
    let parent = organization.parent(call)?;
    organization.page_of_accounts(call, |account| account.unit.as_deref() == parent.as_deref())
}

fn describe_account(call: &Call, world: &mut World) -> Answer {
    let organization = Organization::of(call, world)?;
    let wanted = call.required("AccountId")?;
    let account = world.directory.accounts.values().find(|account| account.id.as_str() == wanted);
    let account = account.ok_or_else(|| {
        Failure::new("AccountNotFoundException", "You specified an account that doesn't exist.")
    })?;
    Ok(Value::from_iter([("Account", organization.show(account))]))
}

fn describe_organization(call: &Call, world: &mut World) -> Answer {
    let organization = Organization::of(call, world)?;
    let management = &organization.management;
    let description = Object::from_iter([
        ("Id", organization.id.clone()),
        ("Arn", organization.arn("organization", &organization.id)),
        ("FeatureSet", "ALL".to_owned()),
        ("MasterAccountArn", organization.account_arn(management)),
        ("MasterAccountId", management.id.to_string()),
        ("MasterAccountEmail", management.email.clone()),
    ]);
    Ok(Value::from_iter([("Organization", description)]))
}

fn list_roots(call: &Call, world: &mut World) -> Answer {
    let organization = Organization::of(call, world)?;
    let root = organization.root();
    let arn = organization.arn("root", &format!("{}/{root}", organization.id));
    let root = Value::from_iter([
        ("Id", Value::from(root)),
        ("Arn", Value::from(arn)),
        ("Name", Value::from("Root")),
        ("PolicyTypes", Value::List(Vec::new())),
    ]);
    Ok(Value::from_iter([("Roots", Value::List(vec![root]))]))
}

fn list_units(call: &Call, world: &mut World) -> Answer {
    let organization = Organization::of(call, world)?;
    // Units do not nest: all of them are under the root.
    let at_root = organization.parent(call)?.is_none();
    let units = organization.units.iter().filter(|_| at_root).map(|name| {
        let id = organization.unit_id(name);
        Value::from_iter([
            ("Arn", organization.arn("ou", &format!("{}/{id}", organization.id))),
            ("Id", id),
            ("Name", name.clone()),
        ])
    });
    Ok(Value::from_iter([("OrganizationalUnits", units.collect::<Value>())]))
}

/// The organization as its management account sees it.
struct Organization<'s> {
    id: String,
    management: &'s Account,
    accounts: &'s BTreeMap<AccountId, Account>,
    units: BTreeSet<String>,
}

impl<'s> Organization<'s> {
    fn of(call: &Call, world: &'s World) -> Result<Self, Failure> {
        let accounts = &world.directory.accounts;
        let management = world.directory.management.as_ref().and_then(|id| accounts.get(id));
        let management = management.ok_or_else(|| {
            let message = "Your account is not a member of an organization.";
            Failure::new("AWSOrganizationsNotInUseException", message)
        })?;
        if *call.account() != management.id {
            let message = "You don't have permissions to access this resource.";
            return Err(Failure::new("AccessDeniedException", message));
        }
        let units = accounts.values().filter_map(|account| account.unit.clone()).collect();
        let id = format!("o-{}", hex_digest(management.id.as_str(), 10));
        Ok(Self { id, management, accounts, units })
    }

    fn page_of_accounts(&self, call: &Call, keep: impl Fn(&Account) -> bool) -> Answer {
        let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
        let after = start.and_then(|id| id.parse::<AccountId>().ok());
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = self.accounts.range((after, Bound::Unbounded)).map(|(_, account)| account);
        let mut rest = rest.filter(|account| keep(account));
        let shown: Vec<&Account> = rest.by_ref().take(size).collect();
        let last = shown.last().filter(|_| rest.next().is_some()).map(|last| last.id.as_str());
        let accounts: Value = shown.iter().map(|account| self.show(account)).collect();
        Ok(PAGES.finish(call, Object::from_iter([("Accounts", accounts)]), last))
    }

    fn show(&self, account: &Account) -> Value {
        Value::from_iter([
            ("Id", Value::from(account.id.as_str())),
            ("Arn", Value::from(self.account_arn(account))),
            ("Email", Value::from(&account.email)),
            ("Name", Value::from(&account.name)),
            ("Status", Value::from("ACTIVE")),
            ("State", Value::from("ACTIVE")),
            ("JoinedMethod", Value::from("CREATED")),
            ("JoinedTimestamp", Value::Timestamp(JOINED)),
        ])
    }

    /// The unit asked about; none for the root.
    fn parent(&self, call: &Call) -> Result<Option<String>, Failure> {
        let wanted = call.required("ParentId")?;
        if wanted == self.root() {
            return Ok(None);
        }
        let unit = self.units.iter().find(|name| self.unit_id(name) == wanted);
        unit.cloned().map(Some).ok_or_else(|| {
            let message = "You specified parent that doesn't exist.";
            Failure::new("ParentNotFoundException", message)
        })
    }

    fn root(&self) -> String {
        format!("r-{}", hex_digest(&self.id, 4))
    }

    fn unit_id(&self, name: &str) -> String {
        format!("ou-{}-{}", hex_digest(&self.id, 4), hex_digest(name, 8))
    }

    fn account_arn(&self, account: &Account) -> String {
        self.arn("account", &format!("{}/{}", self.id, account.id))
    }

    fn arn(&self, kind: &str, rest: &str) -> String {
        format!("arn:aws:organizations::{}:{kind}/{rest}", self.management.id)
    }
}
