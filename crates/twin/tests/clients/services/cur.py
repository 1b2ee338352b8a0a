"""Cost and Usage Reports: defined, delivered every day, read from S3, and equal to what Cost Explorer says."""

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
    _definitions(aws, cur, report)
    rows = _delivered(aws, s3, cur)
    _contents(aws, rows)
    _end(aws, s3, cur)


def _definitions(aws, cur, report):
    for wrong in ({"S3Bucket": "no-such-bucket"}, {"ReportName": "a b"}, {"Format": "Parquet", "Compression": "Parquet"}, {"TimeUnit": "WEEKLY"}):
        aws.refused("ValidationException", cur.put_report_definition, ReportDefinition={**report, **wrong})
    cur.put_report_definition(ReportDefinition=report, Tags=[{"Key": "Stage", "Value": "prod"}])
    aws.refused("DuplicateReportNameException", cur.put_report_definition, ReportDefinition=report)
    shown = cur.describe_report_definitions()["ReportDefinitions"]
    aws.expect("as defined", [{name: one[name] for name in report} for one in shown], [report])
    cur.modify_report_definition(ReportName="walk", ReportDefinition={**report, "S3Prefix": "bills"})
    aws.expect("modified", cur.describe_report_definitions()["ReportDefinitions"][0]["S3Prefix"], "bills")
    aws.refused("ResourceNotFoundException", cur.modify_report_definition, ReportName="none", ReportDefinition=report)
    cur.tag_resource(ReportName="walk", Tags=[{"Key": "Team", "Value": "finance"}])
    tags = cur.list_tags_for_resource(ReportName="walk")["Tags"]
    aws.expect("tags", {tag["Key"]: tag["Value"] for tag in tags}, {"Stage": "prod", "Team": "finance"})
    cur.untag_resource(ReportName="walk", TagKeys=["Stage"])
    aws.expect("untagged", cur.list_tags_for_resource(ReportName="walk")["Tags"], [{"Key": "Team", "Value": "finance"}])
    aws.refused("ResourceNotFoundException", cur.tag_resource, ReportName="none", Tags=[{"Key": "a", "Value": "b"}])
    for number in range(5):
        cur.put_report_definition(ReportDefinition={**report, "ReportName": f"more-{number}"})
    pages = cur.get_paginator("describe_report_definitions").paginate(PaginationConfig={"PageSize": 5})
    names = [[one["ReportName"] for one in page["ReportDefinitions"]] for page in pages]
    aws.expect("pages", names, [[f"more-{number}" for number in range(5)], ["walk"]])
    for number in range(5):
        cur.delete_report_definition(ReportName=f"more-{number}")


def _delivered(aws, s3, cur):
    aws.expect("nothing yet", "Contents" in s3.list_objects_v2(Bucket="walk-reports"), False)
    aws.advance(days=3)
    status = cur.describe_report_definitions()["ReportDefinitions"][0]["ReportStatus"]
    aws.expect("delivered", status["lastStatus"], "SUCCESS")
    month = aws.now().replace(day=1)
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    folder = f"bills/walk/{month:%Y%m}01-{following:%Y%m}01/"
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="walk-reports", Prefix=folder)["Contents"]]
    manifest = next(key for key in keys if key.endswith("walk-Manifest.json"))
    read = json.loads(s3.get_object(Bucket="walk-reports", Key=manifest)["Body"].read())
    aws.expect("manifest", (read["reportName"], read["account"], read["compression"]), ("walk", aws.management, "GZIP"))
    text = gzip.decompress(s3.get_object(Bucket="walk-reports", Key=read["reportKeys"][0])["Body"].read()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = {f"{one['category']}/{one['name']}" for one in read["columns"]}
    aws.expect("the columns of the manifest", set(rows[0]), columns)
    return rows


def _contents(aws, rows):
    aws.expect("it has lines", len(rows) > 10)
    aws.expect("of what cost", all(float(row["lineItem/UnblendedCost"]) > 0 for row in rows))
    aws.expect("of every account", {row["lineItem/UsageAccountId"] for row in rows} >= {aws.production, aws.staging})
    aws.expect("paid by one", {row["bill/PayerAccountId"] for row in rows}, {aws.management})
    aws.expect("with resources", any(row["lineItem/ResourceId"] for row in rows))
    # A whole day that is over costs the same in the report and in Cost Explorer.
    days = sorted({row["lineItem/UsageStartDate"][:10] for row in rows})
    day, following = days[-3], days[-2]
    reported = sum(float(row["lineItem/UnblendedCost"]) for row in rows if row["lineItem/UsageStartDate"].startswith(day))
    answer = aws.client("ce", region="us-east-1").get_cost_and_usage(
        TimePeriod={"Start": day, "End": following}, Granularity="DAILY", Metrics=["UnblendedCost"])
    explored = float(answer["ResultsByTime"][0]["Total"]["UnblendedCost"]["Amount"])
    aws.expect("as Cost Explorer says", abs(reported - explored) < 0.01, True)


def _end(aws, s3, cur):
    s3.create_bucket(Bucket="doomed-reports")
    report = {name: value for name, value in cur.describe_report_definitions()["ReportDefinitions"][0].items() if name != "ReportStatus"}
    cur.put_report_definition(ReportDefinition={**report, "ReportName": "doomed", "S3Bucket": "doomed-reports"})
    s3.delete_bucket(Bucket="doomed-reports")
    aws.advance(days=2)
    found = {one["ReportName"]: one["ReportStatus"]["lastStatus"] for one in cur.describe_report_definitions()["ReportDefinitions"]}
    aws.expect("where there is no bucket", found, {"doomed": "ERROR_NO_BUCKET", "walk": "SUCCESS"})
    for name in found:
        cur.delete_report_definition(ReportName=name)
    aws.refused("ResourceNotFoundException", cur.delete_report_definition, ReportName="walk")
    aws.expect("none", cur.describe_report_definitions()["ReportDefinitions"], [])
