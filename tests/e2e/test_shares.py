"""Two accounts on cores that are not enough for both. What the kernel was told is looked at, never how long calls take."""

import json
import os
import pathlib

import pytest

from support.client import Client, Key
from support.server import CGROUPS
from support.waiting import wait_until

SPIN = """
import time

def handler(event, context):
    until = time.monotonic() + float(event)
    while time.monotonic() < until:
        pass
    return b"spun"
"""


def core_group(pid):
    """The control group by which a process has its share of the cores."""
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        number, controllers, group = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return CGROUPS / controllers / group[1:]
        if number == "0":
            v2 = next(root for root in (CGROUPS / "unified", CGROUPS) if (root / "cgroup.controllers").exists())
            found = v2 / group[1:]
    return found


def gives_way(pid):
    return (core_group(pid) / "cpu.idle").read_text().strip() == "1"


def policies(pids):
    """Of all their threads: whether one that wakes takes the core from who has it (SCHED_OTHER), or does not (SCHED_BATCH)."""
    return {os.sched_getscheduler(int(thread)) for pid in pids for thread in os.listdir(f"/proc/{pid}/task")}


def weight(group):
    return (group / "cpu.shares" if (group / "cpu.shares").exists() else group / "cpu.weight").read_text()


@pytest.fixture
def other(server):
    """A client of another account, with a service of its own."""
    made = json.loads(server.client().send("POST", "/mayfly/v1/accounts", b'{"name": "other"}').body)
    client = Client(server.url, Key(made["accessKeyId"], made["accessKeySecret"], made["accountId"]))
    client.make_service("s")
    yield client
    client.close()


def test_an_account_with_more_than_its_share_of_the_cores_gives_way_until_there_is_enough(server, make, other):
    modest = make("def handler(event, context):\n    return event\n")
    assert modest(b"warm").result == b"warm"
    mine = server.workers()
    if not all((core_group(pid) / "cpu.idle").exists() for pid in mine):
        pytest.skip("groups of this host cannot give way")
    usual = weight(core_group(next(iter(mine))))
    other.make("s", "spin", SPIN, timeout=60)
    crowd = [Client(server.url, other.key) for _ in range(2 * os.cpu_count())]
    for client in crowd:
        client.invoke("s", "spin", b"4", later=True)

    def theirs():
        return server.workers() - mine

    def has_given_way():
        assert modest(b"again").result == b"again"
        return len(theirs()) >= len(crowd) and all(map(gives_way, theirs()))

    wait_until(has_given_way, "all workers of the account that spins give way")
    assert not any(map(gives_way, mine)), "one of the account that uses little"
    wait_until(lambda: policies(mine) == {os.SCHED_OTHER}, "its worker has a core at once")
    assert policies(theirs()) == {os.SCHED_BATCH} and int(weight(core_group(min(mine)))) > int(usual)
    for client in crowd:
        assert client.end().result == b"spun", "it has what the others leave"
        client.close()
    wait_until(lambda: not any(map(gives_way, theirs())), "none gives way any more")
    assert {weight(core_group(pid)) for pid in theirs() | mine} == {usual}, "weights are back"
    assert policies(theirs() | mine) == {os.SCHED_BATCH}


def test_a_server_that_nobody_gave_a_group_has_one_beside_those_of_its_workers(server, make):
    call = make("def handler(event, context):\n    return event\n")
    call()
    group = core_group(server.pid)
    if group != core_group(next(iter(server.workers()))).parent / "server":
        assert core_group(server.pid) == core_group(os.getpid()), "it stays where it was put"
        pytest.skip("somebody gave the server a group, or the host has none")
    assert int(weight(group)) > 7 * int(weight(core_group(next(iter(server.workers())))))
    assert core_group(server.launcher()) != group


def test_a_launcher_that_is_lost_takes_no_server_with_it(server, make, still_good):
    before = core_group(server.pid)
    lost = server.launcher()
    os.kill(lost, 9)
    wait_until(lambda: "mayfly-launch has ended" in server.output(), "the server has noticed")
    call = make("def handler(event, context):\n    return event\n")
    assert call(b"here").result == b"here", "another launcher serves"
    assert server.launcher() != lost and core_group(server.pid) == before
