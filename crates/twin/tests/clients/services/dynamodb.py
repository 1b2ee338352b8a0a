"""DynamoDB: tables, items, batches, transactions, backups."""

TABLE = "Orders"


def check(aws):
    db = aws.client("dynamodb")
    _table(aws, db)
    _items(aws, db)
    _batches(aws, db)
    _backups(aws, db)
    _end(aws, db)


def _table(aws, db):
    db.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("sk", "N"), ("stage", "S"))],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "stage", "KeySchema": [{"AttributeName": "stage", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
        Tags=[{"Key": "team", "Value": "sales"}],
    )
    aws.advance(minutes=1)
    arn = db.describe_table(TableName=TABLE)["Table"]["TableArn"]
    db.list_tables()
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    db.list_tags_of_resource(ResourceArn=arn)
    db.untag_resource(ResourceArn=arn, TagKeys=["a"])
    db.update_table(TableName=TABLE, DeletionProtectionEnabled=True)
    aws.advance(minutes=1)
    db.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    db.describe_time_to_live(TableName=TABLE)
    db.describe_limits()
    db.describe_endpoints()
    db.put_resource_policy(ResourceArn=arn, Policy='{"Version": "2012-10-17", "Statement": []}')
    db.get_resource_policy(ResourceArn=arn)
    db.delete_resource_policy(ResourceArn=arn)


def _key(number):
    return {"pk": {"S": "ann"}, "sk": {"N": str(number)}}


def _items(aws, db):
    for number in (1, 2, 10):
        db.put_item(TableName=TABLE, Item={**_key(number), "stage": {"S": "new"}}, ReturnConsumedCapacity="TOTAL")
    db.get_item(TableName=TABLE, Key=_key(1), ConsistentRead=True)
    db.update_item(
        TableName=TABLE, Key=_key(1), UpdateExpression="SET amount = :a", ExpressionAttributeValues={":a": {"N": "3"}},
        ReturnValues="ALL_NEW",
    )
    db.query(TableName=TABLE, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "ann"}}, Limit=2)
    db.query(
        TableName=TABLE, IndexName="stage", KeyConditionExpression="stage = :s",
        ExpressionAttributeValues={":s": {"S": "new"}},
    )
    db.scan(TableName=TABLE, TotalSegments=2, Segment=0)
    db.delete_item(TableName=TABLE, Key=_key(10), ReturnValues="ALL_OLD")
    aws.refused("ConditionalCheckFailedException", lambda: db.put_item(
        TableName=TABLE, Item=_key(1), ConditionExpression="attribute_not_exists(pk)"))


def _batches(aws, db):
    db.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": _key(n)}} for n in (20, 21)]})
    db.batch_get_item(RequestItems={TABLE: {"Keys": [_key(20), _key(21)]}})
    db.transact_get_items(TransactItems=[{"Get": {"TableName": TABLE, "Key": _key(20)}}])
    db.transact_write_items(TransactItems=[{"Delete": {"TableName": TABLE, "Key": _key(20)}}])


def _backups(aws, db):
    arn = db.create_backup(TableName=TABLE, BackupName="first")["BackupDetails"]["BackupArn"]
    aws.advance(minutes=5)
    db.describe_backup(BackupArn=arn)
    db.list_backups(TableName=TABLE)
    db.restore_table_from_backup(TargetTableName="Restored", BackupArn=arn)
    db.update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    db.describe_continuous_backups(TableName=TABLE)
    db.restore_table_to_point_in_time(
        SourceTableName=TABLE, TargetTableName="Again", UseLatestRestorableTime=True)
    db.delete_backup(BackupArn=arn)
    aws.advance(minutes=10)


def _end(aws, db):
    db.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
    aws.advance(minutes=1)
    for name in (TABLE, "Restored", "Again"):
        db.delete_table(TableName=name)
    aws.advance(minutes=1)
