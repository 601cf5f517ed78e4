"""The contract between Function Compute and a Node.js function that is Node.js' own."""

import json
import pathlib
import re

import pytest

from support.packages import FUNCTIONS, zip_of

SERVICE = "s"
NODE = {"runtime": "nodejs20", "memorySize": 256}
MODULES = pathlib.Path(__file__).parent / "node_modules"


@pytest.fixture
def node(make):
    def node(code, name="index.js", **spec):
        files = code if isinstance(code, dict) else {name: code}
        return make(zip_of(files), **{**NODE, **spec})

    return node


def source(name):
    return (FUNCTIONS / f"{name}.js").read_text()


@pytest.mark.parametrize(
    "body, answer",
    [
        ("cb(null, Buffer.from([0, 255]))", b"\x00\xff"),
        ("cb(null, 'ü')", "ü".encode()),
        ("cb(null, {a: [1, null]})", b'{"a":[1,null]}'),
        ("cb(null, 42)", b"42"),
        ("cb()", b""),
        ("setImmediate(() => cb(null, 'later'))", b"later"),
        ("return Promise.resolve('promised')", b"promised"),
        ("return 'returned'", b"returned"),
    ],
)
def test_what_a_handler_answers(node, body, answer):
    assert node(f"exports.handler = (event, context, cb) => {{ {body} }};")().result == answer


def test_an_es_module_is_a_function_too(node):
    code = "import os from 'os';\nexport const handler = async (event) => typeof os.cpus + ':' + event;"
    assert node(code, "index.mjs")(b"x").result == b"function:x"


def test_a_package_of_type_module_and_a_handler_in_a_folder(node):
    files = {"package.json": '{"type": "module"}', "src/app.js": "export default { run: async () => 'ran' };"}
    assert node(files, handler="src/app.run")().result == b"ran"


def test_a_callbacks_error_is_a_handled_one(node):
    answer = node("exports.handler = (e, c, cb) => cb(new TypeError('said so'));")()
    assert answer.headers["X-Fc-Error-Type"] == "HandledInvocationError"
    assert answer.json["errorMessage"] == "said so" and answer.json["errorType"] == "TypeError"


@pytest.mark.parametrize("body", ["setTimeout(() => { throw new Error('late') }, 1)", "Promise.reject(new Error('late'))"])
def test_an_error_nobody_caught_fails_the_call_and_ends_the_worker(node, body):
    call = node(f"exports.handler = (event, context, cb) => {{ {body} }};")
    one, other = call(), call()
    assert one.failure["errorMessage"] == other.failure["errorMessage"] == "late"
    assert one.headers["X-Fc-Instance-Id"] != other.headers["X-Fc-Instance-Id"]


@pytest.mark.parametrize("isolation", ["standard", "strict"])
def test_a_call_that_waits_for_nothing_lasts_until_its_time_is_over(node, isolation):
    code = "exports.handler = async (event) => (event.length ? 'well' : new Promise(() => {}));"
    call = node(code, timeout=1, isolation=isolation)
    assert "timed out after 1 seconds" in call().failure["errorMessage"]  # it is a worker's first
    assert call(b"1").body == b"well"
    assert "timed out after 1 seconds" in call().failure["errorMessage"]  # and another's second


@pytest.mark.parametrize(
    "files, said",
    [
        ({"other.js": ""}, "Module '/code/index.js' is missing."),
        ({"index.js": "exports.other = 1;"}, "has no export 'handler'"),
        ({"index.js": "exports.handler = 1;"}, "'index.handler' is not a function"),
        ({"index.js": "exports.handler = (;"}, "Unexpected token"),
        ({"index.js": "require('left-pad');"}, "Cannot find module 'left-pad'"),
    ],
)
def test_code_that_cannot_be_loaded_says_why(node, files, said):
    assert said in node(files)().failure["errorMessage"]


def test_the_context_and_the_environment(node, fc):
    code = "exports.handler = async (e, { logger, ...rest }) => ({ rest, env: process.env, argv: process.argv, pid: process.pid });"
    call = node(code, environmentVariables={"GREETING": "grüß dich"}, timeout=7)
    answer = call()
    about = answer.json
    assert about["rest"]["requestId"] == answer.headers["X-Fc-Request-Id"]
    assert about["rest"]["credentials"] == {"accessKeyId": "", "accessKeySecret": "", "securityToken": ""}
    assert about["rest"]["function"] == {
        "name": call.name,
        "handler": "index.handler",
        "memory": 256,
        "timeout": 7,
        "initializer": "",
        "initializationTimeout": 3,
    }
    assert about["rest"]["service"]["name"] == SERVICE and about["rest"]["accountId"] == fc.key.account
    assert about["env"]["GREETING"] == "grüß dich" and about["env"]["FC_RUNTIME"] == "nodejs20"
    assert "LD_PRELOAD" not in about["env"] and about["pid"] == 1


def test_console_and_logger_write_fcs_lines(node):
    code = (
        "exports.handler = async (e, c) => { console.log('%s is %d', 'a', 1); console.warn({ b: 2 });"
        " c.logger.error('c'); process.stderr.write('raw\\n'); };"
    )
    answer = node(code)(tail=True)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z " + answer.headers["X-Fc-Request-Id"]
    wanted = rf"{stamp} \[verbose\] a is 1\n{stamp} \[warn\] {{ b: 2 }}\n{stamp} \[error\] c\nraw\n"
    assert re.search(wanted, answer.log.decode()), answer.log


def test_calls_at_once_keep_their_logs_apart(node, server):
    code = (
        "exports.handler = async (e, c) => { console.log('in ' + e); await new Promise((d) => setTimeout(d, 30));"
        " console.log('out ' + e); return e; };"
    )
    call = node(code, instanceConcurrency=8)
    assert call(b"warm").result == b"warm"
    clients = [server.client() for _ in range(8)]
    for n, client in enumerate(clients):
        client.invoke(SERVICE, call.name, str(n), later=True)
    answers = [client.end() for client in clients]
    assert [a.result for a in answers] == [str(n).encode() for n in range(8)]
    assert len({a.headers["X-Fc-Instance-Id"] for a in answers}) == 1
    for client in clients:
        client.close()


def test_two_cold_instances_of_one_zygote_share_no_chance(fc, node):
    call = node(source("chance"))
    fc.make(SERVICE, "node_twin", zip_of({"index.js": source("chance")}), **NODE)
    one, other = call().json, fc.invoke(SERVICE, "node_twin").json
    fc.update(SERVICE, call.name, environmentVariables={"A": "b"})
    third = call().json
    for kind in one:
        assert len({one[kind], other[kind], third[kind]}) == 3, (kind, one, other, third)


def test_a_forked_node_can_do_everything(node):
    assert node(source("everything"), timeout=60, memorySize=512)().json == {}


def test_garbage_is_collected_before_the_memory_limit(node):
    code = """
exports.handler = async () => {
  let kept = [];
  for (let n = 0; n < 3000000; ++n) {  // 600 MB, of which 10 are alive at a time
    kept.push({ n, text: 'x'.repeat(20) + n, more: [n] });
    if (kept.length === 50000) kept = [];
  }
  return 'done';
};"""
    assert node(code, memorySize=128, timeout=60)().result == b"done"


def test_a_real_package_from_npm(node):
    """@alicloud/fc2 with all it needs, as a function's own dependency."""
    files = {
        str(path.relative_to(MODULES.parent)): path.read_bytes()
        for path in MODULES.rglob("*")
        if path.is_file() and ".bin" not in path.parts
    }
    files["index.js"] = (
        "const FC = require('@alicloud/fc2');\n"
        "exports.handler = async () => new FC('1', { accessKeyID: 'a', accessKeySecret: 'b', region: 'r' }).endpoint;"
    )
    assert node(files, timeout=30)().result.endswith(b"r.fc.aliyuncs.com")
