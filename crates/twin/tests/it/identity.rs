//! Area: identity. What policies decide on calls, from outside.

use serde_json::{Value, json};

use crate::{
    aws::Aws,
    world::{ACCOUNT, MEMBER, REGION, Session},
};

fn document(statements: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// A user with one inline policy, and the session of its key.
fn user(aws: &Aws, name: &str, statements: Value) -> Session {
    aws.call("iam", "CreateUser", json!({"UserName": name}));
    let policy = document(statements);
    let put = json!({"UserName": name, "PolicyName": "own", "PolicyDocument": policy});
    aws.call("iam", "PutUserPolicy", put);
    let key = aws.call("iam", "CreateAccessKey", json!({"UserName": name}));
    let access_key_id = key["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned();
    Session { access_key_id, token: None, region: REGION.to_owned() }
}

fn code(answer: Result<Value, (String, String)>) -> String {
    answer.map_or_else(|(code, _)| code, |_| "allowed".to_owned())
}

fn message(answer: Result<Value, (String, String)>) -> String {
    answer.unwrap_err().1
}

fn allow(action: &str, resource: &str) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": resource}])
}

#[test]
fn a_call_is_allowed_on_the_resources_that_a_policy_names() {
    let aws = Aws::small();
    let table = |name: &str| format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}");
    let ana = user(&aws, "reader", allow("dynamodb:DescribeTable", &table("orders*")));
    let describe = |name: &str| {
        let answer = aws.call_as(&ana, "dynamodb", "DescribeTable", json!({"TableName": name}));
        code(answer)
    };
    assert_eq!(describe("orders-1"), "ResourceNotFoundException", "allowed, and not there");
    assert_eq!(describe("people"), "AccessDeniedException");
    let refused = aws.call_as(&ana, "dynamodb", "DescribeTable", json!({"TableName": "people"}));
    assert_eq!(
        message(refused),
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: dynamodb:DescribeTable on resource: {} \
             because no identity-based policy allows the dynamodb:DescribeTable action",
            table("people")
        )
    );
}

#[test]
fn groups_and_boundaries_count() {
    let aws = Aws::small();
    let bob = user(&aws, "bob", allow("sqs:*", "*"));
    let list = || code(aws.call_as(&bob, "dynamodb", "ListTables", json!({})));
    assert_eq!(list(), "AccessDeniedException");
    aws.call("iam", "CreateGroup", json!({"GroupName": "data"}));
    let policy = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess";
    aws.call("iam", "AttachGroupPolicy", json!({"GroupName": "data", "PolicyArn": policy}));
    aws.call("iam", "AddUserToGroup", json!({"GroupName": "data", "UserName": "bob"}));
    assert_eq!(list(), "allowed");
    let boundary = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    let put = json!({"UserName": "bob", "PermissionsBoundary": boundary});
    aws.call("iam", "PutUserPermissionsBoundary", put);
    let refused = aws.call_as(&bob, "dynamodb", "ListTables", json!({}));
    assert!(
        message(refused)
            .ends_with("because no permissions boundary allows the dynamodb:ListTables action")
    );
}

#[test]
fn conditions_ask_for_the_region_the_time_and_tags() {
    let aws = Aws::small();
    let statements = json!([{
        "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:RequestedRegion": REGION, "aws:PrincipalTag/team": "data"},
            "DateLessThan": {"aws:CurrentTime": "2026-03-02T00:00:00Z"},
        },
    }]);
    let eve = user(&aws, "eve", statements);
    let list = |session: &Session| code(aws.call_as(session, "dynamodb", "ListTables", json!({})));
    assert_eq!(list(&eve), "AccessDeniedException", "not of the team");
    let tag = json!({"UserName": "eve", "Tags": [{"Key": "team", "Value": "data"}]});
    aws.call("iam", "TagUser", tag);
    assert_eq!(list(&eve), "allowed");
    assert_eq!(list(&eve.clone().in_region("us-east-1")), "AccessDeniedException");
    aws.advance("P1D");
    assert_eq!(list(&eve), "AccessDeniedException", "too late");
}

#[test]
fn tags_of_resources_decide() {
    let aws = Aws::small();
    let made = |name: &str, team: &str| {
        let tags = json!([{"Key": "team", "Value": team}]);
        aws.call(
            "secretsmanager",
            "CreateSecret",
            json!({"Name": name, "SecretString": "x", "Tags": tags}),
        );
    };
    made("ours", "data");
    made("theirs", "web");
    let statements = json!([{
        "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "data"}},
    }]);
    let kim = user(&aws, "kim", statements);
    let get = |id: &str| {
        code(aws.call_as(&kim, "secretsmanager", "GetSecretValue", json!({"SecretId": id})))
    };
    assert_eq!((get("ours"), get("theirs")), ("allowed".into(), "AccessDeniedException".into()));
}

#[test]
fn a_role_is_passed_on_only_by_those_who_may() {
    let aws = Aws::small();
    let trust = document(json!([{
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]));
    let role = json!({"RoleName": "worker", "AssumeRolePolicyDocument": trust});
    let arn = aws.call("iam", "CreateRole", role)["Role"]["Arn"].as_str().unwrap().to_owned();
    let dev = user(&aws, "dev", allow("lambda:*", "*"));
    let function = json!({
        "FunctionName": "f", "Runtime": "python3.13", "Role": arn, "Handler": "a.b",
        "Code": {"ZipFile": "UEs="},
    });
    let refused = message(aws.call_as(&dev, "lambda", "CreateFunction", function));
    assert!(
        refused.contains("is not authorized to perform: iam:PassRole on resource: arn:aws:iam::"),
        "{refused}"
    );
}

#[test]
fn sessions_of_a_role_of_another_account_go_by_both_accounts() {
    let aws = Aws::small();
    let own = user(&aws, "hop", json!([]).as_array().map_or(json!([]), |_| allow("s3:*", "*")));
    let assume = json!({
        "RoleArn": format!("arn:aws:iam::{MEMBER}:role/reeve"), "RoleSessionName": "hop", "ExternalId": "agreed",
    });
    assert_eq!(code(aws.call_as(&own, "sts", "AssumeRole", assume.clone())), "AccessDenied");
    let policy = document(allow("sts:AssumeRole", "*"));
    let put = json!({"UserName": "hop", "PolicyName": "hop", "PolicyDocument": policy});
    aws.call("iam", "PutUserPolicy", put);
    assert_eq!(code(aws.call_as(&own, "sts", "AssumeRole", assume)), "allowed");
}

#[test]
fn a_provider_vouches_for_those_whom_the_role_trusts() {
    let aws = Aws::small();
    let provider = aws.call(
        "iam",
        "CreateOpenIDConnectProvider",
        json!({"Url": "https://ci.example.com", "ClientIDList": ["sts.amazonaws.com"]}),
    );
    let trust = document(json!([{
        "Effect": "Allow",
        "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"ci.example.com:sub": "repo:reeve/*"}},
    }]));
    let role = json!({"RoleName": "ci", "AssumeRolePolicyDocument": trust});
    let arn = aws.call("iam", "CreateRole", role)["Role"]["Arn"].clone();
    // Each a token for one subject: {"iss":"https://ci.example.com","aud":"sts.amazonaws.com","sub":…,"exp":9999999999}.
    let ours = "e30.eyJpc3MiOiJodHRwczovL2NpLmV4YW1wbGUuY29tIiwiYXVkIjoic3RzLmFtYXpvbmF3cy5jb20iLCJzdWIiOiJyZXBvOnJlZXZlL21haW4iLCJleHAiOjk5OTk5OTk5OTl9.x";
    let other = "e30.eyJpc3MiOiJodHRwczovL2NpLmV4YW1wbGUuY29tIiwiYXVkIjoic3RzLmFtYXpvbmF3cy5jb20iLCJzdWIiOiJyZXBvOm90aGVyL21haW4iLCJleHAiOjk5OTk5OTk5OTl9.x";
    let assume = |token: &str| {
        let input = json!({"RoleArn": arn, "RoleSessionName": "run", "WebIdentityToken": token});
        code(aws.try_call("sts", "AssumeRoleWithWebIdentity", input))
    };
    assert_eq!((assume(ours), assume(other)), ("allowed".into(), "AccessDenied".into()));
}

#[test]
fn the_root_user_needs_no_policy_but_heeds_the_organization() {
    let aws = Aws::small();
    aws.twin().add_user_key(reeve_twin::UserKey {
        account: MEMBER.parse().unwrap(),
        user: "root".to_owned(),
        access_key_id: "AKIAROOT".to_owned(),
        secret_access_key: "secret".to_owned(),
    });
    let root = Session { access_key_id: "AKIAROOT".to_owned(), token: None, region: REGION.into() };
    let list = || code(aws.call_as(&root, "dynamodb", "ListTables", json!({})));
    assert_eq!(list(), "allowed");
    let roots = aws.call("organizations", "ListRoots", json!({}));
    let id = roots["Roots"][0]["Id"].clone();
    let kind = "SERVICE_CONTROL_POLICY";
    aws.call("organizations", "EnablePolicyType", json!({"RootId": id, "PolicyType": kind}));
    let content = document(json!([{"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}]));
    let policy = json!({"Name": "no", "Description": "", "Type": kind, "Content": content});
    let made = aws.call("organizations", "CreatePolicy", policy);
    let policy = made["Policy"]["PolicySummary"]["Id"].clone();
    aws.call("organizations", "AttachPolicy", json!({"PolicyId": policy, "TargetId": id}));
    assert_eq!(list(), "AccessDeniedException");
    aws.call("dynamodb", "ListTables", json!({}));
}

#[test]
fn the_same_calls_make_the_same_keys() {
    let made = |seed: u64| {
        let aws = Aws::seeded(seed);
        aws.call("iam", "CreateUser", json!({"UserName": "x"}));
        let key = aws.call("kms", "CreateKey", json!({}));
        let id = key["KeyMetadata"]["KeyId"].clone();
        let blob = aws.call("kms", "Encrypt", json!({"KeyId": id, "Plaintext": "aGk="}));
        (aws.call("iam", "CreateAccessKey", json!({"UserName": "x"})), blob)
    };
    assert_eq!(made(3), made(3));
    assert_ne!(made(3), made(4));
}

/// Calls and what they are about, without `arn:aws:`.
const SUBJECTS: &str = r#"
ssm GetParameter {"Name":"/app/key:3"} ssm:eu-west-1:111122223333:parameter/app/key
ssm DeleteParameters {"Names":["a"]} ssm:eu-west-1:111122223333:parameter/a
ssm GetParametersByPath {"Path":"/app"} ssm:eu-west-1:111122223333:parameter/app
ssm GetDocument {"Name":"AWS-RunShellScript"} ssm:eu-west-1::document/AWS-RunShellScript
ssm GetDocument {"Name":"own"} ssm:eu-west-1:111122223333:document/own
ssm PutInventory {"InstanceId":"i-01","Items":[]} ec2:eu-west-1:111122223333:instance/i-01
ssm GetMaintenanceWindow {"WindowId":"mw-0123456789abcdef0"} ssm:eu-west-1:111122223333:maintenancewindow/mw-0123456789abcdef0
ssm ListCommands {"InstanceId":"i-01"} *
logs PutLogEvents {"logGroupName":"/g","logStreamName":"s","logEvents":[]} logs:eu-west-1:111122223333:log-group:/g:log-stream:s
logs FilterLogEvents {"logGroupName":"/g"} logs:eu-west-1:111122223333:log-group:/g:log-stream:
events PutRule {"Name":"r"} events:eu-west-1:111122223333:rule/r
events PutTargets {"Rule":"r","EventBusName":"b","Targets":[]} events:eu-west-1:111122223333:rule/b/r
events PutEvents {"Entries":[{"Source":"x"}]} events:eu-west-1:111122223333:event-bus/default
ecs UpdateService {"cluster":"c","service":"s"} ecs:eu-west-1:111122223333:service/c/s
ecs DescribeClusters {} ecs:eu-west-1:111122223333:cluster/default
eks DescribeNodegroup {"clusterName":"c","nodegroupName":"n"} eks:eu-west-1:111122223333:nodegroup/c/n/*
backup StartCopyJob {"RecoveryPointArn":"arn:aws:ec2:eu-west-1::snapshot/snap-1","SourceBackupVaultName":"v","DestinationBackupVaultArn":"arn:aws:backup:eu-west-1:444455556666:backup-vault:far","IamRoleArn":"r"} ec2:eu-west-1::snapshot/snap-1
cloudformation DeleteStack {"StackName":"web"} cloudformation:eu-west-1:111122223333:stack/web/*
appconfig GetEnvironment {"ApplicationId":"abc1234","EnvironmentId":"def5678"} appconfig:eu-west-1:111122223333:application/abc1234
sns CreateTopic {"Name":"t"} sns:eu-west-1:111122223333:t
"#;

#[test]
fn a_denial_names_the_resource_as_iam_knows_it() {
    let aws = Aws::small();
    let statement = json!({"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"});
    let nobody = user(&aws, "nobody", json!([statement]));
    for line in SUBJECTS.trim().lines() {
        let [service, operation, input, resource] =
            line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let input: Value = serde_json::from_str(input).unwrap();
        let (_, message) = aws.call_as(&nobody, service, operation, input).unwrap_err();
        let prefix = if resource == "*" { "" } else { "arn:aws:" };
        let named = format!("on resource: {prefix}{resource} because");
        assert!(message.contains(&named), "{line}: {message}");
    }
}

#[test]
fn whoever_may_tag_only_what_they_make_tags_nothing_else() {
    let aws = Aws::small();
    let maker = user(
        &aws,
        "maker",
        json!([
            {"Effect": "Allow", "Action": "ec2:CreateVolume", "Resource": "*"},
            {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {
                "StringEquals": {"ec2:CreateAction": "CreateVolume"},
            }},
        ]),
    );
    let tags = json!([{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}]);
    let input = json!({"AvailabilityZone": "eu-west-1a", "Size": 1, "TagSpecifications": tags});
    let made = aws.call_as(&maker, "ec2", "CreateVolume", input).unwrap();
    let input = json!({"Resources": [made["VolumeId"]], "Tags": [{"Key": "c", "Value": "d"}]});
    let (code, _) = aws.call_as(&maker, "ec2", "CreateTags", input).unwrap_err();
    assert_eq!(code, "UnauthorizedOperation");
}
