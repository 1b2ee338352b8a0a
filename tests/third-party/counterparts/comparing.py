"""What one AWS answered beside what another did.

Ids, times, addresses and tokens differ between two AWSs, so they are compared by what they stand for: the id that one gave a
resource stands for the id that the other gave it, from the first time they are seen in the same place. Lists are compared
without their order. What a counterpart leaves out of an answer is counted, and is no difference.
"""

import datetime
import json
import re

# Whole members that mean nothing to a reader.
OPAQUE = re.compile(
    r"(NextToken|nextToken|ContinuationToken|Marker|SecretAccessKey|SessionToken|ReceiptHandle|CiphertextBlob|VersionId"
    r"|UploadId|[sS]equenceToken|nextForwardToken|nextBackwardToken|RequestId|EventId|eventId|MessageId|Plaintext|Signature"
    r"|SigningCertURL|UnsubscribeURL|RevisionId|GrantToken|GrantId|UserId|PolicyId|InstanceProfileId|Group(s\[\])?\.GroupId"
    r"|DbiResourceId|DbClusterResourceId|KeyFingerprint|KeyMaterial|Base32StringSeed|QRCodePNG|MacAddress|HostedZoneId"
    r"|ZoneId|DNSName|DBCluster(s\[\])?\.(Reader)?Endpoint|Endpoint\.Address|ResourceRecord\.(Name|Value)|BackupArn|DhcpOptionsId|CreateAccountStatus\.Id"
    r"|ConfigRuleId|CreatorRequestId|Code\.Location|\.Location|deployments\[\]\.id|LastModifiedUser|CreatedBy)$")
MARKS = [
    ("<time>", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")),
    ("<endpoint>", re.compile(r"https?://[^/\s\"]+(?=/\d{12}/)")),
    ("<secret>", re.compile(r"(?<=:secret:)([\w/]+-)[A-Za-z0-9]{6}(?![\w-])")),
    ("<id>", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    ("<id>", re.compile(r"(?<=\b[a-z]-)[a-z0-9]{10,32}\b|(?<=\bou-)[a-z0-9]{4,32}-[a-z0-9]{8,32}\b|(?<=\br-)[a-z0-9]{4}\b"
                        r"|(?<=\bp-)[a-z0-9]{8}\b")),
    ("<id>", re.compile(r"(?<=account/o-)[a-z0-9]+/\d{12}|(?<=config-rule-)[a-z0-9]{6}|(?<=ecs-svc/)\d+")),
    ("<account>", re.compile(r"\b(?!123456789012|111122223333)\d{12}\b")),
    ("<id>", re.compile(r"\bA(?:KIA|SIA|IDA|ROA|IPA|GPA|NPA)[A-Z0-9]{8,}\b")),
    ("<id>", re.compile(r"\b[0-9a-f]{16,64}\b|(?<=-)[0-9a-f]{8,17}\b")),
    ("<address>", re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?!/)|\bip-\d+-\d+-\d+-\d+\b|\bec2-\d+-\d+-\d+-\d+\b")),
]
NAMES = ("<id>", "<account>", "<secret>", "<opaque>")
UUID = MARKS[3][1]


class Comparison:
    """The differences of one scenario between the twin and one counterpart."""

    def __init__(self):
        self.there = {}
        self.here = {}
        self.left_out = 0
        self.found = []

    def outcomes(self, here, there):
        """The differences of a step, as (member, here, there)."""
        self.found = []
        if bool(here.code) != bool(there.code):
            self.note("outcome", here.code or "success", there.code or "success")
            return self.found
        if here.code != there.code:
            self.note("code", here.code, there.code)
        if here.status != there.status:
            self.note("status", here.status, there.status)
        if not here.code:
            self.values("", here.answer, there.answer)
        return self.found

    def note(self, member, here, there):
        self.found.append((member, here, there))

    def values(self, path, here, there):
        here, there = keyed(readable(here)), keyed(readable(there))
        if isinstance(here, dict) and isinstance(there, dict):
            self.members(path, here, there)
        elif isinstance(here, list) and isinstance(there, list):
            self.elements(path, here, there)
        elif isinstance(here, (dict, list)) or isinstance(there, (dict, list)):
            self.note(path, here, there)
        else:
            self.scalars(path, here, there)

    def members(self, path, here, there):
        for name in sorted(set(here) | set(there)):
            inner = f"{path}.{name}" if path else name
            if empty(there.get(name)):
                self.left_out += not empty(here.get(name))
            elif empty(here.get(name)):
                self.note(inner, "nothing", there[name])
            else:
                self.values(inner, here[name], there[name])

    def elements(self, path, here, there):
        if len(here) != len(there):
            self.note(f"{path}[]", f"{len(here)}: {here}", f"{len(there)}: {there}")
            return
        shared = shared_members(here + there)
        here = sorted(here, key=lambda item: order(item, shared, self.here))
        there = sorted(there, key=lambda item: order(item, shared, {one: one for one in self.there}))
        for one, other in zip(here, there):
            self.values(f"{path}[]", one, other)

    def scalars(self, path, here, there):
        shape, ours = masked(path, here)
        other, theirs = masked(path, there)
        if shape != other or len(ours) != len(theirs):
            self.note(path, here, there)
            return
        for one, two in zip(ours, theirs):
            if self.here.setdefault(one, two) != two or self.there.setdefault(two, two) != two:
                self.note(path, here, there)
                return


def shared_members(items):
    """The names of the members that all elements have; none if they are not structures."""
    if not all(isinstance(item, dict) for item in items):
        return set()
    return set.intersection(*(set(item) for item in items)) if items else set()


def order(item, shared, known):
    """Where an element stands: by the ids known from before, by what it is called, by what all of them have."""
    if not isinstance(item, dict):
        text, ids = masked("", item) if not isinstance(item, list) else (str(item), [])
        return [known[one] for one in ids if one in known], text, ""
    called = [name for name in sorted(shared) if re.search(r"([nN]ame|[kK]ey|Value|Id|Cidr\w*|PartNumber|Size)$", name)]
    told = [masked(name, item[name]) for name in called]
    ids = [known[one] for _, found in told for one in found if one in known]
    rest = {name: item[name] for name in shared}
    name = str(item.get("ETag", "")) + " ".join(text for text, _ in told)
    return ids, name, masked("", json.dumps(rest, sort_keys=True, default=str))[0]


def keyed(value):
    """A map whose keys are ids as a list, in which they are compared like other ids."""
    if isinstance(value, dict) and value and all(UUID.fullmatch(key) for key in value):
        return [{"Id": key, "Value": item} for key, item in value.items()]
    return value


def readable(value):
    """A text that is a JSON document as what it says."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def empty(value):
    return value is None or value == "" or value == [] or value == {}


def masked(path, value):
    """A value with marks for what differs between any two AWSs, and the ids that the marks stand for."""
    if isinstance(value, bool):
        return str(value).lower(), []
    if isinstance(value, datetime.datetime):
        return "<time>", []
    if isinstance(value, (int, float)):
        return ("<time>", []) if value > 1_500_000_000 else (str(value), [])
    if OPAQUE.search(path):
        return "<opaque>", [str(value)]
    if path.endswith("ETag"):  # made of what the object is
        return str(value), []
    ids = []
    text = str(value)
    if re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", text):
        return "<time>", []
    for mark, pattern in MARKS:
        def put(match, mark=mark):
            if mark in NAMES:
                ids.append(match.group())
            return mark
        text = pattern.sub(put, text)
    return text, ids
