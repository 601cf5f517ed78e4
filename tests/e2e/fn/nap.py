"""Takes as many seconds as it is told."""

import time


def handler(event, context):
    time.sleep(float(event or b"0.3"))
    return context.request_id
