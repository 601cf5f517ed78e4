"""Asynchronous calls through the real server: retries, destinations, tasks, what a kill leaves."""

import http.server
import json
import threading
import time

import pytest
from support.packages import function
from support.waiting import wait_until

SERVICE = "s"

# Fails as often as its event says, by its retry count; then says how often it was tried.
FLAKY = """
import json
def handler(event, context):
    wanted = json.loads(event)
    if context.retry_count < wanted.get('failures', 0):
        raise KeyError('attempt %d' % context.retry_count)
    return json.dumps({'retries': context.retry_count, 'id': context.request_id})
"""
# Writes what it is given into its log, where the test finds it.
TELLS = "def handler(event, context):\n    print('told ' + event.decode())\n    return 'ok'\n"
SLOW = function("slow")  # as many milliseconds as its event says
LONG = b"600000"


def ended(fc, name, task, seconds=30.0):
    found = {}

    def is_over():
        found.update(fc.task(SERVICE, name, task))
        return found["status"] not in ("Enqueued", "Running", "Retrying", "Stopping")

    wait_until(is_over, f"task {task} ends", seconds)
    return found


def lines(fc, function):
    answer = fc.send("GET", "/mayfly/v1/logs", query=f"service={SERVICE}&function={function}&lines=1000")
    return [line["text"] for line in answer.json["lines"]]


def test_an_accepted_call_runs_once_and_its_task_tells_all(fc, make):
    call = make(FLAKY)
    request_id = fc.later(SERVICE, call.name, b"{}", task="job_1")
    task = ended(fc, call.name, "job_1")
    assert task["status"] == "Succeeded" and task["requestId"] == request_id
    assert json.loads(task["returnPayload"]) == {"retries": 0, "id": request_id}
    assert task["alreadyRetriedTimes"] == 0 and task["instanceId"].startswith("c-")
    assert [event["status"] for event in task["events"]] == ["Enqueued", "Running", "Succeeded"]
    assert task["startedTime"] <= task["endTime"]


def test_a_failing_function_is_tried_as_often_as_its_config_says(fc, make):
    call = make(FLAKY)
    fc.put_async(SERVICE, call.name, maxAsyncRetryAttempts=2, statefulInvocation=True)
    fc.later(SERVICE, call.name, b'{"failures": 2}', task="heals")
    fc.later(SERVICE, call.name, b'{"failures": 3}', task="dies")
    healed, died = ended(fc, call.name, "heals"), ended(fc, call.name, "dies")
    assert (healed["status"], healed["alreadyRetriedTimes"]) == ("Succeeded", 2)
    assert json.loads(healed["returnPayload"])["retries"] == 2
    assert (died["status"], died["alreadyRetriedTimes"]) == ("Failed", 2)
    assert died["invocationErrorMessage"] == "KeyError: 'attempt 2'"


def test_destinations_hear_of_success_and_failure(fc, make):
    call = make(FLAKY)
    fc.make(SERVICE, "hears", TELLS)
    arn = f"acs:fc:local:{fc.key.account}:services/{SERVICE}/functions/hears"
    both = {"onSuccess": {"destination": arn}, "onFailure": {"destination": arn}}
    fc.put_async(SERVICE, call.name, maxAsyncRetryAttempts=0, destinationConfig=both)
    good, bad = fc.later(SERVICE, call.name, b"{}"), fc.later(SERVICE, call.name, b'{"failures": 1}')
    told = {}

    def both_told():
        for line in lines(fc, "hears"):
            if line.startswith("told "):
                outcome = json.loads(line[5:])
                told[outcome["requestContext"]["requestId"]] = outcome
        return good in told and bad in told

    wait_until(both_told, "both outcomes are told")
    assert told[good]["requestContext"]["condition"] == "" and told[good]["responseContext"]["functionError"] == ""
    assert told[good]["requestPayload"] == "{}" and json.loads(told[good]["responsePayload"])["id"] == good
    assert told[bad]["requestContext"]["condition"] == "FunctionError"
    assert told[bad]["responseContext"] == {"statusCode": 200, "functionError": "UnhandledInvocationError"}
    assert told[bad]["requestContext"]["functionArn"].endswith(f"services/{SERVICE}/functions/{call.name}")


def test_a_chain_that_bites_its_own_tail_is_cut(fc, server):
    for name in ("ping", "pong"):
        fc.make(SERVICE, name, "def handler(event, context):\n    print('a turn')\n")
    for name, other in (("ping", "pong"), ("pong", "ping")):
        arn = f"acs:fc:local:{fc.key.account}:services/{SERVICE}/functions/{other}"
        fc.put_async(SERVICE, name, destinationConfig={"onSuccess": {"destination": arn}})
    fc.later(SERVICE, "ping", b"{}")
    wait_until(lambda: "Loop: 17 events led to it" in server.output(), "the loop is cut", 60.0)
    assert sum(line == "a turn" for name in ("ping", "pong") for line in lines(fc, name)) == 17


def test_a_task_is_stopped_while_it_waits_and_while_it_runs(fc, make, server):
    call = make(SLOW, timeout=600)
    fc.put_async(SERVICE, call.name, asyncConcurrency=1)
    path = f"services/{SERVICE}/functions/{call.name}/stateful-async-invocations"
    fc.later(SERVICE, call.name, LONG, task="runs")
    wait_until(lambda: fc.task(SERVICE, call.name, "runs")["status"] == "Running", "it runs")
    workers = server.workers()
    fc.later(SERVICE, call.name, LONG, task="waits")
    assert fc.send("PUT", f"{path}/waits").status == 204
    assert fc.task(SERVICE, call.name, "waits")["status"] == "Stopped"

    def stopped():
        answer = fc.send("PUT", f"{path}/runs")
        return answer.status in (204, 412) and fc.task(SERVICE, call.name, "runs")["status"] == "Stopped"

    wait_until(stopped, "the running one is stopped")
    assert fc.send("PUT", f"{path}/runs").error == "412 AsyncInvocationStopped"
    wait_until(lambda: not workers <= server.workers(), "its worker is gone")
    listed = fc.send("GET", path, query="status=Stopped").json["invocations"]
    assert sorted(task["invocationId"] for task in listed) == ["runs", "waits"]


def test_an_event_that_waited_longer_than_its_maximum_age_is_expired(fc):
    fc.make(SERVICE, "goes", SLOW, timeout=600)
    fc.put_async(SERVICE, "goes", asyncConcurrency=1, maxAsyncEventAgeInSeconds=1)
    fc.later(SERVICE, "goes", LONG, task="first")
    wait_until(lambda: fc.task(SERVICE, "goes", "first")["status"] == "Running", "the first one runs")
    fc.later(SERVICE, "goes", LONG, task="second")
    born = fc.task(SERVICE, "goes", "second")["startedTime"]
    wait_until(lambda: time.time() * 1000 > born + 1100, "it is too old")
    assert fc.send("PUT", f"services/{SERVICE}/functions/goes/stateful-async-invocations/first").status == 204
    assert ended(fc, "goes", "second")["status"] == "Expired"


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["X-Mayfly-Event-Id"], json.loads(body)))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.answers = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_webhook_is_told_again_until_it_takes_it(house, hook):
    server = house.start("hooks", arguments=["--webhook-allow", "127.0.0.1"])
    fc = server.client()
    fc.make_service(SERVICE)
    fc.make(SERVICE, "f", FLAKY)
    url = f"http://127.0.0.1:{hook.server_port}/done"
    fc.put_async(SERVICE, "f", destinationConfig={"onSuccess": {"destination": url}})
    hook.answers[:] = [503, 503]
    request_id = fc.later(SERVICE, "f", b"{}")
    wait_until(lambda: len(hook.got) == 3, "it was told three times")
    assert {path for path, _, _ in hook.got} == {"/done"}
    assert len({event for _, event, _ in hook.got}) == 1
    assert hook.got[0][2]["requestContext"]["requestId"] == request_id
    fc.close()


def test_a_webhook_never_reaches_a_private_address_that_is_not_allowed(fc, make, server, hook):
    call = make(FLAKY)
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{hook.server_port}/secret"
        fc.put_async(SERVICE, call.name, destinationConfig={"onSuccess": {"destination": url}})
        fc.later(SERVICE, call.name, b"{}")
        wait_until(lambda: f"Invalid: webhook {url} leads to a private address" in server.output(), "it is refused")
    assert hook.got == []


def test_what_was_accepted_survives_a_kill_and_runs(house):
    server = house.start("killed")
    fc = server.client()
    fc.make_service(SERVICE)
    fc.make(SERVICE, "slow", SLOW, timeout=600)
    fc.make(SERVICE, "f", FLAKY)
    fc.put_async(SERVICE, "slow", statefulInvocation=True)
    fc.later(SERVICE, "slow", LONG, task="interrupted")
    wait_until(lambda: fc.task(SERVICE, "slow", "interrupted")["status"] == "Running", "it runs")
    ids = [fc.later(SERVICE, "f", b"{}", task=f"t_{n}") for n in range(20)]
    fc.close()
    server.kill()
    server = house.start("killed")
    fc = server.client()
    for n, request_id in enumerate(ids):
        assert ended(fc, "f", f"t_{n}")["requestId"] == request_id
        assert ended(fc, "f", f"t_{n}")["status"] == "Succeeded"
    wait_until(lambda: fc.task(SERVICE, "slow", "interrupted")["alreadyRetriedTimes"] == 1, "it runs again")
    fc.close()
