//! Area: delivery. Stacks that come and go back, and findings that find their way.

#[path = "delivery/registry.rs"]
mod registry;
#[path = "delivery/settings.rs"]
mod settings;

use serde_json::json;

use crate::aws::Aws;

const GOOD: &str = r#"{"Resources": {
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}},
    "Topic": {"Type": "AWS::SNS::Topic", "DependsOn": "Queue"}
}}"#;
const BAD: &str = r#"{"Resources": {
    "Topic": {"Type": "AWS::SNS::Topic"},
    "Policy": {"Type": "AWS::S3::BucketPolicy", "DependsOn": "Topic",
        "Properties": {"Bucket": "there-is-no-such-bucket", "PolicyDocument": {}}}
}}"#;

fn status(aws: &Aws, name: &str) -> String {
    let answer = aws.call("cloudformation", "DescribeStacks", json!({ "StackName": name }));
    answer["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_stack_makes_its_resources_over_time() {
    let aws = Aws::small();
    let input = json!({ "StackName": "app", "TemplateBody": GOOD });
    aws.call("cloudformation", "CreateStack", input.clone());
    assert_eq!(status(&aws, "app"), "CREATE_IN_PROGRESS");
    aws.advance("PT5M");
    assert_eq!(status(&aws, "app"), "CREATE_COMPLETE");
    assert_eq!(aws.refused("cloudformation", "CreateStack", input), "AlreadyExistsException");
    let topics = aws.call("sns", "ListTopics", json!({}));
    assert_eq!(topics["Topics"].as_array().map(Vec::len), Some(1));
    aws.call("cloudformation", "DeleteStack", json!({ "StackName": "app" }));
    aws.advance("PT5M");
    let gone = json!({ "StackName": "app" });
    assert_eq!(aws.refused("cloudformation", "DescribeStacks", gone), "ValidationError");
}

#[test]
fn a_resource_that_fails_takes_its_stack_back() {
    let aws = Aws::small();
    aws.call("cloudformation", "CreateStack", json!({ "StackName": "bad", "TemplateBody": BAD }));
    aws.advance("PT5M");
    assert_eq!(status(&aws, "bad"), "ROLLBACK_COMPLETE");
    let topics = aws.call("sns", "ListTopics", json!({}));
    assert_eq!(topics["Topics"].as_array().map_or(0, Vec::len), 0);
}

#[test]
fn what_guardduty_finds_security_hub_shows() {
    let aws = Aws::small();
    aws.call("securityhub", "EnableSecurityHub", json!({ "EnableDefaultStandards": false }));
    let detector = aws.call("guardduty", "CreateDetector", json!({ "Enable": true }));
    let input = json!({
        "DetectorId": detector["DetectorId"],
        "FindingTypes": ["Recon:EC2/Portscan"]
    });
    aws.call("guardduty", "CreateSampleFindings", input);
    let filters = json!({ "ProductName": [{ "Value": "GuardDuty", "Comparison": "EQUALS" }] });
    let found = aws.call("securityhub", "GetFindings", json!({ "Filters": filters }));
    assert_eq!(found["Findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["Findings"][0]["Severity"]["Label"], "MEDIUM");
}
