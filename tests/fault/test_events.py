"""kill -9 of the server at any moment, with events on their way: every 202 ends exactly once, in success or in the
dead letters with its reason; none vanishes. And disks that fill up: nothing is accepted that is not durable."""

import http.client
import json
import os
import random
import threading
import time

from support.waiting import wait_until

ROUNDS = int(os.environ.get("MAYFLY_KILLS", "6"))
SENDERS = 4
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
        try:
            while True:
                n = self.number * 1_000_000 + self.sent
                self.sent += 1
                headers = {"X-Fc-Invocation-Type": "Async"}
                answer = client.invoke(SERVICE, "f", json.dumps({"n": n}), headers=headers)
                if answer.status == 202:
                    self.accepted[answer.headers["X-Fc-Request-Id"]] = n
                elif answer.status not in (429, 503):
                    self.refused.append((answer.status, answer.body))
        except (OSError, http.client.HTTPException):
            pass  # the server was killed
        finally:
            client.close()


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
    """Waits until nothing is open; gives all events."""

    def is_quiet():
        for status in ("waiting", "running"):
            page = client.send("GET", "/mayfly/v1/events", query=f"service={SERVICE}&status={status}&limit=1").json
            if page["events"]:
                return False
        return True

    wait_until(is_quiet, "every event has ended", seconds)
    return all_events(client)


def prepare(client):
    client.make_service(SERVICE)
    client.make(SERVICE, "f", CODE)
    client.put_async(SERVICE, "f", maxAsyncRetryAttempts=1)


def check(senders, events):
    accepted = {request_id: n for sender in senders for request_id, n in sender.accepted.items()}
    missing = set(accepted) - set(events)
    assert not missing, f"seed {SEED}: {len(missing)} of {len(accepted)} accepted events are gone"
    again = 0
    for request_id, n in accepted.items():
        event = events[request_id]
        wanted = "dead" if n % 3 == 0 else "done"
        assert event["status"] == wanted, (n, event)
        if wanted == "dead":
            assert (event["cause"], event["signature"]) == ("FunctionError", "ValueError: event #"), event
        expected = 2 if n % 3 == 0 or n % 5 == 0 else 1
        again += event["attempts"] > expected
    return len(accepted), again


def test_kills_under_load_lose_no_accepted_event(house):
    chance = random.Random(SEED)
    senders = [Sender(number) for number in range(SENDERS)]
    for turn in range(ROUNDS):
        server = house.start()
        client = server.client()
        if turn == 0:
            prepare(client)
        client.close()
        before = sum(len(sender.accepted) for sender in senders)
        threads = [sender.start(server.client(timeout=10.0)) for sender in senders]
        moment = time.monotonic() + chance.uniform(0.1, 0.8)
        wait_until(lambda: time.monotonic() >= moment, "the moment has come", every=0.001)
        server.kill()
        for thread in threads:
            thread.join()
        for sender in senders:
            assert not sender.refused, (f"seed {SEED}, round {turn}", sender.refused[:3])
        assert sum(len(sender.accepted) for sender in senders) > before, f"round {turn}: nothing was accepted"
        house.expect_nothing_left(server)
    server = house.start()
    client = server.client()
    accepted, again = check(senders, settled(client))
    client.close()
    print(f"{accepted} events accepted in {ROUNDS} rounds, none lost; {again} ran more often than they had to")


def test_a_full_disk_accepts_nothing_and_sync_calls_go_on(house):
    """A small file system of its own, filled to the brim by someone else."""
    import subprocess

    data = house.data("small")
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0755", "none", data], check=True)
    server = None
    try:
        server = house.start("small")
        client = server.client()
        prepare(client)
        senders = [Sender(0)]
        ballast = data / "ballast"
        with open(ballast, "wb") as file:
            try:
                while True:
                    file.write(b"x" * 65536)
                    file.flush()
            except OSError:
                pass
        body = json.dumps({"n": 1, "more": "x" * 100_000})
        headers = {"X-Fc-Invocation-Type": "Async"}
        refused = 0
        for _ in range(60):
            answer = client.invoke(SERVICE, "f", body, headers=headers)
            if answer.status == 202:
                senders[0].accepted[answer.headers["X-Fc-Request-Id"]] = 1
            else:
                assert answer.error == "503 ServiceUnavailable", answer.body
                assert "free some space" in answer.json["ErrorMessage"] or "full" in answer.json["ErrorMessage"]
                refused += 1
            assert client.invoke(SERVICE, "f", b'{"n": 1}').result == b"1"
        assert refused > 0, "the disk was never full"
        ballast.unlink()

        def is_accepted():
            answer = client.invoke(SERVICE, "f", b'{"n": 1}', headers=headers)
            if answer.status == 202:
                senders[0].accepted[answer.headers["X-Fc-Request-Id"]] = 1
            return answer.status == 202

        wait_until(is_accepted, "it recovers by itself")
        check(senders, settled(client))
        client.close()
        assert server.stop() == 0
    finally:
        if server:
            server.stop()
        subprocess.run(["umount", data], check=True)
