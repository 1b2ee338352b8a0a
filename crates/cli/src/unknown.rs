//! What could not be looked at, for people: gathered by what stood in the way.
//!
//! A role that cannot be assumed, or an endpoint that cannot be reached, keeps Reeve from every type in every Region of an
//! account. That is one thing to put right, so it is said once, with the calls that came to nothing.

use owo_colors::OwoColorize as _;
use reeve_app::views::UnknownScopeView;

use crate::text::{count, listed};

/// How many names a line shows before it only counts.
const NAMES_SHOWN: usize = 3;

/// What a call says that was not made because its endpoint answered nobody lately.
const NOT_TRIED: &str = "not tried";

/// What looks were kept from seeing by the same thing.
struct Obstacle<'a> {
    account: &'a str,
    permission: Option<&'a str>,
    /// What happened, without the words that differ from call to call.
    happened: String,
    scopes: Vec<&'a UnknownScopeView>,
}

/// Says what is unknown, where, and what stood in the way.
pub(crate) fn describe(scopes: &[UnknownScopeView]) -> String {
    obstacles(scopes).iter().map(Obstacle::describe).collect::<Vec<_>>().join("\n")
}

fn obstacles(scopes: &[UnknownScopeView]) -> Vec<Obstacle<'_>> {
    let mut obstacles: Vec<Obstacle<'_>> = Vec::new();
    for scope in scopes {
        let (account, happened) = (scope.account.as_str(), happened(scope));
        let permission = scope.unknown.missing_permission.as_deref();
        let same = obstacles.iter_mut().find(|other| {
            (other.account, other.permission) == (account, permission)
                && cause(&other.happened) == cause(&happened)
        });
        match same {
            Some(obstacle) => {
                obstacle.scopes.push(scope);
                // Of several calls to an endpoint that is down, one that was made says more than one that was not.
                if obstacle.happened.contains(NOT_TRIED) {
                    obstacle.happened = happened;
                }
            }
            None => obstacles.push(Obstacle { account, permission, happened, scopes: vec![scope] }),
        }
    }
    obstacles
}

/// What stood in the way, without how often it was tried and how that ended each time.
fn cause(happened: &str) -> &str {
    let tried = happened.match_indices(" in ").find(|(place, word)| {
        let rest = happened.get(place + word.len()..).unwrap_or_default();
        rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).starts_with(" attempt")
    });
    tried.and_then(|(place, _)| happened.get(..place)).unwrap_or(happened)
}

/// What happened, told alike for every call that it happened to.
fn happened(scope: &UnknownScopeView) -> String {
    let UnknownScopeView { account, region, resource_type: _, id, unknown, observed_at: _ } = scope;
    let site = format!("`{}` in account {account}, Region {region}", unknown.call);
    let message = unknown.message.replace(&site, "the call");
    match id {
        Some(id) => message.replace(id.as_str(), "…"),
        None => message,
    }
}

impl Obstacle<'_> {
    fn describe(&self) -> String {
        let account = self.account.bold();
        let regions = listed(self.scopes.iter().map(|scope| scope.region.as_str()), NAMES_SHOWN);
        let (what, message) = match self.scopes.as_slice() {
            [scope] => {
                let id = scope.id.as_ref().map(|id| format!(" {id}"));
                let what = format!("{}{}", scope.resource_type, id.unwrap_or_default());
                (what, &scope.unknown.message)
            }
            scopes => (self.tally(scopes.len()), &self.happened),
        };
        let mut text = format!("{account} {regions}: {what}\n  {message}\n");
        if let Some(permission) = self.permission {
            text += &format!("  missing permission: {}\n", permission.yellow());
        }
        if self.scopes.len() > 1 {
            let calls = self.scopes.iter().map(|scope| scope.unknown.call.as_str());
            text += &format!("  calls: {}\n", listed(calls, NAMES_SHOWN));
            let types = self.scopes.iter().map(|scope| scope.resource_type.as_str());
            text += &format!("  types: {}\n", listed(types, NAMES_SHOWN));
        }
        text
    }

    fn tally(&self, scopes: usize) -> String {
        let resources = self.scopes.iter().filter(|scope| scope.id.is_some()).count();
        match resources {
            0 => count(scopes, "scope"),
            all if all == scopes => count(all, "resource"),
            some => format!("{} and {}", count(scopes - some, "scope"), count(some, "resource")),
        }
    }
}

#[cfg(test)]
mod tests {
    use reeve_app::views::UnknownView;

    use super::*;

    fn unknown(region: &str, resource_type: &str, call: &str, message: &str) -> UnknownScopeView {
        let message =
            message.replace("SITE", &format!("`{call}` in account 111122223333, Region {region}"));
        UnknownScopeView {
            account: "111122223333".to_owned(),
            region: region.to_owned(),
            resource_type: resource_type.to_owned(),
            id: None,
            unknown: UnknownView { call: call.to_owned(), missing_permission: None, message },
            observed_at: "2026-03-01T09:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn what_has_one_cause_is_said_once() {
        let scopes = [
            unknown("eu-west-1", "AWS::EC2::Instance", "ec2:DescribeInstances", "no way to SITE"),
            unknown("us-east-1", "AWS::EC2::Instance", "ec2:DescribeInstances", "no way to SITE"),
            unknown("us-east-1", "AWS::S3::Bucket", "s3:ListBuckets", "no way to SITE"),
            unknown("us-east-1", "AWS::EKS::Cluster", "eks:ListClusters", "SITE was denied"),
        ];
        let text = anstream::adapter::strip_str(&describe(&scopes)).to_string();
        insta::assert_snapshot!(text, @r"
        111122223333 eu-west-1, us-east-1: 3 scopes
          no way to the call
          calls: ec2:DescribeInstances, s3:ListBuckets
          types: AWS::EC2::Instance, AWS::S3::Bucket

        111122223333 us-east-1: AWS::EKS::Cluster
          `eks:ListClusters` in account 111122223333, Region us-east-1 was denied
        ");
    }
}
