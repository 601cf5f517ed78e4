"""Called over HTTP, takes its body while it comes, as the path says. A step is taken when its file lies in /tmp."""

import hashlib
import os
import select

PIECE = 1 << 16


def wait_for(step):
    while not os.path.exists(f"/tmp/{step}"):
        select.select([], [], [], 0.002)


def pieces(body):
    return iter(lambda: body.read1(PIECE), b"")


def told(environ):
    digest, size = hashlib.sha256(), 0
    for piece in iter(lambda: environ["wsgi.input"].read(PIECE), b""):
        digest.update(piece)
        size += len(piece)
    return f"{digest.hexdigest()} {size} {environ.get('CONTENT_LENGTH')}".encode()


def handler(environ, start_response):
    action, body = environ["PATH_INFO"].split("/")[1], environ["wsgi.input"]
    start_response("200 OK", [])
    if action == "sum":
        return [told(environ)]
    if action == "slow":
        wait_for(1)
        return [told(environ)]
    if action == "echo":
        return pieces(body)
    if action == "early":
        return [b"early"]
    if action == "partly":
        return [b"%d" % len(body.read(100_000))]
    if action == "exit":
        body.read(100_000)
        os._exit(3)
    if action == "hang":
        wait_for("never")
    try:
        for _ in pieces(body):
            pass
    except OSError as error:
        print("the body broke off:", error)
        return [b"cut " + type(error).__name__.encode()]
    return [b"whole"]
