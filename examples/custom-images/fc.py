"""Calls a function over Function Compute's API, signed: what its SDKs do under the hood.

Address and key come from the environment, as `eval "$(mayfly env)"` sets it.
"""

import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import urllib.parse


class Client:
    """One connection; not for several threads at once."""

    def __init__(self, environment=os.environ):
        self._key = environment["MAYFLY_ACCESS_KEY_ID"]
        self._secret = environment["MAYFLY_ACCESS_KEY_SECRET"].encode()
        self._connection = http.client.HTTPConnection(urllib.parse.urlsplit(environment["MAYFLY_ENDPOINT"]).netloc)

    def invoke(self, service, function, event):
        """The answer's bytes and headers. Raises if the platform or the function failed."""
        body, headers = self._send(
            "POST", f"/2016-08-15/services/{service}/functions/{function}/invocations", event, "application/octet-stream"
        )
        if "X-Fc-Error-Type" in headers:
            raise RuntimeError(body.decode())
        return body, headers

    def bill(self):
        return json.loads(self._send("GET", "/mayfly/v1/bill")[0])

    def _send(self, method, path, body=b"", content_type=""):
        date = email.utils.formatdate(usegmt=True)
        text = f"{method}\n\n{content_type}\n{date}\n{path}".encode()
        signature = base64.b64encode(hmac.digest(self._secret, text, hashlib.sha256)).decode()
        headers = {"Date": date, "Authorization": f"FC {self._key}:{signature}"}
        if content_type:
            headers["Content-Type"] = content_type
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {answer.decode()}")
        return answer, response.headers
