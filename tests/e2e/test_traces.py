"""W3C Trace Context in and out, and spans at a collector of OpenTelemetry's."""

import http.server
import json
import re
import threading

import pytest

from support import java
from support.cli import Cli
from support.client import API
from support.packages import function, zip_of
from support.s3 import client as s3_client
from support.waiting import wait_until

from conftest import SERVICE

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"
PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]")
EVENT = "def handler(event, context):\n    return context.tracing.span_context or 'none'\n"
NODE = "exports.handler = (e, c, done) => done(null, c.tracing.openTracingSpanContext || 'none');\n"
WEB = """
def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [(environ.get("HTTP_TRACEPARENT", "none") + " " + environ.get("HTTP_TRACESTATE", "none")).encode()]
"""


class Collector(http.server.ThreadingHTTPServer):
    """Takes OTLP over HTTP in JSON, and keeps the spans."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.spans = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def of(self, request_id):
        """The span of a call, and those below it."""
        for span in list(self.spans):
            known = {a["key"]: next(iter(a["value"].values())) for a in span.get("attributes", [])}
            if known.get("faas.invocation_id") == request_id:
                return span, known, [s for s in self.spans if s.get("parentSpanId") == span["spanId"]]
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
        for resource in body["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                self.server.spans += scope["spans"]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def collector():
    collector = Collector()
    yield collector
    collector.shutdown()
    collector.server_close()


@pytest.fixture(scope="module")
def traced(house, collector):
    """A client of a server that sends its spans to the collector."""
    server = house.start("traced", arguments=["--otlp-endpoint", f"http://127.0.0.1:{collector.server_port}"])
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "event", EVENT)
    client.server = server
    yield client
    client.close()


def test_an_event_function_is_told_of_its_span_in_its_callers_trace(fc):
    fc.make(SERVICE, "event", EVENT)
    fc.make(SERVICE, "node", {"index.js": NODE}, runtime="nodejs20")
    told = PARENT.fullmatch(fc.invoke(SERVICE, "event", headers={"traceparent": GOOD}).result.decode())
    assert told and told[1] == TRACE and told[2] != SPAN
    told = fc.invoke(SERVICE, "node", headers={"traceparent": GOOD}).result.decode()
    assert PARENT.fullmatch(told)[1] == TRACE
    for name in ("event", "node"):
        assert fc.invoke(SERVICE, name).result == b"none", "nobody records, and nobody said"


def test_a_function_behind_http_finds_it_in_the_headers(fc):
    fc.make(SERVICE, "web", WEB)
    fc.make_http_trigger(SERVICE, "web")
    headers = {"traceparent": GOOD, "tracestate": "vendor=1"}
    answer = fc.send("GET", f"{API}/proxy/{SERVICE}/web/", headers=headers, signed=False)
    parent, state = answer.result.decode().split()
    assert PARENT.fullmatch(parent)[1] == TRACE and PARENT.fullmatch(parent)[2] != SPAN and state == "vendor=1"


@pytest.mark.parametrize(
    "garbage",
    ["x", "00", GOOD[:-1], GOOD + "00", GOOD.upper(), "ff" + GOOD[2:], f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01",
     "00-" + "z" * 32 + f"-{SPAN}-01", "-" * 5000, "00-\u00e9" + GOOD[4:]],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_trace_context_is_as_none(make, garbage):
    headers = {"traceparent": garbage.encode("latin-1"), "tracestate": "=,,=" * 200}
    assert make(EVENT)(headers=headers).result == b"none"


def test_why_names_the_trace(fc, server, house):
    fc.make(SERVICE, "why", EVENT)
    answer = fc.invoke(SERVICE, "why", headers={"traceparent": GOOD})
    call = fc.send("GET", f"/mayfly/v1/calls/{answer.headers['X-Fc-Request-Id']}").json
    assert call["trace"]["traceId"] == TRACE and call["trace"]["parentSpanId"] == SPAN
    assert call["trace"]["spanId"] == answer.result.decode().split("-")[2]
    folder = house.folder / "why"
    folder.mkdir()
    assert f"trace {TRACE}, span " in Cli(server, folder)("why", answer.headers["X-Fc-Request-Id"])[0]


def test_a_java_function_is_told_of_its_span(fc):
    source = (
        "import com.aliyun.fc.runtime.*;\nimport java.io.*;\n"
        "public class App implements StreamRequestHandler {\n"
        "  public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {\n"
        "    out.write(context.getTracing().getSpanContext().getBytes());\n  }\n}"
    )
    code = zip_of(java.compile_java({"App.java": source}))
    fc.make(SERVICE, "java", code, runtime="java17", memorySize=256, timeout=20, handler="App::handleRequest")
    told = PARENT.fullmatch(fc.invoke(SERVICE, "java", headers={"traceparent": GOOD}).result.decode())
    assert told and told[1] == TRACE and told[2] != SPAN
    assert fc.invoke(SERVICE, "java").result == b"", "nobody records, and nobody said"


def trace_of(fc, request_id):
    """(trace, span, its parent) of a call, once it has ended; None if it has none."""
    found = {}

    def has_ended():
        answer = fc.send("GET", f"/mayfly/v1/calls/{request_id}")
        found.update(answer.json if answer.status == 200 else {})
        return "trace" in found

    wait_until(has_ended, f"{request_id} ends")
    trace = found["trace"]
    return trace and (trace["traceId"], trace["spanId"], trace["parentSpanId"])


def served_by(fc, service, function):
    """The request id of the one event that the function served."""
    found = []

    def is_there():
        told = fc.send("GET", "/mayfly/v1/events", query=f"service={service}&function={function}&status=done")
        found[:] = [event["id"] for event in told.json["events"]]
        return found

    wait_until(is_there, f"{function} is called")
    (request_id,) = found
    return request_id


def test_an_event_continues_the_trace_of_the_call_that_caused_it(fc):
    fc.make(SERVICE, "first", EVENT)
    fc.make(SERVICE, "second", EVENT)
    arn = f"acs:fc:local:{fc.key.account}:services/{SERVICE}/functions/second"
    fc.put_async(SERVICE, "first", destinationConfig={"onSuccess": {"destination": arn}})
    event = fc.later(SERVICE, "first", b"{}", headers={"traceparent": GOOD})
    trace, span, parent = trace_of(fc, event)
    assert (trace, parent) == (TRACE, SPAN)
    assert trace_of(fc, served_by(fc, SERVICE, "second"))[::2] == (TRACE, span)
    assert trace_of(fc, fc.later(SERVICE, "first", b"{}")) is None, "nobody records, and nobody said"


def test_what_a_function_does_with_its_keys_continues_its_trace(fc, server):
    """Its client says nothing of the trace: its keys do."""
    made = fc.json("POST", "services", {"serviceName": "roled", "role": f"acs:ram::{fc.key.account}:role/worker"})
    assert made.status == 200, made.body
    fc.make("roled", "caller", function("caller"))
    fc.make("roled", "stores", function("objects_inside"), timeout=30, memorySize=256)
    for name in ("called", "heard", "stored"):
        fc.make("roled", name, EVENT)
    config = {"triggerEnable": True, "eventRuleFilterPattern": json.dumps({"type": ["shop.order"]})}
    rule = {"triggerName": "orders", "triggerType": "eventbridge", "triggerConfig": config}
    assert fc.json("POST", "services/roled/functions/heard/triggers", rule).status == 200
    s3_client(server).create_bucket(Bucket="traced")
    watch = {
        "triggerName": "new", "triggerType": "oss", "invocationRole": "acs:ram::1:role/x",
        "sourceArn": f"acs:oss:cn-hangzhou:{fc.key.account}:traced",
        "triggerConfig": {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "", "suffix": ""}}},
    }  # fmt: skip
    assert fc.json("POST", "services/roled/functions/stored/triggers", watch).status == 200

    def ask(name, **wanted):
        answer = fc.invoke("roled", name, json.dumps(wanted), headers={"traceparent": GOOD})
        return json.loads(answer.result), trace_of(fc, answer.headers["X-Fc-Request-Id"])[1]

    path = f"{API}/services/roled/functions/called/invocations"
    (status, told), _ = ask("caller", method="POST", path=path)
    assert status == 200 and PARENT.fullmatch(told)[1] == TRACE
    event = {"specversion": "1.0", "id": "1", "source": "shop", "type": "shop.order"}
    kind = "application/cloudevents+json"
    (status, told), span = ask("caller", method="POST", path="/mayfly/v1/publish", body=json.dumps(event), kind=kind)
    assert status == 200, told
    assert trace_of(fc, served_by(fc, "roled", "heard"))[::2] == (TRACE, span)
    _, span = ask("stores", bucket="traced", key="k", body="x")
    assert trace_of(fc, served_by(fc, "roled", "stored"))[::2] == (TRACE, span)


def test_a_call_and_its_phases_are_spans_at_the_collector(traced, collector):
    answer = traced.invoke(SERVICE, "event", headers={"traceparent": GOOD})
    span_id = answer.result.decode().split("-")[2]
    request_id = answer.headers["X-Fc-Request-Id"]
    wait_until(lambda: collector.of(request_id), "its span came")
    span, known, below = collector.of(request_id)
    assert (span["traceId"], span["spanId"], span["parentSpanId"]) == (TRACE, span_id, SPAN)
    assert span["name"] == f"{SERVICE}/event" and span["kind"] == 2
    assert known["faas.coldstart"] is True and known["faas.instance"] == answer.headers["X-Fc-Instance-Id"]
    assert {phase["name"] for phase in below} >= {"run"} and len(below) > 2
    edges = sorted((int(s["startTimeUnixNano"]), int(s["endTimeUnixNano"])) for s in below)
    assert edges[0][0] == int(span["startTimeUnixNano"])
    assert all(end == start for (_, end), (start, _) in zip(edges, edges[1:]))
    assert abs(edges[-1][1] - int(span["endTimeUnixNano"])) < 5e6


def test_one_without_a_caller_begins_a_trace_and_one_that_fails_says_so(traced, collector):
    first = traced.invoke(SERVICE, "event")
    traced.make(SERVICE, "bad", "def handler(event, context):\n    raise ValueError\n")
    bad = traced.invoke(SERVICE, "bad")
    wait_until(lambda: collector.of(bad.headers["X-Fc-Request-Id"]), "its span came")
    span, _, _ = collector.of(first.headers["X-Fc-Request-Id"])
    assert "parentSpanId" not in span and span["traceId"] == first.result.decode().split("-")[1]
    assert collector.of(bad.headers["X-Fc-Request-Id"])[0]["status"] == {"code": 2, "message": "unhandled_error"}


def test_what_is_left_goes_out_when_the_server_stops(house, collector):
    server = house.start("stopped", arguments=["--otlp-endpoint", f"http://127.0.0.1:{collector.server_port}"])
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "event", EVENT)
    ids = [client.invoke(SERVICE, "event").headers["X-Fc-Request-Id"] for _ in range(5)]
    client.close()
    assert server.stop() == 0
    assert all(collector.of(id) for id in ids)


def test_a_collector_that_is_away_hinders_nobody(house):
    server = house.start("away", arguments=["--otlp-endpoint", "http://127.0.0.1:1"])
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "event", EVENT)
    assert PARENT.fullmatch(client.invoke(SERVICE, "event").result.decode())
    wait_until(lambda: "the collector of traces is away" in server.output(), "it is told")
    client.close()
    assert server.stop() == 0


@pytest.mark.parametrize("endpoint", ["https://127.0.0.1:4318", "127.0.0.1:4318", "http://h/v1"])
def test_an_endpoint_that_is_none_stops_the_start(house, endpoint):
    with pytest.raises(AssertionError, match="the collector of traces"):
        house.start("wrong", arguments=["--otlp-endpoint", endpoint])
