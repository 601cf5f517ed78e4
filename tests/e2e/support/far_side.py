"""What is on the far side of support/internet.py: started there, with the folder for its certificate. With
`names ADDRESS`: a name server alone."""

import hashlib
import http.server
import pathlib
import socket
import ssl
import subprocess
import sys
import threading

NAMES = {"far.example": "11.0.0.2", "inside.example": "10.8.0.2", "host.example": "11.0.0.1"}
FOLDER = pathlib.Path(sys.argv[1])
WAITING = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """/bytes/N: so many, always the same; anything else: who asks whom."""
        words = self.path.split("/")
        if words[1] == "wait":  # /waiting tells how many do
            WAITING.append(self)
            threading.Event().wait()
        if words[1] == "waiting":
            return self.answer(str(len(WAITING)).encode())
        if words[1] == "bytes":
            return self.answer(bytes(range(251)) * (int(words[2]) // 251))
        self.answer(f"{self.client_address[0]} asks {self.headers['Host']}".encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(hashlib.sha256(body).hexdigest().encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def serve(address, port, context=None):
    server = Server((address, port), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def name_answer(question):
    """DNS (RFC 1035): one question of type A, one answer or none."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    asked, kind = question[12 : at + 5], question[at + 1 : at + 3]
    address = NAMES.get(".".join(labels).lower())
    found = address is not None and kind == b"\0\1"
    flags = b"\x81\x80" if address else b"\x81\x83"  # NXDOMAIN
    head = question[:2] + flags + b"\0\1" + (b"\0\1" if found else b"\0\0") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(address) if found else b""
    return head + asked + record


def serve_datagrams(address, port, answer):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, port))

    def run():
        while True:
            data, sender = udp.recvfrom(65535)
            udp.sendto(answer(data), sender)

    threading.Thread(target=run, daemon=True).start()


def certificate():
    key, cert = FOLDER / "key.pem", FOLDER / "far.pem"
    names = "subjectAltName=DNS:far.example,IP:11.0.0.2"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=far.example", "-addext", names, "-keyout", key, "-out", cert]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


if sys.argv[1] == "names":  # only that, on the server's side
    NAMES = {"far.example": "127.0.0.1"}
    serve_datagrams(sys.argv[2], 53, name_answer)
    print("ready", flush=True)
    threading.Event().wait()
print("here", flush=True)
sys.stdin.readline()
for host in ("11.0.0.2", "11.0.0.9", "10.8.0.2", "169.254.169.254"):
    serve(host, 80)
serve("11.0.0.2", 443, certificate())
serve_datagrams("10.8.0.2", 53, name_answer)
serve_datagrams("11.0.0.2", 9, lambda data: data[::-1])
print("ready", flush=True)
sys.stdin.read()  # until its starter is gone
