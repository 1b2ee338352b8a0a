"""Health: nothing has happened, and who may ask about everybody."""


def check(aws):
    health = aws.client("health", region="us-east-1")
    health.describe_events(filter={"eventStatusCodes": ["open"]})
    health.describe_event_aggregates(aggregateField="eventTypeCategory")
    health.describe_event_types(filter={"services": ["EC2"]})
    arn = "arn:aws:health:us-east-1::event/EC2/NONE/NONE_1"
    details = health.describe_event_details(eventArns=[arn])
    aws.expect("no such event", len(details["failedSet"]), 1)
    health.describe_affected_entities(filter={"eventArns": [arn]})
    health.describe_entity_aggregates(eventArns=[arn])
    aws.refused("ValidationException", health.describe_events_for_organization)
    health.enable_health_service_access_for_organization()
    status = health.describe_health_service_status_for_organization()
    aws.expect("organizational view", status["healthServiceAccessStatusForOrganization"], "ENABLED")
    health.describe_events_for_organization()
    health.describe_affected_accounts_for_organization(eventArn=arn)
    health.describe_event_details_for_organization(organizationEventDetailFilters=[{"eventArn": arn}])
    health.describe_affected_entities_for_organization(organizationEntityFilters=[{"eventArn": arn}])
    health.disable_health_service_access_for_organization()
    member = aws.client("health", account=aws.production, region="us-east-1")
    aws.refused("AccessDeniedException", member.describe_events_for_organization)
