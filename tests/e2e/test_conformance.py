"""What every language owes a function and its caller, however its worker came to be."""

import json
import re

import pytest

from support import java
from support.packages import FUNCTIONS, zip_of

SERVICE = "s"
FOLDER = FUNCTIONS / "conformance"
LANGUAGES = {
    "python": {"runtime": "python3", "file": "index.py", "error": "ValueError", "where": "index.py"},
    "nodejs": {"runtime": "nodejs20", "file": "index.js", "error": "RangeError", "where": "index.js"},
    "custom": {"runtime": "custom", "file": "bootstrap", "error": "RunError", "where": "bootstrap"},
}
HANDLER = {"handler": "index.handler", "initializer": "index.initialize"}
LANGUAGES["java"] = {
    "runtime": "java17", "file": "conformance/Index.java", "error": "java.lang.IllegalArgumentException", "where": "Index.java",
    "package": java.function, "memory": "Java heap space",
    "names": {"handler": "Index::handleRequest", "initializer": "Index::initialize"},
}


def as_source(file):
    return {file: (FOLDER / file).read_text()}


TIERS = {"parked": [], "fork": ["--park", "0"], "exec": ["--exec-only"]}


@pytest.fixture(scope="module", params=TIERS)
def tier(house, request):
    """A server that starts its workers that way, and a client of it."""
    server = house.start(request.param, arguments=TIERS[request.param])
    assert "fails its test" not in server.output()
    client = server.client()
    client.make_service(SERVICE)
    yield client
    client.close()


@pytest.fixture(params=LANGUAGES)
def language(request):
    return LANGUAGES[request.param]


@pytest.fixture
def make(tier, language, request):
    """make(what it does, **spec) gives the function; the result calls it."""
    name = re.sub(r"\W", "_", request.node.name)[:100]

    def make(action, init=None, **spec):
        wanted = {"memorySize": 256, **language.get("names", HANDLER), **spec}
        if not init:
            del wanted["initializer"]
        package = zip_of(language.get("package", as_source)(language["file"]))
        environment = {"DO": action, "INIT": init or ""}
        tier.make(SERVICE, name, package, runtime=language["runtime"], environmentVariables=environment, **wanted)
        return lambda event=b"", **options: tier.invoke(SERVICE, name, event, **options)

    return make


EVENTS = {
    "empty": b"",
    "bytes": b"\x00\xff\n\x1e raw",
    "unicode": "ü你😀".encode(),
    "packet": b"p" * 4096,
    "stream": b"s" * 70_000,
    "6MB": bytes(range(256)) * (6 << 12),
}


def test_every_event_comes_back(make):
    call = make("echo", memorySize=512, timeout=30)
    for event in EVENTS.values():
        assert call(event).result == event


def test_json_both_ways(make):
    answer = make("json")('{"a": [1, "ü", null]}')
    assert json.loads(answer.result) == {"got": {"a": [1, "ü", None]}, "request": answer.headers["X-Fc-Request-Id"]}


def test_a_thousand_lines_are_this_calls_log(make):
    call = make("say")
    lines = "".join(f"line {n}\n" for n in range(1000)).encode()
    for _ in range(2):
        answer = call("1000", tail=True)
        assert answer.result == b"said"
        assert lines[-2000:] in answer.log and answer.log.count(b"line 999\n") == 1
    assert b"line 1\n" not in call("1", tail=True).log


def test_an_error_names_file_and_line(make, language):
    call = make("fail")
    for _ in range(2):  # and the worker goes on
        failure = call("here").failure
        assert failure["errorMessage"] == "on purpose: here"
        assert failure["errorType"] == language["error"]
        assert re.search(language["where"] + r"\D{1,12}\d+", json.dumps(failure["stackTrace"])), failure


@pytest.mark.parametrize(
    "action, said",
    [("hang", "Function timed out after 1 seconds"), ("exit", "Process exited unexpectedly"), ("memory", "Process exited unexpectedly")],
)
def test_a_worker_that_is_lost_fails_its_call_alone(make, language, action, said):
    said = language.get(action, said)
    call = make(action, timeout=1 if action == "hang" else 30, memorySize=128)
    for _ in range(2):
        assert call().failure["errorMessage"].startswith(said)


def test_the_initializer_runs_once_before_the_first_call(make):
    call = make("initialized", init="ok")
    first = call()
    assert first.result.decode() == "by " + first.headers["X-Fc-Request-Id"]
    assert call().result == first.result


def test_an_initializer_that_fails_says_so(make):
    call = make("echo", init="fail")
    for _ in range(2):
        assert call().failure["errorMessage"] == "no start today"


def test_an_initializer_that_hangs_is_cut_off(make):
    call = make("echo", init="hang", initializationTimeout=1)
    assert "timed out after 1 seconds" in call().failure["errorMessage"]
