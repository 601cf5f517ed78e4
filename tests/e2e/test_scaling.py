"""How many workers a function may have, how many are kept for it, and whose turn it is."""

import re
import threading
import time

import pytest

from support.client import Client, Key
from support.packages import function
from support.waiting import wait_until

SLOW = function("nap")
QUICK = "def handler(event, context): return event\n"


@pytest.fixture
def client(server):
    client = server.client()
    yield client
    client.close()


def service(client, name):
    client.make_service(name)
    return name


def config(client, method, s, f, kind, body=None, **options):
    return client.json(method, f"services/{s}/functions/{f}/{kind}-config", body, **options)


def workers(server):
    line = server.health().split("workers ")[1].split("\n")[0]
    return {state: int(n) for state, n in re.findall(r"(\w+) (\d+)", line)}


def test_an_on_demand_limit_is_set_heeded_and_removed(server, client):
    s = service(client, "limits")
    client.make(s, "slow", SLOW)
    assert config(client, "GET", s, "slow", "on-demand").error == "404 OnDemandConfigNotFound"
    made = config(client, "PUT", s, "slow", "on-demand", {"maximumInstanceCount": 1})
    assert made.json == {"resource": "services/limits/functions/slow", "maximumInstanceCount": 1}
    assert config(client, "GET", s, "slow", "on-demand").headers["ETag"] == made.headers["ETag"]
    assert client.json("GET", "on-demand-configs").json["configs"] == [made.json]
    others = [server.client() for _ in range(3)]
    for other in others:
        other.invoke(s, "slow", "0.1", later=True)
    instances = {other.end().headers["X-Fc-Instance-Id"] for other in others}
    assert len(instances) == 1, "three calls at once, one instance"
    stale = config(client, "PUT", s, "slow", "on-demand", {"maximumInstanceCount": 2}, headers={"If-Match": "x"})
    assert stale.error == "412 PreconditionFailed"
    assert config(client, "PUT", s, "slow", "on-demand", {"maximumInstanceCount": 0}).status == 200
    refused = client.invoke(s, "slow")
    assert refused.error == "429 ResourceExhausted" and "maximum of instances is 0" in refused.json["ErrorMessage"]
    assert config(client, "DELETE", s, "slow", "on-demand").status == 204
    assert client.invoke(s, "slow", "0").status == 200


@pytest.mark.parametrize("wrong", [-1, 10**12, "many", 1.5, None])
def test_an_on_demand_limit_out_of_bounds_is_refused(client, wrong):
    name = f"wrong{wrong}".replace("-", "m").replace(".", "p")
    s = service(client, name)
    client.make(s, "f", QUICK)
    assert config(client, "PUT", s, "f", "on-demand", {"maximumInstanceCount": wrong}).error == "400 InvalidArgument"


def test_provisioned_instances_are_there_before_the_first_call_and_after_a_restart(house):
    server = house.start("provisioned")
    client = server.client()
    s = service(client, "kept")
    client.make(s, "f", QUICK)
    made = config(client, "PUT", s, "f", "provision", {"target": 2})
    assert made.status == 200 and made.json["target"] == 2, made.body
    wait_until(lambda: config(client, "GET", s, "f", "provision").json["current"] == 2, "two are kept")
    wait_until(lambda: workers(server)["idle"] == 2, "they are ready")
    assert client.invoke(s, "f", "x").headers["X-Mayfly-Start"] == "warm"
    client.update(s, "f", description="a new revision")
    wait_until(lambda: workers(server)["idle"] == 2 and workers(server)["stopping"] == 0, "of the new revision")
    assert client.invoke(s, "f", "x").headers["X-Mayfly-Start"] == "warm"
    server.stop()
    server = house.start("provisioned")
    client = server.client()
    wait_until(lambda: workers(server)["idle"] == 2, "they are kept again")
    assert client.invoke(s, "f", "x").headers["X-Mayfly-Start"] == "warm"
    assert config(client, "PUT", s, "f", "provision", {"target": 0}).status == 200
    assert config(client, "GET", s, "f", "provision").error == "404 ProvisionConfigNotFound"
    assert "workers provisioned 0\n" in server.health()
    assert client.json("DELETE", f"services/{s}/functions/f").status == 204
    server.stop()


def test_provisioned_instances_beyond_the_machine_are_refused_with_what_it_has(client):
    s = service(client, "toomany")
    client.make(s, "f", QUICK)
    refused = config(client, "PUT", s, "f", "provision", {"target": 90000})
    assert refused.error == "400 InvalidArgument" and "can keep" in refused.json["ErrorMessage"]
    for wrong in ({"target": -1}, {}, {"target": 1, "scheduledActions": [{"target": 1, "scheduleExpression": "soon"}]}):
        assert config(client, "PUT", s, "f", "provision", wrong).error == "400 InvalidArgument"


def test_a_schedule_raises_what_is_kept(server, client):
    s = service(client, "hours")
    client.make(s, "f", QUICK)
    past = {"name": "now", "target": 1, "scheduleExpression": "at(2020-01-01T00:00:00Z)"}
    made = config(client, "PUT", s, "f", "provision", {"target": 0, "scheduledActions": [past]})
    assert made.status == 200, made.body
    wait_until(lambda: config(client, "GET", s, "f", "provision").json["current"] == 1, "one is kept by the hour")
    assert config(client, "PUT", s, "f", "provision", {"target": 0}).status == 200


def test_a_schedule_that_comes_again_and_again(server, client):
    s = service(client, "daily")
    client.make(s, "f", QUICK)
    often = {"name": "often", "target": 1, "scheduleExpression": "cron(*/2 * * * * *)"}
    made = config(client, "PUT", s, "f", "provision", {"target": 0, "scheduledActions": [often]})
    assert made.json["scheduledActions"][0]["scheduleExpression"] == "cron(*/2 * * * * *)"
    wait_until(lambda: config(client, "GET", s, "f", "provision").json["current"] == 1, "one is kept by the clock")
    assert config(client, "PUT", s, "f", "provision", {"target": 0}).status == 200
    for wrong in ("cron()", "cron(0 0 25 * * *)", "cron(@every 5m)", "cron(0 0 4 * * *", "rate(5m)"):
        refused = config(client, "PUT", s, "f", "provision", {"target": 0, "scheduledActions": [{**often, "scheduleExpression": wrong}]})
        assert refused.error == "400 InvalidArgument" and "cron(" in refused.json["ErrorMessage"], wrong


def test_a_function_takes_several_calls_at_once_where_it_says_so(server, client):
    s = service(client, "several")
    client.make(s, "f", SLOW, instanceConcurrency=5)
    assert client.invoke(s, "f", "0").status == 200
    others = [server.client() for _ in range(5)]
    for other in others:
        other.invoke(s, "f", "0.3", later=True)
    assert len({other.end().headers["X-Fc-Instance-Id"] for other in others}) == 1


def account(server, name, **allowance):
    made = server.client().json("POST", "/mayfly/v1/accounts", {"name": name, **allowance})
    assert made.status == 200, made.body
    made = made.json
    return Client(server.url, Key(made["accessKeyId"], made["accessKeySecret"], made["accountId"]))


def test_an_account_sees_its_own_and_makes_no_other(server):
    shop = account(server, "apart")
    service(shop, "mine")
    shop.make("mine", "f", QUICK)
    assert shop.invoke("mine", "f", "x").result == b"x"
    assert server.client().json("GET", "services/mine").error == "404 ServiceNotFound"
    assert shop.json("POST", "/mayfly/v1/accounts", {"name": "y"}).status == 403
    assert [a["name"] for a in shop.json("GET", "/mayfly/v1/accounts").json["accounts"]] == ["apart"]
    for wrong in ({"name": ""}, {"name": "apart"}, {"name": "w", "weight": 0}, {"name": "w", "instancesMax": -1}):
        assert server.client().json("POST", "/mayfly/v1/accounts", wrong).status == 400


def test_an_account_at_its_limit_waits_and_hinders_no_other(server, client):
    small = account(server, "small", instancesMax=1)
    for name in ("a", "b"):
        service(small, name)
        small.make(name, "f", SLOW)
    s = service(client, "beside")
    client.make(s, "f", QUICK)
    small.invoke("a", "f", "1", later=True)
    second = Client(server.url, small.key)
    second.invoke("b", "f", "0", later=True)
    assert client.invoke(s, "f", "x").result == b"x"
    assert small.end().status == 200 and second.end().status == 200


def test_a_budget_that_is_spent_stops_its_account_and_no_other_until_it_is_raised(house):
    server = house.start("budget")
    poor = account(server, "poor", budgetGbSeconds=1)
    service(poor, "s")
    poor.make("s", "f", QUICK, memorySize=1024)
    for n in range(10):  # each 100 ms of 1 GB
        assert poor.invoke("s", "f", str(n)).status == 200, n
    refused = poor.invoke("s", "f", "x")
    assert refused.error == "429 ResourceExhausted" and "budget of 1 GB-seconds" in refused.json["ErrorMessage"]
    root = server.client()
    service(root, "s")
    root.make("s", "f", QUICK)
    assert root.invoke("s", "f", "x").result == b"x"
    server.stop()
    server = house.start("budget")
    poor = Client(server.url, poor.key)
    assert poor.invoke("s", "f", "x").status == 429, "what was spent is remembered"
    raised = server.client().json("PUT", f"/mayfly/v1/accounts/{poor.key.account}", {"budgetGbSeconds": 2})
    assert raised.status == 200, raised.body
    assert poor.invoke("s", "f", "x").result == b"x"
    assert poor.json("GET", "/mayfly/v1/bill").json["totals"]["invocations"] == 11
    server.stop()


def test_a_flood_of_one_account_leaves_another_its_share_of_a_full_machine(house):
    server = house.start("full", arguments=["--workers", "4", "--park", "0"])
    flooding = account(server, "flood")
    service(flooding, "s")
    flooding.make("s", "f", SLOW)
    stop = threading.Event()

    def flood():
        one = Client(server.url, flooding.key)
        while not stop.is_set():
            one.invoke("s", "f", "0.2")

    threads = [threading.Thread(target=flood) for _ in range(24)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: workers(server)["busy"] == 4, "the machine is full")
        quiet = account(server, "quiet")
        service(quiet, "s")
        quiet.make("s", "f", QUICK)
        took = []
        for _ in range(20):
            began = time.monotonic()
            assert quiet.invoke("s", "f", "x").result == b"x"
            took.append(time.monotonic() - began)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    # By age it would wait behind 20 calls of 0.2 s on 4 workers, each time; now it waits once, for one that ends.
    assert took[0] < 0.9 and sorted(took)[10] < 0.3, took  # a second and more by age
    server.stop()
