"""A scenario's calls as one AWS answers them.

`aws.sqs.create_queue(QueueName="orders")` is a step: it is performed, what came of it is noted, and the answer is given back.
Where an AWS refused a step or left something out, what is asked of the answer is `Nothing`, and a step that needs it is not
performed there.
"""

import contextlib
import dataclasses
import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

REGION = "us-east-1"
MISSING = "<missing>"
# How moto and ministack say that they do not serve an operation, besides status 501 and pages of HTML.
NOT_SERVED = {"NotImplemented", "UnknownOperationException", "InvalidAction", "UnsupportedOperation"}
SESSION = boto3.Session(region_name=REGION)


@dataclasses.dataclass
class Outcome:
    """What came of a step: `served` or not; refused with `code`, or well with `answer`."""

    step: str
    served: bool = True
    performed: bool = True
    code: str = ""
    status: int = 0
    answer: dict = dataclasses.field(default_factory=dict)
    message: str = ""


class Nothing:
    """What is not in an answer."""

    def __getitem__(self, _):
        return self

    def __iter__(self):
        return iter(())

    def __add__(self, _):
        return self

    def __str__(self):
        return MISSING


class Members(dict):
    """A structure of an answer."""

    def __missing__(self, _):
        return Nothing()


class Elements(list):
    """A list of an answer."""

    def __getitem__(self, index):
        return super().__getitem__(index) if -len(self) <= index < len(self) else Nothing()


class Aws:
    """One AWS, as a scenario sees it: its services by name, and its time."""

    def __init__(self, server):
        self.server = server
        self.outcomes = []
        self.names = {}

    def __getattr__(self, service):
        return Service(self, service)

    def wait(self, minutes):
        """Lets time pass, where it takes time."""
        self.server.wait(minutes * 60)

    def settle(self, service, operation, done, **arguments):
        """Lets time pass in the twin's world, and waits for a counterpart that does something by and by. It is no step."""
        self.wait(minutes=10)
        for _ in range(0 if self.server.name == "twin" else 100):
            try:
                if done(getattr(self.client(service), operation)(**arguments)):
                    return
            except ClientError:
                return
            time.sleep(0.1)

    def given(self, service, operation, **arguments):
        """Makes what the twin's world begins with, and theirs do not. It is no step."""
        if self.server.name != "twin":
            with contextlib.suppress(ClientError):
                getattr(self.client(service), operation)(**arguments)

    def client(self, service):
        if service not in self.server.clients:
            access, secret = self.server.key
            config = Config(
                retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, parameter_validation=False,
                read_timeout=120, max_pool_connections=2)
            client = SESSION.client(
                service, endpoint_url=self.server.endpoint, config=config,
                aws_access_key_id=access, aws_secret_access_key=secret)
            client.meta.events.register("before-parse", note_html)
            self.server.clients[service] = client
        return self.server.clients[service]

    def perform(self, service, operation, arguments):
        name = f"{service}.{operation}"
        self.names[name] = self.names.get(name, 0) + 1
        outcome = Outcome(name if self.names[name] == 1 else f"{name} {self.names[name]}")
        self.outcomes.append(outcome)
        if needs_nothing(arguments):
            outcome.performed = False
            return Nothing()
        try:
            answer = getattr(self.client(service), operation)(**arguments)
        except ClientError as error:
            read_refusal(outcome, error.response)
            return Nothing()
        except NotServed:
            outcome.served = False
            return Nothing()
        except (BotoCoreError, ValueError) as error:  # an answer that cannot be read
            outcome.code, outcome.message = type(error).__name__, str(error)
            return Nothing()
        outcome.status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        outcome.answer = plain(answer)
        return wrapped(answer)


class Service:
    """The operations of one service."""

    def __init__(self, aws, service):
        self.aws, self.service = aws, service

    def __getattr__(self, operation):
        return lambda **arguments: self.aws.perform(self.service, operation, arguments)


class NotServed(Exception):
    """A page of HTML where an answer should be."""


def note_html(response_dict, **_):
    body = response_dict["body"]
    start = body[:200].lstrip().lower() if isinstance(body, bytes) else b""
    if response_dict["status_code"] >= 400 and (start.startswith(b"<!doctype html") or start.startswith(b"<html")):
        raise NotServed


def read_refusal(outcome, response):
    outcome.code = response.get("Error", {}).get("Code", "")
    outcome.message = response.get("Error", {}).get("Message") or ""
    outcome.status = response["ResponseMetadata"]["HTTPStatusCode"]
    unknown = outcome.message.startswith(("Unknown action", "No route for"))
    outcome.served = not unknown and outcome.code not in NOT_SERVED and outcome.status not in (500, 501)


def needs_nothing(value):
    if isinstance(value, dict):
        return any(needs_nothing(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(needs_nothing(item) for item in value)
    return isinstance(value, Nothing) or (isinstance(value, str) and MISSING in value)


def plain(value):
    """An answer without its streams."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return value.hex()
    return value


def wrapped(value):
    if isinstance(value, dict):
        return Members({name: wrapped(item) for name, item in value.items()})
    if isinstance(value, list):
        return Elements(wrapped(item) for item in value)
    return value


def policy(*statements):
    """A policy document's text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
