"""Calls that came over HTTP, as WSGI (PEP 3333): handler(environ, start_response).

What the handler returns as a list or a tuple is sent whole; of any other iterable each item is sent when it is
there, and so is what write() is given. Beside WSGI's own keys `environ` has FC's: fc.context, and fc.request_uri, path and query as they were sent.
"""

import io
import struct
import sys
from json.encoder import encode_basestring_ascii as quoted  # four times as fast as dumps() is for a head

UINT32 = struct.Struct("<I")
WHOLE = 16 << 20  # bytes: a list of more is sent in parts too


def answer(handler, http, body, context, several, begin):
    """The payload of an answer with flag 8. `body`: bytes, or a file if it is not all here. `several`: other calls run
    beside this one. begin() gives its parts, if it may have some; what was sent in them is not in the payload."""
    made = _Answer(begin if "credit" in http else None)
    result = handler(_environ(http, body, context, several), made.start_response)
    try:
        made.add_all(result)
    except BrokenPipeError:
        if made.is_read():
            raise
    finally:
        if hasattr(result, "close"):
            result.close()
    return made.payload()


class _Answer:
    def __init__(self, begin):
        self._begin = begin  # None: it is to come whole
        self._parts = None
        self._head = None  # JSON
        self._said = None  # status and headers
        self._written = []

    def start_response(self, status, headers, exc_info=None):
        if self._said and exc_info is None:
            raise AssertionError("start_response was called a second time without exc_info")
        if self._parts:
            raise exc_info[1].with_traceback(exc_info[2])  # too late for another head
        # Nothing has been sent yet, so an error after the first call just replaces what it said.
        self._say(status, headers)
        return self._write

    def _say(self, status, headers):
        pairs = ",".join([f"[{quoted(name)},{quoted(value)}]" for name, value in headers])
        self._head = b'{"status":%d,"headers":[%b]}' % (int(status.split(" ", 1)[0]), pairs.encode())
        self._said = status, headers

    def _length(self):
        return next((value for name, value in self._said[1] if name.lower() == "content-length"), None)

    def _write(self, data):
        if not self._begin:
            return self._written.append(data)
        if not self._head:
            raise AssertionError("the handler's first bytes came before it called start_response")
        if not self._parts:
            self._parts = self._begin()
        while self._written:
            self._parts.send(self._head, self._written.pop(0))
        self._parts.send(self._head, data)

    def add_all(self, result):
        if not self._begin:
            self._written.extend(result)
        elif isinstance(result, (list, tuple)):
            self._add_list(result)
        else:
            for item in filter(len, result):
                self._add(item)

    def _add_list(self, items):
        size = sum(map(len, items))
        if size <= WHOLE and not self._parts:
            return self._written.extend(items)
        if self._said and not self._parts and not self._length():
            self._say(self._said[0], [*self._said[1], ("Content-Length", str(size))])
        for item in items:
            self._write(item)

    def _add(self, item):
        # What is as long as was said is the whole answer, unless more comes.
        if self._said and not self._parts and not self._written and self._length() == str(len(item)):
            self._written.append(item)
        else:
            self._write(item)

    def is_read(self):
        return not self._parts or not self._parts.unread

    def payload(self):
        if self._parts:
            return b""
        if not self._head:
            raise AssertionError("the handler returned without calling start_response")
        return b"".join([UINT32.pack(len(self._head)), self._head, *self._written])


def _environ(http, body, context, several):
    headers = _headers(http["headers"])
    if isinstance(body, bytes):
        headers["CONTENT_LENGTH"] = str(len(body))
        body = io.BytesIO(body)
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
        **headers,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.input_terminated": True,  # it has an end, whether or not CONTENT_LENGTH says where
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
        if key != "CONTENT_TYPE" and key != "CONTENT_LENGTH":
            key = "HTTP_" + key
        between = "; " if key == "HTTP_COOKIE" else ", "
        found[key] = found[key] + between + value if key in found else value
    return found


def _script_name(uri):
    """What stands before the path that is the function's own; nothing on a domain of its own."""
    parts = uri.partition("?")[0].split("/")
    return "/".join(parts[:5]) if parts[2:3] == ["proxy"] else ""
