"""/metrics: well-formed, and the same numbers as the bill, whatever became of the calls."""

import re
import subprocess

import pytest

from support.packages import function
from support.waiting import wait_until

RAISE = "def handler(event, context): raise ValueError('no')\n"
ECHO = "def handler(event, context): return event\n"
DIE = "import os\ndef handler(event, context): os._exit(1)\n"


def page(server):
    client = server.client()
    answer = client.send("GET", "/metrics", signed=False)
    client.close()
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return answer.body.decode()


def total(text, name, **labels):
    found = 0.0
    for own, value in re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.M):
        if all(f'{k}="{v}"' in (own or "") for k, v in labels.items()):
            found += float(value)
    return found


@pytest.fixture(scope="module")
def mixed(house):
    """A server after calls of every kind, and the bill it had before a restart."""
    server = house.start("mixed")
    client = server.client()
    client.make_service("s")
    for name, code in {"echo": ECHO, "raise": RAISE, "die": DIE, "nap": function("nap")}.items():
        client.make("s", name, code, timeout=1)
    for n in range(200):
        assert client.invoke("s", "echo", str(n)).status == 200
    for _ in range(20):
        client.invoke("s", "raise")
        client.invoke("s", "die")
    client.invoke("s", "nap", "3")
    gone = server.client()
    gone.invoke("s", "nap", "0.2", later=True)
    gone.close()
    client.json("PUT", "services/s/functions/echo/on-demand-config", {"maximumInstanceCount": 0})
    for _ in range(3):
        assert client.invoke("s", "echo").status == 429
    client.json("DELETE", "services/s/functions/echo/on-demand-config")
    wait_until(lambda: "calls open 0 " in server.health(), "the call whose client is gone has ended")
    return server


def test_it_is_well_formed(mixed):
    checked = subprocess.run(["promtool", "check", "metrics"], input=page(mixed), capture_output=True, text=True)
    assert checked.returncode == 0 and not checked.stderr.strip(), checked.stdout + checked.stderr


def test_its_sums_are_those_of_the_bill_to_the_step_also_after_a_restart(mixed, house):
    bill = mixed.client().json("GET", "/mayfly/v1/bill").json["totals"]
    text = page(mixed)
    assert bill["invocations"] == 242
    assert total(text, "mayfly_invocations_total") == bill["invocations"]
    assert total(text, "mayfly_invocation_duration_seconds_count") == bill["invocations"]
    failed = bill["invocations"] - total(text, "mayfly_invocations_total", outcome="ok")
    cancelled = total(text, "mayfly_invocations_total", outcome="cancelled")  # 0 if nobody looked in its 0.2 s
    assert failed == bill["errors"] == 41 + cancelled
    assert cancelled in (0, 1)
    assert total(text, "mayfly_invocations_total", outcome="timed_out") == 1
    assert round(total(text, "mayfly_billed_seconds_total") * 1000) == bill["billedMs"]
    assert total(text, "mayfly_billed_gigabyte_seconds_total") == pytest.approx(bill["gbSeconds"])
    assert total(text, "mayfly_cold_starts_total") == bill["cold"]
    assert total(text, "mayfly_throttles_total", reason="the function's maximum of instances is 0") == 3
    mixed.stop()
    again = house.start("mixed")
    client = again.client()
    assert client.json("GET", "/mayfly/v1/bill").json["totals"] == bill
    assert client.invoke("s", "echo", "x").status == 200
    now = client.json("GET", "/mayfly/v1/bill").json["totals"]
    assert now["invocations"] - bill["invocations"] == total(page(again), "mayfly_invocations_total") == 1
    again.stop()
