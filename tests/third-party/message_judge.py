"""What botocore makes of Reeve's messages, for every operation of every service.

    REEVE_MESSAGES=messages.jsonl cargo test -p reeve-model --test it protocols_judged
    python tests/third-party/message_judge.py messages.jsonl

A request must be the one that botocore's serializer makes of the same input; a response must mean to botocore's parser what
it was made of. Overlooked: which headers each adds of its own accord, white space between XML elements, the order of members.
"""

import base64
import datetime
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.handlers
import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.awsrequest import HeadersDict

# Headers of a client's own, or of handlers that come after botocore's serializer.
ADDED = {
    "accept", "content-md5", "content-type", "x-amz-checksum-crc32", "x-amz-checksum-mode",
    "x-amz-content-sha256", "x-amz-glacier-version", "x-amz-sdk-checksum-algorithm", "x-amz-sha256-tree-hash",
}
# botocore does not escape a backslash within quotes.
DIFFERENT = {("entityresolution", "BatchDeleteUniqueId")}
# A handler of botocore's reads it, not its parser; and one map takes all headers, also those that servers add.
UNJUDGED = {("s3", "GetBucketLocation"), ("dataexchange", "SendApiAsset")}

session = botocore.session.get_session()
models = {}


def service_model(name):
    if name not in models:
        models.clear()
        models[name] = session.get_service_model(name)
    return models[name]


def given(shape, value):
    """A value as botocore wants it: bytes instead of base64."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        if shape.is_document_type:
            return value
        return {name: given(shape.members[name], member) for name, member in value.items()}
    if kind == "list":
        return [given(shape.member, element) for element in value]
    if kind == "map":
        return {key: given(shape.value, entry) for key, entry in value.items()}
    return base64.b64decode(value) if kind == "blob" else value


def plain(shape, value):
    """A value as botocore read it, as Reeve writes it in JSON: the same but for times, which become seconds."""
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if shape is None or value is None:
        return value
    kind = shape.type_name
    if kind == "timestamp":
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    if kind == "structure" and not shape.is_document_type:
        return {name: plain(shape.members[name], member) for name, member in value.items()}
    if kind == "list":
        return [plain(shape.member, element) for element in value]
    if kind == "map":
        return {key: plain(shape.value, entry) for key, entry in value.items()}
    return value


def element(node):
    text = (node.text or "").replace("\r\n", "\n").replace("\r", "\n")
    text = text if len(node) == 0 else text.strip()
    return (node.tag, sorted(node.attrib.items()), text, [element(child) for child in node])


def comparable(protocol, body):
    if isinstance(body, dict):
        return {key: str(value) for key, value in body.items()}
    if protocol in ("query", "ec2"):
        return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    if protocol == "smithy-rpc-v2-cbor":
        return botocore.parsers.RpcV2CBORParser()._initial_body_parse(body)
    try:
        return element(ElementTree.fromstring(body)) if protocol == "rest-xml" else json.loads(body)
    except (ValueError, ElementTree.ParseError):
        return body


def judge_request(message, operation, protocol):
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    parameters = given(operation.input_shape, message["input"])
    # The only handler that changes what these inputs say.
    botocore.handlers.handle_copy_source_param(parameters or {})
    theirs = serializer.serialize_to_request(parameters, operation)
    path, _, literals = theirs["url_path"].partition("?")
    query = [tuple(pair.partition("=")[::2]) for pair in literals.split("&") if pair]
    for key, values in (theirs["query_string"] or {}).items():
        values = values if isinstance(values, list) else [values]
        query += [(key, str(value)) for value in values]
    headers = [
        {name.lower(): str(text).replace(", ", ",") for name, text in pairs if name.lower() not in ADDED}
        for pairs in (message["headers"], theirs["headers"].items())
    ]
    body = theirs["body"].encode() if isinstance(theirs["body"], str) else theirs["body"]
    ours = base64.b64decode(message["body"])
    return [
        ("method", message["method"], theirs["method"]),
        ("path", message["path"], path),
        ("query", sorted(map(tuple, message["query"])), sorted(query)),
        ("headers", *headers),
        ("body", comparable(protocol, ours), comparable(protocol, body)),
    ]


def judge_response(message, operation, protocol):
    shape = operation.output_shape
    headers = HeadersDict()
    for name, text in message["headers"]:
        headers[name] = text
    payload = shape.members.get(shape.serialization.get("payload"))
    body = base64.b64decode(message["body"])
    # A body of bytes comes as a stream, which the parser hands on.
    streamed = payload is not None and payload.type_name == "blob"
    response = {
        "status_code": message["status"], "headers": headers, "body": bytearray(body) if streamed else body,
        "context": {"operation_name": operation.name},
    }
    theirs = botocore.parsers.create_parser(protocol).parse(response, shape)
    theirs.pop("ResponseMetadata", None)
    return [("output", plain(shape, given(shape, message["output"])), plain(None, times(theirs)))]


def times(value):
    if isinstance(value, dict):
        return {key: times(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [times(entry) for entry in value]
    return value.timestamp() if isinstance(value, datetime.datetime) else value


def main():
    counts, wrong = {"requests": 0, "responses": 0}, 0
    for line in open(sys.argv[1], encoding="utf-8"):
        message = json.loads(line)
        name = (message["service"], message["operation"])
        model = service_model(message["service"])
        operation = model.operation_model(message["operation"])
        is_request = "input" in message
        if is_request and message["protocol"] != model.resolved_protocol:
            sys.exit(f"{name[0]}: Reeve speaks {message['protocol']}, botocore {model.resolved_protocol}")
        counts["requests" if is_request else "responses"] += 1
        if name in (DIFFERENT if is_request else UNJUDGED):
            continue
        judge = judge_request if is_request else judge_response
        for part, ours, theirs in judge(message, operation, message["protocol"]):
            if ours != theirs:
                wrong += 1
                print(f"{' '.join(name)}: {part}\n  Reeve    {ours!s:.600}\n  botocore {theirs!s:.600}")
    print(f"{counts['requests']} requests and {counts['responses']} responses, {wrong} differences")
    sys.exit(wrong > 0)


main()
