"""Functions that fail in every way there is: the caller is told why, and the next good call succeeds."""

import json
import re

import pytest

from support import processes
from support.packages import function
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("still_good")

SERVICE = "s"
TIMED_OUT = r"Function timed out after 1 seconds \(maxMemoryUsage: \d+\.\d\dMB\)$"
DIED = r"Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: \d+\.\d\dMB"


def handler_of(body):
    return "def handler(event, context):\n" + "".join(f"    {line}\n" for line in body.splitlines())


# Code that cannot be loaded.


def test_the_module_is_missing(make):
    failure = make({"other.py": "x = 1"})().failure
    assert failure["errorType"] == "ImportError" and "index.py" in failure["errorMessage"]


def test_the_function_is_missing(make):
    failure = make("def handel(event, context): pass")().failure
    assert failure["errorType"] == "AttributeError" and "'handler'" in failure["errorMessage"]


def test_the_handler_is_not_a_function(make):
    assert make("handler = 5")().failure["errorType"] == "TypeError"


def test_a_syntax_error_names_file_and_line(make):
    failure = make("import os\n\ndef handler(event, context:\n    pass\n")().failure
    assert failure["errorType"] == "SyntaxError"
    assert ['File "/code/index.py"', "line 3"] == failure["stackTrace"][-1][:2], failure
    assert "index.py, line 3" in failure["errorMessage"]


def test_an_import_that_fails_names_the_line(make):
    failure = make("import os\nimport not_there\n")().failure
    assert failure["errorType"] == "ModuleNotFoundError" and "not_there" in failure["errorMessage"]
    assert failure["stackTrace"][-1] == ['File "/code/index.py"', "line 2", "in <module>", "import not_there"]


def test_a_handler_that_takes_no_arguments(make):
    failure = make("def handler(): pass")().failure
    assert failure["errorType"] == "TypeError" and "handler()" in failure["errorMessage"]


def test_loading_is_tried_again_at_the_next_call(make):
    call = make(
        "import os\n"
        "if not os.path.exists('/tmp/x'):\n"
        "    open('/tmp/x', 'w')\n"
        "    raise OSError('first')\n" + handler_of("return 'second'")
    )
    assert call().failure["errorMessage"] == "first"
    assert call().result == b"second"


# Initializers.


def test_an_initializer_that_fails(make):
    code = "def init(context):\n    raise KeyError('no')\ndef handler(e, c):\n    return 'ran'\n"
    call = make(code, initializer="index.init")
    failure = call().failure
    assert failure["errorType"] == "KeyError" and failure["stackTrace"][-1][2] == "in init"
    assert call().failure["errorType"] == "KeyError"


def test_an_initializer_that_never_ends(make):
    code = "def init(context):\n    while True: pass\ndef handler(e, c):\n    return 'ran'\n"
    failure = make(code, initializer="index.init", initializationTimeout=1, timeout=60)().failure
    assert re.match(TIMED_OUT.replace("Function", "Function initializer"), failure["errorMessage"])


def test_an_initializer_does_not_use_up_the_handlers_time(make):
    code = function("slow_start")
    assert make(code, initializer="index.init", initializationTimeout=5, timeout=1)().result == b"in time"


# Answers.


@pytest.mark.parametrize("value", ["object()", "{1, 2}", "{(1, 2): 3}", "float"], ids=["object", "set", "keys", "type"])
def test_a_return_value_that_is_not_serialisable(make, value):
    assert make(handler_of(f"return {value}"))().failure["errorType"] == "TypeError"


def test_a_return_value_that_contains_itself(make):
    assert make(handler_of("a = []\na.append(a)\nreturn a"))().failure["errorType"] == "ValueError"


def test_text_that_is_not_unicode(make):
    assert make(handler_of("return '\\ud800'"))().failure["errorType"] == "UnicodeEncodeError"


def test_an_answer_that_is_too_large(make):
    answer = make(handler_of("return bytes(70 << 20)"), memorySize=512)()
    assert answer.failure["errorMessage"]


@pytest.mark.parametrize("statement", ["sys.exit(3)", "raise SystemExit('bye')", "raise KeyboardInterrupt", "exit()"])
def test_raising_what_ends_a_program(make, statement):
    call = make("import sys\n" + handler_of(f"if event: return 'fine'\n{statement}"))
    assert call().failure["errorType"] in ("SystemExit", "KeyboardInterrupt", "NameError")
    assert call(b"x").result == b"fine"


def test_an_error_that_cannot_be_turned_into_text(make):
    code = "class Bad(Exception):\n    def __str__(self):\n        raise RuntimeError\n" + handler_of("raise Bad")
    assert make(code)().failure["errorType"] == "Bad"


def test_recursion_without_end(make):
    assert make(handler_of("return handler(event, context)"))().failure["errorType"] == "RecursionError"


# Processes that end.


@pytest.mark.parametrize(
    "statement",
    ["os._exit(3)", "os.kill(os.getpid(), 9)", "os.abort()", "ctypes.string_at(0)"],
    ids=["exit", "kill", "abort", "segfault"],
)
def test_a_process_that_ends(make, statement):
    call = make("import ctypes, os\n" + handler_of(f"if event: return 'fine'\nprint('last words')\n{statement}"))
    answer = call(tail=True)
    if "kill" in statement:  # a signal from inside its own pid namespace does not end the first process
        assert answer.result == b"" or re.match(DIED, answer.failure["errorMessage"])
    else:
        assert re.match(DIED, answer.failure["errorMessage"]), answer.body
        assert b"last words" in answer.log
    assert call(b"x").result == b"fine"


def test_closing_every_descriptor(make):
    call = make("import os\n" + handler_of("if event: return 'fine'\nos.closerange(0, 51)\nreturn 'lost'"))
    assert re.match(DIED, call().failure["errorMessage"])
    assert call(b"x").result == b"fine"


@pytest.mark.parametrize("order", ["garbage", "huge", "setup", "half-a-frame"])
def test_breaking_the_workers_protocol(make, order):
    call = make(function("misuse_wire"), timeout=1)
    # Half a frame swallows the answer behind it: then only the time limit ends the call.
    expected = TIMED_OUT if order == "half-a-frame" else DIED
    assert re.match(expected, call(order).failure["errorMessage"])
    assert call(b"nothing").result == b"answered"


@pytest.mark.parametrize("order", ["ready-again", "strange-stage", "calls-of-others"])
def test_saying_untrue_things_in_the_workers_protocol(make, order):
    call = make(function("misuse_wire"), timeout=5)
    assert call(order).result == b"answered"
    assert call(b"nothing").result == b"answered"


# Time.


def test_a_loop_without_end(make):
    call = make(handler_of("if event: return 'fine'\nprint('looping')\nwhile True: pass"), timeout=1)
    answer = call(tail=True)
    assert re.match(TIMED_OUT, answer.failure["errorMessage"])
    assert 1000 <= int(answer.headers["X-Fc-Invocation-Duration"]) < 1500
    assert b"looping\n" in answer.log
    assert call(b"x").result == b"fine"


def test_a_loop_that_ignores_every_signal(make):
    body = (
        "for number in range(1, 65):\n"
        "    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "while True: pass"
    )
    failure = make("import signal\n" + handler_of(body), timeout=1)().failure
    assert re.match(TIMED_OUT, failure["errorMessage"])


def test_no_function_makes_its_own_time_longer(make):
    answer = make(function("misuse_wire"), timeout=1)("time-without-end")
    assert re.match(TIMED_OUT, answer.failure["errorMessage"])


# What a machine has little of.


def test_processes_are_limited(make, server):
    call = make(function("fork_until_refused"), memorySize=1024, timeout=60)
    answer = json.loads(call().result)
    assert answer["refused"] == "EAGAIN" and 900 < answer["made"] <= 1024, answer
    assert json.loads(call().result)["made"] == answer["made"]


def test_a_fork_bomb_ends_with_its_time(make, server):
    before = len(server.processes())
    failure = make(function("fork_bomb"), memorySize=256, timeout=2)().failure
    assert re.match(r"Function timed out|Process exited", failure["errorMessage"]), failure
    wait_until(lambda: len(server.processes()) <= before + 1, "all its processes are gone")


def test_memory_is_limited(make):
    call = make(handler_of("if event: return 'fine'\nreturn str(len(b'x' * (2 << 30)))"), timeout=30)
    answer = call()
    message = answer.failure["errorMessage"]
    assert re.match(DIED, message) and "out of memory" in message and "128 MB" in message, message
    assert 100 < float(answer.headers["X-Fc-Max-Memory-Usage"]) <= 129
    assert call(b"x").result == b"fine"


def test_a_memory_error_of_the_language(make):
    call = make(handler_of("if event: return 'fine'\nreturn str(len(bytearray(1 << 60)))"))
    assert call().failure["errorType"] == "MemoryError"
    assert call(b"x").result == b"fine"


def test_tmp_is_limited(make):
    call = make(function("fill_tmp"), memorySize=1024, timeout=60)
    assert call().result == b"ENOSPC after 512 MB"
    assert call().result == b"emptied"


def test_tmp_counts_as_memory(make):
    assert "out of memory" in make(function("fill_tmp"), memorySize=128, timeout=60)().failure["errorMessage"]


def test_nothing_but_tmp_is_writable(make):
    answer = json.loads(make(function("write_anywhere"))().result)
    assert "written" not in answer.values(), answer


def test_descriptors_are_limited(make):
    body = (
        "held = []\n"
        "try:\n"
        "    while True: held.append(os.dup(0))\n"
        "except OSError as error:\n"
        "    return errno.errorcode[error.errno]"
    )
    assert make("import errno, os\n" + handler_of(body), memorySize=512, timeout=30)().result == b"EMFILE"


def test_printing_100_mb(make, server):
    call = make(handler_of("for _ in range(100): print('x' * (1 << 20))\nprint('the end')\nreturn 'done'"), timeout=60)
    before = processes.resident_kb(server.pid)
    answer = call(tail=True)
    assert answer.result == b"done" and b"the end\n" in answer.log
    assert processes.resident_kb(server.pid) - before < 64 * 1024


# A function's own hands on its output.


@pytest.mark.parametrize(
    "statement",
    [
        "sys.stdout = None",
        "sys.stdout = io.StringIO()",
        "sys.stdout.close()",
        "sys.stdout = 5",
        "os.close(1); os.close(2)",
    ],
    ids=["none", "replaced", "closed", "number", "descriptor"],
)
def test_output_that_is_replaced_or_closed(make, statement):
    call = make("import io, os, sys\n" + handler_of(f"{statement}\nreturn 'fine'"))
    assert call().result == b"fine"
    assert call().status == 200


def test_bytes_that_are_not_text_in_the_log(make):
    body = "os.write(1, bytes(range(256)))\nprint('\\udcff')\nreturn 'fine'"
    answer = make("import os\n" + handler_of(body))(tail=True)
    assert answer.result == b"fine" and bytes(range(128, 256)) in answer.log
