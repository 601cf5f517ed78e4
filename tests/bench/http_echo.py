#!/usr/bin/python3
"""Python's own HTTP server as the program of a custom runtime: answers with the request's body."""

import http.server
import os


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.HTTPServer(("", int(os.environ["FC_SERVER_PORT"])), Echo).serve_forever()
