"""Runbooks and the world that each begins in: a function makes it with boto3 and returns the parameters."""

import making

TAG_VOLUMES = """
schemaVersion: '0.3'
description: Tags the volumes of a size, one after the other, the small ones as such.
parameters:
  Volumes: {type: StringList}
mainSteps:
- name: each
  action: aws:loop
  inputs:
    Iterators: '{{ Volumes }}'
    Steps:
    - name: look
      action: aws:executeAwsApi
      inputs: {Service: ec2, Api: DescribeVolumes, VolumeIds: ['{{ each.CurrentIteratorValue }}']}
      outputs: [{Name: Size, Selector: '$.Volumes[0].Size', Type: Integer}]
    - name: kind
      action: aws:branch
      inputs: {Choices: [{NextStep: small, Variable: '{{ look.Size }}', NumericLesser: 10}], Default: large}
    - name: small
      action: aws:createTags
      nextStep: done
      inputs: {ResourceType: EC2, ResourceIds: ['{{ each.CurrentIteratorValue }}'], Tags: [{Key: kind, Value: small}]}
    - name: large
      action: aws:createTags
      inputs: {ResourceType: EC2, ResourceIds: ['{{ each.CurrentIteratorValue }}'], Tags: [{Key: kind, Value: large}]}
    - {name: done, action: 'aws:sleep', inputs: {Duration: PT1S}}
- name: tagged
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: DescribeVolumes, Filters: [{Name: 'tag:kind', Values: [large]}]}
  outputs: [{Name: Sizes, Selector: '$.Volumes[*].Size', Type: StringList}]
outputs: [tagged.Sizes]
"""

ROTATE = """
schemaVersion: '0.3'
description: Turns the rotation of a key on and verifies it, then keeps its ARN as a parameter.
parameters:
  KeyId: {type: String}
mainSteps:
- name: rotate
  action: aws:executeAwsApi
  inputs: {Service: kms, Api: EnableKeyRotation, KeyId: '{{ KeyId }}'}
- name: verify
  action: aws:assertAwsResourceProperty
  inputs: {Service: kms, Api: GetKeyRotationStatus, KeyId: '{{ KeyId }}', PropertySelector: $.KeyRotationEnabled, DesiredValues: ['True']}
- name: find
  action: aws:executeAwsApi
  inputs: {Service: kms, Api: DescribeKey, KeyId: '{{ KeyId }}'}
  outputs: [{Name: Arn, Selector: $.KeyMetadata.Arn, Type: String}]
- name: keep
  action: aws:executeAwsApi
  inputs: {Service: ssm, Api: PutParameter, Name: /keys/rotated, Type: String, Value: '{{ find.Arn }}'}
- name: again
  action: aws:executeAwsApi
  onFailure: Continue
  inputs: {Service: ssm, Api: PutParameter, Name: /keys/rotated, Type: String, Value: '{{ find.Arn }}'}
- name: read
  action: aws:executeAwsApi
  inputs: {Service: ssm, Api: GetParameter, Name: /keys/rotated}
  outputs: [{Name: Value, Selector: $.Parameter.Value, Type: String}]
outputs: [find.Arn, read.Value]
"""

ENCRYPT_QUEUE = """
schemaVersion: '0.3'
description: Encrypts a queue with a key and waits until it is seen.
parameters:
  Queue: {type: String}
  Key: {type: String}
mainSteps:
- name: find
  action: aws:executeAwsApi
  inputs: {Service: sqs, Api: GetQueueUrl, QueueName: '{{ Queue }}'}
  outputs: [{Name: Url, Selector: $.QueueUrl, Type: String}]
- name: encrypt
  action: aws:executeAwsApi
  inputs: {Service: sqs, Api: SetQueueAttributes, QueueUrl: '{{ find.Url }}', Attributes: {KmsMasterKeyId: '{{ Key }}'}}
- name: wait
  action: aws:waitForAwsResourceProperty
  timeoutSeconds: 60
  inputs: {Service: sqs, Api: GetQueueAttributes, QueueUrl: '{{ find.Url }}', AttributeNames: [KmsMasterKeyId], PropertySelector: $.Attributes.KmsMasterKeyId, DesiredValues: ['{{ Key }}']}
"""

SCRIPT = """
schemaVersion: '0.3'
description: A script of pages, waiters and refusals.
parameters:
  Bucket: {type: String}
  VolumeId: {type: String}
mainSteps:
- name: sweep
  action: aws:executeScript
  timeoutSeconds: 90
  inputs:
    Runtime: python3.11
    Handler: sweep
    InputPayload: {Bucket: '{{ Bucket }}', VolumeId: '{{ VolumeId }}'}
    Script: |
      import boto3
      from botocore.exceptions import ClientError

      def sweep(events, context):
          s3, ec2 = boto3.client('s3'), boto3.client('ec2')
          pages = s3.get_paginator('list_objects_v2').paginate(Bucket=events['Bucket'], PaginationConfig={'PageSize': 2})
          keys = [found['Key'] for page in pages for found in page.get('Contents', [])]
          for key in keys:
              if key.endswith('.tmp'):
                  s3.delete_object(Bucket=events['Bucket'], Key=key)
          snapshot = ec2.create_snapshot(VolumeId=events['VolumeId'], Description='swept')['SnapshotId']
          ec2.get_waiter('snapshot_completed').wait(SnapshotIds=[snapshot], WaiterConfig={'Delay': 1, 'MaxAttempts': 60})
          try:
              ec2.describe_volumes(VolumeIds=['vol-00000000000000000'])
              refused = ''
          except ClientError as error:
              refused = error.response['Error']['Code']
          print('swept', len(keys))
          return {'keys': keys, 'refused': refused, 'snapshot': snapshot}
  outputs:
  - {Name: Keys, Selector: $.Payload.keys, Type: StringList}
  - {Name: Refused, Selector: $.Payload.refused, Type: String}
  - {Name: Snapshot, Selector: $.Payload.snapshot, Type: String}
- name: verify
  action: aws:assertAwsResourceProperty
  inputs:
    Service: ec2
    Api: DescribeSnapshots
    SnapshotIds: ['{{ sweep.Snapshot }}']
    PropertySelector: $.Snapshots[0].State
    DesiredValues: [completed]
outputs: [sweep.Keys, sweep.Refused]
"""

DOCUMENTS = {"Tag-Volumes": TAG_VOLUMES, "Rotate-Key": ROTATE, "Encrypt-Queue": ENCRYPT_QUEUE, "Sweep-Bucket": SCRIPT}


def bucket(aws):
    aws.s3.create_bucket(Bucket="orders")
    return {"BucketName": "orders"}


def open_bucket(aws):
    """Buckets are closed from the first on, which moto's are not."""
    parameters = bucket(aws)
    aws.s3.delete_public_access_block(Bucket="orders")
    return parameters


def encrypted_bucket(aws):
    """Buckets are encrypted from the first on, which moto's are not."""
    parameters = bucket(aws)
    usual = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    aws.s3.put_bucket_encryption(Bucket="orders", ServerSideEncryptionConfiguration=usual)
    return parameters


def bucket_and_key(aws):
    key = aws.kms.create_key()["KeyMetadata"]["Arn"]
    return {**encrypted_bucket(aws), "KeyArn": key}


def access_key(aws):
    aws.iam.create_user(UserName="old")
    return {"UserName": "old", "AccessKeyId": aws.iam.create_access_key(UserName="old")["AccessKey"]["AccessKeyId"]}


def address(aws):
    return {"AllocationId": aws.ec2.allocate_address(Domain="vpc")["AllocationId"]}


def a_volume(aws, size=8):
    volume = aws.ec2.create_volume(AvailabilityZone="us-east-1a", Size=size, VolumeType="gp3")["VolumeId"]
    aws.wait(minutes=5)
    return volume


def volume(aws):
    return {"VolumeId": a_volume(aws)}


def volume_to_extend(aws):
    return {"VolumeId": a_volume(aws), "Size": 20}


def volumes(aws):
    return {"Volumes": ",".join([a_volume(aws), a_volume(aws, 40)])}


def machine(aws):
    image = making.image_of(aws)
    _, subnets = making.subnets_of(aws)
    run = aws.ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnets[0])
    aws.wait(minutes=20)
    return {"InstanceIds": run["Instances"][0]["InstanceId"]}


def stopped_machine(aws):
    parameters = machine(aws)
    aws.ec2.stop_instances(InstanceIds=[parameters["InstanceIds"]])
    aws.wait(minutes=20)
    return parameters


def key(aws):
    return {"KeyId": aws.kms.create_key()["KeyMetadata"]["KeyId"]}


def queue(aws):
    aws.sqs.create_queue(QueueName="orders")
    return {"Queue": "orders", "Key": aws.kms.create_key()["KeyMetadata"]["Arn"]}


def objects(aws):
    aws.s3.create_bucket(Bucket="orders")
    for name in ("a.csv", "b.tmp", "c.csv", "d.tmp", "e.csv"):
        aws.s3.put_object(Bucket="orders", Key=name, Body=b"x")
    return {"Bucket": "orders", "VolumeId": a_volume(aws)}


def nothing(aws):
    return {}


CASES = [
    ("Reeve-BlockBucketPublicAccess", open_bucket),
    ("Reeve-EnableBucketEncryption", encrypted_bucket),
    ("Reeve-EnableBucketEncryption", bucket_and_key),
    ("Reeve-EnableBucketVersioning", bucket),
    ("Reeve-DeactivateAccessKey", access_key),
    ("Reeve-ReleaseIdleAddress", address),
    ("Reeve-ExtendVolume", volume_to_extend),
    ("Reeve-DeleteUnattachedVolume", volume),
    ("Reeve-EnableGuardDuty", nothing),
    ("Reeve-StopInstance", machine),
    ("Reeve-StartInstance", stopped_machine),
    ("Reeve-RestartInstance", machine),
    ("Tag-Volumes", volumes),
    ("Rotate-Key", key),
    ("Encrypt-Queue", queue),
    ("Sweep-Bucket", objects),
]
