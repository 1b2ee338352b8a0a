"""Amazon OpenSearch Service: domains, their changes, upgrades and software updates."""


def check(aws):
    search = aws.client("opensearch")
    _domain(aws, search)
    _change(aws, search)
    _upgrade(aws, search)
    _software(aws, search)
    search.delete_domain(DomainName="logs")
    aws.advance(hours=1)
    aws.refused("ResourceNotFoundException", lambda: search.describe_domain(DomainName="logs"))


def _status(search):
    return search.describe_domain(DomainName="logs")["DomainStatus"]


def _domain(aws, search):
    versions = search.list_versions()["Versions"]
    aws.expect("versions", "OpenSearch_2.11" in versions)
    asked = {
        "DomainName": "logs", "EngineVersion": "OpenSearch_2.11",
        "ClusterConfig": {"InstanceType": "m6g.large.search", "InstanceCount": 2},
        "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 50},
    }
    made = search.create_domain(**asked, TagList=[{"Key": "team", "Value": "sales"}])["DomainStatus"]
    aws.expect("being made", (made["Created"], made["Processing"]), (True, True))
    aws.refused("ResourceAlreadyExistsException", lambda: search.create_domain(**asked))
    aws.advance(minutes=45)
    found = _status(search)
    aws.expect("made", (found["Processing"], bool(found.get("Endpoint"))), (False, True))
    aws.expect("names", "logs" in [d["DomainName"] for d in search.list_domain_names()["DomainNames"]])
    search.describe_domains(DomainNames=["logs"])
    search.add_tags(ARN=found["ARN"], TagList=[{"Key": "a", "Value": "b"}])
    search.remove_tags(ARN=found["ARN"], TagKeys=["team"])
    aws.expect("tags", search.list_tags(ARN=found["ARN"])["TagList"], [{"Key": "a", "Value": "b"}])
    search.describe_domain_health(DomainName="logs")
    aws.refused("ResourceNotFoundException", lambda: search.describe_domain(DomainName="none"))


def _change(aws, search):
    search.update_domain_config(
        DomainName="logs", ClusterConfig={"InstanceType": "m6g.large.search", "InstanceCount": 4})
    aws.expect("processing", _status(search)["Processing"])
    search.describe_domain_change_progress(DomainName="logs")
    aws.advance(hours=2)
    aws.expect("processed", _status(search)["Processing"], False)
    config = search.describe_domain_config(DomainName="logs")["DomainConfig"]["ClusterConfig"]
    aws.expect("instances", config["Options"]["InstanceCount"], 4)
    aws.expect("progress", search.describe_domain_change_progress(
        DomainName="logs")["ChangeProgressStatus"]["Status"], "COMPLETED")


def _upgrade(aws, search):
    able = search.get_compatible_versions(DomainName="logs")["CompatibleVersions"][0]["TargetVersions"]
    search.upgrade_domain(DomainName="logs", TargetVersion=able[0], PerformCheckOnly=True)
    aws.advance(hours=1)
    aws.expect("only checked", _status(search)["EngineVersion"], "OpenSearch_2.11")
    search.upgrade_domain(DomainName="logs", TargetVersion=able[0])
    aws.advance(hours=4)
    aws.expect("upgraded", _status(search)["EngineVersion"], able[0])
    aws.expect("upgrade", search.get_upgrade_status(DomainName="logs")["StepStatus"], "SUCCEEDED")
    aws.expect("history", len(search.get_upgrade_history(DomainName="logs")["UpgradeHistories"]) >= 1)
    aws.refused("ValidationException", lambda: search.upgrade_domain(DomainName="logs", TargetVersion="OpenSearch_1.0"))


def _software(aws, search):
    options = _status(search)["ServiceSoftwareOptions"]
    if not options["UpdateAvailable"]:
        aws.refused("ValidationException", lambda: search.start_service_software_update(DomainName="logs"))
        aws.refused("ValidationException", lambda: search.cancel_service_software_update(DomainName="logs"))
        return
    search.start_service_software_update(DomainName="logs")
    search.cancel_service_software_update(DomainName="logs")
    search.start_service_software_update(DomainName="logs")
    aws.advance(hours=4)
    aws.expect("software", _status(search)["ServiceSoftwareOptions"]["UpdateStatus"], "COMPLETED")
