"""Synthetics: a canary that is made, runs on its schedule, fails nobody, and goes."""


def check(aws):
    synthetics = aws.client("synthetics")
    versions = synthetics.describe_runtime_versions()["RuntimeVersions"]
    canary = {
        "Name": "walk",
        "Code": {"S3Bucket": "code", "S3Key": "canary.zip", "Handler": "check.handler"},
        "ArtifactS3Location": "s3://results",
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/canary",
        "Schedule": {"Expression": "rate(5 minutes)"},
        "RuntimeVersion": versions[0]["VersionName"],
    }
    made = synthetics.create_canary(**canary, Tags={"Team": "walk"})["Canary"]
    aws.expect("a canary is being made", made["Status"]["State"], "CREATING")
    aws.advance(minutes=1)
    synthetics.start_canary(Name="walk")
    aws.advance(minutes=12)
    aws.expect("it runs", synthetics.get_canary(Name="walk")["Canary"]["Status"]["State"], "RUNNING")
    runs = synthetics.get_canary_runs(Name="walk")["CanaryRuns"]
    aws.expect("it ran", [run["Status"]["State"] for run in runs], ["PASSED"] * 3)
    last = synthetics.describe_canaries_last_run(Names=["walk"])["CanariesLastRun"]
    aws.expect("the last run", last[0]["LastRun"]["Id"], runs[0]["Id"])
    synthetics.update_canary(Name="walk", SuccessRetentionPeriodInDays=7)
    aws.advance(minutes=1)
    aws.refused("ConflictException", lambda: synthetics.delete_canary(Name="walk"))
    synthetics.stop_canary(Name="walk")
    aws.advance(minutes=1)
    listed = synthetics.describe_canaries(Names=["walk"])["Canaries"][0]
    aws.expect("it stopped", (listed["Status"]["State"], listed["SuccessRetentionPeriodInDays"]), ("STOPPED", 7))
    arn = f"arn:aws:synthetics:{aws.region}:{aws.management}:canary:walk"
    synthetics.tag_resource(ResourceArn=arn, Tags={"More": "1"})
    synthetics.untag_resource(ResourceArn=arn, TagKeys=["More"])
    aws.expect("tags", synthetics.list_tags_for_resource(ResourceArn=arn)["Tags"], {"Team": "walk"})
    synthetics.delete_canary(Name="walk")
    aws.advance(minutes=1)
    aws.refused("ResourceNotFoundException", lambda: synthetics.get_canary(Name="walk"))
