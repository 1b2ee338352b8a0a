"""What the walks need: clients whose responses are validated, the twin's clock, and checks that go on after a failure."""

import datetime
import json
import os
import shlex
import shutil
import subprocess
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

MANAGEMENT, PRODUCTION, STAGING = "111122223333", "444455556666", "777788889999"
REGION = "eu-west-1"
ROLE, EXTERNAL_ID = "reeve", "reeve-twin"


class Aws:
    """One twin, seen by its clients."""

    management, production, staging, region = MANAGEMENT, PRODUCTION, STAGING, REGION

    def __init__(self, found):
        self.endpoint = found["AWS_ENDPOINT_URL"]
        self.key = {
            "aws_access_key_id": found["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": found["AWS_SECRET_ACCESS_KEY"],
        }
        self.failures = []
        self.checks = 0
        self.operations = set()
        self.validator = ParamValidator()

    # -- clients ------------------------------------------------------------------------------------------------------

    def session(self, account=None, region=REGION):
        """The management account's user, or the role in another account."""
        if account is None:
            return boto3.Session(region_name=region, **self.key)
        sts = boto3.Session(region_name=region, **self.key).client("sts", endpoint_url=self.endpoint)
        role = f"arn:aws:iam::{account}:role/{ROLE}"
        answer = sts.assume_role(RoleArn=role, RoleSessionName="walk", ExternalId=EXTERNAL_ID)
        credentials = answer["Credentials"]
        return boto3.Session(
            region_name=region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def client(self, service, account=None, region=REGION, key=None, **options):
        """A client that tries once, and whose responses must fit botocore's model."""
        session = boto3.Session(region_name=region, **key) if key else self.session(account, region)
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}).merge(Config(**options))
        client = session.client(service, endpoint_url=self.endpoint, config=config)
        client.meta.events.register("after-call", self._validate)
        return client

    def _validate(self, http_response, parsed, model, **_):
        self.operations.add(f"{model.service_model.service_name}:{model.name}")
        if http_response.status_code >= 300 or model.output_shape is None:
            return
        answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        for name, member in model.output_shape.members.items():
            if getattr(member, "serialization", {}).get("eventstream") or (
                name == getattr(model.get_streaming_output(), "name", None)
            ):
                answer.pop(name, None)
        streaming = [n for n, s in model.output_shape.members.items() if n in answer and hasattr(answer[n], "read")]
        for name in streaming:
            answer.pop(name)
        report = self.validator.validate(answer, model.output_shape)
        problems = [p for p in report.generate_report().split("\n") if p and not any(s in p for s in streaming)]
        # Lengths and ranges in the models describe inputs; what AWS answers does not always keep to them.
        bounds = ("length for parameter", "range for parameter", "valid min value")
        problems = [p for p in problems if not any(bound in p for bound in bounds)]
        # boto3 reads IAM's policy documents itself, where its own model has texts.
        problems = [p for p in problems if "Document, value: {" not in p]
        for problem in problems:
            self.failures.append(f"{model.name}: the answer does not fit botocore's model: {problem}")

    def cli(self, command, account=None, region=REGION):
        """The AWS CLI's answer as JSON; None if the CLI is not installed."""
        binary = shutil.which("aws") or os.path.join(os.path.dirname(sys.executable), "aws")
        if not os.path.exists(binary):
            return None
        session = self.session(account, region)
        credentials = session.get_credentials()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_PAGER": "",
        }
        if credentials.token:
            environment["AWS_SESSION_TOKEN"] = credentials.token
        words = [binary, *shlex.split(command), "--output", "json", "--endpoint-url", self.endpoint]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        self.checks += 1
        if done.returncode != 0:
            self.failures.append(f"aws {command}: {done.stderr.strip()}")
            return {}
        return json.loads(done.stdout) if done.stdout.strip() else {}

    # -- the twin -----------------------------------------------------------------------------------------------------

    def twin(self, method, path, body=None):
        """A call of the twin's own API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_twin/{path}", data=data, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def now(self):
        """The time in the world."""
        return datetime.datetime.fromisoformat(self.twin("GET", "clock")["time"].replace("Z", "+00:00"))

    def advance(self, **duration):
        """Lets time pass in the world: `aws.advance(minutes=5)`."""
        seconds = datetime.timedelta(**duration).total_seconds()
        self.twin("POST", "clock", {"advance": f"PT{seconds:.0f}S"})

    # -- checks -------------------------------------------------------------------------------------------------------

    def expect(self, what, found, wanted=True):
        """Notes a difference and goes on, so that one run shows them all."""
        self.checks += 1
        if found != wanted:
            self.failures.append(f"{what}: expected {wanted!r}, found {found!r}")

    def refused(self, code, call, **arguments):
        """Expects a call to fail with an error code: `aws.refused("InvalidVolume.NotFound", ec2.delete_volume, VolumeId=…)`."""
        self.checks += 1
        try:
            call(**arguments)
            self.failures.append(f"expected {code}, but the call went well")
        except ClientError as error:
            found = error.response["Error"]["Code"]
            if found != code:
                self.failures.append(f"expected {code}, found {found}: {error.response['Error']['Message']}")
