#!/usr/bin/env python3
"""Performs the same scenarios on the twin, moto and ministack, and compares what they answer.

    cargo build -p reeve-twin --example serve
    scripts/venv
    .venv/bin/python tests/third-party/counterparts/run.py --twin target/debug/examples/serve [SCENARIO ...]

A scenario is a function of a file of `scenarios/`, `service.function`: real calls, one after the other, of real clients. Every
difference between the twin's answer and a counterpart's is a fault of the twin, or explained in `explained.txt`. What a
counterpart does not serve is counted and not compared. Exit status 0 only if every difference is explained, and every
explanation needed.
"""

import argparse
import collections
import concurrent.futures
import importlib
import inspect
import os
import pathlib
import sys
import traceback

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import explaining  # noqa: E402
import servers  # noqa: E402
from comparing import Comparison  # noqa: E402
from recording import Aws  # noqa: E402


def scenarios(wanted):
    """Name -> function, of all files or of those wanted."""
    found = {}
    for path in sorted((HERE / "scenarios").glob("*.py")):
        module = importlib.import_module(f"scenarios.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{path.stem}.{name}"] = function
    return {name: run for name, run in found.items() if not wanted or name in wanted or name.split(".")[0] in wanted}


def perform(server, chosen):
    """What came of each scenario's steps on one AWS."""
    results = {}
    for name, run in chosen.items():
        server.fresh()
        aws = Aws(server)
        try:
            run(aws)
        except Exception:  # the scenario itself is wrong, or made of an answer what it is not
            print(f"{name} on {server.name}: {traceback.format_exc()}", file=sys.stderr)
            results[name] = None
            continue
        results[name] = aws.outcomes
    return results


def compare(name, here, there, counterpart, explanations, tally):
    """The differences of one scenario that nothing explains."""
    comparison = Comparison()
    for one, other in zip(here, there, strict=True):
        if not one.served or not one.performed:
            yield f"{name}: {one.step}: the twin does not serve it: {one.code} {one.message}"
            continue
        if not other.served or not other.performed:
            tally["not served"] += 1
            continue
        tally["compared"] += 1
        differences = comparison.outcomes(one, other)
        left = [
            difference for difference in differences
            if not any([line.explains(name, one.step, difference[0], counterpart) for line in explanations])]
        tally["equal"] += not differences
        tally["explained"] += bool(differences and not left)
        for member, ours, theirs in left:
            message = f" ({one.message or other.message})" if member in ("outcome", "code") else ""
            yield f"{name} | {one.step} | {member} | {counterpart} | twin {ours!r:.160}, there {theirs!r:.160}{message}"
    tally["left out"] += comparison.left_out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--twin", required=True, help="the example `serve`, built")
    parser.add_argument("--ministack", default=str(pathlib.Path(sys.prefix, "ministack", "bin", "ministack")))
    parser.add_argument("scenarios", nargs="*", help="files of scenarios/, or file.function")
    arguments = parser.parse_args()
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    chosen = scenarios(arguments.scenarios)
    explanations, wrong = explaining.read()
    three = [servers.Twin(arguments.twin), servers.moto(), servers.ministack(arguments.ministack)]
    try:
        with concurrent.futures.ThreadPoolExecutor(len(three)) as pool:
            results = list(pool.map(lambda server: perform(server, chosen), three))
    finally:
        for server in three:
            server.stop()
    here = results[0]
    for server, there in zip(three[1:], results[1:]):
        tally = collections.Counter()
        for name in chosen:
            if here[name] is None or there[name] is None:
                wrong.append(f"{name}: not performed on {server.name if here[name] else 'the twin'}")
                continue
            wrong += compare(name, here[name], there[name], server.name, explanations, tally)
        print(
            f"{server.name}: {tally['compared']} steps of {len(chosen)} scenarios compared: {tally['equal']} equal, "
            f"{tally['explained']} explained, {tally['compared'] - tally['equal'] - tally['explained']} different; "
            f"{tally['not served']} not implemented there; {tally['left out']} members left out there")
    wrong += explaining.unused(explanations, chosen)
    for line in dict.fromkeys(wrong):
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
