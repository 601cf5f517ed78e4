"""Somebody followed the link of a mail: said on the bus."""

import hashlib
import urllib.parse

import bus
import links


def handler(environ, start_response):
    query = urllib.parse.parse_qs(environ["QUERY_STRING"])
    address = links.address_of(query.get("token", [""])[0])
    if not address:
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"this link is not ours\n"]
    identity = hashlib.sha256(address.encode()).hexdigest()[:32]
    bus.publish(environ["fc.context"], "user.verified", identity, {"email": address})
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"thank you\n"]
