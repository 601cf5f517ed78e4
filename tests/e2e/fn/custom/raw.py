#!/usr/bin/python3 -u
"""A server that answers each request with the bytes it was told, right or wrong. `END`: "keep" the connection
("say": and nothing more), "close" it after the answer, or close it in the middle of "reading"."""

import base64
import os
import socket

answer = base64.b64decode(os.environ["ANSWER"])
repeat, end = int(os.environ.get("REPEAT", "1")), os.environ.get("END", "keep")
listener = socket.create_server(("", int(os.environ["FC_SERVER_PORT"])))


def read_request(connection, data):
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, rest = data.split(b"\r\n\r\n", 1)
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(rest) < length:
        rest += connection.recv(65536)
    return rest[length:]


while True:
    connection, _ = listener.accept()
    rest = b""
    while (rest := read_request(connection, rest)) is not None:
        try:
            for n in range(repeat):
                # What closes leaves with its last bytes, so that nobody finds the connection open in between.
                connection.sendall(answer, socket.MSG_MORE if end == "close" and n + 1 == repeat else 0)
        except OSError:
            break  # it had enough of us
        if end == "close":
            break
    connection.close()
