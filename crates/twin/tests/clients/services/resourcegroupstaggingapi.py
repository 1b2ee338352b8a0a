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
