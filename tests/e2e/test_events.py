"""What is kept of events: listed, shown, put again, driven again; through API and command line."""

import json

from support import packages
from support.cli import Cli
from support.waiting import wait_until

SERVICE = "s"
FLAKY = """
import json
def handler(event, context):
    wanted = json.loads(event)
    if wanted.get('fails'):
        raise KeyError('order %d' % wanted['order'])
    return 'good'
"""


def events(fc, **query):
    text = "&".join(f"{key}={value}" for key, value in query.items())
    return fc.send("GET", "/mayfly/v1/events", query=text).json["events"]


def wait_for(fc, function, status, count=1):
    wait_until(lambda: len(events(fc, service=SERVICE, function=function, status=status)) == count, f"{count} are {status}")
    return events(fc, service=SERVICE, function=function, status=status)


def make(fc, name):
    fc.make(SERVICE, name, FLAKY)
    fc.put_async(SERVICE, name, maxAsyncRetryAttempts=0)


def fails(order):
    return json.dumps({"fails": True, "order": order}).encode()


def test_an_event_is_kept_with_payload_result_and_story(fc, server, tmp_path):
    make(fc, "kept")
    request_id = fc.later(SERVICE, "kept", b"{}")
    wait_for(fc, "kept", "done")
    event = fc.send("GET", f"/mayfly/v1/events/{request_id}").json
    assert (event["payload"], event["result"], event["attempts"], event["trigger"]) == ("{}", "good", 1, "api")
    assert [line["outcome"] for line in event["story"]] == ["ok"]
    cli = Cli(server, tmp_path)
    shown = cli("events", "show", request_id)[0]
    assert "payload   {}" in shown and "s/kept" in shown, shown
    assert request_id in cli("events", "ls", f"{SERVICE}/kept", "--since", "1h")[0]
    assert cli.error("events", "show", "1-00000000-000000000000000000000000", code=3)["code"] == "TaskNotFound"


def test_an_event_is_put_again_as_it_was_and_changed(fc, server, tmp_path):
    make(fc, "again")
    request_id = fc.later(SERVICE, "again", fails(1))
    wait_for(fc, "again", "dead")
    cli = Cli(server, tmp_path)
    assert cli("events", "replay", request_id)[0].startswith("event 1-")
    wait_for(fc, "again", "dead", 2)
    cli("events", "replay", request_id, "--payload", "{}")
    (event,) = wait_for(fc, "again", "done")
    assert event["parent"] == request_id
    make(fc, "other")
    cli("events", "replay", request_id, "--function", f"{SERVICE}/other")
    wait_for(fc, "other", "dead")
    assert cli("events", "replay", "--function", f"{SERVICE}/again", "--failed")[0] == "replayed 2\n"
    wait_for(fc, "again", "dead", 4)


def test_dead_letters_are_grouped_driven_again_when_the_function_is_mended_and_dropped(fc, server, tmp_path):
    make(fc, "mends")
    for order in (4711, 12, 815):
        fc.later(SERVICE, "mends", fails(order))
    wait_for(fc, "mends", "dead", 3)
    query = f"service={SERVICE}&function=mends"
    (group,) = fc.send("GET", "/mayfly/v1/dead", query=query).json["groups"]
    assert (group["count"], group["cause"], group["signature"]) == (3, "FunctionError", "KeyError: 'order #'")
    cli = Cli(server, tmp_path)
    assert "KeyError: 'order #'" in cli("dead", "ls", f"{SERVICE}/mends")[0]
    assert "say which" in cli.error("dead", "drop", code=2)["message"]
    assert cli("dead", "drop", f"{SERVICE}/mends", "--limit", "1")[0] == "dropped 1\n"
    mended = packages.zip_of({"index.py": "def handler(event, context):\n    return 'mended'\n"})
    fc.update(SERVICE, "mends", code=packages.as_code(mended))
    assert cli("dead", "redrive", f"{SERVICE}/mends", "--rate", "100")[0] == "redriven 2\n"
    wait_for(fc, "mends", "done", 2)
    assert fc.send("GET", "/mayfly/v1/dead", query=query).json["groups"] == []


def test_what_is_asked_wrongly_is_said(fc):
    for path, status in (("events?status=x", 400), ("events?limit=0", 400), ("events?function=f", 400), ("dead/x", 404)):
        name, _, query = path.partition("?")
        answer = fc.send("GET", f"/mayfly/v1/{name}", query=query)
        assert answer.status == status and answer.json["error"]["message"], (path, answer.body)
    assert fc.json("POST", "/mayfly/v1/dead/redrive", []).status == 400
