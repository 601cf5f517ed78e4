"""Answers with the version of its code, that of its environment, and the event, after as many milliseconds as it says."""

import os
import time

with open("/code/version.txt") as file:
    CODE = file.read()


def handler(event, context):
    token, milliseconds = event.decode().split()
    time.sleep(int(milliseconds) / 1000)
    return f"{CODE} {os.environ['VERSION']} {token}"
