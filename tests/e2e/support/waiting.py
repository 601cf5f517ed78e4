"""Waiting for a condition with a deadline; no test sleeps for a time it guessed."""

import threading
import time


def wait_until(condition, what, seconds=20.0, every=0.01):
    """The first truthy value of condition(). Fails naming `what` once `seconds` have passed."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what}")
        pause.wait(every)
