"""Publishes an event as a function may: with the keys of its context, at FC_ENDPOINT."""

import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import urllib.parse

PATH = "/mayfly/v1/publish"


def publish(context, kind, identity, data):
    """Taken when this returns. The same kind and identity are taken once, however often they are published."""
    event = {"specversion": "1.0", "id": identity, "source": f"signup/{kind}", "type": kind, "data": data}
    keys, date, form = context.credentials, email.utils.formatdate(usegmt=True), "application/cloudevents+json"
    text = f"POST\n\n{form}\n{date}\nx-fc-security-token:{keys.security_token}\n{PATH}"
    digest = hmac.digest(keys.access_key_secret.encode(), text.encode(), hashlib.sha256)
    headers = {
        "Date": date,
        "Content-Type": form,
        "x-fc-security-token": keys.security_token,
        "Authorization": f"FC {keys.access_key_id}:{base64.b64encode(digest).decode()}",
    }
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["FC_ENDPOINT"]).netloc)
    connection.request("POST", PATH, json.dumps(event), headers)
    reply = connection.getresponse()
    body = reply.read().decode()
    if reply.status != 200:
        raise RuntimeError(f"{reply.status} {body}")
    return json.loads(body)["events"][0]
