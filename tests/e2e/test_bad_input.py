"""Requests and packages that are wrong: each is refused in clear words, and the next good call succeeds."""

import email.utils
import io
import time
import zipfile

import pytest

from support.client import API, Key, signature
from support.packages import as_code, zip_of
from support.waiting import wait_until
from support.wire import Wire

pytestmark = pytest.mark.usefixtures("still_good")

SERVICE = "s"
INVOKE = "services/s/functions/good/invocations"


# Who is calling.


def test_a_wrong_secret(fc):
    answer = fc.send("GET", "services", key=Key(fc.key.id, "not the secret", fc.key.account))
    assert answer.error == "403 SignatureNotMatch"
    assert fc.key.secret not in answer.body.decode()


def test_a_header_added_after_signing(fc):
    headers = {"Date": email.utils.formatdate(usegmt=True)}
    headers["Authorization"] = signature(fc.key, "POST", f"{API}/{INVOKE}", headers)
    fc.connection.request("POST", f"{API}/{INVOKE}", b"x", {**headers, "X-Fc-Log-Type": "Tail"})
    reply = fc.connection.getresponse()
    assert (reply.status, b"SignatureNotMatch" in reply.read()) == (403, True)


@pytest.mark.parametrize("seconds", [-16 * 60, 16 * 60], ids=["stale", "ahead"])
def test_a_date_that_is_off(fc, seconds):
    answer = fc.send("GET", "services", date=email.utils.formatdate(time.time() + seconds, usegmt=True))
    assert answer.error == "403 AccessDenied"
    assert "clock" in answer.json["ErrorMessage"]


def test_a_date_that_is_none(fc):
    assert fc.send("GET", "services", date="yesterday").error == "403 AccessDenied"


def test_an_unknown_key(fc):
    answer = fc.send("GET", "services", key=Key("nobody", "secret", "1"))
    assert answer.error == "403 InvalidAccessKeyID"
    assert "nobody" in answer.json["ErrorMessage"]


@pytest.mark.parametrize("authorization", ["", "FC", "FC :", "FC a", "Basic YTpi", "FC a:b:c", "ACS3-HMAC-SHA256 x"])
def test_an_authorization_that_is_none(server, authorization):
    client = server.client()
    headers = {"Date": email.utils.formatdate(usegmt=True)}
    if authorization:
        headers["Authorization"] = authorization
    client.connection.request("GET", "/2016-08-15/services", headers=headers)
    reply = client.connection.getresponse()
    assert reply.status == 403 and b"ErrorCode" in reply.read()
    client.close()


# What is asked for.


@pytest.mark.parametrize(
    "method, path, error",
    [
        ("GET", "services/none", "404 ServiceNotFound"),
        ("PUT", "services/none", "404 ServiceNotFound"),
        ("DELETE", "services/none", "404 ServiceNotFound"),
        ("GET", "services/none/functions", "404 ServiceNotFound"),
        ("POST", "services/none/functions/f/invocations", "404 ServiceNotFound"),
        ("GET", "services/s/functions/none", "404 FunctionNotFound"),
        ("GET", "services/s/functions/none/code", "404 FunctionNotFound"),
        ("POST", "services/s/functions/none/invocations", "404 FunctionNotFound"),
        ("POST", "services/s.7/functions/good/invocations", "404 VersionNotFound"),
        ("POST", "services/s.prod/functions/good/invocations", "404 AliasNotFound"),
        ("POST", "services/%2e%2e%2f%2e%2e/functions/good/invocations", "404 ServiceNotFound"),
        ("GET", "services/s/functions/good/triggers/none", "404 TriggerNotFound"),
        ("GET", "services/s/functions/good/async-invoke-config", "404 AsyncConfigNotExists"),
        ("PATCH", "services/s", "400 PathNotSupported"),
        ("GET", "nothing/here", "400 PathNotSupported"),
        ("GET", "services/s/functions/good/../../../x", "400 PathNotSupported"),
        ("GET", "services//functions", "400 PathNotSupported"),
    ],
)
def test_what_does_not_exist(fc, method, path, error):
    assert fc.send(method, path).error == error


def test_a_path_outside_of_any_api(fc):
    for path in ("/", "/etc/passwd", "/../../etc/passwd", "/2016-08-15", "/2099-01-01/services"):
        answer = fc.send("GET", path)
        assert answer.status == 404 and b"root:" not in answer.body, path


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b"\xff\xfe{}", b'{"serviceName":5}', b'{"serviceName":{}}', b"[" * 100_000, b'{"a":1}{}'],
    ids=["half", "array", "null", "not-utf8", "number", "object", "deep", "twice"],
)
def test_json_that_is_none(fc, body):
    assert fc.send("POST", "services", body, {"Content-Type": "application/json"}).error == "400 InvalidArgument"


@pytest.mark.parametrize("name", ["", "1st", "a b", "a/b", "ü", "x" * 129, "-a", "a\n", "..", "a\u0000b"])
def test_names_that_are_none(fc, name):
    assert fc.json("POST", "services", {"serviceName": name}).error == "400 InvalidArgument"
    assert fc.create(SERVICE, name, "def handler(e, c): pass").error == "400 InvalidArgument"


@pytest.mark.parametrize(
    "spec",
    [
        {"runtime": "python2.6"},
        {"runtime": "go1"},
        {"runtime": None},
        {"handler": "index"},
        {"handler": "../index.handler"},
        {"handler": "/etc/passwd.handler"},
        {"handler": ""},
        {"timeout": 0},
        {"timeout": -5},
        {"timeout": 100_000},
        {"timeout": "soon"},
        {"memorySize": 100},
        {"memorySize": 1 << 40},
        {"memorySize": 1.5},
        {"instanceConcurrency": 0},
        {"diskSize": 99},
        {"environmentVariables": {"FC_QUALIFIER": "x"}},
        {"environmentVariables": {"accessKeyID": "x"}},
        {"environmentVariables": {"1A": "x"}},
        {"environmentVariables": {"A=B": "x"}},
        {"environmentVariables": {"A": "x" * 5000}},
        {"environmentVariables": {"A": 5}},
        {"environmentVariables": ["A"]},
    ],
    ids=lambda spec: "-".join(f"{key}_{str(value)[:24]}" for key, value in spec.items()),
)
def test_settings_that_are_wrong(fc, spec):
    answer = fc.create(SERVICE, "wrong", "def handler(e, c): pass", **spec)
    assert answer.error == "400 InvalidArgument"
    assert fc.send("GET", "services/s/functions/wrong").error == "404 FunctionNotFound"


def test_making_the_same_twice(fc):
    assert fc.json("POST", "services", {"serviceName": SERVICE}).error == "409 ServiceAlreadyExists"
    assert fc.create(SERVICE, "good", "def handler(e, c): pass").error == "409 FunctionAlreadyExists"
    assert fc.send("DELETE", "services/s").error == "412 ServiceNotEmpty"


@pytest.mark.parametrize("headers", [{"X-Fc-Log-Type": "All"}, {"X-Fc-Invocation-Type": "Later"}])
def test_call_headers_that_are_wrong(fc, headers):
    answer = fc.invoke(SERVICE, "good", b"", headers=headers)
    assert answer.error == "400 InvalidArgument"
    assert list(headers.values())[0] in answer.json["ErrorMessage"]


# Sizes.


@pytest.mark.parametrize("megabytes", [33, 100])
def test_an_event_that_is_too_large(fc, megabytes):
    answer = fc.invoke(SERVICE, "good", b"x" * (megabytes << 20))
    assert answer.error == "400 EntityTooLarge"


def test_a_body_that_is_too_large_sent_in_chunks(fc):
    def chunks():
        for _ in range(40):
            yield b"x" * (1 << 20)

    assert fc.invoke(SERVICE, "good", chunks()).error == "400 EntityTooLarge"


def test_a_header_that_is_too_large(fc):
    answer = fc.send("GET", "services", headers={"X-Long": "x" * 60_000})
    assert answer.status == 431


# Packages.


def refused(fc, zip_bytes, *words):
    answer = fc.create(SERVICE, "refused", zip_bytes)
    assert answer.error == "400 InvalidArgument", answer.body[:400]
    for word in words:
        assert word in answer.json["ErrorMessage"], answer.json
    assert fc.send("GET", "services/s/functions/refused").error == "404 FunctionNotFound"


def one_entry(name, mode, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.create_system = 3
        archive.writestr(info, content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["../evil.py", "a/../../evil.py", "/tmp/evil.py", "a/b/../../../evil.py"])
def test_a_zip_that_climbs_out(fc, server, name):
    refused(fc, zip_of({"index.py": "x = 1", name: "evil = True"}), name)
    assert not list(server.data.parent.rglob("evil.py"))


@pytest.mark.parametrize("target", ["/etc/passwd", "../../credentials.json", "index.py"])
def test_a_symlink_in_a_zip(fc, target):
    refused(fc, one_entry("link.py", 0o120777, target), "link.py", "link")


def test_a_device_in_a_zip(fc):
    refused(fc, one_entry("null", 0o020666, b""), "null")


def test_a_zip_bomb(fc, server):
    bomb = zip_of({"index.py": "x = 1", "zeros": bytes(300 << 20)})
    assert len(bomb) < 1 << 20
    refused(fc, bomb, "times its size")
    assert not list(server.data.rglob("zeros"))


def test_a_zip_that_unpacks_to_too_much(fc):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(9):
            half = (b"%d" % number * 64)[:64] + bytes(range(256)) * 16
            archive.writestr(f"part{number}", half * ((60 << 20) // len(half)))
    refused(fc, out.getvalue(), "unpacks to more than")


def test_ten_thousand_files(fc):
    files = {f"folder{n % 100}/file{n}.txt": str(n) for n in range(9_999)}
    files["index.py"] = (
        "import os\ndef handler(event, context):\n    return sum(len(names) for _, _, names in os.walk('/code'))\n"
    )
    fc.make(SERVICE, "many_files", files)
    assert fc.invoke(SERVICE, "many_files").result == b"10000"
    # Some disks are slow to remove files that they have already written: soon is best.
    assert fc.send("DELETE", "services/s/functions/many_files").status == 204


def test_a_zip_without_entries(fc):
    refused(fc, zip_of({}), "entr")


def test_a_zip_with_folders_only(fc):
    refused(fc, one_entry("folder/", 0o040755, b""), "no file")


@pytest.mark.parametrize("junk", [b"", b"PK", b"not a zip at all", bytes(1000), b"\x7fELF" + bytes(100)])
def test_what_is_not_a_zip(fc, junk):
    answer = fc.create(SERVICE, "refused", junk)
    assert answer.error == "400 InvalidArgument"


def test_a_zip_cut_short_or_turned_over(fc):
    whole = zip_of({"index.py": "x = 1\n" * 1000, "other.py": "y = 2\n" * 1000})
    refused(fc, whole[: len(whole) // 2])
    at = whole.index(b"index.py") + 20
    refused(fc, whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 8]) + whole[at + 8 :])


def test_code_that_is_not_base64(fc):
    spec = {"functionName": "refused", "runtime": "python3", "handler": "index.handler", "code": {"zipFile": "%%%"}}
    assert fc.json("POST", "services/s/functions", spec).error == "400 InvalidArgument"
    assert fc.json("POST", "services/s/functions", {**spec, "code": {}}).error == "400 InvalidArgument"


def test_a_checksum_that_differs(fc):
    body = {"code": as_code(zip_of({"index.py": "x = 1"}))}
    answer = fc.json("PUT", "services/s/functions/good", body, headers={"X-Fc-Code-Checksum": "12345"})
    assert answer.error == "400 InvalidArgument"


# Connections.


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60), b"hello\r\n\r\n", b"GET\r\n\r\n", bytes(4096)],
    ids=["tls", "hello", "half", "zeros"],
)
def test_garbage_instead_of_http(server, garbage):
    with Wire(server.port) as wire:
        wire.send(garbage)
        wire.finish()
        answer = wire.read_to_end()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer[:100]


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\n",
    ],
    ids=["two", "negative", "huge", "both", "bad-chunk"],
)
def test_framing_that_could_smuggle_a_request(server, framing):
    with Wire(server.port) as wire:
        wire.send(b"POST /2016-08-15/services HTTP/1.1\r\nHost: a\r\n" + framing)
        wire.send(b"\r\nzz\r\nGET /version HTTP/1.1\r\n\r\n")
        wire.finish()
        answer = wire.read_to_end()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:100]
    assert b"200 OK" not in answer


def test_a_connection_that_sends_one_byte_and_waits_holds_nobody_up(server, fc):
    slow = [Wire(server.port) for _ in range(200)]
    for wire in slow:
        wire.send(b"P")
    started = time.monotonic()
    assert fc.invoke(SERVICE, "good", b"x").result == b"good x"
    assert time.monotonic() - started < 2
    for wire in slow:
        wire.send(b"OST / HT")
    assert fc.invoke(SERVICE, "good", b"y").result == b"good y"
    for wire in slow:
        wire.socket.close()
    wait_until(lambda: "connections 2\n" in server.health(), "the server has let the slow connections go")


def test_a_thousand_connections_that_dribble_starve_nobody(server, fc):
    """Each sends a byte of its header now and then, as slow-loris does; a good client hardly notices."""
    wires = [Wire(server.port) for _ in range(1000)]
    head = b"GET /readyz HTTP/1.1\r\nHost: x\r\nX-Padding: " + b"y" * 50

    def dribble(nth):
        for wire in wires:
            wire.send(head[nth : nth + 1])

    taken = []
    for nth in range(40):
        dribble(nth)
        for _ in range(5):
            began = time.monotonic()
            assert fc.invoke("s", "good", b"x").result == b"good x"
            taken.append(time.monotonic() - began)
    assert sorted(taken)[int(len(taken) * 0.95)] < 0.1, sorted(taken)[-10:]
    for wire in wires:
        wire.socket.close()
    wait_until(lambda: "connections 1\n" in server.health() or "connections 2\n" in server.health(), "they are gone")


def test_a_thousand_requests_at_once_on_one_connection_are_one_clients(server, fc):
    """They are answered in order, one after the other; another client does not wait for them all."""
    with Wire(server.port) as wire:
        wire.send(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n" * 999)
        wire.send(b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert fc.invoke("s", "good", b"x").result == b"good x"
        assert wire.read_to_end().count(b"HTTP/1.1 200") == 1000


def test_a_connection_half_closed_after_its_request_is_answered(server):
    with Wire(server.port) as wire:
        wire.send(b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n")
        wire.finish()
        assert b"HTTP/1.1 200 OK" in wire.read_to_end()


def test_a_connection_closed_in_the_middle_of_a_body(server):
    with Wire(server.port) as wire:
        wire.send(b"POST /2016-08-15/" + INVOKE.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf")
        wire.finish()
        assert b"200 OK" not in wire.read_to_end()


def test_several_requests_in_one_packet_are_answered_in_order(server):
    with Wire(server.port) as wire:
        wire.send(
            b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n"
            b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        answer = wire.read_to_end()
    assert answer.count(b"HTTP/1.1 200 OK") == 2 and answer.endswith(b"alive\n")


def test_a_request_that_never_gets_ready_is_cut_off_in_the_end(server):
    started = time.monotonic()
    with Wire(server.port, timeout=45) as wire:
        wire.send(b"GET /version HTTP/1.1\r\nHost:")
        assert b"200 OK" not in wire.read_to_end()
    assert time.monotonic() - started < 40  # the header may take 30 s
