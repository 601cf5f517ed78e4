"""Talks to the server behind the shim's back, over the pipe that carries the shim's answers."""

import os
import struct
import time

OUT = 4  # runtimes/PROTOCOL.md


def frame(kind, flags, call, payload=b""):
    return struct.pack("<IBBHQ", len(payload), kind, flags, 0, call) + payload


def handler(event, context):
    order = event.decode()
    if order == "garbage":
        os.write(OUT, b"\xff" * 64)
    elif order == "huge":
        os.write(OUT, struct.pack("<IBBHQ", 0xFFFFFFFF, 3, 0, 0, 1))
    elif order == "ready-again":
        os.write(OUT, frame(4, 1, 0) * 1000)
    elif order == "strange-stage":
        os.write(OUT, frame(4, 0xFF, 0) * 1000)
    elif order == "setup":
        os.write(OUT, frame(1, 0, 0, b"{}"))
    elif order == "calls-of-others":
        for call in range(1, 2000):
            os.write(OUT, frame(3, 0, call + (1 << 32), b"forged"))
        os.write(OUT, frame(3, 0, 0, b"forged") + frame(3, 0, (1 << 64) - 1, b"forged"))
    elif order == "time-without-end":
        for _ in range(100):
            os.write(OUT, frame(4, 2, 0))  # "my initializer has ended": a new time limit?
            time.sleep(0.05)
    elif order == "half-a-frame":
        os.write(OUT, frame(3, 0, 7, b"x" * 100)[:50])
    return "answered"
