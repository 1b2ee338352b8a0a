"""What botocore makes of answers, for every published waiter: cases for `crates/model/tests/it/waiters.rs`.

    python tests/third-party/waiter_cases.py > cases.json
    REEVE_WAITER_CASES=cases.json cargo test -p reeve-model --test it waiters

The answers are made from the acceptors' own expressions: what they look for, something else, nothing, and mixtures.
"""

import json
import sys

import botocore.loaders
import jmespath
from botocore.waiter import SingleWaiterConfig

LISTS = ([], [0], [1], [0, 0], [0, 1], [1, 1])


def build(node, leaves):
    """A value in which the expression finds the leaves: one, or several where it goes through a list."""
    kind, children = node["type"], node.get("children", [])
    if kind == "field":
        return {node["value"]: leaves[0] if len(leaves) == 1 else leaves}
    if kind in ("subexpression", "index_expression", "pipe"):
        inner = leaves
        for child in reversed(children):
            inner = [build(child, inner)]
        return inner[0]
    if kind in ("projection", "filter_projection", "value_projection"):
        elements = [build(children[1], [leaf]) for leaf in leaves]
        return build(children[0], [elements])
    if kind == "flatten":
        return build(children[0], leaves)
    if kind == "index":
        return leaves
    if kind in ("function_expression", "comparator", "or_expression", "and_expression", "not_expression"):
        merged = {}
        for child in children:
            built = build(child, leaves)
            if isinstance(built, dict):
                merged.update(built)
        return merged
    if kind in ("multi_select_list", "multi_select_dict", "key_val_pair"):
        return build(children[0], leaves) if children else leaves
    return leaves[0] if len(leaves) == 1 else leaves


def answers(acceptor):
    """Answers that are worth asking this acceptor about."""
    parsed = jmespath.compile(acceptor.argument).parsed
    for other in ("something else", acceptor.expected, True, False, 1, None, ""):
        for mixture in LISTS:
            leaves = [acceptor.expected if which else other for which in mixture]
            for value in (leaves, [leaves], leaves[:1]):
                built = build(parsed, value)
                if isinstance(built, dict):
                    yield built


def verdict(config, response):
    """What botocore's loop makes of one response."""
    try:
        for acceptor in config.acceptors:
            if acceptor.matcher_func(response):
                return acceptor.state
    except jmespath.exceptions.JMESPathError:
        return "error"
    return "failure" if "Error" in response else None


def cases():
    loader = botocore.loaders.Loader()
    for service in loader.list_available_services("waiters-2"):
        waiters = loader.load_service_model(service, "waiters-2")["waiters"]
        for name, waiter in sorted(waiters.items()):
            config = SingleWaiterConfig(waiter)
            outputs, codes, statuses = [{}], {"Unheard"}, {200, 404}
            for acceptor in config.acceptors:
                if acceptor.matcher.startswith("path"):
                    outputs.extend(answers(acceptor))
                elif acceptor.matcher == "status":
                    statuses.add(acceptor.expected)
                elif isinstance(acceptor.expected, str):
                    codes.add(acceptor.expected)
            seen = set()
            for output in outputs:
                text = json.dumps(output, sort_keys=True)
                if text not in seen:
                    seen.add(text)
                    response = {**output, "ResponseMetadata": {"HTTPStatusCode": 200}}
                    yield [service, name, {"output": output, "status": 200}, verdict(config, response)]
            for status in sorted(statuses):
                for code in sorted(codes):
                    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
                    yield [service, name, {"code": code, "status": status}, verdict(config, response)]


if __name__ == "__main__":
    json.dump(list(cases()), sys.stdout)
