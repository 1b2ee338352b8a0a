"""Trusted Advisor's own API over the same checks."""


def check(aws):
    advisor = aws.client("trustedadvisor", account=aws.production, region="us-east-1")
    checks = [one for page in advisor.get_paginator("list_checks").paginate() for one in page["checkSummaries"]]
    aws.expect("forty checks", len(checks) >= 40, True)
    found = advisor.list_recommendations()["recommendationSummaries"]
    aws.expect("a recommendation for each", len(found), len(checks))
    flagged = next(one for one in found if one["status"] != "ok")
    arn = flagged["arn"]
    advisor.get_recommendation(recommendationIdentifier=arn)
    resources = advisor.list_recommendation_resources(recommendationIdentifier=arn)["recommendationResourceSummaries"]
    aws.expect("something is flagged", len(resources) > 0, True)
    errors = advisor.batch_update_recommendation_resource_exclusion(
        recommendationResourceExclusions=[{"arn": resources[0]["arn"], "isExcluded": True}]
    )["batchUpdateRecommendationResourceExclusionErrors"]
    aws.expect("excluded", errors, [])
    excluded = advisor.list_recommendation_resources(recommendationIdentifier=arn, exclusionStatus="excluded")
    aws.expect("one is left out", len(excluded["recommendationResourceSummaries"]), 1)
    advisor.update_recommendation_lifecycle(
        recommendationIdentifier=arn, lifecycleStage="dismissed", updateReasonCode="low_priority"
    )
    told = advisor.get_recommendation(recommendationIdentifier=arn)["recommendation"]
    aws.expect("dismissed", told["lifecycleStage"], "dismissed")
    unknown = f"arn:aws:trustedadvisor::{aws.production}:recommendation/00000000-0000-0000-0000-000000000000"
    aws.refused(
        "ResourceNotFoundException", lambda: advisor.get_recommendation(recommendationIdentifier=unknown)
    )
