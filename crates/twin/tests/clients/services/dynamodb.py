"""DynamoDB: tables, items, conditions, batches, transactions, expiry, backups."""

TABLE = "Orders"


def check(aws):
    db = aws.client("dynamodb")
    arn = _table(aws, db)
    _settings(aws, db, arn)
    _items(aws, db)
    _queries(aws, db)
    _batches(aws, db)
    _transactions(aws, db)
    _expiry(aws, db)
    _backups(aws, db)
    _end(aws, db)


def _definition(name):
    return {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("sk", "N"), ("stage", "S"))],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "stage", "KeySchema": [{"AttributeName": "stage", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    }


def _status(db, name=TABLE):
    return db.describe_table(TableName=name)["Table"]["TableStatus"]


def _table(aws, db):
    made = db.create_table(**_definition(TABLE), Tags=[{"Key": "team", "Value": "sales"}])["TableDescription"]
    arn = f"arn:aws:dynamodb:{aws.region}:{aws.management}:table/{TABLE}"
    aws.expect("made", (made["TableStatus"], made["TableArn"]), ("CREATING", arn))
    aws.refused("ResourceInUseException", db.create_table, **_definition(TABLE))
    aws.refused("ResourceNotFoundException", db.put_item, TableName=TABLE, Item={"pk": {"S": "a"}, "sk": {"N": "1"}})
    aws.refused("ResourceInUseException", db.delete_table, TableName=TABLE)
    aws.refused("ValidationException", db.create_table, **{**_definition("ab"), "TableName": "ab"})
    aws.refused("ValidationException", db.create_table, **{**_definition("Unused"), "AttributeDefinitions": []})
    aws.advance(minutes=1)
    shown = db.describe_table(TableName=arn)["Table"]
    aws.expect("active", (shown["TableStatus"], shown["GlobalSecondaryIndexes"][0]["IndexStatus"]), ("ACTIVE", "ACTIVE"))
    aws.expect("empty", (shown["ItemCount"], shown["BillingModeSummary"]["BillingMode"]), (0, "PAY_PER_REQUEST"))
    aws.refused("ResourceNotFoundException", db.describe_table, TableName="None")
    foreign = arn.replace(aws.management, aws.production)
    aws.refused("AccessDeniedException", db.describe_table, TableName=foreign)
    for name in ("Alpha", "Beta"):
        db.create_table(**_definition(name))
    pages = db.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    aws.expect("tables", [page["TableNames"] for page in pages], [["Alpha", "Beta"], [TABLE]])
    aws.advance(minutes=1)
    for name in ("Alpha", "Beta"):
        db.delete_table(TableName=name)
    aws.expect("going", _status(db, "Alpha"), "DELETING")
    aws.advance(minutes=1)
    aws.refused("ResourceNotFoundException", db.describe_table, TableName="Alpha")
    return arn


def _settings(aws, db, arn):
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    tags = db.list_tags_of_resource(ResourceArn=arn)["Tags"]
    aws.expect("tags", {tag["Key"]: tag["Value"] for tag in tags}, {"team": "sales", "a": "b"})
    db.untag_resource(ResourceArn=arn, TagKeys=["a"])
    found = aws.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["dynamodb:table"])["ResourceTagMappingList"]
    aws.expect("tagged", [(one["ResourceARN"], one["Tags"]) for one in found], [(arn, [{"Key": "team", "Value": "sales"}])])
    changed = db.update_table(TableName=TABLE, DeletionProtectionEnabled=True)["TableDescription"]
    aws.expect("protected", changed["DeletionProtectionEnabled"])
    aws.advance(minutes=1)
    aws.refused("ValidationException", db.delete_table, TableName=TABLE)
    aws.expect("limits", db.describe_limits()["TableMaxReadCapacityUnits"], 40000)
    aws.expect("endpoints", len(db.describe_endpoints()["Endpoints"]), 1)
    deny = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "dynamodb:DeleteItem", "Resource": "*"}]}'
    aws.refused("PolicyNotFoundException", db.get_resource_policy, ResourceArn=arn)
    db.put_resource_policy(ResourceArn=arn, Policy=deny)
    aws.expect("policy", db.get_resource_policy(ResourceArn=arn)["Policy"], deny)
    aws.refused("AccessDeniedException", db.delete_item, TableName=TABLE, Key=_key(1))
    db.delete_resource_policy(ResourceArn=arn)
    aws.refused("PolicyNotFoundException", db.get_resource_policy, ResourceArn=arn)


def _key(number, owner="ann"):
    return {"pk": {"S": owner}, "sk": {"N": str(number)}}


def _items(aws, db):
    for number in (1, 2, 10):
        put = db.put_item(TableName=TABLE, Item={**_key(number), "stage": {"S": "new"}}, ReturnConsumedCapacity="TOTAL")
        aws.expect("capacity", put["ConsumedCapacity"]["TableName"], TABLE)
    aws.expect("read", db.get_item(TableName=TABLE, Key=_key(1), ConsistentRead=True)["Item"], {**_key(1), "stage": {"S": "new"}})
    aws.expect("nothing", "Item" in db.get_item(TableName=TABLE, Key=_key(99)), False)
    part = db.get_item(TableName=TABLE, Key=_key(1), ProjectionExpression="#s", ExpressionAttributeNames={"#s": "stage"})
    aws.expect("a part", part["Item"], {"stage": {"S": "new"}})
    update = lambda expression, **more: db.update_item(TableName=TABLE, Key=_key(1), UpdateExpression=expression, **more)
    three = {":a": {"N": "3"}}
    new = update("SET amount = :a", ExpressionAttributeValues=three, ReturnValues="ALL_NEW")["Attributes"]
    aws.expect("all new", new, {**_key(1), "stage": {"S": "new"}, "amount": {"N": "3"}})
    added = update("SET amount = amount + :a, tags = list_append(if_not_exists(tags, :none), :one)", ReturnValues="UPDATED_NEW",
                   ExpressionAttributeValues={**three, ":none": {"L": []}, ":one": {"L": [{"S": "x"}]}})["Attributes"]
    aws.expect("computed", added, {"amount": {"N": "6"}, "tags": {"L": [{"S": "x"}]}})
    old = update("REMOVE tags", ReturnValues="UPDATED_OLD")["Attributes"]
    aws.expect("removed", old, {"tags": {"L": [{"S": "x"}]}})
    aws.refused("ValidationException", update, expression="SET pk = :a", ExpressionAttributeValues={":a": {"S": "bob"}})
    aws.refused("ValidationException", update, expression="SET amount = :b", ExpressionAttributeValues=three)
    aws.refused("ValidationException", update, expression="SET status = :a", ExpressionAttributeValues=three)
    aws.refused("ConditionalCheckFailedException", update, expression="SET amount = :a", ConditionExpression="amount < :a",
                ExpressionAttributeValues=three)
    aws.refused("ConditionalCheckFailedException", db.put_item,
                TableName=TABLE, Item=_key(1), ConditionExpression="attribute_not_exists(pk)")
    for wrong in ({"pk": {"S": "ann"}}, {"pk": {"N": "1"}, "sk": {"N": "1"}}, {"pk": {"S": ""}, "sk": {"N": "1"}}):
        aws.refused("ValidationException", db.put_item, TableName=TABLE, Item=wrong)
    gone = db.delete_item(TableName=TABLE, Key=_key(10), ReturnValues="ALL_OLD")["Attributes"]
    aws.expect("deleted", gone, {**_key(10), "stage": {"S": "new"}})
    aws.expect("deleted again", "Attributes" in db.delete_item(TableName=TABLE, Key=_key(10), ReturnValues="ALL_OLD"), False)


def _numbers(items):
    return [int(item["sk"]["N"]) for item in items]


def _queries(aws, db):
    for number in range(11, 16):
        db.put_item(TableName=TABLE, Item={**_key(number), "stage": {"S": "sent" if number % 2 else "new"}})
    query = lambda condition, values, **more: db.query(
        TableName=TABLE, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more)
    ann = {":p": {"S": "ann"}}
    aws.expect("in order", _numbers(query("pk = :p", ann)["Items"]), [1, 2, 11, 12, 13, 14, 15])
    aws.expect("backward", _numbers(query("pk = :p", ann, ScanIndexForward=False, Limit=2)["Items"]), [15, 14])
    between = {**ann, ":a": {"N": "2"}, ":b": {"N": "12"}}
    aws.expect("between", _numbers(query("pk = :p AND sk BETWEEN :a AND :b", between)["Items"]), [2, 11, 12])
    pages = db.get_paginator("query").paginate(
        TableName=TABLE, KeyConditionExpression="pk = :p", ExpressionAttributeValues=ann, PaginationConfig={"PageSize": 3})
    aws.expect("pages", [_numbers(page["Items"]) for page in pages if page["Items"]], [[1, 2, 11], [12, 13, 14], [15]])
    sent = {":s": {"S": "sent"}}
    found = query("stage = :s", sent, IndexName="stage")["Items"]
    aws.expect("by index", sorted(_numbers(found)), [11, 13, 15])
    filtered = query("pk = :p", {**ann, **sent}, FilterExpression="stage = :s")
    aws.expect("filtered", (_numbers(filtered["Items"]), filtered["ScannedCount"]), ([11, 13, 15], 7))
    aws.expect("counted", (query("pk = :p", ann, Select="COUNT")["Count"]), 7)
    aws.refused("ValidationException", query, condition="sk = :p", values={":p": {"N": "1"}})
    aws.refused("ValidationException", query, condition="stage = :s", values=sent, IndexName="none")
    halves = [_numbers(db.scan(TableName=TABLE, TotalSegments=2, Segment=half)["Items"]) for half in (0, 1)]
    aws.expect("segments", sorted(halves[0] + halves[1]), [1, 2, 11, 12, 13, 14, 15])
    aws.refused("ValidationException", db.scan, TableName=TABLE, TotalSegments=2, Segment=2)


def _batches(aws, db):
    puts = [{"PutRequest": {"Item": _key(number, "bob")}} for number in (20, 21)]
    aws.expect("all written", db.batch_write_item(RequestItems={TABLE: puts})["UnprocessedItems"], {})
    found = db.batch_get_item(RequestItems={TABLE: {"Keys": [_key(20, "bob"), _key(21, "bob"), _key(22, "bob")]}})
    aws.expect("read", (sorted(_numbers(found["Responses"][TABLE])), found["UnprocessedKeys"]), ([20, 21], {}))
    many = [{"PutRequest": {"Item": _key(number)}} for number in range(100, 126)]
    aws.refused("ValidationException", db.batch_write_item, RequestItems={TABLE: many})
    aws.refused("ValidationException", db.batch_write_item, RequestItems={TABLE: puts[:1] * 2})
    aws.refused("ResourceNotFoundException", db.batch_get_item, RequestItems={"None": {"Keys": [_key(1)]}})
    fault = {"service": "dynamodb", "operation": "BatchWriteItem", "count": 1, "effect": {"partial-failure": 1}}
    aws.twin("POST", "faults", fault)
    left = db.batch_write_item(RequestItems={TABLE: [{"DeleteRequest": {"Key": _key(20, "bob")}}]})["UnprocessedItems"]
    aws.expect("to be tried again", left, {TABLE: [{"DeleteRequest": {"Key": _key(20, "bob")}}]})
    aws.expect("still there", "Item" in db.get_item(TableName=TABLE, Key=_key(20, "bob")))
    aws.twin("DELETE", "faults")


def _transactions(aws, db):
    got = db.transact_get_items(TransactItems=[{"Get": {"TableName": TABLE, "Key": _key(number, "bob")}} for number in (20, 99)])
    aws.expect("both", [one.get("Item") for one in got["Responses"]], [_key(20, "bob"), None])
    move = [{"Delete": {"TableName": TABLE, "Key": _key(20, "bob")}}, {"Put": {"TableName": TABLE, "Item": _key(30, "bob")}}]
    db.transact_write_items(TransactItems=move, ClientRequestToken="once")
    aws.expect("moved", ["Item" in db.get_item(TableName=TABLE, Key=_key(number, "bob")) for number in (20, 30)], [False, True])
    never = {"ConditionCheck": {"TableName": TABLE, "Key": _key(99), "ConditionExpression": "attribute_exists(pk)"}}
    aws.refused("TransactionCanceledException", db.transact_write_items,
                TransactItems=[{"Put": {"TableName": TABLE, "Item": _key(31, "bob")}}, never])
    aws.expect("all or nothing", "Item" in db.get_item(TableName=TABLE, Key=_key(31, "bob")), False)
    twice = [{"Put": {"TableName": TABLE, "Item": _key(1)}}, {"Delete": {"TableName": TABLE, "Key": _key(1)}}]
    aws.refused("ValidationException", db.transact_write_items, TransactItems=twice)


def _expiry(aws, db):
    aws.expect("not yet", db.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED")
    setting = {"Enabled": True, "AttributeName": "until"}
    aws.refused("ValidationException", db.update_time_to_live, TableName=TABLE, TimeToLiveSpecification={**setting, "Enabled": False})
    db.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=setting)
    soon = int(aws.now().timestamp()) + 3600
    db.put_item(TableName=TABLE, Item={**_key(40), "until": {"N": str(soon)}})
    db.put_item(TableName=TABLE, Item={**_key(41), "until": {"N": str(soon + 40 * 86400)}})
    aws.advance(hours=2)
    shown = db.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    aws.expect("enabled", shown, {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"})
    aws.advance(days=2)
    aws.expect("expired", ["Item" in db.get_item(TableName=TABLE, Key=_key(number)) for number in (40, 41)], [False, True])


def _count(db, name):
    return db.scan(TableName=name, Select="COUNT")["Count"]


def _backups(aws, db):
    before = _count(db, TABLE)
    aws.refused("TableNotFoundException", db.create_backup, TableName="None", BackupName="first")
    made = db.create_backup(TableName=TABLE, BackupName="first")["BackupDetails"]
    arn = made["BackupArn"]
    aws.expect("backup begins", (made["BackupStatus"], made["BackupType"]), ("CREATING", "USER"))
    aws.advance(minutes=5)
    aws.expect("backup", db.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"], "AVAILABLE")
    aws.expect("backups", [one["BackupArn"] for one in db.list_backups(TableName=TABLE)["BackupSummaries"]], [arn])
    aws.expect("of another table", db.list_backups(TableName="Other")["BackupSummaries"], [])
    aws.refused("PointInTimeRecoveryUnavailableException", db.restore_table_to_point_in_time,
                SourceTableName=TABLE, TargetTableName="Again", UseLatestRestorableTime=True)
    db.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    shown = db.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    aws.expect("continuous", shown["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")
    aws.advance(minutes=10)
    db.delete_item(TableName=TABLE, Key=_key(1))
    restored = db.restore_table_from_backup(TargetTableName="Restored", BackupArn=arn)["TableDescription"]
    aws.expect("restoring", (restored["TableStatus"], restored["RestoreSummary"]["RestoreInProgress"]), ("CREATING", True))
    aws.refused("TableAlreadyExistsException", db.restore_table_from_backup, TargetTableName=TABLE, BackupArn=arn)
    db.restore_table_to_point_in_time(SourceTableName=TABLE, TargetTableName="Again", UseLatestRestorableTime=True)
    aws.advance(minutes=20)
    aws.expect("restored", (_status(db, "Restored"), _count(db, "Restored"), _count(db, TABLE)), ("ACTIVE", before, before - 1))
    aws.expect("without tags", db.list_tags_of_resource(ResourceArn=db.describe_table(TableName="Restored")["Table"]["TableArn"])["Tags"], [])
    aws.expect("to a point in time", _status(db, "Again"), "ACTIVE")
    db.delete_backup(BackupArn=arn)
    aws.refused("BackupNotFoundException", db.describe_backup, BackupArn=arn)


def _end(aws, db):
    db.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
    aws.advance(minutes=1)
    for name in (TABLE, "Restored", "Again"):
        db.delete_table(TableName=name)
    aws.advance(minutes=1)
    aws.expect("none left", db.list_tables()["TableNames"], [])
    events = aws.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DeleteTable"}])
    aws.expect("recorded", len(events["Events"]) >= 5)
