//! What becomes of inputs that the published cases do not show, protocol by protocol. Each request is also read by a
//! server, and what it read becomes the same request.

use serde_json::{Value as Json, json};

use crate::small_model::{Model, TOKEN, text};

#[track_caller]
fn check(model: &Model, input: &Json, expected: &str) {
    let trimmed = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&text(&model.request(input))), trimmed(expected));
}

fn rest_json(http: &Json, shapes: &Json) -> Model {
    Model::new(&json!({"protocol": "rest-json"}), http, shapes)
}

fn rest_xml(http: &Json, shapes: &Json) -> Model {
    Model::new(&json!({"protocol": "rest-xml"}), http, shapes)
}

fn query(shapes: &Json) -> Model {
    let metadata = json!({"protocol": "query", "apiVersion": "2020-01-08"});
    Model::new(&metadata, &json!({"method": "POST", "requestUri": "/"}), shapes)
}

fn ec2(shapes: &Json) -> Model {
    let metadata = json!({"protocol": "ec2", "apiVersion": "2020-01-08"});
    Model::new(&metadata, &json!({"method": "POST", "requestUri": "/"}), shapes)
}

fn post(uri: &str) -> Json {
    json!({"method": "POST", "requestUri": uri})
}

fn get(uri: &str) -> Json {
    json!({"method": "GET", "requestUri": uri})
}

#[test]
fn labels_are_escaped_and_formatted() {
    let shapes = json!({"Input": {"type": "structure", "required": ["text"], "members": {
        "text": {"shape": "String", "location": "uri", "locationName": "text"},
        "path": {"shape": "String", "location": "uri", "locationName": "path"},
        "flag": {"shape": "Boolean", "location": "uri", "locationName": "flag"},
        "number": {"shape": "Double", "location": "uri", "locationName": "number"},
        "time": {"shape": "Timestamp", "location": "uri", "locationName": "time"},
        "epoch": {"shape": "Timestamp", "location": "uri", "locationName": "epoch",
                  "timestampFormat": "unixTimestamp"},
        "date": {"shape": "Timestamp", "location": "uri", "locationName": "date",
                 "timestampFormat": "rfc822"},
    }}});
    let model =
        rest_json(&get("/a/{text}/{flag}/{number}/{time}/{epoch}/{date}/x/{path+}"), &shapes);
    check(
        &model,
        &json!({
            "text": " %:/?#[]@!$&'()*+,;=😹", "path": "a/b c/../d", "flag": false, "number": 4.1,
            "time": "2019-12-16T23:48:18Z", "epoch": "2019-12-16T23:48:18Z",
            "date": "2019-12-16T23:48:18Z",
        }),
        "GET /a/%20%25%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%F0%9F%98%B9/false/4.1/\
         2019-12-16T23%3A48%3A18Z/1576540098/Mon%2C%2016%20Dec%202019%2023%3A48%3A18%20GMT/x/a/b%20c/../d",
    );
}

#[test]
fn literal_paths_may_look_like_patterns() {
    let shapes = json!({"Input": {"type": "structure", "required": ["foo"], "members": {
        "foo": {"shape": "String", "location": "uri", "locationName": "foo"},
    }}});
    let model = rest_json(&get("/ReDosLiteral/{foo}/(a+)+"), &shapes);
    check(&model, &json!({"foo": "abc"}), "GET /ReDosLiteral/abc/(a+)+");
}

#[test]
fn query_strings_say_what_is_given_and_own_members_win_over_maps() {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "foo": {"shape": "String", "location": "querystring", "locationName": "bar"},
            "empty": {"shape": "String", "location": "querystring", "locationName": "empty"},
            "numbers": {"shape": "Numbers", "location": "querystring", "locationName": "number"},
            "times": {"shape": "Times", "location": "querystring", "locationName": "time"},
            "token": {"shape": "String", "location": "querystring", "locationName": "token",
                      "idempotencyToken": true},
            "all": {"shape": "StringListMap", "location": "querystring", "locationName": "all"},
        }},
        "Numbers": {"type": "list", "member": {"shape": "Double"}},
        "Times": {"type": "list", "member": {"shape": "Timestamp"}},
        "StringListMap": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Strings"}},
    });
    let model = rest_json(&get("/search?fixed&kind=a"), &shapes);
    check(
        &model,
        &json!({
            "foo": "named", "empty": "", "numbers": [1, 2.5], "times": [0],
            "all": {"bar": ["from the map"], "baz": ["b", "c"]},
        }),
        &format!(
            "GET /search?fixed=&kind=a&bar=named&empty=&number=1.0&number=2.5\
             &time=1970-01-01T00%3A00%3A00Z&token={TOKEN}&baz=b&baz=c"
        ),
    );
}

#[test]
fn headers_leave_out_nothing_but_nulls_and_empty_lists() {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "absent": {"shape": "String", "location": "header", "locationName": "X-Absent"},
            "empty": {"shape": "String", "location": "header", "locationName": "X-Empty"},
            "none": {"shape": "Strings", "location": "header", "locationName": "X-None"},
            "texts": {"shape": "Strings", "location": "header", "locationName": "X-Texts"},
            "truths": {"shape": "Truths", "location": "header", "locationName": "X-Truths"},
            "times": {"shape": "Times", "location": "header", "locationName": "X-Times"},
            "epoch": {"shape": "Timestamp", "location": "header", "locationName": "X-Epoch",
                      "timestampFormat": "unixTimestamp"},
            "json": {"shape": "String", "location": "header", "locationName": "X-Json",
                     "jsonvalue": true},
            "more": {"shape": "Map", "location": "headers", "locationName": "X-More-"},
        }},
        "Truths": {"type": "list", "member": {"shape": "Boolean"}},
        "Times": {"type": "list", "member": {"shape": "Timestamp"}},
        "Map": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
    });
    check(
        &rest_json(&get("/headers"), &shapes),
        &json!({
            "absent": null, "empty": "", "none": [], "texts": ["a", "b,c", "say \"hi\""],
            "truths": [true, false], "times": [0, 1], "epoch": 1.5, "json": "{\"a\":[1]}",
            "more": {"One": "1", "Two": ""},
        }),
        "GET /headers
         X-Empty:
         X-Texts: a, \"b,c\", \"say \\\"hi\\\"\"
         X-Truths: true, false
         X-Times: Thu, 01 Jan 1970 00:00:00 GMT, Thu, 01 Jan 1970 00:00:01 GMT
         X-Epoch: 1.5
         X-Json: eyJhIjpbMV19
         X-More-One: 1
         X-More-Two:",
    );
}

#[test]
fn the_content_type_follows_the_payload() {
    let payload = |shape: &str, streaming: bool| {
        json!({"Input": {"type": "structure", "payload": "body", "members": {
            "body": {"shape": shape, "streaming": streaming},
            "kind": {"shape": "String", "location": "header", "locationName": "Content-Type"},
        }}, "Inner": {"type": "structure", "members": {"a": {"shape": "String"}}}})
    };
    let blob = rest_json(&post("/"), &payload("Blob", true));
    check(&blob, &json!({"body": "aGk="}), "POST /\nContent-Type: application/octet-stream\nhi");
    check(&blob, &json!({"body": "aGk=", "kind": "text/x"}), "POST /\nContent-Type: text/x\nhi");
    check(&blob, &json!({}), "POST /");
    let text = rest_json(&post("/"), &payload("String", false));
    check(&text, &json!({"body": "hi"}), "POST /\nContent-Type: text/plain\nhi");
    let inner = rest_json(&post("/"), &payload("Inner", false));
    check(&inner, &json!({"body": {}}), "POST /\nContent-Type: application/json\n{}");
    let xml = rest_xml(&post("/"), &payload("Inner", false));
    check(&xml, &json!({}), "POST /");
    check(
        &xml,
        &json!({"body": {"a": " <&> "}}),
        "POST /\nContent-Type: application/xml\n<Inner><a> &lt;&amp;&gt; </a></Inner>",
    );
}

#[test]
fn sparse_collections_keep_their_nulls_in_json() {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "list": {"shape": "SparseList"},
            "map": {"shape": "SparseMap"},
            "number": {"shape": "Integer"},
        }},
        "SparseList": {"type": "list", "member": {"shape": "String"}, "sparse": true},
        "SparseMap": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Integer"},
                      "sparse": true},
    });
    let input = json!({"list": [null, "a"], "map": {"x": null, "y": 0}, "number": null});
    check(
        &rest_json(&post("/"), &shapes),
        &input,
        "POST /\nContent-Type: application/json\n{\"list\":[null,\"a\"],\"map\":{\"x\":null,\"y\":0}}",
    );
    let metadata = json!({"protocol": "json", "jsonVersion": "1.1", "targetPrefix": "Small"});
    check(
        &Model::new(&metadata, &post("/"), &shapes),
        &input,
        "POST /\nX-Amz-Target: Small.Act\nContent-Type: application/x-amz-json-1.1\n\
         {\"list\":[null,\"a\"],\"map\":{\"x\":null,\"y\":0}}",
    );
}

#[test]
fn documents_are_any_json() {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "any": {"shape": "Any"}, "named": {"shape": "Map"},
        }},
        "Any": {"type": "structure", "members": {}, "document": true},
        "Map": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Any"}},
    });
    let model = rest_json(&post("/"), &shapes);
    for any in [json!({"a": [1, null, {"b": 2.5}]}), json!([true]), json!("text"), json!(7)] {
        let body = json!({"any": any, "named": {"x": any}});
        check(&model, &body, &format!("POST /\nContent-Type: application/json\n{body}"));
    }
}

#[test]
fn xml_bodies_have_attributes_namespaces_and_flat_lists() {
    let shapes = json!({
        "Input": {"type": "structure", "locationName": "Root", "xmlNamespace": {"uri": "urn:root"},
            "members": {
                "kind": {"shape": "String", "xmlAttribute": true, "locationName": "xsi:type"},
                "plain": {"shape": "Strings"},
                "flat": {"shape": "Strings", "flattened": true, "locationName": "Flat"},
                "renamed": {"shape": "Renamed", "locationName": "Names"},
                "nested": {"shape": "Nested",
                           "xmlNamespace": {"prefix": "p", "uri": "urn:nested"}},
                "map": {"shape": "Map", "locationName": "Pairs"},
                "flatMap": {"shape": "Map", "flattened": true, "locationName": "Pair"},
                "time": {"shape": "Timestamp", "timestampFormat": "rfc822"},
                "blob": {"shape": "Blob"},
                "infinite": {"shape": "Double"},
            }},
        "Renamed": {"type": "list", "member": {"shape": "String", "locationName": "Name"}},
        "Nested": {"type": "structure", "members": {"a": {"shape": "String"}}},
        "Map": {"type": "map", "key": {"shape": "String", "locationName": "K"},
                "value": {"shape": "Nested", "locationName": "V"}},
    });
    let input = json!({
        "kind": "a\"b\nc\td", "plain": ["x", ""], "flat": ["1", "2"], "renamed": ["n"],
        "nested": {"a": "é"}, "map": {"k": {"a": "v"}}, "flatMap": {"k": {}}, "time": 0,
        "blob": "aGk=", "infinite": "-Infinity",
    });
    check(
        &rest_xml(&post("/xml"), &shapes),
        &input,
        "POST /xml
         Content-Type: application/xml
         <Root xmlns=\"urn:root\" xsi:type=\"a&quot;b&#10;c&#9;d\"><plain><member>x</member><member></member></plain>\
         <Flat>1</Flat><Flat>2</Flat><Names><Name>n</Name></Names>\
         <nested xmlns:p=\"urn:nested\"><a>é</a></nested>\
         <Pairs><entry><K>k</K><V><a>v</a></V></entry></Pairs><Pair><K>k</K><V></V></Pair>\
         <time>Thu, 01 Jan 1970 00:00:00 GMT</time><blob>aGk=</blob><infinite>-Infinity</infinite></Root>",
    );
}

#[test]
fn forms_number_what_is_in_lists_and_maps() {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "List": {"shape": "Strings"},
            "Flat": {"shape": "Strings", "flattened": true},
            "Renamed": {"shape": "Renamed", "locationName": "Name"},
            "Map": {"shape": "Map"},
            "FlatMap": {"shape": "Map", "flattened": true},
            "Nested": {"shape": "Nested"},
            "Time": {"shape": "Timestamp"},
            "Epoch": {"shape": "Timestamp", "timestampFormat": "unixTimestamp"},
            "Flag": {"shape": "Boolean"},
        }},
        "Renamed": {"type": "list", "member": {"shape": "String", "locationName": "item"}},
        "Map": {"type": "map", "key": {"shape": "String", "locationName": "K"},
                "value": {"shape": "Strings", "locationName": "V"}},
        "Nested": {"type": "structure", "members": {"List": {"shape": "Strings"}}},
    });
    let input = json!({
        "List": ["a b", "&"], "Flat": ["1"], "Renamed": ["r"], "Map": {"k": ["v"]},
        "FlatMap": {"k": ["v"]}, "Nested": {"List": []}, "Time": 1.5, "Epoch": 1.5, "Flag": false,
    });
    check(
        &query(&shapes),
        &input,
        "POST /
         Content-Type: application/x-www-form-urlencoded
         Action=Act&Version=2020-01-08&List.member.1=a%20b&List.member.2=%26&Flat.1=1&Name.item.1=r\
         &Map.entry.1.K=k&Map.entry.1.V.member.1=v&FlatMap.1.K=k&FlatMap.1.V.member.1=v\
         &Nested.List=&Time=1970-01-01T00%3A00%3A01.5Z&Epoch=1.5&Flag=false",
    );
}

#[test]
fn ec2_forms_capitalise_names_and_leave_out_empty_lists() {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "Plain": {"shape": "Strings", "locationName": "plainName"},
            "Own": {"shape": "Strings", "locationName": "ignored", "queryName": "ownName"},
            "Empty": {"shape": "Strings"},
            "Renamed": {"shape": "Renamed"},
            "Nested": {"shape": "Nested", "locationName": "nested"},
            "Token": {"shape": "String", "idempotencyToken": true},
        }},
        "Renamed": {"type": "list", "member": {"shape": "String", "locationName": "item"}},
        "Nested": {"type": "structure", "members": {"inner": {"shape": "Blob"}}},
    });
    check(
        &ec2(&shapes),
        &json!({
            "Plain": ["a"], "Own": ["b"], "Empty": [], "Renamed": ["c"], "Nested": {"inner": "aGk="},
        }),
        &format!(
            "POST /
             Content-Type: application/x-www-form-urlencoded
             Action=Act&Version=2020-01-08&PlainName.1=a&ownName.1=b&Renamed.1=c&Nested.inner=aGk%3D\
             &Token={TOKEN}"
        ),
    );
}

#[test]
fn a_host_prefix_takes_labels_from_the_input() {
    let shapes = json!({"Input": {"type": "structure", "required": ["label"], "members": {
        "label": {"shape": "String", "hostLabel": true},
    }}});
    let http = json!({"method": "POST", "requestUri": "/",
                      "operation": {"endpoint": {"hostPrefix": "foo.{label}."}}});
    let request = rest_json(&http, &shapes).request(&json!({"label": "bar-1"}));
    assert_eq!(request.host_prefix.as_deref(), Some("foo.bar-1."));
    assert_eq!(request.body, b"{\"label\":\"bar-1\"}");
}

#[test]
fn bodies_are_compressed_from_a_size_on() {
    let shapes = json!({"Input": {"type": "structure", "payload": "body", "members": {
        "encoding": {"shape": "String", "location": "header", "locationName": "Content-Encoding"},
        "body": {"shape": "String"},
    }}});
    let http = json!({"method": "POST", "requestUri": "/",
                      "operation": {"requestcompression": {"encodings": ["br", "gzip"]}}});
    let model = rest_xml(&http, &shapes);
    let long = "x".repeat(10_240);
    let small = model.request(&json!({"body": "x"}));
    assert_eq!((small.header("content-encoding"), &*small.body), (None, &b"x"[..]));
    let large = model.request(&json!({"body": long}));
    assert_eq!(large.header("content-encoding"), Some("gzip"));
    assert!(large.body.len() < 100, "{}", large.body.len());
    let both = model.request(&json!({"body": long, "encoding": "custom"}));
    assert_eq!(both.header("content-encoding"), Some("custom, gzip"));
}

#[test]
fn checksums_are_those_that_the_operation_knows() {
    let shapes = json!({"Input": {"type": "structure", "payload": "body", "members": {
        "algorithm": {"shape": "String", "location": "header", "locationName": "x-amz-sdk-checksum-algorithm"},
        "own": {"shape": "String", "location": "header", "locationName": "x-amz-checksum-sha256"},
        "body": {"shape": "Blob", "streaming": true},
    }}});
    let check = |traits: &Json, input: &Json, expected: &[(&str, &str)]| {
        let http = json!({"method": "PUT", "requestUri": "/", "operation": traits});
        let request = rest_xml(&http, &shapes).request(input);
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .filter(|(name, _)| *name != "Content-Type")
            .collect();
        assert_eq!(headers, expected, "{traits} {input}");
    };
    let flexible = json!({"httpChecksum": {"requestAlgorithmMember": "algorithm",
                                           "requestChecksumRequired": false}});
    let digits = "MTIzNDU2Nzg5";
    let algorithm = "x-amz-sdk-checksum-algorithm";
    check(
        &flexible,
        &json!({"body": digits}),
        &[(algorithm, "CRC32"), ("x-amz-checksum-crc32", "y/Q5Jg==")],
    );
    check(
        &flexible,
        &json!({"body": digits, "algorithm": "CRC64NVME"}),
        &[(algorithm, "CRC64NVME"), ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")],
    );
    check(&flexible, &json!({"body": digits, "own": "mine"}), &[("x-amz-checksum-sha256", "mine")]);
    // A body that is attached later has its checksum in a trailer.
    check(&flexible, &json!({}), &[(algorithm, "CRC32")]);
    let md5 = json!({"httpChecksumRequired": true});
    check(&md5, &json!({"body": digits}), &[("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw==")]);
    check(&json!({}), &json!({"body": digits}), &[]);
}

#[test]
fn single_services_get_what_their_models_do_not_say() {
    let check = |service: &str, operation: &str, input: Json, expected: &[&str]| {
        let service = reeve_model::catalog().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let input = reeve_model::conform(&service, operation, &input).unwrap();
        let request = reeve_model::encode_request(&service, operation, &input).unwrap();
        let text = text(&request);
        for line in expected {
            assert!(text.lines().any(|found| found == *line), "no `{line}` in:\n{text}");
        }
        request
    };
    check("apigateway", "GetRestApis", json!({}), &["GET /restapis", "Accept: application/json"]);
    check(
        "glacier",
        "ListVaults",
        json!({"accountId": "-"}),
        &["GET /-/vaults", "x-amz-glacier-version: 2012-06-01"],
    );
    check(
        "glacier",
        "UploadArchive",
        json!({"vaultName": "v", "accountId": "123456789012", "body": "aGk="}),
        &[
            "POST /123456789012/vaults/v/archives",
            "x-amz-sha256-tree-hash: 8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4",
        ],
    );
    check(
        "route53",
        "GetHostedZone",
        json!({"Id": "/hostedzone/Z1"}),
        &["GET /2013-04-01/hostedzone/Z1"],
    );
    check(
        "s3",
        "GetObject",
        json!({"Bucket": "logs", "Key": "a//../b.", "SSECustomerKey": "key"}),
        &[
            "GET /logs/a//../b.",
            "x-amz-server-side-encryption-customer-key: a2V5",
            "x-amz-server-side-encryption-customer-key-MD5: PG4LipwVIkqCKLmpjKFTHQ==",
            "x-amz-checksum-mode: ENABLED",
        ],
    );
    let control = check("s3control", "ListJobs", json!({"AccountId": "123456789012"}), &[]);
    // Its endpoint rules say the account already.
    assert_eq!(control.host_prefix, None);
}
