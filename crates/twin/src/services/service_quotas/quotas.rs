//! Quotas as data, and how they are shown.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call, PageSize},
    failure::Failure,
    kind::{Definition, Missing, Scope, TagForm},
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

type Row = (&'static str, &'static str, &'static str, f64, f64, &'static str, &'static str);

/// Service, code, name, default, applied, `a` adjustable and `g` global, measured resource.
const ROWS: [Row; 60] = [
    (
        "ec2",
        "L-1216C47A",
        "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        5.0,
        1920.0,
        "a",
        "Standard/OnDemand/vCPU",
    ),
    (
        "ec2",
        "L-DB2E81BA",
        "Running On-Demand G and VT instances",
        0.0,
        64.0,
        "a",
        "G/OnDemand/vCPU",
    ),
    ("ec2", "L-417A185B", "Running On-Demand P instances", 0.0, 96.0, "a", "P/OnDemand/vCPU"),
    ("ec2", "L-74FC7D96", "Running On-Demand F instances", 0.0, 64.0, "a", "F/OnDemand/vCPU"),
    ("ec2", "L-7295265B", "Running On-Demand X instances", 0.0, 128.0, "a", "X/OnDemand/vCPU"),
    ("ec2", "L-1945791B", "Running On-Demand Inf instances", 0.0, 64.0, "a", "Inf/OnDemand/vCPU"),
    ("ec2", "L-2C3B7624", "Running On-Demand Trn instances", 0.0, 128.0, "a", "Trn/OnDemand/vCPU"),
    ("ec2", "L-F7808C92", "Running On-Demand HPC instances", 0.0, 768.0, "a", "HPC/OnDemand/vCPU"),
    (
        "ec2",
        "L-43DA4232",
        "Running On-Demand High Memory instances",
        0.0,
        448.0,
        "a",
        "HighMem/OnDemand/vCPU",
    ),
    (
        "ec2",
        "L-34B43A08",
        "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
        5.0,
        1440.0,
        "a",
        "Standard/Spot/vCPU",
    ),
    ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5.0, 5.0, "a", ""),
    ("ec2", "L-0E3CBAB9", "AMIs", 50_000.0, 50_000.0, "a", ""),
    ("ec2", "L-B665C33B", "AMI sharing", 1000.0, 1000.0, "a", ""),
    ("ec2", "L-3E6EC3A3", "VPN connections per region", 50.0, 50.0, "a", ""),
    ("ec2", "L-4FB7FF5D", "Customer gateways per region", 50.0, 50.0, "a", ""),
    ("ec2", "L-A2478D36", "Transit gateways per account", 5.0, 5.0, "a", ""),
    (
        "ebs",
        "L-7A658B76",
        "Storage for General Purpose SSD (gp3) volumes, in TiB",
        50.0,
        50.0,
        "a",
        "",
    ),
    (
        "ebs",
        "L-D18FCD1D",
        "Storage for General Purpose SSD (gp2) volumes, in TiB",
        50.0,
        50.0,
        "a",
        "",
    ),
    ("ebs", "L-309BACF6", "Snapshots per Region", 100_000.0, 100_000.0, "a", ""),
    ("ebs", "L-9CF3C2EB", "Concurrent snapshot copies per destination Region", 20.0, 20.0, "a", ""),
    ("vpc", "L-F678F1CE", "VPCs per Region", 5.0, 5.0, "a", "VPC"),
    ("vpc", "L-407747CB", "Subnets per VPC", 200.0, 200.0, "a", ""),
    ("vpc", "L-A4707A72", "Internet gateways per Region", 5.0, 5.0, "a", ""),
    ("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5.0, 5.0, "a", ""),
    ("vpc", "L-E79EC296", "VPC security groups per Region", 2500.0, 2500.0, "a", ""),
    ("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60.0, 60.0, "a", ""),
    ("vpc", "L-2AFB9258", "Security groups per network interface", 5.0, 5.0, "a", ""),
    ("vpc", "L-DF5E4CA3", "Network interfaces per Region", 5000.0, 5000.0, "a", "NetworkInterface"),
    ("vpc", "L-93826ACB", "Routes per route table", 50.0, 50.0, "a", ""),
    ("vpc", "L-589F43AA", "Route tables per VPC", 200.0, 200.0, "a", ""),
    (
        "elasticloadbalancing",
        "L-53DA6B97",
        "Application Load Balancers per Region",
        50.0,
        50.0,
        "a",
        "ApplicationLoadBalancersPerRegion",
    ),
    (
        "elasticloadbalancing",
        "L-69A177A2",
        "Network Load Balancers per Region",
        50.0,
        50.0,
        "a",
        "NetworkLoadBalancersPerRegion",
    ),
    (
        "elasticloadbalancing",
        "L-E9E9831D",
        "Classic Load Balancers per Region",
        20.0,
        20.0,
        "a",
        "ClassicLoadBalancersPerRegion",
    ),
    ("elasticloadbalancing", "L-B22855CB", "Target Groups per Region", 3000.0, 3000.0, "a", ""),
    (
        "autoscaling",
        "L-CDE20ADC",
        "Auto Scaling groups per region",
        500.0,
        500.0,
        "a",
        "NumberOfAutoScalingGroup",
    ),
    ("autoscaling", "L-6B80B8FA", "Launch configurations per region", 200.0, 200.0, "a", ""),
    ("rds", "L-7B6409FD", "DB instances", 40.0, 40.0, "a", "DBInstances"),
    ("rds", "L-952B80B8", "DB clusters", 40.0, 40.0, "a", "DBClusters"),
    ("rds", "L-272F1212", "Manual DB instance snapshots", 100.0, 100.0, "a", "ManualSnapshots"),
    (
        "rds",
        "L-7ADDB58A",
        "Total storage for all DB instances",
        100_000.0,
        100_000.0,
        "a",
        "AllocatedStorage",
    ),
    ("dynamodb", "L-F98FE922", "Maximum number of tables", 2500.0, 2500.0, "a", "TableCount"),
    ("lambda", "L-B99A9384", "Concurrent executions", 1000.0, 1000.0, "a", "ConcurrentExecutions"),
    ("lambda", "L-2ACBD22F", "Function and layer storage", 75.0, 75.0, "a", ""),
    ("elasticfilesystem", "L-848C634D", "File systems per account", 1000.0, 1000.0, "a", ""),
    ("backup", "L-22EAB5BB", "Backup vaults per Region per account", 100.0, 100.0, "a", ""),
    ("backup", "L-6AEAC5DF", "Backup plans per Region per account", 100.0, 100.0, "a", ""),
    ("cloudformation", "L-0485CB21", "Stack count", 2000.0, 2000.0, "a", "Stack"),
    ("cloudwatch", "L-5E141212", "Rate of PutMetricData requests", 500.0, 500.0, "a", ""),
    ("cloudwatch", "L-2BA5E2AF", "Metric alarms per Region", 5000.0, 5000.0, "a", ""),
    ("ecs", "L-21C621EB", "Clusters per account", 10_000.0, 10_000.0, "a", ""),
    ("ecs", "L-9EF96962", "Services per cluster", 5000.0, 5000.0, "a", ""),
    ("eks", "L-1194D53C", "Clusters", 100.0, 100.0, "a", ""),
    ("elasticache", "L-DFE45DF3", "Nodes per Region", 300.0, 300.0, "a", ""),
    ("redshift", "L-BAAE1D6E", "Nodes", 200.0, 200.0, "a", ""),
    ("kms", "L-C2F1777E", "Customer Master Keys (CMKs)", 100_000.0, 100_000.0, "a", ""),
    ("events", "L-244521F2", "Rules per event bus", 300.0, 300.0, "a", ""),
    (
        "logs",
        "L-7E1FAE88",
        "CreateLogGroup throttle limit in transactions per second",
        10.0,
        10.0,
        "a",
        "",
    ),
    ("iam", "L-FE177D64", "Roles per account", 1000.0, 1000.0, "ag", ""),
    ("s3", "L-DC2B2D3D", "General purpose buckets", 10_000.0, 10_000.0, "ag", ""),
    ("organizations", "L-E619E033", "Default maximum number of accounts", 10.0, 100.0, "ag", ""),
];

/// A quota's value after a request was approved.
pub(super) static APPLIED: Definition = Definition {
    resource_type: "AWS::ServiceQuotas::AppliedQuota",
    arn: "arn:{partition}:servicequotas:{region}:{account}:{id}",
    tags: TagForm::Absent,
    scope: Scope::Regional,
    missing: Missing::new(
        "NoSuchResourceException",
        "The request failed because the specified quota does not exist.",
    ),
    ..Definition::OF
};

fn quotas() -> impl Iterator<Item = Quota> {
    ROWS.iter().map(|(service, code, name, default, applied, flags, usage)| Quota {
        service,
        code,
        name,
        default: *default,
        applied: *applied,
        adjustable: flags.contains('a'),
        global: flags.contains('g'),
        usage,
    })
}

/// The quota that a call is about.
pub(super) fn named(call: &Call) -> Result<Quota, Failure> {
    let (service, code) = (call.required("ServiceCode")?, call.required("QuotaCode")?);
    known(service)?;
    quotas()
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

const PAGES: Paging = Paging {
    size: "MaxResults",
    bounds: PageSize { least: 1, most: 100, default: 100 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "InvalidPaginationTokenException",
};

/// One page of a list.
pub(super) fn page(call: &Call, member: &str, all: Vec<Value>) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let start = start.and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let next = start + size;
    let more = (next < all.len()).then(|| next.to_string());
    let page: Value = all.into_iter().skip(start).take(size).collect();
    Ok(call.fit(PAGES.finish(call, Object::from_iter([(member, page)]), more.as_deref())))
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
    let all = quotas().filter(|quota| wanted(quota) && !none);
    let all = all.map(|quota| shown(call, &quota, applied(call, world, &quota))).collect();
    page(call, "Quotas", all)
}

/// `ListAWSDefaultServiceQuotas`.
pub(super) fn list_defaults(call: &Call, _: &mut World) -> Answer {
    let service = call.required("ServiceCode")?;
    known(service)?;
    let all = quotas().filter(|quota| quota.service == service);
    page(call, "Quotas", all.map(|quota| shown(call, &quota, quota.default)).collect())
}

/// `GetServiceQuota`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let quota = named(call)?;
    let value = applied(call, world, &quota);
    Ok(call.fit(Value::from_iter([("Quota", shown(call, &quota, value))])))
}

/// `GetAWSDefaultServiceQuota`.
pub(super) fn get_default(call: &Call, _: &mut World) -> Answer {
    let quota = named(call)?;
    Ok(call.fit(Value::from_iter([("Quota", shown(call, &quota, quota.default))])))
}
