"""Functions behind an anonymous http trigger, and what they do inside."""

import contextlib
import os
import pathlib
import re
import subprocess

import requests

from support import java
from support.client import PROXY
from support.packages import FUNCTIONS, zip_of
from support.waiting import wait_until
from support.wire import Wire

SERVICE = "s"
LANGUAGES = ["python", "nodejs", "java", "custom"]
METHODS = ("GET", "POST", "PUT", "HEAD")


class Web:
    """A function with an anonymous http trigger."""

    def __init__(self, server, fc, name):
        self.server, self.fc, self.name = server, fc, name
        self.path = f"{PROXY}{SERVICE}/{name}"
        self.url = server.url + self.path

    def get(self, path, **options):
        return requests.get(self.url + path, timeout=60, **options)

    def stream(self, path):
        return self.get(path, stream=True)

    def step(self, n):
        """Lets the function go on: its worker is the one that has a function of this test."""
        for worker in self.server.workers():
            touch_inside(worker, n)

    def workers(self, text):
        """How many have code with that text."""
        return sum(text in inside(pid, "code/index.py") for pid in self.server.workers())

    def bill(self):
        rows = self.fc.send("GET", "/mayfly/v1/bill").json["functions"]
        return next((row for row in rows if row["function"] == self.name), {"invocations": 0, "errors": 0, "billedMs": 0})

    def logged(self):
        lines = self.fc.send("GET", "/mayfly/v1/logs", query=f"service={SERVICE}&function={self.name}").json["lines"]
        return "\n".join(line["text"] for line in lines)

    def wait_for_end(self):
        wait_until(lambda: is_open(self.server) == 0, "no call is open")


def make_web_of(program, fc, server, language, request, **spec):
    """The test's own function: of fn/, where each language has that program."""
    name = re.sub(r"\W", "_", request.node.name)[:100]
    code, usual = package(program, language)
    fc.make(SERVICE, name, code, **{**usual, "timeout": 60, **spec})
    fc.make_http_trigger(SERVICE, name, methods=METHODS)
    return Web(server, fc, name)


def package(program, language):
    if language == "java":
        name = program.title().replace("_", "")
        return zip_of(java.function(f"{name}.java")), {"runtime": "java17", "handler": f"{name}::handleRequest", "memorySize": 512}
    if language == "custom":
        return zip_of({"bootstrap": (FUNCTIONS / "custom" / f"{program}.py").read_text()}), {"runtime": "custom", "memorySize": 256}
    ending, runtime = {"python": ("py", "python3"), "nodejs": ("js", "nodejs20")}[language]
    return zip_of({f"index.{ending}": (FUNCTIONS / f"{program}.{ending}").read_text()}), {"runtime": runtime, "memorySize": 256}


def inside(worker, path):
    try:
        return pathlib.Path(f"/proc/{worker}/root/{path}").read_text()
    except (FileNotFoundError, ProcessLookupError, NotADirectoryError):
        return ""


def touch_inside(worker, name):
    """Makes a file in the worker's /tmp, as the worker: nobody else exists there."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        folder = os.open(f"/proc/{worker}/root/tmp", os.O_RDONLY)
        owner = os.stat(f"/proc/{worker}").st_uid
        subprocess.run(["touch", f"/proc/self/fd/{folder}/{name}"], pass_fds=[folder], user=owner, group=owner, check=True)
        os.close(folder)


def is_open(server):
    return int(server.health().split("calls open ")[1].split(" ")[0])


def memory_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def raw(web, path, version="1.1", more=""):
    wire = Wire(web.server.port)
    wire.send(f"GET {web.path}{path} HTTP/{version}\r\nHost: h\r\n{more}\r\n".encode())
    return wire
