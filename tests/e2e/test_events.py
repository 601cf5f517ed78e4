"""What is kept of events: listed, shown, put again, driven again; through API and command line."""

import datetime
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


TELLS = "def handler(event, context):\n    print('told ' + event.decode())\n    return 'ok'\n"


def take(fc, function, pattern, trigger="rule", **more):
    fc.make(SERVICE, function, TELLS)
    return rule(fc, function, pattern, trigger, **more)


def rule(fc, function, pattern, trigger="rule", **more):
    config = {"triggerEnable": True, "eventRuleFilterPattern": json.dumps(pattern), **more}
    wanted = {"triggerName": trigger, "triggerType": "eventbridge", "triggerConfig": config}
    answer = fc.json("POST", f"services/{SERVICE}/functions/{function}/triggers", wanted)
    assert answer.status == 200, answer.body
    return answer.json


def publish(fc, event, content_type="application/cloudevents+json"):
    headers = {"Content-Type": content_type}
    answer = fc.send("POST", "/mayfly/v1/publish", json.dumps(event).encode(), headers)
    assert answer.status == 200, answer.body
    return answer.json["events"]


def told(fc, function):
    answer = fc.send("GET", "/mayfly/v1/logs", query=f"service={SERVICE}&function={function}&lines=1000")
    return [json.loads(line["text"][5:]) for line in answer.json["lines"] if line["text"].startswith("told ")]


def test_a_published_event_reaches_every_rule_it_fits_once_and_says_why_not_the_others(fc):
    take(fc, "adults", {"type": ["user.registered"], "data": {"age": [{"numeric": [">=", 18]}]}})
    take(fc, "everyone", {"type": [{"prefix": "user."}]})
    take(fc, "orders", {"type": ["order.paid"]})
    take(fc, "asleep", {}, triggerEnable=False)
    event = {"specversion": "1.0", "id": "e1", "source": "shop", "type": "user.registered", "data": {"age": 17}}
    (done,) = publish(fc, event)
    assert len(done["ids"]) == 1 and done["there"] == 0
    missed = {miss["function"]: miss["why"] for miss in done["missed"]}
    assert missed["adults"] == 'data.age is 17, not one of [{"numeric":[">=",18]}]'
    assert missed["orders"].startswith('type is "user.registered"') and missed["asleep"] == "the trigger is disabled"
    wait_until(lambda: told(fc, "everyone"), "it is told")
    got = told(fc, "everyone")[0]
    assert {name: got[name] for name in event} == event and got["aliyunaccountid"] == fc.key.account
    assert publish(fc, event) == [{"ids": [], "there": 1, "missed": done["missed"]}]
    both = publish(fc, [{**event, "id": "e2"}, {**event, "id": "e3", "data": {"age": 18}}], "application/cloudevents-batch+json")
    assert [len(one["ids"]) for one in both] == [1, 2]
    wait_until(lambda: len(told(fc, "everyone")) == 3 and len(told(fc, "adults")) == 1, "all are told")
    assert told(fc, "orders") == told(fc, "asleep") == []
    headers = {"Content-Type": "application/json", "ce-id": "b1", "ce-source": "shop", "ce-type": "order.paid"}
    assert fc.send("POST", "/mayfly/v1/publish", b'{"sum": 3}', headers).status == 200
    wait_until(lambda: told(fc, "orders"), "a binary one is told")
    assert told(fc, "orders")[0]["data"] == {"sum": 3}
    wrong = fc.json("POST", "/mayfly/v1/publish", {"id": "x", "source": "s"})
    assert wrong.status == 400 and "'type'" in wrong.json["error"]["message"]


def test_the_command_line_publishes(fc, server, tmp_path):
    take(fc, "cli", {"source": ["mayfly.cli"], "type": ["hello"]})
    cli = Cli(server, tmp_path)
    assert cli("event", "publish", "hello", "-d", '{"a": 1}')[0].startswith("event 1-")
    wait_until(lambda: told(fc, "cli"), "it is told")
    assert told(fc, "cli")[0]["data"] == {"a": 1}
    out, err = cli("events", "publish", "nobody.cares", "--id", "nr1")
    assert out == "" and "no rule took it" in err and "not s/cli" in err
    near = fc.send("GET", "/mayfly/v1/near-misses", query=f"service={SERVICE}&function=cli").json["nearMisses"][0]
    assert (near["trigger"], near["type"], near["source"], near["id"]) == ("rule", "nobody.cares", "mayfly.cli", "nr1")
    assert near["why"].startswith('type is "nobody.cares"')
    assert "nobody.cares from mayfly.cli: type is" in cli("fn", "show", f"{SERVICE}/cli")[0]


def test_a_chain_over_the_bus_goes_on_and_one_that_feeds_itself_is_cut(fc, server):
    bus = {"destination": f"acs:eventbridge:local:{fc.key.account}:eventbus/default"}
    steps = "import json\ndef handler(event, context):\n    e = json.loads(event)\n    print('told ' + json.dumps(e))\n"
    again = "    return json.dumps({'specversion': '1.0', 'id': context.request_id, 'source': 'chain', 'type': '%s'})\n"
    for name, takes, gives in (("first", "chain.begin", "chain.middle"), ("second", "chain.middle", "chain.end")):
        fc.make(SERVICE, name, steps + again % gives)
        rule(fc, name, {"type": [takes]})
        fc.put_async(SERVICE, name, destinationConfig={"onSuccess": bus})
    take(fc, "last", {"type": ["chain.end"]})
    publish(fc, {"id": "1", "source": "test", "type": "chain.begin"})
    wait_until(lambda: told(fc, "last"), "the chain has ended")
    (event,) = events(fc, service=SERVICE, function="last")
    assert event["depth"] == 2 and event["trigger"] == "event"
    fc.make(SERVICE, "echo", steps + again % "loop.again")
    rule(fc, "echo", {"type": ["loop.again"]})
    fc.put_async(SERVICE, "echo", destinationConfig={"onSuccess": bus})
    publish(fc, {"id": "1", "source": "test", "type": "loop.again"})
    (dead,) = wait_for(fc, "echo", "dead")
    assert dead["cause"] == "Loop" and len(told(fc, "echo")) == 17


def test_the_command_line_leaves_events_for_later(fc, server, tmp_path):
    fc.make(SERVICE, "later", TELLS)
    cli = Cli(server, tmp_path)
    assert cli("invoke", f"{SERVICE}/later", "-d", '"now"', "--async", "--task", "mine")[0].startswith("event 1-")
    delayed = cli("invoke", f"{SERVICE}/later", "-d", '"then"', "--delay", "3600")[0].split()[1]
    assert cli.error("invoke", f"{SERVICE}/later", "-d", '"now"', "--task", "mine", code=5)["code"] == "StatefulAsyncInvocationAlreadyExists"
    wait_until(lambda: told(fc, "later"), "the first one ran")
    event = fc.send("GET", f"/mayfly/v1/events/{delayed}").json
    hour = datetime.timedelta(hours=1)
    moment = {name: datetime.datetime.fromisoformat(event[name].replace("Z", "+00:00")) for name in ("accepted", "due")}
    assert event["status"] == "waiting" and abs(moment["due"] - moment["accepted"] - hour).total_seconds() < 5, event
    assert told(fc, "later") == ["now"]
    assert cli("events", "stop", delayed)[0] == "stopped\n"
    headers = {"X-Fc-Invocation-Type": "Async", "X-Mayfly-Delay-Seconds": "soon"}
    assert fc.invoke(SERVICE, "later", b"1", headers=headers).error == "400 InvalidArgument"


def test_a_redrive_at_a_rate_and_a_replay_of_what_a_filter_finds(fc, server, tmp_path):
    make(fc, "rated")
    for order in range(5):
        fc.later(SERVICE, "rated", fails(order))
    wait_for(fc, "rated", "dead", 5)
    cli = Cli(server, tmp_path)
    assert cli("events", "replay", "--function", f"{SERVICE}/rated", "--status", "dead", "-n", "2")[0] == "replayed 2\n"
    wait_for(fc, "rated", "dead", 7)
    assert cli("dead", "redrive", "--error", "KeyError: 'order #'", f"{SERVICE}/rated", "--rate", "1000")[0] == "redriven 7\n"
    wait_for(fc, "rated", "dead", 7)
    assert cli("dead", "drop", f"{SERVICE}/rated")[0] == "dropped 7\n"
    assert cli.error("events", "replay", "--function", f"{SERVICE}/rated", "--since", "yesterday", code=2)["message"]
