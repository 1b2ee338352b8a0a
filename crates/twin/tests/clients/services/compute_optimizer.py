"""Compute Optimizer: asked for, then advising."""


def check(aws):
    optimizer = aws.client("compute-optimizer", account=aws.production)
    aws.expect("not yet", optimizer.get_enrollment_status()["status"], "Inactive")
    aws.refused("OptInRequiredException", optimizer.get_ec2_instance_recommendations)
    optimizer.update_enrollment_status(status="Active")
    aws.advance(hours=48)
    optimizer = aws.client("compute-optimizer", account=aws.production)
    aws.expect("enrolled", optimizer.get_enrollment_status()["status"], "Active")
    found = optimizer.get_ec2_instance_recommendations()["instanceRecommendations"]
    aws.expect("instances are advised on", len(found) > 3, True)
    finding = found[0]["finding"]
    filtered = optimizer.get_ec2_instance_recommendations(filters=[{"name": "Finding", "values": [finding]}])
    findings = {one["finding"] for one in filtered["instanceRecommendations"]}
    aws.expect("by finding", findings, {finding})
    optimizer.get_ebs_volume_recommendations()
    summaries = optimizer.get_recommendation_summaries()["recommendationSummaries"]
    aws.expect("summaries", {one["recommendationResourceType"] for one in summaries}, {"Ec2Instance", "EbsVolume"})
