"""What becomes of a worker that nobody calls."""

import json
import pathlib
import subprocess
import time

import pytest

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


ZRAM = pathlib.Path("/sys/class/zram-control")


@pytest.fixture
def swap():
    """Compressed memory as swap, as a small machine would have it."""
    if not ZRAM.exists():
        pytest.skip("this kernel has no zram")
    number = (ZRAM / "hot_add").read_text().strip()
    device, about = f"/dev/zram{number}", pathlib.Path(f"/sys/block/zram{number}")
    (about / "disksize").write_text("1G")
    subprocess.run(["mkswap", device], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["swapon", device], check=True)
    yield
    subprocess.run(["swapoff", device], check=True)
    (about / "reset").write_text("1")
    (ZRAM / "hot_remove").write_text(number)


def swapped_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmSwap:")[2].split()[0])


def test_an_idle_worker_is_paged_out_where_there_is_swap(swap, house):
    server = house.start("swap")
    client = server.client()
    client.make_service("s")
    client.make("s", "keeps", "kept = bytes(range(256)) * 8192\ndef handler(event, context):\n    return kept[:256] + kept[-256:]\n")
    client.invoke("s", "keeps", b"")
    (worker,) = server.workers()
    wait_until(lambda: swapped_kib(worker) > 2048, "its memory is in swap", seconds=30)
    assert client.invoke("s", "keeps", b"").result == bytes(range(256)) * 2
    assert server.workers() == {worker}
    client.close()
    server.stop()
