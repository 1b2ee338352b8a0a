"""Amazon S3: buckets, their configurations, objects with versions and locks, uploads in parts, lifecycle, notifications."""

import json
import urllib.request

NOTHING_YET = {
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_policy_status": "NoSuchBucketPolicy",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_tagging": "NoSuchTagSet",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
}


def check(aws):
    s3 = aws.client("s3")
    place = {"LocationConstraint": aws.region}
    s3.create_bucket(Bucket="walk", CreateBucketConfiguration=place)
    check_buckets(aws, s3, place)
    check_configurations(aws, s3)
    check_listed_configurations(aws, s3)
    check_objects(aws, s3)
    check_versions(aws, s3)
    check_listings(aws, s3)
    check_parts(aws, s3)
    check_locks(aws, s3, place)
    check_lifecycle(aws, s3, place)
    check_cli(aws)


def check_buckets(aws, s3, place):
    aws.refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket="walk", CreateBucketConfiguration=place)
    aws.refused("InvalidBucketName", s3.create_bucket, Bucket="192.168.5.4", CreateBucketConfiguration=place)
    aws.refused("IllegalLocationConstraintException", s3.create_bucket, Bucket="elsewhere")
    stranger = aws.client("s3", aws.production)
    aws.refused("BucketAlreadyExists", stranger.create_bucket, Bucket="walk", CreateBucketConfiguration=place)
    aws.expect("listed", "walk" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]])
    aws.expect("head", s3.head_bucket(Bucket="walk")["BucketRegion"], aws.region)
    aws.expect("location", s3.get_bucket_location(Bucket="walk")["LocationConstraint"], aws.region)
    aws.refused("404", s3.head_bucket, Bucket="no-such-bucket-here")
    aws.expect("owner", s3.get_bucket_acl(Bucket="walk")["Grants"][0]["Permission"], "FULL_CONTROL")
    aws.refused("AccessControlListNotSupported", s3.put_bucket_acl, Bucket="walk", ACL="public-read")
    s3.put_bucket_acl(Bucket="walk", ACL="private")


def check_configurations(aws, s3):
    bucket = {"Bucket": "walk"}
    for get, code in NOTHING_YET.items():
        aws.refused(code, getattr(s3, get), **bucket)
    s3.put_bucket_tagging(Tagging={"TagSet": [{"Key": "team", "Value": "web"}]}, **bucket)
    aws.expect("tags", s3.get_bucket_tagging(**bucket)["TagSet"], [{"Key": "team", "Value": "web"}])
    s3.delete_bucket_tagging(**bucket)
    rules = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    aws.expect("encrypted", rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    s3.put_bucket_encryption(ServerSideEncryptionConfiguration=encryption, **bucket)
    s3.delete_bucket_encryption(**bucket)
    block = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    aws.expect("blocked", all(block.values()))
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                                                       "Resource": "arn:aws:s3:::walk/*"}]}
    aws.refused("AccessDenied", s3.put_bucket_policy, Policy=json.dumps(policy), **bucket)
    s3.put_public_access_block(PublicAccessBlockConfiguration={**block, "BlockPublicPolicy": False}, **bucket)
    s3.put_bucket_policy(Policy=json.dumps(policy), **bucket)
    aws.expect("policy", json.loads(s3.get_bucket_policy(**bucket)["Policy"]), policy)
    aws.expect("public", s3.get_bucket_policy_status(**bucket)["PolicyStatus"]["IsPublic"])
    s3.delete_bucket_policy(**bucket)
    aws.refused("MalformedPolicy", s3.put_bucket_policy, Policy="{}", **bucket)
    s3.delete_public_access_block(**bucket)
    aws.refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, **bucket)
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    s3.put_bucket_cors(CORSConfiguration=cors, **bucket)
    aws.expect("cors", s3.get_bucket_cors(**bucket)["CORSRules"], cors["CORSRules"])
    s3.delete_bucket_cors(**bucket)
    s3.put_bucket_website(WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}, **bucket)
    aws.expect("website", s3.get_bucket_website(**bucket)["IndexDocument"]["Suffix"], "index.html")
    s3.delete_bucket_website(**bucket)
    s3.put_bucket_logging(BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "walk", "TargetPrefix": "log/"}}, **bucket)
    aws.expect("logging", s3.get_bucket_logging(**bucket)["LoggingEnabled"]["TargetPrefix"], "log/")
    s3.put_bucket_logging(BucketLoggingStatus={}, **bucket)
    aws.expect("logging ended", "LoggingEnabled" in s3.get_bucket_logging(**bucket), False)
    check_further_configurations(aws, s3, bucket)


def check_further_configurations(aws, s3, bucket):
    aws.expect("payer", s3.get_bucket_request_payment(**bucket)["Payer"], "BucketOwner")
    s3.put_bucket_request_payment(RequestPaymentConfiguration={"Payer": "Requester"}, **bucket)
    s3.put_bucket_accelerate_configuration(AccelerateConfiguration={"Status": "Enabled"}, **bucket)
    aws.expect("accelerated", s3.get_bucket_accelerate_configuration(**bucket)["Status"], "Enabled")
    controls = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]
    aws.expect("owner", controls["Rules"][0]["ObjectOwnership"], "BucketOwnerEnforced")
    s3.delete_bucket_ownership_controls(**bucket)
    aws.refused("OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls, **bucket)
    s3.put_bucket_ownership_controls(OwnershipControls=controls, **bucket)
    wanted = {"EventBridgeConfiguration": {}, "QueueConfigurations": [
        {"QueueArn": f"arn:aws:sqs:{aws.region}:{aws.management}:walk", "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(NotificationConfiguration=wanted, **bucket)
    found = s3.get_bucket_notification_configuration(**bucket)
    aws.expect("notified", found["QueueConfigurations"][0]["Events"], ["s3:ObjectCreated:*"])
    aws.expect("an id was made", len(found["QueueConfigurations"][0]["Id"]) > 0)
    s3.put_bucket_notification_configuration(NotificationConfiguration={}, **bucket)
    aws.expect("unversioned", "Status" in s3.get_bucket_versioning(**bucket), False)
    replication = {"Role": f"arn:aws:iam::{aws.management}:role/r", "Rules": [
        {"Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""}, "DeleteMarkerReplication": {"Status": "Disabled"},
         "Destination": {"Bucket": "arn:aws:s3:::walk"}}]}
    aws.refused("InvalidRequest", s3.put_bucket_replication, ReplicationConfiguration=replication, **bucket)
    s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"}, **bucket)
    aws.expect("versioned", s3.get_bucket_versioning(**bucket)["Status"], "Enabled")
    s3.put_bucket_replication(ReplicationConfiguration=replication, **bucket)
    found = s3.get_bucket_replication(**bucket)["ReplicationConfiguration"]
    aws.expect("replicated", found["Rules"][0]["Status"], "Enabled")
    s3.delete_bucket_replication(**bucket)


def check_listed_configurations(aws, s3):
    destination = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::walk", "Format": "CSV"}}
    families = {
        "inventory": {"Id": "daily", "IsEnabled": True, "IncludedObjectVersions": "All", "Destination": destination,
                      "Schedule": {"Frequency": "Daily"}},
        "analytics": {"Id": "daily", "StorageClassAnalysis": {}},
        "metrics": {"Id": "daily", "Filter": {"Prefix": "logs/"}},
        "intelligent_tiering": {"Id": "daily", "Status": "Enabled",
                                "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]},
    }
    for family, configuration in families.items():
        member = "".join(word.capitalize() for word in family.split("_")) + "Configuration"
        arguments = {"Bucket": "walk", "Id": "daily"}
        call = lambda verb: getattr(s3, f"{verb}_bucket_{family}_configuration")  # noqa: E731
        aws.refused("NoSuchConfiguration", call("get"), **arguments)
        call("put")(**arguments, **{member: configuration})
        aws.expect(family, call("get")(**arguments)[member], configuration)
        listed = getattr(s3, f"list_bucket_{family}_configurations")(Bucket="walk")
        aws.expect(f"{family} listed", len(listed[f"{member}List"]), 1)
        call("delete")(**arguments)


def check_objects(aws, s3):
    body = b"hello, harbour" * 10
    put = s3.put_object(Bucket="walk", Key="a/b c+d.txt", Body=body, ContentType="text/plain", Metadata={"Ship": "Ada"},
                        Tagging="team=web&note=a%20b")
    found = s3.get_object(Bucket="walk", Key="a/b c+d.txt")
    aws.expect("body", found["Body"].read(), body)
    aws.expect("type", found["ContentType"], "text/plain")
    aws.expect("metadata", found["Metadata"], {"ship": "Ada"})
    aws.expect("etag", found["ETag"], put["ETag"])
    part = s3.get_object(Bucket="walk", Key="a/b c+d.txt", Range="bytes=0-4")
    aws.expect("range", (part["Body"].read(), part["ContentRange"]), (b"hello", f"bytes 0-4/{len(body)}"))
    aws.refused("InvalidRange", s3.get_object, Bucket="walk", Key="a/b c+d.txt", Range="bytes=9999-")
    head = s3.head_object(Bucket="walk", Key="a/b c+d.txt", ChecksumMode="ENABLED")
    aws.expect("head", (head["ContentLength"], "ChecksumCRC32" in head), (len(body), True))
    aws.refused("NoSuchKey", s3.get_object, Bucket="walk", Key="none")
    aws.refused("404", s3.head_object, Bucket="walk", Key="none")
    aws.refused("PreconditionFailed", s3.put_object, Bucket="walk", Key="a/b c+d.txt", Body=b"", IfNoneMatch="*")
    aws.refused("304", s3.get_object, Bucket="walk", Key="a/b c+d.txt", IfNoneMatch=put["ETag"])
    aws.refused("BadDigest", s3.put_object, Bucket="walk", Key="x", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    s3.copy_object(Bucket="walk", Key="copy", CopySource={"Bucket": "walk", "Key": "a/b c+d.txt"})
    copied = s3.get_object(Bucket="walk", Key="copy")
    aws.expect("copied", (copied["Body"].read(), copied["Metadata"]), (body, {"ship": "Ada"}))
    aws.refused("InvalidRequest", s3.copy_object, Bucket="walk", Key="copy", CopySource="walk/copy")
    aws.expect("tags copied", len(s3.get_object_tagging(Bucket="walk", Key="copy")["TagSet"]), 2)
    s3.put_object_tagging(Bucket="walk", Key="copy", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    aws.expect("tagged", s3.get_object_tagging(Bucket="walk", Key="copy")["TagSet"], [{"Key": "a", "Value": "b"}])
    s3.delete_object_tagging(Bucket="walk", Key="copy")
    aws.expect("acl", len(s3.get_object_acl(Bucket="walk", Key="copy")["Grants"]), 1)
    s3.put_object_acl(Bucket="walk", Key="copy", ACL="bucket-owner-full-control")
    attributes = s3.get_object_attributes(Bucket="walk", Key="copy", ObjectAttributes=["ETag", "ObjectSize", "Checksum"])
    aws.expect("attributes", attributes["ObjectSize"], len(body))
    signer = aws.client("s3", signature_version="s3v4")
    url = signer.generate_presigned_url("get_object", Params={"Bucket": "walk", "Key": "copy"})
    with urllib.request.urlopen(url) as response:
        aws.expect("presigned", response.read(), body)


def check_versions(aws, s3):
    first = s3.put_object(Bucket="walk", Key="v", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket="walk", Key="v", Body=b"22")["VersionId"]
    aws.expect("old", s3.get_object(Bucket="walk", Key="v", VersionId=first)["Body"].read(), b"1")
    marker = s3.delete_object(Bucket="walk", Key="v")
    aws.expect("marked", marker["DeleteMarker"])
    aws.refused("NoSuchKey", s3.get_object, Bucket="walk", Key="v")
    aws.refused("MethodNotAllowed", s3.get_object, Bucket="walk", Key="v", VersionId=marker["VersionId"])
    listed = s3.list_object_versions(Bucket="walk", Prefix="v")
    aws.expect("versions", [version["VersionId"] for version in listed["Versions"]], [second, first])
    aws.expect("markers", [version["IsLatest"] for version in listed["DeleteMarkers"]], [True])
    pages = s3.get_paginator("list_object_versions").paginate(Bucket="walk", Prefix="v", PaginationConfig={"PageSize": 1})
    found = [version["VersionId"] for page in pages for version in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    aws.expect("one by one", found, [marker["VersionId"], second, first])
    s3.delete_object(Bucket="walk", Key="v", VersionId=marker["VersionId"])
    aws.expect("undeleted", s3.get_object(Bucket="walk", Key="v")["Body"].read(), b"22")
    s3.delete_objects(Bucket="walk", Delete={"Objects": [{"Key": "v", "VersionId": first}, {"Key": "v", "VersionId": second}]})
    aws.expect("gone", "Versions" in s3.list_object_versions(Bucket="walk", Prefix="v"), False)
    aws.refused("BucketNotEmpty", s3.delete_bucket, Bucket="walk")


def check_listings(aws, s3):
    for at in range(7):
        s3.put_object(Bucket="walk", Key=f"logs/{at % 3}/{at}", Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="walk", Prefix="logs/", PaginationConfig={"PageSize": 2})
    keys = [entry["Key"] for page in pages for entry in page["Contents"]]
    aws.expect("keys", keys, sorted(f"logs/{at % 3}/{at}" for at in range(7)))
    folders = s3.list_objects_v2(Bucket="walk", Prefix="logs/", Delimiter="/")
    aws.expect("folders", [entry["Prefix"] for entry in folders["CommonPrefixes"]], ["logs/0/", "logs/1/", "logs/2/"])
    old = s3.list_objects(Bucket="walk", Prefix="logs/", Delimiter="/", MaxKeys=2)
    aws.expect("old listing", (old["IsTruncated"], old["NextMarker"]), (True, "logs/1/"))
    plus = s3.list_objects_v2(Bucket="walk", Prefix="a/")["Contents"][0]["Key"]
    aws.expect("encoded and back", plus, "a/b c+d.txt")
    aws.refused("InvalidArgument", s3.list_objects_v2, Bucket="walk", ContinuationToken="nonsense")


def check_parts(aws, s3):
    upload = s3.create_multipart_upload(Bucket="walk", Key="big")["UploadId"]
    uploads = s3.list_multipart_uploads(Bucket="walk")["Uploads"]
    aws.expect("uploads", [entry["UploadId"] for entry in uploads], [upload])
    chunk = b"0" * (5 * 1024 * 1024)
    parts = []
    for number, body in [(1, chunk), (2, b"end")]:
        etag = s3.upload_part(Bucket="walk", Key="big", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    s3.upload_part_copy(Bucket="walk", Key="big", UploadId=upload, PartNumber=3, CopySource="walk/copy",
                        CopySourceRange="bytes=0-4")
    aws.expect("parts", len(s3.list_parts(Bucket="walk", Key="big", UploadId=upload)["Parts"]), 3)
    complete = {"Bucket": "walk", "Key": "big", "UploadId": upload}
    aws.refused("InvalidPartOrder", s3.complete_multipart_upload, MultipartUpload={"Parts": parts[::-1]}, **complete)
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **complete)
    aws.expect("etag of parts", done["ETag"].endswith('-2"'))
    aws.expect("length", s3.head_object(Bucket="walk", Key="big")["ContentLength"], len(chunk) + 3)
    aws.expect("second part", s3.get_object(Bucket="walk", Key="big", PartNumber=2)["Body"].read(), b"end")
    aws.refused("NoSuchUpload", s3.list_parts, **complete)
    other = s3.create_multipart_upload(Bucket="walk", Key="other")["UploadId"]
    s3.abort_multipart_upload(Bucket="walk", Key="other", UploadId=other)


def check_locks(aws, s3, place):
    s3.create_bucket(Bucket="walk-locked", CreateBucketConfiguration=place, ObjectLockEnabledForBucket=True)
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket="walk-locked", ObjectLockConfiguration=rule)
    aws.expect("rule", s3.get_object_lock_configuration(Bucket="walk-locked")["ObjectLockConfiguration"], rule)
    version = s3.put_object(Bucket="walk-locked", Key="k", Body=b"x")["VersionId"]
    aws.expect("locked", s3.get_object_retention(Bucket="walk-locked", Key="k")["Retention"]["Mode"], "GOVERNANCE")
    named = {"Bucket": "walk-locked", "Key": "k"}
    aws.refused("AccessDenied", s3.delete_object, VersionId=version, **named)
    s3.put_object_legal_hold(LegalHold={"Status": "ON"}, **named)
    aws.expect("held", s3.get_object_legal_hold(**named)["LegalHold"]["Status"], "ON")
    s3.put_object_legal_hold(LegalHold={"Status": "OFF"}, **named)
    until = aws.now().replace(year=aws.now().year + 1)
    s3.put_object_retention(Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until}, **named)
    s3.delete_object(VersionId=version, BypassGovernanceRetention=True, **named)
    s3.delete_bucket(Bucket="walk-locked")


def check_lifecycle(aws, s3, place):
    s3.create_bucket(Bucket="walk-cycle", CreateBucketConfiguration=place)
    rules = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 2}},
        {"Status": "Enabled", "Filter": {"Prefix": "cold/"}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="walk-cycle", LifecycleConfiguration={"Rules": rules})
    found = s3.get_bucket_lifecycle_configuration(Bucket="walk-cycle")["Rules"]
    aws.expect("rules", ([rule["Status"] for rule in found], "ID" in found[1]), (["Enabled"] * 2, True))
    s3.put_object(Bucket="walk-cycle", Key="tmp/a", Body=b"x")
    s3.put_object(Bucket="walk-cycle", Key="cold/a", Body=b"x")
    aws.advance(days=4)
    listed = s3.list_objects_v2(Bucket="walk-cycle")["Contents"]
    aws.expect("aged", [(entry["Key"], entry["StorageClass"]) for entry in listed], [("cold/a", "GLACIER")])
    named = {"Bucket": "walk-cycle", "Key": "cold/a"}
    aws.refused("InvalidObjectState", s3.get_object, **named)
    s3.restore_object(RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}, **named)
    aws.expect("restoring", s3.head_object(**named)["Restore"], 'ongoing-request="true"')
    aws.refused("RestoreAlreadyInProgress", s3.restore_object, RestoreRequest={"Days": 1}, **named)
    aws.advance(minutes=10)
    aws.expect("restored", s3.get_object(**named)["Body"].read(), b"x")
    s3.delete_bucket_lifecycle(Bucket="walk-cycle")
    s3.delete_object(**named)
    s3.delete_bucket(Bucket="walk-cycle")
    aws.refused("NoSuchBucket", s3.list_objects_v2, Bucket="walk-cycle")


def check_cli(aws):
    listed = aws.cli("s3api list-objects-v2 --bucket walk --prefix logs/ --max-items 2")
    if listed is not None:
        aws.expect("cli", len(listed["Contents"]), 2)
