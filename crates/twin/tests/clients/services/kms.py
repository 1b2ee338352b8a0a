"""KMS: keys that really encrypt, and end."""

import json


def check(aws):
    kms = aws.client("kms")
    key = keys(aws, kms)
    cryptography(aws, kms, key)
    aliases(aws, kms, key)
    rotation(aws, kms, key)
    policies_and_grants(aws, kms, key)
    macs(aws, kms)
    regions(aws, kms)
    deletion(aws, kms, key)


def keys(aws, kms):
    made = kms.create_key(Description="first", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    key = made["KeyId"]
    aws.expect("arn", made["Arn"], f"arn:aws:kms:{aws.region}:{aws.management}:key/{key}")
    aws.expect("state", (made["KeyState"], made["Enabled"], made["KeyManager"]), ("Enabled", True, "CUSTOMER"))
    aws.refused("NotFoundException", kms.describe_key, KeyId="00000000-0000-0000-0000-000000000000")
    aws.refused("UnsupportedOperationException", kms.create_key, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    kms.update_key_description(KeyId=key, Description="changed")
    aws.expect("description", kms.describe_key(KeyId=made["Arn"])["KeyMetadata"]["Description"], "changed")
    aws.expect("listed", key in [one["KeyId"] for one in kms.list_keys()["Keys"]])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "c", "TagValue": "d"}])
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    aws.expect("tags", kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "c", "TagValue": "d"}])
    return key


def cryptography(aws, kms, key):
    context = {"purpose": "test"}
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=context)["CiphertextBlob"]
    aws.expect("hidden", b"secret" not in blob)
    aws.expect("decrypted", kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"], b"secret")
    aws.refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob)
    changed = blob[:-1] + bytes([blob[-1] ^ 1])
    aws.refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=changed, EncryptionContext=context)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    aws.refused("IncorrectKeyException", kms.decrypt, CiphertextBlob=blob, EncryptionContext=context, KeyId=other)
    again = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=other)
    aws.expect("again", kms.decrypt(CiphertextBlob=again["CiphertextBlob"], KeyId=other)["Plaintext"], b"secret")
    data = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    aws.expect("data key", kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"], data["Plaintext"])
    kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=16)
    aws.expect("random", len(kms.generate_random(NumberOfBytes=24)["Plaintext"]), 24)
    aws.refused("DryRunOperationException", kms.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)
    kms.disable_key(KeyId=key)
    aws.refused("DisabledException", kms.encrypt, KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)


def aliases(aws, kms, key):
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    aws.refused("AlreadyExistsException", kms.create_alias, AliasName="alias/app", TargetKeyId=key)
    aws.refused("ValidationException", kms.create_alias, AliasName="app", TargetKeyId=key)
    aws.expect("by alias", kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"], key)
    aws.expect("managed", kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyManager"], "AWS")
    names = [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
    aws.expect("aliases", {"alias/app", "alias/aws/ebs"} <= set(names))
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName="alias/app", TargetKeyId=other)
    aws.expect("of the key", [one["AliasName"] for one in kms.list_aliases(KeyId=other)["Aliases"]], ["alias/app"])
    kms.delete_alias(AliasName="alias/app")
    aws.refused("NotFoundException", kms.describe_key, KeyId="alias/app")


def rotation(aws, kms, key):
    aws.expect("no rotation", kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"], False)
    before = kms.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    aws.expect("period", kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"], 90)
    kms.rotate_key_on_demand(KeyId=key)
    aws.refused("ConflictException", kms.rotate_key_on_demand, KeyId=key)
    aws.advance(days=91)
    rotations = [one["RotationType"] for one in kms.list_key_rotations(KeyId=key)["Rotations"]]
    aws.expect("rotations", rotations, ["ON_DEMAND", "AUTOMATIC"])
    aws.expect("old ciphertexts open", kms.decrypt(CiphertextBlob=before)["Plaintext"], b"old")
    kms.disable_key_rotation(KeyId=key)


def policies_and_grants(aws, kms, key):
    usual = kms.get_key_policy(KeyId=key)["Policy"]
    aws.expect("names", kms.list_key_policies(KeyId=key)["PolicyNames"], ["default"])
    nobody = {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
    aws.refused("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key, Policy=document)
    me = aws.client("sts").get_caller_identity()["Arn"]
    own = [{"Effect": "Allow", "Principal": {"AWS": me}, "Action": ["kms:PutKeyPolicy", "kms:*Grant*"], "Resource": "*"}]
    kms.put_key_policy(KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": own}))
    aws.refused("AccessDeniedException", kms.encrypt, KeyId=key, Plaintext=b"x")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=me, Operations=["Encrypt"], RetiringPrincipal=me)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    aws.refused("AccessDeniedException", kms.generate_data_key, KeyId=key, KeySpec="AES_256")
    aws.expect("grants", [one["GrantId"] for one in kms.list_grants(KeyId=key)["Grants"]], [grant["GrantId"]])
    aws.expect("retirable", len(kms.list_retirable_grants(RetiringPrincipal=me)["Grants"]), 1)
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    aws.refused("AccessDeniedException", kms.encrypt, KeyId=key, Plaintext=b"x")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=me, Operations=["Encrypt"])
    kms.put_key_policy(KeyId=key, Policy=usual)
    kms.retire_grant(GrantToken=grant["GrantToken"])
    aws.expect("no grants", kms.list_grants(KeyId=key)["Grants"], [])


def macs(aws, kms):
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    mac = kms.generate_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    kms.verify_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=mac)
    verify = {"KeyId": key, "Message": b"n", "MacAlgorithm": "HMAC_SHA_256", "Mac": mac}
    aws.refused("KMSInvalidMacException", kms.verify_mac, **verify)
    aws.refused("InvalidKeyUsageException", kms.encrypt, KeyId=key, Plaintext=b"x")


def regions(aws, kms):
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    aws.expect("multi-Region", key.startswith("mrk-"))
    replica = kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1")["ReplicaKeyMetadata"]
    aws.expect("replica", replica["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA")
    found = kms.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
    aws.expect("replicas", [one["Region"] for one in found["ReplicaKeys"]], ["us-east-1"])
    blob = kms.encrypt(KeyId=key, Plaintext=b"everywhere")["CiphertextBlob"]
    there = aws.client("kms", region="us-east-1")
    aws.expect("there", there.decrypt(CiphertextBlob=blob)["Plaintext"], b"everywhere")


def deletion(aws, kms, key):
    kms.create_alias(AliasName="alias/last", TargetKeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    aws.refused("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
    kms.cancel_key_deletion(KeyId=key)
    aws.expect("canceled", kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "Disabled")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    aws.advance(days=8)
    aws.refused("NotFoundException", kms.describe_key, KeyId=key)
    aws.expect("aliases went too", "alias/last" not in [one["AliasName"] for one in kms.list_aliases()["Aliases"]])
