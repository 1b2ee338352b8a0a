"""Cost and Usage Reports: defined, delivered every day, read from S3."""

import csv
import gzip
import io
import json


def check(aws):
    s3 = aws.client("s3", region="us-east-1")
    cur = aws.client("cur", region="us-east-1")
    s3.create_bucket(Bucket="walk-reports")
    report = {
        "ReportName": "walk", "TimeUnit": "DAILY", "Format": "textORcsv", "Compression": "GZIP",
        "AdditionalSchemaElements": ["RESOURCES"], "S3Bucket": "walk-reports", "S3Prefix": "costs",
        "S3Region": "us-east-1", "ReportVersioning": "OVERWRITE_REPORT",
    }
    cur.put_report_definition(ReportDefinition=report)
    aws.refused("DuplicateReportNameException", lambda: cur.put_report_definition(ReportDefinition=report))
    cur.modify_report_definition(ReportName="walk", ReportDefinition=report)
    cur.tag_resource(ReportName="walk", Tags=[{"Key": "Team", "Value": "finance"}])
    cur.list_tags_for_resource(ReportName="walk")
    cur.untag_resource(ReportName="walk", TagKeys=["Team"])
    aws.advance(days=3)
    described = cur.describe_report_definitions()["ReportDefinitions"][0]
    aws.expect("delivered", described["ReportStatus"]["lastStatus"], "SUCCESS")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="walk-reports")["Contents"]]
    manifest = next(key for key in keys if key.endswith("-Manifest.json"))
    data = json.loads(s3.get_object(Bucket="walk-reports", Key=manifest)["Body"].read())["reportKeys"][0]
    text = gzip.decompress(s3.get_object(Bucket="walk-reports", Key=data)["Body"].read()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    aws.expect("it has lines", len(rows) > 10, True)
    aws.expect("of what cost", all(float(row["lineItem/UnblendedCost"]) > 0 for row in rows), True)
    cur.delete_report_definition(ReportName="walk")
