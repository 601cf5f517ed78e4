"""Writes an HTTP answer of its own making into the worker's pipe: the query, with Python's escapes."""

import os
import struct
import sys


def own_call():
    """The number of the call this is, as the shim knows it."""
    frame = sys._getframe()
    while "call" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["call"]


def handler(environ, start_response):
    payload = environ["QUERY_STRING"].encode().decode("unicode_escape").encode("latin-1")
    os.write(4, struct.pack("<IBBHQ", len(payload), 3, 8, 0, own_call()) + payload)
    os._exit(0)
