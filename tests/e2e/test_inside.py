"""A function calls a function: temporary keys, and the platform's door inside the sandbox."""

import json

import pytest

from support.client import API
from support.packages import function
from support.processes import sockets
from support.waiting import wait_until

ROLE = "acs:ram::1000000000000001:role/worker"
ECHO = "def handler(event, context): return b'echo ' + event\n"


@pytest.fixture(scope="module")
def client(server):
    client = server.client()
    made = client.json("POST", "services", {"serviceName": "roled", "role": ROLE})
    assert made.status == 200, made.body
    client.make("roled", "caller", function("caller"), timeout=20)
    client.make("roled", "fresh", function("caller"), timeout=20, isolation="strict")
    client.make("roled", "echo", ECHO)
    client.make_service("plain")
    client.make("plain", "caller", function("caller"))
    yield client
    client.close()


def ask(client, function="caller", service="roled", **wanted):
    return json.loads(client.invoke(service, function, json.dumps(wanted)).result)


@pytest.mark.parametrize("name", ["caller", "fresh"])
def test_a_function_calls_another_with_the_keys_of_its_context(client, name):
    path = f"{API}/services/roled/functions/echo/invocations"
    for n in range(20):
        assert ask(client, name, method="POST", path=path, body=str(n)) == [200, f"echo {n}"]
    status, body = ask(client, name, method="GET", path=f"{API}/services/roled/functions/echo")
    assert status == 200 and json.loads(body)["functionName"] == "echo"


def test_its_keys_call_and_read_and_change_nothing(client):
    for method, path in [
        ("DELETE", f"{API}/services/roled/functions/echo"),
        ("POST", f"{API}/services"),
        ("PUT", f"{API}/services/roled/functions/echo"),
        ("GET", "/mayfly/v1/accounts"),
        ("POST", "/mayfly/v1/accounts"),
    ]:
        status, body = ask(client, method=method, path=path)
        assert status == 403 and "AccessDenied" in body, (method, path, body)


@pytest.mark.parametrize("token", ["", "x", "e30=.AAAA"])
def test_a_key_without_its_token_is_none(client, token):
    status, body = ask(client, method="GET", path=f"{API}/services", token=token)
    assert status == 403, body


def test_nothing_else_of_the_host_is_reached(client, server):
    host = ["127.0.0.1", server.port]
    assert ask(client, reach=[["127.0.0.1", 7400], host, ["127.0.0.1", 22], ["10.0.0.1", 80]]) == [
        200,
        "ConnectionRefusedError",
        "ConnectionRefusedError",
        "OSError",
    ]


def test_what_is_said_of_all_functions_is_not_for_one(client):
    assert ask(client, method="GET", path="/metrics")[0] == 404
    assert ask(client, method="GET", path="/readyz?verbose")[1] == "ready\n"


def test_a_function_of_a_service_without_a_role_has_neither(client):
    assert ask(client, service="plain", has=True) == ["", ""]
    assert ask(client, service="plain", reach=[["127.0.0.1", 7400]]) == ["ConnectionRefusedError"]


def test_a_door_goes_with_its_worker(client, server):
    for n in range(3):
        client.update("roled", "caller", description=f"revision {n}")
        assert ask(client, reach=[["127.0.0.1", 7400]]) == [200]
    before = sockets(server.pid)
    for n in range(10):
        client.update("roled", "caller", description=f"revision again {n}")
        assert ask(client, reach=[["127.0.0.1", 7400]]) == [200]
    wait_until(lambda: sockets(server.pid) <= before, "no door stays open")


# Sends what its event says from inside its call, and tells that it ran.
ROUND = """
import base64, email.utils, hashlib, hmac, http.client, json, os, urllib.parse
def handler(event, context):
    print('a turn')
    path, kind = os.environ['PATH_ASKED'], 'application/json'
    date, keys = email.utils.formatdate(usegmt=True), context.credentials
    lines = ['POST', '', kind, date]
    headers = {'Date': date, 'Content-Type': kind, 'x-fc-security-token': keys.security_token}
    if path.endswith('invocations'):
        headers['x-fc-invocation-type'] = 'Async'
    lines += [f'{name}:{headers[name]}' for name in sorted(headers) if name.startswith('x-fc-')]
    text = '\\n'.join([*lines, path])
    digest = hmac.digest(keys.access_key_secret.encode(), text.encode(), hashlib.sha256)
    headers['Authorization'] = f'FC {keys.access_key_id}:{base64.b64encode(digest).decode()}'
    body = json.dumps({'id': context.request_id, 'source': 'round', 'type': 'round'})
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ['FC_ENDPOINT']).netloc)
    connection.request('POST', path, body, headers)
    reply = connection.getresponse()
    assert reply.status in (200, 202), reply.read()
    return b'ok'
"""


def turns(client, name):
    answer = client.send("GET", "/mayfly/v1/logs", query=f"service=roled&function={name}&lines=1000")
    return sum(line["text"] == "a turn" for line in answer.json["lines"])


@pytest.mark.parametrize("way", ["publishes", "calls"])
def test_a_function_that_sets_itself_off_is_cut_with_the_reason(client, way):
    path = "/mayfly/v1/publish" if way == "publishes" else f"{API}/services/roled/functions/{way}/invocations"
    client.make("roled", way, ROUND, timeout=20, environmentVariables={"PATH_ASKED": path})
    if way == "publishes":
        config = {"triggerEnable": True, "eventRuleFilterPattern": json.dumps({"type": ["round"]})}
        trigger = {"triggerName": "again", "triggerType": "eventbridge", "triggerConfig": config}
        assert client.json("POST", f"services/roled/functions/{way}/triggers", trigger).status == 200
    first = client.later("roled", way, b"{}")

    def dead():
        query = f"service=roled&function={way}&status=dead"
        return client.send("GET", "/mayfly/v1/events", query=query).json["events"]

    wait_until(dead, "the loop is cut", 60.0)
    (event,) = dead()
    assert (event["cause"], event["depth"]) == ("Loop", 17), event
    wait_until(lambda: turns(client, way) == 17, "the last turn has ended")
    for _ in range(17):
        event = client.send("GET", f"/mayfly/v1/events/{event['parent']}").json
    assert event["id"] == first, "each names the one before"
