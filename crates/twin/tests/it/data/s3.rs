//! Objects, and what buckets do with them.

use reeve_twin::Draft;
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

fn keys(aws: &Aws, bucket: &str) -> Vec<String> {
    let found = aws.call("s3", "ListObjectsV2", json!({"Bucket": bucket}));
    let contents = found["Contents"].as_array().cloned().unwrap_or_default();
    contents.iter().map(|one| one["Key"].as_str().unwrap().to_owned()).collect()
}

fn body(aws: &Aws, bucket: &str, key: &str) -> String {
    let input = json!({"Bucket": bucket, "Key": key});
    let response = aws.twin().handle(request(&Session::user(ACCOUNT), "s3", "GetObject", input));
    String::from_utf8_lossy(response.body()).into_owned()
}

fn put(aws: &Aws, bucket: &str, key: &str) -> String {
    let input = json!({"Bucket": bucket, "Key": key, "Body": "aGVsbG8=", "Tagging": "class=gold"});
    let made = aws.call("s3", "PutObject", input);
    made["VersionId"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn calls_to_a_bucket_are_delivered_as_its_access_log_every_hour() {
    let aws = Aws::small();
    bucket(&aws, "shop");
    bucket(&aws, "logs");
    let on = json!({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "shop/"}});
    aws.call("s3", "PutBucketLogging", json!({"Bucket": "shop", "BucketLoggingStatus": on}));
    put(&aws, "shop", "a b/c.txt");
    assert_eq!(
        aws.refused("s3", "GetObject", json!({"Bucket": "shop", "Key": "none"})),
        "NoSuchKey"
    );
    assert_eq!(keys(&aws, "logs"), Vec::<String>::new());
    aws.advance("PT1H");
    let delivered = keys(&aws, "logs");
    assert_eq!(delivered.len(), 1, "{delivered:?}");
    assert!(delivered[0].starts_with("shop/2026-03-01-10-00-00-"), "{delivered:?}");
    let log = body(&aws, "logs", &delivered[0]);
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 3, "{log}");
    assert!(lines[0].contains(" REST.PUT.LOGGING_STATUS - "), "{log}");
    assert!(lines[1].contains(" REST.PUT.OBJECT a%20b/c.txt "), "{log}");
    assert!(
        lines[2].contains(" REST.GET.OBJECT none \"GET /shop/none HTTP/1.1\" 404 NoSuchKey "),
        "{log}"
    );
    assert!(
        lines.iter().all(|line| line.split(" shop [01/Mar/2026:09:00:00 +0000] ").count() == 2)
    );
    // Nothing is delivered of an hour in which nothing was called, nor once it is off.
    aws.call("s3", "PutBucketLogging", json!({"Bucket": "shop", "BucketLoggingStatus": {}}));
    put(&aws, "shop", "later");
    aws.advance("PT3H");
    assert_eq!(keys(&aws, "logs").len(), 1);
}

#[test]
fn what_is_put_is_replicated_as_the_rules_say() {
    let aws = Aws::small();
    for name in ["source", "copy"] {
        bucket(&aws, name);
        let on = json!({"Bucket": name, "VersioningConfiguration": {"Status": "Enabled"}});
        aws.call("s3", "PutBucketVersioning", on);
    }
    put(&aws, "source", "in/before");
    let rules = json!({
        "Role": "arn:aws:iam::111122223333:role/replication",
        "Rules": [{
            "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": "in/"},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::copy", "StorageClass": "STANDARD_IA"},
        }],
    });
    let input = json!({"Bucket": "source", "ReplicationConfiguration": rules});
    aws.call("s3", "PutBucketReplication", input);
    let version = put(&aws, "source", "in/a");
    put(&aws, "source", "out/b");
    let status = |bucket: &str, key: &str| {
        let head = aws.call("s3", "HeadObject", json!({"Bucket": bucket, "Key": key}));
        head["ReplicationStatus"].clone()
    };
    assert_eq!(status("source", "in/a"), "PENDING");
    assert_eq!(keys(&aws, "copy"), Vec::<String>::new());
    aws.advance("PT1M");
    assert_eq!(keys(&aws, "copy"), ["in/a"]);
    assert_eq!(status("source", "in/a"), "COMPLETED");
    assert_eq!(status("source", "out/b"), Value::Null);
    let replica = aws.call("s3", "HeadObject", json!({"Bucket": "copy", "Key": "in/a"}));
    assert_eq!(replica["ReplicationStatus"], "REPLICA");
    assert_eq!(replica["VersionId"], version.as_str());
    assert_eq!(replica["StorageClass"], "STANDARD_IA");
    aws.call("s3", "DeleteObject", json!({"Bucket": "source", "Key": "in/a"}));
    aws.advance("PT1M");
    assert_eq!(keys(&aws, "copy"), ["in/a"]);
    // Where nothing can go, it fails.
    let off = json!({"Bucket": "copy", "VersioningConfiguration": {"Status": "Suspended"}});
    aws.call("s3", "PutBucketVersioning", off);
    put(&aws, "source", "in/c");
    aws.advance("PT1M");
    assert_eq!(status("source", "in/c"), "FAILED");
}

#[test]
fn an_inventory_is_delivered_every_day_with_its_manifest() {
    let aws = Aws::small();
    bucket(&aws, "shop");
    bucket(&aws, "lists");
    put(&aws, "shop", "a b");
    let configuration = |format: &str| {
        json!({
            "Id": "daily", "IsEnabled": true, "IncludedObjectVersions": "Current",
            "Schedule": {"Frequency": "Daily"}, "OptionalFields": ["Size", "StorageClass"],
            "Destination": {"S3BucketDestination": {
                "Bucket": "arn:aws:s3:::lists", "Format": format, "Prefix": "inventory",
            }},
        })
    };
    let input = |format: &str| json!({"Bucket": "shop", "Id": "daily", "InventoryConfiguration": configuration(format)});
    let refused = aws.refused("s3", "PutBucketInventoryConfiguration", input("ORC"));
    assert_eq!(refused, "NotImplemented");
    aws.call("s3", "PutBucketInventoryConfiguration", input("CSV"));
    aws.advance("P1D");
    let delivered = keys(&aws, "lists");
    assert_eq!(delivered.len(), 3, "{delivered:?}");
    let manifest = "inventory/shop/daily/2026-03-02T00-00Z/manifest.json";
    let manifest: Value = serde_json::from_str(&body(&aws, "lists", manifest)).unwrap();
    assert_eq!(manifest["fileSchema"], "Bucket, Key, Size, StorageClass");
    assert!(delivered.contains(&manifest["files"][0]["key"].as_str().unwrap().to_owned()));
    aws.advance("P1D");
    assert_eq!(keys(&aws, "lists").len(), 6);
}

#[test]
fn the_access_logs_of_load_balancers_arrive_in_their_bucket() {
    let aws = Aws::small();
    bucket(&aws, "logs");
    let arn = |resource_type: &str, id: &str| {
        let draft = Draft {
            account: ACCOUNT.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            resource_type: resource_type.to_owned(),
            id: id.to_owned(),
            facts: json!({}),
            tags: reeve_types::Tags::new(),
        };
        aws.twin().put(draft).unwrap().to_string()
    };
    let web = arn("AWS::ElasticLoadBalancingV2::LoadBalancer", "app/web/0123456789abcdef");
    let fast = arn("AWS::ElasticLoadBalancingV2::LoadBalancer", "net/fast/0123456789abcdef");
    arn("AWS::ElasticLoadBalancing::LoadBalancer", "classic");
    let on = |arn: &str, bucket: &str| {
        let pairs = [("enabled", "true"), ("bucket", bucket), ("prefix", "front")];
        let pairs = pairs
            .map(|(key, value)| json!({"Key": format!("access_logs.s3.{key}"), "Value": value}));
        json!({"LoadBalancerArn": arn, "Attributes": pairs})
    };
    let modify = "ModifyLoadBalancerAttributes";
    assert_eq!(aws.refused("elbv2", modify, on(&web, "nowhere")), "InvalidConfigurationRequest");
    assert_eq!(aws.refused("elbv2", modify, on(&fast, "logs")), "NotImplemented");
    aws.call("elbv2", modify, on(&web, "logs"));
    let log = json!({"Enabled": true, "S3BucketName": "logs", "EmitInterval": 60});
    let attributes = json!({"AccessLog": log});
    aws.call(
        "elb",
        modify,
        json!({"LoadBalancerName": "classic", "LoadBalancerAttributes": attributes}),
    );
    let tried = [
        "AWSLogs/111122223333/ELBAccessLogTestFile",
        "front/AWSLogs/111122223333/ELBAccessLogTestFile",
    ];
    assert_eq!(keys(&aws, "logs"), tried);
    aws.advance("PT61M");
    let found = keys(&aws, "logs");
    let of = |name: &str| found.iter().filter(|key| key.contains(name)).collect::<Vec<_>>();
    assert_eq!(of("app.web.0123456789abcdef").len(), 12, "{found:?}");
    let [classic] = of("eu-west-1_classic_20260301T1000Z")[..] else { panic!("{found:?}") };
    let text = body(&aws, "logs", classic);
    assert_eq!(text.lines().count(), 50);
    assert!(text.starts_with("2026-03-01T09:00:00.000000Z classic 198.51.100."), "{text}");
}

fn browse(
    aws: &Aws,
    method: &str,
    host: &str,
    (path, headers): (&str, &[(&str, &str)]),
) -> (u16, Value) {
    let mut request = http::Request::builder().method(method).uri(format!("http://{host}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = aws.twin().handle(request.body(bytes::Bytes::new()).unwrap());
    let headers = response.headers().iter();
    let mut shown: serde_json::Map<String, Value> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
    shown.insert("body".to_owned(), String::from_utf8_lossy(response.body()).into());
    (response.status().as_u16(), shown.into())
}

#[test]
fn a_browser_is_told_whether_pages_of_elsewhere_may_call_a_bucket() {
    let aws = Aws::small();
    bucket(&aws, "shop");
    let rule = json!({
        "AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-amz-*"],
        "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 300,
    });
    let asked = |origin: &str, method: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", "X-Amz-Date"),
        ];
        browse(&aws, "OPTIONS", "s3.eu-west-1.amazonaws.com", ("/shop/key", &headers))
    };
    assert_eq!(asked("https://www.example.com", "PUT").0, 403);
    let input = json!({"Bucket": "shop", "CORSConfiguration": {"CORSRules": [rule]}});
    aws.call("s3", "PutBucketCors", input);
    let (status, headers) = asked("https://www.example.com", "PUT");
    assert_eq!(status, 200, "{headers}");
    assert_eq!(headers["access-control-allow-origin"], "https://www.example.com");
    assert_eq!(headers["access-control-allow-methods"], "GET, PUT");
    assert_eq!(headers["access-control-allow-headers"], "x-amz-date");
    assert_eq!(headers["access-control-max-age"], "300");
    assert_eq!(asked("https://www.example.com", "DELETE").0, 403);
    assert_eq!(asked("https://example.org", "PUT").0, 403);
    put(&aws, "shop", "key");
    let mut get = request(
        &Session::user(ACCOUNT),
        "s3",
        "GetObject",
        json!({"Bucket": "shop", "Key": "key"}),
    );
    get.headers_mut().insert("origin", "https://www.example.com".parse().unwrap());
    let response = aws.twin().handle(get);
    assert_eq!(response.headers()["access-control-expose-headers"], "ETag");
}

#[test]
fn a_website_shows_its_pages_to_everybody_whom_its_bucket_lets_in() {
    let aws = Aws::small();
    bucket(&aws, "site");
    for (key, text) in
        [("index.html", "aG9tZQ=="), ("docs/index.html", "ZG9jcw=="), ("lost.html", "bG9zdA==")]
    {
        let input = json!({"Bucket": "site", "Key": key, "Body": text, "ContentType": "text/html"});
        aws.call("s3", "PutObject", input);
    }
    let get =
        |path: &str| browse(&aws, "GET", "site.s3-website-eu-west-1.amazonaws.com", (path, &[]));
    assert_eq!(get("/").0, 404);
    let website =
        json!({"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "lost.html"}});
    aws.call("s3", "PutBucketWebsite", json!({"Bucket": "site", "WebsiteConfiguration": website}));
    assert_eq!(get("/").0, 403);
    aws.call("s3", "DeletePublicAccessBlock", json!({"Bucket": "site"}));
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*",
    }]});
    aws.call("s3", "PutBucketPolicy", json!({"Bucket": "site", "Policy": policy.to_string()}));
    let (status, page) = get("/");
    assert_eq!(
        (status, &page["body"], &page["content-type"]),
        (200, &json!("home"), &json!("text/html"))
    );
    assert_eq!(get("/docs/").1["body"], "docs");
    let (status, moved) = get("/docs");
    assert_eq!((status, &moved["location"]), (302, &json!("/docs/")));
    let (status, lost) = get("/nowhere");
    assert_eq!((status, &lost["body"]), (404, &json!("lost")));
    let website =
        json!({"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}});
    aws.call("s3", "PutBucketWebsite", json!({"Bucket": "site", "WebsiteConfiguration": website}));
    assert_eq!(get("/docs/").1["location"], "https://example.com/docs/");
}
