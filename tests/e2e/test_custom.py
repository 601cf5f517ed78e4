"""The contract between Function Compute and a program of a custom runtime: start, calls, answers, ends."""

import base64
import concurrent.futures
import json

import pytest

from support import processes
from support.packages import FUNCTIONS, zip_of
from support.server import PROGRAMS
from support.waiting import wait_until

SERVICE = "s"
CUSTOM = {"runtime": "custom", "memorySize": 256}
NATIVE = (PROGRAMS / "runtimes/custom/dry_run/bootstrap").read_bytes()
EVENTS = {
    "empty": b"",
    "bytes": b"\x00\xff\r\n\r\n\x1e raw",
    "packet": b"p" * 4096,
    "6MB": bytes(range(256)) * (6 << 12),
}
NODE = """#!/usr/bin/env node
require('http').createServer((req, res) => {
  console.log('node hears ' + req.method + ' ' + req.url);
  req.pipe(res);  // chunked, and begun before the request has ended
}).listen(process.env.FC_SERVER_PORT);
"""
SHELL = "#!/bin/sh\necho the shell starts it\nexec python3 -u \"$FC_FUNC_CODE_PATH/server.py\"\n"


def source(name):
    return (FUNCTIONS / "custom" / name).read_text()


@pytest.fixture
def custom(make):
    """custom(bootstrap, **spec) gives a function; a dict of files is a whole package."""

    def custom(code, **spec):
        files = code if isinstance(code, dict) else {"bootstrap": code}
        return make(zip_of(files), **{**CUSTOM, **spec})

    return custom


@pytest.fixture
def answering(custom):
    """answering(raw bytes) gives a function whose program answers with just those."""

    def answering(answer, end="keep", repeat=1, **spec):
        told = {"ANSWER": base64.b64encode(answer).decode(), "END": end, "REPEAT": str(repeat)}
        return custom(source("raw.py"), environmentVariables=told, **spec)

    return answering


def whole(body, head=b"HTTP/1.1 200 OK"):
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


# ---- Programs and events ----


@pytest.mark.parametrize("runtime", ["custom", "custom.debian10", "custom.debian11", "custom.debian12"])
def test_every_name_of_the_runtime_runs(custom, runtime):
    assert custom(NATIVE, runtime=runtime, handler="whatever")(b"hello").result == b"hello"


@pytest.mark.parametrize("program", [NATIVE, NODE], ids=["native", "node"])
def test_every_event_comes_back(custom, program):
    call = custom(program, memorySize=512, timeout=30)
    for event in EVENTS.values():
        assert call(event).result == event
    assert call(b"").result == b""


def test_a_shell_script_that_starts_something_else(custom):
    call = custom({"bootstrap": SHELL, "server.py": source("server.py")})
    answer = call("say hello", tail=True)
    assert answer.json == "hello"
    assert b"the shell starts it\n" in answer.log and b"hello\n" in answer.log


def test_a_command_with_arguments_and_a_port(custom, fc):
    config = {"command": ["python3", "-u", "server.py"], "args": ["--fast", "two words"]}
    call = custom({"server.py": source("server.py")}, customRuntimeConfig=config, caPort=8123)
    about = call("about").json
    assert about["argv"] == ["server.py", "--fast", "two words"] and about["cwd"] == "/code"
    assert about["env"]["FC_SERVER_PORT"] == about["env"]["FC_CUSTOM_LISTEN_PORT"] == "8123"
    assert about["headers"]["host"] == "127.0.0.1:8123"
    shown = fc.json("GET", f"services/{SERVICE}/functions/{call.name}").json
    assert shown["customRuntimeConfig"] == config and shown["caPort"] == 8123


def test_arguments_alone_go_to_the_bootstrap(custom):
    call = custom(source("server.py"), customRuntimeConfig={"args": ["-v"]})
    assert call("about").json["argv"] == ["/code/bootstrap", "-v"]


def test_what_the_program_is_told(custom, fc):
    call = custom(source("server.py"), handler="my.handler", environmentVariables={"GREETING": "grüß dich"}, timeout=7)
    answer = call("about")
    about, headers = answer.json, answer.json["headers"]
    assert about["line"] == "POST /invoke HTTP/1.1" and headers["content-type"] == "application/octet-stream"
    assert about["env"]["GREETING"] == "grüß dich" and about["env"]["FC_RUNTIME"] == "custom"
    assert about["env"]["FC_SERVER_PORT"] == about["env"]["FC_CUSTOM_LISTEN_PORT"] == "9000"
    wanted = {
        "x-fc-request-id": answer.headers["X-Fc-Request-Id"],
        "x-fc-control-path": "/invoke",
        "x-fc-function-name": call.name,
        "x-fc-function-handler": "my.handler",
        "x-fc-function-memory": "256",
        "x-fc-function-timeout": "7",
        "x-fc-initialization-timeout": "3",
        "x-fc-service-name": SERVICE,
        "x-fc-qualifier": "LATEST",
        "x-fc-version-id": "LATEST",
        "x-fc-region": "local",
        "x-fc-account-id": fc.key.account,
    }
    assert {name: headers.get(name) for name in wanted} == wanted


def test_the_program_cannot_reach_the_frames(custom):
    assert custom(source("server.py"))("reach_for_frames").json == "PermissionError"


# ---- Answers ----

ANSWERS = {
    "whole": (whole(b"body"), "keep"),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\nTrailer: x\r\n\r\n", "keep"),
    "until close": (b"HTTP/1.1 200 OK\r\n\r\nbody", "close"),
    "old": (b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody", "keep"),
    "announced": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole(b"body"), "keep"),
    "created": (whole(b"body", b"HTTP/1.1 201 Created"), "keep"),
    "closed unsaid": (whole(b"body"), "close"),
    "more than was asked": (whole(b"body") + whole(b"again"), "keep"),
}


@pytest.mark.parametrize("answer, end", ANSWERS.values(), ids=ANSWERS)
def test_answers_of_every_form_arrive_call_after_call(answering, answer, end):
    call = answering(answer, end)
    for _ in range(5):
        assert call(b"x").result == b"body"


def test_an_answer_without_content_is_empty(answering):
    call = answering(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert call().result == call().result == b""


FAILED = {
    "json": (whole(b'{"errorMessage":"m","errorType":"T"}', b"HTTP/1.1 500 Oh"), {"errorMessage": "m", "errorType": "T"}),
    "text": (whole("schlecht ü".encode(), b"HTTP/1.1 404 No"), {"errorMessage": "schlecht ü", "errorType": "HTTP 404"}),
    "latin-1": (whole(b"schlecht \xfc", b"HTTP/1.1 404 No"), {"errorMessage": "schlecht ü", "errorType": "HTTP 404"}),
    "nothing": (
        whole(b"", b"HTTP/1.1 503 No"),
        {"errorMessage": "the function's program answered HTTP 503", "errorType": "HTTP 503"},
    ),
    "other json": (whole(b"[1]", b"HTTP/1.1 302 Away"), {"errorMessage": "[1]", "errorType": "HTTP 302"}),
    "x-fc-status": (
        whole(b"said so", b"HTTP/1.1 200 OK\r\nX-Fc-Status: 404"),
        {"errorMessage": "said so", "errorType": "x-fc-status 404"},
    ),
}


@pytest.mark.parametrize("answer, failure", FAILED.values(), ids=FAILED)
def test_an_answer_that_reports_an_error_is_one_and_the_worker_goes_on(answering, answer, failure):
    call = answering(answer)
    one, other = call(), call()
    assert one.failure == other.failure == failure
    assert one.headers["X-Fc-Instance-Id"] == other.headers["X-Fc-Instance-Id"]


WRONG = {
    "garbage": (b"nonsense\r\n\r\n", "keep", 1),
    "another version": (b"HTTP/3.0 200 OK\r\n\r\n", "keep", 1),
    "nothing": (b"", "close", 1),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-", "close", 1),
    "half a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "close", 1),
    "half a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf", "close", 1),
    "a chunk of no size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "keep", 1),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "keep", 1),
    "a negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "keep", 1),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "keep", 1),
    "huge headers": (b"HTTP/1.1 200 OK\r\nX: " + b"h" * 1000, "keep", 10_000),
    "endless headers": (b"X: HTTP/1.1\r\n" * 100, "keep", 10_000),
    "a terabyte": (b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n", "keep", 1),
    "too many chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", "keep", 1),
}


@pytest.mark.parametrize("answer, end, repeat", WRONG.values(), ids=WRONG)
def test_what_is_no_answer_fails_its_call_and_no_other(answering, still_good, answer, end, repeat):
    call = answering(answer, end, repeat, timeout=10)
    for _ in range(2):
        failure = call(b"x").failure
        assert failure["errorType"] == "BadResponse"
        assert failure["errorMessage"].startswith("the connection to the function's program "), failure


def test_a_line_without_end_is_not_collected(custom):
    endless = (
        "#!/usr/bin/python3\nimport socket\nlistener = socket.create_server(('', 9000))\nwhile True:\n"
        "  connection = listener.accept()[0]\n  connection.recv(65536)\n  try:\n"
        "    connection.sendall(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2;')\n"
        "    while True: connection.sendall(b'x' * 65536)\n  except OSError: pass\n"
    )
    call = custom(endless, timeout=10)
    for _ in range(2):
        assert "brought" in call(b"x").failure["errorMessage"]


def test_a_body_over_the_limit_is_cut_off(answering):
    call = answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, repeat=40_000, memorySize=512, timeout=30)
    assert "limit" in call(b"x").failure["errorMessage"]


# ---- Start ----


def refused(answer, code):
    assert answer.error == f"412 {code}", answer.body
    return answer.json["ErrorMessage"]


BROKEN = {
    "missing": ({"index.py": ""}, "CAFileNotFound", "'/code/bootstrap' is not in the package"),
    "an interpreter that is not there": ({"bootstrap": "#!/usr/bin/ruby9\n"}, "CAFileNotFound", "interpreter"),
    "windows": ({"bootstrap": "#!/bin/sh\r\necho\r\n"}, "CAFileNotFound", "mind Windows line ends"),
    "no program": ({"bootstrap": "echo hello\n"}, "CAFilePermission", "must be a program for this machine"),
    "a folder": ({"bootstrap/x": ""}, "CAFilePermission", "'/code/bootstrap' is not executable"),
    "ends": ({"bootstrap": "#!/bin/sh\necho cannot find the thing\nexit 3\n"}, "CAExited", "exited with status 3"),
    "ends well": ({"bootstrap": "#!/bin/sh\n"}, "CAExited", "must stay in the foreground"),
    "is ended": ({"bootstrap": "#!/bin/sh\nkill -ABRT $$\n"}, "CAExited", "was ended by signal 6"),
}


@pytest.mark.parametrize("files, code, said", BROKEN.values(), ids=BROKEN)
def test_a_program_that_does_not_start_says_why(custom, still_good, files, code, said):
    call = custom(files)
    for _ in range(2):
        message = refused(call(), code)
        assert said in message and message.startswith(f"{SERVICE}/{call.name}: ")


def test_a_command_is_looked_for_in_path_and_not_in_the_package(custom):
    call = custom({"server": NATIVE}, customRuntimeConfig={"command": ["server"]})
    assert "there is no 'server' in PATH; name a file of the package by its whole path, /code/server" in refused(call(), "CAFileNotFound")


def test_what_it_printed_before_it_ended_is_told(custom):
    message = refused(custom(BROKEN["ends"][0])(), "CAExited")
    assert message.endswith("it printed: cannot find the thing")


def test_a_file_without_its_x_bit(make):
    call = make(zip_of({"bootstrap": NATIVE}, executable=()), **CUSTOM)
    assert "chmod +x" in refused(call(), "CAFilePermission")


def test_a_start_slower_than_the_time_limit_is_not_the_calls_time(custom):
    late = "#!/bin/sh\nsleep 1.5\nexec python3 -u /code/server.py\n"
    answer = custom({"bootstrap": late, "server.py": source("server.py")}, timeout=1)("say late")
    assert answer.json == "late"
    assert int(answer.headers["X-Fc-Invocation-Duration"]) < 1000


def test_a_health_check_that_is_good_lets_calls_in(custom):
    check = {"httpGetUrl": "/ready", "initialDelaySeconds": 1, "periodSeconds": 1, "successThreshold": 2}
    answer = custom(source("server.py"), customHealthCheckConfig=check)("say hello")
    assert answer.json == "hello"


def test_a_health_check_that_fails_is_a_program_that_did_not_start(custom):
    check = {"httpGetUrl": "/ready", "periodSeconds": 1, "failureThreshold": 2}
    call = custom(source("server.py"), customHealthCheckConfig=check, environmentVariables={"HEALTH": "500"})
    assert "GET /ready, 2 times in a row: status 500" in refused(call(), "FunctionNotStarted")


def test_a_container_image_is_refused_with_the_way_that_works(fc):
    answer = fc.create(SERVICE, "image", {"x": ""}, runtime="custom-container")
    assert answer.error == "400 InvalidArgument" and "take the runtime 'custom'" in answer.json["ErrorMessage"]


# ---- Initializer, concurrency, logs, ends ----


def test_the_initializer_is_called_once(custom):
    call = custom(source("server.py"), initializer="init")
    for _ in range(2):
        about = call("about").json
        assert about["initialized"] == [["", "/initialize"]] and about["headers"]["x-fc-function-initializer"] == "init"


@pytest.mark.parametrize("status, said", [(b"500 Oh", {"errorMessage": "not today", "errorType": "HTTP 500"}), (b"404 No", None)])
def test_an_initializer_that_fails_drops_the_worker(answering, status, said):
    call = answering(whole(b"not today", b"HTTP/1.1 " + status), initializer="init")
    one, other = call(), call()
    assert one.failure["errorMessage"] == other.failure["errorMessage"] == "not today"
    assert said is None or one.failure == said
    assert one.headers["X-Fc-Instance-Id"] != other.headers["X-Fc-Instance-Id"]


def at_once(server, call, events):
    def one(event):
        client = server.client()
        try:
            return client.invoke(SERVICE, call.name, event, tail=True)
        finally:
            client.close()

    with concurrent.futures.ThreadPoolExecutor(len(events)) as pool:
        return list(pool.map(one, events))


def test_calls_at_once_really_run_at_once(custom, server):
    call = custom(source("server.py"), instanceConcurrency=4, initializer="init", timeout=20)
    for _ in range(3):
        answers = at_once(server, call, ["meet"] * 4)
        assert [a.json for a in answers] == ["met"] * 4, [a.body for a in answers]
        assert len({a.headers["X-Fc-Instance-Id"] for a in answers}) == 1


def test_a_log_holds_all_of_its_call_and_nothing_of_another(custom, server):
    call = custom(source("server.py"))
    for n in range(10):
        events = [f"say round {n} call {i}" for i in range(8)]
        for event, answer in zip(events, at_once(server, call, events)):
            lines = answer.log.decode().splitlines()
            assert [line for line in lines if line.startswith("round")] == [event[4:]], answer.log
            assert "\x1e" not in answer.log.decode()


def test_the_end_of_the_program_during_a_call(custom, still_good):
    ends = "#!/usr/bin/python3 -u\nimport socket\ns = socket.create_server(('', 9000)).accept()[0]\ns.recv(9)\nprint('last words')\nexit(4)\n"
    call = custom(ends)
    for _ in range(2):
        answer = call(b"x", tail=True)
        assert answer.failure["errorMessage"].startswith("Process exited unexpectedly before completing request")
        assert b"last words\n" in answer.log and b"'/code/bootstrap' exited with status 4\n" in answer.log


def test_an_answer_counts_though_the_program_ends_after_it(custom, fc):
    once = (
        "#!/usr/bin/python3 -u\nimport socket, os\ns = socket.create_server(('', 9000)).accept()[0]\ns.recv(9999)\n"
        "s.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nonce')\nos._exit(0)\n"
    )
    call = custom(once)
    for n in range(5):
        fc.update(SERVICE, call.name, environmentVariables={"ROUND": str(n)})  # nobody waits for the old one's end
        assert call(b"x").result == b"once"


def test_the_time_limit_ends_the_program_and_all_it_started(custom, server):
    def sleepers():
        return [pid for pid in server.processes() if processes.name(pid) == "sleep"]

    answer = custom(source("server.py"), timeout=1)("spawn_and_hang", tail=True)
    assert answer.failure["errorMessage"].startswith("Function timed out after 1 seconds")
    assert b"spawned\n" in answer.log
    wait_until(lambda: not sleepers(), "everything the program started has ended")
