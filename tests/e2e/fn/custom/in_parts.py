#!/usr/bin/python3 -u
"""A program for a custom runtime that answers in parts, as the path says: as in_parts.py does."""

import http.server
import os
import select
import urllib.parse

BLOCK = bytes(range(256)) * 256


def wait_for(step):
    while not os.path.exists(f"/tmp/{step}"):
        select.select([], [], [], 0.002)


class Program(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def begin(self, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.chunked = "Content_Length" not in headers
        if self.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def part(self, data):
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def end(self):
        self.wfile.write(b"0\r\n\r\n")

    def blocks(self, count):
        for n in range(count):
            self.part(n.to_bytes(4, "big") + BLOCK)

    def do_HEAD(self):
        self.begin(Content_Length="5", Content_Type="application/octet-stream")

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        action = url.path.split("/")[1]
        count = int(urllib.parse.parse_qs(url.query).get("n", ["0"])[0])
        if action == "events":
            self.begin(Content_Type="text/event-stream")
            for n in (1, 2, 3):
                self.part(b"data: %d\n\n" % n)
                wait_for(n)
            self.end()
        elif action == "blocks":
            self.begin()
            self.blocks(count)
            self.end()
        elif action == "sized":
            self.begin(Content_Length=str(count * (4 + len(BLOCK))))
            self.blocks(count)
        elif action == "short":
            self.close_connection = True
            self.begin(Content_Length="100000")
            self.part(b"one")
        elif action == "status":
            self.begin(count)
            for part in (b"one", b"two") if count != 204 else ():
                self.part(part)
            if count != 204:
                self.end()
        elif action in ("bad", "endless"):
            self.begin(**({"A": "x" * 60_000} if action == "bad" else {}))
            while True:
                self.part(BLOCK)
        elif action in ("raise", "exit", "hang"):
            print("printed midway")
            self.begin()
            self.part(b"one")
            if action == "exit":
                os._exit(3)
            if action == "hang":
                wait_for("never")
            self.close_connection = True  # in the middle
        else:
            self.begin(Content_Length="5")
            self.part(b"whole")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that left


Server(("", int(os.environ["FC_SERVER_PORT"])), Program).serve_forever()
