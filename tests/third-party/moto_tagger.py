"""The Resource Tagger on an AWS that is not ours: moto serves it, boto3 makes the resources and reads them back.

Two accounts, two Regions, at least one resource of each of EC2, RDS, S3, ELBv2, DynamoDB and Auto Scaling. Reeve plans,
approves, applies, verifies and undoes from the command line; boto3 is the judge of what really happened.

Usage: moto_tagger.py REEVE_BINARY
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3

REGIONS = ["us-east-1", "eu-west-1"]
HOME_ACCOUNT = "123456789012"
OTHER_ACCOUNT = "222233334444"
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/ReeveOperations"
OWN = "ams:rt:"

PROFILE = {
    "Options": {"ReadOnly": False},
    "AWS::EC2::Instance": {
        "LinuxInEurope": {
            "Filter": {"Fn::AND": [{"Platform": "Linux"}, {"AvailabilityZone": "eu-*"}]},
            "Tags": [{"Key": "zone", "Value": "europe"}],
        },
        "Production": {
            "Filter": {"Tag": {"Key": "env", "Value": "prod*"}},
            "Tags": [{"Key": "ams:rt:tier", "Value": "gold"}],
        },
    },
    "AWS::RDS::DBInstance": {
        "Databases": {"Filter": {"Engine": "post*"}, "Tags": [{"Key": "engine", "Value": "postgres"}]}
    },
    "AWS::S3::Bucket": {
        "Logs": {"Filter": {"BucketName": "logs-*"}, "Tags": [{"Key": "kind", "Value": "logs"}]}
    },
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {
        "Web": {
            "Filter": {"Fn::NOT": {"LoadBalancerName": "internal-*"}},
            "Tags": [{"Key": "face", "Value": "public"}],
        }
    },
    "AWS::DynamoDB::Table": {
        "Orders": {"Filter": {"TableName": "orders*"}, "Tags": [{"Key": "team", "Value": "shop"}]}
    },
    "AWS::AutoScaling::AutoScalingGroup": {
        "All": {"Filter": {"AutoScalingGroupName": "*"}, "Tags": [{"Key": "scaled", "Value": "yes"}]}
    },
}


def main(reeve: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        endpoint = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        }
        os.environ.update(environment)
        server = subprocess.Popen(
            [str(pathlib.Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(endpoint)
            check(reeve, endpoint, pathlib.Path(folder))
        finally:
            server.kill()
            server.wait()


def check(reeve: str, endpoint: str, folder: pathlib.Path) -> None:
    sessions = {HOME_ACCOUNT: boto3.Session(), OTHER_ACCOUNT: assumed(endpoint)}
    reads = {}
    for account, session in sessions.items():
        for region in REGIONS:
            reads[account, region] = make_resources(session, endpoint, region, account)
    read_all = lambda: {
        f"{account} {region} {name}": read()
        for (account, region), readers in reads.items() for name, read in readers.items()
    }
    before = read_all()
    write_estate(folder, endpoint)
    run = lambda *words, expect=0: reeve_json(reeve, folder, *words, expect=expect)

    run("validate")
    planned = run("plan")
    assert len(planned["plans"]) == 1, planned["plans"]
    assert not planned["unknown"], planned["unknown"]
    plan = planned["plans"][0]
    print(f"planned {plan['actions']} actions over {len(plan['accounts'])} accounts")
    assert sorted(plan["accounts"]) == [HOME_ACCOUNT, OTHER_ACCOUNT]
    assert read_all() == before, "planning changed something"

    run("approve", plan["id"], "--comment", "looks right", "--yes")
    assert read_all() == before, "approving changed something"
    applied = run("apply", plan["id"])
    assert applied["tally"]["verified"] == plan["actions"], applied
    after = read_all()
    for name, tags in after.items():
        expect_tags(name, before[name], tags)
    print("applied; boto3 reads what was planned")

    again = run("plan")
    assert again["plans"] == [], "a second plan finds nothing to do"

    undone = run("undo", plan["id"], "--comment", "only a test")
    assert undone["undo_tally"]["verified"] == plan["actions"], undone
    assert read_all() == before, "undo restores every tag as it was"
    print("undone; boto3 reads what was there before")

    verification = run("ledger", "verify")
    assert verification["intact"], verification
    print(f"ledger intact, {verification['entries']} entries")


def expect_tags(name: str, before: dict, after: dict) -> None:
    """Tags of other people are untouched, and those that the Tagger owns are those of the profile."""
    others = lambda tags: {key: value for key, value in tags.items() if not key.startswith(OWN)}
    owned = {key: value for key, value in after.items() if key.startswith(OWN)}
    assert others(before) == others(after), name
    region = name.split()[1]
    wanted = {
        "linux": {"ams:rt:zone": "europe"} if region.startswith("eu-") else {},
        "production": {"ams:rt:tier": "gold"}
        | ({"ams:rt:zone": "europe"} if region.startswith("eu-") else {}),
        "postgres": {"ams:rt:engine": "postgres"},
        "mysql": {},
        "logs": {"ams:rt:kind": "logs"},
        "media": {},
        "web": {"ams:rt:face": "public"},
        "internal": {},
        "orders": {"ams:rt:team": "shop"},
        "sessions": {},
        "group": {"ams:rt:scaled": "yes"},
    }[name.split()[2]]
    assert owned == wanted, f"{name}: {owned} instead of {wanted}"


def make_resources(session, endpoint: str, region: str, account: str) -> dict:
    """Makes the resources of one place; returns, by name, a function that reads a resource's tags back."""
    client = lambda service: session.client(service, region_name=region, endpoint_url=endpoint)
    ec2, rds, s3 = client("ec2"), client("rds"), client("s3")
    elbv2, dynamodb, autoscaling = client("elbv2"), client("dynamodb"), client("autoscaling")
    pairs = lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]
    as_map = lambda tags: {tag["Key"]: tag["Value"] for tag in tags}
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = [f"{region}{letter}" for letter in "ab"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for i, zone in enumerate(zones)
    ]
    readers = {}

    def instance(name: str, tags: dict) -> None:
        made = ec2.run_instances(
            ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnets[0],
            TagSpecifications=[{"ResourceType": "instance", "Tags": pairs(tags)}] if tags else [],
        )["Instances"][0]["InstanceId"]
        readers[name] = lambda: as_map(
            ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made]}])["Tags"])

    instance("linux", {"Name": "a linux", "ams:rt:typed-by-hand": "yes"})
    instance("production", {"env": "production", "ams:rt:tier": "silver"})

    def database(name: str, engine: str) -> None:
        arn = rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{region}", Engine=engine, DBInstanceClass="db.t3.micro",
            AllocatedStorage=20, MasterUsername="admin", MasterUserPassword="not-a-secret",
            Tags=pairs({"owner": "data"}),
        )["DBInstance"]["DBInstanceArn"]
        readers[name] = lambda: as_map(rds.list_tags_for_resource(ResourceName=arn)["TagList"])

    database("postgres", "postgres")
    database("mysql", "mysql")

    def bucket(name: str, tags: dict) -> None:
        full = f"{name}-{account}-{region}"
        location = {} if region == "us-east-1" else {
            "CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=full, **location)
        if tags:
            s3.put_bucket_tagging(Bucket=full, Tagging={"TagSet": pairs(tags)})

        def read() -> dict:
            try:
                return as_map(s3.get_bucket_tagging(Bucket=full)["TagSet"])
            except s3.exceptions.ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchTagSet":
                    return {}
                raise

        readers[name] = read

    bucket("logs", {})
    bucket("media", {"owner": "web", "ams:rt:stray": "x"})

    def load_balancer(name: str, full: str) -> None:
        arn = elbv2.create_load_balancer(Name=full, Subnets=subnets, Tags=pairs({"owner": "web"}))[
            "LoadBalancers"][0]["LoadBalancerArn"]
        readers[name] = lambda: as_map(
            elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])

    load_balancer("web", "public-web")
    load_balancer("internal", "internal-api")

    def table(name: str) -> None:
        arn = dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            Tags=pairs({"owner": "shop"}),
        )["TableDescription"]["TableArn"]
        readers[name] = lambda: as_map(dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"])

    table("orders")
    table("sessions")

    autoscaling.create_launch_configuration(
        LaunchConfigurationName="launch", ImageId="ami-12c6146b", InstanceType="t3.micro")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="group", LaunchConfigurationName="launch", MinSize=0, MaxSize=0,
        VPCZoneIdentifier=subnets[0],
        Tags=[{"Key": "owner", "Value": "web", "PropagateAtLaunch": True}])
    readers["group"] = lambda: as_map(autoscaling.describe_auto_scaling_groups(
        AutoScalingGroupNames=["group"])["AutoScalingGroups"][0]["Tags"])
    return readers


def write_estate(folder: pathlib.Path, endpoint: str) -> None:
    (folder / "profiles").mkdir()
    (folder / "profiles" / "tags.json").write_text(json.dumps(PROFILE, indent=2))
    (folder / "profiles" / "tags.default.json").write_text("{}")
    (folder / "estate.yaml").write_text(f"""\
version: 1
name: moto
aws:
  endpoint-url: {endpoint}
regions: [{", ".join(REGIONS)}]
authority:
  all: propose
controllers:
  resource-tagger:
    # moto serves no more than these types of the Tagger's.
    resource-types:
{"".join(f"      - {name}{chr(10)}" for name in PROFILE if name != "Options")}
accounts:
  - id: "{HOME_ACCOUNT}"
    name: home
  - id: "{OTHER_ACCOUNT}"
    name: other
    role-arn: {ROLE}
""")


def reeve_json(reeve: str, folder: pathlib.Path, *words: str, expect: int):
    done = subprocess.run(
        [reeve, "-C", str(folder), "--json", *words], capture_output=True, text=True)
    assert done.returncode == expect, f"reeve {' '.join(words)}: {done.returncode}\n{done.stderr}\n{done.stdout}"
    return json.loads(done.stdout)


def assumed(endpoint: str) -> boto3.Session:
    keys = boto3.client("sts", endpoint_url=endpoint).assume_role(
        RoleArn=ROLE, RoleSessionName="third-party")["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(endpoint: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/data.json", timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"moto did not start at {endpoint}")


if __name__ == "__main__":
    main(sys.argv[1])
