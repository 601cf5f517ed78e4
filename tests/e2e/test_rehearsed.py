"""What a worker rehearsed before it knew its function leaves nothing that the function could see."""

import base64
import re

from support import java
from support.packages import zip_of

SERVICE = "s"
TIERS = {"parked": [], "forked": ["--park", "0"], "executed": ["--exec-only", "--park", "0"]}

PYTHON = """
import json, logging, os, sys
print("at load")
logging.getLogger().warning("logged")
SEEN = {
    "environment": dict(os.environ), "folder": os.getcwd(), "path": sys.path, "arguments": sys.argv,
    "rehearsed": [name for name in sys.modules if "dry" in name], "descriptors": os.listdir("/proc/self/fd"),
}
def handler(event, context):
    return SEEN
"""

NODEJS = """
console.log('at load');
const seen = {
  environment: { ...process.env }, folder: process.cwd(), path: require('module').globalPaths, arguments: process.argv,
  rehearsed: Object.keys(require.cache).filter((name) => name.includes('dry')),
  descriptors: require('fs').readdirSync('/proc/self/fd'),
};
exports.handler = async () => seen;
"""

JAVA = """
import com.aliyun.fc.runtime.*;
import java.io.File;
import java.util.*;
public class App implements PojoRequestHandler<Object, Map<String, Object>> {
  static { System.out.println("at load"); }
  private final Map<String, Object> seen = Map.of(
    "environment", new TreeMap<>(System.getenv()), "folder", new File("").getAbsolutePath(),
    "path", System.getProperty("java.library.path"), "thread", Thread.currentThread().getName(),
    "properties", System.getProperties().size(), "descriptors", new File("/proc/self/fd").list());
  public Map<String, Object> handleRequest(Object in, Context context) { return seen; }
}
"""


def functions():
    """name: (what is uploaded, how it is run, the language's word)."""
    return {
        "p": (PYTHON, {}, "python"),
        "n": (zip_of({"index.js": NODEJS}), {"runtime": "nodejs20"}, "nodejs"),
        "j": (zip_of(java.compile_java({"App.java": JAVA})), {"runtime": "java17", "handler": "App::handleRequest"}, "java"),
    }


def first_call(server, client, tier, name, code, spec, language):
    """What the function saw and what was logged, without what differs from worker to worker."""
    client.make(SERVICE, name, code, memorySize=256, timeout=20, **spec)
    if tier == "parked":
        server.wait_for_parked(language)
    answer = client.invoke(SERVICE, name, b"{}", tail=True)
    assert answer.headers["X-Mayfly-Start"] == tier, (name, answer.body)
    seen = answer.json
    seen["environment"].pop("FC_INSTANCE_ID")
    log = base64.b64decode(answer.headers["X-Fc-Log-Result"]).decode()
    log = "".join(line for line in log.splitlines(True) if "RequestId" not in line and "Duration" not in line)
    return seen, re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", log)


def test_a_rehearsed_worker_shows_a_function_what_any_other_does(house):
    found = {}
    for tier, flags in TIERS.items():
        server = house.start(tier, arguments=flags)
        client = server.client()
        client.make_service(SERVICE)
        for name, (code, spec, language) in functions().items():
            found[tier, name] = first_call(server, client, tier, name, code, spec, language)
        client.close()
    for name in functions():
        parked, forked, executed = (found[tier, name] for tier in TIERS)
        assert parked == forked
        for seen, log in (forked, executed):
            seen.pop("descriptors")  # a plain interpreter keeps others of its own
            seen.pop("properties", None)
            assert "at load" in log and "\x1e" not in log
        assert forked == executed
        assert not forked[0].get("rehearsed")
