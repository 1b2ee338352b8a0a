//! What a definition leads to be called, and what may be known of that beforehand: for people who give permissions.

use reeve_types::{AccountId, Partition};

use crate::{Definition, definition::ArnSource, template::Fillings};

/// A call that a definition leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinedCall<'a> {
    /// The service, by the name the AWS CLI uses.
    pub service: &'a str,
    /// The operation.
    pub operation: &'a str,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To list the resources of the type, or find one again.
    List,
    /// To learn more about what was listed.
    Detail,
    /// To set tags.
    Tag,
    /// To remove tags.
    Untag,
}

/// What its calls do not say about the permissions that a definition needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// The ARNs of the type's resources, where they do not follow from an id.
    pub(crate) resource: Option<String>,
    /// The permissions on the resource that a change of its tags needs besides the call's own.
    pub(crate) also: Vec<String>,
}

impl Purpose {
    /// Whether such a call changes something.
    pub fn changes(self) -> bool {
        match self {
            Self::List | Self::Detail => false,
            Self::Tag | Self::Untag => true,
        }
    }
}

impl Definition {
    /// Every call that observing resources of the type and changing their tags can lead to.
    pub fn calls(&self) -> Vec<DefinedCall<'_>> {
        let list = DefinedCall {
            service: &self.service,
            operation: &self.list.operation,
            purpose: Purpose::List,
        };
        let details = self.details.iter().map(|detail| DefinedCall {
            service: &detail.service,
            operation: &detail.operation,
            purpose: Purpose::Detail,
        });
        let writes = [(&self.tag, Purpose::Tag), (&self.untag, Purpose::Untag)];
        let writes = writes.into_iter().map(|(write, purpose)| DefinedCall {
            service: &write.service,
            operation: &write.operation,
            purpose,
        });
        std::iter::once(list).chain(details).chain(writes).collect()
    }

    /// The ARNs of all the resources of the type that an account has, with stars; one star if they cannot be told.
    pub fn arn_pattern(&self, partition: Partition, account: &AccountId) -> String {
        let text = |source: &ArnSource| match source {
            ArnSource::Text(text) => Some(text.clone()),
            ArnSource::Path(_) => None,
        };
        let template = self.access.resource.clone().or_else(|| self.arn.iter().find_map(text));
        let texts = vec![
            ("partition", partition.as_str()),
            ("account", account.as_str()),
            ("region", "*"),
            ("id", "*"),
        ];
        let fillings = Fillings { texts, ..Fillings::default() };
        template.map_or_else(|| "*".to_owned(), |template| fillings.fill_text(&template))
    }

    /// The permissions on a resource that changing its tags needs besides the permission of the call.
    pub fn also_needed(&self) -> &[String] {
        &self.access.also
    }
}

#[cfg(test)]
mod tests {
    use reeve_types::ResourceType;

    use super::*;
    use crate::definitions;

    fn definition(name: &str) -> &'static Definition {
        definitions().get(&ResourceType::new(name)).unwrap()
    }

    #[test]
    fn every_call_of_a_definition_is_listed_with_what_it_is_for() {
        let calls = definition("AWS::DynamoDB::Table").calls();
        let shown: Vec<String> = calls
            .iter()
            .map(|call| format!("{:?} {}:{}", call.purpose, call.service, call.operation))
            .collect();
        assert_eq!(
            shown,
            [
                "List dynamodb:ListTables",
                "Detail dynamodb:ListTagsOfResource",
                "Tag dynamodb:TagResource",
                "Untag dynamodb:UntagResource",
            ]
        );
    }

    #[test]
    fn every_type_says_which_arns_its_resources_have() {
        let account: AccountId = "111122223333".parse().unwrap();
        for definition in definitions().iter() {
            let pattern = definition.arn_pattern(Partition::China, &account);
            assert!(
                pattern.starts_with("arn:aws-cn:"),
                "{}: {pattern}",
                definition.resource_type()
            );
            assert!(!pattern.contains('{'), "{}: {pattern}", definition.resource_type());
        }
        let pattern = |name| definition(name).arn_pattern(Partition::Standard, &account);
        assert_eq!(pattern("AWS::EC2::Instance"), "arn:aws:ec2:*:111122223333:instance/*");
        assert_eq!(pattern("AWS::S3::Bucket"), "arn:aws:s3:::*");
    }
}
