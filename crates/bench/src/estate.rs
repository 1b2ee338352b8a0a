//! The estate that is measured: accounts of the simulated AWS, and two profiles for the Tagger.

use anyhow::{Result, anyhow};
use reeve_estate::{Estate, EstateFiles, read};
use reeve_time::Clock;
use reeve_twin::{
    Twin,
    seed::{SeededEstate, bulk},
};

use crate::ACCOUNTS;

/// A profile of a few configurations, as a small team has it.
const FEW: &str = r#"{
  "AWS::EC2::Instance": {
    "Linux": { "Filter": { "Platform": "linux" }, "Tags": [{ "Key": "managed", "Value": "true" }] },
    "Zones": {
      "Filter": { "Fn::AND": [{ "AvailabilityZone": "*a" }, { "Fn::NOT": { "Platform": "windows" } }] },
      "Tags": [{ "Key": "zone", "Value": "a" }]
    }
  },
  "AWS::RDS::DBInstance": {
    "Engines": { "Filter": { "Engine": "post*" }, "Tags": [{ "Key": "engine", "Value": "postgres" }] }
  },
  "AWS::S3::Bucket": {
    "All": { "Filter": { "BucketName": "*" }, "Tags": [{ "Key": "managed", "Value": "true" }] }
  },
  "AWS::DynamoDB::Table": {
    "All": { "Filter": { "TableName": "*" }, "Tags": [{ "Key": "managed", "Value": "true" }] }
  }
}"#;

/// How to get into the simulated accounts; the twin that is served is seeded alike.
pub(crate) fn access() -> SeededEstate {
    bulk(&Twin::new(Clock::system(), 1), ACCOUNTS, 0)
}

/// The estate with a profile of few configurations.
pub(crate) fn estate(access: &SeededEstate) -> Result<(Estate, EstateFiles)> {
    with_profile(access, FEW.to_owned())
}

/// The same with 22 configurations for instances.
pub(crate) fn estate_with_many(access: &SeededEstate) -> Result<Estate> {
    let blocks: Vec<String> = (0..20)
        .map(|number| {
            format!(
                r#""Block{number}": {{ "Filter": {{ "Fn::OR": [
                    {{ "Tag": {{ "Key": "Name", "Value": "*{number}" }} }},
                    {{ "InstanceId": "i-*{number}" }} ] }},
                    "Tags": [{{ "Key": "block-{number}", "Value": "yes" }}] }}"#
            )
        })
        .collect();
    let many = FEW.replacen(
        r#""AWS::EC2::Instance": {"#,
        &format!(r#""AWS::EC2::Instance": {{ {},"#, blocks.join(",")),
        1,
    );
    with_profile(access, many).map(|(estate, _)| estate)
}

fn with_profile(access: &SeededEstate, tags: String) -> Result<(Estate, EstateFiles)> {
    let regions: Vec<&str> = access.regions.iter().map(reeve_types::Region::as_str).collect();
    let accounts: String =
        access.accounts.iter().map(|(id, _)| format!("  - id: \"{id}\"\n")).collect();
    let estate = format!(
        "version: 1\nname: measured\nregions: [{}]\nrole: {}\nexternal-id: {}\n\
         authority:\n  all: propose\naccounts:\n{accounts}",
        regions.join(", "),
        access.role_name,
        access.external_id,
    );
    let files = EstateFiles { estate, custom_tags: Some(tags), default_tags: None };
    let estate = read(&files).map_err(|wrong| {
        anyhow!(wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    Ok((estate, files))
}
