"""The server's side of the worker protocol (runtimes/PROTOCOL.md), for a shim that a test has started itself."""

import json
import os
import struct

HEADER = struct.Struct("<IBBHQ")
SETUP, CALL, ANSWER, STAGE = 1, 2, 3, 4
CONTEXT = {"function": {}, "service": {}, "region": "", "account_id": ""}


class Shim:
    """start(frames in, frames out) starts it, as a Popen, with these descriptors as its 3 and 4."""

    def __init__(self, start, handler, concurrency=1):
        theirs_in, self._in = os.pipe2(os.O_DIRECT | os.O_CLOEXEC)
        self._out, theirs_out = os.pipe2(os.O_CLOEXEC)
        self.process = start(theirs_in, theirs_out)
        os.close(theirs_in)
        os.close(theirs_out)
        setup = {"protocol": 1, "handler": handler, "initializer": "", "concurrency": concurrency, "environment": {}, "context": CONTEXT}
        self.send(SETUP, 0, json.dumps(setup).encode())

    def send(self, kind, call, payload):
        os.write(self._in, HEADER.pack(len(payload), kind, 0, 0, call) + payload)

    def call(self, number, about, event):
        text = json.dumps(about).encode() if about else b""
        self.send(CALL, number, b"\x02id" + struct.pack("<I", len(text)) + text + event)

    def next(self):
        """(kind, flags, call, payload)."""
        length, kind, flags, _, call = HEADER.unpack(self._read(HEADER.size))
        return kind, flags, call, self._read(length)

    def answer(self):
        """(flags, payload) of the next answer."""
        while (frame := self.next())[0] != ANSWER:
            pass
        return frame[1], frame[3]

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = os.read(self._out, size - len(data))
            assert part, f"the shim ended after {data!r}"
            data += part
        return data

    def close(self):
        """Lets it go. Returns its exit status."""
        os.close(self._in)
        status = self.process.wait(20)
        os.close(self._out)
        return status
