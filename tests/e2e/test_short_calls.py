"""Many short calls at once share a few workers and are sent ahead to them; nobody may notice but by the speed.

wrk keeps the function busy while single calls are looked at.
"""

import email.utils
import json
import re
import subprocess
import time

import pytest

from support.client import API, signature
from support.packages import function

SERVICE = "s"


@pytest.fixture
def call(make, server, tmp_path):
    """The function's call, while 16 others call it all the time. Each of their answers must be good."""
    call = make(function("short"), timeout=4)
    assert call("run 0").status == 200
    path = f"{API}/services/{SERVICE}/functions/{call.name}/invocations"
    headers = {"Date": email.utils.formatdate(time.time(), usegmt=True), "Content-Type": "application/octet-stream"}
    headers["Authorization"] = signature(server.client().key, "POST", path, headers)
    script = tmp_path / "flood.lua"
    script.write_text(
        "wrk.method = 'POST'; wrk.body = 'run flood'\n"
        + "".join(f"wrk.headers['{name}'] = '{value}'\n" for name, value in headers.items())
        + "function response(status, headers, body) if body:sub(-6) ~= ' flood' then print('bad: ' .. body) end end\n"
    )
    flood = subprocess.Popen(
        ["wrk", "-t1", "-c16", "-d4", "-s", script, server.url + path], stdout=subprocess.PIPE, text=True
    )
    yield call
    report = flood.communicate(timeout=30)[0]
    assert "Non-2xx" not in report and "Socket errors" not in report, report
    assert "bad: " not in report, report
    assert int(re.search(r"(\d+) requests in", report)[1]) > 1000, report
    longest = re.search(r"Latency +\S+ +\S+ +([\d.]+)(us|ms|s)", report)
    assert longest[2] == "us" or longest[2] == "ms" or float(longest[1]) < 2, "one waited for one that took long"


def check(answer, number):
    request_id, _, mine = answer.result.decode().partition(" ")
    assert (request_id, mine) == (answer.headers["X-Fc-Request-Id"], str(number))
    printed = re.findall(r"^(begin|end) (\w+)$", answer.log.decode(), re.M)
    assert printed == [("begin", mine), ("end", mine)], answer.log


def test_each_call_gets_its_own_answer_and_its_own_log(call):
    for number in range(1000):
        check(call(f"run {number}", tail=True), number)


@pytest.mark.parametrize("kind", ["die", "hang", "nap"])
def test_a_call_that_takes_long_or_dies_takes_no_other_with_it(call, kind, server):
    other = server.client()
    for round in range(2):
        other.invoke(SERVICE, call.name, f"{kind} {round}", tail=True, later=True)
        for number in range(50):
            answer = call(f"run {number}", tail=True)
            check(answer, number)
        slow = other.end()
        if kind == "nap":
            check(slow, round)
        else:
            assert {"die": "exited", "hang": "timed out"}[kind] in json.loads(slow.body)["errorMessage"]
    other.close()
