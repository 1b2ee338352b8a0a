//! The types of findings that samples are made of: what they are called, how bad they are and what they are about.

/// A type of finding.
#[derive(Debug)]
pub(super) struct FindingType {
    /// Such as `Recon:EC2/PortProbeUnprotectedPort`.
    pub(super) name: &'static str,
    /// From 1 to 10.
    pub(super) severity: f64,
    /// What the finding says; `{resource}` is what it is about.
    pub(super) title: &'static str,
    /// What was seen: a kind of action.
    pub(super) action: &'static str,
}

const fn of(
    name: &'static str,
    severity: f64,
    title: &'static str,
    action: &'static str,
) -> FindingType {
    FindingType { name, severity, title, action }
}

/// The types known here.
pub(super) static TYPES: [FindingType; 26] = [
    of(
        "Backdoor:EC2/C&CActivity.B!DNS",
        8.0,
        "EC2 instance {resource} is querying a domain name associated with a known Command & Control server.",
        "DNS_REQUEST",
    ),
    of(
        "Backdoor:EC2/DenialOfService.Dns",
        8.0,
        "EC2 instance {resource} is behaving in a manner that may indicate it is being used to perform a Denial of Service attack using DNS protocol.",
        "NETWORK_CONNECTION",
    ),
    of(
        "Behavior:EC2/NetworkPortUnusual",
        5.0,
        "EC2 instance {resource} is communicating with a remote host on an unusual server port.",
        "NETWORK_CONNECTION",
    ),
    of(
        "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin",
        8.0,
        "A user successfully logged into RDS database {resource} in an anomalous way.",
        "RDS_LOGIN_ATTEMPT",
    ),
    of(
        "CryptoCurrency:EC2/BitcoinTool.B!DNS",
        8.0,
        "EC2 instance {resource} is querying a domain name that is associated with Bitcoin-related activity.",
        "DNS_REQUEST",
    ),
    of(
        "CryptoCurrency:EC2/BitcoinTool.B",
        8.0,
        "EC2 instance {resource} is querying an IP address that is associated with Bitcoin-related activity.",
        "NETWORK_CONNECTION",
    ),
    of(
        "DefenseEvasion:IAMUser/AnomalousBehavior",
        5.0,
        "An API used to evade defensive measures was invoked in an anomalous way by {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Discovery:S3/AnomalousBehavior",
        2.0,
        "An API commonly used to discover S3 objects was invoked in an anomalous way on {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Execution:EC2/MaliciousFile",
        8.0,
        "A malicious file has been detected on EC2 instance {resource}.",
        "",
    ),
    of(
        "Exfiltration:S3/AnomalousBehavior",
        8.0,
        "An IAM entity invoked an S3 API in a suspicious way on {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Exfiltration:S3/MaliciousIPCaller",
        8.0,
        "An S3 API commonly used to collect data from {resource} was invoked from a known malicious IP address.",
        "AWS_API_CALL",
    ),
    of(
        "Impact:EC2/WinRMBruteForce",
        2.0,
        "EC2 instance {resource} has been performing an outbound Windows Remote Management brute force attack.",
        "NETWORK_CONNECTION",
    ),
    of(
        "InitialAccess:IAMUser/AnomalousBehavior",
        5.0,
        "An API commonly used to gain unauthorized access was invoked in an anomalous way by {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Persistence:IAMUser/AnomalousBehavior",
        5.0,
        "An API commonly used to maintain unauthorized access was invoked in an anomalous way by {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Policy:IAMUser/RootCredentialUsage",
        2.0,
        "API was invoked using root credentials by {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Policy:S3/BucketAnonymousAccessGranted",
        8.0,
        "Anonymous access was granted for the S3 bucket {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Policy:S3/BucketBlockPublicAccessDisabled",
        2.0,
        "Amazon S3 Block Public Access was disabled for the S3 bucket {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "PrivilegeEscalation:IAMUser/AnomalousBehavior",
        5.0,
        "An API commonly used to obtain high-level permissions was invoked in an anomalous way by {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Recon:EC2/PortProbeUnprotectedPort",
        2.0,
        "Unprotected port on EC2 instance {resource} is being probed.",
        "PORT_PROBE",
    ),
    of(
        "Recon:EC2/Portscan",
        5.0,
        "EC2 instance {resource} is performing outbound port scans to a remote host.",
        "NETWORK_CONNECTION",
    ),
    of(
        "Recon:IAMUser/MaliciousIPCaller",
        5.0,
        "An API was invoked from a known malicious IP address by {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Stealth:IAMUser/CloudTrailLoggingDisabled",
        2.0,
        "AWS CloudTrail trail was disabled by {resource}.",
        "AWS_API_CALL",
    ),
    of(
        "Trojan:EC2/BlackholeTraffic",
        5.0,
        "EC2 instance {resource} is communicating with a black hole IP address.",
        "NETWORK_CONNECTION",
    ),
    of(
        "UnauthorizedAccess:EC2/RDPBruteForce",
        2.0,
        "EC2 instance {resource} is involved in RDP brute force attacks.",
        "NETWORK_CONNECTION",
    ),
    of(
        "UnauthorizedAccess:EC2/SSHBruteForce",
        2.0,
        "EC2 instance {resource} is involved in SSH brute force attacks.",
        "NETWORK_CONNECTION",
    ),
    of(
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        8.0,
        "Credentials for the EC2 instance role used by {resource} were used from an external IP address.",
        "AWS_API_CALL",
    ),
];

/// A type by name.
pub(super) fn named(name: &str) -> Option<&'static FindingType> {
    TYPES.iter().find(|known| known.name == name)
}

/// What a type is about: the kind of resource in a finding.
pub(super) fn resource_type(name: &str) -> &'static str {
    let subject = name.split(':').nth(1).and_then(|rest| rest.split('/').next());
    match subject {
        Some("EC2") => "Instance",
        Some("S3") => "S3Bucket",
        Some("RDS") => "RDSDBInstance",
        Some("Lambda") => "Lambda",
        Some("Kubernetes" | "EKS") => "EKSCluster",
        _ => "AccessKey",
    }
}
