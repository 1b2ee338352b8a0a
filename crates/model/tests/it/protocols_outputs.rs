//! What is made of answers that the published cases do not show, protocol by protocol. Each output is also written by a
//! server, and what it wrote becomes the same output.

use reeve_model::{ServiceError, WireResponse, decode_error, decode_response, encode_error};
use serde_json::{Value as Json, json};

use crate::small_model::{Model, answer};

#[track_caller]
fn check(model: &Model, response: &WireResponse, expected: &Json) {
    assert_eq!(&model.output(response), expected);
}

fn http() -> Json {
    json!({"method": "POST", "requestUri": "/"})
}

fn model(protocol: &str, shapes: &Json) -> Model {
    let metadata = json!({
        "protocol": protocol, "apiVersion": "2020-01-08", "jsonVersion": "1.1",
        "targetPrefix": "Small", "serviceId": "Small",
    });
    Model::new(&metadata, &http(), shapes)
}

/// A shape of every kind, as all protocols say it.
fn kitchen_sink() -> Json {
    json!({
        "Output": {"type": "structure", "resultWrapper": "ActResult", "members": {
            "text": {"shape": "String"},
            "number": {"shape": "Long"},
            "float": {"shape": "Double"},
            "truth": {"shape": "Boolean"},
            "time": {"shape": "Timestamp"},
            "blob": {"shape": "Blob"},
            "list": {"shape": "Strings"},
            "map": {"shape": "Map"},
            "union": {"shape": "Union"},
            "self": {"shape": "Output"},
        }},
        "Map": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Integer"}},
        "Union": {"type": "structure", "union": true, "members": {
            "one": {"shape": "String"}, "two": {"shape": "Strings"},
        }},
    })
}

#[test]
fn xml_is_read_leniently() {
    let check = |body: &str, expected: Json| {
        let ec2 = format!("<?xml version=\"1.0\"?>\n<ActResponse>{body}</ActResponse>");
        check(&model("ec2", &kitchen_sink()), &answer(&[], &ec2), &expected);
        let query = format!(
            "<ActResponse><ActResult>{body}</ActResult><ResponseMetadata><RequestId>1</RequestId>\
             </ResponseMetadata></ActResponse>"
        );
        check(&model("query", &kitchen_sink()), &answer(&[], &query), &expected);
        let rest = format!("\u{feff}<Output xmlns=\"urn:x\">{body}</Output>");
        check(&model("rest-xml", &kitchen_sink()), &answer(&[], &rest), &expected);
    };
    check("", json!({}));
    check("<text/>", json!({"text": ""}));
    check("<text> a <![CDATA[<b>]]>&amp;&#13;&#x41; </text>", json!({"text": " a <b>&\rA "}));
    check("<text>a<!-- no -->b</text>", json!({"text": "ab"}));
    check("<number/><truth></truth><time></time>", json!({}));
    check("<number> 7 </number><float>NaN</float>", json!({"number": 7, "float": "NaN"}));
    check("<float>1e400</float>", json!({"float": "Infinity"}));
    check("<truth>True</truth>", json!({"truth": true}));
    check("<blob>aG\n k=</blob>", json!({"blob": "aGk="}));
    check("<blob/>", json!({"blob": ""}));
    check("<time>2019-12-16T22:48:18-01:00</time>", json!({"time": "2019-12-16T23:48:18Z"}));
    check("<time>1576540098.25</time>", json!({"time": "2019-12-16T23:48:18.25Z"}));
    check("<time>Mon, 16 Dec 2019 23:48:18 GMT</time>", json!({"time": "2019-12-16T23:48:18Z"}));
    check("<list/>", json!({"list": []}));
    check("<list><member>a</member><member/></list>", json!({"list": ["a", ""]}));
    check("<list><item>a</item></list>", json!({"list": ["a"]}));
    check("<map><entry><key>a</key><value>1</value></entry></map>", json!({"map": {"a": 1}}));
    check("<map><entry><value>1</value><key>a</key></entry></map>", json!({"map": {"a": 1}}));
    check("<unknown><deep>1</deep></unknown><text>a</text>", json!({"text": "a"}));
    check("<self><self><text>a</text></self></self>", json!({"self": {"self": {"text": "a"}}}));
    check("<union><one>a</one></union>", json!({"union": {"one": "a"}}));
}

#[test]
fn json_is_read_leniently() {
    let check = |body: &str, expected: Json| {
        check(&model("json", &kitchen_sink()), &answer(&[], body), &expected);
        check(&model("rest-json", &kitchen_sink()), &answer(&[], body), &expected);
    };
    check("", json!({}));
    check("{}", json!({}));
    check(" {\"text\": null, \"list\": null, \"self\": null} ", json!({}));
    check(
        r#"{"text": 7, "number": "7", "float": "1.5"}"#,
        json!({"text": "7", "number": 7, "float": 1.5}),
    );
    check(r#"{"number": 7.0, "float": -7}"#, json!({"number": 7, "float": -7.0}));
    check(r#"{"float": "-Infinity"}"#, json!({"float": "-Infinity"}));
    check(r#"{"number": 9223372036854775807}"#, json!({"number": i64::MAX}));
    check(r#"{"time": 1576540098.25}"#, json!({"time": "2019-12-16T23:48:18.25Z"}));
    check(r#"{"time": "2019-12-16T23:48:18+01:00"}"#, json!({"time": "2019-12-16T22:48:18Z"}));
    check(r#"{"blob": ""}"#, json!({"blob": ""}));
    check(r#"{"list": ["a", null]}"#, json!({"list": ["a", null]}));
    check(r#"{"map": {"a": 1, "b": null}}"#, json!({"map": {"a": 1}}));
    check(
        r#"{"union": {"one": null, "two": ["a"], "__type": "x"}}"#,
        json!({"union": {"two": ["a"]}}),
    );
    check(r#"{"union": {"__type": "x", "one": "a"}}"#, json!({"union": {"one": "a"}}));
    check(r#"{"unknown": [{"a": 1}], "text": "a", "text": "b"}"#, json!({"text": "b"}));
    check(r#"{"text": "\u00e9\ud83d\ude39\n"}"#, json!({"text": "é😹\n"}));
}

/// Hexadecimal digits as bytes.
fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn cbor(digits: &str) -> WireResponse {
    let headers = vec![("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned())];
    WireResponse { status: 200, headers, body: bytes(digits) }
}

#[test]
fn cbor_is_read_leniently() {
    let check = |digits: &str, expected: Json| {
        check(&model("smithy-rpc-v2-cbor", &kitchen_sink()), &cbor(digits), &expected);
    };
    check("", json!({}));
    check("a0", json!({}));
    check("bf ff", json!({}));
    // {"text": null}, {"text": undefined}
    check("a1 6474657874 f6", json!({}));
    check("a1 6474657874 f7", json!({}));
    // Integers of any width and sign, and integers that came as floats.
    check("a1 666e756d626572 1b7fffffffffffffff", json!({"number": i64::MAX}));
    check("a1 666e756d626572 3b7fffffffffffffff", json!({"number": i64::MIN}));
    check("a1 666e756d626572 f94700", json!({"number": 7}));
    check("a1 666e756d626572 c24107", json!({"number": 7}));
    check("a1 666e756d626572 c34107", json!({"number": -8}));
    // Floats of any width, integers and decimal fractions where a float is meant.
    check("a1 65666c6f6174 fa40e00000", json!({"float": 7.0}));
    check("a1 65666c6f6174 07", json!({"float": 7.0}));
    check("a1 65666c6f6174 f97c00", json!({"float": "Infinity"}));
    check("a1 65666c6f6174 c48221196ab3", json!({"float": 273.15}));
    // Timestamps: tagged and not, whole and not.
    check("a1 6474696d65 c11a5df817c2", json!({"time": "2019-12-16T23:48:18Z"}));
    check("a1 6474696d65 1a5df817c2", json!({"time": "2019-12-16T23:48:18Z"}));
    check("a1 6474696d65 c1fb41d77e05f0900000", json!({"time": "2019-12-16T23:48:18.25Z"}));
    // Texts and lists in pieces; a tag without a meaning for the shape.
    check("a1 6474657874 7f61616162ff", json!({"text": "ab"}));
    check("a1 646c697374 9f61617f6162ffff", json!({"list": ["a", "b"]}));
    check("a1 6474657874 d9d9f76161", json!({"text": "a"}));
    // {"map": {"a": 1, "b": null}}, {"union": {"__type": "x", "one": null, "two": []}}
    check("a1 636d6170 a2 6161 01 6162 f6", json!({"map": {"a": 1}}));
    check(
        "a1 65756e696f6e a3 665f5f74797065 6178 636f6e65 f6 6374776f 80",
        json!({"union": {"two": []}}),
    );
    // {"x": [1, {"y": h'00'}], "text": "a"}
    check("a2 6178 82 01 a1 6179 4100 6474657874 6161", json!({"text": "a"}));
}

#[test]
fn a_union_of_a_newer_service_says_which_member_it_has() {
    let expected = json!({"union": {"SDK_UNKNOWN_MEMBER": {"name": "three"}}});
    let check = |protocol: &str, response: &WireResponse| {
        let model = model(protocol, &kitchen_sink());
        let output = decode_response(model.service(), model.operation(), response).unwrap();
        assert_eq!(output.to_json(), expected, "{protocol}");
    };
    let body = r#"{"union": {"three": {"a": 1}}}"#;
    check("json", &answer(&[], body));
    check("rest-json", &answer(&[], body));
    check("rest-xml", &answer(&[], "<R><union><three><a>1</a></three></union></R>"));
    check("smithy-rpc-v2-cbor", &cbor("a1 65756e696f6e a1 657468726565 a1 6161 01"));
}

#[test]
fn what_cannot_be_read_is_named_with_its_path() {
    let check = |protocol: &str, response: &WireResponse, expected: &str| {
        let model = model(protocol, &kitchen_sink());
        let error = decode_response(model.service(), model.operation(), response).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let cbor_error = |digits: &str, expected: &str| {
        check("smithy-rpc-v2-cbor", &cbor(digits), expected);
    };
    // {"self": {"list": ["a", 1]}}
    cbor_error(
        "a1 6473656c66 a1 646c697374 82 6161 01",
        "`self.list[1]` must be a string, not `1`",
    );
    cbor_error("a1 636d6170 a1 6161 6178", "`map.a` must be an integer, not `x`");
    cbor_error("80", "the whole must be an object, not a list");
    cbor_error(
        "a1 666e756d626572 1bffffffffffffffff",
        "`number` must be a long, not `18446744073709551615`",
    );
    cbor_error(
        "a1 646c697374 9bffffffffffffffff 6161",
        "the body is not well-formed CBOR at `list[1]`: it ends too early, at byte 17",
    );
    cbor_error(
        "a1 6474657874 7bffffffffffffffff",
        "the body is not well-formed CBOR: it ends too early, at byte 15",
    );
    cbor_error("a0 00", "the body is not well-formed CBOR: more follows its end, at byte 1");
    cbor_error("a1 01 02", "the body is not well-formed CBOR: a key that is `1`, at byte 2");
    let page = answer(&[("smithy-protocol", "rpc-v2-json")], "{}");
    check(
        "smithy-rpc-v2-cbor",
        &page,
        "the body is not well-formed CBOR: its header `smithy-protocol` says `rpc-v2-json`",
    );
}

#[test]
fn cbor_nested_without_end_is_refused_before_the_stack_is() {
    let model = model("smithy-rpc-v2-cbor", &kitchen_sink());
    let known = "a1 6473656c66".repeat(100_000);
    let unknown = format!("a1 6178 {}", "9f".repeat(100_000));
    let tags = format!("a1 6474657874 {}", "c1".repeat(100_000));
    for digits in [known, unknown, tags] {
        let response = cbor(&digits);
        let error = decode_response(model.service(), model.operation(), &response).unwrap_err();
        assert!(error.to_string().contains("nested too deeply"), "{error}");
    }
}

fn errors() -> Json {
    json!({
        "Output": {"type": "structure", "members": {}},
        "Complex": {"type": "structure", "exception": true, "error": {"code": "Legacy.Complex",
            "httpStatusCode": 403, "senderFault": true}, "members": {
            "Message": {"shape": "String"},
            "Level": {"shape": "Integer"},
            "Nested": {"shape": "Nested"},
            "Header": {"shape": "String", "location": "header", "locationName": "X-Header"},
        }},
        "Nested": {"type": "structure", "members": {"Foo": {"shape": "String"}}},
    })
}

#[test]
fn errors_are_known_by_their_type_wherever_it_stands() {
    let check = |protocol: &str, headers: &[(&str, &str)], body: &str, expected: &str| {
        let model = model(protocol, &errors());
        let response = WireResponse { status: 403, ..answer(headers, body) };
        let error = decode_error(model.service(), &response);
        let found = format!("{} {:?} {}", error.code, error.message, error.detail.to_json());
        assert_eq!(found, expected, "{protocol} {headers:?} {body}");
    };
    let complex = r#"Complex "no" {"Message":"no","Level":1}"#;
    check("json", &[], r#"{"__type":"Complex","Message":"no","Level":1}"#, complex);
    check("json", &[], r#"{"__type":"a.b#Complex:http://x","Message":"no","Level":1}"#, complex);
    check(
        "rest-json",
        &[("X-Amzn-Errortype", "Complex:http://x")],
        r#"{"Message":"no","Level":1}"#,
        complex,
    );
    check(
        "rest-json",
        &[("x-amzn-errortype", "Complex"), ("x-header", "h")],
        r#"{"Nested":{"Foo":"f"}}"#,
        r#"Complex "" {"Nested":{"Foo":"f"},"Header":"h"}"#,
    );
    check("rest-json", &[], r#"{"code":"Unmodeled","message":"no"}"#, r#"Unmodeled "no" {}"#);
    // What stands before a service may say nothing but a message.
    check("rest-json", &[], r#"{"message":"Forbidden"}"#, r#"403 "Forbidden" {}"#);
    check("json", &[], r#"{"Message":"Forbidden"}"#, r#"403 "Forbidden" {}"#);
    let legacy = r#"Legacy.Complex "no" {"Message":"no","Level":1}"#;
    let fields =
        "<Type>Sender</Type><Code>Legacy.Complex</Code><Message>no</Message><Level>1</Level>";
    let wrapped =
        format!("<ErrorResponse><Error>{fields}</Error><RequestId>1</RequestId></ErrorResponse>");
    check("query", &[], &wrapped, legacy);
    check("rest-xml", &[], &wrapped, legacy);
    check("rest-xml", &[], &format!("<Error>{fields}<HostId>x</HostId></Error>"), legacy);
    check(
        "ec2",
        &[],
        &format!(
            "<Response><Errors><Error>{fields}</Error></Errors><RequestID>1</RequestID></Response>"
        ),
        legacy,
    );
}

#[test]
fn an_error_of_every_protocol_reads_back_as_it_was_written() {
    for protocol in ["ec2", "query", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"] {
        let model = model(protocol, &errors());
        let error = ServiceError::new("Legacy.Complex", "no <&>")
            .with_status(403)
            .with_detail("Message", "no <&>")
            .with_detail("Level", 7_i64);
        let spoken = model.service().metadata().protocol;
        let written = encode_error(model.service(), spoken, &error);
        let read = decode_error(model.service(), &written);
        assert_eq!(read.message, error.message, "{protocol}");
        assert_eq!(read.detail, error.detail, "{protocol}");
        assert_eq!(read.status, 403, "{protocol}");
    }
}

#[test]
fn a_service_that_spoke_query_keeps_the_codes_of_those_days() {
    for protocol in ["json", "smithy-rpc-v2-cbor"] {
        let metadata = json!({
            "protocol": protocol, "jsonVersion": "1.0", "targetPrefix": "Small",
            "awsQueryCompatible": {},
        });
        let model = Model::new(&metadata, &http(), &errors());
        let request = model.request(&json!({}));
        assert_eq!(request.header("x-amzn-query-mode"), Some("true"), "{protocol}");
        let error = ServiceError::new("Legacy.Complex", "no").with_status(400);
        let spoken = model.service().metadata().protocol;
        let written = encode_error(model.service(), spoken, &error);
        assert_eq!(
            written.header("x-amzn-query-error"),
            Some("Legacy.Complex;Sender"),
            "{protocol}"
        );
        let read = decode_error(model.service(), &written);
        assert_eq!((read.code.as_str(), read.sender_fault), ("Legacy.Complex", true), "{protocol}");
        assert_eq!(read.detail.to_json(), json!({"Message": "no"}), "{protocol}");
    }
}

#[test]
fn status_and_headers_are_members() {
    let shapes = json!({
        "Output": {"type": "structure", "payload": "body", "members": {
            "status": {"shape": "Integer", "location": "statusCode"},
            "numbers": {"shape": "Numbers", "location": "header", "locationName": "X-Numbers"},
            "time": {"shape": "Timestamp", "location": "header", "locationName": "X-Time"},
            "json": {"shape": "String", "location": "header", "locationName": "X-Json",
                     "jsonvalue": true},
            "meta": {"shape": "Meta", "location": "headers", "locationName": "x-meta-"},
            "body": {"shape": "String"},
        }},
        "Numbers": {"type": "list", "member": {"shape": "Integer"}},
        "Meta": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
    });
    let headers = [
        ("x-numbers", "1,2, 3"),
        ("X-TIME", "Mon, 16 Dec 2019 23:48:18 GMT"),
        ("X-Json", "eyJhIjpbMV19"),
        ("X-Meta-One", "1"),
    ];
    let expected = json!({
        "status": 200, "numbers": [1, 2, 3], "time": "2019-12-16T23:48:18Z", "json": {"a": [1]},
        "meta": {"One": "1"}, "body": "<not xml>",
    });
    check(&model("rest-xml", &shapes), &answer(&headers, "<not xml>"), &expected);
    check(&model("rest-json", &shapes), &answer(&headers, "<not xml>"), &expected);
}

#[test]
fn a_body_that_is_not_the_one_sent_is_refused() {
    let shapes = json!({"Output": {"type": "structure", "payload": "body", "members": {
        "body": {"shape": "Blob", "streaming": true},
    }}});
    let algorithms = ["CRC64NVME", "CRC32", "SHA1"];
    let http = json!({"method": "GET", "requestUri": "/",
                      "operation": {"httpChecksum": {"responseAlgorithms": algorithms}}});
    let model = Model::new(&json!({"protocol": "rest-xml"}), &http, &shapes);
    let decode = |headers: &[(&str, &str)], body: &str| {
        decode_response(model.service(), model.operation(), &answer(headers, body))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(decode(&[("x-amz-checksum-crc32", "y/Q5Jg==")], "123456789"), Ok(()));
    assert_eq!(
        decode(&[("x-amz-checksum-crc32", "y/Q5Jg==")], "12345678"),
        Err("the body has the CRC32 checksum `muDarw==`, not `y/Q5Jg==` as its header says".into())
    );
    // A checksum of parts, one that the operation does not know, and a body that is still to come.
    assert_eq!(decode(&[("x-amz-checksum-crc32", "y/Q5Jg==-3")], "x"), Ok(()));
    assert_eq!(decode(&[("x-amz-checksum-sha256", "y/Q5Jg==")], "x"), Ok(()));
    assert_eq!(decode(&[("x-amz-checksum-crc32", "y/Q5Jg==")], ""), Ok(()));
}

#[test]
fn an_expiry_that_is_no_time_does_not_hide_the_object() {
    let service = reeve_model::catalog().service("s3").unwrap();
    let operation = service.operation("GetObject").unwrap();
    let read = |expires: &str| {
        let headers = [("Expires", expires), ("ETag", "e")];
        decode_response(&service, operation, &answer(&headers, "")).unwrap()
    };
    let known = read("Mon, 16 Dec 2019 23:48:18 GMT");
    assert_eq!(known.get("Expires").unwrap().to_json(), json!("2019-12-16T23:48:18Z"));
    let unknown = read("never");
    assert_eq!(unknown.get("ExpiresString").unwrap().to_json(), json!("never"));
    assert_eq!(unknown.get("ETag").unwrap().to_json(), json!("e"));
}

#[test]
fn the_head_of_an_object_is_read_without_its_body() {
    let service = reeve_model::catalog().service("s3").unwrap();
    let get = service.operation("GetObject").unwrap();
    let put = service.operation("PutObject").unwrap();
    assert_eq!(get.streaming_output(&service).map(|member| member.name.as_str()), Some("Body"));
    assert_eq!(put.streaming_input(&service).map(|member| member.name.as_str()), Some("Body"));
    assert!(get.streaming_input(&service).is_none());
    let head = answer(&[("x-amz-checksum-crc32", "y/Q5Jg=="), ("content-length", "9")], "");
    let output = decode_response(&service, get, &head).unwrap();
    assert_eq!((output.get("Body"), output.get("ContentLength").is_some()), (None, true));
    let found = reeve_model::response_checksum(get, &head);
    assert_eq!(found, Some((reeve_model::ChecksumAlgorithm::Crc32, "y/Q5Jg==".to_owned())));
}
