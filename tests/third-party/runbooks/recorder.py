"""Stands between Reeve and an AWS, passes everything on, and notes the calls in order."""

import http.client
import http.server
import json
import re
import threading
import urllib.parse


class Recorder:
    """A proxy for one AWS. `calls` are what passed: service, operation, input."""

    def __init__(self, endpoint):
        self.calls = []
        target = urllib.parse.urlsplit(endpoint).netloc
        calls = self.calls

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                calls.append(read_call(self.command, self.path, self.headers, body))
                upstream = http.client.HTTPConnection(target, timeout=60)
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
                upstream.close()

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = pass_on

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def read_call(method, path, headers, body):
    """The service, the operation, and the input as data."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization", ""))
    service = scope.group(1) if scope else "?"
    split = urllib.parse.urlsplit(path)
    if "X-Amz-Target" in headers:
        return service, headers["X-Amz-Target"].split(".")[-1], json.loads(body or b"{}")
    form = dict(urllib.parse.parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    if "Action" in form and headers.get("Content-Type", "").startswith("application/x-www-form"):
        operation = form.pop("Action")
        form.pop("Version", None)
        return service, operation, form
    query = "&".join(sorted(name for name, _ in urllib.parse.parse_qsl(split.query, keep_blank_values=True)))
    text = body.decode(errors="replace")
    # What has no name on the wire is called by what is on it.
    return service, f"{method} {shape(split.path)}" + (f"?{query}" if query else ""), {"path": split.path, "body": text}


def shape(path):
    """A path without what differs from one resource to the next."""
    return re.sub(r"[0-9a-f]{16,}", "*", urllib.parse.unquote(path))
