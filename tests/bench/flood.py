"""One account floods the server over 500 connections, in a closed loop; what does another notice?"""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile

from server import MAYFLY, PREFIX, Server, verdict

ECHO = "def handler(event, context):\n    return event\n"
WEB = """def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"flood"]
"""
RATIO_MAX = 2.0


def cli(server, *words, key=None):
    environment = {"PATH": os.environ["PATH"]}
    if key:
        environment |= {"MAYFLY_ACCESS_KEY_ID": key["accessKeyId"], "MAYFLY_ACCESS_KEY_SECRET": key["accessKeySecret"],
                        "MAYFLY_ACCOUNT_ID": key["accountId"]}  # fmt: skip
    command = [MAYFLY, *words, "--data", f"{server.folder.name}/data", "-o", "json"]
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


def make_flooder(server):
    """An account with a function that everybody may call; where it is called."""
    key = cli(server, "account", "create", "flooder")
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "index.py").write_text(WEB)
        project = "service: flood\nfunctions:\n  web: {triggers: [{name: t, type: http, auth: anonymous, methods: [GET]}]}\n"
        (pathlib.Path(folder) / "mayfly.yaml").write_text(project)
        cli(server, "deploy", folder, key=key)
    return f"{key['accountId']}.flood", f"http://{server.address}/2016-08-15/proxy/flood/web/"


def p99(server):
    told = cli(server, "bench", "bench/echo", "--rate", "50", "--for", "6s")
    return told["latencyMs"]["p50"], told["latencyMs"]["p99"]


def bench_flood(rounds=3):
    print(f"50 calls a second of one account, while another floods over 500 connections; medians of {rounds} rounds")
    server = Server()
    server.create_service()
    server.create_function("echo", ECHO)
    server.call("POST", f"{PREFIX}/functions/echo/invocations", b"warm")
    host, url = make_flooder(server)
    calm, flooded = [], []
    for _ in range(rounds):
        calm.append(p99(server))
        wrk = subprocess.Popen(["wrk", "-t1", "-c500", "-d60s", "-H", f"Host: {host}", url], stdout=subprocess.DEVNULL)
        p99(server)  # until it is in full swing
        flooded.append(p99(server))
        wrk.terminate()
        wrk.wait()
    server.stop()
    (calm50, calm99), (flood50, flood99) = (
        tuple(statistics.median(column) for column in zip(*rows)) for rows in (calm, flooded)
    )
    print(f"  calm p50 {calm50:.2f} p99 {calm99:.2f} ms   flooded p50 {flood50:.2f} p99 {flood99:.2f} ms")
    verdict(f"p99 under a flood <= {RATIO_MAX} x calm", flood99 / calm99, "<=", RATIO_MAX)
