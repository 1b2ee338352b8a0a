"""The three AWSs that a scenario is performed on: the twin, moto and ministack, each on a free port of the loopback."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
ACCOUNT = "123456789012"


class Twin:
    """The twin; a new process for each scenario, because one starts in an instant."""

    name = "twin"

    def __init__(self, binary):
        self.binary = binary
        self.process = None
        self.found = {}
        self.clients = {}

    def fresh(self):
        self.stop()
        command = [self.binary, "0", str(HERE / "world.yaml")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.found, self.clients = {}, {}
        while "AWS_SECRET_ACCESS_KEY" not in self.found:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"{self.binary} ended before it said where it is")
            name, _, value = line.strip().partition("=")
            self.found[name] = value

    @property
    def endpoint(self):
        return self.found["AWS_ENDPOINT_URL"]

    @property
    def key(self):
        return self.found["AWS_ACCESS_KEY_ID"], self.found["AWS_SECRET_ACCESS_KEY"]

    def wait(self, seconds):
        """Lets time pass in its world."""
        post(f"{self.endpoint}/_twin/clock", {"advance": f"PT{seconds:.0f}S"})

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


class Counterpart:
    """moto or ministack: one process, wiped before each scenario. With both, what takes time on AWS is done at once."""

    key = (ACCOUNT, "test")

    def __init__(self, name, command, environment, wipe):
        self.name = name
        self.port = free_port()
        self.wipe = wipe
        self.clients = {}
        words = [word.format(port=self.port) for word in command]
        variables = {variable: value.format(port=self.port) for variable, value in environment.items()}
        self.process = subprocess.Popen(
            words, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def fresh(self):
        for _ in range(300):
            try:
                post(self.endpoint + self.wipe, None)
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit(f"{self.name} did not start")

    def wait(self, seconds):
        """Nothing to wait for."""

    def stop(self):
        self.process.kill()
        self.process.wait()


def moto():
    command = [str(pathlib.Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", "{port}"]
    return Counterpart("moto", command, {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}, "/moto-api/reset")


def ministack(binary):
    environment = {
        "GATEWAY_PORT": "{port}",
        "BIND_HOST": "127.0.0.1",  # every interface, unless told otherwise
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "DOCKER_HOST": "unix:///nonexistent",  # what needs containers is not compared
        "LOG_LEVEL": "ERROR",
    }
    return Counterpart("ministack", [binary], environment, "/_ministack/reset")


def post(url, body):
    data = b"" if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method="POST"), timeout=30) as response:
        return response.read()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
