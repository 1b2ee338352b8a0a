#!/usr/bin/env python3
"""Runs the same runbooks on the twin and on moto, and compares the calls that they make and what they tell.

    cargo build -p reeve-cli && cargo build -p reeve-twin --example serve
    scripts/venv
    .venv/bin/python tests/third-party/runbooks/run.py --reeve target/debug/reeve --twin target/debug/examples/serve [RUNBOOK ...]

Each case of `cases.py` makes a world with boto3 and names a runbook. The calls of `reeve runbook run` pass through a recorder; they
have to be the same, in the same order, with the same inputs, save for what each AWS names as it likes. Looking again and again
while something takes its time counts once. How the execution and its steps ended and what it told in the end have to be the
same too. A difference is a mistake, or explained in `explained.txt`; an explanation that nothing needs is an error.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "counterparts")]

import explaining  # noqa: E402
import servers  # noqa: E402
from cases import CASES, DOCUMENTS  # noqa: E402
from comparing import Comparison  # noqa: E402
from recorder import Recorder  # noqa: E402
from recording import Aws, Outcome  # noqa: E402

explaining.TABLE = HERE / "explained.txt"
# How fast the twin's time passes while a runbook runs: what takes minutes on AWS takes seconds.
RATE = 600

ESTATE = """\
version: 1
name: runbooks
aws:
  endpoint-url: {endpoint}
regions: [us-east-1]
authority: {{all: propose}}
controllers: {{resource-tagger: {{resource-types: [AWS::S3::Bucket]}}}}
accounts:
  - {{id: "{account}", name: home}}
"""


def run_case(server, reeve, document, make):
    """The calls of a runbook, and what came of it."""
    server.fresh()
    aws = Aws(server)
    parameters = make(aws)
    failed = [outcome for outcome in aws.outcomes if outcome.code or not outcome.served or not outcome.performed]
    if failed:
        raise RuntimeError(f"the world could not be made: {failed[0]}")
    if server.name == "twin":
        servers.post(f"{server.endpoint}/_twin/clock", {"rate": RATE})
    recorder = Recorder(server.endpoint)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return recorder.calls, execute(server, reeve, pathlib.Path(folder), recorder.endpoint, document, parameters)
    finally:
        recorder.stop()


def execute(server, reeve, folder, endpoint, document, parameters):
    (folder / "estate.yaml").write_text(ESTATE.format(endpoint=endpoint, account=servers.ACCOUNT))
    (folder / "runbooks").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "runbooks" / f"{name}.yaml").write_text(text)
    access, secret = server.key
    environment = {
        # Scripts of runbooks run with the Python that has boto3.
        "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "USER": "ana", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}
    words = [str(reeve), "-C", str(folder), "--json", "runbook", "run", document]
    for name, value in parameters.items():
        words += ["-p", f"{name}={value}"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"{document} on {server.name}: {done.stdout}{done.stderr}") from None
    ended = [record["summary"] for record in told["records"] if record["kind"] == "step.ended"]
    if told["status"] != "Success":
        raise RuntimeError(f"{document} on {server.name} ended with {told['status']}: {ended}")
    return {"outputs": told["outputs"], "steps": ended}


def steps(calls, told):
    """Calls as steps, those that look again and again once, and what the execution told as the last."""
    found, last, counts = [], None, {}
    for call in calls:
        if call == last:
            continue
        last = call
        service, operation, given = call
        name = f"{service}:{operation}"
        counts[name] = counts.get(name, 0) + 1
        found.append(Outcome(name if counts[name] == 1 else f"{name} {counts[name]}", answer=given))
    return [*found, Outcome("the end", answer=told)]


def compare(name, here, there, explanations):
    """The differences that nothing explains."""
    comparison = Comparison()
    ours, theirs = [one.step for one in here], [one.step for one in there]
    if ours != theirs:
        yield f"{name}: other calls: twin {ours}, moto {theirs}"
        return
    for one, other in zip(here, there, strict=True):
        for member, twins, motos in comparison.outcomes(one, other):
            if not any([line.explains(name, one.step, member, "moto") for line in explanations]):
                yield f"{name} | {one.step} | {member} | moto | twin {twins!r:.300}, there {motos!r:.300}"


def perform(server, reeve, chosen):
    results = []
    for document, make in chosen:
        try:
            results.append(steps(*run_case(server, reeve, document, make)))
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            results.append(f"{document} on {server.name}: {error}")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reeve", required=True, help="the binary, built")
    parser.add_argument("--twin", required=True, help="the example `serve`, built")
    parser.add_argument("runbooks", nargs="*")
    arguments = parser.parse_args()
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    chosen = [case for case in CASES if not arguments.runbooks or case[0] in arguments.runbooks]
    explanations, wrong = explaining.read()
    both = [servers.Twin(arguments.twin), servers.moto()]
    reeve = pathlib.Path(arguments.reeve).resolve()
    try:
        with concurrent.futures.ThreadPoolExecutor(len(both)) as pool:
            here, there = pool.map(lambda server: perform(server, reeve, chosen), both)
    finally:
        for server in both:
            server.stop()
    compared = 0
    for (document, make), one, other in zip(chosen, here, there):
        unperformed = [result for result in (one, other) if isinstance(result, str)]
        wrong += unperformed
        if not unperformed:
            compared += len(one)
            wrong += compare(f"{document}.{make.__name__}", one, other, explanations)
    wrong += explaining.unused(explanations, {f"{document}.{make.__name__}" for document, make in chosen})
    print(f"{len(chosen)} runbooks on the twin and on moto: {compared} calls and ends compared, {len(wrong)} differences")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
