"""Layers: published and read by the API, seen by functions at /opt whatever way their workers start."""

import pathlib
import re
import subprocess
import urllib.parse

import pytest

from support import java
from support.packages import as_code, crc64, zip_of
from support.waiting import wait_until

SERVICE = "s"
WORDS = "def handler(event, context):\n    import words\n    return words.WHO\n"
WORDS_NODE = "exports.handler = async () => require('words');\n"
WORDS_JAVA = """
public class App implements com.aliyun.fc.runtime.StreamRequestHandler {
  public void handleRequest(java.io.InputStream in, java.io.OutputStream out, com.aliyun.fc.runtime.Context context)
      throws java.io.IOException {
    out.write(words.Words.class.getProtectionDomain().getCodeSource().getLocation().toString().getBytes());
  }
}"""
JAVA = {"runtime": "java17", "handler": "App::handleRequest", "memorySize": 256, "timeout": 20}
LIST = "import os\ndef handler(event, context):\n    return sorted(os.listdir('/opt'))\n"
FROM_OPT = "def handler(event, context):\n    return open('/opt/' + event.decode()).read()\n"
SQUARE = "int square(int n) { return n * n; }\n"
CALLER = '#include <stdio.h>\nint square(int);\nint main(void) { printf("%d\\n", square(12)); }\n'


@pytest.fixture(scope="module")
def publish(fc):
    def publish(name, files, programs=(), **more):
        package = files if isinstance(files, bytes) else zip_of(files, executable=programs)
        answer = fc.json("POST", f"layers/{name}/versions", {"code": as_code(package), **more})
        assert answer.status == 200, answer.body
        return answer.json

    return publish


@pytest.fixture(scope="module")
def arn(publish):
    """The ARN of a layer that Python and Node.js both find a module in."""
    files = {"python/words.py": "WHO = 'python'\n", "nodejs/node_modules/words/index.js": "module.exports = 'nodejs';\n"}
    return publish("words", files)["arnV2"]


@pytest.fixture(scope="module")
def natives(house, publish):
    """The ARN of a layer with a program in bin/ that is linked against a library in lib/."""
    folder = house.folder / "natives"
    folder.mkdir()
    (folder / "square.c").write_text(SQUARE)
    (folder / "caller.c").write_text(CALLER)
    cc = ["clang-19", "-o"]
    subprocess.run([*cc, "libsquare.so", "-shared", "-fPIC", "square.c"], cwd=folder, check=True)
    subprocess.run([*cc, "caller", "caller.c", "-L.", "-lsquare"], cwd=folder, check=True)
    files = {"bin/caller": (folder / "caller").read_bytes(), "lib/libsquare.so": (folder / "libsquare.so").read_bytes()}
    return publish("natives", files, programs=["bin/caller"])["arnV2"]


def node(fc, name, code, **spec):
    files = {"index.js": code} if isinstance(code, str) else code
    fc.make(SERVICE, name, files, runtime="nodejs20", **{"memorySize": 256, **spec})


def test_a_version_is_published_read_listed_and_deleted(fc, publish):
    package = zip_of({"a": "1"})
    made = publish("crud", package, description="one", compatibleRuntime=["python3"])
    account = fc.key.account
    assert made["arnV2"] == f"acs:fc:local:{account}:layers/crud/versions/1"
    assert (made["layerName"], made["version"], made["description"]) == ("crud", 1, "one")
    assert (made["codeChecksum"], made["codeSize"], made["acl"]) == (str(crc64(package)), len(package), 0)
    assert made["compatibleRuntime"] == ["python3"]
    same = lambda other: {**other, "code": None} == {**made, "code": None}  # a fresh URL each time
    assert same(fc.send("GET", "layers/crud/versions/1").json)
    for name in (made["arn"], made["arnV2"]):
        assert same(fc.send("GET", "layerarn/" + urllib.parse.quote(name, safe="")).json)
    location = urllib.parse.urlsplit(made["code"]["location"])
    fc.connection.request("GET", f"{location.path}?{location.query}")
    assert fc.end().body == package
    assert publish("crud", {"a": "2"})["version"] == 2
    assert [v["version"] for v in fc.send("GET", "layers/crud/versions").json["layers"]] == [1, 2]
    page = fc.send("GET", "layers/crud/versions", query="startVersion=1&limit=1").json
    assert [v["version"] for v in page["layers"]] == [1] and page["nextVersion"] == 2
    assert [v["version"] for v in fc.send("GET", "layers", query="prefix=crud").json["layers"]] == [2]
    assert fc.send("PUT", "layers/crud/acl", query="public=true").status == 200
    assert [v["acl"] for v in fc.send("GET", "layers", query="public=true").json["layers"]] == [1]
    for version in (1, 2):
        assert fc.send("DELETE", f"layers/crud/versions/{version}").status == 204
    assert fc.send("GET", "layers/crud/versions/2").error == "404 LayerNotFound"
    assert publish("crud", {"a": "3"})["version"] == 3
    assert fc.send("GET", "layers/crud/versions/2").error == "404 LayerVersionNotFound"


def test_a_layer_for_other_runtimes_is_refused(fc, publish):
    only_node = publish("onlynode", {"a": "1"}, compatibleRuntime=["nodejs20"])["arnV2"]
    answer = fc.create(SERVICE, "refused", LIST, layers=[only_node])
    assert answer.error == "400 InvalidArgument"
    assert f"runtime: python3 is not supported by layer:{only_node}" in answer.json["ErrorMessage"]
    assert fc.create(SERVICE, "refused", LIST, layers=[only_node] * 6).error == "400 InvalidArgument"


def test_a_function_without_layers_has_an_empty_opt(make):
    assert make(LIST)().json == []


def way_of(worker, parked_before):
    """How that process came to be."""
    command = pathlib.Path(f"/proc/{worker}/cmdline").read_bytes()
    return "exec" if b"/main." in command else "parked" if worker in parked_before else "forked"


@pytest.mark.parametrize("way", ["parked", "forked", "exec"])
@pytest.mark.parametrize("language", ["python", "nodejs"])
def test_every_kind_of_worker_finds_modules_in_a_layer(fc, server, arn, language, way):
    """A worker with another /tmp cannot be a parked one; one in strict isolation is never forked."""
    spec = {"parked": {}, "forked": {"diskSize": 10240}, "exec": {"isolation": "strict"}}[way]
    name = f"{language}_{way}"
    if language == "python":
        fc.make(SERVICE, name, WORDS, layers=[arn], **spec)
    else:
        node(fc, name, WORDS_NODE, layers=[arn], **spec)
    wait_until(lambda: re.search(rf"^parked .*{language} [1-9]", server.health(), re.M), "a worker is parked")
    workers, parked = server.workers(), server.parked()
    assert fc.invoke(SERVICE, name).result == language.encode()
    (worker,) = server.workers() - workers
    assert way_of(worker, parked) == way
    shown = fc.send("GET", f"services/{SERVICE}/functions/{name}").json
    assert shown["layersArnV2"] == [arn] and len(shown["layers"]) == 1


@pytest.mark.parametrize("isolation", ["standard", "strict"])
def test_a_java_function_finds_classes_in_a_jar_of_a_layer(fc, publish, isolation):
    classes = java.compile_java({"App.java": WORDS_JAVA, "Words.java": "package words; public class Words {}"})
    words = {"words/Words.class": classes.pop("words/Words.class")}
    layer = publish("jars", {"java/lib/words.jar": java.jar_of(words)}, compatibleRuntime=["java17"])
    fc.make(SERVICE, f"jars_{isolation}", classes, layers=[layer["arnV2"]], isolation=isolation, **JAVA)
    assert fc.invoke(SERVICE, f"jars_{isolation}").result == b"file:/opt/java/lib/words.jar"


def test_a_python_module_the_parent_has_not_met_is_found_by_a_second_worker(fc, publish):
    """What a warmed parent remembers of an empty /opt/python does not outlive the fork."""
    layer = publish("late", {"python/late/__init__.py": "from .part import N\n", "python/late/part.py": "N = 7\n"})
    code = "import late\ndef handler(event, context):\n    return str(late.N)\n"
    for n in range(3):
        fc.make(SERVICE, f"late{n}", code, layers=[layer["arnV2"]])
        assert fc.invoke(SERVICE, f"late{n}").result == b"7"


def test_an_es_module_reaches_a_layer_by_require(fc, arn):
    code = (
        "import { createRequire } from 'node:module';\n"
        "const words = createRequire(import.meta.url)('words');\n"
        "export const handler = async () => words;\n"
    )
    node(fc, "esm", {"index.mjs": code}, layers=[arn])
    assert fc.invoke(SERVICE, "esm").result == b"nodejs"


@pytest.mark.parametrize("isolation", ["standard", "strict"])
def test_programs_of_a_layer_are_on_the_path_with_their_libraries(fc, natives, isolation):
    code = "import subprocess\ndef handler(e, c):\n    return subprocess.run('caller', capture_output=True).stdout\n"
    fc.make(SERVICE, f"native_{isolation}", code, layers=[natives], isolation=isolation)
    assert fc.invoke(SERVICE, f"native_{isolation}").result == b"144\n"
    script = "const { execFileSync } = require('child_process');\nexports.handler = async () => execFileSync('caller');\n"
    node(fc, f"native_node_{isolation}", script, layers=[natives], isolation=isolation)
    assert fc.invoke(SERVICE, f"native_node_{isolation}").result == b"144\n"


def test_a_library_of_a_layer_is_loaded_by_its_path(make, natives):
    code = "import ctypes\ndef handler(e, c):\n    return str(ctypes.CDLL('/opt/lib/libsquare.so').square(5))\n"
    assert make(code, layers=[natives])().result == b"25"


def test_a_later_layer_counts_where_two_have_the_same_file(fc, make, publish):
    one = publish("one", {"same": "one", "one": "1", "deep/a": "one", "turns": "file"})["arnV2"]
    two = publish("two", {"same": "two", "two": "2", "deep/b": "two", "turns/x": "folder"})["arnV2"]
    call = make(FROM_OPT, layers=[one, two])
    expected = {"same": b"two", "one": b"1", "two": b"2", "deep/a": b"one", "deep/b": b"two", "turns/x": b"folder"}
    assert {name: call(name).result for name in expected} == expected
    fc.update(SERVICE, call.name, layers=[two, one])
    assert call("same").result == b"one" and call("turns").result == b"file"
    fc.update(SERVICE, call.name, layers=[])
    assert call("same").failure["errorType"] == "FileNotFoundError"


def test_opt_is_read_only(make, arn):
    code = "def handler(e, c):\n    open('/opt/python/words.py', 'w')\n"
    assert make(code, layers=[arn])().failure["errorType"] in ("OSError", "PermissionError")


def test_a_deleted_version_in_use_stays_until_it_is_let_go_and_over_a_restart(house):
    """A server of its own, for it is stopped and started again."""
    server = house.start("restarted")
    fc = server.client()
    fc.make_service(SERVICE)
    layers = []
    for name in ("kept", "other"):
        made = fc.json("POST", f"layers/{name}/versions", {"code": as_code(zip_of({name: name}))})
        layers.append(made.json["arnV2"])
    fc.make(SERVICE, "user", FROM_OPT, layers=layers)
    assert fc.send("DELETE", "layers/kept/versions/1").status == 204
    assert fc.create(SERVICE, "late", FROM_OPT, layers=layers).error == "404 LayerNotFound"
    assert fc.invoke(SERVICE, "user", "kept").result == b"kept"
    server.kill()
    fc.close()
    house.expect_nothing_left(server)
    server = house.start("restarted")
    fc = server.client()
    assert fc.invoke(SERVICE, "user", "kept").result == b"kept"
    assert fc.send("GET", "layers/other/versions/1").json["arnV2"] == layers[1]
    fc.update(SERVICE, "user", description="changed")
    assert fc.invoke(SERVICE, "user", "kept").result == b"kept"
    assert fc.send("DELETE", f"services/{SERVICE}/functions/user").status == 204
    assert fc.send("DELETE", "layers/other/versions/1").status == 204
    code = server.data / "code"
    left = lambda: [p for p in code.iterdir() if p.is_dir()] + [p for p in (server.data / "blobs").rglob("*") if p.is_file()]
    wait_until(lambda: not left(), f"the packages are gone, but for {left()}")
    fc.close()


def test_workers_in_strict_isolation_never_share_an_address_layout(fc):
    code = "def handler(event, context):\n    return open('/proc/self/maps').read()\n"
    fc.make(SERVICE, "strict", code, isolation="strict", memorySize=128)
    assert fc.send("GET", f"services/{SERVICE}/functions/strict").json["isolation"] == "strict"
    layouts = set()
    for n in range(3):
        maps = fc.invoke(SERVICE, "strict").result.decode()
        layouts |= {line.split()[0] for line in maps.splitlines() if "libc" in line and " r-xp " in line}
        fc.update(SERVICE, "strict", description=str(n))  # the next call has a new worker
    assert len(layouts) == 3, layouts
    assert fc.create(SERVICE, "odd", code, isolation="none").error == "400 InvalidArgument"


def test_layers_survive_what_else_is_changed(fc, arn):
    fc.make(SERVICE, "kept_layers", WORDS, layers=[arn])
    changed = fc.update(SERVICE, "kept_layers", memorySize=192, code=as_code(zip_of({"index.py": WORDS + "#\n"})))
    assert changed["layersArnV2"] == [arn]
    assert fc.invoke(SERVICE, "kept_layers").result == b"python"
