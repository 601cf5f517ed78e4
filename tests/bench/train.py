#!/usr/bin/env python3
"""Makes cmake/calls.proftext: what the compiler is told of which ways calls go through the server (./dev train).

An instrumented server (preset `train`) beside the other programs of build/release carries the calls of bench.py warm, and counts what
each of its functions does. What hardly any call does is left out, so that the file says what it is for and no more.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import server
import warm
from languages import LANGUAGES
from server import PREFIX, ROOT, Server

TARGET = ROOT / "cmake/calls.proftext"
SECONDS = 5  # of each load
USUAL = 100  # a function counts that does something for one in so many calls


def programs(folder):
    """The instrumented server, and all that it needs beside it."""
    release = ROOT / "build/release"
    for name in ("mayfly-launch", "mayfly-net"):
        shutil.copy2(release / name, folder)
    shutil.copytree(release / "runtimes", folder / "runtimes")
    shutil.copy2(ROOT / "build/train/mayfly", folder)
    return folder / "mayfly"


def carry_calls(folder):
    """How many calls it carried."""
    trigger = {"triggerName": "t", "triggerType": "http", "triggerConfig": {"authType": "anonymous", "methods": ["POST"]}}
    body, calls = "x" * 1024, 0
    subject = Server()
    subject.create_service()
    for name, code in warm.ECHO.items():
        subject.create_function(f"echo-{name}", code, LANGUAGES[name])
        subject.create_function(f"web-{name}", warm.WEB_ECHO[name], LANGUAGES[name])
        subject.call("POST", f"{PREFIX}/functions/web-{name}/triggers", json.dumps(trigger).encode(), "application/json")
        kind = "application/octet-stream"
        for path in (f"{PREFIX}/functions/echo-{name}/invocations", f"/2016-08-15/proxy/bench/web-{name}/"):
            headers = subject.headers("POST", path, kind) if "echo" in path else {"Content-Type": kind}
            script = warm.lua_script(folder, "load", headers, path, body)
            for connections in (1, 32):
                _, rate = warm.wrk(f"http://{subject.address}", connections, script, seconds=SECONDS)
                print(f"  {path}, {connections} connections: {rate:.0f}/s")
                calls += int(rate * SECONDS)
    subject.stop()
    return calls


def usual(text, least):
    """The profile without the functions of which nothing was done so often."""
    _, records = text.split(":ir\n", 1)
    kept = []
    for record in records.split("\n\n"):
        lines = [line for line in record.splitlines() if line and not line.startswith("#")]
        if lines and max(map(int, lines[3 : 3 + int(lines[2])])) >= least:
            kept.append("\n".join(lines))
    return ":ir\n" + "\n\n".join(sorted(kept)) + "\n"


def main():
    with tempfile.TemporaryDirectory(prefix="mayfly-train-") as name:
        folder = pathlib.Path(name)
        server.MAYFLY = programs(folder)
        os.environ["LLVM_PROFILE_FILE"] = str(folder / "%p.profraw")
        calls = carry_calls(name)
        raw = list(folder.glob("*.profraw"))
        text = subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-text", *raw], capture_output=True, text=True, check=True, cwd=folder).stdout
    TARGET.write_text(usual(text, calls // USUAL))
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size >> 10} KiB, of {calls} calls")


if __name__ == "__main__":
    main()
