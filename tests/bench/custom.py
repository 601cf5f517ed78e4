"""Cold start of programs of their own, behind HTTP, against the same program started by hand."""

import dataclasses
import json
import os
import pathlib
import select
import signal
import socket
import statistics
import sys
import time

from languages import EVENT
from server import HERE, PREFIX, ROOT, Server, free_port, quantile, verdict


@dataclasses.dataclass
class Bootstrap:
    """A program of a custom runtime."""

    program: pathlib.Path
    ms_more_max: float | None  # than the same program started by hand; None where nothing is promised yet
    runtime: str = "custom"
    file: str = "bootstrap"
    handler: str = "none"  # the API wants one; a program is called by HTTP


BOOTSTRAPS = {
    "native": Bootstrap(ROOT / "build/release/runtimes/custom/dry_run/bootstrap", 10.0),
    "python http.server": Bootstrap(HERE / "http_echo.py", None),
}


def by_hand(program):
    """Milliseconds from starting a program to its first answer over HTTP, asked as soon as it listens."""
    port = free_port()
    body = json.dumps(EVENT).encode()
    begun = time.perf_counter()
    pid = os.posix_spawn(program, [program], {"PATH": "/usr/bin:/bin", "FC_SERVER_PORT": str(port)})
    while True:
        asked = socket.socket()
        if asked.connect_ex(("127.0.0.1", port)) == 0:
            break
        asked.close()
        select.select([], [], [], 0.0002)
    asked.sendall(b"POST /invoke HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    answer = b""
    while not answer.endswith(body):
        part = asked.recv(4096)
        if not part:
            sys.exit("bench: the program did not answer")
        answer += part
    taken = (time.perf_counter() - begun) * 1e3
    asked.close()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return taken


def first_call(server, name):
    """Milliseconds of the first call of a custom function, which answers with its event."""
    event = json.dumps(EVENT).encode()
    request = server.request_bytes("POST", f"{PREFIX}/functions/{name}/invocations", event)
    begun = time.perf_counter()
    status, head, body = server.exchange(request)
    taken = (time.perf_counter() - begun) * 1e3
    if status != 200 or b"X-Fc-Error-Type" in head or body != event:
        sys.exit(f"bench: first call: {status} {body[:200]}")
    return taken


def bench_custom(rounds=5, starts=30):
    print(f"cold start, custom runtime, full sandbox, request to response over HTTP; {rounds} rounds of {starts}")
    server = Server()
    server.create_service()
    for title, bootstrap in BOOTSTRAPS.items():
        code = bootstrap.program.read_bytes()
        columns = []
        for r in range(rounds):
            names = [f"{bootstrap.program.stem}{r}x{i}" for i in range(starts)]
            for name in names:
                server.create_function(name, code, bootstrap)
            pairs = [(by_hand(str(bootstrap.program)), first_call(server, name)) for name in names]
            reference, subject = zip(*pairs)
            columns.append((quantile(subject, 0.5), quantile(subject, 0.99), quantile(reference, 0.5)))
        p50, p99, ref = (statistics.median(column) for column in zip(*columns))
        print(f"  {title:18} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms   by hand p50 {ref:6.2f} ms   ratio {p50 / ref:.2f}")
        if bootstrap.ms_more_max is not None:
            verdict(f"{title}: p50 <= by hand + {bootstrap.ms_more_max} ms", p50 - ref, "<=", bootstrap.ms_more_max)
    server.stop()
