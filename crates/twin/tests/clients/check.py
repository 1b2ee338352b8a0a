#!/usr/bin/env python3
"""Walks every service of a running twin with boto3, and with the AWS CLI if it is installed.

    cargo run -p reeve-twin --example serve -- 4599 &
    python3 crates/twin/tests/clients/check.py http://127.0.0.1:4599

Needs boto3 (`pip install boto3`, and `awscli` beside it for the CLI part). The twin must serve the demonstration estate,
freshly started. Exit status 0 only if everything is as it should be; every difference is named.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4599")
MANAGEMENT, PRODUCTION, STAGING = "111122223333", "444455556666", "777788889999"
KEY = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
ROLE, EXTERNAL_ID, REGION = "reeve", "reeve-twin", "eu-west-1"
ONCE = Config(retries={"total_max_attempts": 1})

failures = []
checks = 0


def expect(what, found, wanted=True):
    """Notes a difference and goes on, so that one run shows them all."""
    global checks
    checks += 1
    if found != wanted:
        failures.append(f"{what}: expected {wanted!r}, found {found!r}")


def refused(what, code, call, **arguments):
    """Expects a call to fail with an error code."""
    try:
        call(**arguments)
        expect(what, "no error", code)
    except ClientError as error:
        expect(what, error.response["Error"]["Code"], code)


def twin(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{ENDPOINT}/_twin/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def session(account=None, region=REGION):
    """A session of the management account's user, or of the role in an account."""
    if account is None:
        return boto3.Session(region_name=region, **KEY)
    sts = boto3.Session(region_name=region, **KEY).client("sts", endpoint_url=ENDPOINT)
    credentials = sts.assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/{ROLE}",
        RoleSessionName="check",
        ExternalId=EXTERNAL_ID,
    )["Credentials"]
    return boto3.Session(
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def client(service, account=PRODUCTION, region=REGION, config=ONCE):
    key = (account, region)
    if key not in client.sessions:
        client.sessions[key] = session(account, region)
    return client.sessions[key].client(service, endpoint_url=ENDPOINT, config=config)


client.sessions = {}


def pairs(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def tag_and_untag(what, read, tag, untag):
    """Adds a tag with an awkward key and value, reads it back, and takes it away again."""
    key, value = "check:kéy/+=", "a value & <more> @ 100%"
    before = read()
    tag({key: value})
    expect(f"{what}: tagged", read(), {**before, key: value})
    untag([key])
    expect(f"{what}: untagged", read(), before)


def check_identity():
    sts = client("sts", None)
    expect("caller", sts.get_caller_identity()["Arn"], f"arn:aws:iam::{MANAGEMENT}:user/reeve")
    assumed = client("sts").get_caller_identity()
    expect("assumed", assumed["Arn"], f"arn:aws:sts::{PRODUCTION}:assumed-role/{ROLE}/check")
    arn = f"arn:aws:iam::{PRODUCTION}:role/{ROLE}"
    refused("no external id", "AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="check")
    refused("no such role", "AccessDenied", sts.assume_role, RoleArn=arn + "x", RoleSessionName="check")
    wrong = {**KEY, "aws_access_key_id": "AKIAUNKNOWNUNKNOWN00"}
    for service, code in [("sts", "InvalidClientTokenId"), ("ec2", "AuthFailure"), ("s3", "InvalidAccessKeyId"),
                          ("dynamodb", "UnrecognizedClientException"), ("eks", "UnrecognizedClientException")]:
        stranger = boto3.client(service, region_name=REGION, endpoint_url=ENDPOINT, config=ONCE, **wrong)
        call = {"sts": "get_caller_identity", "ec2": "describe_instances", "s3": "list_buckets",
                "dynamodb": "list_tables", "eks": "list_clusters"}[service]
        refused(f"{service}: unknown key", code, getattr(stranger, call))
    forger = boto3.client("sts", region_name=REGION, endpoint_url=ENDPOINT, config=ONCE,
                          **{**KEY, "aws_secret_access_key": "wrong"})
    refused("wrong secret", "SignatureDoesNotMatch", forger.get_caller_identity)
    refused("not served", "NotImplemented", client("kinesis").list_streams)
    refused("operation not served", "NotImplemented", client("ec2").describe_fpga_images)
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(url) as response:
        expect("presigned", MANAGEMENT in response.read().decode())


def check_organizations():
    organizations = client("organizations", None)
    pages = organizations.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 1})
    accounts = [account for page in pages for account in page["Accounts"]]
    expect("accounts", [account["Id"] for account in accounts], [MANAGEMENT, PRODUCTION, STAGING])
    described = organizations.describe_organization()["Organization"]
    expect("management", described["MasterAccountId"], MANAGEMENT)
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    members = organizations.list_accounts_for_parent(ParentId=units[0]["Id"])["Accounts"]
    expect("members", [account["Name"] for account in members], ["production", "staging"])
    refused("organization of a member", "AccessDeniedException", client("organizations").list_accounts)


def check_ec2():
    ec2 = client("ec2")
    pages = ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5})
    instances = [instance for page in pages for group in page["Reservations"] for instance in group["Instances"]]
    expect("instances", len(instances), 13)
    expect("instance zone", instances[0]["Placement"]["AvailabilityZone"].startswith(REGION))
    expect("instance launch", instances[0]["LaunchTime"].year > 2000)
    windows = ec2.describe_instances(Filters=[{"Name": "platform", "Values": ["windows"]}])["Reservations"]
    expect("windows", len(windows), 3)
    named = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["web-*"]}])["Reservations"]
    expect("by tag", len(named), 3)
    ids = [instances[0]["InstanceId"], instances[1]["InstanceId"]]
    read = lambda: pairs(ec2.describe_instances(InstanceIds=ids[:1])["Reservations"][0]["Instances"][0].get("Tags", []))
    tag_and_untag("instance", read,
                  lambda tags: ec2.create_tags(Resources=ids, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]),
                  lambda keys: ec2.delete_tags(Resources=ids, Tags=[{"Key": k} for k in keys]))
    gateways = ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": ["available"]}])["NatGateways"]
    expect("gateways", len(gateways), 2)
    expect("vpns", len(ec2.describe_vpn_connections()["VpnConnections"]), 2)
    expect("regions", sorted(region["RegionName"] for region in ec2.describe_regions()["Regions"]),
           ["eu-west-1", "us-east-1"])
    described = [tag for page in ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 5})
                 for tag in page["Tags"]]
    owners = [tag["Value"] for tag in described if tag["Key"] == "ams:rt:owner"]
    expect("described tags", owners, ["bob"])
    refused("missing instance", "InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=["i-0123456789abcdef0"])
    refused("malformed id", "InvalidInstanceID.Malformed", ec2.describe_instances, InstanceIds=["x"])
    refused("dry run", "DryRunOperation", ec2.create_tags, Resources=ids, Tags=[{"Key": "a", "Value": "b"}], DryRun=True)
    refused("reserved key", "InvalidParameterValue", ec2.create_tags, Resources=ids, Tags=[{"Key": "aws:a", "Value": "b"}])
    many = [{"Key": f"k{at}", "Value": ""} for at in range(51)]
    refused("too many tags", "TagLimitExceeded", ec2.create_tags, Resources=ids, Tags=many)
    refused("small page", "InvalidParameterValue", ec2.describe_instances, MaxResults=4)


def check_rds():
    rds = client("rds")
    for describe, member, arn_member in [("describe_db_instances", "DBInstances", "DBInstanceArn"),
                                         ("describe_db_clusters", "DBClusters", "DBClusterArn")]:
        found = getattr(rds, describe)()[member]
        expect(member, len(found) > 0)
        arn = found[0][arn_member]
        tag_and_untag(member, lambda: pairs(rds.list_tags_for_resource(ResourceName=arn)["TagList"]),
                      lambda tags: rds.add_tags_to_resource(
                          ResourceName=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]),
                      lambda keys: rds.remove_tags_from_resource(ResourceName=arn, TagKeys=keys))
    refused("missing database", "DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="none")


def check_s3():
    s3 = client("s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    expect("buckets", len(buckets), 6)
    limited = s3.list_buckets(MaxBuckets=2, BucketRegion="us-east-1")
    expect("buckets of a Region", [bucket["BucketRegion"] for bucket in limited["Buckets"]], ["us-east-1"] * 2)
    pages = s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2})
    expect("bucket pages", [bucket["Name"] for page in pages for bucket in page["Buckets"]], buckets)
    name = "harbour-bills-of-lading"
    expect("location", s3.get_bucket_location(Bucket=name)["LocationConstraint"], REGION)
    expect("first location", s3.get_bucket_location(Bucket="harbour-dr-backups").get("LocationConstraint"), None)
    expect("head", s3.head_bucket(Bucket=name)["BucketRegion"], REGION)
    before = pairs(s3.get_bucket_tagging(Bucket=name)["TagSet"])
    put = lambda tags, bucket=name: s3.put_bucket_tagging(
        Bucket=bucket, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})
    tag_and_untag("bucket", lambda: pairs(s3.get_bucket_tagging(Bucket=name)["TagSet"]),
                  lambda tags: put({**before, **tags}), lambda keys: put(before))
    logs = "harbour-production-logs"
    refused("never tagged", "NoSuchTagSet", s3.get_bucket_tagging, Bucket=logs)
    put({"a": "b"}, logs)
    s3.delete_bucket_tagging(Bucket=logs)
    refused("tags deleted", "NoSuchTagSet", s3.get_bucket_tagging, Bucket=logs)
    refused("no bucket", "NoSuchBucket", s3.get_bucket_tagging, Bucket="harbour-none")
    refused("other's bucket", "AccessDenied", s3.get_bucket_tagging, Bucket="harbour-cost-reports")
    refused("system tag lost", "InvalidTag", s3.put_bucket_tagging, Bucket="stack-booking-uploads-x1",
            Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    # boto3 follows a bucket into its Region by itself, which it counts as a retry.
    s3 = client("s3", config=None)
    abroad = "harbour-us-access-logs"
    expect("redirected", "ams:rt:ams-monitoring-policy" in pairs(s3.get_bucket_tagging(Bucket=abroad)["TagSet"]))
    first = client("s3", region="us-east-1", config=None)
    expect("redirected from the first Region", pairs(first.get_bucket_tagging(Bucket=name)["TagSet"]), before)


def check_load_balancers():
    elb, elbv2 = client("elb"), client("elbv2")
    names = [found["LoadBalancerName"] for found in elb.describe_load_balancers()["LoadBalancerDescriptions"]]
    expect("classic", names, ["intranet", "legacy-quotes"])
    tag_and_untag("classic", lambda: pairs(elb.describe_tags(LoadBalancerNames=names[:1])["TagDescriptions"][0]["Tags"]),
                  lambda tags: elb.add_tags(LoadBalancerNames=names[:1],
                                            Tags=[{"Key": k, "Value": v} for k, v in tags.items()]),
                  lambda keys: elb.remove_tags(LoadBalancerNames=names[:1], Tags=[{"Key": k} for k in keys]))
    refused("missing classic", "LoadBalancerNotFound", elb.describe_load_balancers, LoadBalancerNames=["none"])
    found = elbv2.describe_load_balancers()["LoadBalancers"]
    expect("load balancers", sorted(balancer["Type"] for balancer in found), ["application", "application", "network"])
    arns = [balancer["LoadBalancerArn"] for balancer in found]
    tag_and_untag("load balancer", lambda: pairs(elbv2.describe_tags(ResourceArns=arns)["TagDescriptions"][0]["Tags"]),
                  lambda tags: elbv2.add_tags(ResourceArns=arns[:2],
                                              Tags=[{"Key": k, "Value": v} for k, v in tags.items()]),
                  lambda keys: elbv2.remove_tags(ResourceArns=arns[:2], TagKeys=keys))
    refused("too many ARNs", "ValidationError", elbv2.describe_tags, ResourceArns=arns[:1] * 21)


def check_file_systems():
    efs, fsx = client("efs"), client("fsx")
    found = [system for page in efs.get_paginator("describe_file_systems").paginate(PaginationConfig={"PageSize": 1})
             for system in page["FileSystems"]]
    expect("efs", sorted(system.get("Name", "") for system in found), ["", "shared-documents"])
    id = found[0]["FileSystemId"]
    tag_and_untag("efs", lambda: pairs(efs.list_tags_for_resource(ResourceId=id)["Tags"]),
                  lambda tags: efs.tag_resource(ResourceId=id, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]),
                  lambda keys: efs.untag_resource(ResourceId=id, TagKeys=keys))
    refused("missing efs", "FileSystemNotFound", efs.describe_file_systems, FileSystemId="fs-0123456789abcdef0")
    found = fsx.describe_file_systems(MaxResults=1)
    expect("fsx pages", "NextToken" in found)
    arn = found["FileSystems"][0]["ResourceARN"]
    tag_and_untag("fsx", lambda: pairs(fsx.list_tags_for_resource(ResourceARN=arn)["Tags"]),
                  lambda tags: fsx.tag_resource(ResourceARN=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]),
                  lambda keys: fsx.untag_resource(ResourceARN=arn, TagKeys=keys))
    refused("missing fsx", "FileSystemNotFound", fsx.describe_file_systems, FileSystemIds=["fs-0123456789abcdef0"])


def check_dynamodb():
    dynamodb = client("dynamodb")
    pages = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
    names = [name for page in pages for name in page["TableNames"]]
    expect("tables", names, ["ContainerPositions", "FeatureFlags", "Sessions"])
    table = dynamodb.describe_table(TableName="Sessions")["Table"]
    expect("table created", table["CreationDateTime"].year > 2000)
    arn = table["TableArn"]
    read = lambda: {key: value for page in dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
                    for key, value in pairs(page["Tags"]).items()}
    tag = lambda tags: dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    untag = lambda keys: dynamodb.untag_resource(ResourceArn=arn, TagKeys=keys)
    tag_and_untag("table", read, tag, untag)
    many = {f"k{at:02}": str(at) for at in range(25)}
    tag(many)
    expect("pages of tags", {key: value for key, value in read().items() if key in many}, many)
    untag(list(many))
    refused("missing table", "ResourceNotFoundException", dynamodb.describe_table, TableName="none")


def check_autoscaling():
    autoscaling = client("autoscaling")
    group = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    name = group["AutoScalingGroupName"]
    tags = {tag["Key"]: tag for tag in group["Tags"]}
    expect("propagates", tags["Environment"]["PropagateAtLaunch"])
    read = lambda: pairs(autoscaling.describe_tags(
        Filters=[{"Name": "auto-scaling-group", "Values": [name]}])["Tags"])
    shape = lambda key: {"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": key}
    tag_and_untag("group", read,
                  lambda tags: autoscaling.create_or_update_tags(
                      Tags=[{**shape(k), "Value": v, "PropagateAtLaunch": False} for k, v in tags.items()]),
                  lambda keys: autoscaling.delete_tags(Tags=[shape(k) for k in keys]))
    refused("missing group", "ValidationError", autoscaling.delete_tags, Tags=[{**shape("a"), "ResourceId": "none"}])


def check_redshift():
    redshift = client("redshift")
    cluster = redshift.describe_clusters()["Clusters"][0]
    arn = f"arn:aws:redshift:{REGION}:{PRODUCTION}:cluster:{cluster['ClusterIdentifier']}"
    read = lambda: pairs(found["Tag"] for found in redshift.describe_tags(ResourceName=arn)["TaggedResources"])
    expect("redshift", read(), pairs(cluster["Tags"]))
    tag_and_untag("redshift", read,
                  lambda tags: redshift.create_tags(
                      ResourceName=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]),
                  lambda keys: redshift.delete_tags(ResourceName=arn, TagKeys=keys))
    refused("missing cluster", "ClusterNotFound", redshift.describe_clusters, ClusterIdentifier="none")


def check_domains():
    for service in ["opensearch", "es"]:
        domains = client(service)
        names = domains.list_domain_names()["DomainNames"]
        expect(f"{service} engines", {found["DomainName"]: found["EngineType"] for found in names},
               {"app-logs": "Elasticsearch", "tracking-search": "OpenSearch"})
        wanted = [found["DomainName"] for found in names]
        if service == "es":
            found = domains.describe_elasticsearch_domains(DomainNames=wanted)["DomainStatusList"]
            expect("version", found[0]["ElasticsearchVersion"], "7.10")
            expect("master", found[1]["ElasticsearchClusterConfig"]["DedicatedMasterEnabled"])
        else:
            found = domains.describe_domains(DomainNames=wanted)["DomainStatusList"]
            expect("key", found[1]["EncryptionAtRestOptions"]["Enabled"])
        arn = found[0]["ARN"]
        tag_and_untag(service, lambda: pairs(domains.list_tags(ARN=arn)["TagList"]),
                      lambda tags: domains.add_tags(ARN=arn, TagList=[{"Key": k, "Value": v} for k, v in tags.items()]),
                      lambda keys: domains.remove_tags(ARN=arn, TagKeys=keys))
        refused(f"{service}: missing domain", "ResourceNotFoundException", domains.list_tags, ARN=arn + "x")


def check_eks():
    eks = client("eks")
    expect("clusters", eks.list_clusters()["clusters"], ["platform"])
    cluster = eks.describe_cluster(name="platform")["cluster"]
    arn = cluster["arn"]
    expect("cluster tags", cluster["tags"], eks.list_tags_for_resource(resourceArn=arn)["tags"])
    tag_and_untag("cluster", lambda: eks.list_tags_for_resource(resourceArn=arn)["tags"],
                  lambda tags: eks.tag_resource(resourceArn=arn, tags=tags),
                  lambda keys: eks.untag_resource(resourceArn=arn, tagKeys=keys))
    refused("missing cluster", "ResourceNotFoundException", eks.describe_cluster, name="none")
    refused("tags of a missing cluster", "NotFoundException", eks.list_tags_for_resource, resourceArn=arn + "x")


def check_synthetics():
    synthetics = client("synthetics")
    canaries = synthetics.describe_canaries()["Canaries"]
    expect("canaries", [canary["Name"] for canary in canaries], ["booking-api-health", "storefront-checkout"])
    expect("canary created", canaries[0]["Timeline"]["Created"].year > 2000)
    arn = f"arn:aws:synthetics:{REGION}:{PRODUCTION}:canary:{canaries[0]['Name']}"
    tag_and_untag("canary", lambda: synthetics.list_tags_for_resource(ResourceArn=arn)["Tags"],
                  lambda tags: synthetics.tag_resource(ResourceArn=arn, Tags=tags),
                  lambda keys: synthetics.untag_resource(ResourceArn=arn, TagKeys=keys))


def check_tagging():
    tagging = client("resourcegroupstaggingapi")
    pages = tagging.get_paginator("get_resources").paginate(PaginationConfig={"PageSize": 7})
    found = {mapping["ResourceARN"]: pairs(mapping["Tags"]) for page in pages for mapping in page["ResourceTagMappingList"]}
    expect("never tagged are not listed", "arn:aws:s3:::harbour-website-assets" in found)
    expect("once tagged are listed", found.get("arn:aws:s3:::harbour-production-logs"), {})
    domains = tagging.get_resources(ResourceTypeFilters=["es"])["ResourceTagMappingList"]
    expect("by type", len(domains), 2)
    typed = tagging.get_resources(
        ResourceTypeFilters=["ec2:instance"], TagFilters=[{"Key": "Team", "Values": ["office", "finance"]}])
    expect("by tag", len(typed["ResourceTagMappingList"]), 4)
    arns = ["arn:aws:s3:::harbour-website-assets", f"arn:aws:eks:{REGION}:{PRODUCTION}:cluster/platform"]
    read = lambda: pairs(tagging.get_resources(ResourceARNList=arns[1:])["ResourceTagMappingList"][0]["Tags"])
    tag_and_untag("through one door", read,
                  lambda tags: expect("all tagged", tagging.tag_resources(
                      ResourceARNList=arns, Tags=tags)["FailedResourcesMap"], {}),
                  lambda keys: tagging.untag_resources(ResourceARNList=arns, TagKeys=keys))
    missing = f"arn:aws:eks:{REGION}:{PRODUCTION}:cluster/none"
    failed = tagging.tag_resources(ResourceARNList=[missing], Tags={"a": "b"})["FailedResourcesMap"]
    expect("failed one by one", failed[missing]["ErrorCode"], "InvalidParameterException")
    expect("keys", "ams:rt:owner" in tagging.get_tag_keys()["TagKeys"])
    expect("values", tagging.get_tag_values(Key="ams:rt:owner")["TagValues"], ["bob"])


def check_faults():
    ec2, s3 = client("ec2"), client("s3")
    try:
        twin("POST", "faults", {"service": "ec2", "operation": "DescribeRegions", "effect": "throttle", "count": 1})
        refused("throttled", "RequestLimitExceeded", ec2.describe_regions)
        ec2.describe_regions()
        twin("POST", "faults", {"account": PRODUCTION, "effect": "deny", "count": 2})
        refused("denied", "UnauthorizedOperation", ec2.describe_regions)
        refused("denied", "AccessDenied", s3.list_buckets)
        for effect in ["drop-before", "drop-after"]:
            twin("POST", "faults", {"service": "ec2", "effect": effect, "count": 1})
            try:
                ec2.describe_regions()
                expect(effect, "an answer", "none")
            except HTTPClientError:
                expect(effect, True)
        twin("POST", "faults", {"service": "ec2", "effect": {"error": {"code": "Odd", "message": "m", "status": 418}}, "count": 1})
        refused("any error", "Odd", ec2.describe_regions)
        patient = client("ec2", config=Config(retries={"total_max_attempts": 4, "mode": "standard"}))
        twin("POST", "faults", {"service": "ec2", "effect": "throttle", "count": 2})
        expect("retried", len(patient.describe_regions()["Regions"]), 2)
        last = twin("GET", "calls?last=3")["calls"]
        expect("logged", [call["outcome"] for call in last], ["failed", "failed", "succeeded"])
    finally:
        twin("DELETE", "faults")
    arn = f"arn:aws:eks:{REGION}:{PRODUCTION}:cluster/platform"
    before = client("eks").list_tags_for_resource(resourceArn=arn)["tags"]
    twin("POST", "tags", {"arn": arn, "add": {"by-hand": "yes"}})
    expect("edited by hand", client("eks").list_tags_for_resource(resourceArn=arn)["tags"], {**before, "by-hand": "yes"})
    twin("POST", "tags", {"arn": arn, "remove": ["by-hand"]})


def check_cli():
    beside = os.path.join(os.path.dirname(sys.executable), "aws")
    program = beside if os.path.exists(beside) else shutil.which("aws")
    if program is None:
        print("the AWS CLI is not installed: its part is left out", file=sys.stderr)
        return
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_ACCESS_KEY_ID": KEY["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": KEY["aws_secret_access_key"],
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def aws(*arguments):
        done = subprocess.run([program, *arguments, "--output", "json"], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            failures.append(f"aws {' '.join(arguments)}: {done.stderr.strip()}")
            return {}
        return json.loads(done.stdout) if done.stdout.strip() else {}

    expect("cli: caller", aws("sts", "get-caller-identity").get("Account"), MANAGEMENT)
    reservations = aws("ec2", "describe-instances").get("Reservations", [{}])
    id = reservations[0].get("Instances", [{}])[0].get("InstanceId", "")
    aws("ec2", "create-tags", "--resources", id, "--tags", "Key=cli,Value=yes")
    tags = aws("ec2", "describe-tags", "--filters", "Name=key,Values=cli").get("Tags", [])
    expect("cli: tagged", [tag["ResourceId"] for tag in tags], [id])
    aws("ec2", "delete-tags", "--resources", id, "--tags", "Key=cli")
    expect("cli: buckets", len(aws("s3api", "list-buckets").get("Buckets", [])), 3)
    expect("cli: tables", aws("dynamodb", "list-tables").get("TableNames"), ["DeploymentLocks"])
    resources = aws("resourcegroupstaggingapi", "get-resources").get("ResourceTagMappingList", [])
    expect("cli: resources", len(resources), 3)
    expect("cli: accounts", len(aws("organizations", "list-accounts").get("Accounts", [])), 3)


def main():
    for check in [check_identity, check_organizations, check_ec2, check_rds, check_s3, check_load_balancers,
                  check_file_systems, check_dynamodb, check_autoscaling, check_redshift, check_domains, check_eks,
                  check_synthetics, check_tagging, check_faults, check_cli]:
        before = len(failures)
        try:
            check()
        except Exception as error:
            failures.append(f"{check.__name__}: {type(error).__name__}: {error}")
        print(f"{'ok' if len(failures) == before else 'FAILED'}  {check.__name__}", file=sys.stderr)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{checks} checks, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
