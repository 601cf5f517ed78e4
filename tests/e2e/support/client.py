"""A client of Function Compute's API 2016-08-15 that can also say wrong things."""

import base64
import dataclasses
import email.utils
import hashlib
import hmac
import http.client
import json
import time
import urllib.parse

from . import packages

API = "/2016-08-15"
PROXY = f"{API}/proxy/"


@dataclasses.dataclass
class Key:
    id: str
    secret: str
    account: str


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """'404 ServiceNotFound'; fails for an answer that is not one of the API's errors."""
        assert self.status >= 400, (self.status, self.body)
        assert self.headers["X-Fc-Request-Id"], self.headers.items()
        assert self.json["ErrorMessage"], self.body
        return f"{self.status} {self.json['ErrorCode']}"

    @property
    def failure(self):
        """The error JSON of a function that failed; fails if it did not."""
        assert self.status == 200, (self.status, self.body)
        assert self.headers["X-Fc-Error-Type"] == "UnhandledInvocationError", self.headers.items()
        return self.json

    @property
    def result(self):
        """The bytes of a function that answered; fails if it did not."""
        assert self.status == 200 and self.headers["X-Fc-Error-Type"] is None, (self.status, self.body[:4000])
        return self.body

    @property
    def log(self):
        return base64.b64decode(self.headers["X-Fc-Log-Result"])


def query_lines(query):
    """What is signed of a query: a line for each parameter, un-escaped, sorted."""
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return "\n".join(sorted(f"{name}={value}" if value else name for name, value in pairs))


def signature(key, method, path, headers, query=""):
    """Signs as the public clients do: method, three headers, the x-fc headers, the path as sent; and the
    query, where an http trigger is called."""
    if path.startswith(PROXY):
        path = f"{path}\n{query_lines(query)}"
    lower = {name.lower(): value for name, value in headers.items()}
    lines = [method, lower.get("content-md5", ""), lower.get("content-type", ""), lower.get("date", "")]
    lines += [f"{name}:{lower[name]}" for name in sorted(lower) if name.startswith("x-fc-")]
    digest = hmac.new(key.secret.encode(), "\n".join([*lines, path]).encode(), hashlib.sha256).digest()
    return f"FC {key.id}:{base64.b64encode(digest).decode()}"


class Client:
    """One keep-alive connection; used by one thread."""

    def __init__(self, url, key, timeout=120.0):
        self.url, self.key = url, key
        address = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)

    def send(self, method, path, body=b"", headers=None, query="", key=None, date=None, later=False, signed=True):
        """One signed request. `path` may leave out the API's prefix. With `later`, end() gives the answer."""
        if not path.startswith("/"):
            path = f"{API}/{path}"
        headers = {"Date": date or email.utils.formatdate(time.time(), usegmt=True), **(headers or {})}
        if signed:
            headers["Authorization"] = signature(key or self.key, method, path, headers, query)
        try:
            self.connection.request(method, path + (f"?{query}" if query else ""), body, headers)
        except BaseException:
            self.connection.close()
            raise
        return None if later else self.end()

    def end(self):
        """The answer to what was sent last."""
        try:
            reply = self.connection.getresponse()
            answer = Answer(reply.status, reply.headers, reply.read())
        except BaseException:
            self.connection.close()
            raise
        if reply.will_close:
            self.connection.close()
        return answer

    def json(self, method, path, body=None, **options):
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        data = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, data, headers, **options)

    def make_service(self, name, **spec):
        answer = self.json("POST", "services", {"serviceName": name, **spec})
        assert answer.status == 200, answer.body
        return answer.json

    def create(self, service, name, code, **spec):
        """The answer to creating a function. `code`: a zip, the text of index.py, or {name: content}."""
        if isinstance(code, str):
            code = {"index.py": code}
        if isinstance(code, dict):
            code = packages.zip_of(code)
        wanted = {"functionName": name, "runtime": "python3", "handler": "index.handler", "memorySize": 128, **spec}
        return self.json("POST", f"services/{service}/functions", {**wanted, "code": packages.as_code(code)})

    def make(self, service, name, code, **spec):
        answer = self.create(service, name, code, **spec)
        assert answer.status == 200, answer.body
        return answer.json

    def update(self, service, name, **change):
        answer = self.json("PUT", f"services/{service}/functions/{name}", change)
        assert answer.status == 200, answer.body
        return answer.json

    def invoke(self, service, name, event=b"", tail=False, headers=None, later=False):
        headers = {"Content-Type": "application/octet-stream", **(headers or {})}
        if tail:
            headers["X-Fc-Log-Type"] = "Tail"
        if isinstance(event, str):
            event = event.encode()
        return self.send("POST", f"services/{service}/functions/{name}/invocations", event, headers, later=later)

    def put_async(self, service, name, **config):
        """Sets how asynchronous calls of the function are carried out."""
        answer = self.json("PUT", f"services/{service}/functions/{name}/async-invoke-config", config)
        assert answer.status == 200, answer.body
        return answer.json

    def later(self, service, name, event=b"", task=None, headers=None):
        """An asynchronous call. Gives its request id."""
        headers = {"X-Fc-Invocation-Type": "Async", **(headers or {})}
        if task:
            headers["X-Fc-Stateful-Async-Invocation-Id"] = task
        answer = self.invoke(service, name, event, headers=headers)
        assert (answer.status, answer.body) == (202, b""), (answer.status, answer.body)
        return answer.headers["X-Fc-Request-Id"]

    def task(self, service, name, task):
        answer = self.send("GET", f"services/{service}/functions/{name}/stateful-async-invocations/{task}")
        assert answer.status == 200, answer.body
        return answer.json

    def make_http_trigger(self, service, name, auth="anonymous", methods=("GET", "POST", "HEAD"), trigger="web"):
        config = {"authType": auth, "methods": list(methods)}
        wanted = {"triggerName": trigger, "triggerType": "http", "triggerConfig": config}
        answer = self.json("POST", f"services/{service}/functions/{name}/triggers", wanted)
        assert answer.status == 200, answer.body
        return answer.json

    def close(self):
        self.connection.close()
