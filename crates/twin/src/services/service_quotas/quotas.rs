//! Quotas as data, and how they are shown.

use std::sync::LazyLock;

use reeve_model::Value;

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Missing},
    page::Paging,
    store::Place,
    value::{object, value},
    world::World,
};

/// One quota: its service, its code and name, what AWS gives everybody, what an account that is in use has, whether it can be
/// raised, and whether it holds for all Regions together.
pub(super) struct Quota {
    pub(super) service: &'static str,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    default: f64,
    applied: f64,
    pub(super) adjustable: bool,
    pub(super) global: bool,
    /// The resource whose number is measured against it, as CloudWatch knows it.
    usage: &'static str,
}

const SERVICES: [(&str, &str); 24] = [
    ("acm", "AWS Certificate Manager (ACM)"),
    ("autoscaling", "Amazon EC2 Auto Scaling"),
    ("backup", "AWS Backup"),
    ("cloudformation", "AWS CloudFormation"),
    ("cloudwatch", "Amazon CloudWatch"),
    ("dynamodb", "Amazon DynamoDB"),
    ("ebs", "Amazon Elastic Block Store (Amazon EBS)"),
    ("ec2", "Amazon Elastic Compute Cloud (Amazon EC2)"),
    ("ecs", "Amazon Elastic Container Service (Amazon ECS)"),
    ("eks", "Amazon Elastic Kubernetes Service (Amazon EKS)"),
    ("elasticache", "Amazon ElastiCache"),
    ("elasticfilesystem", "Amazon Elastic File System (EFS)"),
    ("elasticloadbalancing", "Elastic Load Balancing (ELB)"),
    ("events", "Amazon EventBridge (CloudWatch Events)"),
    ("iam", "AWS Identity and Access Management (IAM)"),
    ("kms", "AWS Key Management Service (AWS KMS)"),
    ("lambda", "AWS Lambda"),
    ("logs", "Amazon CloudWatch Logs"),
    ("organizations", "AWS Organizations"),
    ("rds", "Amazon Relational Database Service (Amazon RDS)"),
    ("redshift", "Amazon Redshift"),
    ("s3", "Amazon Simple Storage Service (Amazon S3)"),
    ("sns", "Amazon Simple Notification Service (Amazon SNS)"),
    ("vpc", "Amazon Virtual Private Cloud (Amazon VPC)"),
];

/// Every quota, in the order of the table.
static QUOTAS: LazyLock<Vec<Quota>> = LazyLock::new(|| {
    let lines = include_str!("quotas.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(Quota::read).collect()
});

impl Quota {
    /// A quota from a line of the table: six words, and its name.
    fn read(line: &'static str) -> Option<Self> {
        let mut rest = line;
        let mut word = || {
            let (word, after) = rest.split_once(' ')?;
            rest = after.trim_start();
            Some(word)
        };
        let (service, code) = (word()?, word()?);
        let (default, applied) = (word()?.parse().ok()?, word()?.parse().ok()?);
        let (flags, usage) = (word()?, word()?);
        Some(Self {
            service,
            code,
            name: rest,
            default,
            applied,
            adjustable: flags.contains('a'),
            global: flags.contains('g'),
            usage: if usage == "-" { "" } else { usage },
        })
    }
}

/// A quota's value after a request was approved.
pub(super) static APPLIED: Definition = Definition {
    resource_type: "AWS::ServiceQuotas::AppliedQuota",
    arn: "arn:{partition}:servicequotas:{region}:{account}:{id}",
    missing: Missing::new(
        "NoSuchResourceException",
        "The request failed because the specified quota does not exist.",
    ),
    ..Definition::OF
};

/// The quota that a call is about.
pub(super) fn named(call: &Call) -> Result<&'static Quota, Failure> {
    let (service, code) = (call.required("ServiceCode")?, call.required("QuotaCode")?);
    known(service)?;
    QUOTAS
        .iter()
        .find(|quota| quota.service == service && quota.code == code)
        .ok_or_else(|| APPLIED.missing.failure(code))
}

fn known(service: &str) -> Result<&'static str, Failure> {
    let found = SERVICES.iter().find(|(code, _)| *code == service);
    let message = "The request failed because the specified service does not exist.";
    found.map(|(_, name)| *name).ok_or_else(|| Failure::new("NoSuchResourceException", message))
}

/// The name of a service that has quotas.
pub(super) fn service_name(service: &str) -> &'static str {
    known(service).unwrap_or_default()
}

/// What an account has of a quota now.
pub(super) fn applied(call: &Call, world: &World, quota: &Quota) -> f64 {
    let raised = world.get(&place(call, quota), &format!("{}/{}", quota.service, quota.code));
    let value = raised.and_then(|raised| raised.value("Value")).and_then(Value::as_f64);
    value.unwrap_or(quota.applied)
}

/// Where the value of a quota is kept.
pub(super) fn place(call: &Call, quota: &Quota) -> Place {
    let mut place = call.place(&APPLIED);
    if quota.global
        && let Ok(home) = crate::kind::HOME_REGION.parse()
    {
        place.region = home;
    }
    place
}

/// The ARN of a quota.
pub(super) fn arn(call: &Call, quota: &Quota) -> String {
    let account = call.account();
    let region = if quota.global { "" } else { call.region.as_str() };
    format!("arn:aws:servicequotas:{region}:{account}:{}/{}", quota.service, quota.code)
}

fn shown(call: &Call, quota: &Quota, value: f64) -> Value {
    let mut shown = object! {
        "ServiceCode": (quota.service),
        "ServiceName": (service_name(quota.service)),
        "QuotaArn": (arn(call, quota)),
        "QuotaCode": (quota.code),
        "QuotaName": (quota.name),
        "Value": (value),
        "Unit": "None",
        "Adjustable": (quota.adjustable),
        "GlobalQuota": (quota.global),
        "QuotaAppliedAtLevel": "ACCOUNT",
    };
    if !quota.usage.is_empty() {
        let class = quota.usage.strip_suffix("/vCPU").unwrap_or("None");
        let resource = if class == "None" { quota.usage } else { "vCPU" };
        shown.insert(
            "UsageMetric",
            value!({
                "MetricNamespace": "AWS/Usage",
                "MetricName": "ResourceCount",
                "MetricDimensions": {
                    "Class": (class), "Resource": (resource), "Service": (service_label(quota.service)), "Type": "Resource",
                },
                "MetricStatisticRecommendation": "Maximum",
            }),
        );
    }
    shown.into()
}

fn service_label(service: &str) -> String {
    match service {
        "ec2" | "vpc" => "EC2".to_owned(),
        "elasticloadbalancing" => "Elastic Load Balancing".to_owned(),
        "autoscaling" => "AutoScaling".to_owned(),
        "dynamodb" => "DynamoDB".to_owned(),
        "lambda" => "Lambda".to_owned(),
        "cloudformation" => "CloudFormation".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

const PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (100, 100), "InvalidPaginationTokenException");

/// One page of a list.
pub(super) fn page(call: &Call, member: &str, all: Vec<Value>) -> Answer {
    PAGES.slice(call, member, all)
}

/// `ListServices`.
pub(super) fn services(call: &Call, _: &mut World) -> Answer {
    let shown =
        |(code, name): &(&str, &str)| value!({"ServiceCode": (*code), "ServiceName": (*name)});
    page(call, "Services", SERVICES.iter().map(shown).collect())
}

/// `ListServiceQuotas`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let service = call.required("ServiceCode")?;
    known(service)?;
    let wanted = |quota: &Quota| {
        quota.service == service && call.text("QuotaCode").is_none_or(|code| code == quota.code)
    };
    let none = call.text("QuotaAppliedAtLevel") == Some("RESOURCE");
    let all = QUOTAS.iter().filter(|quota| wanted(quota) && !none);
    let all = all.map(|quota| shown(call, quota, applied(call, world, quota))).collect();
    page(call, "Quotas", all)
}

/// `ListAWSDefaultServiceQuotas`.
pub(super) fn list_defaults(call: &Call, _: &mut World) -> Answer {
    let service = call.required("ServiceCode")?;
    known(service)?;
    let all = QUOTAS.iter().filter(|quota| quota.service == service);
    page(call, "Quotas", all.map(|quota| shown(call, quota, quota.default)).collect())
}

/// `GetServiceQuota`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let quota = named(call)?;
    let value = applied(call, world, quota);
    Ok(call.fit(Value::from_iter([("Quota", shown(call, quota, value))])))
}

/// `GetAWSDefaultServiceQuota`.
pub(super) fn get_default(call: &Call, _: &mut World) -> Answer {
    let quota = named(call)?;
    Ok(call.fit(Value::from_iter([("Quota", shown(call, quota, quota.default))])))
}
