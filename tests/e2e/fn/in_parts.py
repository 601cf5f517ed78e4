"""Called over HTTP, answers in parts, as the path says. A step is taken when its file lies in /tmp."""

import os
import select
from urllib.parse import parse_qs

BLOCK = bytes(range(256)) * 256


def wait_for(step):
    while not os.path.exists(f"/tmp/{step}"):
        select.select([], [], [], 0.002)


def events():
    for n in (1, 2, 3):
        yield b"data: %d\n\n" % n
        wait_for(n)


def blocks(count):
    for n in range(count):
        yield n.to_bytes(4, "big") + BLOCK


def endless():
    while True:
        yield BLOCK


def after_one(end):
    yield b"one"
    end()


def fail():
    raise ValueError("raised midway")


def handler(environ, start_response):
    action = environ["PATH_INFO"].split("/")[1]
    count = int(parse_qs(environ["QUERY_STRING"]).get("n", ["0"])[0])
    if action == "events":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return events()
    if action == "blocks":
        start_response("200 OK", [])
        return blocks(count)
    if action == "sized":
        start_response("200 OK", [("Content-Length", str(count * (4 + len(BLOCK))))])
        return blocks(count)
    if action == "short":
        start_response("200 OK", [("Content-Length", "1000")])
        return iter([b"one", b"two"])
    if action == "long":
        start_response("200 OK", [("Content-Length", "4")])
        return iter([b"one", b"two"])
    if action == "status":
        start_response(f"{count} As asked", [])
        return iter([b"one", b"two"])
    if action == "bad":
        start_response("200 OK", [("A", "x" * 100_000)])
        return endless()
    if action == "endless":
        start_response("200 OK", [])
        return endless()
    if action in ("raise", "exit", "hang"):
        print("printed midway")
        start_response("200 OK", [])
        return after_one({"raise": fail, "exit": lambda: os._exit(3), "hang": lambda: wait_for("never")}[action])
    if action == "write":
        write = start_response("200 OK", [])
        write(b"one")
        wait_for(1)
        return [b"two"]
    start_response("200 OK", [("Content-Length", "5")])
    return iter([b"whole"])
