"""misuse_parts: breaks the rules of answers in parts, over the pipe that carries the shim's answers, as the path says."""

import os
import struct
import sys

ANSWER, PART, CREDIT = 3, 6, 7  # runtimes/PROTOCOL.md
JSON = b'{"status":200,"headers":[]}'
HEAD = struct.pack("<I", len(JSON)) + JSON


def own_call():
    """The number of the call this is, as the shim knows it."""
    frame = sys._getframe()
    while "call" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["call"]


def send(kind, flags, call, payload=b""):
    data = struct.pack("<IBBHQ", len(payload), kind, flags, 0, call) + payload
    while data:
        data = data[os.write(4, data) :]


def handler(environ, start_response):
    order, call = environ["PATH_INFO"][1:], own_call()
    if order == "of-another-call":
        send(PART, 1, call + 1000, HEAD + b"x")
    elif order == "of-no-call":
        send(PART, 1, 0, HEAD + b"x")
    elif order == "too-long":
        os.write(4, struct.pack("<IBBHQ", 60 << 20, PART, 1, 0, call))
    elif order == "a-credit":
        send(CREDIT, 0, call, b"\0" * 4)
    elif order == "no-head":
        send(PART, 0, call, b"x")
    elif order == "a-broken-head":
        send(PART, 1, call, b"abc")
    elif order == "a-flag":
        send(PART, 3, call, HEAD)
    else:
        send(PART, 1, call, HEAD + b"begun")
        if order == "two-heads":
            send(PART, 1, call, HEAD + b"x")
        elif order == "too-much":
            for _ in range(100):
                send(PART, 0, call, b"x" * (60 << 10))
        elif order == "an-answer-of-its-own":
            send(ANSWER, 8, call, HEAD + b"x")
        elif order == "after-the-end":
            send(ANSWER, 8, call)
            send(PART, 0, call, b"x")
    while True:
        os.read(3, 4096)  # until it is ended
