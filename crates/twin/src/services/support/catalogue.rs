//! The checks, as data.

use super::{
    advice::{Check, Test},
    scans,
};

const COST: &str = "cost_optimizing";
const SECURITY: &str = "security";
const RESILIENCE: &str = "fault_tolerance";
const PERFORMANCE: &str = "performance";
const LIMITS: &str = "service_limits";

const LIMIT_METADATA: &[&str] =
    &["Region", "Service", "Limit Name", "Limit Amount", "Current Usage", "Status"];

const fn limit(
    id: &'static str,
    (name, service): (&'static str, &'static str),
    kind: &'static str,
    most: f64,
) -> Check {
    Check {
        id,
        name,
        category: LIMITS,
        service,
        description: "Checks for usage that is more than 80% of the limit.",
        metadata: LIMIT_METADATA,
        test: Test::Limit(kind, most),
    }
}

const fn check(
    (id, name): (&'static str, &'static str),
    (category, service): (&'static str, &'static str),
    description: &'static str,
    metadata: &'static [&'static str],
    test: Test,
) -> Check {
    Check { id, name, category, service, description, metadata, test }
}

const INSTANCE: &str = "AWS::EC2::Instance";
const VOLUME: &str = "AWS::EC2::Volume";
const DATABASE: &str = "AWS::RDS::DBInstance";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const CLASSIC: &str = "AWS::ElasticLoadBalancing::LoadBalancer";
const BUCKET: &str = "AWS::S3::Bucket";

/// Every check.
pub(super) static CHECKS: [Check; 42] = [
    check(
        ("Qch7DwouX1", "Low Utilization Amazon EC2 Instances"),
        (COST, "ec2"),
        "Checks for instances that were hardly used in the last fourteen days.",
        &[
            "Region/AZ",
            "Instance ID",
            "Instance Name",
            "Instance Type",
            "Estimated Monthly Savings",
            "CPU Utilization 14-Day Average",
        ],
        Test::Scan(INSTANCE, scans::idle_instance),
    ),
    check(
        ("DAvU99Dc4C", "Underutilized Amazon EBS Volumes"),
        (COST, "ebs"),
        "Checks for volumes that are attached to nothing.",
        &[
            "Region",
            "Volume ID",
            "Volume Name",
            "Volume Type",
            "Volume Size",
            "Monthly Storage Cost",
        ],
        Test::Scan(VOLUME, scans::unattached_volume),
    ),
    check(
        ("Z4AUBRNSmz", "Unassociated Elastic IP Addresses"),
        (COST, "ec2"),
        "Checks for Elastic IP addresses that are associated with nothing.",
        &["Region", "IP Address"],
        Test::Scan("AWS::EC2::EIP", scans::unused_address),
    ),
    check(
        ("hjLMh88uM8", "Idle Load Balancers"),
        (COST, "elb"),
        "Checks for Classic Load Balancers without instances.",
        &["Region", "Load Balancer Name", "Reason", "Estimated Monthly Savings"],
        Test::Scan(CLASSIC, scans::idle_balancer),
    ),
    check(
        ("Ti39halfu8", "Amazon RDS Idle DB Instances"),
        (COST, "rds"),
        "Checks for databases that nobody connects to.",
        &[
            "Region",
            "DB Instance Name",
            "Multi-AZ",
            "Instance Type",
            "Storage Provisioned (GB)",
            "Days Since Last Connection",
            "Estimated Monthly Savings (On Demand)",
        ],
        Test::Sound,
    ),
    check(
        ("G31sQ1E9U", "Underutilized Amazon Redshift Clusters"),
        (COST, "redshift"),
        "Checks for clusters that are hardly used.",
        &["Status", "Region", "Cluster", "Instance Type", "Reason", "Estimated Monthly Savings"],
        Test::Sound,
    ),
    check(
        ("HCP4007jGY", "Security Groups - Specific Ports Unrestricted"),
        (SECURITY, "ec2"),
        "Checks security groups for rules that let everybody in to ports with high risk.",
        &["Region", "Security Group Name", "Security Group ID", "Protocol", "Status", "Ports"],
        Test::Scan(GROUP, scans::risky_ports),
    ),
    check(
        ("1iG5NDGVre", "Security Groups - Unrestricted Access"),
        (SECURITY, "ec2"),
        "Checks security groups for rules that let everybody in.",
        &[
            "Region",
            "Security Group Name",
            "Security Group ID",
            "Protocol",
            "Port",
            "Status",
            "IP Range",
        ],
        Test::Scan(GROUP, scans::open_group),
    ),
    check(
        ("Pfx0RwqBli", "Amazon S3 Bucket Permissions"),
        (SECURITY, "s3"),
        "Checks buckets whose access is not blocked for the public.",
        &[
            "Region",
            "Region API Parameter",
            "Bucket Name",
            "ACL Allows List",
            "ACL Allows Upload/Delete",
            "Status",
            "Policy Allows Access",
        ],
        Test::Scan(BUCKET, scans::public_bucket),
    ),
    check(
        ("7DAFEmoDos", "MFA on Root Account"),
        (SECURITY, "iam"),
        "Checks the root account for a second factor.",
        &["Status"],
        Test::Sound,
    ),
    check(
        ("DqdJqYeRm5", "IAM Access Key Rotation"),
        (SECURITY, "iam"),
        "Checks for active access keys that were not rotated in the last 90 days.",
        &["Status", "IAM user", "Access Key", "Key Last Rotated", "Reason"],
        Test::Scan("AWS::IAM::AccessKey", scans::old_key),
    ),
    check(
        ("12Fnkpl8Y5", "Exposed Access Keys"),
        (SECURITY, "iam"),
        "Checks popular code repositories for access keys.",
        &[
            "Access Key ID",
            "User Name (IAM or Root)",
            "Fraud Type",
            "Case ID",
            "Time Updated",
            "Location",
            "Deadline",
            "Usage (USD per Day)",
        ],
        Test::Sound,
    ),
    check(
        ("Yw2K9puPzl", "IAM Password Policy"),
        (SECURITY, "iam"),
        "Checks the password policy of an account.",
        &[
            "Password Policy",
            "Uppercase",
            "Lowercase",
            "Number",
            "Non-alphanumeric",
            "Status",
            "Reason",
        ],
        Test::Sound,
    ),
    check(
        ("zXCkfM1nI3", "IAM Use"),
        (SECURITY, "iam"),
        "Checks whether IAM is used.",
        &["Status"],
        Test::Sound,
    ),
    check(
        ("vjafUGJ9H0", "AWS CloudTrail Logging"),
        (SECURITY, "cloudtrail"),
        "Checks trails that do not log.",
        &["Region", "Trail Name", "Logging Status", "Bucket Name", "Last Delivery Error", "Status"],
        Test::Scan("AWS::CloudTrail::Trail", scans::silent_trail),
    ),
    check(
        ("a2sEc6ILx", "ELB Listener Security"),
        (SECURITY, "elb"),
        "Checks Classic Load Balancers whose listeners are not encrypted.",
        &["Region", "Load Balancer Name", "Load Balancer Port", "Status", "Reason"],
        Test::Scan(CLASSIC, scans::plain_listener),
    ),
    check(
        ("xSqX82fQu", "ELB Security Groups"),
        (SECURITY, "elb"),
        "Checks Classic Load Balancers without security groups.",
        &["Region", "Load Balancer Name", "Status", "Security Group IDs", "Reason"],
        Test::Scan(CLASSIC, scans::balancer_without_group),
    ),
    check(
        ("nNauJisYIT", "Amazon RDS Security Group Access Risk"),
        (SECURITY, "rds"),
        "Checks databases that are reachable from the internet.",
        &["Region", "RDS Security Group Name", "Ingress Rule", "Status", "Reason"],
        Test::Scan(DATABASE, scans::public_database),
    ),
    check(
        ("ePs02jT06w", "Amazon EBS Public Snapshots"),
        (SECURITY, "ebs"),
        "Checks snapshots that everybody may use.",
        &["Status", "Region", "Volume ID", "Snapshot ID", "Description"],
        Test::Scan("AWS::EC2::Snapshot", scans::public_snapshot),
    ),
    check(
        ("rSs93HQwa1", "Amazon RDS Public Snapshots"),
        (SECURITY, "rds"),
        "Checks database snapshots that everybody may use.",
        &["Status", "Region", "DB Instance or Cluster ID", "Snapshot ID"],
        Test::Scan("AWS::RDS::DBSnapshot", scans::public_snapshot),
    ),
    check(
        ("L4dfs2Q4C5", "AWS Lambda Functions Using Deprecated Runtimes"),
        (SECURITY, "lambda"),
        "Checks functions whose runtime is deprecated.",
        &[
            "Status",
            "Region",
            "Function ARN",
            "Runtime",
            "Days to Deprecation",
            "Deprecation Date",
            "Average Daily Invokes",
        ],
        Test::Scan("AWS::Lambda::Function", scans::old_runtime),
    ),
    check(
        ("H7IgTzjTYb", "Amazon EBS Snapshots"),
        (RESILIENCE, "ebs"),
        "Checks volumes in use without a snapshot of the last 30 days.",
        &[
            "Region",
            "Volume ID",
            "Volume Name",
            "Snapshot ID",
            "Snapshot Name",
            "Snapshot Age",
            "Volume Attachment",
            "Status",
            "Reason",
        ],
        Test::Scan(VOLUME, scans::volume_without_snapshot),
    ),
    check(
        ("f2iK5R6Dep", "Amazon RDS Multi-AZ"),
        (RESILIENCE, "rds"),
        "Checks databases in one Availability Zone.",
        &["Region/AZ", "DB Instance", "VPC ID", "Multi-AZ", "Status"],
        Test::Scan(DATABASE, scans::single_zone),
    ),
    check(
        ("opQPADkZvH", "Amazon RDS Backups"),
        (RESILIENCE, "rds"),
        "Checks databases without automated backups.",
        &["Region/AZ", "DB Instance", "VPC ID", "Backup Retention Period", "Status"],
        Test::Scan(DATABASE, scans::no_backups),
    ),
    check(
        ("R365s2Qddf", "Amazon S3 Bucket Versioning"),
        (RESILIENCE, "s3"),
        "Checks buckets without versions.",
        &["Region", "Bucket Name", "Versioning", "MFA Delete Enabled", "Status"],
        Test::Scan(BUCKET, scans::unversioned),
    ),
    check(
        ("BueAdJ7NrP", "Amazon S3 Bucket Logging"),
        (RESILIENCE, "s3"),
        "Checks buckets without access logs.",
        &[
            "Status",
            "Region",
            "Bucket Name",
            "Target Name",
            "Target Exists",
            "Same Owner",
            "Write Enabled",
            "Reason",
        ],
        Test::Scan(BUCKET, scans::unlogged),
    ),
    check(
        ("xdeXZKIUy", "ELB Cross-Zone Load Balancing"),
        (RESILIENCE, "elb"),
        "Checks Classic Load Balancers that keep to their zones.",
        &["Region", "Load Balancer Name", "Status", "Reason"],
        Test::Scan(CLASSIC, scans::no_cross_zone),
    ),
    check(
        ("7qGXsKIUw", "ELB Connection Draining"),
        (RESILIENCE, "elb"),
        "Checks Classic Load Balancers that do not drain connections.",
        &["Region", "Load Balancer Name", "Status", "Reason"],
        Test::Scan(CLASSIC, scans::no_draining),
    ),
    check(
        ("CLOG40CDO8", "Auto Scaling Group Health Check"),
        (RESILIENCE, "autoscaling"),
        "Checks groups behind load balancers that do not ask them.",
        &[
            "Status",
            "Region",
            "Auto Scaling Group Name",
            "Load Balancer Associated",
            "Health Check",
        ],
        Test::Scan("AWS::AutoScaling::AutoScalingGroup", scans::health_check),
    ),
    check(
        ("8CNsSllI5v", "Auto Scaling Group Resources"),
        (RESILIENCE, "autoscaling"),
        "Checks groups whose resources are not there.",
        &[
            "Region",
            "Auto Scaling Group Name",
            "Launch Configuration",
            "Resource Type",
            "Resource Name",
            "Status",
            "Reason",
        ],
        Test::Sound,
    ),
    check(
        ("S45wrEXrLz", "VPN Tunnel Redundancy"),
        (RESILIENCE, "vpn"),
        "Checks VPN connections of which a tunnel is down.",
        &[
            "Region",
            "VPN ID",
            "VPC",
            "Virtual Private Gateway",
            "Customer Gateway",
            "Active Tunnels",
            "Reason",
        ],
        Test::Scan("AWS::EC2::VPNConnection", scans::one_tunnel),
    ),
    check(
        ("wuy7G1zxql", "Amazon EC2 Availability Zone Balance"),
        (RESILIENCE, "ec2"),
        "Checks how instances are spread over Availability Zones.",
        &["Region", "Zone a Instances", "Zone b Instances", "Zone c Instances", "Status", "Reason"],
        Test::Sound,
    ),
    check(
        ("ZRxQlPsb6c", "High Utilization Amazon EC2 Instances"),
        (PERFORMANCE, "ec2"),
        "Checks for instances that were nearly always busy in the last fourteen days.",
        &[
            "Region/AZ",
            "Instance ID",
            "Instance Type",
            "Instance Name",
            "CPU Utilization 14-Day Average",
        ],
        Test::Scan(INSTANCE, scans::busy_instance),
    ),
    limit("0Xc6LMYG8P", ("EC2 On-Demand Instances", "ec2"), INSTANCE, 640.0),
    limit("jL7PP0l7J9", ("VPC", "vpc"), "AWS::EC2::VPC", 5.0),
    limit("kM7QQ0l7J9", ("VPC Internet Gateways", "vpc"), "AWS::EC2::InternetGateway", 5.0),
    limit("lN7RR0l7J9", ("EC2-VPC Elastic IP Address", "ec2"), "AWS::EC2::EIP", 5.0),
    limit("eI7KK0l7J9", ("EBS Active Snapshots", "ebs"), "AWS::EC2::Snapshot", 100_000.0),
    limit(
        "fW7HH0l7J9",
        ("Auto Scaling Groups", "autoscaling"),
        "AWS::AutoScaling::AutoScalingGroup",
        500.0,
    ),
    limit("iK7OO0l7J9", ("ELB Classic Load Balancers", "elb"), CLASSIC, 20.0),
    limit("XG0aXHpIEt", ("RDS DB Instances", "rds"), DATABASE, 40.0),
    limit(
        "gW7HH0l7J9",
        ("CloudFormation Stacks", "cloudformation"),
        "AWS::CloudFormation::Stack",
        2000.0,
    ),
];
