//! Objects, and what buckets do with them.

use serde_json::{Value, json};

use crate::{
    aws::Aws,
    world::{ACCOUNT, Session, request},
};

fn bucket(aws: &Aws, name: &str) {
    let place = json!({"LocationConstraint": "eu-west-1"});
    aws.call("s3", "CreateBucket", json!({"Bucket": name, "CreateBucketConfiguration": place}));
}

fn status(aws: &Aws, operation: &str, input: Value) -> u16 {
    aws.twin().handle(request(&Session::user(ACCOUNT), "s3", operation, input)).status().as_u16()
}

#[test]
fn a_part_of_an_object_is_answered_as_a_part() {
    let aws = Aws::small();
    bucket(&aws, "parts");
    aws.call("s3", "PutObject", json!({"Bucket": "parts", "Key": "k", "Body": "MDEyMzQ1Njc4OQ=="}));
    let asked = |range: &str| json!({"Bucket": "parts", "Key": "k", "Range": range});
    for operation in ["GetObject", "HeadObject"] {
        assert_eq!(status(&aws, operation, json!({"Bucket": "parts", "Key": "k"})), 200);
        assert_eq!(status(&aws, operation, asked("bytes=2-4")), 206, "{operation}");
        let part = aws.call("s3", operation, asked("bytes=2-4"));
        assert_eq!(part["ContentRange"], "bytes 2-4/10");
        assert_eq!(part["ContentLength"], 3);
    }
    assert_eq!(status(&aws, "GetObject", asked("bytes=10-")), 416);
    assert_eq!(aws.refused("s3", "GetObject", asked("bytes=10-")), "InvalidRange");
}
