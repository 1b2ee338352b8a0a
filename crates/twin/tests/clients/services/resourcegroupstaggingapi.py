"""Tags of every kind of resource, through one door."""


def check(aws):
    tagging, sns = aws.client("resourcegroupstaggingapi"), aws.client("sns")
    arn = sns.create_topic(Name="walk", Tags=[{"Key": "walk", "Value": "1"}])["TopicArn"]
    found = tagging.get_resources(TagFilters=[{"Key": "walk", "Values": ["1"]}])["ResourceTagMappingList"]
    aws.expect("found", [m["ResourceARN"] for m in found], [arn])
    aws.expect("tagged", tagging.tag_resources(ResourceARNList=[arn], Tags={"more": "2"})["FailedResourcesMap"], {})
    aws.expect("keys", {"walk", "more"} <= set(tagging.get_tag_keys()["TagKeys"]))
    aws.expect("values", tagging.get_tag_values(Key="more")["TagValues"], ["2"])
    tagging.untag_resources(ResourceARNList=[arn], TagKeys=["more"])
    aws.expect("gone", tagging.get_resources(TagFilters=[{"Key": "more"}])["ResourceTagMappingList"], [])
    home = aws.client("resourcegroupstaggingapi", region="us-east-1")
    aws.refused("ConstraintViolationException", tagging.get_compliance_summary)
    aws.expect("summary", [one["NonCompliantResources"] for one in home.get_compliance_summary()["SummaryList"]], [0])
    aws.expect("no report", home.describe_report_creation()["Status"], "NO REPORT")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="tag-reports", CreateBucketConfiguration={"LocationConstraint": aws.region})
    home.start_report_creation(S3Bucket="tag-reports")
    aws.refused("ConcurrentModificationException", home.start_report_creation, S3Bucket="tag-reports")
    aws.advance(minutes=5)
    report = home.describe_report_creation()
    aws.expect("report", report["Status"], "SUCCEEDED")
    key = report["S3Location"].removeprefix("s3://tag-reports/")
    body = s3.get_object(Bucket="tag-reports", Key=key)["Body"].read()
    aws.expect("lines", body.startswith(b"ResourceArn,"))
