"""Warm 1 KB echo of Python and Node.js through the HTTP API and an anonymous http trigger, against a bare node:http
echo and uvicorn."""

import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile

from languages import LANGUAGES
from server import HERE, PREFIX, Server, free_port, verdict, wait_until

ECHO = {
    "python": "def handler(event, context):\n    return event\n",
    "nodejs": "exports.handler = async (event) => event;\n",
}
WEB_ECHO = {
    "python": """def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [environ["wsgi.input"].read()]
""",
    "nodejs": """exports.handler = async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  response.setHeader("Content-Type", "application/octet-stream");
  response.send(Buffer.concat(parts));
};
""",
}


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
    body = "x" * 1024
    trigger = {"triggerName": "t", "triggerType": "http", "triggerConfig": {"authType": "anonymous", "methods": ["POST"]}}
    subjects = {"node:http": f"http://127.0.0.1:{node_port}", "uvicorn": f"http://127.0.0.1:{uvicorn_port}"}
    paths = dict.fromkeys(subjects, "/")
    for name, code in ECHO.items():
        language = LANGUAGES[name]
        server.create_function(f"echo-{name}", code, language)
        server.create_function(f"web-{name}", WEB_ECHO[name], language)
        server.call("POST", f"{PREFIX}/functions/web-{name}/triggers", json.dumps(trigger).encode(), "application/json")
        paths[name], paths[f"{name} web"] = f"{PREFIX}/functions/echo-{name}/invocations", f"/2016-08-15/proxy/bench/web-{name}/"
        for subject in (name, f"{name} web"):
            subjects[subject] = f"http://{server.address}"
            if server.call("POST", paths[subject], body.encode()) != body.encode():
                sys.exit(f"bench: {subject} does not echo")
    figures = {(name, c): [] for name in subjects for c in (1, 32)}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            scripts = {}
            for name, path in paths.items():
                kind = "application/octet-stream"
                signed = server.headers("POST", path, kind) if name in ECHO else {"Content-Type": kind}
                scripts[name] = lua_script(folder, name.replace(" ", "-").replace(":", "-"), signed, path, body)
            for connections in (1, 32):
                for name, url in subjects.items():
                    wrk(url, connections, scripts[name], seconds=2)  # warm: a worker that idled for a while was let go
                    figures[name, connections].append(wrk(url, connections, scripts[name]))
    for process in references:
        process.terminate()
        process.wait()
    server.stop()
    middle = {key: tuple(statistics.median(column) for column in zip(*values)) for key, values in figures.items()}
    for name in subjects:
        (p50, one), (_, many) = middle[name, 1], middle[name, 32]
        print(f"  {name:10} 1 connection p50 {p50:7.0f} us {one:8.0f}/s     32 connections {many:8.0f}/s")

    def p50(name):
        return middle[name, 1][0]

    def many(name):
        return middle[name, 32][1]

    verdict("warm p50, 1 connection <= 2.0 x node:http", p50("python") / p50("node:http"), "<=", 2.0)
    verdict("anonymous http trigger, p50, 1 connection <= 1.5 x through the API", p50("python web") / p50("python"), "<=", 1.5)
    verdict("warm throughput, 32 connections >= 0.8 x node:http", many("python") / many("node:http"), ">=", 0.8)
    verdict("Node.js over http, p50, 1 connection <= 1.5 x node:http", p50("nodejs web") / p50("node:http"), "<=", 1.5)
    verdict("Node.js over http, throughput, 32 connections >= 1.0 x node:http", many("nodejs web") / many("node:http"), ">=", 1.0)
    verdict("Node.js through the API >= 0.85 x over http", many("nodejs") / many("nodejs web"), ">=", 0.85)
