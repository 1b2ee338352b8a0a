"""IAM: who there is, what they may do, and that it is enforced."""

import json

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def policy(effect="Allow", action="*", resource="*", **further):
    statement = {"Effect": effect, "Action": action, "Resource": resource, **further}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(**principal):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def check(aws):
    iam = aws.client("iam")
    users(aws, iam)
    groups(aws, iam)
    roles(aws, iam)
    policies(aws, iam)
    keys(aws, iam)
    account(aws, iam)
    devices_and_passwords(aws, iam)
    providers(aws, iam)
    reports(aws, iam)
    simulation(aws, iam)
    enforcement(aws, iam)


def users(aws, iam):
    made = iam.create_user(UserName="bob", Path="/team/", Tags=[{"Key": "team", "Value": "a"}])["User"]
    aws.expect("arn", made["Arn"], f"arn:aws:iam::{aws.management}:user/team/bob")
    aws.expect("tags", made["Tags"], [{"Key": "team", "Value": "a"}])
    aws.refused("EntityAlreadyExists", iam.create_user, UserName="Bob")
    aws.refused("NoSuchEntity", iam.get_user, UserName="nobody")
    aws.expect("self", iam.get_user()["User"]["Arn"].startswith("arn:aws:iam::"))
    names = [user["UserName"] for user in iam.list_users(PathPrefix="/team/")["Users"]]
    aws.expect("listed", names, ["bob"])
    iam.tag_user(UserName="bob", Tags=[{"Key": "x", "Value": "y"}])
    iam.untag_user(UserName="bob", TagKeys=["team"])
    aws.expect("tags", iam.list_user_tags(UserName="bob")["Tags"], [{"Key": "x", "Value": "y"}])
    iam.update_user(UserName="bob", NewUserName="rob", NewPath="/")
    aws.expect("renamed", iam.get_user(UserName="rob")["User"]["Arn"].endswith(":user/rob"))
    iam.put_user_policy(UserName="rob", PolicyName="own", PolicyDocument=policy())
    aws.expect("inline", iam.list_user_policies(UserName="rob")["PolicyNames"], ["own"])
    document = iam.get_user_policy(UserName="rob", PolicyName="own")["PolicyDocument"]
    aws.expect("document", document["Statement"][0]["Action"], "*")
    wrong = policy(action="nothing")
    aws.refused("MalformedPolicyDocument", iam.put_user_policy, UserName="rob", PolicyName="p", PolicyDocument=wrong)
    aws.refused("DeleteConflict", iam.delete_user, UserName="rob")
    iam.delete_user_policy(UserName="rob", PolicyName="own")
    iam.attach_user_policy(UserName="rob", PolicyArn=ADMINISTRATOR)
    attached = iam.list_attached_user_policies(UserName="rob")["AttachedPolicies"]
    aws.expect("attached", attached, [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}])
    iam.put_user_permissions_boundary(UserName="rob", PermissionsBoundary=ADMINISTRATOR)
    boundary = iam.get_user(UserName="rob")["User"]["PermissionsBoundary"]
    aws.expect("boundary", boundary["PermissionsBoundaryArn"], ADMINISTRATOR)
    iam.delete_user_permissions_boundary(UserName="rob")
    iam.detach_user_policy(UserName="rob", PolicyArn=ADMINISTRATOR)
    aws.refused("NoSuchEntity", iam.detach_user_policy, UserName="rob", PolicyArn=ADMINISTRATOR)


def groups(aws, iam):
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="rob")
    aws.expect("members", [user["UserName"] for user in iam.get_group(GroupName="staff")["Users"]], ["rob"])
    iam.update_group(GroupName="staff", NewGroupName="crew")
    groups = iam.list_groups_for_user(UserName="rob")["Groups"]
    aws.expect("groups", [group["GroupName"] for group in groups], ["crew"])
    aws.expect("all groups", len(iam.list_groups()["Groups"]), 1)
    iam.put_group_policy(GroupName="crew", PolicyName="own", PolicyDocument=policy())
    iam.get_group_policy(GroupName="crew", PolicyName="own")
    iam.list_group_policies(GroupName="crew")
    iam.delete_group_policy(GroupName="crew", PolicyName="own")
    iam.attach_group_policy(GroupName="crew", PolicyArn=ADMINISTRATOR)
    iam.list_attached_group_policies(GroupName="crew")
    iam.detach_group_policy(GroupName="crew", PolicyArn=ADMINISTRATOR)
    aws.refused("DeleteConflict", iam.delete_group, GroupName="crew")
    iam.remove_user_from_group(GroupName="crew", UserName="rob")
    iam.delete_group(GroupName="crew")
    iam.delete_user(UserName="rob")


def roles(aws, iam):
    made = iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"), Description="d")
    document = made["Role"]["AssumeRolePolicyDocument"]
    aws.expect("trust", document["Statement"][0]["Principal"], {"Service": "ec2.amazonaws.com"})
    nobody = trust(AWS=f"arn:aws:iam::{aws.management}:user/nobody")
    aws.refused("MalformedPolicyDocument", iam.create_role, RoleName="x", AssumeRolePolicyDocument=nobody)
    iam.update_role(RoleName="web", MaxSessionDuration=7200)
    iam.update_role_description(RoleName="web", Description="of the web")
    iam.update_assume_role_policy(RoleName="web", PolicyDocument=trust(Service="lambda.amazonaws.com"))
    role = iam.get_role(RoleName="web")["Role"]
    aws.expect("role", (role["MaxSessionDuration"], role["Description"]), (7200, "of the web"))
    iam.tag_role(RoleName="web", Tags=[{"Key": "a", "Value": "b"}])
    aws.expect("tags", iam.list_role_tags(RoleName="web")["Tags"], [{"Key": "a", "Value": "b"}])
    iam.untag_role(RoleName="web", TagKeys=["a"])
    iam.put_role_policy(RoleName="web", PolicyName="own", PolicyDocument=policy())
    iam.get_role_policy(RoleName="web", PolicyName="own")
    iam.list_role_policies(RoleName="web")
    iam.put_role_permissions_boundary(RoleName="web", PermissionsBoundary=ADMINISTRATOR)
    iam.delete_role_permissions_boundary(RoleName="web")
    iam.attach_role_policy(RoleName="web", PolicyArn=ADMINISTRATOR)
    iam.list_attached_role_policies(RoleName="web")
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    profile = iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    aws.expect("roles of the profile", [role["RoleName"] for role in profile["Roles"]], ["web"])
    aws.expect("profiles", len(iam.list_instance_profiles()["InstanceProfiles"]) >= 1)
    aws.expect("profiles of the role", len(iam.list_instance_profiles_for_role(RoleName="web")["InstanceProfiles"]), 1)
    iam.tag_instance_profile(InstanceProfileName="web", Tags=[{"Key": "a", "Value": "b"}])
    iam.list_instance_profile_tags(InstanceProfileName="web")
    iam.untag_instance_profile(InstanceProfileName="web", TagKeys=["a"])
    aws.refused("DeleteConflict", iam.delete_role, RoleName="web")
    iam.get_account_authorization_details()
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    iam.delete_instance_profile(InstanceProfileName="web")
    iam.detach_role_policy(RoleName="web", PolicyArn=ADMINISTRATOR)
    iam.delete_role_policy(RoleName="web", PolicyName="own")
    iam.delete_role(RoleName="web")
    aws.expect("roles", "web" not in [role["RoleName"] for role in iam.list_roles()["Roles"]])
    linked = iam.create_service_linked_role(AWSServiceName="ssm.amazonaws.com")["Role"]
    aws.expect("linked", linked["Path"], "/aws-service-role/ssm.amazonaws.com/")
    aws.refused("UnmodifiableEntity", iam.delete_role, RoleName=linked["RoleName"])
    task = iam.delete_service_linked_role(RoleName=linked["RoleName"])["DeletionTaskId"]
    status = iam.get_service_linked_role_deletion_status
    aws.expect("deletion", status(DeletionTaskId=task)["Status"], "IN_PROGRESS")
    aws.advance(minutes=1)
    aws.expect("deletion", status(DeletionTaskId=task)["Status"], "SUCCEEDED")
    aws.refused("NoSuchEntity", iam.get_role, RoleName=linked["RoleName"])


def policies(aws, iam):
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy())["Policy"]["Arn"]
    aws.refused("EntityAlreadyExists", iam.create_policy, PolicyName="p", PolicyDocument=policy())
    for number in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(action=f"s3:Get{number}*"), SetAsDefault=number == 0)
    aws.refused("LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy())
    aws.expect("default", iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v2")
    versions = [version["VersionId"] for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    aws.expect("versions", versions, ["v5", "v4", "v3", "v2", "v1"])
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    aws.expect("document", document["Statement"][0]["Action"], "s3:Get0*")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    aws.refused("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v1")
    aws.refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)
    for version in versions[:-1]:
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    iam.list_policy_tags(PolicyArn=arn)
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    aws.expect("entities", [role["RoleName"] for role in entities["PolicyRoles"]], ["r"])
    aws.expect("attachments", iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 1)
    own = [found["PolicyName"] for found in iam.list_policies(Scope="Local")["Policies"]]
    aws.expect("own policies", own, ["p"])
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 20})
    managed = [found["Arn"] for page in pages for found in page["Policies"]]
    aws.expect("managed policies", len(managed) > 60 and len(set(managed)) == len(managed))
    iam.get_policy(PolicyArn=ADMINISTRATOR)
    iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId="v1")
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    iam.delete_role(RoleName="r")
    iam.delete_policy(PolicyArn=arn)
    aws.refused("NoSuchEntity", iam.get_policy, PolicyArn=arn)


def keys(aws, iam):
    iam.create_user(UserName="kim")
    iam.attach_user_policy(UserName="kim", PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName="kim")["AccessKey"]
    credentials = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    never = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    aws.expect("never used", never["ServiceName"], "N/A")
    sts = aws.client("sts", key=credentials)
    aws.expect("usable at once", sts.get_caller_identity()["Arn"], f"arn:aws:iam::{aws.management}:user/kim")
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    aws.expect("used", (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]), ("kim", "sts"))
    iam.update_access_key(UserName="kim", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    aws.refused("InvalidClientTokenId", sts.get_caller_identity)
    iam.update_access_key(UserName="kim", AccessKeyId=key["AccessKeyId"], Status="Active")
    sts.get_caller_identity()
    iam.create_access_key(UserName="kim")
    aws.refused("LimitExceeded", iam.create_access_key, UserName="kim")
    listed = iam.list_access_keys(UserName="kim")["AccessKeyMetadata"]
    aws.expect("keys", len(listed), 2)
    for one in listed:
        iam.delete_access_key(UserName="kim", AccessKeyId=one["AccessKeyId"])
    aws.refused("InvalidClientTokenId", sts.get_caller_identity)


def account(aws, iam):
    iam.create_account_alias(AccountAlias="reeve-demo")
    aws.expect("alias", iam.list_account_aliases()["AccountAliases"], ["reeve-demo"])
    iam.delete_account_alias(AccountAlias="reeve-demo")
    aws.refused("NoSuchEntity", iam.get_account_password_policy)
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireNumbers=True, MaxPasswordAge=90)
    found = iam.get_account_password_policy()["PasswordPolicy"]
    aws.expect("password policy", (found["MinimumPasswordLength"], found["ExpirePasswords"]), (14, True))
    summary = iam.get_account_summary()["SummaryMap"]
    aws.expect("summary", summary["Users"] >= 2)


def devices_and_passwords(aws, iam):
    aws.refused("PasswordPolicyViolation", iam.create_login_profile, UserName="kim", Password="short")
    iam.create_login_profile(UserName="kim", Password="long-enough-password-1")
    aws.refused("EntityAlreadyExists", iam.create_login_profile, UserName="kim", Password="long-enough-password-1")
    iam.update_login_profile(UserName="kim", Password="long-enough-password-2", PasswordResetRequired=True)
    aws.expect("profile", iam.get_login_profile(UserName="kim")["LoginProfile"]["PasswordResetRequired"])
    key = iam.create_access_key(UserName="kim")["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    change = aws.client("iam", key=own).change_password
    change(OldPassword="long-enough-password-2", NewPassword="long-enough-password-3")
    aws.refused("AccessDenied", change, OldPassword="wrong", NewPassword="long-enough-password-4")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="kim")["VirtualMFADevice"]
    serial = device["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    wrong = {"AuthenticationCode1": "123456", "AuthenticationCode2": "123456"}
    aws.refused("InvalidAuthenticationCode", iam.enable_mfa_device, UserName="kim", SerialNumber=serial, **wrong)
    iam.enable_mfa_device(UserName="kim", SerialNumber=serial, **codes)
    iam.resync_mfa_device(UserName="kim", SerialNumber=serial, **codes)
    aws.expect("devices", len(iam.list_mfa_devices(UserName="kim")["MFADevices"]), 1)
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    aws.expect("assigned", assigned[0]["User"]["UserName"], "kim")
    aws.expect("device", iam.get_mfa_device(SerialNumber=serial)["UserName"], "kim")
    token = aws.client("sts", key=own).get_session_token(SerialNumber=serial, TokenCode="123456")["Credentials"]
    aws.expect("token", token["AccessKeyId"].startswith("ASIA"))
    aws.refused("DeleteConflict", iam.delete_virtual_mfa_device, SerialNumber=serial)


def providers(aws, iam):
    arn = iam.create_open_id_connect_provider(
        Url="https://token.example.com", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    aws.expect("provider", (found["ClientIDList"], found["ThumbprintList"]), (["other"], ["b" * 40]))
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    aws.expect("providers", len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]), 1)
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    document = "<EntityDescriptor>" + " " * 1000 + "</EntityDescriptor>"
    arn = iam.create_saml_provider(Name="corp", SAMLMetadataDocument=document)["SAMLProviderArn"]
    iam.get_saml_provider(SAMLProviderArn=arn)
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=document)
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    iam.list_saml_provider_tags(SAMLProviderArn=arn)
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["a"])
    aws.expect("saml providers", len(iam.list_saml_providers()["SAMLProviderList"]), 1)
    iam.delete_saml_provider(SAMLProviderArn=arn)
    body = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"
    iam.upload_server_certificate(ServerCertificateName="c", CertificateBody=body, PrivateKey="k")
    iam.update_server_certificate(ServerCertificateName="c", NewServerCertificateName="d")
    iam.get_server_certificate(ServerCertificateName="d")
    aws.expect("certificates", len(iam.list_server_certificates()["ServerCertificateMetadataList"]), 1)
    iam.delete_server_certificate(ServerCertificateName="d")


def reports(aws, iam):
    aws.refused("ReportNotPresent", iam.get_credential_report)
    aws.expect("report", iam.generate_credential_report()["State"], "STARTED")
    aws.refused("ReportInProgress", iam.get_credential_report)
    aws.advance(seconds=10)
    aws.expect("report", iam.generate_credential_report()["State"], "COMPLETE")
    table = iam.get_credential_report()["Content"].decode().split("\n")
    aws.expect("columns", {len(line.split(",")) for line in table}, {22})
    kim = next(line.split(",") for line in table if line.startswith("kim,"))
    aws.expect("kim", (kim[3], kim[7], kim[8]), ("true", "true", "true"))
    job = iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{aws.management}:user/kim")["JobId"]
    aws.expect("job", iam.get_service_last_accessed_details(JobId=job)["JobStatus"], "IN_PROGRESS")
    aws.advance(seconds=10)
    services = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    used = {one["ServiceNamespace"] for one in services if one.get("LastAuthenticated")}
    aws.expect("used services", used, {"iam", "sts"})
    aws.expect("allowed services", {"ec2", "s3"} <= {one["ServiceNamespace"] for one in services})


def simulation(aws, iam):
    documents = [policy(action="s3:Get*", Condition={"StringEquals": {"aws:username": "kim"}}), policy("Deny", "s3:GetObjectAcl")]
    entries = [{"ContextKeyName": "aws:username", "ContextKeyValues": ["kim"], "ContextKeyType": "string"}]
    actions = ["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"]
    results = iam.simulate_custom_policy(PolicyInputList=documents, ActionNames=actions, ContextEntries=entries)
    decisions = [result["EvalDecision"] for result in results["EvaluationResults"]]
    aws.expect("decisions", decisions, ["allowed", "explicitDeny", "implicitDeny"])
    without = iam.simulate_custom_policy(PolicyInputList=documents, ActionNames=actions[:1])["EvaluationResults"][0]
    aws.expect("missing", (without["EvalDecision"], without["MissingContextValues"]), ("implicitDeny", ["aws:username"]))
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=documents)["ContextKeyNames"]
    aws.expect("keys", keys, ["aws:username"])
    arn = f"arn:aws:iam::{aws.management}:user/kim"
    found = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["ec2:StopInstances"])
    aws.expect("kim may", found["EvaluationResults"][0]["EvalDecision"], "allowed")
    iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)


def enforcement(aws, iam):
    iam.detach_user_policy(UserName="kim", PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName="kim")["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    dynamodb, ec2, s3 = (aws.client(name, key=own) for name in ("dynamodb", "ec2", "s3"))
    aws.refused("AccessDeniedException", dynamodb.list_tables)
    aws.refused("UnauthorizedOperation", ec2.describe_instances)
    aws.refused("AccessDenied", s3.list_buckets)
    iam.put_user_policy(UserName="kim", PolicyName="read", PolicyDocument=policy(action=["ec2:Describe*", "s3:ListAllMyBuckets"]))
    ec2.describe_instances()
    s3.list_buckets()
    try:
        dynamodb.list_tables()
    except dynamodb.exceptions.ClientError as error:
        aws.expect(
            "words",
            error.response["Error"]["Message"],
            f"User: arn:aws:iam::{aws.management}:user/kim is not authorized to perform: dynamodb:ListTables on resource: * "
            "because no identity-based policy allows the dynamodb:ListTables action",
        )
    iam.put_user_policy(UserName="kim", PolicyName="no", PolicyDocument=policy("Deny", "ec2:*"))
    try:
        ec2.describe_instances()
    except ec2.exceptions.ClientError as error:
        message = error.response["Error"]["Message"]
        aws.expect("words", "with an explicit deny in an identity-based policy" in message)
        encoded = message.split("Encoded authorization failure message: ")[1]
        decoded = json.loads(aws.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
        aws.expect("decoded", (decoded["explicitDeny"], decoded["context"]["action"]), (True, "ec2:DescribeInstances"))
    iam.delete_login_profile(UserName="kim")
    serial = iam.list_mfa_devices(UserName="kim")["MFADevices"][0]["SerialNumber"]
    iam.deactivate_mfa_device(UserName="kim", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    iam.delete_account_password_policy()
