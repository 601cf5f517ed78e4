"""Cold start in each language and tier through the HTTP API against a plain exec of its interpreter."""

import json
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import time

from languages import ANSWER, EVENT, LANGUAGES
from server import PREFIX, Server, quantile, verdict

EXEC_RATIO_MAX = 1.2
TIERS = {  # the last one with no sandbox ready
    "pool": (),
    "fork": ("--park", "0"),
    "exec": ("--exec-only",),
    "alone": ("--exec-only", "--park", "0"),
}


def plain_exec(language, handler_file):
    """Milliseconds from starting the interpreter to its answer: what platforms without zygotes pay at least."""
    ours, theirs = socket.socketpair()
    begun = time.perf_counter()
    pid = os.posix_spawn(
        language.plain[0], [*language.plain, handler_file], {"PATH": "/usr/bin:/bin"},
        file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0)],
    )
    theirs.close()
    ours.sendall(json.dumps(EVENT).encode())
    if json.loads(ours.recv(4096)) != ANSWER:
        sys.exit("bench: the plain worker did not answer")
    taken = (time.perf_counter() - begun) * 1e3
    ours.close()
    os.waitpid(pid, 0)
    return taken


def cold_call(server, name):
    """Milliseconds of the first call of a function."""
    request = server.request_bytes("POST", f"{PREFIX}/functions/{name}/invocations", json.dumps(EVENT).encode())
    begun = time.perf_counter()
    status, _, body = server.exchange(request)
    taken = (time.perf_counter() - begun) * 1e3
    if status != 200 or json.loads(body) != ANSWER:
        sys.exit(f"bench: cold call: {status} {body[:200]}")
    return taken


def cold_round(server, language, names, handler_file):
    for name in names:
        server.create_function(name, language.code, language)
    subject, reference = [], []
    for name in names:
        reference.append(plain_exec(language, handler_file))
        subject.append(cold_call(server, name))
    return quantile(subject, 0.5), quantile(subject, 0.99), quantile(reference, 0.5)


def bench_cold_of(title, language, rounds, starts):
    print(f"cold start, {title}, full sandbox, request to response over HTTP; {rounds} rounds of {starts}")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        handler_file = os.path.join(folder, language.file)
        code = language.code
        pathlib.Path(handler_file).write_bytes(code if isinstance(code, bytes) else code.encode())
        for label, flags in TIERS.items():
            server = Server(*flags)
            server.create_service()
            per_round = [
                cold_round(server, language, [f"f{r}x{i}" for i in range(starts)], handler_file) for r in range(rounds)
            ]
            server.stop()
            p50, p99, ref = results[label] = tuple(statistics.median(column) for column in zip(*per_round))
            print(f"  {label:5} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms   plain exec p50 {ref:6.2f} ms   ratio {p50 / ref:.2f}")
    p50, _, _ = results["pool"]
    verdict(f"{title}: pool p50 <= {language.pool_ms_max} ms", p50, "<=", language.pool_ms_max)
    p50, _, ref = results["fork"]
    verdict(f"{title}: fork p50 <= {language.fork_ratio_max} x plain exec", p50 / ref, "<=", language.fork_ratio_max)
    verdict(f"{title}: fork p50 <= {language.fork_ms_max} ms", p50, "<=", language.fork_ms_max)
    p50, _, ref = results["exec"]
    verdict(f"{title}: exec p50 <= {EXEC_RATIO_MAX} x plain exec", p50 / ref, "<=", EXEC_RATIO_MAX)


def bench_cold(rounds=5, starts=40):
    for title, language in LANGUAGES.items():
        bench_cold_of(title, language, rounds, starts)
