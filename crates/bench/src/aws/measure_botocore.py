"""Measures botocore at what Reeve is measured at. Reads a job from standard input, writes the figures to standard output.

The same bytes, the same calls, the same machine. Botocore is given its best: parsers and clients made beforehand, warm
caches, as many threads as serve it best, and no validation of what it writes.
"""

import json
import resource
import statistics
import sys
import threading
import time

import botocore
import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

SESSION = botocore.session.Session()
THREADS = 8
SECONDS = 3


def median(act, runs):
    for _ in range(2):
        act()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def operation(sample):
    return SESSION.get_service_model(sample["service"]).operation_model(sample["operation"])


def parse(sample):
    with open(sample["file"], "rb") as file:
        body = file.read()
    model = operation(sample)
    parser = botocore.parsers.ResponseParserFactory().create_parser(sample["protocol"])
    response = {"status_code": 200, "headers": sample["headers"], "body": body}

    def act():
        parser.parse(response, model.output_shape)

    assert len(parser.parse(response, model.output_shape)) > 1
    return median(act, 7)


def write(sample):
    model = operation(sample)
    serializer = botocore.serialize.create_serializer(sample["protocol"], include_validation=False)
    return median(lambda: serializer.serialize_to_request(sample["input"], model), 15)


def client(service, endpoint):
    config = Config(max_pool_connections=THREADS, s3={"addressing_style": "path"})
    return SESSION.create_client(
        service,
        region_name="eu-central-1",
        endpoint_url=endpoint,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        config=config,
    )


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def repeat(call, threads, seconds):
    counts = []
    start = time.perf_counter()
    before = processor_time()

    def caller():
        count = 0
        while time.perf_counter() - start < seconds:
            call()
            count += 1
        counts.append(count)

    callers = [threading.Thread(target=caller) for _ in range(threads)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    return sum(counts) / (time.perf_counter() - start), (processor_time() - before) / sum(counts)


def answered_at_once(request, body, headers):
    class Raw:
        def stream(self, **_):
            yield body

    return AWSResponse(request.url, 200, headers, Raw())


def call(sample, endpoint):
    with open(sample["file"], "rb") as file:
        body = file.read()
    used = client(sample["service"], endpoint)
    name = "".join(("_" + c.lower()) if c.isupper() else c for c in sample["operation"]).strip("_")
    method, arguments = getattr(used, name), sample["input"]

    def act():
        method(**arguments)

    repeat(act, THREADS, 0.3)
    # Threads share one interpreter: sometimes one alone is the quickest.
    best = max(repeat(act, threads, SECONDS) for threads in (1, THREADS))
    used.meta.events.register(
        "before-send", lambda request, **_: answered_at_once(request, body, sample["headers"])
    )
    _, alone = repeat(act, 1, SECONDS)
    return {"rate": best[0], "processor": best[1], "alone": alone}


def first(sample, endpoint):
    start = time.perf_counter()
    botocore.session.Session()
    used = client(sample["service"], endpoint)
    used.describe_regions()
    return time.perf_counter() - start


def main():
    job = json.load(sys.stdin)
    figures = {
        "version": botocore.__version__,
        "parse": [parse(sample) for sample in job.get("parse", [])],
        "write": [write(sample) for sample in job.get("write", [])],
        "calls": [call(sample, job["endpoint"]) for sample in job.get("calls", [])],
        "first": [first(sample, job["endpoint"]) for sample in job.get("first", [])],
    }
    json.dump(figures, sys.stdout)


main()
