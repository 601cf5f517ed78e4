"""The bill is the ledger is the counters, whatever became of the calls and whoever was stopped meanwhile.

MAYFLY_MIXED_CALLS says how many calls are mixed; it is small in the suite.
"""

import collections
import os
import random
import re
import sqlite3
import threading

from support.client import API
from support.waiting import wait_until

CALLS = int(os.environ.get("MAYFLY_MIXED_CALLS", "3000"))
SEED = int(os.environ.get("MAYFLY_SEED", "20180815"))
THREADS = 16
CODE = """
import os, select
def handler(event, context):
    if event == b"raise":
        raise ValueError("as asked")
    if event == b"die":
        os._exit(3)
    if event == b"hang":
        select.select([], [], [], 30)
    return event
"""
WEB = """
def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"web"]
"""
# Of a thousand: those that kill their worker are few, for each costs a new one.
MIX = {"ok": 770, "web": 100, "raise": 80, "async": 30, "refused": 10, "die": 6, "hang": 2, "leave": 2}
OUTCOMES = {"ok": "ok", "web": "ok", "async": "ok", "raise": "unhandled_error", "die": "died", "hang": "timed_out",
            "leave": "cancelled"}  # fmt: skip
SUMS = ("invocations", "errors", "cold", "billed_us", "mb_us", "run_us", "run_mb_us")


class Mixer(threading.Thread):
    """Makes calls of all kinds, one after the other, and counts them."""

    def __init__(self, server, calls, seed):
        super().__init__()
        self.server, self.client = server, server.client()
        self.calls, self.chance = calls, random.Random(seed)
        self.made, self.ids, self.wrong = collections.Counter(), set(), None

    def run(self):
        try:
            for kind in self.chance.choices(list(MIX), MIX.values(), k=self.calls):
                self.call(kind)
                self.made[kind] += 1
        except Exception as error:  # told by the test's own thread
            self.wrong = error
        self.client.close()

    def call(self, kind):
        if kind == "async":
            return self.client.later("s", "later", b"x")
        if kind == "leave":
            leaving = self.server.client()
            leaving.invoke("s", "slow", b"hang", later=True)
            return leaving.connection.close()
        if kind == "refused":
            assert self.client.invoke("s", "none").status == 429
            return
        if kind == "web":
            answer = self.client.send("GET", f"{API}/proxy/s/web/", signed=False)
            assert (answer.status, answer.body) == (200, b"web"), (answer.status, answer.body)
        else:
            name = "hangs" if kind == "hang" else "job"
            answer = self.client.invoke("s", name, kind)
            assert answer.status == 200, (kind, answer.status, answer.body)
            assert (answer.headers["X-Fc-Error-Type"] is None) == (kind == "ok"), (kind, answer.body)
        self.ids.add(answer.headers["X-Fc-Request-Id"])


def deploy(client):
    client.make_service("s")
    client.make("s", "job", CODE, timeout=60)
    client.make("s", "hangs", CODE, timeout=1, memorySize=256)
    client.make("s", "slow", CODE, timeout=60, memorySize=512)
    client.make("s", "later", CODE)
    client.make("s", "none", CODE)
    client.make("s", "web", WEB)
    client.make_http_trigger("s", "web")
    assert client.json("PUT", "services/s/functions/none/on-demand-config", {"maximumInstanceCount": 0}).status == 200


def counters(page):
    """What Prometheus sees: calls by function and outcome, cold starts, billed seconds and GB-seconds."""
    found = collections.Counter()
    for name, labels, value in re.findall(r"^(mayfly_\w+_total)\{(.*?)\} (\S+)$", page, re.M):
        known = dict(re.findall(r'(\w+)="(.*?)"', labels))
        if name == "mayfly_invocations_total":
            found["calls", known["function"], known["outcome"]] += int(value)
        elif name.startswith(("mayfly_cold", "mayfly_billed")):
            found[name, known["function"]] += float(value)
    return found


def settle(server):
    """No call is open any more and no event waits; then the counters and the bill."""
    wait_until(lambda: "calls open 0 " in server.health(), "all calls have ended", seconds=60)
    client = server.client()

    def done():
        waiting = client.send("GET", "/mayfly/v1/events", query="status=waiting").json["events"]
        leased = client.send("GET", "/mayfly/v1/events", query="status=running").json["events"]
        return not waiting and not leased and "calls open 0 " in server.health()

    wait_until(done, "no event waits", seconds=60)
    page = client.send("GET", "/metrics").body.decode()
    bill = client.send("GET", "/mayfly/v1/bill").json
    client.close()
    return counters(page), bill


def rows(server, sql):
    with sqlite3.connect(f"file:{server.data}/meter.db?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def mix(server, calls, seed):
    mixers = [Mixer(server, calls // THREADS, seed + number) for number in range(THREADS)]
    for mixer in mixers:
        mixer.start()
    for mixer in mixers:
        mixer.join()
        assert mixer.wrong is None, mixer.wrong
    return sum((mixer.made for mixer in mixers), collections.Counter()), set().union(*(mixer.ids for mixer in mixers))


def test_bill_ledger_and_counters_are_the_same_after_mixed_calls_and_a_restart(house):
    made, ids, counted = collections.Counter(), set(), collections.Counter()
    for half in range(2):
        server = house.start()
        if half == 0:
            deploy(server.client())
        more, answered = mix(server, CALLS // 2, SEED + half * THREADS)
        made += more
        ids |= answered
        seen, bill = settle(server)
        counted += seen
        assert server.stop() == 0
    expected = collections.Counter()
    for kind, number in made.items():
        if kind != "refused":
            expected[OUTCOMES[kind]] += number
    entries = dict(rows(server, "SELECT outcome, count(*) FROM entry GROUP BY outcome"))
    # One that leaves before its call began is no call.
    left = expected.pop("cancelled", 0)
    assert entries.pop("cancelled", 0) <= left
    assert entries == expected, (SEED, entries, expected)

    ledger = {
        f"s/{name}": sums
        for name, *sums in rows(
            server,
            "SELECT function, count(*), sum(outcome != 'ok'), sum(cold), sum(billed_us), sum(billed_us * memory_mb),"
            " sum(max(1, (duration_us + 999) / 1000) * 1000),"
            " sum(max(1, (duration_us + 999) / 1000) * 1000 * memory_mb)"
            " FROM entry GROUP BY function",
        )
    }
    hours = {
        f"s/{name}": sums
        for name, *sums in rows(
            server, f"SELECT function, {', '.join(f'sum({name})' for name in SUMS)} FROM hour GROUP BY function"
        )
    }
    assert hours == ledger, SEED
    told = {f"s/{row['function']}": row for row in bill["functions"]}
    assert told.keys() == ledger.keys()
    for name, (calls, errors, cold, billed_us, mb_us, run_us, run_mb_us) in ledger.items():
        row = told[name]
        assert (row["invocations"], row["errors"], row["cold"]) == (calls, errors, cold), name
        assert (row["billedMs"], row["runMs"]) == (billed_us / 1000, run_us / 1000), name
        assert row["gbSeconds"] == mb_us / 1024 / 1e6 and row["runGbSeconds"] == run_mb_us / 1024 / 1e6, name
        assert counted["mayfly_cold_starts_total", name] == cold, name
        assert abs(counted["mayfly_billed_seconds_total", name] - billed_us / 1e6) < 1e-6, name
        assert abs(counted["mayfly_billed_gigabyte_seconds_total", name] - mb_us / 1024 / 1e6) < 1e-6, name
        outcomes = {key[2]: n for key, n in counted.items() if key[:2] == ("calls", name)}
        of = dict(rows(server, f"SELECT outcome, count(*) FROM entry WHERE function = '{name[2:]}' GROUP BY outcome"))
        assert outcomes == of, name
    kept = {id for (id,) in rows(server, "SELECT request_id FROM entry")}
    assert ids <= kept and len(rows(server, "SELECT 1 FROM entry")) == len(kept), "each call once"
    print(f"{sum(made.values())} calls: {dict(made)}; {sum(row[0] for row in ledger.values())} billed")


class Caller(threading.Thread):
    """Calls without pause until the server is gone; remembers what was answered."""

    def __init__(self, server):
        super().__init__()
        self.client, self.answered = server.client(timeout=10), []
        self.start()

    def run(self):
        while True:
            try:
                answer = self.client.invoke("s", "job", b"x")
            except Exception:
                return self.client.close()
            self.answered.append(answer.headers["X-Fc-Request-Id"])


def test_with_billing_sync_always_no_answered_call_is_missing_after_a_kill(house):
    answered = []
    for turn in range(5):
        server = house.start("synced", arguments=["--billing-sync", "always"])
        if turn == 0:
            deploy(server.client())
        callers = [Caller(server) for _ in range(8)]
        wait_until(lambda: sum(len(caller.answered) for caller in callers) >= 200, "calls were answered", seconds=60)
        server.kill()
        for caller in callers:
            caller.join()
            answered += caller.answered
        kept = {id for (id,) in rows(server, "SELECT request_id FROM entry")}
        assert set(answered) <= kept, f"turn {turn}: {len(set(answered) - kept)} of {len(answered)} are missing"
        house.expect_nothing_left(server)
