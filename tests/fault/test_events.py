"""kill -9 of the server at any moment, with events on their way: every 202 ends exactly once, in success or in the
dead letters with its reason; none vanishes. And disks that fill up or fail: nothing is accepted that is not durable.

MAYFLY_KILLS says how often (100 is the claim, at 500 accepted events a second at least; the usual run is a sample).
"""

import collections
import http.client
import json
import os
import random
import subprocess
import threading
import time

from support.server import PROGRAMS
from support.waiting import wait_until

ROUNDS = int(os.environ.get("MAYFLY_KILLS", "6"))
CLAIMED_ROUNDS, CLAIMED_RATE = 100, 500  # below so many rounds the rate is told, not asked for
SENDERS = 16
RATE = 640  # events a second, all senders together
FAILING_SYNC = PROGRAMS / "tests/fault/failing_sync.so"
ASYNC = {"X-Fc-Invocation-Type": "Async"}
SEED = int(os.environ.get("MAYFLY_SEED", "20160815"))
SERVICE = "s"
# Every third event fails for good; some fail at first.
CODE = """
import json
def handler(event, context):
    n = json.loads(event)['n']
    if n % 3 == 0 or (n % 5 == 0 and context.retry_count == 0):
        raise ValueError('event %d' % n)
    return str(n)
"""


class Sender:
    """Accepts nothing but a 202, and remembers each."""

    def __init__(self, number):
        self.number, self.accepted, self.refused, self.sent = number, {}, [], 0

    def start(self, client):
        thread = threading.Thread(target=self._send, args=[client])
        thread.start()
        return thread

    def _send(self, client):
        due = time.monotonic() + self.number / RATE
        try:
            while True:
                wait_until(lambda: time.monotonic() >= due, "the next one is due", every=0.002)
                due += SENDERS / RATE
                self.send_one(client)
        except (OSError, http.client.HTTPException):
            pass  # the server was killed
        finally:
            client.close()

    def send_one(self, client, more=""):
        """The answer; what was neither taken nor refused for now is kept as wrong."""
        n = self.number * 1_000_000 + self.sent
        self.sent += 1
        answer = client.invoke(SERVICE, "f", json.dumps({"n": n, "more": more}), headers=ASYNC)
        if answer.status == 202:
            self.accepted[answer.headers["X-Fc-Request-Id"]] = n
        elif answer.status not in (429, 503):
            self.refused.append((answer.status, answer.body))
        return answer


def all_events(client):
    found, after = {}, None
    while True:
        query = f"service={SERVICE}&function=f&limit=1000" + (f"&after={after}" if after else "")
        page = client.send("GET", "/mayfly/v1/events", query=query).json
        for event in page["events"]:
            assert event["id"] not in found, "an event is listed twice"
            found[event["id"]] = event
        after = page["next"]
        if not after:
            return found


def settled(client, seconds=120.0):
    """Waits until every event has come to its end, from which none comes back; gives them all."""
    events = {}

    def is_quiet():
        for status in ("waiting", "running"):
            page = client.send("GET", "/mayfly/v1/events", query=f"service={SERVICE}&status={status}&limit=1").json
            if page["events"]:
                return False
        # One that failed between the two looks waits again, and neither has seen it.
        events.update(all_events(client))
        return all(event["status"] not in ("waiting", "running") for event in events.values())

    wait_until(is_quiet, "every event has ended", seconds)
    return events


def prepare(client):
    client.make_service(SERVICE)
    client.make(SERVICE, "f", CODE)
    client.put_async(SERVICE, "f", maxAsyncRetryAttempts=1)


def check(senders, events):
    """Each of what was accepted has ended as it must. Counts what became of them."""
    accepted = {request_id: n for sender in senders for request_id, n in sender.accepted.items()}
    missing = set(accepted) - set(events)
    assert not missing, f"seed {SEED}: {len(missing)} of {len(accepted)} accepted events are gone"
    counts = collections.Counter(accepted=len(accepted), unanswered=len(set(events) - set(accepted)))
    for request_id, n in accepted.items():
        event = events[request_id]
        wanted = "dead" if n % 3 == 0 else "done"
        assert event["status"] == wanted, (n, event)
        if wanted == "dead":
            assert (event["cause"], event["signature"]) == ("FunctionError", "ValueError: event #"), event
        expected = 2 if n % 3 == 0 or n % 5 == 0 else 1
        counts[wanted] += 1
        counts["again"] += event["attempts"] > expected
    return counts


def test_kills_under_load_lose_no_accepted_event(house):
    chance = random.Random(SEED)
    senders = [Sender(number) for number in range(SENDERS)]
    seconds = 0.0
    for turn in range(ROUNDS):
        server = house.start()
        client = server.client()
        if turn == 0:
            prepare(client)
        client.close()
        before = sum(len(sender.accepted) for sender in senders)
        clients = [server.client(timeout=10.0) for _ in senders]
        began = time.monotonic()
        threads = [sender.start(client) for sender, client in zip(senders, clients)]
        moment = began + chance.uniform(0.1, 0.8)

        def is_time():  # a disk that another uses may hold the first one up
            return time.monotonic() >= moment and sum(len(sender.accepted) for sender in senders) > before

        wait_until(is_time, "the moment has come, and something was accepted", every=0.001)
        server.kill()
        seconds += time.monotonic() - began
        for thread in threads:
            thread.join()
        for sender in senders:
            assert not sender.refused, (f"seed {SEED}, round {turn}", sender.refused[:3])
        house.expect_nothing_left(server)
    server = house.start()
    client = server.client()
    counts = check(senders, settled(client, 300.0))
    client.close()
    rate = counts["accepted"] / seconds
    print(
        f"{ROUNDS} kills at {rate:.0f} accepted events a second: {counts['accepted']} accepted, {counts['done']} done, "
        f"{counts['dead']} dead with their reason, 0 lost; {counts['again']} begun again after a kill, "
        f"{counts['unanswered']} stored whose sender was cut off before its 202"
    )
    assert ROUNDS < CLAIMED_ROUNDS or rate >= CLAIMED_RATE


def fill(file):
    """Until nothing more goes onto its disk."""
    with open(file, "wb") as out:
        try:
            while True:
                out.write(b"x" * 65536)
                out.flush()
        except OSError:
            pass


def accepts_nothing_more(client, sender, tries, says, more=""):
    """Sends until the disk has failed `tries` times; a call that is waited for is answered all along."""
    refused = 0
    for _ in range(tries):
        answer = sender.send_one(client, more)
        if answer.status != 202:
            assert answer.error == "503 ServiceUnavailable", answer.body
            assert any(word in answer.json["ErrorMessage"] for word in says), answer.body
            refused += 1
        assert client.invoke(SERVICE, "f", b'{"n": 1}').result == b"1"
    return refused


def recovers(client, sender):
    wait_until(lambda: sender.send_one(client).status == 202, "it takes events again by itself")


def test_a_full_disk_accepts_nothing_and_sync_calls_go_on(house):
    """A small file system of its own, filled to the brim by someone else."""
    data = house.data("small")
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0755", "none", data], check=True)
    server = None
    try:
        server = house.start("small")
        client = server.client()
        prepare(client)
        sender = Sender(0)
        fill(data / "ballast")
        assert accepts_nothing_more(client, sender, 60, ("free some space", "full"), "x" * 100_000) > 0, "it was never full"
        (data / "ballast").unlink()
        recovers(client, sender)
        check([sender], settled(client))
        client.close()
        assert server.stop() == 0
    finally:
        if server:
            server.stop()
        subprocess.run(["umount", data], check=True)


def test_a_disk_that_fails_to_sync_accepts_nothing_and_sync_calls_go_on(house):
    """Every sync answers EIO for a while; then the server is killed in the middle of it, and comes back."""
    mark = house.folder / "the disk fails"
    failing = {
        "LD_PRELOAD": str(FAILING_SYNC),
        "MAYFLY_FAILING_SYNC": str(mark),
        "MAYFLY_FAILING_FOLDER": str(house.data("failing")),
    }
    server = house.start("failing", environment=failing)
    client = server.client()
    prepare(client)
    sender = Sender(0)
    assert sender.send_one(client).status == 202
    for _ in range(3):
        mark.touch()
        assert accepts_nothing_more(client, sender, 20, ("disk", "database")) == 20
        mark.unlink()
        recovers(client, sender)
    settled(client)
    mark.touch()
    assert accepts_nothing_more(client, sender, 20, ("disk", "database")) == 20
    client.close()
    server.kill()
    mark.unlink()
    house.expect_nothing_left(server)
    server = house.start("failing", environment=failing)
    client = server.client()
    recovers(client, sender)
    counts = check([sender], settled(client))
    client.close()
    assert server.stop() == 0
    print(f"{sender.sent} sent, {counts['accepted']} accepted, each ended; {counts['unanswered']} refused ones were stored all the same")
