"""What the example is shown on: a server and a mail server, both our own, which come and go."""

import collections
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = pathlib.Path(os.environ.get("MAYFLY_PROGRAMS", ROOT / "build/release")) / "mayfly"


def wait_until(condition, what, seconds=60.0):
    pause = threading.Event()
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"after {seconds} s still not: {what}")
        pause.wait(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stage:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-signup-"))
        self.folder.chmod(0o755)
        self.data, self.inbox, self.refused = (self.folder / name for name in ("data", "inbox", "refused"))
        self.mail_port = free_port()
        self.server = self.sink = None
        self.environment = {"PATH": os.environ["PATH"]}  # the caller's shell may be pointed at another server

    def start_server(self):
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        words = [PROGRAM, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--ready-file", ready]
        words += ["--smtp", f"smtp://127.0.0.1:{self.mail_port}", "--mail-from", "Signup <signup@example.com>"]
        with open(self.folder / "server.log", "ab") as log:
            self.server = subprocess.Popen(words, stdout=log, stderr=log, env=self.environment)
        wait_until(ready.exists, f"the server is ready; see {log.name}")
        self.url = json.loads(ready.read_text())["api"]

    def kill_server(self):
        self.server.kill()
        self.server.wait()

    def start_sink(self):
        words = [sys.executable, HERE / "sink.py", str(self.mail_port), self.inbox, self.refused]
        self.sink = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.sink.stdout.readline() != "ready\n":
            raise SystemExit("the mail server did not start; is python3-aiosmtpd there?")

    def stop_sink(self):
        self.sink.kill()
        self.sink.wait()
        self.sink.stdin.close()
        self.sink.stdout.close()
        self.sink = None

    def mayfly(self, *words):
        words = [PROGRAM, *words, "--data", self.data]
        done = subprocess.run(words, capture_output=True, text=True, env=self.environment)
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout

    def send(self, method, path, body=None):
        """Status and body of a request to one of the functions."""
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.request(method, path, body)
        reply = connection.getresponse()
        answer = reply.status, reply.read().decode()
        connection.close()
        return answer

    def register(self, address):
        return self.send("POST", "/2016-08-15/proxy/signup/register/", json.dumps({"email": address}))

    def mails(self, subject):
        """What came with that subject: address → how often, and the link of its last one."""
        counts, links = collections.Counter(), {}
        for line in self.inbox.read_text().splitlines() if self.inbox.exists() else []:
            mail = json.loads(line)
            if mail["subject"].startswith(subject):
                counts[mail["to"][0]] += 1
                found = re.search(r"http://[^/]+(/\S+)", mail["text"])
                links[mail["to"][0]] = found[1] if found else None
        return counts, links

    def close(self):
        if self.sink:
            self.stop_sink()
        if self.server and self.server.poll() is None:
            self.server.terminate()
            self.server.wait()
        subprocess.run(["rm", "-r", self.folder], check=True)
