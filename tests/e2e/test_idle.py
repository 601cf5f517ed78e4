"""What becomes of a worker that nobody calls."""

import json
import pathlib
import time

from support.waiting import wait_until

COUNTER = """
import threading, time
count, pause = 0, threading.Event()

def run():
    global count
    while True:
        pause.wait(0.001)
        count += 1

def handler(event, context):
    if count == 0 and threading.active_count() == 1:
        threading.Thread(target=run, daemon=True).start()
    return [count, time.monotonic()]
"""


def frozen(server):
    """The server's control groups whose processes stand still."""
    events = (pathlib.Path(group) / "cgroup.events" for group in server.cgroups())
    return [file.parent for file in events if file.exists() and "frozen 1" in file.read_text()]


def test_an_idle_worker_stands_still_until_its_next_call(server, make):
    assert not frozen(server)
    call = make(COUNTER)
    call()
    wait_until(lambda: frozen(server), "the idle worker is frozen")
    before, then = json.loads(call().result)
    wait_until(lambda: frozen(server), "it is frozen again")
    wait_until(lambda: time.monotonic() > then + 1, "a second has passed")
    after, now = json.loads(call().result)
    assert now - then > 1
    assert before < after < before + 500, "its thread went on meanwhile"


def test_a_frozen_worker_is_ended_like_any_other(server, fc, make):
    others = server.workers()
    call = make("def handler(event, context):\n    return b'here'\n")
    call()
    workers = server.workers() - others
    wait_until(lambda: len(frozen(server)) == len(others | workers), "the idle worker is frozen")
    fc.update("s", call.name, description="another revision")
    wait_until(lambda: not workers & server.workers(), "the workers of the old revision are gone")
    assert call().result == b"here"
