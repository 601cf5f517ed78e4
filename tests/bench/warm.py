"""Warm 1 KB echo through the HTTP API and an anonymous http trigger against a bare node:http echo and uvicorn."""

import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile

from server import HERE, PREFIX, Server, free_port, verdict, wait_until

ECHO = "def handler(event, context):\n    return event\n"
WEB_ECHO = """def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [environ["wsgi.input"].read()]
"""


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
