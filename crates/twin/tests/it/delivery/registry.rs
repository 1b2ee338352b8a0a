//! Every type of resource that templates may declare: made, changed, and deleted by a stack of its own.

use serde_json::{Map, Value, json};

use crate::aws::Aws;

/// A type, what it needs besides, its properties, and those that an update changes (none if there is nothing to change).
type Case = (&'static str, Value, Value, Value);

/// Resources that others need.
fn needs(names: &[&str]) -> Value {
    let trust = |service: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole"
        }] })
    };
    let role = |service: &str| json!({ "Type": "AWS::IAM::Role", "Properties": { "AssumeRolePolicyDocument": trust(service) } });
    let subnet = |cidr: &str, zone: &str| {
        json!({ "Type": "AWS::EC2::Subnet", "Properties": {
            "VpcId": { "Ref": "Vpc" }, "CidrBlock": cidr, "AvailabilityZone": format!("eu-west-1{zone}")
        } })
    };
    let all = json!({
        "Vpc": { "Type": "AWS::EC2::VPC", "Properties": { "CidrBlock": "10.0.0.0/16" } },
        "SubnetA": subnet("10.0.1.0/24", "a"),
        "SubnetB": subnet("10.0.2.0/24", "b"),
        "Gateway": { "Type": "AWS::EC2::InternetGateway" },
        "Attachment": { "Type": "AWS::EC2::VPCGatewayAttachment", "Properties": {
            "VpcId": { "Ref": "Vpc" }, "InternetGatewayId": { "Ref": "Gateway" }
        } },
        "Routes": { "Type": "AWS::EC2::RouteTable", "Properties": { "VpcId": { "Ref": "Vpc" } } },
        "Address": { "Type": "AWS::EC2::EIP", "Properties": { "Domain": "vpc" } },
        "LambdaRole": role("lambda.amazonaws.com"),
        "MachineRole": role("ec2.amazonaws.com"),
        "BackupRole": role("backup.amazonaws.com"),
        "Function": { "Type": "AWS::Lambda::Function", "Properties": function() },
        "Version": { "Type": "AWS::Lambda::Version", "Properties": { "FunctionName": { "Ref": "Function" } } },
        "Topic": { "Type": "AWS::SNS::Topic" },
        "Queue": { "Type": "AWS::SQS::Queue" },
        "Key": { "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": key_policy() } },
        "OtherKey": { "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": key_policy() } },
        "Bucket": { "Type": "AWS::S3::Bucket" },
        "Balancer": { "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {
            "Subnets": [{ "Ref": "SubnetA" }, { "Ref": "SubnetB" }]
        } },
        "Targets": { "Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {
            "VpcId": { "Ref": "Vpc" }, "Port": 80, "Protocol": "HTTP"
        } },
        "Launch": { "Type": "AWS::EC2::LaunchTemplate", "Properties": { "LaunchTemplateData": {
            "ImageId": "IMAGE", "InstanceType": "t3.micro"
        } } },
        "Plan": { "Type": "AWS::Backup::BackupPlan", "Properties": { "BackupPlan": plan("daily") } },
        "Vault": { "Type": "AWS::Backup::BackupVault", "Properties": { "BackupVaultName": "vault" } }
    });
    names.iter().map(|name| ((*name).to_owned(), all[*name].clone())).collect::<Map<_, _>>().into()
}

fn function() -> Value {
    json!({
        "Role": { "Fn::GetAtt": ["LambdaRole", "Arn"] }, "Runtime": "python3.12", "Handler": "index.handler",
        "Code": { "ZipFile": "def handler(event, context): pass" }
    })
}

fn key_policy() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": { "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root" } },
        "Action": "kms:*", "Resource": "*"
    }] })
}

fn plan(rule: &str) -> Value {
    json!({ "BackupPlanName": "plan", "BackupPlanRule": [{
        "RuleName": rule, "TargetBackupVault": "vault", "ScheduleExpression": "cron(0 5 * * ? *)"
    }] })
}

fn policy(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
}

fn trust() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole"
    }] })
}

fn compute() -> Vec<Case> {
    let none = || json!({});
    vec![
        (
            "AWS::EC2::Instance",
            needs(&["Vpc", "SubnetA"]),
            json!({ "ImageId": "IMAGE", "InstanceType": "t3.micro", "SubnetId": { "Ref": "SubnetA" } }),
            json!({ "DisableApiTermination": false }),
        ),
        (
            "AWS::EC2::Volume",
            none(),
            json!({ "AvailabilityZone": "eu-west-1a", "Size": 8 }),
            json!({ "Size": 16 }),
        ),
        (
            "AWS::EC2::LaunchTemplate",
            none(),
            json!({ "LaunchTemplateData": { "InstanceType": "t3.micro" } }),
            json!({ "LaunchTemplateData": { "InstanceType": "t3.large" } }),
        ),
        (
            "AWS::AutoScaling::AutoScalingGroup",
            needs(&["Vpc", "SubnetA", "Launch"]),
            json!({
                "MinSize": "0", "MaxSize": "1", "VPCZoneIdentifier": [{ "Ref": "SubnetA" }],
                "LaunchTemplate": { "LaunchTemplateId": { "Ref": "Launch" }, "Version": "1" }
            }),
            json!({ "MaxSize": "2" }),
        ),
        ("AWS::Lambda::Function", needs(&["LambdaRole"]), function(), json!({ "Timeout": 30 })),
        (
            "AWS::Lambda::Version",
            needs(&["LambdaRole", "Function"]),
            json!({ "FunctionName": { "Ref": "Function" } }),
            json!({ "Description": "again" }),
        ),
        (
            "AWS::Lambda::Alias",
            needs(&["LambdaRole", "Function", "Version"]),
            json!({
                "FunctionName": { "Ref": "Function" }, "Name": "live",
                "FunctionVersion": { "Fn::GetAtt": ["Version", "Version"] }
            }),
            json!({ "Description": "what is live" }),
        ),
        (
            "AWS::Lambda::Permission",
            needs(&["LambdaRole", "Function"]),
            json!({ "FunctionName": { "Ref": "Function" }, "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com" }),
            json!({ "Principal": "events.amazonaws.com" }),
        ),
        (
            "AWS::ECS::Cluster",
            none(),
            none(),
            json!({ "ClusterSettings": [{ "Name": "containerInsights", "Value": "enabled" }] }),
        ),
    ]
}

fn identity() -> Vec<Case> {
    let none = || json!({});
    vec![
        (
            "AWS::IAM::Role",
            none(),
            json!({ "AssumeRolePolicyDocument": trust() }),
            json!({ "Description": "a role" }),
        ),
        (
            "AWS::IAM::ManagedPolicy",
            none(),
            json!({ "PolicyDocument": policy("s3:GetObject") }),
            json!({ "PolicyDocument": policy("s3:PutObject") }),
        ),
        (
            "AWS::IAM::InstanceProfile",
            needs(&["MachineRole"]),
            json!({ "Roles": [{ "Ref": "MachineRole" }] }),
            json!({ "Path": "/machines/" }),
        ),
        (
            "AWS::IAM::User",
            none(),
            none(),
            json!({ "Policies": [{ "PolicyName": "read", "PolicyDocument": policy("s3:GetObject") }] }),
        ),
        (
            "AWS::IAM::Group",
            none(),
            none(),
            json!({ "Policies": [{ "PolicyName": "read", "PolicyDocument": policy("s3:GetObject") }] }),
        ),
        (
            "AWS::KMS::Key",
            none(),
            json!({ "KeyPolicy": key_policy() }),
            json!({ "Description": "a key" }),
        ),
        (
            "AWS::KMS::Alias",
            needs(&["Key", "OtherKey"]),
            json!({ "AliasName": "alias/app", "TargetKeyId": { "Ref": "Key" } }),
            json!({ "TargetKeyId": { "Ref": "OtherKey" } }),
        ),
        (
            "AWS::SecretsManager::Secret",
            none(),
            json!({ "SecretString": "a" }),
            json!({ "Description": "a secret" }),
        ),
    ]
}

fn messages() -> Vec<Case> {
    let none = || json!({});
    let document = |text: &str| {
        json!({ "schemaVersion": "2.2", "description": text, "mainSteps": [{
            "action": "aws:runShellScript", "name": "run", "inputs": { "runCommand": ["true"] }
        }] })
    };
    vec![
        ("AWS::SQS::Queue", none(), none(), json!({ "VisibilityTimeout": 60 })),
        ("AWS::SNS::Topic", none(), none(), json!({ "DisplayName": "news" })),
        (
            "AWS::SNS::Subscription",
            needs(&["Topic", "Queue"]),
            json!({ "TopicArn": { "Ref": "Topic" }, "Protocol": "sqs", "Endpoint": { "Fn::GetAtt": ["Queue", "Arn"] } }),
            json!({ "RawMessageDelivery": true }),
        ),
        (
            "AWS::Events::Rule",
            none(),
            json!({ "ScheduleExpression": "rate(5 minutes)" }),
            json!({ "ScheduleExpression": "rate(10 minutes)" }),
        ),
        (
            "AWS::CloudWatch::Alarm",
            none(),
            json!({
                "MetricName": "Errors", "Namespace": "App", "Statistic": "Sum", "Period": 60,
                "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"
            }),
            json!({ "Threshold": 2 }),
        ),
        (
            "AWS::SSM::Parameter",
            none(),
            json!({ "Type": "String", "Value": "a" }),
            json!({ "Value": "b" }),
        ),
        (
            "AWS::SSM::Document",
            none(),
            json!({ "DocumentType": "Command", "Content": document("one") }),
            json!({ "Content": document("two") }),
        ),
        (
            "AWS::SSM::MaintenanceWindow",
            none(),
            json!({
                "Name": "nights", "Schedule": "cron(0 2 ? * * *)", "Duration": 2, "Cutoff": 1,
                "AllowUnassociatedTargets": true
            }),
            json!({ "Duration": 3 }),
        ),
        (
            "AWS::SSM::PatchBaseline",
            none(),
            json!({ "Name": "patches", "OperatingSystem": "AMAZON_LINUX_2" }),
            json!({ "Description": "all patches" }),
        ),
        (
            "AWS::Config::ConfigRule",
            none(),
            json!({ "Source": { "Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED" } }),
            json!({ "Description": "buckets keep versions" }),
        ),
    ]
}

fn network() -> Vec<Case> {
    let (none, gone) = (|| json!({}), Value::Null);
    let tagged = || json!({ "Tags": [{ "Key": "a", "Value": "b" }] });
    let in_vpc = || json!({ "VpcId": { "Ref": "Vpc" } });
    vec![
        (
            "AWS::EC2::VPC",
            none(),
            json!({ "CidrBlock": "10.0.0.0/16" }),
            json!({ "EnableDnsHostnames": true }),
        ),
        (
            "AWS::EC2::Subnet",
            needs(&["Vpc"]),
            json!({ "VpcId": { "Ref": "Vpc" }, "CidrBlock": "10.0.1.0/24" }),
            json!({ "MapPublicIpOnLaunch": true }),
        ),
        (
            "AWS::EC2::SecurityGroup",
            needs(&["Vpc"]),
            json!({ "VpcId": { "Ref": "Vpc" }, "GroupDescription": "web" }),
            json!({ "SecurityGroupIngress": [{ "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8" }] }),
        ),
        ("AWS::EC2::RouteTable", needs(&["Vpc"]), in_vpc(), tagged()),
        (
            "AWS::EC2::Route",
            needs(&["Vpc", "Routes", "Gateway", "Attachment"]),
            json!({
                "RouteTableId": { "Ref": "Routes" }, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": { "Ref": "Gateway" }
            }),
            json!({ "DestinationCidrBlock": "192.168.0.0/16" }),
        ),
        (
            "AWS::EC2::SubnetRouteTableAssociation",
            needs(&["Vpc", "Routes", "SubnetA", "SubnetB"]),
            json!({ "RouteTableId": { "Ref": "Routes" }, "SubnetId": { "Ref": "SubnetA" } }),
            json!({ "SubnetId": { "Ref": "SubnetB" } }),
        ),
        ("AWS::EC2::InternetGateway", none(), none(), tagged()),
        (
            "AWS::EC2::VPCGatewayAttachment",
            needs(&["Vpc", "Gateway"]),
            json!({ "VpcId": { "Ref": "Vpc" }, "InternetGatewayId": { "Ref": "Gateway" } }),
            gone,
        ),
        (
            "AWS::EC2::NatGateway",
            needs(&["Vpc", "SubnetA", "Gateway", "Attachment", "Address"]),
            json!({ "SubnetId": { "Ref": "SubnetA" }, "AllocationId": { "Fn::GetAtt": ["Address", "AllocationId"] } }),
            tagged(),
        ),
        ("AWS::EC2::EIP", none(), json!({ "Domain": "vpc" }), tagged()),
    ]
}

fn balancing() -> Vec<Case> {
    vec![
        (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            needs(&["Vpc", "SubnetA", "SubnetB"]),
            json!({ "Subnets": [{ "Ref": "SubnetA" }, { "Ref": "SubnetB" }] }),
            json!({ "LoadBalancerAttributes": [{ "Key": "idle_timeout.timeout_seconds", "Value": "30" }] }),
        ),
        (
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            needs(&["Vpc"]),
            json!({ "VpcId": { "Ref": "Vpc" }, "Port": 80, "Protocol": "HTTP" }),
            json!({ "HealthCheckPath": "/health" }),
        ),
        (
            "AWS::ElasticLoadBalancingV2::Listener",
            needs(&["Vpc", "SubnetA", "SubnetB", "Balancer", "Targets"]),
            json!({
                "LoadBalancerArn": { "Ref": "Balancer" }, "Port": 80, "Protocol": "HTTP",
                "DefaultActions": [{ "Type": "forward", "TargetGroupArn": { "Ref": "Targets" } }]
            }),
            json!({ "Port": 8080 }),
        ),
    ]
}

fn storage() -> Vec<Case> {
    let (none, gone) = (|| json!({}), Value::Null);
    let bucket_policy = |action: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": { "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root" } },
            "Action": action, "Resource": { "Fn::Sub": "arn:aws:s3:::${Bucket}/*" }
        }] })
    };
    vec![
        (
            "AWS::S3::Bucket",
            none(),
            none(),
            json!({ "VersioningConfiguration": { "Status": "Enabled" } }),
        ),
        (
            "AWS::S3::BucketPolicy",
            needs(&["Bucket"]),
            json!({ "Bucket": { "Ref": "Bucket" }, "PolicyDocument": bucket_policy("s3:GetObject") }),
            json!({ "PolicyDocument": bucket_policy("s3:PutObject") }),
        ),
        (
            "AWS::DynamoDB::Table",
            none(),
            json!({
                "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }], "BillingMode": "PAY_PER_REQUEST"
            }),
            json!({ "DeletionProtectionEnabled": false, "TimeToLiveSpecification": { "AttributeName": "ttl", "Enabled": true } }),
        ),
        (
            "AWS::RDS::DBInstance",
            none(),
            json!({
                "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": "20",
                "MasterUsername": "master", "MasterUserPassword": "correct-horse"
            }),
            json!({ "AllocatedStorage": "40" }),
        ),
        (
            "AWS::RDS::DBCluster",
            none(),
            json!({ "Engine": "aurora-postgresql", "MasterUsername": "master", "MasterUserPassword": "correct-horse" }),
            json!({ "BackupRetentionPeriod": 7 }),
        ),
        (
            "AWS::RDS::DBSubnetGroup",
            needs(&["Vpc", "SubnetA", "SubnetB"]),
            json!({ "DBSubnetGroupDescription": "data", "SubnetIds": [{ "Ref": "SubnetA" }, { "Ref": "SubnetB" }] }),
            json!({ "DBSubnetGroupDescription": "the data" }),
        ),
        (
            "AWS::EFS::FileSystem",
            none(),
            none(),
            json!({ "BackupPolicy": { "Status": "ENABLED" } }),
        ),
        (
            "AWS::Backup::BackupVault",
            none(),
            json!({ "BackupVaultName": "own" }),
            json!({ "AccessPolicy": policy("backup:*") }),
        ),
        (
            "AWS::Backup::BackupPlan",
            needs(&["Vault"]),
            json!({ "BackupPlan": plan("daily") }),
            json!({ "BackupPlan": plan("every-day") }),
        ),
        (
            "AWS::Backup::BackupSelection",
            needs(&["Vault", "Plan", "BackupRole"]),
            json!({
                "BackupPlanId": { "Ref": "Plan" },
                "BackupSelection": {
                    "SelectionName": "all", "IamRoleArn": { "Fn::GetAtt": ["BackupRole", "Arn"] }, "Resources": ["*"]
                }
            }),
            gone,
        ),
        ("AWS::Logs::LogGroup", none(), none(), json!({ "RetentionInDays": 30 })),
    ]
}

fn cases() -> Vec<Case> {
    [compute(), identity(), messages(), network(), balancing(), storage()].concat()
}

fn body(needed: &Value, kind: &str, properties: &Value) -> String {
    let mut resources = needed.clone();
    resources["X"] = json!({ "Type": kind, "Properties": properties });
    if kind == "AWS::EC2::Route" || kind == "AWS::EC2::NatGateway" {
        resources["X"]["DependsOn"] = json!("Attachment");
    }
    if kind == "AWS::Backup::BackupPlan" || kind == "AWS::Backup::BackupSelection" {
        resources["X"]["DependsOn"] = json!("Vault");
    }
    if kind == "AWS::Backup::BackupSelection" {
        resources["Plan"]["DependsOn"] = json!("Vault");
    }
    json!({ "Resources": resources }).to_string()
}

/// Waits until a stack is done, and says why if that is not as it should be.
fn outcome(aws: &Aws, stack: &str, wanted: &str) -> Result<(), String> {
    aws.advance("PT2H");
    let name = json!({ "StackName": stack });
    let shown = aws.call("cloudformation", "DescribeStacks", name.clone());
    let status = shown["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
    if status == wanted {
        return Ok(());
    }
    let events = aws.call("cloudformation", "DescribeStackEvents", name);
    let failed = events["StackEvents"].as_array().into_iter().flatten();
    let reasons = failed
        .filter(|event| event["ResourceStatus"].as_str().is_some_and(|one| one.ends_with("FAILED")))
        .map(|event| format!("{} {}", event["LogicalResourceId"], event["ResourceStatusReason"]));
    Err(format!("{status}, not {wanted}: {}", reasons.collect::<Vec<_>>().join("; ")))
}

fn live((kind, needed, properties, change): &Case) -> Result<(), String> {
    let aws = Aws::small();
    let images = aws.call("ec2", "DescribeImages", json!({ "Owners": ["amazon"] }));
    let image = images["Images"][0]["ImageId"].as_str().unwrap_or_default().to_owned();
    let named = |body: String| {
        let body = body.replace("IMAGE", &image);
        json!({ "StackName": "one", "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"] })
    };
    let call = |operation: &str, input: Value| {
        aws.try_call("cloudformation", operation, input)
            .map_err(|(code, message)| format!("{operation}: {code}: {message}"))
    };
    if *kind == "AWS::Config::ConfigRule" {
        let recorder =
            json!({ "name": "default", "roleARN": "arn:aws:iam::111122223333:role/config" });
        aws.call(
            "config",
            "PutConfigurationRecorder",
            json!({ "ConfigurationRecorder": recorder }),
        );
    }
    call("CreateStack", named(body(needed, kind, properties)))?;
    outcome(&aws, "one", "CREATE_COMPLETE")?;
    if let Some(change) = change.as_object() {
        let mut changed = properties.clone();
        for (name, value) in change {
            changed[name] = value.clone();
        }
        call("UpdateStack", named(body(needed, kind, &changed)))?;
        outcome(&aws, "one", "UPDATE_COMPLETE")?;
    }
    let stack = aws.call("cloudformation", "DescribeStacks", json!({ "StackName": "one" }));
    let id = stack["Stacks"][0]["StackId"].as_str().unwrap_or_default().to_owned();
    call("DeleteStack", json!({ "StackName": "one" }))?;
    outcome(&aws, &id, "DELETE_COMPLETE")
}

#[test]
fn every_type_of_the_registry_can_be_made_changed_and_deleted() {
    let cases = cases();
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|case| live(case).err().map(|reason| format!("{}: {reason}", case.0)))
        .collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), cases.len(), failed.join("\n"));
}
