//! What templates mean.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    evaluate::{Made, Scope, Surroundings},
    parameters::{self, Given},
    plan::{self, Side},
    template::Template,
};

const NETWORK: &str = r#"
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Environment: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Size: {Type: Number, Default: 8, MinValue: 1, MaxValue: 100}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
Mappings:
  Cidr: {dev: {vpc: 10.0.0.0/16}, prod: {vpc: 10.1.0.0/16}}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]
  IsSmall: !And [!Not [!Condition IsProd], !Equals [!Ref Size, "8"]]
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: !FindInMap [Cidr, !Ref Environment, vpc]
      Tags: [{Key: Name, Value: !Sub "${AWS::StackName}-${Environment}-${!Literal}"}]
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: !Select [1, !Cidr [!GetAtt Vpc.CidrBlock, 4, 8]]
      AvailabilityZone: !Select [0, !GetAZs ""]
      Nothing: !Ref AWS::NoValue
  Volume:
    Type: AWS::EC2::Volume
    Condition: IsProd
    DependsOn: Subnet
    Properties: {Size: !If [IsProd, 100, !Ref Size]}
"#;

fn surroundings() -> Surroundings {
    Surroundings {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
        stack_name: "net".into(),
        stack_id: "arn:stack".into(),
        topics: Vec::new(),
        zones: vec!["eu-west-1a".into(), "eu-west-1b".into()],
    }
}

fn properties(given: &[(&str, &str)], id: &str) -> Result<String, String> {
    let template = Template::parse(NETWORK)?;
    let given =
        given.iter().map(|(name, value)| ((*name).to_owned(), Given::Text((*value).to_owned())));
    let settled = parameters::settle(&template, &given.collect(), &BTreeMap::new(), &mut |_| None)?;
    let parameters = settled.into_iter().map(|(name, one)| (name, one.value)).collect();
    let made = Made {
        reference: "vpc-1".into(),
        attributes: Object::from_iter([("CidrBlock", "10.0.0.0/16")]),
    };
    let made = BTreeMap::from([("Vpc".to_owned(), made)]);
    let scope = Scope {
        template: &template,
        surroundings: &surroundings(),
        parameters: &parameters,
        made: &made,
        exports: &BTreeMap::new(),
        is_plan: false,
    };
    let declared = &template.resources[id];
    if !super::evaluate::exists(&scope, declared)? {
        return Ok("absent".to_owned());
    }
    Ok(scope.evaluate(&declared.properties)?.to_json().to_string())
}

#[test]
fn functions_are_replaced_by_what_they_return() {
    assert_eq!(
        properties(&[], "Vpc").unwrap(),
        r#"{"CidrBlock":"10.0.0.0/16","Tags":[{"Key":"Name","Value":"net-dev-${Literal}"}]}"#
    );
    assert_eq!(
        properties(&[], "Subnet").unwrap(),
        r#"{"VpcId":"vpc-1","CidrBlock":"10.0.1.0/24","AvailabilityZone":"eu-west-1a"}"#
    );
    assert_eq!(properties(&[], "Volume").unwrap(), "absent");
    assert_eq!(properties(&[("Environment", "prod")], "Volume").unwrap(), r#"{"Size":100}"#);
}

#[test]
fn parameters_are_checked_against_their_declarations() {
    let refused = |name, value| properties(&[(name, value)], "Vpc").unwrap_err();
    assert_eq!(
        refused("Environment", "test"),
        "Parameter 'Environment' must be one of AllowedValues: [dev, prod]"
    );
    assert_eq!(refused("Size", "x"), "Parameter 'Size' must be a number.");
    assert_eq!(refused("Size", "200"), "Parameter 'Size' must be a number not greater than 100");
    assert_eq!(refused("Other", "1"), "Parameters: [Other] do not exist in the template");
}

#[test]
fn resources_come_after_those_they_need() {
    assert_eq!(Template::parse(NETWORK).unwrap().order().unwrap(), ["Vpc", "Subnet", "Volume"]);
}

#[test]
fn templates_that_cannot_be_are_refused() {
    let refused = |resources: &str| {
        Template::parse(&format!("Resources:\n{resources}")).map(|_| ()).unwrap_err()
    };
    assert_eq!(
        refused("  A: {Type: T, Properties: {X: !Ref B}}\n  B: {Type: T, DependsOn: A}"),
        "Circular dependency between resources: [A, B]"
    );
    assert_eq!(
        refused("  A: {Type: T, Properties: {X: !Sub '${B.Arn}'}}"),
        "Template format error: Unresolved resource dependencies [B] in the Resources block of the template"
    );
    assert_eq!(
        refused("  A: {Properties: {}}"),
        "Template format error: [/Resources/A] Every Resources object must contain a Type member."
    );
    assert!(refused("  A: [").starts_with("Template format error: YAML not well-formed."));
    assert_eq!(
        Template::parse("{}").map(|_| ()).unwrap_err(),
        "Template format error: At least one Resources member must be defined."
    );
}

#[test]
fn a_plan_says_what_is_made_changed_and_removed() {
    let side = |kind: &str, json| Side {
        resource_type: kind.to_owned(),
        properties: Value::from_json(&json).as_object().unwrap().clone(),
    };
    let before = BTreeMap::from([
        ("Gone".to_owned(), side("T", serde_json::json!({}))),
        ("Same".to_owned(), side("T", serde_json::json!({"Size": 8}))),
        ("Grown".to_owned(), side("T", serde_json::json!({"Size": 8}))),
        ("Moved".to_owned(), side("T", serde_json::json!({"Zone": "a"}))),
    ]);
    let after = BTreeMap::from([
        ("Same".to_owned(), side("T", serde_json::json!({"Size": "8"}))),
        ("Grown".to_owned(), side("T", serde_json::json!({"Size": 9}))),
        ("Moved".to_owned(), side("T", serde_json::json!({"Zone": "b"}))),
        ("New".to_owned(), side("T", serde_json::json!({}))),
    ]);
    let plan = plan::plan(&before, &after, |_, property| property == "Zone");
    let lines: Vec<String> = plan.iter().map(|(id, action)| format!("{id} {action:?}")).collect();
    assert_eq!(
        lines,
        [
            "Gone Remove",
            r#"Grown Modify(Never, {"Size"})"#,
            r#"Moved Modify(Always, {"Zone"})"#,
            "New Add",
        ]
    );
}
