#!/usr/bin/env python3
"""The numbers of docs/limits.md, as ratios to a reference measured in the same run.

bench.py cold   cold start in each language and tier through the HTTP API against a plain exec of its interpreter
bench.py custom cold start of programs of their own, behind HTTP, against the same program started by hand
bench.py warm   warm 1 KB echo through the HTTP API and an anonymous http trigger against a bare node:http echo and uvicorn
bench.py        all

Machines are shared and noisy: every figure is the median of several rounds, and reference and subject
take turns within each round.
"""

import base64
import dataclasses
import hashlib
import hmac
import io
import json
import os
import pathlib
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from email.utils import formatdate

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAYFLY = pathlib.Path(os.environ.get("MAYFLY_PROGRAMS", ROOT / "build" / "release")) / "mayfly"
PREFIX = "/2016-08-15/services/bench"
HERE = pathlib.Path(__file__).resolve().parent


def wait_until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"bench: {what} did not happen in {seconds} s")
        os.sched_yield()


class Server:
    """A Mayfly of its own, with a function's life over one keep-alive connection."""

    def __init__(self, *flags):
        self.folder = tempfile.TemporaryDirectory(prefix="mayfly-bench-")
        ready = pathlib.Path(self.folder.name) / "ready.json"
        self.process = subprocess.Popen(
            [MAYFLY, "serve", "--data", f"{self.folder.name}/data", "--listen", "127.0.0.1:0", "--ready-file", ready, *flags],
            stdout=subprocess.DEVNULL,
        )
        wait_until(ready.exists, "the server's start")
        self.address = json.loads(ready.read_text())["api"].removeprefix("http://")
        self.key = json.loads((pathlib.Path(self.folder.name) / "data" / "credentials.json").read_text())
        host, port = self.address.split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def headers(self, method, path, kind):
        date = formatdate(usegmt=True)
        text = f"{method}\n\n{kind}\n{date}\n{path}"
        digest = hmac.new(self.key["accessKeySecret"].encode(), text.encode(), hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        return {"Date": date, "Content-Type": kind, "Authorization": f"FC {self.key['accessKeyId']}:{signature}"}

    def request_bytes(self, method, path, body, kind="application/octet-stream"):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.address}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers(method, path, kind).items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    def exchange(self, request):
        """Sends one request, returns (status, headers, body)."""
        self.socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += self.receive()
        return int(head.split()[1]), head, body

    def receive(self):
        data = self.socket.recv(1 << 16)
        if not data:
            sys.exit("bench: the server closed the connection")
        return data

    def call(self, method, path, body=b"", kind="application/octet-stream"):
        status, head, answer = self.exchange(self.request_bytes(method, path, body, kind))
        if status >= 300 or b"X-Fc-Error-Type" in head:
            sys.exit(f"bench: {method} {path}: {status} {answer[:300]}")
        return answer

    def create_function(self, name, code, language=None):
        file, runtime, handler = (language.file, language.runtime, language.handler) if language else ("index.py", "python3", "index.handler")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as z:
            info = zipfile.ZipInfo(file)
            info.external_attr = 0o100755 << 16  # a program is executed
            z.writestr(info, code)
        document = {
            "functionName": name, "runtime": runtime, "handler": handler, "memorySize": 128, "timeout": 10,
            "code": {"zipFile": base64.b64encode(archive.getvalue()).decode()},
        }
        self.call("POST", f"{PREFIX}/functions", json.dumps(document).encode(), "application/json")

    def create_service(self):
        self.call("POST", "/2016-08-15/services", b'{"serviceName":"bench"}', "application/json")

    def stop(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * q))]


ECHO = "def handler(event, context):\n    return event\n"
WEB_ECHO = """def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [environ["wsgi.input"].read()]
"""
EVENT, ANSWER = {"n": 1}, {"n": 2}


@dataclasses.dataclass
class Language:
    """One language's handler, and how it is served without us."""

    runtime: str
    file: str
    code: str | bytes
    plain: list  # the command, before the handler's file
    pool_ms_max: float
    fork_ms_max: float
    fork_ratio_max: float
    handler: str = "index.handler"


def java():
    """Compiled for this run, the handler and the plain worker alike."""
    jdk, interfaces = "/usr/lib/jvm/java-17-openjdk-amd64/bin", MAYFLY.parent / "runtimes" / "java" / "mayfly.jar"
    classes = ROOT / "build" / "bench"
    command = [f"{jdk}/javac", "-d", str(classes), "-cp", str(interfaces), *map(str, HERE.glob("*.java"))]
    subprocess.run(command, check=True)
    plain = [f"{jdk}/java", "-cp", f"{classes}:{interfaces}", "PlainWorker"]
    return Language("java17", "Index.class", (classes / "Index.class").read_bytes(), plain, 6.0, 18.0, 0.35, "Index::handleRequest")


LANGUAGES = {
    "python": Language(
        "python3", "index.py", "import json\ndef handler(event, context):\n    return {'n': json.loads(event)['n'] + 1}\n",
        ["/usr/bin/python3", "-I", str(HERE / "plain_worker.py")], 1.5, 5.0, 0.35,
    ),
    "nodejs": Language(
        "nodejs20", "index.js", "exports.handler = async (event) => ({ n: JSON.parse(event).n + 1 });\n",
        ["/usr/bin/node", str(HERE / "plain_worker.js")], 2.5, 9.0, 0.35,
    ),
    "java": java(),
}
EXEC_RATIO_MAX = 1.2
TIERS = {"pool": (), "fork": ("--park", "0"), "exec": ("--exec-only",)}


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


@dataclasses.dataclass
class Bootstrap:
    """A program of a custom runtime."""

    program: pathlib.Path
    ms_more_max: float | None  # than the same program started by hand; None where nothing is promised yet
    runtime: str = "custom"
    file: str = "bootstrap"


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


def wrk(url, connections, script=None, seconds=3):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    out = subprocess.run([*command, *(["-s", script] if script else []), url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"bench: wrk saw errors:\n{out}")
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", out).groups()
    micros = float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]
    return micros, float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def lua_script(folder, name, headers, path, body):
    lines = [f'wrk.method="POST"', f'wrk.path="{path}"', f"wrk.body=[[{body}]]"]
    lines += [f'wrk.headers["{name}"]="{value}"' for name, value in headers.items()]
    file = os.path.join(folder, f"{name}.lua")
    pathlib.Path(file).write_text("\n".join(lines))
    return file


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_reference(command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=HERE)

    def answers():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers, f"start of {command[0]}")
    return process


def bench_warm(rounds=5):
    print(f"warm 1 KB echo over HTTP, wrk on the same two cores; medians of {rounds} rounds")
    node_port, uvicorn_port = free_port(), free_port()
    references = [
        start_reference(["node", str(HERE / "node_echo.js"), str(node_port)], node_port),
        start_reference(["/usr/bin/python3", "-m", "uvicorn", "--no-access-log", "--log-level", "error", "--port", str(uvicorn_port), "uvicorn_echo:app"], uvicorn_port),
    ]
    server = Server()
    server.create_service()
    server.create_function("echo", ECHO)
    path = f"{PREFIX}/functions/echo/invocations"
    body = "x" * 1024
    if server.call("POST", path, body.encode()) != body.encode():
        sys.exit("bench: echo does not echo")
    server.create_function("web", WEB_ECHO)
    trigger = {"triggerName": "t", "triggerType": "http", "triggerConfig": {"authType": "anonymous", "methods": ["POST"]}}
    server.call("POST", f"{PREFIX}/functions/web/triggers", json.dumps(trigger).encode(), "application/json")
    web_path = "/2016-08-15/proxy/bench/web/"
    subjects = {
        "mayfly": f"http://{server.address}",
        "over http": f"http://{server.address}",
        "node:http": f"http://127.0.0.1:{node_port}",
        "uvicorn": f"http://127.0.0.1:{uvicorn_port}",
    }
    figures = {(name, c): [] for name in subjects for c in (1, 32)}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            api = lua_script(folder, "api", server.headers("POST", path, "application/octet-stream"), path, body)
            web = lua_script(folder, "web", {"Content-Type": "application/octet-stream"}, web_path, body)
            for connections in (1, 32):
                for name, url in subjects.items():
                    figures[name, connections].append(wrk(url, connections, web if name == "over http" else api))
    for process in references:
        process.terminate()
        process.wait()
    server.stop()
    middle = {key: tuple(statistics.median(column) for column in zip(*values)) for key, values in figures.items()}
    for name in subjects:
        (p50, one), (_, many) = middle[name, 1], middle[name, 32]
        print(f"  {name:10} 1 connection p50 {p50:7.0f} us {one:8.0f}/s     32 connections {many:8.0f}/s")
    verdict("warm p50, 1 connection <= 2.0 x node:http", middle["mayfly", 1][0] / middle["node:http", 1][0], "<=", 2.0)
    verdict("anonymous http trigger, p50, 1 connection <= 1.5 x through the API", middle["over http", 1][0] / middle["mayfly", 1][0], "<=", 1.5)
    verdict("warm throughput, 32 connections >= 0.8 x node:http", middle["mayfly", 32][1] / middle["node:http", 32][1], ">=", 0.8)


def verdict(claim, measured, relation, bound):
    met = measured <= bound if relation == "<=" else measured >= bound
    print(f"  {'PASS' if met else 'FAIL'}  {claim}: {measured:.2f}")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["cold", "custom", "warm"]
    benches = {"cold": bench_cold, "custom": bench_custom, "warm": bench_warm}
    for name in wanted:
        if name not in benches:
            sys.exit(f"bench: no bench '{name}'; there are {', '.join(benches)}")
        benches[name]()
