"""Splits a year of hours into parts, calls `scan` for each, many at once, and adds up what they found.

It calls by the API of Function Compute as any client does: at FC_ENDPOINT, with the keys of its context.
"""

import base64
import concurrent.futures
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import threading
import time
import urllib.parse

PATH = "/2016-08-15/services/logs/functions/{}/invocations"


class Scan:
    """Calls of one thread, over one connection."""

    mine = threading.local()

    def __init__(self, keys, function):
        self.keys, self.path = keys, PATH.format(function)
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["FC_ENDPOINT"]).netloc)

    def call(self, event):
        date, kind = email.utils.formatdate(usegmt=True), "application/json"
        text = f"POST\n\n{kind}\n{date}\nx-fc-security-token:{self.keys.security_token}\n{self.path}"
        digest = hmac.digest(self.keys.access_key_secret.encode(), text.encode(), hashlib.sha256)
        headers = {
            "Date": date,
            "Content-Type": kind,
            "x-fc-security-token": self.keys.security_token,
            "Authorization": f"FC {self.keys.access_key_id}:{base64.b64encode(digest).decode()}",
        }
        self.connection.request("POST", self.path, event, headers)
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200 or reply.headers["X-Fc-Error-Type"]:
            raise RuntimeError(f"{reply.status} {body.decode()}")
        return {**json.loads(body), "instance": reply.headers["X-Fc-Instance-Id"]}


def handler(event, context):
    wanted = json.loads(event)
    each, hours = wanted.get("hours_each", 10), wanted.get("hours", 24 * 365)
    parts = [list(range(first, min(first + each, hours))) for first in range(0, hours, each)]

    def scan(part):
        if getattr(Scan.mine, "request", None) != context.request_id:
            Scan.mine.request, Scan.mine.scan = context.request_id, Scan(
                context.credentials, wanted.get("function", "scan")
            )
        return Scan.mine.scan.call(json.dumps({"keyword": wanted["keyword"], "hours": part}))

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(wanted.get("at_once", 60)) as pool:
        answers = list(pool.map(scan, parts))
    return json.dumps(
        {
            "calls": len(answers),
            "instances": len({answer["instance"] for answer in answers}),
            "hours": sum(answer["hours"] for answer in answers),
            "found": sum(answer["found"] for answer in answers),
            "seconds": round(time.monotonic() - began, 3),
        }
    )
