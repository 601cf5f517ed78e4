"""Clients that go away while their call runs or waits, and clients that only look as if they had."""

import socket
import time
import urllib.parse

import pytest

from support.client import API
from support.waiting import wait_until

from conftest import SERVICE

SLOW = """
import select
def handler(event, context):
    select.select([], [], [], float(event))
    return b"slept"
"""
WEB = """
import select
def handler(environ, start_response):
    select.select([], [], [], float(environ["wsgi.input"].read()))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"slept"]
"""


def bill(fc, name):
    rows = fc.send("GET", "/mayfly/v1/bill").json["functions"]
    return next((row for row in rows if row["function"] == name), {"invocations": 0, "errors": 0, "billedMs": 0})


def metric(server, text):
    client = server.client()
    page = client.send("GET", "/metrics").body.decode()
    client.close()
    return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if text in line and line[0] != "#")


def is_open(server):
    return int(server.health().split("calls open ")[1].split(" ")[0])


@pytest.fixture
def call(fc, server, make, request):
    """call(seconds) sends a call of a function that sleeps for so long, over a connection of its own."""
    make(SLOW, timeout=60)
    path = f"{API}/services/{SERVICE}/functions/{request.node.name}/invocations"

    def call(seconds):
        client = server.client()
        client.send("POST", path, str(seconds).encode(), later=True)
        return client

    return call


def test_a_call_whose_client_goes_away_ends_and_is_billed_for_what_it_ran(fc, server, call, request):
    before = metric(server, 'outcome="cancelled"')
    leaving = call(50)
    wait_until(lambda: is_open(server) == 1, "the call runs")
    began = time.monotonic()
    leaving.connection.close()
    wait_until(lambda: is_open(server) == 0, "the call has ended", seconds=10)
    assert time.monotonic() - began < 5
    row = bill(fc, request.node.name)
    assert (row["invocations"], row["errors"]) == (1, 1)
    assert 100 <= row["billedMs"] < 10_000
    assert metric(server, 'outcome="cancelled"') == before + 1
    assert call(0).end().result == b"slept"  # on another worker


def test_a_call_over_http_too(fc, server, request):
    name = request.node.name
    fc.make(SERVICE, name, WEB, timeout=60)
    fc.make_http_trigger(SERVICE, name)
    leaving = server.client()
    leaving.send("POST", f"{API}/proxy/{SERVICE}/{name}/", b"50", later=True, signed=False)
    wait_until(lambda: is_open(server) == 1, "the call runs")
    leaving.connection.close()
    wait_until(lambda: is_open(server) == 0, "the call has ended", seconds=10)
    assert bill(fc, name)["errors"] == 1


def test_a_call_that_waits_never_runs_when_its_client_is_gone(fc, server, call, request):
    path = f"services/{SERVICE}/functions/{request.node.name}/on-demand-config"
    assert fc.json("PUT", path, {"maximumInstanceCount": 1}).status == 200
    stays = call(4)
    wait_until(lambda: is_open(server) == 1, "the first runs")
    leaves = call(30)
    wait_until(lambda: is_open(server) == 2, "the second waits")
    leaves.connection.close()
    wait_until(lambda: is_open(server) == 1, "the second is gone", seconds=10)
    assert stays.end().result == b"slept"
    assert bill(fc, request.node.name)["invocations"] == 1
    assert metric(server, "its caller went away") >= 1


def test_a_client_that_closed_only_its_own_side_is_answered(call):
    """As `nc -N` does. The server asks whether it is there with an answer that says nothing."""
    client = call(3)
    client.connection.sock.shutdown(socket.SHUT_WR)
    answer = client.end()  # http.client takes interim answers but 100 for the end
    if answer.status == 102:
        rest = client.connection.sock.recv(1 << 16) if client.connection.sock else b""
        assert b"slept" in rest
    else:
        assert answer.result == b"slept"


def test_a_client_of_http_1_0_is_left_alone(fc, server, request):
    name = request.node.name
    fc.make(SERVICE, name, WEB, timeout=60)
    fc.make_http_trigger(SERVICE, name)
    address = urllib.parse.urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        path = f"{API}/proxy/{SERVICE}/{name}/"
        client.sendall(f"POST {path} HTTP/1.0\r\nContent-Length: 1\r\n\r\n3".encode())
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(1 << 16):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"slept")
