"""The languages that are measured: one handler each, and how it is served without us."""

import dataclasses
import subprocess

from server import HERE, MAYFLY, ROOT

EVENT, ANSWER = {"n": 1}, {"n": 2}


@dataclasses.dataclass
class Language:
    """One language's handler, and how it is served without us."""

    runtime: str
    file: str
    code: str | bytes
    plain: list  # the command, before the handler's file
    pool_ms_max: float
    fork_ms_max: float
    fork_ratio_max: float
    handler: str = "index.handler"


def java():
    """Compiled for this run, the handler and the plain worker alike."""
    jdk, interfaces = "/usr/lib/jvm/java-17-openjdk-amd64/bin", MAYFLY.parent / "runtimes" / "java" / "mayfly.jar"
    classes = ROOT / "build" / "bench"
    command = [f"{jdk}/javac", "-d", str(classes), "-cp", str(interfaces), *map(str, HERE.glob("*.java"))]
    subprocess.run(command, check=True)
    plain = [f"{jdk}/java", "-cp", f"{classes}:{interfaces}", "PlainWorker"]
    return Language("java17", "Index.class", (classes / "Index.class").read_bytes(), plain, 4.0, 18.0, 0.35, "Index::handleRequest")


LANGUAGES = {
    "python": Language(
        "python3", "index.py", "import json\ndef handler(event, context):\n    return {'n': json.loads(event)['n'] + 1}\n",
        ["/usr/bin/python3", "-I", str(HERE / "plain_worker.py")], 1.5, 5.0, 0.35,
    ),
    "nodejs": Language(
        "nodejs20", "index.js", "exports.handler = async (event) => ({ n: JSON.parse(event).n + 1 });\n",
        ["/usr/bin/node", str(HERE / "plain_worker.js")], 2.5, 9.0, 0.35,
    ),
    "java": java(),
}
