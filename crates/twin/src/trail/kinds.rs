//! What sort of call an operation is: reading or changing, of the management or of data, in a Region or everywhere.

/// Services whose events come from another name than that of their model.
const SOURCES: [(&str, &str); 12] = [
    ("appconfigdata", "appconfig"),
    ("cloudcontrol", "cloudcontrolapi"),
    ("cloudwatch", "monitoring"),
    ("efs", "elasticfilesystem"),
    ("elb", "elasticloadbalancing"),
    ("elbv2", "elasticloadbalancing"),
    ("opensearch", "es"),
    ("resourcegroupstaggingapi", "tagging"),
    ("service-quotas", "servicequotas"),
    ("stepfunctions", "states"),
    ("codestar-notifications", "codestar-notifications"),
    ("trustedadvisor", "trustedadvisor"),
];

/// Services that are the same in every Region: their calls are recorded in one.
const GLOBAL: [&str; 7] =
    ["iam", "organizations", "support", "health", "ce", "cur", "trustedadvisor"];

/// How operations begin that only look.
const READING: [&str; 18] = [
    "BatchDescribe",
    "BatchGet",
    "Check",
    "Decrypt",
    "Describe",
    "Detect",
    "Estimate",
    "Filter",
    "Generate",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Search",
    "Simulate",
    "Test",
    "Validate",
];

/// Operations that only look although they do not begin so.
const ALSO_READING: [&str; 7] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "Query",
    "Scan",
    "SelectResourceConfig",
    "StartQuery",
];

/// Operations on data, which no event history has.
const DATA: &[(&str, &[&str])] = &[
    (
        "s3",
        &[
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "DeleteObject",
            "DeleteObjects",
            "DeleteObjectTagging",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectTagging",
            "HeadObject",
            "ListMultipartUploads",
            "ListObjects",
            "ListObjectsV2",
            "ListObjectVersions",
            "ListParts",
            "PutObject",
            "PutObjectAcl",
            "PutObjectTagging",
            "UploadPart",
            "UploadPartCopy",
        ],
    ),
    (
        "sqs",
        &[
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        ],
    ),
    ("sns", &["Publish", "PublishBatch"]),
    ("lambda", &["Invoke"]),
    ("logs", &["FilterLogEvents", "GetLogEvents", "GetLogRecord", "PutLogEvents"]),
    (
        "cloudwatch",
        &["GetMetricData", "GetMetricStatistics", "GetMetricWidgetImage", "PutMetricData"],
    ),
    ("events", &["PutEvents"]),
    (
        "dynamodb",
        &[
            "BatchExecuteStatement",
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "ExecuteStatement",
            "ExecuteTransaction",
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
        ],
    ),
    ("appconfigdata", &["GetLatestConfiguration", "StartConfigurationSession"]),
];

/// Where the events of a service come from.
pub(crate) fn event_source(service: &str) -> String {
    let known = SOURCES.iter().find(|(name, _)| *name == service);
    format!("{}.amazonaws.com", known.map_or(service, |(_, source)| source))
}

/// Whether an operation only looks.
pub(super) fn is_read(service: &str, operation: &str) -> bool {
    let changes = ["GenerateCredentialReport", "GenerateServiceLastAccessedDetails"];
    (READING.iter().any(|prefix| operation.starts_with(prefix)) && !changes.contains(&operation))
        || (ALSO_READING.contains(&operation) && !(service == "logs" && operation == "StartQuery"))
}

/// Whether an operation is on data.
pub(super) fn is_data(service: &str, operation: &str) -> bool {
    DATA.iter().any(|(known, operations)| *known == service && operations.contains(&operation))
}

/// Whether a service's calls are recorded in one Region.
pub(super) fn is_global(service: &str) -> bool {
    GLOBAL.contains(&service)
}
