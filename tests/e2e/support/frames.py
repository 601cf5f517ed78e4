"""A worker that is spoken to as the server does (runtimes/PROTOCOL.md)."""

import json
import mmap
import os
import pathlib
import select
import signal
import struct

HEADER = struct.Struct("<IBBHQ")
SETUP, CALL, ANSWER, STAGE, HOOK, PART, CREDIT, BELL = 1, 2, 3, 4, 5, 6, 7, 8
RAISED, ENDS, HTTP = 2, 4, 8
LOADING, LOADED, SHARES = 1, 8, 16


def told(handler, concurrency=1):
    """What a setup says to all runtimes."""
    function = dict.fromkeys(("name", "handler", "initializer"), "f") | {"memory": 128, "timeout": 3, "initialization_timeout": 3}
    service = dict.fromkeys(("name", "log_project", "log_store", "qualifier", "version_id"), "s")
    return {
        "protocol": 1, "handler": handler, "initializer": "", "concurrency": concurrency, "environment": {"PATH": os.environ["PATH"]},
        "context": {"function": function, "service": service, "region": "r", "account_id": "1"},
    }


def call_payload(number, event=b"", http=None):
    about = json.dumps({"http": http, "retry_count": 2} if http else {"retry_count": 2}).encode()
    name = f"request-{number}".encode()
    return bytes([len(name)]) + name + struct.pack("<I", len(about)) + about + event


class Ring:
    """One way of shared memory."""

    SIZE, CONTROL = 1 << 15, 4096
    HEAD, TAIL, SLEEPS = 0, 64, 128

    def __init__(self, memory, way):
        self._memory = memory
        self._control = 256 * way
        self._data = self.CONTROL + self.SIZE * way

    def word(self, which):
        return struct.unpack_from("<I", self._memory, self._control + which)[0]

    def set(self, which, value):
        struct.pack_into("<I", self._memory, self._control + which, value % 2**32)

    def put(self, after, kind, call, payload):
        tail = self.word(self.TAIL)
        size = 8 * ((8 + HEADER.size + len(payload) + 7) // 8)
        if self.SIZE - tail % self.SIZE < size:
            struct.pack_into("<I", self._memory, self._data + tail % self.SIZE, 0)
            tail += self.SIZE - tail % self.SIZE
        entry = struct.pack("<II", size, after) + HEADER.pack(len(payload), kind, 0, 0, call) + payload
        place = self._data + tail % self.SIZE
        self._memory[place : place + len(entry)] = entry
        self.set(self.TAIL, tail + size)

    def get(self):
        """(after, type, flags, call, payload) of the next frame, or None."""
        head = self.word(self.HEAD)
        if head == self.word(self.TAIL):
            return None
        place = self._data + head % self.SIZE
        size, after = struct.unpack_from("<II", self._memory, place)
        if size == 0:
            self.set(self.HEAD, head + self.SIZE - head % self.SIZE)
            return self.get()
        length, kind, flags, _, call = HEADER.unpack_from(self._memory, place + 8)
        payload = bytes(self._memory[place + 24 : place + 24 + length])
        self.set(self.HEAD, head + size)
        return after, kind, flags, call, payload


class Shared:
    """Memory for a worker to share, at `descriptor`."""

    def __init__(self):
        size = Ring.CONTROL + 2 * Ring.SIZE
        self.descriptor = os.memfd_create("ring", 0)  # the worker inherits it
        os.ftruncate(self.descriptor, size)
        self._memory = mmap.mmap(self.descriptor, size)
        self.to_worker, self.to_server = Ring(self._memory, 0), Ring(self._memory, 1)


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
        return self.send(CALL, number, call_payload(number, event, http))

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
