//! The definitions that ship with Reeve.

use std::{collections::BTreeMap, sync::OnceLock};

use reeve_document::nearest;
use reeve_types::ResourceType;

use crate::{Definition, read::read};

macro_rules! file {
    ($name:literal) => {
        (
            concat!("resource-types/", $name, ".yaml"),
            include_str!(concat!("../resource-types/", $name, ".yaml")),
        )
    };
}

const FILES: &[(&str, &str)] = &[
    file!("autoscaling-group"),
    file!("dynamodb-table"),
    file!("ec2-instance"),
    file!("ec2-nat-gateway"),
    file!("ec2-vpn-connection"),
    file!("efs-file-system"),
    file!("eks-cluster"),
    file!("elasticsearch-domain"),
    file!("elb-load-balancer"),
    file!("elbv2-load-balancer"),
    file!("fsx-file-system"),
    file!("opensearch-domain"),
    file!("rds-db-cluster"),
    file!("rds-db-instance"),
    file!("redshift-cluster"),
    file!("s3-bucket"),
    file!("synthetics-canary"),
];

/// Resource types by name.
#[derive(Debug, Default)]
pub struct Definitions {
    by_type: BTreeMap<ResourceType, Definition>,
}

impl Definitions {
    /// The definition of a type.
    pub fn get(&self, resource_type: &ResourceType) -> Option<&Definition> {
        self.by_type.get(resource_type)
    }

    /// Every definition, in order of type.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.by_type.values()
    }

    /// The known type whose name is nearest to a name that is not known.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.by_type.keys().map(ResourceType::as_str))
    }
}

/// The definitions that ship with Reeve, read on first use.
///
/// A shipped file that cannot be read is left out here; a test sees to it that there is none.
pub fn definitions() -> &'static Definitions {
    static DEFINITIONS: OnceLock<Definitions> = OnceLock::new();
    DEFINITIONS.get_or_init(|| {
        let read = FILES.iter().filter_map(|(file, text)| read(file, text).ok());
        Definitions { by_type: read.map(|one| (one.resource_type().clone(), one)).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_can_be_read() {
        for (file, text) in FILES {
            let definition = read(file, text).unwrap_or_else(|wrong| panic!("{wrong}"));
            assert!(definitions().get(definition.resource_type()).is_some());
        }
        assert_eq!(definitions().iter().count(), FILES.len(), "two files define one type");
    }

    #[test]
    fn a_mistake_in_a_definition_is_found_with_its_place() {
        let text = FILES.first().unwrap().1.replace("untag:", "untga:");
        let wrong = read("x.yaml", &text).unwrap_err().to_string();
        assert!(wrong.contains("untga: unknown key"), "{wrong}");
        assert!(wrong.contains("did you mean `untag`?"), "{wrong}");
    }
}
