#!/usr/bin/python3 -u
"""A program for a custom runtime that does what the event says: threads, HTTP/1.1, kept connections."""

import http.server
import json
import os
import subprocess
import sys
import threading

together = threading.Barrier(4)
initialized = []


def about(handler, event):
    """All it was told."""
    headers = {name.lower(): value for name, value in handler.headers.items()}
    return {
        "argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "headers": headers,
        "line": handler.requestline, "initialized": initialized,
    }


def meet(handler, event):
    together.wait(10)
    return "met"


def spawn_and_hang(handler, event):
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    print("spawned")
    threading.Event().wait()


def reach_for_frames(handler, event):
    return os.open("/proc/1/fd/4", os.O_WRONLY)


ACTIONS = {f.__name__: f for f in (about, meet, spawn_and_hang, reach_for_frames)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(int(os.environ.get("HEALTH", "200")), "")

    def do_POST(self):
        event = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/initialize":
            initialized.append([event.decode(), self.headers["x-fc-control-path"]])
            return self.answer(200, "")
        said = event.decode()
        if said.startswith("say "):
            print(said[4:])
            return self.answer(200, said[4:])
        try:
            self.answer(200, ACTIONS[said](self, event))
        except OSError as error:
            self.answer(200, type(error).__name__)

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", int(os.environ["FC_CUSTOM_LISTEN_PORT"])), Handler).serve_forever()
