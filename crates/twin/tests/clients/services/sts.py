"""STS: who one is, and becoming somebody else."""

import json


def check(aws):
    sts, iam = aws.client("sts"), aws.client("iam")
    me = sts.get_caller_identity()
    aws.expect("account", me["Account"], aws.management)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": me["Arn"]},
                "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                "Condition": {"StringEquals": {"sts:ExternalId": "agreed"}},
            }
        ],
    }
    arn = iam.create_role(RoleName="ops", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="ops", PolicyName="all", PolicyDocument=json.dumps(allow))
    aws.refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="x1")
    narrow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
    answer = sts.assume_role(
        RoleArn=arn,
        RoleSessionName="x1",
        ExternalId="agreed",
        Policy=json.dumps(narrow),
        SourceIdentity="ana",
        Tags=[{"Key": "team", "Value": "a"}],
        TransitiveTagKeys=["team"],
    )
    aws.expect("source", answer["SourceIdentity"], "ana")
    key = keys(answer)
    aws.client("ec2", key=key).describe_instances()
    aws.refused("AccessDeniedException", aws.client("dynamodb", key=key).list_tables)
    aws.refused("AccessDenied", aws.client("sts", key=key).get_session_token)
    aws.refused(
        "ValidationError", sts.assume_role, RoleArn=arn, RoleSessionName="x1", ExternalId="agreed", DurationSeconds=7200
    )
    tagged(aws, sts, iam, arn)
    federated(aws, sts)
    info = sts.get_access_key_info(AccessKeyId=aws.key["aws_access_key_id"])
    aws.expect("owner", info["Account"], aws.management)
    session = keys(sts.get_session_token(DurationSeconds=900))
    aws.expect("same user", aws.client("sts", key=session).get_caller_identity()["Arn"], me["Arn"])
    aws.advance(minutes=16)
    aws.refused("ExpiredToken", aws.client("sts", key=session).get_caller_identity)


def keys(answer):
    credentials = answer["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def tagged(aws, sts, iam, arn):
    """What a session may do can depend on its tags."""
    statement = {
        "Effect": "Deny",
        "Action": "dynamodb:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "data"}},
    }
    deny = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="ops", PolicyName="team", PolicyDocument=deny)
    for team, allowed in (("data", True), ("web", False)):
        answer = sts.assume_role(
            RoleArn=arn, RoleSessionName="x2", ExternalId="agreed", Tags=[{"Key": "team", "Value": team}]
        )
        dynamodb = aws.client("dynamodb", key=keys(answer))
        if allowed:
            dynamodb.list_tables()
        else:
            aws.refused("AccessDeniedException", dynamodb.list_tables)


def federated(aws, sts):
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]}
    answer = sts.get_federation_token(Name="guest", Policy=json.dumps(allow))
    aws.expect("guest", answer["FederatedUser"]["Arn"], f"arn:aws:sts::{aws.management}:federated-user/guest")
    aws.client("dynamodb", key=keys(answer)).list_tables()
    aws.refused("UnauthorizedOperation", aws.client("ec2", key=keys(answer)).describe_instances)
