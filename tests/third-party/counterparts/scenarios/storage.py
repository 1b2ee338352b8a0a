"""S3: buckets and what is set on them, objects and their versions."""

from recording import policy


def buckets(aws):
    aws.s3.create_bucket(Bucket="harbour-orders")
    aws.s3.create_bucket(Bucket="harbour-orders")
    aws.s3.create_bucket(Bucket="Not_A_Name")
    aws.s3.create_bucket(Bucket="ab")
    aws.s3.create_bucket(Bucket="harbour-elsewhere", CreateBucketConfiguration={"LocationConstraint": "nowhere-1"})
    aws.s3.create_bucket(Bucket="harbour-europe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws.s3.list_buckets()
    aws.s3.head_bucket(Bucket="harbour-orders")
    aws.s3.head_bucket(Bucket="harbour-nobody")
    aws.s3.get_bucket_location(Bucket="harbour-orders")
    aws.s3.get_bucket_location(Bucket="harbour-europe")
    aws.s3.get_bucket_location(Bucket="harbour-nobody")
    aws.s3.get_bucket_tagging(Bucket="harbour-orders")
    aws.s3.put_bucket_tagging(Bucket="harbour-orders", Tagging={"TagSet": [{"Key": "team", "Value": "web"}]})
    aws.s3.put_bucket_tagging(
        Bucket="harbour-orders", Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]})
    aws.s3.put_bucket_tagging(Bucket="harbour-orders", Tagging={"TagSet": [{"Key": "aws:a", "Value": "1"}]})
    aws.s3.get_bucket_tagging(Bucket="harbour-orders")
    aws.s3.get_bucket_tagging(Bucket="harbour-nobody")
    aws.s3.delete_bucket_tagging(Bucket="harbour-orders")
    aws.s3.get_bucket_tagging(Bucket="harbour-orders")
    aws.s3.put_object(Bucket="harbour-orders", Key="a", Body=b"a")
    aws.s3.delete_bucket(Bucket="harbour-orders")
    aws.s3.delete_object(Bucket="harbour-orders", Key="a")
    aws.s3.delete_bucket(Bucket="harbour-orders")
    aws.s3.delete_bucket(Bucket="harbour-orders")


def settings(aws):
    bucket = {"Bucket": "harbour-orders"}
    aws.s3.create_bucket(**bucket)
    aws.s3.get_bucket_encryption(**bucket)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    aws.s3.put_bucket_encryption(ServerSideEncryptionConfiguration={"Rules": [rule]}, **bucket)
    aws.s3.get_bucket_encryption(**bucket)
    aws.s3.delete_bucket_encryption(**bucket)
    aws.s3.get_bucket_versioning(**bucket)
    aws.s3.put_bucket_versioning(VersioningConfiguration={"Status": "On"}, **bucket)
    aws.s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"}, **bucket)
    aws.s3.get_bucket_versioning(**bucket)
    aws.s3.get_bucket_policy(**bucket)
    aws.s3.get_bucket_policy_status(**bucket)
    aws.s3.put_bucket_policy(Policy="{", **bucket)
    aws.s3.put_bucket_policy(Policy=policy({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::harbour-orders/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}), **bucket)
    aws.s3.get_bucket_policy(**bucket)
    aws.s3.delete_bucket_policy(**bucket)
    aws.s3.get_bucket_policy(**bucket)
    aws.s3.get_public_access_block(**bucket)
    aws.s3.delete_public_access_block(**bucket)
    aws.s3.get_public_access_block(**bucket)
    blocked = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    aws.s3.put_public_access_block(PublicAccessBlockConfiguration=blocked, **bucket)
    aws.s3.get_public_access_block(**bucket)
    aws.s3.get_bucket_lifecycle_configuration(**bucket)
    old = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
    aws.s3.put_bucket_lifecycle_configuration(LifecycleConfiguration={"Rules": [{**old, "Status": "On"}]}, **bucket)
    aws.s3.put_bucket_lifecycle_configuration(LifecycleConfiguration={"Rules": [old]}, **bucket)
    aws.s3.get_bucket_lifecycle_configuration(**bucket)
    aws.s3.delete_bucket_lifecycle(**bucket)
    aws.s3.get_bucket_lifecycle_configuration(**bucket)
    aws.s3.get_bucket_cors(**bucket)
    aws.s3.put_bucket_cors(CORSConfiguration={"CORSRules": [{"AllowedMethods": ["LOOK"], "AllowedOrigins": ["*"]}]}, **bucket)
    aws.s3.put_bucket_cors(CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}, **bucket)
    aws.s3.get_bucket_cors(**bucket)
    aws.s3.get_bucket_website(**bucket)
    aws.s3.get_bucket_logging(**bucket)
    aws.s3.get_bucket_replication(**bucket)
    aws.s3.get_bucket_notification_configuration(**bucket)
    aws.s3.get_bucket_accelerate_configuration(**bucket)
    aws.s3.get_bucket_ownership_controls(**bucket)
    aws.s3.get_object_lock_configuration(**bucket)
    aws.s3.get_bucket_request_payment(**bucket)
    aws.s3.get_bucket_encryption(Bucket="harbour-nobody")
    aws.s3.get_public_access_block(Bucket="harbour-nobody")
    aws.s3.get_bucket_versioning(Bucket="harbour-nobody")


def objects(aws):
    bucket = {"Bucket": "harbour-orders"}
    aws.s3.create_bucket(**bucket)
    aws.s3.put_object(Key="a/1", Body=b"first", ContentType="text/plain", Metadata={"kind": "order"}, Tagging="x=1", **bucket)
    aws.s3.put_object(Bucket="harbour-nobody", Key="a", Body=b"")
    aws.s3.put_object(Key="a/2", Body=b"second", **bucket)
    aws.s3.put_object(Key="b", Body=b"", **bucket)
    aws.s3.get_object(Key="a/1", **bucket)
    aws.s3.get_object(Key="a/1", Range="bytes=1-3", **bucket)
    aws.s3.get_object(Key="a/1", Range="bytes=90-99", **bucket)
    aws.s3.get_object(Key="nobody", **bucket)
    aws.s3.get_object(Key="a", Bucket="harbour-nobody")
    etag = aws.s3.head_object(Key="a/1", **bucket)["ETag"]
    aws.s3.head_object(Key="nobody", **bucket)
    aws.s3.get_object(Key="a/1", IfNoneMatch=etag, **bucket)
    aws.s3.get_object(Key="a/1", IfMatch='"other"', **bucket)
    aws.s3.put_object(Key="a/1", Body=b"again", IfNoneMatch="*", **bucket)
    aws.s3.list_objects_v2(**bucket)
    aws.s3.list_objects_v2(Prefix="a/", **bucket)
    aws.s3.list_objects_v2(Delimiter="/", **bucket)
    more = aws.s3.list_objects_v2(MaxKeys=1, **bucket)["NextContinuationToken"]
    aws.s3.list_objects_v2(MaxKeys=5, ContinuationToken=more, **bucket)
    aws.s3.list_objects_v2(StartAfter="a/1", **bucket)
    aws.s3.list_objects(MaxKeys=1, Delimiter="/", **bucket)
    aws.s3.list_objects_v2(Bucket="harbour-nobody")
    aws.s3.get_object_tagging(Key="a/1", **bucket)
    aws.s3.put_object_tagging(Key="a/1", Tagging={"TagSet": [{"Key": "y", "Value": "2"}]}, **bucket)
    aws.s3.put_object_tagging(Key="nobody", Tagging={"TagSet": [{"Key": "y", "Value": "2"}]}, **bucket)
    aws.s3.put_object_tagging(Key="a/1", Tagging={"TagSet": [{"Key": f"k{n}", "Value": ""} for n in range(11)]}, **bucket)
    aws.s3.get_object_tagging(Key="a/1", **bucket)
    aws.s3.delete_object_tagging(Key="a/1", **bucket)
    aws.s3.copy_object(Key="c", CopySource="harbour-orders/a/1", **bucket)
    aws.s3.copy_object(Key="a/1", CopySource="harbour-orders/a/1", **bucket)
    aws.s3.copy_object(Key="c", CopySource="harbour-orders/nobody", **bucket)
    aws.s3.head_object(Key="c", **bucket)
    aws.s3.delete_object(Key="nobody", **bucket)
    aws.s3.delete_objects(Delete={"Objects": [{"Key": "a/1"}, {"Key": "nobody"}]}, **bucket)
    aws.s3.delete_objects(Delete={"Objects": [{"Key": "a/2"}], "Quiet": True}, **bucket)
    aws.s3.list_objects_v2(**bucket)


def versions(aws):
    bucket = {"Bucket": "harbour-orders"}
    aws.s3.create_bucket(**bucket)
    aws.s3.put_object(Key="a", Body=b"before", **bucket)
    aws.s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"}, **bucket)
    first = aws.s3.put_object(Key="a", Body=b"one", **bucket)["VersionId"]
    aws.s3.put_object(Key="a", Body=b"two", **bucket)
    aws.s3.get_object(Key="a", VersionId=first, **bucket)
    aws.s3.get_object(Key="a", VersionId="null", **bucket)
    aws.s3.get_object(Key="a", VersionId="nonsense", **bucket)
    marker = aws.s3.delete_object(Key="a", **bucket)["VersionId"]
    aws.s3.get_object(Key="a", **bucket)
    aws.s3.head_object(Key="a", **bucket)
    aws.s3.get_object(Key="a", VersionId=marker, **bucket)
    aws.s3.list_object_versions(**bucket)
    aws.s3.list_objects_v2(**bucket)
    aws.s3.delete_object(Key="a", VersionId=marker, **bucket)
    aws.s3.get_object(Key="a", **bucket)
    aws.s3.delete_bucket(**bucket)
    aws.s3.delete_object(Key="a", VersionId=first, **bucket)
    aws.s3.get_object(Key="a", VersionId=first, **bucket)
    aws.s3.put_bucket_versioning(VersioningConfiguration={"Status": "Suspended"}, **bucket)
    aws.s3.put_object(Key="a", Body=b"three", **bucket)
    aws.s3.list_object_versions(Prefix="a", **bucket)


def parts(aws):
    bucket = {"Bucket": "harbour-orders"}
    aws.s3.create_bucket(**bucket)
    aws.s3.create_multipart_upload(Bucket="harbour-nobody", Key="big")
    upload = aws.s3.create_multipart_upload(Key="big", **bucket)["UploadId"]
    big = {"Key": "big", "UploadId": upload, **bucket}
    one = aws.s3.upload_part(PartNumber=1, Body=b"x" * 5_242_880, **big)["ETag"]
    two = aws.s3.upload_part(PartNumber=2, Body=b"y", **big)["ETag"]
    aws.s3.upload_part(PartNumber=10_001, Body=b"y", **big)
    aws.s3.upload_part(Key="big", UploadId="nonsense", PartNumber=1, Body=b"y", **bucket)
    aws.s3.list_parts(**big)
    aws.s3.list_multipart_uploads(**bucket)
    done = lambda *tags: {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in tags]}
    aws.s3.complete_multipart_upload(MultipartUpload=done((1, '"wrong"')), **big)
    aws.s3.complete_multipart_upload(MultipartUpload=done((2, two), (1, one)), **big)
    aws.s3.complete_multipart_upload(MultipartUpload=done((1, one), (2, two)), **big)
    aws.s3.head_object(Key="big", **bucket)
    aws.s3.list_parts(**big)
    upload = aws.s3.create_multipart_upload(Key="small", **bucket)["UploadId"]
    small = {"Key": "small", "UploadId": upload, **bucket}
    one = aws.s3.upload_part(PartNumber=1, Body=b"x", **small)["ETag"]
    two = aws.s3.upload_part(PartNumber=2, Body=b"y", **small)["ETag"]
    aws.s3.complete_multipart_upload(MultipartUpload=done((1, one), (2, two)), **small)
    aws.s3.abort_multipart_upload(**small)
    aws.s3.abort_multipart_upload(**small)
