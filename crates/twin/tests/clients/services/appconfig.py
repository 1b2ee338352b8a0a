"""Applications, configurations that are deployed little by little, and their readers."""

import json


def check(aws):
    appconfig, data = aws.client("appconfig"), aws.client("appconfigdata")
    application = appconfig.create_application(Name="shop", Tags={"team": "a"})["Id"]
    appconfig.update_application(ApplicationId=application, Description="the shop")
    aws.expect("application", appconfig.get_application(ApplicationId=application)["Description"], "the shop")
    aws.expect("applications", [one["Id"] for one in appconfig.list_applications()["Items"]], [application])
    of = {"ApplicationId": application}
    environment = environments(aws, appconfig, of)
    profile = profiles(aws, appconfig, of)
    strategy = strategies(aws, appconfig)
    tags(aws, appconfig, application, environment)
    here = {"EnvironmentId": environment, **of}
    deployments(aws, appconfig, data, here, profile, strategy)
    alarms(aws, appconfig, here, profile)
    flags(aws, appconfig, data, here)
    ends(aws, appconfig, here, profile, strategy)


def environments(aws, appconfig, of):
    environment = appconfig.create_environment(Name="production", **of)
    aws.expect("state", environment["State"], "READY_FOR_DEPLOYMENT")
    alarm = [{"AlarmArn": f"arn:aws:cloudwatch:{aws.region}:{aws.management}:alarm:none"}]
    aws.refused("BadRequestException", appconfig.create_environment, Name="x", Monitors=alarm, **of)
    appconfig.update_environment(EnvironmentId=environment["Id"], Description="live", **of)
    aws.expect("one", appconfig.get_environment(EnvironmentId=environment["Id"], **of)["Description"], "live")
    aws.expect("all", len(appconfig.list_environments(**of)["Items"]), 1)
    return environment["Id"]


def profiles(aws, appconfig, of):
    schema = {"type": "object", "required": ["limit"], "properties": {"limit": {"type": "integer", "maximum": 9}}}
    validators = [{"Type": "JSON_SCHEMA", "Content": json.dumps(schema)}]
    made = appconfig.create_configuration_profile(Name="limits", LocationUri="hosted", Validators=validators, **of)
    aws.expect("type", made["Type"], "AWS.Freeform")
    aws.refused("BadRequestException", appconfig.create_configuration_profile, Name="x", LocationUri="ssm-parameter://x", **of)
    at = {"ConfigurationProfileId": made["Id"], **of}
    appconfig.update_configuration_profile(Description="how much", **at)
    aws.expect("profile", appconfig.get_configuration_profile(**at)["Description"], "how much")
    listed = appconfig.list_configuration_profiles(**of)["Items"]
    aws.expect("profiles", listed[0]["ValidatorTypes"], ["JSON_SCHEMA"])
    put = appconfig.create_hosted_configuration_version
    aws.refused("BadRequestException", put, Content=b'{"limit": 10}', ContentType="application/json", **at)
    first = put(Content=b'{"limit": 1}', ContentType="application/json", VersionLabel="one", **at)
    aws.expect("content", (first["VersionNumber"], first["Content"].read()), (1, b'{"limit": 1}'))
    aws.refused("ConflictException", put, Content=b'{"limit": 2}', ContentType="application/json", LatestVersionNumber=7, **at)
    put(Content=b'{"limit": 2}', ContentType="application/json", LatestVersionNumber=1, **at)
    put(Content=b'{"limit": 3}', ContentType="application/json", **at)
    numbers = [one["VersionNumber"] for one in appconfig.list_hosted_configuration_versions(**at)["Items"]]
    aws.expect("versions", numbers, [3, 2, 1])
    appconfig.delete_hosted_configuration_version(VersionNumber=3, **at)
    aws.refused("ResourceNotFoundException", appconfig.get_hosted_configuration_version, VersionNumber=3, **at)
    found = appconfig.get_hosted_configuration_version(VersionNumber=2, **at)
    aws.expect("version", found["Content"].read(), b'{"limit": 2}')
    appconfig.validate_configuration(ConfigurationVersion="2", **at)
    return made["Id"]


def strategies(aws, appconfig):
    made = appconfig.create_deployment_strategy(
        Name="slow", DeploymentDurationInMinutes=10, GrowthFactor=50, FinalBakeTimeInMinutes=5, ReplicateTo="NONE"
    )
    aws.expect("growth", (made["GrowthType"], made["GrowthFactor"]), ("LINEAR", 50.0))
    changed = appconfig.update_deployment_strategy(DeploymentStrategyId=made["Id"], GrowthFactor=25)
    aws.expect("changed", changed["GrowthFactor"], 25.0)
    aws.expect("strategy", appconfig.get_deployment_strategy(DeploymentStrategyId=made["Id"])["Name"], "slow")
    names = [one["Name"] for one in appconfig.list_deployment_strategies()["Items"]]
    aws.expect("strategies", (names[0], len(names)), ("AppConfig.AllAtOnce", 5))
    aws.refused("BadRequestException", appconfig.delete_deployment_strategy, DeploymentStrategyId="AppConfig.AllAtOnce")
    return made["Id"]


def tags(aws, appconfig, application, environment):
    arn = f"arn:aws:appconfig:{aws.region}:{aws.management}:application/{application}"
    for one in (arn, f"{arn}/environment/{environment}"):
        appconfig.tag_resource(ResourceArn=one, Tags={"b": "c"})
        appconfig.untag_resource(ResourceArn=one, TagKeys=["team"])
        aws.expect("tags", appconfig.list_tags_for_resource(ResourceArn=one)["Tags"], {"b": "c"})


def deployments(aws, appconfig, data, here, profile, strategy):
    def start(version, by=strategy):
        return appconfig.start_deployment(
            ConfigurationProfileId=profile, ConfigurationVersion=version, DeploymentStrategyId=by, **here
        )["DeploymentNumber"]

    def state(number):
        found = appconfig.get_deployment(DeploymentNumber=number, **here)
        return found["State"], found["PercentageComplete"]

    number = start("one", "AppConfig.AllAtOnce")
    aws.refused("ConflictException", start, version="2")
    aws.advance(minutes=1)
    aws.expect("bakes", state(number), ("BAKING", 100.0))
    aws.advance(minutes=11)
    aws.expect("complete", state(number), ("COMPLETE", 100.0))
    session = data.start_configuration_session(
        ApplicationIdentifier="shop", EnvironmentIdentifier="production", ConfigurationProfileIdentifier="limits"
    )
    token = session["InitialConfigurationToken"]
    found = data.get_latest_configuration(ConfigurationToken=token)
    aws.expect("read", found["Configuration"].read(), b'{"limit": 1}')
    aws.refused("BadRequestException", data.get_latest_configuration, ConfigurationToken=token)
    token = found["NextPollConfigurationToken"]
    number = start("2")
    aws.advance(minutes=6)
    aws.expect("half", state(number), ("DEPLOYING", 50.0))
    aws.advance(minutes=10)
    aws.expect("all", state(number), ("COMPLETE", 100.0))
    found = data.get_latest_configuration(ConfigurationToken=token)
    aws.expect("read again", found["Configuration"].read(), b'{"limit": 2}')
    found = data.get_latest_configuration(ConfigurationToken=found["NextPollConfigurationToken"])
    aws.expect("nothing new", found["Configuration"].read(), b"")
    old = appconfig.get_configuration(Application="shop", Environment="production", Configuration="limits", ClientId="c")
    aws.expect("the old way", (old["ConfigurationVersion"], old["Content"].read()), ("2", b'{"limit": 2}'))
    appconfig.stop_deployment(DeploymentNumber=number, AllowRevert=True, **here)
    aws.expect("reverted", state(number)[0], "REVERTED")
    old = appconfig.get_configuration(Application="shop", Environment="production", Configuration="limits", ClientId="c")
    aws.expect("what was before", old["ConfigurationVersion"], "1")
    number = start("2")
    appconfig.stop_deployment(DeploymentNumber=number, **here)
    aws.advance(minutes=1)
    aws.expect("stopped", state(number)[0], "ROLLED_BACK")
    aws.refused("BadRequestException", appconfig.stop_deployment, DeploymentNumber=number, **here)
    aws.expect("list", [one["DeploymentNumber"] for one in appconfig.list_deployments(**here)["Items"]], [3, 2, 1])


def alarms(aws, appconfig, here, profile):
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors", MetricName="Errors", Namespace="Shop", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )
    alarm = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["AlarmArn"]
    appconfig.update_environment(Monitors=[{"AlarmArn": alarm}], **here)
    number = appconfig.start_deployment(
        ConfigurationProfileId=profile, ConfigurationVersion="2",
        DeploymentStrategyId="AppConfig.Linear20PercentEvery6Minutes", **here,
    )["DeploymentNumber"]
    for _ in range(12):
        now = aws.now()
        cloudwatch.put_metric_data(
            Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 5, "Timestamp": now}]
        )
        aws.advance(minutes=1)
    found = appconfig.get_deployment(DeploymentNumber=number, **here)
    aws.expect("alarm", found["State"], "ROLLED_BACK")
    aws.expect("by", found["EventLog"][1]["TriggeredBy"], "CLOUDWATCH_ALARM")
    aws.expect("environment", appconfig.get_environment(**here)["State"], "ROLLED_BACK")
    appconfig.update_environment(Monitors=[], **here)


def flags(aws, appconfig, data, here):
    of = {"ApplicationId": here["ApplicationId"]}
    profile = appconfig.create_configuration_profile(
        Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags", **of
    )["Id"]
    at = {"ConfigurationProfileId": profile, **of}
    document = {
        "version": "1",
        "flags": {"new": {"name": "New", "attributes": {"size": {}}}, "old": {"name": "Old"}},
        "values": {"new": {"enabled": True, "size": 3}, "old": {"enabled": False}},
    }
    appconfig.create_hosted_configuration_version(
        Content=json.dumps(document).encode(), ContentType="application/json", **at
    )
    appconfig.start_deployment(
        ConfigurationProfileId=profile, ConfigurationVersion="1", DeploymentStrategyId="AppConfig.AllAtOnce", **here
    )
    aws.advance(minutes=15)
    token = data.start_configuration_session(
        ApplicationIdentifier=of["ApplicationId"], EnvironmentIdentifier=here["EnvironmentId"],
        ConfigurationProfileIdentifier=profile, RequiredMinimumPollIntervalInSeconds=60,
    )["InitialConfigurationToken"]
    found = data.get_latest_configuration(ConfigurationToken=token)
    served = json.loads(found["Configuration"].read())
    aws.expect("flags", served, {"new": {"enabled": True, "size": 3}, "old": {"enabled": False}})
    aws.refused(
        "BadRequestException", data.get_latest_configuration, ConfigurationToken=found["NextPollConfigurationToken"]
    )
    aws.refused(
        "BadRequestException", appconfig.delete_configuration_profile, DeletionProtectionCheck="APPLY", **at
    )
    appconfig.delete_hosted_configuration_version(VersionNumber=1, **at)
    appconfig.delete_configuration_profile(**at)


def ends(aws, appconfig, here, profile, strategy):
    of = {"ApplicationId": here["ApplicationId"]}
    at = {"ConfigurationProfileId": profile, **of}
    aws.refused("ConflictException", appconfig.delete_configuration_profile, **at)
    aws.refused("BadRequestException", appconfig.delete_application, **of)
    for number in (1, 2):
        appconfig.delete_hosted_configuration_version(VersionNumber=number, **at)
    appconfig.delete_configuration_profile(**at)
    appconfig.delete_environment(**here)
    appconfig.delete_deployment_strategy(DeploymentStrategyId=strategy)
    appconfig.delete_application(**of)
    aws.refused("ResourceNotFoundException", appconfig.get_application, **of)
