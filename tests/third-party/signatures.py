"""What others sign, as tables that Reeve's tests compare with: they need no Python then.

Writes to crates/aws/tests/data:

  botocore-signatures.json   the headers that botocore adds to a number of requests
  botocore-urls.json         the URLs that botocore presigns
  signing-suite.json         AWS's own signing test suite, if its folder is given

The suite is the folder `tests/aws-signing-test-suite` of github.com/awslabs/aws-c-auth (Apache-2.0), which is also in the
source package of the crate aws-sigv4.

Usage: signatures.py [SUITE_FOLDER]
"""

import copy
import datetime
import json
import pathlib
import sys
import urllib.parse

import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

TARGET = pathlib.Path(__file__).parents[2] / "crates/aws/tests/data"
NOW = datetime.datetime(2026, 3, 1, 9, 0, 0)
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdzEPT//////////wEa+token/with=signs=="

# Name, method, URL as it is sent, headers, body.
REQUESTS = [
    ("plain", "GET", "https://ec2.eu-central-1.amazonaws.com/", [], ""),
    ("form", "POST", "https://sts.amazonaws.com/",
     [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")], "Action=GetCallerIdentity&Version=2011-06-15"),
    ("json", "POST", "https://dynamodb.eu-west-1.amazonaws.com/",
     [("X-Amz-Target", "DynamoDB_20120810.ListTables"), ("Content-Type", "application/x-amz-json-1.0")], "{}"),
    ("a space in the path", "GET", "https://h.amazonaws.com/a%20b/c", [], ""),
    ("a slash within a segment", "GET", "https://h.amazonaws.com/functions/arn%3Aaws%3Alambda%2Ff/x", [], ""),
    ("double slashes", "GET", "https://h.amazonaws.com/a//b///c", [], ""),
    ("dots", "GET", "https://h.amazonaws.com/a/./b/../c", [], ""),
    ("a slash at the end", "GET", "https://h.amazonaws.com/a/b/", [], ""),
    ("unicode in the path", "PUT", "https://h.amazonaws.com/%E2%82%AC/%C3%A4%20%F0%9F%90%B8", [], "euro"),
    ("signs in the path", "GET", "https://h.amazonaws.com/a-b_c.d~e%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40", [], ""),
    ("a percent sign in the path", "GET", "https://h.amazonaws.com/100%25/x", [], ""),
    ("a query out of order", "GET", "https://h.amazonaws.com/?b=2&a=2&a=1&B=3&aa=0", [], ""),
    ("empty query values", "GET", "https://h.amazonaws.com/?acl=&uploads=&a=1", [], ""),
    ("a query without values", "GET", "https://h.amazonaws.com/b?acl", [], ""),
    ("signs in the query", "GET", "https://h.amazonaws.com/?k%20y=v%2Fw%2B%3D%26~-_.&%C3%A4=%E2%82%AC", [], ""),
    ("the same name with one letter more", "GET", "https://h.amazonaws.com/?x-1=1&x=2&x%2F=3&x.=4", [], ""),
    ("a port", "GET", "http://localhost:4566/b/k", [], ""),
    ("the usual port", "GET", "https://h.amazonaws.com:443/", [], ""),
    ("repeated headers", "GET", "https://h.amazonaws.com/", [("X-Amz-Meta-A", "2"), ("X-Amz-Meta-A", "1")], ""),
    ("spaces in headers", "GET", "https://h.amazonaws.com/", [("X-Amz-Meta-A", "  a   b  c ")], ""),
    ("an empty header", "GET", "https://h.amazonaws.com/", [("X-Amz-Meta-A", "")], ""),
    ("headers that are not signed", "GET", "https://h.amazonaws.com/", [("User-Agent", "reeve"), ("X-Amzn-Trace-Id", "Root=1")], ""),
    ("a body of bytes", "PUT", "https://h.amazonaws.com/b/k", [("Content-Type", "application/octet-stream")], "\u00e4\u0000\n"),
]

# Kind, service, Region, with token.
SIGNERS = [("v4", "service", "eu-central-1", False), ("v4", "service", "us-east-1", True),
           ("s3v4", "s3", "eu-central-1", False), ("s3v4", "s3", "us-east-1", True)]

# Service, operation, Region, input, valid for so many seconds.
URLS = [
    ("s3", "GetObject", "eu-central-1", {"Bucket": "carts", "Key": "a b/c+d/\u00e4.txt"}, 3600),
    ("s3", "GetObject", "us-east-1", {"Bucket": "carts", "Key": "k", "VersionId": "v/1",
                                      "ResponseContentDisposition": "attachment; filename=\"x y\""}, 604800),
    ("s3", "GetObject", "eu-west-1", {"Bucket": "with.dots", "Key": "//double//slashes/"}, 60),
    ("s3", "PutObject", "eu-central-1", {"Bucket": "carts", "Key": "new"}, 1),
    ("s3", "PutObject", "eu-central-1", {"Bucket": "carts", "Key": "new", "ContentType": "text/plain", "ServerSideEncryption": "aws:kms",
                                         "Metadata": {"owner": "ana b"}, "ContentLength": 5}, 900),
    ("s3", "HeadObject", "ap-southeast-2", {"Bucket": "carts", "Key": "k", "PartNumber": 2}, 900),
    ("s3", "DeleteObject", "eu-central-1", {"Bucket": "carts", "Key": "k"}, 900),
    ("s3", "ListObjectsV2", "eu-central-1", {"Bucket": "carts", "Prefix": "a/b c", "Delimiter": "/", "EncodingType": "url"}, 900),
    ("s3", "ListBuckets", "eu-central-1", {}, 900),
    ("s3", "UploadPart", "eu-central-1", {"Bucket": "carts", "Key": "big", "UploadId": "u+1/=", "PartNumber": 1}, 900),
    ("sts", "GetCallerIdentity", "us-east-1", {}, 60),
    ("sts", "GetCallerIdentity", "eu-west-1", {}, 900),
    ("sts", "AssumeRole", "eu-west-1", {"RoleArn": "arn:aws:iam::111122223333:role/a b", "RoleSessionName": "ana@example.com",
                                        "Tags": [{"Key": "Team", "Value": "web & shop"}]}, 900),
    ("ec2", "DescribeInstances", "eu-central-1", {"Filters": [{"Name": "tag:Name", "Values": ["a b", "*"]}], "MaxResults": 5}, 900),
    ("lambda", "ListFunctions", "eu-central-1", {"MaxItems": 5, "Marker": "a/b"}, 900),
    ("lambda", "GetFunction", "eu-central-1", {"FunctionName": "arn:aws:lambda:eu-central-1:111122223333:function:f"}, 900),
    ("apigateway", "GetRestApis", "eu-central-1", {"limit": 5}, 900),
]


def credentials(with_token):
    return Credentials(KEY, SECRET, TOKEN if with_token else None)


def signed(request, signer):
    (name, method, url, headers, body), (kind, service, region, with_token) = request, signer
    auth_class = {"v4": botocore.auth.SigV4Auth, "s3v4": botocore.auth.S3SigV4Auth}[kind]
    aws_request = AWSRequest(method=method, url=url, data=body.encode())
    for header, value in headers:
        aws_request.headers.add_header(header, value)
    # S3 bodies are signed over HTTPS too, as Reeve does.
    aws_request.context["payload_signing_enabled"] = True
    auth_class(credentials(with_token), service, region).add_auth(aws_request)
    added = {key.lower(): value for key, value in aws_request.headers.items()
             if key.lower() in ("authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token")}
    return {"name": name, "method": method, "url": url, "headers": headers, "body": body, "kind": kind, "service": service,
            "region": region, "token": TOKEN if with_token else None, "added": added}


def presigned(row, with_token):
    service, operation, region, parameters, expires = row
    session = botocore.session.Session()
    config = Config(signature_version="s3v4" if service == "s3" else None, s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"})
    client = session.create_client(service, region_name=region, aws_access_key_id=KEY, aws_secret_access_key=SECRET,
                                   aws_session_token=TOKEN if with_token else None, config=config)
    protocol = client.meta.service_model.protocol
    method = {method: name for name, method in ((botocore.xform_name(o), o) for o in client.meta.service_model.operation_names)}
    http_method = "GET" if protocol in ("query", "ec2") else None
    url = client.generate_presigned_url(method[operation], copy.deepcopy(parameters), expires, http_method)
    sent = http_method or client.meta.service_model.operation_model(operation).http["method"]
    return {"service": service, "operation": operation, "region": region, "input": parameters, "expires": expires,
            "token": TOKEN if with_token else None, "method": sent, "url": url}


def suite(folder):
    cases = []
    for case in sorted((folder / "v4a").iterdir()):
        context = json.loads((case / "context.json").read_text())
        # Services either normalise and encode twice, or neither; and none leaves out the session's token.
        if not context["normalize"] or context.get("omit_session_token"):
            continue
        head, _, body = (case / "request.txt").read_text().partition("\n\n")
        first, *lines = head.split("\n")
        method, _, rest = first.partition(" ")
        path = urllib.parse.quote(rest.rpartition(" ")[0], safe="/?=&%-._~!$'()*+,;:@")
        if "%" in path.partition("?")[0]:
            # The suite signs paths encoded once, normalised. Services want them encoded twice then: see botocore's table.
            continue
        headers = []
        for line in lines:
            if line.startswith(" "):
                headers[-1][1] += line
            elif line:
                headers.append(line.split(":", 1))
        entry = {"name": case.name, "method": method, "path": path, "headers": headers, "body": body,
                 "token": context["credentials"].get("token"), "sign_body": context["sign_body"],
                 "expires": context["expiration_in_seconds"]}
        for version in ("v4", "v4a"):
            files = folder / version / case.name
            entry[version] = {
                part: (files / f"{part}.txt").read_text().strip()
                for part in ("header-string-to-sign", "query-string-to-sign")
            }
        for part in ("header-signature", "query-signature"):
            # Those with an elliptic curve key differ each time they are made.
            entry["v4"][part] = (folder / "v4" / case.name / f"{part}.txt").read_text().strip()
        cases.append(entry)
    public = json.loads((folder / "v4a/get-vanilla/public-key.json").read_text())
    return {"source": "github.com/awslabs/aws-c-auth, tests/aws-signing-test-suite, Apache-2.0", "key": KEY, "secret": SECRET,
            "time": "2015-08-30T12:36:00Z", "region": "us-east-1", "service": "service",
            "public_key": [public["X"], public["Y"]], "cases": cases}


def write(name, value):
    path = TARGET / name
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    print(path)


def main():
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: NOW
    source = f"botocore {botocore.__version__}"
    about = {"source": source, "key": KEY, "secret": SECRET, "time": NOW.isoformat() + "Z"}
    rows = [signed(request, signer) for request in REQUESTS for signer in SIGNERS]
    write("botocore-signatures.json", about | {"requests": rows})
    rows = [presigned(row, with_token) for row in URLS for with_token in (False, True)]
    write("botocore-urls.json", about | {"urls": rows})
    if len(sys.argv) > 1:
        write("signing-suite.json", suite(pathlib.Path(sys.argv[1])))


main()
