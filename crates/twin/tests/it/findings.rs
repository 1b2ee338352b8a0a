//! Services that find something: for whom they are on, and where their findings are seen.

use serde_json::{Value, json};

use crate::{
    aws::Aws,
    world::{ACCOUNT, MEMBER, Session},
};

#[test]
fn a_new_account_of_the_organization_is_watched_if_its_administrator_says_so() {
    let aws = Aws::small();
    let input = json!({"AdminAccountId": MEMBER});
    aws.call("guardduty", "EnableOrganizationAdminAccount", input);
    let administrator = Session::user(MEMBER);
    let guardduty = |operation: &str, input: Value| {
        aws.call_as(&administrator, "guardduty", operation, input).unwrap()
    };
    let made = guardduty("CreateDetector", json!({"Enable": true}));
    let detector = made["DetectorId"].as_str().unwrap();
    let members = || guardduty("ListMembers", json!({"DetectorId": detector}))["Members"].clone();
    let new = json!({
        "DetectorId": detector, "AutoEnableOrganizationMembers": "NEW",
        "Features": [{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "NEW"}],
    });
    guardduty("UpdateOrganizationConfiguration", new);
    assert_eq!(members().as_array().map_or(0, Vec::len), 0);
    let input = json!({"AccountName": "new", "Email": "new@example.com"});
    aws.call("organizations", "CreateAccount", input);
    aws.advance("PT5M");
    let found = members();
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found[0]["Email"], "new@example.com");
    assert_eq!(found[0]["RelationshipStatus"], "Enabled");
    let all = json!({"DetectorId": detector, "AutoEnableOrganizationMembers": "ALL"});
    guardduty("UpdateOrganizationConfiguration", all);
    assert_eq!(members().as_array().unwrap().len(), 2);
    let own = aws.call("guardduty", "ListDetectors", json!({}));
    assert_eq!(own["DetectorIds"].as_array().unwrap().len(), 1);
}

#[test]
fn findings_of_linked_regions_are_seen_where_they_are_gathered() {
    let [ireland, virginia] =
        ["eu-west-1", "us-east-1"].map(|region| Session::user(ACCOUNT).in_region(region));
    let aws = Aws::small();
    for region in ["eu-west-1", "us-east-1"] {
        aws.twin().add_region(region.parse().unwrap());
    }
    let hub = |session: &Session, operation: &str, input: Value| {
        aws.call_as(session, "securityhub", operation, input).unwrap()
    };
    for session in [&ireland, &virginia] {
        hub(session, "EnableSecurityHub", json!({"EnableDefaultStandards": false}));
        let region = &session.region;
        let finding = json!({
            "SchemaVersion": "2018-10-08", "Id": format!("finding-{region}"),
            "ProductArn": format!("arn:aws:securityhub:{region}:{ACCOUNT}:product/{ACCOUNT}/default"),
            "GeneratorId": "test", "AwsAccountId": ACCOUNT, "CreatedAt": "2026-03-01T08:00:00Z",
            "UpdatedAt": "2026-03-01T08:00:00Z", "Severity": {"Label": "HIGH"}, "Title": "Open", "Description": "Open",
            "Types": ["Software and Configuration Checks"],
            "Resources": [{"Type": "Other", "Id": "door"}],
        });
        let imported = hub(session, "BatchImportFindings", json!({"Findings": [finding]}));
        assert_eq!(imported["SuccessCount"], 1, "{imported}");
    }
    let seen = |session: &Session| {
        let found = hub(session, "GetFindings", json!({}));
        found["Findings"].as_array().unwrap().len()
    };
    assert_eq!([&ireland, &virginia].map(seen), [1, 1]);
    let made =
        hub(&ireland, "CreateFindingAggregator", json!({"RegionLinkingMode": "ALL_REGIONS"}));
    assert_eq!([&ireland, &virginia].map(seen), [2, 1]);
    let arn = &made["FindingAggregatorArn"];
    let none = json!({
        "FindingAggregatorArn": arn, "RegionLinkingMode": "ALL_REGIONS_EXCEPT_SPECIFIED", "Regions": ["us-east-1"],
    });
    hub(&ireland, "UpdateFindingAggregator", none);
    assert_eq!([&ireland, &virginia].map(seen), [1, 1]);
}
