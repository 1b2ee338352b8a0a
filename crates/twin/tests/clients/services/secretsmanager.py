"""Secrets Manager: versions, stages, rotation and deletion."""

import json
import string


def check(aws):
    secrets = aws.client("secretsmanager")
    arn = values(aws, secrets)
    listing(aws, secrets, arn)
    stages(aws, secrets)
    policies(aws, secrets, arn)
    rotation(aws, secrets)
    passwords(aws, secrets)
    deletion(aws, secrets)


def values(aws, secrets):
    made = secrets.create_secret(Name="db/main", SecretString="one", Tags=[{"Key": "a", "Value": "b"}])
    arn = made["ARN"]
    aws.expect("arn", arn[:-7], f"arn:aws:secretsmanager:{aws.region}:{aws.management}:secret:db/main")
    aws.refused("ResourceExistsException", secrets.create_secret, Name="db/main", SecretString="x")
    aws.refused("ResourceNotFoundException", secrets.get_secret_value, SecretId="nothing")
    found = secrets.get_secret_value(SecretId="db/main")
    aws.expect("value", (found["SecretString"], found["VersionStages"]), ("one", ["AWSCURRENT"]))
    second = secrets.put_secret_value(SecretId=arn[:-7], SecretString="two")["VersionId"]
    aws.expect("current", secrets.get_secret_value(SecretId=arn)["SecretString"], "two")
    previous = secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")
    aws.expect("previous", previous["SecretString"], "one")
    aws.expect("by id", secrets.get_secret_value(SecretId=arn, VersionId=second)["SecretString"], "two")
    secrets.create_secret(Name="binary", SecretBinary=b"\x00\x01")
    aws.expect("bytes", secrets.get_secret_value(SecretId="binary")["SecretBinary"], b"\x00\x01")
    batch = secrets.batch_get_secret_value(SecretIdList=["db/main", "nothing"])
    aws.expect("batch", (len(batch["SecretValues"]), batch["Errors"][0]["ErrorCode"]), (1, "ResourceNotFoundException"))
    secrets.update_secret(SecretId="db/main", Description="of the database", SecretString="three")
    described = secrets.describe_secret(SecretId="db/main")
    aws.expect("described", (described["Description"], len(described["VersionIdsToStages"])), ("of the database", 2))
    aws.expect("versions", len(secrets.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True)["Versions"]), 3)
    secrets.tag_resource(SecretId=arn, Tags=[{"Key": "c", "Value": "d"}])
    secrets.untag_resource(SecretId=arn, TagKeys=["a"])
    aws.expect("tags", secrets.describe_secret(SecretId=arn)["Tags"], [{"Key": "c", "Value": "d"}])
    return arn


def listing(aws, secrets, arn):
    names = [secret["Name"] for secret in secrets.list_secrets(Filters=[{"Key": "name", "Values": ["db/"]}])["SecretList"]]
    aws.expect("names", names, ["db/main"])
    tagged = secrets.list_secrets(Filters=[{"Key": "tag-key", "Values": ["c"]}])["SecretList"]
    aws.expect("tagged", [secret["ARN"] for secret in tagged], [arn])


def stages(aws, secrets):
    one = secrets.create_secret(Name="staged", SecretString="one")["VersionId"]
    two = secrets.put_secret_value(SecretId="staged", SecretString="two", VersionStages=["AWSPENDING"])["VersionId"]
    aws.expect("still", secrets.get_secret_value(SecretId="staged")["SecretString"], "one")
    move = {"SecretId": "staged", "VersionStage": "AWSCURRENT", "MoveToVersionId": two}
    aws.refused("InvalidParameterException", secrets.update_secret_version_stage, **move)
    secrets.update_secret_version_stage(RemoveFromVersionId=one, **move)
    aws.expect("moved", secrets.get_secret_value(SecretId="staged")["SecretString"], "two")
    previous = secrets.get_secret_value(SecretId="staged", VersionStage="AWSPREVIOUS")["VersionId"]
    aws.expect("previous", previous, one)


def policies(aws, secrets, arn):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=document)
    aws.refused("AccessDeniedException", secrets.get_secret_value, SecretId=arn)
    aws.expect("policy", json.loads(secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"])["Statement"], [deny])
    secrets.delete_resource_policy(SecretId=arn)
    secrets.get_secret_value(SecretId=arn)
    public = json.dumps({"Version": "2012-10-17", "Statement": [{**deny, "Effect": "Allow"}]})
    aws.expect("public", secrets.validate_resource_policy(ResourcePolicy=public)["PolicyValidationPassed"], False)
    put = {"SecretId": arn, "ResourcePolicy": public, "BlockPublicPolicy": True}
    aws.refused("PublicPolicyException", secrets.put_resource_policy, **put)


def rotation(aws, secrets):
    secrets.create_secret(Name="rotated", SecretString=json.dumps({"username": "app", "password": "old"}))
    aws.refused("InvalidRequestException", secrets.rotate_secret, SecretId="rotated")
    role = aws.client("iam").create_role(
        RoleName="rotator",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
            }
        ),
    )["Role"]["Arn"]
    function = f"arn:aws:lambda:{aws.region}:{aws.management}:function:rotator"
    aws.client("lambda").create_function(
        FunctionName="rotator", Runtime="python3.13", Role=role, Handler="a.b", Code={"ZipFile": b"PK"}
    )
    secrets.rotate_secret(SecretId="rotated", RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 7})
    aws.advance(minutes=1)
    value = json.loads(secrets.get_secret_value(SecretId="rotated")["SecretString"])
    aws.expect("rotated", (value["username"], value["password"] != "old"), ("app", True))
    aws.advance(days=7, minutes=1)
    again = json.loads(secrets.get_secret_value(SecretId="rotated")["SecretString"])
    aws.expect("again", again["password"] != value["password"])
    secrets.cancel_rotate_secret(SecretId="rotated")
    aws.advance(days=8)
    aws.expect("no more", json.loads(secrets.get_secret_value(SecretId="rotated")["SecretString"]), again)


def passwords(aws, secrets):
    password = secrets.get_random_password(PasswordLength=20, ExcludePunctuation=True)["RandomPassword"]
    aws.expect("letters", (len(password), set(password) <= set(string.ascii_letters + string.digits)), (20, True))
    aws.refused("InvalidParameterException", secrets.get_random_password, PasswordLength=2)


def deletion(aws, secrets):
    secrets.create_secret(Name="gone", SecretString="x")
    secrets.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
    aws.refused("InvalidRequestException", secrets.get_secret_value, SecretId="gone")
    aws.refused("InvalidRequestException", secrets.create_secret, Name="gone", SecretString="x")
    listed = [secret["Name"] for secret in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]]
    aws.expect("planned", "gone" in listed)
    secrets.restore_secret(SecretId="gone")
    secrets.get_secret_value(SecretId="gone")
    secrets.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
    aws.advance(days=8)
    aws.refused("ResourceNotFoundException", secrets.describe_secret, SecretId="gone")
    secrets.delete_secret(SecretId="staged", ForceDeleteWithoutRecovery=True)
    aws.refused("ResourceNotFoundException", secrets.describe_secret, SecretId="staged")
