"""Lifecycle hooks: preFreeze before a worker is frozen, preStop before it is stopped, in every language."""

import concurrent.futures
import math
import pathlib
import sqlite3

import pytest

from support import java
from support.packages import zip_of
from support.waiting import wait_until

SERVICE = "s"
LANGUAGES = ("python", "nodejs", "java", "custom")
PYTHON = """
import os, threading
calls = 0

def do(what):
    if what == "fail":
        raise ValueError("the hook fails")
    if what == "exit":
        os._exit(3)
    if what:
        threading.Event().wait(float(what))

def handler(event, context):
    global calls
    calls += 1
    print("call", calls)
    if event:
        threading.Event().wait(float(event))
    return str(calls)

def pre_freeze(context):
    print("freezing after", calls, context.request_id)
    do(os.environ.get("FREEZE"))

def pre_stop(context):
    print("stopping after", calls, context.request_id)
    do(os.environ.get("STOP"))
"""
NODE = """
let calls = 0;
exports.handler = (event, context, callback) => callback(null, String(++calls));
exports.pre_freeze = (context, callback) => {
  console.log('freezing after', calls, context.requestId);
  callback(process.env.FREEZE ? new Error('the hook fails') : null);
};
exports.pre_stop = async (context) => console.log('stopping after', calls, context.requestId);
"""
JAVA = """
import com.aliyun.fc.runtime.*;
import java.io.*;
public class App implements StreamRequestHandler, PreFreezeHandler, PreStopHandler {
  int calls = 0;
  public void handleRequest(InputStream in, OutputStream out, Context c) throws IOException {
    out.write(("" + ++calls).getBytes());
  }
  public void preFreeze(Context c) throws IOException {
    System.out.println("freezing after " + calls + " " + c.getRequestId());
    if (System.getenv("FREEZE") != null) throw new IOException("the hook fails");
  }
  public void preStop(Context c) { System.out.println("stopping after " + calls + " " + c.getRequestId()); }
}
"""
CUSTOM = """#!/usr/bin/python3 -u
import http.server, os
calls = 0
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        global calls
        calls += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, str(calls))
    def do_GET(self):
        what = {"/pre-freeze": "freezing", "/pre-stop": "stopping"}[self.headers["x-fc-control-path"]]
        print(what, "after", calls, self.headers["x-fc-request-id"])
        assert self.headers["x-fc-instance-lifecycle-pre-stop-handler"] == "index.pre_stop"
        failing = what == "freezing" and "FREEZE" in os.environ
        self.answer(500 if failing else 200, "the hook fails" if failing else "")
    def answer(self, status, text):
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
http.server.HTTPServer(("", int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
"""


def package(language):
    """The code, and what a function of that language needs besides."""
    if language == "python":
        return {"index.py": PYTHON}, {}
    if language == "nodejs":
        return {"index.js": NODE}, {"runtime": "nodejs18"}
    if language == "custom":
        return {"bootstrap": CUSTOM}, {"runtime": "custom", "memorySize": 256}
    return java.compile_java({"App.java": JAVA}), {"runtime": "java17", "handler": "App::handleRequest", "memorySize": 256}


def hooks(language, freeze=3, stop=3):
    """The configuration; a limit of 0 leaves the hook out."""
    names = ("App::preFreeze", "App::preStop") if language == "java" else ("index.pre_freeze", "index.pre_stop")
    wanted = zip(("preFreeze", "preStop"), names, (freeze, stop))
    return {field: {"handler": name, "timeout": limit} for field, name, limit in wanted if limit}


@pytest.fixture
def hooked(make, fc, server):
    """hooked(language) gives a function whose log can be looked at: its lines, and those that hold some words.
    Its workers are gone after the test: a hook that runs later is another test's."""
    made = []

    def hooked(language="python", freeze=3, stop=3, environment=None, **spec):
        files, needed = package(language)
        call = make(
            zip_of(files), timeout=20, environmentVariables=environment or {},
            instanceLifecycleConfig=hooks(language, freeze, stop), **{**needed, **spec},
        )  # fmt: skip
        own = f"service={SERVICE}&function={call.name}&lines=1000"
        call.lines = lambda: [line["text"] for line in fc.send("GET", "/mayfly/v1/logs", query=own).json["lines"]]
        call.said = lambda words: [line for line in call.lines() if words in line]
        call.replace = lambda: fc.update(SERVICE, call.name, description="another revision")
        made.append(call)
        return call

    yield hooked
    for call in made:
        call.replace()
    wait_until(lambda: "workers starting 0 busy 0 idle 0 stopping 0\n" in server.health(), "its workers are gone")


def until_its_hook_runs(server, call):
    assert call().result == b"1"
    wait_until(lambda: "hooks open 1\n" in server.health(), "the hook runs")


def request_id_of(line):
    return line.split("RequestId: ")[1].split(",")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_hook_runs_once_at_its_moment(hooked, language):
    call = hooked(language)
    assert call().result == b"1"
    wait_until(lambda: call.said("FC PreFreeze End"), "preFreeze ran before the worker was frozen")
    assert call().result == b"2", "another worker answered"
    wait_until(lambda: len(call.said("FC PreFreeze End")) == 2, "it ran again after the next call")
    call.replace()
    wait_until(lambda: call.said("FC PreStop End"), "preStop ran when the revision was replaced")
    lines = call.lines()
    began = [n for n, line in enumerate(lines) if line.startswith(("FC PreFreeze Start", "FC PreStop Start"))]
    wanted = ("freezing after 1", "freezing after 2", "stopping after 2")
    assert len(began) == len(wanted), lines
    for n, words in zip(began, wanted):
        kind, request_id = lines[n].split()[1], request_id_of(lines[n])
        assert f"{words} {request_id}" in lines[n + 1], lines
        assert lines[n + 2] == f"FC {kind} End RequestId: {request_id}", lines
    assert len({request_id_of(lines[n]) for n in began}) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hook_that_fails_says_so_and_fails_no_call(hooked, language):
    call = hooked(language, environment={"FREEZE": "fail"})
    assert call().result == b"1"
    wait_until(lambda: call.said("FC PreFreeze End"), "preFreeze ran")
    assert call.said("the hook fails") and call.said("Error: Unhandled function error"), call.lines()
    assert call().result == b"2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_that_ends_runs_pre_stop_first(house, language):
    server = house.start(f"ends-{language}")
    client = server.client()
    client.make_service(SERVICE)
    files, needed = package(language)
    for name in ("one", "two"):
        client.make(SERVICE, name, zip_of(files), timeout=20, instanceLifecycleConfig=hooks(language), **needed)
        assert client.invoke(SERVICE, name).result == b"1"
    client.close()
    assert server.stop() == 0
    assert sorted(ran(server, "PreStop")) == [("one", "ok"), ("two", "ok")]
    house.expect_nothing_left(server)


def test_a_call_under_way_when_the_server_ends_is_answered_and_then_pre_stop_runs(house):
    server = house.start("busy")
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "f", PYTHON, timeout=20, instanceLifecycleConfig=hooks("python"))
    client.invoke(SERVICE, "f", b"1", later=True)
    wait_until(lambda: "calls open 1 " in server.health(), "the call runs")
    assert server.stop() == 0
    assert client.end().result == b"1"
    assert ran(server, "PreStop") == [("f", "ok")]


def ran(server, what):
    """(function, outcome) of the hooks in the ledger of a server that has ended."""
    with sqlite3.connect(pathlib.Path(server.data) / "meter.db") as ledger:
        return ledger.execute("SELECT function, outcome FROM entry WHERE trigger = ?", (what,)).fetchall()


def test_a_server_waits_for_no_hook_longer_than_its_limit(house):
    server = house.start("hangs")
    client = server.client()
    client.make_service(SERVICE)
    told = {"instanceLifecycleConfig": hooks("python", stop=1), "environmentVariables": {"STOP": "1000"}}
    client.make(SERVICE, "f", PYTHON, **told)
    assert client.invoke(SERVICE, "f").result == b"1"
    client.close()
    assert server.stop(20) == 0
    assert ran(server, "PreStop") == [("f", "timed_out")]


@pytest.mark.parametrize("concurrency", [1, 5])
def test_a_call_that_meets_a_hook_waits_for_it_on_nobodys_account(server, hooked, concurrency):
    call = hooked(environment={"FREEZE": "1.5"}, instanceConcurrency=concurrency)
    until_its_hook_runs(server, call)
    answer = call(tail=True)
    assert answer.result == b"2", "another worker answered"
    assert float(answer.headers["X-Fc-Invocation-Duration"]) < 500
    assert b"freezing" not in answer.log and b"call 2" in answer.log
    kinds = [line.split()[1] for line in call.lines() if " Start " in line]
    assert kinds == ["Invoke", "PreFreeze", "Invoke"], kinds


@pytest.mark.parametrize("concurrency", [1, 5])
def test_a_pre_freeze_past_its_limit_ends_the_worker_and_no_call(server, hooked, concurrency):
    call = hooked(freeze=1, environment={"FREEZE": "1000"}, instanceConcurrency=concurrency)
    until_its_hook_runs(server, call)
    with concurrent.futures.ThreadPoolExecutor(4) as callers:
        clients = [server.client() for _ in range(4)]
        answers = list(callers.map(lambda client: client.invoke(SERVICE, call.name), clients))
        for client in clients:
            client.close()
    assert all(1 <= int(answer.result) <= 4 for answer in answers), "new workers answer"
    if concurrency == 1:  # else they count together before the first answers
        assert b"1" in [answer.result for answer in answers]
    assert call.said("Function timed out after 1 seconds"), call.lines()
    assert not call.said("PreStop")


def test_a_pre_freeze_that_ends_its_process_fails_no_call(hooked):
    call = hooked(environment={"FREEZE": "exit"})
    call()
    wait_until(lambda: call.said("Process exited unexpectedly"), "the end of the process is in the log")
    assert call().result == b"1"
    assert not call.said("PreStop")


def test_a_pre_stop_past_its_limit_is_cut_off(server, hooked):
    call = hooked(freeze=0, stop=1, environment={"STOP": "1000"})
    others = server.workers()
    call()
    workers = server.workers() - others
    assert workers
    call.replace()
    wait_until(lambda: call.said("Function timed out after 1 seconds"), "preStop was cut off")
    wait_until(lambda: not workers & server.workers(), "its worker is gone")
    assert not call.said("PreFreeze")


def test_a_stop_waits_for_the_pre_freeze_that_runs(server, hooked):
    call = hooked(environment={"FREEZE": "1"})
    until_its_hook_runs(server, call)
    call.replace()
    wait_until(lambda: call.said("FC PreStop End"), "preStop ran")
    kinds = [line.split()[1] for line in call.lines() if " Start " in line]
    assert kinds == ["Invoke", "PreFreeze", "PreStop"], kinds


def test_a_worker_that_is_cut_off_runs_no_hook(server, fc, hooked):
    call = hooked()
    others = server.workers()
    fc.update(SERVICE, call.name, timeout=1)
    answer = call(b"1000")
    assert "timed out after 1 seconds" in answer.failure["errorMessage"]
    wait_until(lambda: not server.workers() - others, "its worker is gone")
    assert not call.said("FC Pre")


def test_a_hook_is_billed_and_is_no_call(server, fc, hooked):
    call = hooked(environment={"FREEZE": "0.25"})
    call()
    wait_until(lambda: call.said("FC PreFreeze End"), "preFreeze ran")
    [row] = [f for f in fc.send("GET", "/mayfly/v1/bill").json["functions"] if f["function"] == call.name]
    assert row["invocations"] == 1 and row["errors"] == 0
    took = [line.split() for line in call.lines() if line.startswith("Duration: ")]
    steps = [math.ceil(float(words[1]) / 100) * 100 for words in took]  # of the call, and of the hook
    assert len(steps) == 2 and steps[1] >= 300
    assert row["billedMs"] == sum(steps) == sum(int(words[words.index("Billed") + 2]) for words in took)
