//! Tables and items.

use serde_json::{Value, json};

use crate::aws::Aws;

fn with_orders() -> Aws {
    let aws = Aws::small();
    aws.call("dynamodb", "CreateTable", json!({
        "TableName": "Orders", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
            {"AttributeName": "stage", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-stage", "Projection": {"ProjectionType": "KEYS_ONLY"},
            "KeySchema": [{"AttributeName": "stage", "KeyType": "HASH"}],
        }],
    }));
    aws.advance("PT10S");
    for (customer, number, stage) in
        [("ann", 10, "new"), ("ann", 9, "done"), ("ann", 100, "new"), ("bob", 1, "new")]
    {
        aws.call("dynamodb", "PutItem", json!({"TableName": "Orders", "Item": {
            "customer": {"S": customer}, "number": {"N": number.to_string()}, "stage": {"S": stage}, "total": {"N": "5"},
        }}));
    }
    aws
}

fn numbers(answer: &Value) -> Vec<&str> {
    answer["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["number"]["N"].as_str().unwrap())
        .collect()
}

#[test]
fn a_new_table_is_active_after_some_seconds() {
    let aws = Aws::small();
    let made = aws.call(
        "dynamodb",
        "CreateTable",
        json!({
            "TableName": "Things", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }),
    );
    assert_eq!(made["TableDescription"]["TableStatus"], "CREATING");
    let early = json!({"TableName": "Things", "Item": {"id": {"S": "a"}}});
    assert_eq!(aws.refused("dynamodb", "PutItem", early.clone()), "ResourceNotFoundException");
    aws.advance("PT1M");
    aws.call("dynamodb", "PutItem", early);
    aws.call("dynamodb", "DeleteTable", json!({"TableName": "Things"}));
    aws.advance("PT1M");
    assert_eq!(
        aws.refused("dynamodb", "DescribeTable", json!({"TableName": "Things"})),
        "ResourceNotFoundException"
    );
}

#[test]
fn a_query_sorts_numbers_as_numbers_and_pages() {
    let aws = with_orders();
    let query = |extra: Value| {
        let mut input = json!({"TableName": "Orders", "KeyConditionExpression": "customer = :c AND #n > :n",
            "ExpressionAttributeNames": {"#n": "number"},
            "ExpressionAttributeValues": {":c": {"S": "ann"}, ":n": {"N": "1"}}});
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        aws.call("dynamodb", "Query", input)
    };
    assert_eq!(numbers(&query(json!({}))), ["9", "10", "100"]);
    assert_eq!(numbers(&query(json!({"ScanIndexForward": false}))), ["100", "10", "9"]);
    let first = query(json!({"Limit": 2}));
    let rest = query(json!({"Limit": 2, "ExclusiveStartKey": first["LastEvaluatedKey"]}));
    assert_eq!((numbers(&first), numbers(&rest)), (vec!["9", "10"], vec!["100"]));
}

#[test]
fn an_index_shows_what_it_projects() {
    let aws = with_orders();
    let answer = aws.call(
        "dynamodb",
        "Query",
        json!({"TableName": "Orders", "IndexName": "by-stage",
        "KeyConditionExpression": "stage = :s", "ExpressionAttributeValues": {":s": {"S": "new"}}}),
    );
    assert_eq!(answer["Count"], 3);
    assert!(answer["Items"][0].get("total").is_none());
}

#[test]
fn a_condition_that_does_not_hold_refuses_the_write() {
    let aws = with_orders();
    let put = json!({"TableName": "Orders", "Item": {"customer": {"S": "ann"}, "number": {"N": "9"}},
        "ConditionExpression": "attribute_not_exists(customer)"});
    assert_eq!(aws.refused("dynamodb", "PutItem", put), "ConditionalCheckFailedException");
    let updated = aws.call(
        "dynamodb",
        "UpdateItem",
        json!({"TableName": "Orders",
        "Key": {"customer": {"S": "ann"}, "number": {"N": "9"}}, "ReturnValues": "UPDATED_NEW",
        "UpdateExpression": "ADD #t :one", "ExpressionAttributeNames": {"#t": "total"},
        "ExpressionAttributeValues": {":one": {"N": "1.5"}}}),
    );
    assert_eq!(updated["Attributes"], json!({"total": {"N": "6.5"}}));
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    let aws = with_orders();
    let key = |number: &str| json!({"customer": {"S": "ann"}, "number": {"N": number}});
    let items = json!([
        {"Delete": {"TableName": "Orders", "Key": key("9")}},
        {"ConditionCheck": {"TableName": "Orders", "Key": key("77"), "ConditionExpression": "attribute_exists(customer)"}},
    ]);
    let (code, message) = aws
        .try_call("dynamodb", "TransactWriteItems", json!({"TransactItems": items}))
        .unwrap_err();
    assert_eq!(code, "TransactionCanceledException");
    assert!(message.ends_with("[None, ConditionalCheckFailed]"), "{message}");
    let kept = aws.call("dynamodb", "GetItem", json!({"TableName": "Orders", "Key": key("9")}));
    assert_eq!(kept["Item"]["stage"]["S"], "done");
}

#[test]
fn items_whose_time_is_over_go_away() {
    let aws = with_orders();
    aws.call(
        "dynamodb",
        "UpdateTimeToLive",
        json!({"TableName": "Orders",
        "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "until"}}),
    );
    let second = 1_772_355_600 + 600;
    aws.call(
        "dynamodb",
        "PutItem",
        json!({"TableName": "Orders", "Item": {
        "customer": {"S": "zoe"}, "number": {"N": "1"}, "until": {"N": second.to_string()}}}),
    );
    aws.advance("PT2H");
    let scan = aws.call("dynamodb", "Scan", json!({"TableName": "Orders", "Select": "COUNT"}));
    assert_eq!(scan["Count"], 4);
}

#[test]
fn a_table_is_restored_with_its_items() {
    let aws = with_orders();
    let backup = aws.call(
        "dynamodb",
        "CreateBackup",
        json!({"TableName": "Orders", "BackupName": "before"}),
    );
    let arn = &backup["BackupDetails"]["BackupArn"];
    aws.advance("PT5M");
    aws.call(
        "dynamodb",
        "RestoreTableFromBackup",
        json!({"TargetTableName": "Orders2", "BackupArn": arn}),
    );
    aws.advance("PT10M");
    let table = aws.call("dynamodb", "DescribeTable", json!({"TableName": "Orders2"}));
    assert_eq!(
        (&table["Table"]["TableStatus"], &table["Table"]["ItemCount"]),
        (&json!("ACTIVE"), &json!(4))
    );
}

fn table(aws: &Aws, session: &crate::world::Session) {
    let input = json!({
        "TableName": "Shared", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    });
    aws.call_as(session, "dynamodb", "CreateTable", input).unwrap();
    aws.advance("PT1M");
}

#[test]
fn the_arn_of_a_table_elsewhere_is_not_taken_for_a_table_here() {
    let aws = Aws::small();
    table(&aws, &crate::world::Session::user(crate::world::ACCOUNT));
    for elsewhere in [
        "arn:aws:dynamodb:eu-west-1:444455556666:table/Shared",
        "arn:aws:dynamodb:us-east-1:111122223333:table/Shared",
    ] {
        let put = json!({"TableName": elsewhere, "Item": {"id": {"S": "a"}}});
        let code = aws.refused("dynamodb", "PutItem", put);
        assert!(code == "AccessDeniedException" || code == "ResourceNotFoundException", "{code}");
    }
    let here = json!({"TableName": "arn:aws:dynamodb:eu-west-1:111122223333:table/Shared"});
    assert_eq!(aws.call("dynamodb", "Scan", here)["Count"], 0);
}

#[test]
fn the_policy_of_a_table_is_enforced() {
    let aws = Aws::small();
    table(&aws, &crate::world::Session::user(crate::world::ACCOUNT));
    let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/Shared";
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":["dynamodb:PutItem","dynamodb:BatchWriteItem"],"Resource":"*"}}"#;
    aws.call("dynamodb", "PutResourcePolicy", json!({"ResourceArn": arn, "Policy": policy}));
    let item = json!({"id": {"S": "a"}});
    let put = json!({"TableName": "Shared", "Item": item});
    assert_eq!(aws.refused("dynamodb", "PutItem", put), "AccessDeniedException");
    let batch = json!({"RequestItems": {"Shared": [{"PutRequest": {"Item": item}}]}});
    assert_eq!(aws.refused("dynamodb", "BatchWriteItem", batch), "AccessDeniedException");
    assert_eq!(aws.call("dynamodb", "Scan", json!({"TableName": "Shared"}))["Count"], 0);
}
