"""Calls that came over HTTP, as WSGI (PEP 3333): handler(environ, start_response).

Beside WSGI's own keys `environ` has FC's: fc.context, and fc.request_uri, path and query as they were sent.
"""

import io
import struct
import sys
from json.encoder import encode_basestring_ascii as quoted  # four times as fast as dumps() is for a head

UINT32 = struct.Struct("<I")


def answer(handler, http, body, context, several):
    """The payload of an answer with flag 8. `several`: other calls run beside this one."""
    head, written = None, []  # head: JSON

    def start_response(status, headers, exc_info=None):
        nonlocal head
        if head is not None and exc_info is None:
            raise AssertionError("start_response was called a second time without exc_info")
        # Nothing has been sent yet, so an error after the first call just replaces what it said.
        pairs = ",".join([f"[{quoted(name)},{quoted(value)}]" for name, value in headers])
        head = b'{"status":%d,"headers":[%b]}' % (int(status.split(" ", 1)[0]), pairs.encode())
        return written.append

    result = handler(_environ(http, body, context, several), start_response)
    try:
        written.extend(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    if head is None:
        raise AssertionError("the handler returned without calling start_response")
    return b"".join([UINT32.pack(len(head)), head, *written])


def _environ(http, body, context, several):
    headers = _headers(http["headers"])
    host, _, port = headers.get("HTTP_HOST", "localhost").rpartition(":")
    if not port.isdigit():
        host, port = headers.get("HTTP_HOST", "localhost"), "80"
    return {
        "REQUEST_METHOD": http["method"],
        "SCRIPT_NAME": _script_name(http["uri"]),
        "PATH_INFO": http["path"].encode().decode("latin-1"),
        "QUERY_STRING": http["query"],
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": http["client_ip"],
        "CONTENT_LENGTH": str(len(body)),
        **headers,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": several,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "fc.context": context,
        "fc.request_uri": http["uri"],
    }


def _headers(pairs):
    found = {}
    for name, value in pairs:
        key = name.upper().replace("-", "_")
        if key == "CONTENT_LENGTH":
            continue  # of the body that is here
        if key != "CONTENT_TYPE":
            key = "HTTP_" + key
        between = "; " if key == "HTTP_COOKIE" else ", "
        found[key] = found[key] + between + value if key in found else value
    return found


def _script_name(uri):
    """What stands before the path that is the function's own; nothing on a domain of its own."""
    parts = uri.partition("?")[0].split("/")
    return "/".join(parts[:5]) if parts[2:3] == ["proxy"] else ""
