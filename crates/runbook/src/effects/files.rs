//! The files that ship with Reeve.

macro_rules! file {
    ($name:literal) => {
        (
            concat!("effects/", $name, ".yaml"),
            include_str!(concat!("../../effects/", $name, ".yaml")),
        )
    };
}

/// Each file with its text.
pub(super) const FILES: &[(&str, &str)] = &[
    file!("athena"),
    file!("autoscaling"),
    file!("backup"),
    file!("cloudformation"),
    file!("cloudtrail"),
    file!("cloudwatch"),
    file!("codebuild"),
    file!("config"),
    file!("docdb"),
    file!("dynamodb"),
    file!("ec2-instances"),
    file!("ec2-network"),
    file!("ec2-volumes"),
    file!("ecs"),
    file!("efs"),
    file!("eks"),
    file!("elasticache"),
    file!("elb"),
    file!("elbv2"),
    file!("events"),
    file!("fis"),
    file!("guardduty"),
    file!("iam"),
    file!("kinesisanalyticsv2"),
    file!("kms"),
    file!("lambda"),
    file!("logs"),
    file!("macie2"),
    file!("rds"),
    file!("redshift"),
    file!("s3"),
    file!("s3control"),
    file!("secretsmanager"),
    file!("securityhub"),
    file!("sns"),
    file!("sqs"),
    file!("ssm"),
    file!("stepfunctions"),
    file!("sts"),
];
