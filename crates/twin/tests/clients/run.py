#!/usr/bin/env python3
"""Has boto3 and the AWS CLI walk the twin's services, each against a fresh twin.

    cargo build -p reeve-twin --example serve
    python3 crates/twin/tests/clients/run.py --twin target/debug/examples/serve [SERVICE ...]

Each file of `services/` has a function `check(aws)`, and maybe a scenario of the same name. Every response that boto3 reads is held against botocore's own model of
it: what is required must be there, and everything of its kind. With no service named all are walked. Exit status 0 only if
everything is as it should be.
"""

import argparse
import importlib
import pathlib
import subprocess
import sys
import traceback

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

from aws import Aws  # noqa: E402


def start(binary, service):
    """A fresh twin on a free port, and how to reach it: with the scenario beside the walk, if it has one of its own."""
    scenario = HERE / "services" / f"{service}.yaml"
    own = [scenario] if scenario.exists() else []
    process = subprocess.Popen([binary, "0", *own], stdout=subprocess.PIPE, text=True)
    found = {}
    while "AWS_SECRET_ACCESS_KEY" not in found:
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{binary} ended before it said where it is")
        name, _, value = line.strip().partition("=")
        found[name] = value
    return process, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--twin", required=True, help="the example `serve`, built")
    parser.add_argument("services", nargs="*", help="files of services/, without .py")
    arguments = parser.parse_args()
    every = sorted(path.stem for path in (HERE / "services").glob("*.py"))
    wanted = arguments.services or every
    wrong = 0
    for service in wanted:
        process, found = start(arguments.twin, service)
        aws = Aws(found)
        try:
            importlib.import_module(f"services.{service}").check(aws)
        except Exception:  # a walk that stops early is a failure like others
            aws.failures.append(traceback.format_exc())
        finally:
            process.kill()
            process.wait()
        operations = len(aws.operations)
        print(f"{service}: {aws.checks} checks, {operations} operations, {len(aws.failures)} failures", flush=True)
        for failure in aws.failures:
            print(f"  {failure}")
        wrong += len(aws.failures)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
