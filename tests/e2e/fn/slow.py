"""Works for as many milliseconds as the event says."""

import time


def handler(event, context):
    print("begun")
    time.sleep(int(event) / 1000)
    return "ended"
