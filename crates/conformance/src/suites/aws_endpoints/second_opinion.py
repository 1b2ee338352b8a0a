"""Resolves endpoints with botocore's own engine and rules.

Reads one JSON object a line, {"service": ..., "parameters": {...}}, and writes one a line: {"endpoint": {...}},
{"error": "..."}, or {"unknown": "..."} where botocore cannot be asked. The first line written says which release it is.
"""

import json
import sys

import botocore
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

LOADER = Loader()
PARTITIONS = LOADER.load_data("partitions")
PROVIDERS = {}


def provider(service):
    if service not in PROVIDERS:
        rules = LOADER.load_service_model(service, "endpoint-rule-set-1")
        PROVIDERS[service] = EndpointProvider(rules, PARTITIONS)
    return PROVIDERS[service]


def resolve(case):
    try:
        found = provider(case["service"]).resolve_endpoint(**case["parameters"])
    except EndpointProviderError as error:
        return {"error": error.kwargs.get("msg", str(error))}
    except Exception as error:
        return {"unknown": f"{type(error).__name__}: {error}"}
    return {"endpoint": {"url": found.url, "properties": found.properties, "headers": found.headers}}


print(json.dumps({"release": botocore.__version__}))
for line in sys.stdin:
    print(json.dumps(resolve(json.loads(line))))
