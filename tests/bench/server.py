"""What the benches share: a server of their own, waiting, and what is said of a figure."""

import base64
import hashlib
import hmac
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from email.utils import formatdate

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAYFLY = pathlib.Path(os.environ.get("MAYFLY_PROGRAMS", ROOT / "build" / "release")) / "mayfly"
PREFIX = "/2016-08-15/services/bench"
HERE = pathlib.Path(__file__).resolve().parent


def wait_until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"bench: {what} did not happen in {seconds} s")
        os.sched_yield()


class Server:
    """A Mayfly of its own, with a function's life over one keep-alive connection."""

    def __init__(self, *flags):
        self.folder = tempfile.TemporaryDirectory(prefix="mayfly-bench-")
        self.flags = flags
        self.start_process()

    def start_process(self):
        flags, ready = self.flags, pathlib.Path(self.folder.name) / "ready.json"
        ready.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [MAYFLY, "serve", "--data", f"{self.folder.name}/data", "--listen", "127.0.0.1:0", "--ready-file", ready, *flags],
            stdout=subprocess.DEVNULL,
        )
        wait_until(ready.exists, "the server's start")
        urls = json.loads(ready.read_text())
        self.address, self.objects = urls["api"].removeprefix("http://"), urls["objects"]
        self.key = json.loads((pathlib.Path(self.folder.name) / "data" / "credentials.json").read_text())
        host, port = self.address.split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def headers(self, method, path, kind):
        date = formatdate(usegmt=True)
        text = f"{method}\n\n{kind}\n{date}\n{path}"
        digest = hmac.new(self.key["accessKeySecret"].encode(), text.encode(), hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        return {"Date": date, "Content-Type": kind, "Authorization": f"FC {self.key['accessKeyId']}:{signature}"}

    def request_bytes(self, method, path, body, kind="application/octet-stream"):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.address}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers(method, path.partition("?")[0], kind).items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    def exchange(self, request):
        """Sends one request, returns (status, headers, body)."""
        self.socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += self.receive()
        return int(head.split()[1]), head, body

    def receive(self):
        data = self.socket.recv(1 << 16)
        if not data:
            sys.exit("bench: the server closed the connection")
        return data

    def call(self, method, path, body=b"", kind="application/octet-stream"):
        status, head, answer = self.exchange(self.request_bytes(method, path, body, kind))
        if status >= 300 or b"X-Fc-Error-Type" in head:
            sys.exit(f"bench: {method} {path}: {status} {answer[:300]}")
        return answer

    def create_function(self, name, code, language=None):
        file, runtime, handler = (language.file, language.runtime, language.handler) if language else ("index.py", "python3", "index.handler")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as z:
            info = zipfile.ZipInfo(file)
            info.external_attr = 0o100755 << 16  # a program is executed
            z.writestr(info, code)
        document = {
            "functionName": name, "runtime": runtime, "handler": handler, "memorySize": 128, "timeout": 10,
            "code": {"zipFile": base64.b64encode(archive.getvalue()).decode()},
        }
        self.call("POST", f"{PREFIX}/functions", json.dumps(document).encode(), "application/json")

    def create_service(self):
        self.call("POST", "/2016-08-15/services", b'{"serviceName":"bench"}', "application/json")

    def stop_process(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()

    def stop(self):
        self.stop_process()
        self.folder.cleanup()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * q))]


def verdict(claim, measured, relation, bound):
    met = measured <= bound if relation == "<=" else measured >= bound
    print(f"  {'PASS' if met else 'FAIL'}  {claim}: {measured:.2f}")
