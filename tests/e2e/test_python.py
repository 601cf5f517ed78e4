"""The contract between Function Compute and a Python function, as the function and its caller see it."""

import json
import re
import struct
import threading

import pytest

from support.packages import as_code, function, zip_of

SERVICE = "s"


@pytest.mark.parametrize(
    "expression, answer",
    [
        ("b'\\x00\\xff raw'", b"\x00\xff raw"),
        ("bytearray(b'array')", b"array"),
        ("memoryview(b'view')", b"view"),
        ("'text \\u00e4\\u4f60\\U0001f600'", "text ä你😀".encode()),
        ("{'a': [1, None, 'ü']}", b'{"a": [1, null, "\\u00fc"]}'),
        ("[1, 2.5, True]", b"[1, 2.5, true]"),
        ("42", b"42"),
        ("None", b""),
        ("''", b""),
    ],
    ids=["bytes", "bytearray", "memoryview", "str", "dict", "list", "int", "none", "empty"],
)
def test_what_a_handler_returns(make, expression, answer):
    call = make(f"def handler(event, context):\n    return {expression}\n")
    assert call().result == answer


def test_an_event_is_bytes_as_sent(make):
    call = make("def handler(event, context):\n    return type(event).__name__.encode() + b':' + event\n")
    for event in (b"", b"\x00\x01\xff\n", "ü你😀".encode(), b'{"key": "value"}'):
        assert call(event).result == b"bytes:" + event


@pytest.mark.parametrize("size", [6 << 20, 32 << 20], ids=["6MB", "32MB"])
def test_a_large_event_comes_back_whole(make, size):
    call = make("def handler(event, context):\n    return event\n", memorySize=512, timeout=60)
    event = bytes(range(256)) * (size // 256)
    assert call(event).result == event


def test_the_context_and_the_environment(make, fc):
    call = make(
        function("about"),
        environmentVariables={"GREETING": "grüß dich", "EMPTY": ""},
        timeout=7,
        memorySize=192,
    )
    answer = call()
    about = json.loads(answer.result)
    name, account = call.name, fc.key.account
    assert about["request_id"] == answer.headers["X-Fc-Request-Id"]
    assert about["credentials"] == {"access_key_id": "", "access_key_secret": "", "security_token": ""}
    assert about["function"] == {
        "name": name,
        "handler": "index.handler",
        "memory": 192,
        "timeout": 7,
        "initializer": "",
        "initialization_timeout": about["function"]["initialization_timeout"],
    }
    assert about["service"] == {
        "name": SERVICE,
        "log_project": "",
        "log_store": "",
        "qualifier": "LATEST",
        "version_id": "LATEST",
    }
    assert about["account_id"] == account and about["region"] and about["retry_count"] == 0
    assert set(about["tracing"]) == {"span_context", "jaeger_endpoint", "span_baggages"}
    environment = about["environment"]
    expected = {
        "FC_FUNC_CODE_PATH": "/code/",
        "FC_ACCOUNT_ID": account,
        "FC_REGION": about["region"],
        "FC_SERVICE_NAME": SERVICE,
        "FC_FUNCTION_NAME": name,
        "FC_FUNCTION_HANDLER": "index.handler",
        "FC_FUNCTION_MEMORY_SIZE": "192",
        "FC_INSTANCE_ID": answer.headers["X-Fc-Instance-Id"],
        "FC_QUALIFIER": "LATEST",
        "FC_VERSION_ID": "LATEST",
        "FC_RUNTIME": "python3",
        "FC_SERVER_PORT": "9000",
        "GREETING": "grüß dich",
        "EMPTY": "",
    }
    assert {key: environment.get(key) for key in expected} == expected
    assert "/opt/bin" in environment["PATH"] and environment["LD_LIBRARY_PATH"].startswith("/code:/code/lib")
    assert not any(key.startswith("MAYFLY") for key in environment), environment
    assert about["cwd"] == "/code"


def test_the_logger_writes_fcs_line(make):
    call = make(
        "import logging\n"
        "def handler(event, context):\n"
        "    context.logger.info('hello %d', 5)\n"
        "    logging.getLogger('mine').warning('careful')\n"
        "    context.logger.debug('too quiet')\n"
        "    print('plain')\n"
    )
    answer = call(tail=True)
    lines = answer.log.decode().splitlines()
    request_id = answer.headers["X-Fc-Request-Id"]
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert lines[0] == f"FC Invoke Start RequestId: {request_id}"
    assert re.fullmatch(rf"{stamp} {request_id} \[INFO\] hello 5", lines[1]), lines
    assert re.fullmatch(rf"{stamp} {request_id} \[WARNING\] careful", lines[2]), lines
    assert lines[3] == "plain"
    assert lines[4] == f"FC Invoke End RequestId: {request_id}"
    assert re.fullmatch(
        r"Duration: \d+\.\d\d ms, Billed Duration: \d+ ms, Memory Size: 128 MB, Max Memory Used: \d+\.\d\d MB", lines[5]
    ), lines
    assert len(lines) == 6


def test_all_that_is_printed_is_in_the_log_in_order(make):
    call = make(
        "import os, subprocess, sys\n"
        "print('at load')\n"
        "def handler(event, context):\n"
        "    print('out', flush=False)\n"
        "    print('err', file=sys.stderr)\n"
        "    os.write(1, b'raw\\n')\n"
        "    subprocess.run(['echo', 'child'])\n"
        "    sys.stdout.write('no newline')\n"
    )
    lines = call(tail=True).log.decode().splitlines()
    assert lines[1:7] == ["at load", "out", "err", "raw", "child", "no newline"]


def test_the_log_tail_is_the_end_of_the_log_in_4_kb(make, fc):
    call = make("def handler(event, context):\n    for n in range(500):\n        print(f'line {n:04} {\"x\" * 30}')\n")
    answer = call(tail=True)
    log = answer.log.decode()
    request_id = answer.headers["X-Fc-Request-Id"]
    own = f"/mayfly/v1/logs?service={SERVICE}&function={call.name}&lines=1000".split("?")
    whole = "".join(line["text"] + "\n" for line in fc.send("GET", own[0], query=own[1]).json["lines"])
    assert whole.endswith(log) and whole.startswith(f"FC Invoke Start RequestId: {request_id}")
    longest_line = 41
    assert 4096 - longest_line <= len(log) <= 4096
    assert log.startswith("line ") and "line 0499" in log and "Billed Duration" in log


def test_an_uncaught_error_has_fcs_shape(make):
    call = make(
        "import logging\n"
        "def deeper(n):\n"
        "    raise ValueError('something is wrong: ü')\n"
        "def handler(event, context):\n"
        "    deeper(1)\n"
    )
    answer = call(tail=True)
    assert answer.failure == {
        "errorMessage": "something is wrong: ü",
        "errorType": "ValueError",
        "stackTrace": [
            ['File "/code/index.py"', "line 5", "in handler", "deeper(1)"],
            ['File "/code/index.py"', "line 3", "in deeper", "raise ValueError('something is wrong: ü')"],
        ],
    }
    request_id = answer.headers["X-Fc-Request-Id"]
    assert f"FC Invoke End RequestId: {request_id}, Error: Unhandled function error" in answer.log.decode()


def test_after_an_error_the_same_instance_goes_on(make):
    call = make(
        "calls = 0\n"
        "def handler(event, context):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    if event == b'fail':\n"
        "        raise RuntimeError('no')\n"
        "    return str(calls)\n"
    )
    first = call()
    assert call(b"fail").failure["errorType"] == "RuntimeError"
    third = call()
    assert (first.result, third.result) == (b"1", b"3")
    assert first.headers["X-Fc-Instance-Id"] == third.headers["X-Fc-Instance-Id"]


def test_an_initializer_runs_once_in_an_instance(make):
    call = make(
        "seen = []\n"
        "def init(context):\n"
        "    seen.append(context.function.initializer)\n"
        "    print('initializing')\n"
        "def handler(event, context):\n"
        "    return seen\n",
        initializer="index.init",
    )
    first = call(tail=True)
    assert first.result == b'["index.init"]' and b"initializing" in first.log
    again = call(tail=True)
    assert again.result == b'["index.init"]' and b"initializing" not in again.log


@pytest.mark.parametrize("handler", ["pkg/deep/index.handler", "pkg.deep.index.handler"], ids=["slashes", "dots"])
def test_a_handler_in_a_folder(make, handler):
    call = make(
        {
            "pkg/__init__.py": "",
            "pkg/deep/__init__.py": "",
            "pkg/deep/index.py": "def handler(event, context):\n    return __file__\n",
        },
        handler=handler,
    )
    assert call().result == b"/code/pkg/deep/index.py"


def test_a_function_may_be_named_like_our_own_module(make):
    call = make({"shim.py": "def handler(event, context):\n    return 'mine'\n"}, handler="shim.handler")
    assert call().result == b"mine"


def test_files_and_modules_of_the_package_are_there(make):
    call = make(
        {
            "index.py": (
                "import helper\n"
                "def handler(event, context):\n"
                "    return helper.text() + open('data/a.txt').read()\n"
            ),
            "helper.py": "def text():\n    return 'helped '\n",
            "data/a.txt": "ä",
        }
    )
    assert call().result.decode() == "helped ä"


def test_one_instance_runs_four_calls_at_once(make, server):
    call = make(
        "import threading\n"
        "barrier = threading.Barrier(4)\n"
        "def handler(event, context):\n"
        "    if event != b'warm':\n"
        "        barrier.wait(20)\n"
        "    print('mine', context.request_id)\n"
        "    return context.request_id\n",
        instanceConcurrency=4,
        timeout=30,
    )
    instance = call(b"warm").headers["X-Fc-Instance-Id"]
    answers = []

    def one():
        client = server.client()
        answers.append(client.invoke(SERVICE, call.name))
        client.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.result.decode() for answer in answers] == [a.headers["X-Fc-Request-Id"] for a in answers]
    assert {answer.headers["X-Fc-Instance-Id"] for answer in answers} == {instance}


def test_pillow_of_the_system_works(make):
    answer = make(function("picture"), memorySize=256)()
    assert answer.result[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", answer.result[16:24]) == (100, 75)


def test_threads_processes_and_asyncio_work(make):
    answer = json.loads(make(function("library"), timeout=30, memorySize=256)().result)
    assert answer == {
        "threads": list(range(8)),
        "child": 0,
        "pool": [0, 1, 4, 9, 16],
        "futures": [0, 1, 4, 9, 16],
        "asyncio": [0, 1, 2, 3, 4],
        "shell": [3, "out\n", "err\n"],
    }


def test_tmp_is_private_and_kept_between_calls(fc, make):
    code = (
        "import os\n"
        "def handler(event, context):\n"
        "    had = sorted(os.listdir('/tmp'))\n"
        "    open('/tmp/' + event.decode(), 'w').write('x')\n"
        "    return had\n"
    )
    call = make(code)
    fc.make(SERVICE, "neighbour", code)
    assert call("a").result == b"[]"
    assert call("b").result == b'["a"]'
    assert fc.invoke(SERVICE, "neighbour", "c").result == b"[]"


def test_two_cold_instances_of_one_zygote_share_no_chance(fc, make):
    call = make(function("chance"))
    fc.make(SERVICE, "chance_twin", function("chance"))
    one, other = json.loads(call().result), json.loads(fc.invoke(SERVICE, "chance_twin").result)
    fc.update(SERVICE, call.name, environmentVariables={"A": "b"})
    third = json.loads(call().result)
    for source in one:
        assert len({one[source], other[source], third[source]}) == 3, (source, one, other, third)


def test_new_code_and_settings_answer_the_next_call(fc, make):
    call = make("def handler(event, context):\n    return 'old'\n")
    before = call()
    code = "import os\ndef handler(event, context):\n    return 'new ' + os.environ['A']\n"
    fc.update(SERVICE, call.name, code=as_code(zip_of({"index.py": code})), environmentVariables={"A": "1"})
    after = call()
    assert (before.result, after.result) == (b"old", b"new 1")
    assert before.headers["X-Fc-Instance-Id"] != after.headers["X-Fc-Instance-Id"]
    assert before.headers["X-Fc-Code-Checksum"] != after.headers["X-Fc-Code-Checksum"]


def test_without_zygotes_functions_work_the_same(house):
    server = house.start("exec-only", arguments=["--exec-only"])
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "echo", "def handler(event, context):\n    print('hi')\n    return event\n")
    answer = client.invoke(SERVICE, "echo", b"x" * 100_000, tail=True)
    assert answer.result == b"x" * 100_000 and b"hi\n" in answer.log
    client.make(SERVICE, "library", function("library"), timeout=30, memorySize=256)
    assert json.loads(client.invoke(SERVICE, "library").result)["child"] == 0
    client.close()
    assert server.stop() == 0
    house.expect_nothing_left(server)
