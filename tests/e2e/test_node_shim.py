"""The shim of Node.js, spoken to as the server does (runtimes/PROTOCOL.md): orders of frames that callers rarely bring about."""

import json
import os
import struct

import pytest

from support.frames import (
    ANSWER, BELL, CALL, CREDIT, HTTP, LOADED, LOADING, PART, SETUP, SHARES, STAGE, Ring, Shared, Spoken, call_payload, told,
)
from support.server import PROGRAMS
from support.waiting import wait_until

NODEJS = PROGRAMS / "runtimes/nodejs"
IN_TWO_PARTS = """
const { Readable } = require('stream');
exports.handler = (request, response) => response.send(Readable.from(['one ', request.path]));
"""
ASKED = {"method": "GET", "query": "", "uri": "/", "client_ip": "127.0.0.1", "headers": [], "credit": 4}


@pytest.fixture
def node(tmp_path):
    made = []

    def node(code, memory="null", concurrency=1):
        (tmp_path / "index.js").write_text(code)
        worker = Spoken(tmp_path, ["node", "-e", f"require('{NODEJS}/shim.js').serve({{ code: '{tmp_path}', memory: {memory} }})"])
        made.append(worker)
        worker.send(SETUP, 0, json.dumps(told("index.handler", concurrency)).encode())
        return worker

    yield node
    for each in made:
        each.close()


def test_a_call_that_is_there_before_the_credit_of_another_does_not_hold_it_up(node):
    worker = node(IN_TWO_PARTS)
    worker.call(1, http={**ASKED, "path": "two"})
    assert [worker.receive()[:2] for _ in range(2)] == [(STAGE, LOADING), (STAGE, LOADED)]
    kind, _, call, payload = worker.receive()
    assert (kind, call) == (PART, 1) and payload.endswith(b"one ")
    for ahead in (2, 3):
        worker.call(ahead, http={**ASKED, "path": "four", "credit": 1000})
    worker.send(CREDIT, 1, struct.pack("<I", 3))
    assert worker.receive() == (PART, 0, 1, b"two")
    assert worker.receive()[:3] == (ANSWER, HTTP, 1)
    for ahead in (2, 3):
        parts = [worker.receive() for _ in range(3)]
        assert [(kind, call) for kind, _, call, _ in parts] == [(PART, ahead), (PART, ahead), (ANSWER, ahead)]
        assert parts[1][3] == b"four"


def test_what_is_remembered_of_a_call_is_not_taken_for_another(node):
    code = """
exports.handler = (request, response) => {
  request.headers.seen = String(Object.keys(request.headers).length);
  response.setStatusCode(200 + request.path.length);
  response.setHeader(request.path, [request.headers.seen, request.queries.q]);
  response.send('');
};
"""
    worker = node(code)
    heads = []
    for call, (path, q, headers) in enumerate([("a", "1", []), ("a", "1", []), ("a", "2", []), ("b", "1", []), ("bb", "1", []), ("a", "1", [["x", "y"]])], 1):
        worker.call(call, http={**ASKED, "path": path, "query": f"q={q}", "headers": headers})
        while (frame := worker.receive())[0] != ANSWER:
            pass
        heads.append(json.loads(frame[3][4:]))
    assert [(head["status"], head["headers"]) for head in heads] == [
        (201, [["a", "0"], ["a", "1"]]), (201, [["a", "0"], ["a", "1"]]), (201, [["a", "0"], ["a", "2"]]),
        (201, [["b", "0"], ["b", "1"]]), (202, [["bb", "0"], ["bb", "1"]]), (201, [["a", "1"], ["a", "1"]]),
    ]


def test_credit_for_a_call_that_has_ended_means_nothing(node):
    worker = node(IN_TWO_PARTS)
    worker.call(1, http={**ASKED, "path": "two", "credit": 1000})
    while worker.receive()[::2] != (ANSWER, 1):
        pass
    worker.send(CREDIT, 1, struct.pack("<I", 3))
    worker.call(2, http={**ASKED, "path": "two", "credit": 1000})
    assert [worker.receive()[::2] for _ in range(3)] == [(PART, 2), (PART, 2), (ANSWER, 2)]


@pytest.fixture
def sharing(node):
    """A worker that has answered a call, and shares memory since; and that."""
    made = []

    def sharing(code, concurrency=1):
        shared = Shared()
        made.append(shared)
        worker = node(code, f"require('{NODEJS}/pipe.node').share({shared.descriptor})", concurrency)
        worker.call(1, b"first")
        assert [worker.receive()[:3] for _ in range(4)] == [(STAGE, LOADING, 0), (STAGE, LOADED, 0), (ANSWER, 0, 1), (STAGE, SHARES, 0)]
        wait_until(lambda: shared.to_worker.word(Ring.SLEEPS) == 1, "the worker's sleep")
        return worker, shared

    yield sharing
    for each in made:
        os.close(each.descriptor)


BY_PIPE = 4  # frames of such a worker until then
SENT = 2  # and of the server


def rouse(worker, shared):
    assert shared.to_worker.word(Ring.SLEEPS) == 1
    shared.to_worker.set(Ring.SLEEPS, 0)
    worker.send(BELL, 0, b"")


def answer_by_memory(shared):
    found = []
    wait_until(lambda: found.append(shared.to_server.get()) or found[-1], "an answer by memory")
    return found[-1]


ECHO = "exports.handler = async (event) => event;"


def test_calls_and_answers_go_by_memory(sharing):
    worker, shared = sharing(ECHO)
    for call in range(2, 12):  # more than are taken between two turns of its loop
        shared.to_worker.put(SENT, CALL, call, call_payload(call, b"event %d" % call))
    rouse(worker, shared)
    for call in range(2, 12):
        assert answer_by_memory(shared) == (BY_PIPE, ANSWER, 0, call, b"event %d" % call)


def test_a_worker_that_finds_no_more_says_that_it_sleeps_and_wakes_a_server_that_does(sharing):
    worker, shared = sharing(ECHO)
    for call in (2, 3):
        shared.to_server.set(Ring.SLEEPS, 1)
        shared.to_worker.put(SENT, CALL, call, call_payload(call))
        rouse(worker, shared)
        assert worker.receive()[:2] == (BELL, 0)
        assert shared.to_server.word(Ring.SLEEPS) == 0
        assert answer_by_memory(shared)[3] == call
        wait_until(lambda: shared.to_worker.word(Ring.SLEEPS) == 1, "the worker's sleep")


def test_what_goes_by_the_pipe_keeps_its_place_among_what_goes_by_memory(sharing):
    seen = "const seen = []; exports.handler = async (event) => { seen.push(event.length); return seen.join(); };"
    worker, shared = sharing(seen)
    shared.to_worker.put(SENT, CALL, 2, call_payload(2, b"x" * 2))
    shared.to_worker.put(SENT + 1, CALL, 4, call_payload(4, b"x" * 4))
    worker.call(3, b"x" * 100_000)
    for call, so_far in ((2, b"5,2"), (3, b"5,2,100000"), (4, b"5,2,100000,4")):
        assert answer_by_memory(shared) == (BY_PIPE, ANSWER, 0, call, so_far)


def test_an_answer_that_is_too_long_goes_by_the_pipe_and_keeps_its_place(sharing):
    worker, shared = sharing("exports.handler = async (event) => 'x'.repeat(Number(event) || 1);")
    for call, size in ((2, b"10"), (3, b"100000"), (4, b"20")):
        shared.to_worker.put(SENT, CALL, call, call_payload(call, size))
    rouse(worker, shared)
    assert [len(part) if isinstance(part, bytes) else part for part in worker.receive()] == [ANSWER, 0, 3, 100_000]
    assert answer_by_memory(shared) == (BY_PIPE, ANSWER, 0, 2, b"x" * 10)
    assert answer_by_memory(shared) == (BY_PIPE + 1, ANSWER, 0, 4, b"x" * 20)


def test_answers_that_nobody_takes_from_memory_go_by_the_pipe(sharing):
    worker, shared = sharing("exports.handler = async () => 'x'.repeat(7000);")
    for call in range(2, 9):
        shared.to_worker.put(SENT, CALL, call, call_payload(call))
    rouse(worker, shared)
    assert [worker.receive()[2] for _ in range(3)] == [6, 7, 8]  # four fill it
    assert [answer_by_memory(shared)[3] for _ in range(4)] == [2, 3, 4, 5]


def test_calls_that_run_at_once_come_by_memory_too(sharing):
    code = """
let both = 0, go;
const met = new Promise((resolve) => (go = resolve));
exports.handler = async (event) => { if (event.length < 5 && ++both === 2) go(); if (event.length < 5) await met; return event; };
"""
    worker, shared = sharing(code, concurrency=2)
    shared.to_worker.put(SENT, CALL, 2, call_payload(2, b"two"))
    rouse(worker, shared)
    wait_until(lambda: shared.to_worker.word(Ring.SLEEPS) == 1, "the worker's sleep")
    shared.to_worker.put(SENT, CALL, 3, call_payload(3, b"3"))
    rouse(worker, shared)
    assert sorted(answer_by_memory(shared)[3:] for _ in range(2)) == [(2, b"two"), (3, b"3")]
