"""Calls the platform from inside its sandbox, with the keys of its context, as any client would."""

import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import urllib.parse


def ask(keys, method, path, body=b"", token=None, kind=None):
    address = urllib.parse.urlsplit(os.environ["FC_ENDPOINT"])
    headers = {"Date": email.utils.formatdate(usegmt=True), "Content-Type": kind or "application/octet-stream"}
    headers["x-fc-security-token"] = keys.security_token if token is None else token
    lines = [method, "", headers["Content-Type"], headers["Date"]]
    lines += [f"x-fc-security-token:{headers['x-fc-security-token']}", path]
    digest = hmac.new(keys.access_key_secret.encode(), "\n".join(lines).encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"FC {keys.access_key_id}:{base64.b64encode(digest).decode()}"
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    answer = reply.status, reply.read().decode()
    connection.close()
    return answer


def reach(host, port):
    try:
        connection = http.client.HTTPConnection(host, port, timeout=2)
        connection.request("GET", "/livez")
        return connection.getresponse().status
    except OSError as e:
        return type(e).__name__


def handler(event, context):
    wanted = json.loads(event)
    if "reach" in wanted:
        return json.dumps([reach(host, port) for host, port in wanted["reach"]])
    if "has" in wanted:
        return json.dumps([os.environ.get("FC_ENDPOINT", ""), context.credentials.access_key_id])
    body = wanted.get("body", "").encode()
    return json.dumps(ask(context.credentials, wanted["method"], wanted["path"], body, wanted.get("token"), wanted.get("kind")))
