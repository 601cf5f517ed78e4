"""One function for the conformance suite: what it does is said by its environment."""

import json
import os


def say_lines(event, context):
    for n in range(int(event)):
        print(f"line {n}")
    return b"said"


def run_out_of_memory(event, context):
    kept = []
    while True:
        kept.append(bytearray(b"x" * (1 << 20)))


def fail(event, context):
    raise ValueError("on purpose: " + event.decode())


def hang(event, context):
    while True:
        pass


ACTIONS = {
    "echo": lambda event, context: event,
    "json": lambda event, context: {"got": json.loads(event), "request": context.request_id},
    "say": say_lines,
    "fail": fail,
    "hang": hang,
    "exit": lambda event, context: os._exit(3),
    "memory": run_out_of_memory,
    "initialized": lambda event, context: initialized.encode(),
}

initialized = "not"


def initialize(context):
    global initialized
    if os.environ["INIT"] == "fail":
        raise RuntimeError("no start today")
    if os.environ["INIT"] == "hang":
        hang(None, context)
    initialized = "by " + context.request_id


def handler(event, context):
    return ACTIONS[os.environ["DO"]](event, context)
