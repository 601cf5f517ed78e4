"""Bodies of requests in parts, in each language: the function takes what its client has sent while that goes on."""

import concurrent.futures
import contextlib
import functools
import hashlib
import http.client
import os
import subprocess

import pytest
import requests

from support.packages import function
from support.waiting import wait_until
from support.web import SERVICE, Web, is_open, make_web_of, memory_kb
from support.wire import Wire

BLOCK = bytes(range(256)) * 256
BROKEN = {"python": "ConnectionAbortedError", "nodejs": "Error", "java": "IOException", "custom": "CutShort"}
make_web = functools.partial(make_web_of, "takes_body")


def blocks(count):
    for n in range(count):
        yield n.to_bytes(4, "big") + BLOCK


def told(count, length=True):
    digest = hashlib.sha256()
    for block in blocks(count):
        digest.update(block)
    size = count * (len(BLOCK) + 4)
    return f"{digest.hexdigest()} {size} {size if length else None}"


class Sized:
    """Blocks with their length known beforehand, as requests and http.client want them."""

    def __init__(self, count):
        self.left, self.size = blocks(count), count * (len(BLOCK) + 4)

    def __len__(self):
        return self.size

    def read(self, _size):
        return next(self.left, b"")


def post(web, path, data, **options):
    return requests.post(web.url + path, data=data, timeout=60, **options)


def begin(web, path, framing, more=""):
    """A request whose body is yet to be sent."""
    wire = Wire(web.server.port)
    wire.send(f"POST {web.path}{path} HTTP/1.1\r\nHost: h\r\n{framing}\r\n{more}\r\n".encode())
    return wire


CHUNKED, MUCH = "Transfer-Encoding: chunked", "Content-Length: 10000000"


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


def reply_of(wire):
    reply = http.client.HTTPResponse(wire.socket)
    reply.begin()
    return reply


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_large_upload_is_whole_and_the_server_stays_small(web, framing):
    count = (200 << 20) // (len(BLOCK) + 4) + 1
    assert post(web, "/sum", b"x").ok
    before = memory_kb(web.server.pid)
    answer = post(web, "/sum", Sized(count) if framing == "length" else blocks(count))
    assert answer.text == told(count, framing == "length")
    assert memory_kb(web.server.pid) - before < 8 << 10  # KiB
    web.wait_for_end()
    row = web.bill()
    assert (row["invocations"], row["errors"]) == (2, 0)


@pytest.mark.parametrize("size", [0, 1, 5000, 262_144, 262_145, 300_000, 1_000_000])
def test_a_body_of_every_size_arrives_with_and_without_its_length(web, size):
    body = (BLOCK * 16)[:size]
    digest = hashlib.sha256(body).hexdigest()
    with requests.Session() as session:
        for _ in range(2):
            assert session.post(f"{web.url}/sum", data=body, timeout=60).text == f"{digest} {size} {size}"
            pieces = (body[at : at + 70_000] for at in range(0, size, 70_000))
            assert session.post(f"{web.url}/sum", data=pieces, timeout=60).text.split()[:2] == [digest, str(size)]


def test_each_piece_is_answered_before_the_next_is_sent(web):
    with begin(web, "/echo", CHUNKED) as wire:
        wire.send(chunk(b"piece 0"))
        reply = reply_of(wire)
        for n in range(1, 4):
            assert reply.read1() == b"piece %d" % (n - 1)
            assert is_open(web.server) == 1
            wire.send(chunk(b"piece %d" % n))
        wire.send(b"0\r\n\r\n")
        assert reply.read() == b"piece 3"
    web.wait_for_end()
    assert web.bill()["errors"] == 0


def test_much_goes_both_ways_at_once(web):
    count = 300
    command = ["curl", "-sN", "-T", "-", f"{web.url}/echo"]
    digest, size = hashlib.sha256(), 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            sent = threads.submit(lambda: [program.stdin.write(block) for block in blocks(count)] and program.stdin.close())
            while piece := program.stdout.read1():
                digest.update(piece)
                size += len(piece)
            sent.result()
    assert f"{digest.hexdigest()} {size} None" == told(count, False)


def blocked(wire):
    """Sends until nobody takes any more for a while, or at all; how much that was."""
    wire.socket.settimeout(0.5)
    size = 0
    with contextlib.suppress(TimeoutError, ConnectionError):
        while size < 1 << 30:
            size += wire.socket.send(BLOCK)
    wire.socket.settimeout(30)
    return size


def test_a_function_that_is_slow_slows_its_client(web):
    assert post(web, "/sum", b"x").ok
    memory = memory_kb(web.server.pid)
    with begin(web, "/slow", "Content-Length: 100000000") as wire:
        size = blocked(wire)  # what the kernel holds of a connection to itself is a few megabytes
        assert size < 16 << 20
        assert memory_kb(web.server.pid) - memory < 4 << 10  # KiB
        web.step(1)
        wire.send(b"x" * (100_000_000 - size))
        assert reply_of(wire).read().split()[1:] == [b"100000000", b"100000000"]


def test_and_holds_up_no_other_call_of_its_worker(fc, server, language, request):
    web = make_web(fc, server, language, request, instanceConcurrency=5)
    instance = post(web, "/sum", b"x").headers["X-Fc-Instance-Id"]
    clients = [begin(web, "/slow", MUCH) for _ in range(3)]
    for client in clients:
        blocked(client)
    for _ in range(20):
        answer = post(web, "/sum", Sized(20))
        assert (answer.text, answer.headers["X-Fc-Instance-Id"]) == (told(20), instance)
        assert post(web, "/early", b"x").headers["X-Fc-Instance-Id"] == instance
    web.step(1)
    for client in clients:
        client.socket.close()
    web.wait_for_end()
    assert post(web, "/sum", b"x").ok


def test_one_that_answers_early_is_heard_and_its_connection_goes_on(web):
    with requests.Session() as session:
        for _ in range(3):
            assert session.post(f"{web.url}/early", data=Sized(100), timeout=60).text == "early"
            assert session.post(f"{web.url}/partly", data=blocks(100), timeout=60).text == "100000"
            assert session.post(f"{web.url}/sum", data=Sized(10), timeout=60).text == told(10)
    web.wait_for_end()
    assert web.bill()["errors"] == 0


def test_a_client_that_waits_to_be_asked_is_asked_by_the_function(web, language):
    with begin(web, "/sum", "Content-Length: 1000000", "Expect: 100-continue\r\n") as wire:
        assert wire.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(b"x" * 1_000_000)
        assert reply_of(wire).read().split()[1] == b"1000000"
    if language == "custom":
        return  # its shim asks before the program does
    with begin(web, "/early", "Content-Length: 1000000", "Expect: 100-continue\r\n") as wire:
        assert wire.read_to_end().startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_nor_is_one_that_is_refused(web):
    for path in ("_none/sum", "/%FF"):
        with begin(web, path, MUCH, "Expect: 100-continue\r\n") as wire:
            assert wire.read_to_end().startswith(b"HTTP/1.1 40")
    answer = requests.delete(f"{web.url}/sum", data=Sized(50), timeout=60)
    assert answer.status_code == 400 and "not DELETE" in answer.text


def test_a_client_that_sends_half_of_it_is_told_what_its_function_says(web, language):
    for framing, half in ((MUCH, BLOCK * 20), (CHUNKED, chunk(BLOCK) * 20 + b"10000\r\nx")):
        with begin(web, "/cut", framing) as wire:
            wire.send(half)
            wire.finish()
            body = wire.read_to_end()
        assert body.endswith(f"cut {BROKEN[language]}".encode()), body
    web.wait_for_end()
    assert web.logged().count("the body broke off") == 2


def test_one_that_leaves_ends_its_call_which_is_billed(web):
    for path in ("/hang", "/slow"):
        client = begin(web, path, MUCH)
        client.send(BLOCK)
        wait_until(lambda: is_open(web.server) == 1, "the call runs")
        client.socket.close()
        web.wait_for_end()
    row = web.bill()
    assert (row["invocations"], row["errors"]) == (2, 2) and row["billedMs"] >= 200


def test_beside_others_its_function_hears_of_it_and_the_others_go_on(fc, server, language, request):
    web = make_web(fc, server, language, request, instanceConcurrency=5)
    assert post(web, "/sum", b"x").ok
    with begin(web, "/echo", CHUNKED) as stays:
        stays.send(chunk(b"one"))
        reply = reply_of(stays)
        assert reply.read1() == b"one"
        leaves = begin(web, "/cut", MUCH)
        leaves.send(BLOCK * 10)
        wait_until(lambda: is_open(server) == 2, "both run")
        leaves.socket.close()
        wait_until(lambda: is_open(server) == 1, "one has ended")
        stays.send(chunk(b"two") + b"0\r\n\r\n")
        assert reply.read() == b"two"
    web.wait_for_end()
    assert web.logged().count("the body broke off") == 1


def test_time_is_limited_while_the_client_sends_nothing(fc, server, language, request):
    web = make_web(fc, server, language, request, timeout=2)
    with begin(web, "/sum", MUCH) as wire:
        wire.send(BLOCK)
        assert b"timed out after 2 seconds" in reply_of(wire).read()
    row = web.bill()
    assert (row["invocations"], row["errors"]) == (1, 1) and 2000 <= row["billedMs"] < 4000


@pytest.mark.parametrize("end", ["exit", "kill"])
def test_a_worker_that_ends_midway_fails_the_call_which_is_not_sent_again(web, end):
    before = web.server.workers()
    assert post(web, "/sum", b"x").ok
    workers = web.server.workers() - before
    with begin(web, "/exit" if end == "exit" else "/sum", MUCH) as wire:
        wire.send(BLOCK * 10)
        if end == "kill":
            wait_until(lambda: is_open(web.server) == 1, "the call runs")
            for worker in workers:
                os.kill(worker, 9)
        reply = reply_of(wire)
        assert reply.status == 502 and b"Process exited unexpectedly" in reply.read()
    web.wait_for_end()
    assert (web.bill()["invocations"], web.bill()["errors"]) == (2, 1)
    assert post(web, "/sum", Sized(10)).text == told(10)


def test_one_that_waits_for_a_worker_is_not_read(web):
    path = f"services/{SERVICE}/functions/{web.name}/on-demand-config"
    assert web.fc.json("PUT", path, {"maximumInstanceCount": 1}).status == 200
    memory = memory_kb(web.server.pid)
    with begin(web, "/slow", CHUNKED) as first, begin(web, "/sum", MUCH, "Expect: 100-continue\r\n") as second:
        first.send(chunk(b"first"))
        wait_until(lambda: is_open(web.server) == 2, "one runs and one waits")
        assert blocked(second) < 16 << 20
        assert memory_kb(web.server.pid) - memory < 4 << 10  # KiB
        web.step(1)
        first.send(b"0\r\n\r\n")
        assert reply_of(first).read().split()[1] == b"5"
        assert second.socket.recv(100).startswith(b"HTTP/1.1 100 Continue")


def test_uploads_and_short_calls_get_their_own_answers(web):
    path = f"services/{SERVICE}/functions/{web.name}/on-demand-config"
    assert web.fc.json("PUT", path, {"maximumInstanceCount": 2}).status == 200

    def ask(number):
        with requests.Session() as session:
            for n in range(number, number + 30):
                if n % 3 == 0:
                    assert session.post(f"{web.url}/sum", data=Sized(6), timeout=60).text == told(6)
                elif n % 3 == 1:
                    assert session.post(f"{web.url}/early", data=b"short", timeout=60).text == "early"
                else:
                    assert session.post(f"{web.url}/echo", data=blocks(2), timeout=60).content == b"".join(blocks(2))

    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        list(threads.map(ask, range(12)))
    web.wait_for_end()
    assert (web.bill()["invocations"], web.bill()["errors"]) == (360, 0)


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_an_event_has_its_body_whole_and_its_limit(web):
    accepted = {"X-Fc-Invocation-Type": "Async"}
    assert post(web, "/sum", blocks(1), headers=accepted).status_code == 202
    for data in (Sized(50), blocks(50)):
        answer = post(web, "/sum", data, headers=accepted)
        assert (answer.status_code, answer.json()["ErrorCode"]) == (400, "EntityTooLarge")


@pytest.mark.parametrize("language", ["python"], indirect=True)
@pytest.mark.parametrize("client", ["curl", "node"])
def test_other_clients_send_what_they_make(web, client, tmp_path):
    file = tmp_path / "blocks"
    file.write_bytes(b"".join(blocks(100)))
    url = f"{web.url}/sum"
    if client == "curl":
        command = ["curl", "-s", "-X", "POST", "-T", str(file), url]
    else:
        code = ("const answer = await fetch(process.argv[3], {method: 'POST', duplex: 'half', "
                "body: require('fs').createReadStream(process.argv[2])}); process.stdout.write(await answer.text())")
        command = ["node", "-e", f"(async () => {{ {code} }})()", "-", str(file), url]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said == told(100, client == "curl")


TIERS = {"forked": ["--park", "0"], "executed": ["--exec-only"]}


@pytest.mark.parametrize("tier", TIERS)
def test_however_its_worker_came_to_be(house, language, tier, request):
    server = house.start(f"{tier}_{language}", arguments=TIERS[tier])
    fc = server.client()
    fc.make_service(SERVICE)
    web = make_web(fc, server, language, request)
    for start in ("executed" if language == "custom" else tier, "warm"):
        answer = post(web, "/sum", Sized(20))
        assert (answer.text, answer.headers["X-Mayfly-Start"]) == (told(20), start)
        assert post(web, "/echo", blocks(20)).content == b"".join(blocks(20))


@pytest.fixture(scope="module")
def rogue(fc, server):
    fc.make(SERVICE, "rogue", function("misuse_bodies"), timeout=30)
    fc.make_http_trigger(SERVICE, "rogue")
    return Web(server, fc, "rogue")


@pytest.mark.parametrize("order", ["too-much", "twice", "unasked", "no-number"])
def test_a_worker_that_asks_for_more_than_it_may_ends(rogue, order):
    with begin(rogue, f"/{order}", "Content-Length: 1" if order == "unasked" else MUCH) as wire:
        wire.send(b"x")
        assert b"Process exited unexpectedly" in reply_of(wire).read()
    rogue.wait_for_end()
    wait_until(lambda: rogue.workers("misuse_bodies") == 0, "its worker has ended")


def test_and_one_that_asks_and_does_not_read_is_sent_little(rogue):
    memory = memory_kb(rogue.server.pid)
    with begin(rogue, "/greedy", "Content-Length: 1000000000") as wire:
        blocked(wire)  # it asks until that is more than it may, and ends: the rest is dropped
        assert memory_kb(rogue.server.pid) - memory < 4 << 10  # KiB
    rogue.wait_for_end()
