"""Writes to /tmp until it is full, and empties it again at the next call."""

import errno
import os


def handler(event, context):
    if os.path.exists("/tmp/big"):
        os.remove("/tmp/big")
        return "emptied"
    block = bytes(1 << 20)
    written = 0
    try:
        with open("/tmp/big", "wb", buffering=0) as file:
            while written < 4096:
                file.write(block)
                written += 1
    except OSError as error:
        return f"{errno.errorcode[error.errno]} after {written} MB"
    return "never full"
