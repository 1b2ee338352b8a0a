"""Macie: the session, findings, jobs."""


def check(aws):
    macie = aws.client("macie2")
    aws.refused("AccessDeniedException", macie.get_macie_session)
    macie.enable_macie()
    aws.refused("ConflictException", macie.enable_macie)
    macie.update_macie_session(findingPublishingFrequency="ONE_HOUR")
    aws.expect("session", macie.get_macie_session()["findingPublishingFrequency"], "ONE_HOUR")
    macie.create_sample_findings()
    every = macie.list_findings()["findingIds"]
    aws.expect("samples", len(every), 10)
    high = macie.list_findings(findingCriteria={"criterion": {"severity.description": {"eq": ["High"]}}})["findingIds"]
    shown = macie.get_findings(findingIds=high)["findings"]
    aws.expect("high", {f["severity"]["description"] for f in shown}, {"High"})
    counts = macie.get_finding_statistics(groupBy="severity.description")["countsByGroup"]
    aws.expect("counts", sum(c["count"] for c in counts), 10)
    what = {"bucketDefinitions": [{"accountId": aws.management, "buckets": ["logs"]}]}
    job = macie.create_classification_job(name="scan", jobType="ONE_TIME", s3JobDefinition=what, clientToken="t", tags={"a": "b"})
    aws.expect("running", macie.describe_classification_job(jobId=job["jobId"])["jobStatus"], "RUNNING")
    macie.update_classification_job(jobId=job["jobId"], jobStatus="USER_PAUSED")
    macie.update_classification_job(jobId=job["jobId"], jobStatus="RUNNING")
    aws.advance(minutes=15)
    aws.expect("complete", macie.list_classification_jobs()["items"][0]["jobStatus"], "COMPLETE")
    aws.refused("ConflictException", macie.update_classification_job, jobId=job["jobId"], jobStatus="RUNNING")
    macie.tag_resource(resourceArn=job["jobArn"], tags={"c": "d"})
    macie.untag_resource(resourceArn=job["jobArn"], tagKeys=["c"])
    aws.expect("tags", macie.list_tags_for_resource(resourceArn=job["jobArn"])["tags"], {"a": "b"})
    macie.describe_buckets()
    macie.disable_macie()
