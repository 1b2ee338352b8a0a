//! What RDS offers: engine versions, instance classes, certificates, Regions, and what an account may have.

use jiff::Timestamp;
use reeve_model::Value;

use super::{DATABASE_CLUSTER, DATABASE_INSTANCE, PAGES, catalog, snapshot::SNAPSHOT};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    recipe::Action,
    services::Part,
    store::Resource,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("DescribeDBEngineVersions", Action::Own(versions)),
        ("DescribeOrderableDBInstanceOptions", Action::Own(orderable)),
        ("DescribeCertificates", Action::Own(certificates)),
        ("DescribeSourceRegions", Action::Own(regions)),
        ("DescribeAccountAttributes", Action::Own(attributes)),
    ],
    tasks: &[],
};

/// One page of things that are numbered.
fn page(call: &Call, member: &str, all: Vec<Value>) -> Answer {
    PAGES.slice(call, member, all)
}

fn versions(call: &Call, _: &mut World) -> Answer {
    let (engine, version) = (call.text("Engine"), call.text("EngineVersion"));
    let family = call.text("DBParameterGroupFamily");
    let mut shown = Vec::new();
    for line in &catalog::LINES {
        if engine.is_some_and(|engine| engine != line.engine)
            || family.is_some_and(|family| family != line.family)
        {
            continue;
        }
        let default = catalog::find(line.engine, None).map(|(_, version)| version);
        for known in line.versions {
            let fits = version.is_none_or(|wanted| wanted == *known || wanted == line.major);
            if fits && (!call.flag("DefaultOnly") || default == Some(*known)) {
                shown.push(version_of(line, known));
            }
        }
    }
    page(call, "DBEngineVersions", shown)
}

fn version_of(line: &catalog::Line, version: &str) -> Value {
    let targets = catalog::upgrades(line.engine, version).into_iter().map(|(target, is_major)| {
        value!({
            "Engine": (line.engine),
            "EngineVersion": (target),
            "Description": (format!("{} {target}", line.name)),
            "AutoUpgrade": (!is_major && line.versions.last() == Some(&target)),
            "IsMajorVersionUpgrade": (is_major),
        })
    });
    let logs: Value = catalog::logs(line.engine).iter().map(|log| Value::from(*log)).collect();
    value!({
        "Engine": (line.engine),
        "MajorEngineVersion": (line.major),
        "EngineVersion": (version),
        "DBParameterGroupFamily": (line.family),
        "DBEngineDescription": (line.name),
        "DBEngineVersionDescription": (format!("{} {version}", line.name)),
        "ValidUpgradeTarget": (targets.collect::<Value>()),
        "ExportableLogTypes": (logs),
        "SupportsLogExportsToCloudwatchLogs": true,
        "SupportsReadReplica": (!line.engine.starts_with("sqlserver-ex")),
        "SupportedFeatureNames": [],
        "Status": "available",
        "SupportsParallelQuery": false,
        "SupportsGlobalDatabases": (catalog::is_aurora(line.engine)),
        "SupportedCACertificateIdentifiers": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
    })
}

fn orderable(call: &Call, _: &mut World) -> Answer {
    let engine = call.required("Engine")?;
    let (version, class) = (call.text("EngineVersion"), call.text("DBInstanceClass"));
    let lines: Vec<&catalog::Line> =
        catalog::LINES.iter().filter(|line| line.engine == engine).collect();
    if lines.is_empty() {
        return Err(call.invalid("Invalid DB engine"));
    }
    let aurora = catalog::is_aurora(engine);
    let mut shown = Vec::new();
    for known in lines.iter().flat_map(|line| line.versions) {
        if version.is_some_and(|version| version != *known) {
            continue;
        }
        for (name, _, _) in catalog::CLASSES {
            let fits =
                class.is_none_or(|class| class == name) && !(aurora && name.ends_with("micro"));
            if fits {
                let zones = ["a", "b", "c"]
                    .into_iter()
                    .map(|letter| value!({"Name": (format!("{}{letter}", call.region))}));
                shown.push(value!({
                    "Engine": (engine),
                    "EngineVersion": (*known),
                    "DBInstanceClass": (name),
                    "LicenseModel": (catalog::license(engine)),
                    "AvailabilityZones": (zones.collect::<Value>()),
                    "MultiAZCapable": (!aurora),
                    "ReadReplicaCapable": true,
                    "Vpc": true,
                    "SupportsStorageEncryption": true,
                    "StorageType": (if aurora { "aurora" } else { "gp3" }),
                    "SupportsIops": (!aurora),
                    "SupportsEnhancedMonitoring": true,
                    "SupportsIAMDatabaseAuthentication": true,
                    "SupportsPerformanceInsights": true,
                    "MinStorageSize": (if aurora { 1_i64 } else { 20 }),
                    "MaxStorageSize": 65_536_i64,
                    "SupportsStorageAutoscaling": (!aurora),
                    "SupportedEngineModes": ["provisioned"],
                    "SupportedNetworkTypes": ["IPV4"],
                }));
            }
        }
    }
    page(call, "OrderableDBInstanceOptions", shown)
}

fn certificates(call: &Call, _: &mut World) -> Answer {
    let wanted = call.text("CertificateIdentifier");
    let shown: Vec<Value> = catalog::CERTIFICATES
        .iter()
        .filter(|(id, ..)| wanted.is_none_or(|wanted| wanted == *id))
        .map(|(id, thumbprint, from, till)| {
            let time = |text: &str| text.parse::<Timestamp>().map_or(Value::Null, Value::from);
            value!({
                "CertificateIdentifier": (*id),
                "CertificateType": "CA",
                "Thumbprint": (*thumbprint),
                "ValidFrom": (time(from)),
                "ValidTill": (time(till)),
                "CertificateArn": (format!("arn:{}:rds:{}::cert:{id}", call.region.partition(), call.region)),
                "CustomerOverride": false,
            })
        })
        .collect();
    if shown.is_empty() {
        let message = format!("Certificate not found: {}", wanted.unwrap_or_default());
        return Err(Failure::new("CertificateNotFound", message).with_status(404));
    }
    let output = value!({
        "DefaultCertificateForNewLaunches": "rds-ca-rsa2048-g1",
        "Certificates": (shown),
    });
    Ok(output)
}

fn regions(call: &Call, world: &mut World) -> Answer {
    let others = world.regions.iter().filter(|region| **region != call.region).map(|region| {
        value!({
            "RegionName": (region.as_str()),
            "Endpoint": (format!("https://rds.{region}.amazonaws.com")),
            "Status": "available",
            "SupportsDBInstanceAutomatedBackupsReplication": true,
        })
    });
    page(call, "SourceRegions", others.collect())
}

fn attributes(call: &Call, world: &mut World) -> Answer {
    let count =
        |kind: Kind| i64::try_from(world.shelf(&call.place(kind)).len()).unwrap_or(i64::MAX);
    let storage: i64 = world
        .shelf(&call.place(&DATABASE_INSTANCE))
        .values()
        .filter_map(|one: &Resource| one.value("AllocatedStorage")?.as_i64())
        .sum();
    let quotas = [
        ("DBInstances", count(&DATABASE_INSTANCE), 40_i64),
        ("AllocatedStorage", storage, 100_000),
        ("ManualSnapshots", count(&SNAPSHOT), 100),
        ("DBClusters", count(&DATABASE_CLUSTER), 40),
    ];
    let shown = quotas.into_iter().map(
        |(name, used, most)| value!({"AccountQuotaName": (name), "Used": (used), "Max": (most)}),
    );
    Ok(value!({"AccountQuotas": (shown.collect::<Value>())}))
}
