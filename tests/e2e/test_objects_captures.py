"""Sessions of public clients with object stores, replayed byte for byte: captures/objects.jsonl.

The server has the clients' made-up key and lives in the minute they were recorded in, so that their own signatures are
checked, and nothing is signed again. What the clients learned from another server, such as the number of an upload, is not
known here: such requests are recognised and told so.
"""

import base64
import datetime
import http.client
import json
import pathlib
import re
import socket
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).parent
SESSIONS = [json.loads(line) for line in (HERE / "captures/objects.jsonl").read_text().splitlines()]
RECORDED = datetime.datetime(2026, 11, 23, 15, 31, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def server(house, tmp_path_factory):
    shifted = tmp_path_factory.mktemp("clock") / "shifted_clock.so"
    subprocess.run(["clang-19", "-shared", "-fPIC", "-O1", "-o", shifted, HERE / "support/shifted_clock.c", "-ldl"], check=True)
    return house.start(
        environment={
            "MAYFLY_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "MAYFLY_ACCESS_KEY_SECRET": "SECRETEXAMPLE",
            "LD_PRELOAD": str(shifted),
            "MAYFLY_TEST_SHIFT": str(int(RECORDED.timestamp() - time.time())),
        }
    )


def body_of(request):
    if "fill" in request:
        return request["fill"].encode() * request["count"]
    return base64.b64decode(request["base64"]) if "base64" in request else request["text"].encode()


def replayed(server, request):
    """Status and code of the answer to the request, sent as it was recorded."""
    body = body_of(request)
    if request.get("chunked"):
        parts = [body[:6], body[6:]]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"
    head = [f"{request['method']} {request['target']} HTTP/1.1", *(f"{name}: {value}" for name, value in request["headers"])]
    host, port = server.objects.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        waits = any(name.lower() == "expect" for name, _ in request["headers"])
        if not waits or b" 100 " in connection.recv(13, socket.MSG_PEEK | socket.MSG_WAITALL):
            connection.sendall(body)
        reply = http.client.HTTPResponse(connection, method=request["method"])
        reply.begin()
        found = re.search(rb"<Code>(\w+)</Code>", reply.read())
        return [reply.status, found[1].decode() if found else ""]


def test_every_request_is_answered_as_it_was(server):
    answers = {request["name"]: replayed(server, request) for request in SESSIONS}
    assert answers == {request["name"]: request["answer"] for request in SESSIONS}


def test_their_signatures_are_checked(server):
    """The same requests with one letter of the secret's work changed."""
    for request in SESSIONS:
        headers = [[n, re.sub(r"(Signature=|AKIDEXAMPLE:)(.)", lambda m: m[1] + ("A" if m[2] != "A" else "B"), v)] for n, v in request["headers"]]
        target = re.sub(r"([Ss]ignature=)(.)", lambda m: m[1] + ("0" if m[2] != "0" else "1"), request["target"])
        if headers != request["headers"] or target != request["target"]:
            assert replayed(server, request | {"headers": headers, "target": target})[0] in (403, 400), request["name"]
