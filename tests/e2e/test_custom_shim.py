"""The shim of custom runtimes, spoken to as the server does (runtimes/PROTOCOL.md): what no caller can see yet, or at all."""

import fcntl
import json
import os
import pathlib
import signal
import socket
import struct
import termios
import time

import pytest

from support.frames import ANSWER, ENDS, HEADER, HTTP, LOADED, LOADING, RAISED, SETUP, STAGE, Spoken, told
from support.server import PROGRAMS
from support.waiting import wait_until

SHIM = PROGRAMS / "runtimes/custom/shim"
ECHO = """
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def reply(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        said = json.dumps({"line": self.requestline, "headers": self.headers.items(), "body": body.decode()}).encode()
        self.send_response_only(207)
        for name, value in (("X-Two", "1"), ("x-two", "2"), ("X-Latin", "\\xfc"), ("Keep-Alive", "timeout=5")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)
    do_GET = do_POST = do_HEAD = do_PUT = reply
http.server.HTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
"""
# Answers the first request of a connection; at the second it closes, the first time.
DROPS = """
import socket, sys
listener = socket.create_server(("", int(sys.argv[1])))
for served in (1, 9):
    connection = listener.accept()[0]
    for n in range(served):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\n\\r\\n%d" % served)
    connection.recv(65536)
    connection.close()
"""
# Says that a request came, and answers when a byte comes by another way.
HOLDS = """
import socket, sys, os
gate = os.open(sys.argv[2], os.O_RDONLY)
connection = socket.create_server(("", int(sys.argv[1]))).accept()[0]
while connection.recv(65536):
    print("running", flush=True)
    os.read(gate, 1)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Shim(Spoken):
    """A shim in a pid namespace of its own, so that its program ends with it."""

    def __init__(self, folder, program, *arguments, concurrency=1, start_seconds=20):
        super().__init__(folder, ["unshare", "--pid", "--fork", "--kill-child", SHIM])
        self.port = free_port()
        command = ["python3", "-c", program] if program else ["sleep", "1000"]
        self.send(SETUP, 0, json.dumps({
            **told("h", concurrency),
            "custom": {
                "port": self.port, "command": command, "start_seconds": start_seconds,
                "args": [str(self.port), *arguments] if program else [],
            },
        }).encode())

    def http(self, number, method, path, uri, query="", headers=(), body=b""):
        """(status, headers, body) of an HTTP call, or the error's JSON."""
        asked = {"method": method, "path": path, "query": query, "uri": uri, "client_ip": "127.0.0.1", "headers": list(headers)}
        self.call(number, body, asked)
        kind, flags, call, payload = self.receive()
        assert (kind, call) == (ANSWER, number)
        if flags != HTTP:
            assert flags == RAISED
            return json.loads(payload)
        (size,) = struct.unpack_from("<I", payload)
        about = json.loads(payload[4 : 4 + size])
        return about["status"], about["headers"], payload[4 + size :]

    def unread(self):
        return struct.unpack("i", fcntl.ioctl(self.input, termios.FIONREAD, b"\0" * 4))[0]


@pytest.fixture
def shim(tmp_path):
    made = []

    def shim(program, *arguments, serves=True, **options):
        made.append(Shim(tmp_path, program, *arguments, **options))
        if serves:
            for stage in (LOADING, LOADED):
                assert made[-1].receive() == (STAGE, stage, 0, b"")
        return made[-1]

    yield shim
    for each in made:
        each.close()
        assert "Sanitizer" not in each.log.read_text()


def test_a_call_over_http_goes_to_the_program_as_it_came(shim):
    headers = [["Host", "example.org"], ["X-A", "1"], ["x-a", "2"], ["Connection", "close"], ["X-Fc-Account-Id", "forged"]]
    status, told, body = shim(ECHO).http(
        1, "POST", "/a b/c", "/2016-08-15/proxy/s/f/a%20b%2Fc?x=1&y=%20", "x=1&y=%20", headers, b"the body"
    )
    heard = json.loads(body)
    assert heard["line"] == "POST /a%20b%2Fc?x=1&y=%20 HTTP/1.1" and heard["body"] == "the body"
    sent = [(name.lower(), value) for name, value in heard["headers"]]
    assert [v for n, v in sent if n == "x-a"] == ["1", "2"] and [v for n, v in sent if n == "host"] == ["example.org"]
    assert [v for n, v in sent if n == "x-fc-account-id"] == ["1"] and "connection" not in dict(sent)
    wanted = {
        "x-fc-request-id": "request-1",
        "x-fc-control-path": "/http-invoke",
        "x-fc-base-path": "/2016-08-15/proxy/s/f/",
        "x-fc-retry-count": "2",
        "content-length": "8",
    }
    assert {name: dict(sent).get(name) for name in wanted} == wanted
    assert status == 207
    assert told == [["X-Two", "1"], ["x-two", "2"], ["X-Latin", "ü"]]


@pytest.mark.parametrize(
    "path, uri, target",
    [("/a/b", "/a/b", "/a/b"), ("/", "/2016-08-15/proxy/s/f/", "/"), ("/ü?#", "/elsewhere", "/%C3%BC%3F%23"), ("", "/x/s", "/")],
)
def test_the_path_is_the_functions_own(shim, path, uri, target):
    _, _, body = shim(ECHO).http(1, "GET", path, uri)
    assert json.loads(body)["line"] == f"GET {target} HTTP/1.1"


def test_no_value_ends_a_header(shim):
    _, _, body = shim(ECHO).http(1, "GET", "/", "/", headers=[["X-A", "1\r\nX-B: 2"], ["X-\r\nC", "3"]])
    heard = dict(json.loads(body)["headers"])
    assert heard["X-A"] == "1X-B: 2" and heard["X-C"] == "3" and "X-B" not in heard


def test_a_head_has_no_body_and_the_connection_goes_on(shim):
    worker = shim(ECHO)
    for n in range(3):
        status, _, body = worker.http(n + 1, "HEAD", "/", "/")
        assert (status, body) == (207, b"")


def test_what_broke_is_sent_again_only_if_that_is_safe(shim):
    worker = shim(DROPS)
    assert worker.http(1, "GET", "/", "/")[2] == b"1"
    assert worker.http(2, "GET", "/", "/")[2] == b"9"  # by another connection
    other = shim(DROPS)
    assert other.http(1, "POST", "/", "/")[2] == b"1"
    assert "brought no answer" in other.http(2, "POST", "/", "/")["errorMessage"]
    assert other.http(3, "POST", "/", "/")[2] == b"9"


def test_a_program_that_never_listens_is_given_up(shim):
    begun = time.monotonic()
    kind, flags, call, payload = shim("", serves=False, start_seconds=1).receive()
    assert (kind, flags, call) == (ANSWER, RAISED | ENDS, 0)
    said = json.loads(payload)
    assert said["errorType"] == "FunctionNotStarted" and "nothing listened on 0.0.0.0:" in said["errorMessage"]
    assert 1 <= time.monotonic() - begun < 10


def test_the_next_call_stays_in_the_pipe_and_each_log_has_its_mark(shim, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    opener = os.open(gate, os.O_RDWR)
    worker = shim(HOLDS, str(gate))
    worker.call(1)
    wait_until(lambda: "running" in worker.log.read_text(), "the first call runs")
    size = worker.call(2)
    assert worker.unread() == size
    os.write(opener, b"x")
    assert worker.receive()[:3] == (ANSWER, 0, 1)
    wait_until(lambda: worker.unread() == 0, "the second call is read")
    os.write(opener, b"x")
    assert worker.receive()[:3] == (ANSWER, 0, 2)
    assert worker.log.read_text() == "\x1erequest-1\nrunning\n\x1erequest-2\nrunning\n"
    os.close(opener)


def test_with_several_calls_at_once_the_next_is_read_and_nothing_is_marked(shim, tmp_path):
    worker = shim(ECHO, concurrency=3)
    for number in (1, 2, 3):
        worker.call(number)
    wait_until(lambda: worker.unread() == 0, "all are read")
    assert worker.log.read_text() == ""


def test_of_many_calls_at_once_each_gets_its_own_answer_once(shim):
    worker = shim(ECHO.replace("HTTPServer", "ThreadingHTTPServer"), concurrency=8)
    sent, answered = 0, set()
    while len(answered) < 400:
        while sent < 400 and sent - len(answered) < 8:
            sent += 1
            worker.call(sent, b"event %d" % sent)
        kind, flags, call, payload = worker.receive()
        assert (kind, flags) == (ANSWER, 0) and call not in answered
        assert json.loads(payload)["body"] == f"event {call}"
        answered.add(call)
    assert answered == set(range(1, 401))


def test_a_worker_that_is_let_go_ends(shim):
    worker = shim(ECHO)
    os.close(worker.input)
    worker.input = os.open("/dev/null", os.O_RDONLY)
    wait_until(lambda: os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT), "the shim has ended")


@pytest.mark.parametrize("setup", [b"", b"[]", b'{"protocol":2}', b'{"protocol":1,"custom":{}}'])
def test_a_setup_that_is_none_ends_the_worker_with_words(tmp_path, setup):
    log = tmp_path / "log"
    reader, writer = os.pipe()
    os.write(writer, HEADER.pack(len(setup), SETUP, 0, 0, 0) + setup)
    actions = [(os.POSIX_SPAWN_OPEN, 2, log, os.O_CREAT | os.O_WRONLY, 0o600), (os.POSIX_SPAWN_DUP2, reader, 3)]
    pid = os.posix_spawn(SHIM, [SHIM], {}, file_actions=actions)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2
    assert "mayfly: the se" in log.read_text()
    os.close(reader)
    os.close(writer)
