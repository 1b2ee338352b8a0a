"""Amazon Elasticsearch Service's older API: the same domains."""


def check(aws):
    es = aws.client("es")
    asked = {
        "DomainName": "logs", "ElasticsearchVersion": "7.10",
        "ElasticsearchClusterConfig": {"InstanceType": "m5.large.elasticsearch", "InstanceCount": 2},
        "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp2", "VolumeSize": 50},
    }
    aws.expect("made", es.create_elasticsearch_domain(**asked)["DomainStatus"]["Processing"])
    aws.refused("ResourceAlreadyExistsException", lambda: es.create_elasticsearch_domain(**asked))
    aws.advance(minutes=45)
    found = es.describe_elasticsearch_domain(DomainName="logs")["DomainStatus"]
    aws.expect("found", (found["Processing"], found["ElasticsearchVersion"]), (False, "7.10"))
    aws.expect("type", found["ElasticsearchClusterConfig"]["InstanceType"], "m5.large.elasticsearch")
    es.describe_elasticsearch_domains(DomainNames=["logs"])
    aws.expect("names", "logs" in [d["DomainName"] for d in es.list_domain_names()["DomainNames"]])
    es.add_tags(ARN=found["ARN"], TagList=[{"Key": "a", "Value": "b"}])
    aws.expect("tags", es.list_tags(ARN=found["ARN"])["TagList"], [{"Key": "a", "Value": "b"}])
    es.remove_tags(ARN=found["ARN"], TagKeys=["a"])
    es.update_elasticsearch_domain_config(
        DomainName="logs", ElasticsearchClusterConfig={"InstanceType": "m5.large.elasticsearch", "InstanceCount": 3})
    aws.advance(hours=2)
    config = es.describe_elasticsearch_domain_config(DomainName="logs")["DomainConfig"]
    aws.expect("instances", config["ElasticsearchClusterConfig"]["Options"]["InstanceCount"], 3)
    seen = aws.client("opensearch").describe_domain(DomainName="logs")["DomainStatus"]
    aws.expect("the newer API's name", seen["EngineVersion"], "Elasticsearch_7.10")
    if found["ServiceSoftwareOptions"]["UpdateAvailable"]:
        es.start_elasticsearch_service_software_update(DomainName="logs")
        es.cancel_elasticsearch_service_software_update(DomainName="logs")
    else:
        aws.refused("ValidationException", lambda: es.start_elasticsearch_service_software_update(DomainName="logs"))
        aws.refused("ValidationException", lambda: es.cancel_elasticsearch_service_software_update(DomainName="logs"))
    es.delete_elasticsearch_domain(DomainName="logs")
    aws.advance(hours=1)
    aws.refused("ResourceNotFoundException", lambda: es.describe_elasticsearch_domain(DomainName="logs"))
