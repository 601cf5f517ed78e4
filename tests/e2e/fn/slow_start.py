"""An initializer that takes longer than the handler may."""

import time


def init(context):
    time.sleep(1.5)


def handler(event, context):
    return "in time"
