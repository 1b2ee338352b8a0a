"""Organizations: accounts, units, and policies that are enforced."""

import json


def statement(effect, action):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})


def check(aws):
    org = aws.client("organizations")
    description = org.describe_organization()["Organization"]
    aws.expect("management", description["MasterAccountId"], aws.management)
    root = org.list_roots()["Roots"][0]["Id"]
    accounts_and_units(aws, org, root)
    service_control(aws, org, root)
    tag_policies(aws, org, root)
    delegation(aws, org)
    handshakes(aws, org)
    tags(aws, org, root)
    aws.cli("organizations list-accounts")


def accounts_and_units(aws, org, root):
    found = [account["Id"] for account in org.list_accounts()["Accounts"]]
    aws.expect("accounts", {aws.management, aws.production, aws.staging} <= set(found))
    aws.expect("account", org.describe_account(AccountId=aws.production)["Account"]["State"], "ACTIVE")
    aws.refused("AccountNotFoundException", org.describe_account, AccountId="000000000000")
    unit = org.create_organizational_unit(ParentId=root, Name="Sandbox")["OrganizationalUnit"]["Id"]
    aws.refused("DuplicateOrganizationalUnitException", org.create_organizational_unit, ParentId=root, Name="Sandbox")
    inner = org.create_organizational_unit(ParentId=unit, Name="Inner")["OrganizationalUnit"]["Id"]
    org.update_organizational_unit(OrganizationalUnitId=inner, Name="Deep")
    aws.expect("unit", org.describe_organizational_unit(OrganizationalUnitId=inner)["OrganizationalUnit"]["Name"], "Deep")
    units = [found["Id"] for found in org.list_organizational_units_for_parent(ParentId=unit)["OrganizationalUnits"]]
    aws.expect("units", units, [inner])
    request = org.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]
    aws.expect("asked", request["State"], "IN_PROGRESS")
    aws.advance(minutes=3)
    status = org.describe_create_account_status(CreateAccountRequestId=request["Id"])["CreateAccountStatus"]
    aws.expect("made", status["State"], "SUCCEEDED")
    account = status["AccountId"]
    aws.expect("statuses", len(org.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"]), 1)
    again = org.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]["Id"]
    aws.advance(minutes=3)
    again = org.describe_create_account_status(CreateAccountRequestId=again)["CreateAccountStatus"]
    aws.expect("address taken", again["FailureReason"], "EMAIL_ALREADY_EXISTS")
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    aws.client("sts").assume_role(RoleArn=role, RoleSessionName="first")
    org.move_account(AccountId=account, SourceParentId=root, DestinationParentId=inner)
    aws.expect("parent", org.list_parents(ChildId=account)["Parents"], [{"Id": inner, "Type": "ORGANIZATIONAL_UNIT"}])
    children = org.list_children(ParentId=inner, ChildType="ACCOUNT")["Children"]
    aws.expect("children", children, [{"Id": account, "Type": "ACCOUNT"}])
    there = [found["Id"] for found in org.list_accounts_for_parent(ParentId=inner)["Accounts"]]
    aws.expect("accounts there", there, [account])
    aws.refused("OrganizationalUnitNotEmptyException", org.delete_organizational_unit, OrganizationalUnitId=inner)
    org.close_account(AccountId=account)
    aws.refused("AccountAlreadyClosedException", org.close_account, AccountId=account)
    aws.advance(minutes=6)
    aws.expect("closed", org.describe_account(AccountId=account)["Account"]["Status"], "SUSPENDED")
    org.remove_account_from_organization(AccountId=account)
    org.delete_organizational_unit(OrganizationalUnitId=inner)
    org.delete_organizational_unit(OrganizationalUnitId=unit)


def service_control(aws, org, root):
    kind = "SERVICE_CONTROL_POLICY"
    content = statement("Deny", "dynamodb:*")
    aws.refused(
        "MalformedPolicyDocumentException",
        org.create_policy,
        Name="x",
        Description="",
        Type=kind,
        Content='{"Version": "2012-10-17", "Statement": [{"Effect": "No"}]}',
    )
    policy = org.create_policy(Name="no tables", Description="", Type=kind, Content=content)["Policy"]["PolicySummary"]["Id"]
    aws.refused("DuplicatePolicyException", org.create_policy, Name="no tables", Description="", Type=kind, Content=content)
    production = aws.client("dynamodb", account=aws.production)
    production.list_tables()
    enabled = {one["Type"] for one in org.list_roots()["Roots"][0]["PolicyTypes"]}
    if kind not in enabled:
        aws.refused("PolicyTypeNotEnabledException", org.attach_policy, PolicyId=policy, TargetId=aws.production)
        org.enable_policy_type(RootId=root, PolicyType=kind)
    aws.refused("PolicyTypeAlreadyEnabledException", org.enable_policy_type, RootId=root, PolicyType=kind)
    org.attach_policy(PolicyId=policy, TargetId=aws.production)
    aws.refused("DuplicatePolicyAttachmentException", org.attach_policy, PolicyId=policy, TargetId=aws.production)
    try:
        production.list_tables()
        aws.failures.append("a service control policy was not enforced")
    except production.exceptions.ClientError as error:
        message = error.response["Error"]["Message"]
        aws.expect("words", message.endswith("with an explicit deny in a service control policy"))
    aws.client("dynamodb").list_tables()
    targets = [target["TargetId"] for target in org.list_targets_for_policy(PolicyId=policy)["Targets"]]
    aws.expect("targets", targets, [aws.production])
    attached = org.list_policies_for_target(TargetId=aws.production, Filter=kind)["Policies"]
    aws.expect("attached", {found["Name"] for found in attached}, {"FullAWSAccess", "no tables"})
    aws.refused("PolicyInUseException", org.delete_policy, PolicyId=policy)
    org.detach_policy(PolicyId=policy, TargetId=aws.production)
    production.list_tables()
    aws.refused("ConstraintViolationException", org.detach_policy, PolicyId="p-FullAWSAccess", TargetId=aws.production)
    org.update_policy(PolicyId=policy, Name="only storage", Content=statement("Allow", "s3:*"))
    aws.expect("content", json.loads(org.describe_policy(PolicyId=policy)["Policy"]["Content"])["Statement"][0]["Action"], "s3:*")
    org.attach_policy(PolicyId=policy, TargetId=aws.production)
    org.detach_policy(PolicyId="p-FullAWSAccess", TargetId=aws.production)
    aws.refused("AccessDeniedException", production.list_tables)
    org.attach_policy(PolicyId="p-FullAWSAccess", TargetId=aws.production)
    org.detach_policy(PolicyId=policy, TargetId=aws.production)
    org.delete_policy(PolicyId=policy)
    aws.expect("policies", "p-FullAWSAccess" in [one["Id"] for one in org.list_policies(Filter=kind)["Policies"]])
    resource_control(aws, org, root)


def resource_control(aws, org, root):
    kind = "RESOURCE_CONTROL_POLICY"
    org.enable_policy_type(RootId=root, PolicyType=kind)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    content = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    policy = org.create_policy(Name="no keys", Description="", Type=kind, Content=content)["Policy"]["PolicySummary"]["Id"]
    kms = aws.client("kms", account=aws.production)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    org.attach_policy(PolicyId=policy, TargetId=aws.production)
    aws.refused("AccessDeniedException", kms.describe_key, KeyId=key)
    org.disable_policy_type(RootId=root, PolicyType=kind)
    kms.describe_key(KeyId=key)


def tag_policies(aws, org, root):
    kind = "TAG_POLICY"
    org.enable_policy_type(RootId=root, PolicyType=kind)
    rule = {
        "tag_key": {"@@assign": "CostCenter"},
        "tag_value": {"@@assign": ["100", "2*"]},
        "enforced_for": {"@@assign": ["dynamodb:table", "kms:*"]},
    }
    content = json.dumps({"tags": {"costcenter": rule}})
    policy = org.create_policy(Name="cost", Description="", Type=kind, Content=content)["Policy"]["PolicySummary"]["Id"]
    org.attach_policy(PolicyId=policy, TargetId=root)
    effective = org.describe_effective_policy(PolicyType=kind, TargetId=aws.production)["EffectivePolicy"]
    effective = json.loads(effective["PolicyContent"])["tags"]["costcenter"]
    aws.expect("effective", effective["tag_value"], ["100", "2*"])
    kms = aws.client("kms", account=aws.production)
    kms.create_key(Tags=[{"TagKey": "CostCenter", "TagValue": "100"}])
    key = kms.create_key(Tags=[{"TagKey": "CostCenter", "TagValue": "250"}])["KeyMetadata"]["KeyId"]
    for wrong in ({"TagKey": "CostCenter", "TagValue": "300"}, {"TagKey": "costcenter", "TagValue": "100"}):
        aws.refused("TagPolicyException", kms.tag_resource, KeyId=key, Tags=[wrong])
    org.detach_policy(PolicyId=policy, TargetId=root)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "CostCenter", "TagValue": "300"}])
    aws.refused("EffectivePolicyNotFoundException", org.describe_effective_policy, PolicyType=kind, TargetId=aws.production)


def delegation(aws, org):
    service = "guardduty.amazonaws.com"
    org.enable_aws_service_access(ServicePrincipal=service)
    enabled = [one["ServicePrincipal"] for one in org.list_aws_service_access_for_organization()["EnabledServicePrincipals"]]
    aws.expect("trusted", service in enabled)
    member = aws.client("organizations", account=aws.staging)
    aws.refused("AccessDeniedException", member.list_accounts)
    aws.expect("members may ask where they are", member.describe_organization()["Organization"]["Id"][:2], "o-")
    org.register_delegated_administrator(AccountId=aws.staging, ServicePrincipal=service)
    again = {"AccountId": aws.staging, "ServicePrincipal": service}
    aws.refused("AccountAlreadyRegisteredException", org.register_delegated_administrator, **again)
    aws.expect("delegated", len(member.list_accounts()["Accounts"]) >= 3)
    aws.refused("AccessDeniedException", member.create_organizational_unit, ParentId=org.list_roots()["Roots"][0]["Id"], Name="x")
    administrators = [one["Id"] for one in org.list_delegated_administrators(ServicePrincipal=service)["DelegatedAdministrators"]]
    aws.expect("administrators", administrators, [aws.staging])
    services = org.list_delegated_services_for_account(AccountId=aws.staging)["DelegatedServices"]
    aws.expect("services", [one["ServicePrincipal"] for one in services], [service])
    org.deregister_delegated_administrator(**again)
    org.disable_aws_service_access(ServicePrincipal=service)
    policy = {
        "Effect": "Allow",
        "Principal": {"AWS": aws.staging},
        "Action": "organizations:ListAccounts",
        "Resource": "*",
    }
    org.put_resource_policy(Content=json.dumps({"Version": "2012-10-17", "Statement": [policy]}))
    member.list_accounts()
    org.describe_resource_policy()
    org.delete_resource_policy()
    aws.refused("AccessDeniedException", member.list_accounts)


def handshakes(aws, org):
    target = {"Id": "123123123123", "Type": "ACCOUNT"}
    made = org.invite_account_to_organization(Target=target)["Handshake"]
    aws.expect("open", org.describe_handshake(HandshakeId=made["Id"])["Handshake"]["State"], "OPEN")
    aws.refused("DuplicateHandshakeException", org.invite_account_to_organization, Target=target)
    aws.expect("handshakes", len(org.list_handshakes_for_organization()["Handshakes"]), 1)
    aws.expect("own handshakes", org.list_handshakes_for_account()["Handshakes"], [])
    aws.expect("canceled", org.cancel_handshake(HandshakeId=made["Id"])["Handshake"]["State"], "CANCELED")
    aws.refused("InvalidHandshakeTransitionException", org.cancel_handshake, HandshakeId=made["Id"])
    staging = aws.client("organizations", account=aws.staging)
    staging.leave_organization()
    aws.refused("AWSOrganizationsNotInUseException", staging.describe_organization)
    target = {"Id": aws.staging, "Type": "ACCOUNT"}
    first = org.invite_account_to_organization(Target=target)["Handshake"]["Id"]
    staging.decline_handshake(HandshakeId=first)
    second = org.invite_account_to_organization(Target=target)["Handshake"]["Id"]
    staging.accept_handshake(HandshakeId=second)
    aws.expect("joined", org.describe_account(AccountId=aws.staging)["Account"]["JoinedMethod"], "INVITED")


def tags(aws, org, root):
    for resource in (root, aws.production, "p-FullAWSAccess"):
        org.tag_resource(ResourceId=resource, Tags=[{"Key": "a", "Value": "b"}])
        aws.expect("tags", org.list_tags_for_resource(ResourceId=resource)["Tags"], [{"Key": "a", "Value": "b"}])
        org.untag_resource(ResourceId=resource, TagKeys=["a"])
        aws.expect("no tags", org.list_tags_for_resource(ResourceId=resource)["Tags"], [])
