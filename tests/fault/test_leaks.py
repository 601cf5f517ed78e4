"""A thousand cold starts and a hundred thousand warm calls later the server holds what it held before."""

import os
import signal
import subprocess
import time

from holdings import PARKED, expect_no_growth, holdings, most_groups, settled, sizes
from support import processes
from support.client import API, signature
from support.waiting import wait_until

SERVICE = "s"
COLD_STARTS = 1000
WARM_CALLS = 100_000
CONNECTIONS = 8
FUNCTIONS = 10
MANY = 400
ORDERS = 150
WITHOUT_WAITING_S = 60.0  # one order that waits for the launcher takes 5 s
CODE = "import os\ndef handler(event, context):\n    return event + os.environ.get('N', '').encode()\n"


def cold_starts(server, client, first, count):
    """Each update makes a new revision, whose first call cannot find a worker."""
    for n in range(first, first + count):
        if n % FUNCTIONS == 0:
            wait_until(lambda: len(server.workers()) <= FUNCTIONS, "the replaced workers are gone")
        name = f"f{n % FUNCTIONS}"
        client.update(SERVICE, name, environmentVariables={"N": str(n)})
        answer = client.invoke(SERVICE, name, b"cold ")
        assert answer.result == b"cold %d" % n


def test_a_thousand_cold_starts_leave_nothing(house):
    server = house.start(arguments=["--park", str(PARKED)])
    client = server.client()
    client.make_service(SERVICE)
    for n in range(FUNCTIONS):
        client.make(SERVICE, f"f{n}", CODE)
    cold_starts(server, client, 0, 100)  # pools are filled, tables grown
    wait_until(lambda: len(server.workers()) <= FUNCTIONS, "the replaced workers are gone")
    wait_until(lambda: f"parked python {PARKED} " in server.health(), "the park is full")
    before, kb = holdings(server), sizes(server)
    before["control groups"] = most_groups(server, FUNCTIONS)
    cold_starts(server, client, 100, COLD_STARTS)
    wait_until(lambda: len(server.workers()) <= FUNCTIONS, "the replaced workers are gone")
    settled(server, before)
    expect_no_growth(server, kb)
    client.close()


def wrk(server, path, seconds):
    """Warm calls without pause on several connections; how many were answered, and how many went wrong."""
    key = server.key()
    client = server.client()
    date = client.send("GET", "/version").headers["Date"]
    client.close()
    headers = {"Date": date, "Content-Type": "application/octet-stream"}
    headers["Authorization"] = signature(key, "POST", path, headers)
    script = server.data.parent / "warm.lua"
    lines = ['wrk.method = "POST"', 'wrk.body = "x"', *(f'wrk.headers["{n}"] = "{v}"' for n, v in headers.items())]
    lines += [
        "function done(summary, latency, requests)",
        "  local e = summary.errors",
        '  io.write("COUNT ", summary.requests, " ", e.connect + e.read + e.write + e.status + e.timeout, "\\n")',
        "end",
    ]
    script.write_text("\n".join(lines) + "\n")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), server.url + path]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return map(int, out[out.index("COUNT ") :].split()[1:3])


def one_fresh_worker(server, client):
    """How many workers a load leaves warm is the scheduler's choice: a new revision ends them all, one call makes one."""
    client.update(SERVICE, "f", environmentVariables={"ENDED": str(len(server.workers()))})
    assert client.invoke(SERVICE, "f", b"still ").result == b"still "
    wait_until(lambda: len(server.workers()) == 1, "the replaced workers are gone")


def test_a_hundred_thousand_warm_calls_leave_nothing(house):
    server = house.start(arguments=["--park", str(PARKED)])
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "f", CODE, instanceConcurrency=8)
    path = f"{API}/services/{SERVICE}/functions/f/invocations"
    wrk(server, path, 2)  # the log book and the allocator reach their usual size
    one_fresh_worker(server, client)
    wait_until(lambda: f"parked python {PARKED} " in server.health(), "the park is full")
    before, kb = holdings(server), sizes(server)
    before["control groups"] = most_groups(server, CONNECTIONS)
    done = 0
    while done < WARM_CALLS:
        answered, wrong = wrk(server, path, 5)
        assert wrong == 0 and answered > 0
        done += answered
    one_fresh_worker(server, client)
    settled(server, before)
    expect_no_growth(server, kb)
    client.close()


def held_for_workers(server):
    """The server's descriptors but those of its data, which it may still be opening after it serves."""
    kinds = processes.kinds_of_files(server.pid)
    return sum(count for file, count in kinds.items() if not file.startswith(str(server.data)))


def test_workers_that_end_while_the_server_hears_nothing_are_all_given_back(house):
    """More of them at once than the launcher's socket to the server has room for."""
    server = house.start(arguments=["--park", "0", "--workers", str(MANY), "--promise", "1000"])
    client = server.client()
    client.make_service(SERVICE)
    before = held_for_workers(server)
    for n in range(MANY):
        client.make(SERVICE, f"f{n}", CODE)
        assert client.invoke(SERVICE, f"f{n}", b"here").result == b"here"
    workers = server.workers()
    assert len(workers) == MANY
    os.kill(server.pid, signal.SIGSTOP)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not server.workers(), "the workers are gone", seconds=60)
    os.kill(server.pid, signal.SIGCONT)
    wait_until(lambda: held_for_workers(server) <= before, "the server holds nothing of them")
    assert client.invoke(SERVICE, "f0", b"again").result == b"again"
    client.close()


def test_workers_that_are_to_end_while_the_launcher_hears_nothing_all_end(house):
    """More orders at once than its socket has room for; who has a worker is answered all along."""
    server = house.start(arguments=["--park", "0", "--workers", str(MANY), "--promise", "1000"])
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "stays", CODE)
    assert client.invoke(SERVICE, "stays", b"here").result == b"here"
    before = held_for_workers(server)
    for n in range(ORDERS):
        client.make(SERVICE, f"f{n}", CODE)
        assert client.invoke(SERVICE, f"f{n}", b"here").result == b"here"
    assert len(server.workers()) == ORDERS + 1
    launcher = server.launcher()
    os.kill(launcher, signal.SIGSTOP)
    try:
        began = time.monotonic()
        for n in range(ORDERS):
            client.send("DELETE", f"services/{SERVICE}/functions/f{n}")
            assert client.invoke(SERVICE, "stays", b"here").result == b"here"
        assert time.monotonic() - began < WITHOUT_WAITING_S
    finally:
        os.kill(launcher, signal.SIGCONT)
    wait_until(lambda: len(server.workers()) == 1, "all but one are gone", seconds=60)
    wait_until(lambda: held_for_workers(server) <= before, "the server holds nothing of them")
    client.close()
