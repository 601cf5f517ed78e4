"""Answers in parts, in each language: what the function has sent reaches its client while it goes on."""

import concurrent.futures
import functools
import hashlib
import http.client
import io
import os
import pathlib
import re
import socket
import subprocess
import time

import pytest
import requests

from support.packages import function
from support.waiting import wait_until
from support.web import SERVICE, Web, is_open, make_web_of, memory_kb, package, raw

BLOCK = bytes(range(256)) * 256
RAISED = {"python": "ValueError", "nodejs": "RangeError", "java": "IllegalStateException", "custom": "broke off"}
make_web = functools.partial(make_web_of, "in_parts")


def sum_of_blocks(count):
    digest = hashlib.sha256()
    for n in range(count):
        digest.update(n.to_bytes(4, "big") + BLOCK)
    return digest.hexdigest()


def sum_of(pieces):
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def test_each_event_arrives_before_the_next_is_made(web):
    answer = web.stream("/events")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Transfer-Encoding"] == "chunked" and "Content-Length" not in answer.headers
    assert answer.headers["X-Fc-Instance-Id"].startswith("c-") and "X-Fc-Invocation-Duration" not in answer.headers
    lines = answer.iter_lines(chunk_size=1)
    for n in (1, 2, 3):
        assert next(line for line in lines if line) == b"data: %d" % n
        assert is_open(web.server) == 1
        web.step(n)
    assert b"".join(lines) == b""
    web.wait_for_end()
    assert web.bill()["errors"] == 0


def test_what_is_one_piece_is_not_in_parts(web, language):
    answer = web.get("/whole")
    assert answer.content == b"whole" and answer.headers["Content-Length"] == "5"
    assert answer.headers["X-Fc-Invocation-Duration"].isdigit()


def test_a_large_download_is_whole_and_the_server_stays_small(web):
    count = (200 << 20) // (len(BLOCK) + 4) + 1
    assert web.get("/blocks?n=1").content == (0).to_bytes(4, "big") + BLOCK
    assert len(web.get(f"/blocks?n={count // 10}").content) == count // 10 * (len(BLOCK) + 4)  # its allocator has seen a tenth
    before = memory_kb(web.server.pid)
    with web.stream(f"/blocks?n={count}") as answer:
        assert sum_of(answer.iter_content(1 << 16)) == sum_of_blocks(count)
    assert memory_kb(web.server.pid) - before < 8 << 10  # KiB


def test_a_function_that_knows_its_length_says_it(web, language):
    with web.stream("/sized?n=20") as answer:
        assert answer.headers["Content-Length"] == str(20 * (len(BLOCK) + 4)) and "Transfer-Encoding" not in answer.headers
        assert sum_of(answer.iter_content(1 << 16)) == sum_of_blocks(20)


def test_one_that_is_shorter_than_it_said_is_cut(web):
    with raw(web, "/short") as wire:
        head, body = wire.read_to_end().split(b"\r\n\r\n", 1)
    assert len(body) < int(re.search(rb"Content-Length: (\d+)", head)[1]) and body.startswith(b"one")
    web.wait_for_end()
    assert web.server.process.poll() is None


@pytest.mark.parametrize("language", ["python", "nodejs", "java"], indirect=True)
def test_and_one_that_is_longer_ends_before_its_end(web):
    with raw(web, "/long") as wire:
        head, body = wire.read_to_end().split(b"\r\n\r\n", 1)
    assert b"\r\nContent-Length: 4" in head and len(body) < 4
    web.wait_for_end()


def test_http_1_0_has_no_chunks(web):
    with raw(web, "/blocks?n=10", "1.0") as wire:
        head, body = wire.read_to_end().split(b"\r\n\r\n", 1)
    assert b"chunked" not in head and b"Connection: close" in head
    assert hashlib.sha256(body).hexdigest() == sum_of_blocks(10)


def test_a_status_without_a_body_has_none_and_the_call_ends_well(web):
    session = requests.Session()
    for code, body in ((204, b""), (304, b""), (201, b"onetwo"), (503, b"onetwo")):
        if code == 304 and web.name.endswith("custom_"):
            continue  # the program's server would send a body that nobody may
        answer = session.get(f"{web.url}/status?n={code}", timeout=30)
        assert (answer.status_code, answer.content) == (code, body)
    web.wait_for_end()
    assert web.bill()["errors"] == 0


def test_the_connection_is_kept_and_a_head_is_answered(web):
    session = requests.Session()
    for _ in range(3):
        assert hashlib.sha256(session.get(f"{web.url}/blocks?n=3", timeout=30).content).hexdigest() == sum_of_blocks(3)
    assert session.head(f"{web.url}/whole", timeout=30).headers["Content-Type"] == "application/octet-stream"
    assert session.get(f"{web.url}/whole", timeout=30).content == b"whole"


def broken_off(web, path):
    """What came of an answer that its client must see to be cut."""
    with raw(web, path, more="Connection: close\r\n") as wire:
        head, body = wire.read_to_end().split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200 ") and not body.endswith(b"0\r\n\r\n"), body
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        web.get(path)
    return body


@pytest.mark.parametrize("end", ["raise", "exit"])
def test_a_function_that_fails_midway_is_cut_off(web, language, end):
    assert broken_off(web, f"/{end}") == b"3\r\none\r\n"
    web.wait_for_end()
    assert (web.bill()["invocations"], web.bill()["errors"]) == (2, 2)
    logged = web.logged()
    assert logged.count("printed midway") == 2
    if end == "raise":
        assert RAISED[language] in logged


def test_time_is_limited_midway_too(fc, server, language, request):
    web = make_web(fc, server, language, request, timeout=2)
    with raw(web, "/hang") as wire:
        assert wire.read_to_end().endswith(b"\r\n\r\n3\r\none\r\n")
    row = web.bill()
    assert (row["invocations"], row["errors"]) == (1, 1) and 2000 <= row["billedMs"] < 4000


def test_a_worker_that_is_killed_midway_cuts_its_answer(web):
    before = web.server.workers()
    with raw(web, "/events") as wire:
        wait_until(lambda: b"data: 1" in wire.socket.recv(4096), "the first has come")
        for worker in web.server.workers() - before:
            os.kill(worker, 9)
        assert b"0\r\n\r\n" not in wire.read_to_end()
    web.wait_for_end()
    assert web.bill()["errors"] == 1


def test_a_client_that_leaves_ends_the_call_which_is_billed(web):
    for path in ("/endless", "/events"):  # the one writes, the other waits
        client = raw(web, path)
        wait_until(lambda: client.socket.recv(4096), "it has begun")
        assert is_open(web.server) == 1
        client.socket.close()
        web.wait_for_end()
    row = web.bill()
    assert (row["invocations"], row["errors"]) == (2, 2) and row["billedMs"] >= 200


class Canned:
    """Bytes as http.client wants its socket."""

    def __init__(self, data):
        self.data = data

    def makefile(self, _mode):
        return io.BytesIO(self.data)


def test_a_client_that_closed_only_its_own_side_gets_it_all(web):
    with raw(web, "/events") as wire:
        data = b""
        while b"data: 1\n\n\r\n" not in data:
            data += wire.socket.recv(4096)
        wire.finish()
        while not data.endswith(b"\r\n0"):  # asked whether it is there, by a zero of the next chunk's size
            data += wire.socket.recv(4096)
        for n in (1, 2, 3):
            web.step(n)
        reply = http.client.HTTPResponse(Canned(data + wire.read_to_end()))
    reply.begin()
    assert reply.read() == b"data: 1\n\ndata: 2\n\ndata: 3\n\n"
    web.wait_for_end()
    assert web.bill()["errors"] == 0


def written(workers):
    """Bytes that they have given to others so far."""
    return sum(int(pathlib.Path(f"/proc/{pid}/io").read_text().split("wchar: ")[1].split()[0]) for pid in workers)


def wait_until_blocked(workers):
    """Until a tenth of a second goes by in which they write nothing. Gives what they wrote."""
    seen = {"bytes": -1, "at": 0.0}

    def stands():
        now = written(workers)
        if now != seen["bytes"]:
            seen.update(bytes=now, at=time.monotonic())
        return time.monotonic() - seen["at"] > 0.3

    wait_until(stands, "the function waits for its reader")
    return seen["bytes"]


def slow_reader(web, path):
    """A client that has read the head, and whose kernel takes little more."""
    wire = raw(web, path, more="X: y\r\n")
    assert wire.socket.recv(100).startswith(b"HTTP/1.1 200")
    return wire


def test_a_reader_that_is_slow_slows_its_function(web):
    assert web.get("/whole").content == b"whole"
    workers = web.server.workers()
    before, memory = written(workers), memory_kb(web.server.pid)
    with slow_reader(web, "/endless"):
        # What the kernel holds of a connection to itself is a few megabytes.
        assert wait_until_blocked(workers) - before < (16 << 20)
        assert memory_kb(web.server.pid) - memory < 4 << 10  # KiB
        assert is_open(web.server) == 1
    web.wait_for_end()


def test_one_slow_reader_holds_up_no_other_call_of_its_worker(fc, server, language, request):
    web = make_web(fc, server, language, request, instanceConcurrency=5)
    instance = web.get("/whole").headers["X-Fc-Instance-Id"]
    readers = [slow_reader(web, "/endless") for _ in range(3)]
    wait_until_blocked(web.server.workers())
    for _ in range(50):
        answer = web.get("/whole")
        assert (answer.content, answer.headers["X-Fc-Instance-Id"]) == (b"whole", instance)
        assert web.get("/blocks?n=20").headers["X-Fc-Instance-Id"] == instance
    # Those that leave end their calls, and nobody else's.
    for reader in readers[1:]:
        reader.socket.close()
    wait_until(lambda: is_open(web.server) == 1, "one call is open")
    assert web.get("/whole").headers["X-Fc-Instance-Id"] == instance
    assert web.bill()["errors"] == 2
    readers[0].socket.close()
    web.wait_for_end()


def test_short_calls_of_both_kinds_that_are_sent_ahead_get_their_own_answers(web):
    path = f"services/{SERVICE}/functions/{web.name}/on-demand-config"
    assert web.fc.json("PUT", path, {"maximumInstanceCount": 2}).status == 200
    block, blocks = (0).to_bytes(4, "big") + BLOCK, sum_of_blocks(6)

    def ask(number):
        with requests.Session() as session:
            for n in range(number, number + 40):
                if n % 3 == 0:
                    assert hashlib.sha256(session.get(f"{web.url}/blocks?n=6", timeout=60).content).hexdigest() == blocks
                elif n % 3 == 1:
                    assert session.get(f"{web.url}/blocks?n=1", timeout=60).content == block
                else:
                    assert session.get(f"{web.url}/whole", timeout=60).content == b"whole"

    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        list(threads.map(ask, range(12)))
    web.wait_for_end()
    assert (web.bill()["invocations"], web.bill()["errors"]) == (480, 0)


def test_a_head_that_is_none_is_refused_and_its_function_stopped(web):
    answer = web.get("/bad")
    assert answer.status_code == 502 and answer.json()["ErrorCode"] == "BadResponse", answer.content
    assert "the headers have" in answer.json()["ErrorMessage"]
    web.wait_for_end()
    assert web.get("/whole").content == b"whole"


def test_a_server_that_stops_lets_an_answer_end(house, language, request):
    server = house.start(f"stops_{language}")
    fc = server.client()
    fc.make_service(SERVICE)
    web = make_web(fc, server, language, request)
    with web.stream("/events") as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"data: 1"
        server.process.terminate()
        wait_until(lambda: refuses(server), "it takes no more connections")
        for n in (1, 2, 3):
            web.step(n)
        assert [line for line in lines if line] == [b"data: 2", b"data: 3"]
    assert server.process.wait(30) == 0


def test_and_a_client_that_reads_slowly_gets_it_all(house):
    server = house.start("stops_late")
    fc = server.client()
    fc.make_service(SERVICE)
    code, usual = package("in_parts", "python")
    fc.make(SERVICE, "f", code, **{**usual, "timeout": 60})
    fc.make_http_trigger(SERVICE, "f")
    with Web(server, fc, "f").stream("/blocks?n=400") as answer:
        server.process.terminate()
        wait_until(lambda: refuses(server), "it takes no more connections")
        assert sum_of(answer.iter_content(1 << 16)) == sum_of_blocks(400)
    assert server.process.wait(30) == 0


TIERS = {"forked": ["--park", "0"], "executed": ["--exec-only"]}


@pytest.mark.parametrize("tier", TIERS)
def test_however_its_worker_came_to_be(house, language, tier, request):
    server = house.start(f"{tier}_{language}", arguments=TIERS[tier])
    fc = server.client()
    fc.make_service(SERVICE)
    web = make_web(fc, server, language, request)
    for start in ("executed" if language == "custom" else tier, "warm"):
        answer = web.get("/blocks?n=20")
        assert hashlib.sha256(answer.content).hexdigest() == sum_of_blocks(20)
        assert answer.headers["X-Mayfly-Start"] == start
    assert web.get("/whole").content == b"whole"


def refuses(server):
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
    except ConnectionRefusedError:
        return True
    return False


EVENT_SOURCE = """
const answer = await fetch(process.argv[2]);
console.log(answer.headers.get('content-type'));
for await (const piece of answer.body.pipeThrough(new TextDecoderStream()))
  for (const line of piece.split('\\n')) if (line.startsWith('data: ')) console.log(line.slice(6));
console.log('end');
"""


@pytest.mark.parametrize("client", ["curl", "node"])
@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_other_clients_hear_each_event_at_once(web, client):
    url = f"{web.url}/events"
    command = ["curl", "-sN", url] if client == "curl" else ["node", "--input-type=module", "-e", EVENT_SOURCE, "-", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        lines = (line.removeprefix("data: ").strip() for line in program.stdout if line.strip())
        if client == "node":
            assert next(lines) == "text/event-stream"
        for n in ("1", "2", "3"):
            assert next(lines) == n
            web.step(n)
        assert list(lines) == (["end"] if client == "node" else [])
    assert program.returncode == 0


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_write_sends_at_once_too(web):
    answer = web.stream("/write")
    pieces = answer.iter_content(None)
    assert next(pieces) == b"one"
    web.step(1)
    assert b"".join(pieces) == b"two"


@pytest.fixture(scope="module")
def rogue(fc, server):
    fc.make(SERVICE, "rogue", function("misuse_parts"), timeout=30)
    fc.make_http_trigger(SERVICE, "rogue")
    return Web(server, fc, "rogue")


UNBEGUN = {
    "of-another-call": "Process exited unexpectedly",
    "of-no-call": "Process exited unexpectedly",
    "too-long": "Process exited unexpectedly",
    "a-credit": "Process exited unexpectedly",
    "no-head": "a part before the head",
    "a-broken-head": "an HTTP answer without a head",
    "a-flag": "an unknown flag",
}


@pytest.mark.parametrize("order", [*UNBEGUN, "two-heads", "too-much", "an-answer-of-its-own", "after-the-end"])
def test_a_worker_that_breaks_the_rules_of_parts_ends(rogue, order):
    memory = memory_kb(rogue.server.pid)
    with raw(rogue, f"/{order}", more="Connection: close\r\n") as wire:
        head, body = wire.read_to_end().split(b"\r\n\r\n", 1)
    if order in UNBEGUN:
        assert head.startswith(b"HTTP/1.1 502 ") and UNBEGUN[order].encode() in body, body
    else:
        assert head.startswith(b"HTTP/1.1 200 ") and body.startswith(b"5\r\nbegun\r\n")
        assert body.endswith(b"\r\n0\r\n\r\n") == (order == "after-the-end")
    rogue.wait_for_end()
    assert memory_kb(rogue.server.pid) - memory < 2 << 10  # KiB
    wait_until(lambda: rogue.workers("misuse_parts") == 0, "its worker has ended")
