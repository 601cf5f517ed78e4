"""Somebody registers: said on the bus, and that is all. Twice the same address is once."""

import hashlib
import json

import bus


def handler(environ, start_response):
    try:
        wanted = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)))
        address = wanted["email"].strip().lower()
        assert "@" in address
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [b'an {"email": "you@example.com"} is wanted\n']
    identity = hashlib.sha256(address.encode()).hexdigest()[:32]
    bus.publish(environ["fc.context"], "user.registered", identity, {"email": address})
    start_response("202 Accepted", [("Content-Type", "text/plain")])
    return [b"look into your mail\n"]
