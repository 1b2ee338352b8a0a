//! What the role that Reeve assumes in an account has to be allowed.

use std::collections::{BTreeMap, BTreeSet};

use reeve_authority::{Authority, Level};
use reeve_inventory::Definition;
use reeve_model::{UnknownOperation, UnknownService, catalog, permissions_for};
use reeve_types::{AccountId, Partition, Region};

use crate::{
    Call, Document, Statement,
    calls::{CallPurpose, calls},
    split::into_documents,
};

/// An account, and what is to happen there.
#[derive(Debug, Clone)]
pub struct AccountRequest<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The Regions looked after, all in one partition.
    pub regions: &'a [Region],
    /// The resource types looked after.
    pub definitions: Vec<&'a Definition>,
    /// How far Reeve may go.
    pub level: Level,
}

/// A policy that cannot be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    /// A definition names a service that the models do not have.
    #[error("the permissions of `{service}` are not known")]
    Service {
        /// The service.
        service: String,
        /// Why.
        source: UnknownService,
    },
    /// A definition names an operation that the models do not have.
    #[error("the permissions of an operation are not known")]
    Operation(#[from] UnknownOperation),
}

/// The documents that allow what is to happen in an account, and no more.
pub fn account_policy(request: &AccountRequest<'_>) -> Result<Vec<Document>, AccessError> {
    let mut statements = vec![reading(request)?];
    if request.level > Level::Observe {
        statements.extend(changing(request)?);
    }
    statements.retain(|statement| !statement.actions.is_empty());
    Ok(into_documents(statements))
}

/// How far the rules let a controller go in an account at most, whatever tags a resource has.
pub fn highest_level(authority: &Authority, account: &AccountId, controller: &str) -> Level {
    let speaking = || {
        authority
            .rules()
            .filter(|rule| rule.controller.as_deref().is_none_or(|named| named == controller))
    };
    let own = || speaking().filter(|rule| rule.account.as_ref() == Some(account));
    let of_estate = speaking().filter(|rule| rule.account.is_none());
    // A rule of the account for all resources leaves nothing to the estate's.
    let is_settled = own().any(|rule| rule.tag.is_none());
    let deciding = own().chain(of_estate.filter(|_| !is_settled));
    deciding.map(|rule| rule.level).max().unwrap_or_default()
}

fn reading(request: &AccountRequest<'_>) -> Result<Statement, AccessError> {
    let mut actions = BTreeSet::new();
    for call in calls(request.definitions.iter().copied()) {
        if matches!(call.purpose, CallPurpose::Resources(_)) && !call.purpose.changes() {
            actions.extend(permissions(&call)?);
        }
    }
    Ok(Statement {
        sid: "ObserveResources".to_owned(),
        purpose: "list and describe the resources that are looked after".to_owned(),
        actions,
        resources: BTreeSet::from(["*".to_owned()]),
        conditions: vec![in_regions(request.regions)],
        ..Statement::default()
    })
}

/// One statement for the types whose tags are changed with the same permissions.
fn changing(request: &AccountRequest<'_>) -> Result<Vec<Statement>, AccessError> {
    let mut types: BTreeMap<BTreeSet<String>, Vec<&Definition>> = BTreeMap::new();
    let mut through_others = BTreeSet::new();
    for definition in &request.definitions {
        let mut own: BTreeSet<String> = definition.also_needed().iter().cloned().collect();
        for call in calls([*definition]).iter().filter(|call| call.purpose.changes()) {
            // What another service changes on behalf of the caller, it is asked for in its own name, for no resource.
            if is_direct(definition, call) {
                own.extend(permissions(call)?);
            } else {
                through_others.extend(permissions(call)?);
            }
        }
        types.entry(own).or_default().push(definition);
    }
    let (sid, who) = match request.level {
        Level::Act => ("ActAtOnce", "as the authority to act allows, and as people approve it"),
        Level::Observe | Level::Propose => ("ActOnApproval", "as people approve it"),
    };
    let mut statements = Vec::new();
    for (actions, definitions) in types.into_iter().filter(|(actions, _)| !actions.is_empty()) {
        let names: Vec<&str> = definitions.iter().map(|it| it.resource_type().as_str()).collect();
        let direct = definitions.iter().all(|definition| changes_directly(definition));
        let service = definitions.first().map_or("", |definition| definition.service());
        statements.push(Statement {
            sid: format!("{sid}Tag{}", capitalised(service)),
            purpose: format!("change tags of {}, {who}", names.join(", ")),
            actions,
            resources: arns(request, &definitions),
            // What another service does on the caller's behalf need not say from which Region.
            conditions: if direct { vec![in_regions(request.regions)] } else { Vec::new() },
            ..Statement::default()
        });
    }
    if !through_others.is_empty() {
        statements.push(Statement {
            sid: format!("{sid}TagThroughTaggingApi"),
            purpose: format!("change tags through the Resource Groups Tagging API, {who}"),
            actions: through_others,
            resources: BTreeSet::from(["*".to_owned()]),
            conditions: vec![in_regions(request.regions)],
            ..Statement::default()
        });
    }
    statements.sort_by(|one, other| one.sid.cmp(&other.sid));
    Ok(statements)
}

fn changes_directly(definition: &Definition) -> bool {
    calls([definition]).iter().all(|call| !call.purpose.changes() || is_direct(definition, call))
}

fn is_direct(definition: &Definition, call: &Call) -> bool {
    call.service == definition.service()
}

fn permissions(call: &Call) -> Result<Vec<String>, AccessError> {
    let unknown = |source| AccessError::Service { service: call.service.clone(), source };
    let service = catalog().service(&call.service).map_err(unknown)?;
    let operation = service.operation(&call.operation)?;
    Ok(permissions_for(&service, operation).required)
}

fn arns(request: &AccountRequest<'_>, definitions: &[&Definition]) -> BTreeSet<String> {
    let partition = request.regions.first().map_or(Partition::Standard, Region::partition);
    definitions
        .iter()
        .map(|definition| definition.arn_pattern(partition, request.account))
        .collect()
}

fn in_regions(regions: &[Region]) -> (String, Vec<String>) {
    ("aws:RequestedRegion".to_owned(), regions.iter().map(ToString::to_string).collect())
}

/// A name as a part of an id, which has letters and digits only.
fn capitalised(name: &str) -> String {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    };
    words.map(capital).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use reeve_authority::{Rule, TagCondition};
    use reeve_inventory::definitions;
    use reeve_types::ResourceType;

    use super::*;
    use crate::MANAGED_POLICY_CHARACTERS;

    fn policy(types: &[&str], regions: &[&str], level: Level) -> Vec<Document> {
        let account: AccountId = "111122223333".parse().unwrap();
        let regions: Vec<Region> = regions.iter().map(|region| region.parse().unwrap()).collect();
        let all = definitions();
        let known = |name: &&str| all.get(&ResourceType::new(*name)).unwrap();
        let definitions =
            if types.is_empty() { all.iter().collect() } else { types.iter().map(known).collect() };
        account_policy(&AccountRequest { account: &account, regions: &regions, definitions, level })
            .unwrap()
    }

    fn text(documents: &[Document]) -> String {
        let texts = documents.iter().map(|it| serde_json::to_string_pretty(&it.to_json()).unwrap());
        texts.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn who_observes_reads_and_changes_nothing() {
        let documents = policy(&["AWS::S3::Bucket"], &["eu-west-1", "us-east-1"], Level::Observe);
        assert_snapshot!(text(&documents), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "ObserveResources",
              "Effect": "Allow",
              "Action": [
                "s3:GetBucketTagging",
                "s3:ListAllMyBuckets"
              ],
              "Resource": "*",
              "Condition": {
                "StringEquals": {
                  "aws:RequestedRegion": [
                    "eu-west-1",
                    "us-east-1"
                  ]
                }
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn changes_are_limited_to_the_type_and_its_partition() {
        let types = ["AWS::S3::Bucket", "AWS::EC2::Instance", "AWS::EC2::NatGateway"];
        let documents = policy(&types, &["cn-north-1"], Level::Act);
        assert_snapshot!(text(&documents), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "ObserveResources",
              "Effect": "Allow",
              "Action": [
                "ec2:DescribeInstances",
                "ec2:DescribeNatGateways",
                "s3:GetBucketTagging",
                "s3:ListAllMyBuckets"
              ],
              "Resource": "*",
              "Condition": {
                "StringEquals": {
                  "aws:RequestedRegion": "cn-north-1"
                }
              }
            },
            {
              "Sid": "ActAtOnceTagEc2",
              "Effect": "Allow",
              "Action": [
                "ec2:CreateTags",
                "ec2:DeleteTags"
              ],
              "Resource": [
                "arn:aws-cn:ec2:*:111122223333:instance/*",
                "arn:aws-cn:ec2:*:111122223333:natgateway/*"
              ],
              "Condition": {
                "StringEquals": {
                  "aws:RequestedRegion": "cn-north-1"
                }
              }
            },
            {
              "Sid": "ActAtOnceTagS3",
              "Effect": "Allow",
              "Action": [
                "s3:GetBucketTagging",
                "s3:PutBucketTagging",
                "s3:TagResource",
                "s3:UntagResource"
              ],
              "Resource": "arn:aws-cn:s3:::*"
            },
            {
              "Sid": "ActAtOnceTagThroughTaggingApi",
              "Effect": "Allow",
              "Action": [
                "tag:TagResources",
                "tag:UntagResources"
              ],
              "Resource": "*",
              "Condition": {
                "StringEquals": {
                  "aws:RequestedRegion": "cn-north-1"
                }
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn every_type_at_every_level_fits_into_managed_policies() {
        for level in Level::ALL {
            let documents = policy(&[], &["eu-west-1"], level);
            assert_eq!(documents.len(), 1);
            for document in &documents {
                assert!(document.characters() <= MANAGED_POLICY_CHARACTERS, "{level}");
                for statement in &document.statements {
                    assert!(statement.sid.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                    let is_change = statement.sid.starts_with("Act");
                    assert_eq!(
                        statement.resources.contains("*"),
                        !is_change || statement.sid.ends_with("Api")
                    );
                }
            }
        }
    }

    #[test]
    fn the_highest_level_is_what_some_resource_may_have() {
        let one: AccountId = "111122223333".parse().unwrap();
        let rule = |account: bool, tag: bool, level| Rule {
            account: account.then(|| one.clone()),
            controller: None,
            tag: tag.then(|| TagCondition { key: "env".to_owned(), value: None }),
            level,
        };
        let highest =
            |rules: Vec<Rule>| highest_level(&Authority::new(rules), &one, "resource-tagger");
        assert_eq!(highest(vec![]), Level::Observe);
        assert_eq!(highest(vec![rule(false, true, Level::Act)]), Level::Act);
        let settled = vec![rule(false, false, Level::Act), rule(true, false, Level::Propose)];
        assert_eq!(highest(settled), Level::Propose);
        let open = vec![rule(false, false, Level::Act), rule(true, true, Level::Propose)];
        assert_eq!(highest(open), Level::Act);
    }
}
