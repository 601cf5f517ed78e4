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
# The client stands for one on another machine: in the crowd of the flood's 500 connections its own wait for a core would be
# most of what it measures.
AT_ONCE = ["chrt", "--rr", "1"]


def cli(server, *words, key=None, prefix=()):
    environment = {"PATH": os.environ["PATH"]}
    if key:
        environment |= {"MAYFLY_ACCESS_KEY_ID": key["accessKeyId"], "MAYFLY_ACCESS_KEY_SECRET": key["accessKeySecret"],
                        "MAYFLY_ACCOUNT_ID": key["accountId"]}  # fmt: skip
    command = [*prefix, MAYFLY, *words, "--data", f"{server.folder.name}/data", "-o", "json"]
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


def may_run_at_once():
    return subprocess.run([*AT_ONCE, "true"], stderr=subprocess.DEVNULL).returncode == 0


def measure(server, prefix):
    """p50 and p99 of the calls, and p99 of how late the client itself sent them; ms."""
    told = cli(server, "bench", "bench/echo", "--rate", "50", "--for", "6s", prefix=prefix)
    return told["latencyMs"]["p50"], told["latencyMs"]["p99"], told["lateMs"]["p99"]


def bench_flood(rounds=3):
    print(f"50 calls a second of one account, while another floods over 500 connections; medians of {rounds} rounds")
    server = Server()
    server.create_service()
    server.create_function("echo", ECHO)
    server.call("POST", f"{PREFIX}/functions/echo/invocations", b"warm")
    host, url = make_flooder(server)
    prefix = AT_ONCE if may_run_at_once() else []
    if not prefix:
        print("  the client may not run ahead of others here: its own wait for a core is in the figures")
    calm, flooded = [], []
    for _ in range(rounds):
        calm.append(measure(server, prefix))
        wrk = subprocess.Popen(["wrk", "-t1", "-c500", "-d60s", "-H", f"Host: {host}", url], stdout=subprocess.DEVNULL)
        measure(server, prefix)  # until it is in full swing
        flooded.append(measure(server, prefix))
        wrk.terminate()
        wrk.wait()
    server.stop()
    (calm50, calm99, calm_late), (flood50, flood99, flood_late) = (
        tuple(statistics.median(column) for column in zip(*rows)) for rows in (calm, flooded)
    )
    print(f"  calm p50 {calm50:.2f} p99 {calm99:.2f} ms   flooded p50 {flood50:.2f} p99 {flood99:.2f} ms")
    print(f"  of these at most {calm_late:.2f} and {flood_late:.2f} ms are the client's, who sent late")
    verdict(f"p99 under a flood <= {RATIO_MAX} x calm", flood99 / calm99, "<=", RATIO_MAX)
