"""A worker that is spoken to as the server does (runtimes/PROTOCOL.md)."""

import json
import os
import pathlib
import select
import signal
import struct

HEADER = struct.Struct("<IBBHQ")
SETUP, CALL, ANSWER, STAGE, HOOK, PART, CREDIT = 1, 2, 3, 4, 5, 6, 7
RAISED, ENDS, HTTP = 2, 4, 8
LOADING, LOADED = 1, 8


def told(handler, concurrency=1):
    """What a setup says to all runtimes."""
    function = dict.fromkeys(("name", "handler", "initializer"), "f") | {"memory": 128, "timeout": 3, "initialization_timeout": 3}
    service = dict.fromkeys(("name", "log_project", "log_store", "qualifier", "version_id"), "s")
    return {
        "protocol": 1, "handler": handler, "initializer": "", "concurrency": concurrency, "environment": {"PATH": os.environ["PATH"]},
        "context": {"function": function, "service": service, "region": "r", "account_id": "1"},
    }


class Spoken:
    """`input`, `output`: our ends of its pipes; `log`: the file of what it printed."""

    def __init__(self, folder, command):
        self.log = pathlib.Path(folder) / "log"
        to_worker, self.input = os.pipe()
        self.output, from_worker = os.pipe()
        log = os.open(self.log, os.O_CREAT | os.O_WRONLY, 0o600)
        actions = [(os.POSIX_SPAWN_DUP2, fd, place) for fd, place in ((log, 1), (log, 2), (to_worker, 3), (from_worker, 4))]
        self.pid = os.posix_spawnp(command[0], command, {"PATH": os.environ["PATH"]}, file_actions=actions)
        for fd in (to_worker, from_worker, log):
            os.close(fd)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        for fd in (self.input, self.output):
            os.close(fd)

    def send(self, kind, call, payload):
        frame = HEADER.pack(len(payload), kind, 0, 0, call) + payload
        os.write(self.input, frame)
        return len(frame)

    def call(self, number, event=b"", http=None):
        about = json.dumps({"http": http, "retry_count": 2} if http else {"retry_count": 2}).encode()
        name = f"request-{number}".encode()
        return self.send(CALL, number, bytes([len(name)]) + name + struct.pack("<I", len(about)) + about + event)

    def receive(self, seconds=20):
        """(type, flags, call, payload) of the next frame."""
        head = self._read(HEADER.size, seconds)
        length, kind, flags, _, call = HEADER.unpack(head)
        return kind, flags, call, self._read(length, seconds)

    def _read(self, size, seconds):
        data = b""
        while len(data) < size:
            assert select.select([self.output], [], [], seconds)[0], "no frame came"
            part = os.read(self.output, size - len(data))
            assert part, f"the worker ended: {self.log.read_text()}"
            data += part
        return data
