"""Request isolation: a worker takes one call, and ends with it."""

import re

from support.waiting import wait_until

from conftest import SERVICE

CODE = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    left = os.listdir("/tmp")
    open("/tmp/left", "w").close()
    return f"{calls} {left}"
"""
ONE = {"instanceIsolationMode": "REQUEST_EXCLUSIVE"}


def test_nothing_of_one_call_is_there_for_the_next(fc, server, make):
    call = make(CODE, **ONE)
    answers = [call() for _ in range(5)]
    assert {answer.result for answer in answers} == {b"1 []"}
    assert len({answer.headers["X-Fc-Instance-Id"] for answer in answers}) == 5
    wait_until(lambda: " idle 0 " in server.health(), "none is kept")


def test_provisioned_ones_take_the_cold_start_off_the_call_and_are_replaced(fc, server, make):
    call = make(CODE, **ONE)
    path = f"services/{SERVICE}/functions/{call.name}/provision-config"
    assert fc.json("PUT", path, {"target": 1}).status == 200
    for _ in range(3):
        wait_until(lambda: fc.send("GET", path).json["current"] == 1, "one is ready")
        wait_until(lambda: " idle 1 " in server.health(), "and idle")
        answer = call()
        assert answer.result == b"1 []" and answer.headers["X-Mayfly-Start"] == "warm"
    assert fc.json("PUT", path, {"target": 0}).status == 200


def test_the_mode_is_shown_kept_changed_and_checked(fc, make):
    call = make(CODE, instanceConcurrency=5, **ONE)
    path = f"services/{SERVICE}/functions/{call.name}"
    shown = fc.send("GET", path).json
    assert shown["instanceIsolationMode"] == "REQUEST_EXCLUSIVE" and shown["instanceConcurrency"] == 1
    wrong = fc.json("PUT", path, {"instanceIsolationMode": "SESSION_EXCLUSIVE"})
    assert wrong.error == "400 InvalidArgument" and "REQUEST_EXCLUSIVE" in wrong.json["ErrorMessage"]
    assert fc.json("PUT", path, {"instanceIsolationMode": "SHARE"}).json["instanceIsolationMode"] == "SHARE"
    assert [re.match(rb"\d", call().result)[0] for _ in range(2)] == [b"1", b"2"]
