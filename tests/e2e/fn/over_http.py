"""Called over HTTP, does what the path says."""

import json
import os
import time
from urllib.parse import parse_qs


def handler(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    action = environ["PATH_INFO"].split("/")[1]
    body = environ["wsgi.input"].read()
    if action == "body":
        start_response("200 OK", [("Content-Type", environ.get("CONTENT_TYPE", "none/given")), ("X-Length", environ["CONTENT_LENGTH"])])
        return [body[: len(body) // 2], body[len(body) // 2 :]]
    if action == "status":
        start_response(query["code"][0] + " As asked", [("Location", query.get("to", ["/"])[0])])
        return [b"with status"]
    if action == "headers":
        start_response("200 OK", [("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"), ("X-Text", "caf\xe9"), ("Server", "mine"), ("Connection", "close")])
        return []
    if action == "header":
        start_response("200 OK", [(query["name"][0], query["value"][0])])
        return [b"sent"]
    if action == "big":
        start_response("200 OK", [("A", "x" * 100_000)])
        return []
    if action == "raise":
        raise ValueError("raised as asked")
    if action == "exit":
        os._exit(3)
    while action == "hang":
        time.monotonic()
    if action == "print":
        print("printed over HTTP")
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    told = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"].encode("latin-1").decode(),
        "queries": {name: values[0] if len(values) == 1 else values for name, values in query.items()},
        "uri": environ["fc.request_uri"],
        "client": environ["REMOTE_ADDR"],
        "request": environ["fc.context"].request_id,
        "headers": headers,
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
