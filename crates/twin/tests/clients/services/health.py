"""Health: an outage that begins and ends, work that AWS will do, and who may see what of whom."""

import datetime
import json

from services.events import drain, queue

OUTAGE, RETIREMENT, NOTICE = "AWS_EC2_OPERATIONAL_ISSUE", "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED", "AWS_RDS_SECURITY_NOTIFICATION"
FIRST, SECOND = "i-0a000000000000001", "i-0a000000000000002"


def check(aws):
    fresh = lambda: aws.client("health", account=aws.production, region="us-east-1")
    health = fresh()
    told = queue(aws, aws.client("sqs", account=aws.production), "health", aws.production)
    _listen(aws, told)
    _before(aws, health)
    aws.advance(minutes=15)
    _outage(aws, health)
    aws.advance(minutes=50)
    # The credentials of a role last an hour.
    _events(aws, fresh())
    _organization(aws)
    aws.advance(hours=2)
    _after(aws, told)


def _codes(answer):
    return [event["eventTypeCode"] for event in answer["events"]]


def _listen(aws, told):
    events = aws.client("events", account=aws.production)
    events.put_rule(Name="health", EventPattern=json.dumps({"source": ["aws.health"], "detail-type": ["AWS Health Event"]}))
    events.put_targets(Rule="health", Targets=[{"Id": "queue", "Arn": told[1]}])


def _before(aws, health):
    aws.expect("nothing yet", health.describe_events()["events"], [])
    aws.expect("no aggregates", health.describe_event_aggregates(aggregateField="eventTypeCategory")["eventAggregates"], [])
    types = [one for page in health.get_paginator("describe_event_types").paginate(
        filter={"services": ["EC2"]}, PaginationConfig={"PageSize": 10}) for one in page["eventTypes"]]
    aws.expect("what may come", {OUTAGE, RETIREMENT} <= {one["code"] for one in types})
    aws.expect("of one service", {one["service"] for one in types}, {"EC2"})
    arn = "arn:aws:health:us-east-1::event/EC2/NONE/NONE_1"
    failed = health.describe_event_details(eventArns=[arn])
    aws.expect("no such event", (failed["successfulSet"], [one["eventArn"] for one in failed["failedSet"]]), ([], [arn]))
    aws.expect("affects nothing", health.describe_affected_entities(filter={"eventArns": [arn]})["entities"], [])
    aws.refused("ValidationException", health.describe_events, filter={"eventStatusCodes": ["over"]})
    aws.refused("InvalidPaginationToken", health.describe_events, nextToken="nonsense")


def _outage(aws, health):
    event = health.describe_events(filter={"eventStatusCodes": ["open"]})["events"][0]
    facts = (event["service"], event["eventTypeCode"], event["eventTypeCategory"], event["region"], event["statusCode"])
    aws.expect("outage", facts, ("EC2", OUTAGE, "issue", aws.region, "open"))
    aws.expect("since five minutes", aws.now() - event["startTime"] < datetime.timedelta(minutes=10))
    detail = health.describe_event_details(eventArns=[event["arn"]])["successfulSet"][0]
    aws.expect("described", (detail["event"]["arn"], detail["eventDescription"]["latestDescription"]),
               (event["arn"], "Machines lose their network."))
    named = {"eventArns": [event["arn"]]}
    pages = health.get_paginator("describe_affected_entities").paginate(filter=named, PaginationConfig={"PageSize": 10})
    affected = [one for page in pages for one in page["entities"]]
    aws.expect("affected", sorted(one["entityValue"] for one in affected), [FIRST, SECOND])
    aws.expect("of the account", {one["awsAccountId"] for one in affected}, {aws.production})
    counted = health.describe_entity_aggregates(eventArns=[event["arn"]])["entityAggregates"]
    aws.expect("counted", [(one["eventArn"], one["count"]) for one in counted], [(event["arn"], 2)])


def _events(aws, health):
    aws.expect("newest first", _codes(health.describe_events()), [RETIREMENT, OUTAGE])
    for what, chosen, expected in (
        ("issues", {"eventTypeCategories": ["issue"]}, [OUTAGE]),
        ("of a machine", {"entityValues": [FIRST]}, [OUTAGE]),
        ("of another service", {"services": ["RDS"]}, []),
        ("of another Region", {"regions": ["us-east-1"]}, []),
        ("of a type", {"eventTypeCodes": [RETIREMENT]}, [RETIREMENT]),
        ("of yesterday", {"startTimes": [{"to": aws.now() - datetime.timedelta(days=1)}]}, []),
    ):
        aws.expect(what, _codes(health.describe_events(filter=chosen)), expected)
    planned = health.describe_events(filter={"eventTypeCodes": [RETIREMENT]})["events"][0]
    aws.expect("for two weeks", planned["endTime"] - planned["startTime"], datetime.timedelta(days=14))
    counts = health.describe_event_aggregates(aggregateField="eventTypeCategory")["eventAggregates"]
    aws.expect("aggregates", {one["aggregateValue"]: one["count"] for one in counts}, {"issue": 1, "scheduledChange": 1})


def _organization(aws):
    """The management account sees everybody's events once it asked to; members only their own."""
    health = aws.client("health", region="us-east-1")
    aws.expect("none of its own", health.describe_events()["events"], [])
    aws.refused("ValidationException", health.describe_events_for_organization)
    health.enable_health_service_access_for_organization()
    status = health.describe_health_service_status_for_organization()
    aws.expect("organizational view", status["healthServiceAccessStatusForOrganization"], "ENABLED")
    found = {event["eventTypeCode"]: event["arn"] for event in health.describe_events_for_organization()["events"]}
    aws.expect("of everybody", set(found), {OUTAGE, RETIREMENT, NOTICE})
    closed = health.describe_events_for_organization(filter={"eventStatusCodes": ["closed"]})["events"]
    aws.expect("of last week", [event["eventTypeCode"] for event in closed], [NOTICE])
    of_staging = health.describe_events_for_organization(filter={"awsAccountIds": [aws.staging]})["events"]
    aws.expect("of one account", [event["eventTypeCode"] for event in of_staging], [NOTICE])
    accounts = health.describe_affected_accounts_for_organization(eventArn=found[OUTAGE])["affectedAccounts"]
    aws.expect("affected accounts", accounts, [aws.production])
    asked = {"eventArn": found[OUTAGE], "awsAccountId": aws.production}
    details = health.describe_event_details_for_organization(organizationEventDetailFilters=[asked])
    aws.expect("details", [one["event"]["eventTypeCode"] for one in details["successfulSet"]], [OUTAGE])
    entities = health.describe_affected_entities_for_organization(organizationEntityFilters=[asked])["entities"]
    aws.expect("entities", sorted(one["entityValue"] for one in entities), [FIRST, SECOND])
    member = aws.client("health", account=aws.production, region="us-east-1")
    aws.refused("AccessDeniedException", member.describe_events_for_organization)
    health.disable_health_service_access_for_organization()
    aws.refused("ValidationException", health.describe_events_for_organization)


def _after(aws, told):
    health = aws.client("health", account=aws.production, region="us-east-1")
    over = health.describe_events(filter={"eventTypeCodes": [OUTAGE]})["events"][0]
    aws.expect("the outage is over", (over["statusCode"], over["endTime"] - over["startTime"]), ("closed", datetime.timedelta(hours=2)))
    details = [json.loads(body)["detail"] for body in drain(aws.client("sqs", account=aws.production), told[0])]
    heard = {(detail["eventTypeCode"], detail["statusCode"]) for detail in details}
    aws.expect("told", {(OUTAGE, "open"), (OUTAGE, "closed")} <= heard)
