"""The shim of Node.js, spoken to as the server does (runtimes/PROTOCOL.md): orders of frames that callers rarely bring about."""

import json
import struct

import pytest

from support.frames import ANSWER, CREDIT, HTTP, LOADED, LOADING, PART, SETUP, STAGE, Spoken, told
from support.server import PROGRAMS

SHIM = PROGRAMS / "runtimes/nodejs/shim.js"
IN_TWO_PARTS = """
const { Readable } = require('stream');
exports.handler = (request, response) => response.send(Readable.from(['one ', request.path]));
"""
ASKED = {"method": "GET", "query": "", "uri": "/", "client_ip": "127.0.0.1", "headers": [], "credit": 4}


@pytest.fixture
def node(tmp_path):
    made = []

    def node(code):
        (tmp_path / "index.js").write_text(code)
        worker = Spoken(tmp_path, ["node", "-e", f"require('{SHIM}').serve({{ code: '{tmp_path}' }})"])
        made.append(worker)
        worker.send(SETUP, 0, json.dumps(told("index.handler")).encode())
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


def test_credit_for_a_call_that_has_ended_means_nothing(node):
    worker = node(IN_TWO_PARTS)
    worker.call(1, http={**ASKED, "path": "two", "credit": 1000})
    while worker.receive()[::2] != (ANSWER, 1):
        pass
    worker.send(CREDIT, 1, struct.pack("<I", 3))
    worker.call(2, http={**ASKED, "path": "two", "credit": 1000})
    assert [worker.receive()[::2] for _ in range(3)] == [(PART, 2), (PART, 2), (ANSWER, 2)]
