"""Requests of public clients, replayed as they were sent: captures/*.json, in order, on one connection."""

import base64
import email.utils
import http.client
import json
import pathlib
import socket
import urllib.parse

import pytest

from support import acs3
from support.client import PROXY, signature
from support.packages import function

CAPTURES = sorted((pathlib.Path(__file__).parent / "captures").glob("*.json"))


def fresh(request, key):
    """The bytes of a captured request with today's date and a signature of this server's key."""
    body = base64.b64decode(request["base64"]) if "base64" in request else request["text"].encode()
    for name, package in ((b"$ZIP", "hello"), (b"$WEB", "over_http")):
        body = body.replace(name, base64.b64encode(function(package)))
    headers = dict(request["headers"])
    names = {name.lower(): name for name in headers}
    if "content-length" in names:
        headers[names["content-length"]] = str(len(body))
    path, _, query = request["target"].partition("?")
    if "x-acs-version" in names:
        acs3.signed_again(key, request["method"], path, query, headers, body)
        return framed(request, headers, body)
    headers[names["date"]] = email.utils.formatdate(usegmt=True)
    if path.startswith(PROXY) and headers[names["user-agent"]].startswith("aliyun-fc-sdk"):
        path = urllib.parse.unquote(path)  # this client signs it so
    headers[names["authorization"]] = signature(key, request["method"], path, headers, query)
    return framed(request, headers, body)


def framed(request, headers, body):
    head = [f"{request['method']} {request['target']} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    if headers.get("Transfer-Encoding") == "chunked":
        parts = [body[:100], body[100:]]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_a_clients_session_replays(server, file):
    key = server.key()
    if "2023" in file.stem:  # there, functions have no service; here, they lie in this one
        client = server.client()
        client.make_service("default")
        client.make("default", "hello", function("hello"))
        client.close()
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        for request in json.loads(file.read_text()):
            connection.sendall(fresh(request, key))
            reply = http.client.HTTPResponse(connection, method=request["method"])
            reply.begin()
            body = reply.read()
            told = f"{request['name']}: {reply.status} {body[:300]!r}"
            assert reply.status == request["status"], told
            assert reply.headers["X-Fc-Request-Id"], told
            if reply.status >= 400 and not request["target"].startswith("/2016"):
                assert set(json.loads(body)) == {"RequestId", "Code", "Message"}, told
            if reply.status == 204:
                assert body == b"", told
            elif not request["target"].partition("?")[0].endswith("/invocations"):
                assert reply.headers["Content-Type"] == "application/json", told
                assert isinstance(json.loads(body), dict), told
