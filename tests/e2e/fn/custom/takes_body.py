#!/usr/bin/python3 -u
"""A program for a custom runtime that takes its body while it comes, as the path says: as takes_body.py does."""

import hashlib
import http.server
import os
import select

PIECE = 1 << 16


class CutShort(Exception):
    pass


def wait_for(step):
    while not os.path.exists(f"/tmp/{step}"):
        select.select([], [], [], 0.002)


class Program(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def taken(self, size):
        while size > 0:
            piece = self.rfile.read1(min(size, PIECE))
            if not piece:
                raise CutShort("the connection ended")
            size -= len(piece)
            yield piece

    def pieces(self):
        if "Content-Length" in self.headers:
            yield from self.taken(int(self.headers["Content-Length"]))
            return
        while size := int(self.line(), 16):
            yield from self.taken(size)
            self.line()
        self.line()

    def line(self):
        line = self.rfile.readline()
        if not line:
            raise CutShort("the connection ended")
        return line

    def told(self):
        digest, size = hashlib.sha256(), 0
        for piece in self.pieces():
            digest.update(piece)
            size += len(piece)
        return f"{digest.hexdigest()} {size} {self.headers['Content-Length']}".encode()

    def some(self, wanted):
        size = 0
        for piece in self.pieces():
            size += len(piece)
            if size >= wanted:
                break
        return min(size, wanted)

    def answer(self, data, last=False):
        self.send_response(200)
        if last:  # what is not read of the body stands in the connection's way
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def echo(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in self.pieces():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self):
        action = self.path.split("/")[1]
        if action == "sum":
            self.answer(self.told())
        elif action == "slow":
            wait_for(1)
            self.answer(self.told())
        elif action == "echo":
            self.echo()
        elif action == "early":
            self.answer(b"early", last=True)
        elif action == "partly":
            self.answer(b"%d" % self.some(100_000), last=True)
        elif action == "exit":
            self.some(100_000)
            os._exit(3)
        elif action == "hang":
            wait_for("never")
        else:
            try:
                self.some(1 << 60)
                self.answer(b"whole")
            except CutShort as error:
                print("the body broke off:", error)
                self.answer(b"cut CutShort")

    do_PUT = do_POST

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that left


Server(("", int(os.environ["FC_SERVER_PORT"])), Program).serve_forever()
