"""`mayfly bench` against a server: it counts what happened, whatever happened, and says so by its exit code."""

import json
import os
import pty
import re
import select
import signal
import subprocess

import pytest

from support.cli import Cli
from support.server import PROGRAMS

CODE = """
import select
def handler(event, context):
    if event == b"raise":
        raise ValueError("as asked")
    while event == b"loop":
        pass
    if event.startswith(b"hold"):
        select.select([], [], [], float(event[4:]))
    return event
"""
WEB = """
def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["REQUEST_METHOD"].encode()]
"""


@pytest.fixture(scope="module")
def cli(server, house):
    folder = house.folder / "cli"
    for name, code in (("job", CODE), ("web", WEB)):
        (folder / name).mkdir(parents=True)
        (folder / name / "index.py").write_text(code)
    (folder / "mayfly.yaml").write_text(
        "service: b\nfunctions:\n"
        "  job: {handler: index.handler, runtime: python3, timeout: 1, code: job}\n"
        "  other: {handler: index.handler, runtime: python3, timeout: 1, code: job}\n"
        "  web: {handler: index.handler, runtime: python3, code: web,"
        " triggers: [{name: t, type: http, auth: anonymous, methods: [PUT]}]}\n"
    )
    cli = Cli(server, folder)
    cli("deploy", ".")
    return cli


def bill(cli):
    return {row["function"]: row for row in cli.json("bill")["functions"]}


def test_every_call_is_sent_and_all_figures_agree(cli):
    before = bill(cli).get("job", {"invocations": 0, "billedMs": 0})
    told = cli.json("bench", "b/job", "--rate", 100, "--for", "1s")
    assert told["sent"] == told["ok"] == told["latencyMs"]["calls"] == 100
    assert told["billed"]["calls"] == 100 and told["billed"]["cold"] == told["cold"] >= 1
    assert sum(second["due"] for second in told["seconds"]) == 100
    after = bill(cli)["job"]
    assert after["invocations"] - before["invocations"] == 100
    assert after["billedMs"] - before["billedMs"] == told["billed"]["billedMs"]
    assert 0 < told["latencyMs"]["p50"] <= told["latencyMs"]["p99"] <= told["latencyMs"]["max"]


def test_functions_take_turns_and_one_with_an_http_trigger_is_called_over_http(cli):
    told = cli.json("bench", "b/job", "b/other", "b/web", "--rate", 60, "--for", "1s")
    assert told["ok"] == 60, told
    assert {name: row["invocations"] for name, row in bill(cli).items()}["web"] == 20


def test_time_counts_from_when_a_call_was_due(cli):
    """One connection, calls of 200 ms, 20 a second: each waits longer than the one before it."""
    told = cli.json("bench", "b/job", "-d", "hold0.2", "--rate", 20, "--for", "1s", "--connections", 1)
    assert told["ok"] == 20
    assert told["latencyMs"]["max"] > 2500, told["latencyMs"]  # 20 × 0.2 s − 0.95 s
    assert told["lateMs"]["p50"] < 50


def test_a_burst_is_told_apart(cli):
    told = cli.json("bench", "b/job", "--burst", "10:100:2s", "--for", "4s")
    assert told["ok"] == 10 + 200 + 10
    assert told["calmMs"]["calls"] == 20 and told["burstMs"]["calls"] == 200 and told["settledMs"]["calls"] == 100
    assert [second["due"] for second in told["seconds"][:4]] == [10, 100, 100, 10]
    assert any(second.get("instances", 0) > 0 for second in told["seconds"])


@pytest.mark.parametrize("event, field, code", [("raise", "failed", 7), ("loop", "timedOut", 8)])
def test_what_went_wrong_is_counted_and_ends_the_program_so(cli, event, field, code):
    out, err = cli("bench", "b/job", "-d", event, "--rate", 4, "--for", "1s", "-o", "json", code=code)
    told = json.loads(out)
    assert told[field] == 4 and told["ok"] == 0
    words = "timed out" if field == "timedOut" else field
    assert told["firstErrors"][words] and f"first {words}: " in err


def test_a_full_house_is_throttling(cli, server):
    client = server.client()
    path = "services/b/functions/other/on-demand-config"
    assert client.json("PUT", path, {"maximumInstanceCount": 0}).status == 200
    out, _ = cli("bench", "b/other", "--rate", 10, "--for", "1s", "-o", "json", code=6)
    assert json.loads(out)["throttled"] == 10
    assert client.send("DELETE", path).status == 204
    client.close()


@pytest.mark.parametrize(
    "words, code, says",
    [
        (["b/none"], 3, "none"),
        (["b/job", "--rate", "0"], 2, "above 0"),
        (["b/job", "--rate", "-5"], 2, "above 0"),
        (["b/job", "--rate", "1e12"], 2, "at most 100000"),
        (["b/job", "--rate", "many"], 2, "--rate"),
        (["b/job", "--for", "10"], 2, "length of time"),
        (["b/job", "--burst", "200"], 2, "200x10s"),
        (["b/job", "--burst", "9x10s", "--every", "5s"], 2, "does not fit"),
        (["b/job", "--connections", "0"], 2, "--connections"),
        ([], 2, "FUNCTION"),
    ],
)
def test_what_it_cannot_do_is_said_before_anything_is_sent(cli, words, code, says):
    _, err = cli("bench", *words, code=code)
    assert says in err


def test_a_server_that_is_away_is_said_to_be(cli):
    environment = {**cli.environment, "MAYFLY_ENDPOINT": "http://127.0.0.1:1"}
    _, err = cli("bench", "b/job", code=9, environment=environment)
    assert "is the server running?" in err


def test_in_a_terminal_it_draws_and_interrupted_it_reports_what_it_has(cli):
    leader, follower = pty.openpty()
    bench = subprocess.Popen(
        [PROGRAMS / "mayfly", "bench", "b/job", "--rate", "50", "--for", "60s"],
        env={**cli.environment, "TERM": "xterm"}, cwd=cli.folder, stdout=subprocess.PIPE, stderr=follower, text=True,
    )  # fmt: skip
    os.close(follower)
    drawn = ""
    while not (re.search(r"rate +[▁-█]{2,}", drawn) and re.search(r"instances +[▁-█]{2,}", drawn)):
        assert select.select([leader], [], [], 20)[0], drawn
        drawn += os.read(leader, 4096).decode(errors="replace")
    assert "\x1b[" in drawn  # each drawing over the one before
    bench.send_signal(signal.SIGINT)
    out, _ = bench.communicate(timeout=20)
    os.close(leader)
    assert bench.returncode == 130
    assert re.search(r"^sent \d+ · ok \d+ · throttled 0", out, re.M), out
