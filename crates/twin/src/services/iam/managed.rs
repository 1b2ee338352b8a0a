//! AWS's own managed policies, in short form: what they allow, by service and verb.
//!
//! One line each: the name with its path, then statements of actions. `r:` before a service stands for its reading verbs,
//! `!` before a list for everything but that, `@` for the resources that the statement is limited to.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Value, json};

/// One of AWS's managed policies.
#[derive(Debug)]
pub(crate) struct Managed {
    /// The name with its path, such as `service-role/AWSLambdaBasicExecutionRole`.
    pub(crate) id: &'static str,
    /// The document.
    pub(crate) document: String,
}

impl Managed {
    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }

    /// An id that is always the same.
    pub(crate) fn policy_id(&self) -> String {
        format!("ANPA{}", crate::digest::hex_digest(self.id, 17).to_uppercase())
    }
}

const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// The managed policy of an ARN.
pub(crate) fn find(arn: &str) -> Option<&'static Managed> {
    ALL.get(arn.strip_prefix(PREFIX)?)
}

/// All of them, in order of id.
pub(crate) fn all() -> impl Iterator<Item = &'static Managed> {
    ALL.values()
}

static ALL: LazyLock<BTreeMap<&'static str, Managed>> = LazyLock::new(|| {
    let lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter_map(read).map(|managed| (managed.id, managed)).collect()
});

/// The verbs that only read.
const READING: [&str; 5] = ["Describe*", "Get*", "List*", "BatchGet*", "Search*"];

fn read(line: &'static str) -> Option<Managed> {
    let (id, rest) = line.split_once(' ')?;
    let statements: Vec<Value> = rest.split(';').map(statement).collect();
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Some(Managed { id, document })
}

fn statement(text: &str) -> Value {
    let (actions, resources) = text.split_once('@').unwrap_or((text, "*"));
    let actions = actions.trim();
    let (element, actions) = match actions.strip_prefix('!') {
        Some(rest) => ("NotAction", rest),
        None => ("Action", actions),
    };
    let actions: Vec<String> = actions.split_whitespace().flat_map(expanded).collect();
    let resources: Vec<&str> = resources.split_whitespace().collect();
    let mut statement = serde_json::Map::new();
    statement.insert("Effect".to_owned(), json!("Allow"));
    statement.insert(element.to_owned(), json!(actions));
    statement.insert("Resource".to_owned(), json!(resources));
    statement.into()
}

fn expanded(word: &str) -> Vec<String> {
    if let Some(service) = word.strip_prefix("r:") {
        return READING.iter().map(|verb| format!("{service}:{verb}")).collect();
    }
    if word.contains(':') || word == "*" {
        return vec![word.to_owned()];
    }
    vec![format!("{word}:*")]
}

static TABLE: &str = "
AdministratorAccess *
PowerUserAccess ! iam organizations account; account:GetAccountInformation account:GetPrimaryEmail account:ListRegions iam:CreateServiceLinkedRole iam:DeleteServiceLinkedRole iam:ListRoles organizations:DescribeOrganization
ReadOnlyAccess r:access-analyzer r:acm r:apigateway r:appconfig r:application-autoscaling r:athena r:autoscaling r:backup r:budgets r:ce r:cloudformation r:cloudfront r:cloudtrail cloudtrail:LookupEvents r:cloudwatch r:codebuild r:codecommit r:codedeploy r:codepipeline r:compute-optimizer r:config r:dms r:ds r:dynamodb dynamodb:Query dynamodb:Scan r:ec2 r:ecr r:ecs r:eks r:elasticache r:elasticbeanstalk r:elasticfilesystem r:elasticloadbalancing r:es r:events r:firehose r:fsx r:glacier r:glue r:guardduty r:health r:iam iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Simulate* r:imagebuilder r:inspector2 r:kinesis r:kms r:lambda r:logs logs:FilterLogEvents logs:StartQuery r:macie2 r:organizations r:rds r:redshift r:resource-groups r:route53 r:s3 r:sagemaker r:secretsmanager r:securityhub r:servicecatalog r:servicequotas r:shield r:sns r:sqs r:ssm r:states r:storagegateway r:sts r:support r:synthetics r:tag r:trustedadvisor r:wafv2 r:workspaces r:xray
SecurityAudit r:access-analyzer r:acm r:apigateway r:autoscaling r:backup r:cloudformation r:cloudfront r:cloudtrail r:cloudwatch r:config r:ds r:dynamodb r:ec2 r:ecr r:ecs r:eks r:elasticache r:elasticfilesystem r:elasticloadbalancing r:es r:events r:guardduty r:iam iam:GenerateCredentialReport r:inspector2 r:kms r:lambda r:logs r:macie2 r:organizations r:rds r:redshift r:route53 r:s3 r:secretsmanager r:securityhub r:sns r:sqs r:ssm r:sts r:wafv2
job-function/ViewOnlyAccess acm:List* autoscaling:Describe* cloudformation:Describe* cloudformation:List* cloudtrail:Describe* cloudtrail:LookupEvents cloudwatch:Get* cloudwatch:List* dynamodb:List* ec2:Describe* ecs:List* elasticloadbalancing:Describe* iam:Get* iam:List* lambda:List* logs:Describe* rds:Describe* redshift:Describe* route53:List* s3:ListAllMyBuckets s3:ListBucket sns:List* sqs:List*
job-function/Billing account aws-portal:*Billing aws-portal:*Usage budgets ce cur pricing support:CreateCase tax
job-function/SupportUser support r:ec2 r:rds r:s3 r:cloudwatch r:cloudtrail r:iam r:autoscaling r:cloudformation trustedadvisor:Describe*
job-function/SystemAdministrator r:cloudtrail cloudtrail:LookupEvents cloudwatch config r:iam ec2 ssm:List* ssm:Describe* ssm:Get* logs rds s3 sns sqs autoscaling elasticloadbalancing tag
job-function/DatabaseAdministrator cloudwatch dynamodb elasticache rds redshift r:ec2 r:iam logs sns s3
job-function/NetworkAdministrator ec2 elasticloadbalancing route53 cloudfront directconnect r:logs r:cloudwatch autoscaling:Describe*
job-function/DataScientist cloudwatch r:ec2 elasticmapreduce kinesis rds r:iam s3 redshift athena glue
IAMFullAccess iam organizations:DescribeAccount organizations:DescribeOrganization organizations:ListPolicies
IAMReadOnlyAccess iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy
IAMUserChangePassword iam:ChangePassword @ arn:aws:iam::*:user/${aws:username}; iam:GetAccountPasswordPolicy
AmazonEC2FullAccess ec2 elasticloadbalancing cloudwatch autoscaling
AmazonEC2ReadOnlyAccess ec2:Describe* ec2:GetSecurityGroupsForVpc elasticloadbalancing:Describe* cloudwatch:ListMetrics cloudwatch:GetMetricStatistics cloudwatch:Describe* autoscaling:Describe*
AmazonVPCFullAccess ec2:*Vpc* ec2:*Subnet* ec2:*Route* ec2:*Gateway* ec2:*SecurityGroup* ec2:*NetworkAcl* ec2:*NetworkInterface* ec2:*Address* ec2:*FlowLogs* ec2:*Dhcp* ec2:Describe* ec2:CreateTags ec2:DeleteTags
AmazonVPCReadOnlyAccess ec2:Describe*
AmazonS3FullAccess s3 s3-object-lambda
AmazonS3ReadOnlyAccess s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*
AmazonRDSFullAccess rds application-autoscaling:* cloudwatch:* r:ec2 sns:List* sns:Subscribe logs:DescribeLogStreams logs:GetLogEvents
AmazonRDSReadOnlyAccess rds:Describe* rds:ListTagsForResource r:ec2 cloudwatch:Get* cloudwatch:List* logs:DescribeLogStreams logs:GetLogEvents
AmazonDynamoDBFullAccess dynamodb dax application-autoscaling:* cloudwatch:* kms:DescribeKey kms:ListAliases
AmazonDynamoDBReadOnlyAccess r:dynamodb dynamodb:Query dynamodb:Scan dynamodb:PartiQLSelect cloudwatch:Get* cloudwatch:Describe*
AmazonSQSFullAccess sqs
AmazonSQSReadOnlyAccess sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListDeadLetterSourceQueues sqs:ListQueues sqs:ListMessageMoveTasks sqs:ListQueueTags
AmazonSNSFullAccess sns
AmazonSNSReadOnlyAccess sns:Get* sns:List* sns:CheckIfPhoneNumberIsOptedOut
CloudWatchFullAccess autoscaling:Describe* cloudwatch logs sns iam:GetPolicy iam:GetPolicyVersion iam:GetRole oam:ListSinks
CloudWatchFullAccessV2 application-autoscaling:DescribeScalingPolicies autoscaling:DescribeAutoScalingGroups autoscaling:DescribePolicies cloudwatch logs sns:CreateTopic sns:ListSubscriptions sns:ListSubscriptionsByTopic sns:ListTopics sns:Subscribe iam:GetPolicy iam:GetPolicyVersion iam:GetRole rum synthetics xray
CloudWatchReadOnlyAccess autoscaling:Describe* r:cloudwatch r:logs logs:StartQuery logs:StopQuery logs:TestMetricFilter logs:FilterLogEvents r:sns r:synthetics r:xray
CloudWatchLogsFullAccess logs cloudwatch:GenerateQuery
CloudWatchLogsReadOnlyAccess logs:Describe* logs:Get* logs:List* logs:StartQuery logs:StopQuery logs:TestMetricFilter logs:FilterLogEvents logs:StartLiveTail logs:StopLiveTail cloudwatch:GenerateQuery
CloudWatchAgentServerPolicy cloudwatch:PutMetricData ec2:DescribeVolumes ec2:DescribeTags logs:PutLogEvents logs:PutRetentionPolicy logs:DescribeLogStreams logs:DescribeLogGroups logs:CreateLogStream logs:CreateLogGroup xray:PutTraceSegments; ssm:GetParameter @ arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*
CloudWatchAgentAdminPolicy cloudwatch:PutMetricData ec2:DescribeTags logs:PutLogEvents logs:DescribeLogStreams logs:DescribeLogGroups logs:CreateLogStream logs:CreateLogGroup; ssm:GetParameter ssm:PutParameter @ arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*
CloudWatchEventsFullAccess events schemas scheduler pipes iam:CreateServiceLinkedRole
AmazonEventBridgeFullAccess events schemas scheduler pipes
AmazonSSMFullAccess cloudwatch:PutMetricData ds:CreateComputer ds:DescribeDirectories ec2:DescribeInstanceStatus logs ssm ec2messages
AmazonSSMReadOnlyAccess ssm:Describe* ssm:Get* ssm:List*
AmazonSSMManagedInstanceCore ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:GetParameter ssm:GetParameters ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel ec2messages:*
AmazonSSMPatchAssociation ssm:DescribeEffectivePatchesForPatchBaseline ssm:GetPatchBaseline tag:GetResources ssm:DescribePatchBaselines
AmazonSSMDirectoryServiceAccess ds:CreateComputer ds:DescribeDirectories
service-role/AmazonSSMMaintenanceWindowRole ssm:SendCommand ssm:CancelCommand ssm:ListCommands ssm:ListCommandInvocations ssm:GetCommandInvocation ssm:GetAutomationExecution ssm:StartAutomationExecution ssm:ListTagsForResource ssm:GetParameters lambda:InvokeFunction states:DescribeExecution states:StartExecution resource-groups:List* tag:GetResources
service-role/AmazonSSMAutomationRole lambda:InvokeFunction; ec2:CreateImage ec2:CopyImage ec2:DeregisterImage ec2:DescribeImages ec2:DeleteSnapshot ec2:StartInstances ec2:RunInstances ec2:StopInstances ec2:TerminateInstances ec2:DescribeInstanceStatus ec2:CreateTags ec2:DeleteTags ec2:DescribeTags cloudformation:CreateStack cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:UpdateStack cloudformation:DeleteStack; ssm; sns:Publish @ arn:aws:sns:*:*:Automation*
AWSLambda_FullAccess lambda cloudwatch:ListMetrics cloudwatch:GetMetricData r:ec2 kms:ListAliases iam:GetPolicy iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies iam:ListRolePolicies iam:ListRoles logs:DescribeLogGroups states:DescribeStateMachine states:ListStateMachines tag:GetResources xray:GetTraceSummaries xray:BatchGetTraces
AWSLambda_ReadOnlyAccess lambda:Get* lambda:List* cloudwatch:GetMetricData cloudwatch:ListMetrics r:ec2 kms:ListAliases iam:GetRole iam:ListRoles logs:DescribeLogGroups logs:Get* logs:StartQuery tag:GetResources
service-role/AWSLambdaBasicExecutionRole logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents
service-role/AWSLambdaVPCAccessExecutionRole logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses
service-role/AWSLambdaSQSQueueExecutionRole sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents
service-role/AWSLambdaRole lambda:InvokeFunction
AWSCloudTrail_FullAccess cloudtrail sns:ListTopics s3:ListAllMyBuckets logs:DescribeLogGroups kms:ListAliases lambda:ListFunctions
AWSCloudTrail_ReadOnlyAccess cloudtrail:Get* cloudtrail:Describe* cloudtrail:List* cloudtrail:LookupEvents
AWSConfigUserAccess config:Get* config:Describe* config:Deliver* config:List* config:Select* tag:GetResources tag:GetTagKeys cloudtrail:DescribeTrails cloudtrail:GetTrailStatus cloudtrail:LookupEvents
service-role/AWS_ConfigRole r:config r:ec2 r:rds r:s3 r:iam r:lambda r:kms r:dynamodb r:elasticloadbalancing r:cloudtrail r:cloudwatch r:sns r:sqs r:ssm tag:GetResources
service-role/AWSBackupServiceRolePolicyForBackup dynamodb:DescribeTable dynamodb:CreateBackup rds:AddTagsToResource rds:ListTagsForResource rds:DescribeDBSnapshots rds:CreateDBSnapshot rds:CopyDBSnapshot rds:DescribeDBInstances rds:CreateDBClusterSnapshot rds:DescribeDBClusters ec2:CreateTags ec2:DeleteSnapshot ec2:CreateImage ec2:CreateSnapshot ec2:CreateSnapshots ec2:Describe* elasticfilesystem:Backup elasticfilesystem:DescribeTags tag:GetResources backup:DescribeBackupVault backup:CopyIntoBackupVault kms:DescribeKey fsx:CreateBackup fsx:DescribeBackups
service-role/AWSBackupServiceRolePolicyForRestores dynamodb:RestoreTableFromBackup dynamodb:DescribeTable ec2:CreateVolume ec2:Describe* ec2:RunInstances ec2:CreateTags rds:RestoreDBInstanceFromDBSnapshot rds:RestoreDBClusterFromSnapshot rds:Describe* rds:AddTagsToResource elasticfilesystem:Restore elasticfilesystem:CreateFilesystem elasticfilesystem:DescribeFilesystems kms:DescribeKey fsx:CreateFileSystemFromBackup iam:PassRole
AWSBackupFullAccess backup backup-storage rds:Describe* ec2:Describe* dynamodb:ListTables elasticfilesystem:Describe* fsx:Describe* tag:GetResources kms:ListKeys kms:ListAliases iam:ListRoles iam:GetRole
AWSKeyManagementServicePowerUser kms:CreateAlias kms:CreateKey kms:DeleteAlias kms:Describe* kms:GenerateRandom kms:Get* kms:List* kms:TagResource kms:UntagResource iam:ListGroups iam:ListRoles iam:ListUsers
SecretsManagerReadWrite secretsmanager cloudformation:CreateChangeSet cloudformation:DescribeChangeSet cloudformation:DescribeStackResource cloudformation:DescribeStacks cloudformation:ExecuteChangeSet ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs kms:DescribeKey kms:ListAliases kms:ListKeys lambda:ListFunctions rds:DescribeDBClusters rds:DescribeDBInstances redshift:DescribeClusters tag:GetResources
AWSCertificateManagerFullAccess acm
AWSCertificateManagerReadOnly acm:DescribeCertificate acm:ListCertificates acm:GetCertificate acm:ListTagsForCertificate acm:GetAccountConfiguration
AmazonECS_FullAccess application-autoscaling:* autoscaling cloudformation:* cloudwatch:* ec2:* ecs elasticloadbalancing:* events:* iam:ListRoles logs:* servicediscovery:*
service-role/AmazonECSTaskExecutionRolePolicy ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents
service-role/AmazonEC2ContainerServiceforEC2Role ec2:DescribeTags ecs:CreateCluster ecs:DeregisterContainerInstance ecs:DiscoverPollEndpoint ecs:Poll ecs:RegisterContainerInstance ecs:StartTelemetrySession ecs:UpdateContainerInstancesState ecs:Submit* ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents
AmazonEKSClusterPolicy autoscaling:DescribeAutoScalingGroups autoscaling:UpdateAutoScalingGroup ec2:AttachVolume ec2:AuthorizeSecurityGroupIngress ec2:CreateRoute ec2:CreateSecurityGroup ec2:CreateTags ec2:CreateVolume ec2:Describe* ec2:ModifyInstanceAttribute elasticloadbalancing:* kms:DescribeKey
AmazonEKSWorkerNodePolicy ec2:DescribeInstances ec2:DescribeInstanceTypes ec2:DescribeRouteTables ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVolumes ec2:DescribeVpcs eks:DescribeCluster eks-auth:AssumeRoleForPodIdentity
AmazonEKS_CNI_Policy ec2:AssignPrivateIpAddresses ec2:AttachNetworkInterface ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeInstances ec2:DescribeTags ec2:DescribeNetworkInterfaces ec2:DescribeInstanceTypes ec2:DetachNetworkInterface ec2:ModifyNetworkInterfaceAttribute ec2:UnassignPrivateIpAddresses; ec2:CreateTags @ arn:aws:ec2:*:*:network-interface/*
AmazonEC2ContainerRegistryReadOnly ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:GetRepositoryPolicy ecr:DescribeRepositories ecr:ListImages ecr:DescribeImages ecr:BatchGetImage ecr:ListTagsForResource
AmazonElasticFileSystemFullAccess elasticfilesystem r:ec2 cloudwatch:Get* kms:DescribeKey kms:ListAliases
AmazonFSxFullAccess fsx r:ec2 ds:DescribeDirectories logs:DescribeLogGroups
AmazonGuardDutyFullAccess guardduty organizations:EnableAWSServiceAccess organizations:RegisterDelegatedAdministrator organizations:ListDelegatedAdministrators organizations:Describe* organizations:List*
AmazonGuardDutyReadOnlyAccess guardduty:Describe* guardduty:Get* guardduty:List* organizations:Describe* organizations:List*
AWSSecurityHubFullAccess securityhub guardduty:GetDetector guardduty:ListDetectors inspector2:BatchGetAccountStatus pricing:GetProducts
AWSSecurityHubReadOnlyAccess securityhub:Get* securityhub:List* securityhub:BatchGet* securityhub:Describe*
AmazonInspector2FullAccess inspector2 codeguru-security:* organizations:List* organizations:Describe*
AmazonMacieFullAccess macie2 pricing:GetProducts
AWSOrganizationsFullAccess organizations account:* iam:CreateServiceLinkedRole
AWSOrganizationsReadOnlyAccess organizations:Describe* organizations:List* account:GetAlternateContact account:GetContactInformation account:ListRegions
AWSCloudFormationFullAccess cloudformation
AWSCloudFormationReadOnlyAccess cloudformation:Describe* cloudformation:EstimateTemplateCost cloudformation:Get* cloudformation:List* cloudformation:ValidateTemplate cloudformation:Detect*
AWSCodeDeployFullAccess codedeploy
AWSCodePipeline_FullAccess codepipeline cloudformation:Describe* cloudtrail:* codebuild:* codecommit:* codedeploy:* ecs:ListClusters ecs:ListServices iam:GetRole iam:ListRoles lambda:ListFunctions s3:* sns:* events:*
AutoScalingFullAccess autoscaling cloudwatch:PutMetricAlarm ec2:Describe* elasticloadbalancing:Describe*
AutoScalingReadOnlyAccess autoscaling:Describe* autoscaling:GetPredictiveScalingForecast
ElasticLoadBalancingFullAccess elasticloadbalancing ec2:Describe* cognito-idp:DescribeUserPoolClient
ElasticLoadBalancingReadOnly elasticloadbalancing:Describe* ec2:Describe* autoscaling:Describe*
AmazonRoute53FullAccess route53 route53domains elasticloadbalancing:DescribeLoadBalancers s3:ListBucket sns:ListTopics cloudwatch:DescribeAlarms
AmazonRoute53ReadOnlyAccess route53:Get* route53:List* route53:TestDNSAnswer
CloudFrontFullAccess cloudfront s3:ListAllMyBuckets acm:ListCertificates
AWSSupportAccess support
AWSHealthFullAccess health organizations:Describe* organizations:List*
AWSBillingReadOnlyAccess account:GetAccountInformation aws-portal:ViewBilling budgets:View* ce:Describe* ce:Get* ce:List* cur:Describe* cur:Get* tax:Get* tax:List*
ResourceGroupsandTagEditorFullAccess tag resource-groups r:ec2 r:rds r:s3 r:lambda
ResourceGroupsandTagEditorReadOnlyAccess tag:Get* tag:Describe* resource-groups:Get* resource-groups:List* resource-groups:Search*
ServiceQuotasFullAccess servicequotas autoscaling:DescribeAccountLimits cloudformation:DescribeAccountLimits cloudwatch:DescribeAlarmsForMetric iam:GetAccountSummary organizations:DescribeAccount organizations:DescribeOrganization rds:DescribeAccountAttributes
aws-service-role/AWSSupportServiceRolePolicy r:ec2 r:rds r:s3 r:iam r:lambda
aws-service-role/AutoScalingServiceRolePolicy ec2:AttachClassicLinkVpc ec2:CancelSpotInstanceRequests ec2:CreateFleet ec2:CreateTags ec2:DeleteTags ec2:Describe* ec2:RunInstances ec2:StartInstances ec2:StopInstances ec2:TerminateInstances elasticloadbalancing:Register* elasticloadbalancing:Deregister* elasticloadbalancing:Describe* cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:PutMetricAlarm sns:Publish
aws-service-role/AWSServiceRoleForAmazonSSMPolicy ssm:CancelCommand ssm:GetCommandInvocation ssm:ListCommandInvocations ssm:ListCommands ssm:SendCommand ssm:GetAutomationExecution ssm:GetParameters ssm:StartAutomationExecution ssm:ListTagsForResource ec2:Describe* tag:GetResources config:SelectResourceConfig
aws-service-role/AmazonRDSServiceRolePolicy rds:CrossRegionCommunication ec2:AllocateAddress ec2:CreateNetworkInterface ec2:CreateSecurityGroup ec2:Describe* ec2:ModifyNetworkInterfaceAttribute sns:Publish logs:CreateLogGroup cloudwatch:PutMetricData
service-role/AmazonRDSEnhancedMonitoringRole logs:CreateLogGroup logs:PutRetentionPolicy logs:CreateLogStream logs:PutLogEvents logs:DescribeLogStreams logs:GetLogEvents
AWSXRayDaemonWriteAccess xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries
AWSStepFunctionsFullAccess states
AmazonAthenaFullAccess athena glue s3:GetBucketLocation s3:GetObject s3:ListBucket s3:PutObject cloudwatch:GetMetricData
AmazonRedshiftFullAccess redshift r:ec2 sns:CreateTopic sns:Get* sns:List* cloudwatch:Describe* cloudwatch:Get* cloudwatch:List*
AmazonElastiCacheFullAccess elasticache ec2:Describe* cloudwatch:GetMetricStatistics sns:ListTopics
AmazonOpenSearchServiceFullAccess es
ComputeOptimizerReadOnlyAccess compute-optimizer:DescribeRecommendationExportJobs compute-optimizer:Get* ec2:DescribeInstances ec2:DescribeVolumes cloudwatch:GetMetricData autoscaling:DescribeAutoScalingGroups lambda:ListFunctions organizations:ListAccounts organizations:DescribeOrganization
AWSTrustedAdvisorReportingServiceRolePolicy organizations:Describe* organizations:List*
";

#[cfg(test)]
mod tests {
    use reeve_policy::{Form, Policy};

    use super::*;

    #[test]
    fn every_managed_policy_is_a_policy() {
        assert!(ALL.len() > 60);
        for managed in ALL.values() {
            let parsed = Policy::parse(Form::Identity, &managed.document);
            assert!(parsed.is_ok(), "{}: {:?}", managed.id, parsed);
        }
    }
}
